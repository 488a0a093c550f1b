"""Settings of rosters: when and how far ahead weeks are planned, what missing heads cost, free shifts, own rules.

Costs are in hours of the restaurant's mean pay, so that they hold in every currency.
"""

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.rules import Rule, check_rules


class OwnRule(BaseModel, frozen=True, extra="forbid"):
    """A rule of one restaurant, for all of its people or for one of them."""

    name: str = Field(min_length=1, description="Name of the rule, such as rest or days_in_a_row.")
    parameters: dict[str, float | str] = Field(description="Its parameters, such as hours or most.")
    employee: str | None = Field(None, description="Address or name of the person whom it is for; none: everybody.")

    def as_rule(self) -> Rule:
        """Return the rule; its employee is still the address or name."""
        return Rule(self.name, self.parameters, self.employee)


class RosterSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings that a restaurant may change about its rosters."""

    roster_weekday: int = Field(
        2, ge=0, le=6, description="Day of the week (0 = Monday) on which the schedule drafts the coming weeks."
    )
    roster_weeks: int = Field(1, ge=1, le=4, description="Weeks from the next Monday that the schedule drafts.")
    roster_missing_hour_cost: float = Field(
        5.0, ge=1, le=100, description="What an hour with a head too few costs, in hours of mean pay."
    )
    roster_spare_hour_cost: float = Field(
        0.1, ge=0, le=10, description="What an hour with a head too many costs beyond its pay, in hours of mean pay."
    )
    roster_wish_cost: float = Field(
        0.5, ge=0, le=20, description="What a preferred time that is not rostered costs, in hours of mean pay."
    )
    roster_fairness_cost: float = Field(
        0.5,
        ge=0,
        le=20,
        description="By how much each further weekend or closing shift of one person costs more, in hours of mean pay.",
    )
    roster_touch_cost: float = Field(
        8.0, ge=0, le=200, description="What changing the published shifts of one person costs, in hours of mean pay."
    )
    roster_grid_minutes: Literal[15, 30, 60] = Field(
        60, description="Distance of the times at which a shift of a role without shift templates may start."
    )
    roster_shift_hours: tuple[float, ...] = Field(
        (4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
        min_length=1,
        max_length=12,
        description="Lengths in hours, breaks included, of shifts of a role without shift templates.",
    )
    roster_rules: tuple[OwnRule, ...] = Field(
        (), description="Rules that replace those of the restaurant's country, by name; see docs/rosters.md."
    )
    roster_iterations: int = Field(
        150, ge=0, le=100_000, description="How many parts of a roster are solved again to improve it."
    )
    roster_seconds: float = Field(
        60.0, ge=1, le=3600, description="Seconds after which the best roster so far is kept."
    )
    roster_explain_seconds: float = Field(
        30.0, ge=0, le=3600, description="Seconds after which no further uncovered time is explained."
    )

    @field_validator("roster_shift_hours")
    @classmethod
    def _check_lengths(cls, hours: tuple[float, ...]) -> tuple[float, ...]:
        for length in hours:
            if not 1 <= length <= 16 or (length * 4) % 1:
                raise ValueError(f"{length} hours; expected 1 to 16 in quarters of an hour")
        return hours

    @field_validator("roster_rules")
    @classmethod
    def _check_rules(cls, rules: tuple[OwnRule, ...]) -> tuple[OwnRule, ...]:
        try:
            check_rules(rule.as_rule() for rule in rules)
        except PermanentError as exc:
            raise ValueError(str(exc)) from exc
        return rules
