"""Rules of rosters as data: rows of a name and parameters, by country, restaurant and person.

What a name means is known here; which of them hold, and with what numbers, is a table outside of the code. Skills,
availability, minimum and maximum hours and one shift a day always hold and need no row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError

# The parameters of each rule; `role` and `then` are names, all others are numbers.
KNOWN_RULES: dict[str, tuple[str, ...]] = {
    # Hours between the end of a shift and the start of the next, by instants.
    "rest": ("hours",),
    # Most and fewest days worked in a row, fewest days off in a row.
    "days_in_a_row": ("most",),
    "least_days_in_a_row": ("least",),
    "least_days_off_in_a_row": ("least",),
    # Weekends (Saturday or Sunday worked) in the days planned.
    "weekends": ("most",),
    # Shifts of one role in the days planned.
    "shifts_of_role": ("role", "most"),
    # A shift of role `then` may not begin on the day after one of `role`.
    "succession": ("role", "then"),
    "shift_length": ("least_minutes", "most_minutes"),
    # A shift longer than `after_minutes` has an unpaid break of `minutes`.
    "break": ("after_minutes", "minutes"),
    # Hours from planning to the start before which nobody gets a new shift.
    "notice": ("hours",),
    # Hours of pay for a new, moved or canceled published shift that starts within `notice_hours` of planning.
    "predictability_pay": ("notice_hours", "pay_hours"),
    # Share of the hourly rate that an hour beyond the contract costs on top.
    "overtime": ("premium",),
}
WORDS = {"role", "then"}


@dataclass(frozen=True)
class Rule:
    """A rule that holds for all or, with `employee`, for one person in place of that of all."""

    name: str
    parameters: Mapping[str, float | str]
    employee: str | None = None


@dataclass(frozen=True)
class RuleRow:
    """A row of the table of rules; without country or restaurant it holds everywhere."""

    rule: Rule
    country: str | None = None
    restaurant: str | None = None


def choose_rules(rows: Iterable[RuleRow], country: str, restaurant: str) -> tuple[Rule, ...]:
    """Return the rules of a restaurant; for each name and person its own rows win over its country's, those over all.

    Raises PermanentError for an unknown name or wrong parameters, also in rows of other places.
    """
    rows = tuple(rows)
    check_rules(row.rule for row in rows)
    chosen: dict[tuple[str, str | None], tuple[int, list[Rule]]] = {}
    for row in rows:
        if row.country in {None, country} and row.restaurant in {None, restaurant}:
            closeness = 2 * (row.restaurant is not None) + (row.country is not None)
            key = (row.rule.name, row.rule.employee)
            found, rules = chosen.get(key, (-1, []))
            if closeness > found:
                chosen[key] = (closeness, [row.rule])
            elif closeness == found:
                rules.append(row.rule)
    return tuple(rule for _, rules in chosen.values() for rule in rules)


def check_rules(rules: Iterable[Rule]) -> None:
    """Raise PermanentError for the first rule with an unknown name, or missing, unknown or wrong parameters."""
    for rule in rules:
        if rule.name not in KNOWN_RULES:
            raise PermanentError(f"Unknown rule '{rule.name}'. Choose one of: {', '.join(sorted(KNOWN_RULES))}.")
        expected = set(KNOWN_RULES[rule.name])
        if set(rule.parameters) != expected:
            found = ", ".join(sorted(rule.parameters)) or "none"
            raise PermanentError(
                f"Rule '{rule.name}' has the parameters {found}; expected {', '.join(sorted(expected))}."
            )
        for name, value in rule.parameters.items():
            is_right = isinstance(value, str) if name in WORDS else isinstance(value, (int, float)) and value >= 0
            if not is_right:
                expected_value = "a name" if name in WORDS else "a number of zero or more"
                raise PermanentError(f"Rule '{rule.name}' has {name} {value!r}; expected {expected_value}.")
