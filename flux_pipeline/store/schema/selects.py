"""Texts of the SELECTs of `dbt_like_sql/`, and how the server joins in those of many rows."""

from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import Settings

# Right after an upload the tables have no statistics. PostgreSQL then expects one row and would compare each ticket
# with each line: 12,000 lines take 1.5 s in this way, and 30 ms if they are hashed. The time grows with their square.
HASH_JOINS, ANY_JOINS = text("SET LOCAL enable_nestloop = off"), text("SET LOCAL enable_nestloop TO DEFAULT")


def select_text(settings: Settings, name: str) -> str:
    """Read the SELECT of that name.

    Raises:
        PermanentError: the folder or the file is missing or can't be read.
    """
    path = settings.sql_dir / f"{name}.sql"
    try:
        return path.read_text()
    except OSError as exc:
        raise PermanentError(
            f"The SQL model {path} can't be read ({exc.strerror}). Set FLUX_SQL_DIR to the folder `dbt_like_sql/` of "
            "the Flux checkout."
        ) from exc
