"""What changes in requests and responses themselves: what is sent where, and which values are allowed.

One walk over both documents side by side: operations, their parts, schemas and what is inside these. Each difference is
a row of `levels`, in the direction in which the value is sent. For callers, the comparison of the plans has names and
types: the walk adds what plans do not keep, such as limits, defaults and headers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeAlias

from attrs import define, evolve

from orcagen.diff.collector import ChangeCollector
from orcagen.diff.levels import Direction
from orcagen.diff.matching import drop_parameter_names, find_path_positions, pair
from orcagen.diff.package_index import ApiFunction
from orcagen.diff.places import Place, PlacedChanges
from orcagen.diff.schema_comparison import SchemaComparer
from orcagen.diff.schemas import (
    NormalSchema,
    Schemas,
    is_binary,
    read_annotations,
)
from orcagen.openapi import Document, MediaType, Node, Operation, Parameter
from orcagen.openapi.model import Response
from orcagen.pointers import tokens

Credentials: TypeAlias = frozenset[tuple[str, str]]  # schemes, each with "" and its scopes


@define
class ContractComparer:
    """Compares two documents."""

    collector: ChangeCollector
    schemas: SchemaComparer
    changes: PlacedChanges

    def compare(self) -> None:
        old, new = (r.document for r in self.schemas.readers)
        self._compare_servers(old, new)
        keys: list[Callable[[Operation], Hashable]] = [
            lambda o: (o.method, o.path),
            lambda o: (o.method, drop_parameter_names(o.path)),
        ]
        if self.changes.audience == "callers":
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
            place = place.at(_node(a), _node(b), self.schemas.roots)
            if a and b:
                self.changes.compare_annotations(place, _annotations(a.node), _annotations(b.node))
                self._compare_content(place, a, b, "response", "request")
            else:
                self.changes.add_presence(place, "webhook", a, b)

    # Operations

    def _compare_servers(self, old: Document, new: Document) -> None:
        if old.servers and old.servers[0].url not in {s.url for s in new.servers}:
            report = self.collector.report("client.SERVERS", "Client", ("/servers/0", "/servers"))
            predicate = f"no longer has the server `{old.servers[0].url}`, formerly its default"
            self.changes.add(Place(report, "server"), "server-removed", predicate)

    def _compare_operation(
        self, a: Operation | None, b: Operation | None, x: ApiFunction | None, y: ApiFunction | None
    ) -> None:
        report = self.collector.report_function(x, y)
        if self.changes.audience == "wire":
            operation = a or b
            assert operation is not None
            report = evolve(report, owner=f"{operation.method} {operation.path}")
        place = Place(report, "function").at(_node(a), _node(b), self.schemas.roots)
        if a is None or b is None:
            self.changes.add_presence(place, "function", a, b)
            return
        self.changes.compare_annotations(place, _annotations(a.node), _annotations(b.node))
        self._compare_security(place, a, b)
        names = {}
        if self.changes.audience == "callers":
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
            self._compare_parameters(at.at(_node(p), _node(q), self.schemas.roots), p, q)
        self._compare_content(place, a, b, "request", "response")

    def _compare_parameters(self, place: Place, x: Parameter | None, y: Parameter | None) -> None:
        if x is None or y is None:
            self.changes.add_presence(place, "argument", x, y, is_required=bool(y and y.required))
            return
        if x.required != y.required:
            self.changes.add_required(place, y.required)
        self.changes.compare_annotations(
            place, _annotations(x.node), _annotations(y.node), with_default=False
        )
        old, new = _list(x.schema), _list(y.schema)
        a, b = self.schemas.read(old, new)
        if _read_style(x, a) != _read_style(y, b):
            self.changes.add(place, "style-other", "is now serialized in another way")
        self.schemas.compare(place, old, new)

    def _compare_security(self, place: Place, a: Operation, b: Operation) -> None:
        old, new = (
            _read_security(o, r.document) for o, r in zip((a, b), self.schemas.readers, strict=True)
        )
        if old != new:
            # Whatever was enough must be enough for one of the new alternatives.
            is_looser = all(any(n <= o for n in new) for o in old)
            schemes = [{frozenset(s for s, _ in c) for c in side} for side in (old, new)]
            what = "scope" if schemes[0] == schemes[1] else "security"
            verb = "looser" if is_looser else "tighter"
            predicate = f"now requires {_format_security(new)}, formerly {_format_security(old)}"
            self.changes.add(place, f"{what}-{verb}", predicate)

    def _compare_content(
        self, place: Place, a: Operation, b: Operation, sent: Direction, received: Direction
    ) -> None:
        """Compares the body and the responses of an operation, a webhook or a callback."""
        body = evolve(place, kind="body", attribute="body", direction=sent)
        if a.body and b.body:
            if a.body.required != b.body.required:
                self.changes.add_required(body, b.body.required)
            self._compare_media_types(body, a.body.content, b.body.content)
        else:
            is_required = bool(b.body and b.body.required)
            self.changes.add_presence(body, "body", a.body, b.body, is_required=is_required)
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
                self.changes.add_presence(at, "success" if is_success else "error", x, y)
                continue
            inner = evolve(at, label=f"the body of {label}")
            self._compare_media_types(inner, x.content, y.content)
            for h, i in pair(x.headers, y.headers, lambda h: h.name.lower()):
                header = h or i
                assert header is not None
                inner_label = f"the header `{header.name}` of {label}"
                inner = evolve(at, kind="header", label=inner_label, is_planned=False)
                if h is None or i is None:
                    self.changes.add_presence(inner, "header", h, i, is_required=header.required)
                    continue
                if h.required != i.required:
                    self.changes.add_required(inner, i.required)
                self.schemas.compare(inner, _list(h.schema), _list(i.schema))

    def _compare_media_types(
        self, place: Place, old: tuple[MediaType, ...], new: tuple[MediaType, ...]
    ) -> None:
        for x, y in pair(old, new, lambda m: m.media_type.lower().replace(" ", "")):
            if x and y:
                a, b = (_list(m.schema) + _list(m.item_schema) for m in (x, y))
                if not (is_binary(a) and is_binary(b)):
                    self.schemas.compare(place, a, b)
                if x.encoding != y.encoding:
                    self.changes.add(place, "style-other", "is now serialized in another way")
            elif x:
                self.changes.add(place, "media-type-removed", f"no longer has `{x.media_type}`")
            elif y:
                self.changes.add(place, "media-type-added", f"also has `{y.media_type}`")


def _find_range(operation: Operation, status: str) -> Response | None:
    """The response that documents a status which has none of its own (Responses Object)."""
    by_status = {r.status: r for r in operation.responses}
    response = by_status.get(f"{status[0]}XX")
    return response if response or status[0] in "23" else by_status.get("default")


def _list(schema: Node | None) -> Schemas:
    return () if schema is None else (schema,)


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
