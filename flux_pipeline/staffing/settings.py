"""Settings of the staffing forecast: every number that does not belong to a role, with bounds and a safe default.

A restaurant overrides them by key. Its roles are rows of its own table; the default roles here only seed it.
"""

import datetime as dt

from pydantic import BaseModel, Field


class RoleDefaults(BaseModel, frozen=True, extra="forbid"):
    """A role that a new restaurant starts with; the restaurant then changes its own copy."""

    name: str = Field(min_length=1, description="What the role is called on the roster.")
    productivity_per_hour: float = Field(
        gt=0, le=10_000, description="Items of the menu that one head of this role gets done in an hour of work."
    )
    minutes_per_open_hour: float = Field(
        0.0, ge=0, le=600, description="Minutes of work in each open hour that need no customer: cleaning, setting up."
    )
    minimum_heads: int = Field(1, ge=0, le=1_000, description="Fewest heads of this role in any open hour.")
    hourly_cost: float | None = Field(
        None, ge=0, description="What an hour of this role costs, in the restaurant's currency; null: not known."
    )


# Rates of a small full-service place: a cook finishes a plate or drink every two minutes of work, a server handles one
# in a minute and a half, and both clean and set up for some ten minutes an hour. A restaurant corrects them; the cost
# is unknown, as it differs by country.
DEFAULT_ROLES: tuple[RoleDefaults, ...] = (
    RoleDefaults(name="Kitchen", productivity_per_hour=30, minutes_per_open_hour=10, minimum_heads=1),
    RoleDefaults(name="Service", productivity_per_hour=40, minutes_per_open_hour=8, minimum_heads=1),
)


class StaffingSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings that a restaurant may change about how its heads are counted."""

    labor_utilization: float = Field(
        0.8, ge=0.2, le=1.0, description="Share of a paid minute that is work on items; the rest is walking and pauses."
    )
    labor_service_level: float = Field(
        0.8, ge=0.5, le=0.99, description="Share of days on which the recommended heads cover an hour's workload."
    )
    labor_items_per_party: float = Field(
        2.0, ge=1, le=100, description="Items that arrive together; more of them make an hour less predictable."
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
    labor_profile_minimum_days: int = Field(
        3,
        ge=1,
        le=60,
        description="With fewer days with ticket times than this, opening hours are used instead of a rhythm.",
    )
    labor_profile_shrinkage_days: float = Field(
        2.0, ge=0, le=60, description="Days of its own that a weekday needs to weigh as much as all days together."
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
