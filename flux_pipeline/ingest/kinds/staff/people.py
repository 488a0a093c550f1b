"""Files of employees and their skills. A roster needs personal data; logs and metadata get none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import EMAIL, FLAG, FLAG_ON, money, number, share, whole
from flux_pipeline.ingest.cells.weekdays import weekdays_of
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.contracts import Field, Matrix
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.names import fold_name

# A week has 168 hours.
_WEEKLY_HOURS = number(0, 168, decimals=2)
# In a column for one skill: that a person has it, or not.
_HAS = frozenset({*"xy\u2713\u2714\u2611", "yes", "ja", "oui", "si", "s\u00ed", "sim", "tak", "true"})
_HAS_NOT = frozenset({*"0n-\u2013\u2014", "no", "nein", "non", "nee", "n\u00e3o", "nie", "nej", "false"})


def _person(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the values by which two rows are one person: the email address, or the name if there is no address."""
    return pd.DataFrame({"email": rows.email, "name": rows.name.where(rows.email.isna(), None)})


def _is_spelled_differently(rows: pd.DataFrame) -> np.ndarray:
    """Return which rows without an address have another row's name but for its accents."""
    names = rows.name[rows.email.isna() & rows.name.notna()].map(lambda name: " ".join(name.casefold().split()))
    spellings = names.groupby(names.map(fold_name)).transform("nunique")
    different: np.ndarray = (spellings > 1).reindex(rows.index, fill_value=False).to_numpy(dtype=bool)
    return different


def _above_most(rows: pd.DataFrame, hours: str) -> np.ndarray:
    above: np.ndarray = (rows[hours] > rows.max_weekly_hours).to_numpy(dtype=bool)
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
            "what the person works as, or several roles, the main one first",
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
        Field(
            "skills",
            "what else the person can do, separated by commas; the name of a role lets them work in it",
            "Grill, Service",
            words="employees.skills",
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
            "contract_weekly_hours",
            "the hours a week that are paid as usual; more are overtime",
            "32",
            _WEEKLY_HOURS,
            words="employees.contract_weekly_hours",
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
            "unclear_person",
            "name",
            "'{found}' and another row differ only by accents, and neither has an email address; expected "
            "an address for each person. Add them, or give one person one row, and send the file again.",
            _is_spelled_differently,
        ),
        RowRule(
            "min_above_max_hours",
            "min_weekly_hours",
            "The min_weekly_hours ('{found}') are above the max_weekly_hours; expected at most the max_weekly_hours.",
            lambda rows: _above_most(rows, "min_weekly_hours"),
        ),
        RowRule(
            "contract_above_max_hours",
            "contract_weekly_hours",
            "The contract_weekly_hours ('{found}') are above the max_weekly_hours; expected at most these.",
            lambda rows: _above_most(rows, "contract_weekly_hours"),
        ),
    ),
    keeps_people=True,
    version="2",
)


def _is_skill(header: str, cells: Sequence[str]) -> bool:
    """Return whether a column is one skill: it holds levels or marks, and nothing else that is known of people."""
    known = (name for field in EMPLOYEES.fields for name in (field.name, *field.synonyms, *field.else_synonyms))
    is_known = normalised_name(header) in map(normalised_name, (*known, *words_of("shared.weekday")))
    marks = _HAS | _HAS_NOT | {*"12345"}
    return bool(cells) and not is_known and weekdays_of(header) is None and {cell.casefold() for cell in cells} <= marks


def _level_of(cell: str) -> str | None:
    mark = cell.casefold()
    return None if mark in _HAS_NOT else "" if mark in _HAS else cell


SKILLS = plain_contract(
    "skills",
    "What people can do: a line for each person and skill; a skill with the name of a role lets them work in it too.",
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
        Field(
            "skill",
            "the skill, or several separated by commas",
            "Grill",
            required=True,
            words="skills.skill",
        ),
        Field(
            "level",
            "how well, from 1 (learning) to 5 (teaches it); default: 1",
            "3",
            whole(1, 5),
            words="skills.level",
        ),
    ),
    key=("employee", "skill"),
    keeps_people=True,
    matrix=Matrix("skill", "level", _is_skill, _level_of),
)
