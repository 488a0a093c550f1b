"""Benchmark of orders through a simulated year: fill rate, cost and spoilage against the best static par levels.

The demo's three restaurants with invented kitchens, five times each (`simulated_kitchens`). On each order day of a
vendor, every dish is forecast from the sales before it, by the model and settings of the nightly job but without feeds,
and each ingredient is ordered from the joint samples. Orders are placed before a day's delivery and sales. A unit that
lacks costs three times its price, one that spoils its price, and holding a quarter of it a year, as by default. Sales
are never cut short by a shortage, so that all policies meet the same demand.

Par levels are constant through the year, of each ingredient its own: on each order day the fewest whole packs that
reach it with what is there and on order. They are found on the whole year before. "Lowest par" is the lowest level that
reaches the service level on it; it is compared with orders by the service level. "Cheapest par" is the one of the least
cost among all levels that reach it; it is compared with orders by costs, the critical fractile.

The second table compares the forecasts of each Monday with what was then used: how often the daily use and the time at
which a stock of one to nine days runs out lie between p10 and p90, and how far the p90 of an ingredient, which is in
three to five dishes, is below the sum of its dishes' p90s.
"""

import argparse
import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing import Pool

import numpy as np
import pandas as pd

from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.inventory.demand import IngredientDemand
from flux_pipeline.inventory.depletion import RunOut, predict_depletion
from flux_pipeline.inventory.distributions import EXACT, Floats
from flux_pipeline.inventory.lots import Lot, OnOrder, Stock, use_stock
from flux_pipeline.inventory.orders import recommend_order
from flux_pipeline.inventory.settings import InventorySettings, SpoilingRule
from flux_pipeline.inventory.terms import UnitCosts
from flux_pipeline_tests.benchmarks.shelves import WARM_UP, Shelves, Year, best_pars
from flux_pipeline_tests.benchmarks.simulated_kitchens import HORIZON, VENDORS, YEAR, Ingredient, SimulatedKitchen

LEVELS = (0.95, 0.98)
BY_COSTS = "orders by costs"
SETTINGS = {
    f"orders by {level:.0%} service": InventorySettings(
        order_service_level=level, order_spoiling_rule=SpoilingRule.SERVICE_LEVEL
    )
    for level in LEVELS
} | {BY_COSTS: InventorySettings(order_spoiling_rule=SpoilingRule.CRITICAL_FRACTILE)}
# What is compared with what.
PAIRS = [(f"orders by {level:.0%} service", f"lowest par for {level:.0%}") for level in LEVELS]
PAIRS += [(BY_COSTS, f"cheapest par for {level:.0%}") for level in LEVELS]
P10, P90 = 0.1, 0.9
MONEY = ["shortage", "spoilage", "holding"]
DEFAULTS = InventorySettings()


@dataclass
class Ordered:
    """A shelf of an ingredient that is filled by the product's orders."""

    ingredient: Ingredient
    settings: InventorySettings
    shelves: Shelves
    open_orders: list[tuple[int, OnOrder]] = field(default_factory=list)

    def order(self, daily: Floats, number: int, day: dt.date, lead: int) -> None:
        """Order on a day, in the morning."""
        known, life = self.ingredient.terms, self.ingredient.shelf_life_days
        self.open_orders = [each for each in self.open_orders if each[0] >= number]
        good = enumerate(self.shelves.good[0].tolist())
        lots = tuple(Lot(Decimal(f"{left:.6f}"), day + dt.timedelta(days=days)) for days, left in good if left > EXACT)
        stock = Stock(lots, tuple(each for _, each in self.open_orders))
        found = recommend_order(daily, day, day, stock, self.ingredient.rules, known, self.settings)
        if found.packs:
            self.open_orders.append((number + lead, OnOrder(found.quantity, day, known.lead_time, life)))
            self.shelves.order(np.array([float(found.quantity)]), number + lead)


Rows = list[dict[str, object]]


def order_for_a_year(kitchen: SimulatedKitchen) -> tuple[Rows, Rows]:
    """Return the rows of each ingredient's orders by each setting, and those of each Monday's forecast."""
    keys = [(number, policy) for number in range(len(kitchen.ingredients)) for policy in SETTINGS]
    ordered = {key: _ordered(kitchen.ingredients[key[0]], SETTINGS[key[1]]) for key in keys}
    leads = [each.vendor.lead_days(kitchen.seed, len(kitchen.dates)) for each in kitchen.ingredients]
    judged: Rows = []
    begin = kitchen.number_of(YEAR)
    for day in range(begin - WARM_UP, kitchen.number_of(kitchen.end)):
        date = kitchen.dates[day].date()
        if any(vendor.calendar.takes_orders_on(date) for vendor in VENDORS):
            sold, demand = kitchen.forecast(date)
            for (number, _), each in ordered.items():
                if each.ingredient.vendor.calendar.takes_orders_on(date):
                    each.order(demand.quantity[number], day, date, int(leads[number][day]))
            if date.weekday() == 0 and day >= begin:
                judged += _judge(kitchen, day, sold, demand)
        for (number, _), each in ordered.items():
            each.shelves.live(day, float(kitchen.used[number, day]), counts=day >= begin)
    return [_row(kitchen, *key, each.shelves.year()) for key, each in ordered.items()], judged


def _ordered(ingredient: Ingredient, settings: InventorySettings) -> Ordered:
    return Ordered(ingredient, settings, Shelves(1, ingredient.shelf_life_days))


def keep_pars(kitchen: SimulatedKitchen) -> Iterator[dict[str, object]]:
    """Yield the rows of each ingredient's par levels."""
    for number, ingredient in enumerate(kitchen.ingredients):
        for level in LEVELS:
            lowest, cheapest = best_pars(kitchen, number, level, _costs_of_a_day(ingredient))
            yield _row(kitchen, number, f"lowest par for {level:.0%}", lowest)
            yield _row(kitchen, number, f"cheapest par for {level:.0%}", cheapest)


def _costs_of_a_day(ingredient: Ingredient) -> UnitCosts:
    return UnitCosts.of(ingredient.rules, ingredient.terms, DEFAULTS, days=1)


def _row(kitchen: SimulatedKitchen, number: int, policy: str, year: Year) -> dict[str, object]:
    """Return a year's figures in money; `asked` and `lacked` at the price."""
    ingredient = kitchen.ingredients[number]
    price, costs = float(ingredient.terms.unit_price), _costs_of_a_day(ingredient)
    return {
        "restaurant": kitchen.restaurant.slug,
        "seed": kitchen.seed,
        "policy": policy,
        "asked": float(year.asked[0]) * price,
        "lacked": float(year.short[0]) * price,
        "shortage": float(year.short[0]) * costs.shortage,
        "spoilage": float(year.spoiled[0]) * costs.spoilage,
        "holding": float(year.held[0]) * costs.holding,
    }


def _judge(kitchen: SimulatedKitchen, day: int, sold: Floats, demand: IngredientDemand) -> Iterator[dict[str, object]]:
    """Yield how the forecast of each ingredient compares with what was used."""
    used = kitchen.used[:, day : day + HORIZON]
    if used.shape[1] < HORIZON:
        return
    is_open = used.any(axis=0)
    low, high = np.moveaxis(demand.daily_quantiles((P10, P90)), 2, 0)
    is_inside = (low - EXACT <= used) & (used <= high + EXACT)
    of_dishes = np.quantile(sold, P90, axis=0, method="inverted_cdf")
    summed = (of_dishes @ kitchen.recipes.quantity).T
    rng = np.random.default_rng([kitchen.seed, day])
    for number, name in enumerate(demand.ingredients):
        stock = _some_stock(rng, float(kitchen.used[number].mean()), kitchen.dates[day].date())
        found = predict_depletion(stock, demand.quantity[number], kitchen.dates[day].date()).without_orders
        truth = float(use_stock(stock, used[[number]], kitchen.dates[day].date()).depleted_at[0])
        yield {
            "restaurant": kitchen.restaurant.slug,
            "seed": kitchen.seed,
            "ingredient": name,
            "days": int(is_open.sum()),
            "days_inside": int(is_inside[number, is_open].sum()),
            "is_inside": _within(found, truth),
            "is_date_inside": _is_date_within(found, truth, kitchen.dates[day].date()),
            "p90": float(high[number].sum()),
            "summed_p90s": float(summed[number].sum()),
        }


def _some_stock(rng: np.random.Generator, of_a_day: float, day: dt.date) -> Stock:
    """Return stock for one to nine days: three fifths of it keep, the rest expires in two to eleven days."""
    quantity, expires = of_a_day * rng.uniform(1, 9), day + dt.timedelta(days=int(rng.integers(2, 12)))
    return Stock((Lot(Decimal(f"{0.6 * quantity:.3f}")), Lot(Decimal(f"{0.4 * quantity:.3f}"), expires)))


def _within(found: RunOut, truth: float) -> bool:
    low, _, high = (np.inf if each is None else each for each in found.days)
    return bool(low <= truth <= high)


def _is_date_within(found: RunOut, truth: float, day: dt.date) -> bool:
    true_date = dt.date.max if np.isinf(truth) else day + dt.timedelta(days=max(int(np.ceil(truth)) - 1, 0))
    return (found.p10 or dt.date.max) <= true_date <= (found.p90 or dt.date.max)


def simulate(case: tuple[int, int]) -> tuple[Rows, Rows]:
    """Return the rows of a restaurant, by its number in the demo, and a seed."""
    restaurant, seed = case
    kitchen = SimulatedKitchen(demo_restaurants()[restaurant], seed)
    rows, judged = order_for_a_year(kitchen)
    return [*rows, *keep_pars(kitchen)], judged


def print_orders(rows: pd.DataFrame) -> None:
    """Print the table of policies, and how orders compare with par levels."""
    sums = rows.groupby("policy")[["asked", "lacked", *MONEY]].sum()
    sums["cost"] = sums[MONEY].sum(axis=1)
    years = rows.groupby(["policy", "restaurant", "seed"])[["asked", "lacked"]].sum()
    fill = 1 - years.lacked / years.asked
    print(f"{'':26}{'fill rate (of a year)':>24}{'shortage':>10}{'spoilage':>10}{'holding':>10}{'cost':>10}")
    for policy in dict.fromkeys(each for pair in PAIRS for each in pair):
        of, worst = sums.loc[policy], fill.loc[policy]
        share = f"{1 - of.lacked / of.asked:.2%} ({worst.min():.1%} - {worst.max():.1%})"
        print(f"{policy:26}{share:>24}" + "".join(f"{100 * of[name] / of.asked:>10.2f}" for name in [*MONEY, "cost"]))
    for ours, theirs in PAIRS:
        cost, spoiled = (sums[name][ours] / sums[name][theirs] for name in ("cost", "spoilage"))
        print(f"{ours}: cost {cost - 1:+.0%}, spoilage {spoiled - 1:+.0%} compared with the {theirs}")


def print_forecasts(judged: pd.DataFrame) -> None:
    """Print how often intervals held, and p90s against sums of p90s."""
    print(f"{'':20}{'daily use':>10}{'run-outs':>10}{'at p10-p90':>11}{'by date':>9}{'p90 / sum of p90s (worst)':>28}")
    for name, of in [*judged.groupby("restaurant"), ("all", judged)]:
        by_ingredient = of.groupby(["restaurant", "seed", "ingredient"])[["p90", "summed_p90s"]].sum()
        ratio = by_ingredient.p90 / by_ingredient.summed_p90s
        print(
            f"{name:20}{of.days_inside.sum() / of.days.sum():>10.3f}{len(of):>10}{of.is_inside.mean():>11.3f}"
            f"{of.is_date_inside.mean():>9.3f}{f'{of.p90.sum() / of.summed_p90s.sum():.3f} ({ratio.max():.3f})':>28}"
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="simulated years of each restaurant")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many restaurants at once")
    wanted = parser.parse_args()
    cases = [(number, seed) for seed in range(1, wanted.seeds + 1) for number in range(len(demo_restaurants()))]
    with Pool(wanted.processes) as pool:
        found = pool.map(simulate, cases, chunksize=1)
    rows, judged = (pd.DataFrame([row for each in found for row in each[part]]) for part in (0, 1))
    print(f"Orders of {len(cases)} simulated restaurants through {YEAR.year}: costs for 100 of what is asked for")
    print_orders(rows)
    print()
    print("Forecasts of each Monday: what lies between p10 and p90")
    print_forecasts(judged)


if __name__ == "__main__":
    main()
