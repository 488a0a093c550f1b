"""Days on which something happened, with the time of day where a file has one, for the plain kinds that need both."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.contracts import ReadContext
from flux_pipeline.ingest.kinds.sales.days import find_business_days, is_business_day
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts


@dataclass(frozen=True)
class Happened:
    """The fields `day` and `time` of what happened before its file came in.

    The rows have the business day in the column `day`, and in place of the time the column `moment`, in UTC, NaT
    without a time. A time before the restaurant's cutoff counts for the business day before.
    """

    day: str
    time: str
    moment: str

    @property
    def columns(self) -> dict[str, pa.Column]:
        """The schemas of the columns, by field."""
        moment = pa.Column(pd.DatetimeTZDtype("us", "UTC"), nullable=True, name=self.moment)
        return {self.day: pa.Column("datetime64[s]", name=self.day), self.time: moment}

    def read(self, table: MappedTable, context: ReadContext, verdicts: Verdicts) -> dict[str, object]:
        """Return the two columns; reject rows for bad_<day>, bad_time and future_date, in this order."""
        days, times = (context.survey.moments(table, name) for name in (self.day, self.time))
        verdicts.reject(
            (np.isnat(days.day) | days.bad_clock) & ~days.blank,
            f"bad_{self.day}",
            self.day,
            f"'{{found}}' can't be the {self.day}; expected a day, alone or with a time, such as 2024-03-01.",
        )
        verdicts.reject(
            times.bad_clock | times.bad_day,
            "bad_time",
            self.time,
            "'{found}' is not a time of day; expected one such as 18:30.",
        )
        reject_future(verdicts, context, self.day, days.day)
        stated = is_business_day(table.headers.get(self.day, ""))
        found = find_business_days(days, times, context.place, stated=stated)
        return {self.day: found.business_date, self.moment: found.sold_at}


def reject_future(verdicts: Verdicts, context: ReadContext, field: str, days: np.ndarray) -> None:
    """Reject rows of a day (n, datetime64) after that on which the file came in."""
    if (today := _today(context)) is not None:
        verdicts.reject(
            days > np.datetime64(today),
            "future_date",
            field,
            f"'{{found}}' is after the day on which the file came in; expected {today} at the latest. Check the year.",
        )


def _today(context: ReadContext) -> dt.date | None:
    """Return the restaurant's day on which the file came in; None if it is unknown."""
    if context.known_at is None:
        return None
    if context.place is not None:
        return context.known_at.astimezone(ZoneInfo(context.place.timezone)).date()
    # A day ahead of UTC is today in Auckland.
    return context.known_at.astimezone(dt.UTC).date() + dt.timedelta(days=1)
