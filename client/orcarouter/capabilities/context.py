"""A request together with the table entry of its model: which conditions hold, and what the entry allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orcarouter.capabilities.json_values import contains, unset_to_none
from orcarouter.capabilities.limits import format_allowed_values, is_allowed
from orcarouter.capabilities.paths import Match, select

if TYPE_CHECKING:
    from orcarouter_api import Unset
    from orcarouter_api.models import (
        Condition,
        ItemFilter,
        ModelCapabilities,
        ParameterRule,
        Selector,
    )

__all__ = ["CheckContext"]


class CheckContext:
    """What the checks of one request read: its body, and the entry of its model."""

    def __init__(self, body: Mapping[str, Any], entry: ModelCapabilities) -> None:
        self.body = body
        self.entry = entry
        self.rules_by_path: dict[str, list[ParameterRule]] = {}
        """The parameter rules; several may limit one path."""
        for rule in entry.parameters:
            self.rules_by_path.setdefault(rule.path, []).append(rule)

    def all_hold(self, conditions: Iterable[Condition]) -> bool:
        """Whether every condition holds; true if there is none."""
        return all(self.find_matches(condition) for condition in conditions)

    def find_matches(self, condition: Condition) -> list[Match]:
        """The values for which a condition holds; empty if it does not hold."""
        if condition.test == "absent":
            found_any = bool(select(self.body, condition.path, condition.where))
            return [] if found_any else [Match("")]
        if condition.test == "present":
            return select(self.body, condition.path, condition.where)
        must_contain, values = condition.test == "in", condition.values or []
        return [
            match
            for match in self.select_or_default(condition)
            if contains(values, match.value) == must_contain
        ]

    def select_or_default(self, condition: Condition) -> list[Match]:
        """The values at a condition's path; the server's default if the request has none."""
        matches = select(self.body, condition.path, condition.where)
        if matches or "[]" in condition.path:  # an item that is not there has no default
            return matches
        default = self.value_or_default(condition.path)
        return [default] if default else []

    def value_or_default(self, path: str) -> Match | None:
        """The first value at a path; else the server's default, or None if the table does not know one."""
        defaults = [unset_to_none(rule.default) for rule in self.rules_by_path.get(path, ())]
        default_matches = [
            Match(path, default, is_default=True) for default in defaults if default is not None
        ]
        return next(iter(select(self.body, path) or default_matches), None)

    def select_items(self, selector: Selector) -> list[Match]:
        """The values that a selector of the table selects."""
        return select(self.body, selector.path, selector.where)

    def allowed_by(self, condition: Condition, *, must_contain: bool) -> list[Any]:
        """The values of a parameter that a condition leaves.

        Those are the condition's values (`must_contain`), or the parameter's values without them; in both cases
        only those that the parameter's own rules allow.
        """
        values: list[Any] = list(condition.values or [])
        if not must_contain:
            rules = self.rules_by_path.get(condition.path, ())
            of_parameter = [value for rule in rules for value in rule.values or []]
            values = [value for value in of_parameter if not contains(values, value)]
        return [value for value in values if self.is_allowed_alone(condition.path, value)]

    def is_allowed_alone(self, path: str, value: Any) -> bool:
        """Whether a value is within the limits of its parameter, combination rules aside."""
        rules = [rule for rule in self.rules_by_path.get(path, ()) if rule.level == "error"]
        return all(is_allowed(rule, value) for rule in rules)

    def allowed_texts(self, path: str, where: Sequence[ItemFilter] | Unset) -> tuple[str, ...]:
        """The allowed values of a parameter, each as text; `where` is the filter of its rule."""
        for rule in self.rules_by_path.get(path, ()):
            if rule.where == where and (texts := format_allowed_values(rule)):
                return texts
        return ()
