"""Proof: a statement about what is stored, checked by reading it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Proof:
    """What was looked at, and each thing that is not as it should be, in a sentence."""

    looked_at: dict[str, Any]
    wrong: list[str]

    def as_metadata(self) -> dict[str, Any]:
        """For the UI."""
        return {**self.looked_at, "wrong": "\n".join(self.wrong) or "nothing"}
