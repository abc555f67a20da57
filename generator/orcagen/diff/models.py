"""What changes in the classes and aliases of `models/`."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector, Reporter
from orcagen.diff.documentation import compare_documentation
from orcagen.diff.matching import match_fields
from orcagen.diff.package_index import Symbol, aliased_type
from orcagen.diff.type_comparison import TypeChange, TypeComparer, format_type
from orcagen.plan.model import Field, ModelClass, Type, TypeAliasPlan
from orcagen.render.literals import literal
from orcagen.schema import ANY


def compare_models(collector: ChangeCollector, new_names: dict[str, str]) -> None:
    """Adds the changes of all classes and aliases. `new_names` has the new name of each old one that still exists."""
    old, new = collector.old, collector.new
    for name in old.symbols.keys() - new_names.keys():
        report = collector.report_symbol(old.symbols[name], None)
        report.add("breaking", "model-removed", "is removed")
    for name in new.symbols.keys() - old.symbols.keys() - set(new_names.values()):
        collector.report_symbol(None, new.symbols[name]).add("additive", "model-added", "is new")
    for name, new_name in new_names.items():
        a, b = old.symbols[name], new.symbols[new_name]
        report = collector.report_symbol(a, b)
        if name != new_name:
            # Callers who move on to an existing class only have to know what it does not have.
            is_merged = new_name in old.symbols
            verb = "is replaced by" if is_merged else "is renamed to"
            report.add("breaking", "model-renamed", f"{verb} `{new_name}`")
            report = evolve(report, only_breaking=is_merged)
        else:  # after a renaming the description may just contain the name
            report.add_description("model-description", a.description, b.description)
        as_input = name in old.in_requests, new_name in new.in_requests
        as_output = name in old.in_responses, new_name in new.in_responses
        usage = all(as_input), all(as_output)
        if not any(usage):
            usage = as_input[0], as_output[0]
        _SymbolComparer(collector.types, report, *usage).compare(a, b)


@frozen
class _SymbolComparer:
    """Compares two classes or aliases whose values callers pass (contravariant), receive (covariant), or both."""

    types: TypeComparer
    report: Reporter
    as_input: bool
    as_output: bool

    def compare(self, a: Symbol, b: Symbol) -> None:
        a_class = self.types.old.find_class(a.symbol)
        b_class = self.types.new.find_class(b.symbol)
        a_type, b_type = aliased_type(a), aliased_type(b)
        self._compare_constants(a, b)
        if a_type is not None and b_type is not None:
            if any(isinstance(x, TypeAliasPlan) and x.is_inline for x in (a, b)):
                return  # what uses it has the type itself, and is compared
            self.report.add_type("alias-type", self._compare_types(a_type, b_type))
            self._compare_discriminators(a, b)
        elif b_type is not None:
            if a_class and b_class:
                self._compare_classes(a_class, b_class)
            else:
                kind = "no longer a class but an alias of"
                if isinstance(b, ModelClass):
                    kind = "now the base class of the union"
                self.report.add("breaking", "model-kind", f"is {kind} {format_type(b_type)}")
        elif a_type is not None:
            if not a_class:
                kind = "the base class of the union" if isinstance(a, ModelClass) else "an alias of"
                predicate = f"is now a class, formerly {kind} {format_type(a_type)}"
                self.report.add("breaking", "model-kind", predicate)
        elif a_class and b_class:
            self._compare_classes(a_class, b_class)

    def _compare_constants(self, a: Symbol, b: Symbol) -> None:
        old, new = (_list_constants(symbol) for symbol in (a, b))
        for name in old.keys() | new.keys():
            if name not in new:
                self.report.add("breaking", "constant-removed", f"no longer has `{name}`")
            elif name not in old:
                self.report.add("additive", "constant-added", f"also has `{name}`")
            elif literal(old[name]) != literal(new[name]):
                predicate = f"has {literal(new[name])} as `{name}`, formerly {literal(old[name])}"
                self.report.add("breaking", "constant-value", predicate)

    def _compare_types(self, old: Type, new: Type) -> TypeChange | None:
        """The more serious of the changes as input and as output, the latter where both are equal."""
        output = self.types.compare_as_output(old, new) if self.as_output else None
        if output and output.level == "breaking":
            return output
        input_ = self.types.compare_as_input(old, new) if self.as_input else None
        return input_ if not output or (input_ and input_.level == "breaking") else output

    def _compare_classes(self, a: ModelClass, b: ModelClass) -> None:
        for x, y in match_fields(a, b):
            if x and y:
                self._compare_fields(x, y)
            elif x:
                self.report.add("breaking", "field-removed", "is removed", x.name)
            elif y:
                is_required = self.as_input and y.default is None
                level: Level = "breaking" if is_required else "additive"
                kind = "required field" if is_required else "field"
                predicate = f"is a new {kind} of type {format_type(y.type)}"
                self.report.add(level, "field-added", predicate, y.name)
        old, new = (
            ANY if c.additional_properties is None else c.additional_properties for c in (a, b)
        )
        if change := self._compare_types(old, new):
            predicate = f"has other additional properties: each value {change.predicate}"
            self.report.add(change.level, "additional-type", predicate)

    def _compare_fields(self, x: Field, y: Field) -> None:
        report, name = self.report, x.name
        if name != y.name:
            report.add("breaking", "field-renamed", f"is renamed to `{y.name}`", name)
        if x.json_name != y.json_name:
            predicate = f"has the name `{y.json_name}` in JSON, formerly `{x.json_name}`"
            report.add("documentation", "field-json-name", predicate, name)
        was_required, is_required = x.default is None, y.default is None
        might_be_absent, may_be_absent = not x.required, not y.required
        if self.as_input and is_required and not was_required:
            report.add("breaking", "field-required", "is now required", name)
        elif self.as_output and may_be_absent and not might_be_absent:
            report.add("breaking", "field-optional", "may now be absent (`UNSET`)", name)
        elif self.as_output and might_be_absent and not may_be_absent:
            report.add("additive", "field-required", "is now always present", name)
        elif self.as_input and was_required and not is_required:
            report.add("additive", "field-optional", "is now optional", name)
        report.add_type("field-type", self._compare_types(x.type, y.type), name)
        compare_documentation(report, "field", x, y)

    def _compare_discriminators(self, a: Symbol, b: Symbol) -> None:
        """Changes of the mapping, for the members that the union has before and after."""
        old, new = (s.discriminator.mapping if s.discriminator else {} for s in (a, b))
        old = {v: self.types.new_names.get(symbol, symbol) for v, symbol in old.items()}
        rule = "alias-discriminator"
        for value in old.keys() | new.keys():
            x, y = old.get(value), new.get(value)
            maps = f"maps the discriminator value `{value}` to"
            if x and y and x != y:
                level: Level = "breaking" if self.as_output else "documentation"
                self.report.add(level, rule, f"{maps} `{y}`, formerly to `{x}`")
            elif not x and y in old.values():
                self.report.add("additive", rule, f"also {maps} `{y}`")
            elif not y and x in new.values():
                self.report.add("documentation", rule, f"no longer {maps} `{x}`")


def _list_constants(symbol: Symbol) -> dict[str, Any]:
    """The values of an enum by the names of their constants."""
    plan = symbol.constants if isinstance(symbol, TypeAliasPlan) else None
    return {f"{plan.symbol}.{c.name}": c.value for c in plan.constants} if plan else {}
