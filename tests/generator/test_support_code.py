"""The support code of a package: modules that its document does not need are left out, and the others work."""

from __future__ import annotations

import ast
import copy
import cProfile
import pickle
from collections.abc import Callable
from importlib import resources
from operator import or_
from types import GenericAlias
from typing import Any

import httpx
import pytest
from benchmarks import small
from tests.support import Package, Workshop, document, schemas

from orcagen.render.support_code import required_modules

OPTIONAL = {"auth", "forms", "streams", "styles", "upload"}

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

PROPERTIES: list[Any] = [
    STRING,
    {"type": ["string", "integer", "null"]},
    {"anyOf": [{"enum": ["a", "b"]}, STRING]},
    {"anyOf": [{"enum": ["a", "b"]}, {"type": "array", "items": STRING}]},
    REF_CAT,
    {"anyOf": [REF_CAT, NULL]},
    {"anyOf": [REF_CAT, {"type": "integer"}, STRING]},
    {"type": ["array", "null"], "items": REF_CAT},
    {"type": "object", "additionalProperties": {"anyOf": [REF_CAT, NULL]}},
    {"anyOf": [TIME, NULL]},
    {
        "type": "array",
        "prefixItems": [STRING, {"type": "integer"}],
        "items": False,
        "minItems": 2,
    },
    {"type": "string", "format": "uuid"},
    {"anyOf": [REF_CAT, REF_DOG]},
    {"anyOf": [REF_CAT, {"type": "array", "items": REF_CAT}]},
    {"anyOf": [REF_CAT, {"enum": ["a", "b"]}]},
    {"anyOf": [REF_CAT, {"type": "object", "additionalProperties": True}]},
    {"type": "array", "items": {"anyOf": [REF_CAT, REF_DOG, NULL]}},
    {"type": "object", "additionalProperties": {"anyOf": [REF_CAT, REF_DOG]}},
    {"anyOf": [TIME, {"type": "string", "format": "uuid"}]},
    {
        "type": "array",
        "prefixItems": [{"anyOf": [REF_CAT, REF_DOG]}, STRING],
        "items": False,
        "minItems": 2,
    },
]


def _optional(package: Package) -> set[str]:
    names = {path.removeprefix("_runtime/").removesuffix(".py") for path in package.made.files}
    return names & OPTIONAL


@pytest.mark.parametrize("schema", PROPERTIES, ids=lambda schema: str(schema)[:90])
def test_every_kind_of_type_keeps_every_value(workshop: Workshop, schema: Any) -> None:
    holder = {"type": "object", "properties": {"value": schema}}
    package = workshop(schemas({"Holder": holder, "Alias": schema, "Cat": CAT, "Dog": DOG}))
    assert _optional(package) == set()
    for probe in PROBES:
        data = {"value": probe}
        assert package.models.Holder.from_dict(data).to_dict() == data
        codec = package.codec("Alias")
        assert codec.encode(codec.decode(probe)) == probe


def test_a_discriminator_decides_before_the_structure(workshop: Workshop) -> None:
    pet = {
        "oneOf": [REF_CAT, REF_DOG],
        "discriminator": {"propertyName": "kind", "mapping": {"c": REF_CAT["$ref"]}},
    }
    package = workshop(schemas({"Pet": pet, "Cat": CAT, "Dog": DOG}))
    codec = package.codec("Pet")
    assert type(codec.decode({"kind": "c", "bark": 1})) is package.models.Cat
    assert type(codec.decode({"bark": 1})) is package.models.Dog


def _operation(content: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": {"description": "d", "content": content}}
    return document(
        {
            "servers": [{"url": "https://a.test"}],
            "paths": {
                "/x": {
                    "get": {
                        "operationId": "get",
                        "parameters": list(parameters),
                        "responses": responses,
                    }
                }
            },
        }
    )


BINARY = {"schema": {"type": "string", "format": "binary"}}


def _read(package: Package, media_type: str, content: bytes) -> Any:
    answer = httpx.Response(200, headers={"Content-Type": media_type}, content=content)
    transport = httpx.MockTransport(lambda _: answer)
    client = package.client(http_client=httpx.Client(transport=transport))
    return client.send(package.api().get())


def test_bytes_that_are_not_json(workshop: Workshop) -> None:
    package = workshop(_operation({"video/mp4": BINARY}))
    assert _optional(package) == set()
    for media_type in ("video/mp4", "application/json", "text/plain", ""):
        assert _read(package, media_type, b"\0\1") == b"\0\1"


def test_binary_that_comes_as_json(workshop: Workshop) -> None:
    package = workshop(_operation({"*/*": BINARY}))
    assert _read(package, "application/json", b'"YWJj"') == b'"YWJj"'


def test_styles_are_copied_where_a_parameter_has_another_than_the_default(
    workshop: Workshop,
) -> None:
    strings = {"type": "array", "items": STRING}
    plain = {"name": "words", "in": "query", "schema": strings}
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


def test_the_size_of_a_client_of_five_operations(workshop: Workshop) -> None:
    """Support code included; the document is the one that the benchmarks measure."""
    package = workshop(small.document())
    assert _optional(package) == set()
    size = sum(len(t.encode()) for p, t in package.made.files.items() if p.endswith(".py"))
    assert (
        size <= 137_000
    )  # 90 kB before methods, retries, network options, problems, hooks, progress, limits of uploads


def _calls(way: Callable[[], object]) -> int:
    """How many functions run, of Python and of C; the same on every machine."""
    way()  # what is compiled or loaded the first time does not count
    profile = cProfile.Profile()
    profile.runcall(way)
    return sum(entry.callcount for entry in profile.getstats())


def test_a_request_costs_little_more_than_with_httpx_alone(workshop: Workshop) -> None:
    """At most an eighth more function calls than httpx needs, six nested models decoded."""
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


# Which modules are copied


def test_modules_that_imported_modules_import_are_required() -> None:
    assert required_modules([]) == ("__init__",)
    assert required_modules(["x = 1\n", "from .._runtime.errors import APIError\n"]) == (
        "__init__",
        "errors",
    )
    inside = "def f() -> None:\n    from ._runtime.forms import form_body\n"
    assert {"forms", "call", "response", "annotations", "readers"} <= {*required_modules([inside])}
    assert "streams" not in required_modules([inside])


def test_a_package_has_the_modules_that_it_imports_and_no_others(workshop: Workshop) -> None:
    flow = {"tokenUrl": "https://a.test/token", "scopes": {}}
    binary = {"type": "object", "properties": {"file": BINARY["schema"]}}
    everything = document(
        {
            "servers": [{"url": "https://a.test"}],
            "paths": {
                "/form": {
                    "post": {
                        "requestBody": {"content": {"multipart/form-data": {"schema": binary}}}
                    }
                },
                "/events": {
                    "get": {
                        "responses": {
                            "200": {"description": "d", "content": {"text/event-stream": {}}}
                        }
                    }
                },
            },
            "components": {
                "securitySchemes": {"o": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
            },
        }
    )
    assert _optional(workshop(everything)) == {"auth", "forms", "streams", "upload"}
    files = workshop(everything).made.files
    present = {p.removeprefix("_runtime/") for p in files if p.startswith("_runtime/")}
    for path, text in files.items():
        if not path.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level:
                module = node.module or ""
                if path.startswith("_runtime/") and node.level == 1:
                    assert f"{module}.py" in present, (path, module)
                elif module.startswith("_runtime."):
                    assert f"{module.removeprefix('_runtime.')}.py" in present, (path, module)


def test_no_module_is_imported_by_name() -> None:
    for file in resources.files("orcagen.runtime").iterdir():
        if file.name.endswith(".py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
            names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
            assert not names & {"importlib", "import_module", "__import__"}, file.name


# Types of responses

PET = {
    "oneOf": [REF_CAT, REF_DOG],
    "discriminator": {"propertyName": "kind", "mapping": {"c": REF_CAT["$ref"]}},
}
RESPONSES: dict[str, Any] = {
    "a class": REF_CAT,
    "a union with a discriminator": {"$ref": "#/components/schemas/Pet"},
    "a union": {"$ref": "#/components/schemas/Either"},
    "a list of unions": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
    "a union with null": {"anyOf": [{"$ref": "#/components/schemas/Pet"}, NULL]},
    "a recursive alias": {"$ref": "#/components/schemas/Tree"},
    "a scalar": {"type": "string", "format": "uuid"},
    "a literal": {"enum": ["a", 1, None]},
    "anything": {},
}


def _responding(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    tree = {"anyOf": [STRING, {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}]}
    components = {"Pet": PET, "Either": {"anyOf": [REF_CAT, REF_DOG]}, "Tree": tree}
    return {
        **_operation(content),
        "components": {"schemas": {**components, "Cat": CAT, "Dog": DOG}},
    }


@pytest.mark.parametrize("schema", RESPONSES.values(), ids=RESPONSES.keys())
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_calls_are_values_whatever_they_return(
    workshop: Workshop, schema: Any, protocol: int
) -> None:
    get = workshop(_responding(schema)).api().get
    call = get()
    assert call == get()
    assert hash(call) == hash(get())
    for twin in (
        pickle.loads(pickle.dumps(call, protocol)),
        copy.copy(call),
        copy.deepcopy(call),
    ):
        assert twin == call
        assert hash(twin) == hash(call)
        assert twin.responses == call.responses
        assert twin.responses.find(200) == call.responses.find(200)


def test_calls_that_return_other_types_differ(workshop: Workshop) -> None:
    package = workshop(_responding(PET))
    call = package.part("_runtime.call").Call.of
    models = package.models
    assert call("GET", "/x", responses={200: models.Cat}) == call(
        "GET", "/x", responses={200: models.Cat}
    )
    assert call("GET", "/x", responses={200: models.Cat}) != call(
        "GET", "/x", responses={200: models.Dog}
    )
    assert call("GET", "/x", responses={200: models.Pet}) != call(
        "GET", "/x", responses={200: models.Either}
    )


def test_a_pickled_call_reads_its_response_as_before(workshop: Workshop) -> None:
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    package = workshop(_responding(schema))
    call = pickle.loads(pickle.dumps(package.api().get()))
    content = b'[{"kind": "c", "bark": 1}, {"bark": 2}]'
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    with httpx.Client(transport=transport) as http:
        read = package.client(http_client=http).send(call)
    assert [type(pet) for pet in read] == [package.models.Cat, package.models.Dog]


def test_equal_unions_in_another_order_prefer_their_own_first_member(workshop: Workshop) -> None:
    """Union[Cat, Dog] == Union[Dog, Cat], so a cache by equality alone would confuse them."""
    package = workshop(_responding(PET))
    cat, dog = package.models.Cat, package.models.Dog
    get_reader = package.part("_runtime.annotations").get_reader
    for first, second in ((cat, dog), (dog, cat)):
        assert type(get_reader(or_(first, second)).read({})) is first
        assert type(get_reader(GenericAlias(list, or_(first, second))).read([{}])[0]) is first
    assert get_reader(or_(cat, dog)) is get_reader(or_(cat, dog))


def test_a_property_is_required_by_its_type_not_by_its_name(workshop: Workshop) -> None:
    """The name of the type `Unsettled` contains that of the marker of absence."""
    package = workshop(
        schemas(
            """
            Unsettled: {type: object, properties: {x: {type: string}}}
            First: {type: object, required: [state], properties: {state: {$ref: "#/components/schemas/Unsettled"}, a: {type: string}}}
            Second: {type: object, properties: {a: {type: string}}}
            Either: {anyOf: [{$ref: "#/components/schemas/First"}, {$ref: "#/components/schemas/Second"}]}
            """
        )
    )
    assert type(package.codec("Either").decode({"a": "text"})) is package.models.Second
