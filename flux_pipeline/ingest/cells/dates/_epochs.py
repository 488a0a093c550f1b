"""Unix times: seconds or milliseconds since 1970 in UTC, such as 1709287200, recognised by the column as a whole.

Ten digits that begin with 1 are in the years 2001 to 2033; people don't write dates in this form.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from flux_pipeline.ingest.cells.dates._order import STRAY_SHARE
from flux_pipeline.ingest.table.texts import Texts

_EPOCH = re.compile(r"(1[0-9]{9})([0-9]{3})?(?:\.[0-9]{1,9})?")
_FIRST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def without_epochs(texts: Texts) -> tuple[Texts, int]:
    """Return the texts with Unix times emptied, and the number of rows that had one."""
    are = _are_epochs(texts.distinct)
    if not are.any():
        return texts, 0
    others = texts.distinct.copy()
    others[are] = ""
    return Texts(others, texts.codes), int(texts.counts[are].sum())


def epochs_prevail(epochs: int, others: int) -> bool:
    """Return whether the long numbers of a column are Unix times, not slips among `others` rows of another form."""
    return epochs > STRAY_SHARE * (epochs + others)


def epochs_as_moments(texts: Texts) -> Texts:
    """Return the texts with Unix times written out, `2024-03-01 10:00:00Z`."""
    are = _are_epochs(texts.distinct)
    if not are.any():
        return texts
    written = texts.distinct.copy()
    written[are] = [_written(text) for text in texts.distinct[are]]
    return Texts(written, texts.codes)


def _are_epochs(distinct: np.ndarray) -> np.ndarray:
    return np.array([text[:1] == "1" and _EPOCH.fullmatch(text) is not None for text in distinct], dtype=bool)


def _written(text: str) -> str:
    match = _EPOCH.fullmatch(text)
    assert match is not None
    moment = _FIRST + dt.timedelta(seconds=int(match[1]), milliseconds=int(match[2] or 0))
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}Z"
