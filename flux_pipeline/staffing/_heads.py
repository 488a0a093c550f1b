"""Heads of a role from its work: for each sample, then their quantiles, the cheapest number, and what decided it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from flux_pipeline.staffing._queueing import ROUNDING_SLACK, QueueRule, servers_for_occupancy, servers_for_wait
from flux_pipeline.staffing._workload import BEFORE, OPEN, RoleWork
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import HeadsRule, StaffingSettings


class DecidedBy(StrEnum):
    """What decided the recommended heads of a period."""

    MINIMUM = "minimum"
    EQUIPMENT = "equipment"
    UTILIZATION = "utilization"
    QUEUE = "queue"
    OCCUPANCY = "occupancy"
    PREP = "prep"
    OPENING_WORK = "opening_work"
    CLOSING_WORK = "closing_work"


@dataclass(frozen=True, eq=False)
class HeadsNeeded:
    """Heads that the work of each sample needs (draws, periods).

    Attributes:
        by_work: without minimum and equipment.
        by_wait: for the wait of guests alone; zeros for a role by utilization.
        bounded: at least the minimum in open periods, at most what the equipment has room for.
    """

    by_work: np.ndarray
    by_wait: np.ndarray
    bounded: np.ndarray


def needed_heads(work: RoleWork, part: np.ndarray, role: Role, settings: StaffingSettings) -> HeadsNeeded:
    """Count the heads that each sample of a role's work needs; more work never needs fewer.

    By utilization, a head gets period × utilization minutes of work done, and heads are whole. In a queue they are the
    fewest that keep the service level (Erlang C, see `_queueing`) and are busy for at most the occupancy cap of their
    time, fixed work included. Shrinkage makes each of them as much slower as they are away.

    Args:
        work: the role's work.
        part: (periods,) of `StaffedDay`; the minimum holds in open periods.
        role: rule and bounds.
        settings: utilization, service level, occupancy cap, shrinkage, length of a period.
    """
    length = settings.labor_period_minutes
    if role.heads_by == HeadsRule.QUEUE:
        rule = queue_rule(settings)
        at_work = 1.0 - settings.labor_shrinkage
        by_wait = servers_for_wait(work.guest_minutes / length / at_work, work.handle_minutes / at_work, rule)
        by_work = np.maximum(by_wait, servers_for_occupancy(work.minutes / length / at_work, rule))
    else:
        by_wait = np.zeros(work.minutes.shape, dtype=np.int64)
        by_work = np.ceil(work.minutes / (length * settings.labor_utilization) - ROUNDING_SLACK).astype(np.int64)
    bounded = np.maximum(by_work, np.where(part == OPEN, role.minimum_heads, 0))
    if role.maximum_heads is not None:
        bounded = np.minimum(bounded, role.maximum_heads)
    return HeadsNeeded(by_work, by_wait, bounded)


def queue_rule(settings: StaffingSettings) -> QueueRule:
    """Return what the settings ask of a queue."""
    return QueueRule(
        settings.labor_queue_service_level, settings.labor_queue_wait_minutes, settings.labor_occupancy_cap
    )


def cheapest_level(understaffed_cost: float) -> float:
    """Return the share of samples that the cheapest heads cover.

    With an hour too few costing c hours too many, expected cost is least at the quantile c / (c + 1): the newsvendor's
    critical fractile (Arrow, Harris and Marschak, Optimal inventory policy, Econometrica, 1951).
    """
    return understaffed_cost / (understaffed_cost + 1.0)


def quantile(samples: np.ndarray, level: float) -> np.ndarray:
    """Return, by column, the smallest sample that at least a share `level` of the samples doesn't exceed."""
    # The slack keeps 0.9 × 500 from being the 451st sample.
    rank = max(int(np.ceil(level * len(samples) - ROUNDING_SLACK)), 1) - 1
    return np.asarray(np.partition(samples, rank, axis=0)[rank])


def decide(needed: HeadsNeeded, work: RoleWork, part: np.ndarray, role: Role, level: float) -> Sequence[DecidedBy]:
    """Return for each period what decided the heads at a quantile of their distribution."""
    by_work, by_wait = quantile(needed.by_work, level), quantile(needed.by_wait, level)
    return [
        _decided(int(by_work[at]), int(by_wait[at]), {kind: mean[at] for kind, mean in work.means.items()}, where, role)
        for at, where in enumerate(part)
    ]


def _decided(by_work: int, by_wait: int, means: dict[str, float], part: int, role: Role) -> DecidedBy:
    if role.maximum_heads is not None and by_work > role.maximum_heads:
        return DecidedBy.EQUIPMENT
    if part == OPEN and by_work <= role.minimum_heads:
        return DecidedBy.MINIMUM
    largest = max(means, key=lambda kind: means[kind])
    fixed = {"prep": DecidedBy.PREP, "opening": DecidedBy.OPENING_WORK, "closing": DecidedBy.CLOSING_WORK}
    if part != OPEN or largest in fixed:
        return fixed.get(largest, DecidedBy.OPENING_WORK if part == BEFORE else DecidedBy.CLOSING_WORK)
    if role.heads_by == HeadsRule.UTILIZATION:
        return DecidedBy.UTILIZATION
    return DecidedBy.QUEUE if by_wait >= by_work else DecidedBy.OCCUPANCY
