"""Planned weeks on the terminal: the table by person and day, what a plan costs and covers, and what it lacks."""

from flux_pipeline.cli.console import note, say, show_table
from flux_pipeline.rosters.shown.week import RosterWeek, hours_in_words
from flux_pipeline.wording import count_of

# More than a person reads at a time.
MOST_GAPS = 12


def show_plan(week: RosterWeek) -> None:
    """Show what a plan costs and covers, in a few lines."""
    values = week.plan
    covered = values["needed_minutes"] - values["uncovered_minutes"]
    share = covered / values["needed_minutes"] if values["needed_minutes"] else 1.0
    say(
        f"{week.slug}, week of {week.first_day}: {count_of(values['shift_count'], 'shift')}, "
        f"{values['paid_minutes'] / 60:,.1f} paid hours, {values['labor_cost']:,.2f} {week.currency}; "
        f"{share:.1%} of {values['needed_minutes'] / 60:,.0f} head hours covered."
    )
    bound = values["lower_bound"]
    total = sum(values["cost_parts"].values())
    if values["ended_by"] == "clock":
        note(
            "warning: the clock ended the search, so another run may differ. Raise roster_seconds for a better roster."
        )
    elif bound is not None and total > 0 and values["ended_by"] != "proof":
        say(f"No roster is more than {max(0.0, 1 - bound / total):.1%} better.")
    names = {str(id): name for id, name in week.names.items()}
    if lacking := values["below_minimum"]:
        people = ", ".join(
            f"{names.get(each['employee'], 'somebody')} by {hours_in_words(each['minutes'])}" for each in lacking
        )
        say(f"Below their fewest hours of the week: {people}.")
    _show_gaps(week)


def _show_gaps(week: RosterWeek) -> None:
    from flux_pipeline.rosters.shown.gaps import week_sentences

    sentences = week_sentences(week)
    for sentence in sentences[:MOST_GAPS]:
        say(f"- {sentence}")
    if len(sentences) > MOST_GAPS:
        say(f"- and {count_of(len(sentences) - MOST_GAPS, 'further gap')}; `--page` lists all of them")


def show_week(week: RosterWeek) -> None:
    """Show who works when, the hours covered, what the week costs and what it lacks."""
    from flux_pipeline.pages.tables import cover_table, roster_table

    titles = (f"{week.slug}, week of {week.first_day}", "Head hours rostered of those needed")
    for title, table in zip(titles, (roster_table(week), cover_table(week)), strict=True):
        show_table(title, table.columns, table.rows)
        for line in table.notes:
            say(line)
    show_plan(week)
