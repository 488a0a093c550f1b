"""Real files of real restaurants, with the figures known of them; skipped where they aren't beside the project."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import Place, read_upload


def test_french_bakery_comes_in_with_its_known_figures(real):
    parsed = read_upload(
        real("french_bakery/daily_sales_french_bakery.csv"),
        kind="sales",
        columns={"date": "ds", "item": "unique_id", "amount": "y", "price": "unit_price"},
        place=Place("Europe/Paris"),
    )
    assert (parsed.read_count, parsed.loaded_count) == (57_046, 29_150)
    assert parsed.skipped == {"zero_quantity": 27_892}
    assert parsed.reasons == {"zero_quantity": 27_892, "amount_without_price": 4}
    assert (parsed.rows["item_name"].nunique(), parsed.rows["business_date"].nunique()) == (146, 600)
    assert (parsed.rows["line_amount"] * 100).round().astype("int64").sum() == 55_860_785


def test_cafe_burger_is_month_first_throughout(real):
    parsed = read_upload(
        real("cafe_burger/Cafe+-+Transaction+-+Store.csv"),
        kind="sales",
        columns={"date": "CALENDAR_DATE", "item": "SELL_ID"},
    )
    assert (parsed.loaded_count, parsed.detected_format["date_order"]) == (5_404, "month_first")
    assert (str(parsed.first_date), str(parsed.last_date)) == ("2012-01-01", "2015-09-10")


def test_coffee_vending_comes_in_where_price_and_amount_are_one_column(real):
    parsed = read_upload(
        real("coffee_vending/index_1.csv"),
        kind="sales",
        columns={"item": "coffee_name", "amount": "money", "price": "money"},
        place=Place("Europe/Kyiv"),
    )
    assert (parsed.loaded_count, parsed.rows["business_date"].nunique()) == (3_636, 381)
    assert (parsed.rows["line_amount"] * 100).round().astype("int64").sum() == 11_543_158
    assert set(parsed.rows["quantity"]) == {1.0}


@pytest.mark.parametrize(
    ("name", "columns", "found"),
    [
        ("kiel/umsatzdaten_gekuerzt.csv", {"item": "Warengruppe"}, "found only 'Umsatz' .amount."),
        ("bread_basket/BreadBasket_DMS.csv", {}, "found none of it"),
    ],
)
def test_a_file_without_units_is_refused_with_what_it_lacks(real, name, columns, found):
    with pytest.raises(PermanentError, match=f"needs quantity, or amount and price; {found}"):
        read_upload(real(name), kind="sales", columns=columns)
