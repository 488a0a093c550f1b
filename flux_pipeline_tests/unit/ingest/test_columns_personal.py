"""Columns of persons' data: recognised, dropped from what is kept, and emptied in the file that is kept."""

import codecs
import contextlib
import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns._mapping import map_header
from flux_pipeline.ingest.columns.fitting import known_names
from flux_pipeline.ingest.columns.personal.outside import OutsideLines, Redaction
from flux_pipeline.ingest.columns.personal.recognise import without_personal_text
from flux_pipeline.ingest.columns.personal.redaction import rewrite_without
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.containers import KEPT_SHEETS
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import OpenTable, open_tables
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.reading.tables import make_table
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

SALES = KINDS["sales"]


def opened(content: bytes):
    return open_tables(Source.of(content), count_known=known_names(SALES, {}))


def without(table: OpenTable, *columns: str) -> tuple[OpenTable, Redaction]:
    lines = OutsideLines((), ())
    for _ in lines.watch(table.blocks()):
        pass
    return table, lines.redaction(columns, filled_down=False)


def kept_form(source: Source, *tables: tuple[OpenTable, Redaction]) -> bytes:
    return b"".join(rewrite_without(source, tables, known_names(SALES, {})))


def rewritten(content: bytes, *columns: str) -> bytes:
    return kept_form(Source.of(content), *(without(table, *columns) for table in opened(content)))


def test_a_kept_cell_names_nobody():
    assert without_personal_text("write to ada@example.com") == ""
    assert without_personal_text("call +49 170 1234567 before six") == ""
    assert without_personal_text("room 1024-03-01, table 12") == "room 1024-03-01, table 12"
    assert without_personal_text("paid with 4111111111111111") == ""
    assert without_personal_text("4111111111111112, no onions") == "4111111111111112, no onions"


def test_a_rejected_row_keeps_nothing_of_a_person():
    content = b"date,item,qty,Customer,who,note\n2024-03-01,Tea,x,Ada,a@b.org,\n2024-03-01,Tea,1,,,call c@d.org\n"
    parsed = read_upload(content.replace(b"Tea,1", b"Tea,y"), kind="sales")
    assert parsed.rejected["raw"].tolist() == [
        {"date": "2024-03-01", "item": "Tea", "qty": "x"},
        {"date": "2024-03-01", "item": "Tea", "qty": "y"},
    ]
    assert parsed.detected_format["personal_columns"] == {"Customer": 1, "who": 1, "note": 1}


def test_a_row_of_too_many_cells_keeps_nothing_that_a_person_may_have_slid_into():
    parsed = read_upload(b"date,item,qty,Customer,place\n2024-03-01,Tea, hot,1,Ada,Rome\n", kind="sales")
    assert parsed.rejected["reason_code"].tolist() == ["too_many_fields"]
    assert parsed.rejected["raw"].tolist() == [{"date": "2024-03-01", "item": "Tea", "qty": " hot"}]


def test_a_column_of_a_field_is_not_personal():
    found = map_header(("date", "item", "qty", "Server"), SALES, {"channel": "Server"})
    assert (found.personal, found.headers["channel"]) == ((), "Server")


def test_a_kind_that_is_about_people_keeps_them():
    found = map_header(("name", "role", "phone"), KINDS["employees"], {})
    assert (found.personal, found.headers) == (("phone",), {"name": "name", "role": "role"})


def test_only_the_cells_of_persons_change_in_the_file_that_is_kept():
    content = (
        b'Report of May,,,\r\ndate,item,Customer,qty\r\n2024-03-01,"Tea, hot","Kok, ""Ada""",1\r\n\r\n'
        b'2024-03-01,Pie 12",Ben,2\r\ndate,item,Customer,qty\r\n2024-03-01,Tea\r\n2024-03-01,Tea,"A\r\nB",3'
    )
    assert rewritten(content, "Customer") == (
        b'\r\ndate,item,Customer,qty\r\n2024-03-01,"Tea, hot",,1\r\n\r\n'
        b'2024-03-01,Pie 12",,2\r\ndate,item,Customer,qty\r\n2024-03-01,Tea\r\n2024-03-01,Tea,"\r\n",3'
    )
    assert rewritten(content) == content.replace(b"Report of May,,,", b"")


def test_a_row_of_too_many_cells_is_emptied_from_the_first_person_on():
    content = b"date,item,qty,Customer,place\n2024-03-01,Tea, hot,1,Ada,Rome\n"
    assert rewritten(content, "Customer") == b"date,item,qty,Customer,place\n2024-03-01,Tea, hot,,,-\n"


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
def test_the_encoding_stays_as_it_was(mark):
    text = "date;item;Kunde;qty\n2024-03-01;Brötchen mit Käse;Jürgen Groß;1\n2024-03-02;Weißwürste;Jörg Müller;2\n"
    bom = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(mark, b"")
    kept = text.replace("Jürgen Groß", "").replace("Jörg Müller", "")
    assert rewritten(bom + text.encode(mark), "Kunde") == bom + kept.encode(mark)


CELL = st.one_of(
    st.sampled_from(["", '"', 'a"b', "a,b", "a;b", "a\nb", "a\r\nb", '"x"', "Ada", "1"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6),
)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example(rows=[("", '"', "", "")], delimiter=",", line_end="\n", quoting=csv.QUOTE_MINIMAL)
def test_the_file_that_is_kept_reads_as_the_same_rows_on_the_same_lines(rows, delimiter, line_end, quoting):
    page = io.StringIO()
    writer = csv.writer(page, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([("date", "Customer", "item", "qty"), *rows])
    content = page.getvalue().encode()
    [before] = opened(content)[0].blocks()
    [after] = opened(rewritten(content, "Customer"))[0].blocks()
    np.testing.assert_array_equal(after.line_numbers, before.line_numbers)
    for name in ("date", "item", "qty"):
        place = before.header.index(name)
        one, other = before.columns[place], after.columns[place]
        assert one.read[one.texts.codes].tolist() == other.read[other.texts.codes].tolist()
    np.testing.assert_array_equal(after.blank, before.blank)
    np.testing.assert_array_equal(after.overlong, before.overlong)
    assert set(after.texts("Customer").distinct) <= {"", "Customer", "-"}


def sheet(name: str, *records: tuple[str, ...], first_line: int = 2) -> OpenTable:
    header, *rows = records
    lines = np.arange(first_line, first_line + 2 * len(rows), 2)
    table = make_table(
        header, header, [np.array(c, dtype=object) for c in zip(*rows, strict=True)], lines, "workbook", "", {}
    )
    return OpenTable(name, header, "workbook", "", lambda: iter([table]))


def test_a_sheet_is_kept_on_its_own_line_numbers_with_its_line_breaks():
    may = sheet(
        "May", ("date", "item", "Guest"), ("2024-03-01", "Tea\nhot", "Ada"), ("2024-03-02", "Pie", ""), first_line=4
    )
    kept = kept_form(Source.of(b""), without(may, "Guest"))
    text = zipfile.ZipFile(io.BytesIO(kept)).read("1 May.csv")
    assert text == b'\n\ndate,item,Guest\n2024-03-01,"Tea\nhot",\n\n2024-03-02,Pie,\n'
    [table] = opened(kept)
    [block] = table.blocks()
    assert (table.name, table.encoding) == ("May", "workbook")
    assert block.line_numbers[~block.blank].tolist() == [4, 6]
    assert block.texts("item").rows.tolist() == ["Tea\nhot", "", "Pie"]


def test_several_sheets_are_kept_in_one_archive_that_is_the_same_each_time():
    sheets = [without(sheet(name, ("date", "item"), ("2024-03-01", "Tea"))) for name in ("May", "J/une")]
    kept = kept_form(Source.of(b""), *sheets)
    assert kept == kept_form(Source.of(b""), *sheets)
    assert zipfile.ZipFile(io.BytesIO(kept)).namelist() == ["1 May.csv", "2 J_une.csv", KEPT_SHEETS]
    assert [table.name for table in opened(kept)] == ["May", "J/une"]


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("list_of_sheets", [None, b"[]", b'{"sheets": [{"name": "May", "file": "no.csv"}]}', b"\xff"])
def test_kept_sheets_that_were_damaged_are_refused_in_a_sentence(cut, list_of_sheets):
    kept = kept_form(Source.of(b""), without(sheet("May", ("date", "item"), ("2024-03-01", "Tea"))))
    if list_of_sheets is None:
        kept = kept[: int(len(kept) * cut)]
    else:
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w") as archive:
            archive.writestr(KEPT_SHEETS, list_of_sheets)
        kept = page.getvalue()
    with pytest.raises(PermanentError, match="can't be read"):
        opened(kept)


def test_kept_sheets_unpack_to_no_more_than_a_workbook_may():
    kept = kept_form(Source.of(b""), without(sheet("May", ("date", "item"), ("2024-03-01", "Tea"))))
    with pytest.raises(PermanentError, match="spans more than 1 cells"):
        open_tables(Source.of(kept), count_known=known_names(SALES, {}), limits=Limits(workbook_cells=1))
    with pytest.raises(PermanentError, match="holds more than"):
        open_tables(Source.of(kept), count_known=known_names(SALES, {}), limits=Limits(workbook_bytes=100))


PLACE = Place("Europe/Paris", country_code="FR")


def kind_of(path: Path) -> str:
    return next((kind for kind in KINDS if path.name.startswith(kind)), "")


FILES = sorted(path for path in (Path(__file__).parents[2] / "data").iterdir() if kind_of(path))


def test_most_files_are_kept():
    kept = 0
    for path in FILES:
        with contextlib.suppress(PermanentError):
            open_upload(Source.of(path.read_bytes()), kind=kind_of(path), place=PLACE)
            kept += 1
    assert kept > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_any_file_reads_as_the_same_without_the_columns_that_nothing_is_made_of(path):
    source = Source.of(path.read_bytes())
    kind = kind_of(path)
    try:
        before = open_upload(source, kind=kind, place=PLACE)
    except PermanentError:
        return  # nothing of it is kept
    tables = [without(table, *columns.personal, *columns.unused) for table, columns in before.tables]
    kept = Source.of(kept_form(source, *tables))
    after = open_upload(kept, kind=kind, place=PLACE)
    for one, other in zip(before.parts(), after.parts(), strict=True):
        pd.testing.assert_frame_equal(one.rows, other.rows)
        compared = ["line_number", "reason_code"]
        pd.testing.assert_frame_equal(one.rejected[compared], other.rejected[compared])
        assert (one.read_count, one.skipped) == (other.read_count, other.skipped)
