"""Command that a refused file most likely needs: the one that was typed, with the options that the refusal proposes."""

import glob
import shlex
from pathlib import Path

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.files import file_source
from flux_pipeline.feeds.landing import REFUSED
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.uploads.opening import open_for
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import shown_name


def likely_command(
    refusal: NeedsOptionsError, file: Path, slug: str | None, kind: str, hints: Hints, *, dry_run: bool = False
) -> str:
    """Return the whole `flux upload` command, quoted for a shell; the other arguments are as they were given."""
    kind = refusal.kind or kind
    options = {
        "--restaurant": slug,
        "--kind": None if kind == "sales" else kind,
        "--encoding": hints.encoding,
        "--date-order": hints.date_order and hints.date_order.replace("_", "-"),
        "--decimal": refusal.others.get("decimal", hints.decimal),
        "--year-from": hints.year_from,
        "--money": refusal.others.get("money", hints.money),
        "--refunded": refusal.others.get("refunded", hints.refunded),
    }
    # A name that begins with a hyphen would be taken for an option.
    name = shown_name(str(file))
    words = ["flux", "upload", f"./{name}" if name.startswith("-") else name]
    words += [word for name, value in options.items() if value for word in (name, value)]
    for field, header in {**hints.columns, **refusal.columns}.items():
        words += ["--column", f"{field}={header}"]
    words += [word for header in hints.keep_columns for word in ("--keep-column", header)]
    words += [f"--{hints.overlap}"] if hints.overlap else []
    words += ["--dry-run"] if dry_run else []
    return shlex.join(words)


def command_for_refused(tx: Tenant, upload: Upload) -> str | None:
    """Return the command for a file of the landing folder that was refused for its columns; None for any other.

    A refused file is not archived. It is opened where it lies now, and only the same refusal shows that it is the file.
    """
    slug = tx.restaurant.slug
    folder = tx.settings.landing / slug / upload.kind / REFUSED
    for path in sorted(folder.glob(f"{glob.escape(Path(upload.file_name).stem)}*")):
        try:
            open_for(tx, file_source(path), upload.kind, Hints())
        except NeedsOptionsError as exc:
            if str(exc) == upload.error:
                return likely_command(exc, path, slug, upload.kind, Hints())
        except PermanentError:
            continue
    return None
