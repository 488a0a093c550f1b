"""Benchmark of the ledger of stock in the database: a year of 200 ingredients from nothing, a new day, a late count.

A hundred dishes take ten ingredients each. Each ingredient is delivered every third day and counted every week. It
measures seconds from the stored files to the booked movements, the time of the server included. Run by `make bench`.
"""

import csv
import datetime as dt
import io
import random
import time
from collections.abc import Iterable

from sqlalchemy import text

from flux_pipeline.orchestration.assets.inventory import LEDGER
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.benchmarks.tenancy_cost import own_server, progress
from flux_pipeline_tests.store.handing_in import hand_in_kind

DISHES, INGREDIENTS, PARTS, DAYS = 100, 200, 10, 365
FIRST = dt.date(2025, 1, 1)
LAST = FIRST + dt.timedelta(days=DAYS)
# The recipes were known before the year; what happened in it can't be handed in before it happens.
CAME, KITCHEN = dt.datetime(2025, 1, 1, 9, tzinfo=dt.UTC), ("ingredients", "recipes")
# The goals are reported and not asserted, because a busy machine misses them.
YEAR_SECONDS, DAY_SECONDS = 10, 1
COUNTS = """
INSERT INTO inventory_counts (restaurant_id, ingredient_id, counted_on, quantity, unit, known_at)
SELECT restaurant_id, id, day::date, 60, 'kg', '2025-01-01' FROM ingredients
CROSS JOIN generate_series(CAST(:first AS date), CAST(:last AS date), interval '7 days') AS day
"""


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows([header.split(","), *rows])
    return page.getvalue()


def load(store: Store, restaurant: Restaurant, kind: str, content: str) -> None:
    upload = hand_in_kind(store, restaurant, kind, content, received_at=CAME if kind in KITCHEN else None)
    assert upload.status == "completed", (upload.error, upload.accounting)
    progress(f"{kind}: {upload.accounting.loaded:,} rows")


def sell(store: Store, restaurant: Restaurant, days: Iterable[dt.date], rng: random.Random) -> None:
    rows = [(day, f"Dish {number}", rng.randint(5, 40), "100.50") for day in days for number in range(DISHES)]
    load(store, restaurant, "sales", table("date,item,quantity,amount", rows))
    with store.tenant(restaurant) as tx:
        sync_table(tx, "daily_item_sales")


def prepare(store: Store) -> tuple[Restaurant, random.Random]:
    restaurant = add_restaurant(store, NewRestaurant("large", "Large kitchen", "Europe/Paris", "EUR"))
    rng = random.Random(18)
    days = [FIRST + dt.timedelta(days=number) for number in range(DAYS)]
    names = [f"Ingredient {number}" for number in range(INGREDIENTS)]
    load(store, restaurant, "ingredients", table("name,unit,shelf_life_days", ((name, "kg", 9) for name in names)))
    sell(store, restaurant, days, rng)
    lines = (
        (f"Dish {number}", name, rng.randint(5, 400), "g")
        for number in range(DISHES)
        for name in rng.sample(names, PARTS)
    )
    load(store, restaurant, "recipes", table("item,ingredient,quantity,unit", lines))
    delivered = ((day, "Mill", day, name, 70, "kg", 2) for day in days[::3] for name in names)
    header = "delivered_on,vendor,document,ingredient,quantity,unit,unit_cost"
    load(store, restaurant, "deliveries", table(header, delivered))
    with store.tenant(restaurant) as tx:
        tx.connection.execute(text(COUNTS), {"first": FIRST, "last": LAST - dt.timedelta(days=5)})
    return restaurant, rng


def night(store: Store, restaurant: Restaurant, day: dt.date, title: str) -> None:
    begun_at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(5), dt.UTC)
    begun = time.perf_counter()
    published = LEDGER.run(Work(store, restaurant, day, begun_at, "a run of Dagster's"))
    print(f"{title:24}{time.perf_counter() - begun:8.2f} s {published.rows:9,} movements", flush=True)


def main() -> None:
    print(f"goals: {YEAR_SECONDS} s for the year, {DAY_SECONDS} s for a new day")
    with own_server() as (store, _admin):
        restaurant, rng = prepare(store)
        last = LAST - dt.timedelta(days=1)
        night(store, restaurant, last, "a year from nothing")
        night(store, restaurant, last, "an unchanged night")
        sell(store, restaurant, [LAST], rng)
        night(store, restaurant, LAST, "a new day")
        with store.tenant(restaurant) as tx:
            late = {"first": LAST - dt.timedelta(days=40), "last": LAST - dt.timedelta(days=40)}
            tx.connection.execute(text(COUNTS), late)
        night(store, restaurant, LAST, "counts of 40 days ago")


if __name__ == "__main__":
    main()
