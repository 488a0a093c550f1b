"""Texts of all kinds of files: how long names and notes may be, and which character they can't have."""

from __future__ import annotations

from functools import partial

from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name

# Limits for names as printed or typed. The longest in the real files has 45 letters; a longer text is a paragraph, or
# many rows joined by a stray quote.
MOST_CHARACTERS = 200
# Notes and reasons may be sentences.
MOST_OF_A_NOTE = 2_000
# PostgreSQL's indexes hold 2,704 bytes per row; folding a name for comparison can turn one letter into many.
_MOST_FOLDED_BYTES = 2_000


def judge_text(
    table: MappedTable, verdicts: Verdicts, field: str, texts: Texts | None = None, *, most: int = MOST_CHARACTERS
) -> None:
    """Reject the rows whose text of a field can't be stored or is too long; `texts` if it is not as in the file."""
    texts, name = table.texts(field) if texts is None else texts, field.replace("_", " ")
    verdicts.reject(
        texts.where(lambda text: "\0" in text),
        f"bad_{field}",
        field,
        f"The {name} holds a character that can't be stored (U+0000); expected text.",
    )
    verdicts.reject(
        texts.where(partial(_is_too_long, most=most)),
        f"{field}_too_long",
        field,
        f"The {name} '{{found}}' is too long; expected {most:,} characters at most.",
    )


def _is_too_long(text: str, most: int) -> bool:
    # Checked without folding first: most names are too short to exceed the limit even if every letter grows.
    if len(text) > most:
        return True
    return len(text) > _MOST_FOLDED_BYTES // 54 and len(fold_name(text).encode()) > max(most, _MOST_FOLDED_BYTES)
