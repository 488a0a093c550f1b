"""Every kind that says it loads has somewhere to go, and no other has."""

import pytest

from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.store.known.feeds import FEED_TABLES
from flux_pipeline.store.loading.load import LOADERS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_loads_where_its_contract_says_so(kind: str) -> None:
    goes = FEED_TABLES if KINDS[kind].shared else LOADERS
    assert (kind in goes) is KINDS[kind].loads


def test_nothing_loads_that_is_no_kind() -> None:
    assert {*LOADERS, *FEED_TABLES} <= set(KINDS)
