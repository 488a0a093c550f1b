"""Conversions of an ingredient and of the house, chained, and the sentence for one that is missing."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flux_pipeline.kitchen.conversions import Conversion, ConversionError, Conversions, check_conversion
from flux_pipeline.kitchen.units import find_unit, units


def row(
    from_quantity: str, from_unit: str, to_quantity: str, to_unit: str, ingredient: str | None = None
) -> Conversion:
    return Conversion(
        Decimal(from_quantity), find_unit(from_unit), Decimal(to_quantity), find_unit(to_unit), ingredient
    )


def converted(known: list[Conversion], quantity: str, one: str, other: str, ingredient: str | None = None) -> Decimal:
    return Conversions(known).convert(Decimal(quantity), find_unit(one), find_unit(other), ingredient)


PARSLEY = row("1", "bunch", "80", "g", "parsley")
OIL = row("1", "l", "0.92", "kg", "oil")


def test_a_bunch_weighs_what_its_ingredient_says() -> None:
    assert converted([PARSLEY], "3", "bunch", "kg", "parsley") == Decimal("0.24")
    assert converted([PARSLEY], "0.24", "kg", "bunch", "parsley") == 3


def test_a_litre_of_oil_is_less_than_a_kilogram() -> None:
    assert converted([OIL], "100", "ml", "g", "oil") == 92
    assert converted([OIL], "92", "g", "cl", "oil") == 10


@pytest.mark.parametrize(
    ("one", "other", "ingredient"),
    [
        ("g", "ml", "oil"),
        ("bunch", "g", "basil"),
        ("bunch", "g", None),
        ("piece", "portion", "oil"),
        ("can", "l", "oil"),
    ],
)
def test_a_missing_conversion_is_refused_with_the_row_to_enter(one: str, other: str, ingredient: str | None) -> None:
    with pytest.raises(ConversionError) as refused:
        converted([PARSLEY], "1", one, other, ingredient)
    sentence = str(refused.value)
    assert f"from_quantity 1, from_unit {one}, to_quantity ..., to_unit {other}" in sentence
    assert f"ingredient {ingredient or '(empty)'}" in sentence


def test_a_conversion_of_another_ingredient_is_never_used() -> None:
    with pytest.raises(ConversionError):
        converted([OIL], "1", "l", "kg", "vinegar")


def test_a_conversion_without_an_ingredient_holds_for_the_house() -> None:
    house = row("1", "pinch", "0.3", "g")
    assert converted([house], "2", "pinch", "g", "salt") == Decimal("0.6")
    assert converted([house], "2", "pinch", "g") == Decimal("0.6")


def test_an_ingredients_own_conversion_comes_before_the_houses() -> None:
    known = [row("1", "bunch", "100", "g"), PARSLEY]
    assert converted(known, "1", "bunch", "g", "parsley") == 80
    assert converted(known, "1", "bunch", "g", "dill") == 100


def test_an_ingredients_own_chain_comes_before_a_shorter_one_of_the_house() -> None:
    known = [
        row("1", "bunch", "100", "g"),
        row("1", "bunch", "10", "piece", "leek"),
        row("1", "piece", "9", "g", "leek"),
    ]
    assert converted(known, "1", "bunch", "g", "leek") == 90


def test_conversions_are_chained_the_shortest_first() -> None:
    known = [
        row("1", "case", "12", "bottle", "cola"),
        row("1", "bottle", "1", "l", "cola"),
        row("1", "l", "1.04", "kg", "cola"),
    ]
    assert converted(known, "2", "case", "g", "cola") == 24960
    assert converted([*known, row("1", "case", "12.6", "kg", "cola")], "1", "case", "g", "cola") == 12600


def test_a_conversion_that_names_the_unit_comes_before_one_of_another_size() -> None:
    butter = [row("1", "tsp", "4.5", "g", "butter"), row("1", "cup", "218", "g", "butter")]
    assert converted(butter, "2", "tsp", "g", "butter") == 9
    assert converted(butter, "2", "cup", "g", "butter") == 436
    assert converted(butter, "436", "g", "cup", "butter") == 2
    assert converted(butter, "0.009", "kg", "tsp", "butter") == 2
    # Neither names a millilitre; the cup was measured better.
    assert converted(butter, "236.5882365", "ml", "g", "butter") == 218


def test_an_ingredients_and_the_houses_conversions_make_one_chain() -> None:
    known = [row("1", "case", "6", "can", "corn"), row("1", "can", "400", "g")]
    assert converted(known, "1", "case", "kg", "corn") == Decimal("2.4")


def test_chains_that_lead_in_a_circle_end() -> None:
    known = [row("1", "bunch", "2", "head"), row("1", "head", "3", "clove"), row("1", "clove", "1", "bunch")]
    with pytest.raises(ConversionError):
        converted(known, "1", "bunch", "g")


@pytest.mark.parametrize("quantities", [("0", "1"), ("1", "0"), ("-1", "1")])
def test_a_conversion_of_nothing_is_refused(quantities: tuple[str, str]) -> None:
    with pytest.raises(ConversionError, match="Enter one above 0"):
        check_conversion(row(quantities[0], "bunch", quantities[1], "g"))


@pytest.mark.parametrize(
    ("conversion", "reason"),
    [
        (row("1", "lb", "600", "g"), "1 lb is 453.59237 g"),
        (row("1", "dozen", "13", "piece", "rolls"), "1 dozen is 12 piece"),
        (row("1", "kg", "1100", "g"), "1 kg is 1000 g"),
        (row("1", "cup", "1", "l"), "1 cup is 0.236588 l"),
    ],
)
def test_a_conversion_against_the_sizes_of_its_units_is_refused(conversion: Conversion, reason: str) -> None:
    with pytest.raises(ConversionError, match=reason):
        check_conversion(conversion)


def test_a_house_may_have_cups_of_its_own() -> None:
    cup = row("1", "cup", "250", "ml")
    check_conversion(cup)
    assert converted([cup], "2", "cup", "l") == Decimal("0.5")
    assert converted([cup, OIL], "4", "cup", "kg", "oil") == Decimal("0.92")
    assert converted([cup, row("1", "cup", "240", "ml", "oil"), OIL], "1", "cup", "ml", "oil") == 240


def test_a_conversion_between_two_units_counts_for_these_two_if_another_names_millilitres() -> None:
    ounces = [row("29.5735", "ml", "1", "fl oz"), row("100", "fl oz", "2.84", "l")]
    assert converted(ounces, "100", "fl oz", "l") == Decimal("2.84")
    assert converted(ounces, "100", "fl oz", "ml") == Decimal("2957.35")


def test_grams_name_no_conversion_and_the_best_measured_one_counts() -> None:
    banana = [row("1", "piece", "118", "g", "banana"), row("1", "kg", "5.55", "piece", "banana")]
    assert converted(banana, "1000", "g", "piece", "banana") == Decimal("5.55")


quantities = st.decimals("0.001", "10000", places=3)
unsized = st.sampled_from([unit for unit in units().values() if unit.size is None])
every = st.sampled_from(list(units().values()))


@given(unsized, every, quantities, quantities, quantities)
def test_there_and_back_is_the_same_quantity(one, other, quantity: Decimal, left: Decimal, right: Decimal) -> None:
    assume(one.name != other.name)
    conversions = Conversions([Conversion(left, one, right, other, "x")])
    back = conversions.convert(conversions.convert(quantity, one, other, "x"), other, one, "x")
    assert abs(back / quantity - 1) < Decimal("1e-24")
    assert conversions.ratio(one, other, "x") * conversions.ratio(other, one, "x") == 1
