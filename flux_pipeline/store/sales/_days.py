"""What becomes of a business day on which sales stand and of which a file tells: pure, the comparison is overlaps.py's.

`plain` are rows that name no ticket. Known tickets are no matter of the day, unless the whole of it is replaced.
"""

from dataclasses import dataclass
from typing import Literal

# "load" and "skip" are of all rows of the day; "skip_plain" and "skip_ticketed" of those alone, the others are loaded.
# "supersede" takes away the plain rows that stand, "replace" everything. "refuse" is for a person to settle.
Decision = Literal["load", "skip", "skip_plain", "skip_ticketed", "supersede", "replace", "refuse"]


@dataclass(frozen=True)
class ComparedDay:
    """A day as a file tells it beside what stands.

    Attributes:
        tells_plain: the file has plain rows.
        plain_stands: plain rows stand.
        other_tickets_stand: tickets stand that the file does not name.
        is_whole_day: its plain rows are the units of each item that stand, on tickets or not.
        is_plain_part: its plain rows are the units of each item that stand without tickets.
        amounts_agree: and their amounts, where it has any.
        tickets_are_plain_part: its tickets are the units of each item that stand without tickets.
        is_same: all its rows are all that stands, units and amounts.
        covers: each item, and each moment of it, that stands without a ticket is told anew, and nothing else stands.
        names_new_tickets: it names a ticket that does not stand.
    """

    tells_plain: bool
    plain_stands: bool
    other_tickets_stand: bool
    is_whole_day: bool
    is_plain_part: bool
    amounts_agree: bool
    tickets_are_plain_part: bool
    is_same: bool
    covers: bool
    names_new_tickets: bool


def decide_day(day: ComparedDay, said: str | None, *, is_replay: bool = False, had_rows: bool = False) -> Decision:
    """What becomes of the day.

    Args:
        day: the comparison.
        said: "add" or "replace", where the sender says what is meant.
        is_replay: the file was accepted before and is read again, so nothing of it is refused.
        had_rows: it had brought rows of the day then.
    """
    if said == "replace":
        return "skip" if day.is_same else "replace"
    again: Decision = "replace" if had_rows else "skip_plain" if day.tells_plain else "skip_ticketed"
    unsettled: Decision = again if is_replay else "refuse"
    if day.tells_plain:
        return _of_plain(day, said, unsettled)
    if not day.plain_stands or not day.names_new_tickets:
        return "load"
    # Tickets of a day of which totals stand: their parts, or sales beside them?
    if day.tickets_are_plain_part:
        return "skip_ticketed"
    return "load" if said == "add" else unsettled


def _of_plain(day: ComparedDay, said: str | None, unsettled: Decision) -> Decision:
    if not day.plain_stands and not day.other_tickets_stand:
        return "load"
    # A day's total and its tickets may differ by discounts; another price of the same plain rows is a correction.
    if day.is_whole_day and (day.amounts_agree or not day.is_plain_part):
        return "skip_plain"
    if day.plain_stands and day.is_plain_part and day.amounts_agree:
        return "skip_plain"
    if said == "add":
        return "load"
    return "supersede" if day.covers else unsettled
