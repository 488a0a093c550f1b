"""Presets of order exports: the cells of an order are filled on its first line only, those of its lines on each.

In these files a total, a subtotal, a discount or a tax without the words of a line is the order's.
"""

from __future__ import annotations

from flux_pipeline.ingest.columns.column_map import ORDER_FIELDS
from flux_pipeline.ingest.columns.tills._preset import Preset

# Shopify's orders export, online and POS (help.shopify.com, "Exporting orders"; the same columns in public sample
# files). "Name" and "Created at" are repeated on each line, everything else of the order is on the first. The price is
# that of one unit, the discount that of the line. "Lineitem name" includes the variant.
SHOPIFY = Preset(
    "shopify",
    ("Name", "Lineitem quantity", "Lineitem name", "Lineitem price"),
    {
        "date": ("Created at", "Paid at"),
        "ticket": ("Name",),
        "item": ("Lineitem name",),
        "quantity": ("Lineitem quantity",),
        "price": ("Lineitem price",),
        "discount": ("Lineitem discount",),
        "event": ("Financial Status",),
        "void": ("Cancelled at",),
        "location": ("Location",),
    },
    combined={"void": (("Cancelled at",), lambda moment: "1" if moment else "")},
    once_per_order=ORDER_FIELDS,
)

# Odoo's export of Point of Sale orders with their lines. Its columns are the labels of the fields, which the sender
# picks (documentation.invantive.com, tables pos.order and pos.order_line): "Subtotal" of a line includes the tax,
# "Discount (%)" is a percentage.
ODOO = Preset(
    "odoo",
    ("Order Lines/Product", "Order Lines/Quantity"),
    {
        "date": ("Date", "Order Date", "Creation Date"),
        "ticket": ("Order Ref", "Order Reference", "Receipt Number", "Display Name"),
        "item": ("Order Lines/Product", "Order Lines/Full Product Name"),
        "quantity": ("Order Lines/Quantity",),
        "price": ("Order Lines/Unit Price",),
        "amount": ("Order Lines/Subtotal", "Order Lines/Subtotal w/o Tax", "Order Lines/Total"),
        "category": ("Order Lines/Product/Product Category", "Order Lines/Product/Point of Sale Category"),
        "event": ("Status",),
        "location": ("Point of Sale",),
    },
    once_per_order=ORDER_FIELDS,
)
# The same with the technical names of the fields, as Odoo writes them for a later import.
ODOO_TECHNICAL = Preset(
    "odoo",
    ("date_order", "lines/product_id", "lines/qty"),
    {
        "date": ("date_order",),
        "ticket": ("name", "pos_reference"),
        "item": ("lines/product_id", "lines/full_product_name"),
        "quantity": ("lines/qty",),
        "price": ("lines/price_unit",),
        "amount": ("lines/price_subtotal_incl", "lines/price_subtotal"),
        "category": ("lines/product_id/categ_id", "lines/product_id/pos_categ_id"),
        "event": ("state",),
        "location": ("config_id",),
    },
    once_per_order=ORDER_FIELDS,
)

# WooCommerce by the plugin "Advanced Order Export", with the columns of its public sample files. "Item Cost" is the
# price of one, "Order Line Total" the money of the line; "Quantity (- Refund)" is what was kept.
WOOCOMMERCE = Preset(
    "woocommerce",
    ("Order Number", "Order Date", "Quantity (- Refund)", "Item Cost"),
    {
        "date": ("Order Date",),
        "ticket": ("Order Number",),
        "line_id": ("Item #",),
        "item": ("Item Name", "Product Name", "Name"),
        "quantity": ("Quantity (- Refund)",),
        "price": ("Item Cost",),
        "amount": ("Order Line Total (- Refund)",),
        "category": ("Category",),
        "event": ("Order Status",),
    },
    once_per_order=ORDER_FIELDS,
)
