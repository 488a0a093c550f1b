"""A file read in blocks gives the same as at once: rows, line numbers, quotes, headers and encodings."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import open_tables
from flux_pipeline.ingest.reading.source import Source

NAMES = ["date", "item", "quantity"]


def rows_of(content: bytes, block: int = 10**6, encoding: str | None = None) -> list[tuple]:
    """Every row: its line number, its cells as read, and the cells beyond the header."""
    [table] = open_tables(
        Source.of(content),
        count_known=lambda names: len({*NAMES} & {*names}),
        encoding=encoding,
        limits=Limits(block_characters=block),
    )
    rows = []
    for part in table.blocks():
        cells = zip(*(column.read[column.texts.codes] for column in part.columns), strict=True)
        for place, (line, row) in enumerate(zip(part.line_numbers.tolist(), cells, strict=True)):
            rows.append((line, *row, *part.beyond.get(place, ())))
    return rows


CELL = st.one_of(
    st.sampled_from(["", " ", 'a "quoted" word', '12"', "two\nlines", '"', "é", "漢字", "1,5", "a;b", "\n\n"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6),
)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=5), max_size=30),
    block=st.integers(4, 200),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_blocks_of_any_size_give_the_same_rows(rows, block, line_end, quoting, encoding):
    page = io.StringIO()
    page.write(line_end.join(["Report", "", ""]))
    csv.writer(page, lineterminator=line_end, quoting=quoting).writerows([NAMES, *rows])
    content = page.getvalue().encode(encoding)
    whole = rows_of(content)
    assert [list(row[1:4]) for row in whole] == [[cell.replace("\r", "\n") for cell in row[:3]] for row in rows]
    assert rows_of(content, block) == whole


def test_line_numbers_are_true_across_blocks_of_quoted_line_breaks():
    content = b"date,item,quantity\n" + b'2024-03-01,"two\nlines",1\n2024-03-01,Tea,1,,late\n' * 40
    expected = [line for start in range(2, 122, 3) for line in (start, start + 2)]
    for block in (7, 30, 64, 1000, 10**6):
        rows = rows_of(content, block)
        assert [row[0] for row in rows] == expected
        assert rows[-1] == (121, "2024-03-01", "Tea", "1", "", "late")


def test_stray_quotes_do_not_swallow_rows_across_blocks():
    content = b"date,item,quantity\n" + b'2024-03-01,Pizza 12",1\n2024-03-01,5" roll,2\n' * 50
    for block in (9, 40, 333):
        assert [row[2] for row in rows_of(content, block)] == ['Pizza 12"', '5" roll'] * 50


def test_an_unclosed_quote_is_reported_with_its_line_in_any_block():
    content = b"date,item,quantity\n" + b"2024-03-01,Tea,1\n" * 50 + b'2024-03-01,"Tea,1\n2024-03-01,Tea,1\n'
    for block in (50, 10**6):
        with pytest.raises(PermanentError, match=r"about line 52 on \(a quote is never closed"):
            rows_of(content, block)


def test_a_file_of_one_block_is_parsed_once():
    [table] = open_tables(Source.of(b"date,item\n2024-03-01,Tea\n"), count_known=len)
    assert next(table.blocks()) is next(table.blocks())


def test_a_larger_file_is_not_held():
    content = b"date,item,quantity\n" + b"2024-03-01,Tea,1\n" * 50
    [table] = open_tables(Source.of(content), count_known=len, limits=Limits(block_characters=100))
    assert len([*table.blocks()]) > 5
    assert next(table.blocks()) is not next(table.blocks())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Café"),
        ("cp1252", "Café"),
        ("latin-1", "Café"),
        ("shift_jis", "寿司"),
        ("utf-16", "Café"),
        ("cp037", "Tea"),
    ],
)
def test_a_declared_encoding_is_used(encoding, text):
    content = f"date,item,quantity\n2024-03-01,{text},1\n".encode(encoding)
    assert rows_of(content, encoding=encoding) == [(2, "2024-03-01", text, "1")]


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        (
            "date,item\n2024-03-01,Café\n".encode("cp1252"),
            "utf-8",
            r"given as utf-8, but the file is not utf-8 \(line 2\)",
        ),
        (b"date,item\n2024-03-01,\x81\n", "cp1252", r"given as cp1252, but the file is not cp1252 \(line 2\)"),
        (b"date,item\n", "klingon", "Unknown encoding 'klingon'"),
        (b"date,item\n", "hex", "Unknown encoding 'hex'"),
        (b"\xef\xbb\xbfdate,item\n2024-03-01,\xe9\n", None, "begins like UTF text, but is not valid utf-8-sig"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused(content, encoding, says):
    with pytest.raises(PermanentError, match=says):
        rows_of(content, encoding=encoding)


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("", 1),
        ("\n\n", 3),
        ("Sales report\n", 2),
        ("Sales, all branches\nPeriod,2024\n;;\n", 4),
        ('"A title\nof two"\n', 3),
    ],
)
def test_text_above_the_header_counts_as_lines_and_not_as_rows(above, lines):
    assert rows_of(f"{above}date,item,quantity\n2024-03-01,Tea,1\n".encode()) == [(lines + 1, "2024-03-01", "Tea", "1")]


def test_a_row_with_one_known_word_and_figures_is_not_a_header():
    [table] = open_tables(
        Source.of(b"day,dish,sold\n2024-03-01,item,3\n"), count_known=lambda names: len({*NAMES} & {*names})
    )
    assert table.header == ("day", "dish", "sold")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("price,price,price", ("price", "price (2)", "price (3)")),
        ("price,price (2),price", ("price", "price (2)", "price (3)")),
        ("price,,column 2", ("price", "column 2", "column 2 (2)")),
        ("price,,", ("price",)),
    ],
)
def test_every_column_has_a_name_of_its_own(written, names):
    [table] = open_tables(Source.of(f"{written}\n1,2,3\n".encode()), count_known=lambda names: 0)
    assert table.header == names
