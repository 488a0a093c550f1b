"""Publication of a planned week: drafts become those of the plan, and a published shift that it moves is cancelled."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from flux_pipeline.records.algorithms import PlannedRun
from flux_pipeline.rosters.inputs.material import ACTIVE
from flux_pipeline.rosters.problem import RosterProblem, Shift
from flux_pipeline.rosters.result import Roster
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.records import AlgorithmRun
from flux_pipeline.store.models.staff import EmployeeRole, ScheduledShift, WeeklyRoster
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.records.runs import FinishedRun
from flux_pipeline.store.rosters.weeks import names_of_people

AGREED = ("published", "confirmed")
Key = tuple[str, str, dt.datetime, dt.datetime, dt.datetime | None, int]


@dataclass(frozen=True)
class Drafted:
    """How a plan changed the stored shifts of its days."""

    added: int
    removed: int
    moved: int
    paid_minutes: int


def publish_roster(
    tx: Tenant, problem: RosterProblem, roster: Roster, plan: dict[str, Any], run_id: uuid.UUID
) -> Drafted:
    """Store the plan of some days: its row, and its shifts as drafts beside those that are agreed.

    Idempotent: a stored shift that the plan has too is left as it is.

    Args:
        tx: the restaurant's transaction.
        problem, roster: what was planned.
        plan: further columns of the row of `weekly_rosters`.
        run_id: the id of the run's audit row.

    The caller holds the restaurant's lock, and has seen that nothing of the material has changed.
    """
    stored = _active_shifts(tx, problem)
    own, planned = ScheduledShift, {_key(shift): shift for shift in roster.shifts}
    gone = {key: stored[key] for key in stored if key not in planned and not _has_begun(key, problem)}
    drafts = [id for id, status in gone.values() if status == "draft"]
    moved = [id for id, status in gone.values() if status in AGREED]
    tx.connection.execute(delete(own).where(own.id.in_(drafts)))
    tx.connection.execute(update(own).where(own.id.in_(moved)).values(status="cancelled", ended_because="replanned"))
    if moved:
        names = names_of_people(tx)
        shifts = [f"{names[key[0]]}, {key[1]}, {key[2].isoformat()}" for key in sorted(gone) if gone[key][0] in moved]
        note_act(tx, "roster.move", f"week of {problem.first_day}", before={"shifts": shifts})
    new = [shift for key, shift in planned.items() if key not in stored]
    _add(tx, new, run_id)
    paid = sum(shift.paid_minutes for shift in roster.shifts)
    _keep_plan(tx, problem, roster, {**plan, "paid_minutes": paid, "algorithm_run_id": run_id})
    return Drafted(len(new), len(drafts), len(moved), paid)


def _active_shifts(tx: Tenant, problem: RosterProblem) -> dict[Key, tuple[uuid.UUID, str]]:
    """Return the id and status of each stored shift of the days that is still to be worked."""
    own, last = ScheduledShift, problem.first_day + dt.timedelta(days=problem.days - 1)
    query = (
        select(own.id, own.status, own.employee_id, EmployeeRole.name, own.starts_at, own.ends_at)
        .add_columns(own.break_starts_at, own.break_minutes)
        .join(EmployeeRole, EmployeeRole.id == own.employee_role_id)
        .where(own.status.in_(ACTIVE), own.business_date.between(problem.first_day, last))
    )
    return {(str(person), *rest): (id, status) for id, status, person, *rest in tx.connection.execute(query)}


def _key(shift: Shift) -> Key:
    pause = shift.break_starts_at, shift.break_minutes
    return shift.employee, shift.role, shift.starts_at, shift.ends_at, *pause


def _has_begun(key: Key, problem: RosterProblem) -> bool:
    return problem.planned_at is not None and key[2] < problem.planned_at


def _add(tx: Tenant, shifts: Sequence[Shift], run_id: uuid.UUID) -> None:
    roles = {row.name: row.id for row in tx.connection.execute(select(EmployeeRole.name, EmployeeRole.id))}
    clock = tx.restaurant.clock
    rows = [
        {
            "restaurant_id": tx.restaurant.id,
            "employee_id": uuid.UUID(shift.employee),
            "employee_role_id": roles[shift.role],
            "business_date": clock.last_complete_day(shift.starts_at) + dt.timedelta(days=1),
            "starts_at": shift.starts_at,
            "ends_at": shift.ends_at,
            "break_starts_at": shift.break_starts_at,
            "break_minutes": shift.break_minutes,
            "template_name": shift.template,
            "algorithm_run_id": run_id,
        }
        for shift in shifts
    ]
    if rows:
        tx.connection.execute(insert(ScheduledShift), rows)


def _keep_plan(tx: Tenant, problem: RosterProblem, roster: Roster, plan: dict[str, Any]) -> None:
    needed = _head_minutes((each.minutes, each.heads) for each in problem.demand)
    values = {
        "restaurant_id": tx.restaurant.id,
        "first_day": problem.first_day,
        "day_count": problem.days,
        "planned_at": problem.planned_at,
        "employee_count": len(problem.employees),
        "shift_count": len(roster.shifts),
        "needed_minutes": needed,
        "uncovered_minutes": _head_minutes((each.minutes, each.heads) for each in roster.uncovered),
        "labor_cost": round(roster.costs.wages + roster.costs.overtime, 2),
        "cost_parts": {name: round(value, 2) for name, value in vars(roster.costs).items()},
        "lower_bound": None if roster.bound == float("-inf") else roster.bound,
        "ended_by": str(roster.ended_by),
        "iterations": roster.iterations,
        "below_minimum": [{"employee": each.employee, "minutes": each.minutes} for each in roster.below_minimum],
        **plan,
    }
    query = postgresql.insert(WeeklyRoster).values(values)
    changed = {name: query.excluded[name] for name in values if name not in {"restaurant_id", "first_day"}}
    tx.connection.execute(query.on_conflict_do_update(index_elements=["restaurant_id", "first_day"], set_=changed))


def _head_minutes(periods: Iterable[tuple[int, int]]) -> int:
    return sum(minutes * heads for minutes, heads in periods)


def stored_plan(tx: Tenant, plan: PlannedRun, first_day: dt.date) -> FinishedRun | None:
    """Return the run whose plan of a week is stored with all its shifts, if its inputs were the same; else None."""
    own, run, shift = WeeklyRoster, AlgorithmRun, ScheduledShift
    query = (
        select(run.id, run.row_count, run.output_summary, own.shift_count, own.day_count)
        .join(run, run.id == own.algorithm_run_id)
        .where(own.first_day == first_day, run.input_hash == plan.input_hash, run.status == "succeeded")
    )
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        return None
    last = first_day + dt.timedelta(days=row.day_count - 1)
    is_active = shift.status.in_(ACTIVE) & shift.business_date.between(first_day, last)
    stored = tx.connection.scalar(select(func.count()).where(is_active))
    if stored != row.shift_count:
        return None
    return FinishedRun(row.id, plan.as_of, row.row_count or 0, row.output_summary or {})
