"""The table as rows of text, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orcarouter.capabilities.limits import choices, demands
from orcarouter.capabilities.lookups import models
from orcarouter.capabilities.values import given, show

if TYPE_CHECKING:
    from orcarouter_api.models import CapabilityTable, ItemFilter, ModelCapabilities

__all__ = ["model_rows", "parameter_rows", "rule_rows"]


def model_rows(*, table: CapabilityTable | None = None) -> list[tuple[str, ...]]:
    """The table at a glance: one row of text a model, below a row that names the columns."""
    rows: list[tuple[str, ...]] = [("model", "availability", "seconds", "quality", "features")]
    for entry in models(table=table):
        features = [item.feature for item in entry.features if item.support == "supported"]
        seconds = _first_allowed(entry, "duration")
        quality = _first_allowed(entry, "mode", "resolution", "size")
        rows.append(
            (
                entry.model,
                entry.availability,
                seconds,
                quality,
                ", ".join(features).replace("_", " "),
            )
        )
    return rows


def parameter_rows(entry: ModelCapabilities) -> list[tuple[str, ...]]:
    """The parameters of a model: one row of text a limit, below a row that names the columns."""
    rows: list[tuple[str, ...]] = [("parameter", "allowed", "default", "level", "source", "note")]
    for rule in entry.parameters:
        default = given(rule.default)
        rows.append(
            (
                rule.path + "".join(f" ({_filter_words(item)})" for item in rule.where or []),
                ", ".join(demands(rule)),
                "" if default is None else show(default),
                rule.level,
                ", ".join(rule.source),
                rule.note or "",
            )
        )
    return rows


def rule_rows(entry: ModelCapabilities) -> list[tuple[str, ...]]:
    """The combinations of a model: one row of text each, below a row that names the columns."""
    rows: list[tuple[str, ...]] = [("rule", "note", "level", "source")]
    rows += [(rule.name, rule.note, rule.level, ", ".join(rule.source)) for rule in entry.rules]
    return rows


def _first_allowed(entry: ModelCapabilities, *names: str) -> str:
    """What the first parameter of one of these names allows, wherever it stands."""
    for rule in entry.parameters:
        if rule.path.rpartition(".")[2] in names and rule.documented is not False:
            return ", ".join(choices(rule)).replace('"', "")
    return ""


def _filter_words(item: ItemFilter) -> str:
    words = [str(value) for value in item.values] + (["none"] if item.or_absent else [])
    return f"{item.key}: {' or '.join(words)}"
