"""The posterior as a small state, and the joint samples drawn from it: the same state gives the same bytes.

Items of a day move together by one shared shock, which is a part of each item's variance. A part of the shock and of an
item's own error lasts over the horizon. Sums over items and days are taken from samples, not from quantiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.predictive import TAIL, counts_at
from flux_pipeline.demand.inputs.panel import Floats, Ints

# Version 2 added `lower` and `upper`; states without them have no calibration. Version 3 added `tail`; states without
# it have the constant of all restaurants.
STATE_VERSION = 3
# Samples that are drawn together: four arrays of 32 MB. Five hundred items for a fortnight are one block.
SAMPLES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class DemandPosterior:
    """Mean and variance in units of sale per item and horizon date (I lists of H numbers), and the shares of errors.

    `loading` is the share of an item's spread that is the day's shared shock (0..1), same shape as `mean`; a closed day
    has mean 0. `persistence`: lasting share of the shared shock and of the own error. `lower` and `upper` (H numbers):
    the calibration's factors of the spread below and above p50. `tail`: tail weight above the 80 % band.
    """

    model_name: str
    items: list[str]
    dates: list[str]
    unit: list[float]
    mean: list[list[float]]
    variance: list[list[float]]
    loading: list[list[float]]
    persistence: tuple[float, float]
    lower: list[float]
    upper: list[float]
    tail: float
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
        uncorrected = [1.0] * len(values["dates"])
        return cls(**{"lower": uncorrected, "upper": uncorrected, "tail": TAIL, **values}, persistence=(day, item))


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
    dates = pd.DatetimeIndex(np.array(posterior.dates, dtype="datetime64[s]"))
    return DemandSamples(posterior.items, dates, np.concatenate([*_blocks_of_draws(posterior)]))


def sum_samples(posterior: DemandPosterior, groups: Sequence[Ints | slice] = (slice(None),)) -> list[Floats]:
    """Return the sums (draws, dates) of the same samples over each group of items, by their numbers; default: over all.

    The samples are drawn block by block and not kept, so that their memory does not grow with items and draws.
    """
    blocks = ([quantity[:, of].sum(axis=1) for of in groups] for quantity in _blocks_of_draws(posterior))
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _blocks_of_draws(posterior: DemandPosterior) -> Iterator[Floats]:
    """Yield the joint samples in blocks of consecutive draws, the same whatever the size of a block."""
    i, h, n = len(posterior.items), len(posterior.dates), posterior.draws
    if i == 0 or h == 0:
        yield np.zeros((n, i, h))
        return
    rng = np.random.Generator(np.random.PCG64(posterior.seed))
    day, item = posterior.persistence
    shock = np.sqrt(day) * rng.standard_normal((n, 1, 1)) + np.sqrt(1 - day) * rng.standard_normal((n, 1, h))
    lasting = rng.standard_normal((n, i, 1))
    loading, unit = np.array(posterior.loading), np.array(posterior.unit)
    mean, variance = np.array(posterior.mean).ravel(), np.array(posterior.variance).ravel()
    lower, upper = np.tile(posterior.lower, i), np.tile(posterior.upper, i)
    at_once = max(1, SAMPLES_AT_ONCE // (i * h))
    for start in range(0, n, at_once):
        of = slice(start, start + at_once)
        # The generator draws number after number, so a block continues where the last one ended.
        own = np.sqrt(item) * lasting[of] + np.sqrt(1 - item) * rng.standard_normal((len(lasting[of]), i, h))
        score = loading * shock[of] + np.sqrt(1 - loading**2) * own
        flat = counts_at(mean, variance, score.reshape(len(score), i * h).T, lower, upper, posterior.tail)
        yield np.round(flat.T.reshape(len(score), i, h) * unit[None, :, None], 6)


def sum_quantiles(sums: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles (H, Q) of sums of joint samples (draws, H); summed quantiles would be too wide.

    Each is a sum that was drawn (the smallest whose share of draws reaches the level), so it is a possible count.
    """
    return np.asarray(np.quantile(sums, list(levels), axis=0, method="inverted_cdf").T)
