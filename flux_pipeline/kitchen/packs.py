"""Texts of packs as vendors write them: "2 x 500 g", "6/#10", "1/50 lb", "case of 24", "0,75 l".

A pack is a count of a size in a unit. What can be read in two ways ("1/2 lb", "2.500 g", "16/20 ct") is refused with
the sentence that says what to enter; nothing is guessed.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.units import Dimension, Unit, fold_word, plain, rows_of, unit_words, units
from flux_pipeline.names import fold_name
from flux_pipeline.wording import shortened

LONGEST = 80
# A hundred tons in grams. What is larger is a barcode.
MOST = Decimal(10**8)

# Pieces per pound by which shrimps and scallops are graded; they look like so many packs of so many pieces.
GRADES = frozenset(
    {
        *("8/12", "10/15", "13/15", "16/20", "21/25", "26/30", "31/35", "31/40"),
        *("36/40", "41/50", "51/60", "61/70", "70/90", "71/90", "90/110", "91/110"),
    }
)
# Without a sign between them, half a pound and a pack of two pounds are written alike.
FRACTIONS = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4", "1/8"})

_KINDS = {Dimension.MASS: "m", Dimension.VOLUME: "m", Dimension.COUNT: "c", Dimension.PACKAGE: "p", Dimension.OWN: "o"}
# What the compatibility form of a single ½ has between its numbers.
_OVER = "\u2044"
_NUMBER = re.compile(rf"(?:\d+ )?\d+{_OVER}\d+|\d[\d.,]*\d|\d|[.,]\d+")
# After a sign of times it can only be a fraction.
_FRACTION = re.compile(r"([x*\u00d7] ?|(?<!#)(?<!no )(?<!no\. )\d )(1|2(?=/3)|3(?=/4))/([2348])(?= ?[^\W\d])")
_SIGNS = {"x": "x", "*": "x", "/": "/", "-": "-", "\u2013": "-", "\u00d7": "x", "\u2715": "x"}
# The grammar, on one letter a word: n number, m measure, c count, o unit of its own, p package, x times, f "of" and
# r "per"; ? is anything else.
_WRAPPED = re.compile(r"p[f-]?(?=n)")
_PER_PACKAGE = re.compile(r"(?<=[nmcop])[/r]p$")
_IN_PACKAGE = re.compile(r"(?<=[mco])-?p+$")
_PACK = re.compile(r"(?P<factors>(?:n(?:[x/]|[pc]?f|p[x/]?|c[x/]))*)(?P<size>n-?[mcop]|[mcop])")


@dataclass(frozen=True)
class Pack:
    """What a pack holds: `count` times `size` of a unit."""

    count: Decimal
    size: Decimal
    unit: Unit

    @property
    def quantity(self) -> Decimal:
        return self.count * self.size


class PackError(PermanentError):
    """A text of a pack that can't be read, or in more than one way; the message says what to enter."""


@dataclass(frozen=True)
class _Word:
    kind: str
    text: str
    unit: Unit | None = None


def read_pack(text: str) -> Pack:
    """Return what a pack of this text holds.

    Raises:
        PackError: the text is not a pack, or has two meanings; the message says what to enter.
    """
    words = _read_words(text)
    shape = "".join(word.kind for word in words)
    is_wrapped = is_counted = False
    if wrapped := _WRAPPED.match(shape):
        is_wrapped = _counts_pieces(words[0])
        words, shape = words[wrapped.end() :], shape[wrapped.end() :]
    if per := _PER_PACKAGE.search(shape):
        is_counted = _counts_pieces(words[-1])
        words, shape = words[: per.start()], shape[: per.start()]
    elif inside := _IN_PACKAGE.search(shape):
        words, shape = words[: inside.start()], shape[: inside.start()]
    elif re.fullmatch(r"nfp", shape):
        # A German "6er Pack".
        words, shape, is_counted = words[:1], "n", True
    if (is_wrapped or is_counted) and re.fullmatch(r"n(?:[x/]n)*", shape):
        words, shape = [*words, _Word("c", "", units()["piece"])], shape + "c"
    _refuse_doubts(text, words, shape)
    read = _PACK.fullmatch(shape)
    if read is None:
        raise _refusal(text, _what_is_wrong(shape))
    return _pack_of(text, words, read.end("factors"))


def _counts_pieces(word: _Word) -> bool:
    """Return whether a bare number in this package counts pieces; in a sack of 25 or a can of 400 it weighs."""
    return word.unit is not None and word.unit.name in {"box", "case", "pack", "tray"}


def _pack_of(text: str, words: list[_Word], size_at: int) -> Pack:
    unit = words[-1].unit
    assert unit is not None, "a shape of the grammar ends with a unit"
    count = size = Decimal(1)
    for at, word in enumerate(words):
        if word.kind == "n" and at < size_at:
            count *= _number(text, word.text, is_count=True, unit=unit)
        elif word.kind == "n":
            size = _number(text, word.text, is_count=unit.size is None or unit.dimension is Dimension.COUNT, unit=unit)
        elif word.unit is not None and word.unit.dimension is Dimension.COUNT and word.unit is not unit:
            count *= word.unit.size or 1
    if not 0 < count * size <= MOST:
        raise _refusal(text, f"holds {plain(count * size)}, which is not a possible quantity")
    return Pack(count, size, unit)


def _refuse_doubts(text: str, words: list[_Word], shape: str) -> None:
    """Refuse what two people would read differently."""
    pairs = {f"{words[at].text}/{words[at + 2].text}" for at in range(len(words) - 2) if shape[at : at + 3] == "n/n"}
    unit = words[-1].unit if words else None
    if unit is not None and unit.name != "piece" and (found := pairs & FRACTIONS):
        one, other = min(found).split("/")
        part, name = plain(round(Decimal(one) / Decimal(other), 3)), unit.name
        raise _refusal(
            text,
            f"may hold {part} {name} or {one} x {other} {name}",
            f"'1 x {part} {name}' or '{one} x {other} {name}'",
        )
    if pairs & GRADES and shape in {"n/nc", "n/n"}:
        raise _refusal(
            text, f"may be a size, {min(pairs & GRADES)} pieces a pound", "what the pack weighs, such as '5 lb'"
        )
    if unit is not None and unit.name == "can" and shape == "n/np":
        count, number = words[0].text, words[2].text
        raise _refusal(
            text,
            f"may be {count} cans no. {number} or {count} times {number} cans",
            f"'{count}/#{number}' or '{count} x {number} can'",
        )
    if re.fullmatch(r"n[/r][mco]", shape) and not (words[0].text == "1" or words[2].text.startswith(("#", "can"))):
        raise _refusal(text, f"may be {words[0].text} pieces per {words[2].text}", f"'{words[0].text} {words[2].text}'")
    if re.search(r"n-n", shape):
        raise _refusal(text, "may be a range or a count of packs", "'6 x 5 lb', or what it weighs")


def _what_is_wrong(shape: str) -> str:
    if "?" in shape:
        return "has a word that is neither a number nor a unit"
    if not set(shape) & set("mcop"):
        return "has no unit" if "n" in shape else "is not a pack"
    return "can't be read as a pack"


def _refusal(
    text: str, reason: str, enter: str = "a count, a size and a unit, such as '6 x 2.5 kg', '24 ct' or '0.75 l'"
) -> PackError:
    return PackError(f"The pack '{shortened(text.strip(), 40)}' {reason}. Enter {enter}.")


def _number(text: str, written: str, *, is_count: bool, unit: Unit) -> Decimal:
    """Return a number; refuse a separator that may be one of thousands as well as of decimals."""
    if _OVER in written:
        whole, _, fraction = written.rpartition(" ")
        over, _, under = fraction.partition(_OVER)
        if not int(under):
            raise _refusal(text, "divides by zero")
        return Decimal(whole or 0) + Decimal(over) / Decimal(under)
    signs = [sign for sign in written if sign in ".,"]
    if len(set(signs)) == 2 or len(signs) > 1:
        decimal = signs[-1] if signs.count(signs[-1]) == 1 else ""
        thousands = "," if signs[0] == "," else "."
        groups = written.partition(decimal)[0] if decimal else written
        if thousands == decimal or not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+", groups):
            raise _refusal(text, f"has '{written}', which is not a number")
        return Decimal(written.replace(thousands, "").replace(",", "."))
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", written):
        whole, _, rest = written.replace(",", ".").partition(".")
        if is_count and "," in written:
            return Decimal(whole + rest)
        if is_count or "," in written or unit.name in {"g", "ml", "mg"}:
            one, other = plain(Decimal(f"{whole}.{rest}")), whole + rest
            raise _refusal(text, f"may hold {one} or {other}", f"'{one} {unit.name}' or '{other} {unit.name}'")
    return Decimal(written.replace(",", "."))


def _read_words(text: str) -> list[_Word]:
    if len(text) > LONGEST:
        raise _refusal(text, "is too long")
    spaced = "".join(
        f" {each}" if unicodedata.category(each) == "No" and _OVER in unicodedata.normalize("NFKC", each) else each
        for each in text
    )
    folded = re.sub(r"[()\[\];:]", " ", fold_name(spaced))
    folded = _FRACTION.sub(rf"\1\2{_OVER}\3", folded)
    return list(_split(" ".join(folded.split())))


def _split(folded: str) -> Iterator[_Word]:
    at = 0
    while at < len(folded):
        if folded[at] == " ":
            at += 1
        elif unit := _unit_pattern().match(folded, at):
            name = unit_words()[fold_word(unit[0])]
            yield _Word(_KINDS[units()[name].dimension], unit[0], units()[name])
            at = unit.end()
        elif number := _NUMBER.match(folded, at):
            yield _Word("n", number[0])
            at = number.end()
        elif word := re.compile(r"[^\W\d_]+").match(folded, at):
            yield _Word(_SIGNS.get(word[0]) or _pack_words().get(word[0], "?"), word[0])
            at = word.end()
        else:
            # A period after an abbreviation and a comma between parts say nothing.
            if folded[at] not in ".,":
                yield _Word(_SIGNS.get(folded[at], "?"), folded[at])
            at += 1


@functools.cache
def _unit_pattern() -> re.Pattern[str]:
    words = sorted(unit_words(), key=len, reverse=True)
    # The sign # alone is a pound only after a number: "50#".
    choices = "|".join(re.escape(word) if word != "#" else r"(?<=\d)#" for word in words)
    return re.compile(rf"(?:{choices})(?![^\W\d_]|(?<=[\d#])\d)")


@functools.cache
def _pack_words() -> dict[str, str]:
    letters = {"of": "f", "per": "r"}
    return {fold_name(row["word"]): letters[row["role"]] for row in rows_of("pack_words.csv")}
