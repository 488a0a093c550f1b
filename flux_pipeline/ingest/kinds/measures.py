"""Columns of measured numbers (temperatures, coordinates, attendance): read as float64, empty cells as NaN.

Money and quantities are not measurements: cells/numbers.py reads them exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from flux_pipeline.ingest.cells.numbers import parse_floats
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts

# Ways in which programs and people write that a measurement is missing.
MISSING = frozenset({"nan", "na", "n/a", "null", "none", "-"})


def read_measures(
    table: MappedTable,
    survey: Survey,
    verdicts: Verdicts,
    bounds: Mapping[str, tuple[float, float]],
    convert: Callable[[str, np.ndarray], np.ndarray] = lambda _, numbers: numbers,
) -> dict[str, np.ndarray]:
    """Return each field of `bounds` as (n,) float64, NaN where it is missing.

    A text that is not a number, or a number outside its bounds (both inclusive), rejects the row as `bad_number`.
    `convert` changes the numbers of a field from the file's unit to that of the bounds.
    """
    values = {}
    for field, (low, high) in bounds.items():
        numbers, bad = parse_floats(table.texts(field), mark=survey.mark(field), missing=MISSING)
        numbers = convert(field, numbers)
        outside = (numbers < low) | (numbers > high)
        verdicts.reject(
            bad | outside,
            "bad_number",
            field,
            f"'{{found}}' can't be the {field}; expected a number from {low:g} to {high:g}, or an empty cell.",
        )
        values[field] = np.where(outside, np.nan, numbers)
    return values
