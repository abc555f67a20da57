"""What Python and attrs do with models as values: equality, `match`, copies with changes, hashes, pickles."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from tests.support import Package, Workshop, document

DOCUMENT = document(
    """
paths:
  /pets:
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Animal'}}}}
      responses: {'200': {description: Done.}}
components:
  schemas:
    Named: {type: object, required: [name], properties: {name: {type: string}, class: {type: string}, _id: {type: integer}}}
    Cat:
      allOf: [{$ref: '#/components/schemas/Named'}, {type: object, properties: {lives: {type: [integer, 'null']}}}]
    Dog:
      allOf:
        - {$ref: '#/components/schemas/Named'}
        - type: object
          required: [tricks]
          properties:
            tricks: {type: array, items: {type: string}}
            friend: {$ref: '#/components/schemas/Animal'}
    Animal: {oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]}
"""
)


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(DOCUMENT)


def _replace_functions() -> list[Callable[..., Any]]:
    functions: list[Callable[..., Any]] = [attrs.evolve]
    if sys.version_info >= (3, 13):
        functions.append(copy.replace)
    return functions


def test_patterns_match_attributes_by_keyword(package: Package) -> None:
    models, unset = package.models, package.module.UNSET

    def describe(animal: Any) -> str:
        match animal:
            case models.Dog(tricks=[first, *_], friend=models.Cat(name=name)):
                return f"{first} with {name}"
            case models.Dog(class_="working"):
                return "works"
            case models.Cat(lives=None):
                return "null"
            case models.Cat(lives=lives) if lives is unset:
                return "absent"
            case models.Cat(lives=int(lives)):
                return str(lives)
            case models.Named():
                return "base"
        return "other"

    animal = package.codec("Animal").decode
    cat = {"name": "Tom"}
    values = [
        {"name": "Rex", "tricks": ["sit", "roll"], "friend": {"name": "Tom", "lives": 9}},
        {"name": "Rex", "tricks": [], "class": "working"},
        {"name": "Rex", "tricks": []},
        cat | {"lives": None},
        cat | {"lives": 7},
        cat,
        3,
    ]
    texts = ["sit with Tom", "works", "base", "null", "7", "absent", "other"]
    assert [describe(animal(v)) for v in values] == texts


def test_patterns_have_no_positions(package: Package) -> None:
    cat = package.models.Cat

    def match_by_position() -> bool:
        match cat(name="Tom"):
            case cat("Tom"):
                return True
        return False

    with pytest.raises(TypeError, match="0 positional sub-patterns"):
        match_by_position()


@pytest.mark.parametrize("replace", _replace_functions())
def test_a_copy_with_changes_keeps_all_else(package: Package, replace: Callable[..., Any]) -> None:
    data = {"name": "Rex", "tricks": ["sit"], "class": "working", "_id": 7, "unknown": 1}
    dog = package.models.Dog.from_dict(data)
    changed = replace(dog, name="Max", class_=package.module.UNSET)
    assert type(changed) is package.models.Dog
    assert dog.to_dict() == data
    assert changed.to_dict() == {"name": "Max", "tricks": ["sit"], "_id": 7, "unknown": 1}
    with pytest.raises(TypeError, match="nonsense"):
        replace(dog, nonsense=1)


def test_models_are_equal_by_class_and_content(package: Package) -> None:
    cat, named = package.models.Cat, package.models.Named
    assert cat(name="Tom") == cat.from_dict({"name": "Tom"})
    assert cat(name="Tom") != cat.from_dict({"name": "Tom", "unknown": 1})
    assert cat(name="Tom") != cat(name="Tom", lives=None)
    assert cat(name="Tom") != named(name="Tom")
    assert cat(name="Tom") != {"name": "Tom"}


def test_models_have_no_hash_and_calls_have_one(package: Package) -> None:
    cat = package.models.Cat(name="Tom")
    with pytest.raises(TypeError, match="unhashable"):
        hash(cat)
    add_pet = package.api().add_pet
    assert hash(add_pet(body=cat)) == hash(add_pet(body=package.models.Cat(name="Tom")))
    assert (
        len({add_pet(body=cat), add_pet(body={"name": "Tom"}), add_pet(body={"name": "Pia"})}) == 2
    )


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_share_nothing(package: Package, duplicate: Callable[[Any], Any]) -> None:
    friend = {"name": "Tom", "unknown": [1]}
    dog = package.models.Dog.from_dict({"name": "Rex", "tricks": [], "friend": friend})
    other = duplicate(dog)
    assert other == dog
    assert other.class_ is package.module.UNSET
    other.tricks.append("sit")
    other.friend.additional_properties["unknown"].append(2)
    assert dog.to_dict() == {"name": "Rex", "tricks": [], "friend": {"name": "Tom", "unknown": [1]}}
