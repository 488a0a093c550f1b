"""Temporary tables of an upload's sales rows: their names, their definitions, and the steps of a load that fill them.

Statements of this folder take the names from here; nothing outside the folder reads these tables. Each step takes the
value that the step before it returned, so that their order is part of the signatures: `SalesStage` (_staging.py) stages
rows, `StagedSales` knows their menu items, `SettledSales` lacks the rows that are already stored, and `WrittenSales` is
stored and summed by day and item.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.uploads.registry import Upload

LINES, TICKETS, TEXTS, ITEMS = "upload_lines", "upload_tickets", "upload_texts", "upload_items"
DECISIONS, DAY_ITEMS = "upload_decisions", "upload_day_items"

COLUMNS = {
    LINES: """
        place integer, line_number integer, business_date date, sold_at timestamptz, is_ticketed boolean,
        transaction_id uuid, item_code integer, quantity numeric(12, 3), unit_price numeric(12, 2),
        line_amount numeric(12, 2), discount_amount numeric(12, 2), covers integer, channel integer
    """,
    TICKETS: "transaction_id uuid, business_date date, ticket text",
    TEXTS: "place integer, line_id text, modifiers text",
    ITEMS: "item_code integer, menu_item_id uuid, item_name text",
    DECISIONS: "business_date date, decision text",
}

# Without their sizes PostgreSQL would hash the lines and not the few items, and lose the order of the file.
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


@dataclass(frozen=True)
class StagedSales:
    """All rows of an upload in the temporary tables, with the menu item of each spelling.

    Attributes:
        tx: the restaurant's transaction, which has the tables.
        upload: whose rows they are.
        days: their business days.
        unticketed_days: the days with rows that name no ticket.
        has_tickets: whether any row names its ticket.
        has_line_ids: whether any row names its line.
        lines_repeat: whether several rows have the same line number.
    """

    tx: Tenant
    upload: Upload
    days: frozenset[dt.date]
    unticketed_days: frozenset[dt.date]
    has_tickets: bool
    has_line_ids: bool
    lines_repeat: bool


@dataclass(frozen=True)
class SettledSales:
    """The staged rows that are to be stored; `skipped` counts those that were taken out, by reason."""

    staged: StagedSales
    skipped: Counter[str]


@dataclass(frozen=True)
class WrittenSales:
    """The staged rows once they are stored: so many lines."""

    tx: Tenant
    upload: Upload
    line_count: int


def make_tables(connection: Connection) -> None:
    """Make the tables, empty and gone at the transaction's end, in place of those of an earlier upload."""
    connection.execute(text(f"DROP TABLE IF EXISTS {', '.join([*COLUMNS, DAY_ITEMS])}"))
    for name, columns in COLUMNS.items():
        connection.execute(text(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP"))


def analyze_tables(connection: Connection) -> None:
    """Let the planner know how many rows there are."""
    for table in ANALYZED:
        connection.execute(text(f"ANALYZE {table}"))


def sum_day_items(settled: SettledSales, line_count: int) -> WrittenSales:
    """Sum the rows by day and item, after so many lines were stored."""
    settled.staged.tx.connection.execute(text(SUM_DAY_ITEMS))
    return WrittenSales(settled.staged.tx, settled.staged.upload, line_count)
