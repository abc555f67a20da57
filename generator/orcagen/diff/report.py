"""Where the rules write what they find, as sentences."""

from __future__ import annotations

from attrs import define, field

from orcagen.diff.findings import Finding, Level
from orcagen.diff.index import Index, Operation
from orcagen.diff.types import Types


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
        parts: tuple[str, str] = ("", ""),
    ) -> None:
        """Adds a finding about a function, under its old name if it has one.

        `subject` is what changes where it is not the function itself: `the result`, or an argument in backticks.
        `argument` completes the dotted name, `parts` the pointers.
        """
        known = old or new
        assert known is not None
        where = f"api.{known.name}.{argument}".rstrip(".")
        pointers = (
            old.function.pointer + parts[0] if old else None,
            new.function.pointer + parts[1] if new else None,
        )
        what = f"{subject} of `{known.signature}`" if subject else f"`{known.signature}`"
        self._add(level, rule, what, where, known.signature, subject, change, pointers)

    def symbol(
        self,
        level: Level,
        rule: str,
        name: str,
        change: str,
        pointers: tuple[str | None, str | None],
        *,
        field: str = "",
    ) -> None:
        """Adds a finding about a class or an alias, or about a field of it."""
        full = f"{name}.{field}".rstrip(".")
        subject = f"`{field}`" if field else ""
        self._add(level, rule, f"`{full}`", f"models.{full}", name, subject, change, pointers)

    def other(
        self,
        level: Level,
        rule: str,
        where: str,
        owner: str,
        change: str,
        pointers: tuple[str | None, str | None] = ("", ""),
        *,
        subject: str = "",
    ) -> None:
        """Adds a finding about anything else in the package."""
        what = f"{subject} of `{owner}`" if subject else f"`{owner}`"
        self._add(level, rule, what, where, owner, subject, change, pointers)

    def _add(
        self,
        level: Level,
        rule: str,
        about: str,
        where: str,
        owner: str,
        subject: str,
        change: str,
        pointers: tuple[str | None, str | None],
    ) -> None:
        what = f"{about[0].upper()}{about[1:]} {change}."
        where = f"{self.new.package.name}.{where}".rstrip(".")
        self.findings.append(Finding(level, rule, what, where, owner, subject, change, *pointers))
