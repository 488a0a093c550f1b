"""Uploaded files -> valid rows + rejected rows, each with its reason. Bytes in, frames out; nothing is stored here."""

from flux_pipeline.ingest.contracts import Contract, Field, Place
from flux_pipeline.ingest.kinds import KINDS
from flux_pipeline.ingest.places import place_key
from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.ingest.upload import read_upload

__all__ = ["KINDS", "Contract", "Field", "ParsedUpload", "Place", "known_rows_skipped", "place_key", "read_upload"]
