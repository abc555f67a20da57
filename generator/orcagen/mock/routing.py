"""Which operation a request is for: path templates under the base path of the first server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import define, field, frozen

from orcagen.openapi import Document, Operation, Parameter, Server

_VARIABLE = re.compile(r"\{([^{}]+)\}")


@frozen
class Match:
    """The operations of a request, with the values of their path parameters, decoded; none where the path has other methods,
    `allowed`. There are several where a document tells paths apart by fragments: `/files#move`."""

    operations: tuple[Operation, ...]
    path_parameters: dict[str, str] = field(factory=dict)
    allowed: tuple[str, ...] = ()


@frozen
class _Route:
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    query: tuple[tuple[str, str], ...]  # some documents have a part of it in the path
    operation: Operation
    has_slashes: bool  # in the value of a parameter


@define
class Router:
    """Finds the operations of a document."""

    _routes: list[_Route]

    @classmethod
    def build(cls, document: Document) -> Router:
        routes = [_make_route(document, operation) for operation in document.operations]
        # Concrete paths come before their templated counterparts (Paths Object).
        routes.sort(
            key=lambda r: (r.has_slashes, len(r.names), -len(r.query), -len(r.pattern.pattern))
        )
        return cls(routes)

    def find(self, method: str, path: str, query: Sequence[tuple[str, str]]) -> Match | None:
        """The operation of a percent-encoded path; None for a path that the document does not have."""
        allowed: dict[str, None] = {}
        for wanted in (method, *(["GET"] if method == "HEAD" else [])):
            for route in self._routes:
                match = route.pattern.fullmatch(path)
                if match is None or not set(route.query) <= set(query):
                    continue
                if route.operation.method == wanted:
                    values = map(unquote, match.groups())
                    same = [
                        r
                        for r in self._routes
                        if r.pattern == route.pattern and r.query == route.query
                    ]
                    operations = tuple(r.operation for r in same if r.operation.method == wanted)
                    return Match(operations, dict(zip(route.names, values, strict=True)))
                allowed[route.operation.method] = None
        return Match((), {}, tuple(allowed)) if allowed else None


def find_base_path(servers: Sequence[Server]) -> str:
    """The path of the first server, its variables replaced by their defaults."""
    if not servers:
        return ""
    url = servers[0].url
    for name, (default, _) in servers[0].variables.items():
        url = url.replace(f"{{{name}}}", default)
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _make_route(document: Document, operation: Operation) -> _Route:
    path, _, query = operation.path.partition("#")[0].partition("?")
    base = find_base_path(operation.servers or document.servers)
    parts = _VARIABLE.split(path if path.startswith("/") else f"/{path}")
    names = tuple(parts[1::2])
    by_name = {p.name: p for p in operation.parameters if p.location == "path"}
    texts = [re.escape(part) for part in parts]
    texts[1::2] = ["(.*)" if _has_slashes(by_name.get(name)) else "([^/]+)" for name in names]
    fixed = tuple(pair for pair in parse_qsl(query, keep_blank_values=True) if "{" not in pair[1])
    pattern = re.compile(re.escape(base) + "".join(texts))
    return _Route(pattern, names, fixed, operation, "(.*)" in texts)


def _has_slashes(parameter: Parameter | None) -> bool:
    """Whether a parameter in the path shows by its example that its values have slashes, which clients need not encode."""
    if parameter is None or not isinstance(parameter.node.value, dict):
        return False
    schema = parameter.schema.value if parameter.schema else None
    objects = [parameter.node.value, schema] if isinstance(schema, dict) else [parameter.node.value]
    return any("/" in each["example"] for each in objects if isinstance(each.get("example"), str))
