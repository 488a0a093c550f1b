"""Versions of facts: stored with the moment since which they are known, and read as known at a moment.

Each table of such facts is one `Versioned`. A version that is corrected or retracted stays on record with
`superseded_at`, so that a look back sees what was known then. The caller gives the moment of a statement: when its file
was handed in, or now.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, RowMapping

from flux_pipeline.store.models.base import Base
from flux_pipeline.store.postgres.copying import stage

MICROSECOND = sa.literal(dt.timedelta(microseconds=1))
# SQLAlchemy keeps the row count of an INSERT only with this option.
COUNTED = {"preserve_rowcount": True}


@dataclass(frozen=True)
class Latest:
    """A table in which a new row replaces the earlier one of the same key.

    Attributes:
        model: the table.
        key: the columns that identify a row.
        values: the other columns of a statement.
    """

    model: type[Base]
    key: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def table(self) -> sa.Table:
        """The table of the model."""
        found = self.model.__table__
        assert isinstance(found, sa.Table)
        return found

    def note(self, connection: Connection, rows: pd.DataFrame, received_at: dt.datetime, **constants: Any) -> int:
        """Write the rows that are new or differ from the stored ones; return how many. Idempotent by key and values.

        Args:
            connection: a transaction that may write the table.
            rows: the columns of `key` and `values`, times in UTC; one row for each key.
            received_at: when this was stated.
            constants: further columns, equal in all rows.
        """
        stated = self.stage(connection, rows)
        columns = {**stated.c, **{name: self._literal(name, value) for name, value in constants.items()}}
        query = postgresql.insert(self.table).from_select(list(columns), sa.select(*columns.values()))
        changed = sa.or_(*(self.table.c[name].is_distinct_from(query.excluded[name]) for name in self.values))
        replace = {name: query.excluded[name] for name in self.values}
        upsert = query.on_conflict_do_update(index_elements=self.key, set_=replace, where=changed)
        return connection.execute(upsert, execution_options=COUNTED).rowcount

    def stage(self, connection: Connection, rows: pd.DataFrame) -> sa.TableClause:
        """Copy the columns of `key` and `values` into a temporary table and return it."""
        return self._stage(connection, (*self.key, *self.values), rows)

    def _stage(self, connection: Connection, names: Sequence[str], rows: pd.DataFrame) -> sa.TableClause:
        name = f"{self.table.name}_stated"
        stage(connection, name, {each: self.table.c[each].type for each in names}, rows)
        return sa.table(name, *(sa.column(each, self.table.c[each].type) for each in names))

    def _literal(self, name: str, value: Any) -> sa.ColumnElement[Any]:
        return sa.literal(value, self.table.c[name].type)


@dataclass(frozen=True)
class Versioned(Latest):
    """A table of facts that are known since a moment. A fact has one current version, or none once it is retracted.

    Attributes:
        model: the table; it has known_at and superseded_at beside the columns that are named here.
        key: the columns that identify a fact.
        values: the columns that differ from version to version.
        unknown_differs: whether an empty value contradicts a known one.
        can_be_known_earlier: whether an equal statement with an earlier known_at moves that of the fact.
    """

    unknown_differs: bool = True
    can_be_known_earlier: bool = True

    @property
    def current(self) -> sa.ColumnElement[bool]:
        """The condition for the versions that are neither corrected nor retracted."""
        return self.table.c.superseded_at.is_(None)

    def as_known_at(self, moment: dt.datetime | sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Return the condition for the versions that were known at a moment."""
        return sa.and_(self.table.c.known_at <= moment, sa.or_(self.current, self.table.c.superseded_at > moment))

    def note(self, connection: Connection, rows: pd.DataFrame, received_at: dt.datetime, **constants: Any) -> int:
        """Store the stated facts; return how many rows changed anything. Idempotent by key and values.

        A row that equals the current version can only move its known_at earlier, and only if it gives one and the fact
        was never corrected. A row that differs is a correction: it closes the current version and becomes the new one,
        known since `received_at` or later, never earlier. What was known until then stays on record.

        Args:
            connection: a transaction that may write the table.
            rows: the columns of `key` and `values`, and known_at (UTC; NaT: since `received_at`); one row for each key.
            received_at: when this was stated.
            constants: further columns, equal in all rows, such as the restaurant's id.
        """
        known_at = pd.to_datetime(rows["known_at"], utc=True).astype("datetime64[us, UTC]")
        stated = self._stage(connection, (*self.key, *self.values, "known_at"), rows.assign(known_at=known_at))
        stored, known_since = self.table.c, stated.c.known_at
        is_same = sa.and_(self._same_key(stored, stated.c), self.current)
        differs = sa.or_(*(self._differs(stated, name) for name in self.values))
        corrected = self.table.alias()
        was_corrected = sa.exists().where(self._same_key(corrected.c, stored), corrected.c.superseded_at.is_not(None))
        written, received = 0, self._literal("known_at", received_at)
        if self.can_be_known_earlier:
            earlier = sa.update(self.table).where(is_same, ~differs, known_since < stored.known_at, ~was_corrected)
            written = connection.execute(earlier.values(known_at=known_since)).rowcount
        ended = sa.func.greatest(received, known_since, stored.known_at + MICROSECOND)
        connection.execute(sa.update(self.table).where(is_same, differs).values(superseded_at=ended))
        since = sa.func.coalesce(known_since, received)
        return written + self._add(connection, stated, since, ~sa.exists().where(is_same), constants)

    def replace(self, connection: Connection, rows: pd.DataFrame, at: dt.datetime, **constants: Any) -> int:
        """Store the stated facts as all there are: current facts that are not among them end; return the changes.

        Arguments as of `note`, with `at` in place of known_at and received_at.
        """
        written = self.note(connection, rows.assign(known_at=None), at, **constants)
        stated = sa.table(f"{self.table.name}_stated", *(sa.column(name, self.table.c[name].type) for name in self.key))
        ended = sa.func.greatest(self._literal("known_at", at), self.table.c.known_at + MICROSECOND)
        is_stated = sa.exists().where(self._same_key(self.table.c, stated.c))
        gone = sa.update(self.table).where(self.current, ~is_stated).values(superseded_at=ended)
        return written + connection.execute(gone).rowcount

    def retract(self, connection: Connection, at: dt.datetime, **key: Any) -> Sequence[RowMapping]:
        """Close the current versions of a key, or of the part of a key that is given, at `at`; return them."""
        ended = sa.func.greatest(self._literal("known_at", at), self.table.c.known_at + MICROSECOND)
        columns = [self.table.c[name] for name in (*self.key, *self.values, "superseded_at")]
        same = (self.table.c[name] == value for name, value in key.items())
        query = sa.update(self.table).where(self.current, *same).values(superseded_at=ended)
        return connection.execute(query.returning(*columns)).mappings().all()

    def _same_key(self, one: Any, other: Any) -> sa.ColumnElement[bool]:
        """Return the condition that two rows have one key; two empty values of a key that may have them are equal."""
        return sa.and_(
            *(
                one[name].is_not_distinct_from(other[name]) if self.table.c[name].nullable else one[name] == other[name]
                for name in self.key
            )
        )

    def _differs(self, stated: sa.TableClause, name: str) -> sa.ColumnElement[bool]:
        stored, new = self.table.c[name], stated.c[name]
        return stored.is_distinct_from(new if self.unknown_differs else sa.func.coalesce(new, stored))

    def _add(
        self,
        connection: Connection,
        stated: sa.TableClause,
        since: sa.ColumnElement[Any],
        is_new: sa.ColumnElement[bool],
        constants: dict[str, Any],
    ) -> int:
        """Add the stated versions of facts without a current one; none is known before the previous one ended."""
        keys = [self.table.c[name] for name in self.key]
        ended = sa.select(*keys, sa.func.max(self.table.c.superseded_at).label("at")).group_by(*keys).subquery()
        columns: dict[str, sa.ColumnElement[Any]] = {name: stated.c[name] for name in (*self.key, *self.values)}
        columns["known_at"] = sa.func.greatest(since, ended.c.at)
        columns |= {name: self._literal(name, value) for name, value in constants.items()}
        source = stated.outerjoin(ended, self._same_key(stated.c, ended.c))
        new = sa.select(*columns.values()).select_from(source).where(is_new)
        query = sa.insert(self.table).from_select(list(columns), new)
        return connection.execute(query, execution_options=COUNTED).rowcount
