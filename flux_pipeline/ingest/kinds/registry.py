"""Registry of the kinds of file that Flux reads: every contract in the modules listed here.

A new kind is a contract with its rules in one of these modules, or in a new module added to the list. Column names in
other languages belong in `words/`, an example of more than one row in `examples/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.kinds import events, guests, hours, menu, offers
from flux_pipeline.ingest.kinds.kitchen import (
    conversions,
    counts,
    deliveries,
    ingredients,
    recipes,
    vendor_prices,
    waste,
)
from flux_pipeline.ingest.kinds.sales import contract as sales
from flux_pipeline.ingest.kinds.staff import availability, people, shifts
from flux_pipeline.ingest.kinds.weather import contract as weather

# In the order in which the kinds are shown.
MODULES = (
    *(sales, menu, recipes, ingredients, conversions, vendor_prices, deliveries, counts, waste),
    *(people, availability, shifts, guests, offers, hours, events, weather),
)
KINDS: Mapping[str, Contract] = MappingProxyType(
    {found.kind: found for module in MODULES for found in vars(module).values() if isinstance(found, Contract)}
)


def contract_of(kind: str) -> Contract:
    """Return the contract of a kind; raise PermanentError if the kind is unknown."""
    if kind not in KINDS:
        raise PermanentError(f"Unknown kind '{kind}'. Choose one of: {', '.join(KINDS)}.")
    return KINDS[kind]
