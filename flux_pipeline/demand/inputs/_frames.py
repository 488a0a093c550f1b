"""Checks of the frames that callers pass in: columns, dates and flags are checked once, here, for `tables`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.errors import PermanentError

Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def require_columns(frame: pd.DataFrame, name: str, columns: list[str]) -> None:
    """Raise PermanentError unless the frame has all of these columns."""
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns)) or "none"
        raise PermanentError(f"{name} has the columns {found}; expected also {', '.join(missing)}.")


def dates_of(frame: pd.DataFrame, name: str) -> Days:
    """Return the `date` column as days; raise PermanentError if a date is missing or has a time or a time zone."""
    values = frame["date"]
    if len(values) == 0:
        return np.empty(0, dtype="datetime64[D]")
    if values.dtype.kind != "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
        raise PermanentError(f"{name}.date is of type {values.dtype}; expected dates (datetime64 without a time zone).")
    stamps = values.to_numpy()
    days = stamps.astype("datetime64[D]")
    if np.isnat(days).any():
        raise PermanentError(
            f"{name}.date is missing in row {int(np.flatnonzero(np.isnat(days))[0])}; expected a date."
        )
    if (days != stamps).any():
        late = stamps[np.flatnonzero(days != stamps)[0]]
        raise PermanentError(f"{name}.date has {late}; expected midnight: a business date has no time of day.")
    return days


def flags_of(values: pd.Series, frame: str, column: str) -> Bools:
    """Return a column of true and false (or 1 and 0) as booleans; raise PermanentError on any other value."""
    if values.dtype == bool:
        return values.to_numpy()
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise PermanentError(f"{frame}.{column} has a value that is neither true nor false; expected one of the two.")
    return np.asarray(numbers == 1.0)
