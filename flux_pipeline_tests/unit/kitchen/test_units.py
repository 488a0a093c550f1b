"""The table of units: its words, its sizes, and what converts by itself."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.ingest.cells.units import UNIT
from flux_pipeline.kitchen.units import (
    LANGUAGES,
    Dimension,
    UnknownUnitError,
    find_unit,
    fold_word,
    multiplied,
    plain,
    ratio_between,
    rows_of,
    unit_words,
    units,
)

SIZED = [unit for unit in units().values() if unit.size is not None]

WORDS = [
    ("Kg", "kg"),
    ("LB", "lb"),
    ("#", "lb"),
    ("fl oz", "fl_oz"),
    ("FL. OZ.", "fl_oz"),
    ("fl_oz", "fl_oz"),
    ("Tbsp", "tbsp"),
    ("EL", "metric_tbsp"),
    ("cuillère à café", "metric_tsp"),
    ("msk", "metric_tbsp"),
    ("CT", "piece"),
    ("ea", "piece"),
    ("Stk.", "piece"),
    ("szt.", "piece"),
    ("un", "piece"),
    ("DOZ", "dozen"),
    ("PTN", "portion"),
    ("srvg", "portion"),
    ("Bund", "bunch"),
    ("pęczek", "bunch"),
    ("pincée", "pinch"),
    ("LOAF", "loaf"),
    ("#10", "can_10"),
    ("No. 10 can", "can_10"),
    ("btl", "bottle"),
    ("cs", "case"),
    ("Tasse", "coffee_cup"),
    ("dkg", "dag"),
]
CONVERTED = [
    (1, "lb", "453.59237", "g"),
    (1, "kg", "1000", "g"),
    (16, "oz", "1", "lb"),
    (1, "gallon", "4", "quart"),
    (1, "gallon", "128", "fl_oz"),
    (1, "cup", "16", "tbsp"),
    (1, "tbsp", "3", "tsp"),
    (1, "l", "1000", "ml"),
    (1, "metric_tbsp", "15", "ml"),
    (1, "imperial_gallon", "8", "imperial_pint"),
    (2, "dozen", "24", "piece"),
    (1, "hl", "100", "l"),
]


@pytest.mark.parametrize(("word", "name"), WORDS)
def test_a_word_means_its_unit(word: str, name: str) -> None:
    assert find_unit(word).name == name


@pytest.mark.parametrize("word", ["handful", "", "Dose", "Pfund", "LG CAN", "12", "T", "g/ml"])
def test_a_word_that_is_no_unit_is_refused_with_what_to_enter(word: str) -> None:
    with pytest.raises(UnknownUnitError, match=r"is not a known unit\. Enter one such as g, kg"):
        find_unit(word)


def test_no_word_means_two_units() -> None:
    meanings = defaultdict(set)
    for row in rows_of("units.csv"):
        for word in (row["unit"], *(word for language in LANGUAGES for word in row[language].split("|"))):
            if word:
                meanings[fold_word(word)].add(row["unit"])
    assert not {word: names for word, names in meanings.items() if len(names) > 1}


def test_the_kitchen_knows_every_unit_of_uploads_and_its_words() -> None:
    assert UNIT.choices is not None
    by_language = {"tsp": "metric_tsp", "tbsp": "metric_tbsp", "cup": "coffee_cup"}
    differ = {}
    for word, name in UNIT.choices.items():
        found = unit_words().get(word)
        if found not in {name, by_language.get(name)}:
            differ[word] = found
    assert not differ


def test_only_masses_volumes_and_counts_have_a_size_and_every_size_its_source() -> None:
    for unit in units().values():
        assert (
            (unit.size is not None) == (unit.dimension not in {Dimension.PACKAGE, Dimension.OWN}) == bool(unit.source)
        )


@pytest.mark.parametrize(("quantity", "one", "expected", "other"), CONVERTED)
def test_units_of_one_dimension_convert_by_themselves(quantity: int, one: str, expected: str, other: str) -> None:
    ratio = ratio_between(units()[one], units()[other])
    assert ratio is not None
    assert quantity * ratio == Fraction(expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [("g", "ml"), ("ml", "piece"), ("piece", "portion"), ("bunch", "g"), ("can", "can_10"), ("oz", "fl_oz")],
)
def test_nothing_else_converts_by_itself(one: str, other: str) -> None:
    assert ratio_between(units()[one], units()[other]) is None


@given(st.sampled_from(SIZED), st.sampled_from(SIZED), st.decimals("0.001", "100000", places=3))
def test_there_and_back_is_the_same_quantity(one, other, quantity: Decimal) -> None:
    there, back = ratio_between(one, other), ratio_between(other, one)
    if there is None or back is None:
        assert one.dimension != other.dimension
        return
    assert there * back == 1
    assert abs(multiplied(multiplied(quantity, there), back) / quantity - 1) < Decimal("1e-24")


@pytest.mark.parametrize(("quantity", "text"), [("1.500", "1.5"), ("10", "10"), ("1E+3", "1000"), ("0.00", "0")])
def test_a_quantity_is_written_without_exponent_and_zeros(quantity: str, text: str) -> None:
    assert plain(Decimal(quantity)) == text
