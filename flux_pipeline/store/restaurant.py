"""Restaurants, the tenants of the database: their attributes, their clock, and how to find them."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, RowMapping

from flux_pipeline.business_day import BusinessClock
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow

COLUMNS = (
    RestaurantRow.id,
    RestaurantRow.slug,
    RestaurantRow.name,
    RestaurantRow.timezone,
    RestaurantRow.currency,
    RestaurantRow.country_code,
    RestaurantRow.latitude,
    RestaurantRow.longitude,
    RestaurantRow.business_day_cutoff,
    RestaurantRow.is_active,
)


@dataclass(frozen=True)
class Restaurant:
    """A tenant. `slug` is its partition key in Dagster."""

    id: uuid.UUID
    slug: str
    name: str
    timezone: str
    currency: str
    country_code: str | None
    latitude: float | None
    longitude: float | None
    business_day_cutoff: dt.time
    is_active: bool

    @property
    def clock(self) -> BusinessClock:
        """The restaurant's clock: its timezone and cutoff."""
        return BusinessClock(self.timezone, self.business_day_cutoff)

    def last_complete_business_day(self, now: dt.datetime) -> dt.date:
        """Return the newest business day that has ended at `now` (aware); a day ends at the next date's cutoff."""
        return self.clock.last_complete_day(now)

    def tomorrow(self, now: dt.datetime) -> dt.date:
        """Return the business day after the one that is under way at `now` (aware)."""
        return self.last_complete_business_day(now) + dt.timedelta(days=2)

    def end_of_business_day(self, day: dt.date) -> dt.datetime:
        """Return the moment (aware) when business day `day` ends; a look back uses only facts known by then."""
        return self.clock.end_of(day)


def list_restaurants(fleet: Connection, *, active_only: bool = False) -> list[Restaurant]:
    """List all restaurants by slug; needs the fleet role, which sees every one."""
    query = select(*COLUMNS).order_by(RestaurantRow.slug)
    if active_only:
        query = query.where(RestaurantRow.is_active)
    return [_restaurant(row) for row in fleet.execute(query).mappings()]


def find_restaurant(fleet: Connection, slug: str) -> Restaurant:
    """Return the restaurant of that slug.

    Raises:
        PermanentError: no restaurant has that slug; the message lists up to ten that exist.
    """
    if (found := restaurant_of(fleet, slug)) is not None:
        return found
    known = list(fleet.scalars(select(RestaurantRow.slug).order_by(RestaurantRow.slug).limit(10)))
    choices = f"Choose one of: {', '.join(known)}." if known else "There are no restaurants yet."
    raise PermanentError(f"Unknown restaurant {slug!r}. {choices} Add one with `flux restaurants add {slug} ...`.")


def restaurant_of(fleet: Connection, slug: str) -> Restaurant | None:
    """Return the restaurant of that slug; None if there is none."""
    row = fleet.execute(select(*COLUMNS).where(RestaurantRow.slug == slug)).mappings().one_or_none()
    return None if row is None else _restaurant(row)


def _restaurant(row: RowMapping) -> Restaurant:
    values: dict[str, Any] = {str(key): value for key, value in row.items()}
    for key in ("latitude", "longitude"):
        values[key] = None if values[key] is None else float(values[key])
    return Restaurant(**values)
