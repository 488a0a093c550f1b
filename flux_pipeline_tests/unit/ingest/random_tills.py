"""Random exports of sales by tills that don't exist, with what is right about each: for a property test.

The sales of a few days are drawn first, then written down as some till would: with headers from the vocabulary, in one
of several layouts, with defects that change how lines look and never what was sold.
"""

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from flux_pipeline.ingest.table.data_files import words_of

ITEMS = ("Linseneintopf", "Flat white", "Zimtknoten", "Mango lassi", "Grüner Salat", "Toast No. 4", "Ayran", "Pad thai")
# Headers that a person would take for the field too.
FIELDS = ("date", "ticket", "item", "quantity", "price", "amount", "category")
STATUS_HEADERS = (
    "Status",
    "Order Status",
    "State",
    "Zustand",
    "Bon-Status",
    "Financial Status",
    "Estado",
    "Etat",
    "X7",
)
FLAG_HEADERS = ("Void?", "Voided", "Storno", "Is Cancelled", "Annulé", "Cancelled at")
OTHER_COLUMNS = {
    "Register": ("Till 1", "Till 2", "Bar"),
    "Payment": ("Cash", "Card", "Gift card", "Voucher"),
    "Dining Option": ("For Here", "To Go", "Delivery"),
    "Color": ("red", "blue"),
    "Comment for kitchen": ("no onions", "extra hot", ""),
}
DISCOUNTS = (
    "20% off",
    "Rabatt 20 %",
    "Staff discount",
    "Remise 20%",
    "Descuento",
    "Sconto",
    "Korting",
    "割引",
    "Zniżka",
)
PARTS = ("- no onions", "+ Ketchup", "  > Medium", "* Large", "└ Salad", "• to share")


@dataclass
class Line:
    """A line of a ticket. `state` is what became of it: "sale", "void", "refunded" or "refund".

    `off` are the cents that discounts take off it.
    """

    ticket: int
    day: dt.date
    minute: int
    item: str
    quantity: int
    cents: int
    state: str = "sale"
    parent: int | None = None
    is_copy: bool = False
    is_part: bool = False
    off: int = 0

    @property
    def counts(self) -> int:
        """1 for a sale, -1 for a refund, 0 for a line that must not count."""
        if self.is_copy or self.is_part or self.parent is not None or self.is_discount:
            return 0
        return {"sale": 1, "refund": -1}.get(self.state, 0)

    @property
    def is_discount(self) -> bool:
        """Whether the line is a discount, whose money is taken off the lines of its ticket."""
        return self.cents < 0


@dataclass
class Export:
    """A file, and the units and cents of each item and day that are right about it."""

    content: bytes
    units: Counter[tuple[dt.date, str]] = field(default_factory=Counter)
    cents: Counter[tuple[dt.date, str]] = field(default_factory=Counter)
    defects: tuple[str, ...] = ()


def draw_export(seed: int) -> Export:
    """Return a random export; the same seed gives the same."""
    random = Random(seed)
    lines = _draw_lines(random)
    defects = [each for each in ("states", "combos", "copies") if random.random() < 0.4]
    for defect in defects:
        {"states": _mark_states, "combos": _add_combos, "copies": _add_copies}[defect](random, lines)
    # Drawn by a number of its own, so that the other exports stay as they are.
    also = Random(f"also {seed}")
    for defect, add in (("discounts", _add_discounts), ("parts", _add_parts)):
        if also.random() < 0.3 and not defects:
            add(also, lines)
            defects = [*defects, defect]
    columns, more = _columns(random, lines, defects)
    export = Export(_written(random, columns), defects=(*defects, *more))
    for line in lines:
        export.units[line.day, line.item] += line.counts * line.quantity
        export.cents[line.day, line.item] += line.counts * line.quantity * line.cents - line.off
    return export


def _draw_lines(random: Random) -> list[Line]:
    prices = {item: random.randrange(105, 2000, 5) for item in ITEMS}
    first, lines = dt.date(2026, 3, 2), []
    for number in range(random.randrange(12, 40)):
        day, minute = first + dt.timedelta(days=number // 8), 600 + 7 * (number % 8)
        for item in random.sample(ITEMS, random.randrange(1, 4)):
            lines.append(Line(1001 + number, day, minute, item, random.choice((1, 1, 1, 2, 3)), prices[item]))
        if random.random() < 0.1:
            # A second unit, on a line of its own.
            lines.append(Line(**vars(lines[-1])))
    return lines


def _mark_states(random: Random, lines: list[Line]) -> None:
    for line in lines:
        if random.random() < 0.12:
            line.state = random.choice(("void", "void", "refunded", "refund"))


def _add_combos(random: Random, lines: list[Line]) -> None:
    for place in sorted(random.sample(range(len(lines)), 3), reverse=True):
        combo = lines[place]
        if combo.state != "sale":
            continue
        first = combo.cents // 3
        parts = [("Part A", first), ("Part B", combo.cents - first)]
        number = id(combo)
        for item, cents in reversed(parts):
            lines.insert(
                place + 1, Line(combo.ticket, combo.day, combo.minute, item, combo.quantity, cents, parent=number)
            )


def _add_copies(random: Random, lines: list[Line]) -> None:
    for place in sorted(random.sample(range(len(lines)), 2), reverse=True):
        line = lines[place]
        copy = Line(**{**vars(line), "is_copy": True})
        lines.insert(place + 1, copy)


def _add_discounts(random: Random, lines: list[Line]) -> None:
    """Take a fifth off some tickets, which is whole cents of each line."""
    name = random.choice(DISCOUNTS)
    for ticket in random.sample(sorted({line.ticket for line in lines}), 3):
        own = [line for line in lines if line.ticket == ticket]
        for line in own:
            line.off = line.quantity * line.cents // 5
        discount = Line(**{**vars(own[0]), "item": name, "quantity": 1, "cents": -sum(line.off for line in own)})
        discount.off = 0
        lines.insert(lines.index(own[-1]) + 1, discount)


def _add_parts(random: Random, lines: list[Line]) -> None:
    sign = random.choice(PARTS)
    for place in sorted(random.sample(range(len(lines)), 3), reverse=True):
        if not lines[place].is_discount:
            lines.insert(place + 1, Line(**{**vars(lines[place]), "item": sign, "cents": 0, "off": 0, "is_part": True}))


def _columns(random: Random, lines: list[Line], defects: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    more: list[str] = []
    mark = random.choice((".", ","))
    columns: dict[str, list[str]] = {}

    def name(field: str) -> str:
        return random.choice((field, *words_of(f"sales.{field}")))

    def money(cents: int) -> str:
        return f"{cents / 100:.2f}".replace(".", mark)

    clock = random.random() < 0.5
    form = random.choice(("%Y-%m-%d", "%d.%m.%Y"))
    columns[name("date")] = [
        line.day.strftime(form) + (f" {line.minute // 60:02}:{line.minute % 60:02}" if clock else "") for line in lines
    ]
    columns[name("ticket")] = [str(line.ticket) for line in lines]
    columns[name("item")] = [line.item for line in lines]
    columns[name("quantity")] = [str(line.quantity) for line in lines]
    layout = random.choice(("amount", "price", "both", "line money called price"))
    if layout in ("price", "both"):
        columns[name("price")] = [money(line.cents) for line in lines]
    if layout in ("amount", "both"):
        columns[name("amount")] = [money(line.cents * line.quantity) for line in lines]
    if layout == "line money called price":
        columns[name("price")] = [money(line.cents * line.quantity) for line in lines]
    more.append(layout)
    _add_ids(random, lines, columns, defects, more)
    if "states" in defects:
        _add_states(random, lines, columns)
    for header, values in random.sample(list(OTHER_COLUMNS.items()), random.randrange(0, 4)):
        cells: list[str] = []
        for line in lines:
            cells.append(cells[-1] if line.is_copy else random.choice(values))
        columns[header] = cells
    if random.random() < 0.3 and not {"combos", "copies", "states"} & {*defects}:
        more.append("ticket total")
        totals: Counter[int] = Counter()
        for line in lines:
            totals[line.ticket] += line.counts * line.quantity * line.cents - line.off
        first = {line.ticket: place for place, line in reversed([*enumerate(lines)])}
        once = random.random() < 0.5
        columns["Total" if layout == "price" else "Order total"] = [
            money(totals[line.ticket]) if not once or first[line.ticket] == place else ""
            for place, line in enumerate(lines)
        ]
    if random.random() < 0.3:
        more.append("totals rows")
        _add_totals(random, lines, columns, money)
    return columns, more


def _add_totals(random: Random, lines: list[Line], columns: dict[str, list[str]], money: Callable[[int], str]) -> None:
    """Add a row below the others, with the sums of the columns of numbers as they are."""
    counted = [line for line in lines if not line.is_copy]
    label = random.choice(("Total", "TOTAL", "Summe", "Gesamt", "Grand total", "Totaal", "Total général"))
    sums = {"quantity": str(sum(line.quantity for line in counted if line.counts == 1))}
    sums["amount"] = money(sum(line.quantity * line.cents - line.off for line in counted if line.counts == 1))
    for header, cells in columns.items():
        field = next(
            (name for name in ("quantity", "amount", "item") if header in (name, *words_of(f"sales.{name}"))), ""
        )
        cells.append(label if field == "item" else sums.get(field, ""))


def _add_ids(
    random: Random, lines: list[Line], columns: dict[str, list[str]], defects: list[str], more: list[str]
) -> None:
    numbers: dict[int, int] = {}
    ids, own = [], {}
    for line in lines:
        if not line.is_copy:
            numbers[line.ticket] = numbers.get(line.ticket, 0) + 1
        ids.append(f"{line.ticket}-{numbers[line.ticket]}")
        own[id(line)] = ids[-1]
    if "combos" in defects:
        columns["Parent line"] = ["" if line.parent is None else own[line.parent] for line in lines]
    if {"combos", "copies"} & {*defects}:
        columns["Line ID"] = ids
        return
    kind = random.choice(("none", "good", "till", "rounded", "codes", "tables"))
    more.append(f"line ids: {kind}")
    header = random.choice(words_of("sales.line_id"))
    if kind == "good":
        columns[header] = ids
    elif kind == "till":
        columns[header] = [f"Till {line.ticket % 2}" for line in lines]
    elif kind == "codes":
        codes = (*ITEMS, *DISCOUNTS, *PARTS)
        columns[header] = [str(500 + codes.index(line.item)) for line in lines]
    elif kind == "tables":
        columns[header] = [f"Table {line.ticket % 7}" for line in lines]
    elif kind == "rounded":
        columns[header] = ["1.3E+18"] * len(lines)


def _add_states(random: Random, lines: list[Line], columns: dict[str, list[str]]) -> None:
    words = {state: random.choice(words_of(f"states.{state}")) for state in ("sale", "void", "refunded", "refund")}
    words["void"] = random.choice(("{}", "** {} **", "{}.", "{}: wrong table", "{} - no show")).format(words["void"])
    if random.random() < 0.7:
        columns[random.choice(STATUS_HEADERS)] = [words[line.state] for line in lines]
        return
    for line in lines:
        line.state = "void" if line.state in ("refunded", "refund") else line.state
    header = random.choice(FLAG_HEADERS)
    yes = "2026-03-09 10:00" if header.endswith("at") else random.choice(("yes", "TRUE", "x"))
    no = "" if header.endswith("at") else random.choice(("", "no", "FALSE"))
    columns[header] = [yes if line.state == "void" else no for line in lines]


def _written(random: Random, columns: dict[str, list[str]]) -> bytes:
    headers = list(columns)
    random.shuffle(headers)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=random.choice((",", ";", "\t")), lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(zip(*(columns[header] for header in headers), strict=True))
    return text.getvalue().encode()
