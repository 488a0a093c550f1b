"""Waste: loaded from files, and restored where the file that had replaced it is withdrawn.

Equal rows are different plates, so what files say of one thing, day and time is compared as a whole: a file that has
the stored rows and more adds what is more. Rows that a person enters are never compared with those of files.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import pandas as pd
import sqlalchemy as sa

from flux_pipeline.ingest.kinds.kitchen.waste import find_reason
from flux_pipeline.ingest.kinds.plain import SentenceRule
from flux_pipeline.kitchen.units import plain
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._dated import as_day, exact
from flux_pipeline.store.kitchen.subjects import Ended, Subject, Subjects
from flux_pipeline.store.known.versions import MICROSECOND
from flux_pipeline.store.models.kitchen.stock import WasteRecord
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.store.uploads.rows import Intake
from flux_pipeline.wording import shortened

# What rows are compared within, what makes two of them equal, and what the table has beside these.
WITHIN = ("ingredient_id", "menu_item_id", "wasted_on", "wasted_at")
SAME = ("quantity", "unit", "reason", "lot")
OTHERS = ("note", "data_upload_id")
PORTION = "portion"
# Of what is stored, in a message.
SHOWN = 3

_Row = dict[str, Any]
_Rows = list[_Row]
_Place = tuple[Any, ...]


def load_waste(tx: Tenant, upload: Upload, intake: Intake) -> Accounting:
    """Store the waste of a file. Idempotent: rows that are stored are known.

    A row that is stored with another quantity, reason or lot may be a correction, which replaces the stored rows, or
    come in addition. The sender's hint `overlap` says which; without it, the rows are rejected.
    """
    subjects, overlap = Subjects.of(tx), upload.hints.get("overlap")
    rules = [
        subjects.unknown_in("item"),
        subjects.unknown_in("ingredient"),
        SentenceRule("stored_otherwise", "quantity", lambda rows: _stored_otherwise(tx, subjects, rows)),
    ]
    parsed = intake.read_all(rules if overlap is None else rules[:-1])
    stated = _rows_of(subjects, parsed.rows, upload.id)
    stored = _stored(tx, stated)
    after = {place: merged_waste(stored.get(place, []), rows, overlap) for place, rows in stated.items()}
    kept = {row["id"] for rows in after.values() for row in rows if "id" in row}
    _end(tx, [row["id"] for rows in stored.values() for row in rows if row["id"] not in kept], upload.received_at)
    written = _add(tx, stored, after, upload.received_at)
    return accounting_of(parsed, written=written.total())


def merged_waste(before: _Rows, stated: _Rows, overlap: str | None) -> _Rows:
    """Return the rows of one thing, day and time after a file; those that stay are those of `before`."""
    if overlap == "replace":
        wanted = _counted(stated)
    else:
        wanted = _counted(before) + _counted(stated) if overlap == "add" else _counted(before) | _counted(stated)
    rows = []
    for row in (*before, *stated):
        if wanted[_same(row)]:
            wanted[_same(row)] -= 1
            rows.append(row)
    return rows


def end_waste(tx: Tenant, upload_id: uuid.UUID, at: dt.datetime) -> Ended:
    """End the rows of an upload, by thing, day and time."""
    columns = (getattr(WasteRecord, name) for name in ("id", *WITHIN))
    query = sa.select(*columns).where(WasteRecord.data_upload_id == upload_id, WasteRecord.superseded_at.is_(None))
    rows = tx.connection.execute(query).mappings().all()
    _end(tx, [row["id"] for row in rows], at)
    return Ended(len(rows), {_place(row): None for row in rows})


def waste_in(tx: Tenant, upload: Upload, rows: pd.DataFrame) -> dict[_Place, _Rows]:
    """Return the rows of a file whose names are known, by thing, day and time."""
    subjects = Subjects.of(tx)
    names = rows["item"].where(rows["item"].notna(), rows.ingredient)
    return _rows_of(subjects, rows[[subjects.find(name) is not None for name in names]], upload.id)


def restore_waste(tx: Tenant, said: Mapping[_Place, _Rows], at: dt.datetime) -> Counter[uuid.UUID]:
    """Store the rows that files still say and that are missing; return how many that is of each."""
    return _add(tx, _stored(tx, said), said, at)


def _rows_of(subjects: Subjects, parsed: pd.DataFrame, upload_id: uuid.UUID) -> dict[_Place, _Rows]:
    """Return the rows of a file, whose names are known, by thing, day and time.

    A name of both an ingredient and an item is that of the item if the file has ingredients in a column of their own.
    """
    found: dict[_Place, _Rows] = {}
    tells_apart = bool(parsed.ingredient.notna().any())
    for row in as_records(parsed):
        named = row["item"] or row["ingredient"]
        subject = subjects.find(named, items_first=tells_apart and row["item"] is not None) or Subject()
        reason = find_reason(row["reason"])
        fact = {
            "ingredient_id": subject.ingredient_id,
            "menu_item_id": subject.menu_item_id,
            "wasted_on": as_day(row["date"]),
            "wasted_at": None if row["moment"] is None else row["moment"].to_pydatetime(),
            "quantity": exact(row["quantity"], 6),
            "unit": row["unit"] or subject.unit or PORTION,
            "reason": reason.word,
            "lot": row["lot"],
            "note": reason.note,
            "data_upload_id": upload_id,
            "line_number": row["line_number"],
        }
        found.setdefault(_place(fact), []).append(fact)
    return found


def _stored_otherwise(tx: Tenant, subjects: Subjects, parsed: pd.DataFrame) -> list[str | None]:
    """Say which rows differ from the stored ones of their thing, day and time, so that neither has the other."""
    stated = _rows_of(subjects, parsed, uuid.UUID(int=0))
    faults: dict[int, str] = {}
    for place, stored in _stored(tx, stated).items():
        ours, theirs = _counted(stated[place]), _counted(stored)
        if not (ours <= theirs or theirs <= ours):
            words = ", ".join(f"{plain(row['quantity'])} {row['unit']} {row['reason']}" for row in stored[:SHOWN])
            faults |= {row["line_number"]: words for row in stated[place]}
    names = parsed["item"].where(parsed["item"].notna(), parsed.ingredient)
    return [
        f"Waste of '{shortened(name, 60)}' on this day is stored otherwise by another file ({faults[line]}); expected "
        "the same rows, or more. Send these rows again with --replace if they are a correction, or with --add if they "
        "come in addition."
        if line in faults
        else None
        for name, line in zip(names, parsed.line_number, strict=True)
    ]


def _stored(tx: Tenant, places: Iterable[_Place]) -> dict[_Place, _Rows]:
    """Return the current rows of files, by thing, day and time, for those that are asked about."""
    wanted = set(places)
    columns = (getattr(WasteRecord, name) for name in ("id", "occurrence", *WITHIN, *SAME, *OTHERS))
    query = (
        sa.select(*columns)
        .where(WasteRecord.superseded_at.is_(None), WasteRecord.data_upload_id.is_not(None))
        .where(WasteRecord.wasted_on.in_({day for _, _, day, _ in wanted}))
        .order_by(WasteRecord.occurrence)
    )
    found: dict[_Place, _Rows] = {}
    for row in tx.connection.execute(query).mappings():
        if _place(row) in wanted:
            found.setdefault(_place(row), []).append({str(name): value for name, value in row.items()})
    return found


def _add(
    tx: Tenant, stored: Mapping[_Place, _Rows], after: Mapping[_Place, _Rows], at: dt.datetime
) -> Counter[uuid.UUID]:
    """Store the rows of `after` that are not stored; return how many that is of each upload."""
    have = Counter((row["data_upload_id"], *_place(row), *_same(row)) for rows in stored.values() for row in rows)
    new = []
    for row in (row for rows in after.values() for row in rows):
        key = (row["data_upload_id"], *_place(row), *_same(row))
        if have[key]:
            have[key] -= 1
        else:
            new.append(row)
    if not new:
        return Counter()
    taken = _occurrences(tx, {row["wasted_on"] for row in new})
    written = []
    for row in new:
        own = taken.setdefault((*_place(row), *_same(row)), set())
        number = next(number for number in count(1) if number not in own)
        own.add(number)
        values = {name: row[name] for name in (*WITHIN, *SAME, *OTHERS)}
        written.append(values | {"restaurant_id": tx.restaurant.id, "occurrence": number, "known_at": at})
    tx.connection.execute(sa.insert(WasteRecord), written)
    return Counter(row["data_upload_id"] for row in written)


def _occurrences(tx: Tenant, days: Collection[dt.date]) -> dict[_Place, set[int]]:
    """Return the numbers that current rows of these days have, by all in which they are equal otherwise."""
    columns = (getattr(WasteRecord, name) for name in (*WITHIN, *SAME, "occurrence"))
    query = sa.select(*columns).where(WasteRecord.superseded_at.is_(None), WasteRecord.wasted_on.in_(days))
    taken: dict[_Place, set[int]] = {}
    for *key, number in tx.connection.execute(query):
        taken.setdefault(tuple(key), set()).add(number)
    return taken


def _end(tx: Tenant, ids: Sequence[uuid.UUID], at: dt.datetime) -> None:
    ended = sa.func.greatest(at, WasteRecord.known_at + MICROSECOND)
    tx.connection.execute(sa.update(WasteRecord).where(WasteRecord.id.in_(ids)).values(superseded_at=ended))


def _counted(rows: _Rows) -> Counter[_Place]:
    return Counter(map(_same, rows))


def _place(row: Mapping[Any, Any]) -> _Place:
    return tuple(row[name] for name in WITHIN)


def _same(row: Mapping[Any, Any]) -> _Place:
    return tuple(row[name] for name in SAME)
