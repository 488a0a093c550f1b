"""Priors from other restaurants: the usual effects of weekdays and holidays, and the usual spread.

The parameters that restaurants may share are named here. `design`, `exposure` and `cold_start` use their averages,
`sharing` finds a restaurant's own, and `store` averages those of many restaurants.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flux_pipeline.business_day import WEEKDAYS

WEEKDAY_EFFECTS = tuple(day.lower() for day in WEEKDAYS)
HOLIDAY, CLOSED_HOLIDAY = "is_holiday", "is_closed_holiday"
# A holiday on a Saturday or Sunday has its own effect and this one.
AT_WEEKEND = ":weekend"
HOLIDAY_EFFECTS = (
    HOLIDAY,
    f"{HOLIDAY}{AT_WEEKEND}",
    f"{HOLIDAY}_tomorrow",
    f"{HOLIDAY}_yesterday",
    f"{CLOSED_HOLIDAY}_tomorrow",
    f"{CLOSED_HOLIDAY}_yesterday",
)
EASTER_DAYS = range(-3, 3)  # Maundy Thursday to the Tuesday after
EASTER_EFFECTS = tuple(f"easter{day:+d}" for day in EASTER_DAYS)
# The logarithm of variance over mean, and the coefficient of variation of a day's shock.
LOG_DISPERSION, DAY_VARIATION = "log_dispersion", "day_variation"
SPREAD = (LOG_DISPERSION, DAY_VARIATION)
# Everything of a fit that may be shared: log effects and spread, no level and so no sales.
PARAMETERS = (*WEEKDAY_EFFECTS, *HOLIDAY_EFFECTS, *EASTER_EFFECTS, *SPREAD)
# A shared value is at most this far from zero, a factor of 4.5, so that no restaurant moves an average of twenty by
# more than a fifth.
LIMIT = 1.5
# An average of fewer restaurants is not stored.
LEAST_RESTAURANTS = 20


@dataclass(frozen=True)
class Prior:
    """The mean of a parameter over restaurants, its standard deviation between them, and their number.

    `country`: the code of their country; "" if they are from all countries.
    """

    mean: float
    sd: float
    restaurants: int
    country: str


@dataclass(frozen=True)
class DemandPriors:
    """Averages over other restaurants.

    Attributes:
        usual: by the words of a category ("" for whole restaurants), then by parameter. Effects of a category are what
            it adds to the restaurant's.
    """

    usual: Mapping[str, Mapping[str, Prior]] = field(default_factory=dict)

    def of(self, parameter: str, category: str = "") -> Prior | None:
        """Return the prior of a parameter, if it is known."""
        return self.usual.get(category, {}).get(parameter)

    def source(self, parameters: Iterable[str]) -> str:
        """Say whose averages these parameters are: "34 restaurants in DE"; "" if none of them is known.

        Where some are averages of the country and some of all countries, the smallest number is that of both.
        """
        known = [prior for name in parameters if (prior := self.of(name)) is not None]
        if not known:
            return ""
        places = sorted({prior.country for prior in known}, reverse=True)
        where = " and ".join(place or "all countries" for place in places)
        return f"{min(prior.restaurants for prior in known)} restaurants in {where}"

    def as_metadata(self) -> dict[str, str]:
        """Return which priors there are and whose averages they are; nothing without any."""
        named = {"weekday profile": WEEKDAY_EFFECTS, "holidays": (*HOLIDAY_EFFECTS, *EASTER_EFFECTS), "spread": SPREAD}
        found = {name: source for name, parameters in named.items() if (source := self.source(parameters))}
        return {"priors": "; ".join(f"{name} of {source}" for name, source in found.items())} if found else {}

    def as_values(self) -> dict[str, object]:
        """Return everything that can change a forecast, to hash it."""
        return {
            category: {name: [prior.mean, prior.sd, prior.restaurants, prior.country] for name, prior in of.items()}
            for category, of in self.usual.items()
        }


NO_PRIORS = DemandPriors()


def category_words(name: str) -> str:
    """Return the words of a category's name as restaurants are compared by them: "Hot Drinks " and "hot drinks"."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold()))
