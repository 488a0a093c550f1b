"""Order to a vendor, as one page of HTML to print or send, and as rows for a spreadsheet."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from flux_pipeline.inventory.shown.vendor_orders import OrderLine, VendorOrder
from flux_pipeline.pages._sheets import document, full_day, made_by
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
STYLE = """
.state { flex: none; border: 2px dashed #1c1c1c; border-radius: 4px; padding: 3px 12px; font-size: 14px;
  font-weight: 700; letter-spacing: .08em; text-transform: uppercase; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 32px; margin-bottom: 20px; border-top: 2px solid #1c1c1c;
  padding-top: 10px; }
.facts h2 { margin: 0 0 4px; font-size: 11px; font-weight: 700; letter-spacing: .06em; text-transform: uppercase;
  color: #555; }
.facts p { margin: 0; overflow-wrap: anywhere; } .facts .name { font-size: 15px; font-weight: 700; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 14px; margin: 0; }
dt { color: #555; } dd { margin: 0; font-weight: 600; }
td.packs { font-size: 16px; font-weight: 700; }
.one { white-space: nowrap; } .article { width: 45%; }
td.article { font-weight: 600; overflow-wrap: anywhere; }
tr.total td { border-top: 2px solid #1c1c1c; border-bottom: 0; background: none; font-weight: 700; font-size: 15px; }
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
    title = f"Order of {sheet.restaurant} to {order.vendor}, {full_day(order.order_day)}"
    head = "".join(f'<th class="{kind}">{name}</th>' for name, kind in _columns(sheet))
    rows = "".join(_row(line, sheet) for line in order.lines)
    total = f'<td class="n">{money(order.total)}</td>'
    wide = len(_columns(sheet)) - 1
    body = [
        f"<header><div><h1>Order to {escape(order.vendor)}</h1><p>from {escape(sheet.restaurant)}</p></div>",
        '<div class="state">Draft</div>' if sheet.is_draft else "",
        f"</header>\n{_facts(sheet)}",
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}\n",
        f'<tr class="total"><td colspan="{wide}">Total, {count_of(len(order.lines), "article")}, in ',
        f"{escape(sheet.currency)}</td>{total}</tr></tbody></table>\n{_footer(sheet)}",
    ]
    return document(title, STYLE, "".join(body))


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
    facts = [("Order day", full_day(order.order_day))]
    if order.order_by is not None:
        local = order.order_by.astimezone(zone)
        day = "" if local.date() == order.order_day else f"{full_day(local.date())}, "
        facts.append(("To be ordered by", f"{day}{local:%H:%M}"))
    days = {line.delivery_day for line in order.lines}
    facts.append(("Delivery expected", full_day(*days) if len(days) == 1 else order.delivery))
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts)
    return (
        f'<div class="facts"><div><h2>Vendor</h2><p class="name">{escape(order.vendor)}</p>{contact}</div>'
        f"<div><h2>When</h2><dl>{listed}</dl></div></div>\n"
    )


def _footer(sheet: OrderSheet) -> str:
    made = made_by(sheet.made_for, sheet.made_at, sheet.timezone)
    draft = " This is a draft, not an order." if sheet.is_draft else ""
    return f"<footer>{made} Times are local ({escape(sheet.timezone)}).{draft}</footer>\n"
