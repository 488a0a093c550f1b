"""Summary of an upload, for a person to compare with the till: days, tickets, units, net sales, and what was left out.

`flux upload`, its dry run and `flux uploads show` end with it.
"""

from collections.abc import Sequence

from flux_pipeline.cli.console import say, show_table, unrounded
from flux_pipeline.cli.files._reasons import reasons_in_words
from flux_pipeline.store.loading.report import DayReport, UploadReport
from flux_pipeline.wording import count_of

DAYS_SHOWN = 14


def show_summary(report: UploadReport, *, with_status: bool = False) -> None:
    """Show what a file brought, what it was compared with, and what was left out.

    Args:
        report: the report of its upload.
        with_status: whether each day shows if it is current, superseded or withdrawn.
    """
    if report.days:
        _show_days(report, with_status)
    elif report.upload.accounting.loaded:
        _say_rows(report)
    checks = report.found.get("checks")
    for sentence in checks or ():
        say(f"Checked: {sentence}")
    if report.days and checks == []:
        say("Not checked: the file has no totals or prices to compare with.")
    left_out = reasons_in_words(report.upload.accounting.reasons, report.found.get("skipped_amounts", {}))
    if left_out:
        say(f"Left out: {'; '.join(left_out)}.")


def _say_rows(report: UploadReport) -> None:
    upload = report.upload
    rows = f"{count_of(upload.accounting.loaded, 'row')} of {upload.kind.replace('_', ' ')}"
    first, last = upload.first_business_date, upload.last_business_date
    if first is None:
        say(f"{rows}.")
    else:
        say(f"{rows}, {first}." if first == last else f"{rows}, {first} to {last}.")


def _show_days(report: UploadReport, with_status: bool) -> None:
    days = report.days
    tickets = sum(day.tickets or 0 for day in days)
    counts = [count_of(tickets, "ticket")] if tickets else []
    counts.append(count_of(sum(day.lines for day in days), "line"))
    units, amount = sum(day.units for day in days), sum(day.amount for day in days)
    counts.append(f"{unrounded(round(units, 3))} {'unit' if units == 1 else 'units'}")
    span = f"on {days[0].business_date}"
    if len(days) > 1:
        span = f"on {count_of(len(days), 'day')} from {days[0].business_date} to {days[-1].business_date}"
    say(f"{', '.join(counts)}, net sales {report.currency} {amount:,.2f} {span}.\n")
    headings = [
        "day",
        *(["tickets"] if tickets else []),
        "lines",
        "units",
        "net sales",
        *(["status"] if with_status else []),
    ]
    rows = [_row(day, bool(tickets), with_status) for day in days[-DAYS_SHOWN:]]
    if len(days) > 1:
        rows.append(_average(days, bool(tickets)) + ([""] if with_status else []))
    title = "By day" if len(days) <= DAYS_SHOWN else f"The last {DAYS_SHOWN} days"
    show_table(title, headings, rows, right=("tickets", "lines", "units", "net sales"))


def _row(day: DayReport, with_tickets: bool, with_status: bool) -> list[object]:
    tickets: list[object] = [day.tickets] if with_tickets else []
    status: list[object] = [day.status] if with_status else []
    cells: list[object] = [f"{day.business_date:%a} {day.business_date}", *tickets, day.lines]
    return [*cells, unrounded(day.units), f"{day.amount:,.2f}", *status]


def _average(days: Sequence[DayReport], with_tickets: bool) -> list[object]:
    def mean(total: float) -> float:
        return total / len(days)

    tickets: list[object] = [f"{mean(sum(day.tickets or 0 for day in days)):,.1f}"] if with_tickets else []
    lines, units = mean(sum(day.lines for day in days)), mean(sum(day.units for day in days))
    amount = mean(sum(day.amount for day in days))
    return [f"average of {len(days):,}", *tickets, f"{lines:,.1f}", f"{units:,.1f}", f"{amount:,.2f}"]
