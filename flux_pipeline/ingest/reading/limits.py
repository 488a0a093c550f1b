"""Limits on what is read of a file before it is refused. They are not about the quality of rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits for a file; each is far above any real export and far below what would fill the memory.

    Attributes:
        text_bytes: of a text file, unpacked. A year of a busy group's lines is 0.2 GB.
        workbook_bytes: of a workbook, unpacked: the workbook reader loads all of it. A full sheet is 0.35 GB.
        workbook_cells: of a sheet's rectangle, filled or not: the workbook reader takes 64 bytes for each, so a single
            cell in the last corner of an empty sheet would otherwise need a terabyte.
        ratio: unpacked over packed bytes. Exports reach 5 to 40, a zip bomb 1,000.
        ratio_from_bytes: below this size no ratio is suspicious: a file with a zero in every cell packs well too.
        archive_directory_bytes: of a zip archive's list of its files; 1 MB lists about 10,000.
        columns: of a table. The widest exports (one column per item) have a few hundred.
        line_characters: of a line or of a row with quoted line breaks.
        block_characters: the text held at a time; this keeps the memory flat and refuses nothing.
    """

    text_bytes: int = 4_000_000_000
    workbook_bytes: int = 500_000_000
    workbook_cells: int = 10_000_000
    ratio: int = 200
    ratio_from_bytes: int = 50_000_000
    archive_directory_bytes: int = 1_000_000
    columns: int = 1_000
    line_characters: int = 1_000_000
    block_characters: int = 8_000_000
