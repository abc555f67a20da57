"""Collects changes: puts the parts of a message together and completes names and pointers."""

from __future__ import annotations

from attrs import define, field

from orcagen.diff.changes import Change, Level
from orcagen.diff.package_index import ApiFunction, PackageIndex
from orcagen.diff.type_comparison import TypeComparer


@define
class ChangeCollector:
    """What all rules need: both packages, the comparison of types, and the list of changes."""

    old: PackageIndex
    new: PackageIndex
    types: TypeComparer
    changes: list[Change] = field(factory=list)

    def add_to_function(
        self,
        level: Level,
        rule: str,
        old: ApiFunction | None,
        new: ApiFunction | None,
        predicate: str,
        *,
        subject: str = "",
        argument: str = "",
        pointer_ends: tuple[str, str] = ("", ""),
    ) -> None:
        """Adds a change of a function, under its old name if it has one.

        `subject` is the part of the function that changes, "" for the function itself. `argument` is appended to the name of
        the change, `pointer_ends` to the pointers of the old and the new operation.
        """
        function = old or new
        assert function is not None
        pointers = (
            old.function.pointer + pointer_ends[0] if old else None,
            new.function.pointer + pointer_ends[1] if new else None,
        )
        name = f"api.{function.name}.{argument}".rstrip(".")
        self._add(level, rule, name, function.signature, subject, predicate, pointers)

    def add_to_argument(
        self,
        level: Level,
        rule: str,
        old: ApiFunction,
        new: ApiFunction,
        argument: str,
        predicate: str,
    ) -> None:
        """Adds a change of an argument of a function."""
        subject = f"`{argument}`"
        self.add_to_function(level, rule, old, new, predicate, subject=subject, argument=argument)

    def add_to_symbol(
        self,
        level: Level,
        rule: str,
        symbol: str,
        predicate: str,
        pointers: tuple[str | None, str | None],
        *,
        attribute: str = "",
    ) -> None:
        """Adds a change of a class or an alias of `models/`, or of an attribute of a class."""
        name = f"{symbol}.{attribute}".rstrip(".")
        subject = f"`{attribute}`" if attribute else ""
        message = f"`{name}` {predicate}."
        self._add(level, rule, f"models.{name}", symbol, subject, predicate, pointers, message)

    def add(
        self,
        level: Level,
        rule: str,
        name: str,
        owner: str,
        predicate: str,
        pointers: tuple[str | None, str | None] = ("", ""),
        *,
        subject: str = "",
    ) -> None:
        """Adds a change of anything else in the package."""
        self._add(level, rule, name, owner, subject, predicate, pointers)

    def _add(
        self,
        level: Level,
        rule: str,
        name: str,
        owner: str,
        subject: str,
        predicate: str,
        pointers: tuple[str | None, str | None],
        message: str = "",
    ) -> None:
        if not message:
            start = f"{subject} of `{owner}`" if subject else f"`{owner}`"
            message = f"{start[0].upper()}{start[1:]} {predicate}."
        name = f"{self.new.package.name}.{name}".rstrip(".")
        self.changes.append(
            Change(level, rule, message, name, owner, subject, predicate, *pointers)
        )
