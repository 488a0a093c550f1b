"""Accounting of rows: how many rows of one or more files were read, loaded, skipped and rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class Accounting:
    """Counts of rows, read = loaded + skipped + rejected, and the number of rows for each reason code.

    Raises:
        PermanentError: the counts do not add up; that is a defect of Flux, and such counts must never be stored.
    """

    read: int = 0
    loaded: int = 0
    skipped: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.read != self.loaded + self.skipped + self.rejected:
            raise PermanentError(
                f"{self.read} rows were read but {self.loaded} loaded, {self.skipped} skipped and {self.rejected} "
                "rejected: a row is unaccounted for, so nothing is stored. Please report this."
            )

    def as_metadata(self) -> dict[str, Any]:
        """Return the counts under the names that the UI shows."""
        return {
            "rows_read": self.read,
            "rows_loaded": self.loaded,
            "rows_skipped": self.skipped,
            "rows_rejected": self.rejected,
            "reasons": dict(self.reasons),
        }


def total(accountings: Iterable[Accounting]) -> Accounting:
    """Return the sum of the accountings of several files."""
    parts = list(accountings)
    reasons: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.reasons)
    return Accounting(
        read=sum(part.read for part in parts),
        loaded=sum(part.loaded for part in parts),
        skipped=sum(part.skipped for part in parts),
        rejected=sum(part.rejected for part in parts),
        reasons=dict(reasons),
    )
