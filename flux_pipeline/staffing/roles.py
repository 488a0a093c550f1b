"""Roles on the roster: standard times, fixed work, bounds of heads and cost. People and skills are not part of it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import OTHER, HeadsRule, StandardTime

CORRECT_IT = "Correct it with `flux roles set`."


@dataclass(frozen=True)
class Role:
    """A role as the staffing forecast needs it.

    Attributes:
        id: the role's key, as text.
        name: its name on the roster.
        minutes_per_item: minutes of this role's work in one item, >= 0 (0: its work doesn't depend on sales).
        minutes_per_open_hour: minutes of fixed work in each open hour, >= 0.
        minimum_heads: fewest heads in any open period, >= 0.
        hourly_cost: cost of a paid hour in the restaurant's currency, or None if it isn't known.
        maximum_heads: most heads that its equipment allows at a time, or None.
        heads_by: by utilization (a kitchen), or by the wait of guests (a counter, a bar, a phone).
        minutes_by_category: minutes in one item of a category (casefolded name) in place of minutes_per_item.
        opening_minutes, closing_minutes: minutes of fixed work before the first and after the last guest of a day.
        prep_share: share of its work on items that may be done earlier on the same day, 0 to 0.9; 0 for a queue.
        channels: the channels whose items are its work, such as "delivery"; None: all.

    Raises:
        PermanentError: one of them is out of its bounds.
    """

    id: str
    name: str
    minutes_per_item: float
    minutes_per_open_hour: float = 0.0
    minimum_heads: int = 1
    hourly_cost: float | None = None
    maximum_heads: int | None = None
    heads_by: HeadsRule = HeadsRule.UTILIZATION
    minutes_by_category: Mapping[str, float] = field(default_factory=dict)
    opening_minutes: float = 0.0
    closing_minutes: float = 0.0
    prep_share: float = 0.0
    channels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        names = ("minutes_per_item", "minutes_per_open_hour", "opening_minutes", "closing_minutes", "prep_share")
        amounts = {name: getattr(self, name) for name in names}
        amounts |= {f"minutes of '{name}'": minutes for name, minutes in self.minutes_by_category.items()}
        if self.hourly_cost is not None:
            amounts["hourly_cost"] = self.hourly_cost
        for name, amount in amounts.items():
            if not math.isfinite(amount) or amount < 0:
                raise self._wrong(name, amount, "a number of zero or more")
        if self.minimum_heads < 0 or self.minimum_heads != int(self.minimum_heads):
            raise self._wrong("minimum_heads", self.minimum_heads, "a whole number of zero or more")
        least = max(self.minimum_heads, 1)
        if self.maximum_heads is not None and not self.maximum_heads >= least:
            raise self._wrong("maximum_heads", self.maximum_heads, f"{least} or more, as its minimum says")
        if self.prep_share > (0.0 if self.heads_by == HeadsRule.QUEUE else 0.9):
            raise self._wrong("prep_share", self.prep_share, "at most 0.9, and 0 for a queue, whose guests are there")

    def _wrong(self, name: str, amount: float, expected: str) -> PermanentError:
        return PermanentError(f"Role '{self.name}' has {name} {amount}; expected {expected}. {CORRECT_IT}")

    @classmethod
    def from_productivity(
        cls,
        id: str,
        name: str,
        items_per_hour: float,
        minutes_per_open_hour: float = 0.0,
        minimum_heads: int = 1,
        hourly_cost: float | None = None,
        **other: Any,
    ) -> "Role":
        """Build a role from `items_per_hour`, the items that one head gets done in an hour of work.

        `other` are further attributes. Raises PermanentError if that rate isn't above zero.
        """
        if not math.isfinite(items_per_hour) or items_per_hour <= 0:
            raise PermanentError(
                f"Role '{name}' gets {items_per_hour} items done an hour; expected more than zero. {CORRECT_IT}"
            )
        return cls(id, name, 60.0 / items_per_hour, minutes_per_open_hour, minimum_heads, hourly_cost, **other)

    def minutes_of(self, categories: Sequence[str]) -> np.ndarray:
        """Return the minutes of work in one item of each category."""
        times = [self.minutes_by_category.get(_folded(name), self.minutes_per_item) for name in categories]
        return np.array(times, dtype=float)

    def serves(self, channels: Sequence[str]) -> np.ndarray:
        """Return whether each channel's items are its work; a role with channels has none of unknown ones."""
        return np.array([self.channels is None or channel in self.channels for channel in channels], dtype=bool)


def with_standard_times(roles: Iterable[Role], times: Iterable[StandardTime]) -> list[Role]:
    """Return the roles with the standard times of their name; a role's own times go before them.

    The times are meant for a role whose rate is that of the category `other`; one that needs half as long for an item
    needs half as long in each category. Without `other` among them they hold for any rate.
    """
    standard: dict[str, dict[str, float]] = {}
    for time in times:
        standard.setdefault(_folded(time.role), {})[_folded(time.category)] = time.minutes
    return [
        replace(role, minutes_by_category={**_at_pace(role, standard.get(_folded(role.name), {})), **own})
        for role in roles
        for own in [role.minutes_by_category]
    ]


def _at_pace(role: Role, minutes: Mapping[str, float]) -> dict[str, float]:
    pace = role.minutes_per_item / minutes[OTHER] if minutes.get(OTHER) else 1.0
    return {category: pace * each for category, each in minutes.items() if category != OTHER}


def _folded(name: str) -> str:
    return name.strip().casefold()
