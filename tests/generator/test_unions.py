"""Unions without a discriminator: which member reads a value, and how much work the choice is."""

from __future__ import annotations

import cProfile
import sys
from typing import Any

import pytest
from tests.support import Package, Workshop, schemas

from orcagen.openapi.regular_expressions import is_cheap

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
def test_the_work_grows_with_the_size_of_the_value(nested: Package, name: str) -> None:
    """Unions inside unions: four times the depth takes four times the scores, not 16 times as many and not a power of two."""
    codec = nested.codec(name)

    def work(depth: int) -> int:
        value, profile = VALUES[name](depth), cProfile.Profile()
        assert codec.encode(profile.runcall(codec.decode, value)) == value
        scores = (
            e for e in profile.getstats() if "_score_model" in getattr(e.code, "co_qualname", "")
        )
        return sum(entry.callcount for entry in scores)

    assert 0 < work(104) <= 5 * work(26)


def test_what_is_deep_inside_decides(nested: Package) -> None:
    """Only the innermost object tells the members apart."""
    node = nested.codec("Node").decode(VALUES["Node"](30))
    while node.child:
        node = node.child
    assert type(node).__name__ == "Or"


def test_what_is_too_deep_for_the_stack_stays_as_it_came(nested: Package) -> None:
    node = nested.codec("Node").decode(VALUES["Node"](sys.getrecursionlimit() - 200))
    depth = 0
    while not isinstance(node, dict):
        node, depth = node.child, depth + 1
    assert depth > 100
    assert list(node) == ["child"]


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
  required: [note]
  properties: {note: {type: string, format: date}, place: {type: object, properties: {city: {type: string}}}}
  oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/C"}]
Other:
  properties: {note: {type: integer}}
  oneOf: [{$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/C"}]
Heir: {allOf: [{$ref: "#/components/schemas/C"}, {type: object, properties: {d: {type: string}}}]}
Sole: {type: object, required: [more], properties: {more: {type: integer}}, oneOf: [{$ref: "#/components/schemas/A"}]}
Fewer:
  anyOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/C"}]
  oneOf: [{$ref: "#/components/schemas/C"}, {$ref: "#/components/schemas/A"}]
Overlap:
  anyOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]
  oneOf: [{$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/C"}]
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


def test_two_unions_are_what_they_have_in_common(components: Package) -> None:
    assert components.models.Overlap is components.models.B


def test_properties_beside_a_union_are_those_of_its_members(components: Package) -> None:
    """No second class, and the component is taken where the union is asked for."""
    models = components.models
    value = {"kind": "a", "a": "2020-01-01", "note": "2020-01-02", "place": {"city": "X"}}
    read = components.codec("More").decode(value)
    assert type(read) is models.A
    assert (read.note.day, read.place.city) == (2, "X")
    assert type(read.place) is models.MorePlace
    assert read.to_dict() == value
    assert models.C(c="c").to_dict() == {"c": "c"}
    assert issubclass(models.Heir, models.C)
    assert models.Heir(c="c", note=read.note).to_dict() == {"c": "c", "note": "2020-01-02"}


def test_properties_beside_a_union_that_differ_are_either(components: Package) -> None:
    hints = components.models.C.__annotations__
    assert set(hints["note"].split(" | ")) == {"dt.date", "int", "Unset"}


def test_what_stands_beside_a_single_variant_extends_it(components: Package) -> None:
    assert issubclass(components.models.Sole, components.models.A)
    assert components.models.Sole.__annotations__ == {"more": "int"}
    assert "more" not in components.models.A.__annotations__


def test_null_that_the_type_excludes_is_no_member(components: Package) -> None:
    source = (components.folder / "models" / "text.py").read_text()
    assert "None" not in source.split("TypeAlias = ")[1].splitlines()[0]


VALUES_AND_CONSTANTS = """
Mode:
  oneOf:
    - {const: fast, title: Fast, description: Lower quality.}
    - {const: slow, title: Slow}
    - {const: auto}
Level: {type: integer, anyOf: [{const: 1, title: One}, {const: 2, title: Two}, {type: "null"}]}
Job:
  type: object
  required: [mode, ok, ratio, shape, sizes]
  properties:
    mode: {oneOf: [{const: a, title: A}, {const: b}]}
    ok: {type: boolean, enum: [true, false]}
    ratio: {const: 1.5}
    shape: {const: {kind: box}}
    sizes: {const: [1, 2]}
    nothing: {type: string, enum: []}
Whole: {type: integer, enum: [1.0, 9223372036854775807]}
Parts: {type: number, enum: [1, 2.5]}
V1: {type: object, required: [version], properties: {version: {const: 1.5}, day: {type: string, format: date}}}
V2: {type: object, required: [version], properties: {version: {const: 2.5}, day: {type: string, format: date}}}
Versions: {oneOf: [{$ref: "#/components/schemas/V1"}, {$ref: "#/components/schemas/V2"}]}
Short: {type: object, additionalProperties: false, properties: {a: {type: string}}}
Long: {type: object, additionalProperties: false, properties: {a: {type: string}, b: {type: string}, c: {type: array, items: {type: string}}}}
Wide: {type: object, properties: {a: {type: string}}}
Strict: {oneOf: [{$ref: "#/components/schemas/Short"}, {$ref: "#/components/schemas/Wide"}]}
Lengths: {oneOf: [{$ref: "#/components/schemas/Short"}, {$ref: "#/components/schemas/Long"}]}
Undeclared: {type: object, required: [z, a], properties: {a: {type: string}}, additionalProperties: {type: string, format: date}}
Impossible: {type: object, required: [z], properties: {a: {type: string}}, additionalProperties: false}
Part:
  allOf:
    - {type: object, required: [later]}
    - {type: object, properties: {later: {type: string, format: date}}}
"""


@pytest.fixture(scope="module")
def constants(workshop: Workshop) -> Package:
    return workshop(schemas(VALUES_AND_CONSTANTS))


def source_of(package: Package, module: str) -> str:
    return (package.folder / "models" / f"{module}.py").read_text()


def test_a_union_of_constants_is_a_documented_open_enum(constants: Package) -> None:
    assert 'Literal["fast", "slow", "auto"] | str' in source_of(constants, "mode")
    assert "fast = Fast: Lower quality, slow = Slow" in source_of(constants, "mode")
    assert "Literal[1, 2] | int | None" in source_of(constants, "level")
    assert 'mode: Literal["a", "b"] | str\n' in source_of(constants, "job")


def test_an_enum_without_values_restricts_nothing(constants: Package) -> None:
    assert "nothing: str | Unset = UNSET" in source_of(constants, "job")
    assert "enum without values allows nothing; enum ignored" in constants.messages


def test_constants_of_every_json_type_are_filled_in(constants: Package) -> None:
    job = constants.models.Job(mode="a", ok=False)
    value = {"mode": "a", "ok": False, "ratio": 1.5, "shape": {"kind": "box"}, "sizes": [1, 2]}
    assert job.to_dict() == value
    assert constants.models.Job(mode="a", ok=True).shape is not job.shape
    with pytest.raises(TypeError, match="'ok'"):
        constants.models.Job(mode="a")


def test_numbers_of_an_enum(constants: Package) -> None:
    assert "Literal[1, 9223372036854775807] | int" in source_of(constants, "whole")
    assert "Parts: TypeAlias = Literal[1] | int | float\n" in source_of(constants, "parts")


@pytest.mark.parametrize(
    ("union", "value", "expected"),
    [
        ("Versions", {"version": 2.5, "day": "2020-01-01"}, "V2"),
        ("Versions", {"version": 1.5}, "V1"),
        ("Versions", {"version": 3.5}, "dict"),
        ("Strict", {"a": "1"}, "Short"),
        ("Strict", {"a": "1", "x": 1}, "Wide"),
        ("Lengths", {"a": "1"}, "Short"),
        ("Lengths", {"a": "1", "b": 2}, "Long"),
        ("Lengths", {"a": "1", "b": 2, "c": 3}, "Long"),
    ],
    ids=str,
)
def test_constants_and_closed_objects_decide(
    constants: Package, union: str, value: Any, expected: str
) -> None:
    codec = constants.codec(union)
    chosen = codec.decode(value)
    assert type(chosen).__name__ == expected
    assert codec.encode(chosen) == value


def test_required_properties_without_a_schema(constants: Package) -> None:
    """They have the type of additional properties. What these exclude cannot be given, and need not be."""
    m = constants.models
    assert m.Undeclared.from_dict({"z": "2020-01-02", "a": "1"}).z.day == 2
    with pytest.raises(TypeError, match="'z'"):
        m.Undeclared(a="1")
    assert m.Impossible(a="1").to_dict() == {"a": "1"}
    message = "property 'z' is required, but not allowed by `additionalProperties: false`"
    assert any(message in text for text in constants.messages)
    with pytest.raises(TypeError, match="'later'"):
        m.Part()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    {
        "^item_[A-Za-z0-9]+$": True,
        "^(?:[a-f0-9]{4}-){3}[a-f0-9]{4}$": True,
        r"^\((foo|bar)+\)$": False,
        r"^[(+*]+\)$": True,
        "^(a+)+$": False,
        "(a|a)*b": False,
        r"^(\w+\s?)*$": False,
        "(a{1,9}){1,9}": False,
        "a*a*a*a*b": False,
        "a?" * 30 + "a" * 30: False,
        "(a|a)" * 30 + "b": False,
        r"(a*)\1": False,
    }.items(),
)
def test_patterns_that_can_be_slow_are_recognized(pattern: str, expected: bool) -> None:
    assert is_cheap(pattern) is expected


def test_a_slow_pattern_tells_no_classes_apart(workshop: Workshop) -> None:
    """What a server sends is matched against cheap patterns only, and in full length only if it is short."""
    package = workshop(
        schemas(
            """
            U: {anyOf: [{$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/A"}]}
            A: {type: object, required: [id], properties: {id: {type: string, pattern: "^(a+)+$"}, x: {type: integer}}}
            B: {type: object, required: [id], properties: {id: {type: string, pattern: "^b+c*b*$"}, x: {type: integer}}}
            """
        )
    )
    codec = package.codec("U")
    long = "b" * 100_000 + "d"
    for text, expected in {"bbc": "B", "zz": "A", long: "B", "a" * 50 + "!": "A"}.items():
        assert type(codec.decode({"id": text, "x": 1})).__name__ == expected
