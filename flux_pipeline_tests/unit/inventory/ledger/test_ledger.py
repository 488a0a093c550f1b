"""The ledger: lots leave in order of expiry, nothing is negative, and late facts end where a rebuild does."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.ledger.corrections import correct_ledger
from flux_pipeline.inventory.ledger.facts import FactKind, rounded
from flux_pipeline.inventory.ledger.movements import (
    NOTHING,
    Balances,
    Movement,
    net_movements,
    sum_movements,
)
from flux_pipeline.inventory.ledger.rebuild import rebuild_ledger
from flux_pipeline_tests.unit.inventory.ledger.random_facts import day_of, fact_of, nights_of, random_facts

Row = tuple[str, str | None, int | Decimal]
SEEDS = st.integers(0, 2**32 - 1)


def rows_of(movements: Sequence[Movement]) -> list[Row]:
    return [(each.entry.kind, each.entry.lot.name if each.entry.lot else None, each.quantity) for each in movements]


def assert_is_sound(movements: Sequence[Movement], balances: Balances) -> None:
    """Each previous quantity is the new one before it, none is negative, and they sum up to what is on hand."""
    last: dict[object, Decimal] = {}
    for each in movements:
        assert each.previous_quantity == last.get(each.entry.lot, 0)
        assert each.new_quantity == each.previous_quantity + each.quantity
        assert min(each.previous_quantity, each.new_quantity) >= 0
        last[each.entry.lot] = each.new_quantity
    assert {lot: quantity for lot, quantity in last.items() if lot and quantity} == balances.lots
    assert last.get(None, 0) == balances.short
    assert sum(each.quantity for each in movements if each.entry.lot) == balances.on_hand


def test_lots_leave_in_order_of_expiry_then_arrival() -> None:
    facts = [
        fact_of("receipt", 5, 0, lot="keeps"),
        fact_of("receipt", 5, 1, lot="later", expires_on=day_of(9)),
        fact_of("receipt", 5, 2, 8, lot="a younger", expires_on=day_of(8)),
        fact_of("receipt", 5, 1, 9, lot="the older", expires_on=day_of(8)),
        fact_of("usage", 17, 3),
    ]
    ledger = rebuild_ledger(facts)
    assert rows_of(ledger.movements)[4:] == [
        ("usage", "the older", -5),
        ("usage", "a younger", -5),
        ("usage", "later", -5),
        ("usage", "keeps", -2),
    ]
    assert [(lot.name, lot.quantity) for lot in ledger.balances.stock.lots] == [("keeps", 3)]


def test_waste_leaves_the_lot_that_it_names_first() -> None:
    facts = [
        fact_of("receipt", 5, 0, lot="old", expires_on=day_of(3)),
        fact_of("receipt", 5, 1, lot="new", expires_on=day_of(9)),
        fact_of("waste", 7, 2, lot="new"),
    ]
    assert rows_of(rebuild_ledger(facts).movements)[2:] == [("waste", "new", -5), ("waste", "old", -2)]


def test_what_is_used_beyond_stock_is_short_until_the_next_receipts_bring_it() -> None:
    facts = [
        fact_of("receipt", 5, 0),
        fact_of("usage", 12, 1),
        fact_of("receipt", 4, 2, lot="A"),
        fact_of("receipt", 4, 3, lot="B"),
    ]
    ledger = rebuild_ledger(facts)
    assert rows_of(ledger.movements) == [
        ("purchase", "", 5),
        ("usage", "", -5),
        ("shortfall", None, 7),
        ("purchase", "A", 4),
        ("shortfall", "A", -4),
        ("shortfall", None, -4),
        ("purchase", "B", 4),
        ("shortfall", "B", -3),
        ("shortfall", None, -3),
    ]
    assert (ledger.balances.on_hand, ledger.balances.short) == (1, 0)


def test_a_count_ends_what_is_short() -> None:
    ledger = rebuild_ledger(
        [fact_of("usage", 3, 0), fact_of("count", 2, 1, expires_on=day_of(5)), fact_of("usage", 1, 2)]
    )
    assert rows_of(ledger.movements) == [
        ("shortfall", None, 3),
        ("shortfall", None, -3),
        ("adjustment", "", 2),
        ("usage", "", -1),
    ]
    assert (ledger.balances.on_hand, ledger.balances.short) == (1, 0)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ({"quantity": 4}, {"old": 0, "new": 4}),
        ({"quantity": 12}, {"old": 7, "new": 5}),
        ({"quantity": 2, "lot": "old"}, {"old": 2, "new": 5}),
        ({"quantity": 6, "lot": "new"}, {"old": 5, "new": 6}),
        ({"quantity": 1, "lot": "found"}, {"old": 5, "new": 5, "found": 1}),
        ({"quantity": 0}, {}),
    ],
    ids=str,
)
def test_a_count_adjusts_the_lots_that_it_is_about(counted: dict[str, object], expected: dict[str, int]) -> None:
    facts = [
        fact_of("receipt", 5, 0, lot="old", expires_on=day_of(3)),
        fact_of("receipt", 5, 1, lot="new", expires_on=day_of(9)),
        fact_of("count", day=2, **counted),  # type: ignore[arg-type]
    ]
    ledger = rebuild_ledger(facts)
    found = {lot.name: quantity for lot, quantity in ledger.balances.lots.items()}
    assert found == {name: quantity for name, quantity in expected.items() if quantity}
    assert {row[0] for row in rows_of(ledger.movements)[2:]} == {"adjustment"}


def test_a_count_comes_after_what_happened_at_its_moment() -> None:
    facts = [fact_of("count", 3, 0), fact_of("usage", 2, 0), fact_of("receipt", 9, 0)]
    assert rebuild_ledger(facts).balances.on_hand == 3


def test_a_transfer_brings_or_takes() -> None:
    facts = [fact_of("transfer", 5, 0, lot="A"), fact_of("transfer", -7, 1)]
    ledger = rebuild_ledger(facts)
    assert rows_of(ledger.movements) == [("transfer", "A", 5), ("transfer", "A", -5), ("shortfall", None, 2)]


@pytest.mark.parametrize("expires", [None, 1, 30])
def test_a_count_holds_when_a_receipt_dated_before_it_comes_later(expires: int | None) -> None:
    received, counted = fact_of("receipt", 56, 5), fact_of("count", 1, 7)
    stored = rebuild_ledger([received, counted])
    assert stored.balances.on_hand == 1
    late = fact_of("receipt", 10, 6, expires_on=expires and day_of(expires))
    appended = correct_ledger(stored.movements, [received, counted, late])
    assert appended.balances.on_hand == 1
    assert_is_sound([*stored.movements, *appended.movements], appended.balances)


def test_a_withdrawn_receipt_leaves_what_was_used_short() -> None:
    facts = [fact_of("receipt", 8, 0), fact_of("usage", 5, 1)]
    stored = rebuild_ledger(facts)
    appended = correct_ledger(stored.movements, facts[1:])
    # What is brought back precedes what is taken.
    assert [(each.entry.kind, each.takes_back, each.quantity) for each in appended.movements] == [
        ("usage", True, 5),
        ("shortfall", False, 5),
        ("purchase", True, -8),
    ]
    assert (appended.balances.on_hand, appended.balances.short) == (0, 5)


def test_a_corrected_expiry_moves_stock_to_another_lot() -> None:
    first = fact_of("receipt", 8, 0, lot="A", expires_on=day_of(5))
    stored = rebuild_ledger([first])
    corrected = fact_of("receipt", 8, 0, lot="A", expires_on=day_of(6))
    appended = correct_ledger(stored.movements, [corrected])
    assert [(lot.expires_on, quantity) for lot, quantity in appended.balances.lots.items()] == [(day_of(6), 8)]
    assert len(appended.movements) == 2


@given(seed=SEEDS, number=st.integers(0, 60))
@settings(deadline=None)
def test_stock_and_shortfall_are_what_a_cook_with_a_pencil_notes(seed: int, number: int) -> None:
    facts = random_facts(seed, number, 6)
    ledger = rebuild_ledger(facts)
    assert_is_sound(ledger.movements, ledger.balances)
    stock = Decimal(0)
    whole = [fact for fact in facts if fact.kind is not FactKind.COUNT or not fact.lot]
    for fact in sorted(whole, key=lambda each: each.order):
        # Below zero: what is short.
        brings = fact.kind in {FactKind.RECEIPT, FactKind.TRANSFER}
        stock = fact.quantity if fact.kind is FactKind.COUNT else stock + (fact.quantity if brings else -fact.quantity)
    found = rebuild_ledger(whole).balances
    assert found.on_hand - found.short == stock
    assert min(found.on_hand, found.short) == 0


@given(seed=SEEDS)
@settings(max_examples=20)
def test_days_booked_one_by_one_are_all_days_booked_at_once(seed: int) -> None:
    facts = random_facts(seed, 80, 8)
    movements: list[Movement] = []
    balances = NOTHING
    for number in range(8):
        night = correct_ledger([], [fact for fact in facts if fact.day == day_of(number)], balances)
        movements += night.movements
        balances = sum_movements(movements, day_of(number))
    whole = rebuild_ledger(facts)
    assert tuple(movements) == whole.movements
    assert balances.lots == whole.balances.lots


def assert_nights_end_in_the_rebuilt_ledger(seed: int, number: int, days: int, nights: int) -> None:
    movements: list[Movement] = []
    for night in nights_of(seed, random_facts(seed, number, days), days, nights):
        if night.changed_from is None:
            continue
        start = sum_movements(movements, night.changed_from - dt.timedelta(days=1))
        stored = [each for each in movements if each.entry.day >= night.changed_from]
        facts = [fact for fact in night.facts if fact.day >= night.changed_from]
        movements += correct_ledger(stored, facts, start).movements
        again = correct_ledger([each for each in movements if each.entry.day >= night.changed_from], facts, start)
        assert not again.movements
        known = night.facts
    rebuilt = rebuild_ledger(known)
    assert_is_sound(movements, rebuilt.balances)
    assert net_movements(movements) == net_movements(rebuilt.movements)
    assert sum_movements(movements, day_of(days)).lots == rebuilt.balances.lots


@given(seed=SEEDS, number=st.integers(1, 40))
@settings(deadline=None)
def test_late_facts_end_in_the_rebuilt_ledger(seed: int, number: int) -> None:
    assert_nights_end_in_the_rebuilt_ledger(seed, number, days=5, nights=5)


@given(seed=SEEDS)
@settings(max_examples=2)
def test_ten_thousand_facts_of_which_30_percent_are_late_end_in_the_rebuilt_ledger(seed: int) -> None:
    assert_nights_end_in_the_rebuilt_ledger(seed, 10_000, days=200, nights=10)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_a_rebuilt_ledger_does_not_depend_on_the_order_of_its_facts(seed: int) -> None:
    facts = random_facts(seed, 60, 6)
    assert rebuild_ledger(facts) == rebuild_ledger(facts[::-1])


@given(first=SEEDS, second=SEEDS)
@settings(deadline=None)
def test_any_ledger_can_be_corrected_to_any_other(first: int, second: int) -> None:
    stored = rebuild_ledger(random_facts(first, 25, 4)).movements
    rebuilt = rebuild_ledger(random_facts(second, 25, 4))
    appended = correct_ledger(stored, random_facts(second, 25, 4))
    both = [*stored, *appended.movements]
    assert_is_sound(both, rebuilt.balances)
    assert net_movements(both) == net_movements(rebuilt.movements)
    assert not correct_ledger(both, random_facts(second, 25, 4)).movements


def test_what_is_later_than_all_that_is_stored_is_appended_in_order_of_time() -> None:
    facts = [
        fact_of("receipt", 8, 0, lot="A"),
        fact_of("usage", 5, 1),
        fact_of("usage", 4, 2),
        fact_of("receipt", 2, 3),
    ]
    stored = rebuild_ledger(facts[:2])
    appended = correct_ledger(stored.movements, facts)
    expected = rebuild_ledger(facts).movements[2:]
    assert appended.movements == expected
    assert rows_of(expected)[:2] == [("usage", "A", -3), ("shortfall", None, 1)]
    assert_is_sound([*stored.movements, *appended.movements], appended.balances)


def test_facts_of_one_key_are_refused() -> None:
    with pytest.raises(PermanentError, match="Two facts are receipt 'line 1'; expected one of each key"):
        rebuild_ledger([fact_of("receipt", 1, 0, key="line 1"), fact_of("receipt", 2, 3, key="line 1")])


def test_facts_of_days_before_the_start_are_refused() -> None:
    start = rebuild_ledger([fact_of("receipt", 1, 4)]).balances
    with pytest.raises(PermanentError, match="A usage is of 2026-01-05; expected days after 2026-01-05 only"):
        rebuild_ledger([fact_of("usage", 1, 4)], start)


@pytest.mark.parametrize("kind", ["receipt", "usage", "waste", "count"])
def test_negative_quantities_are_refused(kind: str) -> None:
    with pytest.raises(PermanentError, match=rf"The quantity of {kind} 'x' is -1\.5; enter 0 or more"):
        fact_of(kind, "-1.5", 0, key="x")


def test_quantities_are_rounded_to_the_places_of_the_ledger() -> None:
    assert rounded(Decimal("1.00049")) == Decimal("1.000")
