"""Inventory counts: loaded from files, and restored where the file that had replaced them is withdrawn."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from flux_pipeline.ingest.kinds.kitchen.counts import counted_twice
from flux_pipeline.ingest.kinds.plain import SentenceRule
from flux_pipeline.ingest.result import known_rows_skipped
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.subjects import Ended, Subject, Subjects, ids_of
from flux_pipeline.store.known.versions import MICROSECOND, Versioned
from flux_pipeline.store.models.kitchen.stock import InventoryCount
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.store.uploads.rows import Intake
from flux_pipeline.wording import shortened

COUNTS = Versioned(
    InventoryCount,
    ("ingredient_id", "menu_item_id", "counted_on", "counted_at", "location", "lot"),
    ("quantity", "unit", "expires_on"),
)


def load_counts(tx: Tenant, upload: Upload, intake: Intake) -> Accounting:
    """Store the counts of a file; one that is stored with another result is corrected. Idempotent by key and values."""
    subjects = Subjects.of(tx)
    rules = (
        subjects.unknown_in("ingredient"),
        SentenceRule("missing_unit", "unit", lambda rows: _without_units(subjects, rows)),
        SentenceRule("counted_twice", "quantity", lambda rows: _counted_twice(subjects, rows)),
    )
    parsed = intake.read_all(rules)
    rows = _facts(tx, subjects, parsed.rows)
    repeated = rows.duplicated(list(COUNTS.key), keep="last").to_numpy(dtype=bool)
    written = _note(tx, rows[~repeated], upload.id, upload.received_at)
    return accounting_of(known_rows_skipped(parsed, repeated, reason="repeated_row"), written=written)


def end_counts(tx: Tenant, upload_id: uuid.UUID, at: dt.datetime) -> Ended:
    """End what an upload says, by the keys of its counts."""
    table = COUNTS.table
    own = sa.and_(table.c.data_upload_id == upload_id, COUNTS.current)
    by_hand = sa.and_(table.c.data_upload_id.is_(None), table.c.superseded_at.is_not(None))
    columns = [table.c[name] for name in (*COUNTS.key, *COUNTS.values, "known_at", "superseded_at")]
    before = {
        (_key(row), row["superseded_at"]): (None, {name: row[name] for name in COUNTS.values})
        for row in tx.connection.execute(sa.select(*columns).where(by_hand)).mappings()
    }
    rows = tx.connection.execute(sa.select(*columns).where(own)).mappings()
    said = {_key(row): before.get((_key(row), row["known_at"])) for row in rows}
    ended = sa.func.greatest(at, table.c.known_at + MICROSECOND)
    tx.connection.execute(sa.update(table).where(own).values(superseded_at=ended))
    return Ended(len(said), said)


def counts_in(tx: Tenant, upload: Upload, rows: pd.DataFrame) -> dict[tuple[Any, ...], Any]:
    """Return what a file says, by key."""
    subjects = Subjects.of(tx)
    known = [subjects.find(name) is not None for name in rows.ingredient]
    facts = as_records(_facts(tx, subjects, rows[known]))
    return {
        _key(row): (upload.id, {name: row[name] for name in COUNTS.values}) for row in facts if row["unit"] is not None
    }


def restore_counts(tx: Tenant, said: Mapping[tuple[Any, ...], Any], at: dt.datetime) -> Counter[uuid.UUID | None]:
    """Store what uploads or, without one, people say; return how many rows that is of each."""
    by_upload: dict[uuid.UUID | None, list[dict[str, Any]]] = {}
    for key, (upload_id, values) in said.items():
        by_upload.setdefault(upload_id, []).append(dict(zip(COUNTS.key, key, strict=True)) | values)
    return Counter({each: _note(tx, pd.DataFrame(rows), each, at) for each, rows in by_upload.items()})


def _note(tx: Tenant, rows: pd.DataFrame, upload_id: uuid.UUID | None, at: dt.datetime) -> int:
    if rows.empty:
        return 0
    moments = {"counted_at": pd.to_datetime(rows.counted_at, utc=True), "known_at": None}
    ours = {"restaurant_id": tx.restaurant.id, "data_upload_id": upload_id}
    return COUNTS.note(tx.connection, rows.assign(**moments), at, **ours)


def _facts(tx: Tenant, subjects: Subjects, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a file, whose names are known, with the table's columns."""
    found = _found(subjects, rows)
    units = [unit or subject.unit for unit, subject in zip(rows.unit, found, strict=True)]
    return rows.assign(
        **ids_of(found, rows.index),
        unit=pd.Series(units, index=rows.index, dtype=object),
        location=_spelled(tx, "location", rows.location),
        lot=_spelled(tx, "lot", rows.lot),
    )


def _found(subjects: Subjects, rows: pd.DataFrame) -> list[Subject]:
    return [subjects.find(name) or Subject() for name in rows.ingredient]


def _without_units(subjects: Subjects, rows: pd.DataFrame) -> list[str | None]:
    return [
        f"'{shortened(name, 60)}' is a preparation, and the row has no unit; expected one such as l, kg or portion."
        if unit is None and subject.unit is None
        else None
        for name, unit, subject in zip(rows.ingredient, rows.unit, _found(subjects, rows), strict=True)
    ]


def _counted_twice(subjects: Subjects, rows: pd.DataFrame) -> list[str | None]:
    """Say which rows count one thing twice under names that both mean it."""
    ids = [str(subject.ingredient_id or subject.menu_item_id) for subject in _found(subjects, rows)]
    return counted_twice(rows.assign(subject=ids), "subject")


def _spelled(tx: Tenant, name: str, texts: pd.Series) -> pd.Series:
    """Return places or lots as they were spelled first: `Bar` and `bar` are one place."""
    column = COUNTS.table.c[name]
    stored = tx.connection.scalars(sa.select(column).where(COUNTS.current, column.is_not(None)).distinct())
    spelled = {fold_name(text): text for text in sorted(stored)}
    found = [None if text is None else spelled.setdefault(fold_name(text), text) for text in texts]
    return pd.Series(found, index=texts.index, dtype=object)


def _key(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Return the key of a row of the table, or of a frame."""
    return tuple(_stored(row[name]) for name in COUNTS.key)


def _stored(value: Any) -> Any:
    """Return a value of a frame as the table has it."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime() if value.tzinfo else value.date()
    return value
