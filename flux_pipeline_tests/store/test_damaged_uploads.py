"""What a damaged file leaves behind: all that its accounting says and not a row more."""

from sqlalchemy import text

from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import register_upload
from flux_pipeline_tests.mutations import mutated
from flux_pipeline_tests.store.handing_in import ask

STORED = """
SELECT count(*) FROM transactions t JOIN transaction_items i ON i.transaction_id = t.id
WHERE t.data_upload_id = '{id}'
"""


def test_of_a_damaged_file_as_much_is_stored_as_its_accounting_says(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.3)
    seen = set()
    for number in range(25):
        content = mutated(number)
        kept = Archive(store.settings.archive).keep(content, bistro.slug)
        with store.tenant(bistro) as tx:
            upload, is_new = register_upload(tx, kept, "sales", f"{number}.csv", {"columns": {}, "overlap": "replace"})
        assert is_new
        done = load_upload(store, bistro, upload)
        seen.add(done.status)
        counts = done.accounting
        ((lines,),) = ask(store, bistro, STORED.format(id=done.id))
        if done.status == "failed":
            assert done.error
            assert (lines, counts.loaded) == (0, 0), number
        else:
            assert done.status == ("completed_with_errors" if counts.rejected else "completed"), number
            assert counts.read == counts.loaded + counts.skipped + counts.rejected, number
            assert lines == counts.loaded, number
        with store.tenant(bistro) as tx:
            assert upload_accounting(tx).wrong == [], number
    assert seen == {"failed", "completed", "completed_with_errors"}
    with store.tenant(bistro) as tx:
        orphans = """SELECT count(*) FROM transaction_items i WHERE NOT EXISTS (
            SELECT FROM transactions t WHERE t.business_date = i.business_date AND t.id = i.transaction_id)"""
        assert tx.connection.scalar(text(orphans)) == 0
