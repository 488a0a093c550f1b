"""Benchmark of row-level security: the pipeline's heaviest reads as a tenant, and as the fleet role with a filter.

It starts a server with some millions of sales, asserts that both ways read the same rows, and reports whether each read
is within the bound; it exits with 1 if one is not. Run by `make bench`, never by a test.
"""

import argparse
import datetime as dt
import itertools
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Connection, CursorResult

from flux_pipeline.settings import load_settings
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.diagnosis._proof_statements import UPLOAD_ACCOUNTING
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.models.uploads import LOADED, UploadStatus
from flux_pipeline.store.postgres import server
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.sales.overlaps import STORED_DAYS
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.schema.months import make_months
from flux_pipeline.store.schema.tables import select_text
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

FIRST_DAY, LAST_DAY = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
TIMEZONE = "Europe/Paris"
LINES_PER_TICKET = 3
ITEMS_PER_MENU = 40
# The tenants that are timed, spread over the fleet, and the rounds for each: enough for a spread, still under a minute.
TIMED_RESTAURANTS = 5
ROUNDS = 10
BOUND = 1.10

Take = Callable[[CursorResult[Any]], Any]

# The rows that a tenant's INSERTs would make, without checking their foreign keys, which are valid by construction.
FILL_ONCE = (
    "INSERT INTO menu_items (restaurant_id, name, price, first_sold_on, last_sold_on)"
    " SELECT r.id, 'Item ' || n, 5 + n % 9, :first_day, :last_day"
    " FROM restaurants r, generate_series(1, :items) AS n",
    "INSERT INTO menu_item_aliases (restaurant_id, menu_item_id, alias)"
    " SELECT restaurant_id, id, lower(name) FROM menu_items",
    "CREATE TEMPORARY TABLE menu AS SELECT restaurant_id, id, name, price,"
    " row_number() OVER (PARTITION BY restaurant_id ORDER BY name) - 1 AS place FROM menu_items",
    "ANALYZE menu",
)
# A month's rows lie as nightly uploads leave them: day after day, and within the day restaurant after restaurant.
FILL_MONTH = (
    "INSERT INTO data_uploads (restaurant_id, storage_uri, kind, file_name, content_sha256, size_bytes, status,"
    " row_count, loaded_count, first_business_date, last_business_date)"
    " SELECT id, 'none', 'sales', :month || '.csv', :month, 0, 'completed', :lines, :lines, :first_day, :last_day"
    " FROM restaurants",
    "INSERT INTO transactions"
    " (restaurant_id, business_date, id, data_upload_id, source_ticket_id, sold_at, total_amount)"
    " SELECT u.restaurant_id, day::date, gen_random_uuid(), u.id, n::text,"
    " day + interval '10 hours' + n % 660 * interval '1 minute', 0"
    " FROM generate_series(CAST(:first_day AS timestamptz), :last_day, interval '1 day') AS day"
    " CROSS JOIN (SELECT restaurant_id, id FROM data_uploads WHERE file_name = :month || '.csv' ORDER BY 1) u"
    " CROSS JOIN generate_series(1, :tickets) AS n",
    "INSERT INTO transaction_items (restaurant_id, business_date, transaction_id, line_number, menu_item_id,"
    " menu_item_name, quantity, unit_price, line_amount)"
    " SELECT t.restaurant_id, t.business_date, t.id, n, m.id, m.name, 1 + n % 2, m.price, (1 + n % 2) * m.price"
    " FROM transactions t CROSS JOIN generate_series(1, :lines_per_ticket) AS n"
    " JOIN menu m ON m.restaurant_id = t.restaurant_id"
    " AND m.place = abs(hashtext(t.id::text) / 7 + n) % :items"
    " WHERE t.business_date BETWEEN :first_day AND :last_day",
)


@dataclass(frozen=True)
class Read:
    """A statement of the pipeline, and the parameters that make it heavy."""

    name: str
    statement: str
    parameters: dict[str, Any]

    @property
    def filtered(self) -> str:
        """The same statement with an explicit filter on each tenant table that it names.

        The sub-SELECT is the only form that needs no understanding of the rest; PostgreSQL flattens it before planning,
        so that its plan is that of `restaurant_id = ...` in the WHERE clause.
        """
        tenants = "|".join(sorted(name for name, table in METADATA.tables.items() if "restaurant_id" in table.c))
        shown = r"\1 (SELECT * FROM \2 WHERE restaurant_id = :restaurant_id)"
        statement, count = re.subn(rf"\b(FROM|JOIN)\s+({tenants})\b", shown, self.statement)
        assert count, f"{self.name} names no tenant table"
        return statement


def reads(store: Store) -> list[Read]:
    """Return the heaviest reads of a nightly run, the heaviest first; its other reads take 8 ms or less here."""
    span = {"first_date": FIRST_DAY, "last_date": LAST_DAY}
    rhythm = LAST_DAY - dt.timedelta(weeks=StaffingSettings().labor_profile_weeks)
    clock = {"first_day": rhythm, "as_of": LAST_DAY, "timezone": TIMEZONE, "minutes": 15, "items": [], "categories": []}
    return [
        Read("overlap of a year's file", STORED_DAYS, span),
        Read("accounting of all uploads", UPLOAD_ACCOUNTING, {"counted": [*LOADED, UploadStatus.WITHDRAWN]}),
        Read("daily sums of all sales", select_text(store.settings, "daily_item_sales"), {}),
        Read("sales by period, 12 weeks", select_text(store.settings, "sales_by_period"), clock),
    ]


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a read per restaurant and round, both ways, and the number of rows of one restaurant's read."""

    tenant: list[list[float]]
    filtered: list[list[float]]
    rows: int

    @property
    def ratio(self) -> float:
        """The median time as a tenant over that with a filter."""
        tenant, filtered = (statistics.median(itertools.chain.from_iterable(way)) for way in self._ways)
        return tenant / filtered

    @property
    def is_within(self) -> bool:
        """Whether the ratio is at most `BOUND`."""
        return self.ratio <= BOUND

    @property
    def _ways(self) -> tuple[list[list[float]], list[list[float]]]:
        return self.tenant, self.filtered

    def line(self) -> str:
        """Return a line with least and median of both ways, and the medians' ratio with its spread over restaurants."""
        both = [sorted(itertools.chain.from_iterable(way)) for way in self._ways]
        medians = [statistics.median(way) for way in both]
        ratios = [
            statistics.median(one) / statistics.median(other)
            for one, other in zip(self.tenant, self.filtered, strict=True)
        ]
        verdict = f"within {BOUND:.2f}" if self.is_within else f"above {BOUND:.2f}: look with --explain"
        return (
            f"tenant {both[0][0]:6.1f} min {medians[0]:6.1f} median ms, filter {both[1][0]:6.1f} min "
            f"{medians[1]:6.1f} median ms, ratio {self.ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f}), "
            f"{self.rows:,} rows; {verdict}"
        )


def fill(store: Store, admin: URL, restaurants: int, lines: int) -> None:
    """Insert restaurants and a year of sales, as the server's superuser and within the server."""
    for number in range(restaurants):
        add_restaurant(store, NewRestaurant(f"r{number:03}", f"Restaurant {number}", TIMEZONE, "EUR"))
    months = [dt.date(FIRST_DAY.year, month, 1) for month in range(1, 13)]
    make_months(store, ("transactions", "transaction_items"), months)
    tickets = max(1, round(lines / restaurants / DAYS / LINES_PER_TICKET))
    engine = create_engine(admin.set(drivername="postgresql+psycopg", database="flux"))
    with engine.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        run(connection, FILL_ONCE, {"first_day": FIRST_DAY, "last_day": LAST_DAY, "items": ITEMS_PER_MENU})
        for first in months:
            last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
            values = {"first_day": first, "last_day": last, "month": f"{first:%Y-%m}", "tickets": tickets}
            values |= {"lines_per_ticket": LINES_PER_TICKET, "items": ITEMS_PER_MENU}
            values |= {"lines": tickets * LINES_PER_TICKET * last.day}
            run(connection, FILL_MONTH, values)
            progress(f"{first:%Y-%m} is filled")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Autovacuum would have done this by the night: statistics, and a visibility map for index-only scans.
        connection.execute(text("VACUUM (ANALYZE)"))
        count = connection.scalar(text("SELECT count(*) FROM transaction_items"))
    engine.dispose()
    progress(f"{restaurants} restaurants, {count:,} transaction items, analyzed")


def run(connection: Connection, statements: tuple[str, ...], values: dict[str, Any] | None = None) -> None:
    """Execute each statement with the values that it names, and commit."""
    for statement in statements:
        connection.execute(text(statement), values or {})
    connection.commit()


def ways(store: Store, restaurant: Restaurant, read: Read) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the read as a tenant and as the fleet, each in a transaction that opens like those of the pipeline.

    All that PostgreSQL sends is received, but turned into Python's rows only if `take` does so: that part is the same
    both ways and would hide a difference.
    """

    def as_tenant(prefix: str = "", take: Take = lambda result: None) -> Any:
        with store.tenant(restaurant) as tx:
            return take(tx.connection.execute(text(prefix + read.statement), read.parameters))

    def as_fleet(prefix: str = "", take: Take = lambda result: None) -> Any:
        with store.fleet() as connection:
            values = {**read.parameters, "restaurant_id": restaurant.id}
            return take(connection.execute(text(prefix + read.filtered), values))

    return as_tenant, as_fleet


def measure(store: Store, restaurants: list[Restaurant], read: Read) -> Cost:
    """Assert that both ways read the same rows, then time them in turn."""
    times: tuple[list[list[float]], list[list[float]]] = ([], [])
    rows = 0
    for restaurant in restaurants:
        both = ways(store, restaurant, read)
        seen = [sorted(map(repr, way(take=CursorResult.all))) for way in both]
        assert seen[0] and seen[0] == seen[1], f"{read.name}: a tenant reads other rows than the filter gives"
        rows = len(seen[0])
        of_restaurant: tuple[list[float], list[float]] = ([], [])
        for turn in range(ROUNDS):
            # A B B A: the second one finds warmer caches, and a change of the machine's speed affects both.
            for way in (0, 1) if turn % 2 == 0 else (1, 0):
                begun = time.perf_counter()
                both[way]()
                of_restaurant[way].append((time.perf_counter() - begun) * 1000)
        for kept, new in zip(times, of_restaurant, strict=True):
            kept.append(new)
    return Cost(*times, rows)


def explain(store: Store, restaurant: Restaurant, read: Read) -> None:
    """Print both plans as they ran."""
    for name, way in zip(("tenant", "fleet with filter"), ways(store, restaurant, read), strict=True):
        print(f"\n{read.name}, {name}:")
        for (line,) in way("EXPLAIN (ANALYZE, BUFFERS) ", take=CursorResult.all):
            print(f"  {line}")


def exit_code(costs: list[Cost]) -> int:
    """Return 1 if a read is above the bound, else 0."""
    return 0 if all(cost.is_within for cost in costs) else 1


def progress(words: str) -> None:
    print(f"{dt.datetime.now():%H:%M:%S}  {words}", file=sys.stderr, flush=True)


@contextmanager
def own_server() -> Iterator[tuple[Store, URL]]:
    """Start a migrated embedded server in a folder of its own, and remove both afterwards."""
    home = Path(tempfile.mkdtemp(prefix="flux-bench-"))
    try:
        admin = server.start(home)
        engine = create_engine(
            admin.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '4GB'"):
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()
        # A run's process executes each read once, so it is planned each time; a repeated statement would be prepared.
        settings = load_settings(home=home, database_url=None, database_prepared_statements=False)
        store = Store(settings, admin.set(database="flux"))
        upgrade(store)
        progress("the server is up")
        yield store, admin
        store.dispose()
    finally:
        server.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restaurants", type=int, default=50)
    parser.add_argument("--lines", type=int, default=3_000_000, help="transaction items of all restaurants")
    parser.add_argument("--explain", action="store_true", help="also print both plans of each read")
    options = parser.parse_args()
    with own_server() as (store, admin):
        fill(store, admin, options.restaurants, options.lines)
        step = max(1, options.restaurants // TIMED_RESTAURANTS)
        slugs = [f"r{number:03}" for number in range(0, options.restaurants, step)][:TIMED_RESTAURANTS]
        timed = [store.restaurant(slug) for slug in slugs]
        costs = []
        for read in reads(store):
            costs.append(measure(store, timed, read))
            print(f"{read.name:<26} {costs[-1].line()}", flush=True)
            if options.explain:
                explain(store, timed[0], read)
    progress("done")
    sys.exit(exit_code(costs))


if __name__ == "__main__":
    main()
