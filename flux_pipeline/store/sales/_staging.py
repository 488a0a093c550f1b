"""Stage of an upload's valid sales rows: temporary tables that it owns and fills block by block, for SQL to read.

The transaction of a row is known without the other rows: its id is a hash of the upload, the day and the ticket
(without a ticket the moment; without a moment the day alone). So a ticket may continue in the next block, and a file
that is read again gives the same ids.
"""

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any, NewType

import numpy as np
import pandas as pd
from sqlalchemy import text

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.names import ItemName
from flux_pipeline.store.models.sales import CHANNELS
from flux_pipeline.store.postgres.copying import (
    Array,
    as_booleans,
    as_dates,
    as_integers,
    as_numerics,
    as_timestamps,
    copy_rows,
    fixed_rows,
    text_rows,
)
from flux_pipeline.store.uploads.registry import Upload

# The temporary tables. Only the statements of this folder read them, by these names.
LINES, TICKETS, TEXTS = "upload_lines", "upload_tickets", "upload_texts"
ITEMS, DAY_ITEMS = "upload_items", "upload_day_items"

COLUMNS = {
    LINES: """
        place integer, line_number integer, business_date date, sold_at timestamptz, is_ticketed boolean,
        transaction_id uuid, item_code integer, quantity numeric(12, 3), unit_price numeric(12, 2),
        line_amount numeric(12, 2), discount_amount numeric(12, 2), covers integer, channel integer
    """,
    TICKETS: "transaction_id uuid, business_date date, ticket text",
    TEXTS: "place integer, modifiers text",
    ITEMS: "item_code integer, menu_item_id uuid, item_name text",
}

# Without statistics PostgreSQL would hash the many lines instead of the few items, and lose the order of the file.
ANALYZED = (f"{LINES} (transaction_id, business_date, item_code)", ITEMS, TICKETS, TEXTS)

SUM_DAY_ITEMS = f"""
CREATE TEMPORARY TABLE {DAY_ITEMS} ON COMMIT DROP AS
SELECT spelling.business_date, spelling.is_ticketed, i.menu_item_id, sum(spelling.line_count) AS line_count,
       sum(spelling.quantity) AS quantity, sum(spelling.line_amount) AS line_amount,
       bool_or(spelling.has_price) AS has_price
FROM (
    SELECT business_date, is_ticketed, item_code, count(*) AS line_count, sum(quantity) AS quantity,
           sum(line_amount) AS line_amount, bool_or(unit_price <> 'NaN') AS has_price
    FROM {LINES} GROUP BY business_date, is_ticketed, item_code
) spelling
JOIN {ITEMS} i USING (item_code)
GROUP BY spelling.business_date, spelling.is_ticketed, i.menu_item_id
"""  # noqa: S608

# So that a million lines are sorted and hashed in memory, and statements that run once are not compiled first.
SERVER_SETTINGS = {"work_mem": "96MB", "jit": "off"}
# The arrays of so many rows fit in the processor's cache and are small compared with the block itself.
ROWS_AT_ONCE = 25_000


class SalesStage:
    """Staged rows of one upload.

    The types `StagedSales`, `SettledSales`, `SummedSales` and `WrittenSales` name which steps of a load have been done.

    Attributes:
        tx: the transaction that loads.
        upload: the upload whose rows they are.
        rows: how many rows were staged.
        days: their business days; `unticketed_days` are those with rows that name no ticket.
        has_tickets: whether any row names its ticket.
        lines_repeat: whether several rows have the same line number.
        skipped: how many rows were removed again, by reason.
        line_count: how many rows were stored in the end.
    """

    def __init__(self, tx: Tenant, upload: Upload) -> None:
        """Create the temporary tables, empty, in place of those of another upload; they end with the transaction."""
        self.tx, self.upload = tx, upload
        self.rows = self.line_count = 0
        self.days: set[dt.date] = set()
        self.unticketed_days: set[dt.date] = set()
        self.has_tickets = self.lines_repeat = False
        self.skipped: Counter[str] = Counter()
        self._codes: dict[tuple[str, str | None], int] = {}
        self._counts: list[int] = []
        self._last_line = 0
        for name, value in SERVER_SETTINGS.items():
            values = {"name": name, "value": value}
            tx.connection.execute(text("SELECT set_config(:name, :value, true)"), values)
        tx.connection.execute(text(f"DROP TABLE IF EXISTS {', '.join([*COLUMNS, DAY_ITEMS])}"))
        for table, columns in COLUMNS.items():
            tx.connection.execute(text(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP"))

    @property
    def items(self) -> list[ItemName]:
        """Every spelling of an item, with the number of its lines."""
        return [ItemName(code, name, category, self._counts[code]) for (name, category), code in self._codes.items()]

    def add(self, block: pd.DataFrame) -> None:
        """Stage a block of valid sales rows, in the columns of the contract of sales."""
        for start in range(0, len(block), ROWS_AT_ONCE):
            self._add(block.iloc[start : start + ROWS_AT_ONCE])

    def with_items(self, items: Mapping[int, uuid.UUID]) -> "StagedSales":
        """Stage the menu item of each spelling, by its code; all rows must be staged before."""
        columns: list[list[bytes | None]] = [
            [item.code.to_bytes(4, "big") for item in self.items],
            [items[item.code].bytes for item in self.items],
            [item.name.encode() for item in self.items],
        ]
        copy_rows(self.tx.connection, ITEMS, text_rows(columns))
        for table in ANALYZED:
            self.tx.connection.execute(text(f"ANALYZE {table}"))
        return StagedSales(self)

    def skip(self, reason: str, delete: str, values: Mapping[str, Any] | None = None) -> None:
        """Remove staged rows by a DELETE, and count them under a reason."""
        self.skipped[reason] += self.tx.connection.execute(text(delete), values).rowcount

    def _add(self, rows: pd.DataFrame) -> None:
        days, first_days = _codes_of(rows.business_date.to_numpy())
        self.days.update(pd.DatetimeIndex(first_days).date.tolist())
        line_numbers = rows.line_number.to_numpy()
        self._note_lines(line_numbers)
        ticket_codes, tickets = pd.factorize(rows.ticket.to_numpy(dtype=object))
        self.unticketed_days.update(pd.DatetimeIndex(first_days[np.unique(days[ticket_codes < 0])]).date.tolist())
        moments = _moments(rows)
        owner, first_rows = _owners(days, ticket_codes, moments)
        ids = self._ids(rows, first_rows, ticket_codes, tickets, moments)
        places = np.arange(self.rows, self.rows + len(rows))
        fields = {
            "place": as_integers(places),
            "line_number": as_integers(line_numbers),
            "business_date": as_dates(rows.business_date.to_numpy()),
            "sold_at": as_timestamps(moments),
            "is_ticketed": as_booleans(ticket_codes >= 0),
            "transaction_id": ids[owner],
            "item_code": as_integers(self._item_codes(rows)),
            "quantity": as_numerics(rows.quantity.to_numpy(), 3),
            "unit_price": as_numerics(rows.unit_price.to_numpy(), 2),
            "line_amount": as_numerics(rows.line_amount.to_numpy(), 2),
            "discount_amount": as_numerics(_numbers(rows, "discount_amount", 0.0), 2),
            "covers": as_integers(_numbers(rows, "covers", -1)),
            "channel": as_integers(_channels(rows)),
        }
        copy_rows(self.tx.connection, LINES, fixed_rows(fields))
        self._add_tickets(rows, ids, first_rows, ticket_codes, tickets)
        self._add_texts(rows, places)
        self.rows += len(rows)

    def _note_lines(self, line_numbers: Array) -> None:
        """Note whether line numbers repeat: a line of a wide file gives several rows, and each sheet starts at one."""
        self.lines_repeat |= bool(line_numbers[0] <= self._last_line or (np.diff(line_numbers) <= 0).any())
        self._last_line = int(line_numbers[-1])

    def _ids(self, rows: pd.DataFrame, first_rows: Array, ticket_codes: Array, tickets: Array, moments: Array) -> Array:
        """Return the version 5 UUIDs (RFC 9562) of the transactions that begin at `first_rows`, as (m,) of `V16`."""
        days = np.datetime_as_string(rows.business_date.to_numpy()[first_rows].astype("datetime64[D]")).tolist()
        codes = ticket_codes[first_rows].tolist()
        times = np.datetime_as_string(moments[first_rows].astype("datetime64[us]")).tolist()
        start = hashlib.sha1(self.upload.id.bytes, usedforsecurity=False)
        digests = []
        for day, code, time in zip(days, codes, times, strict=True):
            name = f"{day} ticket {tickets[code]}" if code >= 0 else f"{day} at {time}"
            digest = start.copy()
            digest.update(name.encode("utf-8", "surrogatepass"))
            digests.append(digest.digest()[:16])
        ids = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16).copy()
        ids[:, 6] = (ids[:, 6] & 0x0F) | 0x50
        ids[:, 8] = (ids[:, 8] & 0x3F) | 0x80
        return ids.view("V16").reshape(-1)

    def _item_codes(self, rows: pd.DataFrame) -> Array:
        names, spellings = pd.factorize(rows.item_name.to_numpy(dtype=object))
        groups, categories = np.zeros(len(rows), dtype=np.int64), np.array([None], dtype=object)
        if "category" in rows:
            groups, categories = pd.factorize(rows.category.to_numpy(dtype=object), use_na_sentinel=False)
        pairs, firsts = _codes_of(names * len(categories) + groups)
        codes = np.empty(len(firsts), dtype=np.int64)
        counts = np.bincount(pairs, minlength=len(firsts)).tolist()
        for number, (pair, count) in enumerate(zip(firsts.tolist(), counts, strict=True)):
            category = categories[pair % len(categories)]
            key = (spellings[pair // len(categories)], None if pd.isna(category) else category)
            code = self._codes.setdefault(key, len(self._codes))
            if code == len(self._counts):
                self._counts.append(0)
            self._counts[code] += count
            codes[number] = code
        return codes[pairs]

    def _add_tickets(
        self, rows: pd.DataFrame, ids: Array, first_rows: Array, ticket_codes: Array, tickets: Array
    ) -> None:
        codes = ticket_codes[first_rows]
        named = codes >= 0
        if not named.any():
            return
        self.has_tickets = True
        days = as_dates(rows.business_date.to_numpy()[first_rows[named]])
        columns: list[list[bytes | None]] = [
            ids[named].tolist(),
            days.view("V4").tolist(),
            [str(tickets[code]).encode() for code in codes[named].tolist()],
        ]
        copy_rows(self.tx.connection, TICKETS, text_rows(columns))

    def _add_texts(self, rows: pd.DataFrame, places: Array) -> None:
        if "modifiers" not in rows or not (filled := rows["modifiers"].notna().to_numpy()).any():
            return
        texts: list[bytes | None] = [str(value).encode() for value in rows["modifiers"].to_numpy(dtype=object)[filled]]
        copy_rows(self.tx.connection, TEXTS, text_rows([as_integers(places[filled]).view("V4").tolist(), texts]))


# The stage once its items are found; once rows that are already stored are removed; once the others are summed by day
# and item; once they are written too.
StagedSales = NewType("StagedSales", SalesStage)
SettledSales = NewType("SettledSales", SalesStage)
SummedSales = NewType("SummedSales", SalesStage)
WrittenSales = NewType("WrittenSales", SummedSales)


def _codes_of(values: Array) -> tuple[Array, Array]:
    codes, uniques = pd.factorize(values)
    return codes, np.asarray(uniques)


def _moments(rows: pd.DataFrame) -> Array:
    """Return when each row was sold: (n,) datetime64[us] in UTC, NaT without a time."""
    sold = rows.sold_at
    if isinstance(sold.dtype, pd.DatetimeTZDtype):
        sold = sold.dt.tz_convert("UTC").dt.tz_localize(None)
    return sold.to_numpy().astype("datetime64[us]")


def _owners(days: Array, ticket_codes: Array, moments: Array) -> tuple[Array, Array]:
    """Return the number of each row's transaction, and the first row of each number."""
    unnamed = ticket_codes < 0
    within = ticket_codes.copy()
    if unnamed.any():
        moment_codes, _ = pd.factorize(moments[unnamed], use_na_sentinel=False)
        within[unnamed] = moment_codes + ticket_codes.max(initial=-1) + 1
    owner, uniques = _codes_of(days * (int(within.max()) + 1) + within)
    first_rows = np.empty(len(uniques), dtype=np.int64)
    first_rows[owner[::-1]] = np.arange(len(owner) - 1, -1, -1)
    return owner, first_rows


def _numbers(rows: pd.DataFrame, name: str, default: float) -> Array:
    if name not in rows:
        return np.full(len(rows), default)
    return rows[name].to_numpy(dtype=np.float64, na_value=default)


def _channels(rows: pd.DataFrame) -> Array:
    """Return the place of each row's channel among the CHANNELS, from 0."""
    unknown = CHANNELS.index("unknown")
    if "channel" not in rows:
        return np.full(len(rows), unknown)
    codes, found = pd.factorize(rows.channel.to_numpy(dtype=object))
    places = [CHANNELS.index(name) if name in CHANNELS else unknown for name in found]
    return np.array([*places, unknown])[codes]
