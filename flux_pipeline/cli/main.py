"""Command group `flux`: the list of its commands, and how it shows errors.

A new command is a module of a subfolder and a line here. Its module is imported when the command runs, so that a
command waits only for the libraries that it uses.
"""

import gc
import importlib
import sys
import traceback
from types import TracebackType
from typing import Any

import click

from flux_pipeline.errors import FluxError, shortages_in_words
from flux_pipeline.wording import printable

# Heading -> command -> its module, which holds the command under the same name, and its line in `flux --help`.
COMMANDS = {
    "Files": {
        "upload": ("files.upload", "Load a file: sales, a menu, hours, weather, events, ..."),
        "uploads": ("files.uploads", "List files, show one, print its rejected rows, withdraw it."),
        "feeds": ("files.feeds", "Name services for weather and events; check and fetch them."),
        "template": ("files.template", "Print an example file of a kind."),
        "rebuild": ("files.uploads", "Load all sales of a restaurant again from the archive."),
    },
    "Restaurants": {
        "restaurants": ("restaurant.restaurants", "Add, change and list restaurants."),
        "settings": (
            "restaurant.settings",
            "Show and change a restaurant's settings: horizons, thresholds, productivity.",
        ),
        "roles": ("restaurant.roles", "Show, add and change the roles of the roster: rates, bounds, costs."),
        "hours": ("restaurant.hours", "Show and set opening hours by day of the week."),
        "closures": ("restaurant.closures", "Show and announce irregular closed days: holidays, repairs."),
        "menu": ("restaurant.menu", "Show menu items, merge two names of one item, place items by margin."),
        "promotions": ("restaurant.promotions", "Show and announce items that are sold for less for a while."),
        "employees": ("restaurant.employees", "Show who works here and when, and note absences and skills."),
        "sold-out": ("restaurant.sold_out", "Show and note items that ran out, by day."),
    },
    "Forecasts": {
        "run": ("forecasts.run", "Load waiting files, forecast demand and staffing."),
        "forecast": ("forecasts.forecast", "Show, approve, reject or draw what will be sold."),
        "staffing": ("forecasts.staffing", "Show heads per role and open hour."),
        "roster": ("forecasts.roster", "Plan, show and publish who works when; note who is ill."),
        "accuracy": ("forecasts.accuracy", "Show how right the published forecasts were."),
        "backtest": ("forecasts.accuracy", "Compare the model with the four-week rule, week by week."),
    },
    "Kitchen": {
        "costs": ("kitchen.costs", "Show what dishes cost and leave, why, what moved, what looks wrong."),
        "recipes": ("kitchen.recipes", "Show what dishes are made of; suggest, confirm and reject recipes."),
        "ingredients": (
            "kitchen.ingredients",
            "Show what a unit of each ingredient costs; enter what is sold as bought.",
        ),
    },
    "Stock": {
        "stock": ("stock.stock", "Show what is in stock, how long it lasts, what moved it, what is unexplained."),
        "orders": ("stock.orders", "Show what to order and why; approve, cancel and export it."),
        "vendors": ("stock.vendors", "Show and change vendors: contacts, order days, cut-off, days closed."),
        "prep": ("stock.prep", "Show what to prepare for tomorrow, in whole batches."),
        "waste": ("stock.waste", "Show what is thrown away and why; note it, take notes back."),
    },
    "People": {
        "users": ("access.users", "Add people, set passwords, assign them to restaurants."),
        "readers": ("access.readers", "Give BI tools database logins that read some restaurants' rows."),
        "audit": ("access.audit", "Show who changed what, the newest first."),
    },
    "System": {
        "demo": ("system.demo", "Simulate three restaurants and run the nightly job on them."),
        "ui": ("system.ui", "Start Dagster's web UI and its daemon."),
        "alerts": ("system.alerts", "List what is wrong, and note that somebody knows of it."),
        "db": ("system.db", "Manage the database: URL, schema, backups, the embedded server."),
        "doctor": ("system.doctor", "Check each thing that a run needs."),
    },
}
MODULES = {name: module for commands in COMMANDS.values() for name, (module, _) in commands.items()}


class FluxGroup(click.Group):
    """A group that imports a command when it is called, and turns Flux's errors into one sentence."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as the program `flux`."""
        sys.excepthook = show_defect
        # Nearly all that imports make is kept; to look for garbage among it takes an eighth of the time of Dagster's.
        gc.set_threshold(20_000)
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Flux's errors are shown to people, others are defects and keep their traceback.

        A full disk or a lack of memory is not a defect, whichever library raises the error.
        """
        try:
            with shortages_in_words():
                return super().invoke(ctx)
        except FluxError as exc:
            raise click.ClickException(printable(str(exc))) from exc
        except click.ClickException as exc:
            message = printable(exc.format_message())
            if message == exc.format_message():
                raise
            raise (click.UsageError if isinstance(exc, click.UsageError) else click.ClickException)(message) from exc

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None for an unknown name."""
        if cmd_name not in MODULES:
            return None
        module = importlib.import_module(f"flux_pipeline.cli.{MODULES[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings, without importing any."""
        for heading, commands in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])


def show_defect(kind: type[BaseException], exc: BaseException, where: TracebackType | None) -> None:
    """Print a traceback, as Python does; its message may quote a file."""
    click.echo(printable("".join(traceback.format_exception(kind, exc, where))), err=True, nl=False)


@click.group(cls=FluxGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="flux-pipeline", prog_name="flux")
def main() -> None:
    """Forecast what restaurants will sell and whom to roster.

    Try `flux demo` first; then `flux restaurants add`, `flux upload`, `flux run`, `flux forecast`.
    """
