"""What the kinds that all restaurants share have in common: where something is, and who says so."""

from __future__ import annotations

from flux_pipeline.ingest.cells.forms import NUMBER
from flux_pipeline.ingest.contracts import Field

COORDINATES = (
    Field("latitude", "degrees north", "48.86", form=NUMBER, words="shared.latitude"),
    Field("longitude", "degrees east", "2.35", form=NUMBER, words="shared.longitude"),
)

# Without a source the rows of two files would not be told apart from those of a feed.
DEFAULT_SOURCE = "upload"


def source_field(example: str) -> Field:
    """The field that names who says so."""
    return Field("source", "who says so", example, words="shared.source")
