"""Command `flux feeds`: services that are asked for weather and events, and what they answered."""

import datetime as dt
from collections.abc import Sequence

import click

from flux_pipeline.cli.console import note, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.records.feeds import FeedKind
from flux_pipeline.store.feeds.registry import FeedState, add_feed, feed_states, find_feed, list_feeds, remove_feed
from flux_pipeline.wording import count_of, duration

HEADINGS = ["feed", "kind", "restaurants", "rows", "last stored", "state", "remark"]
DAYS_SHOWN, EVENTS_SHOWN, SENTENCES_SHOWN = 16, 20, 10


@click.group()
def feeds() -> None:
    """Name the services that are asked for weather and events; check, fetch and list them."""


@feeds.command()
@click.argument("kind", type=click.Choice([kind.value for kind in FeedKind]))
@click.option("--name", help="What it is called here, and the source of its rows; default: its kind.")
@click.option("--url", help="The calendar or CSV file, or a service's address that differs from the settings.")
@click.option("--restaurant", "slug", help="A calendar of this restaurant's own events, which no other sees.")
@click.option("--category", help="What a calendar's events are: school_holiday, festival, match, ...")
@click.option("--timezone", help="Of a calendar's times that name no zone; default: UTC, or the restaurant's.")
@click.option("--latitude", type=float, help="Where a calendar's events are, degrees north.")
@click.option("--longitude", type=float, help="Degrees east.")
@click.option("--attendance", type=int, help="How many people each event of a calendar draws.")
@click.option("--radius-km", type=float, help="How far from a restaurant events may be; default: 10.")
def add(kind: str, name: str | None, url: str | None, slug: str | None, **options: object) -> None:
    """Add a source of weather or events: open-meteo, calendar, csv, ticketmaster or predicthq."""
    from flux_pipeline.orchestration.fetching.naming import new_feed

    given = {key: value for key, value in options.items() if value is not None}
    with ready_store() as store:
        feed = new_feed(store, FeedKind(kind), name, url, slug, given)
        add_feed(store, feed)
    say(f"Added {feed.name}. It is asked every six hours where `flux ui` runs, and by each `flux run`.")
    say(f"Next: flux feeds check {feed.name}    ask once and show what would be stored")
    say(f"      flux feeds fetch {feed.name}    ask and store")


@feeds.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove the source NAME. What it answered stays stored."""
    with ready_store() as store:
        remove_feed(store, name)
    say(f"Removed {name}. What it answered stays stored, and it is not asked any more.")


@feeds.command("list")
def list_them() -> None:
    """List the sources, how old their last answers are, and what is wrong."""
    with ready_store() as store, store.fleet() as connection:
        states = feed_states(connection)
    if not states:
        say("No feed is named, so nothing outside is asked. Try: flux feeds add open-meteo")
        return
    show_feeds(states)


def show_feeds(states: Sequence[FeedState]) -> None:
    """Print the sources with their rows, the age of their last answers and what is wrong."""
    now = dt.datetime.now(dt.UTC)
    rows = [
        (
            state.feed.name,
            state.feed.kind,
            state.feed.slug or "all",
            state.row_count,
            _ago(state.good_at, now) if state.good_at else "never",
            _state(state, now),
            state.sentence or "",
        )
        for state in states
    ]
    show_table(count_of(len(rows), "feed"), HEADINGS, rows, right=["rows"])


def _state(state: FeedState, now: dt.datetime) -> str:
    if state.bad_at:
        return f"failed {_ago(state.bad_at, now)}"
    return "good" if state.good_at else "not asked yet"


def _ago(moment: dt.datetime, now: dt.datetime) -> str:
    return f"{duration(now - moment)} ago"


@feeds.command()
@click.argument("name")
def check(name: str) -> None:
    """Ask the source NAME once, for one place, and show what would be stored. Nothing is."""
    from flux_pipeline.orchestration.fetching.trial import try_feed

    with ready_store() as store:
        with store.fleet() as connection:
            feed = find_feed(connection, name)
        note(f"Asking {name} ...")
        trial = try_feed(store, feed)
    shown = trial.rows.head(DAYS_SHOWN if feed.kind.is_weather else EVENTS_SHOWN)
    show_table(trial.title, list(shown.columns), [tuple(map(str, row)) for row in shown.itertuples(index=False)])
    if len(trial.rows) > len(shown):
        say(f"{len(trial.rows) - len(shown)} more.")
    for sentence in trial.sentences[:SENTENCES_SHOWN]:
        say(sentence)
    if len(trial.sentences) > SENTENCES_SHOWN:
        say(f"{len(trial.sentences) - SENTENCES_SHOWN} more sentences.")
    say(f"Nothing was stored. Next: flux feeds fetch {name}")


@feeds.command()
@click.argument("name", required=False)
@click.option("--again", is_flag=True, help="Ask again for answers that are stored already.")
def fetch(name: str | None, again: bool) -> None:
    """Ask all sources, or the source NAME, for what is due and store it: Dagster's job refresh_feeds, run here."""
    with ready_store() as store:
        with store.fleet() as connection:
            named = [find_feed(connection, name)] if name else list_feeds(connection)
        if not named:
            raise PermanentError("No feed is named. Add one, for example with `flux feeds add open-meteo`.")
        from flux_pipeline.orchestration.commands.launch import run_feeds
        from flux_pipeline.orchestration.instance import open_instance

        with open_instance(store) as instance:
            result = run_feeds(instance, feed=name or "", again=again)
    if result.failures:
        raise PermanentError("; ".join(result.failures))
    failed = 0
    for asset in ("weather_data", "local_events"):
        found = result.metadata.get(asset, {})
        failed += found.get("answers_failed", 0)
        if "answers_stored" in found or "answers_known_already" in found:
            say(
                f"{asset}: {count_of(found.get('answers_stored', 0), 'answer')} stored with "
                f"{count_of(found.get('rows_fetched', 0), 'row')}, {found.get('rows_new', 0)} of them new or "
                f"changed; {found.get('answers_known_already', 0)} known already."
            )
    if failed:
        raise PermanentError(f"{count_of(failed, 'answer')} could not be stored; the lines above say why.")
