"""Bundle of a DSFinV-K export: a zip archive whose lines and receipts are two tables, combined into one.

The sales are in lines.csv; their times, and whether a receipt was a sale at all, are in transactions.csv of the same
folder, and the money of packs is in lines_vat.csv. The joined text is rebuilt each time it is read, and only the
receipts are held in memory. columns/tills/_dsfinvk.py knows what its columns mean.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from operator import itemgetter
from sys import intern
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading._blocks import read_pieces
from flux_pipeline.ingest.reading._calendars import as_table
from flux_pipeline.ingest.reading._encoding import read_through
from flux_pipeline.ingest.reading.containers import Bytes, Content, open_zipped, unpack
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.wording import listed

_LINES, _RECEIPTS, _TAXES = "lines.csv", "transactions.csv", "lines_vat.csv"
# These name a receipt within an export, and with its line number a line.
_KEY = ("Z_KASSE_ID", "Z_NR", "BON_ID")
_LINE = (*_KEY, "POS_ZEILE")
_OF_RECEIPT = ("BON_TYP", "BON_STORNO", "BON_START", "BON_ENDE")
_MONEY, _FACTOR = "POS_BRUTTO", "FAKTOR"

_DELIMITERS = (";", ",", "\t", "|")
_PIECE = 2**19
_ROWS = 1_000

_Opens = Callable[[], Bytes]
_Key = tuple[str, ...]


def open_content(source: Source, limits: Limits, known_at: dt.datetime | None = None) -> Content:
    """Return the data in a file like `containers.unpack`; a DSFinV-K export and a calendar as the table made of them.

    `known_at` is when the file came in, on which the end of a calendar depends.

    Raises PermanentError for what can't be unpacked, and for an export without the columns that join its tables.
    """

    def opens(name: str) -> _Opens:
        return lambda: open_zipped(source, name, limits)

    def join(names: list[str]) -> Content | None:
        exports = _find_exports(names)

        @cache
        def found() -> list[_Export]:
            return [
                _read_export(opens(lines), opens(receipts), opens(taxes) if taxes else None, limits)
                for lines, receipts, taxes in exports
            ]

        def joined() -> Bytes:
            pieces = _Generated(_join(found(), limits))
            return Bytes(pieces, limits.text_bytes, limits, None, ExitStack())  # type: ignore[arg-type]

        return Content(joined, is_workbook=False, is_joined=True) if exports else None

    content = unpack(source, limits, join)
    return as_table(content, limits, known_at) or content


@dataclass(frozen=True)
class _Export:
    """An export: its lines, the columns of each receipt, and the money of the lines that are packs."""

    lines: _Opens
    receipts: Mapping[_Key, _Key]
    money: Mapping[_Key, str]


@dataclass(frozen=True)
class _Records:
    """The records of a file below its header, each at least as long as it."""

    file: str
    header: list[str]
    records: Iterator[list[str]]

    def pick(self, *names: str) -> Callable[[list[str]], Any]:
        """Return a function that picks these cells: a tuple, or the bare cell of a single column.

        Raises PermanentError if the file lacks one of them.
        """
        missing = [name for name in names if name not in self.header]
        if missing:
            raise PermanentError(
                f"{self.file} of the DSFinV-K export has no column {listed(missing)}; its columns are "
                f"{listed(self.header)}. Export the data again, or send lines.csv alone."
            )
        return itemgetter(*(self.header.index(name) for name in names))


class _Generated(io.RawIOBase):
    """A stream of the bytes that a generator yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                size = len(self._rest)
                break
            self._rest += piece
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def _find_exports(names: Sequence[str]) -> list[tuple[str, str, str | None]]:
    """Return the names of the files of each export; each folder with lines and receipts is one."""
    folders: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        folders.setdefault(folder, {})[file.casefold()] = name
    return [
        (files[_LINES], files[_RECEIPTS], files.get(_TAXES))
        for _, files in sorted(folders.items())
        if _LINES in files and _RECEIPTS in files
    ]


def _read_export(lines: _Opens, receipts: _Opens, taxes: _Opens | None, limits: Limits) -> _Export:
    heads = _read(receipts, _RECEIPTS, limits)
    key, rest = heads.pick(*_KEY), heads.pick(*_OF_RECEIPT)
    of_receipt = {tuple(map(intern, key(each))): tuple(map(intern, rest(each))) for each in heads.records}
    return _Export(lines, of_receipt, _money_of_packs(lines, taxes, limits))


def _money_of_packs(lines: _Opens, taxes: _Opens | None, limits: Limits) -> dict[_Key, str]:
    """Return the money of the lines whose factor is not 1, by line."""
    positions = _read(lines, _LINES, limits)
    line = positions.pick(*_LINE)
    factor = positions.pick(_FACTOR) if _FACTOR in positions.header else None
    packs = {line(each) for each in positions.records if factor and _number(factor(each)) != 1}
    if not packs or taxes is None:
        return {}
    amounts = _read(taxes, _TAXES, limits)
    line, money = amounts.pick(*_LINE), amounts.pick(_MONEY)
    sums: dict[_Key, Decimal] = {}
    for each in amounts.records:
        if line(each) in packs:
            sums[line(each)] = sums.get(line(each), Decimal(0)) + _number(money(each), Decimal(0))
    return {pack: f"{total:.2f}".replace(".", ",") for pack, total in sums.items()}


def _join(exports: Sequence[_Export], limits: Limits) -> Iterator[bytes]:
    """Yield the lines of the exports, each with the columns of its receipt, as CSV in UTF-8."""
    header: list[str] = []
    page = io.StringIO()
    writer = csv.writer(page, delimiter=";", lineterminator="\n")
    for export in exports:
        positions = _read(export.lines, _LINES, limits)
        if not header:
            header = positions.header
            writer.writerow([*header, *_OF_RECEIPT, _MONEY])
        key, line, cells = positions.pick(*_KEY), positions.pick(*_LINE), positions.pick(*header)
        for count, each in enumerate(positions.records):
            of_receipt = export.receipts.get(key(each), ("",) * len(_OF_RECEIPT))
            writer.writerow([*cells(each), *of_receipt, export.money.get(line(each), "")])
            if count % _ROWS == 0:
                yield _taken(page)
    yield _taken(page)


def _read(opens: _Opens, file: str, limits: Limits) -> _Records:
    reader = csv.reader(_text_lines(opens, limits), delimiter=_delimiter(opens, limits))
    header = [name.strip().upper() for name in next(reader, [])]

    def records() -> Iterator[list[str]]:
        try:
            for record in reader:
                if any(record):
                    yield record if len(record) >= len(header) else [*record, *[""] * (len(header) - len(record))]
        except csv.Error as error:
            raise PermanentError(
                f"{file} of the DSFinV-K export can't be read from line {reader.line_num:,} on ({error}); expected "
                "every opening quote to be closed within its cell. Export the data again."
            ) from error

    return _Records(file, header, records())


def _text_lines(opens: _Opens, limits: Limits) -> Iterator[str]:
    text = read_through(opens, None, limits)
    rest = ""
    for piece in read_pieces(opens, text, _PIECE):
        *lines, rest = (rest + piece.removeprefix("\ufeff")).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest


def _delimiter(opens: _Opens, limits: Limits) -> str:
    header = next(_text_lines(opens, limits), "")
    return max(_DELIMITERS, key=header.count)


def _number(text: str, default: Decimal = Decimal(1)) -> Decimal:
    """Return a number with a decimal comma or point; `default` for an empty cell."""
    try:
        return Decimal(text.replace(".", "").replace(",", ".") if "," in text else text) if text.strip() else default
    except InvalidOperation:
        return Decimal("NaN")


def _taken(page: io.StringIO) -> bytes:
    text = page.getvalue()
    page.seek(0)
    page.truncate()
    return text.encode()
