"""The kinds of file that Flux reads. A new kind is a module with its contract and rules, and one name here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.events import LOCAL_EVENTS
from flux_pipeline.ingest.hours import CLOSURES, OPERATING_HOURS
from flux_pipeline.ingest.sales import SALES
from flux_pipeline.ingest.weather import WEATHER

KINDS: Mapping[str, Contract] = MappingProxyType(
    {contract.kind: contract for contract in (SALES, OPERATING_HOURS, CLOSURES, WEATHER, LOCAL_EVENTS)}
)
