"""Discriminators: which class a value becomes, and which value a class is written with."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support import Package, Workshop, document, save, schemas

FAMILY = """
Fish:
  type: object
  required: [kind]
  properties: {kind: {type: string}}
  discriminator: {propertyName: kind, mapping: {shark: "#/components/schemas/Shark", eel: Eel}}
Eel: {allOf: [{$ref: "#/components/schemas/Fish"}, {type: object, properties: {volts: {type: integer}}}]}
Shark:
  allOf: [{$ref: "#/components/schemas/Fish"}, {type: object, properties: {age: {type: integer}}}]
  discriminator: {propertyName: teeth, mapping: {saw: "#/components/schemas/Saw"}}
  properties: {teeth: {type: string}}
Saw: {allOf: [{$ref: "#/components/schemas/Shark"}, {type: object, properties: {born: {type: string, format: date}}}]}
Goblin: {allOf: [{$ref: "#/components/schemas/Shark"}, {type: object, properties: {jaw: {type: number}}}]}
Shape:
  allOf:
    - type: object
      required: [form]
      properties: {form: {type: string}}
      discriminator: {propertyName: form, mapping: {round: "#/components/schemas/Round"}}
Round: {allOf: [{$ref: "#/components/schemas/Shape"}, {type: object, properties: {seen: {type: string, format: date}}}]}
Oval: {allOf: [{$ref: "#/components/schemas/Round"}, {type: object, properties: {axis: {type: integer}}}]}
Tank:
  type: object
  properties: {fish: {$ref: "#/components/schemas/Fish"}, shark: {$ref: "#/components/schemas/Shark"},
    shape: {$ref: "#/components/schemas/Shape"}, round: {$ref: "#/components/schemas/Round"}}
Version:
  oneOf: [{$ref: "#/components/schemas/V1"}, {$ref: "#/components/schemas/V2"}]
  discriminator: {propertyName: v, mapping: {"1": "#/components/schemas/V1", "2": "#/components/schemas/V2"}}
V1: {type: object, required: [v], properties: {v: {type: integer}, a: {type: string}}}
V2: {type: object, required: [v], properties: {v: {type: integer}, a: {type: string}}}
Answer:
  anyOf: [{$ref: "#/components/schemas/Agreed"}, {$ref: "#/components/schemas/Refused"}, {type: "null"}]
  discriminator: {propertyName: ok, mapping: {"true": Agreed, "false": Refused}}
Agreed: {type: object, required: [ok], properties: {ok: {type: boolean}, v: {type: string}}}
Refused: {type: object, required: [ok], properties: {ok: {type: boolean}, v: {type: string}}}
Event:
  oneOf: [{$ref: "#/components/schemas/Created"}, {$ref: "#/components/schemas/Any_"}]
  discriminator: {propertyName: type, mapping: {created: Created}, defaultMapping: "#/components/schemas/Any_"}
Created: {type: object, properties: {type: {type: string}, at: {type: string, format: date}}}
Any_: {type: object, properties: {type: {type: string}, at: {type: string, format: date}}}
Money:
  oneOf: [{$ref: "#/components/schemas/Charge"}, {$ref: "#/components/schemas/Refund"}]
  discriminator: {propertyName: type, mapping: {charge: "#/components/schemas/Charge"}}
Charge: {type: object, required: [type], properties: {type: {type: string}, card: {type: string}}}
Refund: {type: object, required: [type], properties: {type: {type: string}, iban: {type: string}}}
Listed:
  oneOf: [{$ref: "#/components/schemas/Hot"}, {$ref: "#/components/schemas/Cold"}]
  discriminator: {propertyName: t}
Hot: {type: object, required: [t], properties: {t: {type: string, enum: [warm, hot]}, at: {type: string, format: date}}}
Cold: {type: object, required: [t], properties: {t: {const: cool}, at: {type: string, format: date}}}
Mixed:
  oneOf: [{$ref: "#/components/schemas/Hot"}, {$ref: "#/components/schemas/Fire"}]
  discriminator: {propertyName: t}
Wire:
  oneOf: [{$ref: "#/components/schemas/Water"}, {$ref: "#/components/schemas/Fire"}]
  discriminator: {propertyName: t}
Water:
  oneOf: [{$ref: "#/components/schemas/Hot"}, {$ref: "#/components/schemas/Cold"}]
  discriminator: {propertyName: t}
Fire: {type: object, required: [t], properties: {t: {type: string}}}
"""

CHOSEN = [
    ("Tank.fish", {"kind": "shark", "teeth": "saw", "born": "2020-01-01"}, "Saw"),
    ("Tank.fish", {"kind": "shark", "teeth": "Goblin", "jaw": 1.5}, "Goblin"),
    ("Tank.fish", {"kind": "shark", "teeth": "?"}, "Shark"),
    ("Tank.fish", {"kind": "shark"}, "Shark"),
    ("Tank.fish", {"kind": "Saw"}, "Saw"),
    ("Tank.fish", {"kind": "eel", "volts": 5}, "Eel"),
    ("Tank.fish", {"kind": "cod", "volts": 5}, "Fish"),
    ("Tank.fish", {"volts": 5}, "Fish"),
    ("Tank.shark", {"kind": "shark", "teeth": "saw"}, "Saw"),
    ("Tank.shark", {"kind": "shark"}, "Shark"),
    ("Tank.shape", {"form": "round", "seen": "2020-01-01"}, "Round"),
    ("Tank.shape", {"form": "Oval", "axis": 1}, "Oval"),
    ("Tank.shape", {"form": "star"}, "Shape"),
    ("Tank.round", {"form": "Oval", "axis": 1}, "Oval"),
    ("Tank.round", {"form": "round"}, "Round"),
    ("Tank.round", {"form": "star"}, "Round"),
    ("Version", {"v": 1}, "V1"),
    ("Version", {"v": 2}, "V2"),
    ("Version", {"v": "2"}, "V2"),
    ("Version", {"v": 3}, "dict"),
    ("Answer", {"ok": True}, "Agreed"),
    ("Answer", {"ok": False, "v": "x"}, "Refused"),
    ("Answer", None, "NoneType"),
    ("Event", {"type": "created", "at": "2020-01-01"}, "Created"),
    ("Event", {"type": "deleted", "at": "2020-01-01"}, "Any"),
    ("Event", {"at": "2020-01-01"}, "Any"),
    ("Event", {"type": None}, "Any"),
    ("Money", {"type": "charge", "iban": "x"}, "Charge"),
    ("Money", {"type": "Refund"}, "Refund"),
    ("Money", {"type": "gift", "iban": "x"}, "Refund"),
    ("Money", {"iban": "x"}, "Refund"),
    ("Money", {"type": "gift"}, "dict"),
    ("Money", {}, "dict"),
    ("Money", "text", "str"),
    ("Listed", {"t": "hot"}, "Hot"),
    ("Listed", {"t": "cool"}, "Cold"),
    ("Listed", {"t": "Hot"}, "Hot"),
    ("Listed", {"t": "mild"}, "dict"),
    ("Mixed", {"t": "warm", "at": "2020-01-01"}, "Hot"),
    ("Mixed", {"t": "mild", "at": "2020-01-01"}, "Fire"),
    ("Mixed", {"at": "2020-01-01"}, "Hot"),
    ("Wire", {"t": "warm"}, "Hot"),
    ("Wire", {"t": "cool"}, "Cold"),
    ("Wire", {"t": "Fire"}, "Fire"),
]


@pytest.fixture(scope="module")
def family(workshop: Workshop) -> Package:
    return workshop(schemas(FAMILY, openapi="3.2.0"))


def read(package: Package, place: str, value: Any) -> Any:
    """A value as a schema reads it, or a property of one."""
    name, _, attribute = place.partition(".")
    if not attribute:
        return package.codec(name).decode(value)
    return getattr(getattr(package.models, name).from_dict({attribute: value}), attribute)


@pytest.mark.parametrize(("place", "value", "expected"), CHOSEN, ids=str)
def test_the_value_of_the_property_chooses(
    family: Package, place: str, value: Any, expected: str
) -> None:
    chosen = read(family, place, value)
    assert type(chosen).__name__.rstrip("_") == expected
    assert family.codec("None").encode(chosen) == value


def test_properties_of_the_chosen_class_are_typed(family: Package) -> None:
    value = {"kind": "shark", "teeth": "saw", "born": "2020-01-01"}
    assert read(family, "Tank.fish", value).born == dt.date(2020, 1, 1)


def test_the_value_that_selects_a_class_is_filled_in(family: Package) -> None:
    """By the mapping, else by what the class lists, else by its name; nothing where the class is what no value selects, or
    where it is not known which of several is meant."""
    m = family.models
    assert m.Eel(volts=5).to_dict() == {"kind": "eel", "volts": 5}
    assert m.Saw().to_dict() == {"kind": "shark", "teeth": "saw"}
    assert m.Goblin().to_dict() == {"kind": "shark", "teeth": "Goblin"}
    assert m.Shark().to_dict() == {"kind": "shark"}
    assert m.Round().to_dict() == {"form": "round"}
    assert m.V2().to_dict() == {"v": 2}
    assert m.Refused().to_dict() == {"ok": False}
    assert m.Created().to_dict() == {"type": "created"}
    assert m.Any_().to_dict() == {}
    assert m.Refund().to_dict() == {"type": "Refund"}
    assert m.Cold().to_dict() == {"t": "cool"}
    for name in ("Fish", "Shape", "Hot"):
        with pytest.raises(TypeError, match="missing 1 required keyword-only argument"):
            getattr(m, name)()


def test_the_value_can_be_given(family: Package) -> None:
    assert family.models.Eel(kind="moray").to_dict() == {"kind": "moray"}


def test_a_schema_that_extends_another_is_a_subclass(family: Package) -> None:
    m = family.models
    assert m.Saw.__mro__[1:4] == (m.Shark, m.Fish, m.Fish.__mro__[1])
    assert issubclass(m.Oval, m.Shape)
    assert repr(m.Saw(born=dt.date(2020, 1, 1))).startswith("Saw(")
    assert m.Saw() != m.Shark(teeth="saw")


INHERITANCE = """
Base: {type: object, required: [id], properties: {id: {type: string}, note: {type: string}}}
Narrow: {allOf: [{$ref: "#/components/schemas/Base"}, {type: object, required: [note], properties: {x: {type: string}}}]}
Plain: {allOf: [{$ref: "#/components/schemas/Base"}, {type: object, properties: {x: {type: string}}}]}
Two: {allOf: [{$ref: "#/components/schemas/Other"}, {$ref: "#/components/schemas/Plain"}], required: ["y"]}
Other: {type: object, properties: {"y": {type: string}}}
Open: {allOf: [{$ref: "#/components/schemas/Plain"}], additionalProperties: {type: integer}}
Loop: {allOf: [{$ref: "#/components/schemas/Pool"}, {type: object, properties: {p: {type: string}}}]}
Pool: {allOf: [{$ref: "#/components/schemas/Loop"}]}
Holder:
  type: object
  properties: {id: {type: string}, inner: {allOf: [{$ref: "#/components/schemas/Held"}, {type: object, properties: {z: {type: string}}}]}}
Held: {allOf: [{$ref: "#/components/schemas/Holder"}, {type: object, properties: {h: {type: string}}}]}
"""


def test_a_class_has_a_base_where_its_fields_allow_it(workshop: Workshop) -> None:
    """Not where it requires what the base does not, and not where modules would import each other in a circle."""
    m = workshop(schemas(INHERITANCE)).models
    assert issubclass(m.Plain, m.Base)
    assert not issubclass(m.Narrow, m.Base)
    assert issubclass(m.Two, m.Plain)
    assert not issubclass(m.Two, m.Other)
    assert not issubclass(m.Open, m.Plain)
    assert m.Loop(p="1").to_dict() == m.Pool(p="1").to_dict() == {"p": "1"}
    value = {"id": "1", "inner": {"id": "2", "h": "3", "z": "4"}}
    assert m.Holder.from_dict(value).to_dict() == value
    assert m.Holder.from_dict(value).inner.z == "4"


BASES = """
Op:
  type: object
  properties: {op: {type: string}, id: {type: integer}}
  oneOf: [{$ref: "#/components/schemas/Add"}, {$ref: "#/components/schemas/Remove"}]
  discriminator: {propertyName: op, mapping: {add: "#/components/schemas/Add", remove: Remove}}
Add: {type: object, required: [op], properties: {op: {type: string}, value: {type: string}}}
Remove: {type: object, required: [op], properties: {op: {type: string}, path: {type: string}}}
Ring:
  type: object
  required: [kind]
  properties: {kind: {type: string}}
  anyOf: [{$ref: "#/components/schemas/Gold"}, {$ref: "#/components/schemas/Iron"}]
  discriminator: {propertyName: kind}
Gold: {allOf: [{$ref: "#/components/schemas/Ring"}, {type: object, properties: {carat: {type: integer}}}]}
Iron: {allOf: [{$ref: "#/components/schemas/Ring"}, {type: object, properties: {rust: {type: string}}}]}
Inside:
  allOf:
    - {type: object, required: [t], properties: {t: {type: string}, n: {type: integer}}}
    - oneOf: [{$ref: "#/components/schemas/Left"}, {$ref: "#/components/schemas/Right"}]
      discriminator: {propertyName: t}
Left: {type: object, properties: {l: {type: string}}}
Right: {type: object, properties: {r: {type: string}}}
Pet: {type: object, required: [kind], properties: {kind: {type: string}, name: {type: string}}}
Cat: {allOf: [{$ref: "#/components/schemas/Pet"}, {type: object, properties: {lives: {type: integer}}}]}
Dog: {allOf: [{$ref: "#/components/schemas/Pet"}, {type: object, properties: {bark: {type: string}}}]}
Puppy: {allOf: [{$ref: "#/components/schemas/Dog"}, {type: object, properties: {born: {type: string, format: date}}}]}
Tame:
  oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Puppy"}, {type: "null"}]
  discriminator: {propertyName: kind}
Use:
  type: object
  properties:
    op: {$ref: "#/components/schemas/Op"}
    tame: {$ref: "#/components/schemas/Tame"}
    dogs:
      oneOf: [{$ref: "#/components/schemas/Puppy"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: kind}
"""


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1", "3.2.0"])
@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("Op", {"op": "add", "value": "x"}, "Add"),
        ("Op", {"op": "move", "id": 3, "value": "x"}, "Op"),
        ("Use.op", {"op": "move"}, "Op"),
        ("Use.op", {"path": "x"}, "Op"),
        ("Ring", {"kind": "Gold", "carat": 9}, "Gold"),
        ("Ring", {"kind": "tin", "carat": 9}, "Ring"),
        ("Ring", {"rust": "x"}, "Ring"),
        ("Inside", {"t": "Left", "n": 1}, "Left"),
        ("Inside", {"t": "up", "n": 1, "r": "x"}, "Inside"),
        ("Tame", {"kind": "Puppy", "born": "2020-01-01"}, "Puppy"),
        ("Tame", {"kind": "cow", "lives": 1}, "Pet"),
        ("Use.tame", {"name": "x"}, "Pet"),
        ("Use.tame", None, "NoneType"),
        ("Use.dogs", {"kind": "wolf", "bark": "w"}, "Dog"),
    ],
    ids=str,
)
def test_what_no_value_selects_is_the_base_class(
    workshop: Workshop, place: str, value: Any, expected: str, version: str
) -> None:
    """The class of the properties beside the union, or the one that all its members extend."""
    package = workshop(schemas(BASES, openapi=version))
    chosen = read(package, place, value)
    assert type(chosen).__name__ == expected
    assert chosen is None or chosen.to_dict() == value
    models = package.models
    assert issubclass(models.Add, models.Op)
    assert issubclass(models.Gold, models.Ring)
    assert models.Add().to_dict() == {"op": "add"}
    assert models.Op.from_dict({"op": "Remove", "path": "p"}) == models.Remove(
        op="Remove", path="p"
    )


SWAGGER = """
swagger: "2.0"
paths:
  /pets:
    post:
      operationId: addPet
      consumes: [application/json]
      parameters: [{in: body, name: pet, required: true, schema: {$ref: "#/definitions/Pet"}}]
      responses: {"200": {description: ok, schema: {type: array, items: {$ref: "#/definitions/Pet"}}}}
definitions:
  Pet: {type: object, discriminator: petType, required: [petType], properties: {petType: {type: string}}}
  Cat: {allOf: [{$ref: "#/definitions/Pet"}, {type: object, properties: {born: {type: string, format: date}}}]}
  Dog:
    x-ms-discriminator-value: "#dog"
    allOf: [{$ref: "#/definitions/Pet"}, {type: object, properties: {born: {type: string, format: date}}}]
  Puppy:
    x-ms-discriminator-value: pup
    allOf: [{$ref: "#/definitions/Dog"}]
  Kennel: {type: object, properties: {dog: {$ref: "#/definitions/Dog"}}}
"""


def test_discriminators_of_swagger(workshop: Workshop) -> None:
    """The keyword is the name of the property; its values are names of schemas, or what these declare."""
    package = workshop(document(SWAGGER))
    m = package.models
    decode = package.codec("list[PetVariant]").decode
    tags = ["Cat", "#dog", "pup", "Dog", "?"]
    chosen = decode([{"petType": tag, "born": "2020-01-01"} for tag in tags])
    assert [type(pet).__name__ for pet in chosen] == ["Cat", "Dog", "Puppy", "Dog", "Pet"]
    assert chosen[0].born == chosen[2].born == dt.date(2020, 1, 1)
    dog = m.Kennel.from_dict({"dog": {"petType": "pup"}}).dog
    assert type(dog) is m.Puppy
    assert m.Puppy().to_dict() == {"petType": "pup"}
    assert m.Dog().to_dict() == {"petType": "#dog"}


USE = """
import datetime as dt
from {package}.api import default
from {package}.models import Cat, Pet, Puppy

def send(pet: Pet) -> None:
    default.add_pet(body=Cat(born=dt.date(2020, 1, 1)))
    default.add_pet(body=Puppy())
    default.add_pet(body=pet)
    pets: list[Pet] = [Cat(), Puppy(pet_type="wolf")]
    default.add_pet(body="Cat")  # type: ignore[arg-type]
"""


def test_type_checkers_accept_a_variant_where_the_base_is_asked_for(
    workshop: Workshop, tmp_path: Path
) -> None:
    package = workshop(document(SWAGGER))
    program = tmp_path / "use.py"
    program.write_text(USE.format(package=package.name))
    command = [sys.executable, "-m", "mypy", "--strict", str(program)]
    done = subprocess.run(
        command, cwd=package.folder.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_families_in_files(workshop: Workshop, tmp_path: Path) -> None:
    """A variant that is a whole file is selected by the component that is this file, else by the file's name; a `mapping`
    names components, fragments and files."""
    circle = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    save(tmp_path, circle, "shapes/round.circle.yaml")
    save(tmp_path, circle, "shapes/Square.json")
    base = {**circle, "discriminator": {"propertyName": "kind", "mapping": {"k": "kitten.yaml"}}}
    save(tmp_path, base, "pets/pet.yaml")
    for name in ("cat", "kitten"):
        save(tmp_path, {"allOf": [{"$ref": "pet.yaml"}]}, f"pets/{name}.yaml")
    library = {
        "Car": {**circle, "discriminator": {"propertyName": "kind"}},
        "Van": {"allOf": [{"$ref": "#/components/schemas/Car"}]},
    }
    save(tmp_path, json.dumps({"components": {"schemas": library}}), "cars.json")
    main = save(
        tmp_path,
        schemas("""
Shape:
  oneOf: [{$ref: shapes/round.circle.yaml}, {$ref: "#/components/schemas/Box"}]
  discriminator: {propertyName: kind}
Mapped:
  oneOf: [{$ref: shapes/round.circle.yaml}, {$ref: shapes/Square.json}, {$ref: "cars.json#/components/schemas/Van"}]
  discriminator:
    propertyName: kind
    mapping: {c: ./shapes/round.circle.yaml, s: Box, v: "cars.json#/components/schemas/Van"}
Box: {$ref: shapes/Square.json}
Cat: {$ref: pets/cat.yaml}
Owner:
  type: object
  properties: {pet: {$ref: pets/pet.yaml}, car: {$ref: "cars.json#/components/schemas/Car"}}
"""),
        "main.yaml",
    )
    package = workshop("", file=main)
    kinds = {v: type(read(package, "Shape", {"kind": v})) for v in ("round.circle", "Box")}
    assert len(set(kinds.values())) == 2
    assert kinds["Box"] is package.models.Box
    mapped = {v: type(read(package, "Mapped", {"kind": v})) for v in ("c", "s", "v", "Van")}
    assert mapped["c"] is kinds["round.circle"]
    assert mapped["s"] is package.models.Box
    assert mapped["v"] is mapped["Van"]
    pets = {v: type(read(package, "Owner.pet", {"kind": v})) for v in ("Cat", "k", "kitten", "dog")}
    assert pets["Cat"] is package.models.Cat
    assert pets["k"] is pets["kitten"]
    assert len(set(pets.values())) == 3
    assert pets["Cat"].__mro__[1] is pets["k"].__mro__[1] is pets["dog"]
    assert type(read(package, "Owner.car", {"kind": "Van"})) is mapped["v"]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1", "3.2.0"])
def test_a_union_in_a_file_is_the_base_of_its_members(
    workshop: Workshop, tmp_path: Path, version: str
) -> None:
    """Its members are whole files, and what an extension says selects one of them."""
    tagged = {"type": "object", "required": ["op"], "properties": {"op": {"type": "string"}}}
    members = [{"$ref": "add.yaml"}, {"$ref": "remove.yaml"}]
    discriminator = {"propertyName": "op", "mapping": {"plus": "add.yaml"}}
    save(tmp_path, {**tagged, "oneOf": members, "discriminator": discriminator}, "ops/op.yaml")
    save(tmp_path, tagged, "ops/add.yaml")
    save(tmp_path, {**tagged, "x-ms-discriminator-value": "minus"}, "ops/remove.yaml")
    use = "Use: {type: object, properties: {op: {$ref: ops/op.yaml}}}"
    package = workshop("", file=save(tmp_path, schemas(use, openapi=version), "api.yaml"))
    models = package.models
    tags = {"plus": models.Add, "minus": models.Remove, "times": models.Op}
    assert {tag: type(read(package, "Use.op", {"op": tag})) for tag in tags} == tags
    assert type(read(package, "Use.op", {})) is models.Op
    assert issubclass(models.Add, models.Op)
    assert models.Remove().to_dict() == {"op": "minus"}


CIRCLE = """
A: {allOf: [{$ref: "#/components/schemas/B"}], type: object, properties: {p: {type: string}, q: {type: string}},
  discriminator: {propertyName: p, mapping: {x: B}}}
B: {allOf: [{$ref: "#/components/schemas/A"}], discriminator: {propertyName: q, mapping: {y: A}}}
Holder: {type: object, properties: {a: {$ref: "#/components/schemas/A"}, b: {$ref: "#/components/schemas/B"}}}
"""


def test_schemas_that_extend_each_other_end(workshop: Workshop) -> None:
    package = workshop(schemas(CIRCLE))
    value = {"p": "x", "q": "y"}
    for attribute in ("a", "b"):
        assert read(package, f"Holder.{attribute}", value).to_dict() == value


SHAPES = """
Kind: {type: string, enum: [c, d]}
Cat: {type: object, required: [t], properties: {t: {$ref: "#/components/schemas/Kind"}, born: {type: string, format: date}}}
Dog: {type: object, required: [t], properties: {t: {$ref: "#/components/schemas/Kind"}, born: {type: string, format: date}}}
Beside:
  description: The discriminator stands beside the allOf that has the union.
  allOf: [{oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]}]
  discriminator: {propertyName: t, mapping: {c: "#/components/schemas/Cat", d: "#/components/schemas/Dog"}}
Base: {type: object, required: [k], properties: {k: {type: string}}, discriminator: {propertyName: k}}
Sibling: {$ref: "#/components/schemas/Base", properties: {d: {type: string, format: date}}}
Inner: {allOf: [{allOf: [{$ref: "#/components/schemas/Base"}]}, {properties: {d: {type: string, format: date}}}]}
Constant: {allOf: [{$ref: "#/components/schemas/Base"}, {properties: {k: {const: konst}, d: {type: string, format: date}}}]}
Bare: {type: object, discriminator: {propertyName: z}}
Heir: {allOf: [{$ref: "#/components/schemas/Bare"}, {type: object, properties: {z: {type: string}, d: {type: string, format: date}}}]}
Outer:
  oneOf: [{$ref: "#/components/schemas/Middle"}, {$ref: "#/components/schemas/Last"}]
  discriminator: {propertyName: kind, mapping: {middle: "#/components/schemas/Middle", last: Last}}
Middle:
  oneOf: [{$ref: "#/components/schemas/First"}, {$ref: "#/components/schemas/Second"}]
  discriminator: {propertyName: level, mapping: {one: First, two: "#/components/schemas/Second"}}
First: {type: object, required: [kind, level], properties: {kind: {type: string}, level: {type: string}}}
Second: {type: object, required: [kind, level], properties: {kind: {type: string}, level: {type: string}}}
Last: {type: object, required: [kind], properties: {kind: {type: string}}}
Use:
  type: object
  properties:
    items: {type: array, items: {$ref: "#/components/schemas/Base"}}
    values: {type: object, additionalProperties: {$ref: "#/components/schemas/Base"}}
    maybe: {oneOf: [{$ref: "#/components/schemas/Base"}, {type: "null"}]}
    bare: {$ref: "#/components/schemas/Bare"}
    inline:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: t, mapping: {c: Cat, d: Dog}}
"""


@pytest.fixture(scope="module")
def shapes(workshop: Workshop) -> Package:
    return workshop(schemas(SHAPES))


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("Beside", {"t": "d"}, "Dog"),
        ("Use.inline", {"t": "d"}, "Dog"),
        ("Use.items", [{"k": "Sibling"}, {"k": "Inner"}, {"k": "x"}], "Sibling Inner Base"),
        ("Use.values", {"a": {"k": "konst"}, "b": {}}, "Constant Base"),
        ("Use.maybe", {"k": "Inner"}, "Inner"),
        ("Use.maybe", None, "NoneType"),
        ("Use.bare", {"z": "Heir", "d": "2020-01-01"}, "Heir"),
        ("Use.bare", {"z": "x"}, "dict"),
        ("Outer", {"kind": "middle", "level": "two"}, "Second"),
        ("Outer", {"kind": "last"}, "Last"),
    ],
    ids=str,
)
def test_discriminators_of_any_shape(
    shapes: Package, place: str, value: Any, expected: str
) -> None:
    chosen = read(shapes, place, value)
    collected = chosen if isinstance(chosen, list) else [chosen]
    if place == "Use.values":
        collected = list(chosen.values())
    assert " ".join(type(v).__name__ for v in collected) == expected
    assert shapes.codec("None").encode(chosen) == value


def test_the_value_can_be_one_of_an_enum_elsewhere(shapes: Package) -> None:
    m = shapes.models
    assert m.Cat().to_dict() == {"t": "c"}
    assert m.Inner().to_dict() == {"k": "Inner"}
    assert m.Second().to_dict() == {"kind": "middle", "level": "two"}


def test_a_value_is_written_that_its_schema_does_not_declare(workshop: Workshop) -> None:
    package = workshop(
        schemas(
            """
            Event:
              oneOf: [{$ref: "#/components/schemas/Made"}, {$ref: "#/components/schemas/Gone"}]
              discriminator: {propertyName: eventType, mapping: {was-made: "#/components/schemas/Made"}}
            Made: {type: object, properties: {id: {type: integer}}}
            Gone: {type: object, properties: {id: {type: integer}}}
            """
        )
    )
    made = package.models.Made(id=1)
    assert made.to_dict() == {"id": 1, "eventType": "was-made"}
    assert package.models.Gone(id=1).to_dict() == {"id": 1, "eventType": "Gone"}
    assert package.codec("Event").decode(made.to_dict()) == made
    assert package.models.Made.from_dict({"id": 1}).to_dict() == {"id": 1}


def test_an_inline_union_with_properties_beside_it_has_its_discriminator(
    workshop: Workshop,
) -> None:
    package = workshop(
        schemas(
            """
            Box:
              type: object
              properties:
                pet:
                  type: object
                  properties: {kind: {type: string}, note: {type: string}}
                  oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
                  discriminator: {propertyName: kind, mapping: {d: Dog}}
            Cat: {type: object, properties: {n: {type: integer}}}
            Dog: {type: object, properties: {n: {type: integer}}}
            """
        )
    )
    m = package.models
    assert m.Box(pet=m.Dog(n=1)).to_dict() == {"pet": {"n": 1, "kind": "d"}}
    assert type(m.Box.from_dict({"pet": {"kind": "d", "note": "x"}}).pet) is m.Dog
