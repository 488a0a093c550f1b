"""What must stand in the catalog so that restaurants are kept apart: policies, grants and triggers, declared.

Said here once more and not taken from the migrations: what is proved must not be its own measure. `tenancy_rules` and
`tenancy_roles` hold the catalog against it.
"""

from dataclasses import dataclass

from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.tenancy._catalog import Relation

OWN_RESTAURANT = "{key} = (SELECT NULLIF(current_setting('app.restaurant_id', true), '')::uuid)"
OWN_LOGIN = "{key} = ANY (ARRAY(SELECT r.restaurant_id FROM public.reader_logins r WHERE r.login = session_user))"
READER_LOGINS = "reader_logins"

# Restaurants' tables that a BI tool has no business in: who logs in to Flux, who changed what, raw rows of files.
HIDDEN_FROM_READERS = {"restaurant_members", "audit_logs", "rejected_rows"}

READ = {"SELECT"}
WRITE = {"SELECT", "INSERT", "UPDATE", "DELETE"}
OF_A_RESTAURANT = {Role.APP: WRITE, Role.FLEET: READ, Role.READER: READ}
OF_A_PARTITION = {Role.FLEET: READ}
OF_A_FEED = {Role.APP: READ, Role.FLEET: READ, Role.FEEDS: WRITE, Role.READER: READ}
OF_SHARED = {
    "alembic_version": {Role.APP: READ, Role.FLEET: READ, Role.FEEDS: READ},
    "feed_loads": OF_A_FEED,
    "local_events": OF_A_FEED,
    "operator_logs": {Role.FLEET: READ},
    "users": {Role.FLEET: READ},
    "weather_data": OF_A_FEED,
}

# In the server's own words, without the schema of the table and the function.
REFUSE = "EXECUTE FUNCTION flux_refuse_change()"
ROWS_STAY = f"CREATE TRIGGER {{name}} BEFORE DELETE OR UPDATE ON {{table}} FOR EACH ROW {REFUSE}"
ALL_STAYS = f"CREATE TRIGGER {{name}} BEFORE TRUNCATE ON {{table}} FOR EACH STATEMENT {REFUSE}"
# Tables to which rows are only added: their triggers by name, and what makes each.
ONLY_ADDED_TO = {
    "audit_logs": {"append_only": ROWS_STAY, "append_only_whole": ALL_STAYS},
    "inventory_movements": {"refuse_change": ROWS_STAY},
    "operator_logs": {"append_only": ROWS_STAY, "append_only_whole": ALL_STAYS},
}

AS_ADMIN = "as the server's administrator: "


@dataclass(frozen=True)
class Finding:
    """What is wrong with a relation (or a role or function), and what to do about it."""

    relation: str
    wrong: str
    remedy: str


def policies_of(table: Relation) -> dict[str, str]:
    """The policies that a restaurant's table must have: what follows CREATE POLICY ... ON ..., by name."""
    own_restaurant = OWN_RESTAURANT.format(key=table.key)
    own_login = "login = session_user" if table.full_name == READER_LOGINS else OWN_LOGIN.format(key=table.key)
    policies = {"own_restaurant": f"FOR ALL TO flux_app USING ({own_restaurant}) WITH CHECK ({own_restaurant})"}
    if table.full_name not in HIDDEN_FROM_READERS:
        policies["own_login"] = f"FOR SELECT TO flux_reader USING ({own_login})"
    return policies


def rights_to(relation: Relation) -> dict[Role, set[str]]:
    """What each role may do with a relation at most; nothing where nobody declared it shared."""
    if relation.is_partition:
        return OF_A_PARTITION
    if relation.key is None and not relation.is_view:
        return OF_SHARED.get(relation.full_name, {Role.FLEET: READ})
    hidden = {Role.READER} if relation.full_name in HIDDEN_FROM_READERS else set()
    return {role: rights for role, rights in OF_A_RESTAURANT.items() if role not in hidden}
