"""Examples of a document as `Examples:` in docstrings, as one types them at a prompt."""

from __future__ import annotations

import ast
import doctest
import json
from typing import Any

import pytest
from tests.support import Package, Workshop, document, schemas

PARSER = doctest.DocTestParser()
PET = {"type": "object", "properties": {"name": {"type": "string"}, "tags": {"type": "array"}}}


def run_example(text: str, names: dict[str, Any]) -> Any:
    """What the one example of a docstring gives."""
    assert "Examples:\n" in text
    (example,) = PARSER.get_examples(text)
    return eval(example.source, names)  # noqa: S307


def make_pet(workshop: Workshop, **more: Any) -> Package:
    return workshop(schemas({"Pet": {**PET, **more}}))


@pytest.mark.parametrize("key", ["example", "examples"])
@pytest.mark.parametrize(
    "value",
    [
        {"name": "Mia"},
        {"name": "Mia", "tags": [None, True, 1, 2.5, {"a": []}], "unknown": -1},
        {"name": 'a """ q\\ \\n', "tags": ["a\nb", "${x} {{ y }}", "\u202e", "\ud800"]},
        {"name": "'''", "tags": ["x" * 30, "y" * 30, "z" * 30]},
        {},
    ],
)
def test_the_example_of_a_class_runs(workshop: Workshop, key: str, value: Any) -> None:
    content = schemas({"Pet": {**PET, key: value if key == "example" else [value]}})
    package = workshop(json.dumps(content))
    pet = package.models.Pet
    assert run_example(pet.__doc__, {"Pet": pet}) == pet.from_dict(value)


def test_a_reference_in_place_of_an_example_is_none(workshop: Workshop) -> None:
    pet = make_pet(workshop, example={"$ref": "#/components/examples/mia"}).models.Pet
    assert "Examples:" not in pet.__doc__


BODY = """
paths:
  /pets/{pet-id}:
    put:
      operationId: putPet
      parameters: [{name: pet-id, in: path, required: true, schema: {type: string}}]
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses: {'200': {description: Done.}}
components:
  requestBodies:
    Pet:
      required: true
      content:
        application/json:
          schema: {type: object, properties: {name: {type: string}}}
          EXAMPLE
  examples: {Mia: {$ref: '#/components/examples/Named'}, Named: {summary: A cat, value: {name: Mia}}}
"""


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize(
    "example",
    [
        "example: {name: Mia}",
        "examples: {one: {value: {name: Mia}}}",
        "examples: {long: {value: {name: " + "a" * 200 + "}}, one: {$ref: '#/components/examples/Mia'}}",
    ],
)  # fmt: skip
def test_the_example_of_a_body_runs(workshop: Workshop, version: str, example: str) -> None:
    text = BODY.replace("EXAMPLE", example)
    put_pet = workshop(document(text, openapi=version)).api().put_pet
    names = {"put_pet": put_pet, "pet_id": "7"}
    assert run_example(put_pet.__doc__, names) == put_pet("7", body={"name": "Mia"})


def test_an_example_in_the_data_value_of_3_2(workshop: Workshop) -> None:
    text = BODY.replace("EXAMPLE", "examples: {one: {dataValue: {name: Mia}}}")
    assert "Examples:" in workshop(document(text, openapi="3.2.0")).api().put_pet.__doc__


@pytest.mark.parametrize(
    "value",
    [
        "Mia",
        ["Mia"],
        None,
        {"name": "a" * 100},
        {"tags": [list(range(100))]},
        {f"name{i}": "a" * 60 for i in range(10)},
        {"name": float("inf")},
        {"name": float("nan")},
    ],
)
def test_what_is_long_or_no_object_is_left_out(workshop: Workshop, value: Any) -> None:
    assert "Examples" not in make_pet(workshop, example=value).models.Pet.__doc__


def test_the_example_of_a_base_is_not_that_of_a_subclass(workshop: Workshop) -> None:
    cat = {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"lives": {}}}]}
    content = schemas({"Pet": {**PET, "example": {"name": "Mia"}}, "Cat": cat})
    package = workshop(content)
    assert "Examples" in package.models.Pet.__doc__
    assert "Examples" not in package.models.Cat.__doc__


@pytest.mark.parametrize("text", ['"""', '\\"""', '"', "\\", '"""\nimport os\n"""', "\x00\x1b\r\n"])
def test_text_of_an_example_stays_text(workshop: Workshop, text: str) -> None:
    package = workshop(json.dumps(schemas({"Pet": {**PET, "example": {text: text}}})))
    module = ast.parse(package.made.files["models/pet.py"])
    assert [type(node).__name__ for node in module.body] == ["Expr", "ImportFrom", "ImportFrom", "ImportFrom", "ImportFrom", "ClassDef"]  # fmt: skip
    assert not any(isinstance(node, ast.Import) for node in ast.walk(module))
