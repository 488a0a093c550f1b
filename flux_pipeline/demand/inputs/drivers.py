"""Drivers of demand: what is known of a day, or of an item's day, and may move sales. One row of `DRIVERS` each.

Any other column of numbers in `days` or `item_days` is a driver too, with the defaults of `driver_of`. Whether a column
is a flag (0 and 1) or a measurement, its history shows. What a driver becomes in the model is `design`'s business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

# Columns of `days` and `item_days` that are not drivers.
NOT_DRIVERS = frozenset({"item", "date", "is_open", "has_data", "closed_reason"})
# Of `item_days`: the item ran out, so what was sold is less than what was wanted.
SOLD_OUT = "is_sold_out"


@dataclass(frozen=True)
class Driver:
    """A column that may move demand.

    Attributes:
        name: of the column.
        phrase: what it is called in a sentence.
        in_words: a measurement's value in words, where a reader learns more from it than from the phrase.
        is_from_usual: a measurement counts by its distance from the four weeks before, or the season counts twice.
        elasticity_sd: of an item's own driver that counts by its logarithm: prior standard deviation of its elasticity.
        is_single_day: no two of its days are alike, so they scatter around their mean effect.
        has_neighbours: it also moves the day before and the day after, and differs at the weekend.
    """

    name: str
    phrase: str
    in_words: Callable[[float], str] | None = None
    is_from_usual: bool = False
    elasticity_sd: float | None = None
    is_single_day: bool = False
    has_neighbours: bool = False

    @property
    def neighbours(self) -> tuple[Driver, ...]:
        """The day before it and the day after it, as drivers of their own; none where it has no neighbours."""
        if not self.has_neighbours:
            return ()
        return (
            Driver(f"{self.name}_tomorrow", f"day before a {self.phrase}", is_single_day=self.is_single_day),
            Driver(f"{self.name}_yesterday", f"day after a {self.phrase}", is_single_day=self.is_single_day),
        )


def _rain(mm: float) -> str:
    return f"rain {mm:.0f} mm" if mm >= 1 else "little rain" if mm > 0 else "no rain"


DRIVERS = (
    Driver("is_holiday", "holiday", is_single_day=True, has_neighbours=True),
    # They last for weeks and have their errors judged like ordinary days.
    Driver("is_school_holiday", "school holidays"),
    Driver("is_event", "event nearby", is_single_day=True),
    Driver("temperature_c", "temperature", lambda value: f"{value:.0f} \N{DEGREE SIGN}C", is_from_usual=True),
    Driver("precipitation_mm", "rain", _rain),
    # Ahead it is what is on the books and what days like it still gain.
    Driver("reserved", "reservations", lambda value: f"{value:.0f} with a reservation"),
    Driver("is_promo", "promotion", is_single_day=True),
    # Nobody knows more of a price than that its elasticity is mostly within 0 and -2.
    Driver("price_ratio", "price", elasticity_sd=1.0),
)
_BY_NAME = {each.name: each for row in DRIVERS for each in (row, *row.neighbours)}


def driver_of(name: str) -> Driver:
    """Return the driver of that name. One without a row is called as its column, and is_... means single days."""
    default = Driver(name, name.removeprefix("is_").replace("_", " "), is_single_day=name.startswith("is_"))
    return _BY_NAME.get(name, default)


def driver_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of `days` or `item_days` that are drivers: those of numbers or flags but `NOT_DRIVERS`."""
    return [name for name in frame.columns if name not in NOT_DRIVERS and frame[name].dtype.kind in "iufb"]
