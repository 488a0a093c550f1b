"""Presets for item exports of tills: recognised by headers that only they have, and mapped exactly.

A file whose columns have the fields' own names needs no preset. Two exports are left out because no public page
describes their columns: Lightspeed's K-Series, and SumUp, whose "Price (Gross)" may be that of the line or of one unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flux_pipeline.ingest.columns.column_map import ONE_EACH
from flux_pipeline.ingest.columns.header_names import normalised_name


@dataclass(frozen=True)
class Preset:
    """A till's export.

    `required` headers must all be there; `fields` has the possible headers of each field, of which the first present
    counts. `constants` are the fields without a column, `variation` is the header of an item's size or variant.
    """

    name: str
    required: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    variation: str | None = None

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Return the header in the file for each field that it has."""
        there = {normalised_name(name): name for name in reversed(header)}
        found = {}
        for name, choices in self.fields.items():
            present = [there[normalised_name(choice)] for choice in choices if normalised_name(choice) in there]
            if present:
                found[name] = present[0]
        return found

    def variation_in(self, header: Sequence[str]) -> str | None:
        """Return the header in the file of the variation, or None."""
        wanted = normalised_name(self.variation or "")
        return next((name for name in header if wanted and normalised_name(name) == wanted), None)


# Square's "Items detail" CSV. An item has variations ("price points"): what was sold is "Latte (Large)". In countries
# whose prices include tax, the column before discounts is "Product Sales", and "Gross Sales" is the sum with tax.
_SQUARE = Preset(
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
    variation="Price Point Name",
)

# Toast's "Item Selection Details". "Order Date" holds the time too; "Sent Date" is when the kitchen got it.
_TOAST = Preset(
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
_LIGHTSPEED = Preset(
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
_CLOVER = Preset(
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

PRESETS = (_SQUARE, _TOAST, _LIGHTSPEED, _CLOVER)


def find_preset(header: Sequence[str]) -> Preset | None:
    """Return the preset whose required headers the file has, or None."""
    there = {normalised_name(name) for name in header}
    return next((each for each in PRESETS if all(normalised_name(name) in there for name in each.required)), None)
