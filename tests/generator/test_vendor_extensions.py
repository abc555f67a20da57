"""Extensions of other generators that name operations, parameters, properties and schemas, or leave operations out."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from tests.support import Driver, Server, Workshop, document, schemas

from orcagen.config import Config
from orcagen.pipeline import make_report

OK = {"200": {"description": "ok"}}
STAINLESS = "x-stainless-naming"


def _operation(**more: Any) -> dict[str, Any]:
    return {
        "operationId": "op",
        "responses": OK,
        **{k.replace("_", "-"): v for k, v in more.items()},
    }


def _functions(package: Any) -> set[str]:
    """The functions of a package, with their modules."""
    functions = make_report(package.made)["operations"]
    return {f["function"].removeprefix(f"{package.name}.api.") for f in functions}


@pytest.mark.parametrize(
    "extension", ["x-fern-sdk-method-name", "x-speakeasy-name-override", "x-ms-client-name"]
)
@pytest.mark.parametrize("given", ["fetchAll", "fetch_all", " fetch all "])
def test_functions(workshop: Workshop, extension: str, given: str) -> None:
    package = workshop(document({"paths": {"/a": {"get": _operation(**{extension: given})}}}))
    assert _functions(package) == {"default.fetch_all"}


def test_two_functions_of_one_name_have_their_full_names(workshop: Workshop) -> None:
    get = _operation(x_fern_sdk_method_name="get", operationId="getA")
    other = _operation(x_fern_sdk_method_name="get", operationId="getB")
    package = workshop(document({"paths": {"/a": {"get": get}, "/b": {"get": other}}}))
    assert _functions(package) == {"default.get_a", "default.get_b"}


def test_a_function_named_like_a_builtin(workshop: Workshop) -> None:
    get = _operation(x_fern_sdk_method_name="list")
    assert _functions(workshop(document({"paths": {"/a": {"get": get}}}))) == {"default.list_"}


@pytest.mark.parametrize(
    ("extensions", "module"),
    [
        ({"x-speakeasy-group": "pets"}, "pets"),
        ({"x-speakeasy-group": "shop.pets"}, "shop_pets"),
        ({"x-fern-sdk-group-name": "pets"}, "pets"),
        ({"x-fern-sdk-group-name": ["shop", "pets"]}, "shop_pets"),
        ({"x-fern-sdk-group-name": []}, "internal"),
        ({"x-fern-sdk-group-name": {"a": 1}}, "internal"),
    ],
)
def test_groups_replace_tags(workshop: Workshop, extensions: dict[str, Any], module: str) -> None:
    """Filters select by the tags all the same."""
    get = _operation(tags=["Internal"], **extensions)
    documented = document({"paths": {"/a": {"get": get}}})
    assert _functions(workshop(documented)) == {f"{module}.op"}
    selected = workshop(documented, config=Config(include={"tags": ["Internal"]}))
    assert _functions(selected) == {f"{module}.op"}


@pytest.mark.parametrize(
    "extensions",
    [
        {"x-fern-parameter-name": "petId"},
        {"x-speakeasy-name-override": "pet_id"},
        {"x-ms-client-name": "petId"},
        {"x-stainless-param": "pet_id"},
        {STAINLESS: {"python": {"property_name": "pet_id"}}},
        {"x-ms-client-name": "other", "x-fern-parameter-name": "petId"},
    ],
)
@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_arguments(
    workshop: Workshop,
    recorder: Server,
    driver: Driver,
    version: str,
    extensions: dict[str, Any],
) -> None:
    """The request has the names of the document."""
    typed = {"type": "string"} if version == "2.0" else {"schema": {"type": "string"}}
    path = {"name": "identifier", "in": "path", "required": True, **typed, **extensions}
    query = {"name": "pet_id", "in": "query", **typed}
    key = {"swagger": version} if version == "2.0" else {"openapi": version}
    operation = _operation(parameters=[path, query])
    package = workshop(document({"paths": {"/a/{identifier}": {"get": operation}}}, **key))
    driver.send(package, recorder.url, package.api().op("p1", pet_id_query="q"))
    assert recorder.last.target == "/a/p1?pet_id=q"


def test_the_schema_of_a_parameter_names_its_argument(workshop: Workshop) -> None:
    page = {"name": "page_token", "in": "query"}
    page["schema"] = {"type": "string", "x-stainless-param": "cursor"}  # type: ignore[assignment]
    package = workshop(document({"paths": {"/a": {"get": _operation(parameters=[page])}}}))
    assert list(inspect.signature(package.api().op).parameters) == ["cursor"]


@pytest.mark.parametrize(
    "extensions",
    [
        {"x-fern-property-name": "petName"},
        {"x-speakeasy-name-override": "pet_name"},
        {"x-ms-client-name": "petName"},
        {STAINLESS: {"python": {"property_name": "pet_name"}, "go": {"property_name": "Nm"}}},
    ],
)
@pytest.mark.parametrize("by_all_of", [False, True])
def test_attributes(workshop: Workshop, extensions: dict[str, Any], by_all_of: bool) -> None:
    """JSON has the name of the document. A property of that name keeps it."""
    properties = {"nm": {"type": "string", **extensions}, "z": {"type": "string"}}
    pet: dict[str, Any] = {"type": "object", "properties": properties}
    if by_all_of:
        pet = {"allOf": [pet, {"type": "object", "properties": {"b": {"type": "string"}}}]}
    package = workshop(schemas({"Pet": pet}))
    made = package.models.Pet.from_dict({"nm": "x"})
    assert made.pet_name == "x"
    assert made == package.models.Pet(pet_name="x")
    assert made.to_dict() == {"nm": "x"}


def test_the_property_that_has_a_name_keeps_it(workshop: Workshop) -> None:
    properties = {"a": {"type": "string", "x-ms-client-name": "b"}, "b": {"type": "string"}}
    package = workshop(schemas({"Pet": {"type": "object", "properties": properties}}))
    raw = {"a": "of a", "b": "of b"}
    pet = package.models.Pet.from_dict(raw)
    assert (pet.b, pet.to_dict()) == ("of b", raw)


@pytest.mark.parametrize(
    "extensions",
    [
        {"x-fern-type-name": "Pet"},
        {"x-speakeasy-name-override": "Pet"},
        {"x-ms-client-name": "pet"},
        {STAINLESS: {"python": {"type_name": "Pet"}}},
        {STAINLESS: {"python": {"model_name": "Pet"}}},
    ],
)
@pytest.mark.parametrize(
    "schema",
    [{"type": "object", "properties": {"a": {}}}, {"enum": ["a", "b"]}],
    ids=["class", "enum"],
)
def test_classes_and_aliases(
    workshop: Workshop, extensions: dict[str, Any], schema: dict[str, Any]
) -> None:
    """The report has the pointer of the document."""
    package = workshop(schemas({"pet_dto_v2": {**schema, **extensions}}))
    assert hasattr(package.models, "Pet")
    assert make_report(package.made)["schemas"] == [
        {"pointer": "/components/schemas/pet_dto_v2", "symbol": f"{package.name}.models.Pet"}
    ]


def test_the_component_that_has_a_name_keeps_it(workshop: Workshop) -> None:
    class_ = {"type": "object", "properties": {"a": {"type": "string"}}}
    package = workshop(schemas({"A": {**class_, "x-fern-type-name": "B"}, "B": class_}))
    symbols = {s["pointer"][-1]: s["symbol"] for s in make_report(package.made)["schemas"]}
    assert symbols["B"] == f"{package.name}.models.B"
    assert symbols["A"].startswith(f"{package.name}.models.B")
    assert symbols["A"] != symbols["B"]


def test_schemas_inside_of_others(workshop: Workshop) -> None:
    """The whole name, also for what is inside of them. A discriminator has the names of the document."""
    inner = {"type": "object", "properties": {"pet": {"$ref": "#/components/schemas/pet"}}}
    home = {"type": "object", "x-fern-type-name": "Home", "properties": {"inner": inner}}
    pet = {
        "type": "object",
        "required": ["kind"],
        "x-fern-type-name": "Animal",
        "discriminator": {"propertyName": "kind"},
        "properties": {"home": home, "kind": {"type": "string", "x-fern-property-name": "type_of"}},
    }
    cat = {"allOf": [{"$ref": "#/components/schemas/pet"}], "x-fern-type-name": "Tomcat"}
    package = workshop(schemas({"pet": pet, "cat": cat}))
    assert {"Animal", "Home", "HomeInner", "Tomcat"} <= set(dir(package.models))
    made = package.models.HomeInner.from_dict({"pet": {"kind": "cat"}}).pet
    assert isinstance(made, package.models.Tomcat)
    assert made.type_of == "cat"


def test_the_settings_win(workshop: Workshop) -> None:
    pet = {"type": "object", "properties": {"a": {}}, "x-fern-type-name": "FromFern"}
    get = _operation(x_fern_sdk_method_name="from_fern")
    names = {"/components/schemas/pet": "Mine", "/paths/~1a/get": "mine"}
    package = workshop(
        document({"paths": {"/a": {"get": get}}, "components": {"schemas": {"pet": pet}}}),
        config=Config(names=names),
    )
    assert hasattr(package.models, "Mine")
    assert _functions(package) == {"default.mine"}


@pytest.mark.parametrize(
    ("extensions", "is_there"),
    [
        ({"x-fern-ignore": True}, False),
        ({"x-speakeasy-ignore": True}, False),
        ({"x-stainless-skip": True}, False),
        ({"x-stainless-skip": ["go", "python"]}, False),
        ({"x-stainless-skip": ["go"]}, True),
        ({"x-fern-ignore": False}, True),
        ({"x-speakeasy-ignore": "true"}, True),
    ],
)
def test_ignored_operations(workshop: Workshop, extensions: dict[str, Any], is_there: bool) -> None:
    """Of a path item, all. A parameter stays if it is required."""
    paths = {
        "/a": {
            "get": _operation(operationId="a", **extensions),
            "put": _operation(operationId="b"),
        },
        "/b": {"get": _operation(operationId="c"), **extensions},
    }
    package = workshop(document({"paths": paths}))
    expected = {"default.a", "default.b", "default.c"} if is_there else {"default.b"}
    assert _functions(package) == expected
    schema = {"schema": {"type": "string"}}
    q = {"name": "q", "in": "query", **schema, **extensions}
    r = {"name": "r", "in": "query", "required": True, **schema, **extensions}
    package = workshop(document({"paths": {"/a": {"get": _operation(parameters=[q, r])}}}))
    arguments = set(inspect.signature(package.api().op).parameters)
    assert arguments == ({"q", "r"} if is_there else {"r"})


@pytest.mark.parametrize(
    "given", ["", "  ", 3, None, ["a"], {"python": "x"}, "\"''\"\n); import os", "class"]
)
def test_names_are_text_and_become_no_code(workshop: Workshop, given: Any) -> None:
    pet = {"type": "object", "x-fern-type-name": given, STAINLESS: given}
    pet["properties"] = {"a": {"type": "string", "x-fern-property-name": given}}
    get = _operation(x_fern_sdk_method_name=given, x_speakeasy_group=given, x_fern_ignore=given)
    get["parameters"] = [
        {"name": "q", "in": "query", "schema": {"type": "string"}, "x-ms-client-name": given}
    ]
    parts = {"paths": {"/a": {"get": get}}, "components": {"schemas": {"pet": pet}}}
    package = workshop(document(parts))
    symbol = make_report(package.made)["schemas"][0]["symbol"].rpartition(".")[2]
    made = getattr(package.models, symbol).from_dict({"a": "x"})
    assert made.to_dict() == {"a": "x"}
    assert not hasattr(package.models, "os")
