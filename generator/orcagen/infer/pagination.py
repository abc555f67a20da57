"""Pages: parameters and properties with the names that paginated APIs use, in pairs that fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orcagen.infer.proposal import (
    Leaves,
    Proposal,
    find_body,
    find_item,
    list_places,
    normalize,
)
from orcagen.openapi import Operation, Parameter
from orcagen.openapi.pagination import EXTENSION
from orcagen.plan.schemas import expand
from orcagen.pointers import tokens
from orcagen.schema import ListType, Scalar, Type, TypeGraph

# Names as `normalize` gives them.
_SIZE = {"limit", "perpage", "pagesize", "size", "count", "maxresults", "maxitems", "maxkeys", "top", "first", "pagelimit",
         "resultsperpage", "itemsperpage", "max", "pagecount", "take", "numresults", "rows"}  # fmt: skip
_PAGE = {
    "page",
    "pagenumber",
    "pageno",
    "pagenum",
    "pageindex",
    "currentpage",
    "pageid",
}
_OFFSET = {"offset", "skip", "startindex", "startat", "pageoffset", "start", "first"}
_CURSOR = {"cursor", "after", "pagetoken", "nexttoken", "nextpagetoken", "continuationtoken", "marker", "continue", "pagecursor",
           "nextcursor", "aftercursor", "startcursor", "pageafter", "startkey", "exclusivestartkey", "token", "next",
           "startingtoken", "paginationtoken", "bookmark", "startafter", "startingafter", "pagestate", "offset", "page"}  # fmt: skip
_NEXT_CURSOR = {"nextcursor", "nextpagetoken", "nexttoken", "continuationtoken", "nextcontinuationtoken", "endcursor",
                "nextmarker", "continue", "nextpagecursor", "nextkey", "lastevaluatedkey", "cursor", "after", "next",
                "paginationtoken", "bookmark", "nextpage", "nextpageid", "nextoffset", "pagestate", "marker"}  # fmt: skip
_LAST_ITEM = {"startingafter", "after", "afterid", "sinceid", "startafter"}
_NEXT_URL = {
    "nexturl",
    "nextlink",
    "nextpageurl",
    "nexturi",
    "odatanextlink",
    "nextpagelink",
    "nextpageuri",
    "nexthref",
}
_LINKS = {"links", "link", "paging", "pagination", "meta", "pages"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "more", "moreavailable", "nexthasmore"}
_PAGES = {
    "totalpages",
    "pagecount",
    "lastpage",
    "numpages",
    "pagestotal",
    "numberofpages",
}
_ITEMS = {
    "total",
    "totalcount",
    "totalresults",
    "totalitems",
    "totalsize",
    "totalrecords",
    "totalhits",
}
_ITEM_LISTS = {"data", "items", "results", "value", "values", "entries", "records", "content", "objects", "list", "resources",
               "rows", "elements", "edges", "result", "hits"}  # fmt: skip


def infer_pagination(op: Operation, graph: TypeGraph) -> Proposal | None:
    """The most probable of what an operation could declare."""
    if op.method not in ("GET", "POST") or op.pagination is not None:
        return None
    body = find_body(op, graph)
    items = None if body is None else _find_items(op, graph, body)
    if body is None or items is None:
        return None
    places = list(list_places(graph, body))
    candidates = list(_infer(op, graph, places, items))
    if not candidates:
        return None
    confidence, declaration, evidence = max(candidates, key=lambda c: c[0])
    if items:
        declaration = {**declaration, "items": items}
    return Proposal(op, EXTENSION, declaration, round(confidence, 2), evidence)


Candidate = tuple[float, dict[str, Any], tuple[str, ...]]


def _infer(
    op: Operation, graph: TypeGraph, places: list[tuple[str, Leaves]], items: str
) -> Iterator[Candidate]:
    parameters = {normalize(p.name): p for p in op.parameters if p.location == "query"}
    size = next((p.name for n, p in parameters.items() if n in _SIZE), "")
    by_size = (f"the parameter {size} limits a page",) if size else ()
    in_post = 0.2 * (op.method == "POST")  # a search rather than a list
    yield from _infer_links(op, parameters, places, by_size)
    yield from _infer_cursors(graph, parameters, places, items, by_size)
    for name, p in parameters.items():
        types = _types(graph, p)
        if not types <= {"int", "float"} or not types:
            continue
        minimum = _keyword(p, "minimum")
        start = {"start": 0} if minimum == 0 or _keyword(p, "default") == 0 else {}
        is_first = name in ("start", "first") and name in _OFFSET
        if name in _PAGE:
            total = _find(places, _PAGES, "int")
            declaration = {"kind": "page", "parameter": p.name, **start}
            evidence = (f"the parameter {p.name} is a number", *by_size)
            if total:
                declaration["total"] = total
                evidence += (f"{total} says how many pages there are",)
            yield (
                0.65 + 0.2 * bool(size) + 0.1 * bool(total) - in_post,
                declaration,
                evidence,
            )
        elif (
            name in _OFFSET and size and normalize(size) != name and not (is_first and start == {})
        ):
            total = _find(places, _ITEMS, "int")
            declaration = {"kind": "offset", "parameter": p.name}
            evidence = (f"the parameter {p.name} is a number", *by_size)
            if total:
                declaration["total"] = total
                evidence += (f"{total} says how many items there are",)
            yield 0.8 + 0.1 * bool(total) - in_post, declaration, evidence


def _infer_links(
    op: Operation,
    parameters: dict[str, Parameter],
    places: list[tuple[str, Leaves]],
    by_size: tuple[str, ...],
) -> Iterator[Candidate]:
    headers = [h for r in op.responses if r.status[0] == "2" for h in r.headers]
    if any(h.name.lower() == "link" for h in headers):
        pages = bool(by_size) or bool(parameters.keys() & (_PAGE | _CURSOR))
        evidence = ("a success has the header Link", *by_size)
        yield (0.95 if pages else 0.5), {"kind": "link"}, evidence
    for pointer, types in places:
        path = [normalize(t) for t in tokens(pointer)]
        if not any(isinstance(t, Scalar) and t.name == "str" for t in types):
            continue
        is_named = path[-1] in _NEXT_URL
        is_link = path[-1:] == ["next"] and bool({*path[:-1]} & {"links", "link"})
        is_link |= path[-2:] == ["next", "href"] or path[-2:] == ["next", "url"]
        # Django REST framework: count, next, previous, results.
        beside = {normalize(p.rpartition("/")[2]) for p, _ in places}
        is_link |= path == ["next"] and {"previous", "count"} <= beside
        if is_named or is_link:
            evidence = (
                f"{pointer} of the response is the URL of the next page",
                *by_size,
            )
            yield 0.9, {"kind": "url", "url": pointer}, evidence


def _infer_cursors(
    graph: TypeGraph,
    parameters: dict[str, Parameter],
    places: list[tuple[str, Leaves]],
    items: str,
    by_size: tuple[str, ...],
) -> Iterator[Candidate]:
    for name, p in parameters.items():
        if name not in _CURSOR or "str" not in _types(graph, p):
            continue
        for pointer, types in places:
            path = [normalize(t) for t in tokens(pointer)]
            is_text = any(isinstance(t, Scalar) and t.name == "str" for t in types)
            if not is_text or path[-1] not in _NEXT_CURSOR:
                continue
            if items and pointer.startswith(f"{items}/"):
                continue
            same = _core(path[-1]) == _core(name)
            if not same and path[-1] in ("after", "next", "marker", "cursor") and len(path) == 1:
                continue
            if name in ("offset", "page", "token", "next", "start") and not same:
                continue
            evidence = (
                f"the parameter {p.name} and {pointer} of the response fit",
                *by_size,
            )
            confidence = 0.9 if same else 0.75
            more = _find(places, _MORE, "bool")
            declaration = {"kind": "cursor", "cursor": pointer, "parameter": p.name}
            yield confidence, declaration | ({"more": more} if more else {}), evidence
        if name in _LAST_ITEM and (more := _find(places, _MORE, "bool")):
            item = next((find_item(t) for at, t in places if at == items), None)
            ids = [at for at, _ in list_places(graph, item, 1)] if item is not None else []
            if "/id" in ids:
                declaration = {
                    "kind": "cursor",
                    "cursor": f"{items}/-1/id",
                    "parameter": p.name,
                }
                evidence = (
                    f"the parameter {p.name} takes the id of the last item",
                    f"{more} says whether there is another page",
                    *by_size,
                )
                yield 0.9, declaration | {"more": more}, evidence


def _core(name: str) -> str:
    """What a cursor's name says: `nextpagetoken` and `pagetoken` are the same."""
    for prefix in ("next", "page", "start", "end"):
        name = name.removeprefix(prefix) or name
    return name


def _find_items(op: Operation, graph: TypeGraph, body: Type) -> str | None:
    """The pointer of the array of items; None where there is none, or it is not clear which one it is."""
    if any(isinstance(t, ListType) for t in expand(graph, body)):
        return ""
    lists = {at: types for at, types in list_places(graph, body, 2) if find_item(types) is not None}
    outer = [at for at in lists if at.count("/") == 1]
    last = normalize(op.path.rstrip("/").rpartition("/")[2])
    if len(outer) == 1:
        return outer[0]
    for candidates in (outer, list(lists)):
        named = [
            at for at in candidates if normalize(at.rpartition("/")[2]) in {*_ITEM_LISTS, last}
        ]
        if len(named) == 1:
            return named[0]
    return None


def _find(places: list[tuple[str, Leaves]], names: set[str], type_: str) -> str:
    """The pointer of the first property with one of the names, and a type."""
    for at, types in places:
        if normalize(at.rpartition("/")[2]) in names and Scalar(type_) in types:
            return at
    return ""


def _types(graph: TypeGraph, parameter: Parameter) -> set[str]:
    """The names of the scalar types of a parameter."""
    if parameter.schema is None:
        return set()
    leaves = expand(graph, graph.types[parameter.schema.key])
    return {t.name for t in leaves if isinstance(t, Scalar) and t.name != "None"}


def _keyword(parameter: Parameter, name: str) -> Any:
    value = parameter.schema.value if parameter.schema else None
    return value.get(name) if isinstance(value, dict) else None
