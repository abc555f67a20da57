"""Where changes of requests and responses are, and the changes that any place can have."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from orcagen.diff.changes import Audience
from orcagen.diff.collector import Pointers, Reporter
from orcagen.diff.levels import Direction, find_level
from orcagen.diff.limits import describe_default, list_values, values_equal
from orcagen.openapi import Node
from orcagen.plan.text import one_line

_STABILITIES = ("draft", "experimental", "alpha", "preview", "beta", "rc", "stable")
# The last part of a rule, where it is not what happened: added, removed, required, optional.
_RULES = {
    "null": "type", "values": "type", "variant": "type", "mapping": "discriminator", "format": "limit",
} | {
    stem: stem
    for stem in "type limit default deprecated stability sunset style security scope media-type".split()
}  # fmt: skip


@frozen
class Place:
    """Where a change is: its reporter, the argument or field of it, and the label of a part without a name.

    `kind` is the first part of rules. `is_planned` says that the plans keep the types of values here.
    """

    report: Reporter
    kind: str
    attribute: str = ""
    label: str = ""
    direction: Direction = "request"
    is_planned: bool = True

    def inside(self, label: str, *, is_planned: bool = True) -> Place:
        """A part of it; `label` ends with "of" it."""
        subject = self.label or (f"`{self.attribute}`" if self.attribute else "")
        label = f"{label} {subject}" if subject else label.removesuffix(" of")
        return evolve(self, label=label, is_planned=self.is_planned and is_planned)

    def at(self, old: Node | None, new: Node | None, root: tuple[str, str]) -> Place:
        """The same with the pointers of values in the documents; where one is in another file, the pointer stays."""
        pointers: Pointers = tuple(  # type: ignore[assignment]
            n.pointer if n and n.file == r else p
            for n, r, p in zip((old, new), root, self.report.pointers, strict=True)
        )
        return evolve(self, report=evolve(self.report, pointers=pointers))


@frozen
class PlacedChanges:
    """Adds changes to places, with the levels for an audience."""

    audience: Audience

    def compare_annotations(
        self, place: Place, old: dict[str, Any], new: dict[str, Any], with_default: bool = True
    ) -> None:
        x, y = (side.get("stability", "stable") for side in (old, new))
        if x != y:
            ranks = [_STABILITIES.index(s) if s in _STABILITIES else 6 for s in (x, y)]
            verb = "looser" if ranks[1] < ranks[0] else "tighter"
            self.add(
                place, f"stability-{verb}", f"is now `{one_line(y)}`, formerly `{one_line(x)}`"
            )
        if new.get("sunset") and old.get("sunset") != new["sunset"]:
            self.add(place, "sunset-other", f"will be removed (sunset `{one_line(new['sunset'])}`)")
        if old.get("deprecated") != new.get("deprecated"):
            again = "" if new.get("deprecated") else "no longer "
            self.add(place, "deprecated-other", f"is {again}deprecated")
        x, y = old.get("default"), new.get("default")
        if with_default and not values_equal(x, y):
            self.add(place, "default-other", describe_default(x, y))

    def add_required(self, place: Place, is_required: bool) -> None:
        verb = "required" if is_required else "optional"
        self.add(place, f"presence-{verb}", f"is now {verb}")

    def add_presence(
        self, place: Place, what: str, old: Any, new: Any, is_required: bool = False
    ) -> None:
        """Adds that something is on one side only. Whether it is required says how much that means."""
        if new is not None and old is None:
            row = f"required-{what}-added" if is_required else f"{what}-added"
            self.add(place, row, "is new and required" if is_required else "is new")
        elif old is not None and new is None:
            row = f"required-{what}-removed" if is_required else f"{what}-removed"
            self.add(place, row, "is removed")

    def add_values(
        self, place: Place, row: str, verb: str, old: frozenset[str], new: frozenset[str]
    ) -> None:
        if removed := old - new:
            self.add(place, f"{row}-tighter", f"no longer {verb} {list_values(removed)}")
        if added := new - old:
            self.add(place, f"{row}-looser", f"also {verb} {list_values(added)}")

    def is_callers(self, place: Place) -> bool:
        return self.audience == "callers" and place.is_planned

    def add(self, place: Place, row: str, predicate: str) -> None:
        audience: Audience = "callers" if self.is_callers(place) else "wire"
        level = find_level(row, place.direction, audience)
        if level is not None:
            stem, _, verb = row.rpartition("-")
            rule = f"{place.kind}-{_RULES.get(stem, verb)}"
            attribute = "" if place.label else place.attribute
            place.report.add(level, rule, predicate, attribute, subject=place.label)
