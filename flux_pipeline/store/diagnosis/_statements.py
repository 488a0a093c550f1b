"""SQL statements of the diagnosis: they read the server's catalogs and statistics, and change nothing.

Partitions are summed under their table or index. `findings` decides what is wrong with the results.
"""

# A crash resets all statistics, pg_stat_reset those of one database. Before Flux had a restaurant there
# was nothing to count, and a server's statistics may be older than its database.
COUNTED_SINCE = """
SELECT greatest(
    (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
    (SELECT least(b.stats_reset, a.stats_reset) FROM pg_stat_bgwriter b, pg_stat_archiver a),
    (SELECT min(created_at) FROM restaurants)
)
"""

EXTENSIONS = """
SELECT wanted.name, a.default_version AS available, a.installed_version AS installed
FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS wanted (name, place)
LEFT JOIN pg_available_extensions a ON a.name = wanted.name
ORDER BY wanted.place
"""

# Of the whole server, because its limit covers all databases. Only pg_read_all_stats shows other roles' states.
CONNECTIONS = """
SELECT usename AS role, coalesce(state, 'not visible') AS state, count(*) AS count
FROM pg_stat_activity
WHERE usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
GROUP BY 1, 2 ORDER BY 1, 2
"""

CONNECTION_LIMIT = """
SELECT current_setting('max_connections')::integer
       - current_setting('superuser_reserved_connections')::integer - current_setting('reserved_connections')::integer
"""

SEES_OTHER_ROLES = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')"

IDLE_TRANSACTIONS = """
SELECT pid, usename AS role, application_name AS application, left(query, :text_length) AS last_statement,
       extract(epoch FROM clock_timestamp() - state_change)::float8 AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%'
  AND clock_timestamp() - state_change >= :least_seconds * interval '1 second'
ORDER BY state_change
"""

OLDEST_TRANSACTION = """
SELECT pid, usename AS role, coalesce(state, 'not visible') AS state, left(query, :text_length) AS statement,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 1
"""

# One row for each pair of a waiting process and a process that blocks it.
LOCK_WAITS = """
SELECT w.pid AS waiting_pid, w.usename AS waiting_role, left(w.query, :text_length) AS waiting_statement,
       b.pid AS blocking_pid, b.usename AS blocking_role, coalesce(b.state, 'not visible') AS blocking_state,
       left(b.query, :text_length) AS blocking_statement, l.locktype AS lock, l.relation::regclass::text AS relation,
       extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS seconds
FROM pg_locks l
JOIN pg_stat_activity w ON w.pid = l.pid
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocker (pid)
LEFT JOIN pg_stat_activity b ON b.pid = blocker.pid
WHERE NOT l.granted AND w.datname = current_database()
ORDER BY l.waitstart, w.pid, b.pid
"""

# A table or partition is behind if it has far more dead rows than autovacuum starts at; reltuples is negative until its
# rows are first counted.
TABLES = """
WITH leaf AS (
    SELECT coalesce(pg_partition_root(s.relid), s.relid) AS root, s.*, c.relkind,
           pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes,
           CASE WHEN c.reltuples < 0 THEN s.n_live_tup ELSE c.reltuples END AS rows,
           current_setting('autovacuum_vacuum_threshold')::float8
           + current_setting('autovacuum_vacuum_scale_factor')::float8 * greatest(c.reltuples, 0) AS vacuumed_from
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
)
SELECT root::regclass::text AS name,
       bool_or(relkind = 'p') AS is_partitioned,
       sum(table_bytes)::bigint AS table_bytes, sum(index_bytes)::bigint AS index_bytes,
       coalesce(sum(rows) FILTER (WHERE relkind <> 'p'), 0)::bigint AS rows,
       sum(n_dead_tup)::bigint AS dead_rows,
       greatest(max(last_vacuum), max(last_autovacuum)) AS last_vacuum,
       greatest(max(last_analyze), max(last_autoanalyze)) AS last_analyze,
       count(*) FILTER (WHERE n_dead_tup >= :least_dead AND n_dead_tup > :dead_factor * vacuumed_from) AS behind,
       count(*) FILTER (WHERE relkind <> 'p' AND n_live_tup >= :least_rows
                        AND last_analyze IS NULL AND last_autoanalyze IS NULL) AS never_analyzed,
       bool_or(relkind = 'p' AND relid = root AND last_analyze IS NULL) AS whole_never_analyzed
FROM leaf GROUP BY root
ORDER BY sum(table_bytes + index_bytes) DESC
"""

# An index that serves a foreign key is kept, even if no parent row was deleted yet: see MISSING_INDEXES.
UNUSED_INDEXES = """
WITH index_sum AS (
    SELECT coalesce(pg_partition_root(s.indexrelid), s.indexrelid) AS root, sum(s.idx_scan) AS scans,
           sum(pg_relation_size(s.indexrelid))::bigint AS bytes
    FROM pg_stat_user_indexes s GROUP BY 1
)
SELECT root::regclass::text AS name, x.indrelid::regclass::text AS table_name, bytes
FROM index_sum JOIN pg_index x ON x.indexrelid = root
WHERE scans = 0 AND bytes >= :least_bytes AND NOT x.indisunique AND NOT x.indisexclusion
  AND NOT EXISTS (
      SELECT FROM pg_constraint f
      WHERE f.contype = 'f' AND f.conrelid = x.indrelid
        AND (x.indpred IS NULL OR pg_get_expr(x.indpred, x.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
        AND f.conkey <@ (x.indkey::int2[])[0:cardinality(f.conkey) - 1]
  )
ORDER BY bytes DESC
"""

# Only foreign keys worth an index: the table is large, and parent rows are deleted, by hand or by ON DELETE.
MISSING_INDEXES = """
WITH leaf AS (
    SELECT coalesce(pg_partition_root(s.relid), s.relid) AS root, s.n_live_tup, s.n_tup_del FROM pg_stat_user_tables s
), whole AS (
    SELECT root, sum(n_live_tup)::bigint AS rows, sum(n_tup_del)::bigint AS deleted FROM leaf GROUP BY root
)
SELECT f.conname AS constraint_name, f.conrelid::regclass::text AS table_name,
       f.confrelid::regclass::text AS parent_name, child.rows, parent.deleted AS parent_deletes,
       ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number ORDER BY k.place) AS columns
FROM pg_constraint f
JOIN whole child ON child.root = f.conrelid
JOIN whole parent ON parent.root = f.confrelid
WHERE f.contype = 'f' AND f.conparentid = 0 AND child.rows >= :least_rows
  AND (parent.deleted > 0 OR f.confdeltype IN ('c', 'n', 'd'))
  AND NOT EXISTS (
      SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
      WHERE x.indrelid = f.conrelid AND x.indisvalid AND m.amname IN ('btree', 'hash')
        AND (x.indpred IS NULL OR pg_get_expr(x.indpred, x.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
        AND f.conkey <@ (x.indkey::int2[])[0:cardinality(f.conkey) - 1]
  )
ORDER BY child.rows DESC, f.conname
"""

SEQUENTIAL_SCANS = """
SELECT coalesce(pg_partition_root(relid), relid)::regclass::text AS table_name, sum(seq_scan)::bigint AS scans,
       (sum(seq_tup_read) / sum(seq_scan))::bigint AS rows_per_scan, coalesce(sum(idx_scan), 0)::bigint AS index_scans
FROM pg_stat_user_tables
GROUP BY 1
HAVING sum(seq_scan) >= :least_scans AND sum(seq_tup_read) / sum(seq_scan) >= :least_rows
ORDER BY sum(seq_tup_read) DESC
"""

# The library is loaded if its setting has the context "postmaster"; without it, reading the view raises an error.
STATEMENTS_STATE = """
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS is_available,
       EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max' AND context = 'postmaster') AS is_loaded,
       (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements') AS schema
"""

TRANSACTION_IDS = """
SELECT age(datfrozenxid) AS age, current_setting('autovacuum_freeze_max_age')::integer AS limit,
       current_setting('autovacuum')::boolean AS autovacuum
FROM pg_database WHERE datname = current_database()
"""
