"""Collections that look like resources: what was posted to `/things` can be listed there, and read, changed and deleted at
`/things/{id}`."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from copy import deepcopy
from random import Random
from typing import Any

from attrs import define, evolve, field, frozen

from orcagen.mock.responses import ITEMS, MockResponse, Responder
from orcagen.mock.sampling import Sampler, TooDeepError
from orcagen.mock.schemas import Schemas
from orcagen.openapi import Document, Operation, References

_MAX_ITEMS = 10_000
_ITEM = re.compile(r"(.*)/\{([^{}/]+)\}/?")
_COUNTS = ("total", "count", "size")  # in names of properties


@frozen
class Resource:
    """A collection: the parameter that identifies an item, with its schema, and names that the property may have."""

    parameter: str
    id_names: tuple[str, ...]
    schema: dict[str, Any]


@frozen
class Place:
    """What an operation does: with a collection, or with an item of it."""

    resource: Resource
    is_item: bool


@define
class Store:
    """The items of all collections, by the path of the collection; beyond 10,000 the oldest are dropped."""

    is_strict: bool
    _seed: int
    _items: OrderedDict[tuple[str, str], dict[str, Any]] = field(factory=OrderedDict, init=False)
    _used: set[str] = field(factory=set, init=False)  # collections in which something was stored
    _count: int = field(default=0, init=False)

    def is_used(self, collection: str) -> bool:
        """Whether a collection has what was stored, and not what the document shows."""
        return self.is_strict or collection in self._used

    def find_all(self, collection: str) -> list[dict[str, Any]]:
        return [item for (path, _), item in self._items.items() if path == collection]

    def get(self, collection: str, id_: str) -> dict[str, Any] | None:
        return self._items.get((collection, id_))

    def put(self, collection: str, id_: str, item: dict[str, Any]) -> None:
        self._used.add(collection)
        self._items[collection, id_] = item
        if len(self._items) > _MAX_ITEMS:
            self._items.popitem(last=False)

    def delete(self, collection: str, id_: str) -> None:
        self._items.pop((collection, id_), None)

    def make_id(self, resource: Resource) -> Any:
        """The next id: a number, or a text with the format or the pattern that the schema of the parameter has."""
        self._count += 1
        if resource.schema.get("type") in ("integer", "number"):
            return self._count
        if {"format", "pattern"} & resource.schema.keys():
            return Sampler({}, Random(f"{self._seed} {self._count}")).sample(resource.schema)
        return str(self._count)


def find_resources(document: Document, references: References) -> dict[str, Place]:
    """What operations do with collections, by their pointers."""
    by_path: dict[str, list[Operation]] = {}
    for operation in document.operations:
        by_path.setdefault(operation.path.rstrip("/"), []).append(operation)
    places: dict[str, Place] = {}
    for path, operations in by_path.items():
        match = _ITEM.fullmatch(path)
        owners = by_path.get(match[1], []) if match else []
        if match is None or not any(o.method in ("GET", "POST") for o in owners):
            continue
        resource = _make_resource(match[2], operations, references)
        places |= {o.pointer: Place(resource, True) for o in operations}
        places |= {o.pointer: Place(resource, False) for o in owners if o.method in ("GET", "POST")}
    return places


def _make_resource(name: str, operations: Iterable[Operation], references: References) -> Resource:
    parameters = (p for o in operations for p in o.parameters)
    parameter = next((p for p in parameters if p.location == "path" and p.name == name), None)
    schemas = Schemas(references, "request")
    schema = schemas.copy(parameter.schema) if parameter else {}
    try:
        schema, _ = Sampler(schemas.components, Random(0)).flatten(schema)
    except TooDeepError:
        schema = {}
    tail = re.sub(r".*?(?:_|-|(?<=[a-z])(?=[A-Z]))", "", name)  # petId, pet_id: id
    names = dict.fromkeys((name, tail[:1].lower() + tail[1:], "id"))
    kept = {
        k: v
        for k, v in schema.items()
        if k in ("type", "format", "pattern", "minLength", "maxLength")
    }
    return Resource(name, tuple(names), kept)


@define
class Resources:
    """Answers requests from what is stored."""

    store: Store
    _places: dict[str, Place]

    def respond(
        self,
        responder: Responder,
        path: str,
        path_parameters: dict[str, str],
        body: Any,
        reply: MockResponse,
    ) -> MockResponse | None:
        """The reply to a request at a path, made from the one that the document alone gives; None for an unknown id."""
        place = self._places.get(responder.operation.pointer)
        if place is None or not 200 <= reply.status <= 299:
            return reply
        method, path = responder.operation.method, path.rstrip("/")
        if not place.is_item:
            if method == "POST":
                return self._create(place.resource, path, body, reply)
            if not self.store.is_used(path):
                return reply
            return evolve(reply, value=_list_items(reply, self.store.find_all(path)))
        collection, id_ = path.rpartition("/")[0], path_parameters[place.resource.parameter]
        item = self.store.get(collection, id_)
        if item is None:
            return None if self.store.is_used(collection) and method != "POST" else reply
        if method == "DELETE":
            self.store.delete(collection, id_)
            return reply
        if method in ("PUT", "PATCH") and isinstance(body, dict):
            identity = {n: item[n] for n in place.resource.id_names if n in item}
            item = {**(_merge_patch(item, body) if method == "PATCH" else body), **identity}
            self.store.put(collection, id_, item)
        return evolve(reply, value=_show_item(reply, item, _find_item(reply, place.resource)))

    def _create(
        self, resource: Resource, collection: str, body: Any, reply: MockResponse
    ) -> MockResponse:
        if not isinstance(body, dict):
            return reply
        where = _find_item(reply, resource)
        names = [n for n in resource.id_names if n in body or n in _find_names(reply, where)]
        name = names[0] if names else resource.id_names[-1]
        id_ = body.get(name)
        if not isinstance(id_, (str, int)) or isinstance(id_, bool):
            id_ = self.store.make_id(resource)
        value = _show_item(reply, {**body, name: id_}, where)
        displayed = value[where[0]] if where else value
        item = {**(displayed if isinstance(displayed, dict) else {}), **body, name: id_}
        self.store.put(collection, str(id_), item)
        headers = {
            k: f"{collection}/{id_}" if k.lower() == "location" else v
            for k, v in reply.headers.items()
        }
        return evolve(reply, value=value, headers=headers)


def _find_names(reply: MockResponse, pointer: tuple[str, ...]) -> set[str]:
    """The properties that a part of a reply has, or may have by its schema."""
    value = reply.value
    for name in pointer:
        value = value.get(name) if isinstance(value, dict) else None
    return {
        *reply.find_schema(pointer).get("properties", {}),
        *(value if isinstance(value, dict) else ()),
    }


def _find_item(reply: MockResponse, resource: Resource) -> tuple[str, ...]:
    """Where a reply has the item: the whole, or a property of it that is the only object with an id."""
    names = set(resource.id_names)
    if not isinstance(reply.value, dict) or names & _find_names(reply, ()):
        return ()
    inner = [k for k in sorted(_find_names(reply, ())) if names & _find_names(reply, (k,))]
    return (inner[0],) if len(inner) == 1 else ()


def _show_item(reply: MockResponse, item: dict[str, Any], where: tuple[str, ...]) -> Any:
    """The value of a reply with an item in it. Where the item does not fit, it gets what the sampled one has."""
    if not isinstance(reply.value, dict):
        return reply.value
    item = _hide_write_only(item, reply.find_schema(where))
    sample = reply.value.get(where[0]) if where else reply.value
    sample = sample if isinstance(sample, dict) else {}
    candidates = [item, {**sample, **item}, {**sample, **_keep_fitting(reply, where, item)}]
    return _choose(reply, [{**reply.value, where[0]: c} if where else c for c in candidates])


def _hide_write_only(item: dict[str, Any], flat: dict[str, Any]) -> dict[str, Any]:
    """A copy of an item, without what its flattened schema says that only requests have."""
    properties = flat.get("properties", {})
    hidden = {k for k, s in properties.items() if isinstance(s, dict) and s.get("x-omitted")}
    return {k: deepcopy(v) for k, v in item.items() if k not in hidden}


def _keep_fitting(
    reply: MockResponse, where: tuple[str, ...], item: dict[str, Any]
) -> dict[str, Any]:
    """What of an item the response can have by its schema: requests and responses may differ."""
    properties = reply.find_schema(where).get("properties", {})
    if reply.sampler is None:
        return item
    fits = reply.sampler.fits
    return {k: v for k, v in item.items() if k in properties and fits(v, properties[k])}


def _choose(reply: MockResponse, candidates: list[Any]) -> Any:
    """The first value that fits the schema of a reply; the last one if none does."""
    fits = reply.sampler.fits if reply.sampler else lambda *_: False
    return next((c for c in candidates if fits(c, reply.schema)), candidates[-1])


def _list_items(reply: MockResponse, items: list[dict[str, Any]]) -> Any:
    """The value of a list with the items in it, and their number where it has one."""
    value = reply.value
    if isinstance(value, list):
        items = [_hide_write_only(i, reply.find_schema((ITEMS,))) for i in items]
        return _choose(reply, [items, _fill(value, items)])
    if not isinstance(value, dict):
        return value
    lists = [
        k for k, v in value.items() if isinstance(v, list) and all(isinstance(i, dict) for i in v)
    ]
    if len(lists) != 1:
        return value
    (name,) = lists
    items = [_hide_write_only(i, reply.find_schema((name, ITEMS))) for i in items]
    counts = {
        k: len(items)
        for k, v in value.items()
        if isinstance(v, int)
        and not isinstance(v, bool)
        and any(word in k.lower() for word in _COUNTS)
        and "page" not in k.lower()
    }
    whole = {**value, **counts}
    filled = _fill(value[name], items)
    return _choose(reply, [{**whole, name: items}, {**whole, name: filled}])


def _fill(samples: list[Any], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sample = samples[0] if samples and isinstance(samples[0], dict) else {}
    return [{**sample, **item} for item in items]


def _merge_patch(item: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396, JSON Merge Patch."""
    out = dict(item)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict):
            old = out.get(key)
            out[key] = _merge_patch(old if isinstance(old, dict) else {}, value)
        else:
            out[key] = value
    return out
