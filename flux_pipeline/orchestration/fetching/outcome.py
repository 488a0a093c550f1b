"""The outcome of fetching, for logs and metadata: counts and sentences, and never a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flux_pipeline.store.feeds.answers import Stored


@dataclass
class Outcome:
    """What became of the answers that were asked for.

    Attributes:
        answers, known: answers that were stored now, and those that were not asked for because they are stored already.
        rows, written: rows in these answers, and how many were new or differed.
        failures: sentences about answers of which nothing is stored, with the age of what is in use instead.
        remarks: sentences about what stored answers lack.
    """

    answers: int = 0
    known: int = 0
    rows: int = 0
    written: int = 0
    failures: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, about: str, stored: Stored) -> None:
        """Count an answer that was stored; `about` says of which feed and place it is."""
        self.answers += 1
        self.rows += stored.rows
        self.written += stored.written
        if stored.sentence:
            self.remarks.append(f"{about}: {stored.sentence}")

    def report(self, warn: Callable[[str], None]) -> None:
        """Log what somebody should know, each sentence once."""
        for sentence in dict.fromkeys([*self.failures, *self.remarks]):
            warn(sentence)

    def as_metadata(self) -> dict[str, Any]:
        """Return the counts for an asset's metadata."""
        return {
            "answers_stored": self.answers,
            "answers_known_already": self.known,
            "answers_failed": len(self.failures),
            "rows_fetched": self.rows,
            "rows_new": self.written,
        }


def in_batches(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """Return the items in pieces of at most `size`."""
    return [items[at : at + size] for at in range(0, len(items), size)]
