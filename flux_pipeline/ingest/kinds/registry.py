"""Registry of the kinds of file that Flux reads: every contract of the modules that are listed here.

A new kind is a contract with its rules in one of these modules, or in a new one that is listed. The names of columns in
other languages belong in `words/`, an example of more than one row in `examples/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.kinds import events, guests, hours, menu, offers, people, purchases, stock, weather
from flux_pipeline.ingest.kinds.sales import contract as sales
from flux_pipeline.wording import listed

# In the order in which people are shown the kinds.
MODULES = (sales, menu, stock, purchases, people, guests, offers, hours, events, weather)
KINDS: Mapping[str, Contract] = MappingProxyType(
    {found.kind: found for module in MODULES for found in vars(module).values() if isinstance(found, Contract)}
)


def contract_of(kind: str) -> Contract:
    """Return the contract of a kind; PermanentError where there is no such kind."""
    if kind not in KINDS:
        raise PermanentError(f"'{kind}' is no kind of upload; Flux reads {listed(KINDS)}. Choose one of these.")
    return KINDS[kind]
