"""The kinds of file that Flux reads. A new kind is a module with its contract and rules, a name here and an example."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.events import LOCAL_EVENTS
from flux_pipeline.ingest.guests import PROMOTIONS, RESERVATIONS
from flux_pipeline.ingest.hours import CLOSURES, OPERATING_HOURS
from flux_pipeline.ingest.menu import INGREDIENTS, MENU, RECIPES
from flux_pipeline.ingest.people import AVAILABILITY, EMPLOYEES
from flux_pipeline.ingest.purchases import DELIVERIES, VENDOR_PRICES
from flux_pipeline.ingest.sales import SALES
from flux_pipeline.ingest.stock import INVENTORY_COUNTS, WASTE
from flux_pipeline.ingest.weather import WEATHER

KINDS: Mapping[str, Contract] = MappingProxyType(
    {
        contract.kind: contract
        for contract in (
            *(SALES, MENU, RECIPES, INGREDIENTS),
            *(INVENTORY_COUNTS, DELIVERIES, WASTE, VENDOR_PRICES),
            *(EMPLOYEES, AVAILABILITY),
            *(RESERVATIONS, PROMOTIONS),
            *(OPERATING_HOURS, CLOSURES, LOCAL_EVENTS, WEATHER),
        )
    }
)
