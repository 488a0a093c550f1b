"""Excel workbooks: the sheets that are read, the texts of their cells, and the workbooks that are refused."""

import datetime as dt
import gzip
import io
import subprocess
import sys
import zipfile

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import OpenTable, open_tables
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline_tests.unit.ingest.reading import read_upload
from flux_pipeline_tests.unit.ingest.workbooks import raw_workbook, row_of, sales_rows, workbook

NAMES = {"date", "item", "quantity", "price"}


def tables_of(content: bytes, limits: Limits | None = None) -> list[OpenTable]:
    return open_tables(Source.of(content), count_known=lambda names: len(NAMES & {*names}), limits=limits)


def cells_of(content: bytes) -> list[list[str]]:
    """The rows below the header of a workbook's first sheet."""
    [block] = tables_of(content)[0].blocks()
    return [list(row) for row in zip(*(column.texts.rows for column in block.columns), strict=True)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Soup", "Soup"),
        (2, "2"),
        (2.0, "2"),
        (2.5, "2.5"),
        (0.1, "0.1"),
        (-3, "-3"),
        (150040.0, "150040"),
        (1e20, "1e+20"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (dt.date(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1, 18, 5, 7), "2024-03-01 18:05:07"),
        (dt.datetime(2024, 3, 1, 12, 29, 59, 999_900), "2024-03-01 12:30:00"),
        (dt.time(18, 30), "18:30:00"),
        (dt.timedelta(hours=25), "25:00:00"),
    ],
)
def test_a_cell_becomes_the_text_that_a_person_sees(cell, text):
    assert cells_of(workbook({"Sales": [["date", "item"], ["x", cell]]})) == [["x", text]]


def test_a_sheet_of_sales_is_read_with_its_own_row_numbers():
    rows = [["Sales of March"], [], *sales_rows(), [], [dt.date(2024, 3, 3), "Tea", "?", 2], [None, "Total", 4, None]]
    parsed = read_upload(workbook({"Sales": rows}), kind="sales", place=Place("Europe/Paris"))
    assert parsed.rows["line_number"].tolist() == [4, 5]
    assert parsed.rows["item_name"].tolist() == ["Soup", "Bread"]
    assert parsed.rows["business_date"].astype(str).tolist() == ["2024-03-01", "2024-03-02"]
    assert parsed.rejected["line_number"].tolist() == [7]
    assert parsed.reasons == {"blank_line": 1, "totals_line": 1, "bad_quantity": 1}


def test_every_sheet_that_fits_is_read_and_the_others_are_named():
    february = [["date", "item", "quantity"], ["2024-04-01", "Soup", 1], ["2024-04-02", "Soup", 1]]
    content = workbook({"Notes": [["Please", "read"]], "January": sales_rows(), "Empty": [], "February": february})
    parsed = read_upload(content, kind="sales", place=Place("Europe/Paris"))
    assert parsed.loaded_count == 4
    assert parsed.detected_format["sheets"] == ["January", "February"]
    assert parsed.detected_format["sheets_left_out"] == ["Notes"]


def test_a_hidden_sheet_is_left_out():
    content = workbook({"Sales": sales_rows(), "Old": sales_rows()}, hidden=("Old",))
    parsed = read_upload(content, kind="sales", place=Place("Europe/Paris"))
    assert (parsed.loaded_count, parsed.detected_format["sheets_left_out"]) == (2, ["Old"])


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_a_packed_workbook_is_read(pack):
    content = workbook({"Sales": sales_rows()})
    if pack == "gzip":
        packed = gzip.compress(content)
    else:
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w") as archive:
            archive.writestr("sales.xlsx", content)
        packed = page.getvalue()
    assert cells_of(packed) == cells_of(content)


def test_a_link_to_another_file_is_not_followed():
    linked = '<row r="2"><c r="A2" t="str"><f>[1]Secrets!A1</f><v>as it was saved</v></c></row>'
    parts = {
        "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
        "xl/externalLinks/_rels/externalLink1.xml.rels": b'<Relationships><Relationship Id="rId1" '
        b'Target="file:///etc/passwd" TargetMode="External"/></Relationships>',
    }
    assert cells_of(raw_workbook(row_of(1, "item") + linked, parts)) == [["as it was saved"]]


def test_a_formula_is_never_more_than_its_text():
    assert cells_of(workbook({"Sales": [["item"], ["'=cmd|' /C calc'!A0"]]})) == [["=cmd|' /C calc'!A0"]]


@pytest.mark.parametrize(
    ("sheet_data", "spans"),
    [
        (row_of(1, "item") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "1,048,576 rows and 16,384"),
        (row_of(1, "item") + "<row><c r='xfd1048576'><v>1</v></c></row>", "rows and 16,384"),
        (row_of(1, "item") + '<row r="1048576">' + "<c><v>1</v></c>" * 20 + "</row>", "1,048,576 rows and 21"),
        (row_of(1, "item") + '<row r = "1048576"\n><c\nr  =  "ZZ1048576"><v>1</v></c></row>', "rows and 702 columns"),
    ],
)
def test_a_cell_far_outside_the_table_is_refused_before_memory_is_allocated(sheet_data, spans):
    with pytest.raises(PermanentError, match=f"spans .*{spans}.*expected at most 10,000,000 cells"):
        tables_of(raw_workbook(sheet_data))


def test_a_place_hidden_in_an_endless_tag_is_refused():
    hidden = "<c" + " " * 5_000_000 + 'r="XFD1048576"><v>1</v></c>'
    with pytest.raises(PermanentError, match="holds a tag or a text of more than 2,097,152 bytes"):
        tables_of(raw_workbook(f'{row_of(1, "item")}<row r="2">{hidden}</row>'))


def test_a_workbook_with_any_part_altered_is_read_or_refused_in_a_sentence():
    content = raw_workbook(row_of(1, "item") + row_of(2, "Soup"))
    for place in range(0, len(content), 3):
        altered = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            tables_of(altered)
        except PermanentError as refusal:
            assert str(refusal).endswith(".")


def test_cells_without_a_place_follow_each_other():
    rows = "".join(f"<row><c><v>{number}</v></c><c><v>2</v></c></row>" for number in range(5_000))
    assert len(cells_of(raw_workbook(rows))) == 4_999


def test_without_that_refusal_the_library_would_end_the_process():
    """Shows what the check is for; when this fails, python-calamine has learned to refuse by itself."""
    content = raw_workbook(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    code = (
        "import io, resource, sys; from python_calamine import CalamineWorkbook\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32)); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=False)
    assert ended.returncode < 0


def lying_workbook() -> bytes:
    """A workbook whose archive says that a sheet of 20 MB has 100 bytes."""
    true_size = 20_000_000
    sheet = b"<worksheet><sheetData>" + b"<v/>" * (true_size // 4)
    content = raw_workbook("", {"xl/worksheets/sheet2.xml": sheet})
    size = len(sheet).to_bytes(4, "little")
    assert content.count(size) >= 1
    return content.replace(size, (100).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "limits", "says"),
    [
        (lying_workbook(), Limits(workbook_bytes=10_000_000), "holds more than 10 MB"),
        (lying_workbook(), Limits(ratio_from_bytes=1_000_000), "more than 200 times its .* bytes.*zip bomb"),
        (raw_workbook("")[:-30], Limits(), "The archive can't be read"),
        (raw_workbook("<row"), Limits(), "workbook"),
        (raw_workbook(""), Limits(), "The workbook is empty"),
        (
            raw_workbook("", {"xl/worksheets/sheet2.xml": '<row r="9999999"/>'.encode("utf-16")}),
            Limits(),
            "sheet2.xml' is in UTF-16",
        ),
        (raw_workbook("", {"xl/workbook.bin": b""}), Limits(), "a binary Excel workbook"),
        (raw_workbook("", {"content.xml": b""}), Limits(), "an OpenDocument file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, Limits(), "an old Excel workbook .* with a password"),
    ],
    ids=["size", "ratio", "cut_off", "no_xml", "empty", "utf16", "xlsb", "ods", "xls"],
)
def test_a_workbook_that_cannot_be_read_is_refused_in_a_sentence(content, limits, says):
    with pytest.raises(PermanentError, match=says) as refusal:
        tables_of(content, limits)
    assert "\n" not in str(refusal.value)
