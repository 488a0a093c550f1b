"""Columns of a table as the models declare them, for readers of the schema."""

from dataclasses import dataclass

from sqlalchemy.dialects import postgresql

from flux_pipeline.store.models.registry import METADATA

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class ColumnInfo:
    """A column: its name, its type in PostgreSQL's words, a comment where the name does not say it all."""

    name: str
    type: str
    comment: str | None
    is_nullable: bool
    is_key: bool


def list_columns(table: str) -> list[ColumnInfo]:
    """Return the columns of a table in their order."""
    return [
        ColumnInfo(
            column.name,
            column.type.compile(DIALECT).lower(),
            column.doc,
            bool(column.nullable),
            column.primary_key,
        )
        for column in METADATA.tables[table].columns
    ]
