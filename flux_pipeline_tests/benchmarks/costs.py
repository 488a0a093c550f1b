"""Benchmark of costs: a large kitchen's dishes over two years of price changes, from facts to published rows.

A thousand dishes take 30 ingredients each: some directly, some through preparations, some through preparations of
these. Prices of 500 ingredients change every four weeks, a quarter of them on each Monday. It reports seconds and peak
memory of the first night, which writes everything, and of one on which nothing has changed. Run by `make bench`.
"""

import argparse
import csv
import datetime as dt
import io
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.orchestration.assets.costs import COSTS
from flux_pipeline.orchestration.work import Work
from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.benchmarks.tenancy_cost import own_server, progress
from flux_pipeline_tests.store.handing_in import hand_in_kind

DISHES, INGREDIENTS, VENDORS, DAYS, WEEKS_OF_A_PRICE = 1_000, 500, 20, 728, 4
# Of a dish's 30 ingredients, how many are its own, in its preparation, and in the preparation of that.
OWN, IN_PREPARATION, IN_BASE = 10, 10, 10
PREPARATIONS, BASES = 200, 50
FIRST = dt.date(2024, 1, 1)
LAST = FIRST + dt.timedelta(days=DAYS)
CAME = dt.datetime(2024, 1, 1, 9, tzinfo=dt.UTC)
# The goals are reported and not asserted, because a busy machine misses them.
SECONDS, MEGABYTES = 20, 500


@dataclass(frozen=True)
class Night:
    """A night's seconds, those in which its process computed, its rows, and the peak memory of the process in MB."""

    seconds: float
    cpu_seconds: float
    rows: int
    megabytes: float


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows([header.split(","), *rows])
    return page.getvalue()


def prices(rng: random.Random) -> Iterator[tuple[object, ...]]:
    """Yield each ingredient's price of the first day, and one for each four weeks; each Monday a quarter changes."""
    for number in range(INGREDIENTS):
        price = rng.uniform(1, 20)
        named = f"Vendor {number % VENDORS}", f"Ingredient {number}"
        yield *named, f"{price:.4f}", "kg", FIRST
        for day in range(7 * (1 + number % WEEKS_OF_A_PRICE), DAYS, 7 * WEEKS_OF_A_PRICE):
            price *= rng.uniform(0.97, 1.04)
            yield *named, f"{price:.4f}", "kg", FIRST + dt.timedelta(days=day)


def recipes(dishes: int, rng: random.Random) -> Iterator[tuple[object, ...]]:
    """Yield the lines of all recipes; no ingredient is in a dish twice."""
    third = INGREDIENTS // 3

    def bought(item: str, first: int, count: int, *batch: object) -> Iterator[tuple[object, ...]]:
        for number in rng.sample(range(first, first + third), count):
            yield item, f"Ingredient {number}", "", rng.randint(5, 400), "g", *(batch or ("", ""))

    for number in range(BASES):
        yield from bought(f"Base {number}", 0, IN_BASE, 5, "kg")
    for number in range(PREPARATIONS):
        yield from bought(f"Preparation {number}", third, IN_PREPARATION, 7.5, "l")
        yield f"Preparation {number}", "", f"Base {number % BASES}", 800, "g", 7.5, "l"
    for number in range(dishes):
        yield from bought(f"Dish {number}", 2 * third, OWN)
        yield f"Dish {number}", "", f"Preparation {number % PREPARATIONS}", 60, "ml", "", ""


def prepare(store: Store, dishes: int) -> Restaurant:
    """Add a restaurant with its kitchen, and a sale of each dish on the first day."""
    restaurant = add_restaurant(store, NewRestaurant("large", "Large kitchen", "Europe/Paris", "EUR"))
    rng = random.Random(17)
    sold = ((FIRST, f"Dish {number}", 1, f"{rng.uniform(8, 25):.2f}") for number in range(dishes))
    files = {
        "sales": table("date,item,quantity,price", sold),
        "ingredients": table(
            "name,unit,waste_factor", ((f"Ingredient {number}", "kg", 0.1) for number in range(INGREDIENTS))
        ),
        "vendor_prices": table("vendor,ingredient,unit_price,unit,valid_from", prices(rng)),
        "recipes": table(
            "item,ingredient,component_item,quantity,unit,yield_quantity,yield_unit", recipes(dishes, rng)
        ),
    }
    for kind, content in files.items():
        upload = hand_in_kind(store, restaurant, kind, content, received_at=CAME)
        assert upload.status == "completed", (upload.error, upload.accounting)
        progress(f"{kind}: {upload.accounting.loaded:,} rows")
    return restaurant


def cost_in_own_process(admin: URL, store: Store, day: dt.date) -> Night:
    """Cost the night after a day in a fresh process, so that its memory is its own."""
    environment = os.environ | {
        "FLUX_DATABASE_URL": admin.set(database="flux").render_as_string(hide_password=False),
        "FLUX_HOME": str(store.settings.home),
    }
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, "--night", day.isoformat()],
        cwd=PROJECT_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Night(**json.loads(done.stdout))


def cost(day: dt.date) -> Night:
    """Cost the night after a day."""
    store = Store.connect(load_settings())
    begun_at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(5), dt.UTC)
    work = Work(store, store.restaurant("large"), day, begun_at, "a run of Dagster's")
    begun, cpu_begun = time.perf_counter(), time.process_time()
    published = COSTS.run(work)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu_begun
    return Night(seconds, cpu_seconds, published.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def stored(store: Store, restaurant: Restaurant) -> tuple[object, ...]:
    """Return how many rows are stored, how many have no cost, and by how many runs they were written."""
    query = "SELECT count(*), count(*) - count(cost_with_waste), max(xmin::text), count(DISTINCT xmin::text)"
    with store.tenant(restaurant) as tx:
        return tuple(tx.connection.execute(text(f"{query} FROM menu_item_costs")).one())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dishes", type=int, default=DISHES)
    parser.add_argument("--night", type=dt.date.fromisoformat, help="used by the benchmark itself")
    options = parser.parse_args()
    if options.night:
        print(json.dumps(asdict(cost(options.night))))
        return
    print(f"goals: {SECONDS} s and {MEGABYTES} MB for {DISHES:,} dishes; an unchanged night writes nothing")
    with own_server() as (store, admin):
        restaurant = prepare(store, options.dishes)
        found = []
        for title, day in (("first night", LAST), ("unchanged night", LAST + dt.timedelta(days=1))):
            night = cost_in_own_process(admin, store, day)
            found.append(stored(store, restaurant))
            seconds = f"{night.seconds:.2f} s (CPU without the server's {night.cpu_seconds:.2f} s)"
            print(f"{title}: {seconds}, peak memory {night.megabytes:,.0f} MB, {night.rows:,} rows", flush=True)
        assert found[0] == found[1], f"the unchanged night wrote: {found}"
        assert found[0][1] == 0, f"{found[0][1]} rows have no cost"
    progress("done")


if __name__ == "__main__":
    main()
