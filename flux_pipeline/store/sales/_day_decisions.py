"""Rules for a business day of a file for which sales are already stored. Pure; days.py makes the comparison.

Unticketed rows are those that name no ticket. Tickets that are already stored matter only if the whole day is replaced.
"""

from dataclasses import dataclass
from typing import Literal

# "load" and "skip" apply to all rows of the day; "skip_unticketed" and "skip_ticketed" skip only such rows and load the
# others. "supersede" removes the stored unticketed rows, "replace" everything. "refuse" leaves the choice to a person.
Decision = Literal["load", "skip", "skip_unticketed", "skip_ticketed", "supersede", "replace", "refuse"]


@dataclass(frozen=True)
class ComparedDay:
    """A business day in a file compared with the stored sales of that day.

    Attributes:
        file_has_unticketed: the file has unticketed rows.
        stored_unticketed: unticketed rows are stored.
        stored_has_other_tickets: tickets are stored that the file does not name.
        is_whole_day: the file's unticketed rows have the units of each item that are stored, with tickets or without.
        is_unticketed_part: the file's unticketed rows have the units of each item that are stored without tickets.
        amounts_agree: they have the stored amounts too, or the file has none.
        tickets_are_unticketed_part: the file's tickets have the units of each item that are stored without tickets.
        is_same: the file's rows have the units and amounts of each item that are stored, and no others are stored.
        covers: the file restates each item, and each moment of it, that is stored without a ticket, and nothing else
            is stored.
        names_new_tickets: the file names a ticket that is not stored.
    """

    file_has_unticketed: bool
    stored_unticketed: bool
    stored_has_other_tickets: bool
    is_whole_day: bool
    is_unticketed_part: bool
    amounts_agree: bool
    tickets_are_unticketed_part: bool
    is_same: bool
    covers: bool
    names_new_tickets: bool


def decide_day(day: ComparedDay, overlap: str | None, *, is_replay: bool = False, had_rows: bool = False) -> Decision:
    """Decide what happens to a day of a file for which sales are already stored.

    Args:
        day: the comparison.
        overlap: the sender's choice, "add" or "replace", if any.
        is_replay: the file was accepted before and is read again, so none of its days is refused.
        had_rows: whether it brought rows of the day when it was accepted.
    """
    if overlap == "replace":
        return "skip" if day.is_same else "replace"
    again: Decision = "replace" if had_rows else "skip_unticketed" if day.file_has_unticketed else "skip_ticketed"
    unsettled: Decision = again if is_replay else "refuse"
    if day.file_has_unticketed:
        return _decide_unticketed(day, overlap, unsettled)
    if not day.stored_unticketed or not day.names_new_tickets:
        return "load"
    # Tickets of a day whose totals are stored may be parts of the totals, or further sales.
    if day.tickets_are_unticketed_part:
        return "skip_ticketed"
    return "load" if overlap == "add" else unsettled


def _decide_unticketed(day: ComparedDay, overlap: str | None, unsettled: Decision) -> Decision:
    if not day.stored_unticketed and not day.stored_has_other_tickets:
        return "load"
    # A day's total and its tickets may differ by discounts; unticketed rows with other amounts are a correction.
    if day.is_whole_day and (day.amounts_agree or not day.is_unticketed_part):
        return "skip_unticketed"
    if day.stored_unticketed and day.is_unticketed_part and day.amounts_agree:
        return "skip_unticketed"
    if overlap == "add":
        return "load"
    return "supersede" if day.covers else unsettled
