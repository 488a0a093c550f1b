"""Proofs: results of checking a statement about the stored data by reading it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Proof:
    """The figures that were read, and one sentence for each thing that is wrong."""

    looked_at: dict[str, Any]
    wrong: list[str]

    def as_metadata(self) -> dict[str, Any]:
        """Return the figures and the sentences for the UI."""
        return {**self.looked_at, "wrong": "\n".join(self.wrong) or "nothing"}
