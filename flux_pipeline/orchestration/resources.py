"""Resources of assets, sensors and schedules: the store, and the business day of a run."""

import datetime as dt
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import Settings, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant


class StoreResource(dg.ConfigurableResource):
    """Flux's database and folders, from the settings of the process."""

    home: str | None = Field(
        default=None, description="Flux's home folder; default: FLUX_HOME, else .flux of the project"
    )
    _store: Store | None = PrivateAttr(default=None)

    def open(self) -> Store:
        """Return the store, connected on first use, so that loading definitions opens no connection."""
        if self._store is None:
            self._store = Store.connect(self.settings())
        return self._store

    def settings(self) -> Settings:
        """Load the settings of the process."""
        return load_settings(home=self.home) if self.home else load_settings()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close the connections at the end of a run."""
        if self._store is not None:
            self._store.dispose()
            self._store = None


class BusinessDay(dg.ConfigurableResource):
    """The last day whose data a run may use."""

    as_of: str | None = Field(
        default=None,
        description="YYYY-MM-DD; default: the restaurant's last complete business day when the run was started",
    )

    def of(self, restaurant: Restaurant, started_at: dt.datetime) -> dt.date:
        """Return the business day that this run works for.

        Raises:
            PermanentError: `as_of` is not a date, or a day that was not over when the run was started.
        """
        last = restaurant.last_complete_business_day(started_at)
        if self.as_of is None:
            return last
        try:
            day = dt.date.fromisoformat(self.as_of)
        except ValueError:
            raise PermanentError(f"as_of is {self.as_of!r}; expected a date like {last.isoformat()}.") from None
        if day > last:
            raise PermanentError(
                f"as_of {day} is not over: the last complete business day of {restaurant.slug} is {last}. Choose that "
                "day or an earlier one."
            )
        return day


def as_of_config(as_of: dt.date | None) -> dict[str, Any]:
    """Return the run config for a business day; None keeps the default."""
    return {} if as_of is None else {"resources": {"business_day": {"config": {"as_of": as_of.isoformat()}}}}
