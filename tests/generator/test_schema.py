"""The schema stage by its result, the type graph: facts that the text of a generated package shows only in part."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from tests.support import Workshop, document, save

from orcagen import pipeline, reading, schema
from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Key, read
from orcagen.openapi.vendor_extensions import ValueName
from orcagen.schema import Alias, Constraint, ObjectType, TypeGraph, TypeRef, UnionType
from orcagen.schema.model import OBJECT_PART, POLYMORPHIC
from orcagen.source.loader import Source, load


def _build(folder: Path, schemas: dict[str, Any]) -> tuple[TypeGraph, str]:
    """The graph for component schemas, and the file that they are in."""
    source = load(str(save(folder, document({"components": {"schemas": schemas}}))))
    return schema.build(*read(source, Diagnostics(source.find_lines))), source.root


def test_constraints_are_values(tmp_path: Path) -> None:
    """In a fixed order; what is no number, text or boolean is none."""
    b = {"type": "string", "pattern": "^a, b$", "maxLength": 9, "minLength": 1, "minimum": {}}
    c = {"type": "array", "items": {"type": "number"}, "uniqueItems": True}
    graph, file = _build(tmp_path, {"A": {"type": "object", "properties": {"b": b, "c": c}}})
    a = graph.named[Key(file, "/components/schemas/A")]
    assert isinstance(a, ObjectType)
    assert a.properties[0].constraints == (
        Constraint("minLength", 1),
        Constraint("maxLength", 9),
        Constraint("pattern", "^a, b$"),
    )
    assert a.properties[1].constraints == (Constraint("uniqueItems", True),)


def test_value_names_are_pairs(tmp_path: Path) -> None:
    """Of a property and of a component; values without a name are left out, as are names that repeat the values."""
    level = {"type": "integer", "enum": [0, 1, 2], "x-enum-varnames": ["Low", "", "High"]}
    plain = {"enum": ["s"], "x-enum-varnames": ["s"]}
    properties = {"level": level, "plain": plain}
    graph, file = _build(
        tmp_path, {"A": {"type": "object", "properties": properties}, "Level": level}
    )
    a = graph.named[Key(file, "/components/schemas/A")]
    alias = graph.named[Key(file, "/components/schemas/Level")]
    assert isinstance(a, ObjectType)
    assert isinstance(alias, Alias)
    named = (ValueName(0, "Low"), ValueName(2, "High"))
    assert [p.value_names for p in a.properties] == [named, ()]
    assert alias.value_names == named


def test_types_beside_a_schema_have_a_role(tmp_path: Path) -> None:
    """The union of a base class with all that extend it, at any distance; the class of an object or something else."""
    pet = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind"},
    }
    schemas = {
        "Pet": pet,
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}]},
        "Lion": {"allOf": [{"$ref": "#/components/schemas/Cat"}]},
        "Zoo": {"type": "object", "properties": {"pet": {"$ref": "#/components/schemas/Pet"}}},
        "Mixed": {"type": ["object", "string"], "properties": {"a": {"type": "string"}}},
    }
    graph, file = _build(tmp_path, schemas)
    keys = {name: Key(file, f"/components/schemas/{name}") for name in schemas}
    union = graph.named[Key(file, keys["Pet"].pointer, POLYMORPHIC)]
    assert isinstance(union, Alias)
    assert union.type == UnionType(tuple(TypeRef(keys[n]) for n in ("Cat", "Lion", "Pet")))
    assert union.discriminator == "kind"
    assert union.mapping == {n: keys[n] for n in ("Pet", "Cat", "Lion")}
    zoo = graph.named[keys["Zoo"]]
    assert isinstance(zoo, ObjectType)
    assert zoo.properties[0].type == TypeRef(union.key)
    part = Key(file, keys["Mixed"].pointer, OBJECT_PART)
    assert isinstance(graph.named[part], ObjectType)
    mixed = graph.named[keys["Mixed"]]
    assert isinstance(mixed, Alias)
    assert TypeRef(part) in schema.union_members(mixed.type)


def test_bodies_may_have_defaults_that_are_lists_or_objects(workshop: Workshop) -> None:
    properties = {
        "a": {"type": "array", "items": {"type": "string"}, "default": ["x"]},
        "b": {"type": "object", "default": {"x": [1]}},
    }
    thing = {"type": "object", "properties": properties}
    inner = {
        "type": "object",
        "properties": {"one": thing, "all": {"type": "array", "items": thing}},
    }
    content = {"multipart/form-data": {"schema": inner}, "application/json": {"schema": inner}}
    post = {
        "operationId": "f",
        "requestBody": {"content": content},
        "responses": {"200": {"description": ""}},
    }
    package = workshop(document({"paths": {"/a": {"post": post}}}))
    assert package.messages == []


# Memory


def test_a_plan_does_not_keep_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read of a large document takes most of the memory; it is freed before text is rendered."""
    sources: list[weakref.ref[Source]] = []

    def load_and_note(*args: Any, **options: Any) -> Source:
        source = load(*args, **options)
        sources.append(weakref.ref(source))
        return source

    monkeypatch.setattr(reading, "load", load_and_note)
    pet = {"type": "object", "properties": {"home": {"properties": {"street": {"type": "string"}}}}}
    cat = {
        "allOf": [{"$ref": "#/components/schemas/Pet"}],
        "properties": {"age": {"type": "integer"}},
    }
    path = save(tmp_path, document({"components": {"schemas": {"Pet": pet, "Cat": cat}}}))
    gc.disable()  # garbage of cycles would stay until it runs
    try:
        planned = pipeline.make_plan(str(path), "pets")
        assert sources
        assert sources[0]() is None
    finally:
        gc.enable()
    assert planned.package.models
