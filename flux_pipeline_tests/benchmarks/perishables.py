"""Benchmark of orders of what spoils on the same day: steaks of a restaurant in Stuttgart, on its last 192 days.

Each day is forecast from the days before it, and ordered in the morning from the joint samples of that forecast. A
portion that lacks costs 15, one that spoils 5; the best published cost of a day is 46.28. It is compared with the
portions of the same weekday last week. The weather is that of the day itself, because the data set has no forecasts.
"""

import argparse
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.inventory.lots import Stock
from flux_pipeline.inventory.orders import recommend_order
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime

FOLDER = Path("../shared/data/yaz")
TEST_DAYS = 192
SHORTAGE, SPOILAGE = 15, 5
RULES = IngredientRules("portion", shelf_life_days=0, shortage_cost=Decimal(SHORTAGE), spoilage_cost=Decimal(SPOILAGE))
# The price only costs interest.
TERMS = VendorTerms(Decimal(1), Decimal("0.01"), LeadTime.of(0))
WEATHER = {
    "temperature": "temperature_c",
    "rain": "precipitation_mm",
    "sunshine": "sunshine_min",
    "clouds": "cloud_octas",
    "wind": "wind_mps",
}


def read_days(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the days with what is known of them, and the portions sold (days, items)."""
    days = pd.read_csv(folder / "yaz_data.csv", parse_dates=["date"]).rename(columns=WEATHER)
    # The rows of both files belong together by their order.
    sold = pd.read_csv(folder / "yaz_target.csv").set_index(days.date)
    return days.assign(is_open=days.is_closed == 0)[["date", "is_open", "is_holiday", *WEATHER.values()]], sold


def order_for(day: pd.Timestamp, item: str, days: pd.DataFrame, sold: pd.DataFrame) -> int:
    """Return the portions to order in the morning of a day."""
    past = sold[(sold.index < day) & days.set_index("date").is_open]
    sales = past.rename_axis("date").reset_index().melt("date", var_name="item", value_name="quantity")
    known = days[days.date <= day]
    as_of = day - pd.Timedelta(days=1)
    forecast = forecast_demand(sales, known, as_of=as_of.date())
    samples = sample_demand(forecast.posterior)
    daily = samples.quantity[:, samples.items.index(item), :1]
    found = recommend_order(daily, day.date(), day.date(), Stock(), RULES, TERMS, InventorySettings())
    return found.packs


def cost(ordered: np.ndarray, asked: np.ndarray) -> float:
    """Return the mean cost of a day."""
    return float((SHORTAGE * np.maximum(asked - ordered, 0) + SPOILAGE * np.maximum(ordered - asked, 0)).mean())


def main() -> None:
    """Print the mean cost of a day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the data set yaz")
    parser.add_argument("--item", default="steak", help="the ingredient that is ordered")
    asked_for = parser.parse_args()
    if not asked_for.data.is_dir():
        print(f"Skipped: the sales of the restaurant are not in {asked_for.data}. Name their folder with --data.")
        return
    days, sold = read_days(asked_for.data)
    test = sold.index[-TEST_DAYS:]
    asked = sold.loc[test, asked_for.item].to_numpy()
    ordered = np.array([order_for(day, asked_for.item, days, sold) for day in test])
    last_week = sold[asked_for.item].shift(7).loc[test].to_numpy()
    print(f"{asked_for.item}, {test[0].date()} to {test[-1].date()}: mean cost of a day")
    print(f"{'day-ahead forecast':28}{cost(ordered, asked):8.2f}")
    print(f"{'same weekday last week':28}{cost(last_week, asked):8.2f}")
    print(f"short on {(asked > ordered).mean():.0%} of the days")


if __name__ == "__main__":
    main()
