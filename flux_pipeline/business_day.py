"""Business days: the day a moment belongs to, the moment a day ends, and the names of the weekdays.

A business day begins and ends at the restaurant's cutoff (04:00 unless it set another): a sale at 01:30 belongs to the
day before. Put every rule that needs the cutoff here.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

# As `date.weekday()` counts: 0 is Monday.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class BusinessClock:
    """A restaurant's clock: its IANA timezone, and the local time at which a business day ends and the next begins."""

    timezone: str
    cutoff: dt.time

    def last_complete_day(self, now: dt.datetime) -> dt.date:
        """Return the newest business day that has ended at `now` (aware).

        It goes by `end_of`, so that a day stays complete when clocks are put back over the cutoff.
        """
        day = now.astimezone(ZoneInfo(self.timezone)).date() - dt.timedelta(days=1)
        return day if self.end_of(day) <= now else day - dt.timedelta(days=1)

    def end_of(self, day: dt.date) -> dt.datetime:
        """Return the moment (UTC) at which business day `day` ends; facts known only later don't count for it."""
        local = dt.datetime.combine(day + dt.timedelta(days=1), self.cutoff, ZoneInfo(self.timezone))
        return local.astimezone(dt.UTC)

    def moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        """Return the aware moment of local time `time` on business day `day`; before the cutoff it is the next date."""
        night = dt.timedelta(days=1 if self.is_before_cutoff(time) else 0)
        return dt.datetime.combine(day + night, time, ZoneInfo(self.timezone))

    def is_before_cutoff(self, time: Any) -> Any:
        """Return whether a local time belongs to the business day that began on the date before; or an SQL column."""
        return time < self.cutoff

    @property
    def cutoff_after_midnight(self) -> dt.timedelta:
        """The time from midnight to the cutoff; subtract it from a local time to get the date of its business day."""
        return dt.timedelta(hours=self.cutoff.hour, minutes=self.cutoff.minute, seconds=self.cutoff.second)


def days_in_words(days: Iterable[int]) -> str:
    """Return days of the week (0 = Monday) in words, three or more in a row as a range: "Mon-Wed, Sat, Sun"."""
    spans = []
    for _, run in groupby(enumerate(sorted(days)), key=lambda pair: pair[1] - pair[0]):
        names = [WEEKDAYS[day][:3] for _, day in run]
        spans.append(f"{names[0]}-{names[-1]}" if len(names) > 2 else ", ".join(names))
    return ", ".join(spans)
