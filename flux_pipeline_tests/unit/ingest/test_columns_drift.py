"""Changes reported for a file whose columns or formats differ from the last one's."""

import pytest

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.drift import find_drift
from flux_pipeline_tests.unit.ingest.reading import read_upload


def format_of(*lines: str):
    return read_upload("\n".join(lines).encode(), kind="sales", place=Place("Europe/Paris")).detected_format


BEFORE = format_of("date,item,qty,price", "2024-03-01,Tea,1,2.50")


def test_a_file_of_the_same_form_has_no_drift():
    assert find_drift(BEFORE, format_of("date,item,qty,price", "2024-03-02,Pie,3,4.10")) == []


@pytest.mark.parametrize(
    ("lines", "changes", "sentence"),
    [
        (
            ("date,item,qty", "2024-03-01,Tea,1"),
            [("column_gone", "price"), ("field_gone", "price")],
            "The column 'price' is no longer in the file.",
        ),
        (
            ("date,item,qty,price,place", "2024-03-01,Tea,1,2.50,Rome"),
            [("column_new", "place")],
            "The column 'place' is new.",
        ),
        (
            ("date,product,qty,price", "2024-03-01,Tea,1,2.50"),
            [("column_gone", "item"), ("column_new", "product"), ("field_moved", "item")],
            "The item was in 'item' and is now in 'product'.",
        ),
        (
            ("date;item;qty;price", "13.03.2024;Tea;1;2,50"),
            [("delimiter", "delimiter"), ("date_order", "date_order"), ("decimal", "price")],
            "The decimal mark of price was '.' and is now ','.",
        ),
    ],
)
def test_each_change_has_a_sentence(lines, changes, sentence):
    found = find_drift(BEFORE, format_of(*lines))
    names = {"qty": "quantity"}
    assert [(change.what, change.about) for change in found] == [
        (what, names.get(about, about)) for what, about in changes
    ]
    assert sentence in [change.sentence for change in found]


def test_a_workbook_after_a_text_differs_in_its_columns_only():
    text = format_of("date;item;qty;price", "13.03.2024;Tea;1;2,50")
    workbook = BEFORE | {"encoding": "workbook", "delimiter": ""}
    assert find_drift(text, workbook) == find_drift(workbook, text) == []
    fewer = workbook | {"columns": {"date": "date", "item": "item", "quantity": "qty"}}
    assert [change.what for change in find_drift(text, fewer)] == ["field_gone"]


def test_missing_or_moved_data_breaks_and_new_columns_do_not():
    gone = find_drift(BEFORE, format_of("date,item,qty", "2024-03-01,Tea,1"))
    new = find_drift(BEFORE, format_of("date,item,qty,price,tax", "2024-03-01,Tea,1,2.50,1"))
    assert [change.is_breaking for change in gone] == [True, True]
    assert [(change.what, change.is_breaking) for change in new] == [("column_new", False), ("field_new", False)]


def test_columns_of_persons_may_come_and_go():
    guests = format_of("date,item,qty,price,Customer Name", "2024-03-01,Tea,1,2.50,Ada Kok")
    assert guests["personal_columns"] == {"Customer Name": 1}
    assert find_drift(BEFORE, guests) == find_drift(guests, BEFORE) == []


def test_a_format_of_an_older_version_contradicts_nothing():
    assert find_drift({"columns": BEFORE["columns"]}, BEFORE) == []
    assert find_drift({}, BEFORE) == []
