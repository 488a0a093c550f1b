"""Settings of the staffing forecast: every number that does not belong to a role, with bounds and a safe default.

A restaurant overrides them by key. Its roles are rows of its own table; the default roles here only seed it.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

# The shares of samples whose heads are published beside the recommended ones.
REQUIRED_LEVELS = (0.5, 0.9)


class HeadsRule(StrEnum):
    """How work becomes heads: kept busy to a share of their time, or enough that nobody waits long."""

    UTILIZATION = "utilization"
    QUEUE = "queue"


Channel = Literal["dine_in", "takeaway", "delivery", "unknown"]
SkillName = Annotated[str, Field(min_length=1, max_length=60)]


class RoleDefaults(BaseModel, frozen=True, extra="forbid"):
    """A role that a new restaurant starts with; the restaurant then changes its own copy."""

    name: str = Field(min_length=1, max_length=60, description="What the role is called on the roster.")
    productivity_per_hour: float = Field(
        ge=0.001, le=10_000, description="Items of the menu that one head of this role gets done in an hour of work."
    )
    minutes_per_open_hour: float = Field(
        0.0, ge=0, le=600, description="Minutes of work in each open hour that need no customer: cleaning, setting up."
    )
    minimum_heads: int = Field(1, ge=0, le=1_000, description="Fewest heads of this role in any open hour.")
    hourly_cost: float | None = Field(
        None,
        ge=0,
        le=10_000_000,
        description="What an hour of this role costs, in the restaurant's currency; null: not known.",
    )
    maximum_heads: int | None = Field(
        None, ge=1, le=1_000, description="Most heads that find room: tills, stoves, coffee machines; null: no limit."
    )
    heads_by: HeadsRule = Field(
        HeadsRule.UTILIZATION,
        description="utilization: a kitchen; queue: a counter, a bar or a phone, where one waits.",
    )
    opening_minutes: float = Field(0.0, ge=0, le=1_440, description="Minutes of work before the first guest of a day.")
    closing_minutes: float = Field(0.0, ge=0, le=1_440, description="Minutes of work after the last guest of a day.")
    prep_share: float = Field(
        0.0, ge=0, le=0.9, description="Share of the work on items that may be done earlier on the same day."
    )
    channels: tuple[Channel, ...] | None = Field(
        None, min_length=1, description="The channels whose items are its work; null: all, known or not."
    )
    required_skills: tuple[SkillName, ...] = Field(
        (), description="The skills without which nobody is rostered for it."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        least = max(self.minimum_heads, 1)
        if self.maximum_heads is not None and self.maximum_heads < least:
            raise ValueError(f"maximum_heads is {self.maximum_heads}; expected {least} or more, as its minimum says")
        if self.heads_by == HeadsRule.QUEUE and self.prep_share:
            raise ValueError(f"prep_share is {self.prep_share:g}; expected 0 for a queue, whose guests are there")
        return self


# Rates of a small full-service place: a cook finishes a plate or drink every two minutes of work, a server handles one
# in a minute and a half, and both clean and set up for some ten minutes an hour. A restaurant corrects them; the cost
# is unknown, as it differs by country.
DEFAULT_ROLES: tuple[RoleDefaults, ...] = (
    RoleDefaults(
        name="Kitchen",
        productivity_per_hour=30,
        minutes_per_open_hour=10,
        minimum_heads=1,
        opening_minutes=40,
        closing_minutes=30,
        prep_share=0.25,
    ),
    RoleDefaults(
        name="Service",
        productivity_per_hour=40,
        minutes_per_open_hour=8,
        minimum_heads=1,
        opening_minutes=20,
        closing_minutes=20,
    ),
)


class StandardTime(BaseModel, frozen=True, extra="forbid"):
    """The work of one role on one item of a category; names are compared without regard to case."""

    role: str = Field(min_length=1, description="Name of the role, as on the roster.")
    category: str = Field(
        min_length=1, description="Category of the menu; other: the rate that the role's other times are meant for."
    )
    minutes: float = Field(ge=0, le=240, description="Minutes of the role's work on one item; 0: none of its work.")


# The name under which a role's standard times have those of an item of any other category.
OTHER = "other"
# Rules of thumb of small restaurants, to be corrected by the restaurant: hands-on minutes, not minutes in the oven. A
# category that is not listed takes the role's own rate; a role that is twice as fast as "other" is so in all of them.
_STANDARD_TIMES = {
    "Kitchen": {
        OTHER: 2,
        **{"starters": 3, "soups": 2, "salads": 3, "mains": 5, "pizza": 3, "pasta": 4, "burgers": 4, "grill": 5},
        **{"sandwiches": 2.5, "sides": 1.5, "desserts": 2, "drinks": 0, "hot drinks": 0, "coffee": 0},
        **{"beer": 0, "wine": 0, "cocktails": 0, "soft drinks": 0},
    },
    "Service": {
        **{OTHER: 1.5, "starters": 1.5, "mains": 2, "desserts": 1.5, "drinks": 1, "hot drinks": 1, "coffee": 1},
    },
    "Bar": {
        OTHER: 1,
        **{"starters": 0, "mains": 0, "desserts": 0, "drinks": 0.8, "soft drinks": 0.5, "beer": 0.6, "wine": 0.6},
        **{"cocktails": 3, "coffee": 1.2, "hot drinks": 1.2},
    },
    "Counter": {
        **{OTHER: 0.8, "bread": 0.6, "rolls": 0.5, "pastry": 0.6, "pastries": 0.6, "cakes": 0.9},
        **{"sandwiches": 1.2, "coffee": 1.2},
    },
    "Phone": {OTHER: 0.6, "drinks": 0.3, "soft drinks": 0.3},
}
STANDARD_TIMES = tuple(
    StandardTime(role=role, category=category, minutes=minutes)
    for role, times in _STANDARD_TIMES.items()
    for category, minutes in times.items()
)


class StaffingSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings that a restaurant may change about how its heads are counted."""

    labor_period_minutes: Literal[15, 60] = Field(60, description="Length of the periods that heads are counted for.")
    labor_utilization: float = Field(
        0.8, ge=0.2, le=1.0, description="Share of a paid minute that is work on items; the rest is walking and pauses."
    )
    labor_understaffed_cost: float = Field(
        3.0, ge=1, le=20, description="What an hour with a head too few costs, in hours with a head too many."
    )
    labor_queue_service_level: float = Field(
        0.8, ge=0.1, le=0.99, description="Share of guests that a counter, bar or phone serves within the longest wait."
    )
    labor_queue_wait_minutes: float = Field(
        3.0, ge=0, le=120, description="Longest wait in minutes of those guests; 0: they don't wait at all."
    )
    labor_occupancy_cap: float = Field(
        0.85, ge=0.2, le=1.0, description="Largest share of its time that a head at a counter, bar or phone is busy."
    )
    labor_shrinkage: float = Field(
        0.1,
        ge=0,
        le=0.6,
        description="Share of its time that such a head is away from it: pauses, errands, the cellar.",
    )
    labor_items_per_party: float = Field(
        2.0, ge=1, le=100, description="Items that arrive together; more of them make an hour less predictable."
    )
    labor_minutes_before_opening: int = Field(
        60, ge=0, le=240, description="Minutes before the first guest in which opening work and prep are done."
    )
    labor_minutes_after_closing: int = Field(
        60, ge=0, le=240, description="Minutes after the last guest in which closing work is done."
    )
    labor_default_open_time: dt.time = Field(
        dt.time(10), description="Start of every day if neither opening hours nor ticket times are known."
    )
    labor_default_close_time: dt.time = Field(
        dt.time(22), description="End of every day if neither is known; at or before the start it is the next morning."
    )
    labor_profile_weeks: int = Field(
        12, ge=1, le=104, description="Weeks of latest ticket times from which the rhythm of the day is learned."
    )
    labor_profile_half_life_days: float = Field(
        56, ge=1, le=730, description="Days after which a day's ticket times count half as much for the rhythm."
    )
    labor_profile_minimum_days: int = Field(
        3,
        ge=1,
        le=60,
        description="With fewer days with ticket times than this, opening hours are used instead of a rhythm.",
    )
    labor_profile_prior_parties: float = Field(
        50,
        ge=1,
        le=10_000,
        description="Parties that a weekday or category needs to weigh as much as what it is part of.",
    )
    labor_profile_closed_days: int = Field(
        4,
        ge=1,
        le=60,
        description="Days of a weekday without a sale in some hour after which that hour counts as closed.",
    )
    labor_minimum_hour_share: float = Field(
        0.005,
        ge=0,
        lt=0.5,
        description="Without opening hours, an hour with at least this share of the day is staffed.",
    )
    labor_default_roles: tuple[RoleDefaults, ...] = Field(
        DEFAULT_ROLES, description="The roles that a new restaurant starts with."
    )
    labor_standard_times: tuple[StandardTime, ...] = Field(
        STANDARD_TIMES,
        description="Minutes of a role's work on an item of a category; others take the role's own rate. A role whose "
        "rate isn't that of its category other is as much faster or slower in all of them.",
    )
