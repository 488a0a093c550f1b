"""Problems in which a rule is relaxed as an explanation says, to plan them again."""

import math
from dataclasses import replace

from flux_pipeline.rosters.explain import PRICE, Relaxation
from flux_pipeline.rosters.problem import RosterProblem
from flux_pipeline.rosters.rules import Rule
from flux_pipeline_tests.unit.rosters.absences import change_employee


def relax_rule(problem: RosterProblem, relaxation: Relaxation) -> RosterProblem:
    """Return the problem in which the rule is relaxed as the relaxation says, for its person alone."""
    person = next(each for each in problem.employees if each.id == relaxation.employee)
    rule, shift = relaxation.rule, relaxation.shift
    if rule == PRICE:
        return problem
    more = math.ceil(relaxation.amount - 1e-6)
    if rule == "availability" and shift:
        start, end = (each.astimezone(problem.zone).replace(tzinfo=None) for each in (shift.starts_at, shift.ends_at))
        return change_employee(problem, person.with_exception(start, end, is_available=True))
    if rule == "skills" and shift:
        needed = next(role.skills for role in problem.roles if role.name == shift.role)
        roles = tuple(dict.fromkeys((*person.roles, shift.role)))
        return change_employee(problem, replace(person, roles=roles, skills=person.skills | needed))
    if rule == "max_hours":
        return change_employee(problem, replace(person, max_minutes=person.max_minutes + more))
    own = [dict(each) for each in problem.rules_of(rule, person.id)]
    others = tuple(each for each in problem.rules if (each.name, each.employee) != (rule, person.id))
    return replace(problem, rules=(*others, *(Rule(rule, _weaker(rule, each, relaxation), person.id) for each in own)))


def _weaker(rule: str, parameters: dict[str, float | str], relaxation: Relaxation) -> dict[str, float | str]:
    """Return the parameters of a rule that allow what the relaxation needs."""
    if rule == "shift_length":
        return {"least_minutes": 0, "most_minutes": 24 * 60}
    if rule == "succession":
        # No role has this name, so nothing is excluded.
        return {"role": "", "then": ""}
    if rule in {"notice", "rest"}:
        return {"hours": relaxation.amount if rule == "rest" else 0}
    if "least" in parameters:
        return {"least": 1}
    return parameters | {"most": float(parameters["most"]) + math.ceil(relaxation.amount - 1e-6)}
