"""Files in: what a restaurant dropped in its landing folder is registered, and what waits is loaded.

Dagster keeps what is logged and told here, so that is counts, names of files and the command that shows the rows.
"""

import logging
from dataclasses import dataclass, field

import dagster as dg

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.landing import LandedFile, settled_files
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import restaurant_asset
from flux_pipeline.records.accounting import total
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import LANDING_FOLDER, hand_in
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.models.uploads import UploadStatus
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import table_window
from flux_pipeline.store.uploads.registry import Upload, waiting_uploads


@dataclass(frozen=True)
class _TakenIn:
    """What became of the files in the landing folder: those registered as new, and those that were not."""

    new: list[Upload] = field(default_factory=list)
    known: list[Upload] = field(default_factory=list)
    refused: list[tuple[str, Upload]] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    unfinished: list[LandedFile] = field(default_factory=list)

    def report(self, log: logging.Logger) -> None:
        """Say what whoever dropped them has to do."""
        for file_name in self.misplaced:
            log.error(f"Left in the landing folder: {file_name}. Move it to the folder of its kind.")
        for path, upload in self.refused:
            log.error(f"Nothing was kept of {path}. {_why(upload)} Correct it and drop it again, or use `flux upload`.")
        for file in self.unfinished:
            log.warning(f"{file.path} is still being written; the next run takes it in.")


@restaurant_asset(kinds={"postgres"})
def data_uploads(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """The files that the restaurant handed in: those in its landing folder are archived and registered by content.

    A file that can't be read is moved aside there and not archived: what it holds of guests and staff can't be told.
    """
    with step() as this:
        opened = store.open()
        restaurant = opened.restaurant(context.partition_key)
        settings = opened.settings
        landed, unfinished = settled_files(settings.landing, restaurant.slug, settings.landing_quiet_seconds)
        taken = _TakenIn(unfinished=unfinished)
        for file in landed:
            _take_in(opened, restaurant, file, taken)
        taken.report(context.log)
        with opened.tenant(restaurant) as tx:
            waiting = waiting_uploads(tx)
            window = table_window(tx.connection, "data_uploads")
    return this.result(
        {
            **window.as_metadata(),
            "files_still_written": len(taken.unfinished),
            "new_files": len(taken.new),
            "files_known_already": len(taken.known),
            "files_left_in_landing": len(taken.misplaced),
            "files_refused": len(taken.refused),
            "uploads_waiting": len(waiting),
            "rows_shown_by": f"flux uploads list --restaurant {restaurant.slug}",
        }
    )


def _take_in(store: Store, restaurant: Restaurant, file: LandedFile, taken: _TakenIn) -> None:
    """Hand in a landed file and take it away; one that can't be read is registered as failed and moved aside."""
    if file.kind not in KINDS:
        taken.misplaced.append(f"{file.path} ({file.kind!r} is no kind; there are {', '.join(KINDS)})")
        return
    try:
        done = hand_in(store, restaurant, file.source(), file.kind, door=LANDING_FOLDER, record_refusal=True)
    except PermanentError:
        if file.is_unchanged():
            raise
        taken.unfinished.append(file)
        return
    # Only now: a run that is killed before finds the file again and the upload registered.
    is_refused = done.is_new and done.refusal is not None
    if is_refused and (aside := file.refuse()):
        taken.refused.append((str(aside), done.upload))
    elif is_refused or not file.take_away():
        taken.unfinished.append(file)
    else:
        (taken.new if done.is_new else taken.known).append(done.upload)


@restaurant_asset(deps=[data_uploads], kinds={"pandas", "postgres"})
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
    failed = [upload for upload in loaded if upload.status == UploadStatus.FAILED]
    for upload in failed:
        context.log.error(f"Nothing of {upload.file_name} was loaded. {_why(upload)}")
    return this.result(
        {
            **total(upload.accounting for upload in loaded).as_metadata(),
            **window.as_metadata(),
            "uploads_loaded": len(loaded) - len(failed),
            "uploads_failed": len(failed),
            "rows_shown_by": f"flux uploads list --restaurant {restaurant.slug}",
        }
    )


def _why(upload: Upload) -> str:
    """Where the reason stands, which may quote the file."""
    return f"`flux uploads show {upload.short_id}` says why."
