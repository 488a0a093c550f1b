"""Sheets of a workbook that repeat its other sheets: January, February, and a third with the rows of both.

fitting.py finds out whether a sheet fits a contract.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words, normalised_name
from flux_pipeline.ingest.reading.reader import OpenTable
from flux_pipeline.ingest.table.table import Table

# One row may be the same on the sheets of two counters.
_FEWEST_ROWS = 2

_SUMS = frozenset(
    map(
        normalised_name,
        (
            *("total", "totals", "all", "overall", "summary", "overview", "sum", "Gesamt", "Gesamtübersicht", "Summe"),
            *("Übersicht", "Zusammenfassung", "Insgesamt", "récapitulatif", "récap", "synthèse", "totaux", "resumen"),
            *("totales", "riepilogo", "totale", "totali", "totaal", "overzicht", "resumo", "totais", "합계", "合計"),
        ),
    )
)

_KEYS = (
    *("date", "year", "month", "day_of_month", "time", "ticket", "line_id", "item", "quantity", "price", "amount"),
    *("gross_amount", "event", "void", "refund"),
)


Sheet = tuple[OpenTable, ColumnMap]


def find_repeated(sheets: Sequence[Sheet]) -> tuple[int, ...]:
    """Return the places of the sheets all of whose rows the others have too; of two equal sheets the later one.

    Raises:
        PermanentError: a sheet is named like the sum of the others but has other rows, so that sales would count twice.
    """
    if len(sheets) < 2:
        return ()
    left = dict(enumerate(sheets))
    hashes: dict[tuple[int, tuple[str, ...]], np.ndarray] = {}

    def rows(place: int, keys: tuple[str, ...]) -> np.ndarray:
        if (place, keys) not in hashes:
            hashes[place, keys] = _row_hashes(*sheets[place], keys)
        return hashes[place, keys]

    labels = {place: _labels(columns) for place, (_, columns) in left.items()}
    # The largest first, so that a year's sheet is dropped in favour of its months, not the other way round.
    for place in sorted(left, key=lambda place: (len(rows(place, labels[place])), place), reverse=True):
        others = [each for each in left if each != place and set(labels[place]) <= set(labels[each])]
        own = rows(place, labels[place])
        if len(own) >= _FEWEST_ROWS and others and _is_within(own, [rows(each, labels[place]) for each in others]):
            del left[place]
    _refuse_sums([table.name or "" for table, _ in left.values()])
    return tuple(place for place in range(len(sheets)) if place not in left)


def _refuse_sums(names: Sequence[str]) -> None:
    for name in names if len(names) > 1 else ():
        words = [word for word in header_words(name) if not word.isdigit()]
        if words and all(word in _SUMS for word in words):
            raise PermanentError(
                f"The sheet '{name}' is named like the sum of the others, but its rows differ from theirs; expected "
                "each sale once. Hide it in Excel if the other sheets have its sales too, or rename it, and save the "
                "workbook again."
            )


def _labels(columns: ColumnMap) -> tuple[str, ...]:
    """Return what two rows must agree in to be the same: fields, and the items of a wide table by their headers."""
    return (*(field for field in _KEYS if field in columns.headers), *sorted(columns.items))


def _row_hashes(table: OpenTable, columns: ColumnMap, labels: Sequence[str]) -> np.ndarray:
    """Return (n,) uint64 hashes of the rows that are not totals and not blank."""
    return np.concatenate([_block_hashes(block, columns, labels) for block in table.blocks()])


def _block_hashes(block: Table, columns: ColumnMap, labels: Sequence[str]) -> np.ndarray:
    combined = np.zeros(len(block.line_numbers), dtype=np.uint64)
    for label in labels:
        texts = block.texts(columns.headers.get(label, label))
        hashed = pd.util.hash_array(texts.distinct, categorize=False)
        # Weighted by position; without that, a number would count the same in either of two columns.
        combined = combined * np.uint64(1_000_003) + texts.spread(hashed)
    counted: np.ndarray = combined[~block.left_out]
    return counted


def _is_within(rows: np.ndarray, others: Sequence[np.ndarray]) -> bool:
    own, counts = np.unique(rows, return_counts=True)
    there, times = np.unique(np.concatenate(others), return_counts=True)
    places = np.searchsorted(there, own)
    inside = places < len(there)
    if not inside.all():
        return False
    return bool(((there[places] == own) & (times[places] >= counts)).all())
