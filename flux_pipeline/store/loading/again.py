"""A file that is known already and comes again with other words about it: loaded anew, or a sentence that says how.

The same bytes with the same words change nothing; that, and files that still wait, `register_upload` settles.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Hints
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.models.uploads import DataUpload, UploadDay, UploadStatus
from flux_pipeline.store.uploads.archive import KeptFile
from flux_pipeline.store.uploads.registry import Upload, find_upload, register_upload
from flux_pipeline.wording import listed


def send_again(tx: Tenant, known: Upload, kept: KeptFile, file_name: str, hints: Mapping[str, Any]) -> Upload:
    """What becomes of a finished upload whose file is handed in again.

    Idempotent: what is said a second time, or is nothing new, changes nothing.

    Args:
        tx: the restaurant's transaction.
        known: the upload, as `register_upload` found it.
        kept: the file in the archive, as it is understood now.
        file_name: as it was handed in.
        hints: what its sender says of it now.

    Returns:
        The upload that is known, or the new one that waits to be loaded as is said now, where nothing of the first
        stands: it counts as withdrawn then.

    Raises:
        PermanentError: its rows stand, so as to be loaded otherwise it must be withdrawn first.
    """
    tx.lock()
    known = find_upload(tx, known.id)
    if not must_load_anew(tx, known, file_name, hints):
        return known
    _retire(tx, known)
    anew, _ = register_upload(tx, kept, known.kind, file_name, hints)
    return anew


def must_load_anew(tx: Tenant, known: Upload, file_name: str, hints: Mapping[str, Any]) -> bool:
    """Whether a finished upload is to be loaded once more, because of what its sender says now; nothing is written.

    For arguments and errors see `send_again`.
    """
    news = _new_words(known.hints, hints)
    if known.is_waiting or not news or (set(news) == {"overlap"} and _stands_whole(tx, known)):
        return False
    if known.accounting.loaded and _stands(tx, known):
        way = (
            f"`flux uploads withdraw {known.short_id}` takes it back out; then send it as you did now."
            if known.kind == "sales"
            else "Correct the file itself, and send it."
        )
        raise PermanentError(
            f"{file_name} has the content of {known.file_name} (upload {known.short_id}), which was loaded without "
            f"{listed(list(news.values()))}. {way}"
        )
    return True


def _new_words(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """What is said now and was not, or was otherwise, by the name of the hint: as it is typed."""
    said, earlier = Hints.from_json(now), Hints.from_json(before)
    news = {}
    columns = [f"{field}={head}" for field, head in said.columns.items() if earlier.columns.get(field) != head]
    if columns:
        news["columns"] = f"--column {' '.join(columns)}"
    for name in ("encoding", "date_order", "year_from"):
        value = getattr(said, name)
        if value is not None and value != getattr(earlier, name):
            news[name] = f"--{name} {value}".replace("_", "-")
    if said.overlap is not None and said.overlap != earlier.overlap:
        news["overlap"] = f"--{said.overlap}"
    return news


def _stands_whole(tx: Tenant, known: Upload) -> bool:
    """Whether every valid row of a file stands as it told them: then it matters not what should become of others."""
    return "already_loaded" not in known.accounting.reasons and not _days(tx, known) - {"current"}


def _stands(tx: Tenant, known: Upload) -> bool:
    return known.kind != "sales" or "current" in _days(tx, known)


def _days(tx: Tenant, known: Upload) -> set[str]:
    query = select(UploadDay.status).where(UploadDay.data_upload_id == known.id).distinct()
    return set(tx.connection.scalars(query))


def _retire(tx: Tenant, known: Upload) -> None:
    if known.kind == "sales":
        withdraw_upload(tx, known.id)
        return
    tx.connection.execute(update(DataUpload).where(DataUpload.id == known.id).values(status=UploadStatus.WITHDRAWN))
