"""Texts of the SELECTs of `dbt_like_sql/`."""

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import Settings


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
