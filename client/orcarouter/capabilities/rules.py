"""The check of combination rules: values that exclude or require one another, counts, sums and sequences.

`spec/capabilities.schema.yaml` defines each kind of rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from orcarouter.capabilities.context import CheckContext
from orcarouter.capabilities.json_values import (
    format_values,
    int_if_whole,
    json_equal,
    parse_number,
)
from orcarouter.capabilities.paths import Match, select
from orcarouter.capabilities.suggestions import find_nearest
from orcarouter.capabilities.violations import Violation, check_count, make_violation

if TYPE_CHECKING:
    from orcarouter_api.models import (
        Condition,
        CountRule,
        ExcludesRule,
        ExclusiveRule,
        ReferencesRule,
        RequiresRule,
        SequenceRule,
        SumRule,
    )

__all__ = ["check_rules"]


def check_rules(context: CheckContext) -> Iterator[Violation]:
    """Values that are allowed each on its own, but not together."""
    for rule in context.entry.rules:
        # A kind without a check raises KeyError: ignoring it would let wrong requests pass.
        yield from _CHECKS[rule.rule](context, rule)


def _check_requires(context: CheckContext, rule: RequiresRule) -> Iterator[Violation]:
    if not context.all_hold(rule.when):
        return
    for need in rule.needs:
        if context.find_matches(need):
            continue
        place = Match(need.path.removesuffix("[]"))
        if need.test in ("in", "not_in"):
            match = next(iter(context.select_or_default(need)), place)
            allowed = context.allowed_by(need, must_contain=need.test == "in")
            yield _not_one_of(context, rule, match, allowed)
        elif need.test == "present":
            texts = context.allowed_texts(need.path, need.where)
            yield make_violation(rule, place, "missing", allowed=texts)
        else:
            yield from _must_be_absent(context, rule, need)


def _check_excludes(context: CheckContext, rule: ExcludesRule) -> Iterator[Violation]:
    if not context.all_hold(rule.when):
        return
    for forbidden in rule.forbids:
        if forbidden.test in ("in", "not_in"):
            for match in context.find_matches(forbidden):
                allowed = context.allowed_by(forbidden, must_contain=forbidden.test == "not_in")
                yield _not_one_of(context, rule, match, allowed)
        elif forbidden.test == "present":
            yield from _must_be_absent(context, rule, forbidden)
        elif context.find_matches(forbidden):
            yield make_violation(rule, Match(forbidden.path.removesuffix("[]")), "missing")


def _check_exclusive(context: CheckContext, rule: ExclusiveRule) -> Iterator[Violation]:
    used: list[tuple[str, Match]] = []
    for group in rule.groups:
        matches = [match for condition in group.any_of for match in context.find_matches(condition)]
        used += [(group.name, matches[0])] if matches else []
    for name, match in used[1:]:
        first_name, first_match = used[0]
        message = f"{name} cannot be combined with {first_name} ({first_match.path})"
        yield make_violation(rule, match, message)


def _check_count(context: CheckContext, rule: CountRule) -> Iterator[Violation]:
    if context.all_hold(rule.when):
        total = sum(len(context.select_items(selector)) for selector in rule.items)
        path = rule.items[0].path.removesuffix("[]")
        yield from check_count(rule, path, total, "items", rule.min, rule.max)


def _check_sum(context: CheckContext, rule: SumRule) -> Iterator[Violation]:
    total = context.value_or_default(rule.equals)
    declared = parse_number(total.value) if total else None
    parts = [parse_number(match.value) for match in context.select_items(rule.items)]
    # A part that is not a number violates the rule of its own parameter.
    numbers = [part for part in parts if part is not None]
    if total is None or declared is None or not parts or len(numbers) < len(parts):
        return
    if context.all_hold(rule.when) and not math.isclose(sum(numbers), declared):
        actual = int_if_whole(sum(numbers))
        # In the JSON type that the request uses: durations of Kling are strings.
        expected: Any = str(actual) if isinstance(total.value, str) else actual
        is_allowed = context.is_allowed_alone(rule.equals, expected)
        message = f"{total} is not the sum of the parts, {actual}"
        suggestion = expected if is_allowed else None
        yield make_violation(rule, total, message, suggestion=suggestion)


def _check_sequence(context: CheckContext, rule: SequenceRule) -> Iterator[Violation]:
    if not context.all_hold(rule.when):
        return
    for match in context.select_items(rule.items):
        expected = rule.start + match.index
        if not json_equal(match.value, expected):
            message = f"{match}, expected {expected}"
            yield make_violation(rule, match, message, suggestion=expected)


def _check_references(context: CheckContext, rule: ReferencesRule) -> Iterator[Violation]:
    count = len(context.select_items(rule.items))
    token = re.escape(rule.token).replace(re.escape("{n}"), r"(\d{1,9})")
    for match in (match for path in rule.texts for match in select(context.body, path)):
        for reference in re.finditer(token, match.value) if isinstance(match.value, str) else ():
            number = int(reference[1])
            if not 1 <= number <= count:
                nearest = rule.token.replace("{n}", str(min(max(number, 1), count)))
                yield make_violation(
                    rule,
                    evolve(match, value=reference[0]),
                    f"{reference[0]} refers to an item that does not exist (items: {count})",
                    suggestion=nearest if count else None,
                )


def _must_be_absent(
    context: CheckContext, rule: RequiresRule | ExcludesRule, condition: Condition
) -> Iterator[Violation]:
    """A violation for each value at the path of a condition that must not hold."""
    problem = "not allowed in this combination"
    for match in select(context.body, condition.path, condition.where):
        is_scalar = isinstance(match.value, str | bool | int | float)
        message = f"{match} is {problem}" if is_scalar else problem
        yield make_violation(rule, match, message, remove=True)


def _not_one_of(
    context: CheckContext, rule: RequiresRule | ExcludesRule, match: Match, values: Sequence[Any]
) -> Violation:
    """The violation of a value that, in this combination, must be one of `values`."""
    suggestion = find_nearest(match.value, values, context.entry, match.path)
    if suggestion is None and len(values) == 1:
        suggestion = values[0]
    message = "missing" if match.value is None else f"{match} is not allowed in this combination"
    return make_violation(
        rule, match, message, suggestion=suggestion, allowed=format_values(values)
    )


_CHECKS: dict[str, Callable[[CheckContext, Any], Iterator[Violation]]] = {
    "requires": _check_requires,
    "excludes": _check_excludes,
    "exclusive": _check_exclusive,
    "count": _check_count,
    "sum": _check_sum,
    "sequence": _check_sequence,
    "references": _check_references,
}
