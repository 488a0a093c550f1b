"""Purchases from files to published rows: what is used, when it runs out, what to order, and what becomes of orders."""

import datetime as dt

import dagster as dg
import pytest

from flux_pipeline.orchestration.commands.launch import run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.inventory.order_acts import approve_orders
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import at, day
from flux_pipeline_tests.orchestration.purchasing import DELIVERY, Buyer

RECIPES = "item,ingredient,quantity,unit\nSoup,Onions,50,g\nSoup,Salt,1,g\n"
INGREDIENTS = "name,unit,unit_cost\nOnions,kg,2.00\nSalt,kg,1.00\n"
PRICES = "vendor,ingredient,order_code,case_price,pack,lead_time_days\nFields,Onions,F-1,20.00,2 x 5 kg,1\n"
RUNS = "SELECT count(*) FROM algorithm_runs WHERE algorithm = 'purchase_recommendations'"


def begin(store: Store) -> None:
    """A soup of 50 g of onions, of which 100 are expected each day; eight kilos are left on the evening of the 14th."""
    found = Buyer(store, store.restaurant("bistro"))
    found.sell("2026-03-01,Soup,10,60.00\n")
    found.file("ingredients", INGREDIENTS, at(1))
    found.file("recipes", RECIPES, at(1))
    found.file("vendor_prices", PRICES, at(1))
    found.deliver(14, 8)
    found.expect(14, Soup=100)


BEGINNINGS = {"buyer": begin}


@pytest.fixture
def buyer(store: Store, bistro: Restaurant) -> Buyer:
    """The kitchen of `begin`."""
    return Buyer(store, bistro)


def test_a_night_publishes_use_depletion_and_an_order_that_a_cook_can_check(buyer: Buyer) -> None:
    metadata = buyer.order(14).metadata
    used = buyer.ask(
        "SELECT i.name, p50_quantity::float, cumulated_p90::float FROM ingredient_demand_forecasts "
        "JOIN ingredients i ON i.id = ingredient_id WHERE forecast_date = '2026-03-16' ORDER BY 1"
    )
    assert used == [("Onions", 5.0, 10.0), ("Salt", 0.1, 0.2)]
    # Five of eight kilos go on Sunday, so that they are gone on Monday. Nobody counted the salt.
    gone = buyer.ask(
        "SELECT on_hand::float, on_order::float, daily_consumption, depleted_on_p10, depleted_on_p90, confidence, "
        "with_orders_depleted_on_p50 FROM stock_depletion_forecasts"
    )
    assert gone == [(8.0, 0.0, pytest.approx(5.0), day(16), day(16), 1.0, day(16))]
    assert metadata["ingredients_with_unknown_stock"] == 1
    # Two kilos lack on Monday, before the next delivery on Tuesday; a case has ten.
    names = ("vendor", "order_day", "status", "packs", "quantity", "amount", "on_hand", "decided_by_rule")
    assert buyer.orders(*names) == [("Fields", day(15), "recommended", 1, 10.0, 20.0, 8.0, "pack")]
    ((reason,),) = buyer.orders("reason")
    assert reason.startswith(
        "1 pack of 10 kg and 8 kg in stock and on order are enough until the delivery of Tue 17 Mar"
    )
    ((outcomes,),) = buyer.ask("SELECT outcomes FROM purchase_recommendations")
    assert outcomes["one_pack_less"]["shortage_quantity"] == 2.0
    assert outcomes["one_pack_less"]["shortage_cost"] == 12.0
    assert (outcomes["this"]["shortage_cost"], outcomes["one_pack_more"]["quantity"]) == (0.0, 20.0)


def test_what_an_open_order_covers_is_not_recommended_again_and_deliveries_close_it(buyer: Buyer) -> None:
    first = buyer.order(14)
    before = buyer.ask("SELECT * FROM purchase_recommendations"), buyer.ask(RUNS)
    again = buyer.order(14)
    assert again.is_unchanged and again.version == first.version
    assert (buyer.ask("SELECT * FROM purchase_recommendations"), buyer.ask(RUNS)) == before
    buyer.decide("ordered", 15)
    assert buyer.order(14).metadata["rows_by_table"]["purchase_recommendations"] == 0
    buyer.expect(15, Soup=100)
    assert buyer.order(15).metadata["rows_by_table"]["purchase_recommendations"] == 0
    assert buyer.orders("status", "packs") == [("ordered", 1)]
    on_order = "SELECT on_order::float, depleted_on_p50, with_orders_depleted_on_p50 FROM stock_depletion_forecasts"
    assert buyer.ask(f"{on_order} WHERE as_of = '2026-03-15' AND is_current") == [(10.0, day(17), day(19))]
    # Six of ten kilos come, so that four are still on order; then somebody corrects the delivery, and withdraws it.
    buyer.deliver(16, 6, "F-16")
    buyer.expect(16, Soup=100)
    buyer.order(16)
    received = ("status", "received_quantity", "received_on")
    assert buyer.orders(*received)[0] == ("ordered", 6.0, day(16))
    assert buyer.ask(f"{on_order} WHERE as_of = '2026-03-16' AND is_current")[0][0] == 4.0
    buyer.deliver(16, 10, "F-16")
    buyer.order(16)
    assert buyer.orders(*received)[0] == ("received", 10.0, day(16))
    buyer.change("UPDATE deliveries SET superseded_at = now() WHERE document = 'F-16' AND superseded_at IS NULL")
    buyer.order(16)
    assert buyer.orders(*received)[0] == ("ordered", 0.0, None)
    # A week after Monday it does not come any more.
    for number, expected in ((23, ("ordered", None)), (24, ("cancelled", "it was not delivered, by what was entered"))):
        buyer.expect(number - 1, Soup=100)
        buyer.order(number - 1)
        assert buyer.orders("status", "cancelled_because")[0] == expected


def test_what_nobody_decided_follows_each_run_and_ends_with_its_day(buyer: Buyer) -> None:
    with buyer.store.tenant(buyer.restaurant) as tx:
        store_setting(tx, "order_par_rule", "ignored")
    buyer.order(14)
    buyer.deliver(14, 100, "more")
    buyer.order(14)
    assert buyer.orders("status", "cancelled_because") == [("cancelled", "no longer needed")]
    buyer.change("UPDATE deliveries SET superseded_at = now() WHERE document = 'more'")
    buyer.order(14)
    assert buyer.orders("status") == [("cancelled",), ("recommended",)]
    buyer.expect(14, Soup=400)
    buyer.order(14)
    # Twenty kilos a day: what lacks on Sunday can't be helped any more.
    assert buyer.orders("status", "packs")[1:] == [("recommended", 2)]
    # Somebody cancels it, and it is not recommended again for that day; after the cut-off nothing is.
    buyer.decide("cancelled", 15)
    buyer.order(14)
    assert buyer.orders("status") == [("cancelled",), ("cancelled",)]
    buyer.expect(15, Soup=100)
    buyer.order(15)
    assert buyer.orders("order_day", "status")[2:] == [(day(16), "recommended")]
    buyer.change("UPDATE vendors SET order_cut_off = '14:00', order_days = '{0, 3}'")
    buyer.order(15)
    buyer.order(15, hour=15)
    ended = buyer.orders("order_day", "status", "cancelled_because")[2:]
    assert ended == [(day(16), "cancelled", "its order day is over"), (day(19), "recommended", None)]


def test_an_order_that_a_person_made_smaller_is_not_filled_up_by_the_next_run(buyer: Buyer) -> None:
    buyer.file("ingredients", "name,unit,par_level\nOnions,kg,28\n", at(2))
    buyer.order(14)
    ((order, packs),) = buyer.ask("SELECT id::text, packs FROM purchase_recommendations")
    assert packs == 2
    with buyer.store.tenant(buyer.restaurant) as tx:
        approve_orders(tx, [order], None, 1, at(15))
    buyer.order(14)
    assert buyer.orders("status", "packs") == [("approved", 1)]
    # On the next order day the rest is recommended.
    buyer.expect(15, Soup=100)
    buyer.order(15)
    assert buyer.orders("order_day", "status")[1:] == [(day(16), "recommended")]


def test_offers_differ_in_price_and_time_and_what_is_not_usable_is_named(buyer: Buyer) -> None:
    head = "vendor,ingredient,unit_price,unit,minimum_order_quantity,yield_factor,lead_time_days\n"
    # Hills is cheaper, but delivers too late, and Lakes sells by the sack. A fifth of what Mill sells is peel, but what
    # is in stock is by Fields.
    rows = "Hills,Onions,0.80,kg,,,5\nMill,Onions,1.20,kg,4,0.8,1\nLakes,Onions,9.00,bag,,,\nFree,Onions,0.00,kg,,,1\n"
    buyer.file("vendor_prices", head + rows, at(2))
    buyer.order(14)
    assert buyer.orders("vendor", "packs", "quantity", "amount", "decided_by_rule") == [
        ("Mill", 4, 4.0, 4.8, "minimum"),
    ]
    ((unit_price, pack),) = buyer.ask("SELECT unit_price::float, pack_quantity::float FROM purchase_recommendations")
    assert (unit_price, pack) == (1.2, 1.0)
    ((sentences,),) = buyer.ask(
        "SELECT output_summary -> 'not_usable' FROM algorithm_runs WHERE algorithm = 'purchase_recommendations'"
    )
    assert any("'Onions' of Lakes" in each and "1 bag of 'Onions' is how many kg?" in each for each in sentences)
    assert any("'Onions' of Free" in each and "enter a price above 0" in each for each in sentences)
    assert len(sentences) == 2


def test_what_has_a_yield_is_used_ordered_and_received_as_it_is_bought(buyer: Buyer) -> None:
    sacks = "vendor,ingredient,case_price,pack,yield_factor,lead_time_days,valid_from\n"
    buyer.file("ingredients", "name,unit,unit_cost\nCarrots,kg,2.00\n", at(1))
    buyer.file("recipes", "item,ingredient,quantity,unit\nStew,Carrots,400,g\n", at(1))
    buyer.file("vendor_prices", f"{sacks}Mill,Carrots,9.00,10 kg,0.8,1,2026-03-13\n", at(1))
    buyer.sell("2026-03-12,Stew,10,90\n2026-03-13,Stew,10,90\n2026-03-14,Stew,10,90\n")
    buyer.deliver(12, 21, "F-12", "Carrots")
    buyer.file("waste", "wasted_on,item,quantity,unit,reason\n2026-03-14,Stew,2,portion,dropped\n", at(14))
    buyer.expect(14, Stew=20)
    buyer.order(14)
    # 400 g of carrots are half a kilo of what is bought, from the day on which the price of the sack is in force.
    used = "SELECT kind, quantity::float FROM inventory_facts WHERE kind <> 'receipt' ORDER BY business_date, kind"
    assert buyer.ask(used) == [("usage", 4.0), ("usage", 5.0), ("usage", 5.0), ("waste", 1.0)]
    demand = "SELECT DISTINCT p50_quantity::float FROM ingredient_demand_forecasts f JOIN ingredients i "
    demand += "ON i.id = f.ingredient_id WHERE i.name = 'Carrots' AND as_of = '2026-03-14'"
    assert buyer.ask(f"{demand} AND is_current") == [(10.0,)]
    # Six of 21 kg are left on Sunday; what comes on Monday must last for Monday's 10 kg.
    figures = ("name", "on_hand", "packs", "quantity", "amount")
    assert buyer.orders(*figures) == [("Carrots", 6.0, 1, 10.0, 9.0)]
    buyer.decide("ordered", 15)
    buyer.file("deliveries", f"{DELIVERY}2026-03-16,Mill,M-1,Carrots,10,kg,0.9\n", at(16))
    buyer.expect(16, Stew=20)
    buyer.order(16)
    assert buyer.orders("status", "received_quantity")[0] == ("received", 10.0)
    # A look back knows nothing of a price that somebody entered later.
    buyer.file("vendor_prices", f"{sacks}Mill,Carrots,9.00,10 kg,0.5,1,2026-03-15\n", at(18))
    buyer.look_back(14, at(20))
    assert buyer.ask(demand) == [(10.0,)]


def test_a_look_back_publishes_demand_alone_and_three_dishes_need_less_together_than_each_alone(buyer: Buyer) -> None:
    buyer.order(14)
    of_now = "SELECT * FROM purchase_recommendations", "SELECT * FROM stock_depletion_forecasts"
    before = [buyer.ask(query) for query in of_now]
    own = {"Dip": "Leek", "Stew": "Beet", "Pie": "Kale"}
    buyer.sell("".join(f"2026-03-02,{item},10,60.00\n" for item in own))
    recipes = "".join(f"{item},Butter,100,g\n{item},{ingredient},100,g\n" for item, ingredient in own.items())
    buyer.file("recipes", f"item,ingredient,quantity,unit\n{recipes}", at(2))
    buyer.expect(10, Dip=12, Stew=15, Pie=20, spread=2.0)
    assert buyer.look_back(10, at(16)).rows == 4 * 14
    assert [buyer.ask(query) for query in of_now] == before
    p90s: dict[str, list[float]] = {}
    for name, p90 in buyer.ask(
        "SELECT i.name, p90_quantity::float FROM ingredient_demand_forecasts "
        "JOIN ingredients i ON i.id = ingredient_id WHERE as_of = '2026-03-10' ORDER BY forecast_date"
    ):
        p90s.setdefault(name, []).append(p90)
    for butter, *alone in zip(p90s["Butter"], *(p90s[name] for name in own.values()), strict=True):
        assert butter < 0.95 * sum(alone)


def test_a_restaurant_without_recipes_or_forecast_is_skipped(store: Store, bistro: Restaurant) -> None:
    empty = Buyer(store, bistro)
    empty.sell("2026-03-01,Soup,10,60.00\n")
    assert "no recipe" in empty.order(14).metadata["skipped"]
    assert empty.ask(RUNS) == [(0,)]


@pytest.mark.usefixtures("no_pictures")
def test_one_step_of_a_run_fills_three_assets_and_dagster_gets_counts_without_names(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    buyer, now = Buyer(store, bistro), dt.datetime.now(dt.UTC)
    today = bistro.last_complete_business_day(now) + dt.timedelta(days=1)
    buyer.sell("".join(f"{today - dt.timedelta(days=each)},Soup,100,600.00\n" for each in range(1, 29)))
    buyer.file("ingredients", INGREDIENTS, now)
    buyer.file("recipes", RECIPES, now)
    buyer.file("vendor_prices", f"{PRICES}Lakes,Onions,,9.00,1 bag,\n", now)
    buyer.file("deliveries", f"{DELIVERY}{today},Fields,,Onions,1,kg,2\n", now)
    result = run_restaurant(instance, bistro.slug, None)
    assert result.succeeded, result.failures
    names = ("ingredient_demand_forecasts", "stock_depletion_forecasts", "purchase_recommendations")
    demand, depletion, orders = (result.metadata[name] for name in names)
    assert (demand["rows"], depletion["rows"], orders["rows"]) == (28, 1, 1)
    assert depletion["ingredients_with_unknown_stock"] == orders["not_usable"] == 1
    assert not any(name in str(result.metadata[asset]) for asset in names for name in ("Onions", "Lakes", "Fields"))
    again = run_restaurant(instance, bistro.slug, None, only=names)
    assert again.succeeded and "unchanged_since_run" in again.metadata["stock_depletion_forecasts"]
