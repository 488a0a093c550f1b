"""Declarations of the policies, grants and triggers that the catalog must have so that restaurants are kept apart.

They are written here a second time and not taken from the migrations: a proof must not use what it proves as its
standard. `_rules` compares the catalog with them.
"""

from dataclasses import dataclass

from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.tenancy._catalog import Relation

OWN_RESTAURANT = "{key} = (SELECT NULLIF(current_setting('app.restaurant_id', true), '')::uuid)"
OWN_LOGIN = "{key} = ANY (ARRAY(SELECT r.restaurant_id FROM public.reader_logins r WHERE r.login = session_user))"
READER_LOGINS = "reader_logins"

# Restaurants' tables that no BI tool may read: alerts and where they were sent, who was ill, who logs in to Flux, who
# changed what, raw rows of files.
HIDDEN_FROM_READERS = {"alerts", "availability_exceptions", "restaurant_members", "audit_logs", "rejected_rows"}

READ = {"SELECT"}
WRITE = {"SELECT", "INSERT", "UPDATE", "DELETE"}
OF_A_RESTAURANT = {Role.APP: WRITE, Role.FLEET: READ, Role.READER: READ}
OF_A_PARTITION = {Role.FLEET: READ}
OF_A_FEED = {Role.APP: READ, Role.FLEET: READ, Role.FEEDS: WRITE, Role.READER: READ}
OF_SHARED = {
    "alembic_version": {Role.APP: READ, Role.FLEET: READ, Role.FEEDS: READ},
    "demand_priors": {Role.APP: READ, Role.FLEET: WRITE},
    "feed_calls": {Role.FLEET: READ, Role.FEEDS: WRITE},
    "feed_loads": OF_A_FEED,
    "feeds": {Role.FLEET: READ, Role.FEEDS: WRITE},
    "local_events": OF_A_FEED,
    "operator_alerts": {Role.FLEET: READ, Role.FEEDS: WRITE},
    "operator_logs": {Role.FLEET: READ},
    "public_holidays": OF_A_FEED,
    "users": {Role.FLEET: READ},
    "weather_data": OF_A_FEED,
}

# As the server prints them, without the schema of the table and the function.
REFUSE = "EXECUTE FUNCTION flux_refuse_change()"
ROWS_STAY = f"CREATE TRIGGER {{name}} BEFORE DELETE OR UPDATE ON {{table}} FOR EACH ROW {REFUSE}"
ALL_STAYS = f"CREATE TRIGGER {{name}} BEFORE TRUNCATE ON {{table}} FOR EACH STATEMENT {REFUSE}"
# Append-only tables: their triggers by name, each with the statement that creates it.
APPEND_ONLY = {
    "audit_logs": {"append_only": ROWS_STAY, "append_only_whole": ALL_STAYS},
    "inventory_movements": {"refuse_change": ROWS_STAY},
    "operator_logs": {"append_only": ROWS_STAY, "append_only_whole": ALL_STAYS},
}

# What crosses from restaurant to restaurant: averages over many of them, of these parameters, which tell nothing of
# sales. The checks that hold each row to that, by name, as the server prints them.
CROSSING = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("is_holiday", "is_holiday:weekend", "is_holiday_tomorrow", "is_holiday_yesterday"),
    *("is_closed_holiday_tomorrow", "is_closed_holiday_yesterday"),
    *("easter-3", "easter-2", "easter-1", "easter+0", "easter+1", "easter+2"),
    *("log_dispersion", "day_variation"),
)
OF_AVERAGES = {
    "demand_priors": {
        "ck_demand_priors_of_at_least_twenty": "CHECK ((restaurant_count >= 20))",
        "ck_demand_priors_parameter_is_known": "CHECK ((parameter = ANY (ARRAY[{}])))".format(
            ", ".join(f"'{name}'::text" for name in CROSSING)
        ),
    }
}

AS_ADMIN = "as the server's administrator: "


@dataclass(frozen=True)
class Finding:
    """A fault of a relation, role or function, and what to do about it."""

    relation: str
    wrong: str
    remedy: str


def policies_of(table: Relation) -> dict[str, str]:
    """Return the policies that a restaurant's table must have: by name, the text after CREATE POLICY ... ON ...."""
    own_restaurant = OWN_RESTAURANT.format(key=table.key)
    own_login = "login = session_user" if table.full_name == READER_LOGINS else OWN_LOGIN.format(key=table.key)
    policies = {"own_restaurant": f"FOR ALL TO flux_app USING ({own_restaurant}) WITH CHECK ({own_restaurant})"}
    if table.full_name not in HIDDEN_FROM_READERS:
        policies["own_login"] = f"FOR SELECT TO flux_reader USING ({own_login})"
    return policies


def rights_to(relation: Relation) -> dict[Role, set[str]]:
    """Return the most that each role may do with a relation; in an undeclared shared table only the fleet may read."""
    if relation.is_partition:
        return OF_A_PARTITION
    if relation.key is None and not relation.is_view:
        return OF_SHARED.get(relation.full_name, {Role.FLEET: READ})
    hidden = {Role.READER} if relation.full_name in HIDDEN_FROM_READERS else set()
    return {role: rights for role, rights in OF_A_RESTAURANT.items() if role not in hidden}
