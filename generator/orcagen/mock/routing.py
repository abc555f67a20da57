"""Which operation a request is for: path templates under the base path of the first server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import define, field, frozen

from orcagen.openapi import Document, Operation, Server

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


@define
class Router:
    """Finds the operations of a document."""

    _routes: list[_Route]

    @classmethod
    def build(cls, document: Document) -> Router:
        routes = [_make_route(document, operation) for operation in document.operations]
        # Concrete paths come before their templated counterparts (Paths Object).
        routes.sort(key=lambda r: (len(r.names), -len(r.query), -len(r.pattern.pattern)))
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
    texts = [re.escape(part) for part in parts[::2]]
    pattern = re.escape(base) + "([^/]+)".join(texts)
    fixed = tuple(pair for pair in parse_qsl(query, keep_blank_values=True) if "{" not in pair[1])
    return _Route(re.compile(pattern), names, fixed, operation)
