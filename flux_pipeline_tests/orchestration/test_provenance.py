"""Provenance of weather and words of events: from the feeds' tables into the published rows and the run's warning."""

import datetime as dt
from typing import Any

import dagster as dg

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.orchestration.commands.launch import run_feeds, run_restaurant
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import hand_in_feed
from flux_pipeline.store.records.runs import run_summary
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import FORECAST, LAST
from flux_pipeline_tests.store.handing_in import ask

FACTORS = """
SELECT forecast_date, factors FROM demand_forecasts
WHERE is_current AND as_of = '{as_of}' AND predicted_quantity > 0 ORDER BY forecast_date
"""


def test_rows_and_the_run_say_which_weather_is_not_forecast(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    # The demo's only forecasts are from the day after LAST.
    as_of, ahead = LAST - dt.timedelta(days=30), LAST - dt.timedelta(days=28)
    row = f"{quai_nord.latitude},{quai_nord.longitude},{ahead},{as_of - dt.timedelta(days=3)}T04:00Z,forecast,25,0\n"
    sky = f"latitude,longitude,date,issued_at,kind,temperature_c,precipitation_mm\n{row}"
    assert hand_in_feed(store, "weather", Source.of(sky.encode()), known_at=dt.datetime.now(dt.UTC)).accounting.loaded
    assert run_feeds(instance).succeeded
    assert run_restaurant(instance, quai_nord.slug, as_of, only=FORECAST).succeeded
    provenance: dict[dt.date, set[str]] = {}
    for date, factors in ask(store, quai_nord, FACTORS.format(as_of=as_of)):
        named: dict[str, dict[str, Any]] = {each["factor"]: each for each in factors}
        found = {named[name]["provenance"] for name in ("temperature_c", "precipitation_mm") if name in named}
        provenance[date] = provenance.get(date, set()) | found
    issued = f"forecast issued {as_of - dt.timedelta(days=3)} 04:00 UTC"
    assert provenance.pop(ahead) == {issued}
    assert set(map(frozenset, provenance.values())) == {frozenset({"climatology"})}
    with store.tenant(quai_nord) as tx:
        warning = run_summary(tx, AlgorithmName.DEMAND, as_of)["warning"]
    assert f"the weather of {len(provenance)} days ahead is not forecast (the newest is 3 days old)" in warning


def test_a_day_of_events_has_one_factor_in_words(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    assert run_feeds(instance).succeeded
    assert run_restaurant(instance, quai_nord.slug, LAST, only=FORECAST).succeeded
    rows = ask(store, quai_nord, FACTORS.format(as_of=LAST))
    of_events = [[each for each in factors if each["factor"].startswith("event")] for _, factors in rows]
    texts = {each["text"] for factors in of_events for each in factors}
    assert {len(factors) for factors in of_events} == {0, 1}
    with store.tenant(quai_nord) as tx:
        assert "warning" not in run_summary(tx, AlgorithmName.DEMAND, LAST)
    assert any(" km away, " in text and " guests" in text and " times" in text for text in texts), texts
