"""The table of what becomes of a day that a file tells of and on which sales stand."""

from itertools import product

import pytest

from flux_pipeline.store.sales._days import ComparedDay, Decision, decide_day

FIELDS = (
    *("tells_plain", "plain_stands", "other_tickets_stand", "is_whole_day", "is_plain_part", "amounts_agree"),
    *("tickets_are_plain_part", "is_same", "covers", "names_new_tickets"),
)


def day(*true: str) -> ComparedDay:
    """A day of which these are so, and nothing else."""
    assert set(true) <= {*FIELDS}
    return ComparedDay(**{name: name in true for name in FIELDS})


DRINKS = ("tells_plain", "plain_stands")
TICKETS = ("plain_stands", "names_new_tickets")


@pytest.mark.parametrize(
    ("compared", "said", "decision"),
    [
        # Only known tickets stand, or new ones beside them.
        (day(), None, "load"),
        (day("names_new_tickets"), None, "load"),
        (day("tells_plain"), None, "load"),
        # Plain rows again.
        (day(*DRINKS, "is_whole_day", "is_plain_part", "amounts_agree"), None, "skip_plain"),
        (day(*DRINKS, "is_plain_part", "amounts_agree", "other_tickets_stand"), None, "skip_plain"),
        (day(*DRINKS, "is_whole_day", "is_plain_part", "amounts_agree"), "add", "skip_plain"),
        # The total of a day whose tickets stand, with discounts or without.
        (day("tells_plain", "other_tickets_stand", "is_whole_day"), None, "skip_plain"),
        (day("tells_plain", "other_tickets_stand"), None, "refuse"),
        (day("tells_plain", "other_tickets_stand"), "add", "load"),
        # Told anew: another price, another quantity, or further items beside them.
        (day(*DRINKS, "is_whole_day", "is_plain_part", "covers"), None, "supersede"),
        (day(*DRINKS, "covers"), None, "supersede"),
        (day(*DRINKS, "covers"), "add", "load"),
        # Neither repeated nor covered.
        (day(*DRINKS), None, "refuse"),
        (day(*DRINKS), "add", "load"),
        # The tickets of a day of which totals stand.
        (day(*TICKETS, "tickets_are_plain_part"), None, "skip_ticketed"),
        (day(*TICKETS, "tickets_are_plain_part"), "add", "skip_ticketed"),
        (day(*TICKETS), None, "refuse"),
        (day(*TICKETS), "add", "load"),
        (day("plain_stands"), None, "load"),
    ],
)
def test_a_day_is_decided_by_what_stands_and_what_is_said(
    compared: ComparedDay, said: str | None, decision: Decision
) -> None:
    assert decide_day(compared, said) == decision


def every_day() -> list[ComparedDay]:
    return [ComparedDay(*values) for values in product((False, True), repeat=len(FIELDS))]


def test_to_replace_is_to_replace_whatever_stands_unless_it_is_the_same() -> None:
    for compared in every_day():
        assert decide_day(compared, "replace") == ("skip" if compared.is_same else "replace")


def test_what_was_accepted_once_is_never_refused_and_comes_back_where_it_had_rows() -> None:
    for compared in every_day():
        first = decide_day(compared, None)
        skipped = "skip_plain" if compared.tells_plain else "skip_ticketed"
        expected = {True: "replace", False: skipped} if first == "refuse" else {True: first, False: first}
        for had, decision in expected.items():
            assert decide_day(compared, None, is_replay=True, had_rows=had) == decision


def test_who_says_add_is_never_refused_and_takes_nothing_away() -> None:
    for compared in every_day():
        assert decide_day(compared, "add") in ("load", "skip_plain", "skip_ticketed")
