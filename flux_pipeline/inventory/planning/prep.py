"""Line of a prep sheet: what to make of a preparation for a day, in whole batches."""

import math
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import EXACT, Floats, SampledDemand
from flux_pipeline.kitchen.units import plain


@dataclass(frozen=True)
class Preparation:
    """What a preparation must meet, in the unit of its yield: `batch` is what a batch yields.

    `minimum`: what should be left in the evening; `available`: what is there in the morning.
    """

    name: str
    batch: Decimal
    minimum: Decimal = Decimal(0)
    available: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.batch <= 0:
            raise PermanentError(f"A batch of '{self.name}' yields {plain(self.batch)}; enter a yield above 0.")
        if self.minimum < 0 or self.available < 0:
            raise PermanentError(f"The minimum or the stock of '{self.name}' is below 0; enter 0 or more.")


@dataclass(frozen=True)
class PrepLine:
    """What to make of a preparation: its projected use, by median and by the chosen quantile, and whole batches."""

    preparation: Preparation
    usual: float
    projected: float
    batches: int

    @property
    def quantity(self) -> Decimal:
        """What the batches yield."""
        return self.preparation.batch * self.batches


def plan_preparation(used: Floats, preparation: Preparation, quantile: float) -> PrepLine:
    """Return the whole batches of projected use + minimum - available, and none if enough is there.

    Args:
        used: samples (n,) of the day's use, such as a day's column of `explode_demand`.
        preparation: with its minimum and what is available.
        quantile: how probable it should be that what is made is enough.
    """
    demand = SampledDemand.of(used)
    projected = demand.quantile(quantile)
    missing = projected + float(preparation.minimum) - float(preparation.available)
    # The last digit of a float must not add a batch.
    batches = math.ceil(missing / float(preparation.batch) - EXACT)
    return PrepLine(preparation, demand.quantile(0.5), projected, max(batches, 0))
