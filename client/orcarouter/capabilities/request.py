"""A request beside the entry of its model: what holds in it, and what the entry allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orcarouter.capabilities.limits import choices, permits
from orcarouter.capabilities.paths import Hit, select
from orcarouter.capabilities.values import among, given

if TYPE_CHECKING:
    from orcarouter_api import Unset
    from orcarouter_api.models import (
        Condition,
        ItemFilter,
        ModelCapabilities,
        ParameterRule,
        Selector,
    )

__all__ = ["Request"]


class Request:
    """One request against the entry of its model."""

    def __init__(self, body: Mapping[str, Any], entry: ModelCapabilities) -> None:
        self.body = body
        self.entry = entry
        self.at: dict[str, list[ParameterRule]] = {}
        for rule in entry.parameters:
            self.at.setdefault(rule.path, []).append(rule)

    def holds(self, conditions: Iterable[Condition]) -> bool:
        return all(self.matches(condition) for condition in conditions)

    def matches(self, condition: Condition) -> list[Hit]:
        """The values for which a condition holds; none where it does not hold."""
        if condition.test == "absent":
            return [] if select(self.body, condition.path, condition.where) else [Hit("")]
        if condition.test == "present":
            return select(self.body, condition.path, condition.where)
        wanted, values = condition.test == "in", condition.values or []
        return [hit for hit in self.selected(condition) if among(hit.value, values) == wanted]

    def selected(self, condition: Condition) -> list[Hit]:
        """The values at a condition's path; where there is none, the server's default."""
        hits = select(self.body, condition.path, condition.where)
        default = self.value_or_default(condition.path) if "[]" not in condition.path else None
        return hits or ([default] if default else [])

    def value_or_default(self, path: str) -> Hit | None:
        values = [given(rule.default) for rule in self.at.get(path, ())]
        defaults = [Hit(path, value, default=True) for value in values if value is not None]
        return next(iter(select(self.body, path) or defaults), None)

    def items(self, selector: Selector) -> list[Hit]:
        return select(self.body, selector.path, selector.where)

    def left(self, path: str, condition: Condition, listed: bool) -> list[Any]:
        """What remains allowed: a condition's values, or the parameter's values but those."""
        values = condition.values or []
        known = [value for rule in self.at.get(path, ()) for value in rule.values or []]
        rest = values if listed else [value for value in known if not among(value, values)]
        return [value for value in rest if self.allows(path, value)]

    def allows(self, path: str, value: Any) -> bool:
        """Whether a value by itself breaks no limit of its parameter."""
        rules = [rule for rule in self.at.get(path, ()) if rule.level == "error"]
        return all(permits(rule, value) for rule in rules)

    def choices(self, path: str, where: Sequence[ItemFilter] | Unset) -> tuple[str, ...]:
        """In words, what a parameter allows by itself."""
        rules = [rule for rule in self.at.get(path, ()) if rule.where == where]
        return next((words for rule in rules if (words := choices(rule))), ())
