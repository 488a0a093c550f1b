"""Ways to reach a person in a text, found and masked: e-mail addresses, telephone, card and tax numbers.

A mask leaves the rest of the text as it is, so that an item that somebody noted an address beside is still an item, and
a text that was masked once stays the same. columns/personal decides which columns are kept at all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

# Repetitions have bounds: without, a cell of thousands of characters without a blank would take minutes. The part of an
# address before the @ has at most 64 characters, the part behind it 255 (RFC 5321).
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}\.[A-Za-z]{2,}")
_CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){13,18}(?![0-9])")
_CPF = re.compile(r"(?<![0-9])[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}(?![0-9])")
_MASKED_CARD = re.compile(r"(?:[*xX\u2022#][ -]?){4,19}[0-9]{4}")
# Always with a sign that prices, dates and order numbers don't have.
_PHONE = re.compile(
    r"(?<![\w.,/+-])(?:(?:\+[1-9][0-9]{0,2}[ ./-]?|00[1-9][0-9]{0,2}[ ./-])(?:\(0?\)[ ]?)?[0-9](?:[ ./-]?[0-9]){5,11}"
    r"|\([0-9]{3}\) ?[0-9]{3}[ -][0-9]{4}|[2-9][0-9]{2}-[0-9]{3}-[0-9]{4}|0[0-9]{2,4}[ /][0-9](?:[ -]?[0-9]){4,9}"
    r"|0[1-9](?:[ .][0-9]{2}){4})(?![\w-])"
)
_WORDS = re.compile(r"[^\W\d_]{3}")
# What any of these needs; most texts have neither.
_MAY_BE = re.compile(r"@|[0-9](?:[^0-9]{0,3}[0-9]){5}|[*xX\u2022#][ -]?[*xX\u2022#]")

_MASK = "***"
# With fewer digits, a number with a leading 0 may be two codes before a name: "0101 1025 Cola".
_FEWEST_DIGITS = 10
# Of a number that tells lines apart its mask keeps so much that few masks are equal and none shows whose it was.
_APART = 6


def is_surely_personal(text: str) -> bool:
    """Return whether a text holds an e-mail address, a personal tax number, or a telephone number among words."""
    if _EMAIL.search(text) or _CPF.search(text):
        return True
    return bool(_WORDS.search(text) and _PHONE.search(text))


def holds_card(text: str) -> bool:
    """Return whether a text holds the number of a card, whole or masked."""
    return bool(_MASKED_CARD.search(text) or any(map(_is_card, _CARD.finditer(text))))


def is_phone(text: str) -> bool:
    """Return whether a text is a telephone number and nothing else."""
    return bool(_PHONE.fullmatch(text))


def masked(text: str) -> str:
    """Return a text with what reaches a person replaced by `***`; a number alone may be a card's by chance."""
    if not _MAY_BE.search(text):
        return text
    text = _MASKED_CARD.sub(_MASK, _CPF.sub(_MASK, _EMAIL.sub(_MASK, text)))
    text = _PHONE.sub(lambda found: _MASK if _is_likely_phone(found[0]) else found[0], text)
    if _WORDS.search(text):
        text = _CARD.sub(lambda found: _MASK if _is_card(found) else found[0], text)
    return text


def masked_code(text: str) -> str:
    """Return a number of a ticket or of goods, masked like a text, but so that different ones stay different.

    Only what can't be such a number is masked: an e-mail address, a telephone number among words or with a plus.
    """
    if "@" not in text and "+" not in text and " " not in text and "/" not in text:
        return text
    text = _EMAIL.sub(_mask_apart, text)
    with_words = _WORDS.search(text)
    return _PHONE.sub(lambda found: _mask_apart(found) if with_words or found[0][0] == "+" else found[0], text)


def _mask_apart(found: re.Match[str]) -> str:
    return _MASK + hashlib.sha256(found[0].casefold().encode("utf-8", "replace")).hexdigest()[:_APART]


def _is_likely_phone(number: str) -> bool:
    return number[0] in "+(" or sum(map(str.isdigit, number)) >= _FEWEST_DIGITS


def _is_card(found: re.Match[str]) -> bool:
    digits = [int(digit) for digit in found[0] if digit.isdigit()]
    doubled = [digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in _from_the_end(digits)]
    return sum(doubled) % 10 == 0 and any(digits)


def _from_the_end(digits: Sequence[int]) -> list[tuple[int, int]]:
    # Luhn's check: the last digit, the check digit, isn't doubled.
    return [(place + 1, digit) for place, digit in enumerate(reversed(digits))]
