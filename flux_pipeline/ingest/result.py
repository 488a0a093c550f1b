"""Result of reading an upload: its valid rows, the rows set aside with their reasons, and the accounting of both."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.ingest.kinds.registry import KINDS


@dataclass(frozen=True, eq=False)
class ParsedUpload:
    """An upload as read.

    `rows` are the valid ones, normalised by the kind's contract (text columns have dtype object, None where
    empty). `rejected` has line_number (the header's line is 1), reason_code, column_name (as in the file, or None),
    message (a sentence) and raw (the row as read, header -> text). `skipped` counts by reason code. `detected_format`
    is that of `OpenUpload`.

    read_count == len(rows) + skipped + rejected always holds; anything else is an error in ingest (ValueError).
    """

    kind: str
    contract_version: str
    rows: pd.DataFrame
    rejected: pd.DataFrame
    skipped: Mapping[str, int]
    read_count: int
    detected_format: dict[str, Any]

    def __post_init__(self) -> None:
        """Check that every row read is accounted for."""
        accounted = self.loaded_count + self.skipped_count + self.rejected_count
        if accounted != self.read_count:
            raise ValueError(
                f"{self.read_count} rows read, but {self.loaded_count} valid + {self.skipped_count} skipped + "
                f"{self.rejected_count} rejected = {accounted}; expected every row to be accounted for once."
            )

    @property
    def loaded_count(self) -> int:
        """Number of valid rows, which are the rows to load."""
        return len(self.rows)

    @property
    def skipped_count(self) -> int:
        """Number of rows that are fine but carry nothing."""
        return sum(self.skipped.values())

    @property
    def rejected_count(self) -> int:
        """Number of rows that can't be trusted."""
        return len(self.rejected)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of rows set aside for each reason code, skipped and rejected."""
        rejected = {str(code): int(count) for code, count in self.rejected["reason_code"].value_counts().items()}
        return {**self.skipped, **rejected}

    @property
    def first_date(self) -> dt.date | None:
        """The first day of the valid rows; None if there are no days."""
        return self._day(self._days().min())

    @property
    def last_date(self) -> dt.date | None:
        """The last day of the valid rows; None if there are no days."""
        return self._day(self._days().max())

    def _days(self) -> pd.Series:
        column = KINDS[self.kind].day_column
        return self.rows[column] if column else pd.Series([], dtype="datetime64[s]")

    @staticmethod
    def _day(moment: Any) -> dt.date | None:
        return None if pd.isna(moment) else moment.date()


def merged(parts: Sequence[ParsedUpload]) -> ParsedUpload:
    """Return the blocks of one file as one; raise ValueError if there are none."""
    if not parts:
        raise ValueError("A file has at least one block; expected some.")
    if len(parts) == 1:
        return parts[0]
    skipped: Counter[str] = Counter()
    for part in parts:
        skipped.update(part.skipped)
    return replace(
        parts[0],
        rows=pd.concat([part.rows for part in parts], ignore_index=True),
        rejected=pd.concat([part.rejected for part in parts], ignore_index=True),
        skipped=dict(skipped),
        read_count=sum(part.read_count for part in parts),
    )


def known_rows_skipped(parsed: ParsedUpload, is_known: np.ndarray, reason: str = "already_loaded") -> ParsedUpload:
    """Return a copy with the valid rows that `is_known` (len(parsed.rows),) bool marks skipped for `reason`.

    Raises ValueError if the mask isn't one bool for each valid row.
    """
    mask = np.asarray(is_known)
    if mask.dtype != bool or mask.shape != (parsed.loaded_count,):
        raise ValueError(
            f"is_known is {mask.dtype} {mask.shape}; expected one bool for each of {parsed.loaded_count} rows."
        )
    known = int(mask.sum())
    skipped = dict(parsed.skipped)
    if known:
        skipped[reason] = skipped.get(reason, 0) + known
    return replace(parsed, rows=parsed.rows[~mask].reset_index(drop=True), skipped=skipped)
