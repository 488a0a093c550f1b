"""Command `flux hours`: the opening hours that a restaurant declares for each day of the week."""

import datetime as dt

import click

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.cli.console import RESTAURANT, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.weekdays import weekdays_of

DAYS = tuple(day[:3].lower() for day in WEEKDAYS)
COLUMNS = ["day_of_week", "open_time", "close_time", "is_closed"]


@click.group()
def hours() -> None:
    """Show and set opening hours by day of the week; without any, they are learned from the sales."""


@hours.command("list")
@RESTAURANT
def list_hours(slug: str) -> None:
    """Show the declared hours."""
    from flux_pipeline.store.known.current import declared_hours, in_words

    with ready_store() as store, store.tenant(slug) as tx:
        declared = declared_hours(tx)
    if not declared:
        say(f"{slug} has declared no hours; they are learned from its sales. Set them with `flux hours set`.")
        return
    rows = [(day, in_words(each for each in declared if each.day_of_week == n)) for n, day in enumerate(DAYS)]
    show_table(f"{slug}: opening hours", ["day", "open"], rows)


@hours.command("set")
@click.argument("days")
@click.argument("intervals", nargs=-1, required=True)
@RESTAURANT
def set_hours(days: str, intervals: tuple[str, ...], slug: str) -> None:
    """Set the hours of DAYS (mon, mon-fri, sat,sun, daily) to INTERVALS (07:00-14:30, also 18:00-01:00) or to closed.

    As soon as one day has hours, days without any count as closed.
    """
    import pandas as pd

    from flux_pipeline.store.known.hours import change_hours

    chosen = parse_days(days)
    new = pd.DataFrame([(day, *interval) for day in chosen for interval in parse_intervals(intervals)], columns=COLUMNS)
    with ready_store() as store, store.tenant(slug) as tx:
        change_hours(tx, chosen, new, dt.datetime.now(dt.UTC))
    say(f"{slug}: {days} is now {' '.join(intervals)}. The next run uses it.")


@hours.command()
@RESTAURANT
def clear(slug: str) -> None:
    """Remove all declared hours; they are then learned from the sales again."""
    from flux_pipeline.store.known.hours import clear_hours

    with ready_store() as store, store.tenant(slug) as tx:
        clear_hours(tx, dt.datetime.now(dt.UTC))
    say(f"{slug} no longer has declared hours.")


def parse_days(text: str) -> list[int]:
    """Return the days (0 = Monday) of mon, mon-fri, sat,sun or daily; raise PermanentError for anything else."""
    chosen = weekdays_of(text)
    if chosen is None:
        raise PermanentError(f"{text!r} is not a list of days; expected {', '.join(DAYS)}, mon-fri, sat,sun or daily.")
    return list(chosen)


def parse_intervals(texts: tuple[str, ...]) -> list[tuple[dt.time | None, dt.time | None, bool]]:
    """Return opening and closing times of HH:MM-HH:MM, or closed; raise PermanentError for anything else."""
    if texts == ("closed",):
        return [(None, None, True)]
    try:
        pairs = [[_clock_time(part) for part in text.split("-")] for text in texts]
        return [(opens, closes, False) for opens, closes in pairs]
    except ValueError:
        raise PermanentError(
            f"{' '.join(texts)!r} are not opening hours; expected hours like 07:00-14:30 18:00-01:00, or closed."
        ) from None


def _clock_time(text: str) -> dt.time:
    """Return the time of HH:MM, midnight for 24:00; raise ValueError for anything else, also for a time with a zone."""
    return dt.datetime.strptime("00:00" if text == "24:00" else text, "%H:%M").time()
