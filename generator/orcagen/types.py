"""Stage 3: schemas to types. Every schema of the document becomes a record, a named alias or a plain type expression.

A schema and what it is combined with (`allOf`, `$ref` with siblings, a union under properties) is read as one view over
several schema objects; the type comes from the view. Nothing here knows Python names: those are the plan's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from attrs import define, evolve, field, frozen

from orcagen.diagnostics import Diagnostics, InputError, Repair
from orcagen.document import Content, Document, Node, References

Key: TypeAlias = tuple[
    str, str
]  # file and pointer; made-up pointers for schemas that only exist combined

MOST_VARIANTS = 64  # of one union under properties, before it is kept as plain JSON


@frozen
class Scalar:
    """`name` is a word of the vocabulary that generated code knows: str, int, dt.datetime, Any..."""

    name: str


@frozen
class Literals:
    """Known values. `rest` is the type of the unknown ones, None where there are none."""

    values: tuple[str | int | bool, ...]
    rest: str | None

    def __attrs_post_init__(self) -> None:
        assert self.values


@frozen
class ListOf:
    item: Type


@frozen
class MapOf:
    value: Type


@frozen
class TupleOf:
    items: tuple[Type, ...]
    rest: Type | None


@frozen
class Ref:
    key: Key


@frozen
class Union:
    members: tuple[Type, ...]


Type: TypeAlias = Scalar | Literals | ListOf | MapOf | TupleOf | Ref | Union

ANY, NONE, STR, BYTES, UPLOAD = (Scalar(n) for n in ("Any", "None", "str", "bytes", "Upload"))


@frozen
class Property:
    """`constant` is the one value that a required property can have; it is filled in."""

    name: str
    type: Type
    required: bool
    description: str
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False
    default: Any = None
    limits: tuple[str, ...] = ()
    constant: str | int | bool | None = None
    pattern: str | None = None


@frozen
class Named:
    """A record or an alias that gets a module of its own. `hint` is how it was reached: the owner and the words after."""

    key: Key
    owner: Key | None
    hint: str
    title: str
    description: str
    deprecated: bool


@frozen
class Record(Named):
    properties: tuple[Property, ...] = ()
    additional: Type | None = None  # None where unknown properties have no type of their own


@frozen
class Alias(Named):
    type: Type = ANY
    tag: str | None = None
    tags: dict[str, Key] = field(factory=dict)


@frozen
class TypeGraph:
    """All named types by key, and the type of each schema that stands in an operation."""

    named: dict[Key, Record | Alias]
    at: dict[Key, Type]
    components: tuple[Key, ...]


def build(document: Document, references: References, found: Diagnostics) -> TypeGraph:
    """Types for every schema of the document."""
    builder = _Builder(document, references, found)
    for node in () if document.narrowed else document.schemas:
        builder.define_component(node)
    for op in document.operations:
        owner = (op.where.file, op.where.pointer)
        for p in op.parameters:
            builder.place(p.schema, owner, p.name)
        if op.body:
            builder.contents(op.body.contents, owner, "body")
        for r in op.responses:
            success = r.status.startswith("2")
            builder.contents(r.contents, owner, "response" if success else f"response {r.status}")
            for h in r.headers:
                builder.place(h.schema, owner, f"{h.name} header")
    for node in document.payloads:
        builder.place(node, None, _payload_hint(node))
    builder.finish()
    components = [(n.file, n.pointer) for n in document.schemas]
    return TypeGraph(builder.named, builder.at, tuple(c for c in components if c in builder.named))


_ANNOTATIONS = frozenset(
    "title description summary default example examples deprecated readOnly writeOnly externalDocs xml nullable "
    "$comment $id $anchor $schema $defs $dynamicAnchor definitions discriminator".split()
)
_OBJECT = ("properties", "additionalProperties", "patternProperties", "required", "minProperties", "maxProperties",
           "propertyNames", "unevaluatedProperties", "dependentRequired")  # fmt: skip
_ARRAY = (
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "unevaluatedItems",
)
_STRING = ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType")
_NUMBER = ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")
_FORMATS = {
    "date-time": "dt.datetime", "datetime": "dt.datetime", "date": "dt.date", "time": "dt.time",
    "uuid": "UUID", "byte": "bytes", "base64": "bytes", "binary": "Upload",
    "decimal": "Decimal", "decimal128": "Decimal",
}  # fmt: skip
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
           "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties")  # fmt: skip


_KINDS = {
    "responses": "response",
    "requestBodies": "body",
    "parameters": "parameter",
    "headers": "header",
}
_SHARED = re.compile(
    r"/(?:components/)?(responses|requestBodies|parameters|headers)/([^/]+)/(?!.*/components/)"
)


@define
class _View:
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
    words: dict[str, Any] = field(factory=dict)

    def has(self, keywords: Iterable[str]) -> bool:
        return any(k in part.value for part in self.parts for k in keywords)

    def first(self, keyword: str) -> Any:
        return next((p.value[keyword] for p in self.parts if keyword in p.value), None)


@define
class _Builder:
    document: Document
    references: References
    found: Diagnostics
    named: dict[Key, Record | Alias] = field(factory=dict)
    at: dict[Key, Type] = field(factory=dict)
    _components: set[Key] = field(factory=set)
    _pending: list[tuple[Key, tuple[Node, ...], Key | None, str, bool]] = field(factory=list)
    _queued: set[Key] = field(factory=set)
    _busy: set[tuple[Key, ...]] = field(factory=set)
    _open: set[Key] = field(factory=set)  # schemas whose union is being taken apart
    _extended: dict[Key, list[Node]] | None = None

    def __attrs_post_init__(self) -> None:
        self._components = {(n.file, n.pointer) for n in self.document.schemas}

    # entrances

    def define_component(self, node: Node) -> None:
        self._enqueue((node.file, node.pointer), (node,), None, node.name)

    def place(self, node: Node | None, owner: Key | None, hint: str) -> None:
        if node is not None:
            if shared := _SHARED.match(node.pointer):  # named by its component, whoever uses it
                name = shared[2].replace("~1", "/").replace("~0", "~")
                kind = _KINDS[shared[1]]
                owner, hint = None, name if name.lower().endswith(kind) else f"{name} {kind}"
            self.at[node.file, node.pointer] = self._type((node,), owner, hint)

    def contents(self, contents: tuple[Content, ...], owner: Key, hint: str) -> None:
        for content in contents:
            words = (
                hint
                if content is contents[0] or content.schema == contents[0].schema
                else (f"{hint} {content.media_type.partition('/')[2].partition(';')[0]}")
            )
            self.place(content.schema, owner, words)
            self.place(content.item, owner, hint + " item")

    def finish(self) -> None:
        while self._pending:
            key, nodes, owner, hint, component = self._pending.pop()
            self.named[key] = self._definition(key, nodes, owner, hint, component)
        self._break_circles()

    def _break_circles(self) -> None:
        """A union that is a member of itself says nothing by that: the reference that closes the circle is dropped."""
        done: set[Key] = set()

        def visit(key: Key, open_: tuple[Key, ...]) -> None:
            named = self.named[key]
            if isinstance(named, Record) or key in done:
                return
            members = _members(named.type)
            kept = [m for m in members if not (isinstance(m, Ref) and m.key in (*open_, key))]
            if len(kept) < len(members):
                self.named[key] = evolve(named, type=_union(kept))
            for member in kept:
                if isinstance(member, Ref):
                    visit(member.key, (*open_, key))
            done.add(key)

        for key in sorted(self.named):
            visit(key, ())

    # the type of a schema, seen from where it is used

    def _type(self, nodes: tuple[Node, ...], owner: Key | None, hint: str) -> Type:
        if len(nodes) == 1:
            node, nullable = self._through(nodes[0])
            key = (node.file, node.pointer)
            if self._is_named(node, nodes[0]):
                self._enqueue(key, (node,), None, node.name)
                type_ = Ref(self._family(node) or key)
                return _or_none(type_, nullable or self._is_nullable_record(node))
            if (
                node != nodes[0]
            ):  # an inline schema, reached by its pointer: the same type as in its place
                owner, hint = self._owner_of(node)
            nodes = (node,)
            if nullable:
                return _or_none(self._type(nodes, owner, hint), True)
        keys = tuple((n.file, n.pointer) for n in nodes)
        if keys in self._busy:  # an array or a union that contains itself without a name in between
            self._note(
                nodes[0], "a schema that contains itself", "its inner occurrence is plain JSON"
            )
            return ANY
        self._busy.add(keys)
        try:
            return self._shape(nodes, owner, hint)
        finally:
            self._busy.discard(keys)

    def _through(self, node: Node) -> tuple[Node, bool]:
        """Past references, and past wrappers that only annotate one reference. Says whether one of them allowed null."""
        nullable, seen = False, []
        while isinstance(node.value, dict):
            value = node.value
            if (node.file, node.pointer) in seen:
                rest = {k: v for k, v in value.items() if k not in _REFERENCES}
                if not rest:
                    raise self.references.error(
                        node, "the schema only refers to itself, in a circle; break the circle"
                    )
                self._note(
                    node, "the schema refers to itself in a circle", "read without the reference"
                )
                return Node(node.file, node.pointer, rest), nullable
            seen.append((node.file, node.pointer))
            reference = value.get("$ref", value.get("$dynamicRef", value.get("$recursiveRef")))
            if isinstance(reference, str):
                alone = self.document.dialect in ("2.0", "3.0") or not (
                    value.keys() - _ANNOTATIONS - _REFERENCES
                )
                if not alone:
                    return node, nullable
                nullable = nullable or value.get("nullable") is True
                node = self.references.target(node, reference)
            elif (
                isinstance(value.get("allOf"), list)
                and len(value["allOf"]) == 1
                and not (value.keys() - _ANNOTATIONS - {"allOf", "type"})
                and isinstance(value["allOf"][0], dict)
                and "$ref" in value["allOf"][0]
                and (node.file, node.pointer) not in self._components
            ):
                nullable = nullable or value.get("nullable") is True or "null" in _types(value)
                node = node.child("allOf", 0)
            else:
                break
        return node, nullable

    def _is_named(self, node: Node, used: Node) -> bool:
        if (node.file, node.pointer) in self._components:
            return True
        if node == used or not isinstance(node.value, dict):
            return False
        # Behind a reference: a part of a component or an operation of this document is named by its owner instead.
        path = node.pointer.split("/")
        return node.file != self.references.source.root or "$defs" in path or "definitions" in path

    def _family(self, node: Node) -> Key | None:
        """Where a record with a discriminator is asked for, those that extend it by allOf will do: the union of all."""
        key = (node.file, node.pointer)
        discriminator = _own(node, "discriminator")
        if not isinstance(discriminator, dict) or "oneOf" in node.value or "anyOf" in node.value:
            return None
        tag = discriminator.get("propertyName")
        heirs = self._heirs().get(key, [])
        if not isinstance(tag, str) or not heirs or not self._is_record(self._view((node,))):
            return None
        family = (node.file, node.pointer + "&family")
        if family not in self._queued:
            self._queued.add(family)
            for heir in heirs:
                self._enqueue((heir.file, heir.pointer), (heir,), None, heir.name)
            keys = {heir.name: (heir.file, heir.pointer) for heir in heirs}
            members = tuple(Ref(k) for k in (*keys.values(), key))
            description = (
                f"What `{node.name}` stands for: itself, or what extends it, by its `{tag}`."
            )
            base = Named(family, key, "variant", "", description, False)
            tags = {node.name: key, **keys, **self._mapped(node, discriminator)}
            self.named[family] = evolve(self._alias(base, Union(members)), tag=tag, tags=tags)
        return family

    def _heirs(self) -> dict[Key, list[Node]]:
        """The components that extend each component by allOf, at whatever remove."""
        if self._extended is None:
            direct: dict[Key, list[Node]] = {}
            for node in self.document.schemas:
                for member in _schemas(node, "allOf") if isinstance(node.value, dict) else []:
                    if isinstance(_own(member, "$ref"), str):
                        target = self._through(member)[0]
                        direct.setdefault((target.file, target.pointer), []).append(node)
            self._extended = {}
            for key in direct:
                found: dict[Key, Node] = {}
                todo = list(direct[key])
                while todo:
                    node = todo.pop(0)
                    at = (node.file, node.pointer)
                    if at not in found and at != key:
                        found[at] = node
                        todo += direct.get(at, [])
                self._extended[key] = list(found.values())
        return self._extended

    def _is_nullable_record(self, node: Node) -> bool:
        """A class cannot be null: where it is a record, null is said at each use."""
        value = node.value
        if not isinstance(value, dict) or not (
            "null" in _types(value) or value.get("nullable") or value.get("x-nullable")
        ):
            return False
        view = self._view((node,))
        return view.nullable and self._is_record(view)

    def _owner_of(self, node: Node) -> tuple[Key | None, str]:
        """The nearest component around a place, and the words from there on."""
        pointer, words = node.pointer, []
        while pointer:
            pointer, _, last = pointer.rpartition("/")
            word = last.replace("~1", "/").replace("~0", "~")
            if word not in _SILENT:
                words.append(word)
            if (node.file, pointer) in self._components:
                return (node.file, pointer), " ".join(reversed(words))
        return None, " ".join(reversed(words[:3])) or "schema"

    def _enqueue(self, key: Key, nodes: tuple[Node, ...], owner: Key | None, hint: str) -> None:
        if key not in self._queued:
            self._queued.add(key)
            self._pending.append((key, nodes, owner, hint, owner is None))

    # definitions

    def _definition(
        self, key: Key, nodes: tuple[Node, ...], owner: Key | None, hint: str, component: bool
    ) -> Record | Alias:
        node = nodes[0]
        title, description = (_text(_own(node, k)) for k in ("title", "description"))
        base = Named(key, owner, hint, title, description, _own(node, "deprecated") is True)
        through, nullable = self._through(node)
        if len(nodes) == 1 and through != node:  # the whole schema is a reference
            return self._alias(base, _or_none(self._type((through,), key, hint), nullable))
        view = self._view(nodes)
        if self._is_record(view):
            return self._record(base, view, key)
        if discriminated := self._discriminated(view):
            return self._tagged(base, discriminated, view)
        return self._alias(base, self._shape(nodes, key, "", view))

    def _alias(self, base: Named, type_: Type) -> Alias:
        return Alias(
            base.key, base.owner, base.hint, base.title, base.description, base.deprecated, type_
        )

    def _record(self, base: Named, view: _View, key: Key) -> Record:
        properties = []
        for name, nodes in view.properties.items():
            nodes = [n for n in nodes if isinstance(n.value, dict)] or nodes[:1]
            unique = tuple({(n.file, n.pointer): n for n in nodes}.values())
            properties.append(
                self._property(name, self._distinct(unique), name in view.required, key)
            )
        for name in sorted(view.required - view.properties.keys()):
            properties.append(Property(name, ANY, True, ""))
        additional = [
            self._type((n,), key, "additional property") for n in (*view.additional, *view.patterns)
        ]
        typed = (
            _union([t for t in additional if t != ANY])
            if additional and ANY not in additional
            else None
        )
        return Record(
            base.key, base.owner, base.hint, base.title, base.description or _text(view.first("description")),
            base.deprecated, tuple(properties), typed,
        )  # fmt: skip

    def _distinct(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        """Of several schemas for one property, those that say something new."""
        out: list[Node] = []
        for node in nodes:
            if not any(_same(node.value, o.value) for o in out) and (
                node.value.keys() - _ANNOTATIONS if isinstance(node.value, dict) else False
            ):
                out.append(node)
        return tuple(out) or nodes[:1]

    def _property(self, name: str, nodes: tuple[Node, ...], required: bool, owner: Key) -> Property:
        type_ = self._type(nodes, owner, name)
        value = nodes[0].value if isinstance(nodes[0].value, dict) else {}
        target = self._through(nodes[0])[0].value
        about = {**(target if isinstance(target, dict) else {}), **value}
        constant = (
            type_.values[0]
            if isinstance(type_, Literals) and type_.rest is None and required
            else None
        )
        return Property(
            name=name,
            type=type_,
            required=required,
            description=_text(about.get("description")) or _text(about.get("title")),
            read_only=any(
                isinstance(n.value, dict) and n.value.get("readOnly") is True for n in nodes
            ),
            write_only=any(
                isinstance(n.value, dict) and n.value.get("writeOnly") is True for n in nodes
            ),
            deprecated=about.get("deprecated") is True,
            default=value.get("default"),
            limits=limits_of(value),
            constant=constant,
            pattern=next((p for n in nodes if (p := self._pattern(n)) is not None), None),
        )

    def _pattern(self, node: Node) -> str | None:
        """What the unknown words of a property look like: its pattern, or the one of a branch beside known words."""
        value = self._through(node)[0].value
        if not isinstance(value, dict):
            return None
        branches = [
            b.value for k in ("allOf", "anyOf", "oneOf") for b in _schemas(Node("", "", value), k)
        ]
        branches = [b for b in branches if isinstance(b, dict)]
        patterns = [p for p in (value, *branches) if isinstance(p.get("pattern"), str)]
        others = [b for b in branches if b not in patterns and "enum" not in b and "const" not in b]
        return str(patterns[0]["pattern"]) if len(patterns) == 1 and not others else None

    def _is_record(self, view: _View) -> bool:
        return bool(
            view.properties
            and not view.unions
            and view.values is None
            and (view.types is None or view.types == {"object"})
        )

    def _discriminated(self, view: _View) -> Node | None:
        for owner, _ in view.unions:
            value = owner.value.get("discriminator")
            if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
                return owner
        return None

    def _tagged(self, base: Named, owner: Node, view: _View) -> Alias:
        type_ = self._shape(tuple(view.parts), base.key, "", view)
        refs = [m.key for m in _members(type_) if isinstance(m, Ref)]
        discriminator = owner.value["discriminator"]
        tags: dict[str, Key] = {}
        for ref in refs:
            tags.setdefault(ref[1].rpartition("/")[2].replace("~1", "/").replace("~0", "~"), ref)
        tags |= self._mapped(owner, discriminator)
        return evolve(self._alias(base, type_), tag=discriminator["propertyName"], tags=tags)

    def _mapped(self, owner: Node, discriminator: dict[str, Any]) -> dict[str, Key]:
        """The mapping of a discriminator: by reference or by the name of a component."""
        tags: dict[str, Key] = {}
        mapping = discriminator.get("mapping")
        for word, target in (mapping if isinstance(mapping, dict) else {}).items():
            by_name = [k for k in self._components if k[1].rpartition("/")[2] == target]
            if by_name:
                tags[str(word)] = by_name[0]
            elif isinstance(target, str):
                try:
                    node = self.references.target(owner, target)
                except InputError as error:
                    message = f"the discriminator value {word!r} maps to nothing: {error}"
                    place = Node(owner.file, owner.pointer, owner.value).child(
                        "discriminator", "mapping", word
                    )
                    self._note(owner, message, "left out", Repair(place.pointer))
                    continue
                tags[str(word)] = (node.file, node.pointer)
                place = Node(owner.file, owner.pointer + "/discriminator", {"$ref": target})
                self._type((place,), None, "")
        return tags

    # views

    def _view(self, nodes: tuple[Node, ...]) -> _View:
        view = _View()
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
        self._without_itself(view, (nodes[0].file, nodes[0].pointer))
        return view

    def _without_itself(self, view: _View, key: Key) -> None:
        """A parent's union lists those that extend it: in one of these it says nothing. Nor does a union that lists
        itself say anything by that."""
        unions = []
        for owner, variants in view.unions:
            others = [v for v in variants if self._place(v) != key]
            if len(others) == len(variants) or (others and (owner.file, owner.pointer) == key):
                unions.append((owner, others))
        view.unions = unions

    def _place(self, node: Node) -> Key:
        """The place of a schema, past references."""
        reference = _own(node, "$ref")
        target = self.references.target(node, reference) if isinstance(reference, str) else node
        return target.file, target.pointer

    def _add(self, view: _View, node: Node, seen: tuple[Key, ...]) -> None:
        value = node.value
        key = (node.file, node.pointer)
        if key in seen:
            return
        if not isinstance(value, dict):
            if not isinstance(value, bool):
                self._note(
                    node, "a schema that is neither an object nor a boolean", "read as any value"
                )
            return
        seen = (*seen, key)
        reference = value.get("$ref", value.get("$dynamicRef", value.get("$recursiveRef")))
        if isinstance(reference, str):
            self._add(view, self.references.target(node, reference), seen)
            if self.document.dialect in ("2.0", "3.0"):
                return
        view.parts.append(node)
        if value.get("nullable") is True and self.document.dialect in ("3.1", "3.2"):
            self._note(
                node,
                "nullable is no keyword of this version",
                "null is allowed all the same",
                *_nullable_repairs(node),
            )
        if nodes := _schemas(node, "allOf"):
            for member in nodes:
                self._add(view, member, seen)
        types = _types(value)
        if unknown := types - set(_TYPES):
            self._note(
                node,
                f"the type {sorted(unknown)[0]!r} is none of JSON",
                "read as any value",
                Repair(node.pointer + "/type"),
            )
            types = set()
        if types:
            if value.get("nullable") is True and self.document.dialect != "2.0":
                types = types | {"null"}
            if view.types is None:
                view.types = set(types)
            else:
                both = {
                    t for t in view.types | types if _admits(view.types, t) and _admits(types, t)
                }
                if not both:
                    self._note(
                        node, "combines types that exclude each other", "read as either of them"
                    )
                view.types = both or view.types | types
        values = [value["const"]] if "const" in value else value.get("enum")
        if isinstance(values, list):
            unique = [v for i, v in enumerate(values) if not any(_same(v, o) for o in values[:i])]
            if len(unique) < len(values):
                again = (i for i, v in enumerate(values) if any(_same(v, o) for o in values[:i]))
                self._note(
                    node,
                    "an enum with duplicates",
                    "each value taken once",
                    *(Repair(f"{node.pointer}/enum/{i}") for i in again),
                )
            if view.values is None:
                view.values = unique
            else:
                common = [v for v in view.values if any(_same(v, u) for u in unique)]
                view.values = common or [*view.values, *unique]
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
        view.prefix = view.prefix or _schemas(node, "prefixItems") or _schemas(node, "items")
        for keyword in ("oneOf", "anyOf"):
            variants = _schemas(node, keyword)
            if variants and (node.file, node.pointer) not in self._open:
                view.unions.append((node, variants))

    # shapes

    def _shape(
        self, nodes: tuple[Node, ...], owner: Key | None, hint: str, view: _View | None = None
    ) -> Type:
        view = view or self._view(nodes)
        if view.unions:
            return self._union_shape(nodes, view, owner, hint)
        if view.values is not None:
            said = any(view.first(k) is True for k in ("nullable", "x-nullable"))
            nullable = view.nullable and (said or None in view.values)
            return _or_none(self._literals(view), nullable)
        types = view.types or self._guess(view)
        if not types:
            return ANY
        members: list[Type] = []
        for type_ in _TYPES:
            if type_ in types and not (type_ == "integer" and "number" in types):
                members.append(self._one(type_, nodes, view, owner, hint))
        return _or_none(_union(members), view.nullable)

    def _guess(self, view: _View) -> set[str]:
        """The type that a schema without one speaks of."""
        for keywords, type_ in (
            (_OBJECT, "object"),
            (_ARRAY, "array"),
            (_STRING, "string"),
            (_NUMBER, "number"),
        ):
            if view.has(keywords):
                return {type_}
        return {"string"} if view.first("format") in _FORMATS else set()

    def _one(
        self, type_: str, nodes: tuple[Node, ...], view: _View, owner: Key | None, hint: str
    ) -> Type:
        if type_ == "object":
            if view.properties:
                key = self._key(nodes)
                if key == owner:  # an object or something else: the class is a part of the schema
                    key, hint = (key[0], key[1] + "&object"), hint or "object"
                self._enqueue_record(key, nodes, view, owner, hint)
                return Ref(key)
            additional = [*view.additional, *view.patterns]
            return MapOf(
                _union([self._type((n,), owner, f"{hint} value") for n in additional])
                if additional
                else ANY
            )
        if type_ == "array":
            return self._array(view, owner, hint)
        if type_ == "string":
            if view.first("contentEncoding") in ("base64", "base64url"):
                return BYTES if view.first("contentEncoding") == "base64" else STR
            if (
                self.document.dialect in ("3.1", "3.2")
                and view.first("contentMediaType") == "application/octet-stream"
            ):
                return UPLOAD
            return Scalar(_FORMATS.get(_text(view.first("format")), "str"))
        return Scalar(
            {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}[type_]
        )

    def _enqueue_record(
        self, key: Key, nodes: tuple[Node, ...], view: _View, owner: Key | None, hint: str
    ) -> None:
        if key in self._queued:
            return
        self._queued.add(key)
        base = Named(
            key, owner, hint, _text(view.first("title")), _text(view.first("description")), False
        )
        record_view = evolve(view, types={"object"}, nullable=False)
        self.named[key] = self._record(base, record_view, key)

    def _key(self, nodes: tuple[Node, ...]) -> Key:
        file, pointer = nodes[0].file, nodes[0].pointer
        return file, pointer + "".join(
            f"&{n.file if n.file != file else ''}{n.pointer}" for n in nodes[1:]
        )

    def _array(self, view: _View, owner: Key | None, hint: str) -> Type:
        items = [n for n in view.items if isinstance(n.value, dict)]
        rest = self._type(self._distinct(tuple(items)), owner, f"{hint} item") if items else ANY
        if not view.prefix:
            return ListOf(rest)
        prefix = tuple(
            self._type((n,), owner, f"{hint} item {i + 1}") for i, n in enumerate(view.prefix)
        )
        closed = any(n.value is False for n in view.items) or view.first("maxItems") == len(prefix)
        if isinstance(view.first("minItems"), int) and view.first("minItems") >= len(prefix):
            return TupleOf(prefix, None if closed else rest)
        return ListOf(_union([*prefix, *([] if closed else [rest])]))

    def _literals(self, view: _View) -> Type:
        values = [v for v in view.values or () if v is not None]
        if not values:
            return NONE
        plain = [v for v in values if isinstance(v, (str, int))]
        others = [v for v in values if not isinstance(v, (str, int))]
        rests = {_RESTS[type(v)] for v in plain}
        members: list[Type] = []
        if plain:
            rest = (
                None
                if len(values) == 1
                else "str"
                if "str" in rests
                else "int"
                if "int" in rests
                else None
            )
            members.append(Literals(tuple(plain), rest))
            if rest == "str" and "int" in rests:
                members.append(Scalar("int"))
        members += [ANY if isinstance(v, (dict, list)) else Scalar("float") for v in others]
        return _or_none(_union(members), len(values) < len(view.values or ()))

    def _union_shape(
        self, nodes: tuple[Node, ...], view: _View, owner: Key | None, hint: str
    ) -> Type:
        groups = [[v for v in variants if self._says(v)] for _, variants in view.unions]
        groups = [g for g in groups if g]
        base = self._without_unions(view)
        if not groups:
            return self._shape(tuple(base), owner, hint, evolve(view, unions=[]))
        structural = bool(view.properties or view.required or view.values is not None) or any(
            view.has(k) for k in (_OBJECT, _ARRAY, _STRING, _NUMBER, ("format",))
        )
        if (
            len(groups) == 1
            and not structural
            and (view.types is None or len(view.types) > 1 or view.types == {"object"})
        ):
            named = view.unions[0][0]
            if (
                self._discriminated(view)
                and hint
                and (named.file, named.pointer) not in self._components
            ):
                key = self._key((named,))
                if key not in self._queued:
                    self._queued.add(key)
                    self._pending.append((key, (named,), owner, hint, False))
                return _or_none(Ref(key), view.nullable)
            members = [
                self._type((v,), owner, self._label(v, i, hint)) for i, v in enumerate(groups[0])
            ]
            return _or_none(_union(members), view.nullable)
        product: list[list[Node]] = [[]]
        for group in groups:
            product = [[*p, v] for p in product for v in group]
            if len(product) > MOST_VARIANTS and (len(groups) > 1 or view.properties):
                self._note(
                    nodes[0],
                    "a union of more than 64 combinations under properties",
                    "its variants kept as JSON",
                )
                return self._shape(tuple(base), owner, hint, evolve(view, unions=[]))
        owners = {(o.file, o.pointer) for o, _ in view.unions} - self._open
        self._open |= owners
        members = []
        for i, combination in enumerate(product):
            label = " ".join(self._label(v, i, "") for v in combination)
            if len(combination) == 1 and self._extends(combination[0], view.unions[0][0]):
                members.append(self._type((combination[0],), owner, f"{hint} {label}"))
            else:
                members.append(self._type((*base, *combination), owner, f"{hint} {label}"))
        self._open -= owners
        return _or_none(_union(members), view.nullable)

    def _extends(self, variant: Node, owner: Node) -> bool:
        """Whether a variant has all of the schema whose union lists it."""
        heirs = self._heirs().get((owner.file, owner.pointer), ())
        return any((h.file, h.pointer) == self._place(variant) for h in heirs)

    def _says(self, node: Node) -> bool:
        """Whether a variant says anything about the type. Many only list what is required."""
        value = node.value
        if not isinstance(value, dict):
            return value is not False
        silent = {"required", "not", "minProperties", "maxProperties", "oneOf", "anyOf", "allOf"}
        inner = [v for k in ("oneOf", "anyOf", "allOf") for v in _schemas(node, k)]
        return (
            bool(value.keys() - _ANNOTATIONS - silent)
            or not value
            or any(self._says(v) for v in inner)
        )

    def _without_unions(self, view: _View) -> list[Node]:
        out = []
        for part in view.parts:
            drop = ("oneOf", "anyOf", "allOf", "discriminator", "$ref", "nullable")
            value = {k: v for k, v in part.value.items() if k not in drop}
            if value.keys() - _ANNOTATIONS:
                out.append(Node(part.file, part.pointer, value))
        return out or [Node(view.parts[0].file, view.parts[0].pointer, {})]

    def _label(self, variant: Node, index: int, hint: str) -> str:
        """Words for one variant of a union: its title, its constant or its number."""
        value = variant.value if isinstance(variant.value, dict) else {}
        if isinstance(value.get("$ref"), str):
            word = value["$ref"].rpartition("/")[2]
        elif isinstance(value.get("title"), str) and value["title"].strip():
            return value["title"] if not hint else f"{hint} {value['title']}"
        else:
            consts = [
                p.get("const", (p.get("enum") or [None])[0])
                for p in (value.get("properties") or {}).values()
                if isinstance(p, dict)
                and ("const" in p or (isinstance(p.get("enum"), list) and len(p["enum"]) == 1))
            ]
            word = next((c for c in consts if isinstance(c, str) and c), f"option {index + 1}")
        return f"{hint} {word}"

    def _note(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        self.references.note(node, message, action, *repairs)


_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))
_SILENT = frozenset(
    (
        "properties",
        "schema",
        "content",
        "items",
        "paths",
        "components",
        "schemas",
        "responses",
        "requestBody",
    )
)
_RESTS = {str: "str", int: "int", bool: "bool"}


def _payload_hint(node: Node) -> str:
    """Words for the body of a webhook or a callback: its name."""
    tokens = [t.replace("~1", "/").replace("~0", "~") for t in node.pointer.split("/")]
    for place in ("callbacks", "webhooks", "x-webhooks"):
        if place in tokens[:-1]:
            return f"{tokens[tokens.index(place) + 1]} payload"
    return "payload"


def _nullable_repairs(node: Node) -> tuple[Repair, ...]:
    """What says in 3.1 that null is allowed, as 3.0's nullable does beside a type."""
    given, enum = node.value.get("type"), node.value.get("enum")
    if not _types(node.value):
        return ()
    update: dict[str, Any] = {}
    if "null" not in _types(node.value):
        update["type"] = ["null"] if isinstance(given, list) else [given, "null"]
    if isinstance(enum, list) and None not in enum:
        update["enum"] = [None]
    return Repair(node.pointer, update), Repair(node.pointer + "/nullable")


def _own(node: Node, key: str) -> Any:
    return node.value.get(key) if isinstance(node.value, dict) else None


def _schemas(node: Node, keyword: str) -> list[Node]:
    value = node.value.get(keyword)
    return [node.child(keyword, i) for i in range(len(value))] if isinstance(value, list) else []


def _types(value: dict[str, Any]) -> set[str]:
    given = value.get("type")
    return (
        {t for t in given if isinstance(t, str)}
        if isinstance(given, list)
        else {given}
        if isinstance(given, str)
        else set()
    )


def _admits(types: set[str], type_: str) -> bool:
    return type_ in types or (type_ == "integer" and "number" in types)


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a == b


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def limits_of(value: dict[str, Any]) -> tuple[str, ...]:
    """The limits that a schema sets, such as `maximum=10`."""
    return tuple(
        f"{k}={_plain(value[k])}"
        for k in _LIMITS
        if k in value and not isinstance(value[k], (dict, list))
    )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _members(type_: Type) -> tuple[Type, ...]:
    return type_.members if isinstance(type_, Union) else (type_,)


def _or_none(type_: Type, nullable: bool) -> Type:
    return _union([type_, NONE]) if nullable else type_


def _union(members: list[Type]) -> Type:
    """Flat, each member once, None last; Any swallows the rest; literals are joined."""
    flat = [m for member in members for m in _members(member)]
    if not flat:
        return ANY
    if ANY in flat:
        return ANY
    literals = [m for m in flat if isinstance(m, Literals)]
    if len(literals) > 1:
        values = tuple({(type(v), v): v for m in literals for v in m.values}.values())
        rest = (
            "str"
            if any(m.rest == "str" for m in literals)
            else next((m.rest for m in literals if m.rest), None)
        )
        at = flat.index(literals[0])
        flat = [m for m in flat if not isinstance(m, Literals)]
        flat.insert(at, Literals(values, rest))
    out = list(dict.fromkeys(flat))
    for literal in [m for m in out if isinstance(m, Literals)]:
        if literal.rest and Scalar(literal.rest) in out:
            out.remove(Scalar(literal.rest))
    if NONE in out:
        out.remove(NONE)
        out.append(NONE)
    return out[0] if len(out) == 1 else Union(tuple(out))
