"""Survey of the landing folder: the work that it holds for each owner, and what no run will take."""

import time
from dataclasses import dataclass
from pathlib import Path

from flux_pipeline.errors import FluxError
from flux_pipeline.feeds.landing import SHARED, LandedFile, landed_files, landed_owners
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.records.proof import Proof
from flux_pipeline.wording import listed, shown_name

# A run that lacks room or memory leaves files for the next one; after this long somebody should know.
PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True)
class Survey:
    """The landed files by owner (a version of each), sentences about obstacles, and about folders that nobody knows."""

    work: dict[str, list[str]]
    obstacles: list[str]
    unknown: list[str]

    def as_proof(self) -> Proof:
        """Return the proof that every folder belongs to a restaurant, or to the feeds, and to a kind."""
        return Proof({"owners_with_files": len(self.work), "unknown_folders": len(self.unknown)}, self.unknown)


def survey_landing(landing: Path, slugs: set[str]) -> Survey:
    """Look through the landing folder without taking anything.

    Args:
        landing: the landing folder.
        slugs: the known restaurants.
    """
    try:
        owners = landed_owners(landing)
    except FluxError as exc:
        return Survey({}, [str(exc)], [])
    survey, strangers = Survey({}, [], []), []
    for owner in owners:
        landed = landed_files(landing, owner)
        survey.obstacles.extend(f"{shown_name(owner)}: {obstacle}" for obstacle in landed.obstacles)
        if owner not in {*slugs, SHARED}:
            strangers += [shown_name(owner)] if landed.files or landed.obstacles else []
            continue
        survey.unknown.extend(sentence for file in landed.files if (sentence := _misplaced(file)))
        wanted = [file.version for file in landed.files if not _misplaced(file)]
        if wanted:
            survey.work[owner] = wanted
    if strangers:
        survey.unknown.append(
            f"Unknown restaurants have files in {landing}: {listed(strangers)}. Add the restaurants with "
            "`flux restaurants add`, or move the files."
        )
    return survey


def not_taken(landing: Path, slug: str, now: float | None = None) -> list[str]:
    """Return sentences about what a restaurant's runs leave in its folder.

    Args:
        landing: the landing folder.
        slug: the restaurant.
        now: the time in seconds, for tests.
    """
    landed, moment = landed_files(landing, slug), time.time() if now is None else now
    old = [
        f"{file.shown} has been there for more than an hour; the log of data_uploads says why it was not taken."
        for file in landed.files
        if not _misplaced(file) and moment - file.changed_ns / 1e9 > PATIENCE_SECONDS
    ]
    return [*landed.obstacles, *filter(None, map(_misplaced, landed.files)), *old]


def _misplaced(file: LandedFile) -> str:
    """Return a sentence about a file of an unknown kind or another owner's; empty for one that a run takes."""
    is_shared = file.owner == SHARED
    if file.kind in KINDS and KINDS[file.kind].shared == is_shared:
        return ""
    kinds = ", ".join(name for name, kind in KINDS.items() if kind.shared == is_shared)
    return f"{file.shown} (unknown kind {shown_name(file.kind)!r}). Move it to the folder of its kind, one of: {kinds}."
