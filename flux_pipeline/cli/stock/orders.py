"""Command `flux orders`: what to order from whom, approved, cancelled and exported by people."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from flux_pipeline.cli.console import RESTAURANT, as_csv, as_json, emit, ready_store, say
from flux_pipeline.cli.figures import SHOWN
from flux_pipeline.cli.stock._order_tables import COLUMNS, row_of, show_details, show_order
from flux_pipeline.inventory.shown.vendor_orders import OPEN, OrderLine, VendorOrder, with_status
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.order_acts import (
    Decided,
    approve_orders,
    cancel_orders,
    orders_to_place,
    place_orders,
)
from flux_pipeline.store.inventory.published_orders import lines_of, list_orders, unusable_offers
from flux_pipeline.store.inventory.vendor_acts import find_vendor
from flux_pipeline.wording import amount_of, count_of

IDS = click.argument("ids", metavar="[ID]...", nargs=-1)


@click.group()
def orders() -> None:
    """Show what to order from whom and why; approve, cancel and export it. The nightly run recommends it."""


@orders.command("list")
@RESTAURANT
@click.option("--vendor", help="Only this vendor's.")
@click.option("--all", "with_past", is_flag=True, help="Also those that are received or cancelled.")
@click.option("--details", is_flag=True, help="What is in stock, and what another quantity would cost.")
@click.option("--csv", "style", flag_value="csv", help="Every line, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every line, as JSON.")
def list_them(slug: str, vendor: str | None, with_past: bool, details: bool, style: str | None) -> None:
    """List the orders by vendor and order day, with the reason of each. The first characters of an id are enough."""
    with ready_store() as store, store.tenant(slug) as tx:
        found, unusable = list_orders(tx, None if with_past else OPEN, _vendor_id(tx, vendor)), unusable_offers(tx)
        currency, zone, now = tx.restaurant.currency, tx.restaurant.clock.timezone, dt.datetime.now(dt.UTC)
    if style:
        rows = [row_of(line, currency) for line in lines_of(found)]
        emit((as_csv if style == "csv" else as_json)(COLUMNS, rows))
        return
    if not found:
        whose = f" from {vendor}" if vendor else ""
        say(f"{slug}: nothing to order{whose}. The nightly run recommends orders: flux run --restaurant {slug}")
        _say_unusable(unusable)
        return
    show_orders(found, currency, zone, now, details=details)
    recommended = sum(len(with_status(order, ["recommended"])) for order in found)
    approved = sum(len(with_status(order, ["approved"])) for order in found)
    if recommended:
        say(f"Approve what is recommended: flux orders approve --all-recommended --restaurant {slug}")
    if approved:
        say(f"Export what is approved:     flux orders export --to FOLDER --restaurant {slug}")
    _say_unusable(unusable)


def _say_unusable(sentences: Sequence[str]) -> None:
    """Say which prices are no offers, and why."""
    for sentence in sentences[:SHOWN]:
        say(f"No offer: {sentence}")
    if len(sentences) > SHOWN:
        say(f"No offer: {len(sentences) - SHOWN} more")


def show_orders(
    found: Sequence[VendorOrder],
    currency: str,
    zone: str,
    now: dt.datetime,
    *,
    details: bool = False,
    reasons: int | None = None,
) -> None:
    """Print orders by vendor and order day, and the reasons of so many lines of each (None: of all)."""
    for order in found:
        show_order(order, currency, zone, now, reasons)
        if details:
            for line in order.lines:
                show_details(line, currency)


@orders.command()
@IDS
@click.option("--vendor", help="All that is recommended from this vendor.")
@click.option("--all-recommended", is_flag=True, help="All that is recommended.")
@click.option("--packs", type=int, help="Order so many packs instead; with one ID.")
@RESTAURANT
def approve(ids: tuple[str, ...], vendor: str | None, all_recommended: bool, packs: int | None, slug: str) -> None:
    """Approve the orders of these IDs, of a vendor, or all. What is approved stays as it is in the next run."""
    if sum((bool(ids), vendor is not None, all_recommended)) != 1:
        raise click.UsageError("Name what to approve: IDs of `flux orders list`, --vendor or --all-recommended.")
    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        done = approve_orders(tx, ids, _vendor_id(tx, vendor), packs, now)
    _say_decided(done, "approved", lambda line: f"approved already by {line.decided_by}")
    if not done.changed and not done.left:
        say(f"{slug}: nothing is recommended{f' from {vendor}' if vendor else ''}, so nothing was approved.")
    for vendor_name in sorted({line.vendor for line in done.changed if line.order_by and line.order_by < now}):
        say(f"The cut-off of {vendor_name} is over: ask whether it still takes the order.")
    if done.changed:
        say(f"Next: flux orders export --to FOLDER --restaurant {slug}")


@orders.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--because", required=True, help="Why; it is kept with the order.")
@RESTAURANT
def cancel(ids: tuple[str, ...], because: str, slug: str) -> None:
    """Cancel the orders of these IDs. One that the vendor has already must be cancelled there too."""
    with ready_store() as store, store.tenant(slug) as tx:
        done = cancel_orders(tx, ids, because, dt.datetime.now(dt.UTC))
    _say_decided(done, "cancelled", lambda line: f"cancelled already: {line.cancelled_because}")
    for vendor in sorted({line.vendor for line in done.changed if line.ordered_at is not None}):
        say(f"Let {vendor} know: it has the order.")


@orders.command()
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder.")
@click.option("--vendor", help="Only this vendor's.")
@click.option("--draft", is_flag=True, help="Write files to look at, and don't note them as ordered.")
@click.option("--again", is_flag=True, help="Also what was ordered before and is not received yet.")
@RESTAURANT
def export(folder: Path, vendor: str | None, draft: bool, again: bool, slug: str) -> None:
    """Write the approved orders as CSV and as a page to print, for each vendor, and note them as ordered.

    Files of an earlier export are kept; drafts replace drafts.
    """
    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        found = orders_to_place(tx, _vendor_id(tx, vendor), again=again)
        if not found:
            say(f"{slug}: no order{f' from {vendor}' if vendor else ''} is approved, so nothing was written.")
            say(f"Approve what is recommended: flux orders approve --all-recommended --restaurant {slug}")
            return
        folder.mkdir(parents=True, exist_ok=True)
        written = [path for order in found for path in _write(tx, order, folder, now, draft=draft)]
        # If this fails, the files are there and the orders still approved: the next export writes them again.
        placed = 0 if draft else place_orders(tx, lines_of(found), now)
    for path in written:
        say(f"Wrote {path}")
    if draft:
        say("These are drafts: nothing is noted as ordered.")
    elif placed:
        say(f"{slug}: {count_of(placed, 'line')} noted as ordered. Send the files to the vendors.")
    else:
        say("These lines were noted as ordered before.")


def _write(tx: Tenant, order: VendorOrder, folder: Path, now: dt.datetime, *, draft: bool) -> list[Path]:
    """Write the files of an order and return them."""
    from flux_pipeline.pages.orders import OrderSheet, order_csv, order_page

    restaurant = tx.restaurant
    zone = restaurant.clock.timezone
    sheet = OrderSheet(order, restaurant.name, restaurant.currency, zone, tx.settings.actor, now, draft)
    letters = "-".join(re.findall(r"\w+", order.vendor.casefold()))
    base = f"{letters or 'vendor'}-{order.order_day}"
    stem = _free(folder, f"draft-{base}" if draft else base, draft=draft)
    page, rows = folder / f"{stem}.html", folder / f"{stem}.csv"
    page.write_text(order_page(sheet), encoding="utf-8")
    rows.write_text(order_csv(sheet), encoding="utf-8")
    return [page, rows]


def _free(folder: Path, base: str, *, draft: bool) -> str:
    """Return a name without its ending that no file of an earlier export has: base, base-2, base-3, ..."""
    stem, number = base, 1
    while not draft and any((folder / f"{stem}{ending}").exists() for ending in (".html", ".csv")):
        number += 1
        stem = f"{base}-{number}"
    return stem


def _vendor_id(tx: Tenant, name: str | None) -> uuid.UUID | None:
    return None if name is None else find_vendor(tx, name).id


def _say_decided(done: Decided, verb: str, words: Callable[[OrderLine], str]) -> None:
    for line in done.changed:
        packs = f"{count_of(line.packs, 'pack')} of {amount_of(line.pack_quantity, line.unit)}"
        say(f"{line.short_id} {line.title}, {packs}: {verb}.")
    for line in done.left:
        say(f"{line.short_id} {line.title}: {words(line)}; nothing changed.")
