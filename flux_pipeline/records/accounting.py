"""The accounting of a file's rows as a value, however many files it sums over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class Accounting:
    """read = loaded + skipped + rejected, with the number of rows of each reason code.

    Raises:
        PermanentError: the counts do not add up, which is a defect of Flux and must never be stored.
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

    def with_none_loaded(self, reason: str) -> Accounting:
        """The same rows, where those that are fine are skipped for `reason`."""
        reasons = {**self.reasons, **({reason: self.loaded} if self.loaded else {})}
        return Accounting(self.read, 0, self.skipped + self.loaded, self.rejected, reasons)

    def as_metadata(self) -> dict[str, Any]:
        """Counts under the names that the UI shows."""
        return {
            "rows_read": self.read,
            "rows_loaded": self.loaded,
            "rows_skipped": self.skipped,
            "rows_rejected": self.rejected,
            "reasons": dict(self.reasons),
        }


def total(accountings: Iterable[Accounting]) -> Accounting:
    """The sum over several files."""
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
