"""Inputs of the staffing forecast: the demand forecast, and what turns it into heads."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_samples
from flux_pipeline.errors import NothingToDoError, PermanentError
from flux_pipeline.orchestration.work import Work
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.staffing.forecast import StaffingDemand
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import ANY, IntradayProfile, intraday_profile
from flux_pipeline.staffing.roles import Role, with_standard_times
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.demand import current_posterior
from flux_pipeline.store.known.hours import opening_hours_known
from flux_pipeline.store.records.runs import skip_reason
from flux_pipeline.store.sales.history import hourly_sales
from flux_pipeline.store.staff.roles import employee_roles

MINUTES_STORED = 60


@dataclass(frozen=True)
class StaffingInputs:
    """The demand forecast, the restaurant's sales over the day, its opening hours and its roles."""

    posterior: DemandPosterior
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
        """Return the joint samples of all items together."""
        [daily_items] = sum_samples(self.posterior)
        usual = np.zeros(len(self.dates), dtype=bool)
        return StaffingDemand(daily_items[:, None], (ANY,), self.dates, self.is_open, usual)

    def periods(self) -> pd.DataFrame:
        """Return the periods to staff: date, minute."""
        return open_periods(self.dates, self.opening_hours, self.profile, self.settings, self.cutoff)


def staffing_inputs(tx: Tenant, work: Work, settings: StaffingSettings) -> StaffingInputs:
    """Read the posterior of the day's demand forecast, and what turns items into heads.

    Raises:
        NothingToDoError: that day has no demand forecast, because there was nothing to forecast.
        PermanentError: that day has no demand forecast for another reason.
    """
    if settings.labor_period_minutes != MINUTES_STORED:
        raise PermanentError(
            f"labor_period_minutes is {settings.labor_period_minutes}, but staffing_forecasts has whole hours so far. "
            f"Set it back with `flux settings unset labor_period_minutes --restaurant {tx.restaurant.slug}`."
        )
    as_of = work.as_of
    found = current_posterior(tx, as_of)
    if found is None and (reason := skip_reason(tx, AlgorithmName.DEMAND, as_of)):
        raise NothingToDoError(reason)
    if found is None:
        raise PermanentError(
            f"{tx.restaurant.slug} has no demand forecast as of {as_of}; materialize demand_forecasts first."
        )
    hours = opening_hours_known(tx, work.known_at)
    rhythm = hourly_sales(tx, as_of - dt.timedelta(weeks=settings.labor_profile_weeks), as_of)
    return StaffingInputs(
        posterior=found[1],
        profile=intraday_profile(rhythm.assign(minute=rhythm.hour * 60), hours, settings),
        opening_hours=hours,
        roles=with_standard_times(employee_roles(tx), settings.labor_standard_times),
        as_of=as_of,
        settings=settings,
        cutoff=tx.restaurant.clock.cutoff,
    )
