"""Exports of two kitchens handed in as files: their dishes cost what was stored there, or are refused by name."""

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from flux_pipeline.names import fold_name
from flux_pipeline.orchestration.assets.costs import COSTS
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.costs.published import costs_on
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind
from flux_pipeline_tests.unit.costing.exports import Export, Rows, read_export

KITCHENS = ["ubc_openkitchen_2021", "ubc_gather_grill_2021"]
CAME = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
DAY = CAME.date()


class Files:
    """The tables of an export as files of ours, with names in place of its ids."""

    def __init__(self, folder: Path) -> None:
        self.export: Export = read_export(folder)
        self.stated: Rows = list(csv.DictReader((folder / "conversions.csv").open(encoding="utf-8")))
        export = self.export
        self.names = {row["item_id"]: row["name"] for row in export.items}
        self.names |= {row["prep_id"]: row["name"] for row in export.preps}
        self.units = {row["item_id"]: row["pack_uom"] for row in export.items}

    def sales(self) -> str:
        rows = ((DAY, row["name"], 1, row["price"] or 1) for row in self.export.products)
        return table("date,item,quantity,price", rows)

    def ingredients(self) -> str:
        rows = ((row["name"], row["pack_uom"], row["cost_per_pack_unit"]) for row in self.export.items)
        return table("name,unit,unit_cost", rows)

    def unit_conversions(self) -> str:
        rows = (
            (self.names.get(row["item_id"], ""), row["from_qty"], row["from_uom"], row["to_qty"], row["to_uom"])
            for row in self.stated
        )
        return table("ingredient,from_quantity,from_unit,to_quantity,to_unit", rows)

    def recipes(self) -> str:
        """Return the lines of all recipes; what was not exported as an ingredient or a preparation has its id."""
        export = self.export
        made = [(row["prep_id"], row["name"], row["batch_qty"], row["batch_uom"]) for row in export.preps]
        made += [(row["product_id"], row["name"], "", "") for row in export.products]
        bought = {row["item_id"] for row in export.items}
        rows = []
        for recipe, name, quantity, unit in made:
            for line in export.lines.get(recipe, ()):
                component = self.names.get(line["component_id"], line["component_id"])
                pair = (component, "") if line["component_id"] in bought else ("", component)
                rows.append((name, *pair, line["quantity"], line["uom"], quantity, unit))
        return table("item,ingredient,component_item,quantity,unit,yield_quantity,yield_unit", rows)

    def vendor_prices(self) -> str:
        names = ("vendor", "order_code", "yield_factor", "case_cost", "case_qty", "pack_qty")
        rows = (
            (self.names[row["item_id"]], *(row[name] for name in names), self.units[row["item_id"]])
            for row in self.export.vendor_prices
        )
        return table("ingredient,vendor,order_code,yield,case_price,case_quantity,pack_quantity,pack_unit", rows)


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows([header.split(","), *rows])
    return page.getvalue()


@pytest.fixture(params=KITCHENS)
def files(request: pytest.FixtureRequest, real_data: Path) -> Files:
    return Files(real_data / "costing" / request.param)


def loaded(store: Store, restaurant: Restaurant, files: Files, recipes: str) -> dict[str, Upload]:
    """Hand in everything; a quarter of the conversions are of packs such as KEG 30L, of hours and of feet."""
    with store.tenant(restaurant) as tx:
        store_setting(tx, "upload_rejected_share", 0.3)
    contents = {
        "sales": files.sales(),
        "ingredients": files.ingredients(),
        "unit_conversions": files.unit_conversions(),
        "recipes": recipes,
        "vendor_prices": files.vendor_prices(),
    }
    return {
        kind: hand_in_kind(store, restaurant, kind, content, received_at=CAME) for kind, content in contents.items()
    }


def judged(store: Store, restaurant: Restaurant, files: Files) -> tuple[int, dict[str, list[str]]]:
    """Cost the night after the sales; return how many dishes cost what was stored, and the refusals of the others."""
    COSTS.run(Work(store, restaurant, DAY, CAME + dt.timedelta(hours=20), "a run of Dagster's"))
    with store.tenant(restaurant) as tx:
        found = {each.item: each for each in costs_on(tx, DAY)}
    within, refused = 0, {}
    for product in files.export.products:
        dish = found.pop(product["name"].strip())
        if dish.cost is None:
            refused[product["product_id"]] = sorted({kind_of(reason) for reason in dish.missing})
        else:
            assert abs(dish.cost / Decimal(product["stored_cost"]) - 1) <= Decimal("0.01"), product
            within += 1
    assert not found, "preparations are not sold"
    return within, refused


def kind_of(reason: str) -> str:
    if "Enter a row of unit_conversions" in reason:
        return "no conversion"
    assert "is neither an ingredient nor an item with a recipe. Enter it." in reason
    return "component not in the export"


def test_dishes_cost_what_their_kitchen_stored_or_are_refused_by_name(
    store: Store, bistro: Restaurant, files: Files
) -> None:
    uploads = loaded(store, bistro, files, files.recipes())
    assert {kind: upload.accounting.rejected for kind, upload in uploads.items() if upload.accounting.rejected} == {
        "unit_conversions": 24
    }
    within, refused = judged(store, bistro, files)
    assert within == files.export.expected["within_1pct"]
    assert refused == {item: reasons for item, _, reasons in files.export.expected["refused"]}


@pytest.mark.parametrize(("files", "equal"), [("ubc_gather_grill_2021", 17)], indirect=["files"])
def test_dishes_made_of_dishes_cost_what_was_stored_too(
    store: Store, bistro: Restaurant, files: Files, equal: int
) -> None:
    files.names |= {row["product_id"]: row["name"] for row in files.export.products}
    loaded(store, bistro, files, files.recipes())
    within, refused = judged(store, bistro, files)
    assert within == equal
    assert refused == {dish: ["no conversion"] for dish in ("R-50519", "R-28986", "R-37704")}


def test_a_vendors_case_becomes_the_unit_cost_that_was_stored(store: Store, bistro: Restaurant, files: Files) -> None:
    loaded(store, bistro, files, files.recipes())
    query = """
        SELECT i.name, v.name, c.order_code, c.unit_cost
        FROM ingredient_cost_history c JOIN ingredients i ON i.id = c.ingredient_id JOIN vendors v ON v.id = c.vendor_id
        WHERE c.source = 'vendor_price'
    """
    stored: dict[object, set[Decimal]] = defaultdict(set)
    for row in files.export.vendor_prices:
        name, cost = files.names[row["item_id"]].strip(), Decimal(row["unit_cost"]) / Decimal(row["yield_factor"])
        stored[fold_name(name), fold_name(row["vendor"]), row["order_code"].strip() or None].add(cost)
    rows = ask(store, bistro, query)
    for ingredient, vendor, code, cost in rows:
        expected = stored[fold_name(str(ingredient)), fold_name(str(vendor)), code]
        found = Decimal(str(cost))
        assert any(abs(found - each) <= max(Decimal("0.0001"), each / 1000) for each in expected), ingredient
    assert len(rows) == len(stored)


def test_the_same_files_once_more_change_nothing(store: Store, bistro: Restaurant, files: Files) -> None:
    loaded(store, bistro, files, files.recipes())
    judged(store, bistro, files)
    before = ask(store, bistro, "SELECT * FROM menu_item_costs ORDER BY 1, 2"), stored_rows(store, bistro)
    for kind, content in (("recipes", files.recipes()), ("ingredients", files.ingredients())):
        again = hand_in_kind(store, bistro, kind, content + "\n", received_at=CAME + dt.timedelta(days=1))
        assert again.accounting.loaded == 0, again.accounting
    judged(store, bistro, files)
    assert (ask(store, bistro, "SELECT * FROM menu_item_costs ORDER BY 1, 2"), stored_rows(store, bistro)) == before


def stored_rows(store: Store, restaurant: Restaurant) -> list[int]:
    tables = ("recipe_versions", "recipe_lines", "ingredient_cost_history", "algorithm_runs")
    return [len(ask(store, restaurant, f"SELECT 1 FROM {name}")) for name in tables]
