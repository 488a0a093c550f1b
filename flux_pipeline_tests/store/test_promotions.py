"""Promotions from files and by hand: found by alias, stored once, and read as known at a moment."""

import datetime as dt
from decimal import Decimal

import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import main
from flux_pipeline.cli.restaurant.promotions import parse_off
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.promotions import promotion_days
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

SALES = "date,item,quantity,price\n2026-03-01,Soup,3,4.50\n2026-03-01,Crème brûlée,3,6\n"
HEAD = "item,starts_on,ends_on,discount,known_at\n"
FEBRUARY = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def days(store: Store, restaurant: Restaurant, known_at: dt.datetime | None = None) -> list[str]:
    """Return the promotion days of March as known at a moment, by item and day."""
    names = dict(ask(store, restaurant, "SELECT id::text, name FROM menu_items"))
    with store.tenant(restaurant) as tx:
        found = promotion_days(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 31), known_at or now())
    return sorted(f"{names[item]} {day:%d}" for item, day in zip(found["item"], found.date, strict=True))


def test_a_promotion_covers_its_days_by_any_spelling_of_the_item(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    upload = hand_in_kind(store, bistro, "promotions", f"{HEAD}CREME  BRULEE,2026-03-30,2026-04-02,20%,2026-02-01\n")
    assert (upload.status, upload.accounting.loaded) == ("completed", 1)
    assert days(store, bistro) == ["Crème brûlée 30", "Crème brûlée 31"]
    assert ask(store, bistro, "SELECT count(*) FROM menu_items") == [(2,)]


def test_a_promotion_is_known_from_the_given_moment_or_its_files_arrival(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    hand_in_kind(
        store,
        bistro,
        "promotions",
        f"{HEAD}Soup,2026-03-05,2026-03-05,20%,2026-02-01\nSoup,2026-03-09,2026-03-09,20%,\n",
    )
    assert days(store, bistro, FEBRUARY) == ["Soup 05"]
    assert days(store, bistro) == ["Soup 05", "Soup 09"]


def test_a_stored_promotion_with_the_same_values_is_unchanged(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    for more in ("", "Crème brûlée,2026-03-02,2026-03-02,10%,\n"):
        file = f"{HEAD}Soup,2026-03-05,2026-03-06,20%,\n{more}"
        upload = hand_in_kind(store, bistro, "promotions", file)
        assert upload.accounting.loaded == 1
    assert upload.accounting.reasons == {"already_loaded": 1}
    assert ask(store, bistro, "SELECT count(*) FROM promotions") == [(2,)]


def test_a_correction_counts_since_its_file_even_if_it_gives_an_earlier_moment(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, SALES)
    file = f"{HEAD}Soup,2026-03-05,2026-03-06,20%,2026-02-01\n"
    hand_in_kind(store, bistro, "promotions", file)
    before = now()
    assert hand_in_kind(store, bistro, "promotions", file.replace("03-06", "03-07")).accounting.loaded == 1
    assert days(store, bistro) == ["Soup 05", "Soup 06", "Soup 07"]
    for known_at in (FEBRUARY, before):
        assert days(store, bistro, known_at) == ["Soup 05", "Soup 06"]


def test_an_earlier_known_at_can_be_added_if_the_promotion_was_never_corrected(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, SALES)
    file = f"{HEAD}Soup,2026-03-05,2026-03-05,20%,\n"
    hand_in_kind(store, bistro, "promotions", file)
    assert days(store, bistro, FEBRUARY) == []
    upload = hand_in_kind(store, bistro, "promotions", file.replace("20%,", "20%,2026-02-01"))
    assert upload.accounting.loaded == 1
    assert days(store, bistro, FEBRUARY) == ["Soup 05"]


def test_an_amount_off_is_stored_as_an_amount(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    hand_in_kind(
        store, bistro, "promotions", "item,starts_on,ends_on,discount_amount\nSoup,2026-03-05,2026-03-05,0.50\n"
    )
    assert ask(store, bistro, "SELECT discount, discount_amount FROM promotions") == [(None, Decimal("0.50"))]
    assert days(store, bistro) == ["Soup 05"]


def test_an_item_of_a_promotion_is_off_the_menu_until_it_sells(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(store, bistro, "promotions", f"{HEAD}Soup,2026-03-05,2026-03-05,20%,\n")
    assert ask(store, bistro, "SELECT name, is_active FROM menu_items") == [("Soup", False)]
    hand_in(store, bistro, SALES)
    assert ask(store, bistro, "SELECT name, is_active FROM menu_items WHERE name = 'Soup'") == [("Soup", True)]
    assert days(store, bistro) == ["Soup 05"]


def test_a_name_that_is_nearly_anothers_is_noted_with_the_suggestion(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    hand_in_kind(store, bistro, "promotions", f"{HEAD}Creme brulées,2026-03-05,2026-03-05,20%,\n")
    found = ask(
        store,
        bistro,
        "SELECT m.name FROM menu_item_aliases a JOIN menu_items m ON m.id = a.suggested_menu_item_id",
    )
    assert found == [("Crème brûlée",)]
    assert "never sold" in run("list")


def test_the_later_row_counts_if_two_spellings_mean_one_item(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    upload = hand_in_kind(
        store, bistro, "promotions", f"{HEAD}Soup,2026-03-05,2026-03-05,20%,\nSOUP,2026-03-05,2026-03-06,20%,\n"
    )
    assert (upload.accounting.loaded, upload.accounting.reasons) == (1, {"repeated_row": 1})
    assert days(store, bistro) == ["Soup 05", "Soup 06"]


def test_restaurants_do_not_see_each_others_promotions(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        hand_in(store, restaurant, SALES)
    hand_in_kind(store, bistro, "promotions", f"{HEAD}Soup,2026-03-05,2026-03-05,20%,\n")
    assert days(store, cafe) == []


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["promotions", *arguments, "--restaurant", "bistro"])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_promotion_by_hand_is_stored_corrected_and_retracted(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    assert "Soup is in a promotion" in run("add", "soup", "2026-03-05", "2026-03-06", "--off", "20%")
    assert "was already" in run("add", "soup", "2026-03-05", "2026-03-06", "--off", "20%")
    at_first = now()
    run("add", "soup", "2026-03-05", "2026-03-05", "--off", "0.50")
    corrected = now()
    assert "0.50" in run("list")
    assert "Soup has no promotion that starts on 2026-03-05." in run("remove", "Soup", "2026-03-05")
    assert "had none" in run("remove", "Soup", "2026-03-05")
    assert [days(store, bistro, moment) for moment in (at_first, corrected, now())] == [
        ["Soup 05", "Soup 06"],
        ["Soup 05"],
        [],
    ]
    with store.fleet() as fleet:
        acts = [act.action for act in list_acts(fleet, slug="bistro") if act.action.startswith("promotions")]
    assert acts == ["promotions.remove", "promotions.add", "promotions.add"]


def test_an_unknown_item_is_refused_with_a_similar_one(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    asked = ["promotions", "add", "creme brule", "2026-03-05", "2026-03-05", "--off", "20%", "--restaurant", "bistro"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 1
    assert "No menu item of bistro is called 'creme brule'. Did you mean 'Crème brûlée'?" in done.output


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("20%", (Decimal("0.2"), None)),
        ("12.5 %", (Decimal("0.125"), None)),
        ("0.50", (None, Decimal("0.50"))),
        ("2", (None, Decimal(2))),
    ],
)
def test_a_discount_is_a_share_or_an_amount(text: str, off: tuple[Decimal | None, Decimal | None]) -> None:
    assert parse_off(text) == off


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-1", "half", "1e3"])
def test_an_invalid_discount_is_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="20%"):
        parse_off(text)
