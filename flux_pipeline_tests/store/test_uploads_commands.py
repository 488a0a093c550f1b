"""`flux uploads`: what was handed in is listed, shown, given back and withdrawn."""

import pytest
from sqlalchemy import Engine, event

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import register_upload
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in

SALES = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n2026-03-07,Soup,x,4.50\n"


@pytest.fixture(autouse=True)
def much_may_be_rejected(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    """In files of a few rows one is a large share."""
    for restaurant in (bistro, cafe):
        with store.tenant(restaurant) as tx:
            store_setting(tx, "upload_rejected_share", 0.5)


def test_uploads_are_listed_shown_and_withdrawn_by_the_beginning_of_their_id(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    ours, theirs = hand_in(store, bistro, SALES, "ours.csv"), hand_in(store, cafe, SALES, "theirs.csv")
    listed = output_of("uploads", "list")
    assert ours.short_id in listed and theirs.short_id in listed
    assert theirs.short_id not in output_of("uploads", "list", "--restaurant", "bistro")
    shown = output_of("uploads", "show", str(ours.id)[:13].upper())
    for cell in ("Left out: 1 row whose quantity can't be read.", "by", "2026-03-06", "current", "encoding: utf-8"):
        assert cell in shown
    assert output_of("uploads", "rejected", ours.id) == "date,item,quantity,price\n2026-03-07,Soup,x,4.50\n"
    with_reasons = output_of("uploads", "rejected", ours.short_id, "--reasons")
    assert (
        with_reasons.startswith("flux_line,flux_reason,flux_message,date,item") and "\n4,bad_quantity," in with_reasons
    )
    printed = " ".join(output_of("uploads", "withdraw", ours.short_id).split())
    assert printed == ("ours.csv is withdrawn, and with it 2 lines on 1 day. Next: flux run --restaurant bistro")
    assert "was withdrawn before; nothing changed" in output_of("uploads", "withdraw", ours.short_id)
    assert ask(store, bistro, "SELECT count(*) FROM transaction_items") == [(0,)]
    assert ask(store, cafe, "SELECT count(*) FROM transaction_items") == [(2,)]
    assert "withdrawn" in output_of("uploads", "list", "--restaurant", "bistro")
    assert ask(store, bistro, "SELECT count(*) FROM audit_logs WHERE action = 'uploads.withdraw'") == [(1,)]


def test_the_rejected_rows_of_a_refused_file_have_its_columns_in_its_order(store: Store, bistro: Restaurant) -> None:
    header = "quantity,Server,price,item,date,spice\n"
    content = header + "x,,4.50,Soup,2026-03-06,hot\n1,,1.20,Bread,2026-03-06,\n"
    refused = hand_in(store, bistro, content, rejected_share=0.0)
    assert refused.status == "failed"
    printed = flux("uploads", "rejected", refused.short_id)
    assert printed.stdout == header + "x,,4.50,Soup,2026-03-06,\n"
    assert "upload the whole file" in printed.stderr
    assert "encoding: utf-8" in output_of("uploads", "show", refused.short_id)
    corrected = printed.stdout.replace("x,", "2,")
    assert hand_in(store, bistro, corrected, rejected_share=0.0).accounting.loaded == 1


@pytest.mark.parametrize("command", ["show", "rejected", "withdraw"])
def test_an_id_that_names_no_upload_or_several_is_refused(store: Store, bistro: Restaurant, command: str) -> None:
    for number in (1, 2):
        with store.tenant(bistro) as tx:
            kept = Archive(store.settings.archive).keep(f"{SALES}{number}".encode(), bistro.slug)
            upload, _ = register_upload(tx, kept, "sales", f"{number}.csv", {})
            alike = f"abcd0000-0000-4000-8000-00000000000{number}"
            tx.connection.exec_driver_sql("UPDATE data_uploads SET id = %s WHERE id = %s", (alike, upload.id))
    assert "More than one upload has an id that begins with 'abcd'" in refused("uploads", command, "abcd")
    assert "No upload has an id that begins with 'abce'" in refused("uploads", command, "abce")
    for wrong in ("abc", "march.csv", "%%%%"):
        assert "can't be the id of an upload" in refused("uploads", command, wrong)


def test_the_uploads_of_all_restaurants_are_listed_with_one_query(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    for restaurant, name in ((bistro, "one.csv"), (cafe, "two.csv"), (bistro, "three.csv")):
        hand_in(store, restaurant, SALES.replace("Soup", name), name)
    statements: list[str] = []

    def note(*seen: object) -> None:
        statements.append(str(seen[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        listed = output_of("uploads", "list", "--limit", 2)
        of_cafe = output_of("uploads", "list", "--restaurant", "cafe")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len([each for each in statements if "FROM data_uploads" in each or "JOIN data_uploads" in each]) == 2
    assert listed.index("three.csv") < listed.index("two.csv") and "one.csv" not in listed
    assert "two.csv" in of_cafe and "three.csv" not in of_cafe
    assert "Unknown restaurant 'nobody'" in refused("uploads", "list", "--restaurant", "nobody")
