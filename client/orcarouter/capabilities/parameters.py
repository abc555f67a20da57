"""The check of single values, each against the limits of its parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from orcarouter.capabilities.findings import Finding, amount, finding
from orcarouter.capabilities.limits import choices, permits
from orcarouter.capabilities.nearest import nearest
from orcarouter.capabilities.paths import Hit, join, nothing, select
from orcarouter.capabilities.request import Request
from orcarouter.capabilities.values import KINDS, given, is_a, kind_of, same

if TYPE_CHECKING:
    from orcarouter_api.models import ParameterRule

__all__ = ["parameter_findings"]


def parameter_findings(request: Request) -> Iterator[Finding]:
    """What is missing, of a wrong type, or outside the limits of its parameter."""
    for path, rules in request.at.items():
        yield from _parameter(request, path, rules)


def _parameter(request: Request, path: str, rules: Sequence[ParameterRule]) -> Iterator[Finding]:
    mistyped: set[str] = set()
    for rule in rules:
        if rule.required:
            for hit in _missing(request, rule):
                words = request.choices(path, rule.where)
                yield finding(rule, hit, "missing", kind="required", words=words)
        for hit in select(request.body, path, rule.where, empty=True):
            if hit.path not in mistyped:
                for found in _value(request, rule, hit):
                    mistyped |= {hit.path} if found.rule == "type" else set()
                    yield found


def _missing(request: Request, rule: ParameterRule) -> Iterator[Hit]:
    """Where a required value is not: at the path, or in each item of the list above it."""
    parent, inside, rest = rule.path.rpartition("[].")
    holders = select(request.body, parent + "[]", rule.where) if inside else [Hit("", request.body)]
    for holder in holders:
        value, path = holder.value, holder.path
        for key in rest.split("."):
            # What is no object has a finding of its own.
            if value is not None and not isinstance(value, Mapping):
                break
            value, path = (value or {}).get(key), join(path, key)
        else:
            if nothing(value):
                yield Hit(path)


def _value(request: Request, rule: ParameterRule, hit: Hit) -> Iterator[Finding]:
    value, default, kind = hit.value, given(rule.default), rule.type or ""
    if rule.supported is False:
        if not nothing(value) and not (default is not None and same(value, default)):
            message = f"not taken by {request.entry.model}"
            yield finding(rule, hit, message, kind="unsupported", omit=True)
        return
    if value is None:
        if kind and not rule.required:
            message = f"null is not {KINDS[kind]}"
            yield finding(rule, hit, message, kind="type", omit=True)
        return
    broken = ""
    if kind and not is_a(value, kind):
        broken, message = "type", f"{hit} is {kind_of(value)}, not {KINDS[kind]}"
    elif not permits(rule, value):
        broken, message = "value", f"{hit} is not taken by {request.entry.model}"
    if broken:
        near = nearest(value, rule, request.entry)
        words = choices(rule)
        yield finding(rule, hit, message, kind=broken, nearest=near, words=words)
    if isinstance(value, str):
        least, most, count = rule.min_length, rule.max_length, len(value)
        yield from amount(rule, hit.path, count, "characters", least, most, "length")
    elif isinstance(value, list | tuple):
        least, most, count = rule.min_items, rule.max_items, len(value)
        yield from amount(rule, hit.path, count, "items", least, most, "items")
