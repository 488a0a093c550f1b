"""Stock-outs from files and by hand: a retracted one was still known before."""

import datetime as dt

from click.testing import CliRunner

from flux_pipeline.cli.main import main
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.stock_outs import sold_out_days
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

SALES = "date,item,quantity,price\n2026-03-01,Soup,3,4.50\n2026-03-01,Pie,3,6\n"
HEAD = "item,date,time,known_at\n"
AS_OF = dt.date(2026, 3, 31)
MARCH = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def days(store: Store, restaurant: Restaurant, known_at: dt.datetime | None = None, as_of: dt.date = AS_OF):
    names = dict(ask(store, restaurant, "SELECT id::text, name FROM menu_items"))
    with store.tenant(restaurant) as tx:
        found = sold_out_days(tx, as_of, known_at or now())
    return sorted(f"{names[item]} {day:%d}" for item, day in zip(found["item"], found.date, strict=True))


def test_a_file_gives_item_time_and_known_at_of_a_stock_out(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    file = f"{HEAD}soup,2026-03-05,14:30,2026-03-05\nPie,2026-03-06,01:15,\nPie,2026-03-07,,\n"
    assert hand_in_kind(store, bistro, "sold_out", file).accounting.loaded == 3
    assert days(store, bistro) == ["Pie 06", "Pie 07", "Soup 05"]
    assert days(store, bistro, MARCH) == ["Soup 05"]
    assert days(store, bistro, as_of=dt.date(2026, 3, 6)) == ["Pie 06", "Soup 05"]
    at = ask(store, bistro, "SELECT sold_out_at FROM sold_out_days ORDER BY business_date")
    # A quarter past one at night is of the evening before; Paris is an hour ahead.
    assert at == [
        (dt.datetime(2026, 3, 5, 13, 30, tzinfo=dt.UTC),),
        (dt.datetime(2026, 3, 7, 0, 15, tzinfo=dt.UTC),),
        (None,),
    ]


def test_a_stored_stock_out_is_unchanged_and_can_get_its_time(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    hand_in_kind(store, bistro, "sold_out", f"{HEAD}Soup,2026-03-05,,2026-03-05\n")
    again = hand_in_kind(store, bistro, "sold_out", f"{HEAD}Soup,2026-03-05,14:30,\nPie,2026-03-05,,\n")
    assert again.accounting.loaded == 2
    same = hand_in_kind(store, bistro, "sold_out", f"{HEAD}Soup,2026-03-05,,\nPie,2026-03-05,,\nPie,2026-03-06,,\n")
    assert (same.accounting.loaded, same.accounting.reasons) == (1, {"already_loaded": 2})
    assert days(store, bistro, MARCH) == ["Soup 05"]


def test_a_stock_out_is_stored_by_hand_and_retracted(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["sold-out", *arguments, "--restaurant", "bistro"])
        assert done.exit_code == 0, done.output
        return done.output

    assert "Soup is noted as sold out on 2026-03-05." in run("add", "soup", "2026-03-05", "--at", "14:30")
    assert "was already" in run("add", "soup", "2026-03-05")
    assert "14:30" in run("list")
    before = now()
    assert "no longer" in run("remove", "soup", "2026-03-05")
    assert "not noted" in run("remove", "soup", "2026-03-05")
    assert days(store, bistro) == []
    assert days(store, bistro, before) == ["Soup 05"]
    run("add", "soup", "2026-03-05")
    assert days(store, bistro) == ["Soup 05"]


def test_restaurants_do_not_see_stock_outs_of_others(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    hand_in_kind(store, bistro, "sold_out", f"{HEAD}Soup,2026-03-05,,\n")
    assert days(store, cafe) == []
