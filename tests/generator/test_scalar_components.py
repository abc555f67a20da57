"""Components that are plain strings, numbers and booleans: the type is written where they are used, the name can be imported."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from tests.support import Package, Server, Workshop, document

from orcagen.pipeline import make_report

PARTS = """
components:
  schemas:
    PetId: {type: string, description: How the shop calls it., maxLength: 10, pattern: "^p"}
    Same: {$ref: "#/components/schemas/PetId"}
    Size: {type: integer, minimum: 1, default: 3, description: In centimetres.}
    Born: {type: string, format: date}
    Nick: {type: string, nullable: true}
    Kind: {type: string, enum: [cat, dog]}
    Either: {oneOf: [{type: string}, {type: array, items: {type: string}}]}
    Anything: {}
    Pet:
      type: object
      required: [id, born]
      properties:
        id: {$ref: "#/components/schemas/PetId"}
        same: {allOf: [{$ref: "#/components/schemas/Same"}], description: Of its mother., maxLength: 5}
        size: {$ref: "#/components/schemas/Size"}
        born: {$ref: "#/components/schemas/Born"}
        nick: {$ref: "#/components/schemas/Nick"}
        kind: {$ref: "#/components/schemas/Kind"}
        either: {$ref: "#/components/schemas/Either"}
        anything: {$ref: "#/components/schemas/Anything"}
        others: {type: array, items: {$ref: "#/components/schemas/PetId"}}
      additionalProperties: {$ref: "#/components/schemas/Born"}
"""
PATHS = """
paths:
  /pets/{id}:
    post:
      operationId: postPet
      parameters:
        - {name: id, in: path, required: true, schema: {$ref: "#/components/schemas/PetId"}}
        - {name: size, in: query, description: Its height., schema: {$ref: "#/components/schemas/Size"}}
        - {name: born, in: query, schema: {type: array, items: {$ref: "#/components/schemas/Born"}}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Born"}}}}
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Born"}}}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(PARTS + PATHS, openapi="3.0.3"))


def _annotations(class_: type) -> dict[str, str]:
    return {k: str(v) for k, v in inspect.get_annotations(class_).items()}


def test_fields_have_the_type(package: Package) -> None:
    """Enums, unions and what can be anything keep their names, which say more."""
    assert _annotations(package.models.Pet) == {
        "id": "str",
        "same": "str | Unset",
        "size": "int | Unset",
        "born": "dt.date",
        "nick": "str | None | Unset",
        "kind": "Kind | Unset",
        "either": "Either | Unset",
        "anything": "Anything | Unset",
        "others": "list[str] | Unset",
        "additional_properties": "dict[str, dt.date]",
    }


def test_functions_have_the_type(package: Package) -> None:
    hints = inspect.get_annotations(package.api().post_pet)
    assert hints == {
        "id_": "str",
        "size": "int | None",
        "born": "list[dt.date] | None",
        "body": "dt.date | None",
        "return": "Call[dt.date]",
    }


def test_names_can_be_imported(package: Package) -> None:
    """With their codecs; the report has the pointer of each."""
    assert package.models.PetId is str
    assert package.models.Same is str
    assert package.part("models.born").BornCodec.decode("2020-01-02").isoformat() == "2020-01-02"
    symbols = {s["pointer"]: s["symbol"] for s in make_report(package.made)["schemas"]}
    assert symbols["/components/schemas/PetId"] == f"{package.name}.models.PetId"
    assert symbols["/components/schemas/Born"] == f"{package.name}.models.Born"


def test_documentation_is_where_they_are_used(package: Package) -> None:
    """Their own words and limits go before those of the component."""
    text = package.folder.joinpath("models", "pet.py").read_text()
    assert '    id: str\n    """How the shop calls it. (maxLength=10, pattern=^p)"""\n' in text
    assert '"""Of its mother. (maxLength=5, pattern=^p)"""\n' in text
    assert '"""In centimetres. (minimum=1) Default: 3."""\n' in text
    assert inspect.getdoc(package.api().post_pet) == (
        "POST /pets/{id}\n\n"
        "Args:\n"
        "    id_: How the shop calls it. (maxLength=10, pattern=^p)\n"
        "    size: Its height. (minimum=1) Default: 3."
    )


def test_the_module_of_a_name_documents_it(package: Package) -> None:
    text = package.folder.joinpath("models", "size.py").read_text()
    assert 'Size: TypeAlias = int\n"""In centimetres.\n\n(minimum=1) Default: 3.\n"""\n' in text


def test_values_are_read_and_written(package: Package, recorder: Server) -> None:
    raw: dict[str, Any] = {"id": "p1", "born": "2020-01-02", "nick": None, "x": "2021-01-01"}
    pet = package.models.Pet.from_dict(raw)
    assert (pet.born.year, pet.nick, pet.additional_properties["x"].year) == (2020, None, 2021)
    assert pet.to_dict() == raw
    recorder.answer('"2022-02-02"')
    call = package.api().post_pet("p/1", size=4, born=[pet.born], body=pet.born)
    with package.client(recorder.url) as client:
        assert client.send(call).year == 2022
    assert recorder.last.line == "POST /pets/p%2F1?size=4&born=2020-01-02"
    assert recorder.last.body == b'"2020-01-02"'


def test_a_property_that_repeats_its_component(workshop: Workshop) -> None:
    """Two names of one string are one member of a union; a circle of names allows anything."""
    package = workshop(
        document(
            """
            components:
              schemas:
                A: {type: string}
                B: {type: string, maxLength: 3}
                Circle: {$ref: "#/components/schemas/Circle"}
                C: {type: object, properties: {
                  x: {oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]},
                  y: {$ref: "#/components/schemas/Circle"}}}
            """
        )
    )
    assert _annotations(package.models.C)["x"] == "str | Unset"
    assert package.models.C.from_dict({"x": "s", "y": [1]}).to_dict() == {"x": "s", "y": [1]}
