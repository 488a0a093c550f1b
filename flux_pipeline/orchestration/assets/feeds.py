"""Feed assets: weather, events and holidays, which all restaurants share, from files and from services."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

from flux_pipeline.demand.inputs.holidays import holidays_of
from flux_pipeline.orchestration.assets._landed_feeds import LandedFeeds, load_landed
from flux_pipeline.orchestration.fetching.fetch import fetch_feeds
from flux_pipeline.orchestration.fetching.outcome import Outcome
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, VERSION_TAG, short_version, step
from flux_pipeline.orchestration.work import described_asset
from flux_pipeline.store.feeds.holidays import countries, sync_holidays
from flux_pipeline.store.loading.kinds import SHARED_TABLES
from flux_pipeline.store.schema.tables import table_window
from flux_pipeline.store.schema.versions import feed_version

# Fetched four times a day: one answer may be missed before anybody is warned.
FRESH = dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(hours=36), warn_window=dt.timedelta(hours=13))
# A forecast uses up to ten years of history, and plans are made a year ahead.
YEARS_BACK, YEARS_AHEAD = 10, 2
ANSWERED = "every_feed_answered"
SENTENCES_SHOWN = 3


class Fetching(dg.Config):
    """What a run asks of the services."""

    feed: str = Field(default="", description="The name of the one feed to ask; empty: all.")
    again: bool = Field(default=False, description="Ask again for answers that are stored already.")


def _fetched_asset(function: Callable[..., Any]) -> dg.AssetsDefinition:
    """Make a function an asset that is fetched, with its check."""
    about = "Each feed gave an answer that could be stored when it was asked last."
    check = dg.AssetCheckSpec(ANSWERED, asset=function.__name__, description=about)
    decorate = described_asset(
        docs="feeds.md",
        kinds={"postgres"},
        retry_policy=RETRY_TRANSIENT,
        output_required=False,
        freshness_policy=FRESH,
        check_specs=[check],
    )
    return decorate(function)


@_fetched_asset
def weather_data(
    context: dg.AssetExecutionContext, config: Fetching, store: StoreResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Observed and forecast weather by place, each with the time at which it became known."""
    yield from _refresh(context, config, store, "weather")


@_fetched_asset
def local_events(
    context: dg.AssetExecutionContext, config: Fetching, store: StoreResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Events that draw people, with their place and the time at which they became known."""
    yield from _refresh(context, config, store, "local_events")


@described_asset(docs="feeds.md", kinds={"postgres"}, retry_policy=RETRY_TRANSIENT)
def public_holidays(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """Public holidays of the restaurants' countries, by the `holidays` package."""
    with step() as running:
        opened, now = store.open(), dt.datetime.now(dt.UTC)
        with opened.fleet() as fleet:
            codes = countries(fleet)
        known = [holidays_of(code, now.year - YEARS_BACK, now.year + YEARS_AHEAD) for code in codes]
        rows = pd.concat(known, ignore_index=True) if known else holidays_of("", now.year, now.year)
        with opened.feeds() as feeds:
            synced = sync_holidays(feeds, rows, now)
        unknown = [code for code, each in zip(codes, known, strict=True) if each.empty]
        if unknown:
            context.log.warning(f"The public holidays of {', '.join(unknown)} are not known.")
        version = str(pd.util.hash_pandas_object(rows.astype(str), index=False).sum())
    return running.result({"rows": synced.rows, "rows_written": synced.written, "countries": len(codes)}, version)


def _refresh(
    context: dg.AssetExecutionContext, config: Fetching, store: StoreResource, kind: str
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Load the landed files of a kind, then ask the services for what is due.

    Nothing is materialized if there was no file, no service was asked and the rows are those of the last
    materialization.
    """
    with step() as running:
        opened = store.open()
        landed = load_landed(context, opened, kind)
        outcomes = fetch_feeds(
            opened, weather=kind == "weather", only=config.feed, again=config.again, note=context.log.info
        )
        for outcome in outcomes.values():
            outcome.report(context.log.warning)
        with opened.feeds() as connection:
            window = table_window(connection, SHARED_TABLES[kind].table.name)
            version = feed_version(connection, kind)
    landed.report(context)
    if not (landed.anything or outcomes) and _is_known(context, version):
        context.log.info("No new file, and no feed is named: `flux feeds add` names one.")
    else:
        yield running.result({**window.as_metadata(), **_metadata(landed, outcomes)}, version)
    failures = [failure for outcome in outcomes.values() for failure in outcome.failures]
    yield dg.AssetCheckResult(
        check_name=ANSWERED,
        passed=not failures,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(failures[:SENTENCES_SHOWN]) or None,
        metadata={"feeds": len(outcomes), "answers_failed": len(failures)},
    )


def _metadata(landed: LandedFeeds, outcomes: dict[str, Outcome]) -> dict[str, Any]:
    """Return the counts of files and answers, and what is wrong with the feeds, by name."""
    totals: dict[str, int] = {}
    for outcome in outcomes.values():
        for key, count in outcome.as_metadata().items():
            totals[key] = totals.get(key, 0) + count
    wrong = {name: outcome.failures[0] for name, outcome in outcomes.items() if outcome.failures}
    files = landed.as_metadata() if landed.anything or not outcomes else {}
    return {**files, **totals, "feeds_failed": wrong}


def _is_known(context: dg.AssetExecutionContext, version: str) -> bool:
    """Return whether the last materialization was of the rows of this version; `flux upload` loads some without one."""
    event = context.instance.get_latest_materialization_event(context.asset_key)
    last = event.asset_materialization if event else None
    return last is not None and (last.tags or {}).get(VERSION_TAG) == short_version(version)
