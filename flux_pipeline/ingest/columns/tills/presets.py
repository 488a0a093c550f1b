"""List of the presets, and the choice among them.

A file whose columns have the fields' own names needs no preset. Left out, because no public page or program names their
columns: Lightspeed's K-Series (only its API is described), Zettle's raw data, and SumUp POS (formerly Goodtill).
"""

from __future__ import annotations

from collections.abc import Sequence

from flux_pipeline.ingest.columns.tills import _dsfinvk, _kitchens, _orders, _restaurants
from flux_pipeline.ingest.columns.tills._preset import Preset

PRESETS = (
    *(_restaurants.SQUARE, _restaurants.TOAST, _restaurants.LIGHTSPEED, _restaurants.CLOVER),
    *(_restaurants.LOYVERSE, _restaurants.LOYVERSE_ITEM_NAME, _restaurants.PETPOOJA, _restaurants.PETPOOJA_ORDERS),
    *(_restaurants.SUMUP, _restaurants.SUMUP_ENGLISH),
    *(_orders.SHOPIFY, _orders.ODOO, _orders.ODOO_TECHNICAL, _orders.WOOCOMMERCE),
    *(_dsfinvk.LINES, _dsfinvk.JOINED),
    *(_kitchens.SYSCO, _kitchens.KITCHEN_CUT, _kitchens.ODOO_BOM_TECHNICAL),
)


def find_preset(header: Sequence[str], kind: str) -> Preset | None:
    """Return the preset of a kind whose required headers the file has, the one with most of them, or None."""
    matching = (each for each in PRESETS if each.kind == kind and each.matches(header))
    return max(matching, key=lambda preset: len(preset.required), default=None)
