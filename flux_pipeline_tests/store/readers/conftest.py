"""Fixtures for tests of readers: a login for one test, a second database, and rows of every kind."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.conftest import _administer

SOLD = """
INSERT INTO menu_items (restaurant_id, id, name) VALUES (:r, :r, 'Soup');
INSERT INTO data_uploads (restaurant_id, id, storage_uri, kind, file_name, content_sha256, size_bytes)
    VALUES (:r, :r, 'x', 'sales', 'x.csv', 'x', 1);
SELECT flux_ensure_months('transactions', ARRAY[date '2026-03-06']);
SELECT flux_ensure_months('transaction_items', ARRAY[date '2026-03-06']);
INSERT INTO transactions (restaurant_id, business_date, data_upload_id, total_amount) VALUES (:r, '2026-03-06', :r, 9);
INSERT INTO transaction_items (restaurant_id, business_date, transaction_id, line_number, menu_item_id, menu_item_name,
    quantity, line_amount) VALUES (:r, '2026-03-06', :r, 1, :r, 'Soup', 2, 9);
INSERT INTO daily_item_sales (restaurant_id, business_date, menu_item_id, quantity, line_amount, ticket_count)
    VALUES (:r, '2026-03-06', :r, 2, 9, 1)
"""


@pytest.fixture(autouse=True)
def login(database_server: URL) -> Iterator[str]:
    """A name that no other test uses, because logins belong to the session's server; dropped after the databases."""
    name = f"bi_{uuid.uuid4().hex[:12]}"
    yield name
    _administer(database_server, f'DROP ROLE IF EXISTS "{name}"')


@pytest.fixture
def other_store(database_server: URL, store: Store) -> Iterator[Store]:
    """A second Flux database on the same server, with a restaurant; both admit only the roles that bootstrap names."""
    url = database_server.set(database=f"{store.admin_url.database}_too")
    copied = f'CREATE DATABASE "{url.database}" OWNER flux_owner TEMPLATE flux_template STRATEGY file_copy'
    _administer(database_server, copied)
    for admin_url in (store.admin_url, url):
        bootstrap(admin_url)
    other = Store(load_settings(), url)
    add_restaurant(other, NewRestaurant("diner", "Diner", "Europe/Paris", "EUR"))
    yield other
    other.dispose()
    for name in (url.database, f"{url.database}_dagster"):
        _administer(database_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def sold(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    """Both restaurants have a row in every kind of table."""
    for restaurant in (bistro, cafe):
        with store.tenant(restaurant) as tx:
            for statement in SOLD.split(";"):
                tx.connection.execute(text(statement), {"r": restaurant.id})
