"""The kitchen as people ask for it: as known now, or at the end of an earlier business day. It only reads."""

import datetime as dt
from dataclasses import dataclass, replace

from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.timeline import value_on
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.costs.facts import KnownKitchen, Moment, read_with_recipes
from flux_pipeline.store.costs.rules import Rules, rules_known
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.recipes import confirmed_recipes
from flux_pipeline.store.records.settings import read_settings


@dataclass(frozen=True)
class Asked:
    """The day that is asked for, the moment whose facts are used, and whether that is the end of an earlier day."""

    day: dt.date
    known_at: dt.datetime
    as_of: dt.date
    is_retrospective: bool = False


def today_of(tx: Tenant, now: dt.datetime) -> dt.date:
    """Return the business day that is under way."""
    return tx.restaurant.last_complete_business_day(now) + dt.timedelta(days=1)


def asked_day(tx: Tenant, day: dt.date | None, as_of: dt.date | None, now: dt.datetime) -> Asked:
    """Return what is asked for: a day (None: `as_of`, else today), as known at the end of `as_of` (None: now).

    Raises:
        PermanentError: `as_of` is in the future.
    """
    today = today_of(tx, now)
    if as_of is None or as_of == today:
        return Asked(day or today, now, today - dt.timedelta(days=1))
    if as_of > today:
        raise PermanentError(f"--as-of {as_of} is in the future; expected {today} or an earlier day.")
    return Asked(day or as_of, tx.restaurant.end_of_business_day(as_of), as_of, is_retrospective=as_of < today)


def rules_on(tx: Tenant, asked: Asked) -> CostingSettings:
    """Return the settings by which a day was costed when it was published."""
    # A look back leaves out settings that no run has used yet.
    found = value_on(_rules(tx, replace(asked, is_retrospective=True)).dated, asked.day)
    assert found is not None, "the first rules hold from the start"
    return found


def kitchen_asked(tx: Tenant, asked: Asked) -> KnownKitchen:
    """Return what is known of the kitchen, with or without recipes."""
    moment = Moment(asked.known_at, asked.as_of, asked.is_retrospective)
    return read_with_recipes(tx, moment, _rules(tx, asked).dated, confirmed_recipes(tx))


def _rules(tx: Tenant, asked: Asked) -> Rules:
    settings, next_day = read_settings(tx, CostingSettings), asked.as_of + dt.timedelta(days=1)
    return rules_known(tx, settings, next_day, asked.known_at, is_retrospective=asked.is_retrospective)
