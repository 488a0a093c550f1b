"""Choice of the vendor of an ingredient: the cheapest one that is in time, and why a cheaper one is not taken.

Each vendor's order is sized by `recommend_order` for its own next order day, which differs from vendor to vendor.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import EXACT
from flux_pipeline.inventory.orders import Recommendation
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, UnitCosts, VendorTerms
from flux_pipeline.kitchen.units import plain


@dataclass(frozen=True)
class Offer:
    """A vendor's offer of an ingredient, with what would be ordered there on its next order day."""

    vendor: str
    terms: VendorTerms
    recommendation: Recommendation

    @property
    def lacking(self) -> float:
        """The expected shortage that no quantity of this order prevents, mostly that before its delivery."""
        return self.recommendation.unavoidable_shortage

    def unit_cost(self, rules: IngredientRules, settings: InventorySettings) -> float:
        """Return what a unit that can be used costs, with its share of shortages, spoilage and holding.

        What these are expected to cost is shared by the units ordered or, if these are fewer, by those asked for until
        the next delivery: a small order beside a large stock doesn't bear the costs of both.
        """
        found = self.recommendation
        units = max(float(found.quantity), found.expected_demand, float(self.terms.pack_quantity))
        # The days only matter for holding, which is in the outcome.
        shortage = UnitCosts.of(rules, self.terms, settings, days=0).shortage
        cost = float(self.terms.unit_price) + (found.outcome.cost + self.lacking * shortage) / units
        return cost / float(self.terms.yield_factor)


@dataclass(frozen=True)
class ChosenVendor:
    """The offer to take, what a usable unit of it costs with all that is expected, and why, as a sentence."""

    offer: Offer
    unit_cost: float
    reason: str


def choose_vendor(offers: Sequence[Offer], rules: IngredientRules, settings: InventorySettings) -> ChosenVendor:
    """Choose the offer of the least cost a usable unit among those in time.

    An offer is in time if waiting for it, instead of for the offer with the least shortage, lets no more of its demand
    lack than the service level allows. That comes before the costs, because a large order spreads a shortage over many
    units, which a small order elsewhere would prevent.

    Raises:
        PermanentError: no offer was given.
    """
    if not offers:
        raise PermanentError("No vendor offers the ingredient. Enter a price of at least one vendor.")
    least = min(offer.lacking for offer in offers)
    in_time = [offer for offer in offers if offer.lacking - least <= _allowed(offer, settings)]
    chosen = min(in_time, key=lambda offer: (offer.unit_cost(rules, settings), offer.vendor))
    cheaper = [offer for offer in offers if offer.terms.usable_price < chosen.terms.usable_price]
    yields_differ = len({offer.terms.yield_factor for offer in offers}) > 1
    unit = f"usable {rules.unit}" if yields_differ else rules.unit
    unit_cost = chosen.unit_cost(rules, settings)
    if cheaper:
        # The lowest price is what a manager would ask about.
        other = min(cheaper, key=lambda offer: (offer.terms.usable_price, offer.vendor))
        more = other.unit_cost(rules, settings) - unit_cost
        why = _why_not(unit, more) if other in in_time else _too_late(other, rules)
        reason = f"{other.vendor} is cheaper but {why}."
    elif len(offers) > 1:
        of_what = f" of a {unit}" if yields_differ else ""
        reason = f"No vendor has a lower price{of_what} than {chosen.vendor}."
    else:
        reason = f"{chosen.vendor} is the only vendor that can be asked."
    return ChosenVendor(chosen, unit_cost, reason)


def _allowed(offer: Offer, settings: InventorySettings) -> float:
    return (1 - settings.order_service_level) * offer.recommendation.expected_demand + EXACT


def _why_not(unit: str, more: float) -> str:
    """Return why a cheaper offer in time is not taken; `more`: what its unit costs more in the end."""
    return f"costs {more:,.2f} more a {unit} with what is expected to lack, to spoil and to be left"


def _too_late(other: Offer, rules: IngredientRules) -> str:
    found = other.recommendation
    lacking = plain(round(Decimal(other.lacking), 3))
    return f"delivers only on {_day(found.delivery)}; {lacking} {rules.unit} are expected to lack"


def _day(day: dt.date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
