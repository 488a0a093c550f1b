"""The same file with other hints: loaded with the newest ones, or refused with a sentence that explains what to do."""

from typing import Any

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import hand_in
from flux_pipeline.store.loading.kinds import LOADERS
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import Upload, find_upload, mark_processing, register_upload
from flux_pipeline_tests.store.handing_in import ask

TICKETED = "date,ticket,item,quantity,price\n"
FIRST = TICKETED + "2026-03-06,A1,Tea,2,2.50\n2026-03-06,A2,Bread,1,3.00\n"
CORRECTED = FIRST.replace("Tea,2", "Tea,5")
UNITS = "SELECT menu_item_name, sum(quantity)::float FROM transaction_items GROUP BY 1 ORDER BY 1"


def sent(store: Store, restaurant: Restaurant, content: str, kind: str = "sales", **hints: Any) -> Upload:
    """Hand in and load a file, as `flux upload` does it without a run."""
    source = Source.of(content.encode(), "sales.csv")
    return load_upload(store, restaurant, hand_in(store, restaurant, source, kind, Hints(**hints)).upload)


def accounted_for(store: Store, restaurant: Restaurant) -> bool:
    with store.tenant(restaurant) as tx:
        return upload_accounting(tx).wrong == []


def test_a_corrected_export_that_added_nothing_replaces_when_it_is_sent_again(store: Store, bistro: Restaurant) -> None:
    sent(store, bistro, FIRST)
    kept_out = sent(store, bistro, CORRECTED)
    assert (kept_out.accounting.loaded, kept_out.accounting.skipped) == (0, 2)
    assert "--replace" in kept_out.drift[-1]
    replacing = sent(store, bistro, CORRECTED, overlap="replace")
    assert (replacing.error, replacing.accounting.loaded) == (None, 2)
    assert ask(store, bistro, UNITS) == [("Bread", 1.0), ("Tea", 5.0)]
    assert sent(store, bistro, CORRECTED, overlap="replace").id == replacing.id
    assert sent(store, bistro, CORRECTED).id == replacing.id
    assert accounted_for(store, bistro)


def test_a_file_whose_days_were_all_superseded_is_loaded_again(store: Store, bistro: Restaurant) -> None:
    right, wrong = "date,item,quantity\n2026-03-06,Tea,2\n", "date,item,quantity\n2026-03-06,Tea,9\n"
    first = sent(store, bistro, right)
    sent(store, bistro, wrong)
    assert ask(store, bistro, UNITS) == [("Tea", 9.0)]
    again = sent(store, bistro, right, overlap="replace")
    assert again.id != first.id
    assert ask(store, bistro, UNITS) == [("Tea", 2.0)]
    assert accounted_for(store, bistro)


def test_a_loaded_file_must_be_withdrawn_before_it_is_read_with_other_columns(store: Store, bistro: Restaurant) -> None:
    content = "date,item,sold,stock\n2026-03-06,Tea,2,30\n"
    first = sent(store, bistro, content, columns={"quantity": "stock"})
    assert sent(store, bistro, content).id == first.id
    with pytest.raises(PermanentError, match="loaded without '--column quantity=sold'") as refused:
        sent(store, bistro, content, columns={"quantity": "sold"})
    assert f"`flux uploads withdraw {first.short_id}`" in str(refused.value)
    assert ask(store, bistro, UNITS) == [("Tea", 30.0)]
    with store.tenant(bistro) as tx:
        withdraw_upload(tx, first.id)
    assert sent(store, bistro, content, columns={"quantity": "sold"}).accounting.loaded == 1
    assert ask(store, bistro, UNITS) == [("Tea", 2.0)]


@pytest.mark.parametrize("overlap", ["add", "replace"])
def test_a_file_that_is_stored_as_given_ignores_add_and_replace(store: Store, bistro: Restaurant, overlap: str) -> None:
    first = sent(store, bistro, FIRST)
    assert sent(store, bistro, FIRST, overlap=overlap).id == first.id


def test_a_file_that_was_only_checked_is_loaded_once_its_kind_has_a_loader(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "name,unit\nFlour,kg\n"
    with monkeypatch.context() as earlier:
        earlier.delitem(LOADERS, "ingredients")  # type: ignore[arg-type]
        first = sent(store, bistro, content, "ingredients")
        other = sent(store, bistro, content, "ingredients", columns={"unit": "unit"})
        assert (first.status, other.status, other.error) == ("validated", "validated", None)
        assert sent(store, bistro, content, "ingredients").id == other.id != first.id
    assert sent(store, bistro, content, "ingredients").accounting.loaded == 1


ODD = "date,item,Qtty,price\n2026-03-06,Tea,7,2.50\n"
FIRST_HINTS = {"columns": {"quantity": "Qtty"}}


@pytest.mark.parametrize(
    ("hints", "units"),
    [({"columns": {"quantity": "1"}}, 1.0), ({}, 7.0)],
    ids=["other hints", "no hints"],
)
def test_the_newest_hints_count_for_a_file_that_a_killed_run_left(
    store: Store, bistro: Restaurant, hints: dict[str, Any], units: float
) -> None:
    kept = Archive(store.settings.archive).keep(ODD.encode(), bistro.slug)
    with store.tenant(bistro) as tx:
        killed, _ = register_upload(tx, kept, "sales", "odd.csv", FIRST_HINTS)
        mark_processing(tx, killed)
    with store.tenant(bistro) as tx:
        again, is_new = register_upload(tx, kept, "sales", "odd.csv", hints)
    assert (again.id, is_new) == (killed.id, False)
    assert load_upload(store, bistro, again).error is None
    assert ask(store, bistro, UNITS) == [("Tea", units)]


def test_a_run_that_opened_the_file_earlier_reads_it_with_the_newest_hints(store: Store, bistro: Restaurant) -> None:
    kept = Archive(store.settings.archive).keep(ODD.encode(), bistro.slug)
    for wrong in ({"columns": {"quantity": "Qtty"}}, {"columns": {"quantity": "nowhere"}}):
        with store.tenant(bistro) as tx:
            opened_before, _ = register_upload(tx, kept, "sales", "odd.csv", wrong)
            waiting, _ = register_upload(tx, kept, "sales", "odd.csv", {"columns": {"quantity": "1"}})
        load_upload(store, bistro, opened_before)
        with store.tenant(bistro) as tx:
            assert find_upload(tx, waiting.id).status != "failed"
        load_upload(store, bistro, waiting)
        assert ask(store, bistro, UNITS) == [("Tea", 1.0)]
