"""Names of items with a size or variant: "Latte (Large)"."""

from __future__ import annotations

from flux_pipeline.names import fold_name

# How tills name the only variant of an item, and the lack of one.
_ADDS_NOTHING = frozenset(
    (
        *("", "-", "n/a", "none", "regular", "default", "default title", "default variant", "standard", "normal"),
        *("no variant", "one size", "einheitsgroße", "taille unique", "talla unica", "unica", "unico", "padrao"),
    )
)


def full_name(item: str, variant: str) -> str:
    """Return the item's name, with its variant in brackets if that adds something."""
    folded = fold_name(variant)
    adds_nothing = folded in _ADDS_NOTHING or folded == fold_name(item)
    return item if adds_nothing or not item else f"{item} ({variant})"
