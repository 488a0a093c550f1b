"""Tests of migrations: up and down leave no trace, and the models match the database exactly."""

import datetime as dt
import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import CheckConstraint, text
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.priors import keep_parameters
from flux_pipeline.store.known.hours import set_opening_hours
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import downgrade, list_revisions, plan_downgrade, upgrade
from flux_pipeline.store.schema.months import make_months
from flux_pipeline.store.schema.ready import make_ready
from flux_pipeline.store.schema.state import SchemaState, schema_state
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind
from flux_pipeline_tests.unit.ingest.workbooks import workbook

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

BOOKED = """
INSERT INTO ingredients (restaurant_id, name, unit) VALUES (:restaurant, 'Flour', 'kg');
INSERT INTO inventory_facts (restaurant_id, ingredient_id, kind, source, business_date, occurred_at, quantity)
    SELECT restaurant_id, id, 'receipt', n::text, '2026-03-01', now(), 5 FROM ingredients, generate_series(1, 2) AS n;
INSERT INTO inventory_movements (restaurant_id, ingredient_id, entry_number, source_kind, source, business_date,
    arrived_on, kind, quantity, previous_quantity, new_quantity)
    SELECT restaurant_id, id, n, 'receipt', n::text, '2026-03-01', '2026-03-01', 'purchase', 5, 5 * n - 5, 5 * n
    FROM ingredients, generate_series(1, 2) AS n
"""


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


def test_the_models_and_the_database_agree_and_months_are_ignored(store: Store) -> None:
    from datetime import date

    make_months(store, ("transactions", "transaction_items", "demand_forecasts"), [date(2015, 7, 4), date(2031, 1, 1)])
    with store.engine(Role.OWNER).connect() as connection:
        command.check(alembic_config(store, connection))


def test_a_second_upgrade_finds_nothing_to_do(store: Store) -> None:
    before = catalog(store)
    assert upgrade(store).is_current
    assert catalog(store) == before


def steps_since(revision: str, store: Store) -> list[tuple[str, str, str, str]]:
    """The log entries of the migrations after `revision`, newest first."""
    names = [each.name for each in list_revisions(store)]
    steps = list(itertools.pairwise(names[names.index(revision) :]))
    return [("schema.upgrade", before, after, store.settings.actor) for before, after in reversed(steps)]


def test_two_alembic_processes_at_once_log_each_migration_once(empty_database: URL) -> None:
    command_line = [sys.executable, "-m", "alembic", "upgrade", "head"]
    both = [subprocess.Popen(command_line, cwd=PROJECT_DIR, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    store = Store.connect(load_settings())
    assert schema_state(store).is_current
    assert acts_of(store) == steps_since("003_comprehensive_schema", store)
    store.dispose()


def test_an_empty_database_is_filled_at_first_use(empty_database: URL) -> None:
    fresh = Store.connect(load_settings())
    assert schema_state(fresh).current is None
    make_ready(fresh)
    assert schema_state(fresh).is_current
    fresh.dispose()


def test_an_older_schema_on_ones_own_server_is_left_alone(store: Store) -> None:
    newest = schema_state(store).current
    with store.engine(Role.OWNER).connect() as connection:
        command.downgrade(alembic_config(store, connection), "001_initial_schema")
    with pytest.raises(PermanentError, match="flux db upgrade"):
        make_ready(store)
    assert schema_state(store) == SchemaState("001_initial_schema", newest)


def test_checks_have_the_names_of_the_models(store: Store) -> None:
    """`alembic check` ignores CHECK constraints, so this test compares them."""
    preparer = store.engine(Role.OWNER).dialect.identifier_preparer
    meant = {
        preparer.format_constraint(constraint)
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    with store.engine(Role.OWNER).connect() as connection:
        query = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        there = set(connection.execute(text(query)).scalars())
    assert there == meant


def test_history_marks_applied_migrations(store: Store) -> None:
    with store.engine(Role.OWNER).connect() as connection:
        command.downgrade(alembic_config(store, connection), "002_transactions")
    revisions = list_revisions(store)
    assert [each.name for each in revisions if each.is_applied] == ["001_initial_schema", "002_transactions"]
    assert [each.name for each in revisions if each.is_current] == ["002_transactions"]
    assert all(each.summary.endswith(".") for each in revisions)


@pytest.mark.parametrize(
    ("asked", "target"),
    [("-1", -2), ("-3", -4), ("002_transactions", "002_transactions"), ("002_", "002_transactions"), ("base", "base")],
)
def test_a_downgrade_goes_to_the_given_revision(store: Store, asked: str, target: int | str) -> None:
    names = [each.name for each in list_revisions(store)]
    plan = plan_downgrade(store, asked)
    assert plan.target == (names[target] if isinstance(target, int) else target)
    assert plan.undone == tuple(reversed(names[names.index(plan.target) + 1 if asked != "base" else 0 :]))


def test_planning_a_downgrade_names_the_tables_with_their_rows_and_changes_nothing(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    before = catalog(store)
    plan = plan_downgrade(store, "base")
    assert dict(plan.tables)["restaurants"] == 2, "rows that the owner itself can't see"
    assert {name for name, _ in plan.tables} == set(METADATA.tables)
    assert plan.columns == ()
    assert catalog(store) == before
    assert schema_state(store).is_current


def test_planning_names_the_columns_that_a_downgrade_drops(store: Store, tmp_path: Path) -> None:
    """With one more migration, which adds a column."""
    versions = shutil.copytree(store.settings.migrations_dir, tmp_path / "alembic") / "versions"
    head = schema_state(store).head
    (versions / "999_later.py").write_text(
        '"""One more column."""\nimport sqlalchemy as sa\nfrom alembic import op\n'
        f'revision = "999_later"\ndown_revision = "{head}"\nbranch_labels, depends_on = None, None\n'
        'def upgrade():\n    op.add_column("closures", sa.Column("colour", sa.Text()))\n'
        'def downgrade():\n    op.drop_column("closures", "colour")\n'
    )
    later = Store(load_settings(migrations_dir=tmp_path / "alembic"), store.admin_url)
    assert upgrade(later).current == head
    plan = plan_downgrade(later, "-1")
    assert (plan.undone, plan.tables, plan.columns) == (("999_later",), (), ("closures.colour",))
    with pytest.raises(PermanentError, match="999_later, which this version of Flux does not know"):
        upgrade(store)
    downgrade(later, plan)
    assert schema_state(store).is_current
    actor = store.settings.actor
    assert acts_of(later)[:2] == [
        ("schema.downgrade", "999_later", head, actor),
        ("schema.upgrade", head, "999_later", actor),
    ]
    later.dispose()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("004_typo", "Unknown revision '004_typo'. Choose one of: base, 001_initial_schema, 002_transactions"),
        ("00", "Ambiguous revision '00'"),
        ("-99", "can't be undone"),
        ("003_comprehensive_schema", "already older than 003_comprehensive_schema. To go forward"),
    ],
)
def test_a_downgrade_to_an_unknown_revision_is_refused(store: Store, asked: str, message: str) -> None:
    if asked.startswith("003"):
        downgrade(store, plan_downgrade(store, "002_transactions"))
    before = schema_state(store)
    with pytest.raises(PermanentError, match=message):
        plan_downgrade(store, asked)
    assert schema_state(store) == before


def test_a_schema_that_changed_since_the_plan_is_left_alone(store: Store) -> None:
    plan = plan_downgrade(store, "-1")
    with store.engine(Role.OWNER).connect() as connection:
        command.downgrade(alembic_config(store, connection), "-2")
    with pytest.raises(PermanentError, match="has changed since"):
        downgrade(store, plan)


def test_a_downgrade_does_not_wait_long_for_a_reader(store: Store, tmp_path: Path) -> None:
    short = shutil.copytree(store.settings.migrations_dir, tmp_path / "alembic")
    env = (short / "env.py").read_text()
    assert 'LOCK_TIMEOUT = "10s"' in env
    (short / "env.py").write_text(env.replace('LOCK_TIMEOUT = "10s"', 'LOCK_TIMEOUT = "50ms"'))
    impatient = Store(load_settings(migrations_dir=short), store.admin_url)
    with store.fleet() as reader:
        reader.execute(text("SELECT FROM operator_logs"))
        with pytest.raises(TransientError, match="lock timeout"):
            plan_downgrade(impatient, "003_comprehensive_schema")
    assert schema_state(store).is_current
    impatient.dispose()


def test_an_upgrade_is_logged_with_its_actor(store: Store) -> None:
    downgrade(store, plan_downgrade(store, "003_comprehensive_schema"))
    for _ in range(2):
        upgrade(store)
    assert acts_of(store) == steps_since("003_comprehensive_schema", store)


def test_a_failed_migration_leaves_the_log_entry_of_the_one_before(store: Store, tmp_path: Path) -> None:
    versions = shutil.copytree(store.settings.migrations_dir, tmp_path / "alembic") / "versions"
    before = schema_state(store).head
    for name, body in (("998_fine", "pass"), ("999_wrong", "op.execute('SELECT 1 / 0')")):
        (versions / f"{name}.py").write_text(
            f'"""{name}."""\nfrom alembic import op\n'
            f'revision = "{name}"\ndown_revision = "{before}"\nbranch_labels, depends_on = None, None\n'
            f"def upgrade():\n    {body}\n"
        )
        before = name
    later = Store(load_settings(migrations_dir=tmp_path / "alembic"), store.admin_url)
    with pytest.raises(PermanentError, match="division by zero"):
        upgrade(later)
    assert schema_state(later).current == "998_fine"
    assert next(after for _, _, after, _ in acts_of(later)) == "998_fine"
    later.dispose()


def acts_of(store: Store) -> list[tuple[str, object, object, str]]:
    """The operator's log, newest first."""
    with store.fleet() as connection:
        return [(act.action, act.before, act.after, act.actor) for act in list_acts(connection)]


def test_hours_of_the_earlier_schema_are_known_from_when_they_were_stored(store: Store, bistro: Restaurant) -> None:
    week = pd.DataFrame({"day_of_week": [0, 1], "open_time": dt.time(7), "close_time": dt.time(14), "is_closed": False})
    for hours in (week, week.assign(close_time=dt.time(15))):
        with store.tenant(bistro) as tx:
            set_opening_hours(tx, hours, dt.datetime.now(dt.UTC))
    with store.engine(Role.OWNER).connect() as connection:
        config = alembic_config(store, connection)
        command.downgrade(config, "009_forecast_totals")
        connection.commit()
        command.upgrade(config, "head")
        connection.commit()
    stored = "SELECT day_of_week, close_time, known_at = created_at, superseded_at FROM operating_hours ORDER BY 1"
    assert ask(store, bistro, stored) == [(day, dt.time(15), True, None) for day in (0, 1)]


def test_a_restaurants_own_events_outlast_a_downgrade(store: Store, bistro: Restaurant) -> None:
    for party in ("Party", "Feast"):
        content = f"name,starts_at,external_id\n{party},2026-03-06 19:00,1\n"
        hand_in_kind(store, bistro, "restaurant_events", content.encode(), f"{party}.csv")
    assert ask(store, bistro, "SELECT count(*) FROM restaurant_events") == [(2,)]
    downgrade(store, plan_downgrade(store, "014"))
    assert ask(store, bistro, "SELECT name, starts_at FROM restaurant_events") == [
        ("Feast", dt.datetime(2026, 3, 6, 18, tzinfo=dt.UTC))
    ]
    upgrade(store)
    assert ask(store, bistro, "SELECT name, source, superseded_at FROM restaurant_events") == [
        ("Feast", "upload", None)
    ]


def test_files_loaded_again_and_lines_of_several_sheets_do_not_stop_a_downgrade(
    store: Store, bistro: Restaurant
) -> None:
    sheets: dict[str, list[list[object]]] = {
        month: [["date", "item", "quantity"], *[[day, f"Dish {n}", 1] for n in range(30)], [None, "Soup", 1]]
        for month, day in (("March", "2026-03-06"), ("April", "2026-04-06"))
    }
    for withdrawn in (True, False):
        upload = hand_in_kind(store, bistro, "sales", workbook(sheets), "sales.xlsx")
        assert upload.accounting.rejected == 2
        if withdrawn:
            with store.tenant(bistro) as tx:
                withdraw_upload(tx, upload.id)
    downgrade(store, plan_downgrade(store, "004"))
    upgrade(store)
    assert ask(store, bistro, "SELECT status FROM data_uploads ORDER BY received_at") == [
        ("failed",),
        ("completed_with_errors",),
    ]
    rejected = "SELECT line_number, count(*) FROM rejected_rows GROUP BY data_upload_id, line_number"
    assert ask(store, bistro, rejected) == [(32, 1), (32, 1)]


def test_shared_effects_of_closed_holidays_do_not_stop_a_downgrade(store: Store, bistro: Restaurant) -> None:
    found = [("is_closed_holiday_tomorrow", 0.2), ("monday", 0.1)]
    parameters = pd.DataFrame(found, columns=["parameter", "value"]).assign(category="")
    with store.tenant(bistro) as tx:
        keep_parameters(tx, parameters, dt.date(2026, 3, 1))
    downgrade(store, plan_downgrade(store, "021"))
    assert ask(store, bistro, "SELECT parameter FROM demand_parameters") == [("monday",)]


def test_a_booked_ledger_outlasts_a_downgrade(store: Store, bistro: Restaurant) -> None:
    ours = {"restaurant": bistro.id}
    with store.tenant(bistro) as tx:
        for statement in BOOKED.split(";"):
            tx.connection.execute(text(statement), ours)
    facts = "SELECT kind, source, quantity::float FROM inventory_facts ORDER BY source"
    movements = "SELECT entry_number, source, new_quantity::float FROM inventory_movements ORDER BY entry_number"
    before = ask(store, bistro, facts), ask(store, bistro, movements)
    assert before == ([("receipt", "1", 5.0), ("receipt", "2", 5.0)], [(1, "1", 5.0), (2, "2", 10.0)])
    downgrade(store, plan_downgrade(store, "018"))
    assert (ask(store, bistro, facts), ask(store, bistro, movements)) == before
    assert ask(store, bistro, "SELECT count(DISTINCT id) FROM inventory_movements") == [(2,)]
    upgrade(store)
    assert (ask(store, bistro, facts), ask(store, bistro, movements)) == before
