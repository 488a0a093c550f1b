"""Priors from other restaurants: a young restaurant starts from what is usual, an older one goes by its own days."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand, parameters_to_share
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors, category_words
from flux_pipeline.demand.sharing import average_parameters, priors_of
from flux_pipeline_tests.unit.demand.simulated import (
    AS_OF,
    HORIZON,
    WEEKDAY,
    cafe,
    calendar,
    counts,
    sales_of,
    weekday_factor,
)

NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
LOG_WEEKDAY = np.log(WEEKDAY) - np.log(WEEKDAY).mean()
NO_SALES = pd.DataFrame(
    {"item": pd.Series(dtype=object), "date": pd.Series(dtype="datetime64[s]"), "quantity": pd.Series(dtype=float)}
)


def averages(values: dict[str, float], category: str = "", sd: float = 0.1, country: str = "DE") -> pd.DataFrame:
    return pd.DataFrame(
        [(country, category, name, mean, sd, 34) for name, mean in values.items()],
        columns=["country", "category", "parameter", "mean", "sd", "restaurant_count"],
    )


def usual_week(country: str = "DE") -> DemandPriors:
    return priors_of(averages(dict(zip(NAMES, LOG_WEEKDAY, strict=True)), country=country), country)


def shared_by(count: int, country: str = "DE", value: float = 0.2) -> pd.DataFrame:
    return pd.DataFrame({"country": country, "category": "", "parameter": "friday", "value": [value] * count})


def by_weekday(rows: pd.DataFrame) -> np.ndarray:
    return rows.groupby(rows["date"].dt.day_of_week)["mean"].mean().to_numpy()


@pytest.mark.parametrize("history", [0, 6, 60])
def test_without_priors_the_forecast_is_the_same_to_the_bit(history: int):
    sales, days = cafe(history) if history else (NO_SALES, calendar(0))
    items = pd.DataFrame({"item": ["coffee", "cake", "soup"], "category": ["drinks", "food", "food"]})
    one = forecast_demand(sales, days, as_of=AS_OF, items=items)
    other = forecast_demand(sales, days, as_of=AS_OF, items=items, priors=DemandPriors())
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)
    assert one.posterior.to_json() == other.posterior.to_json()


def test_a_restaurant_without_history_has_the_usual_week():
    items = pd.DataFrame({"item": ["a"]})
    rows = forecast_demand(NO_SALES, calendar(0), as_of=AS_OF, items=items, priors=usual_week()).rows
    assert by_weekday(rows) == pytest.approx(4.0 * WEEKDAY / WEEKDAY.mean(), rel=1e-9)
    assert rows["logic_trigger"].str.endswith("no history, weekday profile of 34 restaurants in DE").all()


def test_ten_days_of_history_are_nearer_to_the_truth_with_priors():
    days = calendar(10)
    errors: dict[str, list[float]] = {"without": [], "with": []}
    for seed in range(20):
        sales = sales_of(days, {"a": counts(30 * weekday_factor(days), 4.0, seed)})
        for name, priors in (("without", NO_PRIORS), ("with", usual_week())):
            rows = forecast_demand(sales, days, as_of=AS_OF, priors=priors).rows
            errors[name].append(np.abs(rows["mean"] - 30 * weekday_factor(days)[-HORIZON:]).mean())
    assert np.mean(errors["with"]) < 0.8 * np.mean(errors["without"])


def test_a_restaurant_that_differs_from_the_others_outweighs_them_in_time():
    days = calendar(200)
    flat = sales_of(days, {"a": counts(np.full(len(days), 60.0), 1.5, 1)})
    rows = forecast_demand(flat, days, as_of=AS_OF, priors=usual_week()).rows
    assert by_weekday(rows) == pytest.approx(np.full(7, rows["mean"].mean()), rel=0.12)
    assert not rows["logic_trigger"].str.contains("restaurants").any()


def test_a_holiday_that_a_restaurant_has_not_seen_has_the_usual_effect():
    days = calendar(20).assign(is_holiday=0)
    days.loc[days.index[-3], "is_holiday"] = 1
    sales = sales_of(days, {"a": counts(np.full(len(days), 40.0), 1.5, 3)})
    priors = priors_of(averages({"is_holiday": 0.5}), "DE")
    one, other = (forecast_demand(sales, days, as_of=AS_OF, priors=p).rows for p in (NO_PRIORS, priors))
    ratio = (other["mean"] / one["mean"]).to_numpy()
    assert ratio[-3] == pytest.approx(np.exp(0.5), rel=0.02)
    assert np.delete(ratio, -3) == pytest.approx(np.ones(HORIZON - 1), rel=0.02)
    [factor] = [f for f in other["factors"].iloc[-3] if f["factor"] == "is_holiday"]
    assert factor["provenance"] == "usual effect in 34 restaurants in DE" and not factor["identified"]


def test_a_category_has_the_usual_week_of_its_kind():
    items = pd.DataFrame({"item": ["beer", "soup"], "category": ["Cold  Drinks", "Soups"]})
    effects = dict(zip(NAMES, [0, 0, 0, 0, 0, 0.7, 0], strict=True))
    priors = priors_of(pd.concat([averages(effects, "cold drinks"), averages({"monday": 0.0})]), "DE")
    rows = forecast_demand(NO_SALES, calendar(0), as_of=AS_OF, items=items, priors=priors).rows
    of = {item: by_weekday(part) for item, part in rows.groupby("item")}
    assert of["soup"] == pytest.approx(np.full(7, 4.0))
    assert of["beer"][5] / of["beer"][0] == pytest.approx(np.exp(0.7))


def test_ten_days_of_a_category_are_nearer_to_the_truth_with_its_prior():
    days = calendar(10)
    saturdays = np.where(days["date"].dt.day_of_week == 5, 2.0, 1.0)
    items = pd.DataFrame({"item": ["beer", "wine", "soup"], "category": ["Drinks", "Drinks", "Food"]})
    week = averages(dict(zip(NAMES, [-0.1] * 5 + [0.5, -0.1], strict=True)))
    drinks = averages(dict(zip(NAMES, [-0.1] * 5 + [0.25, -0.1], strict=True)), "drinks", sd=0.05)
    errors: dict[str, list[float]] = {"restaurant": [], "category": []}
    for seed in range(20):
        means = {"beer": 20 * saturdays, "wine": 20 * saturdays, "soup": np.full(len(days), 20.0)}
        sales = sales_of(days, {name: counts(mean, 4.0, seed + 100 * len(name)) for name, mean in means.items()})
        for name, known in (("restaurant", week), ("category", pd.concat([week, drinks]))):
            rows = forecast_demand(sales, days, as_of=AS_OF, items=items, priors=priors_of(known, "DE")).rows
            truth = np.concatenate([means[item][-HORIZON:] for item in items["item"]])
            errors[name].append(np.abs(rows["mean"].to_numpy() - truth).mean())
    assert np.mean(errors["category"]) < 0.97 * np.mean(errors["restaurant"])


def test_a_young_restaurants_spread_is_the_usual_one_until_its_own_shows():
    days = calendar(200)
    usual = priors_of(averages({"day_variation": 0.5, "log_dispersion": 0.5}), "DE")
    widths = {}
    for history in (12, 200):
        sales = sales_of(days.tail(history + HORIZON), {"a": counts(np.full(len(days), 50.0), 1.0, 5)[-history - 14 :]})
        for name, priors in (("without", NO_PRIORS), ("with", usual)):
            rows = forecast_demand(sales, days, as_of=AS_OF, priors=priors).rows
            widths[history, name] = float((rows["q0.9"] - rows["q0.1"]).mean())
    assert widths[12, "with"] > 1.5 * widths[12, "without"]
    assert widths[200, "with"] < 1.5 * widths[200, "without"]


def test_a_restaurant_shares_effects_and_spread_but_no_level():
    sales, days = cafe(300)
    items = pd.DataFrame({"item": ["coffee", "cake", "soup"], "category": ["Hot drinks", "Food", "food"]})
    found = parameters_to_share(sales, days, as_of=AS_OF, items=items)
    doubled = parameters_to_share(sales.assign(quantity=sales["quantity"] * 2), days, as_of=AS_OF, items=items)
    assert set(found["category"]) == {"", "hot drinks", "food"}
    assert not found.duplicated(["category", "parameter"]).any()
    own = found[found["category"] == ""].set_index("parameter")["value"]
    assert own[NAMES].to_numpy() == pytest.approx(LOG_WEEKDAY, abs=0.1)
    assert own["is_holiday"] == pytest.approx(np.log(1.6), abs=0.15)
    effects = ~found["parameter"].isin(["log_dispersion", "day_variation"])
    assert doubled["value"][effects].to_numpy() == pytest.approx(found["value"][effects].to_numpy(), abs=0.03)


def test_nothing_is_shared_of_less_than_eight_weeks():
    sales, days = cafe(55)
    assert parameters_to_share(sales, days, as_of=AS_OF).empty


def test_only_averages_of_twenty_restaurants_exist():
    assert average_parameters(shared_by(19)).empty
    found = average_parameters(shared_by(20))
    assert found[["country", "mean", "sd", "restaurant_count"]].to_numpy().tolist() == [
        ["", 0.2, 0.05, 20],
        ["DE", 0.2, 0.05, 20],
    ]


def test_countries_with_fewer_restaurants_have_the_averages_of_all():
    averaged = average_parameters(pd.concat([shared_by(20, "DE", 0.5), shared_by(10, "FR", 0.2)]))
    assert priors_of(averaged, "DE").of("friday").mean == 0.5
    french = priors_of(averaged, "FR")
    assert french.of("friday").mean == 0.4
    assert french.as_metadata() == {"priors": "weekday profile of 30 restaurants in all countries"}
    assert priors_of(average_parameters(shared_by(3)), "DE").as_metadata() == {}


def test_what_a_country_lacks_is_from_all_countries():
    french = shared_by(20, "FR", 0.2)
    known = pd.concat([shared_by(20, "DE", 0.5), shared_by(20, "DE", 0.3).assign(parameter="monday"), french])
    priors = priors_of(average_parameters(known), "FR")
    assert (priors.of("friday").mean, priors.of("friday").restaurants) == (0.2, 20)
    assert (priors.of("monday").mean, priors.of("monday").country) == (0.3, "")
    assert priors.as_metadata() == {"priors": "weekday profile of 20 restaurants in FR and all countries"}


def test_what_one_restaurant_adds_to_an_average_is_lost_in_its_rounding():
    rng = np.random.default_rng(4)
    guesses, values = [], []
    for _ in range(300):
        others, one = rng.normal(0.1, 0.25, 20), rng.normal(0.1, 0.25)
        before, after = (
            average_parameters(shared_by(len(v)).assign(value=v))["mean"][0] for v in (others, np.append(others, one))
        )
        guesses.append(after * 21 - before * 20)
        values.append(one)
    # What somebody computes who sees both averages is wrong by more than guessing the mean would be.
    error = np.abs(np.array(guesses) - values).mean()
    assert error > np.abs(np.array(values) - 0.1).mean()


def test_the_words_of_a_category_are_compared_without_case_and_signs():
    assert category_words("  Hot\u00a0Drinks & Co. ") == "hot drinks co"
    assert category_words("STRASSE") == category_words("Stra\u00dfe")
    assert category_words("--") == ""
