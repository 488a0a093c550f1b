"""Redaction of a file that is kept: columns and lines that may be about persons emptied, the rest as it is.

Every row stays the same sort of row on the same line. recognise.py, unused.py and outside.py find these columns and
lines; _lines.py splits the lines of a text file. The store decides where the file is kept.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from flux_pipeline.ingest.cells.contacts import masked
from flux_pipeline.ingest.columns.personal._lines import Splitter, read_lines, unquoted, with_texts
from flux_pipeline.ingest.columns.personal.cells import masked_as_written
from flux_pipeline.ingest.columns.personal.outside import Line, Redaction
from flux_pipeline.ingest.columns.personal.unused import is_harmless, is_plain_word
from flux_pipeline.ingest.reading.bundles import open_content
from flux_pipeline.ingest.reading.headers import CountKnown
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import OpenTable
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.reading.totals import find_totals, names_total
from flux_pipeline.ingest.reading.workbooks.kept import SheetToKeep, write_kept_sheets
from flux_pipeline.ingest.table.table import bare
from flux_pipeline.ingest.table.texts import Texts

_PIECE = 2**20
_LINES = 10_000

# Replaces text whose removal would turn the row into another sort of row.
_LEFT_OUT = "-"
# Replaces text of a column of which only matters whether a cell is filled.
_MARK = "x"

# Added to a line that must stay apart from another, as often as its version says. It means nothing to any kind.
_APART = "~"
# Replaces numbers that a spreadsheet rounded, so that they are still taken for such.
_ROUNDED = "1E+18"

# These encodings begin with a mark that gives the order of their bytes.
_MARKED = {
    ("utf-16", codecs.BOM_UTF16_LE): "utf-16-le",
    ("utf-16", codecs.BOM_UTF16_BE): "utf-16-be",
    ("utf-32", codecs.BOM_UTF32_LE): "utf-32-le",
    ("utf-32", codecs.BOM_UTF32_BE): "utf-32-be",
}


def needs_rewriting(tables: Sequence[tuple[OpenTable, Redaction]]) -> bool:
    """Return whether a file can't be kept as it is. Workbooks and joined files hold more than their tables show."""
    return any(
        table.name is not None or table.joined or table.has_title or table.has_masked_header or redaction.is_needed
        for table, redaction in tables
    )


def rewrite_without(
    source: Source,
    tables: Sequence[tuple[OpenTable, Redaction]],
    count_known: CountKnown,
    limits: Limits | None = None,
) -> Iterator[bytes]:
    """Yield the bytes of a file redacted, with the same rows and lines.

    A text file keeps its encoding, delimiter, quotes and line ends, and every byte elsewhere; a file from an archive is
    written unpacked. Of a workbook only the texts of these sheets are kept (workbooks/kept.py): the rest also holds its
    authors, comments, and copies of rows that no sheet shows. A text file with columns from the rows above is kept in
    the same way, because its columns are not those of its lines.

    Args:
        source: the file.
        tables: its tables that are kept, each with what isn't kept of it.
        count_known: as for `open_tables`; the names that it knows are kept in the headers of other tables.
        limits: the most that is read.
    """
    if tables[0][0].name is not None or tables[0][0].outer:
        yield from write_kept_sheets(
            SheetToKeep(table.name or "", table.header, _Rows(table, redaction, count_known).records(), table.outer)
            for table, redaction in tables
        )
        return
    [(table, redaction)] = tables
    content = table.content or open_content(source, limits or Limits())

    def chunks() -> Iterator[bytes]:
        with content.stream() as stream:
            while chunk := stream.read(_PIECE):
                yield chunk

    with content.stream() as stream:
        head = stream.read(4)
    texts = _Rows(table, redaction, count_known).lines(read_lines(chunks(), table.encoding))
    yield from _encode(texts, table.encoding, head)


def _encode(texts: Iterator[str], encoding: str, head: bytes) -> Iterator[bytes]:
    for (codec, mark), exact in _MARKED.items():
        if codec == encoding and head.startswith(mark):
            yield mark
            encoding = exact
            break
    encoder = codecs.getincrementalencoder(encoding)()
    while lines := list(islice(texts, _LINES)):
        yield encoder.encode("".join(lines))


class _Rows:
    """Rows of one table, redacted one by one."""

    def __init__(self, table: OpenTable, redaction: Redaction, count_known: CountKnown) -> None:
        self._table, self._special, self._count_known = table, redaction.lines, count_known
        emptied = {*redaction.columns, *redaction.texts}
        self._places = [place for place, name in enumerate(table.header) if name in emptied]
        self._with_words = {place for place in self._places if table.header[place] in redaction.texts}
        self._marked = {place for place in self._places if table.header[place] in redaction.marked}
        self._worded = {place for place in self._with_words if table.header[place] in redaction.words}
        self._word_of = redaction.word_of
        self._rounded = {place for place in self._places if table.header[place] in redaction.rounded}
        self._apart = redaction.apart
        self._apart_in = [table.header.index(name) for name in redaction.apart_in]
        self._masks = [(table.header.index(name), mask) for name, mask in redaction.masks.items()]
        self._width = len(table.header)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line number and the cells of each row of a sheet."""
        for block in self._table.blocks():
            columns = [column.read[column.texts.codes] for column in block.columns]
            numbers = np.asarray(block.line_numbers).tolist()
            empty = np.zeros(len(numbers), dtype=bool)
            if self._table.outer:
                # The rows below headings have their cells, and another table would look like rows of this one.
                empty |= block.left_out & ~block.repeated_header & ~block.totals
            for row, (number, *cells) in enumerate(zip(numbers, *columns, strict=True)):
                if empty[row]:
                    yield number, [""] * self._width
                    continue
                record = [*cells, *block.beyond.get(row, ())]
                # The header is kept with its unique names; a row that repeats it must have the same.
                self._mask(number, record)
                if self._special.get(number) is Line.HEADER:
                    record = list(self._table.header)
                for place, text in self._changes(number, [cell.strip() for cell in record]).items():
                    record[place] = text
                yield number, record

    def lines(self, lines: Iterator[str]) -> Iterator[str]:
        """Yield the lines of a text file; a record may span several."""
        splitter, delimiter = Splitter(self._table.delimiter), self._table.delimiter
        number = 0
        for line in lines:
            number += 1
            start = number
            if start > self._table.header_end and (plain := self._plain(line, number)):
                yield plain
                continue
            record, cells = line, splitter.split(line)
            while cells is None and (more := next(lines, "")):
                record, number = record + more, number + 1
                # Most lines within a quoted cell can't close it, so they needn't be split with all lines before them.
                if more.count('"') % 2 or f'"{delimiter}' in more:
                    cells = splitter.split(record)
            if cells is None:
                yield record
            elif start <= self._table.header_end:
                is_title = self._table.has_title and number < self._table.header_end
                states = start == 1 and "".join(cells).strip('" \t,;|').casefold().startswith("sep=")
                whole = [record.rstrip("\r\n")]
                yield with_texts(record, whole, {0: ""}, delimiter) if is_title and not states else masked(record)
            else:
                if self._mask(start, cells):
                    record = delimiter.join(cells) + record[len(record.rstrip("\r\n")) :]
                yield with_texts(record, cells, self._changes(start, list(map(unquoted, cells))), delimiter)

    def _plain(self, line: str, number: int) -> str | None:
        """Return an ordinary line with its places emptied, or None if it needs a closer look."""
        cells = line.split(self._table.delimiter)
        last = len(cells) - 1
        if '"' in line or last + 1 != self._width or number in self._special or number in self._apart:
            return None
        if self._mask(number, cells):
            line = self._table.delimiter.join(cells)
        if not self._places:
            return line
        first = cells[0] if 0 not in self._places else ""
        is_day = first[:1].isdigit()
        if not is_day:
            first = next((text for cell in cells if (text := cell.strip())), "")
        for place in self._places:
            if self._stays(place, cells[place].strip()):
                continue
            end = "" if place < last else cells[last][len(cells[last].rstrip("\r\n")) :]
            cells[place] = self._replacement(place, cells[place].strip(), "") + end
        # Most rows begin with a day or a number, which is kept and no word for a total.
        left = first if is_day else next((text for cell in cells if (text := cell.strip())), "")
        if not left or (first and names_total(first)) or names_total(left):
            return None
        return self._table.delimiter.join(cells)

    def _mask(self, number: int, cells: list[str]) -> bool:
        """Mask the cells of a row, as written, in the columns that are used; return whether any changed."""
        before = [*cells]
        if self._special.get(number) is Line.HEADER:
            cells[:] = map(masked, cells)
        for place, mask in self._masks:
            if place < len(cells):
                cells[place] = masked_as_written(cells[place], bare(unquoted(cells[place])), mask)
        return cells != before

    def _changes(self, number: int, cells: list[str]) -> dict[int, str]:
        """Return the new text by place, for the cells of a row that aren't kept."""
        line = self._special.get(number)
        if line is Line.HEADER:
            return {}
        if line is Line.OTHER_TABLE:
            return self._changes_of_other(cells)
        if any(cells[self._width :]):
            return self._changes_of_overlong(cells)
        filled = [place for place, cell in enumerate(cells) if cell]
        mark = _LEFT_OUT if line is Line.ABOVE_OTHER_TABLE else ""
        emptied = [place for place in self._places if place in filled and not self._stays(place, cells[place])]
        changes = {place: self._replacement(place, cells[place], mark) for place in emptied}
        changes |= self._changes_apart(number, cells, changes)
        if line is Line.OUTSIDE:
            changes |= {place: _LEFT_OUT for place in filled if place not in changes and not is_harmless(cells[place])}
        if changes and len(changes) == len(filled) and not any(changes.values()):
            changes[filled[0]] = _LEFT_OUT
        return self._with_same_totals(cells, filled, changes)

    def _changes_apart(self, number: int, cells: list[str], changes: dict[int, str]) -> dict[int, str]:
        """Return the change that keeps a line apart from the one that it would repeat without its texts."""
        version = self._apart.get(number, 0)
        mark = _APART * version
        if not version or any(changes.get(place, cell).endswith(mark) for place, cell in enumerate(cells)):
            return {}
        # A plain word stays, and is a difference.
        places = [place for place in self._apart_in if place in changes or not any(cells[place : place + 1])]
        if not places:
            return {}
        place = next((place for place in places if not changes.get(place)), places[0])
        if place in self._rounded:
            return {place: _ROUNDED.replace("E", f".{version}E")}
        return {place: f"{changes.get(place, '')} {mark}".strip()}

    def _replacement(self, place: int, cell: str, mark: str) -> str:
        """Return what a cell that isn't kept leaves: a word of state, a mark, or nothing."""
        if cell and place in self._worded and (word := self._word_of(cell)):
            return word
        if cell and place in self._rounded:
            return _ROUNDED
        return _MARK if cell and place in self._marked else mark

    def _stays(self, place: int, cell: str) -> bool:
        # A number or a date may also say that there was none: 0, 0001-01-01.
        return place in self._with_words and (is_plain_word(cell) or (place in self._marked and is_harmless(cell)))

    def _with_same_totals(self, cells: list[str], filled: list[int], changes: dict[int, str]) -> dict[int, str]:
        """Return the changes such that a totals line is still one and another row isn't."""
        left = [place for place in filled if changes.get(place, cells[place])]
        if not changes or not (names_total(cells[filled[0]]) or (left and names_total(cells[left[0]]))):
            return changes
        before = self._is_total(cells)
        if before:
            return {place: text for place, text in changes.items() if not names_total(cells[place])}
        if self._is_total([changes.get(place, cell) for place, cell in enumerate(cells)]):
            return {**changes, next(iter(changes)): _LEFT_OUT}
        return changes

    def _is_total(self, cells: list[str]) -> bool:
        padded = [*cells, *[""] * (self._width - len(cells))]
        return bool(find_totals([Texts.of(np.array([cell], dtype=object)) for cell in padded])[0])

    def _changes_of_other(self, cells: list[str]) -> dict[int, str]:
        """Return the changes of a row of another table: its header keeps the names that are known, a row nothing."""
        known = [place for place, cell in enumerate(cells[: self._width]) if cell and self._count_known([cell])]
        filled = [place for place, cell in enumerate(cells) if cell]
        if self._count_known([cells[place] for place in known]) > 1:
            return {place: "" for place in filled if place not in known}
        return {place: _LEFT_OUT if place == filled[0] else "" for place in filled}

    def _changes_of_overlong(self, cells: list[str]) -> dict[int, str]:
        """Return the changes of a row of too many cells, any of which may have moved to the right of its header."""
        start = self._places[0] if self._places else self._width
        changes = {
            place: "" for place in range(start, len(cells)) if self._places or not _is_short_figure(cells[place])
        }
        if all(place in changes or not cells[place] for place in range(self._width, len(cells))):
            changes[len(cells) - 1] = _LEFT_OUT
        return changes


def _is_short_figure(cell: str) -> bool:
    return not any(map(str.isalpha, cell)) and sum(map(str.isdigit, cell)) <= 6
