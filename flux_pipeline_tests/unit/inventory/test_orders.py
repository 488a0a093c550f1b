"""Orders: whole packs, what set them, and what they are expected to cost."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import SampledDemand
from flux_pipeline.inventory.lots import Lot, OnOrder, Stock, use_stock
from flux_pipeline.inventory.orders import DecidedBy, Recommendation, recommend_order
from flux_pipeline.inventory.policies import newsvendor
from flux_pipeline.inventory.settings import InventorySettings, ParRule, ServiceMeasure, SpoilingRule
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar
from flux_pipeline_tests.unit.inventory.test_lots import DAILY, MONDAY, STOCKS, days

CYCLE = InventorySettings(order_service_measure=ServiceMeasure.CYCLE)
RULES = IngredientRules("kg")
TERMS = VendorTerms(Decimal(1), Decimal(2), LeadTime.of(1))
# Four kg a day, three to five in one sample of ten each.
DAY = np.array([3, 4, 4, 4, 4, 4, 4, 4, 4, 5], dtype=float)
USED = np.tile(DAY[:, None], 14)


def stock_of(quantity: int, expires: int | None = None) -> Stock:
    return Stock((Lot(Decimal(quantity), None if expires is None else days(expires)),))


def order(stock: Stock, daily: np.ndarray = USED, order_day: dt.date = MONDAY, **changed: Any) -> Recommendation:
    rules = {name: changed.pop(name) for name in list(changed) if hasattr(RULES, name)}
    known = changed.pop("settings", CYCLE)
    return recommend_order(daily, MONDAY, order_day, stock, replace(RULES, **rules), replace(TERMS, **changed), known)


def test_an_order_lasts_until_the_next_one_is_delivered() -> None:
    # Ordered on Monday for Tuesday, and again on Tuesday for Wednesday: the stock and this order cover two days.
    found = order(stock_of(6))
    assert (found.delivery, found.next_order_day, found.next_delivery) == (days(1), days(1), days(2))
    assert (found.on_hand, found.on_order, found.position) == (6, 0, 6)
    assert (found.need, found.packs, found.quantity) == (4, 4, 4)
    assert found.covered_share == 1.0
    assert found.decided_by is DecidedBy.SERVICE_LEVEL
    assert found.reason == (
        "4 packs of 1 kg and 6 kg in stock and on order are enough until the delivery of Wed 2 Dec with a probability "
        "of more than 99%; the order adds the 4 kg that serve 95% of deliveries."
    )


@pytest.mark.parametrize(
    ("unit", "ordered", "there"), [("piece", "1 piece", "6 pieces"), ("bunch", "1 bunch", "6 bunch")]
)
def test_a_reason_speaks_of_pieces_but_of_one_piece(unit: str, ordered: str, there: str) -> None:
    found = order(stock_of(6), unit=unit)
    assert found.reason.startswith(f"4 packs of {ordered} and {there} in stock")


def test_one_pack_less_and_one_more_are_costed() -> None:
    found = order(stock_of(4), settings=CYCLE, order_day=MONDAY)
    assert found.packs == 5
    assert found.one_pack_less is not None
    # One sample in ten needs 5 on Tuesday, and a unit that lacks costs three times its price of 2.
    assert found.one_pack_less.shortage_quantity == pytest.approx(0.1)
    assert found.one_pack_less.shortage_cost == pytest.approx(0.6)
    assert found.outcome.shortage_cost == 0
    assert found.one_pack_more.holding_cost > found.outcome.holding_cost > 0
    # In one sample in ten, Monday asks for 5 of the 4 that are there.
    assert found.unavoidable_shortage == pytest.approx(0.1)


def test_nothing_is_ordered_that_stock_or_an_open_order_covers() -> None:
    first = order(stock_of(6))
    opened = OnOrder(first.quantity, MONDAY, TERMS.lead_time)
    for stock in (stock_of(10), replace(stock_of(6), on_order=(opened,))):
        found = order(stock)
        assert (found.packs, found.quantity, found.decided_by) == (0, 0, DecidedBy.STOCK)
        assert found.one_pack_less is None
        assert found.reason.startswith("No order: 10 kg in stock and on order are enough until the delivery of Wed 2")


def test_a_fill_rate_needs_less_than_the_same_share_of_deliveries() -> None:
    fill = order(stock_of(4), settings=InventorySettings())
    assert fill.packs < order(stock_of(4)).packs
    assert fill.outcome.shortage_quantity <= 0.05 * fill.expected_demand
    assert fill.one_pack_less is not None
    assert fill.one_pack_less.shortage_quantity > 0.05 * fill.expected_demand


def test_the_pack_sets_the_quantity_if_it_holds_much_more() -> None:
    found = order(stock_of(6), pack_quantity=Decimal(25))
    assert (found.packs, found.quantity, found.decided_by) == (1, 25, DecidedBy.PACK)
    assert "only 4 kg are needed to serve 95% of deliveries, but packs are whole" in found.reason
    assert order(stock_of(6), pack_quantity=Decimal("0.1")).packs == 40


def test_the_calendar_sets_the_quantity_if_the_next_order_day_is_late() -> None:
    calendar = VendorCalendar(frozenset({0, 1, 4}), cut_off=dt.time(14))
    early, late = (order(stock_of(6), order_day=days(at), calendar=calendar) for at in (0, 1))
    assert early.decided_by is DecidedBy.SERVICE_LEVEL
    assert (late.packs, late.decided_by) == (15, DecidedBy.CALENDAR)
    assert late.order_by == dt.datetime(2026, 12, 1, 14)
    assert late.reason.endswith("the vendor takes no order between Tue 1 Dec and Fri 4 Dec.")


def test_par_is_the_least_or_the_most_to_have() -> None:
    floor, ceiling = (CYCLE.model_copy(update={"order_par_rule": rule}) for rule in (ParRule.FLOOR, ParRule.CEILING))
    found = order(stock_of(6), par_level=Decimal(20), settings=floor)
    assert (found.packs, found.decided_by) == (14, DecidedBy.PAR)
    assert found.reason.endswith("the par level of 20 kg is the least to have.")
    found = order(stock_of(6), par_level=Decimal(9), pack_quantity=Decimal(2), settings=ceiling)
    assert (found.packs, found.decided_by) == (1, DecidedBy.PAR)
    assert order(stock_of(6), par_level=Decimal(3), settings=ceiling).packs == 0
    assert order(stock_of(6), par_level=Decimal(20), settings=ceiling).packs == 4
    ignored = CYCLE.model_copy(update={"order_par_rule": ParRule.IGNORED})
    assert order(stock_of(6), par_level=Decimal(90), settings=ignored).packs == 4


def test_the_minimum_is_ordered_if_it_is_worth_it() -> None:
    found = order(stock_of(6), minimum_quantity=Decimal("9.5"))
    assert (found.packs, found.decided_by) == (10, DecidedBy.MINIMUM)
    assert found.reason.endswith("the vendor's minimum of 9.5 kg is more than the 4 kg needed.")
    # All of it but 4 kg would spoil, at more than the shortage costs.
    found = order(stock_of(6), minimum_quantity=Decimal(60), shelf_life_days=0)
    assert (found.packs, found.decided_by) == (0, DecidedBy.MINIMUM)
    assert "the vendor's minimum of 60 kg is not worth it for 4 kg" in found.reason
    ceiling = CYCLE.model_copy(update={"order_par_rule": ParRule.CEILING})
    found = order(stock_of(6), minimum_quantity=Decimal(60), par_level=Decimal(12), settings=ceiling)
    assert (found.packs, found.decided_by) == (0, DecidedBy.MINIMUM)


def test_what_spoils_is_ordered_by_the_critical_fractile() -> None:
    rng = np.random.default_rng(3)
    daily = rng.poisson(30, (2_000, 14)).astype(float)
    costs = {"shortage_cost": Decimal(15), "spoilage_cost": Decimal(5)}
    found = order(Stock(), daily, shelf_life_days=0, lead_time=LeadTime.of(0), unit_price=Decimal("0.01"), **costs)
    best = newsvendor(SampledDemand.of(daily[:, 0]), 15, 5)
    assert found.packs == best.level
    assert found.outcome.cost == pytest.approx(best.amount, rel=1e-3)
    assert found.decided_by is DecidedBy.SHELF_LIFE
    assert found.reason.endswith(
        "a kg that spoils costs 5.00 and one that lacks 15.00, and it is good on the day of delivery only."
    )
    only_service = CYCLE.model_copy(update={"order_spoiling_rule": SpoilingRule.SERVICE_LEVEL})
    found = order(Stock(), daily, shelf_life_days=0, lead_time=LeadTime.of(0), settings=only_service, **costs)
    assert found.packs == SampledDemand.of(daily[:, 0]).quantile(0.95) > best.level


def test_what_has_a_shelf_life_is_ordered_by_its_costs() -> None:
    rng = np.random.default_rng(3)
    daily = rng.poisson(4, (500, 14)).astype(float)
    by_level = InventorySettings(order_spoiling_rule=SpoilingRule.SERVICE_LEVEL)
    keeps, spoils = (order(Stock(), daily, shelf_life_days=life, settings=InventorySettings()) for life in (30, 0))
    # What is left costs interest until it spoils, so that nearly no shortage is worth what it saves.
    assert keeps.packs > order(Stock(), daily, shelf_life_days=30, settings=by_level).packs
    assert keeps.covered_share > 0.99
    assert spoils.packs < order(Stock(), daily, shelf_life_days=0, settings=by_level).packs
    assert keeps.decided_by is spoils.decided_by is DecidedBy.SHELF_LIFE
    assert keeps.reason.endswith(
        "a kg that spoils costs 2.00 and one that lacks 6.00, and it is good for 30 days after the delivery."
    )
    # Without a shelf life the service level decides.
    assert order(Stock(), daily, settings=InventorySettings()).decided_by is DecidedBy.SERVICE_LEVEL
    # A pack of 600 kg that is good for a week, where 4 a day are used and 4 lack: most of it would spoil.
    found = order(stock_of(6), pack_quantity=Decimal(600), shelf_life_days=7)
    assert (found.packs, found.decided_by) == (0, DecidedBy.SHELF_LIFE)


# Four kg a day in the mean, evenly from 2 to 6, the same on each day of a sample.
EVENLY = np.tile(np.linspace(2, 6, 401)[:, None], 14)


@pytest.mark.parametrize(
    ("stock", "pack", "packs"),
    [
        # Two days ask for 4 to 12 kg, of which a day's 4 kg are served by 95 % with 2.21 kg beside 8 kg in stock.
        (8, "0.1", 22),
        (8, "1", 2),
        (8, "1.5", 2),
        # Without the pack 1 kg would lack, more than twice the 0.2 kg that the level allows.
        (8, "2.5", 1),
        (10, "1", 0),
        # What lasts for weeks is ordered before nothing is left.
        (0, "80", 1),
    ],
)
def test_whole_packs_serve_the_level_on_average(stock: int, pack: str, packs: int) -> None:
    found = order(stock_of(stock), EVENLY, pack_quantity=Decimal(pack), settings=InventorySettings())
    assert found.packs == packs


@pytest.mark.parametrize(("pack", "packs"), [("0.5", 7), ("1", 4)])
def test_whole_packs_serve_the_share_of_deliveries_on_average(pack: str, packs: int) -> None:
    # 3.6 kg beside 8 kg in stock leave a shortage in a twentieth of the samples, and 3.5 kg in a sixteenth.
    assert order(stock_of(8), EVENLY, pack_quantity=Decimal(pack)).packs == packs


def test_a_pack_less_than_needed_is_explained() -> None:
    changed = {"pack_quantity": Decimal(1), "settings": InventorySettings()}
    found = order(stock_of(8), EVENLY, **changed)
    assert (found.quantity < found.need, found.decided_by) == (True, DecidedBy.PACK)
    assert f"; {found.need:.3f} kg would serve 95% of demand, but packs are whole" in found.reason


def test_a_long_run_serves_what_the_service_level_says() -> None:
    # Each morning an order for the next, in packs of half a day's use, from samples of the demand that then comes.
    rng = np.random.default_rng(5)
    daily, left, due = rng.gamma(16, 20 / 16, (200, 3)), 20.0, 0.0
    asked = rng.gamma(16, 20 / 16, 300)
    short = np.zeros(len(asked))
    for day, demand in enumerate(asked):
        left += due
        stock = Stock((Lot(Decimal(f"{left:.6f}")),))
        due = float(order(stock, daily, pack_quantity=Decimal(10), settings=InventorySettings()).quantity)
        short[day] = max(demand - left, 0)
        left = max(left - demand, 0)
    assert 1 - short.sum() / asked.sum() == pytest.approx(0.95, abs=0.015)


def test_an_uncertain_lead_time_needs_more() -> None:
    late = LeadTime((0.0, 0.7, 0.2, 0.1))
    assert order(stock_of(6), lead_time=late).packs > order(stock_of(6)).packs


def test_days_without_an_order_are_refused() -> None:
    with pytest.raises(PermanentError, match="takes no order on 2026-12-01"):
        order(stock_of(6), order_day=days(1), calendar=VendorCalendar(frozenset({0})))
    with pytest.raises(PermanentError, match="is before 2026-11-30"):
        order(stock_of(6), order_day=days(-1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"pack_quantity": Decimal(0)}, "A pack holds 0; enter a quantity above 0"),
        ({"unit_price": Decimal(0)}, "A unit costs 0; enter a price above 0"),
        ({"minimum_quantity": Decimal(-1)}, "enter 0 or more"),
    ],
)
def test_impossible_terms_are_refused_in_words(changed: dict[str, Decimal], message: str) -> None:
    with pytest.raises(PermanentError, match=message):
        replace(TERMS, **changed)


@settings(max_examples=40)
@given(
    stock=STOCKS,
    daily=DAILY,
    pack=st.sampled_from(["0.5", "1", "7", "2.5"]),
    minimum=st.integers(0, 20).map(Decimal),
    keeps=st.none() | st.integers(0, 6),
    par=st.none() | st.integers(0, 60).map(Decimal),
    rule=st.sampled_from(ParRule),
    measure=st.sampled_from(ServiceMeasure),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    shares=st.sampled_from([(1.0,), (0.0, 1.0), (0.0, 0.5, 0.5)]),
)
def test_every_order_is_of_whole_packs_within_its_limits_and_not_repeated(  # type: ignore[no-untyped-def]
    stock, daily, pack, minimum, keeps, par, rule, measure, weekdays, shares
) -> None:
    terms = VendorTerms(
        Decimal(pack), Decimal(3), LeadTime(shares), VendorCalendar(frozenset(weekdays)), minimum_quantity=minimum
    )
    rules = IngredientRules("kg", shelf_life_days=keeps, par_level=par)
    chosen = InventorySettings(order_par_rule=rule, order_service_measure=measure)
    order_day = terms.calendar.next_order_day(MONDAY - dt.timedelta(days=1))
    used = np.array(daily, dtype=float)

    found = recommend_order(used, MONDAY, order_day, stock, rules, terms, chosen)

    assert found.quantity == found.packs * Decimal(pack)
    assert found.packs == 0 or found.quantity >= minimum
    if par is not None and rule is ParRule.CEILING and found.packs:
        assert found.position + found.quantity <= par
    if par is not None and rule is ParRule.FLOOR and found.decided_by is not DecidedBy.MINIMUM:
        assert found.position + found.quantity >= par
    for less, more in ((found.one_pack_less, found.outcome), (found.outcome, found.one_pack_more)):
        if less is not None:
            assert less.shortage_quantity >= more.shortage_quantity >= 0
            assert 0 <= less.spoiled_quantity <= more.spoiled_quantity
    assert (found.one_pack_less is None) == (found.packs == 0)
    assert found.reason.endswith(".")

    opened = OnOrder(found.quantity, order_day, terms.lead_time, keeps)
    again = replace(stock, on_order=(*stock.on_order, opened))
    assert recommend_order(used, MONDAY, order_day, again, rules, terms, chosen).packs == 0


@settings(max_examples=40)
@given(
    lots=STOCKS.map(lambda stock: stock.lots),
    daily=DAILY,
    lead=st.integers(0, 2),
    keeps=st.integers(0, 2),
    quantity=st.integers(0, 40),
)
def test_what_lacks_and_spoils_is_what_a_run_through_the_days_with_the_order_says(
    lots: tuple[Lot, ...], daily: list[list[int]], lead: int, keeps: int, quantity: int
) -> None:
    # The order expires last, so that it is used last.
    lots = tuple(replace(lot, expires_on=min(lot.expires_on or days(lead + keeps), days(lead + keeps))) for lot in lots)
    used = np.array(daily, dtype=float)
    par = CYCLE.model_copy(update={"order_par_rule": ParRule.FLOOR, "order_spoiling_rule": SpoilingRule.SERVICE_LEVEL})
    found = order(
        Stock(lots),
        used,
        lead_time=LeadTime.of(lead),
        shelf_life_days=keeps,
        par_level=Stock(lots).on_hand(MONDAY) + quantity,
        settings=par,
    )
    ordered = OnOrder(found.quantity, MONDAY, LeadTime.of(lead), keeps)
    usage = use_stock(Stock(lots, (ordered,)), used, MONDAY)
    short = usage.short[:, lead : min(lead + 1, lead + keeps + 1)].sum(axis=1).mean()
    assert found.outcome.shortage_quantity == pytest.approx(short, abs=1e-9)
    assert found.outcome.spoiled_quantity == pytest.approx(usage.spoiled[:, -1].mean(), abs=1e-9)
