"""The result of a comparison: changes with their levels, and the step that the version should take."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Level: TypeAlias = Literal["breaking", "additive", "documentation"]

LEVELS: tuple[Level, ...] = ("breaking", "additive", "documentation")

# All rules: what changes, and how.
RULES = frozenset(
    f"{subject}-{verb}"
    for subject, verbs in {
        "function": "added removed renamed request server security deprecated description",
        "argument": "added removed renamed order required optional type location style"
        " limit default deprecated description",
        "body": "added removed required optional type media-type style description",
        "result": "type",
        "stream": "added removed type format",
        "status": "added removed type media-type description",
        "model": "added removed renamed kind description",
        "field": "added removed renamed required optional type json-name"
        " limit default deprecated description",
        "additional": "type",
        "alias": "type discriminator",
        "option": "added removed type location description",
        "server": "added removed default variable",
        "table": "added removed type data",
        "dict": "added removed",
        "module": "description",
        "package": "description",
    }.items()
    for verb in verbs.split()
)


@frozen
class Change:
    """One change, from the point of view of a caller of the generated package.

    `rule` is one of RULES. `name` is the dotted name in the package, the old one of what was there before. `message` is one
    sentence; `owner`, `subject` and `predicate` are its parts: the function or class, the argument or field of it (""
    for the function or class itself) and what is new about it. `old` and `new` are JSON pointers into the two documents,
    None on the side where the thing does not exist. They point to the nearest value whose pointer the plan keeps.
    """

    level: Level
    rule: str
    message: str
    name: str
    owner: str
    subject: str
    predicate: str
    old: str | None
    new: str | None


@frozen
class Comparison:
    """All changes, breaking ones first, then by name. `title` is the API's; `old` and `new` are its versions."""

    changes: tuple[Change, ...]
    title: str
    old: str
    new: str

    @property
    def breaking(self) -> bool:
        return any(c.level == "breaking" for c in self.changes)

    @property
    def step(self) -> Literal["major", "minor", "patch"]:
        """The part of the package's version that should be incremented (Semantic Versioning 2.0.0)."""
        if self.breaking:
            return "major"
        return "minor" if any(c.level == "additive" for c in self.changes) else "patch"

    def filter(self, level: Level) -> tuple[Change, ...]:
        """The changes of one level."""
        return tuple(c for c in self.changes if c.level == level)
