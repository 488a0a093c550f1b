"""Benchmark of uploads: the whole ingestion of a sales file beside the least that PostgreSQL needs for the same rows.

The floor is COPY of the file into a plain table and INSERT ... SELECT into copies of the two final tables that have
their primary keys but no foreign keys, policies, partitions or other indexes. Both run on one server, which the
benchmark starts. It reports speed and memory, and asserts that the sums of both are equal. Run by `make bench`.
"""

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Connection

from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.loading.replay import open_kept
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import find_upload, register_upload, waiting_uploads
from flux_pipeline_tests.benchmarks.tenancy_cost import own_server, progress

SIZES = (250_000, 500_000, 1_000_000)
ITEMS, DAYS, LINES_PER_TICKET = 80, 700, 3
FIRST_DAY = np.datetime64("2024-01-01")
COPY_CHUNK = 1 << 20
# The goals are reported and not asserted, because a busy machine misses them.
MOST_TIMES_THE_FLOOR, ROWS_PER_SECOND, MEGABYTES = 2.5, 50_000, 600

FLOOR_TABLES = (
    "DROP TABLE IF EXISTS floor_rows, floor_menu, floor_tickets, floor_transactions, floor_transaction_items",
    "CREATE TABLE floor_rows (day date, clock time, ticket text, item text, quantity numeric, price numeric)",
    "CREATE TABLE floor_transactions (LIKE transactions INCLUDING DEFAULTS,"
    " PRIMARY KEY (restaurant_id, business_date, id))",
    "CREATE TABLE floor_transaction_items (LIKE transaction_items INCLUDING DEFAULTS,"
    " PRIMARY KEY (restaurant_id, business_date, transaction_id, line_number))",
)
FLOOR_COPY = "COPY floor_rows FROM STDIN (FORMAT csv, HEADER)"
FLOOR_INSERTS = (
    "CREATE TEMPORARY TABLE floor_menu AS SELECT item, gen_random_uuid() AS id FROM floor_rows GROUP BY item",
    "CREATE TEMPORARY TABLE floor_tickets AS SELECT day, ticket, gen_random_uuid() AS id, min(day + clock) AS sold_at,"
    " sum(quantity * price) AS amount FROM floor_rows GROUP BY day, ticket",
    "INSERT INTO floor_transactions (restaurant_id, business_date, id, data_upload_id, source_ticket_id, sold_at,"
    " total_amount) SELECT :one, day, id, :one, ticket, sold_at, amount FROM floor_tickets",
    "INSERT INTO floor_transaction_items (restaurant_id, business_date, transaction_id, line_number, menu_item_id,"
    " menu_item_name, quantity, unit_price, line_amount)"
    " SELECT :one, r.day, t.id, row_number() OVER (), m.id, r.item, r.quantity, r.price, r.quantity * r.price"
    " FROM floor_rows r JOIN floor_tickets t USING (day, ticket) JOIN floor_menu m USING (item)",
)


@dataclass(frozen=True)
class Ingestion:
    """One load in a process of its own: seconds of reading and parsing alone, seconds in all, peak memory in MB."""

    parse_seconds: float
    seconds: float
    megabytes: float


def make_file(rows: int) -> bytes:
    """Return a till's export of almost two years: date, time, ticket, item, quantity, price, in order of sale."""
    rng = np.random.default_rng(rows)
    tickets = max(1, rows // LINES_PER_TICKET)
    ticket = np.sort(rng.integers(0, tickets, rows))
    day = ticket * DAYS // tickets
    minute = 600 + (ticket * DAYS % tickets) * 720 // tickets
    item = rng.integers(0, ITEMS, rows)
    clock = np.char.add(
        np.char.zfill((minute // 60).astype(str), 2), np.char.add(":", np.char.zfill((minute % 60).astype(str), 2))
    )
    frame = pd.DataFrame(
        {
            "date": (FIRST_DAY + day).astype(str),
            "time": clock,
            "ticket": 100_000 + ticket,
            "item": np.array([f"Dish number {n}" for n in range(ITEMS)], dtype=object)[item],
            "quantity": rng.integers(1, 4, rows),
            "price": np.round(2 + item * 0.35, 2),
        }
    )
    return frame.to_csv(index=False).encode()


def floor_seconds(connection: Connection, content: bytes) -> tuple[float, float]:
    """Measure the floor and return the seconds of COPY and of the INSERTs."""
    for statement in FLOOR_TABLES:
        connection.execute(text(statement))
    connection.commit()
    driver = connection.connection.driver_connection
    assert driver is not None
    begun = time.perf_counter()
    with driver.cursor() as cursor, cursor.copy(sql.SQL(FLOOR_COPY)) as copy:
        for start in range(0, len(content), COPY_CHUNK):
            copy.write(content[start : start + COPY_CHUNK])
    copied = time.perf_counter()
    for statement in FLOOR_INSERTS:
        connection.execute(
            text(statement), {"one": "00000000-0000-0000-0000-000000000001"} if ":one" in statement else {}
        )
    connection.commit()
    return copied - begun, time.perf_counter() - copied


def load_in_own_process(admin: URL, store: Store, restaurant: Restaurant) -> Ingestion:
    """Load the waiting upload of a restaurant in a fresh process, so that its memory is its own."""
    environment = os.environ | {
        "FLUX_DATABASE_URL": admin.set(database="flux").render_as_string(hide_password=False),
        "FLUX_HOME": str(store.settings.home),
    }
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, "--load", restaurant.slug],
        cwd=PROJECT_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Ingestion(**json.loads(done.stdout))


def load(slug: str) -> None:
    """Load the waiting upload, then read and parse it once more to time that alone; print the figures as JSON."""
    store = Store.connect(load_settings())
    restaurant = store.restaurant(slug)
    with store.tenant(restaurant) as tx:
        (upload,) = waiting_uploads(tx)
    begun = time.perf_counter()
    loaded = load_upload(store, restaurant, upload)
    seconds = time.perf_counter() - begun
    assert loaded.status == "completed", loaded.error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.perf_counter()
    with store.tenant(restaurant) as tx:
        for _ in open_kept(tx, upload).parts():
            pass
    print(json.dumps({"parse_seconds": time.perf_counter() - begun, "seconds": seconds, "megabytes": peak}))


def compare(admin: URL, store: Store, rows: int) -> str:
    """Measure both ways for a file of `rows` rows, and return a line with the figures."""
    content = make_file(rows)
    restaurant = add_restaurant(store, NewRestaurant(f"r{rows}", f"Restaurant of {rows}", "Europe/Paris", "EUR"))
    kept = Archive(store.settings.archive).keep(content, restaurant.slug)
    with store.tenant(restaurant) as tx:
        upload, _ = register_upload(tx, kept, "sales", "sales.csv", {})
    engine = create_engine(admin.set(drivername="postgresql+psycopg", database="flux"))
    with engine.connect() as connection:
        copy_seconds, insert_seconds = floor_seconds(connection, content)
        floor = connection.execute(text("SELECT count(*), sum(line_amount) FROM floor_transaction_items")).one()
    engine.dispose()
    ours = load_in_own_process(admin, store, restaurant)
    with store.tenant(restaurant) as tx:
        stored: Any = tx.connection.execute(text("SELECT count(*), sum(line_amount) FROM transaction_items")).one()
        assert find_upload(tx, upload.id).accounting.loaded == rows
    assert tuple(stored) == tuple(floor), f"the floor wrote {floor}, the ingestion {stored}"
    least = copy_seconds + insert_seconds
    return (
        f"{rows:>9,} rows: floor {least:5.2f} s (COPY {copy_seconds:.2f}, INSERT {insert_seconds:.2f}), everything "
        f"{ours.seconds:5.2f} s (reading and parsing alone {ours.parse_seconds:.2f}), {ours.seconds / least:.2f} x the "
        f"floor, {rows / ours.seconds:,.0f} rows/s, peak memory {ours.megabytes:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    parser.add_argument("--load", metavar="SLUG", help="used by the benchmark itself")
    options = parser.parse_args()
    if options.load:
        load(options.load)
        return
    print(f"goals: {MOST_TIMES_THE_FLOOR} x the floor, {ROWS_PER_SECOND:,} rows/s, {MEGABYTES} MB; {dt.date.today()}")
    with own_server() as (store, admin):
        for rows in options.rows:
            print(compare(admin, store, rows), flush=True)
    progress("done")


if __name__ == "__main__":
    main()
