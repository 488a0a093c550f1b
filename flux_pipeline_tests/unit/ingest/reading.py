"""Whole files read from memory, for the tests."""

import datetime as dt
from collections.abc import Mapping

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload


def read_upload(
    content: bytes,
    *,
    kind: str,
    columns: Mapping[str, str] | None = None,
    place: Place | None = None,
    known_at: dt.datetime | None = None,
    settings: UploadSettings | None = None,
) -> ParsedUpload:
    """Read a file that is in memory; for arguments and errors see `open_upload`."""
    hints = Hints(columns or {})
    opened = open_upload(Source.of(content), kind=kind, hints=hints, place=place, known_at=known_at, settings=settings)
    return merged(list(opened.parts()))
