"""Real files of real restaurants, with the figures known of them; skipped where they aren't beside the project."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload


def test_french_bakery_is_read_with_its_known_figures(real):
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


def test_coffee_vending_is_read_with_price_and_amount_in_one_column(real):
    parsed = read_upload(
        real("coffee_vending/index_1.csv"),
        kind="sales",
        columns={"item": "coffee_name", "amount": "money", "price": "money"},
        place=Place("Europe/Kyiv"),
    )
    assert (parsed.loaded_count, parsed.rows["business_date"].nunique()) == (3_636, 381)
    assert (parsed.rows["line_amount"] * 100).round().astype("int64").sum() == 11_543_158
    assert set(parsed.rows["quantity"]) == {1.0}


def test_the_clean_export_of_the_coffee_machine_lost_its_hours_and_no_day(real):
    parsed = read_upload(
        real("coffee_vending/index_1_clean.csv"),
        kind="sales",
        columns={"item": "coffee_name", "price": "money"},
        place=Place("Europe/Kyiv"),
    )
    assert (parsed.loaded_count, parsed.rows["sold_at"].notna().sum()) == (3_636, 0)
    assert parsed.rows["business_date"].nunique() == 381


def test_each_bread_basket_line_has_quantity_one(real):
    parsed = read_upload(real("bread_basket/BreadBasket_DMS.csv"), kind="sales", place=Place("Europe/London"))
    assert (parsed.read_count, parsed.loaded_count, parsed.skipped) == (21_293, 20_507, {"ignored_item": 786})
    assert (parsed.rows["ticket"].nunique(), parsed.rows["item_name"].nunique()) == (9_465, 94)
    assert set(parsed.rows["quantity"]) == {1.0}


def test_kiel_knows_money_only(real):
    parsed = read_upload(real("kiel/umsatzdaten_gekuerzt.csv"), kind="sales", columns={"item": "Warengruppe"})
    assert parsed.loaded_count == 10_869
    assert (parsed.rows["quantity"] == parsed.rows["line_amount"]).all()


def test_korean_bakery_needs_the_year_of_its_first_row(real):
    content = real("korean_bakery/Bakery Sales.csv")
    with pytest.raises(PermanentError, match=r"have no year.*--year-from"):
        read_upload(content, kind="sales")
    opened = open_upload(Source.of(content), kind="sales", hints=Hints(year_from="2019-07-11"))
    rows = merged(list(opened.parts())).rows
    assert rows["quantity"].sum() == 4_802
    # Four of the 1,330 lines sold nothing.
    assert rows["line_number"].nunique() == 1_326
    assert (str(rows["business_date"].min().date()), str(rows["business_date"].max().date())) == (
        "2019-07-11",
        "2019-12-30",
    )


def test_a_school_kitchens_production_is_a_waste_file(real):
    parsed = read_upload(real("school_breakfast/production_2025-05_first_5_days.csv"), kind="waste")
    assert (parsed.read_count, parsed.rejected_count) == (13_409, 0)
