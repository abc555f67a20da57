"""What changes in requests and responses themselves: what is sent where, and which values are allowed.

One walk over both documents side by side: operations, their parts, schemas and what is inside these. Each difference is
a row of `levels`, in the direction in which the value is sent. For callers, the comparison of the plans has names and
types: the walk adds what plans do not keep, such as limits, defaults and headers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeAlias

from attrs import define, evolve, field, frozen

from orcagen.diff.changes import Audience
from orcagen.diff.collector import ChangeCollector, Pointers, Reporter
from orcagen.diff.levels import Direction, find_level
from orcagen.diff.limits import (
    describe_default,
    describe_limit,
    expand_types,
    format_types,
    judge_limit,
    judge_types,
    list_values,
    values_equal,
)
from orcagen.diff.matching import drop_parameter_names, find_path_positions, pair
from orcagen.diff.package_index import ApiFunction
from orcagen.diff.schemas import (
    NormalProperty,
    NormalSchema,
    SchemaReader,
    Schemas,
    is_binary,
    read_annotations,
)
from orcagen.openapi import Document, MediaType, Node, Operation, Parameter
from orcagen.openapi.model import Response
from orcagen.plan.model import ModelClass
from orcagen.plan.text import one_line
from orcagen.pointers import tokens
from orcagen.schema.keywords import FORMATS

Credentials: TypeAlias = frozenset[tuple[str, str]]  # schemes, each with "" and its scopes

_PARTS = {
    "items": "each item of", "additionalProperties": "each value of", "prefixItems": "item {} of",
    "contains": "a required item of", "propertyNames": "each key of", "patternProperties": "each `{}` of",
}  # fmt: skip
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


@define
class ContractComparer:
    """Compares two documents. `new_names` has the new name of each old class and alias that still exists."""

    collector: ChangeCollector
    readers: tuple[SchemaReader, SchemaReader]
    audience: Audience
    new_names: dict[str, str]
    _symbols: list[dict[str, str]] = field(init=False)  # of each side, by pointer
    _roots: tuple[str, str] = field(init=False)
    _compared: set[Hashable] = field(factory=set, init=False)
    _active: set[Hashable] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        sides = self.collector.old, self.collector.new
        self._symbols = [{s.pointer: n for n, s in side.symbols.items()} for side in sides]
        old, new = (r.document.root.file for r in self.readers)
        self._roots = old, new

    def compare(self) -> None:
        old, new = (r.document for r in self.readers)
        self._compare_servers(old, new)
        keys: list[Callable[[Operation], Hashable]] = [
            lambda o: (o.method, o.path),
            lambda o: (o.method, drop_parameter_names(o.path)),
        ]
        if self.audience == "callers":
            keys.append(lambda o: o.id)
        functions = [
            {(f.function.method, f.function.path_template): f for f in side.functions}
            for side in (self.collector.old, self.collector.new)
        ]
        for a, b in pair(old.operations, new.operations, *keys):
            x, y = (
                f.get((o.method, o.path)) if o else None
                for f, o in zip(functions, (a, b), strict=True)
            )
            self._compare_operation(a, b, x, y)
        for a, b in pair(old.webhooks, new.webhooks, _webhook_key):
            operation = a or b
            assert operation is not None
            name = _describe_webhook(operation)
            report = self.collector.report(f"webhooks.{name}", name)
            place = Place(report, "webhook", direction="response", is_planned=False)
            place = place.at(_node(a), _node(b), self._roots)
            if a and b:
                self._compare_annotations(place, _annotations(a.node), _annotations(b.node))
                self._compare_content(place, a, b, "response", "request")
            else:
                self._add_presence(place, "webhook", a, b)

    # Operations

    def _compare_servers(self, old: Document, new: Document) -> None:
        if old.servers and old.servers[0].url not in {s.url for s in new.servers}:
            report = self.collector.report("client.SERVERS", "Client", ("/servers/0", "/servers"))
            predicate = f"no longer has the server `{old.servers[0].url}`, formerly its default"
            self._add(Place(report, "server"), "server-removed", predicate)

    def _compare_operation(
        self, a: Operation | None, b: Operation | None, x: ApiFunction | None, y: ApiFunction | None
    ) -> None:
        report = self.collector.report_function(x, y)
        if self.audience == "wire":
            operation = a or b
            assert operation is not None
            report = evolve(report, owner=f"{operation.method} {operation.path}")
        place = Place(report, "function").at(_node(a), _node(b), self._roots)
        if a is None or b is None:
            self._add_presence(place, "function", a, b)
            return
        self._compare_annotations(place, _annotations(a.node), _annotations(b.node))
        self._compare_security(place, a, b)
        names = {}
        if self.audience == "callers":
            arguments = [v for f in (y, x) if f for v in f.function.arguments]
            names = {(v.location, v.api_name): v.name for v in arguments}
        positions = find_path_positions(a.path, b.path)
        for p, q in pair(
            a.parameters,
            b.parameters,
            lambda p: (p.location, p.name.lower() if p.location == "header" else p.name),
            lambda p: positions.get(p.name) if p.location == "path" else None,
        ):
            parameter = p or q
            assert parameter is not None
            name = names.get((parameter.location, parameter.name), parameter.name)
            at = evolve(place, kind="argument", attribute=name)
            self._compare_parameters(at.at(_node(p), _node(q), self._roots), p, q)
        self._compare_content(place, a, b, "request", "response")

    def _compare_parameters(self, place: Place, x: Parameter | None, y: Parameter | None) -> None:
        if x is None or y is None:
            self._add_presence(place, "argument", x, y, is_required=bool(y and y.required))
            return
        if x.required != y.required:
            self._add_required(place, y.required)
        self._compare_annotations(
            place, _annotations(x.node), _annotations(y.node), with_default=False
        )
        old, new = _list(x.schema), _list(y.schema)
        a, b = self._read(old, new)
        if _read_style(x, a) != _read_style(y, b):
            self._add(place, "style-other", "is now serialized in another way")
        self._compare_schemas(place, old, new)

    def _compare_security(self, place: Place, a: Operation, b: Operation) -> None:
        old, new = (
            _read_security(o, r.document) for o, r in zip((a, b), self.readers, strict=True)
        )
        if old != new:
            # Whatever was enough must be enough for one of the new alternatives.
            is_looser = all(any(n <= o for n in new) for o in old)
            schemes = [{frozenset(s for s, _ in c) for c in side} for side in (old, new)]
            what = "scope" if schemes[0] == schemes[1] else "security"
            verb = "looser" if is_looser else "tighter"
            predicate = f"now requires {_format_security(new)}, formerly {_format_security(old)}"
            self._add(place, f"{what}-{verb}", predicate)

    def _compare_content(
        self, place: Place, a: Operation, b: Operation, sent: Direction, received: Direction
    ) -> None:
        """Compares the body and the responses of an operation, a webhook or a callback."""
        body = evolve(place, kind="body", attribute="body", direction=sent)
        if a.body and b.body:
            if a.body.required != b.body.required:
                self._add_required(body, b.body.required)
            self._compare_media_types(body, a.body.content, b.body.content)
        else:
            is_required = bool(b.body and b.body.required)
            self._add_presence(body, "body", a.body, b.body, is_required=is_required)
        for x, y in pair(a.responses, b.responses, lambda r: r.status):
            response = x or y
            assert response is not None
            status = response.status
            documented = {r.status[0] for o in (a, b) for r in o.responses}
            is_success = status[0] in "23" or (status == "default" and "2" not in documented)
            x, y = x or _find_range(a, status), y or _find_range(b, status)
            label = "the default response" if status == "default" else f"the response {status}"
            at = evolve(place, kind="status", label=label, direction=received)
            if x is None or y is None:
                self._add_presence(at, "success" if is_success else "error", x, y)
                continue
            inner = evolve(at, label=f"the body of {label}")
            self._compare_media_types(inner, x.content, y.content)
            for h, i in pair(x.headers, y.headers, lambda h: h.name.lower()):
                header = h or i
                assert header is not None
                inner_label = f"the header `{header.name}` of {label}"
                inner = evolve(at, kind="header", label=inner_label, is_planned=False)
                if h is None or i is None:
                    self._add_presence(inner, "header", h, i, is_required=header.required)
                    continue
                if h.required != i.required:
                    self._add_required(inner, i.required)
                self._compare_schemas(inner, _list(h.schema), _list(i.schema))

    def _compare_media_types(
        self, place: Place, old: tuple[MediaType, ...], new: tuple[MediaType, ...]
    ) -> None:
        for x, y in pair(old, new, lambda m: m.media_type.lower().replace(" ", "")):
            if x and y:
                a, b = (_list(m.schema) + _list(m.item_schema) for m in (x, y))
                if not (is_binary(a) and is_binary(b)):
                    self._compare_schemas(place, a, b)
                if x.encoding != y.encoding:
                    self._add(place, "style-other", "is now serialized in another way")
            elif x:
                self._add(place, "media-type-removed", f"no longer has `{x.media_type}`")
            elif y:
                self._add(place, "media-type-added", f"also has `{y.media_type}`")

    # Schemas

    def _read(self, old: Schemas, new: Schemas) -> tuple[NormalSchema, NormalSchema]:
        return self.readers[0].read(old), self.readers[1].read(new)

    def _compare_schemas(self, place: Place, old: Schemas, new: Schemas) -> None:
        entered = self._enter(place.at(_first(old), _first(new), self._roots), old, new)
        if entered is None:
            return
        keys = tuple(n.key for n in old), tuple(n.key for n in new)
        # A class is compared once, anything else wherever it is used, but not inside itself.
        key = (*keys, entered.report.name, entered.attribute, entered.label, entered.direction)
        if keys in self._active or key in self._compared:
            return
        self._compared.add(key)
        self._active.add(keys)
        a, b = self._read(old, new)
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
            for symbols, t, root in zip(self._symbols, (x, y), self._roots, strict=True)
        ]
        if names[0] is None or names[1] is None:
            return place
        if self.audience == "callers" and self.new_names.get(names[0]) != names[1]:
            return None
        a, b = self.collector.old.symbols[names[0]], self.collector.new.symbols[names[1]]
        return Place(self.collector.report_symbol(a, b), "model", direction=place.direction)

    def _compare_values(self, place: Place, a: NormalSchema, b: NormalSchema) -> bool:
        """Adds what differs about a value itself. Returns whether it can be the same value in both."""
        verdict = judge_types(a, b)
        if verdict:
            predicate = f"is now {format_types(b)}, formerly {format_types(a)}"
            self._add(place, f"type-{verdict}", predicate)
            if not expand_types(a) & expand_types(b):
                return False
        if a.nullable != b.nullable and (a.types or a.variants) and (b.types or b.variants):
            verb, may = ("looser", "may now") if b.nullable else ("tighter", "may no longer")
            self._add(place, f"null-{verb}", f"{may} be null")
        if a.values != b.values:
            if b.values is None:
                self._add(place, "values-looser", "now allows any value")
            elif a.values is None:
                self._add(place, "values-tighter", f"only allows the {list_values(b.values)}")
            else:
                self._add_values(place, "values", "allows the", a.values, b.values)
        if a.mapping and b.mapping:
            self._add_values(place, "mapping", "maps the discriminator", a.mapping, b.mapping)
        for keyword in sorted(a.limits.keys() | b.limits.keys()):
            old, new = a.limits.get(keyword), b.limits.get(keyword)
            verdict = judge_limit(keyword, old, new)
            is_format = keyword == "format"
            # The plans keep formats that have types of their own.
            if verdict and not (
                is_format and self._is_callers(place) and {old, new} & FORMATS.keys()
            ):
                row = f"{'format' if is_format else 'limit'}-{verdict}"
                self._add(place, row, describe_limit(keyword, old, new))
        self._compare_annotations(place, a.annotations, b.annotations)
        return True

    def _compare_parts(self, place: Place, a: NormalSchema, b: NormalSchema) -> None:
        for name in sorted(a.properties.keys() | b.properties.keys(), key=str):
            self._compare_property(place, name, a.properties.get(name), b.properties.get(name))
        for keyword, name in sorted(a.parts.keys() | b.parts.keys()):
            label = _PARTS[keyword].format(int(name) + 1 if name.isdigit() else name)
            is_planned = keyword in ("items", "additionalProperties", "prefixItems")
            inner = place.inside(label, is_planned=is_planned)
            self._compare_schemas(
                inner, a.parts.get((keyword, name), ()), b.parts.get((keyword, name), ())
            )
        if not a.variants or not b.variants:
            return
        for name in sorted(a.variants.keys() | b.variants.keys()):
            x, y = a.variants.get(name, ()), b.variants.get(name, ())
            if x and y:
                self._compare_schemas(place.inside(f"the variant `{name}` of"), x, y)
            elif x:
                self._add(place, "variant-removed", f"no longer has the variant `{name}`")
            else:
                self._add(place, "variant-added", f"also has the variant `{name}`")

    def _compare_property(
        self, place: Place, name: str, x: NormalProperty | None, y: NormalProperty | None
    ) -> None:
        x, y = (p if p and p.is_sent(place.direction) else None for p in (x, y))
        if place.kind == "model" and not place.label:
            at = evolve(place, kind="field", attribute=self._find_field(place, name))
        else:
            at = place.inside(f"`{name}` of")
        if x and y:
            at = at.at(_first(x.schemas), _first(y.schemas), self._roots)
            if x.required != y.required:
                self._add_required(at, y.required)
            self._compare_schemas(at, x.schemas, y.schemas)
        else:
            self._add_presence(at, "field", x, y, is_required=bool(y and y.required))

    def _find_field(self, place: Place, json_name: str) -> str:
        """The name of a property in Python, the old one if it has one."""
        if self.audience == "callers":
            a = self.collector.old.symbols.get(place.report.owner)
            b = self.collector.new.symbols.get(self.new_names.get(place.report.owner, ""))
            for symbol in (a, b):
                for f in symbol.fields if isinstance(symbol, ModelClass) else ():
                    if f.json_name == json_name:
                        return f.name
        return json_name

    # Changes

    def _compare_annotations(
        self, place: Place, old: dict[str, Any], new: dict[str, Any], with_default: bool = True
    ) -> None:
        x, y = (side.get("stability", "stable") for side in (old, new))
        if x != y:
            ranks = [_STABILITIES.index(s) if s in _STABILITIES else 6 for s in (x, y)]
            verb = "looser" if ranks[1] < ranks[0] else "tighter"
            self._add(
                place, f"stability-{verb}", f"is now `{one_line(y)}`, formerly `{one_line(x)}`"
            )
        if new.get("sunset") and old.get("sunset") != new["sunset"]:
            self._add(
                place, "sunset-other", f"will be removed (sunset `{one_line(new['sunset'])}`)"
            )
        if old.get("deprecated") != new.get("deprecated"):
            again = "" if new.get("deprecated") else "no longer "
            self._add(place, "deprecated-other", f"is {again}deprecated")
        x, y = old.get("default"), new.get("default")
        if with_default and not values_equal(x, y):
            self._add(place, "default-other", describe_default(x, y))

    def _add_required(self, place: Place, is_required: bool) -> None:
        verb = "required" if is_required else "optional"
        self._add(place, f"presence-{verb}", f"is now {verb}")

    def _add_presence(
        self, place: Place, what: str, old: Any, new: Any, is_required: bool = False
    ) -> None:
        """Adds that something is on one side only. Whether it is required says how much that means."""
        if new is not None and old is None:
            row = f"required-{what}-added" if is_required else f"{what}-added"
            self._add(place, row, "is new and required" if is_required else "is new")
        elif old is not None and new is None:
            row = f"required-{what}-removed" if is_required else f"{what}-removed"
            self._add(place, row, "is removed")

    def _add_values(
        self, place: Place, row: str, verb: str, old: frozenset[str], new: frozenset[str]
    ) -> None:
        if removed := old - new:
            self._add(place, f"{row}-tighter", f"no longer {verb} {list_values(removed)}")
        if added := new - old:
            self._add(place, f"{row}-looser", f"also {verb} {list_values(added)}")

    def _is_callers(self, place: Place) -> bool:
        return self.audience == "callers" and place.is_planned

    def _add(self, place: Place, row: str, predicate: str) -> None:
        audience: Audience = "callers" if self._is_callers(place) else "wire"
        level = find_level(row, place.direction, audience)
        if level is not None:
            stem, _, verb = row.rpartition("-")
            rule = f"{place.kind}-{_RULES.get(stem, verb)}"
            attribute = "" if place.label else place.attribute
            place.report.add(level, rule, predicate, attribute, subject=place.label)


def _find_range(operation: Operation, status: str) -> Response | None:
    """The response that documents a status which has none of its own (Responses Object)."""
    by_status = {r.status: r for r in operation.responses}
    response = by_status.get(f"{status[0]}XX")
    return response if response or status[0] in "23" else by_status.get("default")


def _list(schema: Node | None) -> Schemas:
    return () if schema is None else (schema,)


def _first(schemas: Schemas) -> Node | None:
    return schemas[0] if schemas else None


def _node(value: Operation | Parameter | None) -> Node | None:
    return value.node if value else None


def _annotations(node: Node) -> dict[str, Any]:
    return read_annotations([node.value])


def _webhook_key(operation: Operation) -> Hashable:
    return operation.method, operation.path.replace("/x-webhooks/", "/webhooks/", 1)


def _describe_webhook(operation: Operation) -> str:
    path = tokens(operation.path)
    if "callbacks" in path[:-1]:
        return f"callback {path[path.index('callbacks') + 1]}"
    return f"webhook {path[-1]}"


def _read_style(parameter: Parameter, schema: NormalSchema) -> tuple[Any, ...]:
    """How a parameter is written. Neither style nor explode means anything for a plain value."""
    if parameter.media_type:
        return (parameter.media_type,)
    if schema.types and not schema.types & {"array", "object"}:
        return ()
    explode = parameter.explode if parameter.style == "form" or "object" in schema.types else None
    return parameter.style, explode, parameter.allow_reserved


def _read_security(operation: Operation, document: Document) -> set[Credentials]:
    """The alternatives of an operation, by what is sent (Security Requirement Object)."""
    schemes = {}
    for scheme in document.security_schemes:
        match scheme.kind:
            case "bearer" | "oauth2":
                schemes[scheme.key] = "a bearer token"
            case "basic":
                schemes[scheme.key] = "basic authentication"
            case "apiKey":
                name = scheme.name.lower() if scheme.location == "header" else scheme.name
                schemes[scheme.key] = f"the {scheme.location} `{name}`"
    value = operation.node.value.get("security", document.root.value.get("security"))
    alternatives = set()
    for requirement in value if isinstance(value, list) else ():
        credentials = set()
        for key, scopes in requirement.items() if isinstance(requirement, dict) else ():
            sent = schemes.get(key, f"`{key}`")
            names = scopes if isinstance(scopes, list) else []
            credentials |= {(sent, ""), *((sent, str(name)) for name in names)}
        alternatives.add(frozenset(credentials))
    return alternatives or {frozenset()}


def _format_security(alternatives: Iterable[Credentials]) -> str:
    texts = []
    for credentials in alternatives:
        parts = []
        for sent in sorted({s for s, _ in credentials}):
            scopes = [f"`{scope}`" for s, scope in sorted(credentials) if s == sent and scope]
            parts.append(f"{sent} with {', '.join(scopes)}" if scopes else sent)
        texts.append(" and ".join(parts) or "no credential")
    return " or ".join(sorted(texts))
