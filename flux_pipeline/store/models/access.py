"""Tables of access: people, their memberships of restaurants, and the database logins of BI tools."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, SharedRow, TenantRow, one_of


class User(SharedRow, Base):
    """A row is a person; without a password they can't log in."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint(one_of("role", ("admin", "manager", "staff")), name="role_is_known"),
    )

    email: Mapped[str]
    hashed_password: Mapped[str | None]
    full_name: Mapped[str | None]
    role: Mapped[str] = mapped_column(server_default=text("'staff'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class RestaurantMember(TenantRow, Base):
    """A row is a person's membership of a restaurant, with their role there."""

    __tablename__ = "restaurant_members"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "user_id"),
        CheckConstraint(one_of("role", ("owner", "manager", "staff")), name="role_is_known"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    role: Mapped[str] = mapped_column(server_default=text("'staff'"))


class ReaderLogin(TenantRow, Base):
    """A row is the right of a database login (a member of flux_reader) to read one restaurant's rows."""

    __tablename__ = "reader_logins"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "login"),
        # The policy of every tenant table looks rows up by the login alone.
        Index("ix_reader_logins_login", "login"),
    )

    login: Mapped[str]
