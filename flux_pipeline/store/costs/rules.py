"""Rules by which each day is costed: the settings as they were when the day was costed first, or computed again."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.timeline import EVER
from flux_pipeline.store.costs.known import known_then
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.costs import CostingRules
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.records.settings import read_settings, validated

# What makes costs suspicious changes no figure.
NO_RULES = {"suspicious_cost_jump", "suspicious_cost_share", "suspicious_line_share"}


@dataclass(frozen=True)
class Rules:
    """The settings by which days are costed, by their first days, and the one that is not stored yet, if any."""

    dated: Sequence[tuple[dt.date, CostingSettings]]
    new: tuple[dt.date | None, CostingSettings] | None


def rules_known(
    tx: Tenant, settings: CostingSettings, next_day: dt.date, known_at: dt.datetime, *, is_retrospective: bool
) -> Rules:
    """Return the rules of each day as known at a moment; changed settings hold from `next_day` on.

    Args:
        tx: the restaurant's transaction.
        settings: the current settings.
        next_day: the first day that is not over.
        known_at: the moment.
        is_retrospective: whether it is long past; the current settings say nothing about it then.
    """
    rows = tx.connection.execute(select(CostingRules.__table__)).all()
    known = known_then(rows, lambda row: row.valid_from, known_at, is_retrospective=is_retrospective)
    dated = sorted(((row.valid_from or EVER, _read(row.rules)) for row in known), key=lambda each: each[0])
    if not dated:
        return Rules([(EVER, settings)], (None, settings))
    if is_retrospective or rules_of(dated[-1][1]) == rules_of(settings):
        return Rules(dated, None)
    kept = [each for each in dated if each[0] < next_day]
    return Rules([*kept, (next_day, settings)], (next_day, settings))


def keep_rules(tx: Tenant, rules: Rules, at: dt.datetime) -> None:
    """Store the rule that is not stored yet; it ends the rules of its first day and of later ones."""
    if rules.new is not None:
        _replace(tx, rules.new[0], rules.new[1], at)


def recompute_from(tx: Tenant, first_day: dt.date | None, at: dt.datetime) -> None:
    """Cost the days from `first_day` on (None: all) by the current settings, and note the act."""
    tx.lock()
    settings = read_settings(tx, CostingSettings)
    stored = tx.connection.execute(select(CostingRules.__table__).where(CostingRules.superseded_at.is_(None))).all()
    before = [{"from": row.valid_from and row.valid_from.isoformat(), **row.rules} for row in stored]
    is_first = first_day is None or not any((row.valid_from or EVER) < first_day for row in stored)
    _replace(tx, None if is_first else first_day, settings, at)
    after = {"from": first_day and first_day.isoformat(), **rules_of(settings)}
    note_act(tx, "costs.recompute", "costs of items", before or None, after)


def rules_of(settings: CostingSettings) -> dict[str, Any]:
    """Return the settings that change figures, as JSON."""
    return settings.model_dump(mode="json", exclude=NO_RULES)


def _read(stored: dict[str, Any]) -> CostingSettings:
    # A setting that was added since has its default in older rules.
    return validated(CostingSettings, {key: v for key, v in stored.items() if key in CostingSettings.model_fields})


def _replace(tx: Tenant, first_day: dt.date | None, settings: CostingSettings, at: dt.datetime) -> None:
    ended = func.greatest(at, CostingRules.known_at + dt.timedelta(microseconds=1))
    current = update(CostingRules).where(CostingRules.superseded_at.is_(None))
    if first_day is not None:
        current = current.where(CostingRules.valid_from >= first_day)
    gone = tx.connection.execute(current.values(superseded_at=ended).returning(CostingRules.superseded_at)).scalars()
    values = {"valid_from": first_day, "rules": rules_of(settings), "known_at": max([at, *gone])}
    tx.connection.execute(insert(CostingRules).values(restaurant_id=tx.restaurant.id, **values))
