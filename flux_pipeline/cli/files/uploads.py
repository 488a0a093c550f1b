"""Commands `flux uploads` and `flux rebuild`: the log of files, rejected rows, withdrawing and dismissing a file."""

import click

from flux_pipeline.cli.console import RESTAURANT, as_csv, emit, note, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.models.uploads import UploadStatus
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import count_of, listed

HEADINGS = [
    "upload",
    "restaurant",
    "kind",
    "file",
    "received",
    "status",
    "read",
    "loaded",
    "skipped",
    "rejected",
    "days",
]
ID = click.argument("upload_id", metavar="ID")


@click.group()
def uploads() -> None:
    """List files, show one, print its rejected rows, withdraw or dismiss it."""


@uploads.command("list")
@click.option("--restaurant", "slug", help="Only files of this restaurant.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many, the newest first."
)
def list_them(slug: str | None, limit: int) -> None:
    """List uploads, newest first. The first characters of an id are enough for the other commands.

    A failed file is open until its content, or a file of its kind and name, is read later, or until it is dismissed.
    """
    from flux_pipeline.store.restaurant import find_restaurant
    from flux_pipeline.store.uploads.registry import list_uploads

    with ready_store() as store, store.fleet() as connection:
        if slug:
            find_restaurant(connection, slug)
        newest = list_uploads(connection, slug, limit)
    show_table(
        count_of(len(newest), "upload"), HEADINGS, [_row(each, upload) for each, upload in newest], right=HEADINGS[6:10]
    )
    if opened := sum(upload.is_open for _, upload in newest):
        say(f"{count_of(opened, 'file')} open: correct and hand in again, or `flux uploads dismiss ID`.")


@uploads.command()
@ID
def show(upload_id: str) -> None:
    """Show one upload: how it was understood, and what became of its rows."""
    from flux_pipeline.cli.files._likely import command_for_refused
    from flux_pipeline.cli.files._preview import dropped_in_words
    from flux_pipeline.cli.files._summary import show_summary
    from flux_pipeline.store.loading.report import report_of_upload
    from flux_pipeline.store.uploads.log import find_by_prefix

    with ready_store() as store:
        slug, found_id = find_by_prefix(store, upload_id)
        with store.tenant(slug) as tx:
            report = report_of_upload(tx, found_id)
            upload, found = report.upload, report.found
            command = command_for_refused(tx, upload) if upload.status == UploadStatus.FAILED else None
    show_table(f"Upload {upload.id}", HEADINGS, [_row(slug, upload)], right=HEADINGS[6:10])
    if upload.error:
        say(f"{upload.error}\n")
    if command:
        say(f"The file is among those that were refused. The whole command:\n  {command}\n")
    show_summary(report, with_status=True)
    for change in upload.drift:
        say(f"Note: {change}")
    if "columns" in found:
        columns = [
            (field, header, found.get("columns_by", {}).get(field, "")) for field, header in found["columns"].items()
        ]
        show_table("Columns", ["field", "column", "found by"], columns)
        rest = {key: value for key, value in found.items() if key in FORMAT and value not in (None, [], {})}
        say(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in rest.items()))
        if unused := found.get("unused_columns"):
            say(f"Not used: {listed(unused)}.")
        for sentence in dropped_in_words(found):
            say(sentence)


FORMAT = ("encoding", "delimiter", "decimal", "date_order", "preset", "sheets")


@uploads.command()
@ID
@click.option("--reasons", is_flag=True, help="Begin each row with its line number, reason code and message.")
def rejected(upload_id: str, reasons: bool) -> None:
    """Print the rejected rows as CSV, to correct them and upload them with --add.

    Dates and numbers are printed as they were understood, as YYYY-MM-DD and with a decimal point, so that they are
    understood in the same way without the rest of their file.
    """
    from flux_pipeline.store.uploads.log import find_by_prefix, rejected_as_sent
    from flux_pipeline.store.uploads.registry import find_upload

    with ready_store() as store:
        slug, found_id = find_by_prefix(store, upload_id)
        with store.tenant(slug) as tx:
            sent, upload = rejected_as_sent(tx, found_id), find_upload(tx, found_id)
    if upload.status == UploadStatus.FAILED:
        note(f"note: nothing of {upload.file_name} was loaded, so correct these rows in it and upload the whole file.")
    # These names are unlike those of a file's own columns: "line" or "reason" could be taken for a field.
    headings = ["flux_line", "flux_reason", "flux_message"] if reasons else []
    rows = [[*(row.why if reasons else ()), *row.cells] for row in sent.rows]
    emit(as_csv([*headings, *sent.header], rows))


@uploads.command()
@ID
def withdraw(upload_id: str) -> None:
    """Remove the rows of an upload, as if it had never been loaded. Its file stays in the archive."""
    from flux_pipeline.store.loading.withdraw import withdraw_upload
    from flux_pipeline.store.uploads.log import find_by_prefix

    with ready_store() as store:
        slug, found_id = find_by_prefix(store, upload_id)
        with store.tenant(slug) as tx:
            done = withdraw_upload(tx, found_id)
    say(done.message)
    if not done.was_withdrawn:
        say(f"Next: flux run --restaurant {slug}")


@uploads.command()
@ID
def dismiss(upload_id: str) -> None:
    """Mark a failed file as dealt with, although it was not handed in again. Its row and reason stay on record."""
    from flux_pipeline.store.uploads.dismissal import dismiss_upload
    from flux_pipeline.store.uploads.log import find_by_prefix

    with ready_store() as store:
        slug, found_id = find_by_prefix(store, upload_id)
        with store.tenant(slug) as tx:
            done = dismiss_upload(tx, found_id)
    say(f"{done.subject} is dismissed." if done.changed else f"{done.subject} was dismissed before; nothing changed.")


@click.command()
@RESTAURANT
@click.option("--clean-archive", is_flag=True, help="Instead, remove from its kept files what may be personal data.")
@click.option("--dry-run", is_flag=True, help="With --clean-archive: show what would be removed, and write nothing.")
def rebuild(slug: str, clean_archive: bool, dry_run: bool) -> None:
    """Load all sales of a restaurant again from the files in the archive; the rows end up identical."""
    from flux_pipeline.store.loading.replay import rebuild_restaurant

    if dry_run and not clean_archive:
        raise PermanentError("--dry-run works only with --clean-archive. Add that option, or leave out --dry-run.")
    if clean_archive:
        _clean_archive(slug, dry_run)
        return
    with ready_store() as store:
        done = rebuild_restaurant(store, store.restaurant(slug))
    say(
        f"{slug}: {count_of(done.uploads, 'file')} read again; {count_of(done.lines_before, 'line')} before, "
        f"{done.lines:,} now, on {count_of(done.transactions, 'ticket')}."
    )


def _clean_archive(slug: str, dry_run: bool) -> None:
    """Clean the kept files of a restaurant and show what went; raise PermanentError if a file can't be cleaned."""
    from flux_pipeline.store.loading.cleaning import clean_archive

    with ready_store() as store:
        done = clean_archive(store, store.restaurant(slug), dry_run=dry_run)
    rows = []
    for each in done:
        columns = ", ".join(f"{header} ({count:,})" for header, count in each.cells.items())
        what = each.error or columns or "lines outside the table"
        rows.append((each.upload.short_id, each.upload.kind, each.upload.file_name, sum(each.cells.values()), what))
    title = "Would be cleaned; nothing was written" if dry_run else "Cleaned"
    show_table(f"{title}: {count_of(len(rows), 'file')}", ["upload", "kind", "file", "cells", "columns"], rows)
    if failed := [each.upload.file_name for each in done if each.error]:
        raise PermanentError(f"{listed(failed)} can't be cleaned. Correct what is said above and run it again.")


def _row(slug: str, upload: Upload) -> tuple[object, ...]:
    a = upload.accounting
    days = f"{upload.first_business_date} to {upload.last_business_date}" if upload.first_business_date else ""
    received = f"{upload.received_at:%Y-%m-%d %H:%M}"
    counts = (a.read, a.loaded, a.skipped, a.rejected)
    mark = ", open" if upload.is_open else ", dismissed" if upload.dismissed_at else ""
    return (upload.short_id, slug, upload.kind, upload.file_name, received, f"{upload.status}{mark}", *counts, days)
