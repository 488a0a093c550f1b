"""Files in: what a restaurant dropped in its landing folder is registered, and what waits is loaded."""

import dagster as dg

from flux_pipeline.audit import total
from flux_pipeline.feeds.landing import settled_files
from flux_pipeline.ingest import KINDS
from flux_pipeline.orchestration import groups
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.store.archive import Archive
from flux_pipeline.store.loading import load_upload
from flux_pipeline.store.uploads import Upload, register_upload, waiting_uploads
from flux_pipeline.store.windows import table_window


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.UPLOADS,
    kinds={"postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def data_uploads(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """The files that the restaurant handed in: those in its landing folder are archived and registered by content."""
    with step() as this:
        opened = store.open()
        restaurant = opened.restaurant(context.partition_key)
        archive = Archive(opened.settings.archive)
        new: list[Upload] = []
        known: list[Upload] = []
        refused: list[str] = []
        landed, unfinished = settled_files(
            opened.settings.landing, restaurant.slug, opened.settings.landing_quiet_seconds
        )
        for file in landed:
            if file.kind not in KINDS:
                refused.append(f"{file.path} ({file.kind!r} is no kind; there are {', '.join(KINDS)})")
                continue
            kept = archive.keep(file.read(), restaurant.slug)
            with opened.tenant(restaurant) as tx:
                upload, is_new = register_upload(tx, kept, file.kind, file.path.name, {})
            # Only now: a run that is killed before finds the file again and the upload registered.
            if not file.take_away():
                unfinished.append(file)
            (new if is_new else known).append(upload)
        for file_name in refused:
            context.log.error(f"Left in the landing folder: {file_name}. Move it to the folder of its kind.")
        for file in unfinished:
            context.log.warning(f"{file.path} is still being written; the next run takes it in.")
        with opened.tenant(restaurant) as tx:
            waiting = waiting_uploads(tx)
            window = table_window(tx.connection, "data_uploads")
    return this.result(
        {
            **window.as_metadata(),
            "files_still_written": len(unfinished),
            "new_files": len(new),
            "files_known_already": len(known),
            "files_left_in_landing": len(refused),
            "uploads_waiting": len(waiting),
        }
    )


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.UPLOADS,
    deps=[data_uploads],
    kinds={"pandas", "postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def transactions(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """The tickets of all waiting uploads, with transaction_items, and menu_items for names that are new."""
    with step() as this:
        opened = store.open()
        restaurant = opened.restaurant(context.partition_key)
        with opened.tenant(restaurant) as tx:
            waiting = waiting_uploads(tx)
        loaded = []
        for upload in waiting:
            context.log.info(f"Loading {upload.file_name} ({upload.kind})")
            loaded.append(load_upload(opened, restaurant, upload))
        with opened.tenant(restaurant) as tx:
            window = table_window(tx.connection, "transactions")
    failed = [upload for upload in loaded if upload.status == "failed"]
    for upload in failed:
        context.log.error(f"Nothing of {upload.file_name} was loaded: {upload.error}")
    return this.result(
        {
            **total(upload.accounting for upload in loaded).as_metadata(),
            **window.as_metadata(),
            "uploads_loaded": len(loaded) - len(failed),
            "uploads_failed": len(failed),
        }
    )
