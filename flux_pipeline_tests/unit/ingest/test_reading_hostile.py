"""Files that are meant, or happen, to fill the memory: each is refused early, and what was held is measured."""

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import open_tables
from flux_pipeline.ingest.reading.source import Source

HEADER = b"date,item,quantity\n"


class MadeUp(io.RawIOBase):
    """A file of `size` bytes that is made while it is read: `start`, and then `filler` again and again."""

    def __init__(self, size: int, start: bytes, filler: bytes) -> None:
        self.size, self.start, self.filler, self.place, self.served = size, start, filler, 0, 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "nothing may read a file of any size as a whole"
        size = min(size, self.size - self.place)
        begin = self.start[self.place : self.place + size]
        shift = max(self.place - len(self.start), 0) % len(self.filler)
        rest = self.filler[shift:] + self.filler * ((size - len(begin)) // len(self.filler) + 1)
        self.place, self.served = self.place + size, self.served + size
        return begin + rest[: size - len(begin)]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = offset + (self.size if whence == io.SEEK_END else 0)
        return self.place


def open_file(source: Source, limits: Limits | None = None) -> list:
    return open_tables(source, count_known=len, limits=limits)


@pytest.fixture
def peak() -> Iterator[None]:
    """Fails the test where Python held more than 40 MB at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize(
    ("size", "start", "filler", "says", "most_read"),
    [
        (10**10, b"", b"\0", "holds more than 4,000 MB", 4),
        (3 * 10**9, b"", b"\0", "line 1 holds the byte 0x00", 2**21),
        (3 * 10**9, HEADER, b"\0", "line 2 holds the byte 0x00", 2**21),
        (3 * 10**9, b"\xff\xfe", b"\0", "holds the byte 0x00", 2**21),
        (10**8, HEADER, b"x", "Line 2 of the file is longer than 1,000,000 characters", 2**22),
        (10**8, HEADER + b"2024-03-01,", '"é'.encode(), "Line 2 .* longer than 1,000,000", 2**22),
        (10**8, HEADER, b"\xe9", "Line 2 .* longer than 1,000,000", 2**22),
        (10**8, b"", b" ", "longer than 1,000,000", 2**22),
    ],
    ids=[
        "too_large",
        "sparse",
        "sparse_body",
        "sparse_utf16",
        "one_line",
        "one_line_of_quotes",
        "one_line_of_cp1252",
        "spaces",
    ],
)
def test_a_huge_file_without_rows_is_refused_on_its_first_part(size, start, filler, says, most_read):
    opened: list[MadeUp] = []

    def stream() -> MadeUp:
        opened.append(MadeUp(size, start, filler))
        return opened[-1]

    with pytest.raises(PermanentError, match=says):
        open_file(Source("sales.csv", stream))
    assert sum(each.served for each in opened) <= most_read


@pytest.mark.usefixtures("peak")
def test_a_quote_that_is_never_closed_is_refused_before_all_is_held():
    rows = HEADER + b'2024-03-01,"Soup,1\n'
    source = Source("sales.csv", lambda: MadeUp(60_000_000, rows, b"2024-03-01,Soup,1\n"))
    limits = Limits(block_characters=500_000)
    with pytest.raises(PermanentError, match=r"from about line 2 on \(a cell of more than 131,072 characters\)"):
        for _ in open_file(source, limits)[0].blocks():
            pass


def zipped(content: bytes) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sales.csv", content)
    return page.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_a_bomb_is_refused_by_its_ratio(pack):
    bomb = pack(HEADER + b"2024-03-01,Soup,1\n" * 300_000)
    with pytest.raises(PermanentError, match=r"more than 200 times its .* bytes.*zip bomb"):
        open_file(Source.of(bomb), Limits(ratio_from_bytes=2_000_000))


@pytest.mark.parametrize("pack", [gzip.compress, zipped, bytes])
def test_a_file_of_more_than_the_limit_is_refused(pack):
    content = pack(HEADER + b"2024-03-01,Soup,1\n" * 100_000)
    with pytest.raises(PermanentError, match="holds more than 1 MB; expected less"):
        open_file(Source.of(content), Limits(text_bytes=1_000_000))


def test_an_archive_of_many_files_is_refused_before_they_are_listed():
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        for number in range(2_000):
            archive.writestr(f"{number}.csv", b"")
    with pytest.raises(PermanentError, match="lists too many files"):
        open_file(Source.of(page.getvalue()), Limits(archive_directory_bytes=50_000))


def test_a_packed_file_may_be_longer_than_the_list_of_files():
    rows = b"".join(b"2024-03-01,%d,1\n" % (number**7) for number in range(2_000))
    [table] = open_file(Source.of(zipped(HEADER + rows)), Limits(archive_directory_bytes=200))
    assert sum(len(block.line_numbers) for block in table.blocks()) == 2_000


def test_a_header_of_thousands_of_columns_is_refused():
    names = ",".join(f"item {number}" for number in range(5_000))
    with pytest.raises(PermanentError, match="The header on line 1 has 5,000 columns; expected 1,000 at most"):
        open_file(Source.of(f"{names}\n{',' * 4_999}\n".encode()))


def test_a_file_that_grows_while_it_is_read_is_refused():
    content = [HEADER + b"2024-03-01,Soup,1\n" * 100]
    [table] = open_file(Source("sales.csv", lambda: io.BytesIO(content[0])), Limits(block_characters=200))
    assert sum(len(block.line_numbers) for block in table.blocks()) == 100
    content[0] += b"2024-03-02,Soup,1\n"
    with pytest.raises(PermanentError, match="The file changed while it was read"):
        list(table.blocks())


def test_a_file_that_is_altered_while_it_is_read_is_refused():
    content = [HEADER + b"2024-03-01,Soup,1\n" * 100]
    [table] = open_file(Source("sales.csv", lambda: io.BytesIO(content[0])), Limits(block_characters=200))
    content[0] = content[0].replace(b"Soup,1\n", b"Soup,9\n", 1)
    with pytest.raises(PermanentError, match="The file changed while it was read"):
        list(table.blocks())


@pytest.mark.parametrize("content", [gzip.compress(HEADER), zipped(HEADER), HEADER], ids=["gzip", "zip", "plain"])
@pytest.mark.parametrize("cut", [1, 5, 12, 18])
def test_an_archive_cut_off_anywhere_is_read_or_refused_in_a_sentence(content, cut):
    try:
        open_file(Source.of(content[:-cut]))
    except PermanentError as refusal:
        assert str(refusal).endswith(".")


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_an_archive_with_any_byte_altered_is_read_or_refused_in_a_sentence(pack):
    content = pack(HEADER + b"2024-03-01,Soup,1\n")
    for place in range(len(content)):
        altered = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            open_file(Source.of(altered))
        except PermanentError as refusal:
            assert str(refusal).endswith(".")
