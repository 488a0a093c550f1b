"""`flux run`: the job that the schedule runs, now, for one restaurant or all."""

import datetime as dt

import click

from flux_pipeline.cli.console import note, ready_store, say
from flux_pipeline.errors import PermanentError


@click.command()
@click.option("--restaurant", "slug", help="Which restaurant; without it every active one, one after the other.")
@click.option(
    "--as-of", "as_of", help="YYYY-MM-DD: the last day whose sales may be used; default: the last complete one."
)
def run(slug: str | None, as_of: str | None) -> None:
    """Take in what waits, forecast demand and staffing: Dagster's job refresh_restaurant, run here."""
    day = parse_day(as_of)
    with ready_store() as store:
        with store.fleet() as connection:
            from flux_pipeline.store.restaurants import find_restaurant, list_restaurants

            chosen = [find_restaurant(connection, slug)] if slug else list_restaurants(connection, active_only=True)
        if not chosen:
            raise PermanentError("There is no active restaurant. Add one with `flux restaurants add`.")
        from flux_pipeline.orchestration.instance import open_instance
        from flux_pipeline.orchestration.launch import run_feeds, run_restaurant

        failures = []
        with open_instance(store) as instance:
            note("shared feeds")
            failures += run_feeds(instance).failures
            for restaurant in chosen:
                note(restaurant.slug)
                result = run_restaurant(instance, restaurant.slug, day)
                failures += [f"{restaurant.slug}, {failure}" for failure in result.failures]
                if result.succeeded:
                    say(_outcome(restaurant.slug, result.metadata))
    if failures:
        raise PermanentError("; ".join(failures))


def _outcome(slug: str, metadata: dict[str, dict[str, object]]) -> str:
    demand = metadata.get("demand_forecasts", {})
    if "unchanged_since_run" in demand:
        return f"{slug}: nothing new since the last run as of {demand['as_of']}; its forecasts stand."
    count, as_of = demand.get("rows", 0), demand.get("as_of")
    told = f"{slug}: {count:,} forecasts as of {as_of}. See flux forecast --restaurant {slug}"
    return f"{told}\n  warning: {demand['warning']}" if "warning" in demand else told


def parse_day(text: str | None) -> dt.date | None:
    """A date from YYYY-MM-DD, None from None; PermanentError from anything else."""
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise PermanentError(f"{text!r} is no date; expected YYYY-MM-DD, like 2022-09-01.") from None
