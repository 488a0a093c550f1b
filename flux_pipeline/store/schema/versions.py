"""Versions of stored rows: a text that is equal as long as the rows are, for Dagster to tell what is out of date.

A version costs one query. It goes by the rows themselves where they are few, else by what was loaded.
"""

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Tenant

# Which files a restaurant handed in and how they are to be read, whether or not they are loaded yet.
FILES = """
SELECT md5(string_agg(concat_ws(' ', id, status = 'withdrawn', hints), ',' ORDER BY id)) FROM data_uploads
"""
# Every loaded file, with what it brought for each day that still counts.
LOADED_FILES = """
SELECT md5(string_agg(concat_ws(' ', u.id, d.business_date, d.is_ticketed, d.line_count, d.quantity, d.line_amount),
                      ',' ORDER BY u.id, d.business_date, d.is_ticketed))
FROM data_uploads u
LEFT JOIN upload_days d ON d.restaurant_id = u.restaurant_id AND d.data_upload_id = u.id AND d.status = 'current'
WHERE u.status IN ('completed', 'completed_with_errors')
"""
DAILY_SALES = """
SELECT md5(concat(count(*), ' ', sum(hash_record_extended(
    ROW (business_date, menu_item_id, quantity, line_amount, ticket_count), 0)))) FROM daily_item_sales
"""
# Files that brought rows, and answers of services that changed some.
FEED = """
SELECT md5(concat_ws(' ', string_agg(id::text, ',' ORDER BY id), (
    SELECT concat(count(*), ' ', max(created_at)) FROM feed_calls
    WHERE status = 'stored' AND written_count > 0 AND (product = 'events') = (:kind = 'local_events')
))) FROM feed_loads WHERE kind = :kind AND loaded_count > 0
"""
NEWEST_RUN = """
SELECT input_hash FROM algorithm_runs WHERE algorithm = :algorithm AND status = 'succeeded'
ORDER BY finished_at DESC LIMIT 1
"""
NOTHING = "nothing"


def files_version(tx: Tenant) -> str:
    """Return the version of the files that the restaurant handed in; loading one does not change it."""
    return tx.connection.scalar(text(FILES)) or NOTHING


def loaded_version(tx: Tenant) -> str:
    """Return the version of all that was loaded from the restaurant's files: tickets, hours, promotions and so on."""
    return tx.connection.scalar(text(LOADED_FILES)) or NOTHING


def sales_version(tx: Tenant) -> str:
    """Return the version of `daily_item_sales`."""
    return tx.connection.scalar(text(DAILY_SALES)) or NOTHING


def feed_version(connection: Connection, kind: str) -> str:
    """Return the version of a feed that all restaurants share."""
    return connection.scalar(text(FEED), {"kind": kind}) or NOTHING


def result_version(tx: Tenant, algorithm: AlgorithmName) -> str:
    """Return the version of an algorithm's results: the input hash of its newest successful run."""
    return tx.connection.scalar(text(NEWEST_RUN), {"algorithm": algorithm}) or NOTHING
