"""Rules of rosters by country, as a table; a country without a row has the rules of all.

The table is a start and no legal advice: a restaurant replaces what its contracts say otherwise.
"""

import csv
import functools
from importlib.resources import files

from flux_pipeline.rosters.rules import WORDS, Rule, RuleRow


@functools.cache
def country_rules() -> tuple[RuleRow, ...]:
    """Return the rows of `country_rules.csv`."""
    table = files("flux_pipeline.rosters.inputs").joinpath("country_rules.csv").read_text(encoding="utf-8")
    return tuple(
        RuleRow(Rule(row["rule"], _parameters(row["parameters"])), country=row["country"] or None)
        for row in csv.DictReader(table.splitlines())
    )


def _parameters(text: str) -> dict[str, float | str]:
    """Return parameters that are written like "after_minutes=360 minutes=30"."""
    pairs = (pair.split("=") for pair in text.split())
    return {name: value if name in WORDS else float(value) for name, value in pairs}
