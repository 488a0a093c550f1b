"""Availability in a few words: weekly times such as "Mon-Fri 07:00-15:00", exceptions such as "off 24-31 Dec"."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flux_pipeline.business_day import days_in_words
from flux_pipeline.store.staff.exceptions import MIDNIGHT, Dated


class Weekly(NamedTuple):
    """A time of a day of the week (0 = Monday); an end at or before the start is on the next day."""

    day_of_week: int
    start_time: dt.time
    end_time: dt.time
    preference: str

    @property
    def in_words(self) -> str:
        """The times: "07:00-15:00", or "all day"."""
        whole = self.start_time == self.end_time == MIDNIGHT
        return "all day" if whole else f"{self.start_time:%H:%M}-{self.end_time:%H:%M}"


def week_in_words(times: Sequence[Weekly]) -> str:
    """Return weekly times in words: "Mon-Fri 07:00-15:00; Sat all day", "any time", or "any time but Sun"."""
    can = _days_and_times(each for each in times if each.preference != "unavailable")
    cannot = _days_and_times(each for each in times if each.preference == "unavailable")
    if not cannot:
        return can or "any time"
    return f"{can or 'any time'} but not {cannot.replace(' all day', '')}"


def exception_in_words(each: Dated, zone: ZoneInfo) -> str:
    """Return an exception in words: "off 24-31 Dec (holiday)", "off 20 Dec 09:00-13:00", "also 22 Dec 17:00-23:00"."""
    starts, ends = each.starts_at.astimezone(zone), each.ends_at.astimezone(zone)
    word = "also" if each.is_available else "off"
    why = "" if each.is_available or each.reason == "other" else f" ({each.reason})"
    if starts.time() == ends.time() == MIDNIGHT:
        last = ends.date() - dt.timedelta(days=1)
        return f"{word} {_span_of_days(starts.date(), last)}{why}"
    until = f"{ends:%H:%M}" if ends - starts < dt.timedelta(days=1) else f"{_day(ends.date())} {ends:%H:%M}"
    return f"{word} {_day(starts.date())} {starts:%H:%M}-{until}{why}"


def _days_and_times(times: Iterable[Weekly]) -> str:
    """Return days with the same times together, such as "Mon-Wed, Fri 07:00-15:00; Sat all day"."""
    of_day: dict[int, list[str]] = {}
    for each in times:
        of_day.setdefault(each.day_of_week, []).append(each.in_words)
    days: dict[str, list[int]] = {}
    for day, spans in sorted(of_day.items()):
        days.setdefault(" ".join(spans), []).append(day)
    return "; ".join(f"{days_in_words(found)} {spans}" for spans, found in days.items())


def _span_of_days(first: dt.date, last: dt.date) -> str:
    if first == last:
        return _day(first)
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"{first.day if same_month else _day(first)}-{_day(last)}"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b}"
