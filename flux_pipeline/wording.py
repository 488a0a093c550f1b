"""Wording of messages: counts with their nouns, amounts, days, lists of names, names of files, printable text."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

# Stands for the header that a person has to fill in.
HEADER = "HEADER"
# What a terminal obeys or what turns the text around it: control characters except for line feeds and tabs, marks of
# direction, ends of lines and paragraphs, invisible tags; and halves of characters, which can't be printed at all.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
# A sentence with more or longer names than this is unreadable.
_MOST_NAMES = 30
_LONGEST_NAME = 60
# A spreadsheet runs a cell that begins like this as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*")
# With their minutes, the largest first.
_UNITS = (("day", 1440), ("hour", 60))
# Units of kitchens that have a plural and no abbreviation.
_COUNTED = {"portion", "piece", "bottle", "can", "jar", "bag", "bucket", "case", "pack", "tray"}


def count_of(number: int, one: str, many: str | None = None) -> str:
    """Return a count in words: "1 login", "2 logins"; `many` is the plural if it isn't `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def amount_of(quantity: Decimal | float, unit: str) -> str:
    """Return a quantity with its unit and as many decimals as say something: "1,250.5 g", "0.0293 bunch"."""
    exact = Decimal(quantity)
    size = abs(exact)
    places = 3 if size == 0 or size >= 1 else 4 if size >= Decimal("0.01") else 6
    whole, point, rest = f"{round(exact, places):,f}".partition(".")
    number = f"{whole}{point}{rest}".rstrip("0").rstrip(".") if point else whole
    return f"{number} {unit}{'s' if unit in _COUNTED and number != '1' else ''}"


def money(amount: Decimal | float | None, places: int = 2) -> str:
    """Return an amount of money with two decimals, or with up to `places` where these say more; "" for None."""
    if amount is None:
        return ""
    whole, _, rest = f"{amount:,.{places}f}".partition(".")
    return f"{whole}.{rest[:2]}{rest[2:].rstrip('0')}"


def day_text(day: dt.date) -> str:
    """Return a day as people say it: Mon 30 Nov 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def listed(names: Iterable[str]) -> str:
    """Return names as a list for a message: `'date', 'item' and 4 more`."""
    every = [shortened(name, _LONGEST_NAME) for name in names]
    text = ", ".join(f"'{name}'" for name in every[:_MOST_NAMES])
    return text + (f" and {len(every) - _MOST_NAMES} more" if len(every) > _MOST_NAMES else "")


def option(field: str, header: str = HEADER) -> str:
    """Return the command-line option that assigns a column to a field: `--column date='Order date'`."""
    name = shortened(header, _LONGEST_NAME)
    return f"--column {field}={name if name.replace('_', '').isalnum() else shlex.quote(name)}"


def shortened(text: str, longest: int) -> str:
    """Return the text, cut after `longest` characters."""
    return text if len(text) <= longest else text[:longest] + "…"


def shown_name(name: str) -> str:
    r"""Return a file's name or path in characters that can be stored and printed.

    Bytes that are not UTF-8 (as Python reads them, in surrogates), line breaks and marks without a glyph are escaped:
    `K\xfcche.csv`.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    # Every kind of space may be in a name: macOS writes a narrow one in its times of day.
    return "".join(
        c if c.isprintable() or unicodedata.category(c) == "Zs" else c.encode("unicode_escape").decode() for c in text
    )


def printable(text: str) -> str:
    """Return the text with what must not reach a terminal written as in JSON, such as \\u001b."""
    return _UNPRINTABLE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def without_formula(text: str) -> str:
    """Return the text of a cell; one that a spreadsheet would run as a formula gets an apostrophe before it."""
    is_formula = text.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def duration(length: dt.timedelta) -> str:
    """Return a duration in the largest unit of which it has two or more: "3 days", "26 hours", "20 minutes"."""
    minutes = max(int(length.total_seconds() // 60), 0)
    unit, size = next((each for each in _UNITS if minutes >= 2 * each[1]), ("minute", 1))
    return count_of(minutes // size, unit)
