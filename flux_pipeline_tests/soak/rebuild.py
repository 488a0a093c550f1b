"""A clean rebuild of what was loaded and published, and the comparison of both, row by row."""

import datetime as dt
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.orchestration.commands.launch import run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import hand_in, hand_in_feed
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.restaurant import Restaurant, list_restaurants

IN_USE = "('completed', 'completed_with_errors', 'validated')"
LOADED = f"""
SELECT r.slug, u.kind, u.file_name, u.content_sha256, u.hints, u.received_at
FROM data_uploads u JOIN restaurants r ON r.id = u.restaurant_id
WHERE u.status IN {IN_USE} ORDER BY u.finished_at, u.id
"""
FEEDS = """
SELECT NULL, kind, file_name, content_sha256, NULL, received_at FROM feed_loads WHERE error IS NULL ORDER BY created_at
"""
# Rows of these tables are compared. Ids differ and are replaced by what they name.
TABLES = (
    "transactions", "transaction_items", "daily_item_sales", "upload_days", "rejected_rows", "demand_forecasts",
    "demand_posteriors", "demand_forecasts_by_category", "demand_forecasts_by_restaurant", "staffing_forecasts",
    "operating_hours", "closures", "promotions", "sold_out_days", "reservations", "employees",
    "employee_skills", "employee_availability", "availability_exceptions", "shift_templates",
)  # fmt: skip
SHARED_TABLES = ("weather_data", "local_events")
NAMES = """
SELECT id, name FROM menu_items UNION ALL SELECT id, name FROM menu_categories
UNION ALL SELECT id, name FROM employee_roles UNION ALL SELECT id, name FROM employees
UNION ALL SELECT id, name FROM skills UNION ALL SELECT id, slug FROM restaurants
UNION ALL SELECT id, kind || ' ' || content_sha256 FROM data_uploads
UNION ALL SELECT id, 'ticket ' || coalesce(source_ticket_id, '') FROM transactions
"""
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# When and in which order something was written, not what.
OWN = {"id", "created_at", "updated_at", "decided_at", "published_at", "superseded_at", "algorithm_run_id"}
OWN |= {"is_retrospective"}
# Of the rows of a table that differ, on each side.
SHOWN = 2
# Rows of files that were refused or withdrawn are not loaded again, nor are earlier forecasts published again.
LEFT_OUT = {
    "rejected_rows": f"data_upload_id IN (SELECT id FROM data_uploads WHERE status IN {IN_USE})",
    "upload_days": "status <> 'withdrawn'",
    "demand_posteriors": "algorithm_run_id IN (SELECT algorithm_run_id FROM demand_forecasts WHERE is_current)",
    **dict.fromkeys((table for table in TABLES if "forecasts" in table), "is_current"),
}


@dataclass(frozen=True)
class Kept:
    """A file that a database holds the rows of; `slug` is None for a feed."""

    slug: str | None
    kind: str
    file_name: str
    content_sha256: str
    hints: dict[str, Any] | None
    received_at: dt.datetime


def files_in_use(store: Store) -> list[Kept]:
    """Return the files whose rows are in use: those of feeds, then those of restaurants in the order of their loads."""
    with store.fleet() as connection:
        return [Kept(*row) for query in (FEEDS, LOADED) for row in connection.execute(text(query))]


def load_again(store: Store, files: Sequence[Kept], contents: Mapping[str, tuple[str, bytes]]) -> None:
    """Load files into a database that has the restaurants, with their original `received_at`.

    Args:
        store: the database.
        files: what to load, in this order.
        contents: the name and bytes of each file that was dropped, by the hash of the bytes.
    """
    for file in files:
        source = Source.of(contents[file.content_sha256][1], file.file_name)
        if file.slug is None:
            hand_in_feed(store, file.kind, source, known_at=file.received_at)
            continue
        restaurant = store.restaurant(file.slug)
        hints = Hints.from_json(file.hints) if file.hints else None
        upload = hand_in(store, restaurant, source, file.kind, hints, received_at=file.received_at).upload
        load_upload(store, restaurant, upload)


def run_all(store: Store, as_ofs: Sequence[dt.date]) -> dict[tuple[str, dt.date], list[str]]:
    """Run every restaurant for each day; return the failures of each restaurant and day that has any."""
    url = store.admin_url.render_as_string(hide_password=False)
    os.environ.update({"FLUX_HOME": str(store.settings.home), "FLUX_DATABASE_URL": url})
    with store.fleet() as connection:
        slugs = [restaurant.slug for restaurant in list_restaurants(connection)]
    failures = {}
    with dg.DagsterInstance.ephemeral() as instance:
        for slug in slugs:
            for as_of in as_ofs:
                if failed := run_restaurant(instance, slug, as_of).failures:
                    failures[slug, as_of] = failed
    return failures


def rows_of(
    store: Store, restaurant: Restaurant | None, without: Sequence[dt.date] = (), tables: Sequence[str] = TABLES
) -> dict[str, Counter[str]]:
    """Return the current rows of each table as texts, with how often each is there.

    Args:
        store: the database.
        restaurant: whose rows; None: those of the shared tables.
        without: days as of which no forecast is compared.
        tables: the tables, of a restaurant's.
    """
    if restaurant is None:
        with store.fleet() as connection:
            return _rows(connection, SHARED_TABLES)
    with store.tenant(restaurant) as tx:
        found = _rows(tx.connection, tables)
    parts = [f'"as_of": "{day}"' for day in without]
    return {
        table: Counter({row: count for row, count in rows.items() if not any(part in row for part in parts)})
        for table, rows in found.items()
    }


def _rows(connection: Connection, names_of_tables: Sequence[str]) -> dict[str, Counter[str]]:
    names = {str(key): name for key, name in connection.execute(text(NAMES)).all()}
    tables = {}
    for table in names_of_tables:
        rows = f"SELECT row_to_json(t)::text FROM {table} t WHERE {LEFT_OUT.get(table, 'true')}"
        found = connection.execute(text(rows))
        tables[table] = Counter(_canonical(json.loads(row), names) for row in found.scalars())
    return tables


def _canonical(row: dict[str, Any], names: Mapping[str, str]) -> str:
    kept = json.dumps({column: value for column, value in row.items() if column not in OWN}, sort_keys=True)
    return ID.sub(lambda found: names.get(found[0], "?"), kept)


def sha256_of(content: bytes) -> str:
    """Return the hash by which Flux knows a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def differences(
    before: Mapping[str, Counter[str]], after: Mapping[str, Counter[str]]
) -> Iterator[tuple[str, int, list[str]]]:
    """Yield each table whose rows differ: its name, how many rows differ, and a few of them in words."""
    for table, rows in before.items():
        parts = {"only before": rows - after[table], "only rebuilt": after[table] - rows}
        if any(parts.values()):
            shown = [f"{table} {sign}: {row[:1000]}" for sign, found in parts.items() for row in list(found)[:SHOWN]]
            yield table, sum(found.total() for found in parts.values()), shown
