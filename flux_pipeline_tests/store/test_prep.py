"""`flux prep`: batches for the first day of the forecast, from its joint samples, recipes, counts and par levels."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import current_posterior
from flux_pipeline.store.models.kitchen.stock import InventoryCount
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import output_of, refused
from flux_pipeline_tests.store.handing_in import hand_in_kind
from flux_pipeline_tests.store.publishing import forecast_of, publish, put_on_the_menu

AS_OF = dt.date(2026, 3, 1)
FIRST = AS_OF + dt.timedelta(days=1)
RECIPES = (
    "item,ingredient,component_item,quantity,unit,yield_quantity,yield_unit\n"
    "Tea,,Syrup,20,ml,,\nSyrup,Sugar,,400,g,1,l\nSyrup,,Base,0.5,l,1,l\nBase,Water,,2,l,2,l\n"
)


def rows(*words: object) -> dict[str, dict[str, str]]:
    shown = output_of("prep", "--csv", *words, "--restaurant", "bistro").splitlines()
    return {row["preparation"]: row for row in csv.DictReader(shown)}


def count(store: Store, bistro: Restaurant, item: str, quantity: float, unit: str, **values: Any) -> None:
    with store.tenant(bistro) as tx:
        item_id = tx.connection.scalar(text("SELECT id FROM menu_items WHERE name = :name"), {"name": item})
        given = {"menu_item_id": item_id, "counted_on": AS_OF, "quantity": quantity, "unit": unit}
        given |= {"restaurant_id": bistro.id, "known_at": dt.datetime.now(dt.UTC)}
        tx.connection.execute(insert(InventoryCount).values(**(given | values)))


def test_prep_is_planned_from_the_joint_samples_of_the_first_day(
    store: Store, bistro: Restaurant, tmp_path: Path
) -> None:
    assert "bistro has no demand forecast yet. Make one: flux run" in refused("prep", "--restaurant", "bistro")
    items = put_on_the_menu(store, bistro)
    publish(store, bistro, forecast_of(items, AS_OF), AS_OF, items=items)
    page = tmp_path / "prep.html"
    assert "bistro has no preparations" in output_of("prep", "--page", page, "--restaurant", "bistro")
    assert not page.exists()
    assert hand_in_kind(store, bistro, "recipes", RECIPES).status == "completed"
    with store.tenant(bistro) as tx:
        found = current_posterior(tx, AS_OF)
    assert found is not None
    samples = sample_demand(found[1])
    tea = samples.quantity[:, samples.items.index(items.loc[items.name == "Tea", "item"].item()), 0]
    for quantile, options in ((0.8, ()), (0.95, ("--quantile", 0.95))):
        usual, projected = np.quantile(tea, [0.5, quantile], method="inverted_cdf") * 0.02
        syrup, base = (rows(*options)[name] for name in ("Syrup", "Base"))
        assert abs(float(syrup["p50"]) - usual) < 0.001 and abs(float(syrup["projected"]) - projected) < 0.001
        assert base["projected"] == "0.500"
    # The cups of a day take a part of a litre; the litre that is made takes half a litre of the base.
    assert (syrup["batches"], base["for_other_batches"], base["batches"]) == ("1", "0.500", "1")
    shown = " ".join(output_of("prep", "--restaurant", "bistro").split())
    assert "prep for Mon 2 Mar 2026, by the forecast as of 2026-03-01" in shown and "80% sure" in shown
    assert shown.count("not counted 1 batch") == 2 and "Forecast without a recipe" in shown and "50% off cake" in shown
    assert output_of("prep", "--page", page, "--restaurant", "bistro").startswith(f"Wrote {page}.")
    printed = page.read_text(encoding="utf-8")
    assert "Prep for Monday 2 March 2026" in printed and printed.count('class="box"') == 2

    # What is counted at two places adds up, the newest count of a place counts, and one of another day doesn't.
    morning = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
    count(store, bistro, "Syrup", 300, "ml", location="bar")
    count(store, bistro, "Syrup", 5, "l", location="bar", counted_at=morning)
    count(store, bistro, "Syrup", 0.4, "l", location="kitchen")
    count(store, bistro, "Base", 9, "l", counted_on=AS_OF - dt.timedelta(days=1))
    found_rows = rows()
    assert (found_rows["Syrup"]["available"], found_rows["Syrup"]["batches"]) == ("0.700", "0")
    assert (found_rows["Base"]["available"], found_rows["Base"]["for_other_batches"]) == ("0.000", "0.000")
    assert abs(float(found_rows["Base"]["projected"]) - float(found_rows["Syrup"]["projected"]) / 2) < 0.001
    # A count in a unit that leads nowhere is said, and so is a par level.
    par = "name,unit,par_level\nSyrup,ml,500\nBase,g,100\n"
    assert hand_in_kind(store, bistro, "ingredients", par).status == "completed"
    count(store, bistro, "Base", 800, "g", counted_on=FIRST)
    found_rows = rows()
    assert (found_rows["Syrup"]["minimum"], found_rows["Syrup"]["batches"]) == ("0.500", "1")
    assert (found_rows["Base"]["minimum"], found_rows["Base"]["counted_on"]) == ("0.000", FIRST.isoformat())
    shown = " ".join(output_of("prep", "--restaurant", "bistro").split())
    assert "Base: its count in g is left out. 1 g of 'Base' is how many l?" in shown
    assert "Base: its par level in g is left out." in shown
    assert "bistro has no forecast of 2026-05-01; expected a day from 2026-03-02 to" in refused(
        "prep", "--day", "2026-05-01", "--restaurant", "bistro"
    )
    output_of("settings", "set", "prep_quantile", 0.95, "--restaurant", "bistro")
    assert "95% sure" in output_of("prep", "--day", FIRST, "--restaurant", "bistro")
