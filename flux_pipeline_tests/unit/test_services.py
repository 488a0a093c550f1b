"""Tests of how the processes behind `flux ui` are started again."""

import os
import sys

from flux_pipeline.orchestration.ui._services import LONGEST_WAIT_SECONDS, Service


def test_the_pauses_before_a_process_is_started_again_grow_to_a_minute_and_stay_there() -> None:
    service, said = Service("daemon", [sys.executable, "-c", "raise SystemExit(3)"]), list[str]()
    for deaths in (0, 1, 2, 10_000):
        service.deaths = deaths
        service.start(os.environ)
        assert service.process is not None
        service.process.wait()
        service.look(os.environ, said.append)
    pauses = [sentence.rpartition(" in ")[2] for sentence in said]
    assert pauses == ["1 s.", "2 s.", "4 s.", f"{LONGEST_WAIT_SECONDS:.0f} s."]
    assert said[0] == "Dagster's daemon ended (code 3). It is started again in 1 s."
