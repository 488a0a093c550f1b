"""Order to a vendor, as one page of HTML to print or send, and as rows for a spreadsheet."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from flux_pipeline.inventory.shown.vendor_orders import OrderLine, VendorOrder
from flux_pipeline.wording import amount_of, count_of, money, without_formula

COLUMNS = (
    "vendor",
    "order_day",
    "order_by",
    "delivery_day",
    "order_code",
    "article",
    "packs",
    "pack_quantity",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "currency",
    "id",
)
# A4 portrait, and readable without colours.
STYLE = """
@page { size: A4; margin: 14mm 14mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 32px; max-width: 860px; background: #fff; color: #1c1c1c;
  font: 13px/1.4 "Helvetica Neue", Helvetica, Arial, "Noto Sans", "Liberation Sans", sans-serif;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
header { display: flex; align-items: flex-start; justify-content: space-between; gap: 24px; margin-bottom: 20px; }
h1 { margin: 0; font-size: 26px; line-height: 1.15; overflow-wrap: anywhere; }
h1 + p { margin: 4px 0 0; font-size: 15px; color: #444; }
.state { flex: none; border: 2px dashed #1c1c1c; border-radius: 4px; padding: 3px 12px; font-size: 14px;
  font-weight: 700; letter-spacing: .08em; text-transform: uppercase; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 32px; margin-bottom: 20px; border-top: 2px solid #1c1c1c;
  padding-top: 10px; }
.facts h2 { margin: 0 0 4px; font-size: 11px; font-weight: 700; letter-spacing: .06em; text-transform: uppercase;
  color: #555; }
.facts p { margin: 0; overflow-wrap: anywhere; } .facts .name { font-size: 15px; font-weight: 700; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 14px; margin: 0; }
dt { color: #555; } dd { margin: 0; font-weight: 600; }
table { width: 100%; border-collapse: collapse; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { padding: 6px; text-align: left; vertical-align: baseline; }
thead th { background: #1c1c1c; color: #fff; font-size: 11.5px; font-weight: 700; white-space: nowrap; }
tbody td { border-bottom: 1px solid #d4d4d4; }
tbody tr:nth-child(even) td { background: #f7f7f7; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.packs { font-size: 16px; font-weight: 700; }
.one { white-space: nowrap; } .article { width: 45%; }
td.article { font-weight: 600; overflow-wrap: anywhere; }
small { display: block; font-size: 11px; font-weight: 400; color: #555; }
tr.total td { border-top: 2px solid #1c1c1c; border-bottom: 0; background: none; font-weight: 700; font-size: 15px; }
footer { margin-top: 22px; border-top: 1px solid #c9c9c9; padding-top: 5px; font-size: 11px; color: #555; }
@media print { body { padding: 0; max-width: none; } }
"""


@dataclass(frozen=True)
class OrderSheet:
    """An order with what its page says beside it.

    Attributes:
        order: the lines, all of which are ordered.
        restaurant: who orders.
        currency: that of the prices.
        timezone: that of the cut-off.
        made_for: who asked for it; empty: not said.
        made_at: the moment at which it was made.
        is_draft: whether it is only to look at.
    """

    order: VendorOrder
    restaurant: str
    currency: str
    timezone: str
    made_for: str
    made_at: dt.datetime
    is_draft: bool = False


def order_csv(sheet: OrderSheet) -> str:
    """Return the lines of an order as CSV; the cut-off is local."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([without_formula(cell) for cell in _cells(line, sheet)] for line in sheet.order.lines)
    return buffer.getvalue()


def order_page(sheet: OrderSheet) -> str:
    """Return an order as HTML that needs nothing else."""
    order = sheet.order
    title = f"Order of {sheet.restaurant} to {order.vendor}, {_day(order.order_day)}"
    head = "".join(f'<th class="{kind}">{name}</th>' for name, kind in _columns(sheet))
    rows = "".join(_row(line, sheet) for line in order.lines)
    total = f'<td class="n">{money(order.total)}</td>'
    wide = len(_columns(sheet)) - 1
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n",
            f"<header><div><h1>Order to {escape(order.vendor)}</h1><p>from {escape(sheet.restaurant)}</p></div>",
            '<div class="state">Draft</div>' if sheet.is_draft else "",
            f"</header>\n{_facts(sheet)}",
            f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}\n",
            f'<tr class="total"><td colspan="{wide}">Total, {count_of(len(order.lines), "article")}, in ',
            f"{escape(sheet.currency)}</td>{total}</tr></tbody></table>\n{_footer(sheet)}</body></html>\n",
        ]
    )


def _cells(line: OrderLine, sheet: OrderSheet) -> tuple[str, ...]:
    zone = ZoneInfo(sheet.timezone)
    until = f"{line.order_by.astimezone(zone):%Y-%m-%d %H:%M}" if line.order_by else ""
    numbers = (line.pack_quantity, line.quantity)
    return (
        line.vendor,
        line.order_day.isoformat(),
        until,
        line.delivery_day.isoformat(),
        line.order_code or "",
        line.ingredient,
        str(line.packs),
        *(f"{number.normalize():f}" for number in numbers),
        line.unit,
        money(line.unit_price, 6).replace(",", ""),
        f"{line.amount:.2f}",
        sheet.currency,
        str(line.id),
    )


def _columns(sheet: OrderSheet) -> list[tuple[str, str]]:
    """Return the headings with their styles; the day of delivery has a column only if there are several."""
    codes = [("Order code", "one")] if any(line.order_code for line in sheet.order.lines) else []
    days = [("Delivery", "one")] if len({line.delivery_day for line in sheet.order.lines}) > 1 else []
    figures = [("Packs", "n"), ("Pack", "n"), ("Price a pack", "n"), ("Amount", "n")]
    return [*codes, ("Article", "article"), *days, *figures]


def _row(line: OrderLine, sheet: OrderSheet) -> str:
    names = {name for name, _ in _columns(sheet)}
    code = f'<td class="one">{escape(line.order_code or "")}</td>' if "Order code" in names else ""
    date = f"{line.delivery_day:%a} {line.delivery_day.day} {line.delivery_day:%b}"
    day = f'<td class="one">{date}</td>' if "Delivery" in names else ""
    unit = escape(line.unit)
    quantity = f"<small>{escape(amount_of(line.quantity, line.unit))} in all</small>" if line.packs > 1 else ""
    each = f"<small>{money(line.unit_price, 6)} per {unit}</small>" if line.pack_quantity != 1 else ""
    return (
        f'\n<tr>{code}<td class="article">{escape(line.ingredient)}</td>{day}<td class="n packs">{line.packs:,}</td>'
        f'<td class="n">{escape(amount_of(line.pack_quantity, line.unit))}{quantity}</td>'
        f'<td class="n">{money(line.pack_price)}{each}</td><td class="n">{money(line.amount)}</td></tr>'
    )


def _facts(sheet: OrderSheet) -> str:
    order, zone = sheet.order, ZoneInfo(sheet.timezone)
    contact = "".join(f"<p>{escape(text)}</p>" for text in (order.contact_name, order.phone, order.email) if text)
    facts = [("Order day", _day(order.order_day))]
    if order.order_by is not None:
        local = order.order_by.astimezone(zone)
        day = "" if local.date() == order.order_day else f"{_day(local.date())}, "
        facts.append(("To be ordered by", f"{day}{local:%H:%M}"))
    days = {line.delivery_day for line in order.lines}
    facts.append(("Delivery expected", _day(*days) if len(days) == 1 else order.delivery))
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts)
    return (
        f'<div class="facts"><div><h2>Vendor</h2><p class="name">{escape(order.vendor)}</p>{contact}</div>'
        f"<div><h2>When</h2><dl>{listed}</dl></div></div>\n"
    )


def _footer(sheet: OrderSheet) -> str:
    made_at = sheet.made_at.astimezone(ZoneInfo(sheet.timezone))
    made_for = f" for {escape(sheet.made_for)}" if sheet.made_for else ""
    draft = " This is a draft, not an order." if sheet.is_draft else ""
    return (
        f"<footer>Made{made_for} on {_day(made_at.date())} at {made_at:%H:%M}. Times are local "
        f"({escape(sheet.timezone)}).{draft}</footer>\n"
    )


def _day(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"
