"""Places of rows: coordinates, the key of a place's weather, the lines of one restaurant among several.

columns/one_place.py finds out whether a file has lines of several restaurants.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import NUMBER
from flux_pipeline.ingest.columns.column_map import EVERY_PLACE
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name

COORDINATES = (
    Field("latitude", "degrees north", "48.86", form=NUMBER, words="shared.latitude", is_of_group=True),
    Field("longitude", "degrees east", "2.35", form=NUMBER, words="shared.longitude", is_of_group=True),
)

# Without a source, the rows of two files could not be distinguished from those of a feed.
DEFAULT_SOURCE = "upload"

COORDINATE_BOUNDS = {"latitude": (-90.0, 90.0), "longitude": (-180.0, 180.0)}


def source_field(example: str) -> Field:
    """Return the field that names where a row's data comes from."""
    return Field("source", "where the data comes from", example, words="shared.source", is_of_group=True)


def place_key(latitude: float, longitude: float) -> str:
    """Return the key of the weather at a point (degrees): both coordinates to one decimal, `48.9,2.4`.

    A tenth of a degree is about 11 km, as fine as the free weather models; restaurants of one town share a place.
    """
    # Adding 0.0 turns a rounded -0.0 into 0.0, so that one place has one key.
    return f"{round(latitude, 1) + 0.0:.1f},{round(longitude, 1) + 0.0:.1f}"


def place_keys(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return the `place_key` of each row, (n,) objects; empty where a coordinate is NaN."""
    codes, points = pd.MultiIndex.from_arrays([latitude, longitude]).factorize()
    keys = np.empty(len(points) + 1, dtype=object)
    # The last key is for code -1, which pandas gives to missing values.
    keys[:] = [*("" if np.isnan(point).any() else place_key(*point) for point in points), ""]
    keys_of_rows: np.ndarray = keys[codes]
    return keys_of_rows


def judge_place(table: MappedTable, verdicts: Verdicts) -> None:
    """Set aside the lines of other places, if the sender wants those of one."""
    wanted = table.only.get("location", EVERY_PLACE)
    if wanted == EVERY_PLACE:
        return
    texts = table.texts("location")
    verdicts.reject(
        texts.blank, "missing_location", "location", "The row has no place, in a file of several; expected one."
    )
    same = np.array([fold_name(text) == fold_name(wanted) for text in texts.distinct], dtype=bool)
    verdicts.skip(~texts.spread(same), "other_location")
