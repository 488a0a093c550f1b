"""Random exports of tills that don't exist: each is loaded exactly or asked about, and most are loaded.

Five hundred are drawn in each run of the suite, two thousand more by `make test-system`.
"""

from collections import Counter

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.random_tills import Export, draw_export

BERLIN = Place("Europe/Berlin", country_code="DE", currency="EUR")
EXAMPLES, MORE_EXAMPLES, AT_ONCE = 500, 2_000, 100


def load(export: Export) -> tuple[Counter, Counter] | None:
    """Return units and cents of each day and item as loaded; None if the file was asked about."""
    try:
        opened = open_upload(Source.of(export.content), kind="sales", place=BERLIN)
        rows = merged(list(opened.parts())).rows
    except PermanentError as question:
        assert "--" in str(question), "a question ends with the option that answers it"
        return None
    units: Counter = Counter()
    cents: Counter = Counter()
    for row in rows.itertuples():
        units[row.business_date.date(), row.item_name] += row.quantity
        cents[row.business_date.date(), row.item_name] += round(row.line_amount * 100)
    return units, cents


def without_zeros(sums: Counter) -> dict:
    return {key: value for key, value in sums.items() if value}


def assert_loaded_right(seeds: range) -> None:
    """Assert that no export of these seeds is loaded wrong, and that most are loaded without a question."""
    loaded = 0
    for seed in seeds:
        export = draw_export(seed)
        found = load(export)
        if found is not None:
            loaded += 1
            right = without_zeros(export.units), without_zeros(export.cents)
            assert tuple(map(without_zeros, found)) == right, (seed, export.defects)
    assert loaded >= 0.7 * len(seeds)


@pytest.mark.parametrize("first", range(0, EXAMPLES, AT_ONCE))
def test_no_export_is_loaded_wrong_and_most_are_loaded_without_a_question(first: int) -> None:
    assert_loaded_right(range(first, first + AT_ONCE))


@pytest.mark.long
def test_no_export_of_many_more_is_loaded_wrong() -> None:
    assert_loaded_right(range(EXAMPLES, EXAMPLES + MORE_EXAMPLES))
