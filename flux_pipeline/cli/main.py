"""The command group: what `flux` can be asked, and how an error is said."""

import click

from flux_pipeline.cli.access.audit import audit
from flux_pipeline.cli.access.readers import readers
from flux_pipeline.cli.access.users import users
from flux_pipeline.cli.files.template import template
from flux_pipeline.cli.files.upload import upload
from flux_pipeline.cli.files.uploads import rebuild, uploads
from flux_pipeline.cli.forecasts.accuracy import accuracy, backtest
from flux_pipeline.cli.forecasts.forecast import forecast
from flux_pipeline.cli.forecasts.run import run
from flux_pipeline.cli.forecasts.staffing import staffing
from flux_pipeline.cli.restaurant.closures import closures
from flux_pipeline.cli.restaurant.hours import hours
from flux_pipeline.cli.restaurant.menu import menu
from flux_pipeline.cli.restaurant.promotions import promotions
from flux_pipeline.cli.restaurant.restaurants import restaurants
from flux_pipeline.cli.restaurant.settings import settings
from flux_pipeline.cli.restaurant.sold_out import sold_out
from flux_pipeline.cli.system.db import db
from flux_pipeline.cli.system.demo import demo
from flux_pipeline.cli.system.doctor import doctor
from flux_pipeline.cli.system.ui import ui
from flux_pipeline.errors import FluxError


class FluxGroup(click.Group):
    """A group whose commands end with one sentence and exit code 1 where Flux refuses something."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; our errors are for people, others are defects and keep their traceback."""
        try:
            return super().invoke(ctx)
        except FluxError as exc:
            raise click.ClickException(str(exc)) from exc


@click.group(cls=FluxGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="flux-pipeline", prog_name="flux")
def main() -> None:
    """Tells restaurants what they will sell and whom to roster.

    Try `flux demo` first; then `flux restaurants add`, `flux upload`, `flux run`, `flux forecast`.
    """


for command in (
    demo,
    restaurants,
    users,
    readers,
    hours,
    closures,
    promotions,
    sold_out,
    settings,
    template,
    upload,
    uploads,
    rebuild,
    menu,
    run,
    forecast,
    staffing,
    accuracy,
    backtest,
    audit,
    ui,
    db,
    doctor,
):
    main.add_command(command)
