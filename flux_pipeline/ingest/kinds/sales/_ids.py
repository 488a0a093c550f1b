"""Check of the numbers of lines: whether a column numbers the lines of a ticket, and which lines were delivered twice.

An export may repeat a line with its number; that is one sale. A column that only looks like numbers of lines (the name
of a till, numbers that a spreadsheet rounded) must not make one line of two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.dates.halves import split_moment
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.wording import count_of, listed

# One text on so many lines is the name of something.
_NEARLY_ALL = 0.9

_DAY = ("date", "year", "month", "day_of_month")
_SAID = ("quantity", "price", "amount", "gross_amount")
_WEIGHT = np.uint64(1_000_003)


@dataclass(frozen=True)
class LineIds:
    """`are_ids`, and in a sentence why not, or what is doubtful; `repeated` are the places of repeats, sorted.

    `apart` is as in FileFacts.
    """

    are_ids: bool = True
    note: str | None = None
    repeated: np.ndarray | None = None
    apart: Mapping[int, tuple[int, int]] = field(default_factory=dict)


class LineIdScan:
    """Hashes of each line with a number: of its ticket, number, item, sale and of all its cells."""

    def __init__(self) -> None:
        self._rows = 0
        self._header = ""
        self._parts: list[pd.DataFrame] = []

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        start, self._rows = self._rows, self._rows + table.row_count
        if "line_id" not in table.headers:
            return
        self._header = table.headers["line_id"]
        rows = np.flatnonzero(is_data(table) & ~table.texts("line_id").blank)
        if not len(rows):
            return
        days = [table.texts(name).map(lambda text: split_moment(text)[0]) for name in _DAY if table.has(name)]
        ticket = _hashes([*days, table.texts("ticket")], rows)
        ids, items = _hashes([table.texts("line_id")], rows), _hashes([table.texts("item")], rows)
        said = _hashes([table.texts(name) for name in _SAID if table.has(name)], rows)
        used = (*_SAID, "ticket", "line_id", "date")
        others = {*table.table.header} - {*table.personal} - {table.headers.get(name) for name in used}
        dates = [table.texts("date")] if table.has("date") else []
        other = _hashes([*map(table.table.texts, sorted(others)), *dates], rows)
        key = ticket * _WEIGHT + ids
        sale = key * _WEIGHT + said * _WEIGHT + items
        self._parts.append(
            pd.DataFrame(
                {
                    "place": start + rows,
                    "line": table.line_numbers[rows],
                    "ticket": ticket,
                    "id": ids,
                    "item": items,
                    "key": key,
                    "sale": sale,
                    "whole": sale * _WEIGHT + other,
                }
            )
        )

    def found(self) -> LineIds:
        """Return whether they are numbers of lines, and the lines that repeat another one in every cell."""
        lines = pd.concat(self._parts) if self._parts else None
        if lines is None or not lines["key"].duplicated().any():
            return LineIds()
        if (why := _why_not(lines)) is not None:
            return LineIds(False, f"The column {listed([self._header])} {why}; it is not used as the line number.")
        repeated = lines["whole"].duplicated()
        alike = int((lines["sale"].duplicated() & ~repeated).sum())
        note, apart = None, {}
        if alike:
            apart = _apart(lines)
            note = (
                f"{count_of(alike, 'line')} {'has' if alike == 1 else 'have'} the number of another line of the ticket "
                f"in {listed([self._header])} and its item, quantity and money, but not all of its other cells; "
                "all of them count."
            )
        return LineIds(note=note, repeated=lines["place"][repeated].to_numpy(), apart=apart)


def _apart(lines: pd.DataFrame) -> dict[int, tuple[int, int]]:
    """Return by place the line number and the version of each line that is not the first version of its sale."""
    alike = lines[lines["sale"].duplicated(keep=False)]
    # Versions are numbered by their first line.
    versions = alike.drop_duplicates(["sale", "whole"])
    numbers = pd.Series(versions.groupby("sale").cumcount().to_numpy(), index=versions["whole"].to_numpy())
    number = numbers.reindex(alike["whole"]).to_numpy()
    later = number > 0
    pairs = zip(alike["line"][later].tolist(), number[later].tolist(), strict=True)
    return dict(zip(alike["place"][later].tolist(), pairs, strict=True))


def _why_not(lines: pd.DataFrame) -> str | None:
    """Return why a column does not number the lines of tickets; None if it does."""
    most = int(lines["id"].value_counts().iloc[0])
    if most >= _NEARLY_ALL * len(lines) and lines["whole"].nunique() > 1:
        return f"has one text on {most:,} of {count_of(len(lines), 'line')}"
    keys = lines["key"].nunique()
    if lines["sale"].nunique() > keys:
        return "repeats within a ticket with another item, quantity or amount"
    ids, tickets = lines["id"].nunique(), lines["ticket"].nunique()
    if ids < tickets == keys:
        return "tells no two lines of a ticket apart and is the same on several tickets"
    on_tickets = lines.drop_duplicates("key")
    shared = on_tickets["id"].duplicated(keep=False)
    names_items = len(lines.drop_duplicates(["id", "item"])) == ids == lines["item"].nunique()
    if names_items and on_tickets["id"][shared].nunique() > 1:
        return "has one text for each item"
    return None


def _hashes(columns: Sequence[Texts], rows: np.ndarray) -> np.ndarray:
    """Return a hash of the texts of some rows in several columns together: (m,) uint64."""
    combined = np.zeros(len(rows), dtype=np.uint64)
    for texts in columns:
        hashed = pd.util.hash_array(texts.distinct, categorize=False)
        combined = combined * _WEIGHT + hashed[texts.codes[rows]]
    return combined
