"""A file as it may be kept: the columns of persons' data emptied, everything else as it came, line for line.

Which columns these are, personal.py finds. Where the file is kept, the store knows.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from flux_pipeline.ingest.reading.containers import unpack
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import OpenTable
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.reading.table import Column, Table

_PIECE = 2**20

# zipfile would write the time of day; two runs over one file must give the same bytes.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

# These encodings have a mark at the beginning that says the order of their bytes.
_MARKED = {
    ("utf-16", codecs.BOM_UTF16_LE): "utf-16-le",
    ("utf-16", codecs.BOM_UTF16_BE): "utf-16-be",
    ("utf-32", codecs.BOM_UTF32_LE): "utf-32-le",
    ("utf-32", codecs.BOM_UTF32_BE): "utf-32-be",
}


def without_personal(table: Table, personal: Collection[str]) -> Table:
    """A block with the cells of these columns emptied. A row of too many cells loses all from the first of them on."""
    places = [place for place, name in enumerate(table.header) if name in personal]
    if not places:
        return table
    columns = []
    for place, (name, column) in enumerate(zip(table.header, table.columns, strict=True)):
        cells = column.read[column.texts.codes].copy()
        cells[slice(None) if name in personal else table.overlong & (place >= places[0])] = ""
        columns.append(Column.of(cells))
    return replace(table, columns=tuple(columns), beyond={})


def rewrite_without(
    source: Source, tables: Sequence[tuple[OpenTable, Collection[str]]], limits: Limits | None = None
) -> Iterator[bytes]:
    """The bytes of a file with the given columns of its tables emptied; read again it has the same rows and lines.

    A text file keeps its encoding, delimiter, quotes and line ends, and every byte outside those columns; one that came
    in an archive is given unpacked. A workbook becomes CSV in UTF-8, its rows on the lines of the sheet's row numbers
    and a line break within a cell a space; one of several tables becomes a zip archive (not compressed) with a CSV file
    for each, named by the sheet, which is read again sheet by sheet.
    """
    if tables[0][0].name is not None:
        yield from _rewrite_sheets(tables)
        return
    [(table, personal)] = tables
    content = unpack(source, limits or Limits())

    def chunks() -> Iterator[bytes]:
        with content.stream() as stream:
            while chunk := stream.read(_PIECE):
                yield chunk

    places = [place for place, name in enumerate(table.header) if name in personal]
    first = next(table.blocks()).line_numbers[:1]
    if not places or not len(first):
        yield from chunks()
        return
    with content.stream() as stream:
        head = stream.read(4)
    emptied = _empty(_lines(chunks(), table.encoding), table, places, int(first[0]))
    yield from _encode(emptied, table.encoding, head)


def _encode(texts: Iterator[str], encoding: str, head: bytes) -> Iterator[bytes]:
    for (codec, mark), exact in _MARKED.items():
        if codec == encoding and head.startswith(mark):
            yield mark
            encoding = exact
            break
    encoder = codecs.getincrementalencoder(encoding)()
    for text in texts:
        yield encoder.encode(text)


def _lines(chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
    """The lines of a file with their ends, "\\n", "\\r\\n" or "\\r"; a quoted cell may reach over several."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rest = ""
    for chunk in chunks:
        *lines, rest = _split_lines(rest + decoder.decode(chunk))
        yield from lines
    yield from _split_lines(rest + decoder.decode(b"", final=True))


def _split_lines(text: str) -> list[str]:
    # str.splitlines would also split at characters that end no line of a CSV file.
    lines = io.StringIO(text, newline="").readlines()
    # Behind a carriage return the other half of the line's end may follow; behind a line feed begins another line.
    return lines if lines and not lines[-1].endswith("\n") else [*lines, ""]


def _empty(lines: Iterator[str], table: OpenTable, places: Sequence[int], first: int) -> Iterator[str]:
    sign = re.escape(table.delimiter)
    quoted = re.compile(rf'"(?:[^"]|"")*+"[^{sign}]*')
    number = 0
    for line in lines:
        number += 1
        if number < first:
            yield line
            continue
        record = line
        cells = _split(record, table.delimiter, quoted)
        while cells is None and (more := next(lines, "")):
            record, number = record + more, number + 1
            # Most lines within a quoted cell can't close it, and needn't be looked at with all before them.
            if more.count('"') % 2 or f'"{table.delimiter}' in more:
                cells = _split(record, table.delimiter, quoted)
        yield record if cells is None else _without_places(record, cells, table, places)


def _split(record: str, delimiter: str, quoted: re.Pattern[str]) -> list[str] | None:
    """The cells of a record as written, quotes and all; None where a quote is open at its end."""
    content = record.rstrip("\r\n")
    if '"' not in content:
        return content.split(delimiter)
    cells, place = [], 0
    while True:
        if content.startswith('"', place):
            found = quoted.match(content, place)
            if found is None:
                return None
            end = found.end()
        else:
            end = content.find(delimiter, place)
            end = len(content) if end < 0 else end
        cells.append(content[place:end])
        if end >= len(content):
            return cells
        place = end + 1


def _without_places(record: str, cells: list[str], table: OpenTable, places: Sequence[int]) -> str:
    present = [place for place in places if place < len(cells)]
    if all(_unquoted(cells[place]) == table.header[place] for place in present):
        return record  # the header again, or a row that ends before
    overlong = any(cell.strip(' "') for cell in cells[len(table.header) :])
    for place in range(places[0], len(cells)) if overlong else present:
        breaks = "".join(re.findall(r"\r\n|\n|\r", cells[place]))
        cells[place] = f'"{breaks}"' if breaks else ""
    return table.delimiter.join(cells) + record[len(record.rstrip("\r\n")) :]


def _unquoted(cell: str) -> str:
    return cell.strip().strip('"').strip()


def _rewrite_sheets(tables: Sequence[tuple[OpenTable, Collection[str]]]) -> Iterator[bytes]:
    if len(tables) == 1:
        [(table, personal)] = tables
        yield from _sheet_as_csv(table, personal)
        return
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_STORED) as archive:
        for place, (table, personal) in enumerate(tables, start=1):
            name = re.sub(r"[^\w .-]", "_", table.name or "")
            entry = zipfile.ZipInfo(f"{place} {name}.csv", _LONG_AGO)
            archive.writestr(entry, b"".join(_sheet_as_csv(table, personal)))
    yield page.getvalue()


def _sheet_as_csv(table: OpenTable, personal: Collection[str]) -> Iterator[bytes]:
    line = 0
    for block in table.blocks():
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        if not line:
            # The header stands right above the rows; blank lines stand for what was above it.
            line = max(1, int(block.line_numbers[0]) - 1) if len(block.line_numbers) else 1
            page.write("\n" * (line - 1))
            writer.writerow(table.header)
        kept = without_personal(block, personal)
        cells = [column.read[column.texts.codes] for column in kept.columns]
        numbers = np.asarray(kept.line_numbers).tolist()
        for row, (number, *record) in enumerate(zip(numbers, *cells, strict=True)):
            page.write("\n" * (number - line - 1))
            line = number
            writer.writerow([re.sub(r"\r\n|\n|\r", " ", cell) for cell in (*record, *kept.beyond.get(row, ()))])
        yield page.getvalue().encode()
