"""How messages write numbers of things and names: lists that stay sentences, the option that says what a column is."""

from __future__ import annotations

from collections.abc import Iterable

# A sentence that lists more, or longer, names than this is no sentence any more.
_MOST_NAMES = 30
_LONGEST_NAME = 60


def count_of(number: int, one: str, many: str | None = None) -> str:
    """A number of things in words: "1 login", "2 logins"; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(names: Iterable[str]) -> str:
    """Names for a message: `'date', 'item' and 4 more`."""
    every = [shortened(name, _LONGEST_NAME) for name in names]
    text = ", ".join(f"'{name}'" for name in every[:_MOST_NAMES])
    return text + (f" and {len(every) - _MOST_NAMES} more" if len(every) > _MOST_NAMES else "")


def option(field: str, header: str = "HEADER") -> str:
    """The command-line form of "this column is that field": `--column date='Order date'`."""
    name = shortened(header, _LONGEST_NAME)
    return f"--column {field}={name if name.isalnum() else repr(name)}"


def shortened(text: str, longest: int) -> str:
    """The text, cut where it is longer than `longest` characters."""
    return text if len(text) <= longest else text[:longest] + "…"
