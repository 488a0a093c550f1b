"""What the cells of a field may hold, and the column that they become. Which fields a kind has, its contract says.

Sales, weather and events have rules of their own; kinds that are plain lists are read by the forms alone (plain.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.numbers import parse_numbers
from flux_pipeline.ingest.texts import Texts

# In English, German, French, Spanish, Italian, Dutch and Portuguese. A number names no day: some count from Sunday,
# some from Monday, some from 0 and some from 1.
_WEEKDAYS = (
    ("monday", "montag", "lundi", "lunes", "lunedì", "maandag", "segunda-feira"),
    ("tuesday", "dienstag", "mardi", "martes", "martedì", "dinsdag", "terça-feira"),
    ("wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì", "woensdag", "quarta-feira"),
    ("thursday", "donnerstag", "jeudi", "jueves", "giovedì", "donderdag", "quinta-feira"),
    ("friday", "freitag", "vendredi", "viernes", "venerdì", "vrijdag", "sexta-feira"),
    ("saturday", "samstag", "samedi", "sábado", "sabato", "zaterdag", "sonnabend"),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag"),
)
# Two letters that begin several days' names stand for the German ones, where such abbreviations are the custom.
_GERMAN = ("mo", "di", "mi", "do", "fr", "sa", "so")
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "ja", "oui", "sí", "si", "sì", "sim"})
_NO = frozenset({"no", "n", "false", "f", "0", "", "nein", "non", "não", "nee"})


class Kind(Enum):
    """What sort of thing stands in a cell."""

    TEXT = "text"
    DAY = "a day"
    CLOCK = "a time of day"
    MOMENT = "a day, alone or with a time"
    INSTANT = "a day or a time in UTC"
    NUMBER = "a number"
    MONEY = "an amount of money"
    FLAG = "yes or no"
    WEEKDAY = "a day of the week"
    CHOICE = "one of a few words"


@dataclass(frozen=True)
class Form:
    """What a field's cells may hold.

    Numbers are of `decimals` places and from `low` to `high`, both inclusive. `choices` maps the words that may stand
    in the file, in lower case, to the one that is stored.
    """

    kind: Kind
    low: float = 0
    high: float = 10**9 - 1
    decimals: int = 3
    choices: Mapping[str, str] | None = None

    @property
    def expected(self) -> str:
        """What a cell should hold, in words."""
        if self.kind in (Kind.NUMBER, Kind.MONEY):
            return f"{self.kind.value} from {self.low:,.{self.shown}f} to {self.high:,.{self.shown}f}"
        if self.kind is Kind.CHOICE and self.choices:
            return f"one of {', '.join(dict.fromkeys(self.choices.values()))}"
        return "a day of the week by name" if self.kind is Kind.WEEKDAY else self.kind.value

    @property
    def shown(self) -> int:
        """The decimals with which a bound is written."""
        return 0 if self.low == int(self.low) and self.high == int(self.high) else self.decimals

    def column(self, required: bool) -> pa.Column:
        """The promise that a column of this form keeps."""
        dtypes = {
            Kind.DAY: "datetime64[s]",
            Kind.INSTANT: pd.DatetimeTZDtype("us", "UTC"),
            Kind.NUMBER: "float64",
            Kind.MONEY: "float64",
            Kind.FLAG: "bool",
            Kind.WEEKDAY: "Int64",
        }
        checks = {
            Kind.TEXT: pa.Check.ne(""),
            Kind.NUMBER: pa.Check.in_range(self.low, self.high),
            Kind.MONEY: pa.Check.in_range(self.low, self.high),
            Kind.WEEKDAY: pa.Check.in_range(0, 6),
            Kind.CHOICE: pa.Check.isin(sorted(set((self.choices or {}).values()))),
        }
        return pa.Column(dtypes.get(self.kind, object), checks.get(self.kind), nullable=not required)


TEXT = Form(Kind.TEXT)
DAY = Form(Kind.DAY)
CLOCK = Form(Kind.CLOCK)
MOMENT = Form(Kind.MOMENT)
INSTANT = Form(Kind.INSTANT)
NUMBER = Form(Kind.NUMBER)
MONEY = Form(Kind.MONEY)
FLAG = Form(Kind.FLAG)
WEEKDAY = Form(Kind.WEEKDAY)


def number(low: float, high: float, decimals: int = 3) -> Form:
    """A number from `low` to `high`, rounded half up to `decimals` places."""
    return Form(Kind.NUMBER, low, high, decimals)


def whole(low: int, high: int) -> Form:
    """A whole number from `low` to `high`."""
    return Form(Kind.NUMBER, low, high, 0)


def money(decimals: int = 2, low: float = 0) -> Form:
    """An amount of money, with or without a currency sign."""
    return Form(Kind.MONEY, low, 10**8, decimals)


def choice(*words: str, **synonyms: str) -> Form:
    """One of `words`; `synonyms` maps further words to them."""
    return Form(Kind.CHOICE, choices={**{word: word for word in words}, **synonyms})


def parse_cells(texts: Texts, form: Form, mark: str) -> tuple[np.ndarray, np.ndarray]:
    """The values (n,) of a column of any form but those of days and times, and which cells are bad (n,) bool.

    An empty cell is None, NaN or, of a flag, False, and never bad.
    """
    if form.kind in (Kind.NUMBER, Kind.MONEY):
        return _parse_numbers(texts, form, mark)
    values = np.empty(len(texts.distinct), dtype=object)
    values[:] = [_value(cell, form) if cell else None for cell in texts.distinct]
    bad = np.array(
        [value is None and bool(cell) for value, cell in zip(values, texts.distinct, strict=True)], dtype=bool
    )
    if form.kind is Kind.FLAG:
        values = np.array([bool(value) for value in values], dtype=bool)
    return texts.spread(values), texts.spread(bad)


def _parse_numbers(texts: Texts, form: Form, mark: str) -> tuple[np.ndarray, np.ndarray]:
    # What is kept is the number as written, rounded; a bound is held against that.
    below = int(max(abs(form.low), abs(form.high))) + 1
    found = parse_numbers(texts, decimals=form.decimals, below=below, mark=mark, money=form.kind is Kind.MONEY)
    values = np.where(found.good, found.scaled / 10.0**form.decimals, np.nan)
    outside = (values < form.low) | (values > form.high)
    return np.where(outside, np.nan, values), found.bad | outside


def _value(cell: str, form: Form) -> object:
    word = cell.casefold()
    if form.kind is Kind.FLAG:
        return True if word in _YES else False if word in _NO else None
    if form.kind is Kind.WEEKDAY:
        return _weekday(word)
    if form.kind is Kind.CHOICE:
        return (form.choices or {}).get(word)
    return " ".join(cell.split())


def _weekday(word: str) -> int | None:
    """0 for Monday to 6 for Sunday, from a name or the beginning of one, of two letters or more."""
    start = word.rstrip(".")
    days = [day for day, names in enumerate(_WEEKDAYS) if any(name.startswith(start) for name in names)]
    if len(start) >= 2 and len(days) == 1:
        return days[0]
    return _GERMAN.index(start) if start in _GERMAN else None
