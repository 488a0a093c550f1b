"""Plans of runs: a planned run is identified by a hash of everything that goes into it.

The hash shows that a run would repeat an earlier one, so that running it again changes nothing.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun


def plan_run(
    algorithm: AlgorithmName,
    version: str,
    as_of: dt.date,
    params: Mapping[str, Any],
    inputs: Mapping[str, pd.DataFrame | Any],
    *,
    is_of_day: bool = True,
) -> PlannedRun:
    """Plan a run and hash its inputs.

    Args:
        algorithm: the algorithm that runs.
        version: the code that runs.
        as_of: the last day whose data it may use.
        params: JSON-able settings.
        inputs: frames, arrays and JSON-able values by name; the order of the names does not matter, the order of rows
            does.
        is_of_day: whether the result is one of `as_of`, which is then hashed too; else it follows from facts alone.
    """
    digest = hashlib.sha256()
    for part in (algorithm, version, as_of.isoformat() if is_of_day else "any day", canonical_json(params)):
        digest.update(part.encode() + b"\0")
    for name in sorted(inputs):
        digest.update(name.encode() + b"\0")
        _feed(digest, inputs[name])
        digest.update(b"\0")
    return PlannedRun(algorithm, version, as_of, dict(params), digest.hexdigest(), of_any_day=not is_of_day)


def canonical_json(value: Any) -> str:
    """Return JSON text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


class _Writer:
    """A text file that only hashes what is written to it."""

    def __init__(self, digest: "hashlib._Hash") -> None:
        self._digest = digest

    def write(self, text: str) -> int:
        """Take in a piece of text."""
        self._digest.update(text.encode())
        return len(text)


def _feed(digest: "hashlib._Hash", value: Any) -> None:
    if isinstance(value, pd.DataFrame):
        # Piece by piece: the text of a large restaurant's sales takes more memory than the sales.
        value.to_csv(_Writer(digest), index=False)  # type: ignore[call-overload]
    elif isinstance(value, np.ndarray):
        digest.update(str((value.shape, value.dtype.str)).encode() + np.ascontiguousarray(value).tobytes())
    else:
        digest.update(canonical_json(value).encode())
