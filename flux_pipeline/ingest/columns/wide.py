"""Wide tables, with one column per item: recognised by their shape, and turned into a line for each item sold.

Each filled cell below an item becomes a row, an empty cell none; 0 becomes a row too, and is skipped like every
quantity of 0. A line that is blank, too long, a repeated header or a total becomes one row as it is. So read = loaded +
skipped + rejected holds, with the filled cells as the rows read.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.ingest.columns.column_map import EVERY_COLUMN, ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words, normalised_name
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.personal.cells import Mask, masked_columns
from flux_pipeline.ingest.columns.personal.recognise import without_personal_text
from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample, hold_counts, hold_numbers, run_on
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.table import Column, Table
from flux_pipeline.wording import HEADER, listed, option

# Columns that the unpivoted table has and the file doesn't.
_ITEM, _QUANTITY, _TICKET = "item", "quantity", "ticket"

# Fewer columns of counts are just as likely the figures of one item (planned, served, left).
FEWEST_ITEMS = 3

_HALF = 0.5

# Cells of one block: a table of a thousand items is unpivoted in parts.
_CELLS = 500_000


def _names(text: str) -> frozenset[str]:
    return frozenset(normalised_name(name) for name in text.split(","))


# Names of numbers that describe the line or the day and count nothing sold.
_NOT_SOLD = _names(
    "id,ids,uuid,index,idx,row,nr,no,number,code,sku,plu,ean,barcode,gtin,version,day,weekday,month,year,week,quarter,"
    "hour,minute,season,holiday,holidays,weekend,event,promo,promotion,store,shop,branch,site,location,place,outlet,"
    "rank,ranking,register,terminal,table,seat,zip,postcode,latitude,longitude,lat,lon,rate,percent,pct,temperature,temp,rain,"
    "precipitation,wind,clouds,sunshine,humidity,weather,currency,"
    "Wochentag,Tag,Monat,Jahr,Woche,Stunde,Feiertag,Ferien,Filiale,Standort,Kasse,Tisch,Temperatur,Regen,Wetter,"
    "jour,mois,année,semaine,heure,magasin,caisse,température,pluie,día,mes,año,semana,hora,tienda,caja,mesa,"
    "temperatura,요일,曜日,星期,giorno,mese,anno,settimana,ora,negozio,cassa,tavolo,dag,maand,jaar,winkel,kassa,tafel,dia,ano,loja"
)
_TOTALS = _names(
    "total,totals,subtotal,sum,grand,all,overall,summe,gesamt,gesamtsumme,insgesamt,somme,totale,totales,suma,somma,"
    "totaal,soma,totalt,summa,razem,visitors,guests,customers,covers,revenue,sales,turnover,Umsatz,Gäste,Kunden,"
    "tickets,orders,transactions,checks,bills,receipts,Bons,Belege"
)

_BETWEEN = _names("of,the,de,la,del,der,des,du,van,di")


def find_items(free: Sequence[str], sample: Sample, *, stated: bool) -> tuple[str, ...]:
    """Return the unused columns that are one item each; none if the table isn't wide.

    A table is taken as wide only if at least three columns hold counts and no other column, of text or of other
    numbers, could be the item or its figures. If `stated`, every column of numbers is an item.

    Raises:
        NeedsOptionsError: at least three columns hold counts but others leave doubt; or `stated`, and there are none.
    """
    columns = {name: sample.cells(name) for name in free if not is_not_sold(name)}
    if stated:
        # A bad cell here and there is rejected on its own; its column must not be left out because of it.
        numbers = tuple(name for name, cells in columns.items() if hold_numbers(cells, _HALF))
        if numbers:
            return numbers
        raise NeedsOptionsError(
            f"No column of numbers is left that could be an item; expected one for each item. The other columns are "
            f"{listed(free)}. Name the column of the item:",
            {"item": HEADER},
        )
    counts = [name for name, cells in columns.items() if hold_counts(cells)]
    if len(counts) < FEWEST_ITEMS:
        return ()
    # An item that wasn't sold yet has an empty column, which settles nothing.
    others = [name for name, cells in columns.items() if cells and name not in counts]
    flags = all(cell in ("0", "1") for name in counts for cell in columns[name])
    if others or flags:
        doubt = f"but {listed(others)} may name the item or not be a count" if others else "but only 0 and 1"
        raise NeedsOptionsError(
            f"No column is recognised as the item; {listed(counts)} hold numbers as if each was an item, {doubt}. Name "
            f"the column of the item, {option('item')}, or take each column as one:",
            {"item": EVERY_COLUMN},
        )
    return tuple(name for name in free if name in counts or (name in columns and not columns[name]))


def find_numbers(free: Sequence[str], sample: Sample, *, totals: bool = False, share: float = 1) -> tuple[str, ...]:
    """Return the unused columns of numbers that may be a quantity or an amount.

    If `totals`, columns named like the sum of a line, or like guests, are left out. With a `share` below 1 a column may
    hold bad cells.
    """
    columns = {name: sample.cells(name) for name in free if not is_not_sold(name, totals=totals)}
    enough = min(share, NEARLY_ALL)
    return tuple(name for name, cells in columns.items() if hold_numbers(cells, enough) and not run_on(cells))


def is_total(name: str) -> bool:
    """Return whether a column of this name may be the sum of a line's items."""
    return normalised_name(name) in _TOTALS


def share_days(headers: Mapping[str, str], sample: Table | None) -> bool:
    """Return whether several lines share a day and have nothing to distinguish them; each is then its own ticket."""
    if sample is None or "ticket" in headers or "time" in headers:
        return False
    keys = ("date", "year", "month", "day_of_month", "location")
    parts = [headers[field] for field in keys if field in headers]
    lines = Counter(zip(*(sample.texts(name).rows[~sample.blank] for name in parts), strict=True))
    return any(count > 1 for count in lines.values())


def map_blocks(blocks: Iterable[Table], found: ColumnMap, masks: Mapping[str, Mask]) -> Iterator[MappedTable]:
    """Yield the blocks of a table with its columns known by field and `masks` applied, those of a wide table unpivoted.

    If lines of a wide table are tickets, a ticket's number is a digest of the line's used cells and its count among
    equal lines: the same line of another export is then the same ticket, and no till numbers its tickets in this way.
    """
    equal_lines: Counter[str] = Counter()
    cleaned = str if found.keeps_people else without_personal_text
    hidden = (*found.personal, *found.dropped)
    for as_read in blocks:
        block = masked_columns(as_read, masks)
        if not found.items:
            yield MappedTable(
                block,
                found.headers,
                found.constants,
                found.only,
                hidden,
                found.layout,
                cleaned,
                joined=found.joined,
            )
            continue
        tickets = _line_tickets(block, found, equal_lines) if found.lines_are_tickets else None
        lines = max(1, _CELLS // len(found.items))
        for start in range(0, max(1, len(block.line_numbers)), lines):
            unpivoted = _unpivot(block, found, slice(start, start + lines), tickets)
            yield replace(unpivoted, cleaned=cleaned)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The rows of an unpivoted part: for each its line (n,), and its item (n,), -1 for a line that stays whole."""

    lines: np.ndarray
    items: np.ndarray


def _unpivot(block: Table, found: ColumnMap, part: slice, tickets: np.ndarray | None) -> MappedTable:
    cells = _find_cells(block, found, part)
    names = [name for name in block.header if name not in found.items]
    as_cell = found.matrix.as_cell if found.matrix else None
    kept = [_at_lines(block.columns[block.header.index(name)], cells.lines) for name in names]
    quantities = np.full(len(cells.lines), "", dtype=object)
    for place, name in enumerate(found.items):
        rows = cells.items == place
        texts = block.columns[block.header.index(name)].texts
        quantities[rows] = (texts.map(lambda cell: as_cell(cell) or "") if as_cell else texts).rows[cells.lines[rows]]
    item, quantity = (found.matrix.names, found.matrix.cells) if found.matrix else (_ITEM, _QUANTITY)
    added = {item: np.array([*found.items, ""], dtype=object)[cells.items], quantity: quantities}
    if tickets is not None:
        added[_TICKET] = tickets[cells.lines]
    # A column of the file may have one of these names.
    unique = {field: _free(field, names) for field in added}
    table = Table(
        header=(*names, *unique.values()),
        columns=(*kept, *(Column.of(column) for column in added.values())),
        line_numbers=block.line_numbers[cells.lines],
        overlong=block.overlong[cells.lines],
        blank=block.blank[cells.lines],
        repeated_header=block.repeated_header[cells.lines],
        totals=block.totals[cells.lines],
        other=None if block.other is None else block.other[cells.lines],
        heading=None if block.heading is None else block.heading[cells.lines],
        encoding=block.encoding,
        delimiter=block.delimiter,
        beyond={row: block.beyond[line] for row, line in enumerate(cells.lines.tolist()) if line in block.beyond},
    )
    hidden = (*found.personal, *found.dropped)
    headers = {**found.headers, **unique}
    return MappedTable(table, headers, found.constants, found.only, hidden, joined=found.joined)


def _find_cells(block: Table, found: ColumnMap, part: slice) -> _Cells:
    lines = np.arange(len(block.line_numbers))[part]
    kept = (block.left_out | block.overlong)[part]
    filled = np.zeros((len(lines), len(found.items) + 1), dtype=bool)
    as_cell = found.matrix.as_cell if found.matrix else str
    filled[:, 0] = kept
    for place, name in enumerate(found.items, start=1):
        is_row = block.texts(name).where(lambda cell: bool(cell) and as_cell(cell) is not None)
        filled[:, place] = is_row[part] & ~kept
    rows, places = np.nonzero(filled)
    return _Cells(lines[rows], places - 1)


def _at_lines(column: Column, lines: np.ndarray) -> Column:
    texts = column.texts
    return Column(column.read, type(texts)(texts.distinct, texts.codes[lines]))


def _line_tickets(block: Table, found: ColumnMap, equal_lines: Counter[str]) -> np.ndarray:
    # Whether an unused column is kept depends on the file.
    used = {*found.headers.values(), *found.items}
    columns = [block.texts(name).rows for name in block.header if name in used]
    tickets = np.empty(len(block.line_numbers), dtype=object)
    for line, cells in enumerate(zip(*columns, strict=True)):
        digest = hashlib.sha256("\x1f".join(cells).encode("utf-8", "replace")).hexdigest()[:16]
        equal_lines[digest] += 1
        tickets[line] = f"line {digest} {equal_lines[digest]}"
    return tickets


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += " of the line"
    return name


def is_not_sold(name: str, *, totals: bool = True) -> bool:
    """Return whether a name describes the line or the day, judged by all its words.

    "Fish of the day" and "Table water" are items, "day of week" is not.
    """
    words = header_words(name)
    not_sold = _NOT_SOLD | _TOTALS if totals else _NOT_SOLD
    # "column 3" is a column without a name; a name that starts with "is" is a flag.
    nameless = words[:1] == ("column",) and all(word.isdigit() for word in words[1:])
    return nameless or words[:1] == ("is",) or all(word in not_sold or word in _BETWEEN for word in words)
