"""Onboarding of a restaurant: checked, then written with everything that a first run needs; and later changes to it."""

import datetime as dt
import functools
import re
import uuid
import zoneinfo
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd
from sqlalchemy import update
from sqlalchemy.dialects import postgresql

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import RoleDefaults
from flux_pipeline.store.door import Store, Tenant, enter_tenant
from flux_pipeline.store.known.hours import set_opening_hours
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.restaurant import Restaurant, find_restaurant
from flux_pipeline.store.staff.roles import seed_roles

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class NewRestaurant:
    """Details of a restaurant, before its first upload.

    Raises:
        PermanentError: a value is not valid; the message shows one that is.
    """

    slug: str
    name: str
    timezone: str
    currency: str
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.slug) or self.slug == "shared":
            raise PermanentError(
                f"{self.slug!r} can't be a restaurant's short name: use up to 63 of a-z, 0-9, - and _, beginning with "
                "a letter or digit, and not 'shared'; for example 'french-bakery'."
            )
        if self.timezone not in _timezones():
            raise PermanentError(
                f"Unknown time zone {self.timezone!r}; expected an IANA name, for example 'Europe/Paris'."
            )
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise PermanentError(
                f"{self.currency!r} is not an ISO 4217 currency; expected three letters, for example 'EUR'."
            )
        if self.country_code is not None and not re.fullmatch(r"[A-Z]{2}", self.country_code):
            raise PermanentError(
                f"{self.country_code!r} is not an ISO 3166 country code; expected two letters, for example 'FR'."
            )
        if (self.latitude is None) != (self.longitude is None):
            raise PermanentError("A place needs both its latitude and its longitude, for example 48.86 and 2.35.")
        for name, value, bound in (("latitude", self.latitude, 90), ("longitude", self.longitude, 180)):
            if value is not None and not -bound <= value <= bound:
                raise PermanentError(f"The {name} {value} is out of bounds; expected {-bound} to {bound} degrees.")


@functools.cache
def _timezones() -> frozenset[str]:
    """Return the names of all time zones. Reading them from hundreds of files takes 15 ms."""
    return frozenset(zoneinfo.available_timezones())


def add_restaurant(
    store: Store,
    new: NewRestaurant,
    hours: pd.DataFrame | None = None,
    roles: Sequence[RoleDefaults] | None = None,
) -> Restaurant:
    """Write the restaurant with its roles and, if given, its opening hours, in one transaction.

    Args:
        store: the store.
        new: the restaurant.
        hours: day_of_week, open_time, close_time, is_closed; None: not declared, so Flux learns them from sales.
        roles: the roles that it rosters; None: the default roles.

    Raises:
        PermanentError: the slug is taken.
    """
    restaurant_id = uuid.uuid4()
    with store.transaction(Role.APP) as connection:
        # The row-level policy accepts the new row because the connection has entered that tenant.
        enter_tenant(connection, restaurant_id)
        values = {"id": restaurant_id, **asdict(new)}
        query = postgresql.insert(RestaurantRow).values(values).on_conflict_do_nothing(index_elements=["slug"])
        if connection.scalar(query.returning(RestaurantRow.id)) is None:
            raise PermanentError(
                f"The short name {new.slug!r} is taken. Choose another one; `flux restaurants list` shows those in use."
            )
        tx = Tenant(find_restaurant(connection, new.slug), connection, store.settings)
        seed_roles(tx, roles)
        if hours is not None:
            set_opening_hours(tx, hours, dt.datetime.now(dt.UTC))
        details = {key: value for key, value in asdict(new).items() if key != "slug" and value is not None}
        note_act(tx, "restaurants.add", new.slug, after=details)
        return tx.restaurant


def change_restaurant(store: Store, slug: str, values: dict[str, Any]) -> dict[str, Any]:
    """Change details of a restaurant; return the values that changed, by field. Idempotent.

    Args:
        store: the store.
        slug: the restaurant.
        values: name, country_code, latitude, longitude, is_active; fields that are left out stay as they are.

    Raises:
        PermanentError: no restaurant has that slug, or a value is not valid.
    """
    with store.tenant(slug) as tx:
        tx.lock()
        stored = asdict(find_restaurant(tx.connection, slug))
        changed = {key: value for key, value in values.items() if value != stored[key]}
        known = {field.name: (stored | changed)[field.name] for field in fields(NewRestaurant)}
        NewRestaurant(**known)  # raises if a value is not valid
        if changed:
            tx.connection.execute(update(RestaurantRow).where(RestaurantRow.id == tx.restaurant.id).values(changed))
            note_act(tx, "restaurants.change", slug, {key: stored[key] for key in changed}, changed)
    return changed
