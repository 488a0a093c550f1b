"""Order of one ingredient from one vendor on one day: whole packs, what they cost in shortages and spoilage, and why.

An order must last until the next one can be delivered: lead time and review period are covered together (Silver, Pyke
and Thomas: Inventory and Production Management in Supply Chains, 4th ed., 2017, chapter 6, on periodic review). What
keeps for good is ordered by the service level. What has a shelf life is ordered by its costs, unless the settings
choose the service level for it too: a unit too many costs interest until its last day is near, and its price then.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory._choice import Case, DecidedBy, choose_packs
from flux_pipeline.inventory._need import Outcome, look_ahead
from flux_pipeline.inventory._reason import write_reason
from flux_pipeline.inventory.distributions import Floats
from flux_pipeline.inventory.lots import Stock
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, UnitCosts, VendorTerms


@dataclass(frozen=True)
class Recommendation:
    """What to order of an ingredient from a vendor on a day, in whole packs, and what decided it.

    `order_by`: the vendor's cut-off. `next_delivery`: the day until which the order must last. `on_hand`: what is there
    and good on the first day. `expected_demand`: from the delivery to the next one. `need`: what the service level adds
    to what is there and on order, whatever a pack holds. `covered_share`: the quantile covered, the share of samples
    without a shortage between the deliveries. `unavoidable_shortage`: what lacks before the delivery, or once the order
    has spoiled, whatever the quantity. `one_pack_less`: None for no packs.
    """

    order_day: dt.date
    order_by: dt.datetime | None
    next_order_day: dt.date
    delivery: dt.date
    next_delivery: dt.date
    on_hand: Decimal
    on_order: Decimal
    expected_demand: float
    need: float
    packs: int
    quantity: Decimal
    covered_share: float
    unavoidable_shortage: float
    decided_by: DecidedBy
    reason: str
    outcome: Outcome
    one_pack_less: Outcome | None
    one_pack_more: Outcome

    @property
    def position(self) -> Decimal:
        """The inventory position before the order."""
        return self.on_hand + self.on_order


def recommend_order(
    daily: Floats,
    first_day: dt.date,
    order_day: dt.date,
    stock: Stock,
    rules: IngredientRules,
    terms: VendorTerms,
    settings: InventorySettings,
) -> Recommendation:
    """Return what to order of one ingredient from one vendor.

    Args:
        daily: joint samples of the ingredient's use (samples, days); beyond them the last week repeats.
        first_day: the day of the first column, at whose beginning the stock is there.
        order_day: an order day not before the first day, such as `VendorCalendar.first_order_day` of a moment.
        stock: lots and what is on order, open recommendations too, so that nothing is recommended twice.
        rules: of the ingredient.
        terms: of the vendor.
        settings: service level and costs.

    Raises:
        PermanentError: the vendor takes no order on the day, or the day is before the first.
    """
    calendar = terms.calendar
    if order_day < first_day or not calendar.takes_orders_on(order_day):
        raise PermanentError(
            f"The vendor takes no order on {order_day}, or it is before {first_day}. Use an order day from then on."
        )
    next_day = calendar.next_order_day(order_day)
    gap = (next_day - order_day).days
    outlook = look_ahead(daily, first_day, order_day, next_day, stock, rules.shelf_life_days, terms.lead_time)
    need, costs = outlook.need(gap), UnitCosts.of(rules, terms, settings, gap)
    on_hand, on_order = stock.on_hand(first_day), stock.ordered
    case = Case(outlook, gap, need, on_hand + on_order, rules, terms, costs, settings)
    chosen = choose_packs(case)
    next_delivery = first_day + dt.timedelta(days=need.end)
    less, this, more = (need.outcome((chosen.packs + step) * case.pack, costs) for step in (-1, 0, 1))
    return Recommendation(
        order_day=order_day,
        order_by=None if calendar.cut_off is None else dt.datetime.combine(order_day, calendar.cut_off),
        next_order_day=next_day,
        delivery=first_day + dt.timedelta(days=need.arrival),
        next_delivery=next_delivery,
        on_hand=on_hand,
        on_order=on_order,
        expected_demand=need.expected_demand,
        need=need.for_service(settings),
        packs=chosen.packs,
        quantity=terms.pack_quantity * chosen.packs,
        covered_share=need.covered_share(chosen.packs * case.pack),
        unavoidable_shortage=need.unavoidable,
        decided_by=chosen.decided_by,
        reason=write_reason(chosen, case, order_day, next_day, next_delivery),
        outcome=this,
        one_pack_less=less if chosen.packs else None,
        one_pack_more=more,
    )
