"""Command `flux promotions`: items that are sold for less for a while, which the forecasts take into account."""

import datetime as dt
import re
from decimal import Decimal

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of

SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9])?) ?%")
AMOUNT = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,2})?")


@click.group()
def promotions() -> None:
    """Show and announce promotions. Load a file of many with `flux upload FILE --kind promotions`."""


@promotions.command("list")
@RESTAURANT
def list_all(slug: str) -> None:
    """Show the promotions, newest first."""
    from flux_pipeline.store.known.current import list_promotions

    with ready_store() as store, store.tenant(slug) as tx:
        promoted = list_promotions(tx)
    rows = [
        (
            each.item,
            each.starts_on,
            each.ends_on,
            f"{each.discount_amount:.2f}" if each.discount is None else f"{each.discount:.1%}".replace(".0%", "%"),
            f"{each.known_at:%Y-%m-%d %H:%M}",
            "" if each.has_sold else "never sold: is it spelled right?",
        )
        for each in promoted
    ]
    title = f"{slug}: {count_of(len(rows), 'promotion')}"
    show_table(title, ["item", "from", "to", "off", "known since (UTC)", ""], rows, right=["off"])


@promotions.command()
@click.argument("item")
@click.argument("starts_on")
@click.argument("ends_on")
@click.option("--off", required=True, help="The discount: a share (20%) or money (0.50).")
@RESTAURANT
def add(item: str, starts_on: str, ends_on: str, off: str, slug: str) -> None:
    """Announce that ITEM is sold for less from STARTS_ON to ENDS_ON (YYYY-MM-DD, both included).

    To correct a promotion from now on, add it again with the same item and first day.
    """
    from flux_pipeline.store.known.promotions import Offer, add_promotion

    first, last = _period(starts_on, ends_on)
    share, amount = parse_off(off)
    with ready_store() as store, store.tenant(slug) as tx:
        added = add_promotion(tx, Offer(item, first, last, share, amount, off), dt.datetime.now(dt.UTC))
    was = "is" if added.changed else "was already"
    say(f"{added.subject} {was} in a promotion from {first} to {last} ({off} off).")


@promotions.command()
@click.argument("item")
@click.argument("starts_on")
@RESTAURANT
def remove(item: str, starts_on: str, slug: str) -> None:
    """Withdraw the promotion of ITEM that starts on STARTS_ON.

    To end one early, add it again with an earlier last day.
    """
    from flux_pipeline.store.known.promotions import remove_promotion

    first = parse_day(starts_on)
    assert first is not None
    with ready_store() as store, store.tenant(slug) as tx:
        removed = remove_promotion(tx, item, first, dt.datetime.now(dt.UTC))
    had = "" if removed.changed else " (it had none)"
    say(f"{removed.subject} has no promotion that starts on {first}{had}.")


def _period(starts_on: str, ends_on: str) -> tuple[dt.date, dt.date]:
    first, last = parse_day(starts_on), parse_day(ends_on)
    assert first is not None and last is not None
    if last < first:
        raise PermanentError(f"A promotion from {first} to {last} ends before it starts. Give the earlier day first.")
    return first, last


def parse_off(text: str) -> tuple[Decimal | None, Decimal | None]:
    """Return a discount as a share of the price or as money; raise PermanentError for anything else."""
    share, amount = SHARE.fullmatch(text.strip()), AMOUNT.fullmatch(text.strip())
    if share and 0 < Decimal(share[1]) <= 100:
        return Decimal(share[1]) / 100, None
    if amount and Decimal(text) > 0:
        return None, Decimal(text)
    raise PermanentError(f"{text!r} is not a discount; expected a share like 20% or money like 0.50.")
