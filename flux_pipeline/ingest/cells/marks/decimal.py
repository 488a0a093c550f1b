"""Decimal mark of a column: in `1.250` and `1,250` either mark may be it, so the column, its rows and the file decide.

A wrong answer is wrong by a factor of a thousand, so a guess is reported. cells/numbers.py reads a single text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from flux_pipeline.ingest.cells.marks._customs import custom_of, has_three_decimals
from flux_pipeline.ingest.cells.numbers import GROUPS, read_number, take_apart, without_percent
from flux_pipeline.ingest.table.texts import Tally

POINT, COMMA = ".", ","
# Grounds on which a mark was chosen; all but the first three are guesses.
EVIDENCE, ROWS, HINT, FORM, OTHERS, COUNTRY, NOTHING = (
    *("evidence", "rows", "hint", "form", "others", "country", "nothing"),
)
_CERTAIN = frozenset({EVIDENCE, ROWS, HINT})
_BECAUSE = {
    FORM: "because all of its numbers are written that way",
    OTHERS: "like the file's other numbers",
    COUNTRY: "as is usual in the country",
    NOTHING: "but nothing confirms it",
}

_HAS_MARK = re.compile("[.,\uff0c\uff0e]")
_ONE_MARK = re.compile(r"([0-9]*)([.,])([0-9]*)")
_OTHER = {POINT: COMMA, COMMA: POINT}

# Next to bare numbers in the hundreds, a number may well be a thousand; next to units, three digits are decimals.
_HUNDREDS = 100
_THOUSAND = 1000
_MOST = 0.5
# Allows for the rounding of the line, and of a price of two digits that is multiplied.
_CENT = Decimal("0.011")
_HALF_CENT = Decimal("0.006")


@dataclass(frozen=True)
class FoundMark:
    """The decimal mark of a column and its ground `by`; `example` is a text that both marks read, if there is one."""

    mark: str
    by: str
    example: str = ""
    is_money: bool = False

    def note(self, field: str) -> str | None:
        """Return a sentence on a guess, with both readings and its ground; None if it wasn't a guess.

        Also None where 9,600 is money with thousands marks of the country or the file: all prices in won or rupiah are.
        """
        makes_thousands = self.mark not in self.example
        if self.by in _CERTAIN or not self.example or (self.is_money and makes_thousands):
            return None
        read = {mark: read_number(self.example, mark, money=True, percent=True) for mark in (POINT, COMMA)}
        return (
            f"The {field.replace('_', ' ')} {self.example} is read as {_written(read[self.mark])}, {_BECAUSE[self.by]}"
            f"; it could be {_written(read[_OTHER[self.mark]])}. If that is right, use --decimal "
            f"{'comma' if self.mark == POINT else 'point'}."
        )


@dataclass
class _Column:
    """Counts of the rows of a column by what they show.

    `open` counts the texts that both marks read, by the mark in them, and `open_zeros` those of them that end in three
    zeros; `bare` counts texts without a mark; `groups` are the marks that certainly separate thousands.
    """

    points: int = 0
    commas: int = 0
    open: dict[str, int] | None = None
    open_zeros: int = 0
    groups: frozenset[str] = frozenset()
    bare: int = 0
    largest_bare: int = 0
    example: str = ""

    @property
    def own(self) -> str | None:
        """The mark that its own texts prove, or None."""
        return None if self.points == self.commas else POINT if self.points > self.commas else COMMA

    @property
    def held(self) -> str | None:
        """The mark in the open texts, if they have only one."""
        return next(iter(self.open)) if self.open and len(self.open) == 1 else None


def find_marks(
    columns: Mapping[str, Tally],
    delimiter: str,
    *,
    money: Collection[str] = (),
    rows: Collection[tuple[str, str, str]] = (),
    hint: str | None = None,
    country_code: str | None = None,
) -> dict[str, FoundMark]:
    """Return the decimal mark of each column of numbers.

    A column's own evidence comes first (`2,50` or `1.234,5` can be read in one way only). A column that has numbers
    such as `1.250` and no evidence takes, in this order: the mark with which price × quantity is the amount; the hint;
    the mark in its numbers, if they look like decimals; the mark of the file's other columns, if these agree; the mark
    of the country. If none applies, it takes the comma in a file delimited by semicolons that uses commas (the usual
    reason for the semicolon), and else the point.

    Args:
        columns: the texts of each field.
        delimiter: of the file.
        money: the fields that hold amounts of money.
        rows: texts of (quantity, price, amount), of rows that have all three.
        hint: the mark that the sender states for ambiguous numbers.
        country_code: of the restaurant (ISO 3166-1 alpha-2).
    """
    looked = {field: _look(texts) for field, texts in columns.items()}
    settled = {field: column.own for field, column in looked.items()}
    agreed = {mark for mark in settled.values() if mark}
    by_others = agreed.pop() if len(agreed) == 1 else None
    by_rows = _find_by_rows(rows, settled, looked)
    found = {}
    for field, column in looked.items():
        guesses: list[tuple[str | None, str]] = [(settled[field], EVIDENCE), (by_rows.get(field), ROWS)]
        if column.open:
            guesses += [(hint, HINT), _by_form(field, looked, money, by_others or custom_of(country_code))]
            if field in money and has_three_decimals(country_code):
                guesses += [(column.held, COUNTRY)]
        guesses += [(by_others, OTHERS)]
        is_counted = field in money or field == "quantity"
        if column.open and is_counted:
            guesses += [(custom_of(country_code), COUNTRY)]
        commas_used = delimiter == ";" and any(COMMA in text for text in columns[field].distinct)
        guesses += [(COMMA if commas_used else POINT, NOTHING)]
        mark, by = next((mark, by) for mark, by in guesses if mark is not None)
        # An ambiguous latitude of 48.856 needs no note.
        found[field] = FoundMark(mark, by, column.example if is_counted else "", field in money)
    return found


def _look(texts: Tally) -> _Column:
    column = _Column(open={})
    assert column.open is not None
    for text, count in zip(texts.distinct, texts.counts, strict=True):
        if not _HAS_MARK.search(text):
            if text.isascii() and text.isdigit() and int(text[:9]):
                column.bare += count
                column.largest_bare = max(column.largest_bare, int(text[:9]))
            continue
        mark, is_open = _only_mark(text)
        if mark:
            column.points += count if mark == POINT else 0
            column.commas += count if mark == COMMA else 0
            if _OTHER[mark] in text:
                column.groups |= {_OTHER[mark]}
        elif is_open:
            held = POINT if POINT in text else COMMA
            column.open[held] = column.open.get(held, 0) + count
            column.open_zeros += count if text.rstrip("0").endswith((".", ",")) else 0
            column.example = column.example or text
    return column


def _only_mark(text: str) -> tuple[str | None, bool]:
    """Return the only mark with which a text can be read, or None; and whether both read it, as different numbers."""
    mark = _only_mark_of_plain(text)
    if mark is not None:
        return mark, False
    found = take_apart(without_percent(text))
    if found is None:
        return None, False
    if found[1]["no_cents"]:
        # `12.-` has no cents: the sign before the dash is the mark.
        return found[0][-1], False
    readable = [mark for mark, groups in GROUPS.items() if groups.fullmatch(found[0])]
    if len(readable) == 1:
        return readable[0], False
    one = _ONE_MARK.fullmatch(found[0])
    if one and one[1] in ("", "0"):
        # `0.125` is not a number of thousands, despite its three digits.
        return one[2], False
    return None, len(readable) > 1 and one is not None


def _only_mark_of_plain(text: str) -> str | None:
    """Return the only mark of digits with one mark, as nearly all texts are; None for other texts or three decimals."""
    mark = POINT if POINT in text else COMMA
    integer, _, fraction = text.removeprefix("-").partition(mark)
    plain = len(fraction) != 3 and text.isascii() and (integer + fraction).isdecimal()
    return mark if plain else None


def _by_form(
    field: str, looked: Mapping[str, _Column], money: Collection[str], custom: str | None
) -> tuple[str | None, str]:
    """Return the mark suggested by the open numbers of a column next to its others, and the ground.

    `custom` is the mark of the file's other columns or of the country.
    """
    column, others = looked[field], [each for name, each in looked.items() if name != field]
    held = column.held
    if held is None or (field != "quantity" and field not in money):
        return None, FORM
    if column.largest_bare >= _HUNDREDS or any(held in other.groups for other in others):
        # A program that writes 1500 puts no thousands mark into 1.250.
        return held if column.largest_bare >= _THOUSAND else _OTHER[held], EVIDENCE
    if column.bare or field in money:
        return None, FORM
    if column.open_zeros > _MOST * sum((column.open or {}).values()) and held == POINT:
        # A program writes 2.000 for each 2.
        return held, EVIDENCE
    # A scale prints 1.250. If the money is written in the same way, both may be thousands; and only a point is printed
    # by programs whatever the custom.
    money_too = any(looked[name].held == held and not looked[name].own for name in money if name in looked)
    if money_too or (held == COMMA and custom != COMMA):
        return None, FORM
    return held, EVIDENCE if held == custom else FORM


def _find_by_rows(
    rows: Collection[tuple[str, str, str]], settled: Mapping[str, str | None], looked: Mapping[str, _Column]
) -> dict[str, str]:
    """Return the marks of open columns with which quantity × price is the amount in most rows, if only one set fits."""
    fields = ("quantity", "price", "amount")
    unsettled = [name for name in fields if name in looked and not settled[name] and looked[name].open]
    if not rows or not unsettled:
        return {}
    fits = {}
    for marks in product((POINT, COMMA), repeat=len(unsettled)):
        tried = dict(zip(unsettled, marks, strict=True))
        by_field = [tried.get(name) or settled.get(name) or POINT for name in fields]
        fits[marks] = sum(_multiplies(row, by_field) for row in rows)
    best, *others = sorted(fits, key=lambda marks: -fits[marks])
    if fits[best] <= _MOST * len(rows) or any(2 * fits[other] > fits[best] for other in others):
        return {}
    return dict(zip(unsettled, best, strict=True))


def _multiplies(row: tuple[str, str, str], marks: list[str]) -> bool:
    numbers = [read_number(text, mark, money=True) for text, mark in zip(row, marks, strict=True)]
    quantity, price, amount = numbers
    if quantity is None or price is None or amount is None or not quantity * price:
        return False
    return abs(abs(quantity * price) - abs(amount)) <= _CENT + abs(quantity) * _HALF_CENT


def _written(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():,f}"
