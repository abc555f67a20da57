"""Reads OpenAPI 3.0, 3.1 and 3.2."""

from __future__ import annotations

from typing import Any

from attrs import define, evolve

from orcagen.diagnostics import Repair
from orcagen.openapi.examples import read_example
from orcagen.openapi.model import Body, Encoding, MediaType, Node, Parameter, Server
from orcagen.openapi.reader import (
    TEMPLATE_VARIABLE,
    ParameterNodes,
    Reader,
    as_text,
    has_lost_content,
)
from orcagen.source.loader import is_url


@define
class ReaderV3(Reader):
    """Reads what Swagger 2.0 does not have, or writes in another way."""

    schemas_path = ("components", "schemas")
    shared_paths = tuple(
        ("components", kind) for kind in ("responses", "requestBodies", "parameters", "headers")
    )
    security_schemes_path = ("components", "securitySchemes")
    locations = ("path", "query", "querystring", "header", "cookie")  # `querystring` is of 3.2

    def token_url(self, scheme: dict[str, Any]) -> str:
        flows = scheme.get("flows")
        flow = flows.get("clientCredentials") if isinstance(flows, dict) else None
        return as_text(flow.get("tokenUrl")) if isinstance(flow, dict) else ""

    def read_servers(self, root: Node) -> tuple[Server, ...]:
        servers = []
        for server in map(self.follow, self.get_array(root, "servers")):
            url = server.value.get("url") if isinstance(server.value, dict) else None
            if isinstance(url, str):
                variables = self._read_server_variables(server, url)
                url = self.resolve_url(server, url)
                servers.append(Server(url, as_text(server.value.get("description")), variables))
            else:
                self.warn(server, "server has no url", "ignored", Repair(server.pointer))
        if not servers and root == self.references.root() and is_url(root.file):
            servers.append(Server(self.resolve_url(root, "/")))  # the default of `servers`
        return tuple(servers)

    def read_operation_servers(self, operation: Node, path_item: Node) -> tuple[Server, ...]:
        return self.read_servers(operation) or self.read_servers(path_item)

    def _read_server_variables(
        self, server: Node, url: str
    ) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Default and allowed values of each variable, those of the URL first."""
        variables = {}
        for variable in self.members(server, "variables"):
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

    def read_serialization(self, parameter: Parameter) -> Parameter:
        node, location, value = parameter.node, parameter.location, parameter.node.value
        content = self._read_content(node)
        # The defaults of `style` and `explode` are those of the Parameter Object.
        default_style = "simple" if location in ("path", "header") else "form"
        style = as_text(value.get("style")) or default_style
        explode = value.get("explode")
        if location == "path" and value.get("required") is not True:
            self.warn(
                node,
                f"path parameter {parameter.name!r} is not declared as required",
                "treated as required",
                Repair(node.pointer, {"required": True}),
            )
        return evolve(
            parameter,
            schema=content[0].schema if content else _get_child(node, "schema"),
            deprecated=value.get("deprecated") is True,
            style=style,
            explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
            allow_reserved=value.get("allowReserved") is True,
            media_type=content[0].media_type if content else None,
        )

    def read_body(self, operation: Node, parameters: ParameterNodes) -> Body | None:
        if not isinstance(operation.value.get("requestBody"), dict):
            return None
        body = self.resolve_object(operation.child("requestBody"), "request body")
        content = self._read_content(body)
        # A reference that does not resolve: there is a body, of unknown type.
        if not content and has_lost_content(operation.child("requestBody"), body):
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
        for entry in self.members(node, "content"):
            if self.version != "3.2":  # which allows references here
                entry = self.follow(entry)
            media_type = self.resolve_object(entry, "media type")
            schema, items = _get_child(media_type, "schema"), _get_child(media_type, "itemSchema")
            encodings = self.members(media_type, "encoding")
            encoding = {e.name: self._read_encoding(self.follow(e)) for e in encodings}
            prefix = tuple(map(self._read_encoding, self.get_array(media_type, "prefixEncoding")))
            item = _get_child(media_type, "itemEncoding")
            item_encoding = self._read_encoding(item) if item else None
            named = {
                e.name: self.references.resolve(e).value
                for e in self.members(media_type, "examples")
            }
            example = read_example(media_type.value | {"examples": named})
            media_types.append(
                MediaType(entry.name, schema, items, encoding, prefix, item_encoding, example)
            )
        return tuple(media_types)

    def _read_encoding(self, node: Node) -> Encoding:
        """The encoding of one property of a form or multipart body."""
        value = node.value if isinstance(node.value, dict) else {}
        explode = value.get("explode")
        headers = {h.name: self._find_constant(h.schema) for h in self.read_headers(node)}
        return Encoding(
            content_type=as_text(value.get("contentType")) or None,
            style=as_text(value.get("style")) or None,
            explode=explode if isinstance(explode, bool) else None,
            allow_reserved=value.get("allowReserved") is True,
            headers={
                n: v for n, v in headers.items() if v is not None and n.lower() != "content-type"
            },
        )

    def _find_constant(self, schema: Node | None) -> str | None:
        """The only value of a header, as text; None where there are others."""
        value = self.references.resolve(schema).value if schema else None
        if not isinstance(value, dict):
            return None
        values = [value["const"]] if "const" in value else value.get("enum")
        if not isinstance(values, list) or len(values) != 1:
            return None
        (constant,) = values
        if isinstance(constant, bool):
            return str(constant).lower()
        return as_text(constant) if isinstance(constant, (str, int)) else None


def _get_child(node: Node, key: str) -> Node | None:
    return node.child(key) if key in node.value else None
