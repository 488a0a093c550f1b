"""Summary after a load: what a person compares with the till, the same in the load, its dry run and what is stored."""

from pathlib import Path

import pytest

from flux_pipeline.cli.files._reasons import reasons_in_words
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.trial import try_upload
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in
from flux_pipeline_tests.store.test_upload_commands import output_of
from flux_pipeline_tests.unit.ingest.sales_cases import Case
from flux_pipeline_tests.unit.ingest.test_sales_sums import CASES

TILL = (
    "Date,Ticket,Item,Qty,Price,Amount,Total,Status,Shelf\n"
    "2026-03-06,A1,Soup,2,4.50,9.00,11.00,Paid,1\n"
    "2026-03-06,A1,Bread,1,2.00,2.00,11.00,Paid,1\n"
    "2026-03-06,A2,Soup,1,4.50,4.50,4.50,Voided,2\n"
    "2026-03-07,A3,Tea,1,3.00,3.00,3.00,Refunded,2\n"
    "2026-03-07,A4,Tea,2.5,3.00,7.50,7.50,Paid,2\n"
)
SUMMARY = (
    "2 tickets, 3 lines, 5.50 units, net sales EUR 18.50 on 2 days from 2026-03-06 to 2026-03-07.",
    "Fri 2026-03-06 1 2 3 11.00",
    "Sat 2026-03-07 1 1 2.50 7.50",
    "average of 2 1.0 1.5 2.8 9.25",
    "Checked: The amount is quantity x price, before or after the discount, on 3 of 3 lines.",
    "Checked: Line amounts add up to the ticket totals in 'Total' on 2 of 2 tickets.",
    "Left out: 1 void line (4.50); 1 sale that was refunded later (3.00).",
    "Shelf",
)


@pytest.fixture
def runs(dagster_database: None) -> None:
    """A place for the records of Dagster's runs, in which a command loads."""


@pytest.fixture
def till(tmp_path: Path) -> Path:
    path = tmp_path / "till.csv"
    path.write_text(TILL)
    return path


def lines(*words: object) -> str:
    """What a command prints, without the spaces of tables; of a stored upload without the status of its days."""
    printed = (" ".join(line.split()) for line in output_of(*words).splitlines())
    return "\n".join(line.removesuffix(" current") for line in printed)


def test_a_dry_run_a_load_and_a_stored_upload_end_with_the_same_summary(
    store: Store, bistro: Restaurant, runs: None, till: Path
) -> None:
    printed = [lines("upload", till, "--restaurant", "bistro", "--dry-run")]
    assert "Nothing was written. It would be" in printed[0]
    printed.append(lines("upload", till, "--restaurant", "bistro"))
    ((upload_id,),) = ask(store, bistro, "SELECT id FROM data_uploads")
    printed.append(lines("uploads", "show", upload_id))
    for text in printed:
        for sentence in SUMMARY:
            assert sentence in text


VERIFIED = [case for case in CASES if case.sold and case.sold[0] and case.country == "GB" and not case.hints]


@pytest.mark.parametrize("case", VERIFIED, ids=[case.defect for case in VERIFIED])
def test_days_and_reasons_of_a_report_add_up_to_the_file(store: Store, bistro: Restaurant, case: Case) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.9)
    content = case.content.encode() if isinstance(case.content, str) else case.content
    # The bistro is in France, where a point before three digits is that of thousands.
    hints = Hints(decimal="point" if "1.125" in str(case.content) else None)
    report = try_upload(store, bistro, Source.of(content, "till.csv"), "sales", hints).report
    assert report is not None
    counted = [sum(getattr(day, name) for day in report.days) for name in ("lines", "units", "amount")]
    assert tuple(round(number, 3) for number in counted) == case.sold
    assert report.upload.accounting.reasons == case.reasons
    left_out = reasons_in_words(report.upload.accounting.reasons, report.found["skipped_amounts"])
    assert len(left_out) == len(case.reasons)


def test_of_many_days_the_last_are_shown_and_the_average_of_all(store: Store, bistro: Restaurant) -> None:
    rows = "".join(f"2026-03-{day:02},Soup,{day},2.00\n" for day in range(1, 21))
    upload = hand_in(store, bistro, f"date,item,quantity,price\n{rows}")
    shown = lines("uploads", "show", upload.id)
    assert "20 lines, 210 units, net sales EUR 420.00 on 20 days from 2026-03-01 to 2026-03-20." in shown
    assert "The last 14 days" in shown
    assert "Sat 2026-03-07 1 7 14.00" in shown and "2026-03-06 1" not in shown
    assert "average of 20 1.0 10.5 21.00" in shown
    assert "Not checked: the file has no totals or prices to compare with." in shown
    assert "ticket" not in shown


def test_a_day_that_a_later_file_superseded_is_shown_as_such(store: Store, bistro: Restaurant) -> None:
    head = "date,item,quantity,price\n"
    first = hand_in(store, bistro, head + "2026-03-06,Soup,3,4.50\n")
    hand_in(store, bistro, head + "2026-03-06,Soup,4,4.50\n2026-03-06,Tea,1,2.00\n")
    assert "Fri 2026-03-06 1 3 13.50 superseded" in lines("uploads", "show", first.id)


def test_a_menu_is_summed_up_in_a_sentence(store: Store, bistro: Restaurant, runs: None, tmp_path: Path) -> None:
    path = tmp_path / "menu.csv"
    path.write_text("item,price,weather\nSoup,4.50,x\nTea,2.00,x\nTea,2.50,y\n")
    printed = lines("upload", path, "--restaurant", "bistro", "--kind", "menu")
    assert "2 rows of menu." in printed
    assert "Left out: 1 row that a later row of the file replaces." in printed
    assert "not used: 'weather'" in printed
