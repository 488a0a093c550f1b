"""Upload assets: files in a restaurant's landing folder are registered, and waiting uploads are loaded.

Dagster keeps logs and metadata, so they contain only counts, names of files and the command that shows the rows.
"""

import datetime as dt
import logging
from dataclasses import dataclass, field

import dagster as dg

from flux_pipeline.errors import PermanentError, TransientError, shortages_in_words
from flux_pipeline.feeds.landing import LandedFile, settled_files
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import is_last_attempt, step
from flux_pipeline.orchestration.work import current_work, restaurant_asset
from flux_pipeline.records.accounting import total
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import LANDING_FOLDER, hand_in
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.models.uploads import UploadStatus
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import table_window
from flux_pipeline.store.schema.versions import files_version, loaded_version
from flux_pipeline.store.uploads.registry import Upload, waiting_uploads
from flux_pipeline.wording import count_of, shown_name


@dataclass(frozen=True)
class _Taken:
    """The files of the landing folder by outcome: registered as new, or the reason why not."""

    new: list[Upload] = field(default_factory=list)
    known: list[Upload] = field(default_factory=list)
    refused: list[tuple[str, Upload]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unfinished: list[LandedFile] = field(default_factory=list)

    def report(self, log: logging.Logger) -> None:
        """Log what the person who dropped the files has to do."""
        for sentence in self.left:
            log.error(f"Left in the landing folder: {sentence}")
        for path, upload in self.refused:
            log.error(
                f"{path} could not be read, and nothing of it was kept. {_where_to_look(upload)} Correct it and drop "
                "it again, or use `flux upload`."
            )
        for file in self.unfinished:
            log.warning(f"{file.shown} is still being written; the next run loads it.")


@restaurant_asset(kinds={"postgres"})
def data_uploads(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Each file that the restaurant handed in; those in its landing folder are archived and registered by content.

    A file that can't be read is moved aside and not archived, because columns about guests and staff can't be found.
    What can't be taken from the landing folder is left there and reported; the other files are taken.
    """
    with step() as running:
        work = current_work(context, store, business_day)
        opened, restaurant = work.store, work.restaurant
        settings = opened.settings
        landed = settled_files(settings.landing, restaurant.slug, settings.landing_quiet_seconds)
        taken = _Taken(left=list(landed.obstacles), unfinished=list(landed.unfinished))
        # Rows of other kinds name people, so that these must be known before.
        ordered = sorted(landed.files, key=lambda file: file.kind != "employees")
        for number, file in enumerate(ordered):
            # The run's forecast uses what was known when the run was started, so that is when its files came in.
            came_before = dt.timedelta(microseconds=len(landed.files) - number)
            try:
                with shortages_in_words():
                    _register(opened, restaurant, file, work.started_at - came_before, taken)
            except TransientError as exc:
                if not is_last_attempt(context):
                    raise
                # Files are loaded in the order in which they are registered, so the ones behind it wait too.
                waiting_files = count_of(len(landed.files) - number, "file")
                taken.left.append(f"{waiting_files} from {file.shown} on, for the next run. {exc}")
                break
        taken.report(context.log)
        with opened.tenant(restaurant) as tx:
            waiting = waiting_uploads(tx)
            window = table_window(tx.connection, "data_uploads")
            version = files_version(tx)
    return running.result(
        {
            **window.as_metadata(),
            "files_still_written": len(taken.unfinished),
            "new_files": len(taken.new),
            "files_known_already": len(taken.known),
            "files_left_in_landing": len(taken.left),
            "files_refused": len(taken.refused),
            "uploads_waiting": len(waiting),
        },
        version,
    )


def _register(store: Store, restaurant: Restaurant, file: LandedFile, received_at: dt.datetime, taken: _Taken) -> None:
    """Hand in a landed file and remove it; a file that can't be read is registered as failed and moved aside."""
    if file.kind not in KINDS:
        kind, kinds = shown_name(file.kind), ", ".join(KINDS)
        taken.left.append(f"{file.shown} (unknown kind {kind!r}). Move it to the folder of its kind, one of: {kinds}.")
        return
    try:
        done = hand_in(
            store,
            restaurant,
            file.source(),
            file.kind,
            received_at=received_at,
            door=LANDING_FOLDER,
            record_refusal=True,
        )
        # The file is removed last: after a kill, the next run finds it again and its upload already registered.
        is_refused = done.is_new and done.refusal is not None
        if is_refused and (aside := file.refuse()):
            taken.refused.append((shown_name(str(aside)), done.upload))
        elif is_refused or not file.take_away():
            taken.unfinished.append(file)
        else:
            (taken.new if done.is_new else taken.known).append(done.upload)
    except PermanentError as exc:
        if file.is_unchanged():
            taken.left.append(f"{file.shown}. {exc}")
        else:
            taken.unfinished.append(file)


@restaurant_asset(deps=[data_uploads], kinds={"pandas", "postgres"})
def transactions(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Tickets of all waiting uploads, with their transaction_items, and menu_items for new names.

    An upload that can't be loaded now, for example because the disk is full, waits for the next run, and so do those
    after it, which are compared with it.
    """
    with step() as running:
        work = current_work(context, store, business_day)
        opened, restaurant = work.store, work.restaurant
        with opened.tenant(restaurant) as tx:
            waiting = waiting_uploads(tx)
        loaded: list[Upload] = []
        for upload in waiting:
            context.log.info(f"Loading {upload.file_name} ({upload.kind})")
            try:
                with shortages_in_words():
                    loaded.append(load_upload(opened, restaurant, upload))
            except TransientError as exc:
                if not is_last_attempt(context):
                    raise
                context.log.error(f"{upload.file_name} is kept and waits for the next run. {exc}")
                break
        with opened.tenant(restaurant) as tx:
            window = table_window(tx.connection, "transactions")
            version = loaded_version(tx)
    failed = [upload for upload in loaded if upload.status == UploadStatus.FAILED]
    for upload in failed:
        context.log.error(f"{upload.file_name} was not loaded. {_where_to_look(upload)}")
    return running.result(
        {
            **total(upload.accounting for upload in loaded).as_metadata(),
            **window.as_metadata(),
            "uploads_loaded": len(loaded) - len(failed),
            "uploads_failed": len(failed),
            "uploads_left_waiting": len(waiting) - len(loaded),
            "rows_shown_by": f"flux uploads list --restaurant {restaurant.slug}",
        },
        version,
    )


def _where_to_look(upload: Upload) -> str:
    """Return a sentence with the command that shows the reason, which itself may quote the file."""
    return f"`flux uploads show {upload.short_id}` shows why."
