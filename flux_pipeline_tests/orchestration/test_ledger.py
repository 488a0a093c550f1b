"""The ledger of stock, from files to movements: late and corrected facts end as if they had come in order."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import insert, text, update

from flux_pipeline.orchestration.algorithm import Published
from flux_pipeline.orchestration.assets.inventory import LEDGER
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.kitchen.stock import InventoryCount, WasteRecord
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import Kitchen, at, day

RECIPES = "item,ingredient,quantity,unit\nSoup,Onions,500,g\nSoup,Cream,0.1,l\n"
INGREDIENTS = "name,unit,unit_cost,waste_factor,shelf_life_days\nOnions,kg,2.00,0.2,\nCream,l,4.00,,5\n"
DELIVERY = "delivered_on,vendor,document,ingredient,quantity,unit,unit_cost,expires_on\n"
STOCK = """
SELECT i.name, s.expires_on, s.arrived_on, s.quantity_on_hand::float
FROM inventory s JOIN ingredients i ON i.id = s.ingredient_id ORDER BY i.name, s.expires_on, s.arrived_on
"""
SHORT = """
SELECT i.name, s.quantity::float, s.short_since
FROM inventory_shortfalls s JOIN ingredients i ON i.id = s.ingredient_id
"""
CHAINS = """
SELECT count(*) FROM (
    SELECT previous_quantity, lag(new_quantity, 1, 0) OVER (
        PARTITION BY ingredient_id, lot, expires_on, arrived_on ORDER BY entry_number) AS before
    FROM inventory_movements
) chained WHERE previous_quantity <> before
"""
SUMS = """
SELECT i.name, sum(m.quantity)::float FROM inventory_movements m JOIN ingredients i ON i.id = m.ingredient_id
WHERE m.arrived_on IS NOT NULL GROUP BY i.name ORDER BY i.name
"""


class Stock(Kitchen):
    """The bistro's kitchen, with its ledger."""

    def book(self, number: int) -> Published:
        """Bring the ledger up to date in the night after a day of March."""
        return LEDGER.run(self._work(number, None))

    def count(self, ingredient: str, quantity: str, number: int, time: dt.datetime | None = None) -> None:
        self._state(InventoryCount, ingredient, counted_on=day(number), counted_at=time, quantity=Decimal(quantity))

    def waste(self, ingredient: str, quantity: str, number: int) -> None:
        self._state(WasteRecord, ingredient, wasted_on=day(number), quantity=Decimal(quantity), reason="spoiled")

    def forget_counts(self) -> None:
        with self.store.tenant(self.restaurant) as tx:
            tx.connection.execute(update(InventoryCount).values(superseded_at=text("known_at + interval '1 day'")))

    def stock(self) -> list[tuple]:
        return self.ask(STOCK)

    def _state(self, table: type, ingredient: str, **values: object) -> None:
        with self.store.tenant(self.restaurant) as tx:
            row = tx.connection.execute(
                text("SELECT id, unit FROM ingredients WHERE name = :name"), {"name": ingredient}
            ).one()
            ours = {"restaurant_id": self.restaurant.id, "ingredient_id": row.id, "unit": row.unit, "known_at": at(1)}
            tx.connection.execute(insert(table).values(**ours, **values))


def begin(store: Store) -> None:
    """A soup of half a kilo of onions, of which a fifth is lost, and a decilitre of cream; ten are sold each day."""
    found = Stock(store, store.restaurant("bistro"))
    found.sell("".join(f"2026-03-{number:02},Soup,10,60.00\n" for number in range(1, 15)))
    found.file("ingredients", INGREDIENTS, at(1))
    found.file("recipes", RECIPES, at(1))


BEGINNINGS = {"stock": begin}


@pytest.fixture
def stock(store: Store, bistro: Restaurant) -> Stock:
    """The stock of `begin`."""
    return Stock(store, bistro)


def test_a_night_books_deliveries_usage_and_counts_by_lot(stock: Stock) -> None:
    stock.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Onions,20,kg,2,\n2026-03-03,Mill,1,Cream,2.5,l,4,\n", at(3))
    first = stock.book(4)
    # Two days of 6 kg with their loss; the cream keeps for five days.
    assert stock.stock() == [("Cream", day(8), day(3), 0.5), ("Onions", None, day(3), 8.0)]
    assert first.rows == 6
    stock.book(5)
    assert stock.ask(SHORT) == [("Cream", 0.5, day(5))]
    stock.count("Onions", "1", 5)
    stock.file("deliveries", f"{DELIVERY}2026-03-06,Mill,2,Cream,3000,ml,0.004,\n", at(6))
    stock.book(5)
    # The delivery settles the shortfall; sales of the day that is not over count later.
    assert stock.stock() == [("Cream", day(11), day(6), 2.5), ("Onions", None, day(3), 1.0)]
    assert stock.ask(SHORT) == []
    again = stock.book(5)
    assert (again.rows, again.metadata["skipped"]) == (0, "the ledger is up to date")
    assert stock.ask(CHAINS) == [(0,)]


def test_late_corrected_and_withdrawn_facts_end_as_if_they_had_come_in_order(stock: Stock) -> None:
    stock.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Onions,56,kg,2,\n", at(3))
    stock.count("Onions", "1", 6)
    stock.book(6)
    stock.file("deliveries", f"{DELIVERY}2026-03-05,Mill,2,Onions,10,kg,2,\n", at(7))
    stock.book(6)
    assert [row[3] for row in stock.stock()] == [1.0]
    stock.waste("Onions", "2", 4)
    stock.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Onions,50,kg,2,\n", at(8))
    stock.book(6)
    assert [row[3] for row in stock.stock()] == [1.0]
    stock.forget_counts()
    stock.book(6)
    # 50 + 10 less 2 and four days of 6.
    assert sum(row[3] for row in stock.stock()) == 34.0
    assert (stock.ask(CHAINS), stock.ask(SUMS)) == ([(0,)], [("Onions", 34.0)])


def test_a_purchase_has_the_cost_of_the_ingredients_unit_and_what_takes_it_back_has_the_same(stock: Stock) -> None:
    stock.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Cream,3000,ml,0.004,\n", at(3))
    stock.book(2)
    stock.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Cream,2,l,5,\n", at(4))
    stock.book(2)
    costs = (
        "SELECT quantity::float, unit_cost::float FROM inventory_movements WHERE kind = 'purchase' ORDER BY quantity"
    )
    assert stock.ask(costs) == [(-3.0, 4.0), (2.0, 5.0), (3.0, 4.0)]


def test_a_count_at_a_time_splits_the_sales_of_its_day_and_a_morning_count_has_none_of_the_delivery(
    stock: Stock,
) -> None:
    stock.sell(
        "2026-03-20,12:30,Soup,2,12.00,1\n2026-03-20,19:00,Soup,4,24.00,2\n", "date,time,item,quantity,amount,ticket"
    )
    stock.file("deliveries", f"{DELIVERY}2026-03-20,Mill,3,Onions,10,kg,2,\n", at(20))
    stock.count("Onions", "5", 20, dt.datetime(2026, 3, 20, 7, tzinfo=dt.UTC))
    stock.count("Onions", "13", 20, dt.datetime(2026, 3, 20, 14, tzinfo=dt.UTC))
    stock.book(20)
    usage = "SELECT source, quantity::float FROM inventory_facts WHERE kind = 'usage' ORDER BY occurred_at"
    assert [quantity for _, quantity in stock.ask(usage)] == [1.2, 2.4]
    # Counted 5, delivered 10, used 1.2: 13 were counted; 2.4 were used after that.
    assert stock.ask(SUMS) == [("Onions", 10.6)]
    adjusted = "SELECT quantity::float FROM inventory_movements WHERE kind = 'adjustment' ORDER BY occurred_at"
    assert stock.ask(adjusted) == [(5.0,), (-0.8,)]


def test_a_dish_whose_ingredient_ran_out_counts_as_sold_out_until_the_stock_is_corrected(stock: Stock) -> None:
    # Ten are sold on each day, but on the fourth Sunday two.
    stock.sell("".join(f"2026-03-{number},Soup,{2 if number == 22 else 10},60.00\n" for number in range(15, 23)))
    stock.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Onions,150,kg,2,\n", at(3))
    marked = "SELECT m.name, s.business_date, s.source FROM sold_out_days s JOIN menu_items m ON m.id = s.menu_item_id"
    in_force = f"{marked} WHERE s.superseded_at IS NULL"
    stock.book(22)
    assert stock.ask(marked) == []
    # The day before sold as usual, so nothing had run out while it was open.
    stock.count("Onions", "0", 21)
    stock.count("Onions", "0", 22)
    assert stock.book(22).metadata["sold_out_days_changed"] == 1
    assert stock.ask(in_force) == [("Soup", day(22), "inventory")]
    stock.forget_counts()
    assert stock.book(22).metadata["sold_out_days_changed"] == 1
    assert (stock.ask(in_force), len(stock.ask(marked))) == ([], 1)
