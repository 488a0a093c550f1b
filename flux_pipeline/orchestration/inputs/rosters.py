"""Inputs of a roster: what is stored about one week, and the problem that it poses."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.work import Work
from flux_pipeline.rosters.inputs.assemble import build_problem, settled_moment
from flux_pipeline.rosters.inputs.material import Material
from flux_pipeline.rosters.problem import RosterProblem
from flux_pipeline.rosters.settings import RosterSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.rosters.material import roster_material

DAYS = 7


@dataclass(frozen=True)
class RosterInputs:
    """The material of a week and the settings by which it is planned."""

    material: Material
    settings: RosterSettings
    as_of: dt.date

    @cached_property
    def problem(self) -> RosterProblem:
        """The problem that the material poses."""
        return build_problem(self.material, self.settings)

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        return asdict(self.material)


def roster_inputs(
    tx: Tenant, work: Work, settings: RosterSettings, first_day: dt.date, *, may_move: bool
) -> RosterInputs:
    """Read what the roster of the seven days from `first_day` is planned from; raises as `roster_material` does.

    The run's start is the moment of planning, also if it uses an old forecast: nobody is rostered in the past.

    Raises:
        PermanentError: the week is over.
    """
    clock, now = tx.restaurant.clock, work.started_at
    last = first_day + dt.timedelta(days=DAYS - 1)
    if clock.end_of(last) <= now:
        raise PermanentError(f"The week of {first_day} is over. Plan one that is under way or ahead.")
    material = roster_material(tx, first_day, DAYS, work.as_of, now, settings.roster_rules, may_move=may_move)
    moment = settled_moment(now, clock.moment(first_day, clock.cutoff), material.rules)
    return RosterInputs(replace(material, planned_at=moment), settings, work.as_of)


def weeks_to_plan(work: Work, weeks: int, day: dt.date | None) -> list[dt.date]:
    """Return the Mondays of the weeks to plan: that of `day`, or those after the business day under way."""
    if day is not None:
        return [day - dt.timedelta(days=day.weekday())]
    today = work.restaurant.last_complete_business_day(work.started_at) + dt.timedelta(days=1)
    following = today + dt.timedelta(days=DAYS - today.weekday())
    return [following + dt.timedelta(days=DAYS * place) for place in range(weeks)]
