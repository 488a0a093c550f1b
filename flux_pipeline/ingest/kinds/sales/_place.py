"""Which lines of a file of several places are this restaurant's. That there are several: columns/one_place.py."""

from __future__ import annotations

import numpy as np

from flux_pipeline.ingest.columns.column_map import EVERY_PLACE
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name


def judge_place(table: MappedTable, verdicts: Verdicts) -> None:
    """Sets aside the lines of other places, where the sender wants those of one."""
    wanted = table.only.get("location", EVERY_PLACE)
    if wanted == EVERY_PLACE:
        return
    texts = table.texts("location")
    verdicts.reject(
        texts.blank, "missing_location", "location", "The row names no place, in a file of several; expected one."
    )
    same = np.array([fold_name(text) == fold_name(wanted) for text in texts.distinct], dtype=bool)
    verdicts.skip(~texts.spread(same), "other_location")
