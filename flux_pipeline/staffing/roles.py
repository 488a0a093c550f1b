"""Roles on the roster: productivity, fixed work, minimum heads and cost. People and their skills are not part of it."""

import math
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class Role:
    """A role as the staffing forecast needs it.

    Attributes:
        id: the role's key, as text.
        name: its name on the roster.
        minutes_per_item: minutes of this role's work in one item, >= 0 (0: its work doesn't depend on sales).
        minutes_per_open_hour: minutes of fixed work in each open hour, >= 0.
        minimum_heads: fewest heads in any open hour, >= 0.
        hourly_cost: cost of a paid hour in the restaurant's currency, or None if it isn't known.

    Raises:
        PermanentError: one of them is out of its bounds.
    """

    id: str
    name: str
    minutes_per_item: float
    minutes_per_open_hour: float = 0.0
    minimum_heads: int = 1
    hourly_cost: float | None = None

    def __post_init__(self) -> None:
        amounts = {"minutes_per_item": self.minutes_per_item, "minutes_per_open_hour": self.minutes_per_open_hour}
        if self.hourly_cost is not None:
            amounts["hourly_cost"] = self.hourly_cost
        for field, amount in amounts.items():
            if not math.isfinite(amount) or amount < 0:
                raise PermanentError(
                    f"Role '{self.name}' has {field} {amount}; expected a number of zero or more. Correct the role."
                )
        if self.minimum_heads < 0 or self.minimum_heads != int(self.minimum_heads):
            raise PermanentError(
                f"Role '{self.name}' has minimum_heads {self.minimum_heads}; expected a whole number of zero or more. "
                "Correct the role."
            )

    @classmethod
    def from_productivity(
        cls,
        id: str,
        name: str,
        items_per_hour: float,
        minutes_per_open_hour: float = 0.0,
        minimum_heads: int = 1,
        hourly_cost: float | None = None,
    ) -> "Role":
        """Build a role from `items_per_hour`, the items that one head gets done in an hour of work.

        Raises PermanentError if that rate isn't above zero.
        """
        if not math.isfinite(items_per_hour) or items_per_hour <= 0:
            raise PermanentError(
                f"Role '{name}' gets {items_per_hour} items done an hour; expected more than zero. Correct the role."
            )
        return cls(id, name, 60.0 / items_per_hour, minutes_per_open_hour, minimum_heads, hourly_cost)
