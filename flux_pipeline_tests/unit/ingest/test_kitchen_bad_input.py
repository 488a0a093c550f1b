"""Files of the kitchen with what people type by mistake: each with its reason and a sentence that says what to type."""

import numpy as np
import pytest

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read(text: str, kind: str, currency: str | None = "EUR") -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, place=Place("Europe/Berlin", currency=currency))


def ingredient(column: str, cell: str, currency: str | None = "EUR") -> ParsedUpload:
    return read(f'name,unit,{column}\nFlour,kg,"{cell}"\n', "ingredients", currency)


@pytest.mark.parametrize("quantity", ["0", "1e9", "a handful"])
def test_a_recipe_takes_a_possible_quantity(quantity: str) -> None:
    parsed = read(f"item,ingredient,quantity,unit\nSoup,Leeks,{quantity},kg\n", "recipes")
    assert parsed.reasons == {"bad_quantity": 1}
    assert "expected a number from 0.000001 to 1,000,000, such as 180" in parsed.rejected.message[0]


@pytest.mark.parametrize("cost", ["-", "n/a", "free", "-3"])
def test_a_cost_is_money_or_an_empty_cell(cost: str) -> None:
    parsed = ingredient("unit_cost", cost)
    assert parsed.reasons == {"bad_unit_cost": 1}
    assert "or an empty cell if it is not known" in parsed.rejected.message[0]
    assert np.isnan(ingredient("unit_cost", "").rows.unit_cost[0])


@pytest.mark.parametrize(
    ("cell", "currency", "is_own"),
    [
        *[("$ 4", "EUR", False), ("4 USD", "EUR", False), ("4 kr", "EUR", False), ("£4", "EUR", False)],
        *[("4 €", "EUR", True), ("4", "EUR", True), ("4 Euro", "EUR", True), ("EUR 4", "EUR", True)],
        *[("$ 4", "CAD", True), ("US$ 4", "CAD", False), ("4 kr", "SEK", True), ("R$ 4", "USD", False)],
        *[("$ 4", None, True), ("$ 4", "XAF", True), ("฿4", "THB", True)],
    ],
)
def test_money_is_in_the_restaurants_currency(cell: str, currency: str | None, is_own: bool) -> None:
    parsed = ingredient("unit_cost", cell, currency)
    assert parsed.reasons == ({} if is_own else {"bad_currency": 1})
    if not is_own:
        assert f"expected an amount in {currency}, such as 0.95" in parsed.rejected.message[0]


def test_a_header_or_a_column_of_currencies_says_which_it_is() -> None:
    assert ingredient("unit cost (USD)", "4").reasons == {"bad_currency": 1}
    assert ingredient("unit cost (EUR)", "4").reasons == {}
    prices = "Vendor,Ingredient,Unit,Price,Currency\nMill,Flour,kg,1,EUR\nMill,Yeast,kg,4,usd\nMill,Salt,kg,,USD\n"
    assert read(prices, "vendor_prices").reasons == {"bad_currency": 1, "missing_price": 1}


@pytest.mark.parametrize("loss", ["85", "1.4", "1.99", "85%", "140%", "0.85"])
def test_a_loss_that_may_be_what_is_left_or_a_factor_is_rejected(loss: str) -> None:
    for others in ("", "Salt,kg,15\nOil,l,3\n"):
        parsed = read(f"name,unit,loss\nFlour,kg,{loss}\n{others}", "ingredients")
        assert parsed.reasons == {"bad_waste_factor": 1}
        assert "as a percentage from 0% to 60% with its sign, such as 2%" in parsed.rejected.message[0]


@pytest.mark.parametrize(("loss", "share"), [("1.4%", 0.014), ("2", 0.02), ("15", 0.15)])
def test_a_loss_with_its_sign_is_clear(loss: str, share: float) -> None:
    assert list(ingredient("loss", loss).rows.waste_factor) == [share]


@pytest.mark.parametrize("code", ["4.01E+12", "4,01E+12", "4.01E12"])
@pytest.mark.parametrize(
    ("head", "kind", "reason"),
    [
        ("name,unit,barcode", "ingredients", "mangled_barcode"),
        ("name,unit,sku", "ingredients", "bad_sku"),
        ("ingredient,vendor,order_code,unit_price", "vendor_prices", "bad_order_code"),
    ],
)
def test_a_code_that_a_spreadsheet_shortened_is_rejected_even_if_all_are(
    head: str, kind: str, reason: str, code: str
) -> None:
    rows = f'Flour,kg,"{code}"' if kind == "ingredients" else f'Flour,Mill,"{code}",1'
    parsed = read(f"{head}\n{rows}\n", kind)
    assert parsed.reasons == {reason: 1}
    assert "Format the column as text" in parsed.rejected.message[0]


@pytest.mark.parametrize(
    ("cell", "factor"),
    [("85%", 0.85), ("0.85", 0.85), ("3", 3), ("120 %", 1.2), ("85", None), ("0", None), ("5.1", None)],
)
def test_a_yield_is_a_share_or_a_percentage_with_its_sign(cell: str, factor: float | None) -> None:
    parsed = read(f"vendor,ingredient,unit,unit_price,yield\nMill,Flour,kg,1,{cell}\n", "vendor_prices")
    assert list(parsed.rows.yield_factor) == ([] if factor is None else [factor])
    assert parsed.reasons == ({"bad_yield_factor": 1} if factor is None else {})


def test_what_follows_from_other_fields_stays_within_their_bounds() -> None:
    head = "ingredient,quantity,unit,amount,delivered_on\n"
    parsed = read(f"{head}Saffron,0.001,kg,99999999,2026-03-01\nFlour,3,kg,2,2026-03-01\n", "deliveries")
    assert parsed.reasons == {"bad_amount": 1}
    assert list(parsed.rows.unit_cost) == [0.666667]
    for pack in ("2000000 g", "0.0001 kg"):
        assert read(f"vendor,ingredient,case_price,pack\nMill,Flour,2,{pack}\n", "vendor_prices").reasons == {
            "bad_pack": 1
        }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Flour,10,,,,6 x 2.5 kg,,", None),
        ("Flour,10,2,5,kg,2 x 5 kg,,", None),
        ("Flour,10,6,,,2.5 kg,,", None),
        ("Flour,10,2,5,kg,3 x 4 kg,,", "bad_pack"),
        ("Flour,10,2,,,6 x 2.5 kg,,", "bad_pack"),
        ("Flour,10,,,,1/2 lb,,", "bad_pack"),
        ("Flour,10,,,,25,,", "bad_pack"),
        ("Flour,10,2,,kg,,,", "unknown_content"),
        ("Flour,10,,,,,,", "unknown_content"),
        ("Flour,10,1000000,1000000,kg,,,", "bad_case_quantity"),
        ("Flour,99999999,0.001,0.001,kg,,,", "bad_yield_factor"),
        ("Flour,10,2,5,kg,,3,kg", "prices_differ"),
        ("Flour,,,,,,,", "missing_price"),
    ],
)
def test_a_case_has_one_content_and_one_price(line: str, reason: str | None) -> None:
    head = "ingredient,case_price,case_quantity,pack_quantity,pack_unit,pack,unit_price,unit,vendor\n"
    assert read(f"{head}{line},Mill\n", "vendor_prices").reasons == ({reason: 1} if reason else {})


def test_a_day_on_some_lines_of_a_recipe_is_asked_for_on_all() -> None:
    head = "item,ingredient,quantity,unit,valid_from\n"
    some = read(f"{head}Soup,Leeks,1,kg,2026-03-01\nSoup,Cream,1,l,\nBun,Oil,1,l,\n", "recipes")
    assert some.reasons == {"missing_valid_from": 1}
    assert "expected the day on each line of the recipe, or on none" in some.rejected.message[0]
    # Leeks are in both: these are two versions.
    assert read(f"{head}Soup,Leeks,1,kg,\nSoup,Leeks,2,kg,2026-03-01\n", "recipes").reasons == {}
    merged = f"{head}Soup,Leeks,1,kg,2026-03-01\n,Cream,1,l,\n,Salt,1,g,\nBun,Oil,1,l,2026-03-02\n,Salt,1,g,\n"
    assert read(merged, "recipes").rows.valid_from.notna().all()
