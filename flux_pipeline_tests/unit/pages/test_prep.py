"""A prep sheet as a page to print: what to make with a box to tick, what is enough, and what the figures mean."""

import datetime as dt
import re
from decimal import Decimal

from flux_pipeline.inventory.planning.prep import Preparation, PrepLine
from flux_pipeline.inventory.planning.preparations import SheetLine
from flux_pipeline.inventory.shown.prep import PrepRow, PrepSheet
from flux_pipeline.pages.prep import PrintedSheet, prep_page

DAY = dt.date(2026, 3, 2)
MADE_AT = dt.datetime(2026, 3, 1, 21, tzinfo=dt.UTC)


def row(name: str, batches: int, *, counted: str | None = None, others: str = "0", remark: str = "") -> PrepRow:
    own = Preparation(name, Decimal("7.5"), Decimal(2), Decimal(counted or 0))
    line = SheetLine(PrepLine(own, 6.25, 9.5, batches), Decimal(others))
    return PrepRow(line, "l", None if counted is None else DAY, (remark,) if remark else ())


def text_of(*rows: PrepRow, without_recipe: tuple[str, ...] = ()) -> str:
    sheet = PrepSheet(DAY, DAY - dt.timedelta(days=1), 0.8, rows, without_recipe, ())
    page = prep_page(PrintedSheet(sheet, "Bistro <1>", "Europe/Paris", "kim", MADE_AT))
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]).split())


def test_what_is_to_be_made_comes_first_and_by_name() -> None:
    shown = text_of(row("Stock", 0, counted="20"), row("Mayonnaise", 2), row("Aioli", 1, counted="0.5", others="1.5"))
    assert shown.startswith("Prep for Monday 2 March 2026 Bistro &lt;1&gt;, by the forecast as of Sun 1 Mar 2026")
    assert "Done Preparation Make That is Available Minimum Usual use 80% sure For batches" in shown
    aioli = "Aioli 1 batch 7.5 l 0.5 l 2 l 6.25 l 9.5 l 1.5 l"
    assert f"{aioli} Mayonnaise 2 batches 15 l not counted 2 l 6.25 l 9.5 l Enough is there" in shown
    assert "Enough is there Preparation Available Minimum Usual use 80% sure Stock 20 l 2 l 6.25 l 9.5 l" in shown
    assert "What was not counted on the day or the day before counts as 0." in shown
    assert shown.endswith("Made for kim on Sunday 1 March 2026 at 22:00.")


def test_a_sheet_says_what_it_leaves_out_and_whatever_names_hold_stays_text() -> None:
    shown = text_of(row("<b>Jus</b>", 0, counted="20", remark="its count is left out."), without_recipe=("Cake",))
    assert "Nothing is to be made: enough is there." in shown and "Done" not in shown and "For batches" not in shown
    assert "&lt;b&gt;Jus&lt;/b&gt;: its count is left out." in shown
    assert "so nothing is prepared for: &#x27;Cake&#x27;." in shown
