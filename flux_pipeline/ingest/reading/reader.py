"""Reader of a file's tables as texts: unpacked, decoded, each with its header, its rows block by block.

columns/ finds what the columns mean, cells/ what the texts mean.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from flux_pipeline.ingest.cells.contacts import masked
from flux_pipeline.ingest.reading._blocks import read_blocks, read_pieces
from flux_pipeline.ingest.reading._dialect import find_dialect
from flux_pipeline.ingest.reading._encoding import read_through
from flux_pipeline.ingest.reading._other_tables import mark_other_tables
from flux_pipeline.ingest.reading.bundles import open_content
from flux_pipeline.ingest.reading.containers import Content
from flux_pipeline.ingest.reading.headers import CountKnown
from flux_pipeline.ingest.reading.layouts.facts import join_facts
from flux_pipeline.ingest.reading.layouts.nested import join_upper_rows
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.reading.workbooks.kept import read_kept_sheets
from flux_pipeline.ingest.reading.workbooks.sheets import Sheet, read_sheets
from flux_pipeline.ingest.table.table import Table

# The header must be within these characters: enough for a thousand long names below a page of title lines.
_HEAD_CHARACTERS = 2**20


@dataclass(frozen=True)
class OpenTable:
    """A table of a file: its header is known, its rows are read on each call of `blocks()`.

    `name` is that of the sheet in a workbook, None for other files; `hidden` marks a sheet that its sender doesn't see.
    `encoding` is "workbook" and `delimiter` "" in a workbook. `blocks()` yields at least one block. `joined` marks a
    table made of several files of an archive (bundles.py) or of a calendar. The columns `outer` have their cells from a
    row above, which holds for several rows, so the cells of a row aren't side by side in the file. `notes` are
    sentences on the layout. In a text file, `header_end` is the header's last line, `has_title` marks a file with text
    above it, and `has_masked_header` one whose header reaches a person; `content` is the file, unpacked.
    """

    name: str | None
    header: tuple[str, ...]
    encoding: str
    delimiter: str
    blocks: Callable[[], Iterator[Table]]
    hidden: bool = False
    joined: bool = False
    outer: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    header_end: int = 0
    has_title: bool = False
    has_masked_header: bool = False
    content: Content | None = None


def open_tables(
    source: Source,
    *,
    count_known: CountKnown,
    encoding: str | None = None,
    limits: Limits | None = None,
    facts_above: bool = False,
    known_at: dt.datetime | None = None,
) -> list[OpenTable]:
    """Return the tables of a file: one for a text file, plain or packed; one per sheet with text for a workbook.

    A zip archive with a DSFinV-K export is one table too (bundles.py), and so is a calendar (_calendars.py).

    Args:
        source: the file.
        count_known: counts the cells of a record that are known names of columns.
        encoding: the encoding of a text file, if its sender gives it.
        limits: the most that is read.
        known_at: when the file came in.
        facts_above: whether a table of facts about the rows may be above their header.

    Raises:
        PermanentError: the file is of an unsupported sort, damaged, empty, or beyond the limits.
    """
    allowed = limits or Limits()
    content = open_content(source, allowed, known_at)
    if content.is_workbook:
        sheets = read_sheets(content, count_known, allowed, facts_above=facts_above)
        return [_open_sheet(sheet, count_known) for sheet in sheets]
    if content.is_kept_sheets:
        return [_open_sheet(sheet, count_known) for sheet in read_kept_sheets(content, allowed)]
    return [_open_text(content, count_known, encoding, allowed, facts_above=facts_above)]


def _open_sheet(sheet: Sheet, count_known: CountKnown) -> OpenTable:
    blocks = sheet.blocks if sheet.outer else tuple(mark_other_tables(sheet.blocks, count_known))
    return OpenTable(
        masked(sheet.name),
        sheet.header,
        sheet.encoding,
        "",
        lambda: iter(blocks),
        sheet.hidden,
        outer=sheet.outer,
        notes=sheet.notes,
    )


def _open_text(
    content: Content, count_known: CountKnown, declared: str | None, limits: Limits, *, facts_above: bool
) -> OpenTable:
    text = read_through(content.stream, declared, limits)
    head = ""
    for piece in read_pieces(content.stream, text, min(limits.block_characters, _HEAD_CHARACTERS)):
        head += piece
        if len(head) >= _HEAD_CHARACTERS:
            break
    dialect = find_dialect(head, count_known, limits, facts_above=facts_above)

    def blocks() -> Iterator[Table]:
        pieces = read_pieces(content.stream, text, limits.block_characters)
        rows = read_blocks(pieces, dialect, text.encoding, limits)
        if dialect.nested:
            return join_upper_rows(rows, dialect.nested)
        if dialect.facts:
            return join_facts(rows, dialect.facts, count_known)
        return mark_other_tables(rows, count_known)

    table = OpenTable(
        None,
        dialect.header,
        text.encoding,
        dialect.delimiter,
        blocks,
        joined=content.is_joined,
        content=content,
        header_end=dialect.lines_before_rows,
        has_title=dialect.has_title,
        has_masked_header=any(masked(name) != name for name in dialect.written),
    )
    if dialect.nested:
        table = replace(table, header=dialect.nested.header, outer=dialect.nested.outer, notes=(dialect.nested.note,))
    if facts := dialect.facts:
        names, outer = facts.names_in(dialect.header), facts.outer_in(dialect.header)
        table = replace(table, header=names, outer=outer, notes=facts.notes)
    if text.size > limits.block_characters:
        return table
    # A file of one block is parsed once, however often it is read.
    only = list(blocks())
    return replace(table, blocks=lambda: chain(only))
