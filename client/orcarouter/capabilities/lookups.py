"""Looking models up in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orcarouter.capabilities.nearest import alike
from orcarouter.capabilities.values import given

if TYPE_CHECKING:
    from orcarouter_api.models import CapabilityTable, ModelCapabilities

__all__ = ["capabilities", "expected_seconds", "models", "nearest_model"]


def models(*, table: CapabilityTable | None = None) -> tuple[ModelCapabilities, ...]:
    """Every model of the table, in its order."""
    return tuple(_table(table).models)


def capabilities(model: str, *, table: CapabilityTable | None = None) -> ModelCapabilities | None:
    """What the table says of a model; None for one that it does not know."""
    return next((entry for entry in _table(table).models if entry.model == model), None)


def nearest_model(name: str, *, table: CapabilityTable | None = None) -> str | None:
    """The known model whose name, with or without its prefix, resembles this one most, or None."""
    known = [entry.model for entry in _table(table).models]
    bare = {model.partition("/")[2]: model for model in known}
    found = alike(name, [*known, *bare])
    return bare.get(found, found) if found is not None else None


def expected_seconds(model: str, *, table: CapabilityTable | None = None) -> tuple[int, int] | None:
    """How long a task of a model usually takes: least and most, in seconds.

    None where no page says it.
    """
    entry = capabilities(model, table=table)
    wait = given(entry.typical_wait) if entry else None
    return (wait.min_seconds, wait.max_seconds) if wait else None


def _table(table: CapabilityTable | None) -> CapabilityTable:
    if table is not None:
        return table
    from orcarouter_api.tables.capabilities import load

    return load()
