"""Proofs: results of checking a statement about the stored data by reading it."""

from dataclasses import dataclass
from typing import Any

# More than a person reads, and few enough for Dagster's database.
MOST_SENTENCES = 20


@dataclass(frozen=True)
class Proof:
    """The figures that were read, and one sentence for each thing that is wrong."""

    looked_at: dict[str, Any]
    wrong: list[str]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    @property
    def message(self) -> str:
        """One sentence for people: the first thing that is wrong, and how many more there are; empty if none is."""
        more = len(self.wrong) - 1
        return f"{self.wrong[0]} ({more} more)" if more > 0 else "".join(self.wrong)

    def as_metadata(self) -> dict[str, Any]:
        """Return the figures and the first sentences for the UI."""
        more = len(self.wrong) - MOST_SENTENCES
        shown = [*self.wrong[:MOST_SENTENCES], *([f"and {more} more"] if more > 0 else [])]
        return {**self.looked_at, "wrong": "\n".join(shown) or "nothing"}
