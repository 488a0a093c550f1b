"""Dry runs: they promise exactly what the load does, and nothing is left of them."""

import datetime as dt
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.templates import example_file
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading import hand_in as door
from flux_pipeline.store.loading import trial
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.loading.report import report_of_upload
from flux_pipeline.store.loading.trial import try_upload
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.store.handing_in import hand_in, hand_in_kind

# Files that differ in their encoding or in the archive around them.
ENCODED = re.compile(r"sales_(cp|gb18030|gzip|utf|zip)")
DATA = Path(__file__).parents[1] / "data"
HEAD = "date,ticket,item,quantity,price\n"
STORED = HEAD + "2026-03-05,A1,Soup,2,4.50\n2026-03-06,,Soup,3,4.50\n2026-03-06,,Bread,1,1.20\n"
# By name: what becomes of the days and tickets that are stored already.
OVERLAPS = {
    "a new month": HEAD + "2019-03-05,B1,Soup,2,4.50\n",
    "a ticket with other lines": HEAD + "2026-03-05,A1,Soup,2,4.50\n2026-03-05,A1,Tea,1,2.00\n2026-03-05,A2,Tea,1,2\n",
    "a day that is repeated": HEAD + "2026-03-06,,Soup,3,4.50\n2026-03-06,,Bread,1,1.20\n2026-03-07,,Tea,1,2.00\n",
    "a day that covers the stored one": HEAD + "2026-03-06,,Soup,5,4.50\n2026-03-06,,Bread,2,1.20\n",
    "a day that does not": HEAD + "2026-03-06,,Tea,5,4.50\n2026-03-08,,Tea,1,4.50\n",
    "a line that is void": "date,item,quantity,price,void\n2026-03-09,Soup,3,4.50,no\n2026-03-09,Soup,1,4.50,yes\n",
    "a line that is rejected": HEAD + "2026-03-09,,Soup,x,4.50\n" + "2026-03-09,,Soup,1,4.50\n" * 3,
    "lines that are rejected": HEAD + "2026-03-09,,Soup,x,4.50\n" * 3,
    "texts that are not kept": "date,item,quantity,remark\n"
    + "".join(f"2026-03-{day},Soup,1,said guest {day}\n" for day in range(10, 20)),
    "only a guest's name in a line": "date,item,quantity,Guest Name\n2026-03-09,Soup,1,Zoe\n,,,Tim\n",
}
CHOICES = (None, "add", "replace")


def facts(store: Store, restaurant: Restaurant, report: Any) -> Any:
    """What a person reads of an upload; only the reason, if nothing of it was read."""
    upload = report.upload
    if upload.error and not upload.accounting.read:
        return upload.error
    numbers = (upload.accounting, upload.first_business_date, upload.last_business_date, report.added_tickets)
    return (upload.status, upload.error, numbers, upload.drift, report.days, report.rejected, report.found)


def promised(store: Store, restaurant: Restaurant, kind: str, source: Source, hints: Hints) -> Any:
    try:
        found = try_upload(store, restaurant, source, kind, hints)
    except PermanentError as exc:
        return str(exc)
    if found.known:
        return "known"
    return facts(store, restaurant, found.report) if found.report else str(found.refusal)


def loaded(store: Store, restaurant: Restaurant, kind: str, source: Source, hints: Hints) -> Any:
    try:
        done = door.hand_in(store, restaurant, source, kind, hints)
    except PermanentError as exc:
        return str(exc)
    if not done.is_new:
        return "known"
    load_upload(store, restaurant, done.upload)
    with store.tenant(restaurant) as tx:
        return facts(store, restaurant, report_of_upload(tx, done.upload.id))


def kept_promise(store: Store, restaurant: Restaurant, kind: str, content: bytes, name: str, hints: Hints) -> Any:
    """Return what a load did after a dry run that promised the same."""
    source = Source.of(content, name)
    before = promised(store, restaurant, kind, source, hints)
    after = loaded(store, restaurant, kind, source, hints)
    assert before == after, name
    return after


def files(folder: Path, pattern: str) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted(folder.glob(pattern))]


def one_of_each_family(found: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Keep one file of each sort of encoding and of archive; how each of them is read, unit tests test."""
    sorts = {ENCODED.split(name)[1] if ENCODED.match(name) else name: (name, content) for name, content in found}
    return list(sorts.values())


@pytest.mark.timeout(600)
def test_a_dry_run_promises_what_becomes_of_every_file_of_the_tests(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.9)
    outcomes = []
    found = one_of_each_family(files(DATA, "sales_*"))
    for name, content in found:
        outcomes.append(kept_promise(store, bistro, "sales", content, name, Hints()))
    # The same rows again, in files of another content: a few are enough, because what is stored decides.
    for name, content in found[::6]:
        again = content.rstrip(b"\n") + b"\n\n\n"
        outcomes.append(kept_promise(store, bistro, "sales", again, f"again_{name}", Hints(overlap="add")))
    read = [each for each in outcomes if isinstance(each, tuple)]
    assert len(read) > len(outcomes) // 2
    assert any("already_loaded" in each[2][0].reasons for each in read)


@pytest.mark.timeout(600)
def test_a_dry_run_promises_what_becomes_of_files_with_faults(
    store: Store, bistro: Restaurant, real_data: Path
) -> None:
    kinds = {"openmeteo": None, "recipe": "recipes", "waste": "waste"}
    for name, content in files(real_data / "faults", "*.csv") + files(real_data / "faults", "*.xlsx"):
        kind = next((kind for start, kind in kinds.items() if name.startswith(start)), "sales")
        if kind:
            kept_promise(store, bistro, kind, content, name, Hints())


@pytest.mark.parametrize("name", OVERLAPS)
def test_a_dry_run_promises_what_becomes_of_stored_days(store: Store, name: str) -> None:
    for choice in CHOICES:
        # A restaurant for each choice, because a database for each takes longer than what it is for.
        restaurant = add_restaurant(store, NewRestaurant(f"choice-{choice}".lower(), "Choice", "Europe/Paris", "EUR"))
        hand_in(store, restaurant, STORED)
        content = OVERLAPS[name].encode()
        kept_promise(store, restaurant, "sales", content, f"{choice}.csv", Hints(overlap=choice))
        # The restaurant's own hints: a file that is known is loaded again only if they are new.
        kept_promise(store, restaurant, "sales", content, f"{choice}.csv", Hints(overlap="replace"))


def test_a_dry_run_promises_what_becomes_of_each_kind(store: Store) -> None:
    for kind in (kind for kind, contract in KINDS.items() if not contract.shared):
        # What one kind adds, such as an ingredient, is not there for the next one.
        slug = kind.replace("_", "-")
        restaurant = add_restaurant(store, NewRestaurant(slug, kind, "Europe/Paris", "EUR"))
        for content in (example_file(kind), example_file(kind) + "\n\n"):
            after = kept_promise(store, restaurant, kind, content.encode(), f"{kind}.csv", Hints())
            assert isinstance(after, tuple), kind


@pytest.mark.parametrize("kind", [kind for kind, contract in KINDS.items() if contract.shared])
def test_a_dry_run_promises_what_becomes_of_a_feed(store: Store, kind: str) -> None:
    now = dt.datetime.now(dt.UTC)
    for content in (example_file(kind), example_file(kind) + "\n\n", example_file(kind)):
        source = Source.of(content.encode(), f"{kind}.csv")
        before = door.try_feed(store, kind, source, open_upload(source, kind=kind, known_at=now))
        assert before == door.hand_in_feed(store, kind, source, known_at=now)


def everything(store: Store) -> dict[str, Any]:
    """Return every row of every table, the tables themselves among them, and the files of the archive."""
    url = store.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
                  " AND relnamespace = 'public'::regnamespace ORDER BY 1")]  # fmt: skip
        rows = {name: connection.execute(f"SELECT t::text FROM {name} t ORDER BY 1").fetchall() for name in tables}
    archive = Path(store.settings.archive)
    return {**rows, "archive": sorted(archive.rglob("*")) if archive.exists() else []}


def tried() -> Iterator[tuple[str, str, Hints]]:
    for content in OVERLAPS.values():
        for choice in CHOICES:
            yield "sales", content, Hints(overlap=choice)
    for kind, contract in KINDS.items():
        if not contract.shared:
            yield kind, example_file(kind), Hints()


def test_nothing_is_left_of_a_dry_run(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    hand_in(store, bistro, STORED)
    hand_in_kind(store, bistro, "menu", example_file("menu"))
    before = everything(store)
    for kind, content, hints in tried():
        promised(store, bistro, kind, Source.of(content.encode(), "new.csv"), hints)
    for kind in ("weather", "local_events"):
        source = Source.of(example_file(kind).encode(), "feed.csv")
        door.try_feed(store, kind, source, open_upload(source, kind=kind, known_at=dt.datetime.now(dt.UTC)))
    assert everything(store) == before
    assert list(temporary.iterdir()) == []


def test_a_file_is_loaded_while_a_dry_run_reads_another_and_is_compared_with(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen = trial.reopen

    def reopen_meanwhile(*given: Any) -> Any:
        hand_in(store, bistro, STORED)
        return reopen(*given)

    monkeypatch.setattr(trial, "reopen", reopen_meanwhile)
    more = STORED + "2026-03-07,,Tea,1,2.00\n"
    found = try_upload(store, bistro, Source.of(more.encode(), "more.csv"), "sales", Hints())
    assert found.report is not None
    assert dict(found.report.upload.accounting.reasons) == {"already_loaded": 3}
    assert [(day.business_date, day.units, day.amount) for day in found.report.days] == [(dt.date(2026, 3, 7), 1, 2)]


def test_a_file_that_waits_is_tried_and_one_that_was_loaded_is_named(store: Store, bistro: Restaurant) -> None:
    source = Source.of(STORED.encode(), "march.csv")
    waiting = door.hand_in(store, bistro, source, "sales", Hints()).upload
    found = try_upload(store, bistro, source, "sales", Hints())
    assert found.report is not None and found.report.upload.accounting.loaded == 3
    load_upload(store, bistro, waiting)
    again = try_upload(store, bistro, source, "sales", Hints())
    assert again.known is not None and again.known.id == waiting.id
