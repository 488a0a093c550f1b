"""Pictures in the metadata of what was published. They show the restaurant's figures to whoever may open the UI."""

import base64

import dagster as dg

from flux_pipeline.errors import TransientError
from flux_pipeline.orchestration.runtime import Work
from flux_pipeline.reports import ReportSettings, draw_fans
from flux_pipeline.store.pictures import fan_frames
from flux_pipeline.store.restaurant_settings import read_settings


def fan_charts(context: dg.AssetExecutionContext, work: Work) -> dict[str, dg.MetadataValue]:
    """The forecast as fan charts, unless the restaurant's settings say no.

    What is published stands already: a picture that can't be drawn is a line in the log, and no failed step.
    """
    try:
        with work.store.tenant(work.restaurant) as tx:
            if not read_settings(tx, ReportSettings).forecast_pictures:
                return {}
            frames = fan_frames(tx, as_of=work.as_of)
        work.store.settings.keep_drawing_cache()
        title = f"{work.restaurant.name}, as of {work.as_of:%a} {work.as_of}"
        picture = draw_fans(frames.history, frames.forecast, title)
    except TransientError:
        raise
    except Exception as exc:
        # Without its text, which may hold a restaurant's figures: the log is kept in Dagster's database.
        context.log.warning(
            f"The fan charts could not be drawn ({type(exc).__name__}): "
            f"flux forecast plot --restaurant {work.restaurant.slug} --as-of {work.as_of} --to fans.png shows why."
        )
        return {}
    return {"fan_charts": as_markdown("fan charts", picture)}


def as_markdown(name: str, png: bytes) -> dg.MetadataValue:
    """A picture as Dagster's UI shows it: within the page's own text, from no other address."""
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
