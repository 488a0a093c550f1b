"""Inputs of the staffing forecast: the demand forecast, and what turns it into heads, as known at a given moment."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_samples
from flux_pipeline.demand.inputs.holidays import holidays_of
from flux_pipeline.errors import NothingToDoError, PermanentError
from flux_pipeline.orchestration.work import Work
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.staffing.forecast import StaffingDemand
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.prices import category_prices
from flux_pipeline.staffing.profile import ANY, IntradayProfile, intraday_profile
from flux_pipeline.staffing.roles import Role, with_standard_times
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.demand import current_posterior
from flux_pipeline.store.known.feeds import event_days_known
from flux_pipeline.store.known.hours import opening_hours_known
from flux_pipeline.store.menu.history import daily_takings, menu_known
from flux_pipeline.store.records.runs import skip_reason
from flux_pipeline.store.sales.history import sales_by_period
from flux_pipeline.store.staff.roles import employee_roles

# Quiz night every other Friday is part of the Fridays, and so is every day of a season.
REGULAR_EVENTS = 4


@dataclass(frozen=True)
class StaffingInputs:
    """The demand forecast, the restaurant's sales over the day, its opening hours and its roles.

    Attributes:
        posterior: the demand forecast.
        categories: the category of each of its items.
        prices: the mean price of an item of each category, NaN where it isn't known.
        unusual_days: the days of the horizon that don't go by their weekday.
        profile: the rhythm of the week.
        opening_hours: as declared.
        roles: with their standard times.
        as_of: the last day whose sales are used.
        settings: how work becomes heads.
        cutoff: the local time at which a business day ends.
    """

    posterior: DemandPosterior
    categories: Sequence[str]
    prices: Mapping[str, float]
    unusual_days: Sequence[dt.date]
    profile: IntradayProfile
    opening_hours: pd.DataFrame
    roles: Sequence[Role]
    as_of: dt.date
    settings: StaffingSettings
    cutoff: dt.time

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        return {
            "posterior": self.posterior.to_json(),
            "categories": list(self.categories),
            "prices": dict(self.prices),
            "unusual_days": [day.isoformat() for day in self.unusual_days],
            "profile": self.profile.share,
            "profile_of": [self.profile.categories, self.profile.channels, self.profile.source],
            "closed_hours": self.profile.closed_hours,
            "opening_hours": self.opening_hours,
            "roles": [vars(role) for role in self.roles],
            "cutoff": self.cutoff.isoformat(),
        }

    def as_metadata(self) -> dict[str, Any]:
        """Return the days that are staffed, and where their hours come from."""
        return {
            "forecast_from": self.posterior.dates[0],
            "forecast_to": self.posterior.dates[-1],
            "unusual_days": len(self.unusual_days),
            "categories_without_price": sum(math.isnan(price) for price in self.prices.values()),
            "rhythm": self.profile.source,
            "hours_are_assumed": self.profile.source == "opening_hours" and self.opening_hours.empty,
        }

    @property
    def is_open(self) -> np.ndarray:
        """Whether each day of the horizon is open (days): only on an open day the mean of an item is above 0."""
        return np.any(np.asarray(self.posterior.mean) > 0, axis=0)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the horizon."""
        return pd.DatetimeIndex(pd.to_datetime(self.posterior.dates))

    def demand(self) -> StaffingDemand:
        """Return the joint samples of the items of each category, in the order of the categories' names."""
        category = np.array(self.categories, dtype=object)
        names = tuple(sorted(set(self.categories)))
        sums = sum_samples(self.posterior, [np.flatnonzero(category == name) for name in names])
        return StaffingDemand(
            items=np.stack(sums, axis=1),
            categories=names,
            dates=self.dates,
            is_open=self.is_open,
            is_unusual=self.dates.isin(pd.DatetimeIndex(pd.to_datetime(list(self.unusual_days)))),
            price=np.array([self.prices[name] for name in names]),
        )

    def periods(self) -> pd.DataFrame:
        """Return the periods to staff: date, minute."""
        return open_periods(self.dates, self.opening_hours, self.profile, self.settings, self.cutoff)


def staffing_inputs(tx: Tenant, work: Work, settings: StaffingSettings) -> StaffingInputs:
    """Read the posterior of the day's demand forecast, and what turns items into heads.

    Raises:
        NothingToDoError: that day has no demand forecast, because there was nothing to forecast.
        PermanentError: that day has no demand forecast for another reason.
    """
    as_of, known_at = work.as_of, work.known_at
    posterior, first = posterior_of_day(tx, as_of), as_of - dt.timedelta(weeks=settings.labor_profile_weeks)
    hours = opening_hours_known(tx, known_at)
    known = menu_known(tx, as_of, known_at).set_index("item")
    category_of = {str(item): str(name) for item, name in known.category.dropna().items()}
    categories = [category_of.get(item, ANY) for item in posterior.items]
    expected = (np.array(posterior.mean) * np.array(posterior.unit)[:, None]).sum(axis=1)
    takings = daily_takings(tx, first, as_of)
    unusual = unusual_days(tx, first, dt.date.fromisoformat(posterior.dates[-1]), known_at)
    rhythm = sales_by_period(tx, first, as_of, settings.labor_period_minutes, category_of)
    return StaffingInputs(
        posterior=posterior,
        categories=categories,
        prices=category_prices(takings, known.price, posterior.items, categories, expected),
        unusual_days=[day for day in unusual if day.isoformat() in posterior.dates],
        profile=intraday_profile(rhythm, hours, settings, unusual),
        opening_hours=hours,
        roles=with_standard_times(employee_roles(tx), settings.labor_standard_times),
        as_of=as_of,
        settings=settings,
        cutoff=tx.restaurant.clock.cutoff,
    )


def posterior_of_day(tx: Tenant, as_of: dt.date) -> DemandPosterior:
    """Return the posterior of a day's demand forecast, from which joint samples of dishes are drawn.

    Raises:
        NothingToDoError: the day has no demand forecast, because there was nothing to forecast.
        PermanentError: it has none for another reason.
    """
    found = current_posterior(tx, as_of)
    if found is not None:
        return found[1]
    if reason := skip_reason(tx, AlgorithmName.DEMAND, as_of):
        raise NothingToDoError(reason)
    raise PermanentError(
        f"{tx.restaurant.slug} has no demand forecast as of {as_of}; materialize demand_forecasts first."
    )


def unusual_days(tx: Tenant, first: dt.date, last: dt.date, known_at: dt.datetime) -> list[dt.date]:
    """Return the days that don't go by their weekday, in order.

    They are the public holidays of the restaurant's country, and the days on which something is on in the restaurant
    itself, as known at `known_at`, unless it is there often.
    """
    country, clock = tx.restaurant.country_code, tx.restaurant.clock
    days = set(holidays_of(country, first.year, last.year).date) if country else set()
    events = event_days_known(
        tx, first, last, known_at, radius_km=0.0, least_attendance=0, school_holiday_radius_km=0.0
    )
    # The events of a whole region have no distance.
    here = events[events.distance_km == 0]
    # A party that ends at night is of the business day on which it began.
    ends = here.ends_at.dt.tz_convert(clock.timezone).dt.tz_localize(None)
    began = here.groupby(["name", "starts_at"]).date.transform("min")
    here = here[(here.date == began) | (ends > here.date + clock.cutoff_after_midnight)]
    is_rare = here.groupby("name").date.transform("nunique") < REGULAR_EVENTS
    days |= set(here.date[is_rare].dt.date)
    return sorted(day for day in days if first <= day <= last)
