"""The support code of a package: what a document does not use is not there, and what it uses works."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from benchmarks import small
from tests.support import Package, Workshop, document, schemas

from orcagen.plan.copied import copied

OPTIONAL = {"auth", "formats", "forms", "redaction", "streams", "styles", "unions"}

CAT: dict[str, Any] = {
    "type": "object",
    "required": ["meow"],
    "properties": {"meow": {"type": "string"}},
}
DOG: dict[str, Any] = {
    "type": "object",
    "required": ["bark"],
    "properties": {"bark": {"type": "integer"}},
}
REF_CAT, REF_DOG = ({"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog"))
TIME = {"type": "string", "format": "date-time"}
NULL = {"type": "null"}
STRING = {"type": "string"}
PROBES: list[Any] = [
    None,
    "text",
    "2026-03-02T08:15:30Z",
    7,
    1.5,
    True,
    [],
    {},
    ["a", 1],
    {"meow": "loud"},
    {"bark": 3},
    [{"meow": "loud"}, {"bark": 3}],
    {"a": {"meow": "loud"}},
]

PROPERTIES: list[tuple[Any, set[str]]] = [
    (STRING, set()),
    ({"type": ["string", "integer", "null"]}, set()),
    ({"anyOf": [{"enum": ["a", "b"]}, STRING]}, set()),
    ({"anyOf": [{"enum": ["a", "b"]}, {"type": "array", "items": STRING}]}, set()),
    (REF_CAT, set()),
    ({"anyOf": [REF_CAT, NULL]}, set()),
    ({"anyOf": [REF_CAT, {"type": "integer"}, STRING]}, set()),
    ({"type": ["array", "null"], "items": REF_CAT}, set()),
    ({"type": "object", "additionalProperties": {"anyOf": [REF_CAT, NULL]}}, set()),
    ({"anyOf": [TIME, NULL]}, {"formats"}),
    (
        {
            "type": "array",
            "prefixItems": [STRING, {"type": "integer"}],
            "items": False,
            "minItems": 2,
        },
        {"formats"},
    ),
    ({"type": "string", "format": "uuid"}, {"formats"}),
    ({"anyOf": [REF_CAT, REF_DOG]}, {"unions"}),
    ({"anyOf": [REF_CAT, {"type": "array", "items": REF_CAT}]}, {"unions"}),
    ({"anyOf": [REF_CAT, {"enum": ["a", "b"]}]}, {"unions"}),
    ({"anyOf": [REF_CAT, {"type": "object", "additionalProperties": True}]}, {"unions"}),
    ({"type": "array", "items": {"anyOf": [REF_CAT, REF_DOG, NULL]}}, {"unions"}),
    ({"type": "object", "additionalProperties": {"anyOf": [REF_CAT, REF_DOG]}}, {"unions"}),
    ({"anyOf": [TIME, {"type": "string", "format": "uuid"}]}, {"formats", "unions"}),
    (
        {
            "type": "array",
            "prefixItems": [{"anyOf": [REF_CAT, REF_DOG]}, STRING],
            "items": False,
            "minItems": 2,
        },
        {"formats", "unions"},
    ),
]


def _words(value: Any) -> str:
    """The same on every run, unlike a set's own text."""
    return " ".join(sorted(value)) if isinstance(value, set) else str(value)[:90]


def _optional(package: Package) -> set[str]:
    names = {path.removeprefix("_runtime/").removesuffix(".py") for path in package.made.files}
    return names & OPTIONAL


@pytest.mark.parametrize(("schema", "needed"), PROPERTIES, ids=_words)
def test_readers_are_copied_where_a_type_needs_them(
    workshop: Workshop, schema: Any, needed: set[str]
) -> None:
    holder = {"type": "object", "properties": {"value": schema}}
    package = workshop(schemas({"Holder": holder, "Alias": schema, "Cat": CAT, "Dog": DOG}))
    assert _optional(package) == needed
    for probe in PROBES:
        data = {"value": probe}
        assert package.models.Holder.from_dict(data).to_dict() == data
        codec = package.codec("Alias")
        assert codec.encode(codec.decode(probe)) == probe


def test_a_discriminator_needs_unions(workshop: Workshop) -> None:
    pet = {
        "oneOf": [REF_CAT, REF_DOG],
        "discriminator": {"propertyName": "kind", "mapping": {"c": REF_CAT["$ref"]}},
    }
    package = workshop(schemas({"Pet": pet, "Cat": CAT, "Dog": DOG}))
    assert _optional(package) == {"unions"}
    codec = package.codec("Pet")
    assert type(codec.decode({"kind": "c", "bark": 1})) is package.models.Cat
    assert type(codec.decode({"bark": 1})) is package.models.Dog


def _operation(content: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    answers = {"200": {"description": "d", "content": content}}
    return document(
        {
            "servers": [{"url": "https://a.test"}],
            "paths": {
                "/x": {
                    "get": {
                        "operationId": "get",
                        "parameters": list(parameters),
                        "responses": answers,
                    }
                }
            },
        }
    )


BINARY = {"schema": {"type": "string", "format": "binary"}}


def _answered(package: Package, media_type: str, content: bytes) -> Any:
    answer = httpx.Response(200, headers={"Content-Type": media_type}, content=content)
    transport = httpx.MockTransport(lambda _: answer)
    client = package.client(http_client=httpx.Client(transport=transport))
    return client.send(package.api().get())


def test_bytes_that_are_not_json_need_no_formats(workshop: Workshop) -> None:
    package = workshop(_operation({"video/mp4": BINARY}))
    assert _optional(package) == set()
    for media_type in ("video/mp4", "application/json", "text/plain", ""):
        assert _answered(package, media_type, b"\0\1") == b"\0\1"


def test_bytes_that_may_come_as_json_need_formats(workshop: Workshop) -> None:
    package = workshop(_operation({"*/*": BINARY}))
    assert _optional(package) == {"formats"}
    assert _answered(package, "application/json", b'"YWJj"') == b"abc"


def test_styles_are_copied_where_a_parameter_has_another_than_the_default(
    workshop: Workshop,
) -> None:
    words = {"type": "array", "items": STRING}
    plain = {"name": "words", "in": "query", "schema": words}
    package = workshop(_operation({}, plain))
    assert _optional(package) == set()
    assert package.api().get(words=["a", "b c"]).query == "words=a&words=b%20c"
    package = workshop(_operation({}, {**plain, "explode": False}))
    assert _optional(package) == {"styles"}
    assert package.api().get(words=["a", "b c"]).query == "words=a,b%20c"


def test_styles_of_scalars_are_the_default(workshop: Workshop) -> None:
    plain = {"name": "word", "in": "query", "schema": STRING, "explode": False}
    package = workshop(_operation({}, plain))
    assert _optional(package) == set()


def test_five_operations_keep_to_the_budget(workshop: Workshop) -> None:
    """90 kB of Python, support code included: the document that the benchmarks measure."""
    package = workshop(small.document())
    assert _optional(package) == set()
    size = sum(len(t.encode()) for p, t in package.made.files.items() if p.endswith(".py"))
    assert size <= 90_000


def _calls(way: Callable[[], object]) -> int:
    """How many functions run, of Python and of C; the same on every machine."""
    way()  # what is compiled or loaded the first time does not count
    profile = cProfile.Profile()
    profile.runcall(way)
    return sum(entry.callcount for entry in profile.getstats())


def test_a_request_takes_few_steps_more_than_on_the_bare_library(workshop: Workshop) -> None:
    """Fewer than one in eight, and that reads six objects inside each other into models."""
    package = workshop(small.document())
    typed, content = {"Content-Type": "application/json"}, small.task()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=typed, content=content))
    under = httpx.Client(transport=transport)
    client = package.client("http://127.0.0.1", token="token", http_client=under)
    get_video = package.api("videos").get_video
    url = "http://127.0.0.1" + small.PATH.format(task_id=small.TASK_ID)
    headers = {"Accept": "application/json", "Authorization": "Bearer token"}
    bare = _calls(lambda: under.get(url, headers=headers).raise_for_status().json())
    assert _calls(lambda: client.send(get_video(small.TASK_ID))) < bare * 9 / 8


def test_nothing_is_copied_for_nothing() -> None:
    assert copied((), (), ()) == ("model", "call", "errors", "client", "http")
