"""The demo's kitchens: what every dish costs by the pure rooms, how prices rise, and that weeks agree."""

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise

import pandas as pd
import pytest

from flux_pipeline.costing.dishes import DishCost, IngredientCost, cost_dish
from flux_pipeline.costing.history import CostEntry, CostSource, cost_on, unit_cost_of
from flux_pipeline.costing.settings import CostingMethod, CostingSettings
from flux_pipeline.costing.suspicions import PricedDish, suspect_dishes, suspect_entries
from flux_pipeline.demo._kitchen import JUMPING, day_of_jump, simulate_kitchen
from flux_pipeline.demo._prices import discounts, unit_prices
from flux_pipeline.demo.calendar import demo_window, is_open
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.kitchen.conversions import Conversion, Conversions, check_conversion
from flux_pipeline.kitchen.explosion import Kitchen, Line, Part, Recipe
from flux_pipeline.kitchen.packs import read_pack
from flux_pipeline.kitchen.units import Unit, find_unit
from flux_pipeline_tests.unit.ingest.reading import read_upload

TODAY = dt.date(2026, 11, 21)
SETTINGS = CostingSettings()
RESTAURANTS = demo_restaurants()
WITHOUT_RECIPE = {"Charcuterie board", "Soup of the day", "Fish of the day"}
POOR = {"Grilled sea bream", "Ham and mustard sandwich", "Fruit yoghurt"}
every_restaurant = pytest.mark.parametrize("restaurant", RESTAURANTS, ids=lambda each: each.slug)

Files = dict[str, pd.DataFrame]


class House:
    """The files of a kitchen as the loaders understand them: units, conversions, recipes and costs over time."""

    def __init__(self, restaurant: DemoRestaurant, today: dt.date = TODAY) -> None:
        self.restaurant, self.today = restaurant, today
        self.files = simulate_kitchen(restaurant, today)
        self.units = {row["name"]: find_unit(row["unit"]) for row in rows_of(self.files, "ingredients")}
        self.loss = {row["name"]: Decimal(row["waste_factor"] or 0) for row in rows_of(self.files, "ingredients")}
        self.conversions = Conversions(conversions_of(self.files))
        self.kitchen = Kitchen(recipes_of(self.files), self.units, self.conversions)
        self.entries: dict[str, list[CostEntry]] = defaultdict(list)
        for entry in self._paid():
            self.entries[entry.ingredient].append(entry)

    def costs(self, day: dt.date, settings: CostingSettings = SETTINGS) -> dict[str, DishCost]:
        at = moment(self.today)
        chosen = {name: cost_on(self.entries[name], day, at, settings) for name in self.units}
        known = {name: IngredientCost(cost.unit_cost, self.loss[name]) for name, cost in chosen.items() if cost}
        return {item: cost_dish(self.kitchen.explode(item), known, settings) for item in self.restaurant.items["item"]}

    def shares(self, day: dt.date, settings: CostingSettings = SETTINGS) -> dict[str, float]:
        """Return each dish's cost as a share of its net price without a promotion."""
        dates = pd.DatetimeIndex([day])
        prices = (unit_prices(self.restaurant, dates) / (1 - discounts(self.restaurant, dates)))[:, 0]
        costs = self.costs(day, settings)
        return {
            item: float(cost) / price
            for item, price in zip(self.restaurant.items["item"], prices, strict=True)
            if (cost := costs[item].cost_with_waste) is not None
        }

    def _paid(self):
        for row in rows_of(self.files, "ingredients"):
            if row["unit_cost"]:
                cost = Decimal(row["unit_cost"])
                yield CostEntry(row["name"], cost, dt.date.min, moment(dt.date.min), CostSource.INGREDIENTS)
        for row in rows_of(self.files, "vendor_prices"):
            cost = self._unit_cost(row["ingredient"], *priced_quantity(row), Decimal(row["yield"] or 1))
            valid, known = dt.date.fromisoformat(row["valid_from"]), moment(dt.date.fromisoformat(row["known_at"]))
            vendor, code = row["vendor"], row["order_code"]
            yield CostEntry(row["ingredient"], cost, valid, known, CostSource.VENDOR_PRICE, vendor, code)
        for row in rows_of(self.files, "deliveries"):
            quantity, unit = Decimal(row["quantity"]), find_unit(row["unit"])
            amount = Decimal(row["amount"]) if row["amount"] else Decimal(row["unit_cost"]) * quantity
            cost, day = self._unit_cost(row["ingredient"], amount, quantity, unit), row["delivered_on"]
            delivered = dt.date.fromisoformat(day)
            yield CostEntry(row["ingredient"], cost, delivered, moment(delivered), CostSource.DELIVERY, row["vendor"])

    def _unit_cost(
        self, ingredient: str, price: Decimal, quantity: Decimal, unit: Unit, yielded: Decimal = Decimal(1)
    ) -> Decimal:
        return unit_cost_of(
            price,
            quantity,
            unit,
            ingredient=ingredient,
            ingredient_unit=self.units[ingredient],
            conversions=self.conversions,
            yielded=yielded,
        )


def moment(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def rows_of(files: Files, kind: str) -> list[dict[str, str]]:
    return files[kind].to_dict("records")


def priced_quantity(row: dict[str, str]) -> tuple[Decimal, Decimal, Unit]:
    if row["unit_price"]:
        return Decimal(row["unit_price"]), Decimal(1), find_unit(row["unit"])
    if row["pack"]:
        pack = read_pack(row["pack"])
        return Decimal(row["case_price"]), pack.quantity, pack.unit
    content = Decimal(row["case_quantity"]) * Decimal(row["pack_quantity"])
    return Decimal(row["case_price"]), content, find_unit(row["pack_unit"])


def conversions_of(files: Files) -> list[Conversion]:
    return [
        Conversion(
            Decimal(row["from_quantity"]),
            find_unit(row["from_unit"]),
            Decimal(row["to_quantity"]),
            find_unit(row["to_unit"]),
            row["ingredient"] or None,
        )
        for row in rows_of(files, "unit_conversions")
    ]


def recipes_of(files: Files) -> list[Recipe]:
    recipes = []
    for item, rows in files["recipes"].groupby("item", sort=False):
        lines = tuple(
            Line(row.ingredient or row.component_item, Decimal(row.quantity), find_unit(row.unit), number)
            for number, row in enumerate(rows.itertuples(), 1)
        )
        batch = rows[rows.yield_quantity != ""]
        of_batch = (Decimal(batch.yield_quantity.iloc[0]), find_unit(batch.yield_unit.iloc[0])) if len(batch) else ()
        recipes.append(Recipe(str(item), lines, *of_batch))
    return recipes


@pytest.fixture(scope="module", params=RESTAURANTS, ids=lambda each: each.slug)
def house(request: pytest.FixtureRequest) -> House:
    return House(request.param)


def test_every_dish_has_a_cost_but_for_one_without_a_recipe(house: House) -> None:
    for day in (demo_window(TODAY).first_day, demo_window(TODAY).last_day):
        (without,) = [cost for cost in house.costs(day).values() if cost.cost_with_waste is None]
        assert without.item in WITHOUT_RECIPE
        assert [each.reason for each in without.missing] == [f"'{without.item}' has no recipe. Enter one."]


@every_restaurant
@pytest.mark.parametrize("today", [dt.date(2026, 3, 4), dt.date(2026, 8, 3), TODAY, dt.date(2027, 6, 10)], ids=str)
@pytest.mark.parametrize("method", CostingMethod)
def test_costs_are_a_usual_share_of_the_price_on_each_day(
    restaurant: DemoRestaurant, today: dt.date, method: CostingMethod
) -> None:
    house, window = House(restaurant, today), demo_window(today)
    categories = dict(zip(restaurant.items["item"], restaurant.items["category"], strict=True))
    for day in (window.first_day, window.first_day + dt.timedelta(270), day_of_jump(today), window.last_day):
        shares = house.shares(day, CostingSettings(costing_method=method))
        poor = {item for item, share in shares.items() if share > 0.5}
        assert len(poor) == 1
        assert poor <= POOR
        for item in shares.keys() - poor:
            least, most = (0.15, 0.35) if categories[item] == "Drinks" else (0.22, 0.38)
            assert least <= shares[item] <= most, f"{item} on {day}: {shares[item]:.3f}"


def test_the_jump_moves_the_margins_of_several_dishes(house: House) -> None:
    day = day_of_jump(TODAY)
    before, after = house.shares(day - dt.timedelta(days=1)), house.shares(day)
    moved = {item for item in after if after[item] - before[item] > 0.01}
    assert len(moved) >= 4
    jumping = JUMPING[house.restaurant.slug]
    assert all(jumping in house.kitchen.explode(item).totals() for item in moved)


def test_prices_rise_by_3_to_12_percent_and_one_by_40(house: House) -> None:
    prices = house.files["vendor_prices"]
    prices = prices.assign(price=prices.unit_price.where(prices.unit_price != "", prices.case_price).astype(float))
    rises = []
    for (ingredient, _), own in prices.groupby(["ingredient", "order_code"]):
        rises += [(ingredient, after / before - 1) for before, after in pairwise(own.price)]
    jumps = [(ingredient, round(rise, 2)) for ingredient, rise in rises if rise > 0.2]
    assert jumps == [(JUMPING[house.restaurant.slug], 0.4)]
    assert all(0.028 <= rise <= 0.12 for _, rise in rises if rise <= 0.2)
    days = sorted({*prices.valid_from})
    assert len(rises) > 30
    assert len(days) == 8
    assert days[0] == demo_window(TODAY).first_day.isoformat()
    assert (prices.known_at <= prices.valid_from).all()


def test_nothing_of_the_kitchen_looks_mistaken(house: House) -> None:
    day = demo_window(TODAY).last_day
    categories = dict(zip(house.restaurant.items["item"], house.restaurant.items["category"], strict=True))
    prices = dict(zip(house.restaurant.items["item"], house.restaurant.items["price"], strict=True))
    dishes = [PricedDish(cost, Decimal(str(prices[item])), categories[item]) for item, cost in house.costs(day).items()]
    found = suspect_dishes(dishes, SETTINGS) + suspect_entries(
        (e for own in house.entries.values() for e in own), SETTINGS
    )
    assert {each.item for each in found} <= {"Grilled sea bream"}


def test_a_preparation_is_a_batch_that_dishes_use_by_volume_or_weight(house: House) -> None:
    recipes = {recipe.item: recipe for recipe in recipes_of(house.files)}
    sold = {*house.restaurant.items["item"]}
    below = {
        line.component
        for recipe in recipes.values()
        if recipe.item in sold
        for line in recipe.lines
        if line.component not in sold and line.component in recipes and line.unit.base in {"g", "ml"}
    }
    assert len(below) >= 2
    assert all(recipes[item].yield_quantity for item in recipes.keys() - sold)
    assert max(len(part.through) for part in explode_all(house)) >= 3


def explode_all(house: House) -> list[Part]:
    exploded = [house.kitchen.explode(item) for item in house.restaurant.items["item"]]
    return [part for each in exploded for part in each.parts]


def test_every_ingredient_is_used_and_has_one_source_of_its_cost(house: House) -> None:
    assert {part.ingredient for part in explode_all(house)} == {*house.units}
    listed = {*house.files["vendor_prices"].ingredient}
    own = {row["name"] for row in rows_of(house.files, "ingredients") if row["unit_cost"]}
    assert listed | own == {*house.units}
    assert not listed & own
    assert not {*house.units} & {recipe.item for recipe in recipes_of(house.files)}
    vendors = house.files["vendor_prices"].groupby("ingredient").vendor.nunique()
    assert house.files["vendor_prices"].vendor.nunique() == vendors.max() == 2
    assert vendors[JUMPING[house.restaurant.slug]] == 1


def test_conversions_can_be_and_are_of_what_the_kitchen_has(house: House) -> None:
    known = {*house.units} | {recipe.item for recipe in recipes_of(house.files)} | {None}
    for conversion in conversions_of(house.files):
        check_conversion(conversion)
        assert conversion.ingredient in known


def test_deliveries_come_on_open_days_at_the_vendor_s_price(house: House) -> None:
    lines = house.files["deliveries"]
    days = pd.DatetimeIndex(lines.delivered_on)
    assert is_open(house.restaurant, days).all()
    assert (days < pd.Timestamp(TODAY)).all()
    assert 8 <= lines.document.nunique() <= 18
    assert (lines.groupby("document")[["vendor", "delivered_on"]].nunique() == 1).all(axis=None)
    usable = house.files["vendor_prices"].query("`yield` != ''").ingredient
    assert not {*lines.ingredient} & {*usable}
    for row in rows_of(house.files, "deliveries"):
        day = dt.date.fromisoformat(row["delivered_on"])
        paid = [e for e in house.entries[row["ingredient"]] if e.source is CostSource.DELIVERY and e.valid_from == day]
        listed = [
            e
            for e in house.entries[row["ingredient"]]
            if e.source is CostSource.VENDOR_PRICE and e.vendor == row["vendor"] and e.valid_from <= day
        ]
        assert len(paid) == 1
        assert abs(paid[0].unit_cost / listed[-1].unit_cost - 1) < Decimal("0.001")


@every_restaurant
def test_files_of_two_weeks_agree_where_they_overlap(restaurant: DemoRestaurant) -> None:
    files, later = simulate_kitchen(restaurant, TODAY), simulate_kitchen(restaurant, TODAY + dt.timedelta(weeks=1))
    for kind in ("ingredients", "unit_conversions", "recipes"):
        pd.testing.assert_frame_equal(files[kind], later[kind])
    jumping = JUMPING[restaurant.slug]
    for kind, key in (("vendor_prices", ["order_code", "valid_from"]), ("deliveries", ["document", "ingredient"])):
        one, two = (each[kind][each[kind].ingredient != jumping].set_index(key) for each in (files, later))
        shared = one.index.intersection(two.index)
        assert len(shared) > 20
        pd.testing.assert_frame_equal(one.loc[shared], two.loc[shared])
        new = two.loc[two.index.difference(one.index)]
        assert kind == "vendor_prices" or (new.delivered_on >= TODAY.isoformat()).all()


def test_ingredients_are_read_without_a_rejected_row(house: House) -> None:
    content = house.files["ingredients"].to_csv(index=False).encode()
    upload = read_upload(content, kind="ingredients")
    assert (upload.rejected_count, upload.skipped_count) == (0, 0)
    assert len(upload.rows) == len(house.units)


def test_codes_are_unique(house: House) -> None:
    codes = [*house.files["ingredients"].sku, *(code for code in house.files["ingredients"].barcode if code)]
    assert max(Counter(codes).values()) == 1
    prices = house.files["vendor_prices"]
    assert not prices.duplicated(["vendor", "ingredient", "order_code", "valid_from"]).any()
    assert not house.files["recipes"].duplicated(["item", "ingredient", "component_item", "quantity", "unit"]).any()
