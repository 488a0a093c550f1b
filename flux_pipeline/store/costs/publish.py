"""Publication of costs and profitability: what changed is written, what was published before stays on record."""

import datetime as dt
import uuid

import pandas as pd
import sqlalchemy as sa

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import COUNTED, Versioned
from flux_pipeline.store.models.kitchen.costs import MenuItemCost, MenuProfitability

ITEM_COSTS = Versioned(
    MenuItemCost,
    ("menu_item_id", "valid_from"),
    (
        "cost_with_waste",
        "cost_without_waste",
        "net_price",
        "margin_amount",
        "margin_percent",
        "shares",
        "missing",
    ),
)
PROFITABILITY = Versioned(
    MenuProfitability,
    ("menu_item_id", "week_start"),
    (
        "category",
        "quantity",
        "revenue",
        "theoretical_cost",
        "contribution",
        "popularity",
        "menu_class",
        "sureness",
    ),
)


def publish_known(
    tx: Tenant, table: Versioned, rows: pd.DataFrame, at: dt.datetime, run_id: uuid.UUID, *, is_retrospective: bool
) -> int:
    """Make the rows the current ones and return how many changed; rows that are no longer true end at `at`.

    A look back changes no row that was published by its day. It only adds rows of items that had none by then; they
    end when the first row of the item was published.

    Args:
        tx: the restaurant's transaction.
        table: ITEM_COSTS or PROFITABILITY.
        rows: the columns of its key and its values.
        at: the moment; they were computed from what was known then.
        run_id: the id of the run's audit row.
        is_retrospective: whether that moment is long past.
    """
    constants = {"restaurant_id": tx.restaurant.id, "algorithm_run_id": run_id}
    if not is_retrospective:
        return table.replace(tx.connection, rows, at, **constants)
    stated = table.stage(tx.connection, rows)
    other = table.table.alias()
    of_item = other.c.menu_item_id == stated.c.menu_item_id
    since = sa.select(sa.func.min(other.c.known_at)).where(of_item, other.c.known_at > at).scalar_subquery()
    moment = sa.literal(at, table.table.c.known_at.type)
    was_published = sa.exists().where(of_item, other.c.known_at <= at)
    columns = {name: stated.c[name] for name in (*table.key, *table.values)}
    new = sa.select(
        *columns.values(),
        moment,
        since,
        *(sa.literal(value, table.table.c[name].type) for name, value in constants.items()),
    ).where(~was_published)
    query = sa.insert(table.table).from_select([*columns, "known_at", "superseded_at", *constants], new)
    return tx.connection.execute(query, execution_options=COUNTED).rowcount
