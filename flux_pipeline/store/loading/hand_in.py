"""Entry of files: opened as their kind, archived without personal data, registered by content, noted in the log.

`flux upload`, the landing folder and the tests hand files in here. The rows of a restaurant's file are loaded later, by
load.py; a file of a feed, which all restaurants share, is loaded at once.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import OpenUpload, open_upload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.records.alerts import Severity
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.feeds import loaded_feed_file, record_feed_file
from flux_pipeline.store.loading._resubmit import register_again
from flux_pipeline.store.loading.kinds import SHARED_TABLES
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import note_act, note_operator_act
from flux_pipeline.store.records.alerts import close_operator_alert, open_operator_alert
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import SHARED, Archive, KeptFile, not_kept
from flux_pipeline.store.uploads.opening import open_for
from flux_pipeline.store.uploads.registry import Upload, accounting_of, fail_upload, register_upload
from flux_pipeline.store.uploads.rows import REJECTED_KEPT

LANDING_FOLDER = "landing folder"
# The kind of the alert about a feed's file that can't be read; restaurants' files have a check of this name.
UNREAD = "every_file_was_read"


@dataclass(frozen=True)
class HandedIn:
    """Result of handing in a restaurant's file.

    Attributes:
        upload: its upload, as it was registered.
        is_new: whether this call registered it; otherwise its content was known.
        refusal: why it can't be read, in which case nothing of it was kept; None for a file that was accepted.
    """

    upload: Upload
    is_new: bool
    refusal: str | None = None


@dataclass(frozen=True)
class FeedFile:
    """Result of handing in a feed's file. `refusal` is the reason why nothing of it could be read."""

    kind: str
    file_name: str
    accounting: Accounting
    was_known: bool = False
    refusal: PermanentError | None = None


def hand_in(
    store: Store,
    restaurant: Restaurant,
    source: Source,
    kind: str,
    hints: Hints | None = None,
    *,
    received_at: dt.datetime | None = None,
    door: str | None = None,
    record_refusal: bool = False,
) -> HandedIn:
    """Accept a file of a restaurant. Its rows wait until `load_upload` reads them.

    The file is opened before anything is kept, so a wrong column leaves nothing behind. Registration and its row in the
    log are one transaction. Idempotent: the same content with the same hints is one upload and one row in the log.

    Args:
        store, restaurant: whose file it is.
        source, kind: the file, and what it holds.
        hints: the sender's hints; None if no hints could be given, so that earlier ones apply.
        received_at: when it was handed in; None: now.
        door: how it was handed in, for the log; None: on the command line.
        record_refusal: register a file that can't be read as failed instead of raising, because no person is waiting.

    Raises:
        PermanentError: it can't be read as its kind; it changed while it was read; the archive can't be written; or its
            content is loaded and must be withdrawn before it can be loaded with these hints.
        TransientError: the database or the archive can't do it now; nothing is recorded.
    """
    try:
        with store.tenant(restaurant) as tx:
            opened = open_for(tx, source, kind, hints or Hints())
    except PermanentError as exc:
        if not record_refusal:
            raise
        return _record_refusal(store, restaurant, source, kind, str(exc), received_at)
    kept = Archive(store.settings.archive).keep_redacted(opened, source, restaurant.slug)
    given_hints = hints.as_json() if hints else {}
    with store.tenant(restaurant) as tx:
        upload, is_new = register_again(tx, kept, kind, source.name, given_hints, received_at)
        if is_new:
            note_act(tx, "uploads.add", upload.file_name, after=_noted(kind, door, sha256=kept.content_sha256[:12]))
    return HandedIn(upload, is_new)


def hand_in_feed(
    store: Store,
    kind: str,
    source: Source,
    *,
    known_at: dt.datetime,
    hints: Hints | None = None,
    door: str | None = None,
) -> FeedFile:
    """Load a file of a shared feed, whole or not at all. One that can't be read is recorded and not kept.

    Idempotent: a file of the same content is known, and rows that are stored already are skipped. The owner's log is
    written after the load, in a transaction of its own, because the role that loads feeds may not write there.

    For the other arguments see `hand_in`.

    Args:
        known_at: when the file was handed in; its events became known then, unless they give an earlier time.

    Raises:
        PermanentError: it changed while it was read, or the archive can't be written.
        TransientError: the database or the archive can't do it now; nothing is recorded.
    """
    kept = not_kept(source)
    with store.feeds() as connection:
        if loaded_feed_file(connection, kind, kept.content_sha256):
            return FeedFile(kind, source.name, Accounting(), was_known=True)
    try:
        opened = open_upload(source, kind=kind, hints=hints, known_at=known_at)
        parsed = merged(list(opened.parts()))
    except PermanentError as exc:
        return _refused_feed(store, kind, source, kept, known_at, exc, door)
    # An archive that can't be written is not the file's fault, so nothing is recorded.
    kept = Archive(store.settings.archive).keep_redacted(opened, source, SHARED)
    try:
        with store.feeds() as connection:
            accounting = _load_feed(connection, kind, source.name, kept, parsed, known_at)
    except PermanentError as exc:
        return _refused_feed(store, kind, source, kept, known_at, exc, door)
    with store.transaction(Role.OWNER) as owner:
        note_operator_act(owner, store.settings, "uploads.add", source.name, after=_noted(kind, door))
    return FeedFile(kind, source.name, accounting)


def _refused_feed(
    store: Store,
    kind: str,
    source: Source,
    kept: KeptFile,
    received_at: dt.datetime,
    refusal: PermanentError,
    door: str | None,
) -> FeedFile:
    """Record why nothing of a feed's file was loaded; raise PermanentError if the file has changed meanwhile.

    Nobody waits at the landing folder, so an alert is opened, until a file of the kind is loaded.
    """
    not_kept(source)
    with store.feeds() as connection:
        record_feed_file(
            connection, kind, source.name, kept, Accounting(), [], received_at=received_at, error=str(refusal)
        )
        if door == LANDING_FOLDER:
            message = (
                f"{source.name} could not be read as {kind}, so forecasts use what was known before. The log of "
                f"{_table_of(kind)} says why. Correct the file and drop it again."
            )
            open_operator_alert(connection, UNREAD, _table_of(kind), message, Severity.WARNING)
    return FeedFile(kind, source.name, Accounting(), refusal=refusal)


def _record_refusal(
    store: Store, restaurant: Restaurant, source: Source, kind: str, refusal: str, received_at: dt.datetime | None
) -> HandedIn:
    """Register a file that can't be read as failed. Nothing was handed over, so the log has no row for it."""
    unkept = not_kept(source)
    with store.tenant(restaurant) as tx:
        upload, is_new = register_upload(tx, unkept, kind, source.name, {}, received_at)
        if is_new:
            fail_upload(tx, upload, refusal)
    return HandedIn(upload, is_new, refusal)


def try_feed(store: Store, kind: str, source: Source, opened: OpenUpload) -> FeedFile:
    """Load an opened file of a shared feed like `hand_in_feed`, and roll all of it back.

    Raises:
        PermanentError: it can't be read as its kind, or changed while it was read.
    """
    kept = not_kept(source)
    with store.feeds() as connection:
        if loaded_feed_file(connection, kind, kept.content_sha256):
            return FeedFile(kind, source.name, Accounting(), was_known=True)
        accounting = _load_feed(
            connection, kind, source.name, kept, merged(list(opened.parts())), dt.datetime.now(dt.UTC)
        )
        connection.rollback()
    return FeedFile(kind, source.name, accounting)


def _load_feed(
    connection: Connection, kind: str, file_name: str, kept: KeptFile, parsed: ParsedUpload, received_at: dt.datetime
) -> Accounting:
    table = SHARED_TABLES[kind]
    # Blocks and sheets are checked one by one, so a key may come in several of them: the last row counts.
    rows = parsed.rows.drop_duplicates(list(table.key), keep="last")
    accounting = accounting_of(parsed, written=table.note(connection, rows, dt.datetime.now(dt.UTC)))
    records = parsed.rejected.head(REJECTED_KEPT).astype(object).to_dict("records")
    rejected = [{str(key): value for key, value in record.items()} for record in records]
    record_feed_file(connection, kind, file_name, kept, accounting, rejected, received_at=received_at)
    close_operator_alert(connection, UNREAD, _table_of(kind))
    return accounting


def _table_of(kind: str) -> str:
    return SHARED_TABLES[kind].table.name


def _noted(kind: str, door: str | None, **more: str) -> dict[str, Any]:
    return {"kind": kind, **more, **({"from": door} if door else {})}
