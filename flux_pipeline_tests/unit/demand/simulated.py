"""Restaurants whose true demand is known: small frames for the tests of this folder."""

import datetime as dt

import numpy as np
import pandas as pd

AS_OF = dt.date(2025, 6, 1)
WEEKDAY = np.array([0.7, 0.8, 0.9, 1.0, 1.3, 1.6, 0.7])  # mean 1
HORIZON = 14


def calendar(history: int = 200, horizon: int = HORIZON) -> pd.DataFrame:
    first = pd.Timestamp(AS_OF) - pd.Timedelta(days=history - 1)
    return pd.DataFrame({"date": pd.date_range(first, periods=history + horizon), "is_open": True})


def weekday_factor(days: pd.DataFrame) -> np.ndarray:
    return WEEKDAY[days["date"].dt.day_of_week.to_numpy()]


def counts(mean: np.ndarray, phi: float, seed: int) -> np.ndarray:
    """Draw counts with that mean and variance phi x mean: binomial below 1, Poisson at 1, negative binomial above."""
    rng = np.random.default_rng(seed)
    if phi < 1:
        return rng.binomial(np.maximum(np.rint(mean / (1 - phi)), 1).astype(int), 1 - phi).astype(float)
    if phi == 1:
        return rng.poisson(mean).astype(float)
    return rng.negative_binomial(mean / (phi - 1), 1 / phi).astype(float)


def sales_of(days: pd.DataFrame, quantity: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return sales rows up to AS_OF from each item's quantities for every day of `days`."""
    frames = [pd.DataFrame({"item": item, "date": days["date"], "quantity": q}) for item, q in quantity.items()]
    rows = pd.concat(frames, ignore_index=True)
    return rows[(rows["date"] <= pd.Timestamp(AS_OF)) & (rows["quantity"] > 0)].reset_index(drop=True)


def cafe(history: int = 200, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sales and days of three items of 5, 20 and 60 a day with weekdays, some holidays and rain."""
    days = calendar(history)
    rng = np.random.default_rng(seed + 100)
    days["is_holiday"] = (rng.random(len(days)) < 0.05).astype(int)
    days["precipitation_mm"] = np.where(rng.random(len(days)) < 0.4, rng.gamma(1.0, 4.0, len(days)), 0.0)
    horizon = days.index[-HORIZON:]
    days.loc[horizon, "is_holiday"] = [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    mean = weekday_factor(days) * np.where(days["is_holiday"] == 1, 1.6, 1.0)
    mean = mean * np.exp(-0.1 * np.log1p(days["precipitation_mm"].to_numpy()))
    shock = np.random.default_rng(seed + 200).gamma(50, 1 / 50, len(days))
    quantity = {
        name: counts(level * mean * shock, 2.0, seed + at)
        for at, (name, level) in enumerate({"coffee": 60.0, "cake": 20.0, "soup": 5.0}.items())
    }
    return sales_of(days, quantity), days
