"""Findings: what there is to say about a request, and how a rule of the table says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from attrs import field, frozen

from orcarouter._http.redaction import redact
from orcarouter.capabilities.paths import Hit
from orcarouter.capabilities.values import LONGEST, given, show

if TYPE_CHECKING:
    from orcarouter_api import Unset

__all__ = ["LEVELS", "Finding", "Findings", "Level", "Rule", "amount", "finding"]

Level = Literal["error", "warning", "note"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")


def _brief(value: Any) -> Any:
    """A value as findings keep it: scalars only, long text cut, secrets and files left out."""
    if isinstance(value, str):
        return redact(value[:LONGEST]) + ("…" if len(value) > LONGEST else "")
    return value if isinstance(value, bool | int | float) else None


@frozen
class Finding:
    """One respect in which a request departs from the capability table.

    As text it is one line: path, what is wrong, what would be allowed, and the sources in brackets.
    """

    path: str
    """Where, such as `metadata.image_list[1].type`; empty for the request as a whole."""
    message: str
    """What is wrong there, without path and remedy."""
    rule: str
    """The rule broken: the name of a combination in the table, or the kind of limit: `required`,
    `type`, `value`, `length`, `items`, `unsupported`, `undocumented`, `encoding`, `format`, `size`,
    `availability`, `unknown-key`, `unknown-model`."""
    level: Level
    """`error`: the request is wrong or will be refused; `warning`: OrcaRouter's pages permit it and
    the provider is said to refuse or ignore it, or the sources disagree; `note`: worth knowing."""
    source: tuple[str, ...] = ()
    """Where the rule comes from, strongest first, in the words of `spec/README.md`."""
    value: Any = field(default=None, converter=_brief)
    """The offending value where it is a string, number or boolean: long text is cut, queries of URLs
    and contents of data URIs left out. For a limit on how many, that number. Otherwise None."""
    nearest: Any = None
    """The allowed value nearest to it, of equal ones the smaller; None where none can be named."""
    allowed: tuple[str, ...] = ()
    """All that is allowed there, in words; empty where there is no list."""
    omit: bool = False
    """Whether the remedy is to leave the value out."""
    note: str = ""
    """What the table says about the rule."""

    def __str__(self) -> str:
        text = f"{self.path or 'request'}: {self.message}"
        if self.note:
            text += f": {self.note.rstrip('.')}"
        if self.nearest is not None:
            word = "known" if self.rule.startswith("unknown-") else "allowed"
            text += f"; nearest {word}: {show(self.nearest)}"
        elif self.omit:
            text += "; leave it out"
        if self.allowed:
            text += f" (allowed: {', '.join(self.allowed)})"
        if self.source:
            text += f" [{', '.join(self.source)}]"
        return text


@frozen
class Findings(Sequence[Finding]):
    """All findings of one request: errors, warnings, notes, each in the order of the table."""

    model: str
    """The model as the request names it; empty where it names none."""
    items: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which the request should not be sent."""
        return self._at("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return self._at("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self._at("note")

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes may remain."""
        return not self.errors

    def _at(self, level: Level) -> tuple[Finding, ...]:
        return tuple(item for item in self.items if item.level == level)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return "\n".join(f"{item.level}: {item}" for item in self.items)


class Rule(Protocol):
    """Any rule of the table."""

    @property
    def level(self) -> str: ...
    @property
    def source(self) -> Sequence[str]: ...


def finding(
    rule: Rule,
    hit: Hit,
    message: str,
    *,
    kind: str = "",
    nearest: Any = None,
    words: Sequence[str] = (),
    omit: bool = False,
) -> Finding:
    """A finding about the value at a place, with what the rule says of itself."""
    return Finding(
        hit.path,
        message,
        kind or getattr(rule, "name", ""),
        _level(rule.level),
        tuple(rule.source),
        hit.value,
        nearest,
        tuple(words),
        omit,
        getattr(rule, "note", "") or "",
    )


def amount(
    rule: Rule,
    path: str,
    count: int,
    unit: str,
    least: int | Unset,
    most: int | Unset,
    kind: str = "",
) -> Iterator[Finding]:
    """A finding where there are fewer or more than there may be."""
    low, high = given(least), given(most)
    hit = Hit(path, count)
    if low is not None and count < low:
        message = f"{count} {unit}, at least {low}"
        yield finding(rule, hit, message, kind=kind, nearest=low)
    if high is not None and count > high:
        message = f"{count} {unit}, at most {high}"
        yield finding(rule, hit, message, kind=kind, nearest=high)


def _level(word: str) -> Level:
    return LEVELS[LEVELS.index(word)]
