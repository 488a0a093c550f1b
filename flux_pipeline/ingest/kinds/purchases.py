"""Files of what a restaurant buys: the prices of vendors, and deliveries."""

from __future__ import annotations

from flux_pipeline.ingest.cells.forms import DAY, INSTANT, whole
from flux_pipeline.ingest.cells.units import PACK, STOCK, UNIT, UNIT_COST
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.ingest.kinds.stock import DEFAULT_UNIT, ZERO_QUANTITY

VENDOR_PRICES = plain_contract(
    "vendor_prices",
    "Prices of vendors: what an ingredient costs, how soon it is delivered and how much must be ordered.",
    (
        Field("vendor", "who sells it", "Mill & Co", required=True, words="shared.vendor", is_of_group=True),
        Field(
            "ingredient",
            "what is sold",
            "Flour type 550",
            required=True,
            words="shared.ingredient shared.goods",
            is_label=True,
        ),
        Field("unit_price", "what one unit costs", "0.92", UNIT_COST, required=True, words="shared.unit_cost"),
        Field("unit", "the unit that the price is of; default: the ingredient's own", "kg", UNIT, words="shared.unit"),
        Field(
            "lead_time_days",
            "days from the order to the delivery",
            "2",
            # More than a year is a date in the wrong column.
            whole(0, 365),
            words="vendor_prices.lead_time_days",
        ),
        Field(
            "minimum_order_quantity",
            "the least that can be ordered, in units",
            "25",
            STOCK,
            words="vendor_prices.minimum_order_quantity",
        ),
        Field("pack_size", "units in a pack; orders are whole packs", "25", PACK, words="vendor_prices.pack_size"),
        Field(
            "known_at",
            "when the price became known, in UTC; default: when the file came in",
            "2024-03-01",
            INSTANT,
            words="shared.known_at vendor_prices.known_at",
        ),
    ),
    key=("vendor", "ingredient"),
)

DELIVERIES = plain_contract(
    "deliveries",
    "What was delivered: a line for each line of a delivery note; two equal lines are two crates.",
    (
        Field(
            "ingredient",
            "what was delivered",
            "Flour type 550",
            required=True,
            words="shared.ingredient shared.goods",
            is_label=True,
        ),
        Field(
            "quantity",
            "how much was delivered",
            "25",
            STOCK,
            required=True,
            words="shared.quantity deliveries.quantity",
        ),
        Field("unit", f"the unit of the quantity; {DEFAULT_UNIT}", "kg", UNIT, words="shared.unit"),
        Field("unit_cost", "what one unit cost", "0.92", UNIT_COST, words="shared.unit_cost"),
        Field("vendor", "who delivered", "Mill & Co", words="shared.vendor", is_of_group=True),
        Field(
            "delivered_on",
            "the day of the delivery",
            "2024-03-01",
            DAY,
            required=True,
            words="shared.date deliveries.delivered_on",
            is_of_group=True,
        ),
        Field("lot", "its lot", "L-2402", words="shared.lot"),
        Field("expires_on", "the last day on which it is good", "2024-09-30", DAY, words="shared.expires_on"),
    ),
    rules=(
        ZERO_QUANTITY,
        RowRule(
            "expires_before_delivery",
            "expires_on",
            "The goods expire on '{found}', before they were delivered; expected delivered_on or a later day.",
            lambda rows: (rows.expires_on < rows.delivered_on).to_numpy(dtype=bool),
        ),
    ),
    day_column="delivered_on",
)
