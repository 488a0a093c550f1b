"""The time of year: what earlier years show of the restaurant's and of single items' next weeks, on simulated truth."""

import numpy as np
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline_tests.unit.demand.simulated import AS_OF, calendar, counts, sales_of, weekday_factor


@pytest.mark.parametrize("effect", [1.6, 1.0])
def test_whitsun_is_expected_at_its_date_and_not_at_last_years(effect: float) -> None:
    days = calendar(500)
    last_year = days["date"].between("2024-05-18", "2024-05-20") | days["date"].between("2023-05-27", "2023-05-29")
    mean = weekday_factor(days) * np.where(last_year, effect, 1.0)
    sales = sales_of(days, {f"item {i}": counts(30 * mean, 1.5, i) for i in range(6)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    relative = rows.groupby("date")["mean"].sum() / (180 * weekday_factor(days)[-14:])
    whitsun = (relative.index >= "2025-06-07") & (relative.index <= "2025-06-09")
    assert relative[whitsun].mean() == pytest.approx(effect, rel=0.12)
    assert relative[~whitsun].mean() == pytest.approx(1.0, rel=0.06)
