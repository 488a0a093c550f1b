"""The item exports of tills whose columns are known: recognised by headers that only they have, and mapped exactly.

A file whose columns bear the fields' own names needs no preset. Left out, because no public page tells their columns or
what they mean: Lightspeed's K-Series, and SumUp, whose "Price (Gross)" may be that of the line or of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flux_pipeline.ingest.columns.column_map import ONE_EACH
from flux_pipeline.ingest.columns.header_names import normalised_name


@dataclass(frozen=True)
class Preset:
    """A till's export.

    `telling` headers must all be there; `fields` has the header of each field, the first that is there of several.
    `constants` are the fields without a column, `variation` the header of an item's size or sort.
    """

    name: str
    telling: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    variation: str | None = None

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """The header in the file of each field that it brings."""
        there = {normalised_name(name): name for name in reversed(header)}
        found = {}
        for name, choices in self.fields.items():
            present = [there[normalised_name(choice)] for choice in choices if normalised_name(choice) in there]
            if present:
                found[name] = present[0]
        return found

    def variation_in(self, header: Sequence[str]) -> str | None:
        """The header in the file of the variation."""
        wanted = normalised_name(self.variation or "")
        return next((name for name in header if wanted and normalised_name(name) == wanted), None)


# Square's "Items detail" CSV. An item has variations ("price points"): what was sold is "Latte (Large)". In countries
# where prices hold the tax the column before discounts is "Product Sales", and "Gross Sales" is the sum with tax.
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
        "ticket": ("Check Id",),
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
# columns as public programs that read the export have them. The date stands there in some versions only.
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

# Clover's "Line Items" export of the Orders page, as public programs that rebuild it have it. A line is one unit:
# "Per Unit Quantity" is a weight, and empty for everything else. "Refunded" stands on the sold line itself, no second
# line takes it back: such a line is left out instead of being counted negative.
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
    """The preset all of whose telling headers a file has; None where there is none."""
    there = {normalised_name(name) for name in header}
    return next((each for each in PRESETS if all(normalised_name(name) in there for name in each.telling)), None)
