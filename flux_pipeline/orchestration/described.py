"""Description of an asset's table for Dagster's UI, from the models: columns, key, place, owner, code and docs."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import dagster as dg
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from flux_pipeline.store.models.registry import METADATA

# Who operates Flux; Dagster's owners are teams or mail addresses.
OWNERS = ["team:flux"]
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def described_asset(*, docs: str, **options: Any) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function the asset of the table of its name.

    Args:
        docs: the page of `docs/` about it.
        options: as of `dagster.asset`.
    """
    return partial(_asset, docs, options)


def _asset(docs: str, options: dict[str, Any], function: Callable[..., Any]) -> dg.AssetsDefinition:
    code = function.__code__
    with warnings.catch_warnings():
        # The class is in beta; if it goes, so does a link to the code.
        warnings.simplefilter("ignore", dg.BetaWarning)
        here = dg.LocalFileCodeReference(file_path=code.co_filename, line_number=code.co_firstlineno)
        references = dg.CodeReferencesMetadataValue(code_references=[here])
    metadata = {
        "dagster/column_schema": table_schema(function.__name__),
        "dagster/table_name": f"public.{function.__name__}",
        "dagster/code_references": references,
        "docs": dg.MetadataValue.path(f"docs/{docs}"),
    }
    return dg.asset(metadata=metadata, owners=OWNERS, **options)(function)


def table_schema(name: str) -> dg.TableSchema:
    """Return the columns of a table as the models declare them, with type, comment and key."""
    table = METADATA.tables[name]
    key = ", ".join(column.name for column in table.primary_key.columns)
    return dg.TableSchema([_column(column) for column in table.columns], dg.TableConstraints([f"PRIMARY KEY ({key})"]))


def _column(column: Column[Any]) -> dg.TableColumn:
    constraints = dg.TableColumnConstraints(nullable=bool(column.nullable))
    return dg.TableColumn(column.name, column.type.compile(DIALECT).lower(), column.doc, constraints)
