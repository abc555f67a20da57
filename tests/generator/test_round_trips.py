"""The keywords of JSON Schema as models: what is read is written again, nothing lost, nothing altered."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from decimal import Decimal
from typing import Any
from uuid import UUID

import attrs
import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from tests.support import Package, Workshop, document, schemas

SCHEMAS = """
Flat:
  type: object
  required: [name, class]
  properties:
    name: {type: string}
    class: {type: string}
    size: {type: integer, default: 5}
    ratio: {type: number}
    flag: {type: boolean}
    note: {type: [string, "null"]}
    nothing: {type: "null"}
    anything: {}
    "yes": true
    "no": false
    "odd name!": {type: string}
    from_dict: {type: string}
    $ref: {type: string}
Formats:
  type: object
  properties:
    at: {type: string, format: date-time}
    day: {type: string, format: date}
    clock: {type: string, format: time}
    id: {type: string, format: uuid}
    data: {type: string, format: byte}
    base64: {type: string, contentEncoding: base64}
    price: {type: string, format: decimal}
    long: {type: integer, format: int64}
    double: {type: number, format: double}
    span: {type: string, format: duration}
    mail: {type: string, format: email}
    odd: {type: string, format: acme-serial}
    ats: {type: array, items: {type: string, format: date-time}}
Typed:
  type: object
  properties: {name: {type: string}}
  additionalProperties: {type: string, format: date}
Patterns:
  type: object
  properties: {name: {type: string}}
  patternProperties: {"^x-": {$ref: "#/components/schemas/Flat"}}
Map: {type: object, additionalProperties: {$ref: "#/components/schemas/Flat"}}
PatternMap: {type: object, patternProperties: {"^d": {type: string, format: date}}}
AnyMap: {type: object}
Closed: {type: object, properties: {a: {type: integer}}, additionalProperties: false}
OnlyRequired: {type: object, required: [a]}
Numbers: {type: array, items: {type: integer}}
Nested: {type: array, items: {type: array, items: {$ref: "#/components/schemas/Flat"}}}
Pair:
  type: array
  prefixItems: [{type: string, format: date}, {$ref: "#/components/schemas/Flat"}]
  items: false
  minItems: 2
Open: {type: array, prefixItems: [{type: string}, {type: integer}], minItems: 2, items: {type: boolean}}
Short: {type: array, prefixItems: [{type: string}, {$ref: "#/components/schemas/Flat"}]}
Words: {enum: [red, green, ""]}
Levels: {type: integer, enum: [1, 2, 3]}
Mixed: {enum: [a, 1, 2.5, true, null, [1], {b: 2}]}
Same: {enum: [a-b, a_b, "a b", A-B, 1, "1"]}
Word: {const: only}
Seven: {const: 7}
Nothing: {const: null}
Whole: {const: {a: [1]}}
Constants:
  type: object
  required: [kind, version, live]
  properties:
    kind: {const: thing}
    version: {enum: [2]}
    live: {const: true}
    mode: {const: fast}
Colored: {type: object, properties: {color: {$ref: "#/components/schemas/Words"}, level: {$ref: "#/components/schemas/Levels"}}}
Base: {type: object, required: [id], properties: {id: {type: string}, at: {type: string, format: date-time}}}
Derived:
  allOf:
    - $ref: "#/components/schemas/Base"
    - {type: object, required: [at, own], properties: {own: {type: integer}}}
Deep:
  allOf:
    - $ref: "#/components/schemas/Derived"
    - allOf: [{properties: {more: {type: array, items: {$ref: "#/components/schemas/Base"}}}}]
  properties: {own: {minimum: 3}, last: {type: boolean}}
Siblings:
  type: object
  properties:
    base: {$ref: "#/components/schemas/Base", description: Said here.}
    wider: {$ref: "#/components/schemas/Base", properties: {extra: {type: string, format: date}}}
    part: {$ref: "#/components/schemas/Formats/properties/day"}
    escaped: {$ref: "#/components/schemas/a~1b"}
    spaced: {$ref: "#/components/schemas/c%20d"}
c d: {type: object, properties: {c: {type: string, format: date}}}
a/b: {type: object, properties: {c: {type: string, format: date}}}
Any: {anyOf: [{$ref: "#/components/schemas/Base"}, {type: string, format: date}, {type: integer}]}
Nullable: {oneOf: [{$ref: "#/components/schemas/Base"}, {type: "null"}]}
Several: {type: [string, integer, "null"]}
ObjectOrList: {type: [object, array], properties: {a: {type: string, format: date}}, items: {type: string, format: date}}
WithUnion:
  type: object
  required: [kind]
  properties: {kind: {type: string}}
  oneOf:
    - {required: [left], properties: {left: {type: string, format: date}}}
    - {required: [right], properties: {right: {$ref: "#/components/schemas/Base"}}}
Tree: {type: object, properties: {value: {type: string, format: date}, children: {type: array, items: {$ref: "#/components/schemas/Tree"}}}}
Odd: {type: object, properties: {even: {$ref: "#/components/schemas/Even"}}}
Even: {type: object, properties: {odd: {oneOf: [{$ref: "#/components/schemas/Odd"}, {type: "null"}]}}}
Json: {oneOf: [{type: [string, number, boolean, "null"]}, {type: array, items: {$ref: "#/components/schemas/Json"}}, {type: object, additionalProperties: {$ref: "#/components/schemas/Json"}}]}
Local:
  type: object
  properties: {one: {$ref: "#/components/schemas/Local/$defs/Inner"}, two: {$ref: "#/components/schemas/Local/$defs/word"}}
  $defs: {Inner: {type: object, properties: {day: {type: string, format: date}}}, word: {enum: [a, b]}}
Dynamic:
  $dynamicAnchor: node
  type: object
  properties: {day: {type: string, format: date}, next: {$dynamicRef: "#node"}}
Anchored: {type: object, properties: {it: {$ref: "#there"}}}
There: {$anchor: there, type: object, properties: {day: {type: string, format: date}}}
Conditions:
  type: object
  properties: {a: {type: string}, day: {type: string, format: date}}
  not: {required: [z]}
  if: {required: [a]}
  then: {required: [day]}
  dependentRequired: {a: [day]}
  propertyNames: {pattern: "^[a-z]+$"}
  minProperties: 1
Server: {type: object, required: [id, name], properties: {id: {type: string, readOnly: true}, name: {type: string}, password: {type: string, writeOnly: true}, made: {type: string, format: date-time, readOnly: true}}}
"True": true
"False": false
Empty: {}
Cat: {type: object, required: [pet], properties: {pet: {type: string}, lives: {type: integer}}}
Dog: {type: object, required: [pet], properties: {pet: {type: string}, bark: {type: string, format: date}}}
Pets: {oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}], discriminator: {propertyName: pet}}
Mapped:
  oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
  discriminator: {propertyName: pet, mapping: {kitty: "#/components/schemas/Cat", puppy: Dog, "a/b": "#/components/schemas/a~1b"}}
Zoo: {type: object, properties: {star: {$ref: "#/components/schemas/Mapped"}, all: {type: array, items: {$ref: "#/components/schemas/Pets"}}}}
"""

FLAT = {"name": "a", "class": "b"}
BASE = {"id": "1", "at": "2026-01-02T03:04:05Z"}

VALID: dict[str, list[Any]] = {
    "Flat": [
        FLAT,
        {**FLAT, "size": None, "note": None, "nothing": None, "anything": None},
        {**FLAT, "size": 0, "ratio": 0.0, "flag": False, "note": "", "yes": [], "no": {}},
        {**FLAT, "odd name!": "x", "from_dict": "y", "$ref": "z", "unknown": {"deep": [None]}},
        {**FLAT, "size": 10**40, "ratio": 1, "anything": {"a": [1, 2.5, "x", None, True]}},
        {**FLAT, "additional_properties": {"x": 1}, "self": 2, "name_": 3, "": 4, "été": 5},
    ],
    "Formats": [
        {},
        {
            "at": "2026-01-02T03:04:05.678Z",
            "day": "2026-02-28",
            "clock": "03:04:05",
            "id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "data": "AP8=",
            "base64": "AP8=",
            "price": "1.10",
            "long": 2**63,
            "double": 1e-300,
            "span": "P3D",
            "mail": "a@b.c",
            "odd": "x",
            "ats": ["2026-01-02T03:04:05+02:00"],
        },
        {"at": None, "data": "", "price": "", "ats": None},
    ],
    "Typed": [{}, {"name": "a", "2026": "2026-01-01"}, {"x": "no date"}, {"x": None}],
    "Patterns": [{"name": "a", "x-1": FLAT, "y": {"z": 1}, "x-2": 5}],
    "Map": [{}, {"a": FLAT, "": FLAT}],
    "PatternMap": [{"day": "2026-01-01", "other": 1}],
    "AnyMap": [{}, {"a": {"b": [1]}}],
    "Closed": [{"a": 1}, {}],
    "OnlyRequired": [{"a": 1}, {"a": None, "b": 2}],
    "Numbers": [[], [1, 10**40, -1]],
    "Nested": [[], [[]], [[FLAT], [FLAT, FLAT]]],
    "Pair": [["2026-01-01", FLAT]],
    "Open": [["a", 1], ["a", 1, True, False]],
    "Short": [[], ["a"], ["a", FLAT], ["a", FLAT, {"more": 1}]],
    "Words": ["red", "", "unknown", "Red"],
    "Levels": [1, 3, 99],
    "Mixed": ["a", 1, 2.5, True, None, [1], {"b": 2}, "new", 7, False],
    "Same": ["a-b", "a_b", "a b", "A-B", 1, "1"],
    "Word": ["only"],
    "Seven": [7],
    "Nothing": [None],
    "Whole": [{"a": [1]}],
    "Constants": [
        {"kind": "thing", "version": 2, "live": True},
        {"kind": "thing", "version": 2, "live": True, "mode": "fast"},
    ],
    "Colored": [{"color": "red", "level": 1}, {"color": "mauve", "level": 9}, {"color": None}],
    "Derived": [{**BASE, "own": 1}, {**BASE, "own": 1, "extra": []}],
    "Deep": [{**BASE, "own": 3, "more": [BASE], "last": True}],
    "Siblings": [
        {"base": BASE, "wider": {**BASE, "extra": "2026-01-01"}, "part": "2026-01-01"},
        {"escaped": {"c": "2026-01-01"}, "spaced": {"c": "2026-01-01"}},
    ],
    "Any": [BASE, "2026-01-01", "text", 7, {"id": "x", "y": 1}],
    "Nullable": [BASE, None],
    "Several": ["a", 1, None],
    "ObjectOrList": [{"a": "2026-01-01"}, ["2026-01-01"], {"b": 1}],
    "WithUnion": [
        {"kind": "l", "left": "2026-01-01"},
        {"kind": "r", "right": BASE},
        {"kind": "?", "other": 1},
    ],
    "Tree": [
        {"value": "2026-01-01", "children": [{"children": []}, {"value": "2026-01-02"}]},
    ],
    "Odd": [{"even": {"odd": {"even": {"odd": None}}}}],
    "Json": [None, 1, "a", [1, ["a", {"b": [None]}]], {"a": {"b": [True, 1.5]}}],
    "Local": [{"one": {"day": "2026-01-01"}, "two": "a"}],
    "Dynamic": [{"day": "2026-01-01", "next": {"day": "2026-01-02", "next": {}}}],
    "Anchored": [{"it": {"day": "2026-01-01"}}],
    "Conditions": [{"a": "x", "day": "2026-01-01"}],
    "Server": [{"id": "1", "name": "n", "made": "2026-01-01T00:00:00Z"}, {"name": "n"}],
    "True": [1, None, {"a": []}],
    "False": [1, None],
    "Empty": ["x", [1], {}],
    "Pets": [{"pet": "Cat", "lives": 9}, {"pet": "Dog", "bark": "2026-01-01"}, {"pet": "Eel"}],
    "Mapped": [{"pet": "kitty"}, {"pet": "puppy", "x": 1}, {"pet": "a/b", "c": "2026-01-01"}],
    "Zoo": [{"star": {"pet": "kitty"}, "all": [{"pet": "Dog"}, {"pet": "?"}]}],
}


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(schemas(SCHEMAS))


@pytest.fixture(scope="module")
def symbols(package: Package) -> dict[str, str]:
    """The Python name of each schema."""
    found = package.made.package.schemas
    return {p.rpartition("/")[2].replace("~1", "/"): s.rpartition(".")[2] for p, s in found.items()}


def _text(value: Any) -> str:
    """JSON that tells 1 from 1.0 and from true, whatever the order of keys."""
    return json.dumps(value, sort_keys=True)


def test_every_schema_of_the_document_has_values_here(symbols: dict[str, str]) -> None:
    assert symbols.keys() - VALID.keys() == {"Base", "a/b", "c d", "Even", "There", "Cat", "Dog"}


@pytest.mark.parametrize("name", VALID)
def test_valid_values_come_back_as_they_were(
    package: Package, symbols: dict[str, str], name: str
) -> None:
    codec = package.codec(symbols[name])
    for value in VALID[name]:
        before = copy.deepcopy(value)
        assert _text(codec.encode(codec.decode(value))) == _text(before)
        assert value == before, "reading changed what it read"


@pytest.mark.parametrize("name", VALID)
def test_models_come_back_equal(package: Package, symbols: dict[str, str], name: str) -> None:
    codec = package.codec(symbols[name])
    for value in VALID[name]:
        one = codec.decode(value)
        assert codec.decode(codec.encode(one)) == one
        assert pickle.loads(pickle.dumps(one)) == one
        assert _text(codec.encode(copy.deepcopy(one))) == _text(value)


# Types: that the round trips above are not those of plain JSON.

TYPES = [
    ("Flat", "name", "str"),
    ("Flat", "class_", "str"),
    ("Flat", "size", "int | Unset"),
    ("Flat", "ratio", "float | Unset"),
    ("Flat", "flag", "bool | Unset"),
    ("Flat", "note", "str | None | Unset"),
    ("Flat", "nothing", "None | Unset"),
    ("Flat", "anything", "Any"),
    ("Formats", "at", "dt.datetime | Unset"),
    ("Formats", "day", "dt.date | Unset"),
    ("Formats", "clock", "dt.time | Unset"),
    ("Formats", "id", "UUID | Unset"),
    ("Formats", "data", "bytes | Unset"),
    ("Formats", "base64", "bytes | Unset"),
    ("Formats", "price", "Decimal | Unset"),
    ("Formats", "ats", "list[dt.datetime] | Unset"),
    ("Typed", "additional_properties", "dict[str, dt.date]"),
    ("Constants", "kind", "Literal['thing']"),
    ("Constants", "mode", "Literal['fast'] | Unset"),
    ("Colored", "color", "Words | Unset"),
    ("Derived", "id", "str"),
    ("Derived", "at", "dt.datetime"),
    ("Derived", "own", "int"),
    ("Deep", "more", "list[Base] | Unset"),
    ("Deep", "own", "int"),
    ("Siblings", "base", "Base | Unset"),
    ("Siblings", "part", "dt.date | Unset"),
    ("Siblings", "escaped", "AB | Unset"),
    ("Tree", "children", "list[Tree] | Unset"),
    ("Even", "odd", "Odd | None | Unset"),
    ("Dynamic", "next", "Dynamic | Unset"),
    ("Anchored", "it", "There | Unset"),
]


@pytest.mark.parametrize(("model", "attribute", "expected"), TYPES, ids=str)
def test_attributes_have_the_types_of_their_schemas(
    package: Package, model: str, attribute: str, expected: str
) -> None:
    # With `from __future__ import annotations` a type is the text in the module, but for its quotes.
    assert getattr(attrs.fields(getattr(package.models, model)), attribute).type == expected


def test_formats_become_python_values(package: Package) -> None:
    one = package.models.Formats.from_dict(VALID["Formats"][1])
    assert one.at == dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC)
    assert one.day == dt.date(2026, 2, 28)
    assert one.clock == dt.time(3, 4, 5)
    assert one.id == UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    assert one.data == one.base64 == b"\x00\xff"
    assert one.price == Decimal("1.10")
    assert (one.span, one.mail, one.odd) == ("P3D", "a@b.c", "x")
    assert one.ats == [dt.datetime(2026, 1, 2, 1, 4, 5, tzinfo=dt.UTC)]


def test_inner_values_are_read_too(package: Package, symbols: dict[str, str]) -> None:
    models, date = package.models, dt.date(2026, 1, 1)

    def read(name: str, value: Any) -> Any:
        return package.codec(symbols[name]).decode(value)

    assert read("Typed", {"x": "2026-01-01"}).additional_properties == {"x": date}
    assert type(read("Patterns", {"x-1": FLAT}).additional_properties["x-1"]) is models.Flat
    assert type(read("Map", {"a": FLAT})["a"]) is models.Flat
    assert read("PatternMap", {"day": "2026-01-01"}) == {"day": date}
    assert type(read("Nested", [[FLAT]])[0][0]) is models.Flat
    assert read("Pair", ["2026-01-01", FLAT]) == (date, models.Flat.from_dict(FLAT))
    assert read("Open", ["a", 1, True]) == ("a", 1, True)
    assert read("Siblings", {"wider": {**BASE, "extra": "2026-01-01"}}).wider.extra == date
    assert read("Siblings", {"spaced": {"c": "2026-01-01"}}).spaced.c == date
    assert read("ObjectOrList", {"a": "2026-01-01"}).a == date
    assert read("ObjectOrList", ["2026-01-01"]) == [date]
    assert read("Tree", {"children": [{"value": "2026-01-01"}]}).children[0].value == date
    assert read("Odd", {"even": {"odd": {}}}).even.odd == models.Odd()
    assert read("Local", {"one": {"day": "2026-01-01"}}).one.day == date
    assert read("Dynamic", {"next": {"next": {"day": "2026-01-01"}}}).next.next.day == date
    assert read("Anchored", {"it": {"day": "2026-01-01"}}).it.day == date


# Anything at all

KEYS = sorted(
    "name class size ratio flag note nothing anything yes no from_dict $ref at day clock id data price ats x-1 a b kind "
    "version live mode color level own more last base wider extra part left right value children even odd one two next it "
    "pet lives bark star all c made additional_properties".split()
)
TEXTS = st.one_of(
    st.sampled_from(
        "2026-01-01 2026-01-02T03:04:05Z 2026-01-02T03:04:05.1234567Z 2026-01-02t03:04:05z 03:04:05 AP8= 1.10 red Cat "
        "kitty thing only f81d4fae-7dec-11d0-a765-00a0c91e6bf6".split()
    ),
    st.text(max_size=8),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 2, 7, 2.5]),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=4)), inner, max_size=6),
    ),
    max_leaves=15,
)


@settings(max_examples=150)
@given(value=JSON)
def test_whatever_a_server_sends_comes_back_as_it_was(
    package: Package, symbols: dict[str, str], value: Any
) -> None:
    """Values that no schema allows, too: reading never fails and never loses."""
    before = _text(value)
    for symbol in symbols.values():
        codec = package.codec(symbol)
        assert _text(codec.encode(codec.decode(value))) == before, symbol


@settings(max_examples=100)
@given(value=st.one_of(TEXTS, st.datetimes().map(str), st.text("0123456789:.-+TZtz ", max_size=35)))
def test_texts_of_any_spelling_come_back_as_they_were(package: Package, value: str) -> None:
    data = dict.fromkeys(("at", "day", "clock", "id", "data", "base64", "price", "span"), value)
    assert package.models.Formats.from_dict(data).to_dict() == data


DATE_TIMES = [
    ("2026-01-02T03:04:05Z", 0),
    ("2026-01-02T03:04:05+00:00", 0),
    ("2026-01-02T03:04:05-00:00", 0),
    ("2026-01-02T03:04:05.0Z", 0),
    ("2026-01-02T03:04:05.1Z", 100_000),
    ("2026-01-02T03:04:05.123Z", 123_000),
    ("2026-01-02T03:04:05.123456Z", 123_456),
    ("2026-01-02T03:04:05.1234567Z", 123_456),
    ("2026-01-02T03:04:05.123456789Z", 123_456),
    ("2026-01-02t03:04:05z", 0),
    ("2026-01-02 03:04:05Z", 0),
    ("2026-01-02T05:04:05+02:00", 0),
    ("2026-01-01T21:34:05-05:30", 0),
]


@pytest.mark.parametrize(("text", "microsecond"), DATE_TIMES, ids=str)
def test_date_times_keep_their_instant_and_their_spelling(
    package: Package, text: str, microsecond: int
) -> None:
    one = package.models.Formats.from_dict({"at": text})
    assert one.at == dt.datetime(2026, 1, 2, 3, 4, 5, microsecond, tzinfo=dt.UTC)
    assert one.to_dict() == {"at": text}
    assert pickle.loads(pickle.dumps(one)).to_dict() == {"at": text}
    assert copy.deepcopy(one).to_dict() == {"at": text}


@pytest.mark.parametrize("text", [t for t, _ in DATE_TIMES])
def test_a_date_time_that_was_changed_is_written_anew(package: Package, text: str) -> None:
    one = package.models.Formats.from_dict({"at": text})
    one.at = one.at.replace(year=2030)
    assert one.to_dict()["at"].startswith("2030-01-")
    one.at += dt.timedelta(days=365)
    assert one.to_dict()["at"].startswith("2031-01-")
    one.at = one.at.astimezone(dt.UTC)
    assert package.models.Formats.from_dict(one.to_dict()).at == one.at


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-01-02T23:59:60Z",
        "2026-01-02",
        "0",
        "",
        "20260102T030405Z",
    ],
)
def test_texts_that_are_no_date_time_stay_text(package: Package, text: str) -> None:
    one = package.models.Formats.from_dict({"at": text})
    assert one.at == text
    assert one.to_dict() == {"at": text}


@pytest.mark.parametrize(
    ("attribute", "text", "value"),
    [
        (
            "id",
            "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
            UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        ),
        ("id", "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}", None),
        ("data", "AP8", b"\x00\xff"),  # no padding
        ("data", "_-8=", b"\xff\xef"),  # the other alphabet
        ("data", "AP 8=", None),
        ("price", "1.10", Decimal("1.10")),
        ("price", "1e3", Decimal(1000)),
        (
            "price",
            "12345678901234567890.12345678901234567890",
            Decimal("12345678901234567890.12345678901234567890"),
        ),
        ("price", "NaN", None),
    ],
    ids=str,
)
def test_values_with_several_spellings(
    package: Package, attribute: str, text: str, value: Any
) -> None:
    one = package.models.Formats.from_dict({attribute: text})
    assert one.to_dict() == {attribute: text}
    if value is not None:
        assert getattr(one, attribute) == value


# Absent and null


def test_absent_is_not_null(package: Package) -> None:
    models, unset = package.models, package.module.UNSET
    absent, null = models.Flat.from_dict(FLAT), models.Flat.from_dict({**FLAT, "note": None})
    assert absent.note is unset
    assert not absent.note
    assert null.note is None
    assert absent != null
    absent.note = None
    assert absent == null
    null.note = unset
    assert null.to_dict() == FLAT


def test_unset_is_one(package: Package) -> None:
    unset = package.module.UNSET
    assert copy.deepcopy(unset) is unset
    assert pickle.loads(pickle.dumps(unset)) is unset
    assert repr(unset) == "UNSET"


def test_a_required_property_that_is_missing_is_unset(package: Package) -> None:
    one = package.models.Flat.from_dict({"name": "a"})
    assert one.class_ is package.module.UNSET
    assert one.to_dict() == {"name": "a"}


def test_only_objects_are_read_as_models(package: Package) -> None:
    values: list[Any] = [[], "x", None, 1]
    for value in values:
        with pytest.raises(TypeError, match="Flat"):
            package.models.Flat.from_dict(value)


# Making models


def test_defaults_are_not_sent(package: Package) -> None:
    assert package.models.Flat(name="a", class_="b").to_dict() == FLAT
    assert "Default: 5." in package.made.files["models/flat.py"]


def test_constants_are_filled_in_where_they_are_required(package: Package) -> None:
    assert package.models.Constants().to_dict() == {"kind": "thing", "version": 2, "live": True}
    assert package.models.Constants(mode="fast").to_dict()["mode"] == "fast"


def test_what_the_server_sets_need_not_be_given(package: Package) -> None:
    models = package.models
    assert models.Server(name="n", password="p").to_dict() == {"name": "n", "password": "p"}
    with pytest.raises(TypeError, match="name"):
        models.Server()


def test_required_properties_must_be_given_by_name(package: Package) -> None:
    with pytest.raises(TypeError, match="class_"):
        package.models.Flat(name="a")
    with pytest.raises(TypeError):
        package.models.Flat("a", "b")


def test_models_of_allof_need_what_any_part_requires(package: Package) -> None:
    with pytest.raises(TypeError, match="own"):
        package.models.Derived(id="1", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_a_model_can_be_read_and_compared(package: Package) -> None:
    """Equality and text come from the base: attrs compiles them for no class."""
    one = package.models.Base(id="1")
    assert one == package.models.Base(id="1")
    assert one != package.models.Base(id="2")
    assert package.models.Base.__eq__ is package.part("_runtime.model").ApiModel.__eq__
    assert one != {"id": "1"}
    assert repr(one) == "Base(id='1')"
    assert repr(package.models.Base(id="1", additional_properties={"a": 1})) == (
        "Base(additional_properties={'a': 1}, id='1')"
    )
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_additional_properties_do_not_hide_named_ones(package: Package) -> None:
    one = package.models.Base(id="1", additional_properties={"more": dt.date(2026, 1, 1)})
    assert one.to_dict() == {"id": "1", "more": "2026-01-01"}


# Unions: the best match

UNIONS = """
A: {type: object, required: [a], properties: {a: {type: string}, x: {type: string}}}
B: {type: object, required: [b], properties: {b: {type: string}, x: {type: string}}}
AB: {type: object, required: [a, b], properties: {a: {type: string}, b: {type: string}}}
Loose: {type: object, properties: {x: {type: string}}}
IntA: {type: object, required: [a], properties: {a: {type: integer}}}
Circle: {type: object, required: [shape], properties: {shape: {const: circle}, r: {type: number}}}
Square: {type: object, required: [shape], properties: {shape: {const: square}, r: {type: number}}}
Warm: {type: object, required: [color], properties: {color: {enum: [red, yellow]}}}
Cold: {type: object, required: [color], properties: {color: {enum: [blue, green]}}}
Inner: {type: object, required: [of], properties: {of: {$ref: "#/components/schemas/A"}}}
Other: {type: object, required: [of], properties: {of: {$ref: "#/components/schemas/B"}}}
ByRequired: {oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/AB"}]}
ByRequiredReversed: {oneOf: [{$ref: "#/components/schemas/AB"}, {$ref: "#/components/schemas/B"}, {$ref: "#/components/schemas/A"}]}
ByKnown: {anyOf: [{$ref: "#/components/schemas/Loose"}, {$ref: "#/components/schemas/A"}]}
ByType: {anyOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/IntA"}]}
ByConst: {oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]}
ByEnum: {oneOf: [{$ref: "#/components/schemas/Cold"}, {$ref: "#/components/schemas/Warm"}]}
ByInner: {oneOf: [{$ref: "#/components/schemas/Inner"}, {$ref: "#/components/schemas/Other"}]}
ByItems: {oneOf: [{type: array, items: {$ref: "#/components/schemas/A"}}, {type: array, items: {$ref: "#/components/schemas/B"}}]}
Scalars: {oneOf: [{type: string, format: date}, {type: string, format: date-time}, {type: integer}, {type: boolean}]}
TextOrDate: {anyOf: [{type: string}, {type: string, format: date}]}
Nested: {oneOf: [{$ref: "#/components/schemas/ByConst"}, {$ref: "#/components/schemas/ByRequired"}, {type: "null"}]}
MapOrModel: {oneOf: [{type: object, additionalProperties: {type: integer}}, {$ref: "#/components/schemas/A"}]}
ListOrOne: {oneOf: [{$ref: "#/components/schemas/A"}, {type: array, items: {$ref: "#/components/schemas/A"}}]}
Tagged:
  oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]
  discriminator: {propertyName: kind, mapping: {first: "#/components/schemas/A", second: "#/components/schemas/B"}}
Implicit:
  oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]
  discriminator: {propertyName: kind}
Parent:
  type: object
  required: [kind]
  properties: {kind: {type: string}}
  discriminator: {propertyName: kind, mapping: {son: "#/components/schemas/Son"}}
Son: {allOf: [{$ref: "#/components/schemas/Parent"}, {type: object, properties: {toy: {type: string, format: date}}}]}
Daughter: {allOf: [{$ref: "#/components/schemas/Parent"}, {type: object, properties: {book: {type: string, format: date}}}]}
Family: {type: object, properties: {child: {$ref: "#/components/schemas/Parent"}}}
Again: {allOf: [{$ref: "#/components/schemas/Under"}], description: The same.}
Under:
  allOf:
    - {type: object, required: [id], properties: {id: {type: string}, day: {type: string, format: date}, a: {}}}
    - oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]
      discriminator: {propertyName: kind, mapping: {first: "#/components/schemas/A"}}
Drawn:
  type: object
  properties: {day: {type: string, format: date}}
  oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]
Drawing: {type: object, properties: {drawn: {$ref: "#/components/schemas/Drawn"}}}
"""

BEST = [
    ("ByRequired", {"a": "1"}, "A"),
    ("ByRequired", {"b": "1"}, "B"),
    ("ByRequired", {"a": "1", "b": "2"}, "AB"),
    ("ByRequired", {"a": "1", "x": "2"}, "A"),
    ("ByRequiredReversed", {"a": "1"}, "A"),
    ("ByRequiredReversed", {"a": "1", "b": "2"}, "AB"),
    ("ByKnown", {"x": "1"}, "Loose"),
    ("ByKnown", {"x": "1", "a": "2"}, "A"),
    ("ByType", {"a": "1"}, "A"),
    ("ByType", {"a": 1}, "IntA"),
    ("ByConst", {"shape": "circle"}, "Circle"),
    ("ByConst", {"shape": "square", "r": 1}, "Square"),
    ("ByConst", {"shape": "oval"}, "dict"),
    ("ByEnum", {"color": "red"}, "Warm"),
    ("ByEnum", {"color": "green"}, "Cold"),
    ("ByInner", {"of": {"a": "1"}}, "Inner"),
    ("ByInner", {"of": {"b": "1"}}, "Other"),
    ("Nested", {"shape": "square"}, "Square"),
    ("Nested", {"a": "1", "b": "2"}, "AB"),
    ("Nested", None, "NoneType"),
    ("MapOrModel", {"a": "1"}, "A"),
    ("MapOrModel", {"k": 1, "l": 2}, "dict"),
    ("ListOrOne", {"a": "1"}, "A"),
    ("ListOrOne", [{"a": "1"}], "list"),
    ("Scalars", "2026-01-01", "date"),
    ("Scalars", "2026-01-01T00:00:00Z", "datetime"),
    ("Scalars", "2026-01-01T00:00:00.1234567Z", "datetime"),
    ("Scalars", 1, "int"),
    ("Scalars", True, "bool"),
    ("Scalars", "text", "str"),
    ("Scalars", [1], "list"),
    ("TextOrDate", "2026-01-01", "date"),
    ("TextOrDate", "text", "str"),
    ("Tagged", {"kind": "first", "b": "looks like B"}, "A"),
    ("Tagged", {"kind": "second"}, "B"),
    ("Tagged", {"kind": "third", "b": "1"}, "B"),
    ("Tagged", {"a": "1"}, "A"),
    ("Implicit", {"kind": "B"}, "B"),
    ("Implicit", {"kind": "A", "b": "1"}, "A"),
    ("Under", {"id": "1", "b": "2"}, "B"),
    ("Under", {"id": "1", "kind": "first", "b": "2"}, "A"),
    ("Under", {"id": "1", "kind": "B", "a": "2"}, "B"),
    ("Again", {"id": "1", "b": "2"}, "B"),
    ("Drawn", {"day": "2026-01-01", "shape": "square"}, "Square"),
    ("Drawn", {"day": "2026-01-01", "shape": "oval"}, "dict"),
    ("Drawn", [1], "list"),
]


@pytest.fixture(scope="module")
def unions(workshop: Workshop) -> Package:
    return workshop(schemas(UNIONS))


@pytest.mark.parametrize(("union", "value", "expected"), BEST, ids=str)
def test_the_member_that_fits_best_is_chosen(
    unions: Package, union: str, value: Any, expected: str
) -> None:
    codec = unions.codec(union)
    chosen = codec.decode(value)
    assert type(chosen).__name__.lstrip("_").replace("DateTime", "datetime") == expected
    assert codec.encode(chosen) == value


def test_items_of_lists_decide_too(unions: Package) -> None:
    decode = unions.codec("ByItems").decode
    assert [type(v).__name__ for v in decode([{"a": "1"}, {"a": "2"}])] == ["A", "A"]
    assert [type(v).__name__ for v in decode([{"b": "1"}])] == ["B"]


def test_a_discriminator_of_a_base_class_chooses_among_its_children(unions: Package) -> None:
    """The tag names a child by the mapping, or by the name of its schema."""
    decode = unions.models.Family.from_dict
    assert type(decode({"child": {"kind": "son", "toy": "2026-01-01"}}).child).__name__ == "Son"
    daughter = decode({"child": {"kind": "Daughter", "book": "2026-01-01"}}).child
    assert type(daughter).__name__ == "Daughter"
    unknown = {"child": {"kind": "cousin", "toy": 1}}
    assert decode(unknown).to_dict() == unknown


def test_properties_beside_a_union_are_properties_of_its_members(unions: Package) -> None:
    """A member is one class, whatever stands beside the union: what it has otherwise (`a`) is its own."""
    models = unions.models
    assert not hasattr(models, "UnderA")
    assert models.Again == models.Under
    one = unions.codec("Under").decode({"id": "1", "day": "2026-01-01", "a": "2", "x": "3"})
    # The tag is filled in where callers make a member; one that was read has what was sent.
    expected = models.A(id="1", day=dt.date(2026, 1, 1), a="2", x="3")
    assert expected.kind == "first"
    assert one == attrs.evolve(expected, kind=unions.module.UNSET)
    assert pickle.loads(pickle.dumps(one)) == one
    square = models.Drawing.from_dict({"drawn": {"shape": "square", "day": "2026-01-01"}}).drawn
    assert square == models.Square(shape="square", day=dt.date(2026, 1, 1))
    unknown = {"shape": "oval", "day": "2026-01-01"}
    assert models.Drawing.from_dict({"drawn": unknown}).drawn == unknown


# 3.0 and 2.0

OLD = """
openapi: 3.0.3
components:
  schemas:
    Thing: {type: object, properties: {day: {type: string, format: date}}}
    Old:
      type: object
      required: [text, word, thing]
      properties:
        text: {type: string, nullable: true}
        word: {type: string, nullable: true, enum: [a, b, null]}
        thing: {nullable: true, allOf: [{$ref: "#/components/schemas/Thing"}]}
        ignored: {$ref: "#/components/schemas/Thing", nullable: true}
        list: {type: array, nullable: true, items: {type: integer, nullable: true}}
        limit: {type: integer, minimum: 0, exclusiveMinimum: true}
        file: {type: string, format: binary}
"""


def test_nullable_of_3_0(workshop: Workshop) -> None:
    package = workshop(document(OLD))
    fields = attrs.fields(package.models.Old)
    assert fields.text.type == "str | None"
    assert fields.word.type == "Literal['a', 'b'] | str | None"
    assert fields.thing.type == "Thing | None"
    assert fields.list_.type == "list[int | None] | None | Unset"
    for value in (
        {"text": None, "word": None, "thing": None, "list": None},
        {"text": "a", "word": "c", "thing": {"day": "2026-01-01"}, "list": [1, None]},
    ):
        assert package.models.Old.from_dict(value).to_dict() == value


SWAGGER = """
swagger: "2.0"
definitions:
  Thing:
    type: object
    required: [name]
    properties:
      name: {type: string}
      note: {type: string, x-nullable: true}
      day: {type: string, format: date}
      file: {type: file}
  Pet: {type: object, discriminator: kind, required: [kind], properties: {kind: {type: string}}}
  Cat: {allOf: [{$ref: "#/definitions/Pet"}, {type: object, properties: {lives: {type: integer}}}]}
"""


def test_schemas_of_swagger(workshop: Workshop) -> None:
    package = workshop(document(SWAGGER))
    value = {"name": "a", "note": None, "day": "2026-01-01", "more": 1}
    one = package.models.Thing.from_dict(value)
    assert one.day == dt.date(2026, 1, 1)
    assert one.to_dict() == value
    cat = {"kind": "Cat", "lives": 9}
    assert package.models.Cat.from_dict(cat).to_dict() == cat
    assert package.codec("Pet").encode(package.codec("Pet").decode(cat)) == cat


# Circles

CIRCLES = {
    "a union of itself": "A: {anyOf: [{$ref: '#/components/schemas/A'}, {type: array}]}",
    "a union of itself under properties": """
        A: {anyOf: [{$ref: '#/components/schemas/A'}, {type: array}], properties: {x: {type: string}}}""",
    "a part of itself": "A: {allOf: [{$ref: '#/components/schemas/A'}], properties: {x: {type: string}}}",
    "parts of each other": """
        A: {allOf: [{$ref: '#/components/schemas/B'}], properties: {x: {type: string}}}
        B: {allOf: [{$ref: '#/components/schemas/A'}], properties: {y: {type: string}}}""",
    "unions of each other": """
        A: {anyOf: [{$ref: '#/components/schemas/B'}, {type: string}], properties: {x: {type: string}}}
        B: {anyOf: [{$ref: '#/components/schemas/A'}, {type: integer}], properties: {y: {type: string}}}""",
    "a parent that lists its children": """
        A:
          type: object
          required: [kind]
          properties: {kind: {type: string}}
          oneOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/C'}]
          discriminator: {propertyName: kind}
        B: {allOf: [{$ref: '#/components/schemas/A'}, {type: object, properties: {x: {type: string}}}]}
        C: {allOf: [{$ref: '#/components/schemas/A'}, {type: object, properties: {y: {type: string}}}]}""",
    "lists of themselves": """
        A: {type: array, items: {$ref: '#/components/schemas/A'}}
        B: {type: array, items: {type: array, items: {$ref: '#/components/schemas/B'}}}""",
    "a map of itself": "A: {type: object, additionalProperties: {$ref: '#/components/schemas/A'}}",
}


@pytest.mark.parametrize("name", CIRCLES)
def test_schemas_in_circles(workshop: Workshop, name: str) -> None:
    package = workshop(schemas(CIRCLES[name]))
    values: list[Any] = [
        {},
        [],
        [[[], []]],
        None,
        "x",
        {"x": "1", "y": "2"},
        {"kind": "B", "x": "1"},
        {"kind": "?", "a": {"x": {}}},
    ]
    for pointer in package.made.package.schemas:
        codec = package.codec(pointer[-1])
        for value in values:
            assert _text(codec.encode(codec.decode(value))) == _text(value)


# Documents of schemas that nobody wrote

NAMES = ["S0", "S1", "S2", "S3", "S4", "S5"]
PROPERTIES = ["a", "b", "kind", "from", "A-b", "a b", "value", "self", ""]


LEAVES = yaml.safe_load("""
[{}, true, false, {type: string}, {type: integer}, {type: number}, {type: boolean}, {type: "null"}, {type: object},
 {type: array}, {type: [string, "null"]}, {type: [object, integer]}, {type: string, format: date},
 {type: string, format: date-time}, {type: string, format: byte}, {format: uuid}, {enum: [a, b, null]},
 {enum: [1, "1", 1.5]}, {const: x}, {const: 0}, {enum: []}, {type: []}, {required: [a]}, {minimum: 1}, {pattern: x},
 {type: nothing}]
""")


def _random_schemas() -> st.SearchStrategy[Any]:
    leaves = st.sampled_from(LEAVES)
    references = st.sampled_from([{"$ref": f"#/components/schemas/{n}"} for n in NAMES])

    def bigger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        lists = st.lists(inner, min_size=1, max_size=3)
        fields = st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=4)
        required = st.lists(st.sampled_from(PROPERTIES), unique=True, max_size=2)
        return st.one_of(
            st.builds(lambda p, r: {"type": "object", "properties": p, "required": r}, fields, required),
            st.builds(lambda p, a: {"properties": p, "additionalProperties": a}, fields, inner),
            st.builds(lambda p, a: {"type": "object", "patternProperties": {"^x": p}, "unevaluatedProperties": a}, inner, inner),
            st.builds(lambda i: {"type": "array", "items": i}, inner),
            st.builds(lambda p, i: {"type": "array", "prefixItems": p, "items": i, "minItems": len(p)}, lists, inner),
            st.builds(lambda m, k: {k: m}, lists, st.sampled_from(["allOf", "anyOf", "oneOf"])),
            st.builds(lambda m, p, k: {k: m, "properties": p}, lists, fields, st.sampled_from(["allOf", "anyOf", "oneOf"])),
            st.builds(lambda m: {"oneOf": m, "discriminator": {"propertyName": "kind"}}, lists),
            st.builds(lambda i, p: {**i, "properties": p} if isinstance(i, dict) else i, inner, fields),
            st.builds(lambda i: {**i, "nullable": True, "readOnly": True} if isinstance(i, dict) else i, inner),
        )  # fmt: skip

    whole = st.recursive(st.one_of(leaves, references), bigger, max_leaves=12)
    return st.fixed_dictionaries(dict.fromkeys(NAMES, whole))


def _is_bare_circle(content: dict[str, Any], name: str) -> bool:
    """Whether a schema is nothing but a reference that leads back to it: an error, see test_bad_input."""
    for _ in NAMES:
        schema = content[name]
        if not isinstance(schema, dict) or "$ref" not in schema:
            return False
        name = schema["$ref"][-2:]
    return True


SMALL = st.recursive(
    st.sampled_from(
        [
            None,
            True,
            False,
            0,
            1,
            1.5,
            "a",
            "x",
            "1",
            "S1",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "AA==",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*PROPERTIES, "x"]), inner, max_size=4),
    ),
    max_leaves=8,
)


@settings(max_examples=25, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(content=_random_schemas(), values=st.lists(SMALL, min_size=5, max_size=10))
def test_any_schemas_give_models_that_lose_nothing(
    workshop: Workshop, content: dict[str, Any], values: list[Any]
) -> None:
    assume(not any(_is_bare_circle(content, name) for name in NAMES))
    package = workshop(schemas(content))
    assert len(package.made.package.schemas) == len(NAMES)
    for name in NAMES:
        codec = package.codec(name)
        for value in values:
            assert _text(codec.encode(codec.decode(value))) == _text(value)


def test_a_general_property_gives_way_to_the_one_that_overrides_it(workshop: Workshop) -> None:
    """Envelopes declare `data: {type: object}`, and each answer says by allOf what it is."""
    package = workshop(
        schemas(
            """
            Envelope: {type: object, properties: {data: {type: object}, items: {type: array, items: {type: object}}}}
            User: {type: object, properties: {name: {type: string}}}
            Answer:
              allOf:
                - {$ref: "#/components/schemas/Envelope"}
                - type: object
                  properties:
                    data: {$ref: "#/components/schemas/User"}
                    items: {type: array, items: {$ref: "#/components/schemas/User"}}
            """
        )
    )
    assert set(package.models.MODULES) == {"Answer", "Envelope", "User"}
    value = {"data": {"name": "a"}, "items": [{"name": "b"}]}
    read = package.models.Answer.from_dict(value)
    assert read.data == package.models.User(name="a")
    assert read.items == [package.models.User(name="b")]
    assert read.to_dict() == value
