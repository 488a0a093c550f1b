"""Workload: minutes of each role's work in each period of a day, for each joint sample of the day's items.

Everything is computed on samples, so that heads have a distribution. How heads follow from it is decided in `_heads`.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from flux_pipeline.staffing._prep import level_prep
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import HeadsRule, StaffingSettings
from flux_pipeline.staffing.week import MINUTES_PER_DAY, place_in_day

BEFORE, OPEN, AFTER = -1, 0, 1


@dataclass(frozen=True, eq=False)
class StaffedDay:
    """The periods of a business day in the order in which they are worked.

    Attributes:
        minute: (periods,) minute of the local clock at which each begins.
        part: (periods,) before the first guest, open, or after the last guest.
    """

    minute: np.ndarray
    part: np.ndarray

    @property
    def is_open(self) -> np.ndarray:
        """Whether each period is open."""
        opened: np.ndarray = self.part == OPEN
        return opened


def lay_out(open_minutes: np.ndarray, settings: StaffingSettings, cutoff: dt.time) -> StaffedDay:
    """Return a day's periods: those before it opens, its open ones, and those after it closes.

    Periods before and after end at the cutoff of the business day, because the day beyond is another one.

    Args:
        open_minutes: the minutes of the clock at which its open periods begin, at least one, in any order.
        settings: the length of a period, and the minutes before and after.
        cutoff: the local time at which a business day ends.
    """
    length = settings.labor_period_minutes
    place = place_in_day(open_minutes, cutoff)
    inside = open_minutes[np.argsort(place, kind="stable")]
    before = min(-(-settings.labor_minutes_before_opening // length), int(place.min()) // length)
    room = (MINUTES_PER_DAY - int(place.max())) // length - 1
    after = min(-(-settings.labor_minutes_after_closing // length), room)
    early = inside[0] - length * np.arange(before, 0, -1)
    late = inside[-1] + length * np.arange(1, after + 1)
    return StaffedDay(
        minute=np.concatenate([early, inside, late]).astype(np.int64) % MINUTES_PER_DAY,
        part=np.repeat([BEFORE, OPEN, AFTER], [before, len(inside), after]),
    )


@dataclass(frozen=True, eq=False)
class DayItems:
    """Samples of a day's items by period.

    Attributes:
        arrived: (draws, categories, channels, open periods) items as they are sold: parties come at random times.
        rate: the same shape; items that are to be expected in each period given the day's items of the draw.
    """

    arrived: np.ndarray
    rate: np.ndarray

    def by_category(self, day: StaffedDay) -> np.ndarray:
        """Return the mean items (categories, periods) of all channels; none before and after the guests."""
        items = np.zeros((self.arrived.shape[1], len(day.part)))
        items[:, day.is_open] = self.arrived.mean(axis=0).sum(axis=1)
        return items


def spread_items(
    day_items: np.ndarray, share: np.ndarray, items_per_party: float, rng: np.random.Generator
) -> DayItems:
    """Spread each draw's items over channels and periods.

    Parties are distributed by a multinomial, each with an equal part of its category's items. The periods of a draw sum
    to its day's items, fractions too. Given a total N, a period of share w has the variance items_per_party × N w (1 -
    w), because guests arrive together.

    Args:
        day_items: (draws, categories) items of the day.
        share: (categories, channels, open periods), summing to 1 for each category.
        items_per_party: items that arrive together.
        rng: draws the times of the parties.
    """
    parties = np.maximum(np.rint(day_items / items_per_party), 1).astype(np.int64)
    arrivals = rng.multinomial(parties, share.reshape(len(share), -1)).reshape(len(day_items), *share.shape)
    return DayItems(arrived=arrivals * (day_items / parties)[..., None, None], rate=day_items[..., None, None] * share)


@dataclass(frozen=True, eq=False)
class RoleWork:
    """A role's work on a day.

    Attributes:
        minutes: (draws, periods) all of its work.
        guest_minutes: (draws, periods) the part of it that is done for guests who are there, without prep.
        means: mean minutes by kind of work: items, prep, fixed, opening, closing; (periods,) each.
        handle_minutes: (periods,) minutes that a party of the role's guests is served for, 0 without guests.
        is_on: (periods,) whether the role works in the period.
    """

    minutes: np.ndarray
    guest_minutes: np.ndarray
    means: dict[str, np.ndarray]
    handle_minutes: np.ndarray
    is_on: np.ndarray


def work_of(
    role: Role,
    items: DayItems,
    categories: tuple[str, ...],
    channels: tuple[str, ...],
    day: StaffedDay,
    settings: StaffingSettings,
) -> RoleWork:
    """Return a role's work on a day by draw and period.

    A queue's work is that of the expected arrivals, because its formula has the random times of guests already.
    """
    sold = items.rate if role.heads_by == HeadsRule.QUEUE else items.arrived
    times = role.minutes_of(categories)[:, None] * role.serves(channels)
    on_items = np.zeros((len(sold), len(day.part)))
    on_items[:, day.is_open] = np.einsum("cx,dcxp->dp", times, sold)
    guests = np.zeros(len(day.part))
    guests[day.is_open] = np.einsum("cx,dcxp->p", times > 0, sold) / (len(sold) * settings.labor_items_per_party)
    fixed = day.is_open * role.minutes_per_open_hour * settings.labor_period_minutes / 60.0
    opening = _within(day, BEFORE, role.opening_minutes)
    closing = _within(day, AFTER, role.closing_minutes)
    is_on = day.is_open | (opening + closing > 0)
    served = on_items * (1.0 - role.prep_share)
    prep = _prep_minutes(on_items - served, served.mean(axis=0) + fixed + opening + closing, is_on)
    mean = on_items.mean(axis=0)
    return RoleWork(
        minutes=served + prep + fixed + opening + closing,
        guest_minutes=served,
        means={
            "items": served.mean(axis=0),
            "prep": prep.mean(axis=0),
            "fixed": fixed,
            "opening": opening,
            "closing": closing,
        },
        handle_minutes=np.divide(mean, guests, out=np.zeros_like(mean), where=guests > 0),
        is_on=is_on,
    )


def _within(day: StaffedDay, part: int, minutes: float) -> np.ndarray:
    """Return fixed work by period: before or after the day, or without room there, in its first or last period."""
    chosen = day.part == part
    if not chosen.any():
        chosen[np.flatnonzero(day.is_open)[0 if part == BEFORE else -1]] = True
    work: np.ndarray = chosen * (minutes / chosen.sum())
    return work


def _prep_minutes(due: np.ndarray, other_work: np.ndarray, is_on: np.ndarray) -> np.ndarray:
    """Return the prep of each draw by period: planned for the mean day, in the draw's amount."""
    prep = np.zeros_like(due)
    mean = due.mean(axis=0)[is_on]
    if mean.sum() > 0:
        plan = level_prep(other_work[is_on], mean)
        prep[:, is_on] = due.sum(axis=1, keepdims=True) * (plan / plan.sum())
    return prep
