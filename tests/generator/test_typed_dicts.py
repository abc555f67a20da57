"""Typed dicts for request bodies: made from the same types as the models, and checked by two type checkers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.support import Package, Workshop, document

from orcagen.config import Config

ROOT = Path(__file__).parents[2]

DOCUMENT = """
paths:
  /pets:
    post: {operationId: add_pet, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}, responses: {"204": {description: d}}}
    put: {operationId: add_pets, requestBody: {required: true, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}}, responses: {"204": {description: d}}}
  /shapes:
    post: {operationId: add_shape, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Shape"}}}}, responses: {"204": {description: d}}}
  /trees:
    post: {operationId: add_tree, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Tree"}}}}, responses: {"204": {description: d}}}
  /closed:
    post: {operationId: add_closed, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Closed"}}}}, responses: {"204": {description: d}}}
  /open:
    post: {operationId: add_open, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Open"}}}}, responses: {"204": {description: d}}}
  /odd:
    post: {operationId: add_odd, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Odd"}}}}, responses: {"204": {description: d}}}
  /inline:
    post: {operationId: add_inline, requestBody: {required: true, content: {application/json: {schema: {type: object, required: [n], properties: {n: {type: integer}}}}}}, responses: {"204": {description: d}}}
  /numbers:
    post: {operationId: add_numbers, requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Numbers"}}}}, responses: {"204": {description: d}}}
components:
  schemas:
    Pet:
      type: object
      required: [name, id]
      properties:
        name: {type: string}
        id: {type: string, format: uuid, readOnly: true}
        age: {type: string, format: duration}
        born: {type: string, format: date-time}
        color: {$ref: "#/components/schemas/Color"}
        sex: {enum: [f, m]}
        owner: {$ref: "#/components/schemas/Owner"}
        children: {type: array, items: {$ref: "#/components/schemas/Pet"}}
        place: {type: array, prefixItems: [{type: number}, {type: number}], minItems: 2, maxItems: 2}
    Owner: {type: object, properties: {name: {type: [string, "null"]}}}
    Person: {$ref: "#/components/schemas/Owner"}
    Color: {type: string, enum: [red, green]}
    Shape: {oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}], discriminator: {propertyName: kind, mapping: {circle: "#/components/schemas/Circle", square: "#/components/schemas/Square"}}}
    Circle: {type: object, required: [kind, r], properties: {kind: {const: circle}, r: {type: number}}}
    Square: {type: object, required: [kind, side], properties: {kind: {const: square}, side: {type: number}, owner: {$ref: "#/components/schemas/Person"}}}
    Tree: {oneOf: [{$ref: "#/components/schemas/Leaf"}, {type: array, items: {$ref: "#/components/schemas/Tree"}}]}
    Leaf: {type: object, required: [leaf], properties: {leaf: {type: string}}}
    Closed: {type: object, additionalProperties: false, required: [a], properties: {a: {type: string}}}
    Open: {type: object, required: [a], properties: {a: {type: string}}, additionalProperties: {type: integer}}
    Odd: {type: object, required: [a-b], properties: {a-b: {type: string}, class: {type: integer}, __x: {$ref: "#/components/schemas/Leaf"}, str: {type: string}, u: {oneOf: [{$ref: "#/components/schemas/Leaf"}, {type: "null"}]}}}
    Typed: {type: object, properties: {odd: {$ref: "#/components/schemas/Odd"}}}
    Numbers: {type: array, items: {type: number}}
"""

USE = '''
# pyright: reportUnnecessaryTypeIgnoreComment=error
"""What a caller writes: each line that type checkers must refuse says so."""

import datetime as dt

from zoo import dicts
from zoo.api import default

pet: dicts.PetDict = {
    "name": "a",
    "age": "P1D",
    "born": dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc),
    "color": "mauve",
    "sex": "f",
    "owner": {"name": None},
    "children": [{"name": "b"}],
    "place": (1.5, 2.5),
}
default.add_pet(body=pet)
pets: list[dicts.PetDict] = [pet, {"name": "b"}]
default.add_pets(body=pets)
default.add_shape(body={"kind": "circle", "r": 1.5})
default.add_shape(body={"kind": "square", "side": 1.5, "owner": {"name": "o"}})
tree: dicts.TreeDict = [{"leaf": "a"}, [{"leaf": "b"}]]
default.add_tree(body=tree)
default.add_closed(body={"a": "x"})
default.add_open(body={"a": "x", "more": 1})
odd: dicts.OddDict = {"a-b": "x", "class": 1, "__x": {"leaf": "a"}, "str": "s", "u": None}
default.add_odd(body=odd)
default.add_inline(body={"n": 1})
default.add_numbers(body=[1.5])

wrong_key: dicts.PetDict = {"name": "a", "nam": "b"}  # type: ignore[typeddict-unknown-key]
wrong_type: dicts.PetDict = {"name": 1}  # type: ignore[typeddict-item]
missing: dicts.PetDict = {"age": "P1D"}  # type: ignore[typeddict-item]
not_text: dicts.PetDict = {"name": "a", "age": dt.timedelta(1)}  # type: ignore[typeddict-item]
not_open: dicts.ClosedDict = {"a": "x", "b": 1}  # type: ignore[typeddict-unknown-key]
inner: dicts.PetDict = {"name": "a", "owner": {"nam": "x"}}  # type: ignore[typeddict-unknown-key]
odd_type: dicts.OddDict = {"a-b": 1}  # type: ignore[typeddict-item]
default.add_pet(body={"name": 1})  # type: ignore
default.add_pet(body={"nam": "a"})  # type: ignore
default.add_shape(body={"kind": "circle", "side": 1.5})  # type: ignore
default.add_numbers(body=["x"])  # type: ignore
'''


@pytest.fixture(scope="module")
def zoo(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT), config=Config(typed_dicts=True))


@pytest.fixture(scope="module")
def folder(zoo: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, under the name `zoo`, and its use."""
    folder = tmp_path_factory.mktemp("typed_dicts")
    shutil.copytree(zoo.folder, folder / "zoo", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "use.py").write_text(USE)
    return folder


def test_mypy_accepts_right_dicts_and_refuses_wrong_ones(folder: Path) -> None:
    """Strict, where an ignore that is not needed is an error."""
    settings = folder / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\nmypy_path = {folder}\npython_version = 3.11\n")
    cache = ROOT / ".mypy_cache" / "typed_dicts"
    flags = [f"--config-file={settings}", f"--cache-dir={cache}", "--no-error-summary"]
    assert mypy.run([*flags, "-p", "zoo", "-m", "use"]) == ("", "", 0)


def test_pyright_accepts_right_dicts_and_refuses_wrong_ones(folder: Path) -> None:
    settings = {
        "include": ["zoo", "use.py"],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "enableTypeIgnoreComments": True,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [pyright, "--pythonpath", sys.executable, "--level", "error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def _content(package: Package, function: str, body: Any) -> Any:
    return json.loads(getattr(package.api(), function)(body=body).body.content)


@pytest.mark.parametrize(
    ("function", "model", "value"),
    [
        ("add_pet", "Pet", {"name": "a", "age": "P1D", "sex": "f", "children": [{"name": "b"}]}),
        ("add_shape", "Circle", {"kind": "circle", "r": 1.5}),
        ("add_closed", "Closed", {"a": "x"}),
        ("add_open", "Open", {"a": "x", "more": 1}),
        ("add_odd", "Odd", {"a-b": "x", "class": 1, "__x": {"leaf": "a"}, "str": "s", "u": None}),
    ],
)
def test_a_dict_is_sent_as_the_model_is(
    zoo: Package, function: str, model: str, value: dict[str, Any]
) -> None:
    read = getattr(zoo.models, model).from_dict(value)
    assert _content(zoo, function, value) == _content(zoo, function, read) == value


def test_values_of_a_format_have_the_types_of_the_model(zoo: Package) -> None:
    model = zoo.models.Pet.from_dict({"name": "a", "born": "2026-01-02T03:04:05Z"})
    body = {"name": "a", "born": model.born}
    assert _content(zoo, "add_pet", body) == _content(zoo, "add_pet", model)


def test_annotations_can_be_evaluated(zoo: Package) -> None:
    """Also those that refer to `models`, and keys that are no identifiers."""
    dicts = zoo.part("dicts")
    hints = typing.get_type_hints(dicts.PetDict)
    pet: Any = dicts.PetDict
    assert hints["children"] == list[pet]
    assert hints["color"] == zoo.models.Color
    assert typing.get_type_hints(dicts.OddDict).keys() == {"a-b", "class", "__x", "str", "u"}
    assert dicts.OddDict.__required_keys__ == {"a-b"}


def test_what_the_server_sets_is_not_required(zoo: Package) -> None:
    assert "    id: NotRequired[UUID]\n" in zoo.made.files["dicts.py"]


def test_the_name_of_a_typed_dict_is_not_that_of_its_base(workshop: Workshop) -> None:
    post = {
        "operationId": "f",
        "requestBody": {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Typed"}}}
        },
        "responses": {"204": {"description": "d"}},
    }
    typed = {"type": "object", "properties": {"a": {"type": "string"}}}
    content = document(
        {"paths": {"/a": {"post": post}}, "components": {"schemas": {"Typed": typed}}}
    )
    package = workshop(content, config=Config(typed_dicts=True))
    assert package.part("dicts").TypedDict_.__annotations__.keys() == {"a"}


def test_there_are_none_unless_asked_for(workshop: Workshop) -> None:
    assert "dicts.py" not in workshop(document(DOCUMENT)).made.files
