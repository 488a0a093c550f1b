"""Calibration: spreads that were wrong are corrected by as much as days prove, right ones are left alone."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.calibration import (
    LARGEST_FACTOR,
    NO_CALIBRATION,
    WINDOW_DAYS,
    Calibration,
    fit_calibration,
)
from flux_pipeline.demand.distribution.posterior import DemandPosterior, sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.rule.four_weeks import forecast_four_weeks
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe

HORIZON = 14
LAST = pd.Timestamp(AS_OF)
WIDER = Calibration(56, (0.7,) * 14, (1.1,) * 14, (1.3,) * 14)


def past(
    below: float = 1.0,
    above: float = 1.0,
    *,
    seed: int = 0,
    days: int = WINDOW_DAYS,
    items: int = 5,
    until: int = HORIZON,
) -> pd.DataFrame:
    """Forecasts of the last days whose true spread was `below` and `above` times the published, up to `until` ahead.

    Errors of a day are shared in part by its items, and one origin's forecasts repeat those of the day before.
    """
    rng = np.random.default_rng(seed)
    dates = pd.date_range(LAST - pd.Timedelta(days=days - 1), LAST)
    score = 0.7 * rng.standard_normal((days, 1)) + np.sqrt(1 - 0.49) * rng.standard_normal((days, items))
    frames = []
    for ahead in range(1, HORIZON + 1):
        low, high = (factor if ahead <= until else 1.0 for factor in (below, above))
        spread = 20.0 * np.where(score < 0, low, high)
        actual = np.rint(200 + spread / 1.2816 * score)
        frames.append(
            pd.DataFrame({"date": np.repeat(dates, items), "days_ahead": ahead, "actual_quantity": actual.ravel()})
        )
    quantiles = {"p10_quantity": 180.0, "p50_quantity": 200.0, "p90_quantity": 220.0, "lower": 1.0, "upper": 1.0}
    return pd.concat(frames, ignore_index=True).assign(**quantiles)


def test_a_right_spread_is_seldom_corrected_and_by_little() -> None:
    found = [fit_calibration(past(seed=seed), HORIZON) for seed in range(60)]
    factors = np.array([[one.lower, one.upper] for one in found])
    assert (factors != 1).any(axis=(1, 2)).mean() < 0.15
    assert np.abs(np.log(factors)).max() < 0.2
    assert np.mean([one.coverage for one in found]) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_a_spread_that_was_too_narrow_becomes_wider_by_a_part_of_what_was_measured(seed: int) -> None:
    found = fit_calibration(past(1.4, 1.4, seed=seed), HORIZON)
    factors = np.array([found.lower, found.upper])
    assert (factors > 1.05).all() and (factors < 1.4).all()
    assert max(found.coverage) < 0.76


def test_a_spread_that_was_too_wide_becomes_narrower() -> None:
    found = fit_calibration(past(0.6, 0.6), HORIZON)
    assert max(found.lower) < 1 and max(found.upper) < 1


def test_the_side_that_was_wrong_is_corrected_more() -> None:
    found = [fit_calibration(past(1.0, 1.8, seed=seed), HORIZON) for seed in range(10)]
    lower, upper = (np.mean([getattr(one, side) for one in found]) for side in ("lower", "upper"))
    assert upper > lower + 0.05


def test_days_ahead_that_were_right_are_left_alone() -> None:
    found = fit_calibration(past(1.8, 1.8, until=3), HORIZON)
    assert min(found.lower[:2]) > 1.05 and min(found.upper[:2]) > 1.05
    assert set(found.lower[9:]) == set(found.upper[9:]) == {1.0}


def test_days_count_and_not_rows() -> None:
    few = past(2.0, 2.0, days=20, items=2)
    many = pd.concat([few] * 30, ignore_index=True)
    assert fit_calibration(many, HORIZON).as_values() == fit_calibration(few, HORIZON).as_values()
    more_days = fit_calibration(past(1.3, 1.3, seed=5), HORIZON)
    fewer_days = fit_calibration(past(1.3, 1.3, seed=5, days=28), HORIZON)
    assert np.mean(np.abs(np.log(fewer_days.upper))) < np.mean(np.abs(np.log(more_days.upper)))


@pytest.mark.parametrize("days", [0, 1, 13])
def test_less_than_two_weeks_of_days_correct_nothing(days: int) -> None:
    rows = past(3.0, 3.0)
    assert fit_calibration(rows[rows.date > LAST - pd.Timedelta(days=days)], HORIZON) == NO_CALIBRATION


def test_slow_items_do_not_count() -> None:
    rows = past(3.0, 3.0).assign(actual_quantity=5.0, p10_quantity=0.0, p50_quantity=1.0, p90_quantity=2.0)
    assert fit_calibration(rows, HORIZON) == NO_CALIBRATION


def test_no_factor_exceeds_the_limit() -> None:
    found = fit_calibration(past(20.0, 20.0), HORIZON)
    assert max(found.lower + found.upper) <= LARGEST_FACTOR


def test_factors_that_were_applied_already_are_not_applied_twice() -> None:
    rows = past(1.4, 1.4, seed=1)
    corrected = rows.assign(p10_quantity=200 - 20 * 1.2, p90_quantity=200 + 20 * 1.2, lower=1.2, upper=1.2)
    assert fit_calibration(corrected, HORIZON) == fit_calibration(rows, HORIZON)


@pytest.mark.parametrize("forecaster", [forecast_demand, forecast_four_weeks])
def test_quantiles_move_outwards_and_neither_p50_nor_mean_nor_reason_changes(forecaster) -> None:
    sales, days = cafe()
    plain = forecaster(sales, days, as_of=AS_OF).rows
    wider = forecaster(sales, days, as_of=AS_OF, calibration=WIDER).rows
    moved = ["q0.1", "q0.9", "q0.99"]
    pd.testing.assert_frame_equal(plain.drop(columns=moved), wider.drop(columns=moved))
    open_rows = plain["mean"] > 30
    assert (wider["q0.1"] < plain["q0.1"])[open_rows].all() and (wider["q0.9"] > plain["q0.9"])[open_rows].all()
    assert (wider["q0.1"] <= plain["q0.1"]).all() and (wider["q0.99"] >= plain["q0.99"]).all()
    above, before = (rows["q0.9"] - rows["q0.5"] for rows in (wider, plain))
    assert (above / before)[open_rows].median() == pytest.approx(1.3, abs=0.06)


def test_samples_agree_with_calibrated_quantiles() -> None:
    sales, days = cafe()
    settings = DemandSettings(forecast_draws=10_000)
    forecast = forecast_demand(sales, days, as_of=AS_OF, settings=settings, calibration=WIDER)
    samples = sample_demand(forecast.posterior).quantity
    for q in (0.1, 0.5, 0.9, 0.99):
        level = forecast.rows[f"q{q}"].to_numpy().reshape(3, 14)
        assert ((samples <= level).mean(axis=0) >= q - 0.015).all()
        assert ((samples < level).mean(axis=0) <= q + 0.015).all()


def test_only_days_ahead_with_a_factor_are_corrected() -> None:
    sales, days = cafe()
    first = Calibration(56, (0.7,), (1.2,), (1.2,))
    plain = forecast_demand(sales, days, as_of=AS_OF).rows
    rows = forecast_demand(sales, days, as_of=AS_OF, calibration=first).rows
    differ = rows.date[(rows["q0.9"] != plain["q0.9"])]
    assert set(differ) == {LAST + pd.Timedelta(days=1)}


def test_a_state_of_before_calibration_gives_the_same_samples() -> None:
    sales, days = cafe()
    posterior = forecast_demand(sales, days, as_of=AS_OF, seed=11).posterior
    old = {key: value for key, value in posterior.to_json().items() if key not in ("lower", "upper")} | {"version": 1}
    assert (
        sample_demand(DemandPosterior.from_json(old)).quantity.tobytes() == sample_demand(posterior).quantity.tobytes()
    )


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (NO_CALIBRATION, {}),
        (
            Calibration(56, (0.79, 0.81), (1.0, 1.0), (1.0, 1.0)),
            "none: 79 to 81 % of the actuals of 56 days were within p10 to p90",
        ),
        (
            Calibration(50, (0.71, 0.72, 0.8, 0.93), (1.04, 1.04, 1.0, 1.0), (1.12, 1.1, 1.0, 0.95)),
            "Days 1 to 2 ahead: quantiles 10 to 12 % wider above p50 and 4 % below, as 71 to 72 % of the actuals of 50 "
            "days were within the uncorrected p10 to p90; Day 4 ahead: quantiles 5 % narrower above p50 and 0 % below, "
            "as 93 % of the actuals of 50 days were within the uncorrected p10 to p90",
        ),
    ],
)
def test_a_run_says_by_how_much(calibration: Calibration, said: dict[str, str] | str) -> None:
    assert calibration.as_metadata() == (said and {"calibration": said})
