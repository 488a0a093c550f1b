"""Registry of the kinds of file that Flux reads.

A new kind is a contract with its rules, a line here, its words in `words/` and an example in `examples/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.kinds.events import LOCAL_EVENTS
from flux_pipeline.ingest.kinds.guests import RESERVATIONS
from flux_pipeline.ingest.kinds.hours import CLOSURES, OPERATING_HOURS
from flux_pipeline.ingest.kinds.menu import INGREDIENTS, MENU, RECIPES
from flux_pipeline.ingest.kinds.offers import PROMOTIONS, SOLD_OUT
from flux_pipeline.ingest.kinds.people import AVAILABILITY, EMPLOYEES
from flux_pipeline.ingest.kinds.purchases import DELIVERIES, VENDOR_PRICES
from flux_pipeline.ingest.kinds.sales.contract import SALES
from flux_pipeline.ingest.kinds.stock import INVENTORY_COUNTS, WASTE
from flux_pipeline.ingest.kinds.weather import WEATHER
from flux_pipeline.wording import listed

KINDS: Mapping[str, Contract] = MappingProxyType(
    {
        contract.kind: contract
        for contract in (
            *(SALES, MENU, RECIPES, INGREDIENTS),
            *(INVENTORY_COUNTS, DELIVERIES, WASTE, VENDOR_PRICES),
            *(EMPLOYEES, AVAILABILITY),
            *(RESERVATIONS, PROMOTIONS, SOLD_OUT),
            *(OPERATING_HOURS, CLOSURES, LOCAL_EVENTS, WEATHER),
        )
    }
)


def contract_of(kind: str) -> Contract:
    """Return the contract of a kind; PermanentError where there is no such kind."""
    if kind not in KINDS:
        raise PermanentError(f"'{kind}' is no kind of upload; Flux reads {listed(KINDS)}. Choose one of these.")
    return KINDS[kind]
