"""Reasons for a period's heads, as data and as one sentence for a manager.

The forecast itself is computed in `forecast`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.staffing._heads import DecidedBy, cheapest_level
from flux_pipeline.staffing._queueing import QueueMeasures, measure_queue
from flux_pipeline.staffing._workload import AFTER, BEFORE, RoleWork, StaffedDay
from flux_pipeline.staffing.profile import IntradayProfile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import HeadsRule, StaffingSettings

PROFILE_WORDS = {"tickets": "by its own ticket times", "opening_hours": "spread evenly over its opening hours"}
PART_WORDS = {BEFORE: "is before the first guest", AFTER: "is after the last guest"}


@dataclass(frozen=True, eq=False)
class RoleDay:
    """A role's heads on a day: its periods, its work, mean items, recommended heads and what decided them."""

    date: pd.Timestamp
    is_unusual: bool
    day: StaffedDay
    role: Role
    work: RoleWork
    expected_items: np.ndarray
    heads: np.ndarray
    decided_by: Sequence[DecidedBy]


def explain(of: RoleDay, profile: IntradayProfile, settings: StaffingSettings) -> list[dict[str, Any]]:
    """Return the driver of each period: share, items, minutes by kind of work, bounds, rule, queue, one sentence."""
    total = float(of.expected_items.sum())
    return [
        {
            "decided_by": str(of.decided_by[at]),
            "share": round(float(of.expected_items[at]) / total, 4) if total else 0.0,
            "expected_items": round(float(of.expected_items[at]), 2),
            "labor_minutes": round(float(of.work.minutes[:, at].mean()), 2),
            "minutes": {kind: round(float(mean[at]), 2) for kind, mean in of.work.means.items()},
            "heads_by": str(of.role.heads_by),
            "minimum_heads": of.role.minimum_heads,
            "maximum_heads": of.role.maximum_heads,
            "understaffed_cost": settings.labor_understaffed_cost,
            "profile_source": profile.source,
            "is_unusual_day": of.is_unusual,
            "queue": _queue_values(queue),
            "sentence": f"{_begin(of, at, total, profile)}; {_why(of, at, queue, settings)}.",
        }
        for at, queue in enumerate(_queues(of, settings))
    ]


def _queues(of: RoleDay, settings: StaffingSettings) -> list[QueueMeasures | None]:
    """Return the queue of each period with the mean load and the recommended heads; None for a role without one."""
    at_work = 1.0 - settings.labor_shrinkage
    loads = of.work.guest_minutes.mean(axis=0) / settings.labor_period_minutes / at_work
    handle = of.work.handle_minutes / at_work
    wait = settings.labor_queue_wait_minutes
    return [
        measure_queue(float(load), int(heads), float(minutes), wait)
        if of.role.heads_by == HeadsRule.QUEUE and load > 0
        else None
        for load, minutes, heads in zip(loads, handle, of.heads, strict=True)
    ]


def _queue_values(queue: QueueMeasures | None) -> dict[str, Any] | None:
    if queue is None:
        return None
    return {
        "never_empties": queue.never_empties,
        "service_level": round(queue.service_level, 4),
        "occupancy": round(queue.occupancy, 4),
        # JSON has no infinity.
        "mean_wait_minutes": None if queue.never_empties else round(queue.mean_wait_minutes, 3),
    }


def _begin(of: RoleDay, at: int, total: float, profile: IntradayProfile) -> str:
    hour, minute = divmod(int(of.day.minute[at]), 60)
    when = f"{of.date.day_name()} {hour:02d}:{minute:02d}"
    work = f"{of.work.minutes[:, at].mean():.0f} min of work for {of.role.name}"
    part = int(of.day.part[at])
    if part in PART_WORDS:
        return f"{when} {PART_WORDS[part]}: {work}"
    share = of.expected_items[at] / total if total else 0.0
    unusual = ", as on an unusual day" if of.is_unusual else ""
    words = PROFILE_WORDS[profile.source]
    return f"{when} has {share:.0%} of the day {words}{unusual}: {of.expected_items[at]:.0f} items and {work}"


def _why(of: RoleDay, at: int, queue: QueueMeasures | None, settings: StaffingSettings) -> str:
    heads, decided = int(of.heads[at]), of.decided_by[at]
    one = heads == 1
    are = "is" if one else "are"
    covers = f"{'covers' if one else 'cover'} {cheapest_level(settings.labor_understaffed_cost):.0%} of such days"
    reasons = {
        DecidedBy.MINIMUM: f"{are} the minimum",
        DecidedBy.EQUIPMENT: f"{are} all that the equipment has room for",
        DecidedBy.QUEUE: (
            f"{'serves' if one else 'serve'} {settings.labor_queue_service_level:.0%} of guests within "
            f"{settings.labor_queue_wait_minutes:g} min"
        ),
        DecidedBy.OCCUPANCY: f"{are} busy for at most {settings.labor_occupancy_cap:.0%} of the time",
        DecidedBy.PREP: f"{covers}, mostly with prep for later",
        DecidedBy.OPENING_WORK: f"{'does' if one else 'do'} the opening work",
        DecidedBy.CLOSING_WORK: f"{'does' if one else 'do'} the closing work",
        DecidedBy.UTILIZATION: covers,
    }
    never = f", and {queue.sentence}" if queue is not None and queue.never_empties else ""
    return f"{heads} {'head' if one else 'heads'} {reasons[decided]}{never}"
