"""Costs, shares, names and rules as commands about kitchen and stock write them."""

from collections.abc import Sequence
from decimal import Decimal

from flux_pipeline.costing.settings import CostingMethod, CostingSettings, WasteRule
from flux_pipeline.kitchen.units import plain
from flux_pipeline.wording import listed, money

# More names than this are counted.
SHOWN = 10


def signed(amount: Decimal) -> str:
    """Return a change of an amount with its sign."""
    return f"{amount:+,.2f}"


def unit_cost(amount: Decimal | None) -> str:
    """Return what a unit costs, with at most four decimals, or six for what costs nearly nothing."""
    return money(amount, 4 if amount is None or amount >= Decimal("0.1") else 6)


def percent(share: Decimal | None) -> str:
    """Return a share in per cent with one decimal; "" for None."""
    return "" if share is None else f"{share:.1%}"


def some(names: Sequence[str]) -> str:
    """Return names as a list, the first ten of many."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return listed(names[:SHOWN]) + more


def rules_in_words(settings: CostingSettings) -> str:
    """Return by which method, rule of loss and tax costs and margins were computed."""
    return f"{_method(settings)}. {_loss(settings)}. {_tax(settings)}."


def _method(settings: CostingSettings) -> str:
    words = {
        CostingMethod.LAST_PAID: "what was last paid",
        CostingMethod.MOVING_AVERAGE: f"the mean of the deliveries of {settings.costing_average_days} days",
        CostingMethod.CHEAPEST_VENDOR: "the cheapest vendor's price",
    }
    return f"Ingredients cost {words[settings.costing_method]} (costing_method {settings.costing_method})"


def _loss(settings: CostingSettings) -> str:
    if not settings.waste_factor_enabled:
        return "Loss doesn't count (waste_factor_enabled false)"
    rule = settings.costing_waste_rule
    return f"Loss: cost {'x (1 + loss)' if rule is WasteRule.MARKUP else '/ (1 - loss)'} (costing_waste_rule {rule})"


def _tax(settings: CostingSettings) -> str:
    if not settings.prices_include_tax:
        return "Prices are without tax (prices_include_tax false)"
    if not settings.tax_rate and not settings.tax_rates_by_category:
        return "No tax is taken off prices, because no rate is set (tax_rate 0)"
    others = "".join(f", {name} {_rate(rate)}" for name, rate in sorted(settings.tax_rates_by_category.items()))
    return f"Tax taken off prices: {_rate(settings.tax_rate)}{others} (tax_rate)"


def _rate(rate: Decimal) -> str:
    return f"{plain(rate * 100)}%"
