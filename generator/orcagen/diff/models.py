"""What changes for those who build and read values of `models/`."""

from __future__ import annotations

from attrs import define, frozen

from orcagen.diff.about import description_changes
from orcagen.diff.findings import Level
from orcagen.diff.index import Symbol
from orcagen.diff.matching import fields
from orcagen.diff.report import Report
from orcagen.diff.types import Change, Types, shown
from orcagen.plan.model import Field, Model, TypeName


@frozen
class Ways:
    """Whether callers give the values of a type, get them, or both."""

    given: bool
    got: bool


def compare_models(report: Report, names: dict[str, str]) -> None:
    """Findings for all classes and aliases. `names` gives the new symbol of each old one that lives on."""
    old, new = report.old, report.new
    for name, symbol in old.symbols.items():
        if name not in names:
            pointers = (symbol.pointer, None)
            report.symbol("breaking", "model-removed", name, "is removed", pointers)
    for name in new.symbols.keys() - old.symbols.keys() - set(names.values()):
        pointer = new.symbols[name].pointer
        report.symbol("additive", "model-added", name, "is new", (None, pointer))
    for name, other in names.items():
        a, b = old.symbols[name], new.symbols[other]
        ways = Ways(
            name in old.sent and other in new.sent,
            name in old.received and other in new.received,
        )
        if not ways.given and not ways.got:
            ways = Ways(name in old.sent, name in old.received)
        _Symbols(report, a, b, ways, merged=name != other and other in old.symbols).compare()


@define
class _Symbols:
    """Compares two symbols. `merged` says that the new one was there before, for something else."""

    report: Report
    old: Symbol
    new: Symbol
    ways: Ways
    merged: bool

    def compare(self) -> None:
        a, b = self.old, self.new
        if a.symbol != b.symbol:
            verb = "is replaced by" if self.merged else "is now"
            self._add("breaking", "model-renamed", f"{verb} `{b.symbol}`")
        elif a.description != b.description:  # otherwise it may be made of the name
            self._add("documentation", "model-description", "has a new description")
        if isinstance(a, Model):
            target = self.report.new.resolved(b.symbol)
            if isinstance(target, Model):
                self._class(a, target)
            else:
                assert isinstance(b, TypeName)
                text = shown(b.same or b.expression)
                change = f"is no class any more but another name of {text}"
                if b.base:
                    change = f"is only the base of the classes that stand for it: {text}"
                self._add("breaking", "model-kind", change)
        elif isinstance(b, Model):
            if not isinstance(self.report.old.resolved(a.symbol), Model):
                text = shown(a.same or a.expression)
                change = f"is now a class, formerly another name of {text}"
                if a.base:
                    change = f"is now one class, formerly the base of several: {text}"
                self._add("breaking", "model-kind", change)
        else:
            if found := self._type(a.same or a.expression, b.same or b.expression):
                self._add(found.level, "alias-type", found.text)
            self._tags(a, b)

    @property
    def _types(self) -> Types:
        return self.report.types

    def _add(self, level: Level, rule: str, change: str, field: str = "") -> None:
        # Of the class that took its place, only what is missing matters.
        if level == "breaking" or not self.merged:
            pointers = (self.old.pointer, self.new.pointer)
            self.report.symbol(level, rule, self.old.symbol, change, pointers, field=field)

    def _type(self, old: str, new: str) -> Change | None:
        """The more serious of the changes for givers and for readers; the readers' where they are equal."""
        got = self._types.got(old, new) if self.ways.got else None
        given = self._types.given(old, new) if self.ways.given else None
        if got is None or (given and given.level == "breaking" and got.level != "breaking"):
            return given
        return got

    def _class(self, a: Model, b: Model) -> None:
        for x, y in fields(a, b):
            if y is None:
                assert x is not None
                self._add("breaking", "field-removed", "is removed", x.name)
            elif x is None:
                required = self.ways.given and not y.default
                kind = "required field" if required else "field"
                change = f"is a new {kind}, {shown(_present(y))}"
                self._add("breaking" if required else "additive", "field-added", change, y.name)
            elif x != y:
                self._field(x, y)
        if found := self._type(a.additional or "Any", b.additional or "Any"):
            change = f"has other unknown properties: each {found.text}"
            self._add(found.level, "additional-type", change)

    def _field(self, x: Field, y: Field) -> None:
        if x.name != y.name:
            self._add("breaking", "field-renamed", f"is now called `{y.name}`", x.name)
        if x.wire != y.wire:
            change = f"stands in JSON as `{y.wire}`, formerly `{x.wire}`"
            self._add("documentation", "field-wire", change, x.name)
        if self.ways.given and x.default and not y.default:
            self._add("breaking", "field-required", "is now required", x.name)
        elif self.ways.got and y.default == "UNSET" != x.default:
            self._add("breaking", "field-optional", "may now be absent (`UNSET`)", x.name)
        elif self.ways.got and x.default == "UNSET" != y.default:
            self._add("additive", "field-required", "is always there", x.name)
        elif self.ways.given and y.default and not x.default:
            self._add("additive", "field-optional", "is now optional", x.name)
        if found := self._type(_present(x), _present(y)):
            self._add(found.level, "field-type", found.text, x.name)
        if x.description != y.description:
            for level, rule, text in description_changes(
                x.description, y.description, self.ways.given
            ):
                self._add(level, f"field-{rule}", text, x.name)

    def _tags(self, a: TypeName, b: TypeName) -> None:
        """What the values of a discriminator mean, for members that the union has before and after."""
        names = self._types.names
        old = {word: names.get(symbol, symbol) for word, symbol in a.tags.items()}
        before, after = set(old.values()), set(b.tags.values())
        for word in sorted(old.keys() | b.tags.keys()):
            x, y = old.get(word), b.tags.get(word)
            if x is not None and y is not None and x != y:
                level: Level = "breaking" if self.ways.got else "documentation"
                self._add(level, "alias-tags", f"reads `{word}` as `{y}`, formerly as `{x}`")
            elif x is None and y in before:
                self._add("additive", "alias-tags", f"reads `{word}` as `{y}` too")
            elif y is None and x in after:
                self._add("documentation", "alias-tags", f"no longer reads `{word}` as `{x}`")


def _present(field: Field) -> str:
    """The type of a field that is there."""
    return field.annotation.removesuffix(" | Unset")
