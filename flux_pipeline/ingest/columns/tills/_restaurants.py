"""Presets of restaurants' tills, whose exports have a line for each item sold."""

from __future__ import annotations

from dataclasses import replace

from flux_pipeline.ingest.columns.column_map import ONE_EACH
from flux_pipeline.ingest.columns.tills._preset import Preset
from flux_pipeline.ingest.columns.tills.variants import full_name

# Square's "Items detail" CSV. An item has variations ("price points"): what was sold is "Latte (Large)". In countries
# whose prices include tax, the column before discounts is "Product Sales", and "Gross Sales" is the sum with tax.
SQUARE = Preset(
    "square",
    ("Item", "Qty", "Price Point Name", "Net Sales"),
    {
        "date": ("Date",),
        "time": ("Time",),
        "ticket": ("Transaction ID",),
        "item": ("Item",),
        "quantity": ("Qty",),
        "gross_amount": ("Product Sales", "Gross Sales"),
        "discount": ("Discounts",),
        "amount": ("Net Sales",),
        "tax": ("Tax",),
        "category": ("Category",),
        "channel": ("Dining Option",),
        "event": ("Event Type",),
        "modifiers": ("Modifiers Applied",),
        "location": ("Location",),
    },
    combined={"item": (("Item", "Price Point Name"), full_name)},
)

# Toast's "Item Selection Details". "Order Date" holds the time too; "Sent Date" is when the kitchen got it.
TOAST = Preset(
    "toast",
    ("Item Selection Id", "Menu Item", "Check Id", "Net Price"),
    {
        "date": ("Order Date",),
        "ticket": ("Check Id", "Check #", "Order #", "Order Id"),
        "line_id": ("Item Selection Id",),
        "item": ("Menu Item",),
        "quantity": ("Qty",),
        "gross_amount": ("Gross Price",),
        "discount": ("Discount",),
        "amount": ("Net Price",),
        "tax": ("Tax",),
        "category": ("Menu Group", "Sales Category"),
        "channel": ("Dining Option",),
        "void": ("Void?",),
        "location": ("Location",),
    },
)

# Lightspeed Restaurant (L-Series), "Exporting data" (help article 360047581514), receipt items; the names of the
# columns are those that public programs read from the export. Only some versions have the date.
LIGHTSPEED = Preset(
    "lightspeed",
    ("Receipt ID", "Name", "Quantity", "Total Tax Inclusive Price"),
    {
        "date": ("Creation Date",),
        "ticket": ("Receipt ID",),
        "item": ("Name",),
        "quantity": ("Quantity",),
        "price": ("Tax Inclusive Price",),
        "amount": ("Total Tax Inclusive Price",),
    },
)

# Clover's "Line Items" export of the Orders page, with the columns that public programs write. A line is one unit:
# "Per Unit Quantity" is a weight, and empty for everything else. "Refunded" marks the sold line itself and no second
# line reverses it, so such a line is left out instead of being counted as negative.
CLOVER = Preset(
    "clover",
    ("Line Item Date", "Order ID", "Item Name", "Item Revenue"),
    {
        "date": ("Line Item Date",),
        "ticket": ("Order ID",),
        "item": ("Item Name",),
        "gross_amount": ("Total Revenue", "Item Revenue"),
        "amount": ("Item Total",),
        "tax": ("Tax Amount",),
        "modifiers": ("Modifiers",),
        "void": ("Refunded",),
    },
    constants={"quantity": ONE_EACH},
)

# Loyverse's "Receipts by item" CSV, with the columns that public programs read from it (sample files for imports and
# tests of such programs). Refunds are lines of their own, below 0 in most versions; "Status" says which are cancelled.
# Without "Dining option" and "Modifiers applied" in older ones, and with "Item name" for "Item" in some.
LOYVERSE = Preset(
    "loyverse",
    ("Receipt number", "Receipt type", "Variant", "Gross sales", "Net sales"),
    {
        "date": ("Date",),
        "ticket": ("Receipt number",),
        "item": ("Item", "Item name"),
        "quantity": ("Quantity",),
        "gross_amount": ("Gross sales",),
        "discount": ("Discounts",),
        "amount": ("Net sales",),
        "tax": ("Taxes",),
        "category": ("Category",),
        "channel": ("Dining option",),
        "event": ("Receipt type",),
        "void": ("Status",),
        "modifiers": ("Modifiers applied",),
        "location": ("Store",),
    },
    combined={"item": (("Item", "Variant"), full_name)},
)
LOYVERSE_ITEM_NAME = replace(
    LOYVERSE,
    required=(*LOYVERSE.required, "Item name"),
    combined={"item": (("Item name", "Variant"), full_name)},
)

# Petpooja's "Item Wise Report With Bill No. With Time", as a public program that fetches it lists its columns. "Sub
# Total" is price x quantity, before discount and tax; "Final Total" includes the tax.
PETPOOJA = Preset(
    "petpooja",
    ("Invoice No.", "Item", "Qty.", "Sub Total", "Final Total"),
    {
        "date": ("Timestamp", "Date"),
        "ticket": ("Invoice No.",),
        "item": ("Item",),
        "quantity": ("Qty.",),
        "price": ("Price",),
        "gross_amount": ("Sub Total",),
        "discount": ("Discount",),
        "tax": ("Tax",),
        "category": ("Category",),
        "covers": ("Covers",),
        "event": ("Status",),
    },
    combined={"item": (("Item", "Variation"), full_name)},
)

# Petpooja's "Order Report Item Wise", as public programs read it: money without the word "item" is the bill's and
# repeated on each of its lines.
PETPOOJA_ORDERS = Preset(
    "petpooja",
    ("invoice_no", "item_name", "item_quantity", "item_price"),
    {
        "date": ("created", "created_on", "date"),
        "ticket": ("invoice_no",),
        "item": ("item_name",),
        "quantity": ("item_quantity",),
        "price": ("item_price",),
        "gross_amount": ("item_total",),
        "category": ("category_name", "item_category", "category"),
        "channel": ("order_type",),
        "event": ("status",),
        "location": ("restaurant_name",),
    },
    note=(
        "Discounts, charges and taxes of Petpooja's order report belong to the whole bill and are not used: the money "
        "of a line is before them."
    ),
)

# SumUp's sales report (CSV of the dashboard, German), with the columns that lola-sumup (github.com/ursjoss/lola-sumup)
# reads from it. "Preis (brutto)" is the money of the line: it adds up to the transaction's, whatever the quantity.
SUMUP = Preset(
    "sumup",
    ("Transaktionsnummer", "Zahlungsmethode", "Menge", "Beschreibung", "Preis (brutto)", "Preis (netto)"),
    {
        "date": ("Datum",),
        "time": ("Zeit", "Uhrzeit"),
        "ticket": ("Transaktionsnummer",),
        "item": ("Beschreibung",),
        "quantity": ("Menge",),
        "amount": ("Preis (brutto)",),
        "tax": ("Steuer",),
        "category": ("Kategorie",),
        "event": ("Typ",),
    },
)
SUMUP_ENGLISH = Preset(
    "sumup",
    ("Transaction ID", "Payment Method", "Quantity", "Description", "Price (Gross)", "Price (Net)"),
    {
        "date": ("Date",),
        "time": ("Time",),
        "ticket": ("Transaction ID",),
        "item": ("Description",),
        "quantity": ("Quantity",),
        "amount": ("Price (Gross)",),
        "tax": ("Tax",),
        "category": ("Category",),
        "event": ("Type",),
    },
)
