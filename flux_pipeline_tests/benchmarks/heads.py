"""Benchmark of recommended heads: what they cost in the demo's restaurants against "the same as last week".

Each Sunday of the last weeks of a simulation, the week ahead is forecast from the sales before, without feeds, as the
pipeline does it: by category, with standard times and public holidays. The heads of each role and hour are compared
with those that the tickets of that hour then needed. An hour with a head too few costs three with a head too many.
"Last week" has the heads that the same weekday and hour needed a week before, and the minimum where it was closed;
"four weeks" is the mean of four such weeks, rounded up. Both know what each hour needed, as if somebody had counted it.

The canteen's file has no times, so its rhythm is even over its opening hours. It is shown with times as well. With
categories, as a file of the menu gives them, a role's work depends on what is sold, whichever rule counts its heads;
without them, as in the demo's files, each item takes the role's own rate.
"""

import argparse
import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_samples
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.days import build_days
from flux_pipeline.demand.inputs.holidays import holidays_of
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo.calendar import simulate_closures
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.staffing.forecast import StaffingDemand, forecast_staffing
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import ANY, intraday_profile
from flux_pipeline.staffing.roles import Role, with_standard_times
from flux_pipeline.staffing.settings import StaffingSettings

LAST_DAY, HISTORY_DAYS = dt.date(2026, 6, 28), 400
WEEK = DemandSettings(forecast_horizon_days=7)
NO_TIMES = pd.DataFrame(columns=["business_date", "minute", "quantity"])
KEY = ["role_name", "date", "hour"]
RULES = ("last week", "four weeks", "required_p50", "required_p90", "recommended_heads")


class Simulated:
    """A demo restaurant with its sales and what they needed."""

    def __init__(
        self, restaurant: DemoRestaurant, settings: StaffingSettings, weeks: int, *, has_categories: bool
    ) -> None:
        if not has_categories:
            restaurant = dataclasses.replace(restaurant, items=restaurant.items.assign(category=ANY))
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
        self.holidays = list(holidays_of(restaurant.country_code, first.year, LAST_DAY.year + 1).date)
        roles = [
            Role.from_productivity(
                role.name, role.name, role.productivity_per_hour, role.minutes_per_open_hour, role.minimum_heads
            )
            for role in restaurant.roles
        ]
        self.roles = with_standard_times(roles, settings.labor_standard_times)

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
            horizon_days=WEEK.forecast_horizon_days,
            opening_hours=self.restaurant.opening_hours,
            closures=self.closures,
            country_code=self.restaurant.country_code,
            weather=pd.DataFrame(),
            event_days=pd.DataFrame(),
        )
        on_menu = self.restaurant.items[["item", "category"]]
        on_menu = on_menu[on_menu["item"].isin(sales["item"])]
        forecast = forecast_demand(
            sales.rename(columns={"business_date": "date"}), days, as_of=as_of.date(), items=on_menu, settings=WEEK
        )
        demand = self._demand(forecast.posterior, days)
        times = known if self.restaurant.has_tickets else NO_TIMES
        profile = intraday_profile(times, self.restaurant.opening_hours, self.settings, self.holidays)
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
        hour = self.lines.minute // 60
        by_category = self.lines.groupby(["business_date", hour, "category"]).quantity.sum().unstack(fill_value=0.0)
        found = {}
        for role in self.roles:
            minutes = by_category @ role.minutes_of(list(by_category.columns)) + role.minutes_per_open_hour
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
    return rows.assign(**{"last week": heads_before(1), "four weeks": np.ceil(four - 1e-9), "needed": heads_before(0)})


def costs(rows: pd.DataFrame, understaffed: float) -> pd.Series:
    """Return what each rule costs, in hours with a head too many."""
    too_few = {rule: (rows.needed - rows[rule]).clip(lower=0).sum() for rule in RULES}
    too_many = {rule: (rows[rule] - rows.needed).clip(lower=0).sum() for rule in RULES}
    return understaffed * pd.Series(too_few) + pd.Series(too_many)


def main() -> None:
    """Print the cost of each rule in each restaurant and in all, and how it compares with last week."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=8)
    weeks = parser.parse_args().weeks
    settings = StaffingSettings()
    found, needed = {}, {}
    for restaurant, has_categories in itertools.product(demo_restaurants(), (True, False)):
        kind = "categories" if has_categories else "no categories"
        for has_times in sorted({restaurant.has_tickets, True}):
            seen = dataclasses.replace(restaurant, has_tickets=has_times)
            rows = compare(Simulated(seen, settings, weeks, has_categories=has_categories))
            key = restaurant.slug, kind, "" if has_times == restaurant.has_tickets else "if it had times"
            found[key], needed[key] = costs(rows, settings.labor_understaffed_cost), rows.needed.sum()
    table = pd.DataFrame(found).T.sort_index(level=1, sort_remaining=False, kind="stable")
    for kind, of_kind in table.groupby(level=1):
        with_times = of_kind[~of_kind.index.get_level_values(0).duplicated(keep="last")]
        table.loc[("all", kind, ""), :] = of_kind.xs("", level=2).sum()
        table.loc[("all", kind, "if it had times"), :] = with_times.sum()
    ratio = settings.labor_understaffed_cost
    print(f"{weeks} weeks up to {LAST_DAY}: hours with a head too many, one with a head too few counts {ratio:g}")
    print(f"{'':49}{'needed':>10}" + "".join(f"{rule:>19}" for rule in RULES))
    for key, row in table.iterrows():
        slug, kind, times = key
        cells = [f"{row[rule]:8.0f} {row[rule] / row['last week'] - 1:+7.1%}" for rule in RULES]
        amount = f"{needed[key]:.0f}" if key in needed else ""
        print(f"{slug:18}{kind:14}{times:17}{amount:>10}" + "".join(f"{cell:>19}" for cell in cells))


if __name__ == "__main__":
    main()
