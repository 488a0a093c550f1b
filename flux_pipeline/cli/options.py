"""Options that several commands have."""

import click

RESTAURANT = click.option("--restaurant", "slug", required=True, help="Which restaurant.")
