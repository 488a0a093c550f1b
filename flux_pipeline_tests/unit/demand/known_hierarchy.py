"""Restaurants drawn from a hierarchy whose parameters are known, for tests of what the model finds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, calendar

N_ITEMS = 20
HISTORY = 500
DAY_SHOCK = 0.1
PROMO = 0.5


@dataclass(frozen=True)
class KnownRestaurant:
    """Frames as `forecast_demand` takes them, and the truth behind them; H horizon days, I items."""

    sales: pd.DataFrame
    days: pd.DataFrame
    item_days: pd.DataFrame
    weekday: np.ndarray  # (H, I) factors on the days ahead
    rain: float
    event: float
    phi: np.ndarray
    mean: np.ndarray  # (H, I)

    def outcomes(self, draws: int) -> np.ndarray:
        """Draw possible sales of the days ahead (draws, H, I)."""
        rng = np.random.default_rng(7)
        shock = np.exp(DAY_SHOCK * rng.standard_normal((draws, HORIZON, 1)) - DAY_SHOCK**2 / 2)
        return counts_of(self.mean * shock, self.phi, rng)


def counts_of(mean: np.ndarray, phi: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw negative binomial counts with variance phi x mean."""
    return rng.negative_binomial(mean / (phi - 1), np.broadcast_to(1 / phi, mean.shape)).astype(float)


def known_restaurant(seed: int) -> KnownRestaurant:
    """Simulate a restaurant of twenty items with weekdays, rain, events, promotions, a trend and a daily shock."""
    rng = np.random.default_rng(seed)
    days = calendar(HISTORY)
    t = len(days)
    rain = np.where(rng.random(t) < 0.4, rng.gamma(1.5, 4, t), 0.0)
    event = rng.random(t) < 0.06
    days = days.assign(precipitation_mm=rain, is_event=event.astype(int))
    rain_effect, event_effect, trend = rng.normal(-0.1, 0.03), rng.normal(0.4, 0.1), rng.normal(0.0, 0.2)
    level = np.exp(rng.normal(2.5, 0.8, N_ITEMS))
    phi = np.maximum(np.exp(rng.normal(np.log(2.2), 0.3, N_ITEMS)), 1.1)
    weekday = np.exp(0.3 * rng.standard_normal(7))[:, None] * np.exp(0.1 * rng.standard_normal((7, N_ITEMS)))
    weekday = (weekday / weekday.mean(axis=0))[days["date"].dt.day_of_week]
    promo = rng.random((t, N_ITEMS)) < 0.05
    of_day = rain_effect * np.log1p(rain) + event_effect * event + trend * (np.arange(t) - t) / 365
    mean = level * weekday * np.exp(of_day)[:, None] * np.exp(PROMO * promo)
    shock = np.exp(DAY_SHOCK * rng.standard_normal((t, 1)) - DAY_SHOCK**2 / 2)
    rows = pd.DataFrame(
        {
            "item": np.repeat([f"item {i:02d}" for i in range(N_ITEMS)], t),
            "date": np.tile(days["date"], N_ITEMS),
            "quantity": counts_of(mean * shock, phi, rng).T.ravel(),
            "is_promo": promo.T.ravel().astype(int),
        }
    )
    return KnownRestaurant(
        sales=rows[(rows["date"] <= pd.Timestamp(AS_OF)) & (rows["quantity"] > 0)][["item", "date", "quantity"]],
        days=days,
        item_days=rows[["item", "date", "is_promo"]],
        weekday=weekday[-HORIZON:],
        rain=rain_effect,
        event=event_effect,
        phi=phi,
        mean=mean[-HORIZON:],
    )
