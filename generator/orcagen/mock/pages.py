"""Lists in declared pages: they have one page, so that reading all of them ends."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from attrs import evolve

from orcagen.mock.responses import MockResponse
from orcagen.openapi.model import Pagination
from orcagen.pointers import tokens


def end_pages(
    reply: MockResponse, pagination: Pagination | None, query: Sequence[tuple[str, str]]
) -> MockResponse:
    """The first page, which says that it is the last; an empty one for whoever asks for the next by its number."""
    if pagination is None:
        return reply
    ends = {
        n: v
        for n, v in reply.headers.items()
        if n.lower() not in ("link", pagination.header.lower())
    }
    value = deepcopy(reply.value)
    if pagination.cursor and not pagination.cursor.endswith("/-1"):
        _set(reply, value, pagination.cursor, None)
    if pagination.more:
        _set(reply, value, pagination.more, False)
    number = dict(query).get(pagination.parameter, "")
    if pagination.kind in ("page", "offset"):
        if pagination.total:
            _set(reply, value, pagination.total, 1)
        first = pagination.start if pagination.start is not None else pagination.kind == "page"
        if number.isdigit() and int(number) > first:
            value = _empty(value, pagination.items)
    elif number and pagination.kind == "cursor":
        value = _empty(value, pagination.items)
    return evolve(reply, value=value, headers=ends)


def _set(reply: MockResponse, value: Any, pointer: str, new: Any) -> None:
    """Changes what a page has at a pointer. Nothing is removed that the schema requires, unless it can be null."""
    *path, last = tokens(pointer)
    for token in path:
        value = value.get(token) if isinstance(value, dict) else None
    if not isinstance(value, dict) or last not in value:
        return
    schema = reply.find_schema(path)
    property_ = schema.get("properties", {}).get(last, {})
    if new is not None or (reply.sampler and reply.sampler.fits(None, property_)):
        value[last] = new
    elif last in schema.get("required", ()):
        value[last] = ""
    else:
        del value[last]


def _empty(value: Any, items: str | None) -> Any:
    """A page without items: those at a pointer, else those of the only array."""
    if isinstance(value, list):
        return []
    if not isinstance(value, dict):
        return value
    if items:
        *path, last = tokens(items)
        target: Any = value
        for token in path:
            target = target.get(token) if isinstance(target, dict) else {}
        if isinstance(target, dict) and isinstance(target.get(last), list):
            target[last] = []
        return value
    arrays = [k for k, v in value.items() if isinstance(v, list)]
    return {**value, **{key: [] for key in arrays}}
