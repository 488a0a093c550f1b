"""Archive of the files that were read, by the hash of their content, with a folder for each restaurant.

It knows no table. _places.py reads and writes the files; the ingest room decides which columns may be kept.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.fitting import known_names
from flux_pipeline.ingest.columns.personal.redaction import needs_rewriting, rewrite_without
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.store.uploads._places import open_place

# Weather and events belong to no restaurant; no restaurant can have this slug (a CHECK of its table forbids it).
SHARED = "shared"

PIECE_BYTES = 2**20


@dataclass(frozen=True)
class KeptFile:
    """A file that was handed in.

    Attributes:
        storage_uri: the path of its kept form under the archive, the same on every machine; "" if none was kept.
        content_sha256: of the file as it was handed in, so that the same bytes are recognised under any name.
        size_bytes: of the file as it was handed in.
        detected_format: what can't be found in the kept form: the encoding, and how many filled cells were not kept,
            by header, of persons' columns and of unused columns of text.
    """

    storage_uri: str
    content_sha256: str
    size_bytes: int
    detected_format: Mapping[str, Any] = field(default_factory=dict)


class Archive:
    """A folder of files that never change, on a disk or in an object store."""

    def __init__(self, place: Path | str) -> None:
        """Open the archive; nothing is created before the first file is kept.

        Args:
            place: the folder, or its URL for fsspec, such as s3://bucket/prefix.

        Raises:
            PermanentError: no installed library handles such URLs.
            TransientError: the object store does not answer.
        """
        self._place = open_place(place)

    def keep(self, source: Source | bytes, owner: str) -> KeptFile:
        """Keep a file as it was handed in, whole or not at all. Idempotent: files are named by their content.

        Args:
            source: the file. It is copied in pieces and never held in memory.
            owner: a restaurant's slug, or SHARED.

        Raises:
            PermanentError: the archive can't be written, or the file changed while it was read.
            TransientError: the object store does not answer.
        """
        return self._write(_pieces(Source.of(source) if isinstance(source, bytes) else source), owner)

    def keep_redacted(self, opened: OpenUpload, source: Source, owner: str) -> KeptFile:
        """Keep a file without what may be personal data in it; the same rows are read from it.

        A workbook is always kept as the texts of its sheets, and files of an archive that are joined as the table made
        of them. For arguments and errors see `keep`.

        Args:
            opened: the same file, as `open_upload` gave it.
        """
        pieces = redacted(opened, source)
        if pieces is None:
            return self.keep(source, owner)
        kept = self._write(pieces, owner)
        found = {name: opened.detected_format[name] for name in ("encoding", "personal_columns", "dropped_columns")}
        return replace(not_kept(source), storage_uri=kept.storage_uri, detected_format=found)

    def open(self, storage_uri: str, name: str = "") -> Source:
        """Open a kept file, to be read as often as needed; its content is compared with its hash once.

        Args:
            storage_uri: as in KeptFile.
            name: the name of the file in messages; default: its hash.

        Raises:
            PermanentError: it is missing, its content does not match its hash, or nothing was kept.
            TransientError: the object store does not answer.
        """
        if not storage_uri:
            raise PermanentError(
                "Nothing was kept of this file, because it could not be read. Correct it and upload it again."
            )
        expected = storage_uri.rsplit("/", 1)[-1]
        source = Source(name or expected, self._place.fetch(storage_uri))
        if not_kept(source).content_sha256 != expected:
            raise PermanentError(
                f"The kept file {self._place.shown(storage_uri)} was changed. Restore it from a backup, or upload it "
                "again."
            )
        return source

    def delete(self, storage_uri: str) -> None:
        """Delete a kept file, which no upload may point at; a file that is missing is deleted.

        Raises:
            PermanentError: it can't be deleted.
            TransientError: the object store does not answer.
        """
        self._place.delete(storage_uri)

    def _write(self, pieces: Iterable[bytes], owner: str) -> KeptFile:
        """Write the bytes to a temporary file, then move it: its name, the hash, is known only at the end."""
        digest, size = hashlib.sha256(), 0
        with self._place.part() as part:
            for piece in pieces:
                part.write(piece)
                digest.update(piece)
                size += len(piece)
            name = digest.hexdigest()
            uri = _uri(owner, name)
            part.put(uri, size)
        return KeptFile(uri, name, size)


def redacted(opened: OpenUpload, source: Source) -> Iterator[bytes] | None:
    """Return the bytes of a file without what may be personal data in it; None if it can be kept as it is."""
    tables = [(table, redaction) for (table, _), redaction in zip(opened.tables, opened.redactions, strict=True)]
    if not needs_rewriting(tables):
        return None
    return rewrite_without(source, tables, known_names(opened.contract, opened.context.hints.columns))


def would_keep(opened: OpenUpload, source: Source, owner: str) -> str:
    """Return the `storage_uri` under which `Archive.keep_redacted` would keep a file; nothing is written."""
    digest = hashlib.sha256()
    for piece in redacted(opened, source) or _pieces(source):
        digest.update(piece)
    return _uri(owner, digest.hexdigest())


def not_kept(source: Source) -> KeptFile:
    """Return the hash and the size of a file whose content is not kept.

    Raises:
        PermanentError: the file changed while it was read.
    """
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(source):
        digest.update(piece)
        size += len(piece)
    return KeptFile("", digest.hexdigest(), size)


def _uri(owner: str, name: str) -> str:
    return f"{owner}/{name[:2]}/{name}"


def _pieces(source: Source) -> Iterator[bytes]:
    size = 0
    with source.stream() as stream:
        expected = _size(stream)
        while piece := stream.read(PIECE_BYTES):
            size += len(piece)
            yield piece
        found = _size(stream)
    if not size == expected == found:
        raise PermanentError(
            f"The file {source.name!r} changed while it was read (from {expected:,} bytes to {found:,}); expected a "
            "finished file. Send it again when no program writes to it any more."
        )


def _size(stream: BinaryIO) -> int:
    place = stream.tell()
    size = stream.seek(0, 2)
    stream.seek(place)
    return size
