"""Benchmark of recommended heads: what they cost in the demo's restaurants against "the same as last week".

Each Sunday of the last weeks of a simulation, the week ahead is forecast from the sales before, without feeds. The
heads of each role and hour are compared with those that the tickets of that hour then needed. An hour with a head too
few costs three with a head too many. "Last week" has the heads that the same weekday and hour needed a week before, and
the minimum where it was closed; "mean of four weeks" is the mean of four such weeks, rounded up. They know what each
hour needed, as if somebody had counted it.

The canteen's file has no times, so its rhythm is even over its opening hours. It is shown with times as well.
"""

import argparse
import dataclasses
import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_samples
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.days import build_days
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo.calendar import simulate_closures
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.staffing.forecast import StaffingDemand, forecast_staffing
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import intraday_profile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import StaffingSettings

LAST_DAY, HISTORY_DAYS = dt.date(2026, 6, 28), 400
NO_TIMES = pd.DataFrame(columns=["business_date", "minute", "quantity"])
KEY = ["role_name", "date", "hour"]
RULES = ("last week", "mean of four weeks", "required_p50", "required_p90", "recommended_heads")


class Simulated:
    """A demo restaurant with its sales and what they needed."""

    def __init__(self, restaurant: DemoRestaurant, settings: StaffingSettings, weeks: int) -> None:
        self.restaurant, self.settings, self.weeks = restaurant, settings, weeks
        first = LAST_DAY - dt.timedelta(days=HISTORY_DAYS)
        weather = simulate_weather(restaurant.latitude, restaurant.longitude, first, LAST_DAY)
        with_tickets = dataclasses.replace(restaurant, has_tickets=True)
        sales = simulate_sales(with_tickets, first, LAST_DAY, weather, simulate_events(first, LAST_DAY)).sales
        at = pd.to_datetime(sales.date + " " + sales.time)
        day = (at - pd.Timedelta(hours=restaurant.business_day_cutoff.hour)).dt.normalize()
        category = restaurant.items.set_index("item").category
        self.lines = pd.DataFrame(
            {
                "business_date": day,
                "minute": at.dt.hour * 60 + at.dt.minute,
                "quantity": sales.quantity.astype(float),
                "item": sales["item"],
                "category": sales["item"].map(category),
            }
        )
        self.closures = simulate_closures(restaurant, first, LAST_DAY)
        self.roles = [
            Role.from_productivity(
                role.name, role.name, role.productivity_per_hour, role.minutes_per_open_hour, role.minimum_heads
            )
            for role in restaurant.roles
        ]

    def forecasts(self) -> Iterator[pd.DataFrame]:
        """Yield the rows of each week ahead."""
        for week in range(self.weeks, 0, -1):
            yield self._week_after(pd.Timestamp(LAST_DAY - dt.timedelta(weeks=week)))

    def _week_after(self, as_of: pd.Timestamp) -> pd.DataFrame:
        known = self.lines[self.lines.business_date <= as_of]
        sales = known.groupby(["item", "business_date"], as_index=False).quantity.sum()
        days = build_days(
            pd.DatetimeIndex(sorted(known.business_date.unique())),
            as_of=as_of.date(),
            horizon_days=7,
            opening_hours=self.restaurant.opening_hours,
            closures=self.closures,
            country_code=self.restaurant.country_code,
            weather=pd.DataFrame(),
            event_days=pd.DataFrame(),
        )
        on_menu = self.restaurant.items[["item", "category"]]
        on_menu = on_menu[on_menu["item"].isin(sales["item"])]
        forecast = forecast_demand(
            sales.rename(columns={"business_date": "date"}), days, as_of=as_of.date(), items=on_menu
        )
        demand = self._demand(forecast.posterior, days)
        times = known if self.restaurant.has_tickets else NO_TIMES
        profile = intraday_profile(times, self.restaurant.opening_hours, self.settings)
        cutoff = self.restaurant.business_day_cutoff
        periods = open_periods(demand.dates, self.restaurant.opening_hours, profile, self.settings, cutoff)
        rng = np.random.default_rng(forecast.posterior.seed)
        rows = forecast_staffing(demand, profile, periods, self.roles, self.settings, rng, cutoff).rows
        return rows.assign(hour=[start.hour for start in rows.period_start]).drop(columns="driver")

    def _demand(self, posterior: DemandPosterior, days: pd.DataFrame) -> StaffingDemand:
        category = self.restaurant.items.set_index("item").category.reindex(posterior.items)
        names = tuple(sorted(category.unique()))
        sums = sum_samples(posterior, [np.flatnonzero(category == name) for name in names])
        dates = pd.DatetimeIndex(pd.to_datetime(posterior.dates))
        ahead = days.set_index("date").loc[dates]
        return StaffingDemand(
            items=np.stack(sums, axis=1),
            categories=names,
            dates=dates,
            is_open=np.any(np.asarray(posterior.mean) > 0, axis=0),
            is_unusual=ahead.is_holiday.to_numpy() == 1,
        )

    def needed(self) -> pd.Series:
        """Return the heads that each hour's tickets needed, by role, date and hour."""
        items = self.lines.groupby(["business_date", self.lines.minute // 60]).quantity.sum()
        found = {}
        for role in self.roles:
            minutes = items * role.minutes_per_item + role.minutes_per_open_hour
            heads = np.ceil(minutes / (60 * self.settings.labor_utilization) - 1e-9).clip(lower=role.minimum_heads)
            found[role.name] = heads
        return pd.concat(found, names=KEY)


def compare(simulated: Simulated) -> pd.DataFrame:
    """Return the rows of all weeks with the heads of each rule and the heads needed."""
    rows = pd.concat(simulated.forecasts(), ignore_index=True)
    rows = rows[rows.date.isin(simulated.lines.business_date)]
    needed = simulated.needed()
    minimum = rows.role_name.map({role.name: role.minimum_heads for role in simulated.roles})

    def heads_before(weeks: int) -> np.ndarray:
        keys = pd.MultiIndex.from_arrays([rows.role_name, rows.date - pd.Timedelta(weeks=weeks), rows.hour])
        found = needed.reindex(keys).to_numpy()
        return np.where(np.isnan(found), minimum, found)

    four = np.mean([heads_before(weeks) for weeks in (1, 2, 3, 4)], axis=0)
    return rows.assign(
        **{"last week": heads_before(1), "mean of four weeks": np.ceil(four - 1e-9), "needed": heads_before(0)}
    )


def main() -> None:
    """Print the cost of each rule in each restaurant, in hours with a head too many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=8)
    weeks = parser.parse_args().weeks
    settings = StaffingSettings()
    ratio = settings.labor_understaffed_cost
    totals = {kind: dict.fromkeys(RULES, 0.0) for kind in ("with the files as they are", "if all had times")}
    as_they_are, with_times = totals.values()
    print(f"{weeks} weeks up to {LAST_DAY}: hours with a head too few, too many, and cost ({ratio:g} : 1)")
    for restaurant in demo_restaurants():
        for has_times in sorted({restaurant.has_tickets, True}):
            seen = dataclasses.replace(restaurant, has_tickets=has_times)
            rows = compare(Simulated(seen, settings, weeks))
            times = "" if has_times else " without times"
            print(f"{restaurant.slug}{times}: {len(rows)} hours of a role, {rows.needed.sum():.0f} heads needed")
            for rule in RULES:
                few = float((rows.needed - rows[rule]).clip(lower=0).sum())
                many = float((rows[rule] - rows.needed).clip(lower=0).sum())
                cost = ratio * few + many
                print(f"  {rule:20}{few:8.0f}{many:8.0f}{cost:8.0f}")
                as_they_are[rule] += cost * (has_times == restaurant.has_tickets)
                with_times[rule] += cost * has_times
    for kind, cost_of in totals.items():
        print(f"all, {kind}: cost, and against last week")
        for rule in RULES:
            print(f"  {rule:20}{cost_of[rule]:24.0f}{cost_of[rule] / cost_of['last week'] - 1:+8.1%}")


if __name__ == "__main__":
    main()
