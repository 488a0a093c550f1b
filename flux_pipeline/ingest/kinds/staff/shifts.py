"""Files of shift templates: the shifts that repeat every week."""

from __future__ import annotations

import pandas as pd

from flux_pipeline.ingest.cells.forms import CLOCK, WEEKDAYS
from flux_pipeline.ingest.contracts import Field, ReadContext
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.ingest.table.mapped import MappedTable

_EVERY_DAY = tuple(range(7))


def _named(rows: pd.DataFrame, _table: MappedTable, _context: ReadContext) -> pd.DataFrame:
    """Call a shift without a name by its times, and give one without days every day."""
    times = [
        None if start is None or end is None else f"{start:%H:%M}-{end:%H:%M}"
        for start, end in zip(rows.start_time, rows.end_time, strict=True)
    ]
    days = [_EVERY_DAY if found is None else found for found in rows.days]
    return rows.assign(name=rows.name.where(rows.name.notna(), times), days=pd.Series(days, dtype=object))


SHIFT_TEMPLATES = plain_contract(
    "shift_templates",
    "Shifts that repeat every week: a line for each role and shift; the file replaces the shifts of its roles.",
    (
        Field(
            "role",
            "who works the shift",
            "Kitchen",
            required=True,
            words="employees.role",
            else_words="employees.role_else",
            is_of_group=True,
        ),
        Field("name", "the name of the shift; default: its times", "Early", words="shift_templates.name"),
        Field(
            "start_time",
            "when it starts, local time",
            "07:00",
            CLOCK,
            required=True,
            words="shared.start shift_templates.start_time",
        ),
        Field(
            "end_time",
            "when it ends, local time; may be after midnight",
            "15:00",
            CLOCK,
            required=True,
            words="shared.end shift_templates.end_time",
        ),
        Field(
            "days",
            "the days on which it starts; default: every day",
            "Mon-Fri",
            WEEKDAYS,
            words="shared.weekday shift_templates.days",
        ),
    ),
    key=("role", "name", "start_time", "end_time", "days"),
    complete=_named,
    rules=(
        RowRule(
            "no_time_between",
            "end_time",
            "The shift ends when it starts ('{found}'); expected a later time.",
            lambda rows: ((rows.start_time == rows.end_time) & rows.start_time.notna()).to_numpy(dtype=bool),
        ),
    ),
)
