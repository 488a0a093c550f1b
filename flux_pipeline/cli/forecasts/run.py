"""Command `flux run`: the job of the nightly schedule, run now for one restaurant or all."""

import datetime as dt
from typing import Any

import click

from flux_pipeline.cli.console import note, parse_day, ready_store, say
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of

# Metadata with counts of files that were not loaded, and what it means if it isn't 0.
NOT_LOADED = {
    "uploads_failed": "an upload failed",
    "files_failed": "a file was refused",
    "files_refused": "a file was refused",
    "files_left_in_landing": "a file is left in the landing folder",
    "uploads_left_waiting": "an upload waits to be loaded",
}
# The steps that follow counts, deliveries, prices and recipes, of which forecasts know nothing.
STOCK_STEPS = ("inventory_movements", "purchase_recommendations")


@click.command()
@click.option("--restaurant", "slug", help="Which restaurant; default: every active one, one after the other.")
@click.option(
    "--as-of", "as_of", help="YYYY-MM-DD: the last day whose sales may be used; default: the last complete one."
)
def run(slug: str | None, as_of: str | None) -> None:
    """Load waiting files, forecast demand and staffing: Dagster's job refresh_restaurant, run here."""
    day = parse_day(as_of)
    with ready_store() as store:
        from flux_pipeline.store.postgres.reader_limits import look_after_readers

        for sentence in look_after_readers(store.admin_url):
            note(sentence)
        with store.fleet() as connection:
            from flux_pipeline.store.restaurant import find_restaurant, list_restaurants

            chosen = [find_restaurant(connection, slug)] if slug else list_restaurants(connection, active_only=True)
        if not chosen:
            raise PermanentError("No restaurant is active. Add one with `flux restaurants add`.")
        from flux_pipeline.orchestration.commands.launch import run_feeds, run_restaurant
        from flux_pipeline.orchestration.instance import open_instance
        from flux_pipeline.orchestration.resources import BusinessDay

        # Refuse a day that is not over before anything starts.
        business_day = BusinessDay(as_of=day.isoformat() if day else None)
        for restaurant in chosen:
            business_day.of(restaurant, dt.datetime.now(dt.UTC))
        failures = []
        with open_instance(store) as instance:
            note("shared feeds")
            feeds = run_feeds(instance)
            failures += [*feeds.failures, *_not_loaded("shared feeds", feeds.metadata)]
            for restaurant in chosen:
                note(restaurant.slug)
                result = run_restaurant(instance, restaurant.slug, day)
                failures += [f"{restaurant.slug}, {failure}" for failure in result.failures]
                failures += _not_loaded(restaurant.slug, result.metadata)
                if result.succeeded:
                    say(_outcome(restaurant.slug, result.metadata))
    if failures:
        raise PermanentError("; ".join(failures))


def _not_loaded(owner: str, metadata: dict[str, dict[str, Any]]) -> list[str]:
    """Return what the run did not load of the files that were handed in; a file that is still written is none."""
    found = [words for key, words in NOT_LOADED.items() if any(each.get(key) for each in metadata.values())]
    return [f"{owner}: {', '.join(found)} (the lines above say why)"] if found else []


def _outcome(slug: str, metadata: dict[str, dict[str, Any]]) -> str:
    demand = metadata.get("demand_forecasts", {})
    if "unchanged_since_run" in demand:
        # Steps that published say where to see it.
        see = [metadata[name]["see"] for name in STOCK_STEPS if "see" in metadata.get(name, {})]
        if see:
            return f"{slug}: its forecasts as of {demand['as_of']} are still current. What changed: {', '.join(see)}"
        return f"{slug}: nothing new since the last run as of {demand['as_of']}; its forecasts are still current."
    if "skipped" in demand:
        return f"{slug}: skipped. {demand['skipped']}"
    count, as_of = demand.get("rows", 0), demand.get("as_of")
    counted = count_of(count, "forecast")
    lines = [f"{slug}: {counted} as of {as_of}. See flux forecast --restaurant {slug} --as-of {as_of}"]
    if "fallback" in demand:
        lines.append(f"  the four-week rule is published: {demand['fallback']}")
    if "warning" in demand:
        lines.append(f"  warning: {demand['warning']}")
    return "\n".join(lines)
