"""Files of employees: people are recognised by address or name, and only given values change."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.staff.employees import load_employees
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import register_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

PEOPLE = (
    "name,role,email,hourly rate,min hours,max hours,performance,trained,active\n"
    "Ada Kok,Kitchen,ada@example.com,15.50,20,38.5,85%,yes,yes\n"
    "Ben Li,service,,14,,,,no,yes\n"
)
ADA = ("Kitchen", "ada@example.com", Decimal("15.50"), Decimal(20), Decimal("38.5"), Decimal("0.850"), True, True)
BEN = ("Service", None, Decimal(14), Decimal(0), Decimal(40), None, False, True)


def load(store: Store, restaurant: Restaurant, content: str) -> Accounting:
    kept = Archive(store.settings.archive).keep(Source.of(content.encode()), restaurant.slug)
    parsed = read_upload(content.encode(), kind="employees")
    with store.tenant(restaurant) as tx:
        upload, _ = register_upload(tx, kept, "employees", "people.csv", {})
        return load_employees(tx, upload, parsed)


def people(store: Store, restaurant: Restaurant) -> dict[str, tuple[Any, ...]]:
    query = """SELECT e.name, r.name, email, hourly_rate, min_weekly_hours, max_weekly_hours, performance_score,
                      training_completed, e.is_active
               FROM employees e JOIN employee_roles r ON r.id = e.employee_role_id"""
    with store.tenant(restaurant) as tx:
        return {name: tuple(rest) for name, *rest in tx.connection.execute(text(query))}


@pytest.fixture(autouse=True)
def roles(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        with store.tenant(restaurant) as tx:
            tx.connection.execute(text("DELETE FROM employee_roles"))
            for name in ("Kitchen", "Service"):
                tx.connection.execute(
                    text("INSERT INTO employee_roles (restaurant_id, name, items_per_hour) VALUES (:r, :name, 20)"),
                    {"r": restaurant.id, "name": name},
                )


def test_a_file_of_people_creates_them(store: Store, bistro: Restaurant) -> None:
    assert load(store, bistro, PEOPLE).loaded == 2
    assert people(store, bistro) == {"Ada Kok": ADA, "Ben Li": BEN}


@pytest.mark.parametrize("again", [PEOPLE, PEOPLE.replace(",service,", ", SERVICE ,"), "name,role\nAda Kok,KITCHEN\n"])
def test_people_with_the_same_values_are_unchanged(store: Store, bistro: Restaurant, again: str) -> None:
    load(store, bistro, PEOPLE)
    accounting = load(store, bistro, again)
    assert (accounting.loaded, accounting.reasons) == (0, {"already_loaded": again.count("\n") - 1})
    assert people(store, bistro) == {"Ada Kok": ADA, "Ben Li": BEN}


@pytest.mark.parametrize(
    ("row", "name", "expected"),
    [
        ("name,role,email\nAda Meyer,Service,ADA@example.com\n", "Ada Meyer", ("Service", *ADA[1:])),
        ("name,role,hourly rate\nben li,Service,14.80\n", "ben li", (*BEN[:2], Decimal("14.80"), *BEN[3:])),
        ("name,role,email\nBen Li,Service,ben@x.org\n", "Ben Li", ("Service", "ben@x.org", *BEN[2:])),
        ("name,role,active\nBen Li,Service,no\n", "Ben Li", (*BEN[:7], False)),
        ("name,role,max hours\nBen Li,Service,\n", "Ben Li", BEN),
    ],
    ids=["known by address", "known by name", "gets an address", "has left", "no value"],
)
def test_only_values_in_the_file_change(
    store: Store, bistro: Restaurant, row: str, name: str, expected: tuple[Any, ...]
) -> None:
    load(store, bistro, PEOPLE)
    load(store, bistro, row)
    found = people(store, bistro)
    assert len(found) == 2
    assert found[name] == expected


def test_the_same_name_with_another_address_is_another_person(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, PEOPLE)
    assert load(store, bistro, "name,role,email\nAda Kok,Service,other@example.com\n").loaded == 1
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text("SELECT count(*) FROM employees WHERE name = 'Ada Kok'")) == 2
    with pytest.raises(PermanentError, match="Line 2: 2 people have this name; expected an email address"):
        load(store, bistro, "name,role\nAda Kok,Service\n")


def test_two_rows_of_one_new_person_create_one_person(store: Store, bistro: Restaurant) -> None:
    accounting = load(store, bistro, "name,role,email,max hours\nAda Kok,Kitchen,a@x.org,20\nAda Kok,Service,,30\n")
    assert accounting.loaded == 2
    assert people(store, bistro) == {
        "Ada Kok": ("Service", "a@x.org", None, Decimal(0), Decimal(30), None, False, True)
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "name,role\nAda,Kitchen\nBen,Valet\n",
            "Line 3: unknown role 'Valet'; this restaurant has Kitchen, Service",
        ),
        ("name,role,min hours\nAda,Kitchen,45\n", "Line 2: the fewest hours a week would be 45 and the most 40"),
    ],
    ids=["role", "hours"],
)
def test_a_file_with_an_invalid_value_is_refused_as_a_whole_with_its_line(
    store: Store, bistro: Restaurant, content: str, message: str
) -> None:
    with pytest.raises(PermanentError, match=message) as refused:
        load(store, bistro, content)
    assert "Ada" not in str(refused.value)
    assert people(store, bistro) == {}


def test_a_rejected_row_is_accounted_for_and_the_others_are_loaded(store: Store, bistro: Restaurant) -> None:
    accounting = load(store, bistro, PEOPLE + "Cy,Kitchen,no address,,,,,,\n")
    assert (accounting.read, accounting.loaded, accounting.rejected) == (3, 2, 1)


def test_two_restaurants_with_the_same_file_do_not_mix(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        assert load(store, restaurant, PEOPLE).loaded == 2
    load(store, cafe, "name,role\nBen Li,Kitchen\n")
    assert people(store, bistro) == {"Ada Kok": ADA, "Ben Li": BEN}
    assert people(store, cafe) == {"Ada Kok": ADA, "Ben Li": ("Kitchen", *BEN[1:])}
