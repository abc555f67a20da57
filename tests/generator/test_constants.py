"""Constants for the values of enums that the document names."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from typing import Any

import pytest
from tests.support import Driver, Server, Workshop, document, schemas


def _constants(class_: type) -> dict[str, Any]:
    return {k: v for k, v in vars(class_).items() if not k.startswith("__")}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ({"x-enum-varnames": ["Low", "TopMost"]}, {"LOW": 1, "TOP_MOST": 2}),
        ({"x-enum-names": ["Low", ""]}, {"LOW": 1}),
        ({"x-enumNames": ["Low level", "2nd"]}, {"LOW_LEVEL": 1, "_2ND": 2}),
        ({"x-speakeasy-enums": ["Low", "Top"]}, {"LOW": 1, "TOP": 2}),
        ({"x-speakeasy-enums": {"1": "Low", "2": "Top"}}, {"LOW": 1, "TOP": 2}),
        ({"x-fern-enum": {"1": {"name": "Low"}, "2": {"name": "None"}}}, {"LOW": 1, "NONE": 2}),
        (
            {"x-ms-enum": {"name": "L", "values": [{"value": 2, "name": "top"}, {"value": 1}]}},
            {"TOP": 2},
        ),
        ({"x-stainless-renameMap": {"low": 1, "top": 2}}, {"LOW": 1, "TOP": 2}),
    ],
)
def test_extensions_name_values(
    workshop: Workshop, version: str, extensions: dict[str, Any], expected: dict[str, Any]
) -> None:
    level = {"type": "integer", "enum": [1, 2], **extensions}
    package = workshop(schemas({"Level": level}, openapi=version))
    assert _constants(package.models.LevelValues) == expected


def test_titles_of_constants_name_values(workshop: Workshop) -> None:
    level = {"oneOf": [{"const": "a", "title": "Low"}, {"const": "b", "title": "Top"}]}
    package = workshop(schemas({"Level": level}))
    assert _constants(package.models.LevelValues) == {"LOW": "a", "TOP": "b"}


def test_text_without_a_name_names_itself(workshop: Workshop) -> None:
    """Not a number; and two texts that would have one name have none of it."""
    code = {"enum": ["a-b", "a b", 3, "z"], "x-enum-varnames": ["", "", "", "Last"]}
    package = workshop(schemas({"Code": code}))
    constants = _constants(package.models.CodeValues)
    assert constants.pop("LAST") == "z"
    assert sorted(constants.values()) == ["a b", "a-b"]
    assert all(name.startswith("A_B") for name in constants)


@pytest.mark.parametrize(
    "extensions",
    [
        {},
        {"x-enum-varnames": ["x", "y"]},  # repeats the values
        {"x-enum-varnames": ["Only one"]},
        {"x-enum-varnames": "Low"},
        {"x-enum-varnames": [1, {}]},
        {"x-fern-enum": {"x": {"name": 3}, "y": None}},
        {"x-ms-enum": {"values": {"value": "x"}}},
        {"x-ms-enum": []},
        {"x-enum-descriptions": ["First.", "Second."]},  # no names
    ],
)
def test_values_without_names_have_no_constants(
    workshop: Workshop, extensions: dict[str, Any]
) -> None:
    package = workshop(schemas({"Level": {"enum": ["x", "y"], **extensions}}))
    assert not hasattr(package.models, "LevelValues")
    assert not package.messages


def test_docstrings_describe_values(workshop: Workshop) -> None:
    level = {
        "enum": [1, 2],
        "x-enum-varnames": ["Low", "Top"],
        "x-enum-descriptions": ["Can wait.", 'Now! """'],
    }
    package = workshop(schemas({"Level": level}))
    text = package.folder.joinpath("models", "level.py").read_text()
    assert '    LOW: Final = 1\n    """Can wait."""\n\n    TOP: Final = 2\n' in text
    assert "Values: 1 = Low: Can wait, 2 = Top: Now!" in text


def test_names_of_components_win(workshop: Workshop) -> None:
    """The class of the constants gets another name, and the report none for it."""
    level = {"enum": [1, 2], "x-enum-varnames": ["Low", "Top"]}
    package = workshop(
        schemas({"Level": level, "LevelValues": {"type": "object", "properties": {"a": {}}}})
    )
    assert package.models.LevelValues.from_dict({"a": 1}).a == 1
    other = [n for n in dir(package.models) if n.startswith("LevelValues") and n != "LevelValues"]
    assert [_constants(getattr(package.models, n)) for n in other] == [{"LOW": 1, "TOP": 2}]


def test_constants_have_the_type_of_the_enum(workshop: Workshop) -> None:
    """For a type checker: a constant is one of the known values, and cannot be replaced."""
    level = {"enum": ["a", "b"], "x-enum-varnames": ["Low", "Top"]}
    pet = {"type": "object", "properties": {"level": {"$ref": "#/components/schemas/Level"}}}
    package = workshop(schemas({"Level": level, "Pet": pet}))
    program = (
        "from typing import Literal\n"
        f"from {package.name}.models import LevelValues, Pet\n"
        'known: Literal["a"] = LevelValues.LOW\n'
        "Pet(level=LevelValues.TOP)\n"
    )
    file = package.folder.parent / "constants_program.py"
    file.write_text(program + 'LevelValues.LOW = "b"\nother: Literal["b"] = LevelValues.LOW\n')
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-incremental",
        "--follow-imports=silent",
    ]
    found = subprocess.run(
        [*command, file.name], cwd=file.parent, capture_output=True, text=True, check=False
    )
    lines = [line.split(": ", 1)[0] for line in found.stdout.splitlines() if ": error:" in line]
    assert lines == ["constants_program.py:5", "constants_program.py:6"], found.stdout


def test_any_text_names_a_constant(workshop: Workshop) -> None:
    """Capitals that are several characters, signs, digits, keywords, what is equal but for its case: each a name of its own."""
    capitals = [c for c in map(chr, range(sys.maxunicode)) if len(c.upper()) > 1]
    names = [*capitals, "none", "NONE", "class", "1", "-1", "*", "日本", '"""\n', "__init__", "mro"]
    enum = list(range(len(names)))
    package = workshop(schemas({"E": {"enum": enum, "x-enum-varnames": names}}))
    constants = _constants(package.models.EValues)
    assert sorted(constants.values()) == enum
    assert all(n == unicodedata.normalize("NFKC", n) and n.isidentifier() for n in constants)


def test_enums_inside_of_others_have_constants(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    """Of properties, items and parameters; the enum has an alias, which is named after where it is."""
    level = {"type": "integer", "enum": [1, 2], "x-enum-varnames": ["Low", "Top"]}
    mood = {"oneOf": [{"const": "g", "title": "Good"}, {"const": "b", "title": "Bad"}]}
    pet = {
        "type": "object",
        "required": ["level"],
        "properties": {
            "level": level,
            "moods": {"type": "array", "items": mood},
            "only": {"enum": [1], "x-enum-varnames": ["One"]},
        },
    }
    state = {"type": "string", "nullable": True, "enum": ["a", None], "x-enumNames": ["Alive", ""]}
    operation = {
        "operationId": "findPets",
        "parameters": [{"name": "state", "in": "query", "schema": state}],
        "responses": {"200": {"description": "ok"}},
    }
    package = workshop(
        document(
            {"paths": {"/pets": {"get": operation}}, "components": {"schemas": {"Pet": pet}}},
            openapi="3.0.3",
        )
    )
    models = package.models
    assert _constants(models.PetLevelValues) == {"LOW": 1, "TOP": 2}
    assert _constants(models.PetMoodsItemValues) == {"GOOD": "g", "BAD": "b"}
    assert _constants(models.FindPetsStateValues) == {"ALIVE": "a"}
    assert not hasattr(models, "PetOnlyValues")
    made = models.Pet(level=models.PetLevelValues.TOP, moods=[models.PetMoodsItemValues.BAD])
    assert made.to_dict() == {"level": 2, "moods": ["b"]}
    assert models.Pet.from_dict({"level": 9, "moods": ["x"]}).to_dict() == {
        "level": 9,
        "moods": ["x"],
    }
    call = package.api().find_pets(state=models.FindPetsStateValues.ALIVE)
    driver.send(package, recorder.url, call)
    assert recorder.last.target == "/pets?state=a"


def test_a_discriminator_can_have_named_values(workshop: Workshop) -> None:
    kind = {"type": "string", "enum": ["cat", "dog"], "x-enum-varnames": ["Feline", "Canine"]}
    class_ = {"type": "object", "required": ["kind"]}
    package = workshop(
        schemas(
            {
                "cat": {**class_, "properties": {"kind": kind, "fur": {"type": "string"}}},
                "dog": {**class_, "properties": {"kind": kind, "bark": {"type": "string"}}},
                "Pet": {
                    "oneOf": [{"$ref": f"#/components/schemas/{n}"} for n in ("cat", "dog")],
                    "discriminator": {"propertyName": "kind"},
                },
            }
        )
    )
    made = package.part("models.pet").PetCodec.decode({"kind": "dog"})
    assert isinstance(made, package.models.Dog)
    assert package.models.Dog(bark="w").to_dict() == {"kind": "dog", "bark": "w"}
