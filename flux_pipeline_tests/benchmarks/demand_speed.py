"""Benchmark of forecasts: time and memory of 1,000 simulated restaurants with 100 items and two years, one by one.

Cost is linear in the number of restaurants if the seconds per restaurant stay the same from mark to mark, and memory is
flat if its peak does. The public benchmark compares accuracy and speed with other libraries.
"""

import argparse
import datetime as dt
import resource
import time

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import forecast_demand

AS_OF = dt.date(2025, 6, 1)
DAYS = 730
HORIZON = 14
ITEMS = 100
MARKS = (1, 100, 250, 500, 1000)


def simulated(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate sales and days of one restaurant, with weekdays, rain, temperature, holidays and events."""
    rng = np.random.default_rng(seed)
    first = pd.Timestamp(AS_OF) - pd.Timedelta(days=DAYS - 1)
    t = DAYS + HORIZON
    days = pd.DataFrame(
        {
            "date": pd.date_range(first, periods=t),
            "is_open": True,
            "is_holiday": (rng.random(t) < 0.03).astype(int),
            "is_event": (rng.random(t) < 0.04).astype(int),
            "precipitation_mm": np.where(rng.random(t) < 0.4, rng.gamma(1.5, 4, t), 0.0),
            "temperature_c": rng.normal(12, 6, t),
        }
    )
    weekday = np.array([0.7, 0.8, 0.9, 1.0, 1.3, 1.6, 0.7])[days["date"].dt.day_of_week]
    mean = np.exp(rng.normal(1.5, 1.2, ITEMS)) * (weekday * rng.gamma(100, 0.01, t))[:, None]
    quantity = rng.negative_binomial(mean, 0.5)[:DAYS]
    day, item = np.nonzero(quantity)
    sales = pd.DataFrame(
        {
            "item": np.char.add("item ", item.astype(str)),
            "date": days["date"].to_numpy()[day],
            "quantity": quantity[day, item],
        }
    )
    return sales, days


def main() -> None:
    """Print the seconds per restaurant, of forecasts and of samples, and the peak of memory, at each mark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restaurants", type=int, default=MARKS[-1])
    most = parser.parse_args().restaurants
    print(f"{'restaurants':>12} {'s a restaurant':>15} {'s a sampling':>13} {'peak MB':>8}")
    forecast = sampling = 0.0
    since = 0
    for done in range(1, most + 1):
        sales, days = simulated(done)
        began = time.perf_counter()
        result = forecast_demand(sales, days, as_of=AS_OF, seed=done)
        forecast += time.perf_counter() - began
        began = time.perf_counter()
        sample_demand(result.posterior)
        sampling += time.perf_counter() - began
        if done in MARKS or done == most:
            n = done - since
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{done:>12} {forecast / n:>15.3f} {sampling / n:>13.3f} {peak:>8.0f}", flush=True)
            forecast, sampling, since = 0.0, 0.0, done


if __name__ == "__main__":
    main()
