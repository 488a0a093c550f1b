"""Files of employees and their availability. A roster needs personal data; logs and metadata get none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import CLOCK, EMAIL, FLAG, FLAG_ON, WEEKDAY, choice, money, number, share
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract

# A week has 168 hours.
_WEEKLY_HOURS = number(0, 168, decimals=2)

_MIDNIGHT = dt.time(0)


def _person(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the values by which two rows are one person: the email address, or the name if there is no address."""
    return pd.DataFrame({"email": rows.email, "name": rows.name.where(rows.email.isna(), None)})


def _fewest_above_most(rows: pd.DataFrame) -> np.ndarray:
    above: np.ndarray = (rows.min_weekly_hours > rows.max_weekly_hours).to_numpy(dtype=bool)
    return above


EMPLOYEES = plain_contract(
    "employees",
    "Who works here: a line for each person, with the role and the hours a week.",
    (
        Field(
            "name",
            "the person's name, in one column or in two",
            "Ada Kok",
            required=True,
            words="shared.employee employees.name",
            is_person=True,
        ),
        Field(
            "role",
            "what the person works as",
            "Kitchen",
            required=True,
            words="employees.role",
            else_words="employees.role_else",
        ),
        Field(
            "email",
            "the address that identifies the person in later files",
            "ada@example.com",
            EMAIL,
            words="employees.email",
        ),
        Field("hourly_rate", "what an hour costs", "15.50", money(), words="employees.hourly_rate"),
        Field(
            "min_weekly_hours",
            "the fewest hours a week; default: none",
            "20",
            _WEEKLY_HOURS,
            words="employees.min_weekly_hours",
        ),
        Field(
            "max_weekly_hours",
            "the most hours a week; default: 40",
            "38.5",
            _WEEKLY_HOURS,
            words="employees.max_weekly_hours",
        ),
        Field(
            "performance_score",
            "how well the person does, from 0 to 1 or in per cent",
            "85%",
            share(),
            words="employees.performance_score",
        ),
        Field(
            "training_completed",
            "yes if the person is trained; default: no",
            "yes",
            FLAG,
            words="employees.training_completed",
        ),
        Field(
            "is_active",
            "no if the person has left; default: yes",
            "yes",
            FLAG_ON,
            words="shared.is_active employees.is_active",
        ),
    ),
    key=_person,
    rules=(
        RowRule(
            "min_above_max_hours",
            "min_weekly_hours",
            "The min_weekly_hours ('{found}') are above the max_weekly_hours; expected at most the max_weekly_hours.",
            _fewest_above_most,
        ),
    ),
    keeps_people=True,
)


def _lacks_a_time(rows: pd.DataFrame) -> np.ndarray:
    lacks: np.ndarray = (rows.start_time.isna() != rows.end_time.isna()).to_numpy(dtype=bool)
    return lacks


def _is_no_time(rows: pd.DataFrame) -> np.ndarray:
    # From midnight to midnight means the whole day.
    same: np.ndarray = ((rows.start_time == rows.end_time) & (rows.start_time != _MIDNIGHT)).to_numpy(dtype=bool)
    return same & rows.start_time.notna().to_numpy(dtype=bool)


AVAILABILITY = plain_contract(
    "availability",
    "When people can work: a line for each person, day of the week and interval; without times, the whole day.",
    (
        Field(
            "employee",
            "the person's name or email address, as in the file of employees",
            "Ada Kok",
            required=True,
            words="shared.employee availability.employee",
            is_of_group=True,
            is_person=True,
        ),
        Field("day_of_week", "the day by its name", "Monday", WEEKDAY, required=True, words="shared.weekday"),
        Field("start_time", "from when, local time", "09:00", CLOCK, words="shared.start availability.start_time"),
        Field(
            "end_time",
            "until when, local time; may be after midnight",
            "17:00",
            CLOCK,
            words="shared.end availability.end_time",
        ),
        Field(
            "preference",
            "preferred, available or unavailable; default: available",
            "preferred",
            choice(
                {
                    "preferred": "prefer,preference,gladly,bevorzugt,gern,gerne,préféré,préférence,preferido,"
                    "preferente,preferito,voorkeur,liever",
                    "available": "yes,y,x,ok,can,verfügbar,ja,disponible,oui,sí,disponibile,beschikbaar,disponível,sim",
                    "unavailable": "no,n,off,not available,cannot,nicht verfügbar,nein,frei,indisponible,"
                    "non disponible,non,no disponible,non disponibile,niet beschikbaar,nee,indisponível,não",
                },
                default="available",
            ),
            words="availability.preference",
        ),
    ),
    key=("employee", "day_of_week", "start_time"),
    rules=(
        RowRule(
            "missing_time",
            "start_time",
            "The row has only one of start_time and end_time; expected both, or neither for the whole day.",
            _lacks_a_time,
        ),
        RowRule(
            "no_time_between",
            "end_time",
            "The row ends when it starts ('{found}'); expected a later time, or no times for the whole day.",
            _is_no_time,
        ),
    ),
    keeps_people=True,
)
