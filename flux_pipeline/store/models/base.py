"""Base classes of the tables: names of constraints, keys, timestamps. This module has no table.

A tenant table begins with `restaurant_id` in its primary key, its unique constraints and its foreign keys: a plain
foreign key would let one restaurant's row point at another's, even under row-level security.
"""

import datetime as dt
import uuid

from sqlalchemy import DateTime, ForeignKey, ForeignKeyConstraint, MetaData, Numeric, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

Money = Numeric(12, 2)
Quantity = Numeric(12, 3)
# Sums and forecasts: what a day may hold at most (store/sales/_bounds.py), with room for a forecast far above it.
MoneySum = Numeric(20, 2)
QuantitySum = Numeric(20, 3)


class Base(DeclarativeBase):
    """The one MetaData of Flux's schema."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {dt.datetime: DateTime(timezone=True), str: Text()}  # noqa: RUF012  (SQLAlchemy reads the class attribute)


class Timestamps:
    """The times when a row was added and last changed; a trigger sets `updated_at`, for bulk SQL too."""

    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=1000)
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=1001)


class SharedRow(Timestamps):
    """A row that belongs to no restaurant."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-10)


class TenantRow(Timestamps):
    """A row of one restaurant, with the key (restaurant_id, id)."""

    @declared_attr
    def restaurant_id(cls) -> Mapped[uuid.UUID]:  # noqa: N805  (a declared_attr is a class method)
        """Declare the tenant's column, first in the key. RESTRICT: a restaurant that has rows can't be deleted."""
        return mapped_column(ForeignKey("restaurants.id", ondelete="RESTRICT"), primary_key=True, sort_order=-20)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-10)


def tenant_key(column: str, table: str) -> ForeignKeyConstraint:
    """Declare a foreign key from (restaurant_id, `column`) to (restaurant_id, id) of `table`, within one restaurant."""
    return ForeignKeyConstraint(
        ["restaurant_id", column], [f"{table}.restaurant_id", f"{table}.id"], ondelete="RESTRICT"
    )


def one_of(column: str, values: tuple[str, ...]) -> str:
    """Return the condition of a CHECK that limits a text column to `values` (an enum type can't drop a value)."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
