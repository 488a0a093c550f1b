"""`flux upload`: a file in, and what became of each of its rows."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from pathlib import Path

import click

from flux_pipeline.audit import Accounting
from flux_pipeline.cli.console import note, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import KINDS, Place, read_upload
from flux_pipeline.store.store import Store
from flux_pipeline.store.uploads import Upload, find_upload, first_rejected, register_upload

# Enough to find the file in data_uploads; the whole hash stands there.
SHA256_SHOWN = 12


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--restaurant", "slug", help="Whose file it is; not for weather and events, which all share.")
@click.option("--kind", default="sales", show_default=True, help="What it holds: " + ", ".join(KINDS) + ".")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADER", help="Which header a field has, if unusual."
)
def upload(file: Path, slug: str | None, kind: str, columns: tuple[str, ...]) -> None:
    """Load FILE: a CSV of sales (date, item, quantity, price; optionally time, ticket, amount), weather or events."""
    overrides = parse_columns(columns)
    content = read_file(file)
    if kind not in KINDS:
        raise PermanentError(f"{kind!r} is no kind of upload; there are {', '.join(KINDS)}.")
    with ready_store() as store:
        if KINDS[kind].shared:
            if slug:
                raise PermanentError(f"{kind} is shared by all restaurants; leave out --restaurant.")
            _upload_shared(store, kind, file.name, content, overrides)
        elif slug is None:
            raise PermanentError(
                f"Say whose {kind} these are with --restaurant SLUG; `flux restaurants list` shows them."
            )
        else:
            _upload_for(store, slug, kind, file.name, content, overrides)


def _upload_for(store: Store, slug: str, kind: str, file_name: str, content: bytes, overrides: dict[str, str]) -> None:
    from flux_pipeline.orchestration.instance import open_instance
    from flux_pipeline.orchestration.launch import load_uploads
    from flux_pipeline.store.archive import Archive
    from flux_pipeline.store.audit_logs import note_act

    restaurant = store.restaurant(slug)
    # Read once before anything is kept: a wrong column is then a sentence and leaves nothing behind.
    read_upload(content, kind=kind, columns=overrides, place=Place(restaurant.timezone, restaurant.business_day_cutoff))
    kept = Archive(store.settings.archive).keep(content, slug)
    with store.tenant(restaurant) as tx:
        found, is_new = register_upload(tx, kept, kind, file_name, overrides)
        if is_new:
            note_act(tx, "uploads.add", file_name, after={"kind": kind, "sha256": kept.content_sha256[:SHA256_SHOWN]})
    if not is_new and not found.is_waiting:
        say(
            f"Already loaded: {file_name} has the content of {found.file_name}, received "
            f"{found.received_at:%Y-%m-%d %H:%M}. 0 rows loaded."
        )
        return
    with open_instance(store) as instance:
        result = load_uploads(instance, slug)
    for failure in result.failures:
        note(failure)
    with store.tenant(restaurant) as tx:
        done = find_upload(tx, found.id)
        if done.status == "failed" or result.failures:
            raise PermanentError(f"Nothing of {file_name} was loaded. {done.error or 'See the lines above.'}")
        rejected = first_rejected(tx, found.id)
    show_uploads("Loaded" if done.accounting.loaded else "Nothing new was loaded", [(slug, done)])
    _explain(done, rejected)
    say(f"Next: flux run --restaurant {slug}")


def _upload_shared(store: Store, kind: str, file_name: str, content: bytes, overrides: dict[str, str]) -> None:
    from flux_pipeline.store.audit_logs import note_operator_act
    from flux_pipeline.store.loading import load_feed_file
    from flux_pipeline.store.roles import Role

    # Read once before anything is kept: a restaurant's file sent here by mistake leaves no copy among the shared ones.
    read_upload(content, kind=kind, columns=overrides, known_at=dt.datetime.now(dt.UTC))
    done = load_feed_file(store, kind, file_name, content, known_at=dt.datetime.now(dt.UTC), columns=overrides)
    if done.error:
        raise PermanentError(f"Nothing of {file_name} was loaded. {done.error}")
    if done.was_known:
        say(f"Already loaded: a file with the content of {file_name} is there. 0 rows loaded.")
        return
    # feed_loads has the file since its load; who brought it is the owner's to note, so it comes after.
    with store.transaction(Role.OWNER) as owner:
        after = {"kind": kind, "sha256": hashlib.sha256(content).hexdigest()[:SHA256_SHOWN]}
        note_operator_act(owner, store.settings, "uploads.add", file_name, after=after)
    show_accounting("Loaded", [("shared", kind, file_name, done.accounting)])


def show_uploads(title: str, uploads: Iterable[tuple[str, Upload]]) -> None:
    """What became of the rows of each upload, as a table."""
    show_accounting(title, [(slug, upload.kind, upload.file_name, upload.accounting) for slug, upload in uploads])


def show_accounting(title: str, files: Iterable[tuple[str, str, str, Accounting]]) -> None:
    """The accounting of files, as a table: owner, kind, name, counts, reasons."""
    rows = [
        (owner, kind, name, a.read, a.loaded, a.skipped, a.rejected, reasons_in_words(a))
        for owner, kind, name, a in files
    ]
    heads = ["restaurant", "kind", "file", "read", "loaded", "skipped", "rejected", "why"]
    show_table(title, heads, rows, right=heads[3:7])


def reasons_in_words(accounting: Accounting) -> str:
    """For example "zero_quantity 27,892; amount_without_price 4"."""
    return "; ".join(f"{reason} {count:,}" for reason, count in sorted(accounting.reasons.items(), key=lambda r: -r[1]))


def _explain(upload: Upload, rejected: list[tuple[int, str]]) -> None:
    """What a person should know of rows that were not loaded."""
    counts = upload.accounting
    if rejected:
        for line_number, message in rejected:
            say(f"  line {line_number}: {message}")
        more = counts.rejected - len(rejected)
        say(f"{f'  and {more:,} more. ' if more else ''}Rejected rows are kept whole in rejected_rows.")
    if "differs_from_loaded" in counts.reasons:
        note(
            f"warning: {counts.reasons['differs_from_loaded']:,} rows say another quantity of an item and day that "
            "stand already. What stands was kept."
        )


def parse_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """FIELD=HEADER pairs as a mapping; PermanentError where one has no equals sign or a field comes twice."""
    overrides: dict[str, str] = {}
    for pair in columns:
        field, equals, header = pair.partition("=")
        if not equals or not field or not header:
            raise PermanentError(f"--column {pair!r} should be FIELD=HEADER, like --column item=Product.")
        if field in overrides:
            raise PermanentError(f"--column names {field!r} twice: {overrides[field]!r} and {header!r}.")
        overrides[field] = header
    return overrides


def read_file(file: Path) -> bytes:
    """The file's content; PermanentError where there is none."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise PermanentError(f"There is no file {file}.") from None
    except OSError as exc:
        raise PermanentError(f"The file {file} can't be read ({exc.strerror}).") from exc
