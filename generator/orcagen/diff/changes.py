"""The result of a comparison: changes with their levels, and the step that the version should take."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Level: TypeAlias = Literal["breaking", "behavior", "additive", "documentation"]

Audience: TypeAlias = Literal["callers", "wire"]

LEVELS: tuple[Level, ...] = ("breaking", "behavior", "additive", "documentation")

# The rules of what changes in the package: the thing, and what happens to it.
PACKAGE_RULES = frozenset(
    f"{subject}-{verb}"
    for subject, verbs in {
        "function": "added removed renamed request server security deprecated description",
        "argument": "added removed renamed order required optional type location style"
        " deprecated description",
        "body": "added removed required optional type media-type style description",
        "result": "type",
        "stream": "added removed type format",
        "status": "added removed type media-type description",
        "model": "added removed renamed kind description",
        "field": "added removed renamed required optional type json-name deprecated description",
        "additional": "type",
        "alias": "type discriminator",
        "constant": "added removed value",
        "option": "added removed type location description",
        "server": "added removed default variable",
        "table": "added removed type data",
        "dict": "added removed",
        "module": "description",
        "package": "description",
    }.items()
    for verb in verbs.split()
)
# Those of what changes in requests and responses themselves.
CONTRACT_RULES = frozenset(
    f"{subject}-{verb}"
    for subjects, verbs in {
        "argument body status header model field": "type limit default discriminator deprecated stability sunset",
        "argument body status header field": "added removed required optional",
        "argument body": "style",
        "body status webhook": "media-type",
        "function": "added removed security scope deprecated stability sunset",
        "webhook": "added removed deprecated stability sunset",
        "server": "removed",
    }.items()
    for subject in subjects.split()
    for verb in verbs.split()
)
RULES = PACKAGE_RULES | CONTRACT_RULES


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
    """All changes, breaking ones first, then by name. `title` is the API's; `old` and `new` are its versions. `audience` says
    whom they are for: callers of the regenerated client, or clients that are deployed."""

    changes: tuple[Change, ...]
    title: str
    old: str
    new: str
    audience: Audience = "callers"

    @property
    def breaking(self) -> bool:
        return any(c.level == "breaking" for c in self.changes)

    @property
    def step(self) -> Literal["major", "minor", "patch"]:
        """The part of the package's version that should be incremented (Semantic Versioning 2.0.0)."""
        if self.breaking:
            return "major"
        levels = {c.level for c in self.changes}
        return "minor" if levels & {"additive", "behavior"} else "patch"

    def filter(self, level: Level) -> tuple[Change, ...]:
        """The changes of one level."""
        return tuple(c for c in self.changes if c.level == level)
