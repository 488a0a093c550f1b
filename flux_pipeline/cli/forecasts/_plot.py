"""Command `flux forecast plot`: the picture that Dagster's UI shows, as a file."""

from pathlib import Path

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say
from flux_pipeline.errors import PermanentError


@click.command(short_help="Draw forecasts into a PNG file.")
@RESTAURANT
@click.option("--as-of", help="YYYY-MM-DD: the forecast as of that day; default: the newest.")
@click.option("--item", help="One item; default: the total and the biggest sellers.")
@click.option(
    "--to", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PNG file to write."
)
def plot(slug: str, as_of: str | None, item: str | None, file: Path) -> None:
    """Draw past sales, the forecast and the sales since into a PNG file."""
    from flux_pipeline.charts.fans import draw_fans, fans_title
    from flux_pipeline.store.forecasts.charts import fan_frames

    if file.suffix.lower() != ".png":
        raise PermanentError(f"{file.name} does not end with .png. Choose a name that does: the picture is a PNG file.")
    day = parse_day(as_of)
    with ready_store() as store:
        with store.tenant(slug) as tx:
            frames = fan_frames(tx, as_of=day, item=item)
            name = tx.restaurant.name
        store.settings.keep_drawing_cache()
    if frames.as_of is None:
        of_day = f" as of {day}" if day else ""
        what = f"forecast{of_day} of an item called {item!r}" if item else f"forecast{of_day}"
        raise PermanentError(f"{slug} has no {what}. `flux forecast --restaurant {slug}` shows the newest forecast.")
    picture = draw_fans(frames.history, frames.forecast, fans_title(name, frames.forecast, frames.as_of))
    try:
        file.write_bytes(picture)
    except OSError as exc:
        raise PermanentError(f"{file} can't be written: {exc.strerror}. Choose another place with --to.") from exc
    say(f"{file}: {len(picture):,} bytes.")
