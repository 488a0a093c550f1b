"""Benchmark of a night's purchases: 100 dishes, 200 ingredients, 14 days, 500 samples, from facts to published rows.

Every ingredient has been counted, and two vendors sell it. It reports the seconds of the first night and of one on
which nothing has changed, without the ledger, which has a benchmark of its own. Run by `make bench`.
"""

import csv
import datetime as dt
import io
import random
import time
from collections.abc import Iterable

from sqlalchemy import insert, select

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.orchestration.assets.purchases import PURCHASES
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.forecasts import DemandPosterior as PosteriorRow
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.kitchen.stock import Inventory
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.models.records import AlgorithmRun
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.benchmarks.tenancy_cost import own_server, progress
from flux_pipeline_tests.store.handing_in import hand_in_kind

DISHES, INGREDIENTS, OF_A_DISH, VENDORS, DAYS, SAMPLES = 100, 200, 8, 2, 14, 500
AS_OF = dt.date(2026, 3, 15)
CAME = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
# The goal is reported and not asserted, because a busy machine misses it.
SECONDS = 2


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows([header.split(","), *rows])
    return page.getvalue()


def prepare(store: Store) -> Restaurant:
    """Add a restaurant with its kitchen, prices, stock for one to five days, and a demand forecast."""
    restaurant = add_restaurant(store, NewRestaurant("large", "Large kitchen", "Europe/Paris", "EUR"))
    rng = random.Random(17)
    names = [f"Ingredient {number}" for number in range(INGREDIENTS)]
    recipes = [
        (f"Dish {dish}", name, rng.randint(5, 400), "g")
        for dish in range(DISHES)
        for name in {names[2 * dish], names[2 * dish + 1], *rng.sample(names, OF_A_DISH - 2)}
    ]
    prices = [
        (f"Vendor {vendor}", name, f"{rng.uniform(5, 40):.2f}", "1 x 5 kg", 1 + vendor)
        for name in names
        for vendor in range(VENDORS)
    ]
    files = {
        "sales": table("date,item,quantity,price", ((CAME.date(), f"Dish {each}", 1, 9) for each in range(DISHES))),
        "ingredients": table("name,unit,shelf_life_days", ((name, "kg", rng.choice(["", 3, 30])) for name in names)),
        "vendor_prices": table("vendor,ingredient,case_price,pack,lead_time_days", prices),
        "recipes": table("item,ingredient,quantity,unit", recipes),
    }
    for kind, content in files.items():
        upload = hand_in_kind(store, restaurant, kind, content, received_at=CAME)
        assert upload.status == "completed", (upload.error, upload.accounting)
    with store.tenant(restaurant) as tx:
        ours = {"restaurant_id": restaurant.id}
        items = [str(each) for each in tx.connection.scalars(select(MenuItem.id))]
        lots = [
            {
                **ours,
                "ingredient_id": each,
                "lot": f"{lot}",
                "arrived_on": AS_OF,
                "quantity_on_hand": rng.randint(1, 20),
            }
            for each in tx.connection.scalars(select(Ingredient.id))
            for lot in range(4)
        ]
        tx.connection.execute(insert(Inventory), lots)
        run = {**ours, "algorithm": "demand_forecast", "version": "1", "as_of": AS_OF, "input_params": {}}
        run_id = tx.connection.scalar(insert(AlgorithmRun).values(run).returning(AlgorithmRun.id))
        posterior = posterior_of(items, rng)
        values = {"state": posterior.to_json(), "seed": 1, "draws": SAMPLES, "algorithm_run_id": run_id}
        tx.connection.execute(insert(PosteriorRow).values(**ours, as_of=AS_OF, **values))
    return restaurant


def posterior_of(items: list[str], rng: random.Random) -> DemandPosterior:
    means = [rng.uniform(2, 60) for _ in items]
    return DemandPosterior(
        model_name="by hand",
        items=items,
        dates=[f"{AS_OF + dt.timedelta(days=day)}" for day in range(1, DAYS + 1)],
        unit=[1.0] * len(items),
        mean=[[mean] * DAYS for mean in means],
        variance=[[1.5 * mean] * DAYS for mean in means],
        loading=[[0.3] * DAYS for _ in items],
        persistence=(0.2, 0.2),
        lower=[1.0] * DAYS,
        upper=[1.0] * DAYS,
        tail=0.12,
        seed=1,
        draws=SAMPLES,
    )


def main() -> None:
    """Print the seconds of each night."""
    print(f"goal: {SECONDS} s for {DISHES} dishes, {INGREDIENTS} ingredients, {DAYS} days, {SAMPLES} samples")
    with own_server() as (store, _):
        restaurant = prepare(store)
        begun_at = dt.datetime.combine(AS_OF + dt.timedelta(days=1), dt.time(5), dt.UTC)
        work = Work(store, restaurant, AS_OF, begun_at, "a run of Dagster's")
        for title in ("first night", "unchanged night"):
            begun, cpu_begun = time.perf_counter(), time.process_time()
            published = PURCHASES.run(work)
            seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu_begun
            orders = published.metadata["rows_by_table"]["purchase_recommendations"]
            print(
                f"{title}: {seconds:.2f} s (CPU without the server's {cpu_seconds:.2f} s), {published.rows:,} rows, "
                f"{orders} orders",
                flush=True,
            )
    progress("done")


if __name__ == "__main__":
    main()
