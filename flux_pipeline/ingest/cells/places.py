"""Where on Earth: coordinates of a row, and the key by which weather is kept for a place."""

from __future__ import annotations

import numpy as np
import pandas as pd

COORDINATE_BOUNDS = {"latitude": (-90.0, 90.0), "longitude": (-180.0, 180.0)}


def place_key(latitude: float, longitude: float) -> str:
    """The weather's place of a point, degrees: both coordinates to one decimal, `48.9,2.4`.

    A tenth of a degree is about 11 km, as fine as the free weather models; restaurants of one town share a place.
    """
    # Adding 0.0 turns a rounded -0.0 into 0.0: one place, one key.
    return f"{round(latitude, 1) + 0.0:.1f},{round(longitude, 1) + 0.0:.1f}"


def place_keys(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """`place_key` of each row, (n,) objects; empty where a coordinate is NaN."""
    codes, points = pd.MultiIndex.from_arrays([latitude, longitude]).factorize()
    keys = np.empty(len(points) + 1, dtype=object)
    # The one more is for code -1, pandas' word for "missing".
    keys[:] = [*("" if np.isnan(point).any() else place_key(*point) for point in points), ""]
    by_row: np.ndarray = keys[codes]
    return by_row
