"""Command `flux upload`: load a file and show what became of its rows."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from pathlib import Path

import click

from flux_pipeline.cli.console import note, parse_day, ready_store, say, show_table
from flux_pipeline.cli.files._likely import likely_command
from flux_pipeline.cli.files._reasons import reasons_in_words
from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.feeds.files import file_source
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.report import UploadReport
from flux_pipeline.store.models.uploads import UploadStatus
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import count_of

DATE_ORDERS = {"day-first": "day_first", "month-first": "month_first", "year-first": "year_first"}
HEADINGS = ["restaurant", "kind", "file", "read", "loaded", "skipped", "rejected"]
NOTHING_WRITTEN = "Nothing was written. It would be"
# Kinds that a roster is planned from, and no forecast.
OF_ROSTERS = ("employees", "skills", "availability", "shift_templates")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--restaurant", "slug", help="The restaurant; not for weather and events, which all share.")
@click.option("--kind", default="sales", show_default=True, help="The kind of file; `flux template --list` shows all.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADER", help="The header of a field, if Flux can't find it."
)
@click.option("--encoding", help="The encoding of the text (like cp1250), if Flux can't find it.")
@click.option("--date-order", type=click.Choice(list(DATE_ORDERS)), help="The order in dates like 03/04/2024.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="The decimal mark, if 1.250 is ambiguous.")
@click.option("--money", type=click.Choice(["cents", "whole"]), help="What money without decimals, like 350, is in.")
@click.option(
    "--refunded", type=click.Choice(["sold", "left-out"]), help="Whether sales that are marked as refunded count."
)
@click.option("--year-from", metavar="YYYY-MM-DD", help="The day of the first row, if dates have no year.")
@click.option(
    "--add",
    "overlap",
    flag_value="add",
    help="Keep stored sales of the same days and tickets, or waste, and add these.",
)
@click.option(
    "--replace", "overlap", flag_value="replace", help="Replace stored sales, or waste, of the same days by these."
)
@click.option(
    "--keep-column",
    "keep_columns",
    multiple=True,
    metavar="HEADER",
    help="Keep this column of text, although nothing is made of it. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Show what a load would do, and write nothing.")
def upload(
    file: Path,
    slug: str | None,
    kind: str,
    columns: tuple[str, ...],
    encoding: str | None,
    date_order: str | None,
    decimal: str | None,
    money: str | None,
    refunded: str | None,
    year_from: str | None,
    overlap: str | None,
    keep_columns: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Load FILE: sales from any till or spreadsheet (CSV, Excel, gzip or zip), a menu, hours, weather, events, ...

    Flux finds the columns by their names, in many languages; --dry-run shows them.
    """
    parse_day(year_from)
    order = DATE_ORDERS[date_order] if date_order else None
    named = parse_columns(columns)
    hints = Hints(named, encoding, order, year_from, overlap, decimal, money, refunded, keep_columns)
    source = file_source(file)
    if kind not in KINDS:
        raise PermanentError(f"Unknown kind {kind!r}. Choose one of: {', '.join(KINDS)}.")
    if KINDS[kind].shared and slug:
        raise PermanentError(f"{kind} is shared by all restaurants. Leave out --restaurant.")
    if not KINDS[kind].shared and slug is None:
        raise PermanentError(
            f"A file of {kind} belongs to a restaurant. Add --restaurant SLUG; `flux restaurants list` shows them."
        )
    try:
        with ready_store() as store:
            if slug is None:
                (_try_shared if dry_run else _upload_shared)(store, kind, source, hints)
            else:
                (_try_for if dry_run else _upload_for)(store, slug, kind, source, hints)
    except NeedsOptionsError as exc:
        command = likely_command(exc, file, slug, kind, hints, dry_run=dry_run)
        raise PermanentError(f"{exc.question}\n  {command}") from exc


def _upload_for(store: Store, slug: str, kind: str, source: Source, hints: Hints) -> None:
    from flux_pipeline.orchestration.commands.launch import load_uploads
    from flux_pipeline.orchestration.instance import open_instance
    from flux_pipeline.store.loading.hand_in import hand_in

    done = hand_in(store, store.restaurant(slug), source, kind, hints)
    found = done.upload
    if not done.is_new and not found.is_waiting:
        say(
            f"Already loaded: {source.name} has the content of {found.file_name} (upload {found.short_id}), received "
            f"{found.received_at:%Y-%m-%d %H:%M}. 0 rows loaded."
        )
        return
    with open_instance(store) as instance:
        result = load_uploads(
            instance,
            slug,
            handed_in_at=found.received_at,
            already_reported=f"flux uploads show {found.short_id}",
        )
    for failure in result.failures:
        note(failure)
    forecast_by = result.run_id if result.goes_on else None
    _show_loaded(store, slug, source.name, found.id, result.succeeded, forecast_by)


def _show_loaded(
    store: Store, slug: str, file_name: str, upload_id: uuid.UUID, succeeded: bool, forecast_by: str | None
) -> None:
    """Show what became of the rows of a file; raise PermanentError if nothing of it was loaded."""
    from flux_pipeline.cli.files._preview import columns_in_words, dropped_in_words
    from flux_pipeline.store.loading.report import report_of_upload

    with store.tenant(slug) as tx:
        report = report_of_upload(tx, upload_id)
    done, understood = report.upload, report.found
    if done.is_waiting:
        raise TransientError(
            f"{file_name} is kept and waits to be loaded. See the lines above; `flux run --restaurant {slug}` loads it."
        )
    if done.status == UploadStatus.FAILED or not succeeded:
        raise PermanentError(f"Nothing of {file_name} was loaded. {done.error or 'See the lines above.'}")
    _show_report("Loaded" if done.accounting.loaded else "Nothing new was loaded", slug, report)
    if understood.get("columns"):
        say(columns_in_words(understood))
        for sentence in dropped_in_words(understood):
            say(sentence)
    _explain(report)
    if done.accounting.rejected:
        how = "with --add" if done.kind == "sales" else "again"
        say(f"`flux uploads rejected {done.short_id}` prints the rejected rows. Correct them and upload them {how}.")
    if forecast_by:
        say(f"Dagster's run {forecast_by[:8]} goes on and forecasts with it; `flux ui` shows it.")
    elif done.accounting.loaded:
        say(f"Next: flux {'roster plan' if done.kind in OF_ROSTERS else 'run'} --restaurant {slug}")


def _try_for(store: Store, slug: str, kind: str, source: Source, hints: Hints) -> None:
    """Show how the file is understood, and what a load would make of it."""
    from flux_pipeline.cli.files._preview import show_preview
    from flux_pipeline.store.loading.trial import try_upload

    trial = try_upload(store, store.restaurant(slug), source, kind, hints)
    show_preview(trial.opened, trial.first_rows)
    if trial.report:
        _show_report(NOTHING_WRITTEN, slug, trial.report)
        _explain(trial.report, shown=trial.opened.detected_format["notes"])
    if isinstance(trial.refusal, NeedsOptionsError):
        raise trial.refusal
    if trial.refusal:
        raise PermanentError(f"It would be refused. {trial.refusal}")
    if known := trial.known:
        say(
            f"Nothing was written. It has the content of {known.file_name} (upload {known.short_id}), received "
            f"{known.received_at:%Y-%m-%d}; 0 rows would be loaded."
        )


def _try_shared(store: Store, kind: str, source: Source, hints: Hints) -> None:
    """Show how a feed's file is understood, and what a load would make of it."""
    from flux_pipeline.cli.files._preview import show_preview
    from flux_pipeline.store.loading.hand_in import try_feed

    opened = open_upload(source, kind=kind, hints=hints, known_at=dt.datetime.now(dt.UTC))
    show_preview(opened, opened.first_rows())
    done = try_feed(store, kind, source, opened)
    if done.was_known:
        say(f"Nothing was written. A file with the content of {source.name} is stored; 0 rows would be loaded.")
    else:
        show_accounting(NOTHING_WRITTEN, [("shared", kind, source.name, done.accounting)])


def _upload_shared(store: Store, kind: str, source: Source, hints: Hints) -> None:
    from flux_pipeline.store.loading.hand_in import hand_in_feed

    done = hand_in_feed(store, kind, source, known_at=dt.datetime.now(dt.UTC), hints=hints)
    if isinstance(done.refusal, NeedsOptionsError):
        raise done.refusal
    if done.refusal:
        raise PermanentError(f"Nothing of {source.name} was loaded. {done.refusal}")
    if done.was_known:
        say(f"Already loaded: a file with the content of {source.name} is stored. 0 rows loaded.")
        return
    show_accounting("Loaded", [("shared", kind, source.name, done.accounting)])


def show_uploads(title: str, uploads: Iterable[tuple[str, Upload]]) -> None:
    """Show a table of what became of the rows of each upload."""
    show_accounting(title, [(slug, upload.kind, upload.file_name, upload.accounting) for slug, upload in uploads])


def show_accounting(title: str, files: Iterable[tuple[str, str, str, Accounting]]) -> None:
    """Show the accounting of files as a table: owner, kind, name, counts, reasons."""
    rows = [
        (owner, kind, name, a.read, a.loaded, a.skipped, a.rejected, "; ".join(reasons_in_words(a.reasons, {})))
        for owner, kind, name, a in files
    ]
    show_table(title, [*HEADINGS, "why"], rows, right=HEADINGS[3:])


def _show_report(title: str, slug: str, report: UploadReport) -> None:
    """Show the counts of a file as a table, and its summary."""
    from flux_pipeline.cli.files._summary import show_summary

    upload, counts = report.upload, report.upload.accounting
    row = (slug, upload.kind, upload.file_name, counts.read, counts.loaded, counts.skipped, counts.rejected)
    show_table(title, HEADINGS, [row], right=HEADINGS[3:])
    show_summary(report)


def _explain(report: UploadReport, shown: Collection[str] = ()) -> None:
    """Show the notes of the load, except those that are `shown` already, and rejected rows."""
    upload = report.upload
    for sentence in upload.drift:
        if sentence not in shown:
            note(f"note: {sentence}")
    for line_number, message in report.rejected:
        say(f"  line {line_number}: {message}")
    more = upload.accounting.rejected - len(report.rejected)
    if more > 0:
        say(f"  and {more:,} more.")
    if report.added_tickets:
        say(
            f"{count_of(report.added_tickets, 'ticket')} already existed; the lines that this file adds are stored as "
            f"a separate ticket for each, whose number ends with (added {upload.short_id})."
        )
    if upload.status == UploadStatus.VALIDATED:
        say(f"Files of kind {upload.kind} are checked and kept; this version of Flux does not use them yet.")


def parse_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """Return FIELD=HEADER pairs as a mapping; raise PermanentError for a malformed pair or a repeated field."""
    overrides: dict[str, str] = {}
    for pair in columns:
        field, equals, header = pair.partition("=")
        if not equals or not field or not header:
            raise PermanentError(f"--column {pair!r} should be FIELD=HEADER, like --column item=Product.")
        if field in overrides:
            raise PermanentError(f"--column names {field!r} twice: {overrides[field]!r} and {header!r}.")
        overrides[field] = header
    return overrides
