"""Prep sheet of a day as one page of HTML to print and to tick off in the kitchen."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from flux_pipeline.inventory.shown.prep import PrepRow, PrepSheet
from flux_pipeline.pages._sheets import document, full_day, made_by
from flux_pipeline.wording import amount_of, count_of, day_text

STYLE = """
h2 { margin: 22px 0 6px; font-size: 14px; break-after: avoid; }
td.name { width: 30%; font-weight: 600; overflow-wrap: anywhere; }
td.make { font-size: 16px; font-weight: 700; }
td.box { width: 34px; } td.box i { display: block; width: 16px; height: 16px; border: 1.5px solid #1c1c1c;
  border-radius: 2px; margin-top: 2px; }
ul { margin: 22px 0 0; padding-left: 18px; } li { overflow-wrap: anywhere; }
"""


@dataclass(frozen=True)
class PrintedSheet:
    """A prep sheet with what its page says beside it.

    Attributes:
        sheet: the lines.
        restaurant: whose kitchen it is.
        timezone: that of the moment below.
        made_for: who asked for it; empty: not said.
        made_at: the moment at which it was made.
    """

    sheet: PrepSheet
    restaurant: str
    timezone: str
    made_for: str
    made_at: dt.datetime


def prep_page(printed: PrintedSheet) -> str:
    """Return a prep sheet as HTML that needs nothing else: what to make with a box to tick, then what is enough."""
    sheet = printed.sheet
    to_make = [row for row in sheet.ordered if row.batches]
    enough = [row for row in sheet.ordered if not row.batches]
    notes = "".join(f"<li>{escape(note)}</li>" for note in sheet.notes)
    body = [
        f"<header><div><h1>Prep for {full_day(sheet.day)}</h1><p>{escape(printed.restaurant)}, by the forecast as of ",
        f"{day_text(sheet.as_of)}</p></div></header>\n",
        _table(sheet, to_make, is_to_make=True) if to_make else "<p>Nothing is to be made: enough is there.</p>\n",
        f"<h2>Enough is there</h2>\n{_table(sheet, enough, is_to_make=False)}" if enough else "",
        f"<ul>{notes}</ul>\n",
        f"<footer>{made_by(printed.made_for, printed.made_at, printed.timezone)}</footer>\n",
    ]
    return document(f"Prep of {printed.restaurant}, {full_day(sheet.day)}", STYLE, "".join(body))


def _table(sheet: PrepSheet, rows: Sequence[PrepRow], *, is_to_make: bool) -> str:
    for_others = any(row.planned.for_others for row in rows)
    figures = ["Usual use", sheet.level[:1].upper() + sheet.level[1:], *(["For batches"] if for_others else [])]
    names = [*(["Make", "That is"] if is_to_make else []), "Available", "Minimum", *figures]
    head = "".join(f'<th class="n">{escape(name)}</th>' for name in names)
    box = "<th>Done</th>" if is_to_make else ""
    lines = "".join(_line(row, is_to_make=is_to_make, for_others=for_others) for row in rows)
    return f"<table><thead><tr>{box}<th>Preparation</th>{head}</tr></thead>\n<tbody>{lines}\n</tbody></table>\n"


def _line(row: PrepRow, *, is_to_make: bool, for_others: bool) -> str:
    planned, own, unit = row.planned.line, row.planned.line.preparation, row.unit
    box = '<td class="box"><i></i></td>' if is_to_make else ""
    batches = count_of(row.batches, "batch", "batches")
    make = f'<td class="n make">{batches}</td>{_cell(planned.quantity, unit)}' if is_to_make else ""
    counted = _cell(own.available, unit, "0") if row.counted_on else '<td class="n">not counted</td>'
    others = _cell(row.planned.for_others, unit) if for_others else ""
    figures = f"{_cell(own.minimum, unit)}{_cell(planned.usual, unit)}{_cell(planned.projected, unit)}{others}"
    return f'\n<tr>{box}<td class="name">{escape(row.name)}</td>{make}{counted}{figures}</tr>'


def _cell(quantity: Decimal | float, unit: str, nothing: str = "") -> str:
    return f'<td class="n">{escape(amount_of(quantity, unit)) if quantity else nothing}</td>'
