"""The printed roster: everything is on it, escaped, and it needs nothing else; and the tables of the command line."""

import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from flux_pipeline.pages.roster import PageOptions, roster_page
from flux_pipeline.pages.tables import cover_table, roster_table
from flux_pipeline.rosters.shown.week import RosterWeek
from flux_pipeline_tests.unit.rosters.shown import MONDAY, full_week, gap, needed, shift, week_of

OPTIONS = PageOptions("Ada <Kok>", dt.datetime(2026, 11, 28, 22, 41, tzinfo=dt.UTC))
EVIL = "<script>alert('x')</script> & \"Söhne\""
ROLES = ("Kitchen", "Service", "Bar", "Counter", "Dishes", "Pizza", "Delivery", "Host", "Phone", "Cellar")


class Page(HTMLParser):
    """Tags of a page and its text; raises on tags that don't close in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


@pytest.mark.parametrize("people", [0, 5, 60, 130])
@pytest.mark.parametrize("roles", [ROLES[:1], ROLES])
def test_every_person_has_a_row(people: int, roles: tuple[str, ...]) -> None:
    week = full_week(people, roles) if people else week_of([], also=["Zoë Amsel"])
    html = roster_page(week, OPTIONS)
    page = Page(html)
    assert html.count('<tr class="person">') == len(week.people)
    assert all(name in page.text for name in week.people.values())


def test_a_page_needs_nothing_from_elsewhere() -> None:
    html = roster_page(full_week(), OPTIONS)
    assert not {"script", "link", "img", "iframe"} & {*Page(html).tags}
    assert not re.search(r"https?:|url\(|@import|\bon\w+=", html)


def test_names_are_escaped_wherever_they_are() -> None:
    week = week_of(
        [shift(EVIL, EVIL, MONDAY, 10, 12)], needed(EVIL, MONDAY, {10: 2}), also=["<b>"], gaps=[gap(role=EVIL)]
    )
    changed = RosterWeek(**{**vars(week), "restaurant": EVIL, "timezone": week.timezone})
    page = Page(roster_page(changed, OPTIONS))
    assert not {"script", "b>"} & {*page.tags}
    assert page.text.count(EVIL) >= 5
    assert "Generated for Ada <Kok> on Saturday 28 November 2026 at 23:41" in page.text


def test_a_shift_shows_times_break_role_and_status() -> None:
    late = shift("Ada", "Kitchen", MONDAY, 18.5, 25.5, pause=(21.5, 30))
    html = roster_page(week_of([late, shift("Ben", "Bar", MONDAY, 10, 12, status="confirmed")]), OPTIONS)
    assert "<b>18:30&ndash;01:30</b><sup>+1</sup><small>break 21:30, 30 min</small>" in html
    assert '<i class="mark">&check;&nbsp;B</i>' in html
    assert "Partly draft" in html
    assert '<td class="sum">6.5</td>' in html


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["draft"], "Draft"),
        (["published", "confirmed"], "Published"),
        (["confirmed"], "Confirmed"),
        (["cancelled"], "No shifts"),
    ],
)
def test_the_state_of_a_week_goes_by_its_shifts(statuses: list[str], state: str) -> None:
    shifts = [shift(f"p{place}", "Bar", MONDAY, 10, 12, status=status) for place, status in enumerate(statuses)]
    assert f">{state}</div></header>" in roster_page(week_of(shifts), OPTIONS)


def test_hours_missing_are_counted_and_explained_unless_the_page_is_for_all() -> None:
    week = week_of(
        [shift("Ada Kok", "Kitchen", MONDAY, 10, 12)], needed("Kitchen", MONDAY, {10: 1, 11: 2}), gaps=[gap()]
    )
    page = Page(roster_page(week, OPTIONS)).text
    assert "2 of 3 h \N{MINUS SIGN}1 h" in page
    assert "Not coveredFriday 4 Dec" in page
    for_all = PageOptions("", OPTIONS.made_at, with_gaps=False)
    assert "Not covered" not in roster_page(week, for_all)


def test_the_table_of_the_command_line_is_at_most_120_columns_wide() -> None:
    table = roster_table(full_week())
    widths = [max(len(str(row[place])) for row in (table.columns, *table.rows)) for place in range(len(table.columns))]
    assert sum(widths) + 3 * (len(widths) - 1) + 2 <= 120


def test_the_table_says_what_its_marks_mean() -> None:
    shifts = [shift("Ada", "Kitchen", MONDAY, 17, 22.5), shift("Ben", "Service", MONDAY, 10, 14, status="confirmed")]
    table = roster_table(week_of(shifts, also=["Zoë"]))
    assert table.rows == (
        ("Ada", "17-22½ K?", "", "", "", "", "", "", "5.5"),
        ("Ben", "10-14 S+", "", "", "", "", "", "", "4"),
    )
    assert table.notes == ("K Kitchen; S Service; 17½: 17:30; ? draft; + confirmed", "Without a shift: Zoë")
    assert roster_table(week_of(shifts[:1])).notes == ("K Kitchen; 17½: 17:30; all shifts are drafts",)


def test_the_table_of_cover_shows_hours_covered_and_needed() -> None:
    week = week_of([shift("Ada", "Kitchen", MONDAY, 10, 14)], needed("Kitchen", MONDAY, {10: 1, 11: 2}))
    assert cover_table(week).rows == (("Kitchen", "2/3", "", "", "", "", "", "", "2/3"),)
