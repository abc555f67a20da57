"""Where the rules write what they find, in sentences."""

from __future__ import annotations

from attrs import define, field

from orcagen.diff.findings import Finding, Level
from orcagen.diff.index import Index, Operation
from orcagen.diff.types import Types
from orcagen.plan.model import Package


@define
class Report:
    old: Index
    new: Index
    types: Types
    findings: list[Finding] = field(factory=list)

    def function(
        self,
        level: Level,
        rule: str,
        old: Operation | None,
        new: Operation | None,
        change: str,
        *,
        subject: str = "",
        argument: str = "",
        part: tuple[str, str] = ("", ""),
    ) -> None:
        """Adds a finding about a function, under its old name if it has one.

        `subject` is what changes, where it is not the function itself: `the result` or an argument in backticks.
        `argument` completes the dotted name, `part` the two pointers.
        """
        known = old or new
        assert known is not None
        what = f"{subject} of `{known.signature}`" if subject else f"`{known.signature}`"
        self._add(
            level,
            rule,
            f"{what[0].upper()}{what[1:]} {change}.",
            ".".join(filter(None, (self._package.name, "api", known.name, argument))),
            known.signature,
            f"{subject} {change}".strip(),
            old.function.pointer + part[0] if old else None,
            new.function.pointer + part[1] if new else None,
        )

    def symbol(
        self,
        level: Level,
        rule: str,
        name: str,
        change: str,
        old: str | None,
        new: str | None,
        *,
        field: str = "",
    ) -> None:
        """Adds a finding about a class or an alias, or about a field of it."""
        subject = f"{name}.{field}" if field else name
        self._add(
            level,
            rule,
            f"`{subject}` {change}.",
            f"{self._package.name}.models.{subject}",
            name,
            f"`{field}` {change}" if field else change,
            old,
            new,
        )

    def client(
        self,
        level: Level,
        rule: str,
        where: str,
        owner: str,
        change: str,
        old: str | None,
        new: str | None,
        *,
        subject: str = "",
    ) -> None:
        """Adds a finding about anything else of the package."""
        what = f"{subject} of `{owner}`" if subject else f"`{owner}`"
        self._add(
            level,
            rule,
            f"{what[0].upper()}{what[1:]} {change}.",
            f"{self._package.name}.{where}".rstrip("."),
            owner,
            f"{subject} {change}".strip(),
            old,
            new,
        )

    @property
    def _package(self) -> Package:
        return self.new.package

    def _add(
        self,
        level: Level,
        rule: str,
        what: str,
        where: str,
        owner: str,
        point: str,
        old: str | None,
        new: str | None,
    ) -> None:
        self.findings.append(Finding(level, rule, what, where, owner, point, old, new))
