"""What the readers of all versions share: the document, path items, operations, responses, webhooks.

Whatever has the wrong shape is ignored or repaired, and reported: one mistake must not cost the rest of the document.
"""

from __future__ import annotations

import re
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeAlias, cast

from attrs import define, evolve, field

from orcagen.diagnostics import InputError, Repair
from orcagen.openapi.components import find_components, find_places
from orcagen.openapi.extensions import IDEMPOTENCY_KEY, read_idempotency_key, read_webhook_signature
from orcagen.openapi.long_running import read_long_running
from orcagen.openapi.model import (
    Body,
    Contact,
    Document,
    Header,
    Key,
    License,
    Link,
    Location,
    LongRunning,
    MediaType,
    Node,
    Operation,
    Parameter,
    Response,
    SecurityRequirement,
    SecurityScheme,
    Server,
)
from orcagen.openapi.pagination import read_pagination
from orcagen.openapi.references import References, is_reference
from orcagen.openapi.vendor_extensions import find_name, is_ignored
from orcagen.pointers import escaped, tokens
from orcagen.source.loader import is_url

Version: TypeAlias = Literal["2.0", "3.0", "3.1", "3.2"]
ParameterNodes: TypeAlias = dict[tuple[str, str], tuple[Node, Node]]
"""Parameters by name and location: the Parameter Object, and the node in the list, which may be a reference to it."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_RESERVED_HEADERS = ("accept", "content-type", "authorization")
TEMPLATE_VARIABLE = re.compile(r"\{([^{}]+)\}")  # in a path, or in the URL of a server


def read_version(references: References) -> Version:
    """The version of OpenAPI that the document declares. Raises InputError if it is not a supported one."""
    root = references.root()
    if not isinstance(root.value, dict) or not ({"openapi", "swagger"} & root.value.keys()):
        message = "is not an OpenAPI document: it has no `openapi` (or `swagger`) field at the top"
        raise references.error(root, message)
    keyword = "openapi" if "openapi" in root.value else "swagger"
    text = as_text(root.value[keyword]).strip()
    version = ".".join(text.split(".")[:2])
    # Some documents say `swagger: 2` or `openapi: 3`; 2.0 is the only version 2 there is.
    version = "2.0" if text.startswith("2") else "3.0" if version == "3" else version
    if version not in ("2.0", "3.0", "3.1", "3.2"):
        message = f"is OpenAPI {text!r}; versions 2.0, 3.0, 3.1 and 3.2 are supported"
        raise references.error(root.child(keyword), message)
    return cast(Version, version)


@define
class Reader(ABC):
    """Reads one document. The subclasses read what differs between Swagger 2.0 and OpenAPI 3."""

    schemas_path: ClassVar[tuple[str, ...]]  # to the object that holds the schemas by their names
    shared_paths: ClassVar[tuple[tuple[str, ...], ...]]  # to those of other components with schemas
    security_schemes_path: ClassVar[tuple[str, ...]]
    locations: ClassVar[tuple[str, ...]]  # of parameters
    body_locations: ClassVar[tuple[str, ...]] = ()  # of parameters that describe the body

    references: References
    version: Version
    long_running: Mapping[str, Any] = field(factory=dict)  # the setting
    _seen_callbacks: set[Key] = field(factory=set, init=False)  # and webhooks
    _webhooks: list[Operation] = field(factory=list, init=False)  # and callbacks
    _schemes: dict[str, Node] = field(factory=dict, init=False)  # security schemes, by key
    _idempotency_key: str = field(default="", init=False)  # of operations that are not idempotent
    _used_settings: set[Any] = field(factory=set, init=False)  # names of operations

    def read(self) -> Document:
        root = self.references.root()
        info = self.get_object(root, "info")
        if "version" in info.value and not isinstance(info.value["version"], str):
            self.warn(
                info.child("version"),
                "info.version is not a string",
                "converted to a string",
                Repair("/info", {"version": as_text(info.value["version"])}),
            )
        self._schemes = {s.name: s for s in self.members(root, *self.security_schemes_path)}
        self._idempotency_key = read_idempotency_key(root, self.warn) or ""
        # First: whatever refers to one of them finds it under its name.
        schemas = find_components(self.references, self.members(root, *self.schemas_path))
        operations, webhook_schemas = self._read_operations(root)
        if unused := sorted(self.long_running.keys() - self._used_settings):
            message = f"has no operation {unused[0]!r}, which the setting `long_running` names"
            raise self.references.error(root, message)
        return Document(
            title=as_text(info.value.get("title")) or "API",
            version=as_text(info.value.get("version")) or "0",
            description=as_text(info.value.get("description")),
            contact=Contact(**_read_texts(info, "contact", "name", "url", "email")),
            license=License(**_read_texts(info, "license", "name", "identifier", "url")),
            openapi_version=self.version,
            root=root,
            servers=self.read_servers(root),
            security_schemes=tuple(
                self._read_security_scheme(key, item) for key, item in self._schemes.items()
            ),
            operations=operations,
            schemas=schemas,
            webhook_schemas=webhook_schemas,
            webhooks=tuple(self._webhooks),
            webhook_signature=read_webhook_signature(root, self.warn),
            places=self._find_places(root, schemas, operations),
            tags={
                as_text(t.value.get("name")): as_text(t.value.get("description"))
                for t in map(self.follow, self.get_array(root, "tags"))
                if isinstance(t.value, dict)
            },
        )

    def _find_places(
        self, root: Node, schemas: Iterable[Node], operations: Iterable[Operation]
    ) -> dict[str, dict[str, str]]:
        """Where the document includes components and operations from elsewhere (see Document)."""
        places: dict[Key, str] = {}
        for path in self.shared_paths:
            members = self.members(root, *path)
            places |= find_places(self.references, members, "/" + "/".join(path))
        pointer = "/" + "/".join(self.schemas_path)
        places |= {n.key: f"{pointer}/{escaped(n.name)}" for n in schemas}
        for operation in operations:
            if operation.node.file != root.file:
                places.setdefault(operation.node.key, operation.pointer)
        by_file: dict[str, dict[str, str]] = {}
        for key, place in places.items():
            if key.file != root.file or key.pointer != place:
                by_file.setdefault(key.file, {})[key.pointer] = place
        return by_file

    # What the versions write in different ways

    @abstractmethod
    def token_url(self, scheme: dict[str, Any]) -> str:
        """The token URL of an OAuth2 scheme's client credentials flow; "" if it has none."""

    @abstractmethod
    def read_servers(self, root: Node) -> tuple[Server, ...]:
        """The servers of the document."""

    def read_operation_servers(self, operation: Node, path_item: Node) -> tuple[Server, ...]:
        """The servers of an operation that has others than the document; () otherwise."""
        return ()

    @abstractmethod
    def read_serialization(self, parameter: Parameter) -> Parameter:
        """A parameter with its schema and how values are serialized."""

    @abstractmethod
    def read_body(self, operation: Node, parameters: ParameterNodes) -> Body | None:
        """The request body of an operation."""

    @abstractmethod
    def read_response_content(self, operation: Node, response: Node) -> tuple[MediaType, ...]:
        """The media types of a response."""

    @abstractmethod
    def read_header_schema(self, header: Node) -> Node | None:
        """The schema of a response header."""

    # Servers and security

    def resolve_url(self, server: Node, url: str) -> str:
        """The URL of a server, relative to the URL that its file came from (OpenAPI 3.2, section 4.6)."""
        if not is_url(server.file) or "://" in url:
            return url
        return urllib.parse.urljoin(server.file, url or "/")

    def _read_security_scheme(self, key: str, item: Node) -> SecurityScheme:
        try:
            value = self.references.resolve(item).value
        except InputError as error:
            message = f"security scheme cannot be read: {error.message}"
            self.warn(item, message, "credentials are not sent")
            return SecurityScheme(key, "other")
        value = value if isinstance(value, dict) else {}
        kind, scheme = as_text(value.get("type")), as_text(value.get("scheme")).lower()
        name, location = as_text(value.get("name")), as_text(value.get("in"))
        description = as_text(value.get("description"))
        if kind == "basic" or (kind == "http" and scheme == "basic"):
            return SecurityScheme(key, "basic", description=description)
        if kind == "http" and scheme == "bearer":
            return SecurityScheme(key, "bearer", description=description)
        if kind == "apiKey" and name and location in ("header", "query", "cookie"):
            return SecurityScheme(key, "apiKey", name, location, description=description)
        if kind in ("oauth2", "openIdConnect"):
            url = self.token_url(value) or None
            return SecurityScheme(key, "oauth2", token_url=url, description=description)
        if kind != "mutualTLS":  # client certificates are set up in the HTTP client
            what = f"security scheme type {kind!r}"
            if kind == "http":
                what = f"HTTP authentication scheme {scheme!r}"
            self.warn(item, f"{what} is not supported", "credentials are not sent")
        return SecurityScheme(key, "other", description=description)

    def _read_security(self, operation: Node) -> tuple[tuple[SecurityRequirement, ...], ...]:
        """The security requirements of an operation, else those of the document."""
        for node in (operation, self.references.root()):
            if isinstance(node.value.get("security"), list):
                return tuple(
                    tuple(
                        SecurityRequirement(self._find_scheme(item, str(name)), _strings(scopes))
                        for name, scopes in item.value.items()
                    )
                    for item in self.get_array(node, "security")
                    if isinstance(item.value, dict)
                )
        return ()

    def _find_scheme(self, requirement: Node, name: str) -> str:
        """The key of the scheme that a requirement names: a component, else the URI of a Security Scheme Object (OpenAPI
        3.2, Security Requirement Object)."""
        if self.version != "3.2" or name in self._schemes:
            return name
        try:
            target = self.references.resolve_once(requirement, name)
        except InputError:
            message = f"security requirement {name!r} names no security scheme"
            self.warn(requirement, message, "treated as one whose credentials are not sent")
            return name
        key = target.name or target.file.rpartition("/")[2].partition(".")[0]
        if self._schemes.setdefault(key, target).key == target.key:
            return key
        self._schemes[name] = target
        return name

    # Operations

    def _read_operations(self, root: Node) -> tuple[tuple[Operation, ...], tuple[Node, ...]]:
        """All operations, and the schemas of webhooks and callbacks."""
        operations: list[Operation] = []
        webhook_schemas: list[Node] = []
        users: dict[str, str] = {}  # of an operationId
        for entry in self._entries(root, "paths"):
            for operation in self._read_path_item(entry, entry.name, webhook_schemas):
                if operation.id is not None and operation.id in users:
                    # The path item of two paths may be the same one, in which a repair would remove both ids.
                    is_own = operation.node.pointer.startswith(entry.pointer)
                    self.warn(
                        operation.node,
                        f"operationId {operation.id!r} is also used by {users[operation.id]}",
                        "named by method and path",
                        *([Repair(operation.node.pointer + "/operationId")] if is_own else []),
                    )
                    operation = evolve(operation, id=None)
                elif operation.id is not None:
                    users[operation.id] = f"{operation.method} {operation.path}"
                operations.append(operation)
        # OpenAPI 3.1 has `webhooks`; before that, some tools wrote an extension.
        for entry in self._entries(root, "webhooks" if "webhooks" in root.value else "x-webhooks"):
            webhook_schemas.extend(self._read_callback(entry))
        return tuple(operations), tuple(webhook_schemas)

    def _read_path_item(
        self, entry: Node, path: str | None, webhook_schemas: list[Node]
    ) -> Iterator[Operation]:
        """The operations of a path item. `path` is None for webhooks and callbacks, whose keys are not paths.

        The schemas of callbacks are added to `webhook_schemas`.
        """
        item = self.references.resolve_with_siblings(entry)
        if not isinstance(item.value, dict):
            self.warn(entry, "path item is not an object", "ignored", Repair(entry.pointer))
            return
        shared = self.get_array(item, "parameters")
        if is_ignored(item.value):
            return
        for key, method, declared in self._find_operations(item):
            node = self.follow(declared)
            if not isinstance(node.value, dict):
                self.warn(
                    declared, "operation is not an object", "ignored", Repair(declared.pointer)
                )
                continue
            if is_ignored(node.value):
                continue
            yield self._read_operation(key, method, path, item, node, shared)
            for callback in self.members(node, "callbacks"):
                target = self.references.resolve(callback)
                for expression in self.members(target) if isinstance(target.value, dict) else ():
                    webhook_schemas.extend(self._read_callback(expression))

    def _find_operations(self, item: Node) -> list[tuple[str, str, Node]]:
        """Key, method and node of what a path item declares as operations."""
        operations = []
        for key in item.value:
            if key.lower() in METHODS:
                operations.append((key, key.upper(), item.child(key)))
                if key not in METHODS:
                    message = f"method {key!r} is not in lower case"
                    self.warn(item.child(key), message, "read as if it were")
        # OpenAPI 3.2, Path Item Object: these methods are sent as they are written.
        for node in self.members(item, "additionalOperations"):
            operations.append((f"additionalOperations/{node.name}", node.name, node))
        return operations

    def _read_callback(self, entry: Node) -> Iterator[Node]:
        """The body schemas of a webhook or a callback, and of the callbacks of its own operations.

        Callbacks may refer to each other in a cycle: each is read once.
        """
        item = self.references.resolve(entry)
        if item.key in self._seen_callbacks:
            return
        self._seen_callbacks.add(item.key)
        inner: list[Node] = []
        for operation in self._read_path_item(entry, None, inner):
            self._webhooks.append(evolve(operation, path=entry.pointer))
            if operation.body:
                yield from (c.schema for c in operation.body.content if c.schema)
        yield from inner

    def _read_operation(
        self, key: str, method: str, path: str | None, item: Node, node: Node, shared: list[Node]
    ) -> Operation:
        value = node.value
        nodes = self._find_parameters([*shared, *self.get_array(node, "parameters")])
        parameters = list(self._read_parameters(nodes))
        if path is not None:
            parameters = list(self._match_path(node, path, parameters, nodes))
        tags = value.get("tags")
        return Operation(
            key=key,
            method=method,
            path=path or "",
            node=node,
            id=as_text(value.get("operationId")).strip() or None,
            tags=tuple(as_text(t) for t in tags if t) if isinstance(tags, list) else (),
            summary=as_text(value.get("summary") or item.value.get("summary")),
            description=as_text(value.get("description") or item.value.get("description")),
            deprecated=value.get("deprecated") is True,
            parameters=tuple(parameters),
            body=self.read_body(node, nodes),
            responses=tuple(self._read_responses(node)),
            security=self._read_security(node),
            servers=self.read_operation_servers(node, item),
            idempotency_key=self._find_idempotency_key(node, method, parameters),
            pagination=read_pagination(node, self.references.resolve, self.warn),
            long_running=self._read_long_running(node, method, path),
            given_name=find_name(value, "operation"),
            group=find_name(value, "group"),
        )

    def _read_long_running(self, node: Node, method: str, path: str | None) -> LongRunning | None:
        setting = None
        if path is not None:  # callbacks and webhooks are operations of others
            names = (str(node.value.get("operationId")), node.pointer, f"{method} {path}")
            name = next((n for n in names if n in self.long_running), None)
            setting = self.long_running.get(str(name))
            self._used_settings.add(name)
        resolve = self.references.resolve
        return read_long_running(node, method, setting, resolve, self.warn)

    def _find_idempotency_key(self, node: Node, method: str, parameters: list[Parameter]) -> str:
        """The header that an operation declares, has as a parameter, or has from the document."""
        declared = read_idempotency_key(node, self.warn)
        if declared is not None:
            return declared
        named = (p.name for p in parameters if p.location == "header")
        own = next((n for n in named if n.lower() == IDEMPOTENCY_KEY.lower()), None)
        return own or (self._idempotency_key if method in ("POST", "PATCH") else "")

    def _find_parameters(self, uses: list[Node]) -> ParameterNodes:
        """Parameters by name and location: those of the operation override those of its path item (Path Item Object)."""
        nodes: ParameterNodes = {}
        uses = list(uses)
        while uses:
            use = uses.pop(0)
            node = self.references.resolve(use)
            if isinstance(node.value, list) and node is not use:
                self._note_reference(use, "an item of parameters")
                uses = [node.child(i) for i in range(len(node.value))] + uses
            elif isinstance(node.value, dict) and isinstance(node.value.get("name"), str):
                nodes[node.value["name"], as_text(node.value.get("in"))] = (node, use)
            else:
                self.warn(node, "parameter has no name", "ignored", Repair(use.pointer))
        return nodes

    def _read_parameters(self, nodes: ParameterNodes) -> Iterator[Parameter]:
        """The usable parameters, without those of the body."""
        # OpenAPI 3.2, Parameter Locations: at most one. Those of the operation come after those of the path item.
        querystring = [key for key in nodes if key[1] == "querystring"][-1:]
        for (name, location), (node, use) in nodes.items():
            # Media types and security describe these headers (OpenAPI 3, Parameter Object).
            is_reserved = location == "header" and name.lower() in _RESERVED_HEADERS
            if is_reserved or location in self.body_locations:
                continue
            is_required = location == "path" or node.value.get("required") is True
            if is_ignored(node.value) and not is_required:
                continue
            if location not in self.locations:
                message = f"invalid parameter location {location!r}"
                self.warn(node, message, "ignored", Repair(use.pointer))
                continue
            if location == "querystring" and (name, location) not in querystring:
                message = "an operation has at most one parameter in `querystring`"
                self.warn(node, message, "ignored", Repair(use.pointer))
                continue
            yield self.read_serialization(
                Parameter(
                    name=name,
                    location=cast(Location, location),
                    required=is_required,
                    schema=None,
                    node=node,
                    description=as_text(node.value.get("description")),
                    given_name=find_name(node.value, "parameter")
                    or find_name(node.value.get("schema"), "parameter"),
                )
            )

    def _match_path(
        self, node: Node, path: str, parameters: list[Parameter], nodes: ParameterNodes
    ) -> Iterator[Parameter]:
        """Path parameters in the order of the path template, then the others.

        A path parameter that is not declared is added, one that is not in the template is ignored.
        """
        declared = {p.name: p for p in parameters if p.location == "path"}
        in_query = {p.name for p in parameters if p.location == "query"}
        before, _, behind = path.partition("?")  # some documents have a part of the query there
        names = dict.fromkeys(TEMPLATE_VARIABLE.findall(before))
        names |= dict.fromkeys(n for n in TEMPLATE_VARIABLE.findall(behind) if n not in in_query)
        for name in names:
            parameter = declared.pop(name, None)
            if parameter is None:
                schema = {"type": "string"}
                declaration = {"name": name, "in": "path", "required": True}
                declaration |= schema if self.version == "2.0" else {"schema": schema}
                self.warn(
                    node,
                    f"path parameter {name!r} is not declared",
                    "treated as a required string",
                    Repair(node.pointer, {"parameters": [declaration]}),
                )
                schema_node = Node(node.file, node.pointer, schema)
                parameter = Parameter(name, "path", True, schema_node, node)
            yield parameter
        for name in declared:
            _, use = nodes[name, "path"]
            message = f"path parameter {name!r} is not in the path template"
            self.warn(node, message, "ignored", Repair(use.pointer))
        yield from (p for p in parameters if p.location != "path")

    # Responses

    def _read_responses(self, operation: Node) -> Iterator[Response]:
        entries = list(self._entries(operation, "responses"))
        # `responses` is required up to OpenAPI 3.0, and optional from 3.1 on (Operation Object).
        if not entries and self.version in ("2.0", "3.0"):
            self.warn(
                operation,
                "operation has no responses",
                "any 2XX status is a success, its body JSON or bytes",
                Repair(operation.pointer, {"responses": {"2XX": {"description": ""}}}),
            )
        for entry in entries:
            status = entry.name.upper() if entry.name.lower() != "default" else "default"
            if not re.fullmatch(r"[1-5](\d\d|XX)|default", status):
                message = f"{entry.name!r} is not a status code"
                self.warn(entry, message, "ignored", Repair(entry.pointer))
                continue
            response = self.resolve_object(entry, "response")
            content = self.read_response_content(operation, response)
            if not content and has_lost_content(entry, response):
                content = (MediaType("application/json", None),)
            yield Response(
                status,
                as_text(response.value.get("description")),
                tuple(self.read_headers(response)),
                content,
                tuple(self._read_links(response)),
            )

    def read_headers(self, response: Node) -> Iterator[Header]:
        for item in self.members(response, "headers"):
            header = self.references.resolve(item)
            if isinstance(header.value, dict):
                content = header.value.get("content")
                yield Header(
                    item.name,
                    header.value.get("required") is True,
                    as_text(header.value.get("description")),
                    self.read_header_schema(header),
                    str(next(iter(content), "")) if isinstance(content, dict) else "",
                )

    def _read_links(self, response: Node) -> Iterator[Link]:
        for item in self.members(response, "links"):
            link = self.references.resolve(item)
            if not isinstance(link.value, dict):
                continue
            reference, target = link.value.get("operationRef"), None
            if isinstance(reference, str):
                try:
                    target = self.references.resolve_once(link, reference).key
                except InputError:
                    target = link.key  # no operation: reported with those of other links
            yield Link(
                item.name,
                link,
                as_text(link.value.get("operationId")),
                target,
                dict(self.get_object(link, "parameters").value),
                "requestBody" in link.value,
                link.value.get("requestBody"),
                as_text(link.value.get("description")),
            )

    # Values of the wrong type

    def get_object(self, node: Node, key: str) -> Node:
        """The object under a key; an empty one if there is none, or something else."""
        value = node.value.get(key) if isinstance(node.value, dict) else None
        if isinstance(value, dict):
            child = self.follow(node.child(key))
            return child if isinstance(child.value, dict) else child.with_value({})
        if value is not None:
            child = node.child(key)
            self.warn(child, f"{key} is not an object", "ignored", Repair(child.pointer))
        return Node(node.file, f"{node.pointer}/{key}", {})

    def get_array(self, node: Node, key: str) -> list[Node]:
        """The items of the array under a key; [] if there is none, or something else."""
        value = node.value.get(key) if isinstance(node.value, dict) else None
        if is_reference(value):
            target = self.follow(node.child(key))
            if isinstance(target.value, list):
                return [target.child(i) for i in range(len(target.value))]
            value = None if not target.value else value
        if isinstance(value, list):
            return [node.child(key, i) for i in range(len(value))]
        if value is not None:
            child = node.child(key)
            self.warn(child, f"{key} is not an array", "ignored", Repair(child.pointer))
        return []

    def members(self, node: Node, *path: str) -> Iterator[Node]:
        """The members of the object under some keys; none if there is something else."""
        for key in path[:-1]:
            node = self.get_object(node, key)
        if not path:
            yield from (node.child(k) for k in node.value)
            return
        target = self.get_object(node, path[-1])
        value = node.value.get(path[-1]) if isinstance(node.value, dict) else None
        siblings = node.child(path[-1]) if is_reference(value) else target
        # What stands beside a reference has its own place, not that of the reference's target.
        for key in target.value:
            beside = target is not siblings and key in siblings.value
            yield siblings.child(key) if beside else target.child(key)

    def follow(self, node: Node) -> Node:
        """The value itself; for a reference where OpenAPI has none, what it names, which is reported."""
        if not is_reference(node.value):
            return node
        self._note_reference(node, tokens(node.pointer)[-1] if node.pointer else "the document")
        return self.references.resolve_with_siblings(node)

    def _note_reference(self, node: Node, place: str) -> None:
        self.warn(node, f"OpenAPI {self.version} has no `$ref` in place of {place}", "followed")

    def _entries(self, node: Node, key: str) -> Iterator[Node]:
        """The members of the object under a key, without extensions."""
        return (e for e in self.members(node, key) if not e.name.startswith("x-"))

    def resolve_object(self, use: Node, kind: str) -> Node:
        """An object, or the one that a reference names; an empty one if that is something else. `kind` is for the message."""
        node = self.references.resolve(use)
        if isinstance(node.value, dict):
            return node
        self.warn(use, f"{kind} is not an object", "treated as an empty object")
        return Node(use.file, use.pointer, {})

    def warn(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        self.references.warn(node, message, action, *repairs)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(s for s in value if isinstance(s, str)) if isinstance(value, list) else ()


def has_lost_content(use: Node, node: Node) -> bool:
    """Whether a response or a request body, used at `use`, has content that a reference to nowhere stands for."""
    return (is_reference(use.value) and not node.value) or is_reference(node.value.get("content"))


def as_text(value: Any) -> str:
    """Any scalar as text: numbers, booleans and dates that should have been strings; "" for anything else."""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _read_texts(node: Node, key: str, *names: str) -> dict[str, str]:
    """The strings in a part of an object."""
    value = node.value.get(key)
    return {name: as_text(value.get(name)) for name in names} if isinstance(value, dict) else {}
