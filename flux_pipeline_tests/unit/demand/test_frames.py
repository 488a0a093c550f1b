"""Wrong frames are refused with a sentence that names what was found."""

import numpy as np
import pandas as pd
import pydantic
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe


def _sales(change):
    sales, days = cafe(30)
    return change(sales), days


BAD_SALES = {
    "a missing column": (lambda s: s.drop(columns="quantity"), "sales has the columns item, date; .*quantity"),
    "text for dates": (lambda s: s.assign(date=s["date"].astype(str)), "sales.date is of type .*expected dates"),
    "a time of day": (lambda s: s.assign(date=s["date"] + pd.Timedelta(hours=2)), "midnight"),
    "a time zone": (lambda s: s.assign(date=s["date"].dt.tz_localize("UTC")), "without a time zone"),
    "a missing date": (lambda s: s.assign(date=s["date"].where(s.index != 3)), "missing in row 3"),
    "text for numbers": (lambda s: s.assign(quantity="many"), "sales.quantity is of type"),
    "a missing quantity": (lambda s: s.assign(quantity=s["quantity"].where(s.index != 3)), "is not a number"),
    "an infinite quantity": (lambda s: s.assign(quantity=np.inf), "is not a number"),
    "a repeated row": (lambda s: pd.concat([s, s.head(1)]), "more than once; expected one row per item and day"),
}


@pytest.mark.parametrize("defect", BAD_SALES)
def test_sales_are_refused_for(defect):
    change, sentence = BAD_SALES[defect]
    sales, days = _sales(change)
    with pytest.raises(PermanentError, match=sentence):
        forecast_demand(sales, days, as_of=AS_OF)


BAD_DAYS = {
    "a missing column": (lambda d: d.drop(columns="is_open"), "expected also is_open"),
    "a repeated date": (lambda d: pd.concat([d, d.head(1)]), "more than once; expected one row per calendar date"),
    "no day to forecast": (lambda d: d[d["date"] <= pd.Timestamp(AS_OF)], "no row in the 14 days after 2025-06-01"),
    "open perhaps": (lambda d: d.assign(is_open=0.5), "days.is_open has a value that is neither true nor false"),
    "open unknown": (lambda d: d.assign(is_open=None), "days.is_open has a value that is neither true nor false"),
}


@pytest.mark.parametrize("defect", BAD_DAYS)
def test_days_are_refused_for(defect):
    change, sentence = BAD_DAYS[defect]
    sales, days = cafe(30)
    with pytest.raises(PermanentError, match=sentence):
        forecast_demand(sales, change(days), as_of=AS_OF)


def test_an_item_listed_twice_is_refused():
    sales, days = cafe(30)
    with pytest.raises(PermanentError, match="items has 'soup' more than once"):
        forecast_demand(sales, days, as_of=AS_OF, items=pd.DataFrame({"item": ["soup", "soup"]}))


@pytest.mark.parametrize("quantiles", [[], [0.0], [0.5, 1.0], [0.9, 0.1]])
def test_quantiles_are_refused_unless_they_increase_between_0_and_1(quantiles):
    sales, days = cafe(30)
    with pytest.raises(PermanentError, match="quantiles are"):
        forecast_demand(sales, days, as_of=AS_OF, quantiles=quantiles)


def test_a_day_with_more_returns_than_sales_counts_as_zero_and_is_reported():
    sales, days = cafe(30)
    sales["quantity"] = sales["quantity"].astype(float)
    zero, negative = sales.copy(), sales.copy()
    zero.loc[5, "quantity"], negative.loc[5, "quantity"] = 0.0, -3.0
    forecast = forecast_demand(negative, days, as_of=AS_OF)
    pd.testing.assert_frame_equal(forecast.rows, forecast_demand(zero, days, as_of=AS_OF).rows)
    assert forecast.as_metadata()["item_days_with_net_returns"] == 1


@pytest.mark.parametrize(("name", "value"), [("forecast_horizon_days", 29), ("forecast_draws", 1), ("other", 1)])
def test_settings_outside_their_bounds_are_refused(name, value):
    with pytest.raises(pydantic.ValidationError):
        DemandSettings(**{name: value})


def test_every_setting_is_described_and_named_for_forecasts():
    for name, field in DemandSettings.model_fields.items():
        assert name.startswith("forecast_")
        assert field.description
