"""Prep sheet of a day as people see it: its lines, those that are to be made first, and sentences about them."""

import datetime as dt
from dataclasses import dataclass

from flux_pipeline.inventory.planning.preparations import SheetLine
from flux_pipeline.wording import listed


@dataclass(frozen=True)
class PrepRow:
    """A line of the sheet with its unit, the day of the count that it goes by (None: not counted), and remarks."""

    planned: SheetLine
    unit: str
    counted_on: dt.date | None
    remarks: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the preparation."""
        return self.planned.line.preparation.name

    @property
    def batches(self) -> int:
        """How many batches are to be made; 0: enough is there."""
        return self.planned.line.batches


@dataclass(frozen=True)
class PrepSheet:
    """What to prepare for a day, by the forecast as of another.

    `without_recipe` are dishes that are forecast and have no recipe; `refused` says which lines don't count and why.
    """

    day: dt.date
    as_of: dt.date
    quantile: float
    lines: tuple[PrepRow, ...]
    without_recipe: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def level(self) -> str:
        """How probable it is that what is made is enough, in words."""
        return f"{self.quantile:.0%} sure"

    @property
    def ordered(self) -> list[PrepRow]:
        """The lines by name, what is to be made first."""
        return sorted(self.lines, key=lambda row: (not row.batches, row.name))

    @property
    def notes(self) -> list[str]:
        """What to know about the figures, in sentences."""
        found = [f"{self.level}: enough with that probability."]
        if any(row.planned.for_others for row in self.lines):
            found.append("For batches: what of it other preparations on this sheet take.")
        if any(row.counted_on is None for row in self.lines):
            found.append("What was not counted on the day or the day before counts as 0.")
        found += [f"{row.name}: {remark}" for row in self.lines for remark in row.remarks]
        found += [f"Left out. {sentence}" for sentence in self.refused]
        if self.without_recipe:
            found.append(f"Forecast without a recipe, so nothing is prepared for: {listed(self.without_recipe)}.")
        return found
