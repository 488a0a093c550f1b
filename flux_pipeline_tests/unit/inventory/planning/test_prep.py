"""Prep sheet: whole batches of what tomorrow takes."""

from decimal import Decimal

import numpy as np
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.planning.prep import Preparation, plan_preparation

# The median is 10 l, and with 14 l nine of ten days are served.
USED = np.array([6, 7, 8, 9, 10, 11, 12, 13, 14, 30], dtype=float)


@pytest.mark.parametrize(
    ("minimum", "available", "quantile", "batches"),
    [
        ("0", "0", 0.9, 4),
        ("0", "0", 0.5, 3),
        ("2", "0", 0.9, 4),
        ("2.1", "0", 0.9, 5),
        ("2", "4", 0.9, 3),
        # 14 - 10 = 4 is a batch, whatever the last digit of a float is.
        ("0", "10", 0.9, 1),
        ("0", "14", 0.9, 0),
        ("0", "99", 0.9, 0),
    ],
)
def test_what_lacks_is_made_in_whole_batches(minimum: str, available: str, quantile: float, batches: int) -> None:
    sauce = Preparation("Red wine sauce", Decimal(4), Decimal(minimum), Decimal(available))
    found = plan_preparation(USED, sauce, quantile)
    assert (found.batches, found.quantity) == (batches, 4 * batches)
    assert (found.usual, found.projected) == (10, {0.5: 10, 0.9: 14}[quantile])
    assert found.preparation is sauce


def test_tenths_of_a_batch_add_no_batch() -> None:
    found = plan_preparation(np.array([0.1 + 0.2]), Preparation("Salsa", Decimal("0.3")), 0.8)
    assert found.batches == 1


@pytest.mark.parametrize(
    ("batch", "minimum", "message"),
    [("0", "0", "A batch of 'Stock' yields 0; enter a yield above 0"), ("1", "-1", "below 0; enter 0 or more")],
)
def test_impossible_preparations_are_refused_in_words(batch: str, minimum: str, message: str) -> None:
    with pytest.raises(PermanentError, match=message):
        Preparation("Stock", Decimal(batch), Decimal(minimum))
