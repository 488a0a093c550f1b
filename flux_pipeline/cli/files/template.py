"""Command `flux template`: an example file of a kind, and the list of kinds."""

from pathlib import Path

import click

from flux_pipeline.cli.console import note, say, show_table
from flux_pipeline.errors import PermanentError


@click.command()
@click.argument("kind", required=False)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to FILE, which must not exist."
)
@click.option("--list", "list_kinds", is_flag=True, help="Show the kinds, or the fields of KIND, instead.")
@click.option("--readme", is_flag=True, hidden=True, help="The table of kinds for docs/files.md.")
def template(kind: str | None, output: Path | None, list_kinds: bool, readme: bool) -> None:
    """Print an example file of KIND, to be filled in with a spreadsheet."""
    from flux_pipeline.ingest.templates import example_file, kinds_table

    if readme:
        from flux_pipeline.store.loading.kinds import is_loaded

        say(kinds_table(is_loaded))
    elif list_kinds:
        _show(kind)
    elif kind is None:
        raise PermanentError("Name a kind, for example `flux template menu`; `flux template --list` shows the kinds.")
    elif output is None:
        say(example_file(kind).rstrip("\n"))
    else:
        _write(output, example_file(kind))
        note(f"Wrote {output}. Fill it in, then: flux upload {output} --kind {kind}{_owner(kind)}")


def _show(kind: str | None) -> None:
    """Show all kinds with the fields that they need and may have, or every field of one kind."""
    from flux_pipeline.ingest.kinds.registry import KINDS
    from flux_pipeline.ingest.templates import example_file, may_bring, needs
    from flux_pipeline.store.loading.kinds import is_loaded

    if kind is None:
        rows = [(each.kind, each.description, needs(each), may_bring(each)) for each in KINDS.values()]
        show_table(f"{len(rows)} kinds of upload", ["kind", "what it holds", "needs", "may have"], rows)
        waiting = [kind for kind in KINDS if not is_loaded(kind)]
        if waiting:
            say(f"Checked, but not loaded yet: {', '.join(waiting)}.")
        return
    example_file(kind)
    contract = KINDS[kind]
    fields = [
        (each.name, "yes" if each.required else "", each.description, each.form.expected, each.example)
        for each in contract.fields
    ]
    show_table(
        f"{kind}: {contract.description}", ["field", "required", "what it is", "expected", "for example"], fields
    )
    say(f"It needs {needs(contract)}.")


def _owner(kind: str) -> str:
    from flux_pipeline.ingest.kinds.registry import KINDS

    return "" if KINDS[kind].shared else " --restaurant SLUG"


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise PermanentError(f"{path} already exists and is not overwritten. Choose another name.") from None
    except OSError as exc:
        raise PermanentError(f"{path} can't be written ({exc.strerror}). Choose another place.") from exc
