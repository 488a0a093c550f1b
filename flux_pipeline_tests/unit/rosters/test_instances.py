"""Public instances of nurse rostering through the same core; the benchmark plans the real ones."""

from pathlib import Path

from flux_pipeline.rosters.check import find_violations
from flux_pipeline.rosters.result import EndedBy
from flux_pipeline_tests.unit.rosters.instances import read_instance
from flux_pipeline_tests.unit.rosters.weeks import plan

# Two people and two shifts over a week; D may not follow L. On day 0 nobody but A can work, and A wishes for L.
TINY = """# A comment
SECTION_HORIZON
7
SECTION_SHIFTS
D,480,
L,480,D
SECTION_STAFF
A,D=7|L=1,2400,960,5,2,2,1
B,D=7|L=0,2400,960,5,2,2,1
SECTION_DAYS_OFF
B,0
SECTION_SHIFT_ON_REQUESTS
A,0,L,3
SECTION_SHIFT_OFF_REQUESTS
B,2,D,2
SECTION_COVER
0,D,1,100,1
1,D,1,100,1
2,D,1,100,1
3,D,1,100,1
"""


def test_an_instance_is_planned_at_its_proven_cost(tmp_path: Path) -> None:
    path = tmp_path / "tiny.txt"
    path.write_text(TINY)
    problem = read_instance(path)
    roster = plan(problem)
    assert roster.ended_by == EndedBy.PROOF
    assert not find_violations(problem, roster.shifts)
    # A covers day 0 with D and forgoes the wish for L; all else can be had.
    assert roster.costs.wishes == roster.costs.total == 3
