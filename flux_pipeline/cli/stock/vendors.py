"""Command `flux vendors`: who sells to a restaurant, how to reach them, and when they take orders."""

import datetime as dt
import shlex
from typing import Any

import click

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.cli.console import (
    RESTAURANT,
    as_text,
    confirm,
    emit,
    parse_day,
    parse_time,
    ready_store,
    say,
    show_table,
)
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.weekdays import weekdays_of
from flux_pipeline.names import near_duplicates_among
from flux_pipeline.store.inventory.vendor_acts import (
    SoldIngredient,
    change_vendor,
    list_vendors,
    show_vendor,
)
from flux_pipeline.wording import amount_of, count_of, day_text, money

# What takes a value away again.
NONE = "none"
EVERY_DAY = "every day"
WORDS = {
    "name": "its name",
    "contact_name": "its contact",
    "email": "its e-mail address",
    "phone": "its phone number",
    "order_days": "it takes orders",
    "order_cut_off": "its cut-off",
    "lead_time_days": "its lead time",
    "closed_on": "it takes no orders",
}


@click.group()
def vendors() -> None:
    """Show and change who sells to a restaurant. Vendors come from files of prices and deliveries."""


@vendors.command("list")
@RESTAURANT
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
def list_them(slug: str, style: str | None) -> None:
    """List the vendors, when they take orders, and names that may mean one vendor."""
    with ready_store() as store, store.tenant(slug) as tx:
        found = list_vendors(tx)
    if not found:
        say(f"{slug} has no vendors yet. They come with a file of prices or deliveries:")
        say(f"  flux upload FILE --kind vendor_prices --restaurant {slug}")
    elif style:
        emit(as_text(found, style))
    else:
        headings = ["vendor", "contact", "e-mail", "phone", "order days", "cut-off", "lead time", "ingredients"]
        rows = [
            (
                each.name,
                each.contact_name,
                each.email,
                each.phone,
                _days(each.order_days),
                _clock(each.order_cut_off),
                _lead_time(each.lead_time_days),
                each.ingredients,
            )
            for each in found
        ]
        show_table(f"{slug}: {count_of(len(rows), 'vendor')}", headings, rows, right=("ingredients",))
        for near in near_duplicates_among({each.name: each.ingredients for each in found}):
            words = f"{shlex.quote(near.name)} --into {shlex.quote(near.known)} --restaurant {slug}"
            say(f"'{near.name}' may be '{near.known}'. If so: flux vendors merge {words}")


@vendors.command()
@click.argument("name")
@RESTAURANT
def show(name: str, slug: str) -> None:
    """Show the vendor NAME: contact, order days, days closed, and its prices."""
    with ready_store() as store, store.tenant(slug) as tx:
        vendor, prices = show_vendor(tx, name)
        currency = tx.restaurant.currency
    cut_off = f" until {_clock(vendor.order_cut_off)}" if vendor.order_cut_off else ""
    say(vendor.name)
    say(f"  Contact:     {', '.join(filter(None, (vendor.contact_name, vendor.email, vendor.phone))) or 'unknown'}")
    say(f"  Orders:      {_days(vendor.order_days)}{cut_off}")
    say(f"  Lead time:   {_lead_time(vendor.lead_time_days) or 'as its prices say'}")
    say(f"  Closed on:   {', '.join(map(day_text, vendor.closed_on)) or 'no day noted'}")
    if not prices:
        say("  No price of it is known.")
        return
    rows = [
        (each.ingredient, each.order_code, _price(each, currency), _lead_time(each.lead_time_days), each.valid_from)
        for each in prices
    ]
    show_table("", ["ingredient", "order code", "price", "lead time", "since"], rows)


@vendors.command("set")
@click.argument("name")
@click.option("--name", "new_name", help="What it is called from now on.")
@click.option("--contact", "contact_name", help="Whom to ask for.")
@click.option("--email", help="Where orders go.")
@click.option("--phone", help="The number to call.")
@click.option("--order-days", metavar="DAYS", help="Days on which it takes orders: 'Mon, Thu', mon-fri, every day.")
@click.option("--cut-off", "order_cut_off", metavar="HH:MM", help="Until when on an order day, by the local clock.")
@click.option("--lead-time", "lead_time_days", metavar="DAYS", help="Days from an order to its delivery.")
@click.option("--closed", multiple=True, metavar="DAY", help="YYYY-MM-DD: takes no orders; several times for several.")
@click.option("--open", "opened", multiple=True, metavar="DAY", help="YYYY-MM-DD: is open after all.")
@RESTAURANT
def set_values(
    name: str, new_name: str | None, slug: str, closed: tuple[str, ...], opened: tuple[str, ...], **options: str | None
) -> None:
    """Change the vendor NAME; what isn't given stays. The word none takes a value away."""
    given = {key: _parsed(key, text) for key, text in {"name": new_name, **options}.items() if text is not None}
    if not given and not closed and not opened:
        raise PermanentError("Nothing to change was given; expected an option, such as --order-days 'Mon, Thu'.")
    with ready_store() as store, store.tenant(slug) as tx:
        stored, changed = change_vendor(tx, name, given, _parse_days(closed), _parse_days(opened))
    if not changed:
        say(f"{stored}: no change.")
        return
    say(f"{stored}: {'; '.join(_now(key, value) for key, value in changed.items())}.")
    if "name" in changed:
        say(f"A file that names {stored!r} makes it a vendor again, so use the new name in all files.")
    if changed.keys() & {"order_days", "order_cut_off", "lead_time_days", "closed_on"}:
        say(f"The next run uses it: flux run --restaurant {slug}")


@vendors.command()
@click.argument("name")
@click.option("--into", required=True, help="The vendor that stays.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@RESTAURANT
def merge(name: str, into: str, yes: bool, slug: str) -> None:
    """Merge the vendor NAME with all its prices, deliveries, orders and costs into another one; NAME is gone.

    This can't be taken back.
    """
    from flux_pipeline.store.inventory.vendor_merging import merge_vendors

    if not yes:
        confirm(f"Merge {name!r} into {into!r}? It can't be taken back.")
    with ready_store() as store, store.tenant(slug) as tx:
        done = merge_vendors(tx, name, into, dt.datetime.now(dt.UTC))
    moved = ", ".join(f"{count} {word}" for word, count in done.moved.items() if count) or "nothing else"
    say(f"{done.vendor} is now {done.into}; moved: {moved}.")
    say(f"A file that names {done.vendor!r} makes it a vendor again, so use one name in all files.")


def _parsed(key: str, text: str) -> Any:
    """Return the value of an option; None for the word none."""
    if text.strip().lower() == NONE and key != "name":
        return None
    if key == "order_days":
        days = range(7) if text.strip().lower() == EVERY_DAY else weekdays_of(text)
        if not days:
            raise PermanentError(
                f"{text!r} is not a list of days; expected days like 'Mon, Thu', mon-fri, {EVERY_DAY} or {NONE}."
            )
        return list(days)
    if key == "order_cut_off":
        return parse_time(text)
    if key == "lead_time_days":
        if not text.strip().isdecimal():
            raise PermanentError(f"The lead time is {text!r}; expected a whole number of days, like 2, or {NONE}.")
        return int(text)
    return text


def _parse_days(texts: tuple[str, ...]) -> list[dt.date]:
    return [day for text in texts if (day := parse_day(text)) is not None]


def _now(key: str, value: Any) -> str:
    if key == "closed_on":
        return (
            f"{WORDS[key]} on {', '.join(map(day_text, value))}" if value else "it takes orders on all its order days"
        )
    if key == "order_days":
        return f"{WORDS[key]} {'' if value is None else 'on '}{_days(value)}"
    if value is None:
        return f"{WORDS[key]} is now {NONE}"
    shown = _clock(value) if key == "order_cut_off" else _lead_time(value) if key == "lead_time_days" else value
    return f"{WORDS[key]} is now {shown}"


def _days(days: list[int] | None) -> str:
    return EVERY_DAY if days is None else ", ".join(WEEKDAYS[day][:3] for day in days)


def _clock(time: dt.time | None) -> str:
    return "" if time is None else f"{time:%H:%M}"


def _lead_time(days: int | None) -> str:
    return "" if days is None else "same day" if days == 0 else count_of(days, "day")


def _price(each: SoldIngredient, currency: str) -> str:
    if each.case_price is not None and each.case_quantity is not None and each.pack_quantity is not None:
        packs = "" if each.case_quantity == 1 else f"{each.case_quantity.normalize():f} x "
        return f"{money(each.case_price, 4)} {currency} for {packs}{amount_of(each.pack_quantity, each.unit)}"
    return f"{money(each.unit_price or 0, 6)} {currency} per {each.unit}"
