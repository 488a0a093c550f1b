"""The scale of errors, estimated so that a few unusual days do not change it."""

from __future__ import annotations

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats

# The standard deviation of a normal is 1.4826 times the median of its absolute values (Hampel 1974).
MEDIAN_TO_SD = 1.4826


def robust_sd(errors: Floats) -> float:
    """Return the standard deviation of errors around 0, of any shape, from the median of their absolute values."""
    return MEDIAN_TO_SD * median(np.abs(errors))


def median(values: Floats) -> float:
    """Return the median of values of any shape, at least one; np.median of a few hundred takes longer."""
    in_part = values.flatten()
    half = len(in_part) // 2
    in_part.partition(half)
    return float(in_part[half] if len(in_part) % 2 else (in_part[:half].max() + in_part[half]) / 2)
