"""Numbers as people write them: decimal comma or point, thousands, currency, minus in three places; read exactly.

A text becomes a whole number of hundredths or thousandths by decimal arithmetic, never through binary floating point.
The meaning of a number (a price, a temperature) and its allowed range are not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np

from flux_pipeline.ingest.table.texts import Texts

# Long enough for any float as programs print it (`150.00000000000003`), short enough that no text takes long to read.
_LONGEST = 40

# The full-width signs of East Asian keyboards: `１２.５` is 12.5, `￥` the yen.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0xFFE5: "\u00a5",
    0xFFE6: "\u20a9",
}

_EXACT = Context(prec=_LONGEST + 30, rounding=ROUND_HALF_UP)

# Signs, codes, and the words that tills print instead of a sign.
_CURRENCY = (
    r"(?:[$\u00a2-\u00a5\u09f3\u0e3f\u17db\u20a0-\u20cf]|[A-Z]{1,2}\$|S/\.?|[A-Z]{3}"
    r"|(?:Euro|kr|Kr|z\u0142|K\u010d|Ft|Rs|S?Fr|RM|Rp|TL|lei|\u043b\u0432|\u0440\u0443\u0431|\u0433\u0440\u043d)\.?"
    r"|[\u5143\u5186\uc6d0])"
)
_SPACES = " \u00a0\u2007\u2009\u202f"
_SPACE = f"[{_SPACES}]*"
_PERCENT = "[%\u066a\uff05]"
_SIGNED = re.compile(
    rf"(?P<open>\()?{_SPACE}(?P<sign>[-+\u2212]?){_SPACE}(?P<before>{_CURRENCY})?{_SPACE}(?P<sign2>[-+\u2212]?)"
    rf"(?P<digits>[0-9.,][0-9.,'\u2019{_SPACES}]*?(?:[eE][-+]?[0-9]{{1,2}})?)(?P<no_cents>(?<=[.,])[-\u2013\u2014]{{1,2}})?"
    rf"{_SPACE}(?P<after>{_CURRENCY})?{_SPACE}(?P<sign3>[-\u2212]?){_SPACE}(?P<close>\))?"
)


def _grouped(separators: str, mark: str) -> re.Pattern[str]:
    """Return a pattern for whole numbers, or thousands separated by one separator (also lakhs), and a fraction."""
    thousands = rf"[0-9]{{1,3}}(?:([{separators}'\u2019{_SPACES}])[0-9]{{3}})(?:\1[0-9]{{3}})*"
    lakhs = "|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}" if mark == "." else ""
    return re.compile(rf"(?:[0-9]+|{thousands}{lakhs})?(?:{re.escape(mark)}[0-9]*)?(?:[eE].*)?")


GROUPS = {".": _grouped(",", "."), ",": _grouped(".", ",")}
_WITH_PERCENT = re.compile(rf"{_PERCENT}{_SPACE}(.*[0-9].*)|(.*[0-9].*?){_SPACE}{_PERCENT}")
_MAY_BE_THOUSANDS = re.compile(r"\D*[0-9]{1,3}[.,][0-9]{3}\D*")
_MINUS = ("-", "\u2212", "(")
_HAS_MARK = re.compile("[.,\uff0c\uff0e]")
_WRITTEN = re.compile(rf"(?:[.,](?=[0-9]))?[0-9](?:[0-9.,'\u2019{_SPACES}]*[0-9])?")


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers: `scaled` (n,) int64, the number times 10^decimals, 0 where `blank` or `bad` (n,) is set."""

    scaled: np.ndarray
    blank: np.ndarray
    bad: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """The rows with a number: (n,) bool."""
        good: np.ndarray = ~(self.blank | self.bad)
        return good


def parse_numbers(
    texts: Texts, *, decimals: int, below: int, mark: str, money: bool = False, percent: bool = False
) -> Numbers:
    """Read each text as a number of `decimals` places, rounded half up (away from zero) from the digits as written.

    `mark` is the decimal mark ("." or ","); `money` allows a currency sign or code, `percent` a percent sign, which
    does not change the number: `12.5%` is 12.5. A number of `below` or more, either side of zero, is bad, because its
    column couldn't hold it.
    """
    scaled = np.zeros(len(texts.distinct), dtype=np.int64)
    bad = np.zeros(len(texts.distinct), dtype=bool)
    unit = Decimal(1).scaleb(-decimals)
    for place, text in enumerate(texts.distinct):
        if not text:
            continue
        plain = _plain(text, mark, decimals)
        if plain is not None and abs(plain) < below * 10**decimals:
            scaled[place] = plain
            continue
        number = read_number(text, mark, money, percent)
        # Checked before rounding too, because quantize refuses numbers with more digits than its context holds.
        rounded = number.quantize(unit, context=_EXACT) if number is not None and abs(number) < below else None
        if rounded is None or abs(rounded) >= below:
            bad[place] = True
        else:
            scaled[place] = int(rounded.scaleb(decimals, context=_EXACT))
    return Numbers(texts.spread(scaled), texts.blank, texts.spread(bad))


def parse_floats(texts: Texts, *, mark: str, missing: frozenset[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read measured numbers: (n,) float64, NaN for empty cells and `missing` words; and which are bad, (n,) bool."""
    values = np.full(len(texts.distinct), np.nan)
    bad = np.zeros(len(texts.distinct), dtype=bool)
    for place, text in enumerate(texts.distinct):
        if not text or text.casefold() in missing:
            continue
        number = read_number(text, mark, money=False)
        if number is None:
            bad[place] = True
        else:
            values[place] = float(number)
    return texts.spread(values), texts.spread(bad)


def read_number(text: str, mark: str, money: bool, percent: bool = False) -> Decimal | None:
    """Read one text as a number, or None: `1.234,50 €`, `-3`, `(12.00)`, `12.00-`, `CHF 12.-`, `1,23,456`, `1e-05`."""
    found = take_apart(without_percent(text) if percent else text)
    if found is None:
        return None
    digits, parts = found
    signs = [sign for sign in (parts["sign"], parts["sign2"], parts["sign3"]) if sign]
    bracketed = bool(parts["open"])
    if bracketed != bool(parts["close"]) or len(signs) + bracketed > 1:
        return None
    if (parts["before"] or parts["after"] or parts["no_cents"]) and not money:
        return None
    if not GROUPS[mark].fullmatch(digits):
        return None
    mantissa, exponent = re.split(r"(?=[eE]|$)", digits, maxsplit=1)
    integer, _, fraction = mantissa.partition(mark)
    number = Decimal(f"{re.sub('[^0-9]', '', integer) or '0'}.{fraction or '0'}{exponent}")
    return -number if bracketed or signs not in ([], ["+"]) else number


def without_percent(text: str) -> str:
    """Return the text without a percent sign before or after it, if it has one."""
    match = _WITH_PERCENT.fullmatch(text)
    return (match[1] or match[2]) if match else text


def with_point(text: str, mark: str) -> str:
    """Return the text with each number that the mark reads written with a point and without thousands marks.

    `1.234,5x` with a comma is `1234.5x`. Three places get a fourth, because `1.125` alone might be read as a thousand.
    """
    return _WRITTEN.sub(lambda match: _pointed(match[0], mark), text)


def _pointed(digits: str, mark: str) -> str:
    if not GROUPS[mark].fullmatch(digits):
        return digits
    integer, point, fraction = digits.partition(mark)
    plain = re.sub("[^0-9]", "", integer) or "0"
    return f"{plain}.{fraction}{'0' if len(fraction) == 3 else ''}" if point and fraction else plain


def is_not_zero(text: str) -> bool:
    """Return whether the text has a digit other than 0."""
    return any(letter in "123456789" for letter in text)


def may_be_thousands(text: str) -> bool:
    """Return whether the text has one mark, before three digits: that of decimals or of thousands."""
    return _MAY_BE_THOUSANDS.fullmatch(text) is not None


def has_mark(text: str) -> bool:
    """Return whether the text has a point or a comma."""
    return bool(_HAS_MARK.search(text))


def _plain(text: str, mark: str, decimals: int) -> int | None:
    """Return digits with at most a minus and the mark, already scaled; None for other texts.

    `read_number` gives the same result, but takes ten times as long.
    """
    integer, _, fraction = text.removeprefix("-").partition(mark)
    if len(text) > _LONGEST or len(fraction) > decimals or not text.isascii() or not (integer + fraction).isdecimal():
        return None
    scaled = int(integer + fraction.ljust(decimals, "0"))
    return -scaled if text[0] == "-" else scaled


def take_apart(text: str) -> tuple[str, dict[str, str | None]] | None:
    """Return the digits of a number with the signs between them, and the groups around them; None if it isn't one."""
    if len(text) > _LONGEST:
        return None
    match = _SIGNED.fullmatch(text if text.isascii() else text.translate(_FULL_WIDTH))
    if match is None or not any("0" <= letter <= "9" for letter in match["digits"]):
        return None
    return match["digits"], match.groupdict()


def has_minus(text: str) -> bool:
    """Return whether a cell is a number with a minus or in brackets. `12.-` has no cents, and no minus."""
    if not any(sign in text for sign in _MINUS):
        return False
    return any("0" <= letter <= "9" for letter in text) and not text.rstrip("-\u2013\u2014").endswith((".", ","))
