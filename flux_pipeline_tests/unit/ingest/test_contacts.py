"""E-mail addresses and telephone numbers in columns that are used: nothing of them is left, and names of items are."""

import csv
import io

import pytest

from flux_pipeline.ingest.cells.contacts import masked, masked_code
from flux_pipeline.ingest.columns.personal.cells import masked_time, masked_value
from flux_pipeline.ingest.contracts import Contract, Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import OpenUpload, open_upload
from flux_pipeline.store.uploads.archive import redacted
from flux_pipeline_tests.unit.ingest.reading import read_upload
from flux_pipeline_tests.unit.ingest.test_columns_unused import assert_same_rows
from flux_pipeline_tests.unit.ingest.test_long_texts import NOW, header_of
from flux_pipeline_tests.unit.ingest.workbooks import workbook

NAMES = (
    *("7-Up 330", "Chicken 65", "No. 5", "Coca-Cola 0,33", "Menu 12.50", "Set 2+1", "1/2 Ente", "Pho 88", "Beck's 0.5"),
    *("4012345678901", "SKU 4006381333931", "0101 1025 Cola", "2024-03-01", "Fri 01.03.2024 12:30", "Coffee @ home"),
    *("24h Special 2024", "100% Juice 1000", "B52", "1234567890", "Gin 1689 40%", "Wein 2019 0,75 l", "A-2024-000123"),
    *("4111111111111112 ml", "007 Martini", "Room 1024, table 12", "焼き鳥 5本", "Nr. 0012345678"),
)
CONTACTS = {
    "Lunch for ada@example.com": "Lunch for ***",
    "ADA.KOK+x@mail.example.co.uk": "***",
    "Soup, call +49 170 1234567 before six": "Soup, call *** before six",
    "+491701234567": "***",
    "Pizza (212) 555-0142": "Pizza ***",
    "0171 1234567": "***",
    "Tel. 030 12345678": "Tel. ***",
    "06 12 34 56 78 Ada": "*** Ada",
    "paid with 4111 1111 1111 1111": "paid with ***",
    "**** **** **** 1234": "***",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_and_numbers_of_goods_are_unchanged(name: str) -> None:
    assert [masked(name), masked_code(name), masked_value(name)] == [name] * 3


@pytest.mark.parametrize(("text", "left"), CONTACTS.items())
def test_what_reaches_a_person_is_masked_once_and_the_rest_is_left(text: str, left: str) -> None:
    assert masked(text) == left == masked(left)
    assert masked_value(text) == left


@pytest.mark.parametrize(
    "cell", ["12", "1.250,00", "+1234567", "+1,234,567.50 EUR", "2 x", "250 g", "2024-03-01T12:30:00+02:00", "cash"]
)
def test_numbers_days_and_words_are_no_contacts(cell: str) -> None:
    assert masked_value(cell) == masked_time(cell) == cell


def test_different_tickets_stay_different_and_show_nobody() -> None:
    ada, bo = masked_code("ada@example.com"), masked_code("bo@example.com")
    assert ada != bo and ada == masked_code("ada@example.com") == masked_code(ada)
    assert len(ada) < 10 and "ada" not in ada.removeprefix("***")
    assert masked_code("Tisch 5 0171 1234567").startswith("Tisch 5 ***")


SEEDS = ("zqx{}@example.com", "call zqx +49 170 99988{}", "+49 151 77766{}")


def seeded(contract: Contract) -> tuple[bytes, list[str]]:
    """Return the example of a kind with contacts in each of its columns, in a row each, and what must not be left."""
    records, words = list(csv.reader(io.StringIO(contract.example))), []
    for place in range(len(records[0])):
        for number, seed in enumerate(SEEDS):
            changed = [*records[1]]
            changed[place] = seed.format(f"{place:02}{number}")
            words.append(changed[place].removeprefix("call zqx "))
            records.append(changed)
    page = io.StringIO()
    csv.writer(page).writerows(records)
    return page.getvalue().encode(), words


@pytest.mark.parametrize("contract", [each for each in KINDS.values() if not each.keeps_people], ids=lambda c: c.kind)
def test_no_column_of_any_kind_keeps_a_contact_and_the_kept_copy_has_the_same_rows(contract: Contract) -> None:
    def opened(content: bytes) -> OpenUpload:
        place = Place("Europe/Paris", country_code="FR", currency="EUR")
        hints = Hints({name: name for name in header_of(contract)})
        return open_upload(Source.of(content), kind=contract.kind, place=place, known_at=NOW, hints=hints)

    content, words = seeded(contract)
    first = opened(content)
    copy = b"".join(redacted(first, Source.of(content)) or [content])
    read = merged(list(first.parts()))
    assert_same_rows(merged(list(opened(copy).parts())), read)
    rejected = read.rejected.to_dict("records")
    kept = {"rows": read.rows.to_csv(), "rejected": str(rejected), "format": str(read.detected_format)}
    for place, text in {**kept, "copy": copy.decode()}.items():
        assert not [word for word in words if word in text], place
    # The rows are still there: with a mask, or rejected.
    assert kept["rows"].count("***") + len(rejected) >= len(words) / 3


def test_headers_and_sheets_of_a_file_are_masked_too() -> None:
    header = "Date,Lunch ada@example.com,Pie,Soup +49 170 9998877"
    content = f"{header}\n2026-05-01,1,2,3\n2026-05-02,2,3,1\n2026-05-03,1,1,1\n".encode()
    read = read_upload(content, kind="sales", place=Place("Europe/Paris"))
    assert set(read.rows.item_name) == {"Lunch ***", "Pie", "Soup ***"}
    first = open_upload(Source.of(content), kind="sales", place=Place("Europe/Paris"))
    copy = b"".join(redacted(first, Source.of(content)) or [])
    assert "Date,Lunch ***,Pie,Soup ***\n" in copy.decode()
    assert "ada@" not in copy.decode() + str(read.detected_format) and "9998877" not in copy.decode()
    book = workbook({"Ada ada@example.com": [["date", "item", "qty"], ["2026-05-01", "Soup for ada@example.com", 1]]})
    opened = open_upload(Source.of(book), kind="sales", place=Place("Europe/Paris"))
    assert opened.detected_format["sheets"] == ["Ada ***"]
    assert b"ada@" not in b"".join(redacted(opened, Source.of(book)) or [])


def test_a_mask_leaves_quotes_and_lines_as_they_are() -> None:
    rows = ['2026-05-01,"Soup, for ""ada@example.com""",1', '2026-05-01,"Pie\nada@example.com",2', "2026-05-01,Tea,3"]
    content = "\r\n".join(["date,item,qty", *rows, ""]).encode()
    first = open_upload(Source.of(content), kind="sales", place=Place("Europe/Paris"))
    copy = b"".join(redacted(first, Source.of(content)) or [])
    assert copy == content.replace(b"ada@example.com", b"***")
    assert list(merged(list(first.parts())).rows.item_name) == ['Soup, for "***"', "Pie ***", "Tea"]


@pytest.mark.parametrize("part", ["x", "a@", "1-", "* ", "+1", "a@b."])
def test_a_cell_of_thousands_of_characters_is_searched_in_one_pass(part: str) -> None:
    # With time that grows as the square of the length, this would take half an hour.
    text = part * 100_000
    assert len(masked(text)) <= len(text)
