"""Tables of priors: the parameters that each restaurant shares, and their averages, which belong to no restaurant."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.demand.priors import PARAMETERS
from flux_pipeline.store.models.base import Base, SharedRow, TenantRow, one_of


class DemandParameter(TenantRow, Base):
    """A row is one parameter of a restaurant's demand that it shares: a relative effect or a spread, never sales."""

    __tablename__ = "demand_parameters"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "category", "parameter"),
        CheckConstraint(one_of("parameter", PARAMETERS), name="parameter_is_known"),
        CheckConstraint("value BETWEEN -1.5 AND 1.5", name="value_in_bounds"),
    )

    category: Mapped[str] = mapped_column(doc="The words of the category's name, in lower case; empty: the restaurant")
    parameter: Mapped[str]
    value: Mapped[float] = mapped_column(doc="A log effect, the log of variance over mean, or a day's variation")
    as_of: Mapped[dt.date] = mapped_column(doc="The last day whose sales were used")


class DemandPrior(SharedRow, Base):
    """A row is the average of one parameter over at least twenty restaurants; no row or key leads back to them."""

    __tablename__ = "demand_priors"
    __table_args__ = (
        CheckConstraint(one_of("parameter", PARAMETERS), name="parameter_is_known"),
        CheckConstraint("restaurant_count >= 20", name="of_at_least_twenty"),
        CheckConstraint("sd > 0", name="sd_positive"),
        CheckConstraint("superseded_at > averaged_at", name="known_for_a_while"),
        Index(
            "uq_demand_priors_current",
            "country_code",
            "category",
            "parameter",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    country_code: Mapped[str] = mapped_column(doc="Empty: of all countries")
    category: Mapped[str] = mapped_column(doc="The words of the category's name, in lower case; empty: the restaurant")
    parameter: Mapped[str]
    mean: Mapped[float] = mapped_column(doc="Rounded to 0.05")
    sd: Mapped[float] = mapped_column(doc="Between the restaurants; rounded to 0.05")
    restaurant_count: Mapped[int]
    averaged_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None] = mapped_column(doc="When a later averaging replaced it")
