"""Fixtures: a real Dagster instance in memory, and a restaurant with half a year of simulated sales handed in."""

import datetime as dt
import functools
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from flux_pipeline.charts.settings import ReportSettings
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo.calendar import simulate_closures
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.orchestration import pictures
from flux_pipeline.orchestration.commands.launch import load_uploads
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.closures import add_closures
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

FIRST, LAST = dt.date(2026, 3, 16), dt.date(2026, 6, 30)
# The assets up to the forecast, for tests that read nothing behind it: half of the work of a run.
FORECAST = ("data_uploads", "transactions", "daily_item_sales", "demand_forecasts")
# Those and the heads, without costs, stock and orders.
STAFFING = (*FORECAST, "staffing_forecasts")
# A third of the bistro's items: more of them only take longer to load and to forecast.
ITEMS = {
    "Espresso",
    "Lemon tart",
    "Mussels and fries",
    "Onion soup",
    "Plat du jour",
    "Roast half chicken",
    "Steak frites",
}


# The migrations of Dagster's storages by their folder. To read them is most of what it takes to make an instance.
MIGRATIONS: dict[str | None, ScriptDirectory] = {}
READ_MIGRATIONS = ScriptDirectory.from_config


def read_migrations_once(config: Config) -> ScriptDirectory:
    folder = config.get_main_option("script_location")
    if folder not in MIGRATIONS:
        MIGRATIONS[folder] = READ_MIGRATIONS(config)
    return MIGRATIONS[folder]


def instance_in_memory() -> dg.DagsterInstance:
    """Make a Dagster instance that is empty and ends with the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", read_migrations_once)
        return dg.DagsterInstance.ephemeral()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with instance_in_memory() as ephemeral:
        yield ephemeral


class FewerReports(ReportSettings):
    """The settings of a restaurant that wants pictures only if it says so."""

    forecast_pictures: bool = False


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs draw no picture, which is a third of their time; test_published.py and test_rosters.py read pictures."""
    monkeypatch.setattr(pictures, "ReportSettings", FewerReports)


@functools.cache
def simulate() -> dict[str, pd.DataFrame]:
    """Simulate upload frames of the demo's bistro: sales of some of its items, weather, local_events."""
    simulated_bistro = demo_restaurants()[0]
    weather = simulate_weather(simulated_bistro.latitude, simulated_bistro.longitude, FIRST, LAST)
    events = simulate_events(FIRST, LAST)
    sales = simulate_sales(simulated_bistro, FIRST, LAST, weather, events).sales
    return {"sales": sales[sales["item"].isin(ITEMS)], "weather": weather, "local_events": events}


@pytest.fixture
def simulated() -> dict[str, pd.DataFrame]:
    """The upload frames, which no test changes."""
    return simulate()


def add_quai_nord(store: Store) -> Restaurant:
    """Add the demo's bistro and drop its files into the landing folder, without loading them. It wants no pictures."""
    r = demo_restaurants()[0]
    new = NewRestaurant(r.slug, r.name, r.timezone, r.currency, r.country_code, r.latitude, r.longitude)
    restaurant = add_restaurant(store, new, r.opening_hours, r.roles)
    with store.tenant(restaurant) as tx:
        add_closures(tx, simulate_closures(r, FIRST, LAST), dt.datetime.now(dt.UTC))
    want_no_pictures(store, restaurant)
    for kind, frame in simulate().items():
        drop(store, r.slug if kind == "sales" else "shared", kind, f"{kind}.csv", frame.to_csv(index=False))
    return restaurant


def load_quai_nord(store: Store) -> None:
    """Add the demo's bistro and load its sales: a beginning, for a module's BEGINNINGS."""
    restaurant = add_quai_nord(store)
    with instance_in_memory() as instance:
        assert load_uploads(instance, restaurant.slug).succeeded


@pytest.fixture
def quai_nord(store: Store) -> Restaurant:
    """The demo's bistro, with files that are not loaded."""
    return add_quai_nord(store)


@pytest.fixture
def loaded(store: Store) -> Restaurant:
    """The demo's bistro after `load_quai_nord`, in a module whose BEGINNINGS name it."""
    return store.restaurant(demo_restaurants()[0].slug)


def want_no_pictures(store: Store, restaurant: Restaurant) -> None:
    """Let no run of a restaurant draw a picture, in no process."""
    with store.tenant(restaurant) as tx:
        store_setting(tx, "forecast_pictures", False)


def drop(store: Store, owner: str, kind: str, name: str, content: str) -> Path:
    """Drop a file in the landing folder."""
    path = store.settings.landing / owner / kind / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path
