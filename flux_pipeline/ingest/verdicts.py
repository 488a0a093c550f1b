"""Verdicts on rows: kept, skipped (fine, but carries nothing) or rejected (can't be trusted), each with its reason.

A kind applies its rules in turn, each to all rows at once. The first rule that applies decides, so the order of the
calls is the order of the reasons. The rules themselves are in the module of the kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import shortened

REJECTED_COLUMNS = ("line_number", "reason_code", "column_name", "message", "raw")

# Long enough to show what was found, short enough for a sentence.
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Rule:
    """A rule that set rows aside; `{found}` in `message` is replaced by the row's text in the rule's field."""

    reason: str
    rejects: bool
    field: str | None = None
    message: str = ""


class Verdicts:
    """The verdict on each row of a table, filled rule by rule."""

    def __init__(self, table: MappedTable) -> None:
        self._table = table
        self._rules: list[Rule] = []
        self._rule_of_row = np.full(table.row_count, -1, dtype=np.int16)

    def skip(self, applies: np.ndarray, reason: str) -> None:
        """Set aside, as carrying nothing, the rows that `applies` (n,) marks and no earlier rule decided."""
        self._decide(applies, Rule(reason, rejects=False))

    def reject(self, applies: np.ndarray, reason: str, field: str | None, message: str) -> None:
        """Reject the rows that `applies` (n,) marks and no earlier rule decided.

        A totals line among them is skipped as `totals_line`: a missing field is the sign by which it is recognised.
        """
        self.skip(applies & self._table.table.totals, "totals_line")
        self._decide(applies, Rule(reason, True, field, message))

    def set_aside_malformed(self) -> None:
        """Apply the rules that come first in every kind.

        Blank lines, repeated headers, rows of another table, headings of groups and rows that the whole file shows to
        carry nothing are skipped; rows with more cells than the header are rejected.
        """
        self.skip(self._table.table.blank, "blank_line")
        self.skip(self._table.table.repeated_header, "repeated_header")
        if self._table.table.other is not None:
            self.skip(self._table.table.other, "other_table")
        if self._table.table.heading is not None:
            self.skip(self._table.table.heading, "group_heading")
        for reason, rows in self._table.set_aside.items():
            self.skip(rows, reason)
        width = len(self._table.table.header)
        self.reject(
            self._table.table.overlong,
            "too_many_fields",
            None,
            f"The row has more cells than the header's {width}; a cell that holds the delimiter must be in quotes.",
        )

    def skip_repeated(self, keys: pd.DataFrame) -> None:
        """Skip, as `repeated_row`, each kept row whose key (its row of `keys`) a later kept row has too."""
        kept = np.flatnonzero(self.kept)
        repeated = np.zeros(len(self._rule_of_row), dtype=bool)
        repeated[kept] = keys.iloc[kept].duplicated(keep="last").to_numpy()
        self.skip(repeated, "repeated_row")

    @property
    def kept(self) -> np.ndarray:
        """The rows that no rule has set aside: (n,) bool."""
        return self._rule_of_row < 0

    def decided(self, reason: str) -> np.ndarray:
        """Return the rows that a reason set aside: (n,) bool."""
        numbers = [number for number, rule in enumerate(self._rules) if rule.reason == reason]
        return np.isin(self._rule_of_row, numbers)

    def skipped(self) -> dict[str, int]:
        """Return the number of skipped rows by reason code."""
        counts: dict[str, int] = {}
        for number, rule in enumerate(self._rules):
            if not rule.rejects:
                counts[rule.reason] = counts.get(rule.reason, 0) + int((self._rule_of_row == number).sum())
        return {reason: count for reason, count in counts.items() if count}

    def skipped_sums(self, values: np.ndarray) -> dict[str, float]:
        """Return the sum of `values` (n,) over the skipped rows, by reason code."""
        aside = ~self.kept
        by_rule = np.bincount(self._rule_of_row[aside], np.nan_to_num(values[aside]), minlength=len(self._rules))
        sums: dict[str, float] = {}
        for rule, total in zip(self._rules, by_rule.tolist(), strict=True):
            if not rule.rejects:
                sums[rule.reason] = sums.get(rule.reason, 0.0) + total
        return sums

    def rejected(self) -> pd.DataFrame:
        """Return the rejected rows: line_number, reason_code, column_name (or None), message, raw (dict of text)."""
        rejecting = np.array([rule.rejects for rule in self._rules], dtype=bool)
        rows = np.flatnonzero(~self.kept)
        rows = rows[rejecting[self._rule_of_row[rows]]]
        rules = [self._rules[number] for number in self._rule_of_row[rows]]
        raws = self._table.raws(rows)
        columns = {
            "line_number": pd.Series(self._table.line_numbers[rows], dtype="int64"),
            "reason_code": pd.Series([rule.reason for rule in rules], dtype=object),
            "column_name": pd.Series([self._column_of(rule) for rule in rules], dtype=object),
            "message": pd.Series(
                [self._sentence(rule, raw) for rule, raw in zip(rules, raws, strict=True)], dtype=object
            ),
            "raw": pd.Series(raws, dtype=object),
        }
        return pd.DataFrame(columns, columns=list(REJECTED_COLUMNS))

    def _decide(self, applies: np.ndarray, rule: Rule) -> None:
        self._rules.append(rule)
        self._rule_of_row[applies & self.kept] = len(self._rules) - 1

    def _column_of(self, rule: Rule) -> str | None:
        if rule.field is None:
            return None
        headers: Mapping[str, str] = self._table.headers
        return headers.get(rule.field, rule.field)

    def _sentence(self, rule: Rule, raw: Mapping[str, str]) -> str:
        found = raw.get(self._table.headers.get(rule.field, ""), "") if rule.field else ""
        # Not str.format: the text found may hold braces.
        return rule.message.replace("{found}", shortened(found, _SHOWN_CHARACTERS))
