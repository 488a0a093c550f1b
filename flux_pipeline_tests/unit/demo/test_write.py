import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.demo._defects import with_defects
from flux_pipeline.demo.write import SALES, write_upload_files
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.demo.conftest import LAST, simulate_world
from flux_pipeline_tests.unit.ingest.reading import read_upload

TODAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def written(landing):
    return write_upload_files(landing, TODAY)


@pytest.fixture(scope="module")
def sales(written):
    return [file for file in written if file.kind == SALES]


def test_the_files_are_where_the_landing_folder_expects_them(landing, written):
    assert [file.path.relative_to(landing).as_posix() for file in written] == [
        f"{slug}/{kind}/{slug}_{kind}.csv"
        for slug in ("bistro-quai-nord", "hearth-and-crumb", "canteen-westhafen")
        for kind in (
            *("sales", "menu", "employees", "skills", "availability", "shift_templates"),
            *("ingredients", "unit_conversions", "recipes", "vendor_prices", "deliveries", "inventory_counts", "waste"),
        )
    ]
    assert [path for path in landing.rglob("*") if path.is_file() and path.name.startswith(".")] == []


def test_the_demo_is_large_enough_to_show_something_and_quick_to_load(written):
    assert 150_000 < sum(file.rows for file in written) < 220_000


def test_the_same_day_again_touches_no_file(landing, written):
    before = {file.path: file.path.stat().st_mtime_ns for file in written}
    assert write_upload_files(landing, TODAY) == written
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_prices_have_two_decimals_and_quantities_none(sales):
    rows = sales[-1].path.read_text().splitlines()
    assert rows[0] == "date,item,quantity,price"
    assert rows[1] == rows[1].strip()
    cells = [row.split(",") for row in rows[1:] if row.split(",")[3]]
    assert all(len(price.partition(".")[2]) == 2 and quantity.isdigit() for _, _, quantity, price in cells)


def test_every_sales_file_is_read_with_a_few_rows_set_aside(sales):
    zones = {
        "bistro-quai-nord": "Europe/Paris",
        "hearth-and-crumb": "Europe/London",
        "canteen-westhafen": "Europe/Berlin",
    }
    for file in sales:
        upload = read_upload(file.path.read_bytes(), kind="sales", place=Place(zones[file.restaurant_slug]))
        assert upload.read_count == file.rows
        assert upload.rows["business_date"].max() == pd.Timestamp(TODAY) - pd.Timedelta(days=1)
        assert 1 <= upload.rejected_count <= 2
        assert 1 <= upload.skipped_count <= 30
        assert upload.rows["unit_price"].isna().sum() in (1, 2)


def test_defects_depend_on_the_date_alone(world):
    changed = with_defects(world.restaurant, world.simulated.sales)
    part = simulate_world(world.restaurant, dt.date(2026, 2, 28), LAST).simulated.sales
    later = with_defects(world.restaurant, part)
    pd.testing.assert_frame_equal(later, changed.tail(len(later)).reset_index(drop=True))
    assert (later.quantity == 0).any()
    assert later.price.isna().any()
    assert (later.date == "2026-02-30").any()


def test_no_sales_get_no_defects(bistro):
    assert with_defects(bistro.restaurant, bistro.simulated.sales.head(0)).empty
