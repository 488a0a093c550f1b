"""Forms of quantities, of their units and of what a unit costs."""

from collections import defaultdict
from dataclasses import replace

from flux_pipeline.ingest.cells.forms import choice, money, number
from flux_pipeline.kitchen.units import EXAMPLES, unit_words

# The limit is a hundred tons in grams, as much as a warehouse takes; a larger number is a barcode in the wrong column.
STOCK = number(0, 10**8, fractions=True)
# The smallest number of six decimals: a recipe needs some of its component, even if only a milligram of saffron, in kg.
RECIPE_QUANTITY = number(0.000001, 10**6, decimals=6, fractions=True)
PACK = number(0.001, 10**6)

# A gram of flour costs fractions of a cent.
UNIT_COST = money(decimals=6)
# Of a list in which each row has one: accountants' spreadsheets print 0 as a dash, people what they don't know.
STATED_COST = replace(
    UNIT_COST, only_empty=True, described=f"{UNIT_COST.expected}, or an empty cell if it is not known"
)


def _words_by_unit() -> dict[str, str]:
    found: dict[str, list[str]] = defaultdict(list)
    for word, unit in unit_words().items():
        found[unit].append(word)
    return {unit: ",".join(words) for unit, words in found.items()}


UNIT = choice(_words_by_unit(), described=f"a unit such as {EXAMPLES}")
