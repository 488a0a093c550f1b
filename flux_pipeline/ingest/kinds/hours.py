"""Files of opening hours: a restaurant's weekly hours, and its irregular closed days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import CLOCK, DAY, FLAG, INSTANT, TEXT, WEEKDAY
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract


def _lacks_hours(rows: pd.DataFrame) -> np.ndarray:
    lacks: np.ndarray = (~rows.is_closed & (rows.open_time.isna() | rows.close_time.isna())).to_numpy(dtype=bool)
    return lacks


def _is_both(rows: pd.DataFrame) -> np.ndarray:
    both: np.ndarray = (rows.is_closed & (rows.open_time.notna() | rows.close_time.notna())).to_numpy(dtype=bool)
    return both


OPERATING_HOURS = plain_contract(
    "operating_hours",
    "When a restaurant is open: a line for each day of the week and interval; the file replaces the stored hours.",
    (
        Field("day_of_week", "the day by its name", "Monday", required=True, words="shared.weekday", form=WEEKDAY),
        Field(
            "open_time",
            "when it opens, local time",
            "11:30",
            words="shared.start operating_hours.open_time",
            form=CLOCK,
        ),
        Field(
            "close_time",
            "when it closes, local time; may be after midnight",
            "14:30",
            words="shared.end operating_hours.close_time",
            form=CLOCK,
        ),
        Field("is_closed", "yes on a day off", "no", words="operating_hours.is_closed", form=FLAG),
    ),
    key=("day_of_week", "open_time", "close_time"),
    rules=(
        RowRule(
            "missing_hours",
            "open_time",
            "The row has neither both times nor yes in is_closed; expected open_time and close_time.",
            _lacks_hours,
        ),
        RowRule(
            "closed_with_hours",
            "is_closed",
            "The row has yes in is_closed and has opening hours; expected one of the two.",
            _is_both,
        ),
    ),
)

CLOSURES = plain_contract(
    "closures",
    "Irregular closed days of a restaurant: holidays, repairs.",
    (
        Field("date", "the closed day", "2024-12-24", required=True, words="shared.date closures.date", form=DAY),
        Field("reason", "shown with the forecast of the day", "Christmas Eve", words="closures.reason", form=TEXT),
        Field(
            "known_at",
            "when it became known, in UTC; default: when the file came in",
            "2024-11-01",
            words="shared.known_at",
            form=INSTANT,
        ),
    ),
    key=("date",),
    day_column="date",
)
