"""What changes in the values that schemas allow: types, limits, properties, and what is inside of them."""

from __future__ import annotations

from collections.abc import Hashable

from attrs import define, evolve, field

from orcagen.diff.collector import ChangeCollector
from orcagen.diff.limits import (
    describe_limit,
    expand_types,
    format_types,
    judge_limit,
    judge_types,
    list_values,
)
from orcagen.diff.places import Place, PlacedChanges
from orcagen.diff.schemas import NormalProperty, NormalSchema, SchemaReader, Schemas
from orcagen.openapi import Node
from orcagen.plan.model import ModelClass
from orcagen.schema.keywords import FORMATS

_PARTS = {
    "items": "each item of", "additionalProperties": "each value of", "prefixItems": "item {} of",
    "contains": "a required item of", "propertyNames": "each key of", "patternProperties": "each `{}` of",
}  # fmt: skip


@define
class SchemaComparer:
    """Compares schemas of two documents. `new_names` has the new name of each old class and alias that still exists."""

    collector: ChangeCollector
    readers: tuple[SchemaReader, SchemaReader]
    changes: PlacedChanges
    new_names: dict[str, str]
    _symbols: list[dict[str, str]] = field(init=False)  # of each side, by pointer
    roots: tuple[str, str] = field(init=False)
    _compared: set[Hashable] = field(factory=set, init=False)
    _active: set[Hashable] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        sides = self.collector.old, self.collector.new
        self._symbols = [{s.pointer: n for n, s in side.symbols.items()} for side in sides]
        old, new = (r.document.root.file for r in self.readers)
        self.roots = old, new

    def read(self, old: Schemas, new: Schemas) -> tuple[NormalSchema, NormalSchema]:
        return self.readers[0].read(old), self.readers[1].read(new)

    def compare(self, place: Place, old: Schemas, new: Schemas) -> None:
        entered = self._enter(place.at(_first(old), _first(new), self.roots), old, new)
        if entered is None:
            return
        keys = tuple(n.key for n in old), tuple(n.key for n in new)
        # A class is compared once, anything else wherever it is used, but not inside itself.
        key = (*keys, entered.report.name, entered.attribute, entered.label, entered.direction)
        if keys in self._active or key in self._compared:
            return
        self._compared.add(key)
        self._active.add(keys)
        a, b = self.read(old, new)
        if a.variants and not b.allows_anything and not b.variants:
            b = self.readers[1].align(new, a)
        elif b.variants and not a.allows_anything and not a.variants:
            a = self.readers[0].align(old, b)
        if self._compare_values(entered, a, b):
            self._compare_parts(entered, a, b)
        self._active.discard(keys)

    def _enter(self, place: Place, old: Schemas, new: Schemas) -> Place | None:
        """The place of a schema: the class or alias that it has in the package. None where the comparison of the plans says
        that another one replaces it."""
        x, y = self.readers[0].find_target(old), self.readers[1].find_target(new)
        names = [
            symbols.get(t.pointer) if t and t.file == root else None
            for symbols, t, root in zip(self._symbols, (x, y), self.roots, strict=True)
        ]
        if names[0] is None or names[1] is None:
            return place
        if self.changes.audience == "callers" and self.new_names.get(names[0]) != names[1]:
            return None
        a, b = self.collector.old.symbols[names[0]], self.collector.new.symbols[names[1]]
        return Place(self.collector.report_symbol(a, b), "model", direction=place.direction)

    def _compare_values(self, place: Place, a: NormalSchema, b: NormalSchema) -> bool:
        """Adds what differs about a value itself. Returns whether it can be the same value in both."""
        verdict = judge_types(a, b)
        if verdict:
            predicate = f"is now {format_types(b)}, formerly {format_types(a)}"
            self.changes.add(place, f"type-{verdict}", predicate)
            if not expand_types(a) & expand_types(b):
                return False
        if a.nullable != b.nullable and (a.types or a.variants) and (b.types or b.variants):
            verb, may = ("looser", "may now") if b.nullable else ("tighter", "may no longer")
            self.changes.add(place, f"null-{verb}", f"{may} be null")
        if a.values != b.values:
            if b.values is None:
                self.changes.add(place, "values-looser", "now allows any value")
            elif a.values is None:
                self.changes.add(
                    place, "values-tighter", f"only allows the {list_values(b.values)}"
                )
            else:
                self.changes.add_values(place, "values", "allows the", a.values, b.values)
        if a.mapping and b.mapping:
            self.changes.add_values(
                place, "mapping", "maps the discriminator", a.mapping, b.mapping
            )
        for keyword in sorted(a.limits.keys() | b.limits.keys()):
            old, new = a.limits.get(keyword), b.limits.get(keyword)
            verdict = judge_limit(keyword, old, new)
            is_format = keyword == "format"
            # The plans keep formats that have types of their own.
            if verdict and not (
                is_format and self.changes.is_callers(place) and {old, new} & FORMATS.keys()
            ):
                row = f"{'format' if is_format else 'limit'}-{verdict}"
                self.changes.add(place, row, describe_limit(keyword, old, new))
        self.changes.compare_annotations(place, a.annotations, b.annotations)
        return True

    def _compare_parts(self, place: Place, a: NormalSchema, b: NormalSchema) -> None:
        for name in sorted(a.properties.keys() | b.properties.keys(), key=str):
            self._compare_property(place, name, a.properties.get(name), b.properties.get(name))
        for keyword, name in sorted(a.parts.keys() | b.parts.keys()):
            label = _PARTS[keyword].format(int(name) + 1 if name.isdigit() else name)
            is_planned = keyword in ("items", "additionalProperties", "prefixItems")
            inner = place.inside(label, is_planned=is_planned)
            self.compare(inner, a.parts.get((keyword, name), ()), b.parts.get((keyword, name), ()))
        if not a.variants or not b.variants:
            return
        for name in sorted(a.variants.keys() | b.variants.keys()):
            x, y = a.variants.get(name, ()), b.variants.get(name, ())
            if x and y:
                self.compare(place.inside(f"the variant `{name}` of"), x, y)
            elif x:
                self.changes.add(place, "variant-removed", f"no longer has the variant `{name}`")
            else:
                self.changes.add(place, "variant-added", f"also has the variant `{name}`")

    def _compare_property(
        self, place: Place, name: str, x: NormalProperty | None, y: NormalProperty | None
    ) -> None:
        x, y = (p if p and p.is_sent(place.direction) else None for p in (x, y))
        if place.kind == "model" and not place.label:
            at = evolve(place, kind="field", attribute=self._find_field(place, name))
        else:
            at = place.inside(f"`{name}` of")
        if x and y:
            at = at.at(_first(x.schemas), _first(y.schemas), self.roots)
            if x.required != y.required:
                self.changes.add_required(at, y.required)
            self.compare(at, x.schemas, y.schemas)
        else:
            self.changes.add_presence(at, "field", x, y, is_required=bool(y and y.required))

    def _find_field(self, place: Place, json_name: str) -> str:
        """The name of a property in Python, the old one if it has one."""
        if self.changes.audience == "callers":
            a = self.collector.old.symbols.get(place.report.owner)
            b = self.collector.new.symbols.get(self.new_names.get(place.report.owner, ""))
            for symbol in (a, b):
                for f in symbol.fields if isinstance(symbol, ModelClass) else ():
                    if f.json_name == json_name:
                        return f.name
        return json_name


def _first(schemas: Schemas) -> Node | None:
    return schemas[0] if schemas else None
