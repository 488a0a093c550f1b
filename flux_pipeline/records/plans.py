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
) -> PlannedRun:
    """Plan a run and hash its inputs.

    Args:
        algorithm: the algorithm that runs.
        version: the code that runs.
        as_of: the last day whose data it may use.
        params: JSON-able settings.
        inputs: frames, arrays and JSON-able values by name; the order of the names does not matter, the order of rows
            does.
    """
    digest = hashlib.sha256()
    for part in (algorithm, version, as_of.isoformat(), canonical_json(params)):
        digest.update(part.encode() + b"\0")
    for name in sorted(inputs):
        digest.update(name.encode() + b"\0" + _as_bytes(inputs[name]) + b"\0")
    return PlannedRun(algorithm, version, as_of, dict(params), digest.hexdigest())


def canonical_json(value: Any) -> str:
    """Return JSON text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, pd.DataFrame):
        return value.to_csv(index=False).encode()
    if isinstance(value, np.ndarray):
        return str((value.shape, value.dtype.str)).encode() + np.ascontiguousarray(value).tobytes()
    return canonical_json(value).encode()
