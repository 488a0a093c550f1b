"""Drivers of demand: facts about a day, or about an item on a day, that may move sales. One row of `DRIVERS` each.

Any other column of numbers in `days` or `item_days` is a driver too, with the defaults of `driver_of`. Its history
decides whether a column is a flag (0 and 1) or a measurement. `design` turns drivers into columns of the model.

A column "event:festival" is the part of the driver `event` that is due to festivals. Columns of text say more about a
day: `event_words` what the driver is on that day, `temperature_c_provenance` where its value is from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from flux_pipeline.demand.priors import CLOSED_HOLIDAY

# The driver that `panel` makes of closed days, beside that of closed holidays. Nothing is sold on them, but the days
# beside them have sales to move.
CLOSED_DAY = "is_closed"
# Columns of `days` and `item_days` that are not drivers.
NOT_DRIVERS = frozenset({"item", "date", "is_open", "has_data", "closed_reason", CLOSED_DAY, CLOSED_HOLIDAY})
# Column of `item_days`: the item ran out, so more may have been wanted than was sold.
SOLD_OUT = "is_sold_out"
# Ends of the names of a driver's columns of text.
TEXTS = WORDS, PROVENANCE = "_words", "_provenance"
# The provenance of weather of which no forecast is known: the usual weather of the date counts.
CLIMATOLOGY = "climatology"


@dataclass(frozen=True)
class Driver:
    """A column that may move demand.

    Attributes:
        name: the name of the column.
        phrase: its name in a sentence.
        in_words: turns a measurement's value into words that tell a reader more than the phrase.
        is_from_usual: a measurement counts by its distance from the four weeks before; otherwise the season would count
            twice.
        elasticity_sd: for an item's own driver that counts by its logarithm: prior sd of the elasticity.
        is_single_day: no two of its days are alike, so they scatter around their mean effect.
        has_neighbours: it also moves the day before and the day after.
        differs_at_weekend: its effect on Saturdays and Sundays differs from that on other days.
        is_dose: 0 is none of it, and its effect is in proportion to its value, less what is usual if most days have
            some; it may have parts.
    """

    name: str
    phrase: str
    in_words: Callable[[float], str] | None = None
    is_from_usual: bool = False
    elasticity_sd: float | None = None
    is_single_day: bool = False
    has_neighbours: bool = False
    differs_at_weekend: bool = False
    is_dose: bool = False

    @property
    def factor(self) -> str:
        """The factor to which it belongs: that of "event:festival" is "event", and that of any other its own name."""
        return self.name.partition(":")[0] if self.is_dose else self.name

    @cached_property
    def neighbours(self) -> tuple[Driver, ...]:
        """The day before it and the day after it as drivers of their own; empty without neighbours."""
        if not self.has_neighbours:
            return ()
        return (
            Driver(f"{self.name}_tomorrow", f"day before a {self.phrase}", is_single_day=self.is_single_day),
            Driver(f"{self.name}_yesterday", f"day after a {self.phrase}", is_single_day=self.is_single_day),
        )


def _rain(mm: float) -> str:
    return f"rain {mm:.0f} mm" if mm >= 1 else "little rain" if mm > 0 else "no rain"


def _events(pull: float) -> str:
    return "events nearby" if pull > 0 else "no event nearby"


DRIVERS = (
    Driver("is_holiday", "holiday", is_single_day=True, has_neighbours=True, differs_at_weekend=True),
    # Bakery shops sell a quarter more before a holiday in the week on which they are closed, and no more before one on
    # which they are open. With these two, wQL of an autumn and winter falls by 1.7 % (ten shops), 0.2 % (25 others) and
    # 3 % (a bakery in Kiel) if the dates of holidays are known, by 5, 3 and 4 % if they are not, and that of a spring
    # rises by 0.7 % at most. That of 60 restaurants falls by 0.4 %.
    Driver(CLOSED_HOLIDAY, "closed holiday", is_single_day=True, has_neighbours=True),
    Driver(CLOSED_DAY, "closed day", is_single_day=True, has_neighbours=True),
    # School holidays last for weeks, so their errors are estimated like those of ordinary days. With an effect of its
    # own for the weekend, wQL of ten bakery shops falls by 0.4 % and 1.2 % in two windows of twelve weeks, that of 25
    # other shops by 0.3 % and 0.5 %, and that of a bakery in Kiel by 0.4 to 1.7 % in four.
    Driver("is_school_holiday", "school holidays", differs_at_weekend=True),
    Driver("event", "events nearby", _events, is_single_day=True, is_dose=True),
    Driver("temperature_c", "temperature", lambda value: f"{value:.0f} \N{DEGREE SIGN}C", is_from_usual=True),
    Driver("precipitation_mm", "rain", _rain),
    # For a day ahead: the covers already booked, plus those that such days still gain.
    Driver("reserved", "reservations", lambda value: f"{value:.0f} with a reservation"),
    Driver("is_promo", "promotion", is_single_day=True),
    # All that is known in advance of a price is that its elasticity is mostly between 0 and -2.
    Driver("price_ratio", "price", elasticity_sd=1.0),
)
_BY_NAME = {each.name: each for row in DRIVERS for each in (row, *row.neighbours)}


def driver_of(name: str) -> Driver:
    """Return the driver of that name, or of the factor of which it is a part.

    One without a row is named by its column, and is_... marks single days.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    whole, _, part = name.partition(":")
    if part and whole in _BY_NAME:
        return replace(_BY_NAME[whole], name=name, phrase=part)
    return Driver(name, name.removeprefix("is_").replace("_", " "), is_single_day=name.startswith("is_"))


def driver_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of `days` or `item_days` that are drivers: numbers or flags, except `NOT_DRIVERS`."""
    return [str(name) for name, dtype in frame.dtypes.items() if name not in NOT_DRIVERS and dtype.kind in "iufb"]
