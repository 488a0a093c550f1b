"""Tests of totals for a BI tool: it reads its restaurants' totals, as it reads their items."""

import datetime as dt

from flux_pipeline.store.access.bi_logins import add_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.publishing import forecast_of, publish, put_on_the_menu
from flux_pipeline_tests.store.readers.sessions import connect, seen

AS_OF = dt.date(2026, 3, 1)


def test_a_reader_sees_only_its_restaurants_totals(
    store: Store, bistro: Restaurant, cafe: Restaurant, login: str
) -> None:
    for restaurant in (bistro, cafe):
        items = put_on_the_menu(store, restaurant)
        publish(store, restaurant, forecast_of(items, AS_OF), AS_OF, items=items)
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        for table in ("demand_forecasts_by_category", "demand_forecasts_by_restaurant"):
            assert seen(connection, table) == {bistro.id}, table
