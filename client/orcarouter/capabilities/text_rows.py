"""The capability table as rows of text, for printing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orcarouter.capabilities.json_values import format_value, unset_to_none
from orcarouter.capabilities.limits import format_allowed_values, format_limits
from orcarouter.capabilities.table import list_models

if TYPE_CHECKING:
    from orcarouter_api.models import CapabilityTable, ItemFilter, ModelCapabilities

__all__ = ["models_as_rows", "parameters_as_rows", "rules_as_rows"]


def models_as_rows(*, table: CapabilityTable | None = None) -> list[tuple[str, ...]]:
    """An overview of all models: a header row, then one row per model."""
    rows: list[tuple[str, ...]] = [("model", "availability", "seconds", "quality", "features")]
    for entry in list_models(table=table):
        features = [item.feature for item in entry.features if item.support == "supported"]
        rows.append(
            (
                entry.model,
                entry.availability,
                _allowed_values(entry, "duration"),
                _allowed_values(entry, "mode", "resolution", "size"),
                ", ".join(features).replace("_", " "),
            )
        )
    return rows


def parameters_as_rows(entry: ModelCapabilities) -> list[tuple[str, ...]]:
    """The parameters of a model: a header row, then one row per rule."""
    rows: list[tuple[str, ...]] = [("parameter", "allowed", "default", "level", "source", "note")]
    for rule in entry.parameters:
        default = unset_to_none(rule.default)
        filters = "".join(f" ({_format_filter(item_filter)})" for item_filter in rule.where or [])
        rows.append(
            (
                rule.path + filters,
                ", ".join(format_limits(rule)),
                "" if default is None else format_value(default),
                rule.level,
                ", ".join(rule.source),
                rule.note or "",
            )
        )
    return rows


def rules_as_rows(entry: ModelCapabilities) -> list[tuple[str, ...]]:
    """The combination rules of a model: a header row, then one row per rule."""
    rows: list[tuple[str, ...]] = [("rule", "note", "level", "source")]
    rows += [(rule.name, rule.note, rule.level, ", ".join(rule.source)) for rule in entry.rules]
    return rows


def _allowed_values(entry: ModelCapabilities, *keys: str) -> str:
    """The allowed values of the first parameter whose key is one of these, at whatever level of the request."""
    for rule in entry.parameters:
        if rule.path.rpartition(".")[2] in keys and rule.documented is not False:
            return ", ".join(format_allowed_values(rule)).replace('"', "")
    return ""


def _format_filter(item_filter: ItemFilter) -> str:
    values = [str(value) for value in item_filter.values]
    values += ["none"] if item_filter.or_absent else []
    return f"{item_filter.key}: {' or '.join(values)}"
