"""The schema comes and goes without a trace, and the models say exactly what is there."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import CheckConstraint, text
from sqlalchemy.engine import URL

from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store.migrate import SchemaState, make_ready, schema_state, upgrade
from flux_pipeline.store.models import Base
from flux_pipeline.store.months import make_months
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store

CATALOG = {
    "columns": """SELECT table_name, column_name, data_type, is_nullable, column_default, numeric_precision
                  FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                      WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "policies": "SELECT tablename, policyname, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2",
    "security": """SELECT relname, relrowsecurity, relforcerowsecurity, relacl::text FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1""",
    "functions": """SELECT proname, prosrc, prosecdef, proacl::text FROM pg_proc
                    WHERE pronamespace = 'public'::regnamespace ORDER BY 1""",
    "triggers": """SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
                   ORDER BY 1, 2""",
    "defaults": "SELECT defaclrole::regrole::text, defaclobjtype::text, defaclacl::text FROM pg_default_acl ORDER BY 1",
}


def catalog(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.engine(Role.OWNER).connect() as connection:
        return {name: [tuple(row) for row in connection.execute(text(query))] for name, query in CATALOG.items()}


def alembic_config(store: Store, connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(store.settings.migrations_dir))
    config.attributes["connection"] = connection
    return config


def test_up_down_up_leaves_the_same_schema(store: Store) -> None:
    before = catalog(store)
    with store.engine(Role.OWNER).connect() as connection:
        config = alembic_config(store, connection)
        command.downgrade(config, "base")
        gone = connection.scalar(
            text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
        )
        functions = connection.scalar(text("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"))
        connection.rollback()
        assert (gone, functions) == (1, 0), "only alembic_version may be left"
        command.upgrade(config, "head")
    assert catalog(store) == before


def test_the_models_and_the_database_agree_and_months_are_no_difference(store: Store) -> None:
    from datetime import date

    make_months(store, ("transactions", "transaction_items", "demand_forecasts"), [date(2015, 7, 4), date(2031, 1, 1)])
    with store.engine(Role.OWNER).connect() as connection:
        command.check(alembic_config(store, connection))


def test_a_second_upgrade_finds_nothing_to_do(store: Store) -> None:
    before = catalog(store)
    assert upgrade(store).is_current
    assert catalog(store) == before


def test_alembic_works_from_the_top_level(empty_database: URL) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert schema_state(Store.connect(load_settings())).is_current


def test_an_empty_database_is_filled_at_first_use(empty_database: URL) -> None:
    fresh = Store.connect(load_settings())
    assert schema_state(fresh).current is None
    make_ready(fresh)
    assert schema_state(fresh).is_current
    fresh.dispose()


def test_a_server_of_ones_own_that_is_behind_is_left_alone(store: Store) -> None:
    from flux_pipeline.errors import PermanentError

    with store.engine(Role.OWNER).connect() as connection:
        command.downgrade(alembic_config(store, connection), "001_initial_schema")
    with pytest.raises(PermanentError, match="flux db upgrade"):
        make_ready(store)
    assert schema_state(store) == SchemaState("001_initial_schema", "004_access")


def test_checks_have_the_names_of_the_models(store: Store) -> None:
    """`alembic check` does not look at CHECK constraints, so this does."""
    preparer = store.engine(Role.OWNER).dialect.identifier_preparer
    meant = {
        preparer.format_constraint(constraint)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    with store.engine(Role.OWNER).connect() as connection:
        query = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        there = set(connection.execute(text(query)).scalars())
    assert there == meant
