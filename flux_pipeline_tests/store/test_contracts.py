"""Tests of contracts: the fields of an upload have the names of the columns that they fill, and fit into them."""

from decimal import Decimal

import pytest
from sqlalchemy import Numeric

from flux_pipeline.ingest.cells.forms import Form, Kind
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.store.models.base import Base
from flux_pipeline.store.models.kitchen.purchases import DeliveryLine, VendorPrice
from flux_pipeline.store.models.kitchen.recipes import Ingredient, RecipeLine, UnitConversion
from flux_pipeline.store.models.known import Closure, OperatingHours, Promotion, Reservation, SoldOutDay
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.models.staff import Employee, EmployeeAvailability, EmployeeSkill, ShiftTemplate

# The table of each kind that has one, with the fields whose column has another name: fields that name another table's
# row, or whose values the loader converts.
TABLES: dict[str, tuple[type[Base], dict[str, str]]] = {
    "menu": (MenuItem, {"item": "name", "category": "menu_category_id"}),
    "ingredients": (Ingredient, {"category": "ingredient_category_id"}),
    "recipes": (RecipeLine, {"ingredient": "ingredient_id", "component_item": "component_menu_item_id"}),
    "unit_conversions": (UnitConversion, {"ingredient": "ingredient_id"}),
    "vendor_prices": (VendorPrice, {"vendor": "vendor_id", "ingredient": "ingredient_id"}),
    "deliveries": (DeliveryLine, {"ingredient": "ingredient_id"}),
    "employees": (Employee, {"role": "employee_role_id"}),
    "availability": (EmployeeAvailability, {"employee": "employee_id"}),
    "skills": (EmployeeSkill, {"employee": "employee_id", "skill": "skill_id"}),
    "shift_templates": (ShiftTemplate, {"role": "employee_role_id"}),
    "promotions": (Promotion, {"item": "menu_item_id"}),
    "reservations": (Reservation, {"date": "at", "time": "at"}),
    "sold_out": (SoldOutDay, {"item": "menu_item_id", "date": "business_date", "time": "sold_out_at"}),
    "operating_hours": (OperatingHours, {}),
    "closures": (Closure, {}),
}
# Without times a person is available all day; without a reason a closed day gets a default reason.
WRITTEN_BY_THE_LOADER = {
    "availability": {"start_time", "end_time", "preference"},
    # Without a name a shift is called by its times, and without days it is one of every day.
    "shift_templates": {"name", "days"},
    "closures": {"reason"},
    # A file may omit these, or they describe the row itself.
    "reservations": {"external_id", "business_date", "known_at"},
    "sold_out": {"source"},
    "recipes": {"recipe_version_id", "line_number"},
    "unit_conversions": {"from_quantity", "known_at"},
    "vendor_prices": {"unit", "known_at"},
    "deliveries": {"delivery_id", "line_number", "unit"},
}
# Fields whose values are rows of other tables or parts of other fields, or which decide whether a row counts.
OF_OTHER_TABLES = {
    "employees": {"skills"},
    "ingredients": {"valid_from"},
    "recipes": {"item", "yield_quantity", "yield_unit", "valid_from"},
    "vendor_prices": {"pack", "pack_unit"},
    "deliveries": {"pack", "amount", "vendor", "document", "delivered_on"},
    "availability": {"date", "last_date", "times", "reason", "status"},
}
FIELDS = [
    pytest.param(table, renamed.get(field.name, field.name), field.form, id=f"{kind}-{field.name}")
    for kind, (table, renamed) in TABLES.items()
    for field in KINDS[kind].fields
    if field.name not in OF_OTHER_TABLES.get(kind, set())
]
# A discount is a share in a file and either a share or an amount in its table.
NUMBERS = [
    field
    for field in FIELDS
    if field.values[2].kind in (Kind.NUMBER, Kind.MONEY, Kind.SHARE) and field.values[1] != "discount"
    if isinstance(field.values[0].__table__.columns[field.values[1]].type, Numeric)
]


@pytest.mark.parametrize(("table", "column", "form"), FIELDS)
def test_a_field_has_a_column_of_its_name(table: type[Base], column: str, form: Form) -> None:
    assert column in table.__table__.columns


@pytest.mark.parametrize(("table", "column", "form"), NUMBERS)
def test_the_largest_number_of_a_field_fits_into_its_column(table: type[Base], column: str, form: Form) -> None:
    kind = table.__table__.columns[column].type
    assert isinstance(kind, Numeric) and kind.precision and kind.scale is not None
    assert Decimal(str(form.high)) < Decimal(10) ** (kind.precision - kind.scale)
    assert form.decimals <= kind.scale


@pytest.mark.parametrize("kind", TABLES)
def test_a_files_required_fields_cover_its_tables_required_columns(kind: str) -> None:
    table, renamed = TABLES[kind]
    contract = KINDS[kind]
    required = {renamed.get(field.name, field.name) for field in contract.fields if field.required}
    either = {renamed.get(name, name) for choice in contract.choices for way in choice for name in way}
    given = {renamed.get(field.name, field.name) for field in contract.fields if field.form.default is not None}
    needed = {
        column.name
        for column in table.__table__.columns
        if not column.nullable and column.server_default is None and column.name != "restaurant_id"
    }
    assert needed - required - either - given - WRITTEN_BY_THE_LOADER.get(kind, set()) == set()
