"""What a comparison results in."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Level: TypeAlias = Literal["breaking", "additive", "documentation"]

LEVELS: tuple[Level, ...] = ("breaking", "additive", "documentation")

# All kinds of findings: what changes, and how.
RULES = frozenset(
    f"{thing}-{how}"
    for thing, hows in {
        "function": "added removed renamed request server security deprecated description",
        "argument": "added removed renamed order required optional type place style"
        " limit default deprecated description",
        "body": "added removed required optional type media-type style description",
        "result": "type",
        "stream": "added removed type framing",
        "status": "added removed type media-type description",
        "model": "added removed renamed kind description",
        "field": "added removed renamed required optional type wire"
        " limit default deprecated description",
        "additional": "type",
        "alias": "type tags",
        "option": "added removed type place description",
        "server": "added removed default variable",
        "table": "added removed type data",
        "dict": "added removed",
        "module": "description",
        "package": "description",
    }.items()
    for how in hows.split()
)


@frozen
class Finding:
    """One change, as a caller of the generated package meets it.

    `rule` is the kind of change (one of RULES) and `what` says it in one sentence. `where` is the dotted name in the package, the old
    one where there is an old one. `owner`, `subject` and `change` are the sentence in parts: the function or class, the
    argument or field of it ("" for none) and what happens. `old` and `new` are JSON pointers into the two documents,
    None where the thing is absent; they lead to what the plan knows the place of, which may be around the exact place.
    """

    level: Level
    rule: str
    what: str
    where: str
    owner: str
    subject: str
    change: str
    old: str | None
    new: str | None


@frozen
class Comparison:
    """All findings, breaking ones first, then by place. `title`, `old` and `new` are the API's title and versions."""

    findings: tuple[Finding, ...]
    title: str
    old: str
    new: str

    @property
    def breaking(self) -> bool:
        return any(f.level == "breaking" for f in self.findings)

    @property
    def step(self) -> Literal["major", "minor", "patch"]:
        """The step that the package's version should take, by Semantic Versioning."""
        if self.breaking:
            return "major"
        return "minor" if any(f.level == "additive" for f in self.findings) else "patch"

    def of(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level."""
        return tuple(f for f in self.findings if f.level == level)
