"""What changes for those who build and read values of `models/`."""

from __future__ import annotations

from attrs import frozen

from orcagen.diff.findings import Level
from orcagen.diff.functions import about
from orcagen.diff.index import Symbol
from orcagen.diff.matching import fields
from orcagen.diff.report import Report
from orcagen.diff.types import Change, shown
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
            report.symbol("breaking", "model-removed", name, "is removed", symbol.pointer, None)
    for name in new.symbols.keys() - old.symbols.keys() - set(names.values()):
        pointer = new.symbols[name].pointer
        report.symbol("additive", "model-added", name, "is new", None, pointer)
    for name, other in names.items():
        a, b = old.symbols[name], new.symbols[other]
        ways = Ways(
            name in old.sent and other in new.sent,
            name in old.received and other in new.received,
        )
        if not ways.given and not ways.got:
            ways = Ways(name in old.sent, name in old.received)
        if name != other:
            verb = "is replaced by" if other in old.symbols else "is now"
            change = f"{verb} `{other}`"
            report.symbol("breaking", "model-renamed", name, change, a.pointer, b.pointer)
        _symbol(report, a, b, ways)


def _symbol(report: Report, a: Symbol, b: Symbol, ways: Ways) -> None:
    def add(level: Level, rule: str, change: str) -> None:
        report.symbol(level, rule, a.symbol, change, a.pointer, b.pointer)

    if isinstance(a, Model):
        target = report.new.resolved(b.symbol)
        if isinstance(target, Model):
            _class(report, a, target, ways)
        else:
            assert isinstance(b, TypeName)
            text = shown(b.same or b.expression)
            add("breaking", "model-kind", f"is no class any more but another name of {text}")
    elif isinstance(b, Model):
        if not isinstance(report.old.resolved(a.symbol), Model):
            text = shown(a.same or a.expression)
            add("breaking", "model-kind", f"is now a class, formerly another name of {text}")
    else:
        types = a.same or a.expression, b.same or b.expression
        if change := _worst(report, types[0], types[1], ways):
            add(change.level, "alias-type", change.text)
        _tags(report, a, b, ways)
    if a.description != b.description:
        add("documentation", "model-description", "is described otherwise")


def _worst(report: Report, old: str, new: str, ways: Ways) -> Change | None:
    """The more serious of the changes for givers and for readers; the readers' where they are equal."""
    got = report.types.got(old, new) if ways.got else None
    given = report.types.given(old, new) if ways.given else None
    if got is None or (given and given.level == "breaking" and got.level != "breaking"):
        return given
    return got


def _class(report: Report, a: Model, b: Model, ways: Ways) -> None:
    for x, y in fields(a, b):
        if y is None:
            assert x is not None
            _add(report, a, b, x.name, "breaking", "field-removed", "is removed")
        elif x is None:
            _new_field(report, a, b, y, ways)
        else:
            _field(report, a, b, x, y, ways)
    if a.additional != b.additional:
        types = (a.additional or "Any", b.additional or "Any")
        if change := _worst(report, types[0], types[1], ways):
            text = f"has other unknown properties: each {change.text}"
            report.symbol(change.level, "additional-type", a.symbol, text, a.pointer, b.pointer)


def _add(
    report: Report, a: Model, b: Model, name: str, level: Level, rule: str, change: str
) -> None:
    report.symbol(level, rule, a.symbol, change, a.pointer, b.pointer, field=name)


def _new_field(report: Report, a: Model, b: Model, y: Field, ways: Ways) -> None:
    annotation = shown(_present(y))
    if ways.given and not y.default:
        change = f"is a new required field, {annotation}"
        _add(report, a, b, y.name, "breaking", "field-added", change)
    else:
        change = f"is a new field, {annotation}"
        _add(report, a, b, y.name, "additive", "field-added", change)


def _field(report: Report, a: Model, b: Model, x: Field, y: Field, ways: Ways) -> None:
    def add(level: Level, rule: str, change: str) -> None:
        _add(report, a, b, x.name, level, rule, change)

    if x == y:
        return
    if x.name != y.name:
        add("breaking", "field-renamed", f"is now called `{y.name}`")
    if x.wire != y.wire:
        add("documentation", "field-wire", f"stands in JSON as `{y.wire}`, formerly `{x.wire}`")
    if ways.given and x.default and not y.default:
        add("breaking", "field-required", "is now required")
    elif ways.got and y.default == "UNSET" != x.default:
        add("breaking", "field-optional", "may now be absent (`UNSET`)")
    elif ways.got and x.default == "UNSET" != y.default:
        add("additive", "field-required", "is always there")
    elif ways.given and y.default and not x.default:
        add("additive", "field-optional", "is now optional")
    if change := _worst(report, _present(x), _present(y), ways):
        add(change.level, "field-type", change.text)
    if x.description != y.description:
        for level, rule, text in about(x.description, y.description, ways.given):
            add(level, f"field-{rule}", text)


def _present(field: Field) -> str:
    """The type of a field that is there."""
    return field.annotation.removesuffix(" | Unset")


def _tags(report: Report, a: TypeName, b: TypeName, ways: Ways) -> None:
    """What the values of a discriminator mean, for members that the union has before and after."""
    names = report.types.names
    old = {word: names.get(symbol, symbol) for word, symbol in a.tags.items()}
    known = set(old.values()), set(b.tags.values())
    for word in sorted(old.keys() | b.tags.keys()):
        before, after = old.get(word), b.tags.get(word)
        if before == after:
            continue
        if before is not None and after is not None:
            level: Level = "breaking" if ways.got else "documentation"
            change = f"reads `{word}` as `{after}`, formerly as `{before}`"
        elif after in known[0]:
            level, change = "additive", f"reads `{word}` as `{after}` too"
        elif before in known[1]:
            level, change = "documentation", f"no longer reads `{word}` as `{before}`"
        else:
            continue
        report.symbol(level, "alias-tags", a.symbol, change, a.pointer, b.pointer)
