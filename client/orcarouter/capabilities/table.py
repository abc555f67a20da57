"""Queries of the capability table: models by name, and how long their tasks take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orcarouter.capabilities.json_values import unset_to_none
from orcarouter.capabilities.suggestions import find_similar_name

if TYPE_CHECKING:
    from orcarouter_api.models import CapabilityTable, ModelCapabilities

__all__ = ["expected_seconds", "find_model", "list_models", "suggest_model"]


def list_models(*, table: CapabilityTable | None = None) -> tuple[ModelCapabilities, ...]:
    """All models of the table, in its order."""
    return tuple(_table_or_default(table).models)


def find_model(name: str, *, table: CapabilityTable | None = None) -> ModelCapabilities | None:
    """The entry of a model such as `kling/kling-v3`; None if the table does not have it."""
    return next((entry for entry in _table_or_default(table).models if entry.model == name), None)


def suggest_model(name: str, *, table: CapabilityTable | None = None) -> str | None:
    """The model of the table with the most similar name, or None; `name` may lack the provider's prefix."""
    names = [entry.model for entry in _table_or_default(table).models]
    by_short_name = {model.partition("/")[2]: model for model in names}
    similar = find_similar_name(name, [*names, *by_short_name])
    return by_short_name.get(similar, similar) if similar is not None else None


def expected_seconds(model: str, *, table: CapabilityTable | None = None) -> tuple[int, int] | None:
    """How long a task of a model usually takes, as (minimum, maximum) in seconds.

    None if the documentation does not say, or the model is unknown.
    """
    entry = find_model(model, table=table)
    wait = unset_to_none(entry.typical_wait) if entry else None
    return (wait.min_seconds, wait.max_seconds) if wait else None


def _table_or_default(table: CapabilityTable | None) -> CapabilityTable:
    if table is not None:
        return table
    # Imported late: it loads the bindings, which importing this package does not need.
    from orcarouter_api.tables.capabilities import load

    return load()
