"""Two hundred series of ten restaurants from a known hierarchy: the model's findings against the truth."""

from dataclasses import dataclass

import numpy as np
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.panel import build_panel
from flux_pipeline.demand.inputs.tables import take_apart
from flux_pipeline.demand.model.fit import Fit, fit_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.known_hierarchy import PROMO, KnownRestaurant, known_restaurant
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON

QUANTILES = (0.01, 0.1, 0.9, 0.99)


@dataclass(frozen=True)
class Found:
    truth: KnownRestaurant
    fit: Fit
    forecast: DemandForecast

    def log_effect(self, driver: str) -> float:
        return float(np.log(next(f.multiplier for f in self.forecast.drivers if f.driver == driver)))

    def slope_of_rain(self) -> np.ndarray:
        rain = np.log1p(self.truth.days["precipitation_mm"].to_numpy()[-HORIZON:])
        effect = np.log(self.fit.factors["precipitation_mm"])
        x = (rain - rain.mean())[:, None]
        return (x * effect).sum(axis=0) / (x**2).sum()


@pytest.fixture(scope="module")
def found() -> list[Found]:
    results = []
    for seed in range(10):
        truth = known_restaurant(seed)
        panel = build_panel(take_apart(truth.sales, truth.days, None, truth.item_days), AS_OF, DemandSettings())
        forecast = forecast_demand(truth.sales, truth.days, as_of=AS_OF, item_days=truth.item_days, quantiles=QUANTILES)
        results.append(Found(truth, fit_demand(panel, DemandSettings()), forecast))
    return results


def median_error(values: list[np.ndarray]) -> float:
    return float(np.median(np.abs(np.concatenate(values))))


def test_weekday_factors_are_within_a_tenth(found: list[Found]) -> None:
    assert median_error([(f.fit.factors["weekday"] / f.truth.weekday - 1).ravel() for f in found]) < 0.10


def test_effects_of_rain_events_and_promotions_are_within_15_percent(found: list[Found]) -> None:
    assert median_error([f.slope_of_rain() / f.truth.rain - 1 for f in found]) < 0.15
    assert median_error([np.array([f.log_effect("is_event") / f.truth.event - 1]) for f in found]) < 0.15
    assert median_error([np.array([f.log_effect("is_promo") / PROMO - 1]) for f in found]) < 0.15


def test_all_drivers_are_reported_as_identified(found: list[Found]) -> None:
    for f in found:
        status = {d.driver: d.identified for d in f.forecast.drivers}
        assert status["precipitation_mm"] and status["is_event"] and status["is_promo"]


def test_dispersion_is_within_15_percent(found: list[Found]) -> None:
    assert median_error([f.fit.dispersion.phi / f.truth.phi - 1 for f in found]) < 0.15


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (0.01, 0.99)])
def test_intervals_cover_what_the_true_model_covers_within_3_points(
    found: list[Found], low: float, high: float
) -> None:
    ours, true = [], []
    for f in found:
        outcomes = f.truth.outcomes(1000)
        bounds = np.quantile(outcomes, [low, high], axis=0, method="inverted_cdf")
        limits = [f.forecast.rows[f"q{q}"].to_numpy().reshape(-1, HORIZON).T for q in (low, high)]
        true.append(((outcomes >= bounds[0]) & (outcomes <= bounds[1])).mean())
        ours.append(((outcomes >= limits[0]) & (outcomes <= limits[1])).mean())
    assert np.mean(ours) == pytest.approx(np.mean(true), abs=0.03)
