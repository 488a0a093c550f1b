"""Choice of packs: need by service level or costs, then par, then the vendor's minimum; and which of them set it."""

import math
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from flux_pipeline.inventory._need import Need, Outlook
from flux_pipeline.inventory.distributions import EXACT
from flux_pipeline.inventory.settings import InventorySettings, ParRule, SpoilingRule
from flux_pipeline.inventory.terms import IngredientRules, UnitCosts, VendorTerms

# From here on, more than a third of the order is there because of the pack.
_MOSTLY_PACK = 1.5


class DecidedBy(StrEnum):
    """What set the quantity of an order; `stock`: what is there and on order is enough."""

    STOCK = "stock"
    SERVICE_LEVEL = "service_level"
    SHELF_LIFE = "shelf_life"
    CALENDAR = "calendar"
    PACK = "pack"
    PAR = "par"
    MINIMUM = "minimum"


@dataclass(frozen=True)
class Choice:
    """Packs to order, and what set them."""

    packs: int
    decided_by: DecidedBy


@dataclass(frozen=True, eq=False)
class Case:
    """What a choice is made from; `position` is what is there and on order."""

    outlook: Outlook
    days_to_next: int
    need: Need
    position: Decimal
    rules: IngredientRules
    terms: VendorTerms
    costs: UnitCosts
    settings: InventorySettings

    @property
    def pack(self) -> float:
        """The quantity of a pack."""
        return float(self.terms.pack_quantity)

    def cost(self, packs: int) -> float:
        """Return the expected cost of so many packs."""
        return self.need.outcome(packs * self.pack, self.costs).cost

    def packs_for(self, need: Need) -> int:
        """Return the packs that give a need the service level."""
        return need.packs_for_service(self.pack, self.settings)


def choose_packs(case: Case) -> Choice:
    """Return the packs to order: by need, then within the par level, then at least the vendor's minimum."""
    return _by_minimum(_by_par(_by_need(case), case), case)


def _by_need(case: Case) -> Choice:
    service = case.packs_for(case.need)
    by_cost = case.settings.order_spoiling_rule is SpoilingRule.CRITICAL_FRACTILE
    if by_cost and case.rules.shelf_life_days is not None:
        cheapest = case.need.cheapest_packs(case.pack, case.costs)
        if cheapest != service or (cheapest and not case.need.carries_over):
            return Choice(cheapest, DecidedBy.SHELF_LIFE)
    needed = case.need.for_service(case.settings)
    if needed <= EXACT:
        return Choice(0, DecidedBy.STOCK)
    usual = case.terms.calendar.usual_gap
    if case.days_to_next > usual and case.packs_for(case.outlook.need(usual)) < service:
        return Choice(service, DecidedBy.CALENDAR)
    ordered = service * case.pack
    is_by_pack = ordered < needed - EXACT or ordered >= _MOSTLY_PACK * needed
    return Choice(service, DecidedBy.PACK if is_by_pack else DecidedBy.SERVICE_LEVEL)


def _by_par(chosen: Choice, case: Case) -> Choice:
    par, rule = case.rules.par_level, case.settings.order_par_rule
    if par is None or rule is ParRule.IGNORED:
        return chosen
    missing = max(par - case.position, Decimal(0)) / case.terms.pack_quantity
    if rule is ParRule.FLOOR:
        packs = max(chosen.packs, math.ceil(missing))
    else:
        packs = min(chosen.packs, int(missing.to_integral_value(ROUND_FLOOR)))
    return chosen if packs == chosen.packs else Choice(packs, DecidedBy.PAR)


def _by_minimum(chosen: Choice, case: Case) -> Choice:
    least = case.terms.minimum_packs
    if chosen.packs == 0 or chosen.packs >= least:
        return chosen
    # A minimum that costs more than to go without, or that is above a par level to keep to, is not met.
    raised = replace(chosen, packs=least)
    is_worth_it = _by_par(raised, case).packs == least and case.cost(least) <= case.cost(0)
    return Choice(least if is_worth_it else 0, DecidedBy.MINIMUM)
