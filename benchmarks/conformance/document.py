"""What an OpenAPI document says about a request: its operation, its parameters, the schemas of its bodies."""

from __future__ import annotations

import json
import re
import urllib.parse
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from attrs import define, field, frozen


def plain_type(media_type: str | None) -> str:
    return (media_type or "").partition(";")[0].strip().lower()


def is_json(media_type: str | None) -> bool:
    return plain_type(media_type).endswith(("/json", "+json"))


def is_xml(media_type: str | None) -> bool:
    return plain_type(media_type).endswith(("/xml", "+xml"))


@frozen
class Match:
    """The operation that a request is for."""

    path: str  # the key in `paths`
    item: Any
    operation: Any
    arguments: dict[str, str]  # texts of the path parameters


@define
class Document:
    """An OpenAPI document as JSON."""

    path: Path
    data: Any = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.data = json.loads(self.path.read_text(encoding="utf-8"))

    def ref(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target = self.data
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[urllib.parse.unquote(part).replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def server(self, base_url: str) -> tuple[str, dict[str, Any]]:
        """(path before all paths, options of a client) for a service at `base_url`."""
        server = (self.data.get("servers") or [{"url": ""}])[0]
        url, variables = server["url"], {}
        for name, variable in (server.get("variables") or {}).items():
            variables[name] = variable.get("default") or (
                base_url if name == "endpoint" else self.data["info"]["version"]
            )
            url = url.replace("{" + name + "}", variables[name])
        path = urllib.parse.urlsplit(url).path.rstrip("/")
        return path, {"server_variables": variables} if variables else {"base_url": base_url + path}

    def find(self, method: str, path: str, before: str = "") -> Match | None:
        """The operation of a request. `before` is the path of the server."""
        matches = []
        for key, item in self.data["paths"].items():
            operation = self.ref(item).get(method.lower())
            pattern = re.sub(
                r"\\\{(.+?)\\\}",
                lambda m: f"(?P<p{m.start()}>.*?)",
                re.escape(before + key).rstrip("/"),
            )
            match = re.fullmatch(pattern, path.rstrip("/"))
            if operation and match:
                names = re.findall(r"\{(.+?)\}", before + key)
                arguments = dict(zip(names, match.groups(), strict=True))
                matches.append(Match(key, self.ref(item), operation, arguments))
        return min(matches, key=lambda m: len(m.arguments), default=None)

    def parameters(self, item: Any, operation: Any) -> dict[tuple[str, str], Any]:
        """{(in, name): parameter}; names of headers in lower case."""
        both = [
            self.ref(p)
            for p in (item.get("parameters") or []) + (operation.get("parameters") or [])
        ]
        return {(p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p for p in both}

    def request_content(self, operation: Any) -> dict[str, Any]:
        """{media type: media type object} of the body."""
        return (self.ref(operation.get("requestBody")) or {}).get("content") or {}

    def response_content(self, operation: Any, status: int) -> dict[str, Any]:
        """{media type: media type object} of the response with that status."""
        responses = operation.get("responses") or {}
        keys = (str(status), f"{status // 100}XX", "default")
        response = self.ref(next((responses[k] for k in keys if k in responses), None)) or {}
        return response.get("content") or {}

    @staticmethod
    def media(content: dict[str, Any], media_type: str | None) -> tuple[str | None, Any]:
        """(media type, media type object) of the entry that fits best, else the first."""
        patterns = sorted(content, key=lambda p: p.count("*"))
        for pattern in patterns:
            if re.fullmatch(
                re.escape(plain_type(pattern)).replace(r"\*", ".*"), plain_type(media_type)
            ):
                return pattern, content[pattern]
        return (patterns[0], content[patterns[0]]) if patterns else (None, {})

    def type_of(self, schema: Any) -> tuple[str | None, Any]:
        """(type, schema) behind references, a single allOf, null, and the array among alternatives."""
        schema = self.ref(schema or {})
        if len(schema.get("allOf") or ()) == 1:
            return self.type_of(schema["allOf"][0])
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next(t for t in kind if t != "null")
        if kind is None:
            for member in schema.get("anyOf", []) + schema.get("oneOf", []):
                if self.type_of(member)[0] == "array":
                    return self.type_of(member)
        return kind, schema

    def is_file(self, schema: Any) -> bool:
        """Whether the schema stands for bytes as they are, in any version's way of saying it."""
        schema = self.ref(schema or {})
        return (
            schema.get("format") in ("binary", "file")
            or schema.get("type") == "file"
            or ("type" not in schema and "contentMediaType" in schema)
        )

    def scalar(self, schema: Any, text: Any) -> Any:
        """Text of a parameter or an XML element as the JSON value that the schema asks for."""
        kind, schema = self.type_of(schema)
        if not isinstance(text, str):
            return text
        if kind is None:
            values = [
                self.scalar(member, text)
                for member in schema.get("anyOf", []) + schema.get("oneOf", [])
            ]
            return next((v for v in values if not isinstance(v, str)), text)
        if kind in ("integer", "number") and re.fullmatch(
            r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text.strip()
        ):
            return float(text) if re.search("[.eE]", text) else int(text)
        return text == "true" if kind == "boolean" else text

    def argument(self, parameter: Any, text: Any, query: Any) -> Any:
        """The JSON value whose serialization, by the parameter's style, is `text` (or a list of texts)."""
        kind, schema = self.type_of(parameter.get("schema"))
        place = parameter["in"]
        style = parameter.get("style") or ("form" if place in ("query", "cookie") else "simple")
        explode = parameter.get("explode", style == "form")
        mark = {"label": ".", "matrix": ";"}.get(style, "")
        if kind not in ("array", "object"):
            if mark and isinstance(text, str):
                text = (
                    text.removeprefix(mark).rpartition("=")[2]
                    if style == "matrix"
                    else text.removeprefix(mark)
                )
            return self.scalar(parameter.get("schema"), text)
        if kind == "array":
            items = schema.get("items") or {}
            if isinstance(text, str):
                text = text.removeprefix(mark).removeprefix(
                    "" if explode else parameter["name"] + "=" if style == "matrix" else ""
                )
                separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(
                    style, (mark or ",") if explode else ","
                )
                text = [text] if style == "form" and explode else text.split(separator)
                text = (
                    [t.removeprefix(parameter["name"] + "=") for t in text]
                    if style == "matrix"
                    else text
                )
            return [self.scalar(items, t) for t in text]
        if style == "form" and explode:
            pairs = query
        else:
            text = text.removeprefix(mark)
            if explode:
                pairs = dict(pair.split("=") for pair in text.split(mark or ","))
            else:
                flat = (text.partition("=")[2] if style == "matrix" else text).split(",")
                pairs = dict(zip(flat[::2], flat[1::2], strict=True))
        others = schema.get("additionalProperties") or schema.get("unevaluatedProperties")
        others = others if isinstance(others, dict) else {}
        return {
            k: self.scalar((schema.get("properties") or {}).get(k, others), v)
            for k, v in pairs.items()
        }

    def from_xml(self, schema: Any, element: ElementTree.Element) -> Any:
        """An ElementTree element as the JSON value that the schema asks for, by the document's `xml` objects."""
        kind, schema = self.type_of(schema)
        if kind == "array":
            return [self.from_xml(schema.get("items"), child) for child in element]
        if kind != "object":
            return self.scalar(schema, element.text or "")
        out, children = {}, [(_local(child.tag), child) for child in element]
        for name, declared in (schema.get("properties") or {}).items():
            own = self._xml(declared)
            tag = own.get("name", name)
            if own.get("attribute") or own.get("nodeType") == "attribute":
                values = {_local(k): v for k, v in element.attrib.items()}
                if tag in values:
                    out[name] = self.scalar(declared, values[tag])
            elif own.get("nodeType") in ("text", "cdata"):
                out[name] = self.scalar(declared, element.text or "")
            elif self.type_of(declared)[0] == "array" and not (
                own.get("wrapped") or own.get("nodeType") == "element"
            ):
                items = self.type_of(declared)[1].get("items") or {}
                tag = self._xml(items).get("name", name)
                out[name] = [self.from_xml(items, child) for key, child in children if key == tag]
            elif tag in dict(children):
                out[name] = self.from_xml(declared, dict(children)[tag])
        others = schema.get("additionalProperties") or schema.get("unevaluatedProperties")
        if not schema.get("properties") and isinstance(others, dict):
            out = {key: self.from_xml(others, child) for key, child in children}
        return out

    def _xml(self, schema: Any) -> Any:
        return schema.get("xml") or self.ref(schema).get("xml") or {}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
