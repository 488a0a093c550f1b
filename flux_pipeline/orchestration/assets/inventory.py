"""Inventory assets: the ledger of stock by lot."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.orchestration.algorithm import Algorithm, Published, Run, algorithm_asset
from flux_pipeline.orchestration.assets import sales, uploads
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import Work, current_work
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.ledger.booking import Booking, StoredLedger, append_bookings, book, read_ledgers
from flux_pipeline.store.inventory.ledger.facts import FactsNow, read_changed_facts
from flux_pipeline.store.inventory.ledger.stock_outs import note_stock_outs

NO_STATEMENT = "nothing was counted or delivered yet; upload a file of counts or deliveries"
UP_TO_DATE = "the ledger is up to date"


@dataclass(frozen=True)
class LedgerInputs:
    """The ingredients whose facts have changed, and what is stored of them."""

    as_of: dt.date
    now: FactsNow
    ledgers: Mapping[Any, StoredLedger]

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        return {"changed": sorted(str(each) for each in self.now.changed)}

    def as_metadata(self) -> dict[str, Any]:
        """Return what could not be booked."""
        refused = [f"{each.subject}, {each.day}: {each.reason}" for each in self.now.unbooked]
        return {
            "ingredients_changed": len(self.now.changed),
            "not_booked": len(refused),
            "items_without_usage": len(self.now.items_refused),
        }


def _read(tx: Tenant, work: Work, settings: InventorySettings) -> LedgerInputs:
    found = read_changed_facts(tx, work.as_of, work.started_at, settings.inventory_delivery_time)
    return LedgerInputs(work.as_of, found, read_ledgers(tx, found.changed))


def _book(inputs: LedgerInputs) -> list[Booking]:
    return book(inputs.now.changed, inputs.ledgers)


def _publish(tx: Tenant, bookings: Sequence[Booking], run: Run[LedgerInputs]) -> Published:
    tx.lock()
    appended = append_bookings(tx, bookings)
    sold_out = note_stock_outs(tx, run.inputs.now.stock, run.inputs.as_of, run.work.started_at)
    see = {"see": f"flux stock --restaurant {tx.restaurant.slug}"}
    return Published(appended, run.inputs.as_metadata() | {"sold_out_days_changed": sold_out} | see)


def _unless_changed(_tx: Tenant, _plan: PlannedRun, inputs: LedgerInputs) -> Published | None:
    if inputs.now.changed:
        return None
    return Published(0, {"skipped": UP_TO_DATE if inputs.now.has_statements else NO_STATEMENT} | inputs.as_metadata())


LEDGER: Algorithm[LedgerInputs, list[Booking]] = Algorithm(
    name=AlgorithmName.LEDGER,
    settings=(InventorySettings,),
    read=_read,
    compute=_book,
    publish=_publish,
    published=_unless_changed,
)


@algorithm_asset(deps=[uploads.transactions, sales.daily_item_sales], docs="inventory.md")
def inventory_movements(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Ledger of stock by lot: what deliveries brought, sales took by recipes, was thrown away, and counts corrected."""
    with step() as running:
        # What is in stock is of now, in a look back too.
        work = current_work(context, store, business_day).up_to_now()
        published = LEDGER.run(work)
        return running.result(published.metadata, published.version)
