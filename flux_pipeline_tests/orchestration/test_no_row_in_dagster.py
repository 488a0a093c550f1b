"""Dagster's database: counts, names of files and commands, but no row of a restaurant, whatever goes wrong."""

import sys
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info
from sqlalchemy import create_engine, text

from flux_pipeline.errors import FluxError, PermanentError, TransientError
from flux_pipeline.orchestration.commands.launch import load_uploads, run_restaurant
from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.orchestration.step import step
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import LAST, drop
from flux_pipeline_tests.store.handing_in import ask

pytestmark = pytest.mark.usefixtures("no_pictures")

ITEMS = ("Zanzibar stew", "Quetzal pie")
# Values of the files' cells that occur nowhere else.
CELLS = (*ITEMS, "TICKETZQX", "quuxmany", "98765.43", "13/13/zzzz", "Guestzqx", "Categoryzqx", "Unknownzqx")
HEAD = "date,time,ticket,item,category,quantity,price,Guest name\n"


def sales(*, day: str, cell: str = "98765.43") -> str:
    good = f"{day},13:00,TICKETZQX,{ITEMS[0]},Categoryzqx,{cell},2.50,Guestzqx\n"
    return HEAD + good + f"{day},13:00,TICKETZQX,{ITEMS[1]},Categoryzqx,1,2.50,Guestzqx\n"


@pytest.fixture
def kept(store: Store, dagster_database: None) -> Iterator[dg.DagsterInstance]:
    """Open an instance that stores its records in PostgreSQL, like that of users."""
    with open_instance(store) as instance:
        yield instance


def everything_kept(store: Store) -> str:
    """Return every row of every table of Dagster's database, as text."""
    engine = create_engine(store.url(Role.DAGSTER))
    with engine.connect() as connection:
        names = list(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
        quoted = engine.dialect.identifier_preparer.quote
        rows = [row for name in names for row in connection.scalars(text(f"SELECT t::text FROM {quoted(name)} t"))]
    engine.dispose()
    return "\n".join(rows)


def assert_no_cell_is_kept(store: Store) -> str:
    found = everything_kept(store)
    for cell in CELLS:
        assert cell not in found, cell
    return found


def test_dagster_keeps_no_cell_of_good_odd_and_refused_files(
    store: Store, kept: dg.DagsterInstance, bistro: Restaurant
) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.5)
    drop(store, "bistro", "sales", "good.csv", sales(day=f"{LAST}"))
    drop(store, "bistro", "sales", "one rejected.csv", sales(day="2026-06-29", cell="quuxmany"))
    drop(store, "bistro", "sales", "bad dates.csv", sales(day="13/13/zzzz"))
    drop(store, "bistro", "sales", "no sales.csv", "Unknownzqx,b\n98765.43,2\n")
    drop(store, "bistro", "sales", "ambiguous.csv", sales(day="03/04/2026"))
    drop(store, "bistro", "employees", "people.csv", "name,role\nGuestzqx,Unknownzqx\n")
    drop(store, "bistro", "availability", "times.csv", "employee,date\nGuestzqx,2026-12-24\n")
    result = run_restaurant(kept, "bistro", LAST)
    assert result.succeeded, result.failures
    # Items and cells went through the whole pipeline, and the restaurant's own rows contain reasons that quote them.
    assert {row[0] for row in ask(store, bistro, "SELECT menu_item_name FROM demand_forecasts")} == set(ITEMS)
    quoted = str(
        ask(store, bistro, "SELECT error FROM data_uploads") + ask(store, bistro, "SELECT raw FROM rejected_rows")
    )
    assert all(cell in quoted for cell in ("quuxmany", "13/13/zzzz", "Unknownzqx"))
    found = assert_no_cell_is_kept(store)
    for command in ("flux uploads list --restaurant bistro", "flux uploads show "):
        assert command in found


def test_dagster_keeps_no_row_that_the_database_refuses(
    store: Store, kept: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "good.csv", sales(day=f"{LAST}"))
    assert load_uploads(kept, "bistro").succeeded
    with store.transaction(Role.OWNER) as owner:
        owner.execute(text("ALTER TABLE demand_forecasts ADD CONSTRAINT none CHECK (p99_quantity < 0)"))
    result = run_restaurant(kept, "bistro", LAST)
    assert "violates check constraint" in result.failures[0]
    found = assert_no_cell_is_kept(store)
    assert "violates check constraint" in found
    # The driver's error quotes the statement's parameters.
    assert "[parameters" not in found


@pytest.mark.parametrize("sort", [PermanentError, TransientError, ValueError])
def test_dagster_gets_no_cause_of_an_error(sort: type[Exception], capsys: pytest.CaptureFixture[str]) -> None:
    message = "We can't do it." if issubclass(sort, FluxError) else ITEMS[0]
    try:
        with step():
            try:
                raise KeyError(ITEMS[0])
            except KeyError as exc:
                raise sort(message) from exc
    except (dg.Failure, TransientError) as failure:
        kept = serializable_error_info_from_exc_info(sys.exc_info()).to_string()
        kept += str(getattr(failure, "description", ""))
    assert ITEMS[0] not in kept
    # The traceback is kept.
    assert "test_no_row_in_dagster" in kept
    assert (ITEMS[0] in capsys.readouterr().err) == (sort is ValueError)
