"""The check of single values, each against the limits of its parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from orcarouter.capabilities.context import CheckContext
from orcarouter.capabilities.json_values import (
    TYPE_NAMES,
    describe_type,
    has_type,
    json_equal,
    unset_to_none,
)
from orcarouter.capabilities.limits import format_allowed_values, is_allowed
from orcarouter.capabilities.paths import Match, is_empty, join_path, select
from orcarouter.capabilities.suggestions import suggest_value
from orcarouter.capabilities.violations import Violation, check_count, make_violation

if TYPE_CHECKING:
    from orcarouter_api.models import ParameterRule

__all__ = ["check_parameters"]


def check_parameters(context: CheckContext) -> Iterator[Violation]:
    """Values that are missing, have the wrong type, or are outside the limits of their parameter."""
    for path, rules in context.rules_by_path.items():
        yield from _check_path(context, path, rules)


def _check_path(
    context: CheckContext, path: str, rules: Sequence[ParameterRule]
) -> Iterator[Violation]:
    # A value of the wrong type is reported once, however many rules limit its path.
    mistyped: set[str] = set()
    for rule in rules:
        if rule.required:
            for match in _find_missing(context, rule):
                allowed = context.allowed_texts(path, rule.where)
                yield make_violation(rule, match, "missing", kind="required", allowed=allowed)
        for match in select(context.body, path, rule.where, include_empty=True):
            if match.path not in mistyped:
                for violation in _check_value(context, rule, match):
                    if violation.rule == "type":
                        mistyped.add(match.path)
                    yield violation


def _find_missing(context: CheckContext, rule: ParameterRule) -> Iterator[Match]:
    """The places where a required value is missing: the path itself, or one place per item of a list on it."""
    list_path, has_list, keys = rule.path.rpartition("[].")
    if has_list:
        parents = select(context.body, list_path + "[]", rule.where)
    else:
        parents = [Match("", context.body)]
    for parent in parents:
        value, path = parent.value, parent.path
        for key in keys.split("."):
            # A parent of the wrong type violates its own rule; nothing is missing in it.
            if value is not None and not isinstance(value, Mapping):
                break
            value, path = (value or {}).get(key), join_path(path, key)
        else:
            if is_empty(value):
                yield Match(path)


def _check_value(context: CheckContext, rule: ParameterRule, match: Match) -> Iterator[Violation]:
    value, default = match.value, unset_to_none(rule.default)
    json_type = rule.type or ""
    if rule.supported is False:
        # Sending the default of an unsupported parameter changes nothing.
        is_default = default is not None and json_equal(value, default)
        if not is_empty(value) and not is_default:
            message = f"not supported by {context.entry.model}"
            yield make_violation(rule, match, message, kind="unsupported", remove=True)
        return
    if value is None:
        if json_type and not rule.required:  # a required one is reported as missing
            message = f"null is not {TYPE_NAMES[json_type]}"
            yield make_violation(rule, match, message, kind="type", remove=True)
        return
    kind = ""
    if json_type and not has_type(value, json_type):
        kind, message = "type", f"{match} is {describe_type(value)}, not {TYPE_NAMES[json_type]}"
    elif not is_allowed(rule, value):
        kind, message = "value", f"{match} is not supported by {context.entry.model}"
    if kind:
        suggestion = suggest_value(value, rule, context.entry)
        allowed = format_allowed_values(rule)
        yield make_violation(
            rule, match, message, kind=kind, suggestion=suggestion, allowed=allowed
        )
    if isinstance(value, str):
        minimum, maximum, length = rule.min_length, rule.max_length, len(value)
        yield from check_count(rule, match.path, length, "characters", minimum, maximum, "length")
    elif isinstance(value, list | tuple):
        minimum, maximum, length = rule.min_items, rule.max_items, len(value)
        yield from check_count(rule, match.path, length, "items", minimum, maximum, "items")
