"""Discounted sums: past values fade by a factor a day (West & Harrison 1997, ch. 6), for many factors at once."""

from __future__ import annotations

import math

import numpy as np
import scipy

from flux_pipeline.demand.inputs.panel import Floats

# With at most this many numbers a day, one filter for each factor is faster than one pass over the days with all of
# them at once: three items of a bakery take half the time, but a hundred items would take ten times as long.
FEW = 100


def discounted(values: Floats, decay: Floats, out: Floats | None = None) -> Floats:
    """Compute s[t] = decay[t] * s[t - 1] + values[t] along the first axis; `decay` (T, ...) broadcasts to `values`.

    The result is new unless it goes to `out`.
    """
    shape = np.broadcast_shapes(values.shape, decay.shape)
    result = np.empty(shape) if out is None else out
    if math.prod(shape[1:]) <= FEW and (decay[1:] == decay[:1]).all():
        result[:] = _filtered(values, decay[0], shape)
        return result
    result[:] = values
    faded = np.empty(shape[1:])
    for before, today, factor in zip(result[:-1], result[1:], decay[1:], strict=True):
        np.multiply(before, factor, out=faded)
        today += faded
    return result


def _filtered(values: Floats, decay: Floats, shape: tuple[int, ...]) -> Floats:
    """Compute the same sums for factors that are constant over time; `decay` (...).

    The sums solve a triangular system of two diagonals: 1, and below it the negated factor. `scipy.signal.lfilter`
    gives the same numbers as fast, but its import takes three times as long and 50 MB more.
    """
    series = np.broadcast_to(values, shape).reshape(shape[0], -1)
    factors = np.broadcast_to(decay, shape[1:]).ravel()
    result = np.empty(series.shape)
    for factor in np.unique(factors):
        at = factors == factor
        diagonals = np.empty((2, shape[0]), order="F")
        diagonals[0], diagonals[1] = 1.0, -factor
        result[:, at], _ = scipy.linalg.lapack.dtbtrs(diagonals, series[:, at], uplo="L", diag="U")
    return result.reshape(shape)


def both_ways(values: Floats, delta: float) -> Floats:
    """Compute discounted sums over past and future (T, I), each day counted once."""
    decay = np.full((len(values), 1, 1), delta)
    sums = discounted(np.stack([values, values[::-1]], axis=1), decay)
    return np.asarray(sums[:, 0] + sums[::-1, 1] - values)
