"""What changes in the classes and aliases of `models/`."""

from __future__ import annotations

from attrs import define, frozen

from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.documentation import compare_documentation
from orcagen.diff.matching import match_fields
from orcagen.diff.package_index import Symbol, aliased_type
from orcagen.diff.type_comparison import TypeChange, format_type
from orcagen.plan.model import Field, ModelClass, Type
from orcagen.schema import ANY


@frozen
class Variance:
    """Whether callers pass values of a type (contravariant), receive them (covariant), or both."""

    as_input: bool
    as_output: bool


def compare_models(collector: ChangeCollector, new_names: dict[str, str]) -> None:
    """Adds the changes of all classes and aliases. `new_names` has the new name of each old one that still exists."""
    old, new = collector.old, collector.new
    for name, symbol in old.symbols.items():
        if name not in new_names:
            pointers = (symbol.pointer, None)
            collector.add_to_symbol("breaking", "model-removed", name, "is removed", pointers)
    for name in new.symbols.keys() - old.symbols.keys() - set(new_names.values()):
        pointer = new.symbols[name].pointer
        collector.add_to_symbol("additive", "model-added", name, "is new", (None, pointer))
    for name, new_name in new_names.items():
        variance = Variance(
            name in old.in_requests and new_name in new.in_requests,
            name in old.in_responses and new_name in new.in_responses,
        )
        if not variance.as_input and not variance.as_output:
            variance = Variance(name in old.in_requests, name in old.in_responses)
        is_merged = name != new_name and new_name in old.symbols
        _SymbolComparer(
            collector, old.symbols[name], new.symbols[new_name], variance, is_merged
        ).compare()


@define
class _SymbolComparer:
    """Compares two classes or aliases. `is_merged`: the old package already had another one under the new name."""

    collector: ChangeCollector
    old: Symbol
    new: Symbol
    variance: Variance
    is_merged: bool

    def compare(self) -> None:
        a, b = self.old, self.new
        if a.symbol != b.symbol:
            verb = "is replaced by" if self.is_merged else "is renamed to"
            self._add("breaking", "model-renamed", f"{verb} `{b.symbol}`")
        elif a.description != b.description:  # after a renaming it may just contain the name
            self._add("documentation", "model-description", "has a new description")
        a_type, b_type = aliased_type(a), aliased_type(b)
        if a_type is not None and b_type is not None:
            if change := self._compare_types(a_type, b_type):
                self._add(change.level, "alias-type", change.predicate)
            self._compare_discriminators()
        elif b_type is not None:
            target = self.collector.new.find_class(b.symbol)
            if target and isinstance(a, ModelClass):
                self._compare_classes(a, target)
            else:
                predicate = f"is no longer a class but an alias of {format_type(b_type)}"
                if isinstance(b, ModelClass):
                    predicate = f"is now the base class of the union {format_type(b_type)}"
                self._add("breaking", "model-kind", predicate)
        elif a_type is not None:
            if not self.collector.old.find_class(a.symbol):
                kind = "the base class of the union" if isinstance(a, ModelClass) else "an alias of"
                predicate = f"is now a class, formerly {kind} {format_type(a_type)}"
                self._add("breaking", "model-kind", predicate)
        elif isinstance(a, ModelClass) and isinstance(b, ModelClass):
            self._compare_classes(a, b)

    def _add(self, level: Level, rule: str, predicate: str, attribute: str = "") -> None:
        # Callers who move on to an existing class only have to know what it does not have.
        if level == "breaking" or not self.is_merged:
            pointers = (self.old.pointer, self.new.pointer)
            self.collector.add_to_symbol(
                level, rule, self.old.symbol, predicate, pointers, attribute=attribute
            )

    def _compare_types(self, old: Type, new: Type) -> TypeChange | None:
        """The more serious of the changes as input and as output, the latter where both are equal."""
        types, variance = self.collector.types, self.variance
        output = types.compare_as_output(old, new) if variance.as_output else None
        if output and output.level == "breaking":
            return output
        input_ = types.compare_as_input(old, new) if variance.as_input else None
        return input_ if not output or (input_ and input_.level == "breaking") else output

    def _compare_classes(self, a: ModelClass, b: ModelClass) -> None:
        for x, y in match_fields(a, b):
            if x and y:
                self._compare_fields(x, y)
            elif x:
                self._add("breaking", "field-removed", "is removed", x.name)
            elif y:
                is_required = self.variance.as_input and y.default is None
                kind = "required field" if is_required else "field"
                predicate = f"is a new {kind} of type {format_type(y.type)}"
                level: Level = "breaking" if is_required else "additive"
                self._add(level, "field-added", predicate, y.name)
        old, new = (
            ANY if c.additional_properties is None else c.additional_properties for c in (a, b)
        )
        if change := self._compare_types(old, new):
            predicate = f"has other additional properties: each value {change.predicate}"
            self._add(change.level, "additional-type", predicate)

    def _compare_fields(self, x: Field, y: Field) -> None:
        if x.name != y.name:
            self._add("breaking", "field-renamed", f"is renamed to `{y.name}`", x.name)
        if x.json_name != y.json_name:
            predicate = f"has the name `{y.json_name}` in JSON, formerly `{x.json_name}`"
            self._add("documentation", "field-json-name", predicate, x.name)
        was_required, is_required = x.default is None, y.default is None
        may_be_absent = y.default == "UNSET"
        might_be_absent = x.default == "UNSET"
        if self.variance.as_input and is_required and not was_required:
            self._add("breaking", "field-required", "is now required", x.name)
        elif self.variance.as_output and may_be_absent and not might_be_absent:
            self._add("breaking", "field-optional", "may now be absent (`UNSET`)", x.name)
        elif self.variance.as_output and might_be_absent and not may_be_absent:
            self._add("additive", "field-required", "is now always present", x.name)
        elif self.variance.as_input and was_required and not is_required:
            self._add("additive", "field-optional", "is now optional", x.name)
        if change := self._compare_types(x.type, y.type):
            self._add(change.level, "field-type", change.predicate, x.name)
        changes = compare_documentation(
            x.documentation, y.documentation, as_input=self.variance.as_input
        )
        for level, rule, predicate in changes:
            self._add(level, f"field-{rule}", predicate, x.name)

    def _compare_discriminators(self) -> None:
        """Changes of the mapping, for the members that the union has before and after."""
        old, new = (
            s.discriminator.mapping if s.discriminator else {} for s in (self.old, self.new)
        )
        new_names = self.collector.types.new_names
        old = {value: new_names.get(symbol, symbol) for value, symbol in old.items()}
        for value in sorted(old.keys() | new.keys()):
            x, y = old.get(value), new.get(value)
            if x and y and x != y:
                level: Level = "breaking" if self.variance.as_output else "documentation"
                predicate = f"maps the discriminator value `{value}` to `{y}`, formerly to `{x}`"
                self._add(level, "alias-discriminator", predicate)
            elif not x and y in old.values():
                predicate = f"also maps the discriminator value `{value}` to `{y}`"
                self._add("additive", "alias-discriminator", predicate)
            elif not y and x in new.values():
                predicate = f"no longer maps the discriminator value `{value}` to `{x}`"
                self._add("documentation", "alias-discriminator", predicate)
