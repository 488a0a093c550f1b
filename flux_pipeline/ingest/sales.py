"""Sales files: their contract, and the rules that decide what becomes of each line.

A line is one item on one ticket or on one day. When it was sold is worked out in sales_days.py, what it cost in
sales_amounts.py. Which menu item a name is, and what is already loaded, the store knows.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.contracts import Circumstances, Contract, Field, Reading
from flux_pipeline.ingest.forms import MOMENT, MONEY, NUMBER
from flux_pipeline.ingest.mapped import MappedTable
from flux_pipeline.ingest.numbers import Numbers, parse_numbers
from flux_pipeline.ingest.sales_amounts import (
    AMOUNT_BELOW,
    AMOUNT_DECIMALS,
    PRICE_DECIMALS,
    QUANTITY_BELOW,
    QUANTITY_DECIMALS,
    as_floats,
    complete_lines,
    price_as_floats,
)
from flux_pipeline.ingest.sales_days import SoldWhen, find_business_days
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.verdicts import Verdicts

_FIELDS = (
    Field(
        "date",
        "the day of the sale, alone or with the time",
        "2024-03-01",
        form=MOMENT,
        required=True,
        synonyms=(
            *(
                "business date",
                "order date",
                "sale date",
                "transaction date",
                "day",
                "datetime",
                "timestamp",
                "sold at",
            ),
            *("Datum", "Tag", "Verkaufsdatum", "Bestelldatum", "jour", "date de vente", "fecha", "día", "data"),
            *("giorno", "data vendita", "dato"),
        ),
    ),
    Field(
        "time",
        "the local time of the sale",
        "12:45",
        form=MOMENT,
        synonyms=(
            *("order time", "sale time", "datetime", "timestamp", "Uhrzeit", "Zeit", "heure", "hora", "ora"),
            *("orario", "tijd", "tid"),
        ),
    ),
    Field(
        "ticket",
        "the number of the ticket or order",
        "1042",
        synonyms=(
            *("ticket number", "ticket id", "ticket no", "transaction", "transaction id", "order id", "order number"),
            *("receipt", "receipt number", "check", "check id", "bill", "Bon", "Bonnummer", "Belegnummer", "Beleg"),
            *("Rechnungsnummer", "numéro ticket", "facture", "pedido", "scontrino", "ordine"),
        ),
    ),
    Field(
        "item",
        "the name of what was sold",
        "Croissant",
        required=True,
        synonyms=(
            *("item name", "product", "product name", "article", "menu item", "dish", "name", "Artikel"),
            *("Artikelname", "Bezeichnung", "Produkt", "Gericht", "produit", "désignation", "libellé", "plat"),
            *("producto", "artículo", "plato", "prodotto", "articolo", "piatto"),
        ),
    ),
    Field(
        "quantity",
        "how many were sold; negative for a refund",
        "2",
        form=NUMBER,
        synonyms=(
            *("qty", "quantity sold", "units", "units sold", "count", "Menge", "Anzahl", "Stück", "Stückzahl"),
            *("quantité", "qté", "cantidad", "unidades", "quantità", "aantal", "antal"),
        ),
    ),
    Field(
        "price",
        "the price of one",
        "1.20",
        form=MONEY,
        synonyms=(
            *("unit price", "item price", "product price", "price each", "Preis", "Einzelpreis", "Stückpreis", "prix"),
            *("prix unitaire", "precio", "precio unitario", "prezzo", "prezzo unitario", "prijs", "pris"),
        ),
    ),
    Field(
        "amount",
        "what the line came to, as the till has it",
        "2.40",
        form=MONEY,
        synonyms=(
            *("line amount", "line total", "net sales", "revenue", "total", "total price", "Umsatz", "Betrag"),
            *("Gesamtpreis", "Summe", "montant", "chiffre d'affaires", "importe", "importo", "totale", "bedrag"),
            *("omzet", "belopp"),
        ),
    ),
)

_FRAME = pa.DataFrameSchema(
    {
        "line_number": pa.Column("int64", pa.Check.ge(2), unique=True),
        "business_date": pa.Column("datetime64[s]"),
        "sold_at": pa.Column(pd.DatetimeTZDtype("us", "UTC"), nullable=True),
        "ticket": pa.Column(object, pa.Check.ne(""), nullable=True),
        "item_name": pa.Column(object, pa.Check.ne("")),
        "quantity": pa.Column("float64", [pa.Check.ne(0), pa.Check.in_range(-QUANTITY_BELOW, QUANTITY_BELOW)]),
        "unit_price": pa.Column("float64", pa.Check.in_range(0, AMOUNT_BELOW), nullable=True),
        "line_amount": pa.Column("float64", pa.Check.in_range(-AMOUNT_BELOW, AMOUNT_BELOW)),
    },
    strict=True,
    ordered=True,
)


def read_sales(table: MappedTable, circumstances: Circumstances) -> Reading:
    """Reads every line of a sales file.

    The rules, first to last; the first that applies decides: blank_line (skipped), too_many_fields, missing_date,
    bad_date, bad_time, future_date (after the day on which the file came in), missing_item, missing_quantity (neither
    quantity nor amount), bad_quantity, bad_amount, zero_quantity (skipped: quantity 0, or amount 0 where there's no
    quantity, whatever the price), bad_price, amount_without_price (the amount can't become a quantity),
    quantity_too_small, amount_too_large. A negative quantity is a refund and a repeated line a second unit: both are
    kept.
    """
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    sold = _read_days(table, circumstances, verdicts)
    items = table.texts("item").map(lambda text: " ".join(text.split()))
    verdicts.reject(items.blank, "missing_item", "item", "The row names no item; a sale needs one.")
    numbers = _read_numbers(table, circumstances.survey)
    quantity, price, amount = (numbers[field] for field in ("quantity", "price", "amount"))
    _judge_numbers(table, verdicts, quantity, price, amount)
    lines = complete_lines(quantity, amount, price)
    verdicts.reject(
        lines.too_small,
        "quantity_too_small",
        "amount",
        "The amount '{found}' is less than a thousandth of the price; one of the two must be wrong.",
    )
    verdicts.reject(
        lines.too_large,
        "amount_too_large",
        "quantity" if table.has("quantity") else "amount",
        "Quantity and price of the row, with '{found}', come to more than ten digits; one of them must be wrong.",
    )
    rows = pd.DataFrame(
        {
            "line_number": table.line_numbers,
            "business_date": sold.business_date,
            "sold_at": sold.sold_at,
            "ticket": pd.Series(table.texts("ticket").rows_or(None), dtype=object),
            "item_name": pd.Series(items.rows, dtype=object),
            "quantity": as_floats(lines.quantity, QUANTITY_DECIMALS),
            "unit_price": price_as_floats(price),
            "line_amount": as_floats(lines.amount, AMOUNT_DECIMALS),
        }
    )
    return Reading(rows, verdicts)


def _read_days(table: MappedTable, circumstances: Circumstances, verdicts: Verdicts) -> SoldWhen:
    dates, times = (circumstances.survey.moments(table, field) for field in ("date", "time"))
    verdicts.reject(dates.blank, "missing_date", "date", "The row has no date; a sale needs its day.")
    verdicts.reject(
        np.isnat(dates.day),
        "bad_date",
        "date",
        "'{found}' is no date; expected one such as 2024-03-01, as in the others.",
    )
    verdicts.reject(
        dates.bad_clock, "bad_time", "date", "'{found}' holds no time of day; expected one such as 2024-03-01 18:30."
    )
    verdicts.reject(
        times.bad_clock | times.bad_day, "bad_time", "time", "'{found}' is no time of day; expected one such as 18:30."
    )
    if circumstances.known_at is not None:
        # A day ahead of the clock in London is today in Auckland.
        latest = np.datetime64(circumstances.known_at.astimezone(dt.UTC).date() + dt.timedelta(days=1))
        verdicts.reject(
            dates.day > latest,
            "future_date",
            "date",
            f"'{{found}}' was still to come when the file came in ({latest} at the latest); the year may be mistyped.",
        )
    return find_business_days(dates, times, circumstances.place)


def _read_numbers(table: MappedTable, survey: Survey) -> dict[str, Numbers]:
    limits = {
        "quantity": (QUANTITY_DECIMALS, QUANTITY_BELOW),
        "price": (PRICE_DECIMALS, AMOUNT_BELOW),
        "amount": (AMOUNT_DECIMALS, AMOUNT_BELOW),
    }
    return {
        field: parse_numbers(
            table.texts(field), decimals=decimals, below=below, mark=survey.mark(field), money=field != "quantity"
        )
        for field, (decimals, below) in limits.items()
    }


def _judge_numbers(table: MappedTable, verdicts: Verdicts, quantity: Numbers, price: Numbers, amount: Numbers) -> None:
    verdicts.reject(
        quantity.blank & amount.blank,
        "missing_quantity",
        "quantity" if table.has("quantity") else "amount",
        "The row has neither a quantity nor an amount; a sale needs one of them.",
    )
    wrong = "'{found}' is no {what}; expected a number such as {example}, with fewer than ten digits."
    for what, numbers in (("quantity", quantity), ("amount", amount)):
        message = wrong.replace("{what}", what).replace("{example}", SALES.field(what).example)
        verdicts.reject(numbers.bad, f"bad_{what}", what, message)
    zero = np.where(quantity.blank, amount.good & (amount.scaled == 0), quantity.good & (quantity.scaled == 0))
    verdicts.skip(zero, "zero_quantity")
    verdicts.reject(
        price.bad | (price.scaled < 0),
        "bad_price",
        "price",
        "'{found}' is no price; expected a number such as 1.20, not negative (a refund has a negative quantity).",
    )
    verdicts.reject(
        quantity.blank & amount.good & (price.scaled == 0),
        "amount_without_price",
        "price",
        "The row has an amount, and for its price '{found}'; without a price an amount can't become a quantity.",
    )


SALES = Contract(
    kind="sales",
    version="1",
    description="What was sold: a line for each item of a ticket, or for each item and day.",
    shared=False,
    fields=_FIELDS,
    choices=((("quantity",), ("amount", "price")),),
    frame=_FRAME,
    day_column="business_date",
    read=read_sales,
)
