"""The table of restaurants, the tenants."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, SharedRow


class Restaurant(SharedRow, Base):
    """A row is a tenant. The slug is its partition key in Dagster and never changes."""

    __tablename__ = "restaurants"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$' AND slug <> 'shared'", name="slug_is_a_key"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code_is_iso_3166"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_in_degrees"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_in_degrees"),
    )

    slug: Mapped[str]
    name: Mapped[str]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    timezone: Mapped[str]
    currency: Mapped[str]
    country_code: Mapped[str | None]
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    business_day_cutoff: Mapped[dt.time] = mapped_column(server_default=text("'04:00'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
