"""Proof that stored shifts keep the rules: looked at by a checker that shares nothing with the search of rosters."""

import datetime as dt
from collections import Counter
from dataclasses import replace

from sqlalchemy import select

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.proof import Proof
from flux_pipeline.rosters.check import find_violations
from flux_pipeline.rosters.inputs.assemble import build_problem
from flux_pipeline.rosters.problem import Shift
from flux_pipeline.rosters.settings import RosterSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import WeeklyRoster
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.rosters.material import roster_material
from flux_pipeline.store.rosters.weeks import list_shifts

# Rules for new shifts only, and minimum hours, which have a price and are not a mistake.
NOT_PROVEN = {"templates", "notice", "min_hours"}


def roster_rules(tx: Tenant) -> Proof:
    """Check that the shifts of each planned week that is not over keep the rules, skills and availability of today."""
    now, settings = dt.datetime.now(dt.UTC), read_settings(tx, RosterSettings)
    today = tx.restaurant.last_complete_business_day(now) + dt.timedelta(days=1)
    own = WeeklyRoster
    query = select(own.first_day, own.day_count, own.as_of).where(own.first_day + own.day_count > today)
    wrong, looked_at = [], {"weeks": 0, "shifts": 0}
    for first_day, days, as_of in tx.connection.execute(query.order_by(own.first_day)):
        try:
            material = roster_material(tx, first_day, days, as_of, now, settings.roster_rules)
        except PermanentError as exc:
            wrong.append(f"The week of {first_day} could not be checked. {exc}")
            continue
        shifts = [
            Shift(
                str(each.employee_id), each.role, each.starts_at, each.ends_at, each.break_starts_at, each.break_minutes
            )
            for each in list_shifts(tx, first_day, days)
            if each.status not in {"declined", "cancelled"}
        ]
        problem = replace(build_problem(material, settings), kept=(), planned_at=None)
        broken = Counter(each.rule for each in find_violations(problem, shifts) if each.rule not in NOT_PROVEN)
        looked_at = {"weeks": looked_at["weeks"] + 1, "shifts": looked_at["shifts"] + len(shifts)}
        # Nobody is named, because Dagster keeps the sentence.
        wrong += [
            f"Shifts of the week of {first_day} break the rule '{rule}' ({count} times). Plan it again with `flux "
            f"roster plan --restaurant {tx.restaurant.slug} --week {first_day}`, which moves what is not confirmed, or "
            "note with `flux roster decline` who can't work."
            for rule, count in sorted(broken.items())
        ]
    return Proof(looked_at, wrong)
