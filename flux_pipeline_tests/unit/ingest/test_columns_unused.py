"""Unused columns and lines outside the table: what of them is kept, decided by the whole file."""

import codecs
import gzip
import io
import zipfile
from dataclasses import dataclass, field

import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.fitting import known_names
from flux_pipeline.ingest.columns.personal.redaction import needs_rewriting, rewrite_without
from flux_pipeline.ingest.columns.personal.unused import is_harmless
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import OpenUpload, open_upload
from flux_pipeline_tests.unit.ingest.workbooks import workbook

PLACE = Place("Europe/Paris", country_code="FR")
HEAD = "date,ticket,item,qty"


def opened(content: bytes, kind: str = "sales", *keep: str) -> OpenUpload:
    return open_upload(Source.of(content), kind=kind, place=PLACE, hints=Hints(keep_columns=keep))


def kept_form(content: bytes, kind: str = "sales", *keep: str) -> bytes:
    found = opened(content, kind, *keep)
    tables = [(table, redaction) for (table, _), redaction in zip(found.tables, found.redactions, strict=True)]
    if not needs_rewriting(tables):
        return content
    return b"".join(rewrite_without(Source.of(content), tables, known_names(found.contract, {})))


def read(content: bytes, kind: str = "sales") -> ParsedUpload:
    return merged(list(opened(content, kind).parts()))


def assert_same_rows(one: ParsedUpload, other: ParsedUpload) -> None:
    pd.testing.assert_frame_equal(one.rows, other.rows)
    compared = ["line_number", "reason_code", "column_name"]
    pd.testing.assert_frame_equal(one.rejected[compared], other.rejected[compared])
    assert (one.read_count, one.skipped) == (other.read_count, other.skipped)


def column(name: str, *cells: str, rows: int = 400) -> str:
    """A file of `rows` lines, two on each ticket, whose last column repeats these cells in turn, ticket by ticket."""
    lines = [f"2026-05-{row // 2 % 28 + 1:02},{row // 2},Soup,1,{cells[row // 2 % len(cells)]}" for row in range(rows)]
    return "\n".join([f"{HEAD},{name}", *lines]) + "\n"


KEPT = {
    "ways to pay": column("Paid with", "Cash", "Girocard EC", "Bon Ami"),
    "tables by name": column("Where", *(f"Terrace {number}" for number in range(8))),
    "tables by number": column("Where", *map(str, range(100)), rows=200),
    "one store": column("Shop floor", "North Hall"),
    "states in a short file": column("State of it", "Completed", "Voided", "Refunded", rows=6),
    "yes and no in a short file": column("Checked", "yes", "no", rows=4),
    "decimals": column("Extra", *(f"{number}.{number % 10}0" for number in range(200))),
    "money with its currency": column("Extra", *(f"{number}.50 €" for number in range(200))),
    "money in millions": column("Extra", *(f"{number}500000.00" for number in range(1, 200))),
    "days": column("Sent", *(f"2026-05-{day:02}" for day in range(1, 29))),
    "days with their time": column("Sent", *(f"01/05/2026 {hour:02}:15:00" for hour in range(24))),
    "times": column("Sent", *(f"{hour}:05 PM" for hour in range(1, 12))),
    "shares": column("Tax rate", "19%", "7%"),
    "negative numbers": column("Extra", "-3", "(4.00)", "5-", rows=12),
    "empty cells": column("Whatever", ""),
    "dashes": column("Whatever", "-", "n/a", rows=6),
}
DROPPED = {
    "names, each once": column("Spalte 5", *(f"Ada Example{number}" for number in range(200))),
    "names on every line of a ticket": column("Spalte 5", *(f"Guest {chr(65 + n)}" for n in range(15)), rows=30),
    "names in a file of three lines": column("Spalte 5", "Ada", "Bo", "Cy", rows=3),
    "the same name in a short file": column("Spalte 5", "Ada Example", rows=4),
    "regulars who come a dozen times": column("Spalte 5", *(f"Regular {chr(65 + n)}" for n in range(16))),
    "names below rows that repeat": column("Spalte 5", "Hall", rows=4_000) + "2026-05-01,9999,Soup,1,Ada Example\n",
    "a name among numbers": column("Spalte 5", "12", rows=100) + "2026-05-01,9999,Soup,1,Ada Example\n",
    "a name among days": column("Spalte 5", "2026-05-01", rows=100) + "2026-05-01,9999,Soup,1,Ada Example\n",
    "a name among states": column("Spalte 5", "paid", rows=100) + "2026-05-01,9999,Soup,1,Ada Example\n",
    "digits of a telephone": column("Spalte 5", *(f"0171{number:05}" for number in range(200))),
    "digits with points": column("Spalte 5", *(f"30.123.{number}" for number in range(100, 300))),
    "numbers that a program wrote with .0": column("Spalte 5", *(f"49171{number:05}.0" for number in range(200))),
    "numbers that a spreadsheet rounded": column("Spalte 5", "1.3E+18", "1.4E+18"),
    "one long number on every line": column("Spalte 5", "12345678"),
    "barcodes": column("Spalte 5", "4006381333931", "5901234123457"),
    "digits with a telephone's signs": column("Spalte 5", "0171/555123", "0171/555124", rows=8),
    "letters and long digits": column("Spalte 5", "DE12345678", "DE12345679"),
    "postcodes of letters": column("Spalte 5", *(f"LS{number} 1AA" for number in range(200))),
    "names in capitals with a number": column("Spalte 5", *(f"ADA {number}" for number in range(200))),
    "a name and a time": column("Spalte 5", "12:30 Ada Example", "12:45 Bo Sample", rows=8),
    "sentences": column("Spalte 5", *(f"no onions for {number} please" for number in range(200))),
    "more texts than a place has tables": column("Spalte 5", *(f"text{n}" for n in range(101)), rows=8_000),
    "texts of another alphabet": column("Spalte 5", *(f"Имя {chr(0x410 + n)}" for n in range(20)), rows=40),
    "names with quotes and breaks": column("Spalte 5", '"Kok, ""Ada"""', '"Bo\nSample"', "Cy", rows=9),
}


@pytest.mark.parametrize("content", KEPT.values(), ids=KEPT.keys())
def test_an_unused_column_is_kept(content: str) -> None:
    found = opened(content.encode()).detected_format
    assert (found["dropped_columns"], found["personal_columns"]) == ({}, {})
    assert kept_form(content.encode()) == content.encode()


@pytest.mark.parametrize("content", DROPPED.values(), ids=DROPPED.keys())
def test_an_unused_column_is_dropped_and_counted_and_the_same_rows_are_read(content: str) -> None:
    before = read(content.encode())
    found = before.detected_format
    assert found["dropped_columns"] | found["personal_columns"] == {"Spalte 5": before.read_count}
    kept = kept_form(content.encode())
    words = ("Ada", "Bo", "Cy", "Guest", "Regular", "Имя", "onions", "text1", "LS1", "DE1", "1.3E", "30.123", "0171")
    assert not [word for word in words if word in kept.decode()]
    assert_same_rows(read(kept), before)
    assert kept_form(kept) == kept


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16-le", "cp1252", "gz", "zip", "xlsx"])
def test_a_column_is_dropped_in_every_encoding_and_container(mark: str) -> None:
    lines = [f"2026-05-01;{row};Brötchen mit Käse;1;Jürgen Groß{row};für Zoë{row}" for row in range(40)]
    text = "\n".join(["date;ticket;item;qty;Spalte 5;Spalte 6", *lines]) + "\n"
    if mark == "xlsx":
        content = workbook({"May": [line.split(";") for line in text.splitlines()]})
    elif mark == "gz":
        content = gzip.compress(text.encode())
    elif mark == "zip":
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w") as archive:
            archive.writestr("till.csv", text)
        content = page.getvalue()
    else:
        content = (codecs.BOM_UTF16_LE if mark == "utf-16-le" else b"") + text.encode(mark)
    before = read(content)
    assert before.detected_format["dropped_columns"] == {"Spalte 5": 40, "Spalte 6": 40}
    kept = kept_form(content)
    encoding = {"utf-16-le": "utf-16", "cp1252": "cp1252"}.get(mark, "utf-8")
    shown = kept.decode(encoding, "replace")
    assert "Käse" in shown and not [word for word in ("Groß", "Zoë", "Jürgen") if word in shown]
    assert_same_rows(read(kept), before)


@dataclass(frozen=True)
class Outside:
    content: str
    names: tuple[str, ...] = ("Ada", "Kok")
    stays: tuple[str, ...] = field(default=("Soup", "2026-05-01"))


OUTSIDE = {
    "a title above the header": Outside(f"Report of Ada Kok\n\n{HEAD}\n2026-05-01,1,Soup,1\n"),
    "a title of several lines in quotes": Outside(f'"Ada\nKok",,\n{HEAD}\n2026-05-01,1,Soup,1\n'),
    "a title below a stated delimiter": Outside(
        "sep=;\nAda Kok;x\ndate;ticket;item;qty\n2026-05-01;1;Soup;1\n", stays=("sep=;",)
    ),
    "a title and no rows": Outside(f"Ada Kok\n{HEAD}\n", stays=(HEAD,)),
    "a line of one cell between rows": Outside(f"{HEAD}\n2026-05-01,1,Soup,1\nClerk: Ada Kok,,,\n2026-05-01,2,Tea,1\n"),
    "a line of two cells between rows": Outside(f"{HEAD}\n2026-05-01,1,Soup,1\nClerk:,Ada Kok,,\n2026-05-01,2,Tea,1\n"),
    "a last line": Outside(f"{HEAD}\n2026-05-01,1,Soup,1\nPrinted by Ada Kok on 2026-05-02\n"),
    "a line in the item's column": Outside(HEAD + "\n2026-05-01,1,Soup,1" * 9 + "\n,,Ada Kok,\n"),
    "another table below": Outside(
        f"{HEAD}\n2026-05-01,1,Soup,1\n\nStaff,,,\nItem,Server,Total,Price\nSoup,Ada,1,2\nTea,Kok,1,3\n",
        stays=("Item",),
    ),
    "another table with a row too long": Outside(
        f"{HEAD}\n2026-05-01,1,Soup,1\nItem,Total,Price,\nSoup,1,2,3,Ada,Kok\nKok,1,3,\n"
    ),
    "cells beyond the header": Outside(f"{HEAD}\n2026-05-01,1,Soup,1,Ada Kok\n2026-05-01,2,Tea, hot,1\n"),
    "a header that repeats with a dropped column": Outside(
        f"{HEAD},Spalte 5\n2026-05-01,1,Soup,1,Ada\n{HEAD},Spalte 5\n2026-05-01,1,Soup,1,Kok\n", stays=("Spalte 5\n2",)
    ),
    "a row with a dropped cell only": Outside(f"{HEAD},Spalte 5\n2026-05-01,1,Soup,1,Ada\n,,,,Kok\n"),
    "a totals line whose word is in a dropped column": Outside(
        f"Spalte 0,{HEAD}\nAda,2026-05-01,1,Soup,1\nKok,2026-05-01,1,Tea,1\nTotal,,,,2\n", stays=("Total",)
    ),
    "a row that would be a totals line without its text": Outside(
        f"{HEAD},price,Spalte 5\n2026-05-01,1,Soup,1,2.00,Ada\nTotal,,,2,4.00,Kok\n"
    ),
    "a row above another table that would be its title": Outside(
        f"{HEAD},Spalte 5\n2026-05-01,1,Soup,1,Ada\n2026-05-01,,,,Kok\nItem,Price,,,\nTea,2,,,\n"
    ),
}


@pytest.mark.parametrize("case", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_text_outside_the_table_is_not_kept_and_the_same_rows_are_read(case: Outside) -> None:
    before, kept = read(case.content.encode()), kept_form(case.content.encode())
    assert not [name for name in case.names if name in kept.decode()]
    assert all(text in kept.decode() for text in case.stays)
    assert_same_rows(read(kept), before)
    assert kept_form(kept) == kept


def test_an_item_on_a_line_of_its_own_is_kept_where_the_date_is_filled_down() -> None:
    lines = [f"2026-05-{day:02},Soup,1\n,Tea,\n,Pie with Ada,2" for day in range(1, 9)]
    content = "\n".join(["date,item,qty", *lines]).encode()
    assert opened(content).context.facts.filled_down
    assert kept_form(content) == content


def test_a_status_word_survives_in_a_dropped_column() -> None:
    content = f"{HEAD},Spalte 5\n2026-05-01,1,Soup,1,Ada\n2026-05-01,2,Tea,1,Voided\n".encode()
    assert kept_form(content) == content.replace(b"Ada", b"")


@pytest.mark.parametrize(
    ("header", "cell", "names"),
    [
        ("Sort", "** VOID **", ""),
        ("Sort", "Void: for Ada Kok", "Ada"),
        ("Remark", "cancelled by Ada Kok", "Ada"),
        ("Void By", "Ada Kok", "Ada"),
        ("Void reason", "Ada Kok left", "Ada"),
    ],
)
def test_a_state_stays_one_without_what_is_said_of_a_person(header: str, cell: str, names: str) -> None:
    others = [f"2026-05-01,{n},Soup,1,{'' if n % 2 else f'Text{n} of {n}'}" for n in range(2, 8)]
    if header not in ("Sort", "Remark"):
        others = [line.rpartition(",")[0] + "," for line in others]
    content = "\n".join([f"{HEAD},{header}", f"2026-05-01,1,Soup,1,{cell}", *others, ""]).encode()
    kept = kept_form(content)
    assert read(content).reasons == {"void": 1}
    assert not names or names.encode() not in kept
    assert_same_rows(read(content), read(kept))


def test_a_column_that_the_sender_keeps_is_kept() -> None:
    content = f"{HEAD},Size of it,Whom\n2026-05-01,1,Soup,1,huge,Ada\n".encode()
    assert kept_form(content, "sales", "size of it") == content.replace(b"Ada", b"")


@pytest.mark.parametrize(
    ("keep", "message"),
    [("Nothing", "no column 'Nothing' to keep"), ("Customer Name", "about people, and such columns are never kept")],
)
def test_a_column_that_can_not_be_kept_is_refused(keep: str, message: str) -> None:
    with pytest.raises(PermanentError, match=message):
        opened(f"{HEAD},Customer Name\n2026-05-01,1,Soup,1,Ada\n".encode(), "sales", keep)


def test_of_a_kind_about_people_only_the_used_columns_are_kept() -> None:
    content = b"name,role,email,Phone,Favourite\nAda Kok,Kitchen,ada@example.com,0171 5551234,rhubarb\n"
    assert kept_form(content, "employees") == b"name,role,email,Phone,Favourite\nAda Kok,Kitchen,ada@example.com,,\n"


def test_a_wide_table_has_the_same_tickets_without_its_dropped_columns() -> None:
    lines = [f"2026-05-0{row % 3 + 1},{row},2,3,for Ada{row}" for row in range(9)]
    content = "\n".join(["date,Soup,Tea,Pie,Spalte 5", *lines]).encode()
    hints = Hints({"item": "*"})
    found = open_upload(Source.of(content), kind="sales", place=PLACE, hints=hints)
    [(table, _)], [redaction] = found.tables, found.redactions
    kept = b"".join(rewrite_without(Source.of(content), [(table, redaction)], known_names(found.contract, {})))
    assert b"Ada" not in kept
    after = open_upload(Source.of(kept), kind="sales", place=PLACE, hints=hints)
    assert_same_rows(merged(list(after.parts())), merged(list(found.parts())))


@pytest.mark.parametrize("text", ["May", "Ada", "KIM 3", "17 Fictional Lane", "12:30 Ada", "ada@example.com", "x" * 61])
def test_a_text_may_be_about_a_person(text: str) -> None:
    assert not is_harmless(text)
