"""Kitchens whose demand is simulated, for the benchmark of orders: what is cooked from what, bought where, and used.

The sales are those of the demo's restaurants, with weekdays, seasons, holidays, weather, events, promotions, a shock
that all dishes of a day share, and counts of more than Poisson scatter. Twelve dishes share twelve ingredients by
recipes of chance. Each ingredient has a shelf life of 2 to 30 days and a vendor with order days, packs and lead times
of 1 to 3 days; its shelf life is at least as long as the longest time between two deliveries of the vendor.
"""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.days import build_days
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo.calendar import simulate_closures
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import DemoRestaurant
from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.inventory.demand import IngredientDemand, RecipeMatrix, explode_demand
from flux_pipeline.inventory.distributions import Floats
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar

# Two years are known when the year of orders begins; the static par levels are found on the second of them.
FIRST_DAY, YEAR_BEFORE = dt.date(2023, 1, 1), dt.date(2024, 1, 1)
YEAR, LAST_DAY = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
DISHES, INGREDIENTS, HORIZON = 12, 12, 14
# An ingredient is in three to five dishes.
FEWEST_DISHES, MOST_DISHES = 3, 5
SHORTEST_LIFE, LONGEST_LIFE = 2, 30
# A pack holds this much of an average day's use, rounded to one digit.
SMALLEST_PACK, LARGEST_PACK = 0.2, 0.8
PRIOR_DELIVERIES = 3.0


@dataclass(frozen=True)
class Vendor:
    """A vendor: its order days, and the true probabilities of its lead times."""

    name: str
    calendar: VendorCalendar
    lead_time: LeadTime

    def lead_days(self, seed: int, days: int) -> np.ndarray:
        """Return the true lead time of an order on each day (days,)."""
        rng = np.random.default_rng([seed, sum(map(ord, self.name))])
        found: np.ndarray = rng.choice(len(self.lead_time.shares), size=days, p=self.lead_time.shares)
        return found

    @property
    def longest_gap(self) -> int:
        """The most days between two deliveries."""
        days = sorted(self.calendar.order_days)
        gaps = [later - day for day, later in zip(days, [*days[1:], days[0] + 7], strict=True)]
        possible = [lead for lead, share in enumerate(self.lead_time.shares) if share]
        return max(gaps) + max(possible) - min(possible)


VENDORS = (
    Vendor("market", VendorCalendar(frozenset(range(6))), LeadTime.of(1)),
    Vendor("dairy", VendorCalendar(frozenset({0, 2, 4})), LeadTime((0.0, 0.8, 0.2))),
    Vendor("wholesaler", VendorCalendar(frozenset({0, 3})), LeadTime((0.0, 0.0, 0.7, 0.3))),
)


@dataclass(frozen=True)
class Ingredient:
    """An ingredient with its true vendor, and the terms as the product knows them from the past."""

    name: str
    vendor: Vendor
    rules: IngredientRules
    terms: VendorTerms

    @property
    def shelf_life_days(self) -> int:
        """How long it is good after the day of delivery."""
        assert self.rules.shelf_life_days is not None
        return self.rules.shelf_life_days


class SimulatedKitchen:
    """A restaurant's dishes sold, ingredients used and forecasts from the past only."""

    def __init__(self, restaurant: DemoRestaurant, seed: int) -> None:
        self.restaurant, self.seed = dataclasses.replace(restaurant, has_tickets=False), seed
        self.dates = pd.date_range(FIRST_DAY, LAST_DAY)
        menu = restaurant.items
        self.dishes = tuple(sorted(menu["item"][menu["rotation"] == -1][:DISHES]))
        weather = simulate_weather(restaurant.latitude, restaurant.longitude, FIRST_DAY, LAST_DAY)
        sales = simulate_sales(
            self.restaurant, FIRST_DAY, LAST_DAY, weather, simulate_events(FIRST_DAY, LAST_DAY), seed
        ).sales
        sales = sales[sales["item"].isin(self.dishes)]
        self.sales = sales[["item", "quantity"]].astype({"quantity": float}).assign(date=pd.to_datetime(sales["date"]))
        sold = self.sales.pivot_table(index="date", columns="item", values="quantity", aggfunc="sum", fill_value=0.0)
        self.sold = sold.reindex(index=self.dates, columns=list(self.dishes), fill_value=0.0).to_numpy()
        self.recipes = self._recipes()
        # The same explosion as that of samples, with one sample: what is used (ingredients, days).
        self.used = explode_demand(self.sold[None], self.recipes).quantity[:, 0]
        self.ingredients = self._ingredients()
        self.closures = simulate_closures(restaurant, FIRST_DAY, LAST_DAY + dt.timedelta(days=HORIZON))

    def _recipes(self) -> RecipeMatrix:
        rng = np.random.default_rng([self.seed, len(self.restaurant.slug)])
        totals: dict[str, dict[str, Decimal]] = {dish: {} for dish in self.dishes}
        for number in range(INGREDIENTS):
            for dish in rng.choice(self.dishes, rng.integers(FEWEST_DISHES, MOST_DISHES + 1), replace=False):
                totals[dish][f"ingredient {number:02d}"] = Decimal(f"{rng.uniform(0.03, 0.3):.3f}")
        return RecipeMatrix.of(self.dishes, totals)

    def _ingredients(self) -> tuple[Ingredient, ...]:
        rng = np.random.default_rng([self.seed, len(self.restaurant.slug), 1])
        # As many short lives as long ones, on a logarithmic scale.
        lives = np.geomspace(SHORTEST_LIFE, LONGEST_LIFE, INGREDIENTS).round().astype(int)
        known = slice(self.number_of(YEAR_BEFORE), self.number_of(YEAR))
        found = []
        for number, (name, life) in enumerate(zip(self.recipes.ingredients, lives.tolist(), strict=True)):
            possible = [vendor for vendor in VENDORS if vendor.longest_gap <= life + 1]
            vendor = possible[rng.integers(len(possible))]
            pack = float(self.used[number, known].mean()) * rng.uniform(SMALLEST_PACK, LARGEST_PACK)
            price = Decimal(f"{rng.uniform(2, 15):.2f}")
            leads = vendor.lead_days(self.seed, len(self.dates))[known]
            promised = next(days for days, share in enumerate(vendor.lead_time.shares) if share)
            terms = VendorTerms(
                Decimal(f"{pack:.1g}"),
                price,
                LeadTime.observed(leads.tolist(), promised, PRIOR_DELIVERIES),
                vendor.calendar,
            )
            found.append(Ingredient(name, vendor, IngredientRules("kg", shelf_life_days=life), terms))
        return tuple(found)

    @property
    def end(self) -> dt.date:
        """The day after the last one."""
        return LAST_DAY + dt.timedelta(days=1)

    def number_of(self, day: dt.date) -> int:
        """Return the position of a day in the arrays."""
        return (day - FIRST_DAY).days

    @cached_property
    def sold_on(self) -> pd.DatetimeIndex:
        """The days with a sale."""
        return pd.DatetimeIndex(self.dates[self.sold.any(axis=1)])

    def forecast(self, day: dt.date) -> tuple[Floats, IngredientDemand]:
        """Return joint samples from a day on, of dishes (samples, days, dishes) and of what they take."""
        as_of = day - dt.timedelta(days=1)
        past = self.sold_on[self.sold_on <= pd.Timestamp(as_of)]
        days = build_days(
            past,
            as_of=as_of,
            horizon_days=HORIZON,
            opening_hours=self.restaurant.opening_hours,
            closures=self.closures,
            country_code=self.restaurant.country_code,
            weather=pd.DataFrame(),
            event_days=pd.DataFrame(),
        )
        sales = self.sales[self.sales["date"] <= pd.Timestamp(as_of)]
        samples = sample_demand(forecast_demand(sales, days, as_of=as_of).posterior)
        assert tuple(samples.items) == self.dishes
        sold = samples.quantity.transpose(0, 2, 1)
        return sold, explode_demand(sold, self.recipes)
