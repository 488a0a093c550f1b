"""Command `flux settings`: the settings of a restaurant and their values."""

import json
from typing import Any

import click

from flux_pipeline.cli.console import RESTAURANT, ready_store, say, show_table

HEADINGS = ["setting", "value", "may be", "meaning"]


@click.group()
def settings() -> None:
    """Show and change what a restaurant can set: horizons, thresholds, productivity, hours."""


@settings.command("list")
@RESTAURANT
def list_them(slug: str) -> None:
    """List every setting with its value, bounds and meaning; a star marks those that the restaurant has set."""
    from flux_pipeline.store.records.settings import known_settings, stored_settings

    with ready_store() as store, store.tenant(slug) as tx:
        stored = stored_settings(tx)
    rows = [
        (
            f"{key}{' *' if key in stored else ''}",
            _short(stored.get(key, known.default)),
            known.bounds,
            known.description,
        )
        for key, known in known_settings().items()
    ]
    show_table(f"{slug}: {len(stored)} of {len(rows)} settings differ from the default", HEADINGS, rows)


@settings.command()
@click.argument("key")
@RESTAURANT
def get(key: str, slug: str) -> None:
    """Print the value of KEY as JSON."""
    from flux_pipeline.store.records.settings import find_setting, stored_settings

    known = find_setting(key)
    with ready_store() as store, store.tenant(slug) as tx:
        say(json.dumps(stored_settings(tx).get(key, known.default)))


@settings.command("set")
@click.argument("key")
@click.argument("value")
@RESTAURANT
def set_one(key: str, value: str, slug: str) -> None:
    """Set KEY to VALUE (a number, true, false, a text, or JSON). The next run uses it."""
    from flux_pipeline.store.records.settings import find_setting, store_setting

    find_setting(key)
    with ready_store() as store, store.tenant(slug) as tx:
        stored = store_setting(tx, key, parsed(value))
    say(f"{slug}: {key} is now {json.dumps(stored)}. The next run uses it.")


@settings.command()
@click.argument("key")
@RESTAURANT
def unset(key: str, slug: str) -> None:
    """Go back to the default of KEY."""
    from flux_pipeline.store.records.settings import clear_setting, find_setting

    known = find_setting(key)
    with ready_store() as store, store.tenant(slug) as tx:
        was_set = clear_setting(tx, key)
    say(f"{slug}: {key} {'is again' if was_set else 'was not set; it is'} {json.dumps(known.default)}.")


def parsed(text: str) -> Any:
    """Return the value that a person typed: parsed JSON if it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _short(value: Any) -> str:
    """Return a value for the table; a list of objects as their names."""
    if isinstance(value, list):
        return ", ".join(str(each.get("name", each)) if isinstance(each, dict) else str(each) for each in value)
    return str(value)
