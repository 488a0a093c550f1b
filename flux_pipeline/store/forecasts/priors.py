"""Priors from other restaurants: the parameters that a restaurant shares, their averages, and the priors of a run.

A restaurant's parameters are its own rows. Only the fleet reads those of all, and what it writes for all to read are
averages over at least twenty restaurants.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Text, cast, delete, exists, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from flux_pipeline.demand.priors import DemandPriors
from flux_pipeline.demand.settings import SharingSettings
from flux_pipeline.demand.sharing import average_parameters, priors_of
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.priors import DemandParameter, DemandPrior
from flux_pipeline.store.models.records import RestaurantSetting
from flux_pipeline.store.models.tenants import Restaurant

[SETTING] = SharingSettings.model_fields
# Averages that changed every night would show, night by night, whose parameters changed.
BETWEEN_AVERAGES = dt.timedelta(days=6, hours=12)
# A backtest looks back at most a year.
KEPT = dt.timedelta(days=400)


@dataclass(frozen=True)
class Averaging:
    """The number of restaurants that share, the number of current averages, when they were made, and whether now."""

    restaurants: int
    averages: int
    averaged_at: dt.datetime
    is_new: bool

    def as_metadata(self) -> dict[str, int]:
        """Return the counts for the UI."""
        return {
            "restaurants_sharing": self.restaurants,
            "rows": self.averages,
            "rows_written": self.averages * self.is_new,
        }


def keep_parameters(tx: Tenant, parameters: pd.DataFrame | None, as_of: dt.date) -> int:
    """Replace what the restaurant shares; return the number of parameters. Idempotent.

    A look back changes nothing if parameters of a later day are stored.

    Args:
        tx: the restaurant's transaction.
        parameters: category, parameter, value; None: the restaurant does not share, so nothing is kept.
        as_of: the last day whose sales were used.
    """
    connection = tx.connection
    newest = connection.scalar(select(func.max(DemandParameter.as_of)))
    if parameters is not None and newest is not None and newest > as_of:
        return 0
    connection.execute(delete(DemandParameter))
    if parameters is None or parameters.empty:
        return 0
    fixed = {"restaurant_id": tx.restaurant.id, "as_of": as_of}
    connection.execute(insert(DemandParameter), [fixed | row for row in _records(parameters)])
    return len(parameters)


def count_sharing(fleet: Connection) -> int:
    """Count the active restaurants that share their parameters; needs the fleet role."""
    return fleet.scalar(select(func.count()).select_from(Restaurant).where(Restaurant.is_active, _shares())) or 0


def has_averages(connection: Connection) -> bool:
    """Return whether there are current averages."""
    return bool(connection.scalar(select(exists().where(DemandPrior.superseded_at.is_(None)))))


def average_priors(fleet: Connection, now: dt.datetime) -> Averaging:
    """Average the parameters of all restaurants that share them now, and replace the averages of last week.

    Idempotent: averages that are not a week old yet stay. Restaurants that do not share any more are left out whatever
    is stored of them. Needs the fleet role.
    """
    restaurants = count_sharing(fleet)
    is_current = DemandPrior.superseded_at.is_(None)
    newest, count = fleet.execute(select(func.max(DemandPrior.averaged_at), func.count()).where(is_current)).one()
    if newest is not None and newest > now - BETWEEN_AVERAGES:
        return Averaging(restaurants, count, newest, is_new=False)
    query = (
        select(
            func.coalesce(Restaurant.country_code, "").label("country"),
            DemandParameter.category,
            DemandParameter.parameter,
            DemandParameter.value,
        )
        .join(DemandParameter, DemandParameter.restaurant_id == Restaurant.id)
        .where(Restaurant.is_active, _shares())
        # Sums of floats depend on their order.
        .order_by(Restaurant.id)
    )
    shared = pd.DataFrame(fleet.execute(query).all(), columns=["country", "category", "parameter", "value"])
    averages = average_parameters(shared.astype({"value": float}))
    fleet.execute(update(DemandPrior).where(is_current).values(superseded_at=now))
    fleet.execute(delete(DemandPrior).where(DemandPrior.superseded_at < now - KEPT))
    rows = [{"averaged_at": now} | row for row in _records(averages.rename(columns={"country": "country_code"}))]
    if rows:
        fleet.execute(insert(DemandPrior), rows)
    return Averaging(restaurants, len(rows), now, is_new=True)


def priors_known(tx: Tenant, known_at: dt.datetime) -> DemandPriors:
    """Return the priors for the restaurant as known at `known_at`: of its country, and of all for what it lacks."""
    country = tx.restaurant.country_code or ""
    query = select(
        DemandPrior.country_code.label("country"),
        DemandPrior.category,
        DemandPrior.parameter,
        DemandPrior.mean,
        DemandPrior.sd,
        DemandPrior.restaurant_count,
    ).where(
        DemandPrior.country_code.in_(("", country)),
        DemandPrior.averaged_at <= known_at,
        or_(DemandPrior.superseded_at.is_(None), DemandPrior.superseded_at > known_at),
    )
    query = query.order_by(DemandPrior.country_code, DemandPrior.category, DemandPrior.parameter)
    columns = ["country", "category", "parameter", "mean", "sd", "restaurant_count"]
    return priors_of(pd.DataFrame(tx.connection.execute(query).all(), columns=columns), country)


def _shares() -> ColumnElement[bool]:
    """Select restaurants with the setting; the default is false, so that a restaurant without it does not share."""
    return exists().where(
        RestaurantSetting.restaurant_id == Restaurant.id,
        RestaurantSetting.setting_key == SETTING,
        cast(RestaurantSetting.setting_value, Text) == "true",
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
