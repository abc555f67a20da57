"""Violations of the capability table, and the result of checking one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from attrs import field, frozen

from orcarouter._redaction import redact
from orcarouter.capabilities.json_values import MAX_LENGTH, format_value, unset_to_none
from orcarouter.capabilities.paths import Match

if TYPE_CHECKING:
    from orcarouter_api import Unset

__all__ = [
    "LEVELS",
    "Level",
    "TableRule",
    "ValidationResult",
    "Violation",
    "check_count",
    "make_violation",
]

Level = Literal["error", "warning", "note"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""All levels, the most severe first."""


def _scalar_or_none(value: Any) -> Any:
    # Violations are logged, pickled and printed: they keep neither secrets nor whole files.
    if isinstance(value, str):
        return redact(value[:MAX_LENGTH]) + ("…" if len(value) > MAX_LENGTH else "")
    return value if isinstance(value, bool | int | float) else None


@frozen
class Violation:
    """One way in which a request departs from the capability table.

    `str()` gives one line: path, message, suggestion, allowed values, and the sources in brackets.
    """

    path: str
    """The place in the request, such as `metadata.image_list[1].type`; empty for the request as a whole."""
    message: str
    """What is wrong there, without path and suggestion."""
    rule: str
    """The rule that is violated: the name of a combination rule in the table, or the kind of limit: `required`,
    `type`, `value`, `length`, `items`, `unsupported`, `undocumented`, `encoding`, `format`, `size`,
    `availability`, `unknown-key`, `unknown-model`."""
    level: Level
    """`error`: the request is invalid or will be rejected. `warning`: OrcaRouter's documentation permits it, but the
    provider's says that it is rejected or ignored, or the sources disagree. `note`: information only."""
    source: tuple[str, ...] = ()
    """Where the rule comes from, the strongest source first. Values: the source names in `spec/README.md`."""
    value: Any = field(default=None, converter=_scalar_or_none)
    """The offending value if it is a string, number or boolean: long strings are cut, query strings of URLs and
    contents of data URIs removed. For a limit on a count, that count. Otherwise None."""
    suggestion: Any = None
    """The nearest allowed value (of two equally near ones the smaller), or the most similar known name; None if
    there is none."""
    allowed: tuple[str, ...] = ()
    """The allowed values as text; empty if there is no list."""
    remove: bool = False
    """Whether the fix is to remove the value from the request."""
    explanation: str = ""
    """The `note` of the rule in the table."""

    def __str__(self) -> str:
        text = f"{self.path or 'request'}: {self.message}"
        if self.explanation:
            text += f": {self.explanation.rstrip('.')}"
        if self.suggestion is not None:
            adjective = "known" if self.rule.startswith("unknown-") else "allowed"
            text += f"; nearest {adjective}: {format_value(self.suggestion)}"
        elif self.remove:
            text += "; remove it"
        if self.allowed:
            text += f" (allowed: {', '.join(self.allowed)})"
        if self.source:
            text += f" [{', '.join(self.source)}]"
        return text


@frozen
class ValidationResult(Sequence[Violation]):
    """All violations of one request: errors, then warnings, then notes, each in the order of the table.

    A sequence, empty (and so false) if there are none. `str()` gives one line per violation.
    """

    model: str
    """The `model` of the request; empty if it has none."""
    violations: tuple[Violation, ...] = ()

    @property
    def errors(self) -> tuple[Violation, ...]:
        """The violations because of which the request should not be sent."""
        return self._with_level("error")

    @property
    def warnings(self) -> tuple[Violation, ...]:
        return self._with_level("warning")

    @property
    def notes(self) -> tuple[Violation, ...]:
        return self._with_level("note")

    @property
    def ok(self) -> bool:
        """Whether there are no errors; there may be warnings and notes."""
        return not self.errors

    def _with_level(self, level: Level) -> tuple[Violation, ...]:
        return tuple(violation for violation in self.violations if violation.level == level)

    @overload
    def __getitem__(self, index: int) -> Violation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Violation, ...]: ...
    def __getitem__(self, index: int | slice) -> Violation | tuple[Violation, ...]:
        return self.violations[index]

    def __len__(self) -> int:
        return len(self.violations)

    def __str__(self) -> str:
        return "\n".join(f"{violation.level}: {violation}" for violation in self.violations)


class TableRule(Protocol):
    """What all rules of the table have in common: parameter, combination, media and request limits."""

    @property
    def level(self) -> str: ...
    @property
    def source(self) -> Sequence[str]: ...


def make_violation(
    rule: TableRule,
    match: Match,
    message: str,
    *,
    kind: str = "",
    suggestion: Any = None,
    allowed: Sequence[str] = (),
    remove: bool = False,
) -> Violation:
    """A violation of a rule by one value, with the rule's level, source and note.

    `kind` is the `rule` of the violation; by default it is the rule's own name.
    """
    return Violation(
        path=match.path,
        message=message,
        rule=kind or getattr(rule, "name", ""),
        level=LEVELS[LEVELS.index(rule.level)],
        source=tuple(rule.source),
        value=match.value,
        suggestion=suggestion,
        allowed=tuple(allowed),
        remove=remove,
        explanation=getattr(rule, "note", "") or "",
    )


def check_count(
    rule: TableRule,
    path: str,
    count: int,
    unit: str,
    minimum: int | Unset,
    maximum: int | Unset,
    kind: str = "",
) -> Iterator[Violation]:
    """A violation if a number of characters or items is out of range; `unit` is its name in the message."""
    low, high = unset_to_none(minimum), unset_to_none(maximum)
    match = Match(path, count)
    if low is not None and count < low:
        message = f"{count} {unit}, at least {low}"
        yield make_violation(rule, match, message, kind=kind, suggestion=low)
    if high is not None and count > high:
        message = f"{count} {unit}, at most {high}"
        yield make_violation(rule, match, message, kind=kind, suggestion=high)
