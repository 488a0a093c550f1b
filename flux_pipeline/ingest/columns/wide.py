"""Tables with one column an item: recognised by their shape, and turned into a line for each item sold.

Each filled cell below an item becomes a row, and an empty one none; 0 is a row too, and skipped as every quantity of 0.
A line that is blank, too long, a header again or a total is a row as it stands. So read = loaded + skipped + rejected
holds with the filled cells as what is read.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.column_map import EVERY_COLUMN, ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words, normalised_name
from flux_pipeline.ingest.columns.personal.recognise import without_personal_text
from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample, hold_counts, hold_numbers, run_on
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.table import Column, Table
from flux_pipeline.wording import listed, option

# The columns of the unpivoted table that the file doesn't have.
_ITEM, _QUANTITY, _TICKET = "item", "quantity", "ticket"

# Fewer columns of counts are as likely the figures of one item (planned, served, left).
_FEWEST_ITEMS = 3

_HALF = 0.5

# What one block comes to: a table of a thousand items is unpivoted in parts.
_CELLS = 500_000


def _names(text: str) -> frozenset[str]:
    return frozenset(normalised_name(name) for name in text.split(","))


# Columns of numbers that tell of the line or the day and count nothing that is sold.
_ASIDE = _names(
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
    """Which of the columns that are nothing else are an item each; none where the table isn't wide.

    By itself a table is wide only if at least three columns hold counts and no other column, of text or of other
    numbers, could be the item or its figures. `stated` says that every column of numbers is an item.

    Raises:
        PermanentError: three columns or more hold counts, and others leave it in doubt; or `stated`, and there is none.
    """
    columns = {name: sample.cells(name) for name in free if not _is_aside(name)}
    if stated:
        # A bad cell here and there is rejected as such; its column must not be left out for it.
        numbers = tuple(name for name, cells in columns.items() if hold_numbers(cells, _HALF))
        if numbers:
            return numbers
        raise PermanentError(
            f"No column of numbers is left that could be an item; expected one for each item. The others are "
            f"{listed(free)}. Say which column names the item: {option('item')}."
        )
    counts = [name for name, cells in columns.items() if hold_counts(cells)]
    if len(counts) < _FEWEST_ITEMS:
        return ()
    # An item that wasn't sold yet has an empty column; it tells nothing either way.
    others = [name for name, cells in columns.items() if cells and name not in counts]
    flags = all(cell in ("0", "1") for name in counts for cell in columns[name])
    if others or flags:
        doubt = f"but {listed(others)} may name the item or be no count" if others else "but only 0 and 1"
        raise PermanentError(
            f"No column is recognised as the item; {listed(counts)} hold numbers as if each was an item, {doubt}. Say "
            f"which column names the item, {option('item')}, or that each column is one: --column item={EVERY_COLUMN}."
        )
    return tuple(name for name in free if name in counts or (name in columns and not columns[name]))


def find_numbers(free: Sequence[str], sample: Sample, *, totals: bool = False, share: float = 1) -> tuple[str, ...]:
    """The columns of numbers that may be a quantity or an amount, among those that are nothing else.

    `totals` says that columns called like the sum of a line, or like guests, are none. A `share` below 1 is enough of
    numbers for a column with bad cells.
    """
    columns = {name: sample.cells(name) for name in free if not _is_aside(name, totals=totals)}
    enough = min(share, NEARLY_ALL)
    return tuple(name for name, cells in columns.items() if hold_numbers(cells, enough) and not run_on(cells))


def is_total(name: str) -> bool:
    """Whether a column of this name may be the sum of a line's items."""
    return normalised_name(name) in _TOTALS


def share_days(headers: Mapping[str, str], sample: Table | None) -> bool:
    """Whether lines are several a day and nothing tells them apart: then each is a ticket of its own."""
    if sample is None or "ticket" in headers or "time" in headers:
        return False
    apart = ("date", "year", "month", "day_of_month", "location")
    parts = [headers[field] for field in apart if field in headers]
    lines = Counter(zip(*(sample.texts(name).rows[~sample.blank] for name in parts), strict=True))
    return any(count > 1 for count in lines.values())


def map_blocks(blocks: Iterable[Table], found: ColumnMap) -> Iterator[MappedTable]:
    """The blocks of a table with its columns known by field, those of a wide table unpivoted.

    Lines of a wide table that are tickets have for their number what stands in the line, and which of the equal lines
    it is: the same line of another export is the same ticket, and no till numbers its tickets so.
    """
    seen: Counter[str] = Counter()
    cleaned = str if found.keeps_people else without_personal_text
    for block in blocks:
        if not found.items:
            yield MappedTable(
                block, found.headers, found.constants, found.only, found.personal, found.variation, cleaned
            )
            continue
        tickets = _line_tickets(block, seen) if found.lines_are_tickets else None
        lines = max(1, _CELLS // len(found.items))
        for start in range(0, max(1, len(block.line_numbers)), lines):
            unpivoted = _unpivot(block, found, slice(start, start + lines), tickets)
            yield replace(unpivoted, cleaned=cleaned)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The rows of an unpivoted part: of each the line (n,) it stands in, and its item (n,), -1 for a whole line."""

    lines: np.ndarray
    items: np.ndarray


def _unpivot(block: Table, found: ColumnMap, part: slice, tickets: np.ndarray | None) -> MappedTable:
    cells = _find_cells(block, found.items, part)
    names = [name for name in block.header if name not in found.items]
    kept = [_at_lines(block.columns[block.header.index(name)], cells.lines) for name in names]
    quantities = np.full(len(cells.lines), "", dtype=object)
    for place, name in enumerate(found.items):
        rows = cells.items == place
        quantities[rows] = block.columns[block.header.index(name)].texts.rows[cells.lines[rows]]
    added = {_ITEM: np.array([*found.items, ""], dtype=object)[cells.items], _QUANTITY: quantities}
    if tickets is not None:
        added[_TICKET] = tickets[cells.lines]
    # A column of the file may be named like one of these.
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
        encoding=block.encoding,
        delimiter=block.delimiter,
        beyond={row: block.beyond[line] for row, line in enumerate(cells.lines.tolist()) if line in block.beyond},
    )
    return MappedTable(table, {**found.headers, **unique}, found.constants, found.only, found.personal)


def _find_cells(block: Table, items: Sequence[str], part: slice) -> _Cells:
    lines = np.arange(len(block.line_numbers))[part]
    whole = block.blank | block.overlong | block.repeated_header | block.totals
    whole = (whole if block.other is None else whole | block.other)[part]
    filled = np.zeros((len(lines), len(items) + 1), dtype=bool)
    filled[:, 0] = whole
    for place, name in enumerate(items, start=1):
        filled[:, place] = ~block.texts(name).blank[part] & ~whole
    rows, places = np.nonzero(filled)
    return _Cells(lines[rows], places - 1)


def _at_lines(column: Column, lines: np.ndarray) -> Column:
    texts = column.texts
    return Column(column.read, type(texts)(texts.distinct, texts.codes[lines]))


def _line_tickets(block: Table, seen: Counter[str]) -> np.ndarray:
    tickets = np.empty(len(block.line_numbers), dtype=object)
    for line, cells in enumerate(zip(*(column.texts.rows for column in block.columns), strict=True)):
        digest = hashlib.sha256("\x1f".join(cells).encode("utf-8", "replace")).hexdigest()[:16]
        seen[digest] += 1
        tickets[line] = f"line {digest} {seen[digest]}"
    return tickets


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += " of the line"
    return name


def _is_aside(name: str, *, totals: bool = True) -> bool:
    """By all its words, so that "Fish of the day" and "Table water" stay items, and "day of week" is none."""
    words = header_words(name)
    aside = _ASIDE | _TOTALS if totals else _ASIDE
    # "column 3" is a column without a name; what starts with "is" is a flag.
    nameless = words[:1] == ("column",) and all(word.isdigit() for word in words[1:])
    return nameless or words[:1] == ("is",) or all(word in aside or word in _BETWEEN for word in words)
