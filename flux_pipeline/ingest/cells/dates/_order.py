"""Order of the dates in a file, found from all its dates, else from the sender's hint, else from the country.

One order holds for all date columns of a file, never row by row: read individually, 03/04 and 13/04 would land in
different months.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates.parts import (
    DAY_FIRST,
    MONTH_FIRST,
    NO_YEAR,
    SHORT_YEAR_FIRST,
    YEAR_FIRST,
    DayParts,
    read_day,
)
from flux_pipeline.ingest.table.texts import Tally
from flux_pipeline.wording import count_of

EVIDENCE, HINT, COUNTRY = "evidence", "hint", "country"

# Territories whose main language writes a short date as month/day/year in Unicode's CLDR 46 (dateFormats, short): the
# United States and its islands, the Philippines and Panama. Eritrea and Ghana have that order too, but for languages
# that their tills don't print; there only the file's own dates decide.
_MONTH_FIRST_COUNTRIES = frozenset({"US", "AS", "GU", "MH", "MP", "PA", "PH", "PR", "UM", "VI"})
# Countries with the year first in CLDR. Their custom doesn't show which number is the day if the year comes last.
_YEAR_FIRST_COUNTRIES = frozenset(
    {*("AF", "AX", "BT", "CA", "CN", "GL", "HU", "IR", "JP", "KP", "KR", "LK", "LS", "LT", "MG", "MN", "NA", "NP")}
    | {"RW", "SE", "TW", "ZA", "ZW"}
)
_UNSETTLED_COUNTRIES = _YEAR_FIRST_COUNTRIES | {"ER", "GH"}

# A typed file may have a few impossible dates; more than one in a hundred means that two orders are mixed, and then no
# reading of the others can be trusted.
STRAY_SHARE = 0.01

_NAMES = {DAY_FIRST: "the day first", MONTH_FIRST: "the month first", YEAR_FIRST: "the year first"}
_GIVE_ORDER = "Give it with --date-order day-first or --date-order month-first, or write the dates as YYYY-MM-DD."


@dataclass(frozen=True)
class FoundOrder:
    """The order found (YEAR_FIRST and so on), or None if no date needs one; `by` is its ground."""

    order: str | None = None
    by: str | None = None


@dataclass
class DateEvidence:
    """Counts of rows by what their dates show.

    `either` counts dates that both orders read as different days, `same` those like 05/05, `settled` dates that are the
    same in every order, `iso` those of them that begin with the year, `led_by_year` the other dates that could begin
    with a year of two digits. `firsts` and `thirds` are the numbers at both ends.
    """

    settled: int = 0
    iso: int = 0
    day_first: int = 0
    month_first: int = 0
    either: int = 0
    same: int = 0
    without_year: int = 0
    examples: dict[str, str] = field(default_factory=dict)
    firsts: set[int] = field(default_factory=set)
    thirds: set[int] = field(default_factory=set)
    led_by_year: int = 0
    not_led_by_year: int = 0

    @classmethod
    def of(cls, columns: Sequence[Tally]) -> DateEvidence:
        """Return the evidence of the distinct texts of all date columns together."""
        evidence = cls()
        for column in columns:
            for text, count in zip(column.distinct, column.counts, strict=True):
                parts = read_day(text)
                if parts is not None:
                    evidence._add(text, parts, count)
        return evidence

    @property
    def open(self) -> int:
        """The number of dates whose order must be known."""
        return self.day_first + self.month_first + self.either + self.same

    @property
    def dates(self) -> int:
        """The number of all dates."""
        return self.open + self.settled

    @property
    def year_may_lead(self) -> bool:
        """Whether the dates of two digits each are days with the year first, except for strays."""
        return self.not_led_by_year <= STRAY_SHARE * self.led_by_year

    @property
    def lacks_years(self) -> bool:
        """Whether most dates have no year; a few without one are slips, each rejected on its own."""
        return 2 * self.without_year > self.dates

    def _add(self, text: str, parts: DayParts, count: int) -> None:
        if parts.settled:
            self.settled += count
            self.without_year += count if parts.year == NO_YEAR else 0
            self.iso += count if text[:4].isdigit() else 0
            return
        count_as = _order_shown_by(parts.first, parts.second)
        if 1 <= parts.second <= 12 and 1 <= parts.third <= 31:
            self.led_by_year += count
        else:
            self.not_led_by_year += count
        if count_as is None:
            return
        self.without_year += count if parts.year == NO_YEAR else 0
        setattr(self, count_as, getattr(self, count_as) + count)
        self.examples.setdefault(count_as, text)
        self.firsts.add(parts.first)
        self.thirds.add(parts.third)


def find_order(evidence: DateEvidence, hint: str | None = None, country_code: str | None = None) -> FoundOrder:
    """Return the order of the dates of a file.

    Args:
        evidence: of all its dates.
        hint: the order that the sender states, "day_first", "month_first" or "year_first"; used if the file's dates
            don't settle it.
        country_code: the restaurant's country (ISO 3166-1 alpha-2); used if there is no hint.

    Raises:
        PermanentError: every date can be read both ways and nothing settles it, the dates contradict each other or the
            hint, or the hint is unknown.
    """
    if hint is not None and hint not in _NAMES:
        raise PermanentError(
            f"Unknown date order '{hint}'. Choose one of: day-first, month-first, year-first. Correct --date-order."
        )
    if not evidence.open:
        return FoundOrder(YEAR_FIRST, EVIDENCE) if evidence.iso else FoundOrder()
    led_by_year = _led_by_year(evidence, hint, country_code)
    if led_by_year is not None:
        return led_by_year
    if evidence.day_first or evidence.month_first:
        return _shown_by_file(evidence, hint)
    if evidence.either > STRAY_SHARE * evidence.settled:
        return _settled_from_outside(evidence, hint, country_code)
    if evidence.iso:
        return FoundOrder(YEAR_FIRST, EVIDENCE)
    # Only dates like 05/05 are left, which are the same in both orders.
    return FoundOrder(DAY_FIRST, EVIDENCE) if evidence.same else FoundOrder()


def _led_by_year(evidence: DateEvidence, hint: str | None, country_code: str | None) -> FoundOrder | None:
    """Return the order in which 24/03/13 is the 13th, if hint or country allow it; None if the year comes last."""
    if hint == YEAR_FIRST:
        if evidence.year_may_lead:
            return FoundOrder(SHORT_YEAR_FIRST, HINT)
        if evidence.open <= STRAY_SHARE * evidence.dates:
            return FoundOrder(YEAR_FIRST, EVIDENCE)
        example = next(iter(evidence.examples.values()))
        raise _contradicted(
            "year-first", f"{count_of(evidence.open, 'date')} such as {example} can't be read with the year first"
        )
    if hint or country_code not in _YEAR_FIRST_COUNTRIES or not evidence.year_may_lead:
        return None
    # Of the numbers at both ends, the one that varies more is the day: years repeat, days don't.
    if len(evidence.firsts) == len(evidence.thirds):
        example = next(iter(evidence.examples.values()))
        raise _two_ways(example, DAY_FIRST, SHORT_YEAR_FIRST, _GIVE_ORDER.replace("month-first", "year-first"))
    return FoundOrder(SHORT_YEAR_FIRST, COUNTRY) if len(evidence.firsts) < len(evidence.thirds) else None


def _shown_by_file(evidence: DateEvidence, hint: str | None) -> FoundOrder:
    day_first, month_first = evidence.day_first, evidence.month_first
    if min(day_first, month_first) > STRAY_SHARE * max(day_first, month_first):
        raise PermanentError(
            f"The file mixes two orders of dates: {day_first} can only be read with the day first, {month_first} "
            "only with the month first; expected one order. Write the dates as YYYY-MM-DD and send the file again."
        )
    order = DAY_FIRST if day_first > month_first else MONTH_FIRST
    if hint is None or hint == order:
        return FoundOrder(order, EVIDENCE)
    decisive = max(day_first, month_first)
    if decisive <= STRAY_SHARE * evidence.open:
        return FoundOrder(hint, HINT)
    found = f"{count_of(decisive, 'date')} such as {evidence.examples[order]} can only be read with {_NAMES[order]}"
    raise _contradicted(hint.replace("_", "-"), found)


def _settled_from_outside(evidence: DateEvidence, hint: str | None, country_code: str | None) -> FoundOrder:
    if hint is not None:
        return FoundOrder(hint, HINT)
    if country_code and country_code not in _UNSETTLED_COUNTRIES:
        return FoundOrder(MONTH_FIRST if country_code in _MONTH_FIRST_COUNTRIES else DAY_FIRST, COUNTRY)
    raise _two_ways(evidence.examples["either"], DAY_FIRST, MONTH_FIRST, _GIVE_ORDER)


def _order_shown_by(first: int, second: int) -> str | None:
    if not (1 <= first <= 31 and 1 <= second <= 31) or min(first, second) > 12:
        return None
    if first == second:
        return "same"
    if max(first, second) <= 12:
        return "either"
    return "day_first" if first > second else "month_first"


def _contradicted(hint: str, found: str) -> PermanentError:
    return PermanentError(
        f"--date-order {hint} was given, but {found}; expected one order in the whole file. Leave --date-order out, or "
        "correct the dates."
    )


def _two_ways(example: str, first: str, second: str, advice: str) -> PermanentError:
    names = {**_NAMES, SHORT_YEAR_FIRST: "the year first"}
    return PermanentError(
        f"The dates can be read two ways: {example} is {_spelt_out(example, first)} with {names[first]} and "
        f"{_spelt_out(example, second)} with {names[second]}; expected at least one date that settles it, such as a "
        f"day after the 12th. {advice}"
    )


def _spelt_out(text: str, order: str) -> str:
    parts = read_day(text)
    year, month, day = parts.in_order(order) if parts else (NO_YEAR, 0, 0)
    try:
        # A leap year, which has every day that a date without a year may have.
        date = dt.date(2000 if year == NO_YEAR else year, month, day)
    except ValueError:
        return "not a date"
    return f"{date.day} {date:%B}" + ("" if year == NO_YEAR else f" {year:04d}")
