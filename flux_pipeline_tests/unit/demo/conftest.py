"""A simulated year and a half of each restaurant, computed once for all tests of the room."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pytest

from flux_pipeline.demo._sales import SimulatedSales, simulate_sales
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.demo.weather import simulate_weather

FIRST, LAST = dt.date(2025, 3, 1), dt.date(2026, 9, 30)


@dataclass(frozen=True)
class World:
    """A restaurant with everything that was simulated for it."""

    restaurant: DemoRestaurant
    weather: pd.DataFrame
    events: pd.DataFrame
    simulated: SimulatedSales

    def by_business_date(self, also: Sequence[str] = ()) -> pd.Series:
        """Return the pieces sold by business date (and other columns): a sale before 04:00 is of the day before."""
        sales = self.simulated.sales
        clock = sales["time"] if self.restaurant.has_tickets else "12:00"
        cutoff = pd.Timedelta(hours=self.restaurant.business_day_cutoff.hour)
        days = (pd.to_datetime(sales["date"] + " " + clock) - cutoff).dt.normalize()
        return sales["quantity"].groupby([days, *(sales[name] for name in also)] if also else days).sum()


def simulate_world(restaurant: DemoRestaurant, first: dt.date = FIRST, last: dt.date = LAST, seed: int = 0) -> World:
    weather = simulate_weather(restaurant.latitude, restaurant.longitude, first, last)
    events = simulate_events(first, last)
    return World(restaurant, weather, events, simulate_sales(restaurant, first, last, weather, events, seed=seed))


@pytest.fixture(scope="session", params=[0, 1, 2], ids=["bistro", "bakery", "canteen"])
def world(request: pytest.FixtureRequest) -> World:
    return simulate_world(demo_restaurants()[request.param])


@pytest.fixture(scope="session")
def bistro() -> World:
    return simulate_world(demo_restaurants()[0])


@pytest.fixture(scope="session")
def canteen() -> World:
    return simulate_world(demo_restaurants()[2])
