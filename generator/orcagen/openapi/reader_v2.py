"""Reads Swagger 2.0."""

from __future__ import annotations

from typing import Any, cast

from attrs import define

from orcagen.diagnostics import Repair
from orcagen.openapi.model import Body, Encoding, Location, MediaType, Node, Parameter, Server
from orcagen.openapi.reader import ParameterNodes, Reader, as_text, is_reserved_header

# OpenAPI 3 calls `collectionFormat` `style`; `multi` is `form` with `explode`.
_STYLES = {
    "csv": "form",
    "ssv": "spaceDelimited",
    "tsv": "tabDelimited",
    "pipes": "pipeDelimited",
}
# The keywords of a schema that parameters and headers have themselves.
_SCHEMA_KEYWORDS = (
    "type", "format", "items", "default", "enum", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
    "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "x-nullable",
)  # fmt: skip
_FILE_SCHEMA = {"type": "string", "format": "binary"}  # `type: file` in OpenAPI 3


@define
class ReaderV2(Reader):
    """Reads what OpenAPI 3 does not have, or writes in another way."""

    def schemas(self, root: Node) -> Node:
        return self.get_object(root, "definitions")

    def security_schemes(self, root: Node) -> Node:
        return self.get_object(root, "securityDefinitions")

    def token_url(self, scheme: dict[str, Any]) -> str:
        # The flow `application` is called `clientCredentials` in OpenAPI 3.
        return as_text(scheme.get("tokenUrl")) if scheme.get("flow") == "application" else ""

    def read_servers(self, root: Node) -> tuple[Server, ...]:
        host = as_text(root.value.get("host"))
        base_path = as_text(root.value.get("basePath")).rstrip("/")
        if not host:
            return (Server(base_path),) if base_path else ()
        has_schemes = isinstance(root.value.get("schemes"), list)
        schemes = _get_strings(root, "schemes") if has_schemes else ["https"]
        # Clients use the first server by default: prefer encryption.
        ordered = sorted(schemes, key=lambda scheme: scheme != "https")
        return tuple(
            Server(f"{scheme}://{host}{base_path}")
            for scheme in ordered
            if scheme in ("http", "https")
        )

    def read_operation_servers(self, operation: Node, path_item: Node) -> tuple[Server, ...]:
        return ()

    def read_parameters(self, parameters: ParameterNodes) -> list[Parameter]:
        read = (
            self._read_parameter(node, use)
            for (_, location), (node, use) in parameters.items()
            if location not in ("body", "formData")
        )
        return [p for p in read if p is not None]

    def _read_parameter(self, node: Node, use: Node) -> Parameter | None:
        value, location = node.value, as_text(node.value.get("in"))
        if location not in ("path", "query", "header"):
            message = f"invalid parameter location {location!r}"
            self.warn(node, message, "ignored", Repair(use.pointer))
            return None
        if is_reserved_header(value):
            return None
        collection_format = as_text(value.get("collectionFormat")) or "csv"
        style = _STYLES.get(collection_format, "form")
        if location != "query" and style == "form":
            style = "simple"
        return Parameter(
            name=value["name"],
            location=cast(Location, location),
            required=location == "path" or value.get("required") is True,
            schema=_make_schema(node),
            node=node,
            description=as_text(value.get("description")),
            deprecated=value.get("x-deprecated") is True,
            style=style,
            explode=collection_format == "multi",
        )

    def make_parameter(self, name: str, location: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "in": location, "required": True, **schema}

    def read_body(self, operation: Node, parameters: ParameterNodes) -> Body | None:
        """The parameter in `body`, or those in `formData` as one object schema."""
        media_types = self._get_media_types(operation, "consumes")
        nodes = [node for node, _ in parameters.values()]
        for body in (n for n in nodes if n.value.get("in") == "body"):
            schema = body.child("schema") if "schema" in body.value else None
            content = tuple(MediaType(t, schema) for t in media_types or ["application/json"])
            required = body.value.get("required") is True
            return Body(required, as_text(body.value.get("description")), content)
        fields = [n for n in nodes if n.value.get("in") == "formData"]
        return _make_form(operation, fields, media_types) if fields else None

    def read_response_content(self, operation: Node, response: Node) -> tuple[MediaType, ...]:
        if "schema" not in response.value:
            return ()
        schema = response.child("schema")
        if isinstance(schema.value, dict) and schema.value.get("type") == "file":
            schema = Node(schema.file, schema.pointer, _FILE_SCHEMA)
        media_types = self._get_media_types(operation, "produces")
        return tuple(MediaType(t, schema) for t in media_types or ["application/json"])

    def read_header_schema(self, header: Node) -> Node:
        return _make_schema(header)

    def _get_media_types(self, operation: Node, key: str) -> list[str]:
        """Those of the operation under `consumes` or `produces`, else those of the document."""
        return _get_strings(operation if key in operation.value else self.references.root(), key)


def _make_form(operation: Node, fields: list[Node], media_types: list[str]) -> Body:
    properties, encoding = {}, {}
    for node in fields:
        name, schema = node.value["name"], _get_schema_keywords(node)
        if node.value.get("type") == "file":
            schema |= _FILE_SCHEMA
        if "description" in node.value:
            schema["description"] = node.value["description"]
        properties[name] = schema
        if node.value.get("type") == "array":
            collection_format = as_text(node.value.get("collectionFormat")) or "csv"
            style = _STYLES.get(collection_format, "form")
            encoding[name] = Encoding(style=style, explode=collection_format == "multi")
    required = [n.value["name"] for n in fields if n.value.get("required") is True]
    value = {"type": "object", "properties": properties, "required": required}
    forms = [t for t in media_types if t.startswith(("multipart/", "application/x-www-form"))]
    if not forms:
        has_files = any(n.value.get("type") == "file" for n in fields)
        forms = ["multipart/form-data" if has_files else "application/x-www-form-urlencoded"]
    # No such schema is in the document: its position is that of the parameters.
    schema_node = Node(operation.file, operation.pointer + "/parameters", value)
    return Body(bool(required), "", tuple(MediaType(t, schema_node, None, encoding) for t in forms))


def _make_schema(node: Node) -> Node:
    return Node(node.file, node.pointer, _get_schema_keywords(node))


def _get_schema_keywords(node: Node) -> dict[str, Any]:
    return {k: node.value[k] for k in _SCHEMA_KEYWORDS if k in node.value}


def _get_strings(node: Node, key: str) -> list[str]:
    value = node.value.get(key)
    return [s for s in value if isinstance(s, str)] if isinstance(value, list) else []
