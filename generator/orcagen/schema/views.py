"""Schemas as they apply to one value: references and `allOf` followed, keywords gathered, contradictions reported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from orcagen.diagnostics import Repair
from orcagen.openapi import Document, Key, Node, References

ANNOTATIONS = frozenset(
    "title description summary default example examples deprecated readOnly writeOnly externalDocs xml nullable "
    "$comment $id $anchor $schema $defs $dynamicAnchor definitions discriminator".split()
)
OBJECT = ("properties", "additionalProperties", "patternProperties", "required", "minProperties", "maxProperties",
           "propertyNames", "unevaluatedProperties", "dependentRequired")  # fmt: skip
ARRAY = (
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "unevaluatedItems",
)
STRING = ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType")
NUMBER = ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")
FORMATS = {
    "date-time": "dt.datetime", "datetime": "dt.datetime", "date": "dt.date", "time": "dt.time",
    "uuid": "UUID", "byte": "bytes", "base64": "bytes", "binary": "Upload",
    "decimal": "Decimal", "decimal128": "Decimal",
}  # fmt: skip
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))


_VALUE_WORDS = (
    "x-enum-descriptions",
    "x-enumDescriptions",
    "x-enum-varnames",
    "x-enum-names",
    "x-enumNames",
)
_KEYWORD = re.compile(r"/(?:properties/[^/]*|patternProperties/[^/]*|additionalProperties)$")
_MEMBER = re.compile(r"/allOf/\d+$")


@define
class MergedSchema:
    """Several schema objects that all apply to one value, references and allOf followed."""

    parts: list[Node] = field(factory=list)
    types: set[str] | None = None
    nullable: bool = False
    values: list[Any] | None = None
    properties: dict[str, list[Node]] = field(factory=dict)
    required: set[str] = field(factory=set)
    additional: list[Node] = field(factory=list)
    patterns: list[Node] = field(factory=list)
    items: list[Node] = field(factory=list)
    prefix: list[Node] = field(factory=list)
    unions: list[tuple[Node, list[Node]]] = field(factory=list)

    def has(self, keywords: Iterable[str]) -> bool:
        return any(k in part.value for part in self.parts for k in keywords)

    def first(self, keyword: str) -> Any:
        return next((p.value[keyword] for p in self.parts if keyword in p.value), None)

    def guess(self) -> set[str]:
        """The type that a schema without one speaks of."""
        for keywords, type_ in (
            (OBJECT, "object"),
            (ARRAY, "array"),
            (STRING, "string"),
            (NUMBER, "number"),
        ):
            if self.has(keywords):
                return {type_}
        return {"string"} if self.first("format") in FORMATS else set()

    def is_record(self) -> bool:
        return bool(
            self.properties
            and not self.unions
            and self.values is None
            and (self.types is None or self.types == {"object"})
        )

    def discriminated(self) -> Node | None:
        for parent, _ in self.unions:
            value = parent.value.get("discriminator")
            if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
                return parent
        return None

    def without_unions(self) -> list[Node]:
        out = []
        for part in self.parts:
            drop = ("oneOf", "anyOf", "allOf", "discriminator", "$ref", "nullable")
            value = {k: v for k, v in part.value.items() if k not in drop}
            if value.keys() - ANNOTATIONS:
                out.append(Node(part.file, part.pointer, value))
        return out or [Node(self.parts[0].file, self.parts[0].pointer, {})]


@define
class SchemaResolver:
    """Makes views of the schemas of a document."""

    document: Document
    references: References
    by_name: dict[str, Key] = field(init=False)  # the components
    components: set[Key] = field(init=False)
    open: set[Key] = field(factory=set)  # schemas whose union is being taken apart
    _extended: dict[Key, list[Node]] | None = None

    def __attrs_post_init__(self) -> None:
        self.by_name = {n.name: n.key for n in self.document.schemas}
        self.components = set(self.by_name.values())

    def view(self, nodes: tuple[Node, ...]) -> MergedSchema:
        view = MergedSchema()
        for node in nodes:
            self._add(view, node, ())
        first = nodes[0].value if isinstance(nodes[0].value, dict) else {}
        if first.get("nullable") is True or first.get("x-nullable") is True:
            view.nullable = True
        if view.types is not None and "null" in view.types:
            view.types.discard("null")
            view.nullable = True
            if not view.types:
                view.types = {"null"}
        self._drop_silent_unions(view, nodes[0].key)
        return view

    def _drop_silent_unions(self, view: MergedSchema, key: Key) -> None:
        """Unions that say nothing of the type: those that only list what is required; a parent's, which lists those that
        extend it, in one of these; and, in a union, that union itself."""
        unions = []
        for parent, variants in view.unions:
            if not any(says(v) for v in variants):
                continue
            others = [v for v in variants if self.place(v) != key]
            if len(others) == len(variants) or (others and parent.key == key):
                unions.append((parent, others))
        view.unions = unions

    def place(self, node: Node) -> Key:
        """The place of a schema, past references."""
        reference = own(node, "$ref")
        target = (
            self.references.resolve_once(node, reference) if isinstance(reference, str) else node
        )
        return target.key

    def _add(self, view: MergedSchema, node: Node, seen: tuple[Key, ...]) -> None:
        value = node.value
        key = node.key
        if key in seen:
            return
        if not isinstance(value, dict):
            if not isinstance(value, bool):
                self.note(
                    node, "a schema that is neither an object nor a boolean", "read as any value"
                )
            return
        seen = (*seen, key)
        reference = value.get("$ref", value.get("$dynamicRef", value.get("$recursiveRef")))
        if isinstance(reference, str):
            self._add(view, self.references.resolve_once(node, reference), seen)
            if self.document.openapi_version in ("2.0", "3.0"):
                return
        view.parts.append(node)
        if value.get("nullable") is True and self.document.openapi_version in ("3.1", "3.2"):
            self.note(
                node,
                "nullable is no keyword of this version",
                "null is allowed all the same",
                *_nullable_repairs(node),
            )
        for member in schemas_in(node, "allOf"):
            self._add(view, member, seen)
        self._add_types(view, node)
        self._add_values(view, node)
        if isinstance(value.get("properties"), dict):
            for name in value["properties"]:
                view.properties.setdefault(name, []).append(node.child("properties", name))
        if isinstance(value.get("required"), list):
            view.required |= {n for n in value["required"] if isinstance(n, str)}
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if isinstance(value.get(keyword), dict):
                view.additional.append(node.child(keyword))
            elif value.get(keyword) is True:
                view.additional.append(Node(node.file, f"{node.pointer}/{keyword}", {}))
        if isinstance(value.get("patternProperties"), dict):
            view.patterns += [
                node.child("patternProperties", p) for p in value["patternProperties"]
            ]
        if isinstance(value.get("items"), (dict, bool)):
            view.items.append(node.child("items"))
        view.prefix = view.prefix or schemas_in(node, "prefixItems") or schemas_in(node, "items")
        for keyword in ("oneOf", "anyOf"):
            variants = schemas_in(node, keyword)
            if variants and node.key not in self.open:
                view.unions.append((node, variants))

    def _add_types(self, view: MergedSchema, node: Node) -> None:
        value = node.value
        types = types_in(value)
        if unknown := types - set(TYPES):
            self.note(
                node,
                f"the type {sorted(unknown)[0]!r} is none of JSON",
                "read as any value",
                Repair(node.pointer + "/type"),
            )
            types = set()
        if types:
            if value.get("nullable") is True and self.document.openapi_version != "2.0":
                types = types | {"null"}
            if view.types is None:
                view.types = set(types)
            else:
                both = {t for t in view.types | types if admits(view.types, t) and admits(types, t)}
                if not both:
                    self.note(
                        node, "combines types that exclude each other", "read as either of them"
                    )
                view.types = both or view.types | types

    def _add_values(self, view: MergedSchema, node: Node) -> None:
        value = node.value
        values = [value["const"]] if "const" in value else value.get("enum")
        if isinstance(values, list):
            unique = [v for i, v in enumerate(values) if not any(same(v, o) for o in values[:i])]
            if len(unique) < len(values):
                again = (i for i, v in enumerate(values) if any(same(v, o) for o in values[:i]))
                self.note(
                    node,
                    "an enum with duplicates",
                    "each value taken once",
                    *(Repair(f"{node.pointer}/enum/{i}") for i in again),
                )
            if view.values is None:
                view.values = unique
            else:
                common = [v for v in view.values if any(same(v, u) for u in unique)]
                view.values = common or [*view.values, *unique]

    def through(self, node: Node) -> tuple[Node, bool]:
        """Past references, and past wrappers that only annotate one reference. Says whether one of them allowed null."""
        nullable, seen = False, []
        while isinstance(node.value, dict):
            value = node.value
            if node.key in seen:
                rest = {k: v for k, v in value.items() if k not in _REFERENCES}
                if not rest:
                    raise self.references.error(
                        node, "the schema only refers to itself, in a circle; break the circle"
                    )
                self.note(
                    node, "the schema refers to itself in a circle", "read without the reference"
                )
                return Node(node.file, node.pointer, rest), nullable
            seen.append(node.key)
            reference = value.get("$ref", value.get("$dynamicRef", value.get("$recursiveRef")))
            if isinstance(reference, str):
                alone = self.document.openapi_version in ("2.0", "3.0") or not (
                    value.keys() - ANNOTATIONS - _REFERENCES
                )
                if not alone:
                    return node, nullable
                nullable = nullable or value.get("nullable") is True
                node = self.references.resolve_once(node, reference)
            elif node.key not in self.components and (inner := wrapped(node)):
                nullable = nullable or value.get("nullable") is True or "null" in types_in(value)
                node = inner
            else:
                break
        return node, nullable

    def heirs(self) -> dict[Key, list[Node]]:
        """The components that extend each component by allOf, at whatever remove."""
        if self._extended is None:
            direct: dict[Key, list[Node]] = {}
            for node in self.document.schemas:
                for member in schemas_in(node, "allOf") if isinstance(node.value, dict) else []:
                    if isinstance(own(member, "$ref"), str):
                        target = self.through(member)[0]
                        direct.setdefault(target.key, []).append(node)
            self._extended = {}
            for key in direct:
                found: dict[Key, Node] = {}
                todo = list(direct[key])
                while todo:
                    node = todo.pop(0)
                    at = node.key
                    if at not in found and at != key:
                        found[at] = node
                        todo += direct.get(at, [])
                self._extended[key] = list(found.values())
        return self._extended

    def is_nullable_record(self, node: Node) -> bool:
        """A class cannot be null: where it is a record, null is said at each use."""
        value = node.value
        if not isinstance(value, dict) or not (
            "null" in types_in(value) or value.get("nullable") or value.get("x-nullable")
        ):
            return False
        view = self.view((node,))
        return view.nullable and view.is_record()

    def pattern(self, node: Node) -> str | None:
        """What the unknown words of a property look like: its pattern, or the one of a branch beside known words."""
        value = self.through(node)[0].value
        if not isinstance(value, dict):
            return None
        branches = [
            b.value for k in ("allOf", "anyOf", "oneOf") for b in schemas_in(Node("", "", value), k)
        ]
        branches = [b for b in branches if isinstance(b, dict)]
        patterns = [p for p in (value, *branches) if isinstance(p.get("pattern"), str)]
        others = [b for b in branches if b not in patterns and "enum" not in b and "const" not in b]
        return str(patterns[0]["pattern"]) if len(patterns) == 1 and not others else None

    def extends(self, variant: Node, parent: Node) -> bool:
        """Whether a variant has all of the schema whose union lists it."""
        heirs = self.heirs().get(parent.key, ())
        return any(h.key == self.place(variant) for h in heirs)

    def home(self, node: Node) -> Key | None:
        """The component that a property stands in, directly or in its allOf, whoever else takes it over: what has no
        name of its own is named after it."""
        return self.whole(node.file, _KEYWORD.sub("", node.pointer))

    def whole(self, file: str, pointer: str) -> Key | None:
        """The component at a place, or of which a member of its allOf stands there."""
        while (outer := _MEMBER.sub("", pointer)) != pointer:
            pointer = outer
        key = Key(file, pointer)
        return key if key in self.components else None

    def distinct(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        """Of several schemas for one value, those that say something new."""
        if len(nodes) == 1:
            return nodes
        out: list[Node] = []
        for node in nodes:
            if not any(same(node.value, o.value) for o in out) and (
                node.value.keys() - ANNOTATIONS if isinstance(node.value, dict) else False
            ):
                out.append(node)
        kept = [n for n in out if not any(o is not n and self._implied(n, o) for o in out)]
        return tuple(kept or out) or nodes[:1]

    def _implied(self, node: Node, other: Node) -> bool:
        """Whether a schema only says `type: object`, or an array of such, where another says what kind of it."""
        if not isinstance(node.value, dict) or node.value.keys() - ANNOTATIONS - {"type", "items"}:
            return False
        view = self.view((other,))
        types, others = types_in(node.value), view.types or view.guess()
        if not others or not (others <= types) or not types <= {"object", "array"}:
            return not types and "items" not in node.value
        inner = node.child("items") if "items" in node.value else None
        return inner is None or any(self._implied(inner, i) for i in view.items)

    def note(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        self.references.note(node, message, action, *repairs)


def _nullable_repairs(node: Node) -> tuple[Repair, ...]:
    """What says in 3.1 that null is allowed, as 3.0's nullable does beside a type."""
    given, enum = node.value.get("type"), node.value.get("enum")
    if not types_in(node.value):
        return ()
    update: dict[str, Any] = {}
    if "null" not in types_in(node.value):
        update["type"] = ["null"] if isinstance(given, list) else [given, "null"]
    if isinstance(enum, list) and None not in enum:
        update["enum"] = [None]
    return Repair(node.pointer, update), Repair(node.pointer + "/nullable")


def wrapped(node: Node) -> Node | None:
    """The reference that a schema only annotates, in an allOf of its own."""
    if node.value.keys() - ANNOTATIONS - {"allOf", "type"}:
        return None
    members = schemas_in(node, "allOf")
    return members[0] if len(members) == 1 and own(members[0], "$ref") is not None else None


def own(node: Node, key: str) -> Any:
    return node.value.get(key) if isinstance(node.value, dict) else None


def schemas_in(node: Node, keyword: str) -> list[Node]:
    value = node.value.get(keyword)
    return [node.child(keyword, i) for i in range(len(value))] if isinstance(value, list) else []


def types_in(value: dict[str, Any]) -> set[str]:
    given = value.get("type")
    return (
        {t for t in given if isinstance(t, str)}
        if isinstance(given, list)
        else {given}
        if isinstance(given, str)
        else set()
    )


def admits(types: set[str], type_: str) -> bool:
    return type_ in types or (type_ == "integer" and "number" in types)


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a == b


def text_of(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def named_values(value: dict[str, Any]) -> tuple[tuple[Any, str], ...]:
    """What an enum's values mean, from the extensions in which tools say so; () where none does."""
    enum = value.get("enum")
    for keyword in _VALUE_WORDS:
        words = value.get(keyword)
        if isinstance(enum, list) and isinstance(words, list) and len(words) == len(enum):
            pairs = [(v, w) for v, w in zip(enum, words, strict=True) if isinstance(w, str) and w]
            if any(str(v) != w for v, w in pairs):
                return tuple(pairs)
    return ()


def says(node: Node) -> bool:
    """Whether a variant says anything about the type. Many only list what is required."""
    value = node.value
    if not isinstance(value, dict):
        return value is not False
    silent = {"required", "not", "minProperties", "maxProperties", "oneOf", "anyOf", "allOf"}
    inner = [v for k in ("oneOf", "anyOf", "allOf") for v in schemas_in(node, k)]
    return bool(value.keys() - ANNOTATIONS - silent) or not value or any(says(v) for v in inner)
