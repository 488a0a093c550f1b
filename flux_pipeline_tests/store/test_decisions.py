"""Tests of decisions: a person makes them, they are logged, and no later run undoes one."""

import datetime as dt
import json
import uuid
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.people import add_user, join_restaurant, set_active
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.decisions import Choice, Decision, decide_forecasts
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask
from flux_pipeline_tests.store.publishing import CAKE, TEA, forecast_of, publish, put_on_the_menu

KIM, ADA = "kim@bistro.example", "ada@group.example"
NOW = dt.datetime.now(dt.UTC)
HOW = "SELECT status, count(*), count(decided_by) FROM demand_forecasts WHERE is_current GROUP BY status ORDER BY 1"


@pytest.fixture
def as_of(bistro: Restaurant) -> dt.date:
    return bistro.last_complete_business_day(NOW)


@pytest.fixture
def items(store: Store, bistro: Restaurant) -> pd.DataFrame:
    return put_on_the_menu(store, bistro)


@pytest.fixture(autouse=True)
def published(store: Store, bistro: Restaurant, items: pd.DataFrame, as_of: dt.date) -> uuid.UUID:
    """Two items on fourteen days, all pending; Kim works here, Ada is an admin of the group."""
    add_user(store, KIM, "Kim", "staff", None)
    join_restaurant(store, KIM, "bistro", "manager")
    add_user(store, ADA, "Ada", "admin", None)
    return publish(store, bistro, forecast_of(items, as_of), as_of, items=items)


def decide(store: Store, status: str, email: str | None = KIM, again: bool = False, **choice: object) -> Decision:
    return decide_forecasts(store, "bistro", status, email, Choice(**choice), now=NOW, again=again)  # type: ignore[arg-type]


def ids(store: Store, restaurant: Restaurant, where: str) -> list[uuid.UUID]:
    rows = ask(store, restaurant, f"SELECT id FROM demand_forecasts WHERE {where} ORDER BY forecast_date")
    return [row[0] for row in rows]  # type: ignore[misc]


def test_all_days_ahead_are_approved_in_a_persons_name_and_logged(
    store: Store, bistro: Restaurant, as_of: dt.date
) -> None:
    assert decide(store, "approved") == Decision([as_of], 28, 0)
    assert ask(store, bistro, HOW) == [("approved", 28, 28)]
    when = ask(store, bistro, "SELECT bool_and(decided_at > published_at) FROM demand_forecasts")
    assert when == [(True,)]
    with store.fleet() as fleet:
        (act, *_) = list_acts(fleet, slug="bistro")
    assert (act.action, act.subject) == ("forecasts.approve", f"28 as of {as_of}")
    assert act.before == {"pending": 28}
    days = {"from": str(as_of + dt.timedelta(days=1)), "to": str(as_of + dt.timedelta(days=14))}
    assert act.after == {"approved": 28, "by": KIM, "items": [CAKE, TEA], **days}


def test_the_same_decision_again_changes_and_logs_nothing(store: Store, bistro: Restaurant, as_of: dt.date) -> None:
    decide(store, "rejected", item=TEA)
    before = ask(store, bistro, "SELECT id, decided_by, decided_at FROM demand_forecasts ORDER BY id")
    assert decide(store, "rejected", ADA, item=TEA) == Decision([as_of], 0, 14)
    assert ask(store, bistro, "SELECT id, decided_by, decided_at FROM demand_forecasts ORDER BY id") == before
    with store.fleet() as fleet:
        assert sum(act.action == "forecasts.reject" for act in list_acts(fleet, slug="bistro")) == 1


def test_rows_can_be_chosen_by_item_by_day_and_by_id(store: Store, bistro: Restaurant, as_of: dt.date) -> None:
    tomorrow = as_of + dt.timedelta(days=2)
    assert decide(store, "approved", item="tEA", dates=[tomorrow]).decided == 1
    assert decide(store, "approved", dates=[tomorrow, tomorrow + dt.timedelta(days=1)]) == Decision([as_of], 3, 1)
    chosen = ids(store, bistro, "status = 'pending'")[:2]
    assert decide(store, "rejected", ids=chosen) == Decision([as_of], 2, 0)
    assert ids(store, bistro, "status = 'rejected'") == chosen
    assert decide(store, "approved", as_of=as_of, item=CAKE, again=True).decided > 10


def test_rows_decided_differently_are_refused_by_name_and_decided_with_again(
    store: Store, bistro: Restaurant, as_of: dt.date
) -> None:
    day = as_of + dt.timedelta(days=3)
    decide(store, "rejected", item=TEA, dates=[day])
    with pytest.raises(
        PermanentError, match=f"1 of these rows were rejected by {KIM}, for example Tea on {day}.*again"
    ):
        decide(store, "approved", ADA, item=TEA)
    assert ask(store, bistro, "SELECT count(*) FROM demand_forecasts WHERE status = 'approved'") == [(0,)]
    assert decide(store, "approved", ADA, again=True).decided == 28
    with store.fleet() as fleet:
        (act, *_) = list_acts(fleet, slug="bistro")
    assert act.before == {"pending": 27, f"rejected by {KIM}": 1}


def test_a_decision_on_everything_skips_rows_decided_differently(
    store: Store, bistro: Restaurant, as_of: dt.date
) -> None:
    decide(store, "rejected", item=TEA)
    assert decide(store, "approved", ADA) == Decision([as_of], 14, 0, 14)
    assert ask(store, bistro, HOW) == [("approved", 14, 14), ("rejected", 14, 14)]
    assert decide(store, "approved") == Decision([as_of], 0, 14, 14)


def test_a_row_approved_for_its_confidence_has_no_person_until_one_decides(
    store: Store, bistro: Restaurant, items: pd.DataFrame, as_of: dt.date
) -> None:
    publish(store, bistro, forecast_of(items, as_of), as_of, approve_from=0.0)
    assert ask(store, bistro, HOW) == [("approved", 28, 0)]
    assert decide(store, "rejected", item=TEA).decided == 14
    assert decide(store, "approved", item=CAKE).decided == 14
    assert ask(store, bistro, HOW) == [("approved", 14, 14), ("rejected", 14, 14)]
    publish(store, bistro, forecast_of(items, as_of), as_of, approve_from=0.0)
    assert ask(store, bistro, HOW) == [("approved", 14, 14), ("rejected", 14, 14)]


def test_a_superseded_row_is_refused(store: Store, bistro: Restaurant, items: pd.DataFrame, as_of: dt.date) -> None:
    (old, *_) = ids(store, bistro, "true")
    publish(store, bistro, forecast_of(items, as_of), as_of)
    with pytest.raises(PermanentError, match="superseded by a later run"):
        decide(store, "approved", ids=[old])


def test_days_that_are_over_are_left_out_and_refused_if_named(
    store: Store, bistro: Restaurant, items: pd.DataFrame, as_of: dt.date
) -> None:
    before = as_of - dt.timedelta(days=3)
    publish(store, bistro, forecast_of(items, before), before)
    assert decide(store, "approved", as_of=before) == Decision([before], 22, 0)
    over = ids(store, bistro, f"as_of = '{before}' AND forecast_date = '{as_of}'")
    for choice in ({"as_of": before, "dates": [as_of]}, {"ids": over}):
        with pytest.raises(PermanentError, match=f"days that are over: {as_of}"):
            decide(store, "approved", **choice)
    long_ago = as_of - dt.timedelta(days=300)
    publish(store, bistro, forecast_of(items, long_ago), long_ago)
    with pytest.raises(PermanentError, match="days that are over"):
        decide(store, "approved", as_of=long_ago)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"item": "te"}, "no item called 'te'. Did you mean: Tea?"),
        ({"item": "coffee"}, "no item called 'coffee'.$"),
        ({"as_of": dt.date(2020, 1, 1)}, "no forecast as of 2020-01-01"),
        ({"dates": [dt.date(2020, 1, 1)]}, "no row for 2020-01-01. It goes from"),
        ({"ids": [uuid.UUID(int=7)]}, "no forecast with the id 00000000"),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(
    store: Store, choice: dict[str, object], sentence: str
) -> None:
    with pytest.raises(PermanentError, match=sentence):
        decide(store, "approved", **choice)


def test_the_rows_of_another_restaurant_can_not_be_decided_on(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    (theirs, *_) = ids(store, bistro, "true")
    with pytest.raises(PermanentError, match="cafe has no forecast with the id"):
        decide_forecasts(store, "cafe", "approved", ADA, Choice(ids=[theirs]), now=NOW)


def test_only_an_active_person_who_works_there_decides(store: Store) -> None:
    add_user(store, "eve@else.example", "Eve", "manager", None)
    with pytest.raises(PermanentError, match=r"flux users join eve@else\.example --restaurant bistro"):
        decide(store, "approved", "eve@else.example")
    with pytest.raises(PermanentError, match="Nobody has the address"):
        decide(store, "approved", "nobody@else.example")
    with pytest.raises(PermanentError, match="Name one with --by EMAIL"):
        decide(store, "approved", None)
    set_active(store, KIM, active=False)
    with pytest.raises(PermanentError, match="not active"):
        decide(store, "approved")
    assert decide(store, "approved", ADA).decided == 28


def flux(*words: object, **variables: str) -> Result:
    done = CliRunner().invoke(main, [str(word) for word in words], env=variables)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_the_commands_say_what_they_did(store: Store, bistro: Restaurant, as_of: dt.date) -> None:
    done = flux("forecast", "reject", "--restaurant", "bistro", "--item", "tea", "--by", KIM)
    assert done.output == f"bistro: 14 forecasts as of {as_of} are rejected.\n"
    refused = flux("forecast", "approve", "--restaurant", "bistro", "--item", "tea", FLUX_ACTOR=KIM)
    assert refused.exit_code == 1 and "--again" in refused.output
    day = as_of + dt.timedelta(days=1)
    one = flux("forecast", "approve", "--restaurant", "bistro", "--item", CAKE, "--date", day, FLUX_ACTOR=KIM)
    assert one.output == f"bistro: 1 forecast as of {as_of} is approved.\n"
    (chosen, *_) = ids(store, bistro, "status = 'rejected'")
    again = flux("forecast", "reject", "--restaurant", "bistro", "--id", chosen, "--by", KIM)
    assert again.output == f"bistro: 1 forecast as of {as_of} was already rejected.\n"
    rest = flux("forecast", "approve", "--restaurant", "bistro", "--by", KIM).output.splitlines()
    assert rest[0] == f"bistro: 13 forecasts as of {as_of} are approved."
    assert rest[1] == f"bistro: 1 forecast as of {as_of} was already approved."
    assert rest[2].startswith(f"bistro: 14 forecasts as of {as_of} unchanged, because a person decided the opposite")
    both = flux("forecast", "reject", "--restaurant", "bistro", "--id", chosen, "--item", "tea")
    assert both.exit_code == 2 and "Leave --as-of, --item and --date out" in both.output
    assert "forecasts.reject" in flux("audit", "--restaurant", "bistro").output
    shown = flux("forecast", "--restaurant", "bistro", "--item", "tea").output
    assert "rejected" in shown and "pending" not in shown


def test_the_help_explains_what_a_rejection_does_not_do(store: Store) -> None:
    help_text = " ".join(flux("forecast", "reject", "--help").output.split())
    assert "totals and staffing still count what was forecast" in help_text


def test_flux_forecast_itself_works_as_before_and_shows_totals_too(
    store: Store, bistro: Restaurant, as_of: dt.date
) -> None:
    plain = flux("forecast", "--restaurant", "bistro")
    assert plain.exit_code == 0 and "p90" in plain.output and "Tea" in plain.output
    rows = json.loads(flux("forecast", "--restaurant", "bistro", "--json").output)
    assert len(rows) == 28 and uuid.UUID(rows[0]["id"])
    assert "--restaurant" in flux("forecast").output and flux("forecast").exit_code == 2
    assert flux("forecast", "--restaurant", "bistro", "approve").exit_code == 2
    assert flux("forecast", "--restaurant", "bistro", "--by", "category", "--item", "tea").exit_code == 2
    total = flux("forecast", "--restaurant", "bistro", "--by", "restaurant")
    assert total.output.count("\n") > 14 and "all items together" in total.output
    by_category = flux("forecast", "--restaurant", "bistro", "--by", "category").output
    for words in ("Drinks", "(without category)", "all together"):
        assert words in by_category
    csv = flux("forecast", "--restaurant", "bistro", "--by", "category", "--csv", "--days", 2).output.splitlines()
    assert csv[0] == "date,category,item_count,predicted_quantity,p10,p50,p90,p99,as_of" and len(csv) == 5
    none = flux("forecast", "--restaurant", "bistro", "--by", "restaurant", "--as-of", "2020-01-01")
    assert none.exit_code == 1 and "flux run --restaurant bistro --as-of 2020-01-01" in none.output


def test_a_picture_is_written_to_a_file(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "fonts"))
    file = tmp_path / "bistro.png"
    done = flux("forecast", "plot", "--restaurant", "bistro", "--to", file)
    assert done.exit_code == 0 and file.read_bytes().startswith(b"\x89PNG"), done.output
    whole = file.stat().st_size
    assert flux("forecast", "plot", "--restaurant", "bistro", "--item", "tea", "--to", file).exit_code == 0
    assert 1000 < file.stat().st_size < whole
    for words, sentence in (
        (("--item", "coffee", "--to", file), "of an item called 'coffee'"),
        (("--as-of", "2020-01-01", "--to", file), "no forecast as of 2020-01-01"),
        (("--to", tmp_path / "bistro.pdf"), "does not end with .png"),
        (("--to", tmp_path / "no" / "folder.png"), "can't be written"),
    ):
        refused = flux("forecast", "plot", "--restaurant", "bistro", *words)
        assert refused.exit_code == 1 and sentence in refused.output, refused.output


def test_a_decision_changes_no_forecast_that_is_read(store: Store, bistro: Restaurant) -> None:
    columns = ["date", "item", "predicted_quantity", "p10", "p50", "p90", "p99"]
    with store.tenant(bistro) as tx:
        before = read_forecasts(tx)[columns]
        totals = tx.connection.execute(text("SELECT * FROM demand_forecasts_by_restaurant ORDER BY id")).all()
    decide(store, "rejected")
    with store.tenant(bistro) as tx:
        pd.testing.assert_frame_equal(read_forecasts(tx)[columns], before)
        assert tx.connection.execute(text("SELECT * FROM demand_forecasts_by_restaurant ORDER BY id")).all() == totals
