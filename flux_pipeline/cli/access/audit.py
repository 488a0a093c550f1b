"""Command `flux audit`: the log of who changed what."""

import datetime as dt
import json
from typing import Any

import click

from flux_pipeline.cli.console import as_csv, emit, ready_store, say, show_table
from flux_pipeline.store.records.acts import Act
from flux_pipeline.wording import count_of

COLUMNS = ["occurred_at", "actor", "restaurant", "action", "subject", "before", "after"]
HEADINGS = ["when", "who", "restaurant", "what", "subject", "before → after"]


@click.command()
@click.option(
    "--restaurant",
    "slug",
    help="Only changes of this restaurant; default: all changes, also those that concern no restaurant.",
)
@click.option(
    "--days", type=click.IntRange(1, 36_500), default=30, show_default=True, help="How far to look back from now."
)
@click.option("--csv", "as_text", is_flag=True, help="As CSV, for programs.")
def audit(slug: str | None, days: int, as_text: bool) -> None:
    """Show who changed what, the newest first: settings, hours, closures, restaurants, files, people and logins.

    A change is recorded under FLUX_ACTOR, by default the name of the login. Runs are in `algorithm_runs` instead.
    """
    from flux_pipeline.store.records.acts import list_acts
    from flux_pipeline.store.restaurant import find_restaurant

    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    with ready_store() as store, store.fleet() as fleet:
        if slug is not None:
            find_restaurant(fleet, slug)
        acts = list_acts(fleet, slug=slug, since=since)
    if as_text:
        emit(as_csv(COLUMNS, [_for_programs(act) for act in acts]))
        return
    whose = f"{slug}: " if slug else ""
    window = f"in the last {count_of(days, 'day')}"
    if not acts:
        say(f"{whose}nothing was changed {window}.")
        return
    show_table(
        f"{whose}{count_of(len(acts), 'change')} {window}",
        HEADINGS,
        [_for_people(act) for act in acts],
    )


def _for_programs(act: Act) -> tuple[Any, ...]:
    at = act.occurred_at.astimezone().isoformat()
    return at, act.actor, act.slug, act.action, act.subject, _plain(act.before), _plain(act.after)


def _for_people(act: Act) -> tuple[Any, ...]:
    at = f"{act.occurred_at.astimezone():%Y-%m-%d %H:%M:%S %z}"
    return at, act.actor, act.slug, act.action, act.subject, change_in_words(act.before, act.after)


def change_in_words(before: Any, after: Any) -> str:
    """Return a change like "7 → 14"; the side of a missing value is empty."""
    if before is None and after is None:
        return ""
    return " ".join(part for part in (_in_words(before), "→", _in_words(after)) if part)


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_in_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(each) for each in value)
    return "" if value is None else str(_plain(value))


def _plain(value: Any) -> Any:
    """Return a value as JSON writes it: true and not True."""
    return json.dumps(value) if isinstance(value, bool) else value
