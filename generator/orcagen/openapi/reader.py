"""Reads documents of all versions. Whatever has the wrong shape is left out or repaired, and reported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, cast

from attrs import define, evolve, field

from orcagen.diagnostics import InputError, Repair
from orcagen.openapi.model import (
    Body,
    Document,
    Encoding,
    Header,
    Key,
    Location,
    MediaType,
    Node,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
    Server,
)
from orcagen.openapi.references import References

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
DIALECTS = {"2": "2.0", "3.0": "3.0", "3.1": "3.1", "3.2": "3.2"}
_COLLECTION_STYLES = {
    "csv": "form",
    "ssv": "spaceDelimited",
    "tsv": "tabDelimited",
    "pipes": "pipeDelimited",
}
_PLACES = re.compile(r"\{([^{}]+)\}")  # of parameters in a path, of variables in a URL
_SCHEMA_KEYS_V2 = (
    "type", "format", "items", "default", "enum", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
    "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "x-nullable",
)  # fmt: skip


@define
class Reader:
    references: References
    _hooks: set[Key] = field(factory=set)  # places of callbacks and webhooks that were read

    def read(self) -> Document:
        root = self.references.root()
        openapi_version = self._dialect(root)
        old = openapi_version == "2.0"
        info = self._map(root, "info")
        components = root if old else self._map(root, "components")
        operations, webhook_schemas = self._operations(root, old)
        return Document(
            title=_text(info.value.get("title")) or "API",
            version=_text(info.value.get("version")) or "0",
            description=_text(info.value.get("description")),
            openapi_version=openapi_version,
            root=root,
            servers=self._servers_v2(root) if old else self._servers(root),
            security_schemes=self._schemes(components, old),
            operations=operations,
            schemas=tuple(self._items(self._map(components, "definitions" if old else "schemas"))),
            webhook_schemas=webhook_schemas,
            tags={
                _text(t.value.get("name")): _text(t.value.get("description"))
                for t in self._list(root, "tags")
                if isinstance(t.value, dict)
            },
        )

    # the document

    def _dialect(self, root: Node) -> Literal["2.0", "3.0", "3.1", "3.2"]:
        if not isinstance(root.value, dict) or not ({"openapi", "swagger"} & root.value.keys()):
            raise self.references.error(
                root,
                "is not an OpenAPI document: it has no `openapi` (or `swagger`) field at its top",
            )
        version = _text(root.value.get("openapi", root.value.get("swagger"))).strip()
        key = version[:1] if version[:1] == "2" else ".".join(version.split(".")[:2])
        if key == "3":
            key = "3.0"
        if key not in DIALECTS:
            raise self.references.error(
                root.child("openapi" if "openapi" in root.value else "swagger"),
                f"is OpenAPI {version!r}; versions 2.0, 3.0, 3.1 and 3.2 are understood",
            )
        info = self._map(root, "info").value
        if "version" in info and not isinstance(info["version"], str):
            self._note(
                root.child("info", "version"),
                "info.version is not a string",
                "read as text",
                Repair("/info", {"version": _text(info["version"])}),
            )
        return cast(Literal["2.0", "3.0", "3.1", "3.2"], DIALECTS[key])

    def _servers(self, node: Node) -> tuple[Server, ...]:
        out = []
        for server in self._list(node, "servers"):
            url = server.value.get("url") if isinstance(server.value, dict) else None
            if not isinstance(url, str):
                self._note(server, "a server without a url", "left out", Repair(server.pointer))
                continue
            variables = {}
            for variable in self._items(self._map(server, "variables")):
                value = variable.value if isinstance(variable.value, dict) else {}
                enum = value.get("enum")
                values = tuple(_text(v) for v in enum) if isinstance(enum, list) else ()
                variables[variable.name] = (
                    _text(value.get("default", values[0] if values else "")),
                    values,
                )
            named = dict.fromkeys(_PLACES.findall(url))
            for missing in [n for n in named if n not in variables]:
                self._note(
                    server,
                    f"the server variable {missing!r} is not declared",
                    "taken as required text",
                    Repair(server.pointer, {"variables": {missing: {"default": ""}}}),
                )
                variables[missing] = ("", ())
            ordered = {n: variables[n] for n in (*named, *variables)}
            out.append(Server(url, _text(server.value.get("description")), ordered))
        return tuple(out)

    def _servers_v2(self, root: Node) -> tuple[Server, ...]:
        host, base = _text(root.value.get("host")), _text(root.value.get("basePath")).rstrip("/")
        if not host:
            return (Server(base),) if base else ()
        given = root.value.get("schemes")
        schemes = [s for s in given if isinstance(s, str)] if isinstance(given, list) else ["https"]
        order = sorted(schemes, key=lambda s: s != "https")
        return tuple(
            Server(f"{scheme}://{host}{base}") for scheme in order if scheme in ("http", "https")
        )

    def _schemes(self, components: Node, old: bool) -> tuple[SecurityScheme, ...]:
        out = []
        for item in self._items(
            self._map(components, "securityDefinitions" if old else "securitySchemes")
        ):
            try:
                node = self.references.resolve(item)
            except InputError as error:
                self._note(
                    item,
                    f"a security scheme that cannot be read: {error.message}",
                    "left to the caller",
                )
                node = Node(item.file, item.pointer, {"type": "mutualTLS"})
            value = node.value if isinstance(node.value, dict) else {}
            kind, description = _text(value.get("type")), _text(value.get("description"))
            name, location = _text(value.get("name")), _text(value.get("in"))
            scheme = _text(value.get("scheme")).lower()
            if kind == "basic" or (kind == "http" and scheme == "basic"):
                out.append(SecurityScheme(item.name, "basic", description=description))
            elif kind == "http" and scheme == "bearer":
                out.append(SecurityScheme(item.name, "bearer", description=description))
            elif kind == "apiKey" and name and location in ("header", "query", "cookie"):
                out.append(
                    SecurityScheme(item.name, "apiKey", name, location, description=description)
                )
            elif kind in ("oauth2", "openIdConnect"):
                flows: dict[str, Any] = (
                    value["flows"] if isinstance(value.get("flows"), dict) else {}
                )
                flow = (
                    flows.get("clientCredentials")
                    if not old
                    else value
                    if value.get("flow") == "application"
                    else {}
                )
                url = flow.get("tokenUrl") if isinstance(flow, dict) else None
                out.append(
                    SecurityScheme(
                        item.name, "oauth2", token_url=_text(url) or None, description=description
                    )
                )
            else:
                if kind != "mutualTLS":
                    what = (
                        f"the http scheme {scheme!r}"
                        if kind == "http"
                        else f"the security scheme of type {kind!r}"
                    )
                    self._note(item, f"{what} is not understood", "left to the caller")
                out.append(SecurityScheme(item.name, "other", description=description))
        return tuple(out)

    def _security(self, node: Node) -> tuple[tuple[str, ...], ...] | None:
        value = node.value.get("security")
        if not isinstance(value, list):
            return None
        return tuple(tuple(str(k) for k in item) for item in value if isinstance(item, dict))

    # operations

    def _operations(self, root: Node, old: bool) -> tuple[tuple[Operation, ...], tuple[Node, ...]]:
        default = self._security(root) or ()
        out: list[Operation] = []
        webhook_schemas: list[Node] = []
        seen: dict[str, str] = {}
        for entry in self._items(self._map(root, "paths")):
            if not entry.name.startswith("x-"):
                for operation in self._path_item(entry, entry.name, default, old, webhook_schemas):
                    if operation.id is not None and operation.id in seen:
                        place = operation.node.pointer
                        own = place.startswith(entry.pointer)  # not shared by two paths
                        self._note(
                            operation.node,
                            f"operationId {operation.id!r} is used by {seen[operation.id]} too",
                            "named by its method and path",
                            *([Repair(place + "/operationId")] if own else []),
                        )
                        operation = evolve(operation, id=None)
                    elif operation.id is not None:
                        seen[operation.id] = f"{operation.method} {operation.path}"
                    out.append(operation)
        hooks = self._map(root, "webhooks" if "webhooks" in root.value else "x-webhooks")
        for entry in self._items(hooks):
            if not entry.name.startswith("x-"):
                webhook_schemas.extend(self._payloads(entry, old))
        return tuple(out), tuple(webhook_schemas)

    def _path_item(
        self,
        entry: Node,
        path: str | None,  # None for webhooks and callbacks, whose keys are no paths
        default: tuple[tuple[str, ...], ...],
        old: bool,
        webhook_schemas: list[Node],
    ) -> Iterator[Operation]:
        item = self.references.resolve(entry)
        if not isinstance(item.value, dict):
            self._note(
                entry, "a path item that is not an object", "left out", Repair(entry.pointer)
            )
            return
        if "$ref" in entry.value:  # siblings of the reference count too, the entry's own first
            own = {k: v for k, v in entry.value.items() if k != "$ref"}
            item = Node(item.file, item.pointer, {**item.value, **own}) if own else item
        nodes = []
        for key in item.value:
            if key.lower() in METHODS:
                nodes.append((key, key.upper(), item.child(key)))
                if key not in METHODS:
                    self._note(nodes[-1][2], f"the method {key!r} in capitals", "read all the same")
        extra = self._map(
            item, "additionalOperations"
        )  # their methods are sent as they are written
        nodes += [(f"additionalOperations/{m}", m, extra.child(m)) for m in extra.value]
        shared = [item.child("parameters", i) for i in range(len(self._list(item, "parameters")))]
        for key, method, node in nodes:
            if not isinstance(node.value, dict):
                self._note(
                    node, "an operation that is not an object", "left out", Repair(node.pointer)
                )
                continue
            yield self._operation(key, method, path, item, node, shared, default, old)
            for callback in self._items(self._map(node, "callbacks")):
                target = self.references.resolve(callback)
                for expression in self._items(target) if isinstance(target.value, dict) else ():
                    webhook_schemas.extend(self._payloads(expression, old))

    def _payloads(self, entry: Node, old: bool) -> Iterator[Node]:
        """The bodies of a webhook or a callback, and of the callbacks of its own operations: these may refer to each other in a cycle."""
        item = self.references.resolve(entry)
        if item.key in self._hooks:
            return
        self._hooks.add(item.key)
        inner: list[Node] = []
        for operation in self._path_item(entry, None, (), old, inner):
            if operation.body:
                yield from (c.schema for c in operation.body.content if c.schema)
        yield from inner

    def _operation(
        self,
        key: str,
        method: str,
        path: str | None,
        item: Node,
        node: Node,
        shared: list[Node],
        default: tuple[tuple[str, ...], ...],
        old: bool,
    ) -> Operation:
        value = node.value
        security = self._security(node)
        raw: dict[tuple[str, str], Node] = {}
        uses: dict[tuple[str, str], Node] = {}  # where each stands, or the reference to it
        for use in [*shared, *self._list(node, "parameters")]:
            parameter = self.references.resolve(use)
            if not isinstance(parameter.value, dict) or not isinstance(
                parameter.value.get("name"), str
            ):
                self._note(parameter, "a parameter without a name", "left out", Repair(use.pointer))
                continue
            place = (parameter.value["name"], _text(parameter.value.get("in")))
            raw[place], uses[place] = parameter, use
        if old:
            parameters = [
                self._parameter_v2(p, uses[name, where])
                for (name, where), p in raw.items()
                if where not in ("body", "formData")
            ]
            body = self._body_v2(node, list(raw.values()))
        else:
            parameters = [self._parameter(p, uses[place]) for place, p in raw.items()]
            body = self._body(node)
        given = [p for p in parameters if p]
        operation_id = value.get("operationId")
        return Operation(
            key=key,
            method=method,
            path=path or "",
            node=node,
            id=_text(operation_id).strip() or None,
            tags=tuple(_text(t) for t in value.get("tags") or () if t)
            if isinstance(value.get("tags"), list)
            else (),
            summary=_text(value.get("summary") or item.value.get("summary")),
            description=_text(value.get("description") or item.value.get("description")),
            deprecated=value.get("deprecated") is True,
            parameters=tuple(given)
            if path is None
            else tuple(self._path_parameters(node, path, given, uses)),
            body=body,
            responses=self._responses(node, old),
            security=default if security is None else security,
            servers=() if old else self._servers(node) or self._servers(item),
        )

    def _path_parameters(
        self,
        node: Node,
        path: str,
        given: list[Parameter],
        uses: dict[tuple[str, str], Node],
    ) -> Iterator[Parameter]:
        """Path parameters in the order of the path, then the others; a missing one made, a surplus one left out."""
        by_name = {p.name: p for p in given if p.location == "path"}
        before, _, behind = path.partition("?")  # some documents keep a part of the query there
        in_query = {p.name for p in given if p.location == "query"}
        names = dict.fromkeys(_PLACES.findall(before))
        names |= dict.fromkeys(n for n in _PLACES.findall(behind) if n not in in_query)
        for name in names:
            parameter = by_name.pop(name, None)
            if parameter is None:
                made = {"name": name, "in": "path", "required": True}
                text = {"type": "string"}
                made |= text if self._is_old() else {"schema": text}
                self._note(
                    node,
                    f"the path parameter {name!r} is not declared",
                    "taken as required text",
                    Repair(node.pointer, {"parameters": [made]}),
                )
                parameter = Parameter(name, "path", True, Node(node.file, node.pointer, text), node)
            yield parameter
        for name in by_name:
            self._note(
                node,
                f"the path has no place for its parameter {name!r}",
                "parameter left out",
                Repair(uses[name, "path"].pointer),
            )
        yield from (p for p in given if p.location != "path")

    def _parameter(self, node: Node, use: Node) -> Parameter | None:
        value, where = node.value, _text(node.value.get("in"))
        if where not in ("path", "query", "querystring", "header", "cookie"):
            self._note(
                node,
                f"a parameter in {where!r}, which is no place for one",
                "left out",
                Repair(use.pointer),
            )
            return None
        if where == "header" and value["name"].lower() in (
            "accept",
            "content-type",
            "authorization",
        ):
            return None  # OpenAPI says that these are ignored: the media types and security say the same
        style = _text(value.get("style")) or {"path": "simple", "header": "simple"}.get(
            where, "form"
        )
        content = self._contents(node)
        if where == "path" and value.get("required") is not True:
            self._note(
                node,
                "a path parameter that is not required",
                "required",
                Repair(node.pointer, {"required": True}),
            )
        explode = value.get("explode")
        return Parameter(
            name=value["name"],
            location=cast(Location, where),
            required=where == "path" or value.get("required") is True,
            schema=content[0].schema
            if content
            else node.child("schema")
            if "schema" in value
            else None,
            node=node,
            description=_text(value.get("description")),
            deprecated=value.get("deprecated") is True,
            style=style,
            explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
            allow_reserved=value.get("allowReserved") is True,
            media_type=content[0].media_type if content else None,
        )

    def _parameter_v2(self, node: Node, use: Node) -> Parameter | None:
        value, where = node.value, _text(node.value.get("in"))
        if where not in ("path", "query", "header"):
            self._note(
                node,
                f"a parameter in {where!r}, which is no place for one",
                "left out",
                Repair(use.pointer),
            )
            return None
        if where == "header" and value["name"].lower() in (
            "accept",
            "content-type",
            "authorization",
        ):
            return None
        collection = _text(value.get("collectionFormat")) or "csv"
        style = _COLLECTION_STYLES.get(collection, "form")
        if where != "query" and style == "form":
            style = "simple"
        return Parameter(
            name=value["name"],
            location=cast(Location, where),
            required=where == "path" or value.get("required") is True,
            schema=_schema_v2(node),
            node=node,
            description=_text(value.get("description")),
            deprecated=value.get("x-deprecated") is True,
            style=style,
            explode=collection == "multi",
        )

    # bodies and answers

    def _body(self, node: Node) -> Body | None:
        if not isinstance(node.value.get("requestBody"), dict):
            return None
        body = self.references.resolve(node.child("requestBody"))
        if not isinstance(body.value, dict):
            self._note(body, "a request body that is not an object", "read as an empty one")
            body = Node(body.file, body.pointer, {})
        content = self._contents(body)
        if not body.value:  # what stood here is not to be found
            content = (MediaType("application/json", None),)
        if not content:
            return None
        return Body(
            body.value.get("required") is True, _text(body.value.get("description")), content
        )

    def _body_v2(self, node: Node, parameters: list[Node]) -> Body | None:
        consumes = node.value.get("consumes", self.references.root().value.get("consumes"))
        types = [t for t in consumes if isinstance(t, str)] if isinstance(consumes, list) else []
        for body in (p for p in parameters if p.value.get("in") == "body"):
            schema = body.child("schema") if "schema" in body.value else None
            content = tuple(MediaType(t, schema) for t in types or ["application/json"])
            return Body(
                body.value.get("required") is True, _text(body.value.get("description")), content
            )
        fields = [p for p in parameters if p.value.get("in") == "formData"]
        if not fields:
            return None
        # The form as a schema: its properties stand where the parameters stand.
        properties = {}
        encoding = {}
        for p in fields:
            own = dict(_schema_v2(p).value)
            if p.value.get("type") == "file":
                own |= {"type": "string", "format": "binary"}
            if "description" in p.value:
                own["description"] = p.value["description"]
            properties[p.value["name"]] = own
            style = _text(p.value.get("collectionFormat")) or "csv"
            if p.value.get("type") == "array":
                encoding[p.value["name"]] = Encoding(
                    style=_COLLECTION_STYLES.get(style, "form"), explode=style == "multi"
                )
        required = [p.value["name"] for p in fields if p.value.get("required") is True]
        value = {"type": "object", "properties": properties, "required": required}
        forms = [t for t in types if t.startswith(("multipart/", "application/x-www-form"))]
        if not forms:
            files = any(p.value.get("type") == "file" for p in fields)
            forms = ["multipart/form-data" if files else "application/x-www-form-urlencoded"]
        schema_node = Node(node.file, node.pointer + "/parameters", value)
        return Body(
            bool(required), "", tuple(MediaType(t, schema_node, None, encoding) for t in forms)
        )

    def _responses(self, node: Node, old: bool) -> tuple[Response, ...]:
        out = []
        entries = [
            e for e in self._items(self._map(node, "responses")) if not e.name.startswith("x-")
        ]
        if not entries and not self._responses_optional():
            self._note(
                node,
                "an operation without responses",
                "any 2XX status is a success, its body JSON or bytes",
                Repair(node.pointer, {"responses": {"2XX": {"description": ""}}}),
            )
        for entry in entries:
            status = entry.name.upper() if entry.name.lower() != "default" else "default"
            if not re.fullmatch(r"[1-5](\d\d|XX)|default", status):
                self._note(
                    entry, f"{entry.name!r} is no status code", "left out", Repair(entry.pointer)
                )
                continue
            response = self.references.resolve(entry)
            if not isinstance(response.value, dict):
                self._note(entry, "a response that is not an object", "read as an empty one")
                response = Node(entry.file, entry.pointer, {})
            headers = []
            for item in self._items(self._map(response, "headers")):
                header = self.references.resolve(item)
                if not isinstance(header.value, dict):
                    continue
                content = self._contents(header)
                schema = (
                    content[0].schema
                    if content
                    else header.child("schema")
                    if "schema" in header.value
                    else None
                )
                headers.append(
                    Header(
                        item.name,
                        header.value.get("required") is True,
                        _text(header.value.get("description")),
                        _schema_v2(header) if old else schema,
                    )
                )
            content = self._contents_v2(node, response) if old else self._contents(response)
            out.append(
                Response(status, _text(response.value.get("description")), tuple(headers), content)
            )
        return tuple(out)

    def _is_old(self) -> bool:
        return "swagger" in self.references.root().value

    def _responses_optional(self) -> bool:
        """Whether the document's version lets operations do without responses (3.1 and later)."""
        return _text(self.references.root().value.get("openapi")).startswith(("3.1", "3.2"))

    def _contents_v2(self, node: Node, response: Node) -> tuple[MediaType, ...]:
        if "schema" not in response.value:
            return ()
        produces = node.value.get("produces", self.references.root().value.get("produces"))
        types = [t for t in produces if isinstance(t, str)] if isinstance(produces, list) else []
        schema = response.child("schema")
        if isinstance(schema.value, dict) and schema.value.get("type") == "file":
            schema = Node(schema.file, schema.pointer, {"type": "string", "format": "binary"})
        return tuple(MediaType(t, schema) for t in types or ["application/json"])

    def _contents(self, node: Node) -> tuple[MediaType, ...]:
        out = []
        for entry in self._items(self._map(node, "content")):
            media = self.references.resolve(entry)
            if not isinstance(media.value, dict):
                self._note(entry, "a media type that is not an object", "read as an empty one")
                media = Node(entry.file, entry.pointer, {})
            encoding = {}
            for part in self._items(self._map(media, "encoding")):
                value = part.value if isinstance(part.value, dict) else {}
                explode = value.get("explode")
                encoding[part.name] = Encoding(
                    _text(value.get("contentType")) or None,
                    _text(value.get("style")) or None,
                    explode if isinstance(explode, bool) else None,
                    value.get("allowReserved") is True,
                )
            out.append(
                MediaType(
                    entry.name,
                    media.child("schema") if "schema" in media.value else None,
                    media.child("itemSchema") if "itemSchema" in media.value else None,
                    encoding,
                )
            )
        return tuple(out)

    # small things

    def _map(self, node: Node, key: str) -> Node:
        """The object under a key; an empty one where there is none."""
        value = node.value.get(key) if isinstance(node.value, dict) else None
        if isinstance(value, dict):
            return node.child(key)
        if value is not None:
            place = node.child(key)
            self._note(place, f"{key} is not an object", "left out", Repair(place.pointer))
        return Node(node.file, f"{node.pointer}/{key}", {})

    def _list(self, node: Node, key: str) -> list[Node]:
        value = node.value.get(key) if isinstance(node.value, dict) else None
        if isinstance(value, list):
            return [node.child(key, i) for i in range(len(value))]
        if value is not None:
            place = node.child(key)
            self._note(place, f"{key} is not a list", "left out", Repair(place.pointer))
        return []

    def _items(self, node: Node) -> Iterator[Node]:
        return (node.child(k) for k in node.value)

    def _note(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        self.references.note(node, message, action, *repairs)


def _schema_v2(node: Node) -> Node:
    return Node(
        node.file, node.pointer, {k: node.value[k] for k in _SCHEMA_KEYS_V2 if k in node.value}
    )


def _text(value: Any) -> str:
    """Any scalar as text; numbers and dates that should have been strings included."""
    return (
        value
        if isinstance(value, str)
        else ""
        if value is None or isinstance(value, (dict, list))
        else str(value)
    )
