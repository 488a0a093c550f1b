"""Settings of pictures and tables that a restaurant may change. No forecast depends on them."""

from pydantic import BaseModel, Field


class ReportSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of the pictures and tables in Dagster's UI."""

    forecast_pictures: bool = Field(
        default=True,
        description="Draw each new result for Dagster's UI. A preview of some 10 kB is then kept in Dagster's database "
        "with each run, and shows the restaurant's figures to anyone who can open the UI.",
    )
    forecast_tables: bool = Field(
        default=False,
        description="Show the next open day's biggest sellers, and the margins that moved most, as tables in Dagster's "
        "UI. Their names and figures are then kept in Dagster's database with each new result.",
    )
