"""Rules of all files of stock: deliveries, counts and waste."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import fold_choice
from flux_pipeline.ingest.cells.units import UNIT
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.samples import Sample, hold_numbers
from flux_pipeline.ingest.kinds.plain import RowRule

DEFAULT_UNIT = "default: the ingredient's own"


def _is_zero(rows: pd.DataFrame) -> np.ndarray:
    zero: np.ndarray = (rows.quantity == 0).to_numpy(dtype=bool)
    return zero


# A report may print a line for every article; this one says that there was nothing of it.
ZERO_QUANTITY = RowRule("zero_quantity", "quantity", "", _is_zero)


def ask_of_units(found: ColumnMap, sample: Sample, field: str) -> None:
    """Ask about a column of units whose name says something else, or that holds numbers: "UoM", or "Units" of 3.

    Args:
        found: the columns.
        sample: the first rows.
        field: what numbers in a column of units are most likely.

    Raises:
        NeedsOptionsError: there is one.
    """
    units = found.headers.get("unit")
    unused = [] if "unit" in found.how else [name for name in found.free if _hold_units(sample.cells(name))]
    if unused:
        raise NeedsOptionsError(f"'{unused[0]}' holds units. If they are those of the quantity:", {"unit": unused[0]})
    is_open = units is not None and "unit" not in found.layout.combined and not found.is_settled("unit")
    if units is not None and is_open and hold_numbers(sample.cells(units)):
        raise NeedsOptionsError(
            f"'{units}' is named like the unit of the quantity, and holds numbers. If it counts:", {field: units}
        )


def _hold_units(cells: Sequence[str]) -> bool:
    known = UNIT.choices or {}
    return bool(cells) and all(fold_choice(cell) in known for cell in cells)
