"""Tests of the tenancy benchmark's verdict; its measurements are not asserted here."""

import pytest

from flux_pipeline_tests.benchmarks.tenancy_cost import Cost, exit_code


@pytest.mark.parametrize(
    ("tenant", "verdict", "code"), [(10.9, "within 1.10", 0), (11.1, "above 1.10: look with --explain", 1)]
)
def test_a_read_above_the_bound_is_reported_and_fails_the_benchmark(tenant: float, verdict: str, code: int) -> None:
    cost = Cost([[tenant] * 3], [[10.0] * 3], 7)
    assert cost.line().endswith(f"7 rows; {verdict}")
    assert exit_code([Cost([[10.0]], [[10.0]], 7), cost]) == code
