"""Presets of files of the kitchen: order guides of vendors, and bills of materials, which are recipes."""

from __future__ import annotations

from flux_pipeline.ingest.columns.column_map import ONE_EACH
from flux_pipeline.ingest.columns.tills._preset import Preset


def _pack(count: str, size: str, unit: str) -> str:
    """Return the pack of an order guide: 4 of `5LB` are `4 x 5LB`; a size may have its unit in the next column."""
    if not count or not size:
        return size or count
    has_unit = any(map(str.isalpha, size)) or "#" in size
    return f"{count} x {size}" if has_unit else f"{count} x {size} {unit}"


# Sysco's order guide and purchase history: a first line H, the header in a line F, and a line P for each item (its
# columns as public programs that read it name them). Weighed goods are priced per pound, which "Per Lb" says.
SYSCO = Preset(
    "sysco",
    ("SUPC", "Pack", "Size", "Unit", "Case $", "Per Lb"),
    {
        "ingredient": ("Desc", "Description"),
        "order_code": ("SUPC",),
        "unit_price": ("Case $",),
        "case_price": ("Case $",),
        "pack": ("Size",),
        "unit": ("Unit",),
        "lead_time_days": ("Lead Time",),
    },
    constants={"vendor": "Sysco"},
    combined={
        "pack": (("Pack", "Size", "Unit"), _pack),
        "unit_price": (("Case $", "Per Lb"), lambda price, by: price if _is_yes(by) else ""),
        "case_price": (("Case $", "Per Lb"), lambda price, by: "" if _is_yes(by) else price),
        "unit": (("Per Lb",), lambda by: "lb" if _is_yes(by) else ""),
    },
    kind="vendor_prices",
)


def _is_yes(cell: str) -> bool:
    return cell.casefold() in {"y", "yes"}


# Odoo's export of bills of materials with the technical names of their fields, for a later import (the same with their
# labels needs no preset). A bill is on the first of its lines only; its quantity is what it makes.
ODOO_BOM_TECHNICAL = Preset(
    "odoo bill of materials",
    ("product_tmpl_id", "bom_line_ids/product_id", "bom_line_ids/product_qty"),
    {
        "item": ("product_tmpl_id",),
        "ingredient": ("bom_line_ids/product_id",),
        "quantity": ("bom_line_ids/product_qty",),
        "unit": ("bom_line_ids/product_uom_id",),
        "yield_quantity": ("product_qty",),
        "yield_unit": ("product_uom_id",),
    },
    kind="recipes",
)
# Kitchen CUT's list of ingredients with their prices (support.kitchencut.com, "How do I fill out my ingredient list?"):
# the cost is that of a unit as it is bought, such as a box, and the size what is in it.
KITCHEN_CUT = Preset(
    "kitchen cut",
    ("Ingredient name", "Supplier name", "Ingredient cost", "Unit size", "Ingredient unit"),
    {
        "vendor": ("Supplier name",),
        "ingredient": ("Ingredient name",),
        "order_code": ("Ingredient code",),
        "case_price": ("Ingredient cost",),
        "pack_quantity": ("Unit size",),
        "pack_unit": ("Ingredient unit",),
    },
    constants={"case_quantity": ONE_EACH},
    kind="vendor_prices",
)
