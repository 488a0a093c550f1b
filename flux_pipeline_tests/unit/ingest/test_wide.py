"""Tables with one column per item: recognised by their shape, refused in doubt, and accounted for cell by cell."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

HEADER = "date,weekday,Latte,Tea,Soup of the day,Total"


def read(*lines: str, header: str = HEADER, columns: dict[str, str] | None = None):
    return read_upload("\n".join([header, *lines]).encode(), kind="sales", columns=columns)


def test_each_filled_cell_is_a_sale_of_its_item():
    parsed = read("2024-03-01,5,2,,1,3", "2024-03-02,6,0,4,,4", "", "2024-03-03,7,,,,0")
    found = parsed.rows[["line_number", "item_name", "quantity"]].to_numpy().tolist()
    assert found == [[2, "Latte", 2.0], [2, "Soup of the day", 1.0], [3, "Tea", 4.0]]
    assert parsed.skipped == {"zero_quantity": 1, "blank_line": 1}
    assert parsed.read_count == 5
    assert parsed.detected_format["item_columns"] == ["Latte", "Tea", "Soup of the day"]
    assert parsed.rows["ticket"].isna().all()


def test_a_bad_cell_is_rejected_with_its_line_and_its_item():
    lines = [f"2024-03-{day:02d},1,1,2,3,6" for day in range(1, 29)]
    parsed = read(*lines, "2024-03-29,5,1,2,3,6", "2024-03-30,6,many,2,3,6", columns={"item": "*"})
    [rejected] = parsed.rejected.to_dict("records")
    assert (rejected["line_number"], rejected["reason_code"]) == (31, "bad_quantity")
    raw = rejected["raw"]
    assert (raw["item"], raw["quantity"], raw["date"]) == ("Latte", "many", "2024-03-30")


def test_several_lines_a_day_are_tickets_that_any_export_knows_again():
    lines = ("2024-03-01,5,2,,1,3", "2024-03-01,5,2,,1,3", "2024-03-01,5,1,1,,2")
    tickets = read(*lines).rows["ticket"]
    assert tickets.nunique() == 3
    again = read("2024-02-29,4,1,1,,2", "2024-02-29,4,2,1,,3", *lines).rows
    assert set(tickets) == set(again.loc[again["business_date"].dt.day == 1, "ticket"])


def test_a_line_a_day_is_the_days_total_and_no_ticket():
    assert read("2024-03-01,5,2,1,1,4", "2024-03-02,6,2,,1,3").rows["ticket"].isna().all()


@pytest.mark.parametrize(
    ("header", "line", "says"),
    [
        ("date,what,planned,served,left", "2024-03-01,Tea,5,4,1", "'what' may name the item"),
        ("date,Latte,Tea,Soup,Cake", "2024-03-01,5,4,1,7.25", "'Cake' may name the item or not be a count"),
        ("date,Latte,Tea,Soup", "2024-03-01,0,1,1", "but only 0 and 1"),
    ],
)
def test_a_table_in_doubt_is_refused_with_both_ways_out(header, line, says):
    with pytest.raises(PermanentError, match=rf"{says}.*--column item=HEADER.*--column item='\*'"):
        read(line, header=header)


def test_every_column_of_numbers_is_an_item_if_a_hint_says_so():
    parsed = read("2024-03-01,0,1.5", "2024-03-02,1,2", header="date,Soup,Cheese", columns={"item": "*"})
    assert parsed.rows["item_name"].tolist() == ["Cheese", "Soup", "Cheese"]
    assert parsed.rows["quantity"].tolist() == [1.5, 1.0, 2.0]
    few = read("2024-03-01,x,1", "2024-03-02,2,1", header="date,Soup,Cheese", columns={"item": "*"})
    assert few.reasons == {"bad_quantity": 1}
    with pytest.raises(PermanentError, match="No column of numbers is left that could be an item"):
        read("2024-03-01,a", header="date,Soup", columns={"item": "*"})


def test_a_column_named_quantity_is_not_mixed_up_with_the_cells():
    parsed = read("2024-03-01,1,2,3,x", header="date,Latte,Tea,Soup,ticket")
    assert parsed.rows["ticket"].tolist() == ["x"] * 3


def test_a_wide_table_is_unpivoted_in_parts():
    header = ",".join(["date", *(f"Cake {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
    lines = [f"{day},{','.join(['2'] * 26)}" for day in ("2024-03-01", "2024-03-02") for _ in range(10_000)]
    source = Source.of("\n".join([header, *lines]).encode())
    parts = list(open_upload(source, kind="sales").parts())
    whole = merged(parts)
    assert len(parts) > 1
    assert (whole.read_count, whole.loaded_count, whole.rows["ticket"].nunique()) == (520_000, 520_000, 20_000)


def test_korean_bakery_is_read_line_by_line(real):
    opened = open_upload(
        Source.of(real("korean_bakery/Bakery Sales.csv")),
        kind="sales",
        hints=Hints(year_from="2019-07-11"),
        place=Place("Asia/Seoul"),
    )
    parsed = merged(list(opened.parts()))
    # Four of the 1,330 lines hold nothing but zeros.
    assert (parsed.read_count, parsed.skipped) == (1_330 * 13, {"zero_quantity": 13_770})
    assert (parsed.rows["ticket"].nunique(), parsed.rows["quantity"].sum()) == (1_326, 4_802)
    assert (str(parsed.first_date), str(parsed.last_date)) == ("2019-07-11", "2019-12-30")


def test_a_table_of_the_days_weather_is_not_taken_for_items(real):
    with pytest.raises(PermanentError, match="No column of the file is recognised as the item"):
        read_upload(real("yaz/yaz_data.csv"), kind="sales")
