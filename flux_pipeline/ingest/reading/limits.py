"""How much of a file is read before it is refused. Whether a row is good is not decided here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a file may come to; each is far above any real export and far below what would fill the memory.

    Attributes:
        text_bytes: of a text file, unpacked. A year of a busy group's lines is 0.2 GB.
        workbook_bytes: of a workbook, unpacked: the workbook reader holds it as a whole. A full sheet is 0.35 GB.
        workbook_cells: of a sheet's rectangle, filled or not: the workbook reader takes 64 bytes for each, so that one
            cell in the last corner of an empty sheet would otherwise ask for a terabyte.
        ratio: unpacked over packed bytes. Exports come to 5 to 40, a zip bomb to 1,000.
        ratio_from_bytes: below this no ratio is suspicious: a file of zeros in every cell packs well too.
        archive_directory_bytes: of a zip archive's list of its files; 1 MB lists about 10,000.
        columns: of a table. The widest exports (one column an item) have a few hundred.
        line_characters: of a line or of a row with quoted line breaks.
        block_characters: how much text is held at a time; no limit, but what keeps the memory flat.
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
