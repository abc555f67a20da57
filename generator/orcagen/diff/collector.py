"""Collects changes: puts the parts of a message together and completes names and pointers."""

from __future__ import annotations

from typing import TypeAlias

from attrs import define, field, frozen

from orcagen.diff.changes import Change, Level
from orcagen.diff.package_index import ApiFunction, PackageIndex, Symbol
from orcagen.diff.type_comparison import TypeChange, TypeComparer

Pointers: TypeAlias = tuple[str | None, str | None]


@frozen
class Reporter:
    """Adds changes of one thing in the package.

    `name` is its dotted name, `owner` its name in messages. `pointers` are those into the two documents, None where it
    does not exist.
    """

    changes: list[Change]
    name: str
    owner: str
    pointers: Pointers
    only_breaking: bool = False

    def add(
        self,
        level: Level,
        rule: str,
        predicate: str,
        attribute: str = "",
        *,
        subject: str = "",
        pointers: Pointers | None = None,
    ) -> None:
        """Adds a change of an argument or field (`attribute`), of a part that has no name (`subject`) or of the whole."""
        if self.only_breaking and level != "breaking":
            return
        name = f"{self.name}.{attribute}".rstrip(".")
        subject = subject or (f"`{attribute}`" if attribute else "")
        start = f"{subject} of `{self.owner}`" if subject else f"`{self.owner}`"
        if attribute and self.name.endswith(f".models.{self.owner}"):
            start = f"`{self.owner}.{attribute}`"
        message = f"{start[0].upper()}{start[1:]} {predicate}."
        old, new = pointers or self.pointers
        self.changes.append(
            Change(level, rule, message, name, self.owner, subject, predicate, old, new)
        )

    def add_type(
        self, rule: str, change: TypeChange | None, attribute: str = "", *, subject: str = ""
    ) -> None:
        """Adds what changes in a type, if anything does."""
        if change:
            self.add(change.level, rule, change.predicate, attribute, subject=subject)

    def add_description(self, rule: str, old: object, new: object, attribute: str = "") -> None:
        """Adds that a description is another one, if it is."""
        if old != new:
            self.add("documentation", rule, "has a new description", attribute)


@define
class ChangeCollector:
    """What all rules need: both packages, the comparison of types, and the list of changes."""

    old: PackageIndex
    new: PackageIndex
    types: TypeComparer
    changes: list[Change] = field(factory=list)

    def report(self, name: str, owner: str, pointers: Pointers = ("", "")) -> Reporter:
        """For anything in the package, by its dotted name within it."""
        name = f"{self.new.package.name}.{name}".rstrip(".")
        return Reporter(self.changes, name, owner, pointers)

    def report_function(self, old: ApiFunction | None, new: ApiFunction | None) -> Reporter:
        """For a function, under its old name if it has one."""
        named = old or new
        assert named is not None
        old_pointer, new_pointer = (f.function.pointer if f else None for f in (old, new))
        return self.report(f"api.{named.name}", named.signature, (old_pointer, new_pointer))

    def report_symbol(self, old: Symbol | None, new: Symbol | None) -> Reporter:
        """For a class or an alias of `models/`, under its old name if it has one."""
        named = old or new
        assert named is not None
        old_pointer, new_pointer = (s.pointer if s else None for s in (old, new))
        return self.report(f"models.{named.symbol}", named.symbol, (old_pointer, new_pointer))
