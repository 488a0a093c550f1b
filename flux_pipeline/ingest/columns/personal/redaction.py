"""Redaction of a file that is kept: columns of personal data emptied, everything else unchanged, line for line.

recognise.py and free_text.py find these columns. The store decides where the file is kept.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from flux_pipeline.ingest.reading.containers import unpack
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import OpenTable
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.reading.workbooks.kept import SheetToKeep, write_kept_sheets
from flux_pipeline.ingest.table.table import Column, Table

_PIECE = 2**20
_LINES = 10_000

# Replaces text whose removal would turn the row into another sort of row: cells beyond the last column, or all the text
# of a row.
_LEFT_OUT = "-"

# These encodings begin with a mark that gives the order of their bytes.
_MARKED = {
    ("utf-16", codecs.BOM_UTF16_LE): "utf-16-le",
    ("utf-16", codecs.BOM_UTF16_BE): "utf-16-be",
    ("utf-32", codecs.BOM_UTF32_LE): "utf-32-le",
    ("utf-32", codecs.BOM_UTF32_BE): "utf-32-be",
}


def without_personal(table: Table, personal: Collection[str]) -> Table:
    """Return a block with the cells of these columns emptied.

    A row with too many cells loses all cells from the first of these columns on, and keeps a mark beyond the header.
    """
    places = [place for place, name in enumerate(table.header) if name in personal]
    if not places:
        return table
    emptied = ~table.blank & ~table.overlong
    for name in table.header:
        if name not in personal:
            emptied &= table.texts(name).blank
    columns = []
    for place, (name, column) in enumerate(zip(table.header, table.columns, strict=True)):
        cells = column.read[column.texts.codes].copy()
        cells[slice(None) if name in personal else table.overlong & (place >= places[0])] = ""
        if place == places[0]:
            cells[emptied] = _LEFT_OUT
        columns.append(Column.of(cells))
    return replace(table, columns=tuple(columns), beyond=dict.fromkeys(table.beyond, (_LEFT_OUT,)))


def rewrite_without(
    source: Source, tables: Sequence[tuple[OpenTable, Collection[str]]], limits: Limits | None = None
) -> Iterator[bytes]:
    """Yield the bytes of a file with the given columns of its tables emptied, with the same rows and lines.

    A text file keeps its encoding, delimiter, quotes and line ends, and every byte outside those columns; a file from
    an archive is written unpacked. Of a workbook only the texts of these sheets are kept (workbooks/kept.py): the rest
    also holds its authors, comments, and copies of rows that no sheet shows. A text file with columns from the rows
    above is kept in the same way, because its columns are not those of its lines.
    """
    if tables[0][0].name is not None or (tables[0][0].outer and tables[0][1]):
        yield from write_kept_sheets(
            SheetToKeep(table.name or "", table.header, _records(table, personal), table.outer)
            for table, personal in tables
        )
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
    while lines := list(islice(texts, _LINES)):
        yield encoder.encode("".join(lines))


def _lines(chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
    """Yield the lines of a file with their ends, "\\n", "\\r\\n" or "\\r"; a quoted cell may span several lines."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rest = ""
    for chunk in chunks:
        *lines, rest = _split_lines(rest + decoder.decode(chunk))
        yield from lines
    yield from _split_lines(rest + decoder.decode(b"", final=True))


def _split_lines(text: str) -> list[str]:
    # str.splitlines would also split at characters that don't end a line of a CSV file.
    lines = io.StringIO(text, newline="").readlines()
    # A carriage return may be followed by the other half of the line end; a line feed is always the end.
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
        if plain := _plain_without(line, table, places):
            yield plain
            continue
        record = line
        cells = _split(record, table.delimiter, quoted)
        while cells is None and (more := next(lines, "")):
            record, number = record + more, number + 1
            # Most lines within a quoted cell can't close it, so they needn't be split with all lines before them.
            if more.count('"') % 2 or f'"{table.delimiter}' in more:
                cells = _split(record, table.delimiter, quoted)
        yield record if cells is None else _without_places(record, cells, table, places)


def _plain_without(line: str, table: OpenTable, places: Sequence[int]) -> str | None:
    """Return an ordinary line with these places emptied, or None if it needs a closer look.

    That is a line with quotes or of another length, one that may repeat the header, and one with nothing left.
    """
    cells = line.split(table.delimiter)
    last = len(cells) - 1
    if '"' in line or last + 1 != len(table.header) or cells[places[0]].strip() == table.header[places[0]]:
        return None
    for place in places:
        cells[place] = "" if place < last else cells[last][len(cells[last].rstrip("\r\n")) :]
    return table.delimiter.join(cells) if any(map(str.strip, cells)) else None


def _split(record: str, delimiter: str, quoted: re.Pattern[str]) -> list[str] | None:
    """Return the cells of a record as written, quotes included; None if a quote is open at its end."""
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
        return record  # a repeated header, or a row that ends before these columns
    overlong = any(_unquoted(cell) for cell in cells[len(table.header) :])
    filled = {place for place, cell in enumerate(cells) if _unquoted(cell)}
    marked = len(cells) - 1 if overlong else min(filled) if filled and filled <= {*places} else -1
    for place in range(places[0], len(cells)) if overlong else present:
        breaks = "".join(re.findall(r"\r\n|\n|\r", cells[place]))
        mark = _LEFT_OUT if place == marked else ""
        cells[place] = f'"{breaks}{mark}"' if breaks else mark
    return table.delimiter.join(cells) + record[len(record.rstrip("\r\n")) :]


def _unquoted(cell: str) -> str:
    """Return the text of a cell without the quotes around it, with doubled quotes made single."""
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text.strip()


def _records(table: OpenTable, personal: Collection[str]) -> Iterator[tuple[int, list[str]]]:
    for block in table.blocks():
        kept = without_personal(block, personal)
        cells = [column.read[column.texts.codes] for column in kept.columns]
        rows = zip(np.asarray(kept.line_numbers).tolist(), kept.repeated_header.tolist(), *cells, strict=True)
        empty = np.zeros(len(kept.line_numbers), dtype=bool)
        if table.outer:
            # The rows below headings have their cells, and another table would look like rows of this one.
            empty |= kept.left_out & ~kept.repeated_header & ~kept.totals
        for row, (number, is_header, *record) in enumerate(rows):
            if empty[row]:
                yield number, [""] * len(table.header)
                continue
            # The header is kept with its unique names; a row that repeats it must have the same.
            yield number, list(table.header) if is_header else [*record, *kept.beyond.get(row, ())]
