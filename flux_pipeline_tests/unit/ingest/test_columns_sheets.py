"""Workbooks whose sheets repeat one another: each sale is read once, and what is left out is named."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload

from .workbooks import workbook


def read(content: bytes) -> ParsedUpload:
    return read_upload(content, kind="sales")


def sheet(*rows: tuple[str, str, int]) -> list[list[object]]:
    return [["date", "item", "quantity"], *(list(row) for row in rows)]


JANUARY = (("2024-01-01", "Tea", 2), ("2024-01-02", "Tea", 2))
FEBRUARY = (("2024-02-13", "Tea", 3), ("2024-02-13", "Tea", 3))


@pytest.mark.parametrize(
    ("sheets", "left_out", "units"),
    [
        ({"Jan": JANUARY, "Feb": FEBRUARY, "Gesamt": JANUARY + FEBRUARY}, ["Gesamt"], 10),
        ({"All": JANUARY + FEBRUARY, "Jan": JANUARY}, ["Jan"], 10),
        ({"Jan": JANUARY, "Jan (2)": JANUARY}, ["Jan (2)"], 4),
        ({"Jan": JANUARY, "Feb": FEBRUARY}, [], 10),
        # Two a day on one sheet and three on another are no copies.
        ({"Bar": FEBRUARY, "Hall": (*FEBRUARY, FEBRUARY[0])}, ["Bar"], 9),
        # One row may be alike by chance.
        ({"Bar": JANUARY[:1], "Hall": JANUARY[:1]}, [], 4),
    ],
)
def test_a_sheet_that_repeats_others_is_left_out_and_named(sheets, left_out, units):
    parsed = read(workbook({name: sheet(*rows) for name, rows in sheets.items()}))
    assert parsed.detected_format["sheets_left_out"] == left_out
    assert [name for note in parsed.detected_format["notes"] for name in left_out if f"'{name}'" in note] == left_out
    assert parsed.rows["quantity"].sum() == units


def test_a_sheet_named_like_a_sum_with_other_rows_is_refused():
    sums = (("2024-01-31", "Tea", 4), ("2024-02-29", "Tea", 6))
    content = workbook({"Jan": sheet(*JANUARY), "Feb": sheet(*FEBRUARY), "Summe 2024": sheet(*sums)})
    with pytest.raises(PermanentError, match="The sheet 'Summe 2024' is named like the sum of the others"):
        read(content)
    assert read(workbook({"Total": sheet(*JANUARY)})).loaded_count == 2
