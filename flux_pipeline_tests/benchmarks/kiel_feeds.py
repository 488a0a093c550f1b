"""Benchmark of feeds: what weather and events are worth to the forecasts of a bakery in Kiel, and what an outage costs.

Six product groups over the last three years of the data, each week 14 days ahead; sales are whole euros. Every variant
has the same origins and the public holidays of Schleswig-Holstein. With feeds, the Kieler Woche is an event known ahead
and the temperature that was observed is given for the days ahead too. That is a perfect forecast, so what weather gains
here is the most that it can. The variants without a forecast know the temperature up to the day before, or up to a week
before, and have the climatology from then on.

The loss is that of the public benchmark: twice the pinball loss of the published quantiles, over what was sold.
"""

import argparse
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import holidays
import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.days import build_days
from flux_pipeline.demand.inputs.evidence import days_sold_on
from flux_pipeline.demand.settings import DemandSettings

FOLDER = Path("../shared/data/kiel")
YEARS, HORIZON_DAYS = 3, 14
HISTORY = pd.Timedelta(days=DemandSettings().forecast_history_days)
# The town centre is a kilometre from the festival's waterfront. Nobody counts its guests on a day.
KILOMETRES = 1.0
NO_CLOSURES = pd.DataFrame({"date": pd.to_datetime([]), "reason": []})
NO_HOURS = pd.DataFrame({"day_of_week": [], "is_closed": []})
NOTHING = pd.DataFrame()
# Which feeds there are, and since how many days the weather is unknown; None: it is known for the days ahead too.
VARIANTS: dict[str, tuple[bool, bool, int | None]] = {
    "without feeds": (False, False, None),
    "events": (True, False, None),
    "weather": (False, True, None),
    "feeds": (True, True, None),
    "no forecast": (True, True, 0),
    "down for 7 days": (True, True, 7),
}


class Kiel:
    """The bakery's sales with its feeds."""

    def __init__(self, folder: Path) -> None:
        sold = pd.read_csv(folder / "umsatzdaten_gekuerzt.csv", parse_dates=["Datum"])
        self.sales = pd.DataFrame(
            {"item": "group " + sold.Warengruppe.astype(str), "date": sold.Datum, "quantity": sold.Umsatz.round()}
        )
        self.open_days = days_sold_on(self.sales)
        years = range(self.open_days[0].year, self.open_days[-1].year + 1)
        known = holidays.country_holidays("DE", subdiv="SH", years=years)
        self.holidays = pd.DatetimeIndex(pd.to_datetime(list(known)))
        sky = pd.read_csv(folder / "wetter.csv", parse_dates=["Datum"])
        self.weather = pd.DataFrame(
            {"date": sky.Datum, "temperature_c": sky.Temperatur, "precipitation_mm": np.nan, "source_kind": "observed"}
        )
        festival = pd.read_csv(folder / "kiwo.csv", parse_dates=["Datum"])
        self.festival = pd.DatetimeIndex(festival.Datum[festival.KielerWoche == 1])

    @property
    def events(self) -> pd.DataFrame:
        """The festival as rows of `local_event_days`."""
        first = self.festival.to_series().groupby(self.festival.year).transform("min").dt.tz_localize("UTC")
        return pd.DataFrame(
            {
                "date": self.festival,
                "name": "Kieler Woche",
                "kind": "festival",
                "starts_at": first.to_numpy(),
                "ends_at": (first + pd.Timedelta(days=9)).to_numpy(),
                "latitude": 54.33,
                "longitude": 10.15,
                "distance_km": KILOMETRES,
                "expected_attendance": np.nan,
                "source": "city calendar",
            }
        )

    def origins(self) -> pd.DatetimeIndex:
        """Each seventh day of the last years, with 14 days ahead of it."""
        last = self.open_days[-1]
        return pd.date_range(last - pd.DateOffset(years=YEARS), last - pd.Timedelta(days=HORIZON_DAYS), freq="7D")

    def forecasts(self, with_events: bool, with_weather: bool, unknown_since: int | None) -> Iterator[pd.DataFrame]:
        """Yield the rows of the open days ahead of each origin: the forecast, and what was sold."""
        for origin in self.origins():
            is_known = self.weather.date > origin - HISTORY
            if unknown_since is not None:
                is_known &= self.weather.date <= origin - pd.Timedelta(days=unknown_since)
            days = build_days(
                self.open_days[(self.open_days <= origin) & (self.open_days > origin - HISTORY)],
                as_of=origin.date(),
                horizon_days=HORIZON_DAYS,
                opening_hours=NO_HOURS,
                closures=NO_CLOSURES,
                country_code=None,
                weather=self.weather[is_known] if with_weather else NOTHING,
                event_days=self.events if with_events else NOTHING,
            )
            days["is_holiday"] = days.date.isin(self.holidays).astype(int)
            days["is_open"] = days.date.isin(self.open_days)
            yield self._scored(days, origin.date())

    def _scored(self, days: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
        known = self.sales[self.sales.date <= pd.Timestamp(as_of)]
        rows = forecast_demand(known, days, as_of=as_of).rows
        rows = rows[rows.date.isin(self.open_days)].merge(self.sales, how="left", on=["item", "date"])
        sold = rows.quantity.fillna(0.0)
        losses = [
            2 * np.maximum(level * (sold - rows[f"q{level}"]), (level - 1) * (sold - rows[f"q{level}"]))
            for level in PUBLISHED_LEVELS
        ]
        inside = (sold >= rows["q0.1"]) & (sold <= rows["q0.9"])
        return pd.DataFrame({"date": rows.date, "sold": sold, "loss": np.mean(losses, axis=0), "inside": inside})


def summary(rows: pd.DataFrame, kiel: Kiel) -> list[float]:
    """Return the loss of all days, of the festival's and of holidays, and the share of days between p10 and p90."""
    parts = [rows, rows[rows.date.isin(kiel.festival)], rows[rows.date.isin(kiel.holidays)]]
    return [*(part.loss.sum() / part.sold.sum() for part in parts), *(part.inside.mean() for part in parts)]


def main() -> None:
    """Print the losses of each variant, and how they compare with those without feeds and with both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the data set kiel")
    folder = parser.parse_args().data
    if not folder.is_dir():
        print(f"Skipped: the sales of Kiel are not in {folder}. Name their folder with --data.")
        return
    kiel = Kiel(folder)
    print(
        f"{len(kiel.origins())} origins; weather is observed, which is a perfect forecast. Loss, and share p10 to p90:"
    )
    print(f"{'':18}" + "".join(f"{name:>12}" for name in ("all days", "festival", "holidays", *("inside",) * 3)))
    found = {}
    for name, variant in VARIANTS.items():
        found[name] = summary(pd.concat(kiel.forecasts(*variant)), kiel)
        print(f"{name:18}" + "".join(f"{value:12.4f}" for value in found[name]), flush=True)
    for name, other in (("feeds", "without feeds"), ("no forecast", "feeds"), ("down for 7 days", "feeds")):
        changes = [one / two - 1 for one, two in zip(found[name][:3], found[other][:3], strict=True)]
        print(f"{name} against {other}: " + ", ".join(f"{change:+.1%}" for change in changes))


if __name__ == "__main__":
    main()
