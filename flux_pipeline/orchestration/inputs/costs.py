"""Inputs of costs and profitability: what is known of the kitchen, and what was sold at which cost in each week."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.costs.facts import KnownKitchen, Moment, read_kitchen
from flux_pipeline.store.costs.published import has_costs
from flux_pipeline.store.costs.rules import Rules, rules_known
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.schema.tables import id_texts, read_select

# Without a cost nothing is summed up.
NOTHING = pd.DataFrame(columns=["menu_item_id", "week_start", "category", "quantity", "revenue", "theoretical_cost"])


@dataclass(frozen=True)
class CostInputs:
    """What is known of a kitchen, None if there is no recipe, and the rules of each day."""

    as_of: dt.date
    is_retrospective: bool
    known_at: dt.datetime
    rules: Rules
    kitchen: KnownKitchen | None

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        return {} if self.kitchen is None else self.kitchen.values


@dataclass(frozen=True)
class ProfitInputs:
    """What each item sold, brought and cost in each complete week, and the rules of each day."""

    as_of: dt.date
    is_retrospective: bool
    known_at: dt.datetime
    rules: Sequence[tuple[dt.date, CostingSettings]]
    weeks: pd.DataFrame

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        rules = [(day.isoformat(), each.model_dump(mode="json")) for day, each in self.rules]
        return {"weeks": self.weeks, "rules": rules}


def cost_inputs(tx: Tenant, work: Work, settings: CostingSettings) -> CostInputs:
    """Read what is known of the kitchen at the moment of the work."""
    rules = _rules(tx, work, settings)
    moment = Moment(work.known_at, work.as_of, work.is_retrospective)
    kitchen = read_kitchen(tx, moment, rules.dated)
    return CostInputs(work.as_of, work.is_retrospective, work.known_at, rules, kitchen)


def profit_inputs(tx: Tenant, work: Work, settings: CostingSettings) -> ProfitInputs:
    """Read what was sold in each complete week, at the costs that are published at the moment of the work."""
    parameters = {"as_of": work.as_of, "known_at": work.known_at}
    rules, weeks = _rules(tx, work, settings).dated, NOTHING
    if has_costs(tx, work.known_at):
        weeks = read_select(tx, "weekly_item_profits", parameters)
        weeks = weeks.assign(menu_item_id=id_texts(weeks.menu_item_id))
    return ProfitInputs(work.as_of, work.is_retrospective, work.known_at, rules, weeks)


def _rules(tx: Tenant, work: Work, settings: CostingSettings) -> Rules:
    next_day = work.as_of + dt.timedelta(days=1)
    return rules_known(tx, settings, next_day, work.known_at, is_retrospective=work.is_retrospective)
