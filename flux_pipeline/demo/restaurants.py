"""The three restaurants of the demo: place, opening hours, menu, roles and true effects.

They differ on purpose: tickets past midnight, a morning peak, and a file with neither tickets nor times.
"""

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pandas as pd

from flux_pipeline.demo._menus import bakery_menu, bistro_menu, canteen_menu
from flux_pipeline.demo._temper import BAKERY_TEMPER, BISTRO_TEMPER, CANTEEN_TEMPER, Temper
from flux_pipeline.staffing.settings import RoleDefaults

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
# The days on which people of all three cities go out.
WEEKEND = (FRIDAY, SATURDAY, SUNDAY)


@dataclass(frozen=True, eq=False)
class DemoRestaurant:
    """A simulated restaurant.

    Attributes:
        slug, name, timezone, currency, country_code, latitude, longitude, business_day_cutoff: as in `restaurants`.
        opening_hours: day_of_week (0 = Monday), open_time, close_time (may cross midnight), is_closed; a closed day has
            one row without times, a day with a break in the afternoon two rows.
        has_tickets: whether its file has tickets and times, or items per day only.
        items: MENU_COLUMNS of `_menus`.
        temper: the true effects on its demand.
        roles: the roles that replace the default ones.
    """

    slug: str
    name: str
    timezone: str
    currency: str
    country_code: str
    latitude: float
    longitude: float
    business_day_cutoff: dt.time
    opening_hours: pd.DataFrame
    has_tickets: bool
    items: pd.DataFrame
    temper: Temper
    roles: tuple[RoleDefaults, ...]


def demo_restaurants() -> tuple[DemoRestaurant, ...]:
    """Return the bistro, the bakery-café and the office canteen, each with fresh frames."""
    return _bistro(), _bakery(), _canteen()


def _bistro() -> DemoRestaurant:
    lunch, dinner, late = ("12:00", "14:30"), ("18:00", "23:00"), ("18:00", "01:30")
    return DemoRestaurant(
        slug="bistro-quai-nord",
        name="Bistro Quai Nord",
        timezone="Europe/Paris",
        currency="EUR",
        country_code="FR",
        latitude=45.771,
        longitude=4.836,
        business_day_cutoff=dt.time(4),
        opening_hours=_week(
            {day: [lunch, dinner] for day in (TUESDAY, WEDNESDAY, THURSDAY)}
            | {FRIDAY: [lunch, late], SATURDAY: [lunch, late], SUNDAY: [("12:00", "22:00")]}
        ),
        has_tickets=True,
        items=bistro_menu(),
        temper=BISTRO_TEMPER,
        roles=_roles(("Kitchen", 24, 10, 1, 17.50), ("Service", 36, 8, 1, 16.00)),
    )


def _bakery() -> DemoRestaurant:
    return DemoRestaurant(
        slug="hearth-and-crumb",
        name="Hearth & Crumb",
        timezone="Europe/London",
        currency="GBP",
        country_code="GB",
        latitude=51.462,
        longitude=-2.594,
        business_day_cutoff=dt.time(4),
        opening_hours=_week(
            {day: [("07:00", "17:00")] for day in range(MONDAY, SATURDAY)}
            | {SATURDAY: [("07:00", "17:30")], SUNDAY: [("08:00", "16:00")]}
        ),
        has_tickets=True,
        items=bakery_menu(),
        temper=BAKERY_TEMPER,
        roles=_roles(("Bakers", 55, 15, 1, 15.20), ("Counter", 45, 6, 1, 13.40)),
    )


def _canteen() -> DemoRestaurant:
    return DemoRestaurant(
        slug="canteen-westhafen",
        name="Canteen Westhafen",
        timezone="Europe/Berlin",
        currency="EUR",
        country_code="DE",
        latitude=53.541,
        longitude=9.984,
        business_day_cutoff=dt.time(4),
        opening_hours=_week({day: [("11:00", "14:30")] for day in range(MONDAY, SATURDAY)}),
        has_tickets=False,
        items=canteen_menu(),
        temper=CANTEEN_TEMPER,
        roles=_roles(("Kitchen", 90, 20, 2, 19.80), ("Counter", 130, 10, 2, 16.40), ("Dishes", 220, 5, 1, 14.90)),
    )


def _week(intervals: Mapping[int, Sequence[tuple[str, str]]]) -> pd.DataFrame:
    """Build the opening hours of a week from the open intervals of each day; a day without any is declared closed."""
    rows: list[tuple[int, dt.time | None, dt.time | None, bool]] = []
    for day in range(7):
        for begin, end in intervals.get(day, ()):
            rows.append((day, dt.time.fromisoformat(begin), dt.time.fromisoformat(end), False))
        if day not in intervals:
            rows.append((day, None, None, True))
    return pd.DataFrame(rows, columns=["day_of_week", "open_time", "close_time", "is_closed"])


def _roles(*rows: tuple[str, float, float, int, float]) -> tuple[RoleDefaults, ...]:
    """Build roles from (name, items an hour, fixed minutes in an open hour, fewest heads, cost of an hour)."""
    return tuple(
        RoleDefaults(
            name=name,
            productivity_per_hour=items,
            minutes_per_open_hour=minutes,
            minimum_heads=heads,
            hourly_cost=cost,
        )
        for name, items, minutes, heads, cost in rows
    )


def demo_vendors(slug: str) -> dict[str, dict[str, Any]]:
    """Return the vendors of a restaurant by name, with contact, order days (0 is Monday) and cut-off."""
    table = files("flux_pipeline.demo").joinpath("kitchens", slug, "vendors.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(table.splitlines()):
        days = [int(day) for day in row.pop("order_days").split()]
        times = {"order_days": days, "order_cut_off": dt.time.fromisoformat(row.pop("order_cut_off"))}
        found[row.pop("name")] = {**row, **times}
    return found
