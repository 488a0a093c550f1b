"""Resubmission: the same file handed in again with different hints is reloaded, or the error explains how to.

The same content with the same hints changes nothing. `register_upload` handles that, and files that still wait.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.loading._statements import STATED
from flux_pipeline.store.loading.kinds import LOADERS
from flux_pipeline.store.loading.withdraw import retire_upload
from flux_pipeline.store.models.uploads import UploadDay, UploadStatus
from flux_pipeline.store.uploads.archive import KeptFile
from flux_pipeline.store.uploads.registry import Upload, register_upload
from flux_pipeline.wording import listed


def register_again(
    tx: Tenant,
    kept: KeptFile,
    kind: str,
    file_name: str,
    hints: Mapping[str, Any],
    received_at: dt.datetime | None = None,
) -> tuple[Upload, bool]:
    """Register a file; if its content is known and its hints are new, withdraw the known upload first.

    Idempotent: hints that were given before, or that make no difference, change nothing. For arguments and result see
    `register_upload`.

    Raises:
        PermanentError: its rows are stored, so it must be withdrawn before it can be loaded with other hints.
    """
    upload, is_new = register_upload(tx, kept, kind, file_name, hints, received_at)
    if is_new or not _needs_reload(tx, upload, file_name, hints):
        return upload, is_new
    retire_upload(tx, upload)
    return register_upload(tx, kept, kind, file_name, hints, received_at)


def _needs_reload(tx: Tenant, known: Upload, file_name: str, hints: Mapping[str, Any]) -> bool:
    """Return whether an upload must be loaded again because of its hints; for the error see `register_again`.

    So must one that was only checked, because its kind had no loader then.
    """
    changed = _new_hints(known.hints, hints)
    if known.status == UploadStatus.VALIDATED and known.kind in LOADERS:
        return True
    if known.is_waiting or not changed or (set(changed) == {"overlap"} and _is_stored_whole(tx, known)):
        return False
    if known.accounting.loaded and _is_stored(tx, known):
        next_step = (
            f"`flux uploads withdraw {known.short_id}` removes its rows; then send it again like this."
            if known.kind in ("sales", *STATED)
            else "Correct the file itself and send it."
        )
        raise PermanentError(
            f"{file_name} has the content of {known.file_name} (upload {known.short_id}), which was loaded without "
            f"{listed(list(changed.values()))}. {next_step}"
        )
    return True


def _new_hints(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """Return the hints that are new or changed, by name, each as the command-line option that gives it."""
    given, earlier = Hints.from_json(now), Hints.from_json(before)
    changed = {}
    columns = [f"{field}={head}" for field, head in given.columns.items() if earlier.columns.get(field) != head]
    if columns:
        changed["columns"] = f"--column {' '.join(columns)}"
    for name in ("encoding", "date_order", "year_from"):
        value = getattr(given, name)
        if value is not None and value != getattr(earlier, name):
            changed[name] = f"--{name} {value}".replace("_", "-")
    if {*given.keep_columns} - {*earlier.keep_columns}:
        changed["keep_columns"] = " ".join(f"--keep-column '{name}'" for name in given.keep_columns)
    if given.overlap is not None and given.overlap != earlier.overlap:
        changed["overlap"] = f"--{given.overlap}"
    return changed


def _is_stored_whole(tx: Tenant, known: Upload) -> bool:
    """Return whether all valid rows of a file are stored as given; then --add and --replace change nothing."""
    kept_out = {"already_loaded", "stored_otherwise"} & known.accounting.reasons.keys()
    return not kept_out and not _days(tx, known) - {"current"}


def _is_stored(tx: Tenant, known: Upload) -> bool:
    return known.kind != "sales" or "current" in _days(tx, known)


def _days(tx: Tenant, known: Upload) -> set[str]:
    query = select(UploadDay.status).where(UploadDay.data_upload_id == known.id).distinct()
    return set(tx.connection.scalars(query))
