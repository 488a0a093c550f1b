"""Uploaded files -> valid rows + rejected rows, each with its reason. Bytes in, frames out; nothing is stored here."""

from flux_pipeline.ingest.cells.places import place_key
from flux_pipeline.ingest.contracts import Contract, Field, Place
from flux_pipeline.ingest.kinds import KINDS
from flux_pipeline.ingest.reading.source import Hints, Source
from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.ingest.upload import OpenUpload, open_upload, read_upload

__all__ = [
    "KINDS",
    "Contract",
    "Field",
    "Hints",
    "OpenUpload",
    "ParsedUpload",
    "Place",
    "Source",
    "known_rows_skipped",
    "open_upload",
    "place_key",
    "read_upload",
]
