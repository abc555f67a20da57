"""The rules of the table about several values: what goes with what, how many, in which order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from orcarouter.capabilities.findings import Finding, amount, finding
from orcarouter.capabilities.nearest import closest
from orcarouter.capabilities.paths import Hit, select
from orcarouter.capabilities.request import Request
from orcarouter.capabilities.values import listed, number_of, plain, same

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

__all__ = ["rule_findings"]


def rule_findings(request: Request) -> Iterator[Finding]:
    """Where values that each are allowed do not go together."""
    for rule in request.entry.rules:
        yield from _CHECKS[rule.rule](request, rule)


def _requires(request: Request, rule: RequiresRule) -> Iterator[Finding]:
    for need in rule.needs if request.holds(rule.when) else ():
        if not request.matches(need):
            place = Hit(need.path.removesuffix("[]"))
            if need.test in ("in", "not_in"):
                hit = next(iter(request.selected(need)), place)
                yield _choose(request, rule, hit, request.left(need.path, need, need.test == "in"))
            elif need.test == "present":
                words = request.choices(need.path, need.where)
                yield finding(rule, place, "missing", words=words)
            else:
                yield from _unfit(request, rule, need)


def _excludes(request: Request, rule: ExcludesRule) -> Iterator[Finding]:
    for ban in rule.forbids if request.holds(rule.when) else ():
        if ban.test in ("in", "not_in"):
            for hit in request.matches(ban):
                yield _choose(request, rule, hit, request.left(ban.path, ban, ban.test == "not_in"))
        elif ban.test == "present":
            yield from _unfit(request, rule, ban)
        elif request.matches(ban):
            yield finding(rule, Hit(ban.path.removesuffix("[]")), "missing")


def _exclusive(request: Request, rule: ExclusiveRule) -> Iterator[Finding]:
    used: list[tuple[str, Hit]] = []
    for group in rule.groups:
        hits = [hit for condition in group.any_of for hit in request.matches(condition)]
        used += [(group.name, hits[0])] if hits else []
    for name, hit in used[1:]:
        first, other = used[0]
        yield finding(rule, hit, f"{name} beside {first} ({other.path})")


def _count(request: Request, rule: CountRule) -> Iterator[Finding]:
    if request.holds(rule.when):
        total = sum(len(request.items(selector)) for selector in rule.items)
        path = rule.items[0].path.removesuffix("[]")
        yield from amount(rule, path, total, "items", rule.min, rule.max)


def _sum(request: Request, rule: SumRule) -> Iterator[Finding]:
    total = request.value_or_default(rule.equals)
    declared = number_of(total.value) if total else None
    parts = [number_of(hit.value) for hit in request.items(rule.items)]
    # A part that is no number has a finding of its own.
    numbers = [part for part in parts if part is not None]
    if total is None or declared is None or not parts or len(numbers) < len(parts):
        return
    if request.holds(rule.when) and not math.isclose(sum(numbers), declared):
        whole = plain(sum(numbers))
        right: Any = str(whole) if isinstance(total.value, str) else whole
        near = right if request.allows(rule.equals, right) else None
        yield finding(rule, total, f"{total} is not the sum {whole}", nearest=near)


def _sequence(request: Request, rule: SequenceRule) -> Iterator[Finding]:
    for hit in request.items(rule.items) if request.holds(rule.when) else ():
        right = rule.start + hit.position
        if not same(hit.value, right):
            yield finding(rule, hit, f"{hit} in place of {right}", nearest=right)


def _references(request: Request, rule: ReferencesRule) -> Iterator[Finding]:
    count = len(request.items(rule.items))
    token = re.escape(rule.token).replace(re.escape("{n}"), r"(\d{1,9})")
    for hit in (hit for path in rule.texts for hit in select(request.body, path)):
        for found in re.finditer(token, hit.value) if isinstance(hit.value, str) else ():
            number = int(found[1])
            if not 1 <= number <= count:
                right = rule.token.replace("{n}", str(min(max(number, 1), count)))
                named = evolve(hit, value=found[0])
                message = f"{found[0]} where there are {count}"
                yield finding(rule, named, message, nearest=right if count else None)


def _unfit(
    request: Request, rule: RequiresRule | ExcludesRule, condition: Condition
) -> Iterator[Finding]:
    """One finding for each value that must not be there."""
    for hit in select(request.body, condition.path, condition.where):
        scalar = isinstance(hit.value, str | bool | int | float)
        message = f"{hit} does not fit" if scalar else "does not fit"
        yield finding(rule, hit, message, omit=True)


def _choose(
    request: Request, rule: RequiresRule | ExcludesRule, hit: Hit, values: Sequence[Any]
) -> Finding:
    """A finding about a value that has to be one of a few others."""
    near = closest(hit.value, values, request.entry, hit.path)
    if near is None and len(values) == 1:
        near = values[0]
    message = "missing" if hit.value is None else f"{hit} does not fit"
    return finding(rule, hit, message, nearest=near, words=listed(values))


_CHECKS: dict[str, Callable[[Request, Any], Iterator[Finding]]] = {
    "requires": _requires,
    "excludes": _excludes,
    "exclusive": _exclusive,
    "count": _count,
    "sum": _sum,
    "sequence": _sequence,
    "references": _references,
}
