"""Commands `flux forecast approve` and `flux forecast reject`: a person's decisions on published forecasts."""

import datetime as dt
import uuid
from collections.abc import Callable

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say
from flux_pipeline.wording import count_of

OPTIONS = (
    RESTAURANT,
    click.option("--as-of", help="YYYY-MM-DD: the forecast as of that day; default: the newest."),
    click.option("--item", help="Only the item of this name; default: all."),
    click.option("--date", "dates", multiple=True, help="YYYY-MM-DD: only this day; may be repeated."),
    click.option(
        "--id",
        "ids",
        type=click.UUID,
        multiple=True,
        help="Only this row (flux forecast --csv shows ids); may be repeated.",
    ),
    click.option("--by", "email", metavar="EMAIL", help="Who decides; default: FLUX_ACTOR, if it is an address."),
    click.option("--again", is_flag=True, help="Also change rows on which a person decided the opposite."),
)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command(short_help="Approve forecasts in a person's name.")
@_options
def approve(
    slug: str,
    as_of: str | None,
    item: str | None,
    dates: tuple[str, ...],
    ids: tuple[uuid.UUID, ...],
    email: str | None,
    again: bool,
) -> None:
    """Approve forecasts: all future days of the newest forecast, or only an item, some days or some ids.

    A forecast that a person approved stays the current one of its day, even if Flux runs again with newer sales. A
    later as-of is a new forecast, on which nobody has decided yet.

    Rows with a confidence of forecast_confidence_threshold (a setting) or more are approved automatically; like pending
    rows, the next run replaces them.
    """
    _decide("approved", slug, as_of, item, dates, ids, email, again=again)


@click.command(short_help="Reject forecasts in a person's name.")
@_options
def reject(
    slug: str,
    as_of: str | None,
    item: str | None,
    dates: tuple[str, ...],
    ids: tuple[uuid.UUID, ...],
    email: str | None,
    again: bool,
) -> None:
    """Reject forecasts: all future days of the newest forecast, or only an item, some days or some ids.

    A rejection is a mark for the readers of a forecast: Flux does not replace the figure. The row stays the current one
    of its day, totals and staffing still count what was forecast, and its accuracy is measured.

    For another figure, correct the inputs (sales, closures, hours). The next as-of is then forecast from them; a run
    for the same as-of stores its row beside the rejected one, which stays the current one.
    """
    _decide("rejected", slug, as_of, item, dates, ids, email, again=again)


def _decide(
    status: str,
    slug: str,
    as_of: str | None,
    item: str | None,
    dates: tuple[str, ...],
    ids: tuple[uuid.UUID, ...],
    email: str | None,
    *,
    again: bool,
) -> None:
    from flux_pipeline.store.forecasts.decisions import Choice, decide_forecasts

    if ids and (as_of or item or dates):
        raise click.UsageError("--id names single rows. Leave --as-of, --item and --date out.")
    days = [day for day in map(parse_day, dates) if day is not None]
    choice = Choice(ids, parse_day(as_of), item, days)
    with ready_store() as store:
        done = decide_forecasts(store, slug, status, email, choice, now=dt.datetime.now(dt.UTC), again=again)
    of = f"as of {', '.join(map(str, done.as_of))}"
    if done.decided:
        say(f"{slug}: {count_of(done.decided, 'forecast')} {of} {'is' if done.decided == 1 else 'are'} {status}.")
    if done.unchanged:
        were = "was" if done.unchanged == 1 else "were"
        say(f"{slug}: {count_of(done.unchanged, 'forecast')} {of} {were} already {status}.")
    if done.left:
        say(
            f"{slug}: {count_of(done.left, 'forecast')} {of} unchanged, because a person decided the opposite; "
            "--again changes these too."
        )
