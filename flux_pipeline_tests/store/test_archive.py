"""Tests of the archive: a file is stored by its hash, without persons' columns, and gives the same rows again."""

import datetime as dt
import gzip
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.feeds.files import file_source
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline.settings import load_settings
from flux_pipeline.store.uploads.archive import Archive, not_kept
from flux_pipeline_tests.unit.ingest.workbooks import workbook

TILL = (
    "date,item,quantity,price,Customer Name,note\n"
    '2024-03-01,"Soup, hot",2,4.50,"Kok, Ada",\n'
    "2024-03-01,Bread,1,1.20,Ben,write to ben@example.com\n"
    "2024-03-02,Bread,1,1.20,Ben,,and more\n"
    "2024-03-02,Tea,x,1.20,Jörg,\n\n"
    ",,,,Ben,\n"
    "date,item,quantity,price,Customer Name,note\n"
    "2024-03-03,Tea,3,1.20,,\n"
)
PERSONS = ("Ada", "Ben", "Jörg", "example.com")


@pytest.fixture(params=["folder", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    if request.param == "folder":
        yield Archive(tmp_path / "archive")
        return
    yield Archive("memory://bucket/flux")
    fsspec.filesystem("memory").store.clear()


def read(source: Source, kind: str = "sales", hints: Hints | None = None) -> ParsedUpload:
    return merged(list(open_upload(source, kind=kind, hints=hints).parts()))


def keep(archive: Archive, source: Source, kind: str = "sales", hints: Hints | None = None) -> tuple[str, bytes]:
    """The place of the kept form, and its bytes."""
    kept = archive.keep_redacted(open_upload(source, kind=kind, hints=hints), source, "bistro")
    with source.stream() as stream:
        content = stream.read()
    assert (kept.content_sha256, kept.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    return kept.storage_uri, archive.open(kept.storage_uri).stream().read()


def assert_same_rows(one: ParsedUpload, other: ParsedUpload) -> None:
    pd.testing.assert_frame_equal(one.rows, other.rows)
    recorded = ["line_number", "reason_code", "column_name"]
    pd.testing.assert_frame_equal(one.rejected[recorded], other.rejected[recorded])
    assert (one.read_count, one.skipped) == (other.read_count, other.skipped)


def sheet_rows(*items: str) -> list[list[object]]:
    header: list[object] = ["date", "item", "quantity", "price", "Customer Name"]
    rows: list[list[object]] = [[dt.date(2024, 3, 1), item, 2, 4.5, "Ada"] for item in items]
    last: list[object] = [dt.date(2024, 3, 2), "Bread", 1.5, None, "Ben"]
    return [["Report of May"], [], header, *rows, header, [None] * 5, [None] * 4 + ["Ben"], last]


def test_a_file_is_stored_once_and_read_back_unchanged(archive: Archive) -> None:
    content = b"date,item,quantity\n2024-03-01,Tea,1\n" * 100_000
    kept = archive.keep(Source.of(content), "bistro")
    assert kept == archive.keep(Source.of(content, "other name"), "bistro")
    digest = hashlib.sha256(content).hexdigest()
    assert (kept.storage_uri, kept.size_bytes) == (f"bistro/{digest[:2]}/{digest}", len(content))
    source = archive.open(kept.storage_uri, "sales.csv")
    for _ in range(2):
        with source.stream() as stream:
            assert stream.read() == content
    assert source.name == "sales.csv"


@pytest.mark.parametrize(
    "content",
    [TILL.encode(), TILL.encode("utf-16"), TILL.encode("cp1252"), gzip.compress(TILL.encode())],
    ids=["utf-8", "utf-16", "cp1252", "gz"],
)
def test_the_stored_file_names_no_person_and_has_the_same_rows(archive: Archive, content: bytes) -> None:
    source = Source.of(content)
    before = read(source)
    assert (before.loaded_count, before.reasons) == (
        3,
        {"blank_line": 1, "repeated_header": 1, "bad_quantity": 1, "too_many_fields": 1, "missing_date": 1},
    )
    uri, kept = keep(archive, source)
    text = kept.decode(before.detected_format["encoding"])
    assert not [person for person in PERSONS if person in text]
    assert_same_rows(read(archive.open(uri)), before)


@pytest.mark.parametrize("sheets", [["May"], ["May", "Juni (2)"]], ids=["one sheet", "two sheets"])
@pytest.mark.parametrize("encoding", [None, "cp1252"], ids=["", "encoding declared"])
def test_a_workbook_is_stored_as_its_sheets_with_the_same_rows(
    archive: Archive, sheets: list[str], encoding: str | None
) -> None:
    book = {name: sheet_rows(f"Soup\nof {name}", "Crème brûlée") for name in sheets}
    source = Source.of(workbook({**book, "Guests": [["Name", "Phone"], ["Ada", "+49 170 1234567"]]}, ("Guests",)))
    hints = Hints(encoding=encoding)
    before = read(source, hints=hints)
    assert before.loaded_count == 3 * len(sheets)
    uri, kept = keep(archive, source, hints=hints)
    assert not [person for person in ("Ada", "Ben", "1234567", "Guests") if person.encode() in kept]
    after = read(archive.open(uri), hints=hints)
    assert_same_rows(after, before)
    assert after.detected_format["sheets"] == sheets


def test_a_file_without_persons_is_stored_unchanged(archive: Archive) -> None:
    content = gzip.compress(b"date,item,quantity\n2024-03-01,Tea,1\n")
    assert keep(archive, Source.of(content))[1] == content


def test_a_list_of_employees_keeps_its_people(archive: Archive) -> None:
    content = b"name,role,email\nAda Kok,Kitchen,ada@example.com\n"
    assert keep(archive, Source.of(content), "employees")[1] == content


def test_the_hash_of_a_file_that_is_not_stored_is_known(archive: Archive) -> None:
    kept = not_kept(Source.of(b"one"))
    assert (kept.storage_uri, kept.content_sha256, kept.size_bytes) == ("", hashlib.sha256(b"one").hexdigest(), 3)
    with pytest.raises(PermanentError, match="Nothing was kept"):
        archive.open(kept.storage_uri)


def test_a_stored_file_that_was_changed_is_refused_and_stored_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = archive.keep(Source.of(b"one"), "bistro")
    (tmp_path / kept.storage_uri).write_bytes(b"cut")
    with pytest.raises(PermanentError, match="was changed"):
        archive.open(kept.storage_uri)
    (tmp_path / kept.storage_uri).write_bytes(b"c")
    archive.keep(Source.of(b"one"), "bistro")
    assert archive.open(kept.storage_uri).stream().read() == b"one"


def test_a_stored_file_that_is_missing_is_reported(archive: Archive) -> None:
    with pytest.raises(PermanentError, match="Restore the archive"):
        archive.open("bistro/ab/abc")


class Growing(io.BytesIO):
    """A file that grows whenever it is read."""

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        place = self.tell()
        self.seek(0, 2)
        self.write(b"more")
        self.seek(place)
        return piece


def test_a_file_that_grows_while_it_is_read_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    class GrowsOnce(Growing):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(size) if self.tell() == 0 else io.BytesIO.read(self, size)

    with pytest.raises(PermanentError, match=r"changed while it was read \(from 3 bytes to 7\)"):
        Archive(tmp_path).keep(Source("a.csv", lambda: GrowsOnce(b"one")), "bistro")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("change", [b"date\n2\n", b"date\n1\n2\n"], ids=["as long", "longer"])
def test_a_local_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"date\n1\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    source = file_source(path)
    assert source.name == "a.csv"
    with source.stream() as stream:
        assert stream.read() == b"date\n1\n"
    path.write_bytes(change)
    with source.stream() as stream, pytest.raises(PermanentError, match="changed while it was read"):
        stream.read(10)


@pytest.mark.parametrize(("name", "message"), [("no.csv", "No such file"), (".", "is a folder")])
def test_a_path_that_is_not_a_file_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(PermanentError, match=message):
        file_source(tmp_path / name)


def test_a_folder_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file")
    with pytest.raises(PermanentError, match="FLUX_ARCHIVE_DIR"):
        Archive(tmp_path / "archive").keep(Source.of(b"one"), "bistro")


def test_an_archive_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PermanentError, match="Protocol not known: nosuch"):
        Archive("nosuch://bucket")


def test_an_object_store_that_does_not_answer_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TransientError, match="does not answer"):
        Archive("ftp://127.0.0.1:9/flux")

    def fail(*_: object) -> None:
        raise RuntimeError("connection lost")

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "put_file", fail)
    with pytest.raises(TransientError, match=r"can't serve .*connection lost"):
        Archive("memory://bucket/flux").keep(Source.of(b"one"), "bistro")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("file:///srv/flux%20files", Path("/srv/flux files")),
        ("/srv/flux", Path("/srv/flux")),
        ("flux", Path.cwd() / "flux"),
    ],
)
def test_the_archive_is_a_folder_or_a_url(monkeypatch: pytest.MonkeyPatch, setting: str, expected: Path | str) -> None:
    monkeypatch.setenv("FLUX_ARCHIVE_DIR", setting)
    settings = load_settings()
    assert settings.archive == expected
    assert settings.environment()["FLUX_ARCHIVE_DIR"] == str(expected)


def test_a_password_in_the_archives_url_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_ARCHIVE_DIR", "sftp://flux:secret@host/archive")
    with pytest.raises(PermanentError, match="no password in the URL") as refused:
        load_settings()
    assert "secret" not in str(refused.value)


def test_of_an_export_in_one_zip_file_the_joined_lines_are_kept_without_persons(archive):
    lines = "Z_KASSE_ID;Z_ERSTELLUNG;Z_NR;BON_ID;POS_ZEILE;ARTIKELTEXT;GV_TYP;P_STORNO;MENGE;FAKTOR;STK_BR\n"
    lines += "K1;2024-03-01T23:00:00;1;B1;1;Soup;Umsatz;0;2,000;1,000;4,50000\n"
    receipts = "Z_KASSE_ID;Z_NR;BON_ID;BON_TYP;BON_STORNO;BON_START;BON_ENDE;KUNDE_NAME\n"
    receipts += "K1;1;B1;Beleg;0;2024-03-01T12:00:00;2024-03-01T12:10:00;Kok, Ada\n"
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as zipped:
        zipped.writestr("lines.csv", lines)
        zipped.writestr("transactions.csv", receipts)
    source = Source.of(page.getvalue())
    opened = open_upload(source, kind="sales", place=Place("Europe/Berlin"))
    kept = archive.open(archive.keep_redacted(opened, source, "bistro").storage_uri)
    content = kept.stream().read()
    assert b"Soup" in content and b"Kok" not in content
    again = open_upload(kept, kind="sales", place=Place("Europe/Berlin"))
    assert_same_rows(merged(list(again.parts())), merged(list(opened.parts())))
