"""Which code ran: the package's version and, in a checkout, its commit."""

import functools
import importlib.metadata

from flux_pipeline.settings import PROJECT_DIR


@functools.cache
def code_version() -> str:
    """For example "0.1.0+1a2b3c4d5e6f": what `algorithm_runs.version` says."""
    version = importlib.metadata.version("flux-pipeline")
    commit = _commit()
    return f"{version}+{commit[:12]}" if commit else version


def _commit() -> str | None:
    """The checkout's commit, read from git's own files: an installed package has none, and git may be absent."""
    git = PROJECT_DIR / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        reference = head.removeprefix("ref: ")
        loose = git / reference
        if loose.is_file():
            return loose.read_text().strip()
        packed = (git / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {reference}")), None)
    except OSError:
        return None
