"""Effects of groups of items: what each category adds to the restaurant's log effects, and each item to its category's.

Quasi-Poisson regressions with ridge priors, as in `effects`, under a level around each day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Bools, Floats, Ints
from flux_pipeline.demand.model.chunks import item_chunks
from flux_pipeline.demand.model.discount import around, level_around
from flux_pipeline.demand.model.exposures.effects import age_weights

# What a group adds is limited to a factor of three.
LOG_LIMIT = float(np.log(3.0))


@dataclass(frozen=True)
class GroupFit:
    """Fit of G groups. `deviation` (G, P): what each adds to its parent's log effects; `dispersion` (G,): variance over
    mean around the fit.
    """

    deviation: Floats
    dispersion: Floats


def fit_groups(
    quantity: Floats,
    observed: Bools,
    parent: Floats,
    design: Floats,
    precision: Floats,
    position: Ints,
    scatter: Floats,
) -> GroupFit:
    """Fit shrunk deviations of G groups from their parent's log exposure `parent` (T, G); quantity, observed (T, G).

    `precision` (P,) or (G, P): prior precision of the deviations. `scatter` (T,): as in `fit_total`.
    """
    products = _Products.of(design)
    age = age_weights(position)
    parts = [
        _fit_groups(
            np.ascontiguousarray(quantity[:, of].T),
            np.ascontiguousarray(observed[:, of].T),
            np.ascontiguousarray(parent[:, of].T),
            design,
            products,
            precision if precision.ndim == 1 else precision[of],
            age,
            scatter,
        )
        for of in item_chunks(quantity.shape[1])
    ]
    return GroupFit(
        np.concatenate([part.deviation for part in parts]),
        np.concatenate([part.dispersion for part in parts]),
    )


@dataclass(frozen=True)
class _Products:
    """Products (N, T) of the design's columns with each other, and the columns `row`, `column` (N,) of each.

    Each pair is contained once, and only if some day has both: of weekdays and holidays, most have none.
    """

    values: Floats
    row: Ints
    column: Ints

    @classmethod
    def of(cls, design: Floats) -> _Products:
        columns = np.ascontiguousarray(design.T)
        is_active = (columns != 0).astype(float)
        row, column = np.nonzero(np.triu(is_active @ is_active.T))
        return cls(columns[row] * columns[column], row, column)

    def gram(self, weight: Floats, size: int) -> Floats:
        """Return the weighted products of the columns (G, P, P); weight (G, T)."""
        result = np.zeros((len(weight), size, size))
        result[:, self.row, self.column] = result[:, self.column, self.row] = weight @ self.values.T
        return result


def _fit_groups(
    quantity: Floats,
    observed: Bools,
    parent: Floats,
    design: Floats,
    products: _Products,
    precision: Floats,
    age: Floats,
    scatter: Floats,
) -> GroupFit:
    """Fit groups as rows: quantity, observed, parent (G, T)."""
    weight = observed * age
    weights = weight.sum(axis=1) + 5.0
    penalty = precision[..., None] * np.eye(design.shape[1])
    deviation = np.zeros((len(quantity), design.shape[1]))
    phi = np.ones(len(quantity))
    sold = around(quantity)
    for _ in range(3):
        exposure = np.exp(parent + deviation @ design.T) * observed
        mean = level_around(sold, around(exposure)) * exposure
        error = quantity - mean
        squares = np.minimum(error**2 / (mean + 0.05), 25.0 * phi[:, None]) * weight
        phi = np.maximum((squares.sum(axis=1) + 5.0) / weights, 0.2)
        scaled = weight / (phi[:, None] + scatter * mean)
        gram = products.gram(scaled * mean, design.shape[1])
        gradient = (scaled * error) @ design - precision * deviation
        move = np.linalg.solve(gram + penalty, gradient[:, :, None])[:, :, 0]
        deviation = (deviation + move.clip(-1, 1)).clip(-LOG_LIMIT, LOG_LIMIT)
    return GroupFit(deviation, phi)
