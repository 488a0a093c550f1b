"""Cleaning of the archive: files kept by earlier rules are kept again without what may be about persons."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text, update

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading import hand_in as door
from flux_pipeline.store.loading.cleaning import clean_archive
from flux_pipeline.store.loading.replay import rebuild_restaurant
from flux_pipeline.store.models.uploads import DataUpload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import Upload, find_upload
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

SALES = (
    "Clerk: Ada Kok,,,,\n"
    "date,item,quantity,Who knows,Customer Name\n"
    "2026-03-01,Soup,2,Ada Kok,Ada Kok\n"
    "2026-03-01,Tea,x,Ben Reis,Ben Reis\n"
    "2026-03-02,Bread,1,Cleo Lee,Cleo Lee\n"
    "Printed by Ada Kok,,,,\n"
)
NAMES = ("Ada", "Kok", "Ben", "Reis", "Cleo", "Lee")
TABLES = ("transactions", "transaction_items", "menu_items")


def folder(store: Store) -> Path:
    assert not isinstance(store.settings.archive, str)
    return store.settings.archive


def archived(store: Store) -> str:
    return "\n".join(path.read_text() for path in sorted(folder(store).rglob("*")) if path.is_file())


def rows_of(store: Store, restaurant: Restaurant) -> list[list[tuple[object, ...]]]:
    return [
        ask(store, restaurant, f"SELECT (to_jsonb(t) - 'created_at' - 'updated_at')::text FROM {table} t ORDER BY 1")
        for table in TABLES
    ]


def keep_as_before(store: Store, restaurant: Restaurant, content: str = SALES) -> Upload:
    """Load a file, then put it into the archive, and its rejected rows into the table, as an earlier version did."""
    upload = hand_in(store, restaurant, content)
    assert upload.status == "completed_with_errors", upload.error
    whole = Archive(store.settings.archive).keep(Source.of(content.encode()), restaurant.slug)
    with store.tenant(restaurant) as tx:
        values = {"storage_uri": whole.storage_uri, "detected_format": {"encoding": "utf-8"}}
        tx.connection.execute(update(DataUpload).where(DataUpload.id == upload.id).values(values))
        old = text('UPDATE rejected_rows SET raw = raw || \'{"Who knows": "Ben Reis"}\'')
        tx.connection.execute(old)
        (folder(store) / upload.storage_uri).unlink()
        return find_upload(tx, upload.id)


def test_an_archive_of_earlier_rules_is_cleaned_and_gives_the_same_rows(store: Store, bistro: Restaurant) -> None:
    upload, before = keep_as_before(store, bistro), rows_of(store, bistro)
    assert "Ada Kok" in archived(store)
    [done] = clean_archive(store, bistro)
    assert (done.upload.id, dict(done.cells)) == (upload.id, {"Who knows": 3, "Customer Name": 3})
    assert not [name for name in NAMES if name in archived(store)]
    assert not [name for name in NAMES if name in str(ask(store, bistro, "SELECT raw FROM rejected_rows"))]
    assert len([path for path in folder(store).rglob("*") if path.is_file()]) == 1
    rebuild_restaurant(store, bistro)
    assert rows_of(store, bistro) == before


def test_a_dry_run_shows_the_same_and_writes_nothing(store: Store, bistro: Restaurant) -> None:
    keep_as_before(store, bistro)
    everything = "SELECT (SELECT string_agg(t::text, '') FROM data_uploads t), (SELECT count(*) FROM audit_logs)"
    before = (archived(store), ask(store, bistro, everything))
    [shown] = clean_archive(store, bistro, dry_run=True)
    assert (archived(store), ask(store, bistro, everything)) == before
    [done] = clean_archive(store, bistro)
    assert done.cells == shown.cells


def test_a_clean_archive_stays_as_it_is(store: Store, bistro: Restaurant) -> None:
    keep_as_before(store, bistro)
    hand_in_kind(store, bistro, "menu", "item,price,Chef knows\nTea,2.00,Ada Kok\n")
    assert len(clean_archive(store, bistro)) == 1
    before = archived(store)
    assert clean_archive(store, bistro) == []
    assert archived(store) == before
    assert ask(store, bistro, "SELECT count(*) FROM audit_logs WHERE action = 'uploads.clean'") == [(1,)]


def test_a_file_is_recognised_after_its_kept_form_was_cleaned(store: Store, bistro: Restaurant) -> None:
    upload = keep_as_before(store, bistro)
    clean_archive(store, bistro)
    again = door.hand_in(store, bistro, Source.of(SALES.encode(), "again.csv"), "sales")
    assert (again.upload.id, again.is_new) == (upload.id, False)


def test_an_old_file_that_a_killed_call_left_is_deleted_by_the_next(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_as_before(store, bistro)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Archive, "delete", killed)
        clean_archive(store, bistro)
    assert "Ada Kok" in archived(store)
    assert clean_archive(store, bistro) == []
    assert "Ada Kok" not in archived(store)


def test_a_file_that_is_missing_is_named_and_the_others_are_cleaned(store: Store, bistro: Restaurant) -> None:
    keep_as_before(store, bistro)
    lost = hand_in(store, bistro, "date,item,quantity\n2026-03-05,Pie,1\n", "lost.csv")
    (folder(store) / lost.storage_uri).unlink()
    done = clean_archive(store, bistro)
    assert [(each.upload.file_name, each.error is None) for each in done] == [("sales.csv", True), ("lost.csv", False)]
    assert "Ada Kok" not in archived(store)


def test_a_column_that_the_sender_keeps_is_kept_and_named_hints_agree_at_a_replay(
    store: Store, bistro: Restaurant
) -> None:
    hints = Hints(keep_columns=("who knows",))
    content = "date,item,quantity,Who knows,Nobody\n2026-03-01,Soup,2,oat milk,ask Ada\n"
    upload = hand_in_kind(store, bistro, "sales", content, hints=hints)
    assert (upload.status, upload.hints["keep_columns"]) == ("completed", ["who knows"])
    assert "oat milk" in archived(store) and "Ada" not in archived(store)
    assert clean_archive(store, bistro) == []
    with pytest.raises(PermanentError, match="--keep-column 'Nobody'"):
        hand_in_kind(store, bistro, "sales", content, hints=Hints(keep_columns=("Nobody",)))


def test_the_command_shows_what_goes_by_file_and_column(store: Store, bistro: Restaurant) -> None:
    keep_as_before(store, bistro)
    flux = CliRunner()
    for words, title in ((["--dry-run"], "nothing was written: 1 file"), ([], "Cleaned: 1 file")):
        done = flux.invoke(main, ["rebuild", "--restaurant", "bistro", "--clean-archive", *words])
        assert done.exit_code == 0 and title in " ".join(done.output.split()), done.output
        assert "Who knows (3)" in " ".join(done.output.split())
    done = flux.invoke(main, ["rebuild", "--restaurant", "bistro", "--dry-run"])
    assert done.exit_code == 1 and "--clean-archive" in done.output
