"""The posterior as a small state, and the joint samples drawn from it: the same state gives the same bytes.

Items of a day move together by one shared shock, which is a part of each item's variance. A part of the shock and of an
item's own error lasts over the horizon. Sums over items and days are taken from samples, not from quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.predictive import counts_at
from flux_pipeline.demand.inputs.panel import Floats

STATE_VERSION = 1


@dataclass(frozen=True)
class DemandPosterior:
    """Mean and variance in units of sale per item and horizon date (I lists of H numbers), and the shares of errors.

    `loading` is the share of an item's spread that is the day's shared shock (0..1), same shape as `mean`; a closed day
    has mean 0. `persistence`: lasting share of the shared shock and of the own error.
    """

    model_name: str
    items: list[str]
    dates: list[str]
    unit: list[float]
    mean: list[list[float]]
    variance: list[list[float]]
    loading: list[list[float]]
    persistence: tuple[float, float]
    seed: int
    draws: int

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON-serialisable values; floats survive the round trip exactly."""
        return {"version": STATE_VERSION, **asdict(self), "persistence": list(self.persistence)}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> DemandPosterior:
        """Build the posterior from what `to_json` returned."""
        values = {k: v for k, v in state.items() if k != "version"}
        day, item = values.pop("persistence")
        return cls(**values, persistence=(day, item))


@dataclass(frozen=True)
class DemandSamples:
    """Joint samples: `quantity` (draws, items, dates), whole multiples of the unit of sale, 0 on closed days."""

    items: list[str]
    dates: pd.DatetimeIndex
    quantity: Floats


def sample_demand(posterior: DemandPosterior) -> DemandSamples:
    """Draw the joint samples (draws, items, dates) of a posterior; a pure function of the state.

    Gaussian copula: score = loading * shock(day) + sqrt(1 - loading^2) * own(item, day), each part the sum of a lasting
    and a daily normal; the item's own predictive distribution turns scores into counts, so marginals are as published.
    """
    i, h, n = len(posterior.items), len(posterior.dates), posterior.draws
    dates = pd.DatetimeIndex(np.array(posterior.dates, dtype="datetime64[s]"))
    if i == 0 or h == 0:
        return DemandSamples(posterior.items, dates, np.zeros((n, i, h)))
    rng = np.random.Generator(np.random.PCG64(posterior.seed))
    day, item = posterior.persistence
    shock = np.sqrt(day) * rng.standard_normal((n, 1, 1)) + np.sqrt(1 - day) * rng.standard_normal((n, 1, h))
    own = np.sqrt(item) * rng.standard_normal((n, i, 1)) + np.sqrt(1 - item) * rng.standard_normal((n, i, h))
    loading = np.array(posterior.loading)
    score = loading * shock + np.sqrt(1 - loading**2) * own
    flat = counts_at(np.array(posterior.mean).ravel(), np.array(posterior.variance).ravel(), score.reshape(n, i * h).T)
    quantity = flat.T.reshape(n, i, h) * np.array(posterior.unit)[None, :, None]
    return DemandSamples(posterior.items, dates, np.round(quantity, 6))


def sum_quantiles(quantity: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles (H, Q) of the sum over items of joint samples (draws, I, H); summed quantiles would be too wide.

    Each is a sum that was drawn (the smallest whose share of draws reaches the level), so it is a possible count.
    """
    return np.asarray(np.quantile(quantity.sum(axis=1), list(levels), axis=0, method="inverted_cdf").T)
