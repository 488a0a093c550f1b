"""Files of feeds in the landing folder: each is loaded, or moved aside if it can't be read."""

from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from flux_pipeline.errors import PermanentError, TransientError, shortages_in_words
from flux_pipeline.feeds.landing import SHARED, LandedFile, settled_files
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.step import is_last_attempt
from flux_pipeline.records.accounting import total
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import LANDING_FOLDER, FeedFile, hand_in_feed
from flux_pipeline.wording import shown_name


@dataclass
class LandedFeeds:
    """The files of one kind by outcome: handed in, left with the reason, still being written."""

    done: list[FeedFile] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unfinished: list[LandedFile] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether there was a file."""
        return bool(self.done or self.left or self.unfinished)

    def report(self, context: dg.AssetExecutionContext) -> None:
        """Log what the person who dropped the files has to do."""
        for sentence in self.left:
            context.log.error(f"Left in the landing folder: {sentence}")
        for file in self.unfinished:
            context.log.warning(f"{file.shown} is still being written; the next run loads it.")
        for failed in (file for file in self.done if file.refusal):
            context.log.error(f"{failed.file_name} was not loaded: {failed.refusal}")

    def as_metadata(self) -> dict[str, Any]:
        """Return the counts for the asset's metadata."""
        return {
            **total(file.accounting for file in self.done).as_metadata(),
            "files_still_written": len(self.unfinished),
            "files_left_in_landing": len(self.left),
            "files_read": sum(not file.was_known and not file.refusal for file in self.done),
            "files_known_already": sum(file.was_known for file in self.done),
            "files_failed": sum(file.refusal is not None for file in self.done),
        }


def load_landed(context: dg.AssetExecutionContext, store: Store, kind: str) -> LandedFeeds:
    """Load every landed file of one kind; a file that can't be read is moved aside, and the others are loaded."""
    landed = settled_files(store.settings.landing, SHARED, store.settings.landing_quiet_seconds)
    found = LandedFeeds(left=list(landed.obstacles), unfinished=list(landed.unfinished))
    found.left += [
        f"{file.shown} ({shown_name(file.kind)!r} is not a kind that all restaurants share)."
        for file in landed.files
        if file.kind not in KINDS or not KINDS[file.kind].shared
    ]
    for file in landed.files:
        if file.kind != kind:
            continue
        try:
            with shortages_in_words():
                _load(store, file, found)
        except TransientError as exc:
            if not is_last_attempt(context):
                raise
            found.left.append(f"{file.shown} waits for the next run. {exc}")
        except PermanentError as exc:
            if file.is_unchanged():
                found.left.append(f"{file.shown}. {exc}")
            else:
                found.unfinished.append(file)
    return found


def _load(store: Store, file: LandedFile, found: LandedFeeds) -> None:
    """Load a landed file and remove it, or move it aside."""
    # The rows became known when the file was written, unless they give an earlier time themselves.
    feed = hand_in_feed(store, file.kind, file.source(), known_at=file.modified_at, door=LANDING_FOLDER)
    found.done.append(feed)
    if feed.refusal:
        file.refuse()
    else:
        file.take_away()
