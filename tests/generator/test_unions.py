"""Unions without a discriminator: which member reads a value, and how much work the choice is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support import Package, Workshop, schemas

NESTED = """
Node: {oneOf: [{$ref: "#/components/schemas/And"}, {$ref: "#/components/schemas/Or"}]}
And: {type: object, properties: {child: {$ref: "#/components/schemas/Node"}, a: {type: string}}}
Or: {type: object, properties: {child: {$ref: "#/components/schemas/Node"}, b: {type: string}}}
Filter: {anyOf: [{$ref: "#/components/schemas/All"}, {$ref: "#/components/schemas/Some"}, {$ref: "#/components/schemas/Leaf"}]}
All: {type: object, required: [of], properties: {of: {type: array, items: {$ref: "#/components/schemas/Filter"}}, kind: {const: all}}}
Some: {type: object, required: [of], properties: {of: {type: array, items: {$ref: "#/components/schemas/Filter"}}, kind: {const: some}}}
Leaf: {type: object, required: [field], properties: {field: {type: string}}}
Lists: {oneOf: [{type: array, items: {$ref: "#/components/schemas/Lists"}}, {type: array, items: {$ref: "#/components/schemas/Boxed"}}]}
Boxed: {type: object, properties: {box: {$ref: "#/components/schemas/Lists"}}}
Inline: {type: object, properties: {next: {oneOf: [{$ref: "#/components/schemas/Inline"}, {$ref: "#/components/schemas/Inlet"}]}, i: {type: string}}}
Inlet: {type: object, properties: {next: {oneOf: [{$ref: "#/components/schemas/Inlet"}, {$ref: "#/components/schemas/Inline"}]}, o: {type: string}}}
Mixed: {oneOf: [{$ref: "#/components/schemas/Tree"}, {$ref: "#/components/schemas/Branch"}]}
Tree: {type: object, properties: {child: {$ref: "#/components/schemas/Tree"}, t: {type: string}}}
Branch: {type: object, properties: {child: {$ref: "#/components/schemas/Mixed"}, u: {type: string}}}
"""


@pytest.fixture(scope="module")
def nested(workshop: Workshop) -> Package:
    return workshop(schemas(NESTED))


def nest(start: Any, depth: int, *layers: Any) -> Any:
    """`start` inside `depth` layers, each a function, taken in turn."""
    for i in range(depth):
        start = layers[i % len(layers)](start)
    return start


VALUES = {
    "Node": lambda n: nest({"b": "x"}, n, lambda v: {"child": v}),
    "Filter": lambda n: nest({"field": "x"}, n, lambda v: {"of": [v, {"field": "y"}]}),
    "Lists": lambda n: nest({}, n, lambda v: {"box": v}, lambda v: [v]),
    "Inline": lambda n: nest({"o": "x"}, n, lambda v: {"next": v}),
    "Mixed": lambda n: nest({"u": "x"}, n, lambda v: {"child": v}),
}


@pytest.mark.parametrize("name", VALUES)
def test_the_work_grows_with_the_size_of_the_value(
    nested: Package, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unions inside unions: twice the depth takes twice the scores, not their square and not a power of two."""
    reader = nested.part("_runtime.model_reader").ModelReader
    score, calls = reader.score, []

    def count(self: Any, value: Any) -> Any:
        calls.append(self)
        return score(self, value)

    monkeypatch.setattr(reader, "score", count)

    def work(depth: int) -> int:
        calls.clear()
        value = VALUES[name](depth)
        codec = nested.codec(name)
        assert codec.encode(codec.decode(value)) == value
        return len(calls)

    assert 0 < work(80) - work(40) == 2 * (work(40) - work(20))


def test_what_is_deep_inside_decides(nested: Package) -> None:
    """Only the innermost object tells the members apart."""
    node = nested.codec("Node").decode(VALUES["Node"](30))
    while node.child:
        node = node.child
    assert type(node).__name__ == "Or"


COMPONENTS = """
A: {type: object, required: [kind, a], properties: {kind: {type: string}, a: {type: string, format: date}}}
B: {type: object, required: [kind, b], properties: {kind: {type: string, enum: [b]}, b: {type: string}}}
C: {type: object, required: [c], properties: {c: {type: string}}}
Empty: {properties: {}, required: [], oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]}
Same:
  type: object
  additionalProperties: false
  required: [kind]
  properties: {kind: {type: string, description: Which one.}}
  oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]
Inside:
  allOf:
    - {type: object, properties: {kind: {type: string}}}
    - {anyOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]}
More:
  type: object
  properties: {note: {type: string, format: date}}
  oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/C"}]
Fewer:
  anyOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/C"}]
  oneOf: [{$ref: "#/components/schemas/C"}, {$ref: "#/components/schemas/A"}]
FewerWithNull:
  anyOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/C"}, {type: "null"}]
  oneOf: [{$ref: "#/components/schemas/C"}, {$ref: "#/components/schemas/A"}]
NoNull: {type: object, oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/C"}, {type: "null"}]}
Null: {type: [object, "null"], oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/C"}, {type: "null"}]}
Text: {type: string, anyOf: [{format: date}, {type: "null"}]}
"""


@pytest.fixture(scope="module")
def components(workshop: Workshop) -> Package:
    return workshop(schemas(COMPONENTS))


@pytest.mark.parametrize(
    ("name", "members"),
    {
        "Empty": ["A", "B"],
        "Same": ["A", "B"],
        "Inside": ["A", "B"],
        "Fewer": ["C", "A"],
        "FewerWithNull": ["C", "A"],
        "NoNull": ["A", "C"],
        "Null": ["A", "C", None],
    }.items(),
)
def test_a_component_is_a_member_itself(
    components: Package, name: str, members: list[str | None]
) -> None:
    """What is beside the union makes no class for it that says the same; what cannot match is no member."""
    union = getattr(components.models, name)
    found = [m.__forward_arg__ if hasattr(m, "__forward_arg__") else None for m in union.__args__]
    assert found == members


def test_properties_beside_a_union_that_its_members_lack_make_classes(components: Package) -> None:
    value = {"kind": "a", "a": "2020-01-01", "note": "2020-01-02"}
    read = components.codec("More").decode(value)
    assert type(read).__name__ == "MoreA"
    assert isinstance(read, components.models.More)
    assert read.note.day == 2


def test_null_that_the_type_excludes_is_no_member(components: Package) -> None:
    source = (components.folder / "models" / "text.py").read_text()
    assert "None" not in source.split("TypeAlias = ")[1].splitlines()[0]
