"""Days and times as spreadsheets count them: 45352.5 is noon of 1 March 2024; recognised by the column as a whole.

Serial numbers of the 1900 date system (ECMA-376 part 1, 18.17.4.1). The 1904 system is left out: only a workbook shows
that it is used, and there the reader handles it.
"""

from __future__ import annotations

import re

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates._order import STRAY_SHARE, DateEvidence
from flux_pipeline.ingest.table.texts import Texts

# Day 1 is 1900-01-01, and day 60 is 1900-02-29, which never existed: for all days after it, this is day 0.
_DAY_ZERO = np.datetime64("1899-12-30", "D")

# 1954 to 2064: numbers outside don't mean a day of a restaurant.
_FIRST, _END = 20_000, 60_000

_DAY_SERIAL = re.compile(r"[2-5][0-9]{4}(?:[.,][0-9]{1,20})?")
_TIME_SERIAL = re.compile(r"0|0?[.,][0-9]{1,20}|[0-9](?:[.,][0-9]{1,20})?[eE]-[0-9]{1,2}")

_SECONDS_A_DAY = 86_400
_SECONDS = 1_000_000


def serial_numbers(distinct: np.ndarray) -> np.ndarray:
    """Return the serial numbers of days (20000 to 60000) or times (0 to 1) as (k,) float64, NaN for other texts."""
    found = np.full(len(distinct), np.nan)
    for place, text in enumerate(distinct):
        if _DAY_SERIAL.fullmatch(text) or _TIME_SERIAL.fullmatch(text):
            found[place] = float(text.replace(",", "."))
    return found


def serial_days(numbers: np.ndarray) -> np.ndarray:
    """Return the day of each serial number: (k,) datetime64[D], NaT for NaN and for a time alone."""
    whole_days, _ = _parts(numbers)
    days: np.ndarray = np.where(
        whole_days >= _FIRST, _DAY_ZERO + whole_days.astype("timedelta64[D]"), np.datetime64("NaT", "D")
    )
    return days


def serial_clocks(numbers: np.ndarray) -> np.ndarray:
    """Return the time of day of each serial number, to the second: (k,) timedelta64[us], NaT if it has none.

    A whole number is a day alone: among times it would be read as midnight, and count for the day before. Programs
    write the fraction with as few as five digits, a step of nearly a second.
    """
    _, seconds = _parts(numbers)
    has_no_time = np.isnan(numbers) | ((numbers >= _FIRST) & (numbers % 1 == 0))
    clocks: np.ndarray = (seconds * _SECONDS).astype("timedelta64[us]")
    return np.where(has_no_time, np.timedelta64("NaT", "us"), clocks)


class SerialTally:
    """Number of rows of a column with serial numbers, and their days, gathered block by block."""

    def __init__(self) -> None:
        self._rows = 0
        self._timed_rows = 0
        self._latest_day_of_month = 0
        self._example = ""

    def add(self, texts: Texts) -> Texts:
        """Count the rows of one more block; return the texts without those that were counted."""
        numbers = serial_numbers(texts.distinct)
        are = ~np.isnan(numbers)
        if not are.any():
            return texts
        counts = texts.counts
        self._rows += int(counts[are].sum())
        self._timed_rows += int(counts[are & (numbers % 1 != 0)].sum())
        days = serial_days(numbers)
        days = days[~np.isnat(days)]
        if len(days):
            in_month = days - days.astype("datetime64[M]").astype("datetime64[D]")
            self._latest_day_of_month = max(self._latest_day_of_month, int(in_month.astype(np.int64).max()) + 1)
            self._example = self._example or str(texts.distinct[np.flatnonzero(are)[0]])
        others = texts.distinct.copy()
        others[are] = ""
        return Texts(others, texts.codes)

    @property
    def is_timed(self) -> bool:
        """Whether any of them has a time of day."""
        return self._timed_rows > 0

    def prevail(self, others: int) -> bool:
        """Return whether the column holds serial numbers, rather than slips among `others` rows of another form."""
        return self._rows > STRAY_SHARE * (self._rows + others)

    def check(self, evidence: DateEvidence) -> None:
        """Raise PermanentError if the numbers are dates that a spreadsheet read in another order than the other dates.

        A spreadsheet turns the texts that it can read into numbers, in its own order of day and month, and leaves the
        others as texts.
        """
        one_order_only = evidence.day_first + evidence.month_first
        is_mixed = self._latest_day_of_month and one_order_only and one_order_only >= evidence.dates
        if not is_mixed or self._latest_day_of_month > 12:
            return
        example = evidence.examples.get("day_first") or evidence.examples["month_first"]
        raise PermanentError(
            f"A date column mixes spreadsheet numbers such as {self._example}, none of them after the 12th of a month, "
            f"with texts such as {example}, all of them after it: a spreadsheet has swapped day and month in the "
            "numbers. Export the file again from its source, with dates as YYYY-MM-DD, and don't open it in between."
        )


def _parts(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return whole days and the seconds beyond them, (k,) int64 each."""
    known = np.where(np.isnan(numbers), 0, numbers)
    # Binary fractions are off by less than a millisecond.
    seconds = np.rint(known * _SECONDS_A_DAY).astype(np.int64)
    return seconds // _SECONDS_A_DAY, seconds % _SECONDS_A_DAY
