"""Commands that only read: they wait for no library that computes, trains, draws or migrates."""

import datetime as dt
import subprocess
import sys

from flux_pipeline.cli.main import COMMANDS
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import hand_in_kind
from flux_pipeline_tests.store.publishing import forecast_of, publish, put_on_the_menu
from flux_pipeline_tests.store.rostering import draft_week

HEAVY = {"alembic", "dagster", "matplotlib", "numpy", "pandas", "pandera", "scipy"}
OF_A_RESTAURANT = (
    "settings list", "hours list", "closures list", "menu items", "menu suggestions", "promotions list",
    "sold-out list", "employees list", "employees list --csv", "employees show Ada",
    "forecast", "forecast --csv", "forecast --json", "forecast --item e", "forecast --by category",
    "forecast --by restaurant --csv", "staffing", "staffing --json",
    "staffing --why", "roles list", "roles list --csv", "roster show", "roster show --csv",
    "costs", "costs --csv", "costs --item Tea", "costs changes", "costs check", "menu engineering",
    "stock", "stock --csv", "stock --item Tea", "stock --movements",
    "waste", "waste list", "waste list --csv",
    "recipes list", "recipes show Tea", "ingredients list", "ingredients list --json",
    "vendors list", "vendors list --csv", "vendors show Dairy", "orders list", "orders list --json --all",
)  # fmt: skip
OF_ALL = (
    "feeds list",
    "uploads list",
    "restaurants list",
    "users list",
    "readers list",
    "audit",
    "alerts list",
    "db url",
)
# They decide on published rows and do not compute either.
DECISIONS = (
    "forecast approve",
    "forecast reject",
    "employees away Ada --from 2026-03-01",
    "employees skill Ada Grill",
    "roster publish",
    "roster confirm Ada",
    "recipes suggest Tea",
    "recipes copy Tea Coffee",
    "recipes confirm Tea",
    "recipes reject Tea",
    "vendors set Dairy --phone 1",
    "vendors merge Dairi --into Dairy --yes",
    "orders approve --all-recommended",
    "orders cancel ffff --because late",
)
# Each of these computes, draws, loads files or looks at the server.
OTHERS = {"upload", "template", "rebuild", "run", "accuracy", "backtest", "prep", "demo", "ui", "doctor"}

# One process runs them all, and names the commands after which a heavy library has been imported.
RUN = """
import sys
from flux_pipeline.cli.main import main
for words in {commands!r}:
    try:
        main(words.split(), standalone_mode=False)
    except Exception as exc:
        print(exc)
    if found := set(sys.modules) & {heavy!r}:
        sys.exit(f"flux {{words}} imports {{', '.join(sorted(found))}}")
print("all were run")
"""


def test_commands_that_only_read_import_no_library_that_they_do_not_need(store: Store, bistro: Restaurant) -> None:
    items = put_on_the_menu(store, bistro)
    as_of = dt.date(2026, 3, 1)
    publish(store, bistro, forecast_of(items, as_of), as_of, items=items)
    of_bistro = [f"{words} --restaurant {bistro.slug}" for words in (*OF_A_RESTAURANT, *DECISIONS)]
    draft_week(store, bistro)
    hand_in_kind(store, bistro, "recipes", "item,ingredient,quantity,unit\nTea,Leaves,2,g\nTea,Water,0.3,l\n")
    hand_in_kind(store, bistro, "ingredients", "name,unit,unit_cost\nLeaves,kg,20.00\n")
    hand_in_kind(store, bistro, "vendor_prices", "vendor,ingredient,unit_price,unit\nDairy,Milk,1,l\nDairi,Milk,2,l\n")
    code = RUN.format(commands=[*OF_ALL, *of_bistro], heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Tea" in done.stdout and "all were run" in done.stdout
    assert "head hours covered" in done.stdout
    assert "'Water' has no cost on this day." in done.stdout


def test_every_command_is_run_here_or_is_one_that_does_more_than_read() -> None:
    run = {words.split()[0] for words in (*OF_ALL, *OF_A_RESTAURANT, *DECISIONS)}
    assert run | OTHERS == {name for commands in COMMANDS.values() for name in commands}
