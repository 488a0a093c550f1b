"""Upload assets: files in a restaurant's landing folder are registered, and waiting uploads are loaded.

Dagster keeps logs and metadata, so they contain only counts, names of files and the command that shows the rows.
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
class _Landed:
    """The files of the landing folder by outcome: registered as new, or the reason why not."""

    new: list[Upload] = field(default_factory=list)
    known: list[Upload] = field(default_factory=list)
    refused: list[tuple[str, Upload]] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    unfinished: list[LandedFile] = field(default_factory=list)

    def report(self, log: logging.Logger) -> None:
        """Log what the person who dropped the files has to do."""
        for file_name in self.misplaced:
            kinds = ", ".join(KINDS)
            log.error(f"Left in the landing folder: {file_name}. Move it to the folder of its kind, one of: {kinds}.")
        for path, upload in self.refused:
            log.error(
                f"{path} could not be read, and nothing of it was kept. {_where_to_look(upload)} Correct it and drop "
                "it again, or use `flux upload`."
            )
        for file in self.unfinished:
            log.warning(f"{file.path} is still being written; the next run loads it.")


@restaurant_asset(kinds={"postgres"})
def data_uploads(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """Each file that the restaurant handed in; those in its landing folder are archived and registered by content.

    A file that can't be read is moved aside and not archived, because columns about guests and staff can't be found.
    """
    with step() as running:
        opened = store.open()
        restaurant = opened.restaurant(context.partition_key)
        settings = opened.settings
        settled, unfinished = settled_files(settings.landing, restaurant.slug, settings.landing_quiet_seconds)
        landed = _Landed(unfinished=unfinished)
        for file in settled:
            _register(opened, restaurant, file, landed)
        landed.report(context.log)
        with opened.tenant(restaurant) as tx:
            waiting = waiting_uploads(tx)
            window = table_window(tx.connection, "data_uploads")
    return running.result(
        {
            **window.as_metadata(),
            "files_still_written": len(landed.unfinished),
            "new_files": len(landed.new),
            "files_known_already": len(landed.known),
            "files_left_in_landing": len(landed.misplaced),
            "files_refused": len(landed.refused),
            "uploads_waiting": len(waiting),
            "rows_shown_by": f"flux uploads list --restaurant {restaurant.slug}",
        }
    )


def _register(store: Store, restaurant: Restaurant, file: LandedFile, landed: _Landed) -> None:
    """Hand in a landed file and remove it; a file that can't be read is registered as failed and moved aside."""
    if file.kind not in KINDS:
        landed.misplaced.append(f"{file.path} (unknown kind {file.kind!r})")
        return
    try:
        done = hand_in(store, restaurant, file.source(), file.kind, door=LANDING_FOLDER, record_refusal=True)
    except PermanentError:
        if file.is_unchanged():
            raise
        landed.unfinished.append(file)
        return
    # The file is removed last: after a kill, the next run finds it again and its upload already registered.
    is_refused = done.is_new and done.refusal is not None
    if is_refused and (aside := file.refuse()):
        landed.refused.append((str(aside), done.upload))
    elif is_refused or not file.take_away():
        landed.unfinished.append(file)
    else:
        (landed.new if done.is_new else landed.known).append(done.upload)


@restaurant_asset(deps=[data_uploads], kinds={"pandas", "postgres"})
def transactions(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """Tickets of all waiting uploads, with their transaction_items, and menu_items for new names."""
    with step() as running:
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
        context.log.error(f"{upload.file_name} was not loaded. {_where_to_look(upload)}")
    return running.result(
        {
            **total(upload.accounting for upload in loaded).as_metadata(),
            **window.as_metadata(),
            "uploads_loaded": len(loaded) - len(failed),
            "uploads_failed": len(failed),
            "rows_shown_by": f"flux uploads list --restaurant {restaurant.slug}",
        }
    )


def _where_to_look(upload: Upload) -> str:
    """Return a sentence with the command that shows the reason, which itself may quote the file."""
    return f"`flux uploads show {upload.short_id}` shows why."
