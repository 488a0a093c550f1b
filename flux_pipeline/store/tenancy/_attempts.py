"""Attempts of a role to reach another restaurant's rows in one relation. Every attempt is undone at once.

An attempt waits for no lock, changes at most one row, which is the restaurant's own, and uses indexes. So it may run
beside the pipeline, on a database of any size.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    TableClause,
    Uuid,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    table,
    text,
    true,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import is_transient
from flux_pipeline.store.postgres.engine import reason_of
from flux_pipeline.store.tenancy._catalog import Relation

DENIED = "42501"
# Rows are counted exactly up to this number; above it, seeing all rows and seeing some look the same.
COUNTED_ROWS = 10_000
# No sequential scan: the planner can't know that no row matches, and might read years of sales to find out.
LIMITS = """
SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '20s', true),
       set_config('enable_seqscan', 'off', true)
"""
# Raises at the first row that the policies let through, so a hole is found without changing a row. Policies are
# evaluated before it, and so is a plain comparison, which costs less.
TRIPWIRE = "1 / (0 * random())::integer = 1"
TRIPPED = "22012"
ITS_PLACE = "ctid::text AS place, tableoid::bigint AS part"
AT_ITS_PLACE = "ctid = CAST(:place AS tid) AND tableoid = CAST(:part AS oid)"


@dataclass(frozen=True)
class Outcome:
    """The outcome of an attempt: its value (for a change, the number of rows), or why the server refused it."""

    value: Any = None
    sqlstate: str | None = None
    reason: str = ""

    @property
    def is_denied(self) -> bool:
        """Whether a policy or a missing right refused it."""
        return self.sqlstate == DENIED

    @property
    def is_harmless(self) -> bool:
        """Whether it was refused, or found no row."""
        return self.is_denied or (self.sqlstate is None and not self.value)

    @property
    def in_words(self) -> str:
        """The server's error if it is not a refusal, to append to a sentence."""
        return f": {self.reason}" if self.sqlstate not in (None, TRIPPED) else ""


def foreign_rows(connection: Connection, relation: Relation, own: uuid.UUID | None) -> Outcome:
    """Try to read a row that does not belong to restaurant `own` (None: any row)."""
    target, key = _target(relation)
    # As two ranges of the index, each of which contradicts the policy at once.
    foreign = [key < own, key > own, key.is_(None)] if own else [true()]
    query = select(or_(*(exists().select_from(target).where(condition) for condition in foreign)))
    return _attempt(connection, lambda: connection.scalar(query))


def rows(connection: Connection, relation: Relation, of: uuid.UUID | None = None) -> Outcome:
    """Count the rows that the relation shows, up to COUNTED_ROWS; with `of` only that restaurant's."""
    target, key = _target(relation)
    shown = select(key).where(true() if of is None else key == of).limit(COUNTED_ROWS).select_from(target)
    return _attempt(connection, lambda: connection.scalar(select(func.count()).select_from(shown.subquery())))


def any_row(connection: Connection, relation: Relation) -> Outcome:
    """Try to read the relation at all."""
    query = select(exists().select_from(_target(relation)[0]))
    return _attempt(connection, lambda: connection.scalar(query))


def new_row(connection: Connection, relation: Relation, other: uuid.UUID) -> Outcome | None:
    """Try to insert a row for another restaurant; the key is enough, as policies are checked before constraints.

    None if the attempt can't be made, because the table has no partition for the row.
    """
    if relation.kind == "p" and relation.day is None:
        return None
    target, key = _target(relation)
    values: dict[str, Any] = {key.name: other}
    if relation.day_column is not None:
        values[relation.day_column] = relation.day
    return _attempt(connection, lambda: connection.execute(insert(target).values(values)).rowcount)


def changed_rows(connection: Connection, relation: Relation, own: uuid.UUID | None, other: uuid.UUID) -> Outcome:
    """Try to take rows from another restaurant; without an own restaurant (None), from any."""
    target, key = _target(relation)
    take = update(target).values({key.name: own or other}).where(text(TRIPWIRE), _others(key, own, other))
    return _attempt(connection, lambda: connection.execute(take).rowcount)


def deleted_rows(connection: Connection, relation: Relation, own: uuid.UUID | None, other: uuid.UUID) -> Outcome:
    """Try to delete rows of another restaurant; without an own restaurant (None), of any."""
    target, key = _target(relation)
    drop = delete(target).where(text(TRIPWIRE), _others(key, own, other))
    return _attempt(connection, lambda: connection.execute(drop).rowcount)


def given_row(connection: Connection, relation: Relation, other: uuid.UUID) -> Outcome | None:
    """Try to give an own row to another restaurant; None if there is no row that is not locked."""
    target, key = _target(relation)
    find = select(text(ITS_PLACE)).select_from(target).limit(1).with_for_update(skip_locked=True)
    give = update(target).values({key.name: other}).where(text(AT_ITS_PLACE))

    def act() -> int | None:
        row = connection.execute(find).mappings().first()
        return None if row is None else connection.execute(give, dict(row)).rowcount

    outcome = _attempt(connection, act)
    return None if outcome == Outcome() else outcome


def _attempt(connection: Connection, act: Callable[[], Any]) -> Outcome:
    """Make an attempt and undo it; a lock or a lost connection proves nothing, so that error is raised."""
    savepoint = connection.begin_nested()
    try:
        return Outcome(act())
    except DBAPIError as exc:
        sqlstate = getattr(exc.orig, "sqlstate", None)
        if sqlstate is None or is_transient(exc.orig or exc):
            raise
        return Outcome(sqlstate=sqlstate, reason=reason_of(exc))
    finally:
        savepoint.rollback()


def _target(relation: Relation) -> tuple[TableClause, ColumnClause[Any]]:
    """Return the relation for a statement, and the column that holds the row's restaurant."""
    assert relation.key is not None
    key: ColumnClause[Any] = column(relation.key, Uuid())
    days: list[ColumnClause[Any]] = [column(relation.day_column)] if relation.day_column else []
    return table(relation.name, key, *days, schema=relation.schema), key


def _others(key: ColumnClause[Any], own: uuid.UUID | None, other: uuid.UUID) -> ColumnElement[bool]:
    """Select the rows of `other`; without an own restaurant every row, as none may be reachable then."""
    return true() if own is None else key == other
