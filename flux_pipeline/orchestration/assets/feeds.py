"""Feed assets: weather and events, which all restaurants share, loaded from the files in landing/shared/."""

from collections.abc import Iterator

import dagster as dg

from flux_pipeline.errors import PermanentError, TransientError, shortages_in_words
from flux_pipeline.feeds.landing import SHARED, LandedFile, settled_files
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, VERSION_TAG, is_last_attempt, short_version, step
from flux_pipeline.orchestration.work import described_asset
from flux_pipeline.records.accounting import total
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import LANDING_FOLDER, FeedFile, hand_in_feed
from flux_pipeline.store.loading.kinds import SHARED_TABLES
from flux_pipeline.store.schema.tables import table_window
from flux_pipeline.store.schema.versions import feed_version
from flux_pipeline.wording import shown_name


@described_asset(docs="files.md", kinds={"postgres"}, retry_policy=RETRY_TRANSIENT, output_required=False)
def weather_data(context: dg.AssetExecutionContext, store: StoreResource) -> Iterator[dg.MaterializeResult]:
    """Observed and forecast weather by place, each with the time at which it became known."""
    yield from _load_kind(context, store, "weather")


@described_asset(docs="files.md", kinds={"postgres"}, retry_policy=RETRY_TRANSIENT, output_required=False)
def local_events(context: dg.AssetExecutionContext, store: StoreResource) -> Iterator[dg.MaterializeResult]:
    """Events that draw people, with their place and the time at which they became known."""
    yield from _load_kind(context, store, "local_events")


def _load_kind(context: dg.AssetExecutionContext, store: StoreResource, kind: str) -> Iterator[dg.MaterializeResult]:
    """Load every landed file of one kind; a file that can't be read is moved aside, and the others are loaded.

    Nothing is materialized if there was no file and the rows are those of the last materialization.
    """
    with step() as running:
        opened = store.open()
        landed = settled_files(opened.settings.landing, SHARED, opened.settings.landing_quiet_seconds)
        left, unfinished = list(landed.obstacles), list(landed.unfinished)
        left += [
            f"{file.shown} ({shown_name(file.kind)!r} is not a kind that all restaurants share)."
            for file in landed.files
            if file.kind not in KINDS or not KINDS[file.kind].shared
        ]
        done: list[FeedFile] = []
        for file in landed.files:
            if file.kind != kind:
                continue
            try:
                with shortages_in_words():
                    _load(opened, file, done)
            except TransientError as exc:
                if not is_last_attempt(context):
                    raise
                left.append(f"{file.shown} waits for the next run. {exc}")
            except PermanentError as exc:
                if file.is_unchanged():
                    left.append(f"{file.shown}. {exc}")
                else:
                    unfinished.append(file)
        for sentence in left:
            context.log.error(f"Left in the landing folder: {sentence}")
        for file in unfinished:
            context.log.warning(f"{file.shown} is still being written; the next run loads it.")
        with opened.feeds() as connection:
            window = table_window(connection, SHARED_TABLES[kind].table.name)
            version = feed_version(connection, kind)
    for failed in (file for file in done if file.refusal):
        context.log.error(f"{failed.file_name} was not loaded: {failed.refusal}")
    if not (done or left or unfinished) and _is_known(context, version):
        context.log.info("No new file.")
        return
    yield running.result(
        {
            **total(file.accounting for file in done).as_metadata(),
            **window.as_metadata(),
            "files_still_written": len(unfinished),
            "files_left_in_landing": len(left),
            "files_read": sum(not file.was_known and not file.refusal for file in done),
            "files_known_already": sum(file.was_known for file in done),
            "files_failed": sum(file.refusal is not None for file in done),
        },
        version,
    )


def _is_known(context: dg.AssetExecutionContext, version: str) -> bool:
    """Return whether the last materialization was of the rows of this version; `flux upload` loads some without one."""
    event = context.instance.get_latest_materialization_event(context.asset_key)
    last = event.asset_materialization if event else None
    return last is not None and (last.tags or {}).get(VERSION_TAG) == short_version(version)


def _load(store: Store, file: LandedFile, done: list[FeedFile]) -> None:
    """Load a landed file and remove it, or move it aside."""
    # The rows became known when the file was written, unless they give an earlier time themselves.
    feed = hand_in_feed(store, file.kind, file.source(), known_at=file.modified_at, door=LANDING_FOLDER)
    done.append(feed)
    if feed.refusal:
        file.refuse()
    else:
        file.take_away()
