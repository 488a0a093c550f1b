"""Files of what a restaurant sells: the menu."""

from __future__ import annotations

from flux_pipeline.ingest.cells.forms import FLAG_ON, money
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import plain_contract

MENU = plain_contract(
    "menu",
    "What a restaurant sells: a line for each item, with its category and price.",
    (
        Field(
            "item",
            "the name under which it is sold",
            "Croissant",
            required=True,
            words="shared.item menu.item",
            is_label=True,
        ),
        Field("category", "the group of the menu that it belongs to", "Pastry", words="shared.category"),
        Field("price", "what one costs the guest", "1.90", money(), words="menu.price"),
        Field("sku", "its number in the till", "P-101", words="shared.sku", is_code=True),
        Field(
            "is_active",
            "no if it is no longer sold; default: yes",
            "yes",
            FLAG_ON,
            words="shared.is_active menu.is_active",
        ),
    ),
    key=("item",),
)
