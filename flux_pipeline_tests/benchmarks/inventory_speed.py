"""Benchmark of a restaurant's stock: 100 dishes, 200 ingredients, 14 days, 500 joint samples, without the database.

It measures seconds of the processor: ingredient demand with its quantiles, depletion with and without orders, and an
order of each ingredient. The stock is four lots that expire and an order that is due, for one to five days.
"""

import datetime as dt
import time
from collections import Counter
from decimal import Decimal

import numpy as np

from flux_pipeline.inventory.demand import IngredientDemand, RecipeMatrix, explode_demand
from flux_pipeline.inventory.depletion import predict_depletion
from flux_pipeline.inventory.distributions import Floats
from flux_pipeline.inventory.lots import Lot, OnOrder, Stock
from flux_pipeline.inventory.orders import DecidedBy, recommend_order
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar

DISHES, INGREDIENTS, DAYS, SAMPLES, INGREDIENTS_OF_A_DISH = 100, 200, 14, 500, 8
QUANTILES = (0.1, 0.5, 0.9)
MONDAY = dt.date(2026, 11, 30)
LEAD = LeadTime((0.0, 0.7, 0.2, 0.1))
TERMS = VendorTerms(Decimal(10), Decimal(3), LEAD, VendorCalendar(frozenset({0, 3}), dt.time(14)), Decimal(20))
# Weeks, days, and for good.
KEEPS = (30, 3, None)


def recipes(rng: np.random.Generator) -> RecipeMatrix:
    """Return dishes of some ingredients each; every ingredient is in a dish."""
    totals = {
        f"dish {dish}": {
            f"ingredient {each % INGREDIENTS}": Decimal(f"{rng.uniform(0.01, 0.5):.3f}")
            for each in [2 * dish, 2 * dish + 1, *rng.choice(INGREDIENTS, INGREDIENTS_OF_A_DISH - 2, replace=False)]
        }
        for dish in range(DISHES)
    }
    return RecipeMatrix.of([*totals], totals)


def demand_of(sold: np.ndarray, matrix: RecipeMatrix) -> IngredientDemand:
    """Return the demand of ingredients, and compute all of its quantiles."""
    demand = explode_demand(sold, matrix)
    demand.daily_quantiles(QUANTILES)
    demand.cumulated_quantiles(QUANTILES)
    return demand


def stock_for(daily: Floats, number: int) -> Stock:
    """Return lots and an order for one to five days of use."""
    of_a_day = float(daily.mean()) * (1 + number % 5)
    shares = {0.3: 1, 0.31: 3, 0.2: 6, 0.19: 9}
    lots = (Lot(Decimal(f"{of_a_day * share:.3f}"), MONDAY + dt.timedelta(days=day)) for share, day in shares.items())
    on_order = OnOrder(Decimal(f"{of_a_day / 4:.3f}"), MONDAY - dt.timedelta(days=1), LEAD, 10)
    return Stock(tuple(lots), (on_order,))


def main() -> None:
    """Print the seconds of each part."""
    rng = np.random.default_rng(1)
    matrix, sold = recipes(rng), rng.poisson(20, (SAMPLES, DAYS, DISHES))
    marks = [time.process_time()]
    demand = demand_of(sold, matrix)
    marks.append(time.process_time())
    stocks = {name: stock_for(demand.of(name), number) for number, name in enumerate(demand.ingredients)}
    for name, stock in stocks.items():
        predict_depletion(stock, demand.of(name), MONDAY)
    marks.append(time.process_time())
    decided: Counter[DecidedBy] = Counter()
    for number, (name, stock) in enumerate(stocks.items()):
        rules = IngredientRules("kg", shelf_life_days=KEEPS[number % len(KEEPS)])
        found = recommend_order(demand.of(name), MONDAY, MONDAY, stock, rules, TERMS, InventorySettings())
        decided[found.decided_by] += 1
    marks.append(time.process_time())
    print(f"{DISHES} dishes, {len(stocks)} ingredients, {DAYS} days, {SAMPLES} samples: seconds of the processor")
    for title, seconds in zip(("ingredient demand", "depletion", "orders"), np.diff(marks), strict=True):
        print(f"{title:20}{seconds:8.2f}")
    print(f"{'together':20}{marks[-1] - marks[0]:8.2f}")
    print("orders set by " + ", ".join(f"{name} {count}" for name, count in decided.most_common()))


if __name__ == "__main__":
    main()
