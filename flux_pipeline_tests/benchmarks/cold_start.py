"""Benchmark of the cold start: what priors from other restaurants are worth to one with a few days of history.

Visitors of 60 Japanese restaurants. At each of eleven origins, a week apart, each restaurant is forecast 14 days ahead
from its last 10, 21 or 42 days alone: without priors, and with those that are averaged over the other restaurants'
whole histories up to the origin. The restaurants, origins and scored days are those of the public benchmark, and the
loss is that benchmark's: twice the pinball loss of the published quantiles, over the visitors.
"""

import argparse
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.forecast import forecast_demand, parameters_to_share
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.demand.sharing import average_parameters, priors_of

FOLDER = Path("../shared/data/recruit")
COUNTRY = "JP"
RESTAURANTS, WEEKS, HORIZON_DAYS = 60, 12, 14
HISTORIES = (10, 21, 42, None)
# A restaurant is scored if it had 40 open days, and five visitors in the eight weeks, before the first origin.
LEAST_DAYS, LEAST_VISITORS = 40, 5
KNOWN = ["date", "is_open", "is_holiday", "reserved"]
SETTINGS = DemandSettings()


class Recruit:
    """The restaurants' visitors, holidays and the covers that were booked two weeks ahead."""

    def __init__(self, folder: Path) -> None:
        visits = pd.read_csv(folder / "air_visit_data.csv", parse_dates=["visit_date"])
        visits = visits.rename(columns={"air_store_id": "restaurant", "visit_date": "date", "visitors": "quantity"})
        chosen = sorted(visits.restaurant.unique(), key=lambda name: zlib.crc32(name.encode()))[:RESTAURANTS]
        calendar = pd.read_csv(folder / "date_info.csv", parse_dates=["calendar_date"])
        calendar = calendar.rename(columns={"calendar_date": "date", "holiday_flg": "is_holiday"})
        days = visits[visits.restaurant.isin(chosen)].merge(calendar[["date", "is_holiday"]], how="left", on="date")
        days = days.merge(_booked_early(folder), how="left", on=["restaurant", "date"]).fillna({"reserved": 0})
        self.days = days.assign(item="covers", is_open=True).sort_values(["restaurant", "date"], ignore_index=True)
        first = self.days.date.max() - pd.Timedelta(weeks=WEEKS)
        self.origins = pd.date_range(first, periods=WEEKS - 1, freq="7D")
        before = self.days[self.days.date <= first]
        recent = before[before.date > first - pd.Timedelta(weeks=8)].groupby("restaurant").quantity.sum()
        length = before.groupby("restaurant").size()
        scored = recent.index[recent >= LEAST_VISITORS].intersection(length.index[length >= LEAST_DAYS])
        self.scored = list(scored)

    def shared(self, origin: pd.Timestamp) -> dict[str, pd.DataFrame]:
        """Return the parameters of each restaurant, from its whole history up to the origin."""
        found = {}
        for restaurant, days in self.days[self.days.date <= origin].groupby("restaurant"):
            horizon = pd.DataFrame({"date": [origin + pd.Timedelta(days=1)], "is_open": True})
            known = pd.concat([days[KNOWN], horizon])
            shared = parameters_to_share(days, known, as_of=origin.date(), settings=SETTINGS)
            found[str(restaurant)] = shared.assign(country=COUNTRY)
        return found

    def losses(self, origin: pd.Timestamp, restaurant: str, history: int | None, priors: DemandPriors) -> pd.DataFrame:
        """Forecast a restaurant from its last days alone; return the loss, the visitors and the hits of each day."""
        days = self.days[self.days.restaurant == restaurant]
        ahead = days[(days.date > origin) & (days.date <= origin + pd.Timedelta(days=HORIZON_DAYS))]
        if ahead.empty:
            return pd.DataFrame()
        past = days[days.date <= origin]
        if history is not None:
            past = past[past.date > origin - pd.Timedelta(days=history)]
        known = pd.concat([past, ahead])[KNOWN]
        items = pd.DataFrame({"item": ["covers"]})
        rows = forecast_demand(past, known, as_of=origin.date(), items=items, settings=SETTINGS, priors=priors).rows
        sold = ahead.quantity.to_numpy(dtype=float)
        losses = [
            2 * np.maximum(level * (sold - rows[f"q{level}"]), (level - 1) * (sold - rows[f"q{level}"]))
            for level in PUBLISHED_LEVELS
        ]
        inside = (sold >= rows["q0.1"]) & (sold <= rows["q0.9"])
        return pd.DataFrame({"sold": sold, "loss": np.mean(losses, axis=0), "inside": inside})


def _booked_early(folder: Path) -> pd.DataFrame:
    raw = pd.read_csv(folder / "air_reserve.csv", parse_dates=["visit_datetime", "reserve_datetime"])
    day = raw.visit_datetime.dt.normalize()
    early = raw.assign(date=day)[raw.reserve_datetime < day - pd.Timedelta(days=HORIZON_DAYS - 1)]
    booked = early.groupby(["air_store_id", "date"], as_index=False).reserve_visitors.sum()
    return booked.rename(columns={"air_store_id": "restaurant", "reserve_visitors": "reserved"})


def compare(recruit: Recruit) -> pd.DataFrame:
    """Return every scored day of each history, without and with priors."""
    found = []
    for origin in recruit.origins:
        shared = recruit.shared(origin)
        for restaurant in recruit.scored:
            others = pd.concat([of for name, of in shared.items() if name != restaurant], ignore_index=True)
            priors = priors_of(average_parameters(others), COUNTRY)
            for history in HISTORIES:
                for name, used in (("without", NO_PRIORS), ("with", priors)):
                    rows = recruit.losses(origin, restaurant, history, used)
                    found.append(rows.assign(history=history or 0, priors=name))
    return pd.concat(found, ignore_index=True)


def main() -> None:
    """Print the losses after each length of history."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the data set recruit")
    folder = parser.parse_args().data
    if not folder.is_dir():
        print(f"Skipped: the restaurants' visitors are not in {folder}. Name their folder with --data.")
        return
    recruit = Recruit(folder)
    rows = compare(recruit)
    print(f"{len(recruit.scored)} restaurants, {len(recruit.origins)} origins. Loss, and share of days p10 to p90:")
    for history in HISTORIES:
        of = rows[rows.history == (history or 0)]
        without, used = (of[of.priors == name] for name in ("without", "with"))
        one, two = (part.loss.sum() / part.sold.sum() for part in (without, used))
        print(
            f"{f'{history} days' if history else 'whole history':14} without priors {one:.4f}, with {two:.4f}: "
            f"{two / one - 1:+.1%}; inside {without.inside.mean():.2f}, {used.inside.mean():.2f}"
        )


if __name__ == "__main__":
    main()
