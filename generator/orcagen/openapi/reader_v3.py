"""Reads OpenAPI 3.0, 3.1 and 3.2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from attrs import define

from orcagen.diagnostics import Repair
from orcagen.openapi.model import Body, Encoding, Location, MediaType, Node, Parameter, Server
from orcagen.openapi.reader import (
    TEMPLATE_VARIABLE,
    ParameterNodes,
    Reader,
    as_text,
    is_reserved_header,
)

_LOCATIONS = ("path", "query", "querystring", "header", "cookie")  # `querystring` is of 3.2


@define
class ReaderV3(Reader):
    """Reads what Swagger 2.0 does not have, or writes in another way."""

    def schemas(self, root: Node) -> Node:
        return self.get_object(self.get_object(root, "components"), "schemas")

    def security_schemes(self, root: Node) -> Node:
        return self.get_object(self.get_object(root, "components"), "securitySchemes")

    def token_url(self, scheme: dict[str, Any]) -> str:
        flows = scheme.get("flows")
        flow = flows.get("clientCredentials") if isinstance(flows, dict) else None
        return as_text(flow.get("tokenUrl")) if isinstance(flow, dict) else ""

    def read_servers(self, root: Node) -> tuple[Server, ...]:
        servers = []
        for server in self.get_array(root, "servers"):
            url = server.value.get("url") if isinstance(server.value, dict) else None
            if isinstance(url, str):
                variables = self._read_server_variables(server, url)
                servers.append(Server(url, as_text(server.value.get("description")), variables))
            else:
                self.warn(server, "server has no url", "ignored", Repair(server.pointer))
        return tuple(servers)

    def read_operation_servers(self, operation: Node, path_item: Node) -> tuple[Server, ...]:
        return self.read_servers(operation) or self.read_servers(path_item)

    def _read_server_variables(
        self, server: Node, url: str
    ) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Default and allowed values of each variable, those of the URL first."""
        variables = {}
        for variable in self.items(self.get_object(server, "variables")):
            value = variable.value if isinstance(variable.value, dict) else {}
            enum = value.get("enum")
            allowed = tuple(as_text(v) for v in enum) if isinstance(enum, list) else ()
            default = as_text(value.get("default", allowed[0] if allowed else ""))
            variables[variable.name] = (default, allowed)
        in_url = dict.fromkeys(TEMPLATE_VARIABLE.findall(url))
        for name in in_url:
            if name not in variables:
                self.warn(
                    server,
                    f"server variable {name!r} is not declared",
                    "treated as a required string",
                    Repair(server.pointer, {"variables": {name: {"default": ""}}}),
                )
                variables[name] = ("", ())
        return {name: variables[name] for name in (*in_url, *variables)}

    def read_parameters(self, parameters: ParameterNodes) -> list[Parameter]:
        read = (self._read_parameter(node, use) for node, use in parameters.values())
        return [p for p in read if p is not None]

    def _read_parameter(self, node: Node, use: Node) -> Parameter | None:
        value, location = node.value, as_text(node.value.get("in"))
        if location not in _LOCATIONS:
            message = f"invalid parameter location {location!r}"
            self.warn(node, message, "ignored", Repair(use.pointer))
            return None
        if is_reserved_header(value):
            return None
        content = self._read_content(node)
        # The defaults of `style` and `explode` are those of the Parameter Object.
        default_style = "simple" if location in ("path", "header") else "form"
        style = as_text(value.get("style")) or default_style
        explode = value.get("explode")
        if location == "path" and value.get("required") is not True:
            self.warn(
                node,
                f"path parameter {value['name']!r} is not declared as required",
                "treated as required",
                Repair(node.pointer, {"required": True}),
            )
        return Parameter(
            name=value["name"],
            location=cast(Location, location),
            required=location == "path" or value.get("required") is True,
            schema=content[0].schema if content else _get_child(node, "schema"),
            node=node,
            description=as_text(value.get("description")),
            deprecated=value.get("deprecated") is True,
            style=style,
            explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
            allow_reserved=value.get("allowReserved") is True,
            media_type=content[0].media_type if content else None,
        )

    def make_parameter(self, name: str, location: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "in": location, "required": True, "schema": schema}

    def read_body(self, operation: Node, parameters: ParameterNodes) -> Body | None:
        if not isinstance(operation.value.get("requestBody"), dict):
            return None
        body = self.references.resolve(operation.child("requestBody"))
        if not isinstance(body.value, dict):
            self.warn(body, "request body is not an object", "treated as an empty object")
            body = Node(body.file, body.pointer, {})
        content = self._read_content(body)
        if not body.value:  # a reference that does not resolve: there is a body, of unknown type
            content = (MediaType("application/json", None),)
        if not content:
            return None
        required = body.value.get("required") is True
        return Body(required, as_text(body.value.get("description")), content)

    def read_response_content(self, operation: Node, response: Node) -> tuple[MediaType, ...]:
        return self._read_content(response)

    def read_header_schema(self, header: Node) -> Node | None:
        content = self._read_content(header)
        return content[0].schema if content else _get_child(header, "schema")

    def _read_content(self, node: Node) -> tuple[MediaType, ...]:
        """The media types under `content`."""
        media_types = []
        for entry in self.items(self.get_object(node, "content")):
            media_type = self.references.resolve(entry)  # OpenAPI 3.2 allows references here
            if not isinstance(media_type.value, dict):
                self.warn(entry, "media type is not an object", "treated as an empty object")
                media_type = Node(entry.file, entry.pointer, {})
            media_types.append(
                MediaType(
                    entry.name,
                    _get_child(media_type, "schema"),
                    _get_child(media_type, "itemSchema"),
                    dict(self._read_encodings(media_type)),
                )
            )
        return tuple(media_types)

    def _read_encodings(self, media_type: Node) -> Iterator[tuple[str, Encoding]]:
        """The encoding of each property of a form or multipart body that declares one."""
        for item in self.items(self.get_object(media_type, "encoding")):
            value = item.value if isinstance(item.value, dict) else {}
            explode = value.get("explode")
            yield (
                item.name,
                Encoding(
                    content_type=as_text(value.get("contentType")) or None,
                    style=as_text(value.get("style")) or None,
                    explode=explode if isinstance(explode, bool) else None,
                    allow_reserved=value.get("allowReserved") is True,
                ),
            )


def _get_child(node: Node, key: str) -> Node | None:
    return node.child(key) if key in node.value else None
