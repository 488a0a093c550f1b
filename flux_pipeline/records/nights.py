"""Nights of a restaurant: which business days have ended and have no forecast yet, and when the next one ends.

The schedule asks at every tick, so the answer comes from what is recorded and from what was requested before, never
from the ticks themselves: a night that was missed, because a machine was off, is found the same way.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flux_pipeline.business_day import BusinessClock

# A forecast as of an older day is a look back, which nobody can plan with. But without it, the accuracy of the days
# after a weekend on which the machine was off would have a gap. Longer gaps are filled on request
# (`backfill_forecasts`), so that a machine that was off for a month does not begin with 30 runs of each restaurant.
CAUGHT_UP_DAYS = 3
# What made a run fail, such as a full disk, is seldom gone at once. A second failure waits for a person.
PAUSE_BEFORE_SECOND_ATTEMPT = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Nights:
    """The clock of a restaurant, and the business days for which results are recorded.

    Attributes:
        slug: the restaurant.
        clock: its timezone and cutoff.
        delay: how long after the cutoff the nightly run starts.
        recorded: the days that have results, or a row that says why there is nothing to forecast.
        first: the oldest day for which a run is recorded, even a failed one; None before the first run.
    """

    slug: str
    clock: BusinessClock
    delay: dt.timedelta
    recorded: frozenset[dt.date]
    first: dt.date | None

    def newest(self, now: dt.datetime) -> dt.date:
        """Return the newest business day whose run may have started at `now` (aware)."""
        return self.clock.last_complete_day(now - self.delay)

    def next_start(self, now: dt.datetime) -> dt.datetime:
        """Return the moment (UTC) of the next nightly run after `now` (aware)."""
        return self.clock.end_of(self.newest(now) + dt.timedelta(days=1)) + self.delay

    def missing(self, now: dt.datetime) -> list[dt.date]:
        """Return the days without results, newest first: the newest day, and the last few since the first run."""
        newest = self.newest(now)
        days = [newest - dt.timedelta(days=back) for back in range(CAUGHT_UP_DAYS + 1)]
        is_missed = [day == newest or (self.first is not None and day > self.first) for day in days]
        return [day for day, missed in zip(days, is_missed, strict=True) if missed and day not in self.recorded]


@dataclass(frozen=True)
class Attempt:
    """A run that was requested for a night; `failed_at` is None if it waits, runs, succeeded or was canceled."""

    failed_at: dt.datetime | None = None


@dataclass(frozen=True)
class Due:
    """A run to request: its key, which is never used twice, its restaurant and its day."""

    key: str
    slug: str
    as_of: dt.date


@dataclass(frozen=True)
class Decision:
    """The runs to request, the restaurants whose runs go on, and those whose newest night failed twice."""

    due: Sequence[Due]
    under_way: Sequence[str]
    given_up: Sequence[str]


def keys_of(fleet: Iterable[Nights], now: dt.datetime) -> list[str]:
    """Return every key that `due_runs` may ask about; empty if no day is missing."""
    return [key for nights in fleet for day in nights.missing(now) for key in (_key(nights, day), _second(nights, day))]


def due_runs(fleet: Iterable[Nights], attempts: Mapping[str, Attempt], now: dt.datetime) -> Decision:
    """Decide which runs to request at `now` (aware), given the attempts that were made before, by key.

    Each missing day is requested once, and the newest one a second time if the first run failed. All newest days come
    before the older ones, because people wait for them.
    """
    newest: list[Due] = []
    older: list[Due] = []
    under_way: list[str] = []
    given_up: list[str] = []
    for nights in fleet:
        for day in nights.missing(now):
            first, second = (key(nights, day) for key in (_key, _second))
            if first not in attempts:
                (newest if day == nights.newest(now) else older).append(Due(first, nights.slug, day))
            elif day != nights.newest(now):
                continue
            elif second in attempts:
                (given_up if attempts[second].failed_at else under_way).append(nights.slug)
            elif (failed_at := attempts[first].failed_at) and failed_at + PAUSE_BEFORE_SECOND_ATTEMPT <= now:
                newest.append(Due(second, nights.slug, day))
            else:
                under_way.append(nights.slug)
    return Decision([*newest, *older], under_way, given_up)


def _key(nights: Nights, day: dt.date) -> str:
    return f"{nights.slug} {day.isoformat()}"


def _second(nights: Nights, day: dt.date) -> str:
    return f"{_key(nights, day)} again"
