"""The house has floors: what a room, a subfolder and a module may import, and how large they may be."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

import flux_pipeline
from flux_pipeline.settings import PROJECT_DIR

PACKAGE = Path(flux_pipeline.__file__).parent

# From the ground up; rooms of one floor do not import each other.
ROOMS = [
    {"errors", "wording", "names", "business_day", "distance"},
    {"kitchen"},
    {"ingest", "demand", "staffing", "costing", "inventory", "rosters", "records", "charts"},
    {"pages"},
    {"settings"},
    {"feeds", "notices", "store", "demo"},
    {"orchestration"},
    {"cli", "definitions"},
    {"__main__"},
]
# The same inside a room, for its subfolders and the modules beside them.
FLOORS = {
    "ingest": [
        {"settings", "table"},
        {"calendars", "cells"},
        {"reading"},
        {"survey", "verdicts"},
        {"contracts"},
        {"columns"},
        {"kinds"},
        {"canonical", "drift", "result", "templates", "services"},
        {"upload"},
    ],
    "demand": [
        {"priors", "settings"},
        {"inputs"},
        {"distribution"},
        {"model"},
        {"explain"},
        {"result", "sharing"},
        {"forecast", "rule"},
        {"judging"},
    ],
    "rosters": [
        {"rules"},
        {"problem", "settings"},
        {"check", "_mistakes", "result"},
        {"inputs"},
        {"_matrix", "_options"},
        {"_rules_of_days"},
        {"_build"},
        {"_search"},
        {"_settled"},
        {"explain", "plan"},
        {"shown"},
    ],
    "pages": [{"_bars", "_sheets", "_style"}, {"exports", "orders", "prep", "roster", "tables"}],
    "store": [
        {"models", "postgres"},
        {"restaurant"},
        {"door"},
        {"records", "schema", "tenancy"},
        {"access", "uploads"},
        {"diagnosis"},
        {"backup", "forecasts", "menu", "staff"},
        {"known", "rosters", "sales"},
        {"kitchen"},
        {"costs"},
        {"inventory"},
        {"feeds", "loading", "tenants"},
    ],
    "orchestration": [
        {"partitions", "progress", "resources", "step", "storage"},
        {"instance", "work"},
        {"fetching", "inputs"},
        {"algorithm"},
        {"pictures"},
        {"assets"},
        {"acts", "checks"},
        {"jobs"},
        {"automation"},
        {"build"},
        {"commands", "ui"},
    ],
    "cli": [
        {"console", "figures"},
        {"access", "files", "forecasts", "kitchen", "restaurant", "stock"},
        {"system"},
        {"main"},
    ],
}
NUMERIC = {"numpy", "pandas"}
MAY_IMPORT = {
    "errors": set(),
    "wording": set(),
    "names": {"rapidfuzz"},
    "business_day": set(),
    "distance": set(),
    "kitchen": set(),
    "ingest": NUMERIC
    | {
        "pandera",
        "pydantic",
        "python_calamine",
        "charset_normalizer",
        "icalendar",
        "recurring_ical_events",
        "dateutil",
    },
    "demand": NUMERIC | {"scipy", "pydantic", "holidays", "threadpoolctl"},
    "staffing": NUMERIC | {"pydantic"},
    "costing": {"pydantic"},
    "inventory": {"numpy", "scipy", "pydantic"},
    "rosters": {"numpy", "scipy", "pydantic"},
    "records": NUMERIC | {"pydantic"},
    "charts": NUMERIC | {"matplotlib", "PIL", "pydantic"},
    "pages": {"icalendar"},
    "settings": {"pydantic", "pydantic_settings", "sqlalchemy"},
    "feeds": {"pandas", "pydantic", "requests", "urllib3"},
    "notices": {"pydantic", "requests"},
    "store": NUMERIC | {"sqlalchemy", "alembic", "psycopg", "psutil", "pydantic", "argon2", "fsspec"},
    "demo": NUMERIC | {"holidays"},
    "orchestration": NUMERIC | {"dagster", "dagster_postgres", "dagster_webserver", "pydantic", "psutil", "starlette"},
    "cli": {"click", "rich", "sqlalchemy", "dagster", "pandas"},
    "definitions": set(),
    "__main__": set(),
}
PURE = ROOMS[1] | ROOMS[2] | ROOMS[3]
# Time, chance and the outside world come into a pure room as arguments.
IMPURE_CALLS = {"now", "today", "utcnow", "getenv", "urandom", "open", "read_text", "write_text", "read_bytes"}
# In these folders every module is an entry of a registry, whoever imports it.
REGISTERED = {
    "feeds.services",
    "ingest.kinds",
    "store.models",
    "store.models.kitchen",
    "orchestration",
    "orchestration.assets",
    "cli",
    # The policies of textbooks, by which the room's own are proved.
    "inventory",
}
REGISTERED |= {
    f"cli.{subfolder}" for subfolder in ("access", "files", "forecasts", "kitchen", "restaurant", "stock", "system")
}
MOST_MODULES, MOST_LINES = 15, 300
# These read tables that are part of the package, as much its code as a module is: words, examples, rules.
READ_THE_PACKAGE = {"ingest.table.data_files", "kitchen.units", "rosters.inputs.country_rules"}


@dataclass(frozen=True)
class Module:
    """A module of the package by its dotted name without the package's, for example "store.sales.loading"."""

    name: str
    path: Path

    @property
    def room(self) -> str:
        return self.name.split(".")[0]

    @property
    def folder(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @cached_property
    def imports(self) -> frozenset[str]:
        """The dotted names that it imports, also inside functions."""
        names = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: relative import"
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
        return frozenset(names)

    @property
    def uses(self) -> set[str]:
        """The modules of the package that it imports."""
        ours = (name.removeprefix("flux_pipeline.") for name in self.imports if name.startswith("flux_pipeline."))
        return {name if name in BY_NAME else name.rpartition(".")[0] for name in ours} & set(BY_NAME)

    @property
    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


def find_modules() -> dict[str, Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = Module(name, path)
    return found


BY_NAME = find_modules()
MODULES = list(BY_NAME.values())
every_room = pytest.mark.parametrize("room", sorted({module.room for module in MODULES}))


def of_room(room: str) -> list[Module]:
    return [module for module in MODULES if module.room == room]


def part(name: str, room: str) -> str | None:
    """The subfolder or module of a room that a dotted name lies in; None outside the room or for the room itself."""
    parts = name.split(".")
    return parts[1] if parts[0] == room and len(parts) > 1 else None


def floor_of(name: str, floors: list[set[str]]) -> int:
    return next(level for level, names in enumerate(floors) if name in names)


@every_room
def test_a_room_imports_only_from_the_floors_below(room: str) -> None:
    level = floor_of(room, ROOMS)
    below = set().union(*ROOMS[:level], {room})
    wrong = [
        f"{module.name} -> {used}"
        for module in of_room(room)
        for used in module.uses
        if used.split(".")[0] not in below
    ]
    assert not wrong, f"{room} is on floor {level} and reaches up or across"


@pytest.mark.parametrize("room", FLOORS)
def test_a_subfolder_imports_only_from_the_floors_of_its_room_below(room: str) -> None:
    wrong = []
    for module in MODULES:
        place = part(module.name, room)
        if place is None:
            continue
        level = floor_of(place, FLOORS[room])
        below = set().union(*FLOORS[room][:level], {place})
        wrong += [f"{module.name} -> {used}" for used in module.uses if part(used, room) not in {*below, None}]
    assert not wrong


@pytest.mark.parametrize("room", FLOORS)
def test_the_floors_of_a_room_name_what_is_there(room: str) -> None:
    there = {place for module in MODULES if (place := part(module.name, room)) is not None}
    assert set().union(*FLOORS[room]) == there


@every_room
def test_nothing_private_is_imported_from_another_folder(room: str) -> None:
    reached = []
    for module in of_room(room):
        for name in module.imports:
            parts = name.split(".")
            is_ours = parts[0] == PACKAGE.name
            private = next((at for at, each in enumerate(parts) if each.startswith("_") and is_ours), None)
            # A module of the folder may be imported, but of no module its private names.
            if private is not None and ".".join(parts[1:private]) != module.folder:
                reached.append(f"{module.name} -> {name}")
    assert not reached


def test_a_module_that_only_its_folder_uses_is_private() -> None:
    users: dict[str, set[str]] = {name: set() for name in BY_NAME}
    for module in MODULES:
        for used in module.uses:
            users[used].add(module.folder)
    public = [
        module.name
        for module in MODULES
        if module.folder not in {"", *REGISTERED} and module.path.name != "__init__.py"
        if not module.name.rpartition(".")[2].startswith("_") and users[module.name] <= {module.folder}
    ]
    assert not public


def test_no_module_imports_itself_by_way_of_others() -> None:
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name in done:
            return
        for used in sorted(BY_NAME[name].uses):
            visit(used, (*way, name))
        done.add(name)

    for name in BY_NAME:
        visit(name, ())


@every_room
def test_a_room_imports_only_the_libraries_of_its_trade(room: str) -> None:
    allowed = {"flux_pipeline", *sys.stdlib_module_names, *MAY_IMPORT[room]}
    wrong = [
        f"{module.name} -> {name}"
        for module in of_room(room)
        for name in module.imports
        if name.split(".")[0] not in allowed
    ]
    assert not wrong, f"{room} has no use for these"


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_uses_the_libraries_that_it_may_import(room: str) -> None:
    roots = {name.split(".")[0] for module in of_room(room) for name in module.imports}
    assert roots >= MAY_IMPORT[room]


@pytest.mark.parametrize("room", sorted(PURE & {module.room for module in MODULES}))
def test_a_pure_room_has_no_clock_and_touches_no_file(room: str) -> None:
    for module in of_room(room):
        called = {
            call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            for call in module.calls
            # What is opened in an archive is in a stream that came in as an argument.
            if ast.unparse(call.func) != "archive.open"
        }
        allowed = {"read_text"} if module.name in READ_THE_PACKAGE else set()
        assert called & IMPURE_CALLS == allowed, f"{module.name} calls {called & IMPURE_CALLS - allowed}"


@every_room
def test_only_settings_reads_the_environment(room: str) -> None:
    reading = {"os.getenv", "os.environ.get", "environ.get"}
    readers = {module.name for module in of_room(room) for call in module.calls if ast.unparse(call.func) in reading}
    assert readers <= {"settings"}


def test_every_module_says_what_belongs_in_it() -> None:
    assert not [module.name for module in MODULES if not ast.get_docstring(module.tree)]


@pytest.mark.parametrize(
    "folder", [PACKAGE, Path(__file__).parents[1], PROJECT_DIR / "alembic"], ids=lambda path: path.name
)
def test_identifiers_say_plainly_what_they_name(folder: Path) -> None:
    nodes = [node for path in sorted(folder.rglob("*.py")) for node in ast.walk(ast.parse(path.read_text()))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert not [name for name in names if {"told", "stands", "anew", "strange"} & {*name.lower().split("_")}]


def test_packages_re_export_nothing() -> None:
    packages = [module for module in MODULES if module.path.name == "__init__.py"]
    assert not [module.name for module in packages if module.imports]


def test_modules_stay_small() -> None:
    assert not [module.name for module in MODULES if len(module.path.read_text().splitlines()) > MOST_LINES]


def test_folders_stay_small() -> None:
    folders = [module.folder for module in MODULES if module.path.name != "__init__.py"]
    assert not {folder: n for folder in folders if (n := folders.count(folder)) > MOST_MODULES}
