"""From a file to its tables of texts: unpacked, decoded, each with its header, its rows block by block.

What the columns mean is not known here (columns/), nor what the texts say (cells/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from flux_pipeline.ingest.reading._blocks import read_blocks, read_pieces
from flux_pipeline.ingest.reading._dialect import find_dialect
from flux_pipeline.ingest.reading._encoding import read_through
from flux_pipeline.ingest.reading._other_tables import mark_other_tables
from flux_pipeline.ingest.reading.containers import Content, unpack
from flux_pipeline.ingest.reading.headers import CountKnown
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.reading.workbooks.kept import read_kept_sheets
from flux_pipeline.ingest.reading.workbooks.sheets import Sheet, read_sheets
from flux_pipeline.ingest.table.table import Table

# The most that a header is looked for in: a thousand long names below a page of title lines.
_HEAD_CHARACTERS = 2**20


@dataclass(frozen=True)
class OpenTable:
    """A table of a file: its header is known, its rows are read as often as they are asked for.

    `name` is the sheet's in a workbook, None elsewhere; `hidden` tells of a sheet that its sender doesn't see.
    `encoding` is "workbook" and `delimiter` "" in a workbook. `blocks()` gives at least one block.
    """

    name: str | None
    header: tuple[str, ...]
    encoding: str
    delimiter: str
    blocks: Callable[[], Iterator[Table]]
    hidden: bool = False


def open_tables(
    source: Source, *, count_known: CountKnown, encoding: str | None = None, limits: Limits | None = None
) -> list[OpenTable]:
    """The tables of a file: one of a text file, plain or packed, and of a workbook one for each sheet with any text.

    Args:
        source: the file.
        count_known: how many of a record's cells are names that a header would have.
        encoding: the encoding of a text file, where its sender knows it.
        limits: how much is read at most.

    Raises:
        PermanentError: the file is of no sort that is read, damaged, empty, or beyond the limits.
    """
    allowed = limits or Limits()
    content = unpack(source, allowed)
    if content.is_workbook:
        return [_open_sheet(sheet, count_known) for sheet in read_sheets(content, count_known, allowed)]
    if content.is_kept_sheets:
        return [_open_sheet(sheet, count_known) for sheet in read_kept_sheets(content, allowed)]
    return [_open_text(content, count_known, encoding, allowed)]


def _open_sheet(sheet: Sheet, count_known: CountKnown) -> OpenTable:
    blocks = tuple(mark_other_tables(sheet.blocks, count_known))
    return OpenTable(sheet.name, sheet.header, sheet.encoding, "", lambda: iter(blocks), sheet.hidden)


def _open_text(content: Content, count_known: CountKnown, declared: str | None, limits: Limits) -> OpenTable:
    text = read_through(content.stream, declared, limits)
    head = ""
    for piece in read_pieces(content.stream, text, min(limits.block_characters, _HEAD_CHARACTERS)):
        head += piece
        if len(head) >= _HEAD_CHARACTERS:
            break
    dialect = find_dialect(head, count_known, limits)

    def blocks() -> Iterator[Table]:
        pieces = read_pieces(content.stream, text, limits.block_characters)
        return mark_other_tables(read_blocks(pieces, dialect, text.encoding, limits), count_known)

    if text.size > limits.block_characters:
        return OpenTable(None, dialect.header, text.encoding, dialect.delimiter, blocks)
    # A file of one block is parsed once, however often it is asked for.
    only = list(blocks())
    return OpenTable(None, dialect.header, text.encoding, dialect.delimiter, lambda: chain(only))
