"""Decision on alerts about stock: each kind is a function of an ingredient, or of all of them."""

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.inventory.alerts._words import amount, amount_of, days, money, order_time, weekday, worth
from flux_pipeline.inventory.alerts.facts import (
    CRITICAL,
    INFO,
    WARNING,
    ZERO,
    AlertKind,
    ExpectedLeft,
    ForecastErrors,
    StockAlert,
    StockedIngredient,
    StockFacts,
)
from flux_pipeline.inventory.settings import StockAlertSettings

# A restaurant that never counts needs one sentence and not one for each ingredient.
MOST_WITHOUT_COUNT = 10
# So many of these are named.
NAMED = 3
ALL_INGREDIENTS = "all ingredients"
DEMAND = "demand"
# What expires in this time can only be sold now.
SOON = dt.timedelta(days=2)
# Two weeks show each weekday twice. A mean error of two standard errors is hardly chance.
LEAST_DAYS, STANDARD_ERRORS = 14, 2.0
UNSURE = "so what is in stock is only what deliveries and recipes say"


@dataclass(frozen=True)
class _Rules:
    facts: StockFacts
    settings: StockAlertSettings
    suspicious_factor: Decimal


_Decision = Callable[[StockedIngredient, _Rules], tuple[str, str] | None]


def decide_alerts(facts: StockFacts, settings: StockAlertSettings, suspicious_factor: Decimal) -> list[StockAlert]:
    """Return the alerts that there are now.

    Args:
        facts: of one restaurant.
        settings: the bounds.
        suspicious_factor: from which on a rise of cost is probably a wrong unit or pack.
    """
    rules = _Rules(facts, settings, suspicious_factor)
    found = [alert for item in facts.ingredients for alert in _of_ingredient(item, rules)]
    found += _missing_counts(facts, settings)
    if (drift := _drift(facts.errors, settings, facts.slug)) is not None:
        found.append(StockAlert(AlertKind.FORECAST_DRIFT, DEMAND, WARNING, drift))
    return found


def _of_ingredient(item: StockedIngredient, rules: _Rules) -> Iterator[StockAlert]:
    for kind, decide in DECISIONS.items():
        if (decided := decide(item, rules)) is not None:
            yield StockAlert(kind, item.name, *decided)


def _low_stock(item: StockedIngredient, rules: _Rules) -> tuple[str, str] | None:
    if item.threshold is None or item.on_hand is None or item.good > item.threshold:
        return None
    some = f"{amount_of(item, item.good)} {_are(item.good)}"
    have = some if item.good > 0 else f"Nothing usable of {item.name} is"
    coming, today = item.ordered, rules.facts.today
    if coming is not None:
        do = f"{amount(coming.quantity, item.unit)} {_are(coming.quantity)} on order for {weekday(coming.day)}."
    elif item.possible is not None:
        do = f"Order {order_time(item.possible, today)}."
    else:
        do = "Order it; no vendor has a usable price of it."
    is_covered = coming is not None and item.good + coming.quantity > item.threshold
    severity = CRITICAL if item.good <= 0 else INFO if is_covered else WARNING
    return severity, f"{have} in stock, and the reorder threshold is {amount(item.threshold, item.unit)}. {do}"


def _depletion(item: StockedIngredient, rules: _Rules) -> tuple[str, str] | None:
    arrival = item.ordered.day if item.ordered is not None else item.possible.day if item.possible is not None else None
    if arrival is None or item.on_hand is None or not rules.facts.is_foreseen:
        return None
    if item.runs_out_p50 is not None and item.runs_out_p50 < arrival:
        severity, runs_out, words = CRITICAL, item.runs_out_p50, "{are} expected to last until {day}"
    elif item.runs_out_p10 is not None and item.runs_out_p10 < arrival:
        severity, runs_out, words = WARNING, item.runs_out_p10, "may last only until {day} (one chance in ten)"
    else:
        return None
    what = "what is on order arrives" if item.ordered is not None else "the earliest delivery"
    if item.good <= 0:
        return (
            severity,
            f"Nothing usable of {item.name} is in stock until {what} on {weekday(arrival)}. {_bridge(item, rules)}",
        )
    gap = days((arrival - runs_out).days)
    have = f"{amount_of(item, item.good)} {words.format(are=_are(item.good), day=weekday(runs_out))}"
    return severity, f"{have}, {gap} before {what} on {weekday(arrival)}. {_bridge(item, rules)}"


def _bridge(item: StockedIngredient, rules: _Rules) -> str:
    """Return what to do about the days without an ingredient."""
    possible, ordered = item.possible, item.ordered
    if ordered is None:
        assert possible is not None, "without an order the earliest possible delivery is what comes next"
        return f"Order {order_time(possible, rules.facts.today)}, and buy what is needed until then elsewhere."
    if possible is not None and possible.day < ordered.day:
        return f"What is ordered {order_time(possible, rules.facts.today)} arrives on {weekday(possible.day)}."
    return "Ask the vendor to deliver earlier, or buy what is needed until then elsewhere."


def _expiry(item: StockedIngredient, rules: _Rules) -> tuple[str, str] | None:
    currency, sentences = rules.facts.currency, []
    left = _expected_left(item, rules)
    if item.expired > 0 and item.expired_on is not None:
        sentences.append(
            f"{amount_of(item, item.expired)}{worth(item, item.expired, currency)} in stock {_were(item.expired)} good "
            f"until {weekday(item.expired_on)} at the latest. Throw it away and note it with `flux waste add`, or "
            "count what is there."
        )
    if left:
        quantity, first = sum((each.quantity for each in left), ZERO), left[0].expires_on
        lots = f"the lot that is good until {weekday(first)}"
        if len(left) > 1:
            lots = f"{len(left)} lots, the first of them good until {weekday(first)}"
        sentences.append(
            f"{amount_of(item, quantity)}{worth(item, quantity, currency)} {_are(quantity)} expected to be left of "
            f"{lots}. Offer it by then, and order less."
        )
    if not sentences:
        return None
    is_urgent = item.expired > 0 or left[0].expires_on <= rules.facts.today + SOON
    return WARNING if is_urgent else INFO, " ".join(sentences)


def _expected_left(item: StockedIngredient, rules: _Rules) -> list[ExpectedLeft]:
    if not rules.facts.is_foreseen:
        return []
    least = rules.settings.alert_expiry_probability
    lots = (each for each in item.left if each.quantity > 0 and each.probability >= least)
    return [each for each in lots if each.expires_on >= rules.facts.today]


def _shortfall(item: StockedIngredient, rules: _Rules) -> tuple[str, str] | None:
    if item.short <= 0:
        return None
    since = "" if item.short_since is None else f" since {weekday(item.short_since)}"
    return WARNING, (
        f"{amount_of(item, item.short)}{worth(item, item.short, rules.facts.currency)} {_were(item.short)} used{since} "
        "beyond what was in stock. Upload the delivery that is missing, or a count."
    )


def _cost_jump(item: StockedIngredient, rules: _Rules) -> tuple[str, str] | None:
    before, now, slug = item.earlier_unit_cost, item.unit_cost, rules.facts.slug
    if not before or now is None or now / before - 1 <= rules.settings.alert_cost_rise:
        return None
    since = f"{days(rules.settings.alert_cost_days)} ago ({money(before, rules.facts.currency)})"
    costs = f"One {item.unit} of {item.name} costs {money(now, rules.facts.currency)}"
    if now / before > rules.suspicious_factor:
        words = f"{costs}, {now / before:.1f} times as much as {since}."
        return CRITICAL, f"{words} Probably a unit or a pack is wrong: see `flux costs check --restaurant {slug}`."
    words = f"{costs}, {now / before - 1:.0%} more than {since}."
    return WARNING, f"{words} `flux costs changes --restaurant {slug}` shows which margins moved."


def _missing_counts(facts: StockFacts, settings: StockAlertSettings) -> list[StockAlert]:
    allowed = dt.timedelta(days=settings.alert_count_days)
    without = [
        item
        for item in facts.ingredients
        if item.needs_counts and (item.last_counted_on is None or facts.today - item.last_counted_on > allowed)
    ]
    if len(without) <= MOST_WITHOUT_COUNT:
        return [StockAlert(AlertKind.MISSING_COUNT, item.name, INFO, _uncounted(item, facts)) for item in without]
    never = [item for item in without if item.last_counted_on is None]
    message = (
        f"{len(without)} ingredients were not counted for more than {days(settings.alert_count_days)}, {len(never)} of "
        f"them never, {UNSURE}: {', '.join(item.name for item in without[:NAMED])} and others. Count them and upload "
        "the counts."
    )
    return [StockAlert(AlertKind.MISSING_COUNT, ALL_INGREDIENTS, WARNING, message)]


def _uncounted(item: StockedIngredient, facts: StockFacts) -> str:
    day = item.last_counted_on
    if day is None:
        return f"There is no count of {item.name} yet, {UNSURE}. Count it and upload the count."
    ago = days((facts.today - day).days)
    return f"The last count of {item.name} was on {weekday(day)}, {ago} ago. Count it again."


def _drift(errors: ForecastErrors, settings: StockAlertSettings, slug: str) -> str | None:
    if errors.days < LEAST_DAYS or errors.sold <= 0:
        return None
    bias = errors.error / errors.sold
    is_chance = abs(errors.error / errors.days) <= STANDARD_ERRORS * errors.spread / math.sqrt(errors.days)
    if abs(bias) <= settings.alert_forecast_bias or is_chance:
        return None
    above, orders = ("above", "large") if bias > 0 else ("below", "small")
    return (
        f"The forecasts of {errors.days} days were {abs(bias):.0%} {above} what was sold, so orders are probably too "
        f"{orders}. `flux accuracy --restaurant {slug}` shows of which dishes. Look for sales that are missing and "
        "closures that nobody entered."
    )


def _are(quantity: Decimal) -> str:
    return "is" if quantity == 1 else "are"


def _were(quantity: Decimal) -> str:
    return "was" if quantity == 1 else "were"


DECISIONS: dict[AlertKind, _Decision] = {
    AlertKind.LOW_STOCK: _low_stock,
    AlertKind.DEPLETION: _depletion,
    AlertKind.EXPIRY: _expiry,
    AlertKind.SHORTFALL: _shortfall,
    AlertKind.COST_JUMP: _cost_jump,
}
