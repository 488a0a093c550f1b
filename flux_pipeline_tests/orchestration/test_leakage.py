"""Look backs: a fact that became known later changes no byte of the forecast, a fact that was known changes some."""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.orchestration.commands.launch import run_feeds, run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.closures import add_closures, remove_closure
from flux_pipeline.store.known.hours import opening_hours, set_opening_hours
from flux_pipeline.store.known.stock_outs import remove_sold_out
from flux_pipeline.store.loading.hand_in import hand_in_feed
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline_tests.orchestration.conftest import FIRST, FORECAST, LAST
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

AS_OF = LAST - dt.timedelta(days=30)  # 31 May 2026, a Sunday
KNOWN = dt.datetime(2026, 5, 20, tzinfo=dt.UTC)
PAST, AHEAD, NEXT = "2026-05-22", "2026-06-05", "2026-06-06"
ITEM = "Mussels and fries"
PUBLISHED = """
SELECT f.forecast_date, f.menu_item_name, f.predicted_quantity, f.p10_quantity, f.p50_quantity, f.p90_quantity,
       f.p99_quantity, f.confidence_score, f.logic_trigger, f.factors::text, p.state::text
FROM demand_forecasts f JOIN demand_posteriors p ON p.algorithm_run_id = f.algorithm_run_id
WHERE f.is_current AND f.as_of = '{as_of}' ORDER BY 1, 2
"""


class World(NamedTuple):
    """Half a year of the simulated bistro, loaded; `forecast` looks back and returns the published rows as text."""

    store: Store
    restaurant: Restaurant
    forecast: Callable[[], str]


@pytest.fixture
def world(store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant) -> World:
    def forecast() -> str:
        done = run_restaurant(instance, quai_nord.slug, AS_OF, only=["demand_forecasts"])
        assert done.succeeded, done.failures
        return "\n".join(map(str, ask(store, quai_nord, PUBLISHED.format(as_of=AS_OF))))

    assert run_feeds(instance).succeeded
    assert run_restaurant(instance, quai_nord.slug, AS_OF, only=FORECAST).succeeded
    return World(store, quai_nord, forecast)


def reservations(known: bool) -> str:
    """Return half a year of random reservations, or those that became known after the day of the look back."""
    rng = np.random.default_rng(3)
    lines = ["date,time,party_size,status,booked_at,external_id"]
    if known:
        for day in pd.date_range(FIRST, LAST):
            for n in range(rng.integers(1, 6)):
                booked = day - pd.Timedelta(days=int(rng.integers(1, 20)))
                lines.append(f"{day:%F},19:30,{rng.integers(2, 9)},booked,{booked:%F} 10:00,{day:%m%d}-{n}")
    else:
        lines += [f"{AHEAD},20:00,90,booked,2026-06-03 10:00,late", f"{PAST},20:00,80,completed,,forgotten"]
    return "\n".join(lines) + "\n"


def closures(world: World, day: str, known_at: dt.datetime) -> None:
    with world.store.tenant(world.restaurant) as tx:
        row = pd.DataFrame({"date": [dt.date.fromisoformat(day)], "reason": ["a wedding"], "known_at": [known_at]})
        assert add_closures(tx, row, dt.datetime.now(dt.UTC))


def closed_weekday(world: World, day: int, at: dt.datetime) -> None:
    """Declare that the restaurant no longer opens on a day of the week, from a moment on."""
    with world.store.tenant(world.restaurant) as tx:
        moved_back = text("UPDATE operating_hours SET known_at = :at WHERE known_at > :at")
        tx.connection.execute(moved_back, {"at": at - dt.timedelta(days=30)})
        week = opening_hours(tx)
        assert set_opening_hours(tx, week[week.day_of_week != day], at)


def feed(world: World, kind: str, content: str) -> None:
    done = hand_in_feed(world.store, kind, Source.of(content.encode()), known_at=dt.datetime.now(dt.UTC))
    assert done.accounting.loaded, done


def load_kind(world: World, kind: str, content: str, received_at: dt.datetime | None = None) -> None:
    done = hand_in_kind(world.store, world.restaurant, kind, content, received_at=received_at)
    assert done.accounting.loaded, done


def weather(world: World, day: str, issued_at: str) -> str:
    r = world.restaurant
    return (
        "latitude,longitude,date,issued_at,kind,temperature_c,precipitation_mm\n"
        f"{r.latitude},{r.longitude},{day},{issued_at},forecast,31,60\n"
    )


def event(world: World, known_at: str, name: str = "Regatta") -> str:
    r = world.restaurant
    return (
        "name,kind,starts_at,ends_at,latitude,longitude,expected_attendance,known_at\n"
        f"{name},fair,{AHEAD},{AHEAD},{r.latitude},{r.longitude},90000,{known_at}\n"
    )


def sales(world: World, content: str) -> None:
    assert hand_in(world.store, world.restaurant, content, "more.csv").accounting.loaded
    with world.store.tenant(world.restaurant) as tx:
        sync_table(tx, "daily_item_sales")


PROMOTION = f"item,starts_on,ends_on,discount,known_at\n{ITEM},{PAST},{AHEAD},20%,"
SOLD_OUT = f"item,date,known_at\n{ITEM},{PAST},"
SCHOOL = "name,kind,starts_at,ends_at,known_at\nBreak,school_holiday,{first},{last},{known}\n"
MENU = f"item,price\n{ITEM},49\n"
LATER: tuple[Callable[[World], None], ...] = (
    lambda world: load_kind(world, "promotions", f"item,starts_on,ends_on,discount\n{ITEM},{AHEAD},{NEXT},50%\n"),
    lambda world: load_kind(world, "sold_out", f"item,date\n{ITEM},2026-05-23\n"),
    lambda world: load_kind(world, "reservations", reservations(known=False)),
    lambda world: load_kind(world, "menu", "item,category,price\nBouillabaisse,Mains,30\n"),
    lambda world: load_kind(world, "menu", f"item,category,price,active\n{ITEM},Seafood,59,no\n"),
    lambda world: feed(world, "local_events", event(world, "2026-06-02", "Gala")),
    lambda world: feed(world, "local_events", SCHOOL.format(first=PAST, last=NEXT, known="2026-06-02")),
    lambda world: feed(world, "weather", weather(world, NEXT, "2026-06-02T04:00Z")),
    lambda world: closures(world, NEXT, dt.datetime.now(dt.UTC)),
    lambda world: closed_weekday(world, 3, dt.datetime.now(dt.UTC)),
    lambda world: sales(
        world, f"date,time,ticket,item,quantity,price\n2026-06-01,13:00,L1,{ITEM},900,99\n{AHEAD},13:00,L2,New,5,9\n"
    ),
)
KNOWN_BEFORE: dict[str, Callable[[World], None]] = {
    "a promotion": lambda world: load_kind(world, "promotions", PROMOTION + "2026-05-20\n"),
    "what ran out": lambda world: load_kind(world, "sold_out", SOLD_OUT + "2026-05-22\n"),
    "reservations": lambda world: load_kind(world, "reservations", reservations(known=True)),
    "a price on the menu": lambda world: load_kind(
        world, "menu", MENU, dt.datetime.combine(AS_OF, dt.time(18), dt.UTC)
    ),
    "a price that was taken": lambda world: sales(
        world,
        "date,time,ticket,item,quantity,price\n"
        + "".join(f"2026-05-{day},13:00,P{day},{ITEM},40,49\n" for day in (28, 29, 30)),
    ),
    "an event": lambda world: feed(world, "local_events", event(world, "2026-05-20")),
    "school holidays": lambda world: feed(
        world, "local_events", SCHOOL.format(first="2026-04-20", last=AHEAD, known="2026-01-01")
    ),
    "the weather": lambda world: feed(world, "weather", weather(world, AHEAD, "2026-05-31T04:00Z")),
    "a closed day": lambda world: closures(world, AHEAD, KNOWN),
    "opening hours": lambda world: closed_weekday(world, 2, KNOWN),
    "sales": lambda world: sales(world, f"date,time,ticket,item,quantity,price\n{AS_OF},13:00,X1,{ITEM},900,9\n"),
}


def test_facts_known_later_change_no_byte_of_a_look_back(world: World) -> None:
    published = world.forecast()
    for change in LATER:
        change(world)
    assert world.forecast() == published


def test_each_known_fact_changes_the_forecast_and_still_counts_after_later_corrections(world: World) -> None:
    """Facts of every kind become known, each moves the forecast, and all are later corrected or retracted."""
    published = {"nothing more": world.forecast()}
    for name, change in KNOWN_BEFORE.items():
        change(world)
        again = world.forecast()
        assert again not in published.values(), name
        published[name] = again
    runs = runs_of(world)
    for change in LATER:
        change(world)
    load_kind(world, "promotions", PROMOTION.replace(AHEAD, "2026-05-23") + "2026-05-20\n")
    load_kind(world, "reservations", reservations(known=True).replace(",booked,", ",cancelled,"))
    feed(world, "local_events", event(world, "2026-05-20").replace("90000", "90"))
    with world.store.tenant(world.restaurant) as tx:
        assert remove_closure(tx, dt.date.fromisoformat(AHEAD), dt.datetime.now(dt.UTC))
        assert remove_sold_out(tx, ITEM, dt.date.fromisoformat(PAST), dt.datetime.now(dt.UTC)).changed
    assert world.forecast() == again
    assert runs_of(world) == runs, "the same inputs are the same run"


def runs_of(world: World) -> list[tuple[object, ...]]:
    return ask(world.store, world.restaurant, "SELECT id FROM algorithm_runs WHERE algorithm = 'demand_forecast'")
