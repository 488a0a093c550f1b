"""Files of ingredients: price histories are kept whole, and a new unit never gets the numbers of the old one."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import text

from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind
from flux_pipeline_tests.store.ordering import write_orders

HEAD = "name,unit,unit_cost,waste_factor,sku,valid_from\n"
# Undated, then three days of the past, of which the last one holds today, then one to come.
HISTORY = [
    "Onions,kg,1.00,10%,ON-1,\n",
    "Onions,kg,1.50,,,2026-01-10\n",
    "Onions,kg,,20%,,2026-02-10\n",
    "Onions,g,0.002,,,2026-03-01\n",
    "Onions,kg,9.00,,,2027-01-01\n",
]
CAME_IN = dt.datetime(2026, 3, 20, 9, tzinfo=dt.UTC)
COSTS = """
SELECT valid_from::text, unit_cost::float, unit, waste_factor::float FROM ingredient_cost_history
WHERE superseded_at IS NULL ORDER BY valid_from NULLS FIRST
"""
STORED = "SELECT unit, unit_cost::float, waste_factor::float, sku FROM ingredients"
LEVELS = "SELECT unit, unit_cost, par_level, reorder_threshold FROM ingredients WHERE name = 'Parsley'"


def load(store: Store, restaurant: Restaurant, content: str, kind: str = "ingredients", day: int = 0) -> Upload:
    return hand_in_kind(store, restaurant, kind, content, received_at=CAME_IN + dt.timedelta(days=day))


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (3, 0, 4, 2, 1)], ids=["old", "new", "mixed"])
def test_a_price_history_is_kept_in_any_order_of_its_rows(
    store: Store, bistro: Restaurant, order: tuple[int, ...]
) -> None:
    content = HEAD + "".join(HISTORY[place] for place in order)
    assert load(store, bistro, content).accounting.loaded == 5
    costs = [
        (None, 1.0, "kg", 0.1),
        ("2026-01-10", 1.5, "kg", 0.1),
        ("2026-02-10", 1.5, "kg", 0.2),
        ("2026-03-01", 0.002, "g", 0.2),
        ("2027-01-01", 9.0, "kg", 0.2),
    ]
    assert ask(store, bistro, COSTS) == costs
    assert ask(store, bistro, STORED) == [("g", 0.002, 0.2, "ON-1")]
    # The undated row still holds from the start, not from the day of the second upload.
    assert load(store, bistro, content + "\n", day=5).accounting.loaded == 0
    assert ask(store, bistro, COSTS) == costs
    # A correction of the past changes no later day, and 0.002 a gram is stored as 2.00 a kilo.
    assert load(store, bistro, f"{HEAD}Onions,kg,1.70,,,2026-01-10\n", day=6).accounting.loaded == 1
    costs[1] = ("2026-01-10", 1.7, "kg", 0.1)
    assert ask(store, bistro, COSTS) == costs
    assert ask(store, bistro, STORED) == [("kg", 2.0, 0.2, "ON-1")]


def test_an_undated_price_beside_dated_ones_holds_from_the_start(store: Store, bistro: Restaurant) -> None:
    content = "vendor,ingredient,unit_price,unit,valid_from\nFields,Beef,11,kg,2026-02-01\nFields,Beef,10,kg,\n"
    costs = [(None, 10.0, "kg", None), ("2026-02-01", 11.0, "kg", None)]
    for day in (0, 5):
        load(store, bistro, content + "\n" * day, "vendor_prices", day)
        assert ask(store, bistro, COSTS) == costs


def test_an_undated_cost_beside_one_to_come_changes_nothing_past(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, f"{HEAD}Onions,kg,2.00,,,\n")
    load(store, bistro, f"{HEAD}Onions,kg,2.50,,,\nOnions,kg,3.00,,,2026-05-01\n", day=10)
    costs = [(None, 2.0, "kg", 0.0), ("2026-03-30", 2.5, "kg", 0.0), ("2026-05-01", 3.0, "kg", 0.0)]
    assert ask(store, bistro, COSTS) == costs


def test_a_new_unit_converts_what_is_stored_or_the_file_is_refused(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, "name,unit,unit_cost,par_level,reorder_threshold\nParsley,kg,12.00,4,1.5\n")
    load(store, bistro, "name,unit,category\nparsley,g,Herbs\n", day=2)
    in_grams = ("g", Decimal("0.012"), Decimal(4000), Decimal(1500))
    assert ask(store, bistro, LEVELS) == [in_grams]
    to_bunches = "name,unit\nSalt,kg\nParsley,bunch\n"
    refused = load(store, bistro, to_bunches, day=3)
    assert refused.status == "failed" and refused.error is not None
    for said in (
        "Line 3",
        "'Parsley' changes from g to bunch",
        "row of unit_conversions",
        "reorder_threshold in bunch",
    ):
        assert said in refused.error
    assert ask(store, bistro, LEVELS) == [in_grams]
    assert ask(store, bistro, "SELECT name FROM ingredients") == [("Parsley",)]
    bunch = "ingredient,from_quantity,from_unit,to_quantity,to_unit\nParsley,1,bunch,80,g\n"
    load(store, bistro, bunch, "unit_conversions", day=4)
    load(store, bistro, to_bunches + "\n", day=5)
    assert ask(store, bistro, LEVELS) == [("bunch", Decimal("0.96"), Decimal(50), Decimal("18.75"))]
    # What the file gives is in the new unit already.
    given = "name,unit,unit_cost,par_level,reorder_threshold\nParsley,can,2.50,9,3\n"
    assert load(store, bistro, given, day=6).status == "completed"
    assert ask(store, bistro, LEVELS) == [("can", Decimal("2.5"), Decimal(9), Decimal(3))]


def test_what_is_on_order_keeps_the_unit_of_its_ingredient(store: Store, bistro: Restaurant) -> None:
    write_orders(store, bistro)
    with store.tenant(bistro.slug) as tx:
        flour = "ingredient_id = (SELECT id FROM ingredients WHERE name = 'Flour')"
        tx.connection.execute(text(f"UPDATE purchase_recommendations SET status = 'ordered' WHERE {flour}"))
    refused = load(store, bistro, "name,unit\nOats,kg\nFlour,g\n")
    assert refused.status == "failed" and refused.error is not None
    assert "Line 3: the unit of 'Flour' changes from kg to g, but 1 order of it in kg is open." in refused.error
    # What is only recommended is replaced by the next run, in the new unit.
    assert load(store, bistro, "name,unit\nOats,g\nFlour,kg\n", day=1).status == "completed"
    with store.tenant(bistro.slug) as tx:
        tx.connection.execute(text(f"UPDATE purchase_recommendations SET status = 'received' WHERE {flour}"))
    assert load(store, bistro, "name,unit\nFlour,g\n", day=2).status == "completed"


def test_a_number_that_the_new_unit_would_round_away_is_refused(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, "name,unit,par_level\nSaffron,g,0.4\n")
    refused = load(store, bistro, "name,unit\nSaffron,kg\n", day=1)
    assert refused.error is not None and "par_level of 0.4 is in g. In kg it is 0.0004; expected" in refused.error
