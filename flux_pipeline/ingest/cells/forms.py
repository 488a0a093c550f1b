"""Forms of fields: what their cells may hold, and the column that they become. The contract gives a field its form.

Sales, weather and events also have rules of their own; plain kinds are read by the forms alone (kinds/plain.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.cells.dates.names import weekday_of
from flux_pipeline.ingest.cells.fractions import without_fractions
from flux_pipeline.ingest.cells.numbers import Numbers, parse_numbers
from flux_pipeline.ingest.cells.weekdays import weekdays_of
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name

_YES = frozenset(
    {
        *("yes", "y", "true", "t", "1", "x", "ja", "oui", "si", "sim", "wahr", "vrai", "verdadero", "vero", "waar"),
        *("verdadeiro", "active", "aktiv", "actif", "activo", "attivo", "actief", "ativo"),
    }
)
_NO = frozenset(
    {
        *("no", "n", "false", "f", "0", "nein", "non", "nao", "nee", "falsch", "faux", "falso", "onwaar", "inactive"),
        *("inaktiv", "inactif", "inactivo", "inattivo", "inactief", "inativo"),
    }
)

# Enough to distinguish an address from a name or a number; only a message would show whether it exists.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Kind(Enum):
    """The kind of value in a cell."""

    TEXT = "text"
    DAY = "a day"
    CLOCK = "a time of day"
    MOMENT = "a day, alone or with a time"
    INSTANT = "a day or a time in UTC"
    NUMBER = "a number"
    MONEY = "an amount of money"
    SHARE = "a percentage"
    FLAG = "yes or no"
    WEEKDAY = "a day of the week"
    WEEKDAYS = "days of the week"
    CHOICE = "one of a few words"
    EMAIL = "an email address"


@dataclass(frozen=True)
class Form:
    """The allowed contents of a field's cells.

    Numbers have `decimals` places and are from `low` to `high`, both inclusive; a share is kept as 0 to 1. `choices`
    maps the words that the file may have, folded, to the word that is stored. `default` is the value of an empty cell
    of a flag or choice, `otherwise` what any other word than those of a choice means; without it, such a word is bad.
    Numbers with `fractions` may be written as `1 1/2`, those with `percents` as `85%`. A bare share from
    `percents_from` on is in per cent; one between 1 and it may be a factor, and is bad. With `only_empty`, a dash or
    `n/a` is bad, because it may mean 0 as well as unknown. `described` says what is expected where the words would be
    many.
    """

    kind: Kind
    low: float = 0
    high: float = 10**9 - 1
    decimals: int = 3
    choices: Mapping[str, str] | None = None
    default: bool | str | None = None
    fractions: bool = False
    otherwise: str | None = None
    described: str = ""
    percents: bool = False
    percents_from: float = 1
    only_empty: bool = False

    @property
    def expected(self) -> str:
        """The expected content of a cell, in words."""
        if self.described:
            return self.described
        if self.kind is Kind.SHARE:
            return f"{self.kind.value} from {self._written(self.low * 100)}% to {self._written(self.high * 100)}%"
        if self.kind in (Kind.NUMBER, Kind.MONEY):
            name = "a whole number" if self.is_whole else self.kind.value
            return f"{name} from {self._written(self.low)} to {self._written(self.high)}"
        if self.kind is Kind.CHOICE and self.choices:
            return f"one of {', '.join(dict.fromkeys(self.choices.values()))}"
        return f"{self.kind.value} by name" if self.kind in (Kind.WEEKDAY, Kind.WEEKDAYS) else self.kind.value

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.kind is Kind.NUMBER and self.decimals == 0

    def _written(self, bound: float) -> str:
        text = f"{bound:,.{self.decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def column(self, required: bool) -> pa.Column:
        """Return the schema of a column of this form."""
        dtypes = {
            Kind.DAY: "datetime64[s]",
            Kind.INSTANT: pd.DatetimeTZDtype("us", "UTC"),
            Kind.NUMBER: "Int64" if self.is_whole else "float64",
            Kind.MONEY: "float64",
            Kind.SHARE: "float64",
            Kind.FLAG: "bool",
            Kind.WEEKDAY: "Int64",
        }
        checks = {
            Kind.TEXT: pa.Check.ne(""),
            Kind.EMAIL: pa.Check.ne(""),
            Kind.NUMBER: pa.Check.in_range(self.low, self.high),
            Kind.MONEY: pa.Check.in_range(self.low, self.high),
            Kind.SHARE: pa.Check.in_range(self.low, self.high),
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
FLAG = Form(Kind.FLAG, default=False)
FLAG_ON = Form(Kind.FLAG, default=True)
EMAIL = Form(Kind.EMAIL)
WEEKDAY = Form(Kind.WEEKDAY)
WEEKDAYS = Form(Kind.WEEKDAYS)


def number(low: float, high: float, decimals: int = 3, *, fractions: bool = False) -> Form:
    """Return the form of a number from `low` to `high`, rounded half up to `decimals` places."""
    return Form(Kind.NUMBER, low, high, decimals, fractions=fractions)


def whole(low: int, high: int) -> Form:
    """Return the form of a whole number from `low` to `high`."""
    return Form(Kind.NUMBER, low, high, 0)


def money(decimals: int = 2, low: float = 0) -> Form:
    """Return the form of an amount of money, with or without a currency sign."""
    # Even where a coffee costs tens of thousands (rupiah, dong), a bottle of wine costs tens of millions at most.
    return Form(Kind.MONEY, low, 10**8 - 1, decimals)


def share(low: float = 0, high: float = 1, decimals: int = 3, *, percents_from: float = 1) -> Form:
    """Return the form of a share from `low` to `high`: 15%, 0.15, or 15 in a column of per cents."""
    return Form(Kind.SHARE, low, high, decimals, percents_from=percents_from)


def choice(
    words: Mapping[str, str], default: str | None = None, otherwise: str | None = None, described: str = ""
) -> Form:
    """Return the form of one of the keys of `words`; each has a comma-separated list of synonyms.

    `otherwise` is the key that any other word means; without it, another word is bad. `described` is as in `Form`.

    Raises ValueError if a word is a synonym of two of them.
    """
    choices: dict[str, str] = {}
    for word, synonyms in words.items():
        for synonym in map(fold_choice, (word, *synonyms.split(","))):
            if choices.setdefault(synonym, word) != word:
                raise ValueError(f"'{synonym}' means both '{choices[synonym]}' and '{word}'; expected one meaning.")
    return Form(Kind.CHOICE, choices=choices, default=default, otherwise=otherwise, described=described)


def fold_choice(word: str) -> str:
    """Return a word in the form in which choices are compared: `Stk.` equals `stk`, `no-show` equals `no_show`."""
    return fold_name(word.replace("_", " ").replace("-", " ").replace(".", ""))


def parse_cells(texts: Texts, form: Form, mark: str, *, in_per_cent: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (n,) of a column of any form except days and times, and which cells are bad (n,) bool.

    An empty cell is the form's default, or None or NaN, and never bad. If `in_per_cent`, the column of shares holds
    bare numbers above 1; a bare number up to 1 is then bad, because it could be either.
    """
    if form.kind is Kind.SHARE:
        return _bounded(_parse_shares(texts, form, mark, in_per_cent), form)
    if form.kind in (Kind.NUMBER, Kind.MONEY):
        return _bounded(_parse_numbers(texts, form, mark), form)
    found = (_value(cell, form) if cell else form.default for cell in texts.distinct)
    values = np.fromiter(found, dtype=object, count=len(texts.distinct))
    bad = np.array(
        [value is None and bool(cell) for value, cell in zip(values, texts.distinct, strict=True)], dtype=bool
    )
    if form.kind is Kind.FLAG:
        values = np.array([bool(value) for value in values], dtype=bool)
    return texts.spread(values), texts.spread(bad)


def is_bare(text: str) -> bool:
    """Return whether a share is written without its sign."""
    return not text.endswith("%")


def bare(text: str) -> str:
    """Return the number of a share, without its sign."""
    return text.removesuffix("%").rstrip()


def _parse_numbers(texts: Texts, form: Form, mark: str) -> Numbers:
    below = int(max(abs(form.low), abs(form.high))) + 1
    if form.fractions:
        texts = without_fractions(texts, alone=True)
    if form.percents:
        texts = texts.map(lambda text: text if is_bare(text) else f"{bare(text)}e-2")
    if not form.is_whole:
        return parse_numbers(texts, decimals=form.decimals, below=below, mark=mark, money=form.kind is Kind.MONEY)
    # Half a guest is a typing error.
    found = parse_numbers(texts, decimals=3, below=below, mark=mark)
    return Numbers(found.scaled // 1000, found.blank, found.bad | (found.scaled % 1000 != 0))


def _parse_shares(texts: Texts, form: Form, mark: str, in_per_cent: bool) -> Numbers:
    numbers = texts.map(bare)
    as_share = parse_numbers(numbers, decimals=form.decimals, below=1000, mark=mark)
    as_per_cent = parse_numbers(numbers, decimals=form.decimals - 2, below=1000, mark=mark)
    is_share = texts.where(is_bare)
    # A share can't be above 1, so a bare 15 can only be per cent.
    is_share &= as_share.scaled <= 10**form.decimals
    unclear = is_share & in_per_cent & (as_share.scaled != 0)
    is_factor = texts.where(is_bare) & ~is_share & (as_share.scaled < form.percents_from * 10**form.decimals)
    scaled = np.where(is_share, as_share.scaled, as_per_cent.scaled)
    # A sign alone is bad, although its number part is empty.
    return Numbers(scaled, texts.blank, as_share.bad | unclear | is_factor | (numbers.blank & ~texts.blank))


def _bounded(found: Numbers, form: Form) -> tuple[np.ndarray, np.ndarray]:
    # The bounds apply to the rounded number, because that is what is stored.
    values = np.where(found.good, found.scaled / 10.0**form.decimals, np.nan)
    outside = (values < form.low) | (values > form.high)
    return np.where(outside, np.nan, values), found.bad | outside


def _value(cell: str, form: Form) -> object:
    if form.kind is Kind.FLAG:
        word = fold_name(cell)
        return True if word in _YES else False if word in _NO else None
    if form.kind is Kind.WEEKDAY:
        return weekday_of(cell)
    if form.kind is Kind.WEEKDAYS:
        return weekdays_of(cell)
    if form.kind is Kind.CHOICE:
        return (form.choices or {}).get(fold_choice(cell), form.otherwise)
    if form.kind is Kind.EMAIL:
        return cell.lower() if _EMAIL.fullmatch(cell) else None
    return " ".join(cell.split())
