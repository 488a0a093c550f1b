"""Inputs of the demand forecast as known at a given moment, and the choice between the model and the four-week rule."""

import datetime as dt
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flux_pipeline.demand.distribution.calibration import Calibration, fit_calibration
from flux_pipeline.demand.inputs.days import build_days
from flux_pipeline.demand.inputs.evidence import days_sold_on
from flux_pipeline.demand.inputs.item_days import build_item_days
from flux_pipeline.demand.inputs.prices import price_ratios
from flux_pipeline.demand.inputs.reservations import reserved_covers
from flux_pipeline.demand.inputs.weather import days_without_forecast
from flux_pipeline.demand.judging.choice import ForecasterChoice, choose_forecaster, weekly_comparisons
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors
from flux_pipeline.demand.settings import CalendarSettings, DemandSettings, FallbackSettings, SharingSettings
from flux_pipeline.errors import NothingToDoError, PermanentError
from flux_pipeline.ingest.kinds.places import place_key
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.backtests import backtest_comparisons, published_losses
from flux_pipeline.store.forecasts.calibration import forecasts_that_are_over
from flux_pipeline.store.forecasts.priors import priors_known
from flux_pipeline.store.forecasts.published import newest_as_of
from flux_pipeline.store.known.closures import closures_known
from flux_pipeline.store.known.feeds import event_days_known, newest_weather_forecast, weather_known
from flux_pipeline.store.known.hours import opening_hours_known
from flux_pipeline.store.known.promotions import promotion_days
from flux_pipeline.store.known.reservations import bookings_known
from flux_pipeline.store.known.stock_outs import sold_out_days
from flux_pipeline.store.menu.history import daily_takings, menu, menu_prices_set
from flux_pipeline.store.menu.moves import merged_items
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.sales.history import all_sales_withdrawn, last_sale, sales_history, sales_window
from flux_pipeline.wording import count_of, duration

# Sales that ended a fortnight before the day that is forecast from deserve a warning.
STALE_DAYS = 14


@dataclass(frozen=True)
class DemandInputs:
    """Sales, days, items and their days of one restaurant; frames as `forecast_demand` takes them."""

    sales: pd.DataFrame
    days: pd.DataFrame
    items: pd.DataFrame
    item_days: pd.DataFrame
    as_of: dt.date
    seed: int
    priors: DemandPriors = NO_PRIORS
    # How old the newest weather forecast is; None: none is known.
    forecast_age: dt.timedelta | None = None

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        frames = {"sales": self.sales, "days": self.days, "items": self.items, "item_days": self.item_days}
        return {**frames, "seed": self.seed, "priors": self.priors.as_values()}

    def warnings(self) -> dict[str, str]:
        """Return what a reader of the forecast should know about its inputs."""
        sentences = [each for each in (self._on_sales(), self._on_weather()) if each]
        return {"warning": "; ".join(sentences)} if sentences else {}

    def _on_sales(self) -> str:
        if self.sales.empty:
            return "no sales up to this day: every figure is a guess from the menu alone"
        stale = (pd.Timestamp(self.as_of) - self.sales.date.max()).days
        if stale < STALE_DAYS:
            return ""
        return f"the newest sale is {count_of(stale, 'day')} older than this day: upload what is missing"

    def _on_weather(self) -> str:
        unknown = days_without_forecast(self.days, self.as_of)
        if not unknown:
            return ""
        newest = self.forecast_age
        age = "no forecast is known" if newest is None else f"the newest is {duration(newest)} old"
        return (
            f"the weather of {count_of(unknown, 'day')} ahead is not forecast ({age}): the usual weather of the date "
            "counts for it"
        )


def demand_inputs(
    tx: Tenant, as_of: dt.date, known_at: dt.datetime, settings: DemandSettings, calendar: CalendarSettings
) -> DemandInputs:
    """Read the sales up to `as_of` and everything else as known at `known_at`.

    That is the menu, opening hours, closures, weather, events, reservations, promotions, prices ahead, stock-outs, and
    the priors from other restaurants.

    Raises:
        NothingToDoError: the restaurant has no menu, or all of its sales were withdrawn.
        PermanentError: the sales ended too long ago.
    """
    items = menu(tx, as_of, known_at)
    if items.empty or all_sales_withdrawn(tx):
        raise NothingToDoError(_nothing_to_forecast(tx, as_of))
    sales = sales_history(tx, as_of - dt.timedelta(days=settings.forecast_history_days), as_of)
    if sales.empty:
        _refuse_stale(tx, as_of)
    sold_on = days_sold_on(sales)
    first = sold_on.min().date() if len(sold_on) else as_of
    last = as_of + dt.timedelta(days=settings.forecast_horizon_days)
    place = _place(tx)
    weather_from = min(first, as_of - dt.timedelta(days=settings.forecast_history_days))
    days = build_days(
        sold_on,
        as_of=as_of,
        horizon_days=settings.forecast_horizon_days,
        opening_hours=opening_hours_known(tx, known_at),
        closures=closures_known(tx, known_at),
        country_code=tx.restaurant.country_code,
        # The place's weather before the first sale shows its climate.
        weather=weather_known(tx, place, weather_from, last, known_at) if place else pd.DataFrame(),
        event_days=event_days_known(
            tx,
            first,
            last,
            known_at,
            radius_km=calendar.forecast_event_radius_km,
            least_attendance=calendar.forecast_event_least_attendance,
            school_holiday_radius_km=calendar.forecast_school_holiday_radius_km,
        ),
    )
    dates = pd.DatetimeIndex(days.date)
    covers = reserved_covers(bookings_known(tx, known_at), dates, open_days=sold_on, as_of=as_of, known_at=known_at)
    if covers.notna().any():
        days["reserved"] = covers.to_numpy()
    item_days = _item_days(tx, dates, as_of, known_at)
    issued_at = newest_weather_forecast(tx, place, known_at) if place else None
    age = None if issued_at is None else known_at - issued_at
    priors = priors_known(tx, known_at)
    return DemandInputs(sales, days, items, item_days, as_of, seed_of(tx.restaurant.id, as_of), priors, age)


def _item_days(tx: Tenant, dates: pd.DatetimeIndex, as_of: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """Read promotions, prices and stock-outs by item and day, as known at `known_at`."""
    first, last = dates[0].date(), dates[-1].date()
    merged = {str(item): str(other) for item, other in merged_items(tx).items()}
    promoted = promotion_days(tx, first, last, known_at).replace({"item": merged})
    ratios = price_ratios(
        daily_takings(tx, first, as_of),
        dates,
        as_of=as_of,
        promotion_days=promoted,
        menu_prices=menu_prices_set(tx, known_at),
    )
    ran_out = sold_out_days(tx, as_of, known_at).replace({"item": merged})
    return build_item_days(dates, as_of=as_of, promoted=promoted, price_ratio=ratios, sold_out=ran_out)


def _nothing_to_forecast(tx: Tenant, as_of: dt.date) -> str:
    """Say why there is nothing to forecast, and what to do."""
    slug = tx.restaurant.slug
    upload = f"Upload sales: `flux upload FILE --restaurant {slug} --kind sales`."
    if all_sales_withdrawn(tx):
        newest = newest_as_of(tx)
        kept = f" The forecast as of {newest} stays published as it is." if newest else ""
        return f"All sales files of {slug} were withdrawn, so there is nothing to forecast.{kept} {upload}"
    first, _ = sales_window(tx)
    if first is None:
        return f"{slug} has no sales and no menu yet, so there is nothing to forecast. {upload}"
    return (
        f"{slug} had no items on its menu as of {as_of}, so there is nothing to forecast; its sales begin on {first}."
    )


def _refuse_stale(tx: Tenant, as_of: dt.date) -> None:
    """Raise if there are sales but all are too old: the forecast would be a guess that looks as if based on them."""
    last = last_sale(tx, as_of)
    if last is not None:
        raise PermanentError(
            f"The newest sale of {tx.restaurant.slug} up to {as_of} is from {last}, "
            f"{count_of((as_of - last).days, 'day')} earlier: too old to forecast from. Upload newer sales, or "
            f"look back with --as-of {last}."
        )


def seed_of(restaurant_id: uuid.UUID, as_of: dt.date) -> int:
    """Return the random seed of a restaurant's day, so that the same input gives the same bytes on any machine."""
    return zlib.crc32(f"{restaurant_id} {as_of.isoformat()}".encode())


def _place(tx: Tenant) -> str | None:
    """Return the key of the restaurant's weather, or None without coordinates."""
    latitude, longitude = tx.restaurant.latitude, tx.restaurant.longitude
    return None if latitude is None or longitude is None else place_key(latitude, longitude)


@dataclass(frozen=True)
class ForecastInputs:
    """The inputs of demand, the forecaster (the model, or the four-week rule if it was better) and its calibration."""

    demand: DemandInputs
    forecaster: ForecasterChoice
    calibration: Calibration
    settings: DemandSettings
    shares: bool = False

    @property
    def as_of(self) -> dt.date:
        """The last day of history."""
        return self.demand.as_of

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        chosen = {"forecaster": self.forecaster.model_name, "calibration": self.calibration.as_values()}
        return {**self.demand.as_values(), **chosen}


def forecast_inputs(
    tx: Tenant, work: Work, settings: DemandSettings, calendar: CalendarSettings, sharing: SharingSettings
) -> ForecastInputs:
    """Read the inputs of demand, choose the forecaster and calibrate it; for errors see `demand_inputs`."""
    demand = demand_inputs(tx, work.as_of, work.known_at, settings, calendar)
    forecaster = forecaster_choice(tx, work.as_of)
    over = forecasts_that_are_over(tx, work.as_of, work.known_at, forecaster.model_name, merged_items(tx).keys())
    calibration = fit_calibration(over, settings.forecast_horizon_days)
    return ForecastInputs(demand, forecaster, calibration, settings, sharing.forecast_share_priors)


def forecaster_choice(tx: Tenant, as_of: dt.date) -> ForecasterChoice:
    """Choose the forecaster for `as_of` by backtests and published forecasts that were scored by that day.

    Sales include all later corrections, like those of the forecast itself.
    """
    comparisons = [*backtest_comparisons(tx, as_of), *weekly_comparisons(published_losses(tx, as_of), as_of)]
    return choose_forecaster(comparisons, read_settings(tx, FallbackSettings))
