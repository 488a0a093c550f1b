"""Distributions of demand, with the expected shortages that policies are computed from: normal, Poisson, samples.

Formulas of loss functions: Zipkin, Foundations of Inventory Management (2000), appendix C; Snyder and Shen,
Fundamentals of Supply Chain Theory (2nd ed., 2019), appendix C. `policies` and `reorder` decide what to order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import special

from flux_pipeline.errors import PermanentError

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
# A level is not missed by the last digit of a float: 0.9 * 500 is 450.
EXACT = 1e-9


class Demand(Protocol):
    """The demand of some time, in units of the ingredient or dish."""

    @property
    def mean(self) -> float:
        """The expected demand."""

    @property
    def sd(self) -> float:
        """Its standard deviation."""

    @property
    def is_whole(self) -> bool:
        """Whether only whole units are asked for, so that levels are whole too."""

    def quantile(self, share: float) -> float:
        """Return the smallest level that is enough with at least this probability."""

    def shortage(self, level: float) -> float:
        """Return the expected demand above a level, E[(D - level)+]."""

    def second_shortage(self, level: float) -> float:
        """Return E[((D - level)+)^2] / 2, the area under the expected shortage from the level on."""


@dataclass(frozen=True)
class NormalDemand:
    """Normal demand."""

    mean: float
    sd: float
    is_whole = False

    def __post_init__(self) -> None:
        if self.sd <= 0:
            raise PermanentError(f"The standard deviation of the demand is {self.sd:g}; expected one above 0.")

    def quantile(self, share: float) -> float:
        """Return the level that is enough with this probability."""
        return self.mean + self.sd * float(special.ndtri(share))

    def shortage(self, level: float) -> float:
        """Return sd (phi(z) - z (1 - Phi(z))), with z = (level - mean) / sd."""
        z = (level - self.mean) / self.sd
        return self.sd * (_density(z) - z * float(special.ndtr(-z)))

    def second_shortage(self, level: float) -> float:
        """Return sd^2 ((z^2 + 1) (1 - Phi(z)) - z phi(z)) / 2."""
        z = (level - self.mean) / self.sd
        return self.sd**2 * ((z * z + 1) * float(special.ndtr(-z)) - z * _density(z)) / 2


@dataclass(frozen=True)
class PoissonDemand:
    """Poisson demand: independent guests who take one unit each."""

    mean: float
    is_whole = True

    def __post_init__(self) -> None:
        if self.mean <= 0:
            raise PermanentError(f"The mean of a Poisson demand is {self.mean:g}; expected one above 0.")

    @property
    def sd(self) -> float:
        """The square root of the mean."""
        return math.sqrt(self.mean)

    def quantile(self, share: float) -> float:
        """Return the smallest whole level that is enough with at least this probability."""
        level = max(int(self.mean + self.sd * float(special.ndtri(share))), 0)
        while level and special.pdtr(level - 1, self.mean) >= share:
            level -= 1
        while special.pdtr(level, self.mean) < share:
            level += 1
        return float(level)

    def shortage(self, level: float) -> float:
        """Return mean P(D >= k) - level P(D > k), with k the whole part of the level."""
        k = math.floor(level)
        return self.mean * self._above(k - 1) - level * self._above(k)

    def second_shortage(self, level: float) -> float:
        """Return half of E[D (D - 1) + (1 - 2 level) D + level^2] above the level."""
        k = math.floor(level)
        squares = self.mean**2 * self._above(k - 2) + (1 - 2 * level) * self.mean * self._above(k - 1)
        return (squares + level**2 * self._above(k)) / 2

    def share_of(self, units: int) -> float:
        """Return the probability of exactly so many units."""
        return math.exp(units * math.log(self.mean) - self.mean - math.lgamma(units + 1))

    def _above(self, k: int) -> float:
        return float(special.pdtrc(k, self.mean)) if k >= 0 else 1.0


@dataclass(frozen=True, eq=False)
class SampledDemand:
    """Demand by equally probable samples (n,), such as the sums of joint samples over days."""

    samples: Floats

    def __post_init__(self) -> None:
        if not len(self.samples):
            raise PermanentError("There is no sample of the demand; expected at least one.")

    @classmethod
    def of(cls, samples: Sequence[float] | Floats) -> "SampledDemand":
        """Return the demand of samples in any order."""
        return cls(np.sort(np.asarray(samples, dtype=float)))

    @cached_property
    def mean(self) -> float:
        """The samples' mean."""
        return float(self.samples.mean())

    @cached_property
    def sd(self) -> float:
        """The samples' standard deviation."""
        return float(self.samples.std())

    @cached_property
    def is_whole(self) -> bool:
        """Whether each sample is a whole number."""
        return bool(np.all(self.samples == np.round(self.samples)))

    def quantile(self, share: float) -> float:
        """Return the smallest sample that is enough in at least this share of samples."""
        return float(self.samples[rank_of(share, len(self.samples))])

    def shortage(self, level: float) -> float:
        """Return the samples' mean above a level."""
        return float(np.maximum(self.samples - level, 0).mean())

    def second_shortage(self, level: float) -> float:
        """Return half of the samples' mean square above a level."""
        return float((np.maximum(self.samples - level, 0) ** 2).mean() / 2)

    def share_of(self, units: int) -> float:
        """Return the share of samples of exactly so many units."""
        return float(np.diff(np.searchsorted(self.samples, [units, units + 1]))[0]) / len(self.samples)


def rank_of(share: float, samples: int) -> int:
    """Return the position, from 0, of a quantile among so many sorted samples: one that was drawn, as for forecasts."""
    return min(max(math.ceil(share * samples - EXACT) - 1, 0), samples - 1)


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
