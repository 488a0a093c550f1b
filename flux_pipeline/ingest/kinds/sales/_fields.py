"""Fields of a sales file. Their rules are in contract.py, their other names in words/sales.csv.

No two fields share a word except date and time, which may share a column; case, accents and signs are ignored
(columns/header_names.py).
"""

from __future__ import annotations

from dataclasses import replace

from flux_pipeline.ingest.cells.forms import FLAG, MOMENT, MONEY, NUMBER
from flux_pipeline.ingest.contracts import Field

_FIELDS = (
    Field("date", "the day of the sale, alone or with the time", "2024-03-01", MOMENT, words="sales.date"),
    Field("day_of_month", "the day's number, if separate from the month", "1", NUMBER, words="sales.day_of_month"),
    Field("month", "the month by number or name, if it has its own column", "3", words="sales.month"),
    Field("year", "the year, if it has its own column", "2024", NUMBER, words="sales.year"),
    Field("time", "the local time of the sale", "12:45", MOMENT, words="sales.time"),
    Field("ticket", "the number of the ticket or order", "1042", words="sales.ticket", is_code=True),
    Field(
        "line_id",
        "the number of the line on its ticket, if the till gives one",
        "1",
        words="sales.line_id",
        is_code=True,
    ),
    Field("item", "the name of what was sold", "Croissant", words="sales.item", is_label=True),
    Field("quantity", "how many were sold; negative for a refund", "2", NUMBER, words="sales.quantity"),
    Field("price", "the price of one", "1.20", MONEY, words="sales.price"),
    Field("amount", "the money of the line after discounts", "2.40", MONEY, words="sales.amount"),
    Field("gross_amount", "the money of the line before discounts", "2.40", MONEY, words="sales.gross_amount"),
    Field("discount", "what was taken off the line; its sign is ignored", "0.40", MONEY, words="sales.discount"),
    Field(
        "refunded_quantity",
        "how many of them were given back later",
        "0",
        NUMBER,
        words="sales.refunded_quantity",
    ),
    Field("tax", "the tax in or on the line; read and not used", "0.15", MONEY, words="sales.tax"),
    Field("category", "the group of the item", "Pastry", words="sales.category", is_label=True),
    Field("channel", "dine in, takeaway or delivery", "takeaway", words="sales.channel"),
    Field("covers", "how many guests sat at the ticket's table", "2", NUMBER, words="sales.covers"),
    Field("event", "the type of line: a sale, a refund, a void or a comp", "sale", words="sales.event"),
    Field("void", "yes if the line was cancelled", "no", FLAG, words="sales.void"),
    Field("refund", "yes if the line was paid back", "no", FLAG, words="sales.refund"),
    Field("modifiers", "what was changed about the item", "no sugar", words="sales.modifiers"),
    Field(
        "location",
        "the restaurant, if the file may hold several",
        "Main Street",
        words="sales.location",
        is_place=True,
    ),
)

# What a ticket, a day or a group of the menu gives once for its lines. Numbers beside it are sums of the lines.
_OF_GROUP = frozenset(
    {
        *("date", "day_of_month", "month", "year", "time", "ticket", "category", "channel", "covers", "event", "void"),
        *("refund", "location"),
    }
)

SALES_FIELDS = tuple(replace(field, is_of_group=field.name in _OF_GROUP) for field in _FIELDS)
