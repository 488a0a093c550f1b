"""`flux forecast approve` and `flux forecast reject`: what a person decides on what was published."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say
from flux_pipeline.wording import count_of

OPTIONS = (
    RESTAURANT,
    click.option("--as-of", help="YYYY-MM-DD: of the forecast made when that day had ended; default: the newest."),
    click.option("--item", help="The item of this name only; default: all."),
    click.option("--date", "dates", multiple=True, help="YYYY-MM-DD: this day only, and again for others."),
    click.option("--id", "ids", type=click.UUID, multiple=True, help="This row only (flux forecast --csv shows ids)."),
    click.option("--by", "email", metavar="EMAIL", help="Who decides; default: FLUX_ACTOR, where it is an address."),
    click.option("--again", is_flag=True, help="Also where a person decided the opposite before."),
)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command(short_help="Approve forecasts in a person's name.")
@_options
def approve(**asked: Any) -> None:
    """Approve forecasts: all of the newest that are ahead, or those of an item, of some days, of some ids.

    What a person approved stays the current forecast of its day, also when Flux runs again with newer sales. A later
    as-of is a forecast of its own, on which nobody has decided yet.

    Rows whose confidence is forecast_confidence_threshold or more (a setting) are approved without anybody, and
    replaced by the next run as pending ones are.
    """
    _decide("approved", **asked)


@click.command(short_help="Reject forecasts in a person's name.")
@_options
def reject(**asked: Any) -> None:
    """Reject forecasts: all of the newest that are ahead, or those of an item, of some days, of some ids.

    A rejection is a mark for whoever reads the forecasts: Flux puts no other figure in its place. The row stays the
    current one of its day, totals and staffing still count what was forecast, and its accuracy is measured too.

    For another figure, correct what it is made of (sales, closures, hours). The next as-of is then forecast with it;
    a run for the same as-of puts its row beside the rejected one, which stays the current one.
    """
    _decide("rejected", **asked)


def _decide(
    status: str,
    *,
    slug: str,
    as_of: str | None,
    item: str | None,
    dates: tuple[str, ...],
    ids: tuple[uuid.UUID, ...],
    email: str | None,
    again: bool,
) -> None:
    from flux_pipeline.store.forecasts.decisions import Choice, decide_forecasts

    if ids and (as_of or item or dates):
        raise click.UsageError("--id names rows already; leave --as-of, --item and --date out.")
    days = [day for day in map(parse_day, dates) if day is not None]
    choice = Choice(ids, parse_day(as_of), item, days)
    with ready_store() as store:
        done = decide_forecasts(store, slug, status, email, choice, now=dt.datetime.now(dt.UTC), again=again)
    of = f"as of {', '.join(map(str, done.as_of))}"
    if done.decided:
        say(f"{slug}: {count_of(done.decided, 'forecast')} {of} {'is' if done.decided == 1 else 'are'} {status}.")
    if done.unchanged:
        say(f"{slug}: {count_of(done.unchanged, 'forecast')} {of} had been {status} before and stayed so.")
    if done.left:
        say(f"{slug}: on {count_of(done.left, 'forecast')} {of} a person decided otherwise; --again changes that too.")
