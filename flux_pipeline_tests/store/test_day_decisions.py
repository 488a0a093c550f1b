"""Decisions about a business day of a file for which sales are already stored."""

from itertools import product

import pytest

from flux_pipeline.store.sales.days import ComparedDay, Decision, decide_day

FIELDS = (
    *("file_has_unticketed", "stored_unticketed", "stored_has_other_tickets", "is_whole_day", "is_unticketed_part"),
    *("amounts_agree", "tickets_are_unticketed_part", "is_same", "covers", "names_new_tickets"),
)


def day(*true: str) -> ComparedDay:
    """A day for which these are true, and nothing else."""
    assert set(true) <= {*FIELDS}
    return ComparedDay(**{name: name in true for name in FIELDS})


DRINKS = ("file_has_unticketed", "stored_unticketed")
TICKETS = ("stored_unticketed", "names_new_tickets")


@pytest.mark.parametrize(
    ("compared", "said", "decision"),
    [
        # Only known tickets are stored, or new ones beside them.
        (day(), None, "load"),
        (day("names_new_tickets"), None, "load"),
        (day("file_has_unticketed"), None, "load"),
        # Unticketed rows again.
        (day(*DRINKS, "is_whole_day", "is_unticketed_part", "amounts_agree"), None, "skip_unticketed"),
        (day(*DRINKS, "is_unticketed_part", "amounts_agree", "stored_has_other_tickets"), None, "skip_unticketed"),
        (day(*DRINKS, "is_whole_day", "is_unticketed_part", "amounts_agree"), "add", "skip_unticketed"),
        # The total of a day whose tickets are stored, with discounts or without.
        (day("file_has_unticketed", "stored_has_other_tickets", "is_whole_day"), None, "skip_unticketed"),
        (day("file_has_unticketed", "stored_has_other_tickets"), None, "refuse"),
        (day("file_has_unticketed", "stored_has_other_tickets"), "add", "load"),
        # Restated: another price, another quantity, or further items beside them.
        (day(*DRINKS, "is_whole_day", "is_unticketed_part", "covers"), None, "supersede"),
        (day(*DRINKS, "covers"), None, "supersede"),
        (day(*DRINKS, "covers"), "add", "load"),
        # Neither repeated nor covered.
        (day(*DRINKS), None, "refuse"),
        (day(*DRINKS), "add", "load"),
        # The tickets of a day whose totals are stored.
        (day(*TICKETS, "tickets_are_unticketed_part"), None, "skip_ticketed"),
        (day(*TICKETS, "tickets_are_unticketed_part"), "add", "skip_ticketed"),
        (day(*TICKETS), None, "refuse"),
        (day(*TICKETS), "add", "load"),
        (day("stored_unticketed"), None, "load"),
    ],
)
def test_a_day_is_decided_by_what_is_stored_and_what_the_sender_says(
    compared: ComparedDay, said: str | None, decision: Decision
) -> None:
    assert decide_day(compared, said) == decision


def every_day() -> list[ComparedDay]:
    return [ComparedDay(*values) for values in product((False, True), repeat=len(FIELDS))]


def test_what_is_stored_is_replaced_unless_it_is_the_same() -> None:
    for compared in every_day():
        assert decide_day(compared, "replace") == ("skip" if compared.is_same else "replace")


def test_what_was_accepted_once_is_never_refused_and_comes_back_where_it_had_rows() -> None:
    for compared in every_day():
        first = decide_day(compared, None)
        skipped = "skip_unticketed" if compared.file_has_unticketed else "skip_ticketed"
        expected = {True: "replace", False: skipped} if first == "refuse" else {True: first, False: first}
        for had, decision in expected.items():
            assert decide_day(compared, None, is_replay=True, had_rows=had) == decision


def test_who_says_add_is_never_refused_and_takes_nothing_away() -> None:
    for compared in every_day():
        assert decide_day(compared, "add") in ("load", "skip_unticketed", "skip_ticketed")
