"""Roster asset: shifts drafted for the coming weeks, from the heads that the staffing forecast recommends."""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dagster as dg
from pydantic import Field

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.orchestration.algorithm import PLANNED, Algorithm, Published, Run, algorithm_asset
from flux_pipeline.orchestration.assets import forecasts
from flux_pipeline.orchestration.inputs.rosters import RosterInputs, roster_inputs, weeks_to_plan
from flux_pipeline.orchestration.pictures import cover_chart, markdown_table
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import Work, current_work
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.rosters.explain import Gap, OneMore, ask_for_one_more, explain_gaps
from flux_pipeline.rosters.plan import plan_roster
from flux_pipeline.rosters.result import Budget, EndedBy, Roster
from flux_pipeline.rosters.settings import RosterSettings
from flux_pipeline.rosters.shown.gaps import gap_sentences, gap_values
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.rosters.publish import publish_roster, stored_plan

# A roster that is this close to the bound is good enough: half a per cent of a week is an hour or two of pay.
GOOD_ENOUGH = 0.005
# More than a person reads, and few enough for Dagster's database.
MOST_GAPS = 10


@dataclass(frozen=True)
class _Planned:
    """A roster with the reasons of what it leaves uncovered."""

    roster: Roster
    gaps: Sequence[Gap]
    one_more: Sequence[OneMore]


def _plan(inputs: RosterInputs) -> _Planned:
    settings, problem = inputs.settings, inputs.problem
    budget = Budget(settings.roster_iterations, seconds=settings.roster_seconds, gap=GOOD_ENOUGH)
    roster = plan_roster(problem, budget, time.monotonic)
    if not roster.uncovered:
        return _Planned(roster, (), ())
    gaps = explain_gaps(problem, roster, time.monotonic, settings.roster_explain_seconds)
    return _Planned(roster, gaps, ask_for_one_more(problem, roster, time.monotonic, settings.roster_explain_seconds))


def _publish(tx: Tenant, planned: _Planned, run: Run[RosterInputs]) -> Published:
    tx.lock()
    roster, problem, inputs = planned.roster, run.inputs.problem, run.inputs
    again = roster_inputs(tx, run.work, inputs.settings, problem.first_day, may_move=inputs.material.may_move)
    if again.material != inputs.material:
        raise TransientError("People, shifts or the forecast of this week changed while it was planned. Plan it again.")
    more = {each.role: each for each in planned.one_more}
    gaps = [gap_values(gap, more.get(gap.periods[0].role), problem) for gap in planned.gaps]
    drafted = publish_roster(tx, problem, roster, {"as_of": inputs.material.forecast_as_of, "gaps": gaps}, run.id)
    uncovered = sum(each.minutes * each.heads for each in roster.uncovered) / 60
    metadata = {
        "week": problem.first_day.isoformat(),
        "people": len(problem.employees),
        "shifts": len(roster.shifts),
        "shifts_added": drafted.added,
        "drafts_removed": drafted.removed,
        "published_shifts_moved": drafted.moved,
        "paid_hours": round(drafted.paid_minutes / 60, 2),
        "labor_cost": round(roster.costs.wages + roster.costs.overtime, 2),
        "uncovered_head_hours": round(uncovered, 2),
        # The first sentence of a gap names nobody.
        "uncovered": "\n".join(gap_sentences(each, {}, problem.zone, "")[0] for each in gaps[:MOST_GAPS]) or None,
        "people_below_minimum_hours": len(roster.below_minimum),
        "gap_to_bound": round(roster.gap, 4),
        "ended_by": str(roster.ended_by),
        "see": f"flux roster show --restaurant {tx.restaurant.slug} --week {problem.first_day}",
    }
    if roster.ended_by == EndedBy.CLOCK:
        metadata["warning"] = "The clock ended the search, so another run may differ. Raise roster_seconds."
    return Published(len(roster.shifts), metadata)


def roster_algorithm(first_day: dt.date, *, may_move: bool) -> Algorithm[RosterInputs, _Planned]:
    """Return the algorithm that plans the seven days from `first_day`, with published shifts fixed or not."""

    def stored(tx: Tenant, plan: PlannedRun, _inputs: RosterInputs) -> Published | None:
        run = stored_plan(tx, plan, first_day)
        return None if run is None else Published(run.row_count, run.as_metadata(), version=plan.input_hash)

    return Algorithm(
        name=AlgorithmName.ROSTER,
        settings=(RosterSettings,),
        read=partial(roster_inputs, first_day=first_day, may_move=may_move),
        compute=_plan,
        publish=_publish,
        published=stored,
    )


class RosterConfig(dg.Config):
    """The week of one run, if it is not the coming ones."""

    week: str = Field(
        default="",
        description="A day of the week to plan, as YYYY-MM-DD, whose published shifts may move; empty: the next "
        "roster_weeks weeks, whose published shifts are kept.",
    )


@algorithm_asset(deps=[forecasts.staffing_forecasts], runs=PLANNED, docs="rosters.md")
def weekly_rosters(
    context: dg.AssetExecutionContext, config: RosterConfig, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Shifts of the coming weeks, drafted from the heads needed, with what is uncovered and why."""
    with step() as running:
        # People are rostered ahead of now, also if an old run is executed again.
        work = current_work(context, store, business_day).up_to_now()
        with work.store.tenant(work.restaurant) as tx:
            weeks = read_settings(tx, RosterSettings).roster_weeks
        planned: list[Published] = []
        for first_day in weeks_to_plan(work, weeks, _parsed(config.week)):
            context.log.info(f"Planning the week of {first_day} ...")
            done = roster_algorithm(first_day, may_move=bool(config.week)).run(work)
            if planned and "skipped" in done.metadata:
                context.log.warning(str(done.metadata["skipped"]))
                break
            planned.append(done)
        versions = [each.version for each in planned]
        return running.result(_shown(context, work, planned), versions[0] if len(versions) == 1 else None)


def _parsed(week: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(week) if week else None
    except ValueError:
        raise PermanentError(f"week is {week[:20]!r}; expected a date like 2026-03-30.") from None


def _shown(context: dg.AssetExecutionContext, work: Work, planned: Sequence[Published]) -> dict[str, Any]:
    """Return the first week's summary and picture; of further weeks a table."""
    first, *others = planned
    shown = {**first.metadata, "rows": sum(each.rows for each in planned)}
    shown["weeks_planned"] = ", ".join(str(each.metadata.get("week", "")) for each in planned)
    if others:
        columns = ("week", "shifts", "paid_hours", "labor_cost", "uncovered_head_hours")
        rows = [[each.metadata.get(name, "") for name in columns] for each in planned]
        shown["weeks"] = markdown_table([name.replace("_", " ") for name in columns], rows)
    return shown if "skipped" in first.metadata else shown | cover_chart(context, work, first)
