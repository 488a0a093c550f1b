"""Benchmark of forecasts: time and memory of 1,000 simulated restaurants with 100 items and two years, one by one.

Cost is linear in the number of restaurants if the seconds per restaurant stay the same from mark to mark, and memory is
flat if its peak does. Then one restaurant with 5,000 items, whose peak shows what its items take. The public benchmark
compares accuracy and speed with other libraries.
"""

import argparse
import datetime as dt
import resource
import time

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.forecast import forecast_demand

AS_OF = dt.date(2025, 6, 1)
DAYS = 730
HORIZON = 14
ITEMS = 100
MANY_ITEMS = 5_000
MARKS = (1, 100, 250, 500, 1000)


def simulated(seed: int, items: int = ITEMS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate sales and days of one restaurant, with weekdays, rain, temperature, holidays and events."""
    rng = np.random.default_rng(seed)
    first = pd.Timestamp(AS_OF) - pd.Timedelta(days=DAYS - 1)
    t = DAYS + HORIZON
    days = pd.DataFrame(
        {
            "date": pd.date_range(first, periods=t),
            "is_open": True,
            "is_holiday": (rng.random(t) < 0.03).astype(int),
            "event": (rng.random(t) < 0.04) * rng.random(t),
            "precipitation_mm": np.where(rng.random(t) < 0.4, rng.gamma(1.5, 4, t), 0.0),
            "temperature_c": rng.normal(12, 6, t),
        }
    )
    weekday = np.array([0.7, 0.8, 0.9, 1.0, 1.3, 1.6, 0.7])[days["date"].dt.day_of_week]
    mean = np.exp(rng.normal(1.5, 1.2, items)) * (weekday * rng.gamma(100, 0.01, t))[:, None]
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


def peak_megabytes() -> float:
    """Return the most memory that this process has used so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(seed: int, items: int = ITEMS) -> tuple[float, float]:
    """Forecast one restaurant; return the seconds of the forecast, and of the totals, which draw all samples."""
    sales, days = simulated(seed, items)
    began = time.perf_counter()
    result = forecast_demand(sales, days, as_of=AS_OF, seed=seed)
    forecast = time.perf_counter()
    total_demand(result.posterior, result.rows)
    return forecast - began, time.perf_counter() - forecast


def main() -> None:
    """Print the seconds per restaurant, of forecasts and of totals, and the peak of memory, at each mark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restaurants", type=int, default=MARKS[-1])
    parser.add_argument("--items", type=int, default=MANY_ITEMS, help="how many the last restaurant has")
    arguments = parser.parse_args()
    print(f"{'restaurants':>12} {'items':>6} {'s a restaurant':>15} {'s its totals':>13} {'peak MB':>8}")
    forecast = totals = 0.0
    since = 0
    for done in range(1, arguments.restaurants + 1):
        seconds = timed(done)
        forecast, totals = forecast + seconds[0], totals + seconds[1]
        if done in MARKS or done == arguments.restaurants:
            n = done - since
            print(
                f"{done:>12} {ITEMS:>6} {forecast / n:>15.3f} {totals / n:>13.3f} {peak_megabytes():>8.0f}", flush=True
            )
            forecast, totals, since = 0.0, 0.0, done
    forecast, totals = timed(0, arguments.items)
    print(f"{1:>12} {arguments.items:>6} {forecast:>15.3f} {totals:>13.3f} {peak_megabytes():>8.0f}", flush=True)


if __name__ == "__main__":
    main()
