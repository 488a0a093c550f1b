"""Benchmark of rosters: public instances, own weeks, mutations, gaps explained, calls in sick and fairness.

`python -m flux_pipeline_tests.benchmarks.rosters instances FOLDER [NAME ...]` reads files of schedulingbenchmarks.org;
`weeks`, `mutations`, `gaps`, `sick` and `fairness` take how many to try, and `--first` the first seed. With `--cpu`,
seconds are of this process, so that what else runs on the machine doesn't count.
"""

import argparse
import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from flux_pipeline.rosters.check import find_violations
from flux_pipeline.rosters.explain import Gap, ask_for_one_more, explain_gaps
from flux_pipeline.rosters.plan import plan_roster
from flux_pipeline.rosters.problem import RosterProblem, ShiftStatus
from flux_pipeline.rosters.result import Budget, Roster
from flux_pipeline_tests.unit.rosters.absences import call_in_sick
from flux_pipeline_tests.unit.rosters.breaking import MUTATIONS
from flux_pipeline_tests.unit.rosters.instances import read_instance
from flux_pipeline_tests.unit.rosters.relaxing import relax_rule
from flux_pipeline_tests.unit.rosters.weeks import random_week, small_week

# The public instances with their best known cost, and the seconds that each may take.
BEST = {"Instance1": (607, 60), "Instance3": (1001, 180), "Instance5": (1143, 180), "Instance8": (1322, 180)}
Clock = Callable[[], float]
ENDLESS = 1_000_000
QUICK = Budget(iterations=30, nodes=0, seconds=20.0, gap=0.005)


def line(name: object, problem: RosterProblem, roster: Roster, seconds: float) -> str:
    """Describe a roster in a line."""
    broken = Counter(each.rule for each in find_violations(problem, roster.shifts))
    return (
        f"{name}: cost {roster.costs.total:,.1f}, bound {roster.bound:,.1f}, gap {roster.gap:.1%}, "
        f"{roster.ended_by} after {roster.iterations} iterations and {seconds:.0f} s, violations {dict(broken)}"
    )


def instances(folder: Path, names: list[str], clock: Clock) -> Iterator[str]:
    """Plan public instances; each line ends with how far above the best known cost it is."""
    for name in names or BEST:
        best, seconds = BEST[name]
        problem, start = read_instance(folder / f"{name}.txt"), clock()
        roster = plan_roster(problem, Budget(ENDLESS, ENDLESS, seconds), clock)
        above = roster.costs.total / best - 1
        yield f"{line(name, problem, roster, clock() - start)}, {above:.1%} above {best}"


def weeks(seeds: range, clock: Clock) -> Iterator[str]:
    """Plan random weeks of 20 people and three roles for 30 s each."""
    gaps = []
    for seed in seeds:
        problem, start = random_week(seed), clock()
        roster = plan_roster(problem, Budget(ENDLESS, 0, 30.0, gap=0.01), clock)
        gaps.append(roster.gap)
        yield line(f"week {seed}", problem, roster, clock() - start)
    yield f"gap at most 2 % in {sum(gap <= 0.02 for gap in gaps)} of {len(gaps)}, at most {max(gaps):.1%} in all"


def mutations(seeds: range, clock: Clock) -> Iterator[str]:
    """Mutate rosters; the checker must name the rule that each of them breaks."""
    problem = random_week(3, people=8)
    shifts = list(plan_roster(problem, replace(QUICK, iterations=0), clock).shifts)
    problem = replace(problem, kept=tuple(replace(each, status=ShiftStatus.CONFIRMED) for each in shifts[::5]))
    caught: Counter[bool] = Counter()
    kinds = [(rule, mutate) for rule, several in MUTATIONS.items() for mutate in several]
    for seed in seeds:
        rule, mutate = kinds[seed % len(kinds)]
        mutated = mutate(problem, shifts, np.random.default_rng(seed))
        if mutated is not None:
            caught[rule in {each.rule for each in find_violations(problem, mutated)}] += 1
    yield f"{caught[True]} of {caught.total()} mutated rosters are caught by the rule's name"


def is_covered(problem: RosterProblem, roster: Roster, gap: Gap, clock: Clock) -> bool:
    """Return whether the roster, planned again with the first rule relaxed, covers what this is said to cover.

    The periods in question become ten times as dear, as relaxing a rule may cost more than they are worth.
    """
    role, periods = gap.periods[0].role, {*gap.relaxations[0].covers}
    dear = tuple(
        replace(each, under_price=10 * problem.prices.under_hour * each.minutes / 60)
        if each.role == role and each.starts_at in periods
        else each
        for each in problem.demand
    )
    kept = tuple(replace(each, status=ShiftStatus.PUBLISHED) for each in roster.shifts)
    asked = replace(problem, kept=kept, demand=dear, prices=replace(problem.prices, touch=0.0))
    again = plan_roster(relax_rule(asked, gap.relaxations[0]), QUICK, clock)
    missing = {each.starts_at: each.heads for each in again.uncovered if each.role == role}
    before = {each.starts_at: each.heads for each in gap.periods}
    return all(missing.get(each, 0) < before[each] for each in periods)


def gaps(seeds: range, clock: Clock) -> Iterator[str]:
    """Explain infeasible weeks; the rule named first must cover its periods once it is relaxed."""
    covered: Counter[bool] = Counter()
    n_gaps, all_seconds = 0, 0.0
    for seed in seeds:
        problem = random_week(seed, people=16)
        roster = plan_roster(problem, QUICK, clock)
        start = clock()
        found = explain_gaps(problem, roster, clock, 60.0)
        seconds = clock() - start
        more = ask_for_one_more(problem, roster, clock, 30.0)
        n_gaps, all_seconds = n_gaps + len(found), all_seconds + seconds
        explained = [gap for gap in found if gap.relaxations]
        for gap in explained[:2]:
            covered[is_covered(problem, roster, gap, clock)] += 1
        first = [(gap.relaxations[0].rule, round(gap.relaxations[0].extra_cost)) for gap in explained]
        brings = [(each.role, each.covered_minutes) for each in more]
        yield f"week {seed}: {len(explained)} of {len(found)} gaps in {seconds:.1f} s: {first}; one more: {brings}"
    yield (
        f"relaxing the rule covers the hour in {covered[True]} of {covered.total()}; "
        f"{all_seconds / max(1, n_gaps):.2f} s for each of {n_gaps} gaps"
    )


def sick(seeds: range, clock: Clock) -> Iterator[str]:
    """Call somebody in sick for a day of a published week, half of it confirmed."""
    touched: Counter[int] = Counter()
    moved = 0
    for seed in seeds:
        problem, rng = random_week(seed), np.random.default_rng(seed)
        roster = plan_roster(problem, QUICK, clock)
        statuses = (ShiftStatus.PUBLISHED, ShiftStatus.CONFIRMED)
        kept = tuple(replace(each, status=statuses[int(rng.integers(2))]) for each in roster.shifts)
        gone = kept[int(rng.integers(len(kept)))]
        day = dt.datetime.combine(gone.starts_at.astimezone(problem.zone).date(), dt.time())
        week = replace(problem, kept=kept)
        ill = call_in_sick(week, gone.employee, day, day + dt.timedelta(days=1), gone.starts_at)
        start = clock()
        again = plan_roster(ill, QUICK, clock)
        touched[len({*again.touched} - {gone.employee})] += 1
        confirmed = {each for each in ill.kept if each.status == ShiftStatus.CONFIRMED}
        moved += not confirmed <= {*again.shifts}
        yield line(f"call {seed}", ill, again, clock() - start)
    yield f"people touched by how many calls {dict(sorted(touched.items()))}; confirmed shifts moved in {moved}"


def fairness(seeds: range, clock: Clock) -> Iterator[str]:
    """Plan eight weeks one after the other, each with the counts of those before; print counts per head."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        problem = small_week(6, heads=2)
        rates = rng.integers(13, 18, 6)
        people = [replace(each, hourly_rate=float(rate)) for each, rate in zip(problem.employees, rates, strict=True)]
        for week in range(8):
            first = problem.first_day + dt.timedelta(days=7 * bool(week))
            shifted = [
                replace(each, starts_at=each.starts_at + dt.timedelta(days=7 * bool(week))) for each in problem.demand
            ]
            problem = replace(problem, first_day=first, demand=tuple(shifted), employees=tuple(people))
            roster = plan_roster(problem, QUICK, clock)
            closings = Counter(s.employee for s in roster.shifts if s.ends_at.astimezone(problem.zone).hour == 22)
            weekends = {s.employee for s in roster.shifts if s.starts_at.astimezone(problem.zone).weekday() >= 5}
            people = [
                replace(
                    each,
                    weekends_before=each.weekends_before + (each.id in weekends),
                    closings_before=each.closings_before + closings[each.id],
                )
                for each in people
            ]
        counts = [(each.weekends_before, each.closings_before) for each in people]
        yield f"seed {seed}: weekends and closing shifts per head over eight weeks {counts}"


ROUNDS: dict[str, Callable[[range, Clock], Iterator[str]]] = {
    "weeks": weeks,
    "mutations": mutations,
    "gaps": gaps,
    "sick": sick,
    "fairness": fairness,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("round", choices=["instances", *ROUNDS])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--cpu", action="store_true", help="count the seconds of this process")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.monotonic
    if options.round == "instances":
        lines = instances(Path(options.arguments[0]), options.arguments[1:], clock)
    else:
        count = int(options.arguments[0]) if options.arguments else 10
        lines = ROUNDS[options.round](range(options.first, options.first + count), clock)
    for each in lines:
        print(each, flush=True)


if __name__ == "__main__":
    main()
