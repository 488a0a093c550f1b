"""Waste that a person notes: what is refused, what stock and the sums become, and how a note is taken back."""

from decimal import Decimal

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.costs.current import Asked
from flux_pipeline.store.door import Store
from flux_pipeline.store.inventory.waste.acts import AddedWaste, Waste, add_waste, remove_waste
from flux_pipeline.store.inventory.waste.list import list_waste, sum_waste
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import at, day
from flux_pipeline_tests.orchestration.test_ledger import DELIVERY, INGREDIENTS, RECIPES, SUMS, Stock
from flux_pipeline_tests.store.commands import output_of, refused

SAUCE = "item,ingredient,quantity,unit,yield_quantity,yield_unit\nStock,Onions,2,kg,4,l\n"
ACTS = "SELECT action, subject, before, after FROM audit_logs WHERE action LIKE 'waste.%' ORDER BY occurred_at"

REFUSED = [
    (("Onion", "1", "kg", "spoiled"), 4, "Did you mean 'Onions'?"),
    (("Zebra", "1", "kg", "spoiled"), 4, "No ingredient and no item of bistro is called 'Zebra'. `flux ingr"),
    (("Onions", "1", "bunch", "spoiled"), 4, "1 bunch of 'Onions' is how many kg? Enter a row of unit_conversions"),
    (("Onions", "1", "armful", "spoiled"), 4, "'armful' is not a known unit"),
    (("Stock", "1", "kg", "spoiled"), 4, "unit_conversions"),
    (("Onions", "0", "kg", "spoiled"), 4, "expected a number above 0"),
    (("Onions", "1,5", "kg", "spoiled"), 4, "'1,5' is not a quantity; expected a number like 1.5."),
    (("Onions", "1", "kg", "bored"), 4, "'bored' is not a reason; expected one of: expired, spoiled,"),
    (("Onions", "1", "kg", "spoiled"), 6, "2026-03-06 is in the future; expected 2026-03-05 or an earlier day."),
]


class Bin(Stock):
    """The bistro's stock, and what is thrown away of it."""

    def throw(self, *words: str, number: int = 4, lot: str | None = None) -> AddedWaste:
        """Note an item, a quantity, a unit and a reason as waste of a day, at noon of the fifth of March."""
        with self.store.tenant(self.restaurant) as tx:
            return add_waste(tx, Waste(*words, day=day(number), lot=lot), at(5, hour=12))


@pytest.fixture
def stock(store: Store, bistro: Restaurant) -> Bin:
    found = Bin(store, bistro)
    found.sell("2026-03-04,Soup,1,6.00\n")
    found.file("ingredients", INGREDIENTS, at(1))
    found.file("recipes", RECIPES, at(1))
    found.file("recipes", SAUCE, at(1))
    found.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Onions,20,kg,2,\n2026-03-03,Mill,1,Cream,3,l,4,\n", at(3))
    return found


def test_notes_leave_stock_are_summed_up_and_can_be_taken_back(store: Store, stock: Bin) -> None:
    stock.book(4)
    assert stock.ask(SUMS) == [("Cream", 2.9), ("Onions", 19.4)]
    assert stock.throw("onions", "500", "g", "spoiled").occurrence == 1
    again = stock.throw("Onions", "500", "g", "spoiled", number=4)
    assert again.occurrence == 2
    stock.throw("Soup", "2", "portion", "dropped", number=3)
    stock.throw("Stock", "2", "l", "overproduced", number=3)
    stock.book(4)
    # Twice 0.5 kg; the soups take 1.2 kg with their loss, the stock 1.2 kg.
    assert stock.ask(SUMS) == [("Cream", 2.7), ("Onions", 16.0)]
    with store.tenant(stock.restaurant) as tx:
        found = list_waste(tx, Asked(day(5), at(5, hour=12), day(4)), day(3))
    assert [(each.subject, each.value) for each in found if each.day == day(4)] == [("Onions", Decimal(1))] * 2
    by_item = sum_waste(found, lambda each: each.subject)
    assert [(each.name, each.times, dict(each.quantities), each.value) for each in by_item] == [
        ("Soup", 1, {"portion": 2}, Decimal("3.2")),
        ("Stock", 1, {"l": 2}, Decimal("2.4")),
        ("Onions", 2, {"kg": 1}, Decimal(2)),
    ]
    assert [each.name for each in sum_waste(found, lambda each: each.reason)] == ["dropped", "overproduced", "spoiled"]
    for changed in (True, False):
        with store.tenant(stock.restaurant) as tx:
            assert remove_waste(tx, str(again.id)[:8], at(5, hour=13)).changed is changed
    stock.book(4)
    assert stock.ask(SUMS) == [("Cream", 2.7), ("Onions", 16.5)]
    # The number that is free is given again.
    assert stock.throw("Onions", "500", "g", "spoiled").occurrence == 2
    acts = stock.ask(ACTS)
    assert [row[0] for row in acts] == ["waste.add"] * 4 + ["waste.remove", "waste.add"]
    removed = {"quantity": "500 g", "reason": "spoiled", "lot": None}
    assert acts[4][1:] == ("Onions 2026-03-04", removed, None)


def test_waste_that_cannot_be_booked_is_refused(stock: Bin) -> None:
    for words, number, expected in REFUSED:
        with pytest.raises(PermanentError) as refusal:
            stock.throw(*words, number=number)
        assert expected in str(refusal.value)
    assert stock.ask("SELECT count(*) FROM waste_records") == [(0,)] and stock.ask(ACTS) == []


def test_the_command_says_what_it_noted_and_shows_it(stock: Bin) -> None:
    assert output_of("waste", "--restaurant", "bistro") == "bistro: no waste was noted on the last 28 days.\n"
    words = ("waste", "add", "Cream", "0.2", "l", "--reason", "expired", "--restaurant", "bistro")
    assert " such note " not in output_of(*words)
    assert "It is the 2nd such note of that day." in output_of(*words)
    shown = output_of("waste", "--restaurant", "bistro")
    assert "waste of the last 28 days, worth 1.60 EUR" in shown and "By weekday" in shown and "100.0%" in shown
    assert "expired" in output_of("waste", "list", "--restaurant", "bistro")
    assert "No row has an id" in refused("waste", "remove", "00000000", "--restaurant", "bistro")
