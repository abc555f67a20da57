"""Reads Swagger 2.0."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from attrs import define, evolve

from orcagen.openapi.model import Body, Encoding, MediaType, Node, Parameter, Server
from orcagen.openapi.reader import ParameterNodes, Reader, as_text
from orcagen.source.loader import is_url

# OpenAPI 3 calls `collectionFormat` `style`; `csv` is `form`, `multi` is `form` with `explode`.
_STYLES = {"ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
# The keywords of a schema that parameters and headers have themselves.
_SCHEMA_KEYWORDS = (
    "type", "format", "items", "default", "enum", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
    "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "x-nullable",
)  # fmt: skip
_FILE_SCHEMA = {"type": "string", "format": "binary"}  # `type: file` in OpenAPI 3


@define
class ReaderV2(Reader):
    """Reads what OpenAPI 3 does not have, or writes in another way."""

    schemas_path = ("definitions",)
    shared_paths = (("responses",), ("parameters",))
    security_schemes_path = ("securityDefinitions",)
    locations = ("path", "query", "header")
    body_locations = ("body", "formData")

    def token_url(self, scheme: dict[str, Any]) -> str:
        # The flow `application` is called `clientCredentials` in OpenAPI 3.
        return as_text(scheme.get("tokenUrl")) if scheme.get("flow") == "application" else ""

    def read_servers(self, root: Node) -> tuple[Server, ...]:
        host = as_text(root.value.get("host"))
        base_path = as_text(root.value.get("basePath")).rstrip("/")
        # Host and scheme are by default those that the document came from (Swagger Object).
        scheme = "https"
        if is_url(root.file):
            scheme = urlsplit(root.file).scheme
            host = host or urlsplit(root.file).netloc
        if not host:
            return (Server(base_path),) if base_path else ()
        has_schemes = isinstance(root.value.get("schemes"), list)
        schemes = _get_strings(root, "schemes") if has_schemes else [scheme]
        # Clients use the first server by default: prefer encryption.
        return tuple(Server(f"{s}://{host}{base_path}") for s in ("https", "http") if s in schemes)

    def read_serialization(self, parameter: Parameter) -> Parameter:
        node = parameter.node
        style, explode = _read_style(node)
        return evolve(
            parameter,
            schema=_make_schema(node),
            deprecated=node.value.get("x-deprecated") is True,
            style="simple" if style == "form" and parameter.location != "query" else style,
            explode=explode,
        )

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
    has_files = False
    for node in fields:
        name, schema = node.value["name"], _make_schema(node).value
        if node.value.get("type") == "file":
            schema |= _FILE_SCHEMA
            has_files = True
        if "description" in node.value:
            schema["description"] = node.value["description"]
        properties[name] = schema
        items = node.value.get("items")
        if isinstance(items, dict) and items.get("type") == "file":
            schema["items"] = _FILE_SCHEMA
            has_files = True
        elif node.value.get("type") == "array":
            style, explode = _read_style(node)
            encoding[name] = Encoding(style=style, explode=explode)
    required = [n.value["name"] for n in fields if n.value.get("required") is True]
    value = {"type": "object", "properties": properties, "required": required}
    forms = [t for t in media_types if t.startswith(("multipart/", "application/x-www-form"))]
    if not forms:
        forms = ["multipart/form-data" if has_files else "application/x-www-form-urlencoded"]
    # No such schema is in the document: its position is that of the parameters.
    schema_node = Node(operation.file, operation.pointer + "/parameters", value)
    return Body(bool(required), "", tuple(MediaType(t, schema_node, None, encoding) for t in forms))


def _read_style(node: Node) -> tuple[str, bool]:
    """`style` and `explode` of a parameter by its `collectionFormat`."""
    collection_format = as_text(node.value.get("collectionFormat"))
    return _STYLES.get(collection_format, "form"), collection_format == "multi"


def _make_schema(node: Node) -> Node:
    """The schema of a parameter or a header."""
    value = {k: node.value[k] for k in _SCHEMA_KEYWORDS if k in node.value}
    return Node(node.file, node.pointer, value)


def _get_strings(node: Node, key: str) -> list[str]:
    value = node.value.get(key)
    return [s for s in value if isinstance(s, str)] if isinstance(value, list) else []
