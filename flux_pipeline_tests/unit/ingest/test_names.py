"""Names that may mean one item: plurals and typing errors are suggested, separate items are not."""

import time

import pytest

from flux_pipeline.names import near_duplicates, near_duplicates_among


@pytest.mark.parametrize(
    ("new", "known"),
    [
        ("croissants", "croissant"),
        ("capuccino", "cappuccino"),
        ("cake, chocolate", "chocolate cake"),
        ("cocacola", "coca-cola"),
        ("chicken soups", "chicken soup"),
        ("americano with milk", "americano with mik"),
        ("coke 0.5", "cokes 0.5"),
        ("flour t 65", "flour t65"),
        ("t-65", "t65"),
        ("oliveoil", "olive oil"),
    ],
)
def test_a_slip_of_the_pen_is_suggested(new: str, known: str) -> None:
    assert [(found.name, found.known) for found in near_duplicates([new], ["tea", known])] == [(new, known)]


@pytest.mark.parametrize(
    ("new", "known"),
    [
        ("menu 1", "menu 2"),
        ("coke 0.3", "coke 0.5"),
        ("flour t 55", "flour t65"),
        ("menu 1 2", "menu 12"),
        ("12 oysters", "6 oysters"),
        ("pizza s", "pizza m"),
        ("latte with milk", "latte without milk"),
        ("white bread large", "whole bread large"),
        ("red wine glass", "rose wine glass"),
        ("single espresso", "double espresso"),
        ("tea", "pea"),
        ("ham sandwich", "jam sandwich"),
        ("americano", "americano with milk"),
    ],
)
def test_items_that_are_sold_separately_are_not_suggested(new: str, known: str) -> None:
    assert near_duplicates([new], [known]) == []


def test_new_names_are_compared_with_each_other_the_more_important_first() -> None:
    (found,) = near_duplicates(["croissant", "tea", "croisant"], [])
    assert (found.name, found.known) == ("croisant", "croissant")
    assert 0.9 < found.similarity < 1


def test_of_two_spellings_the_one_that_is_used_less_may_be_the_other() -> None:
    (found,) = near_duplicates_among({"Flour T 65": 1, "Salt": 9, "FLOUR T65": 4})
    assert (found.name, found.known) == ("Flour T 65", "FLOUR T65")


def test_the_most_similar_is_chosen() -> None:
    (found,) = near_duplicates(["croissantes"], ["croissant", "croissants"])
    assert found.known == "croissants"


def test_a_column_of_something_else_than_items_is_left_out_in_good_time() -> None:
    begun = time.process_time()
    assert near_duplicates([f"row {n} of the file" for n in range(100_000)], ["tea"]) == []
    assert time.process_time() - begun < 5
