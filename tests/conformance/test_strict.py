"""Strict reading: the places of a body that do not fit the document. Sync and async alike."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from tests.support import Driver, Server, Workshop, document, schemas

SCHEMAS = """
Pet:
  type: object
  required: [id, name, kind, ratio]
  properties:
    id: {type: integer}
    name: {type: string}
    kind: {type: string, enum: [cat, dog]}
    born: {type: string, format: date-time}
    tag: {type: string, format: uuid}
    chip: {type: string, format: byte}
    weight: {type: number}
    alive: {type: boolean}
    note: {type: [string, "null"]}
    size: {const: 7}
    ratio: {const: 1.5}
    anything: {}
    friends: {type: array, items: {$ref: "#/components/schemas/Pet"}}
    scores: {type: object, additionalProperties: {type: integer}}
    place: {type: array, prefixItems: [{type: number}, {type: number}], items: false, minItems: 2}
    home:
      type: object
      required: [street]
      additionalProperties: false
      properties: {street: {type: string}, "a/b": {type: string}}
    secret: {type: string, writeOnly: true}
    made: {type: string, readOnly: true}
    age: {anyOf: [{type: integer}, {type: string, format: date}]}
Whole:
  type: object
  required: [secret, made, anything]
  properties:
    secret: {type: string, writeOnly: true}
    made: {type: string, readOnly: true}
    anything: {}
Counts: {type: object, required: [a], properties: {a: {type: integer}}, additionalProperties: {type: integer}}
Extended:
  allOf:
    - $ref: "#/components/schemas/Pet"
    - {type: object, required: [extra], properties: {extra: {type: integer}}}
Cat: {type: object, required: [type, meow], properties: {type: {type: string}, meow: {type: string}}}
Dog: {type: object, required: [type, bark], properties: {type: {type: string}, bark: {type: integer}}}
Animal:
  oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
  discriminator: {propertyName: type, mapping: {cat: "#/components/schemas/Cat", dog: "#/components/schemas/Dog"}}
Either: {anyOf: [{$ref: "#/components/schemas/Pet"}, {type: array, items: {type: string}}]}
Tree: {anyOf: [{type: string}, {type: array, items: {$ref: "#/components/schemas/Tree"}}]}
Base:
  type: object
  required: [kind]
  properties: {kind: {type: string}, color: {type: string}}
  discriminator: {propertyName: kind, mapping: {round: "#/components/schemas/Round"}}
Figure:
  type: object
  required: [kind]
  properties: {kind: {type: string}, color: {type: string}}
  oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]
  discriminator: {propertyName: kind, mapping: {circle: "#/components/schemas/Circle", square: "#/components/schemas/Square"}}
Circle: {type: object, properties: {radius: {type: number}}}
Square: {type: object, properties: {side: {type: number}}}
Shape: {type: object, properties: {base: {$ref: "#/components/schemas/Base"}}}
Round: {allOf: [{$ref: "#/components/schemas/Base"}, {type: object, required: [radius], properties: {radius: {type: number}}}]}
"""
FITTING: dict[str, Any] = {
    "id": 1,
    "name": "Mia",
    "kind": "cat",
    "born": "2026-03-02T08:15:30Z",
    "tag": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "chip": "AAEC",
    "weight": 3,
    "alive": True,
    "note": None,
    "size": 7,
    "ratio": 1.5,
    "anything": [1],
    "scores": {"a": 1},
    "place": [1, 2.5],
    "home": {"street": "Elm", "a/b": "x"},
    "made": "now",
    "age": "2026-03-02",
    "more": 1,
}


def find(workshop: Workshop, name: str, data: Any) -> dict[str, tuple[str, str]]:
    """What was expected and found at each place of a value of a schema."""
    package = workshop(schemas(SCHEMAS))
    models = package.models
    type_ = getattr(models, name)
    codec = package.codec(type_)
    problems = package.part("_runtime.problems").find_problems(type_, codec.decode(data))
    assert len({p.pointer for p in problems}) == len(problems)
    return {p.pointer: (p.expected, p.actual) for p in problems}


def test_what_fits_has_no_problems(workshop: Workshop) -> None:
    assert find(workshop, "Pet", {**FITTING, "friends": [FITTING]}) == {}
    assert find(workshop, "Whole", {"made": "now", "anything": None}) == {}
    assert find(workshop, "Counts", {"a": 1, "b": 2}) == {}
    assert find(workshop, "Extended", {**FITTING, "extra": 1}) == {}
    assert find(workshop, "Animal", {"type": "cat", "meow": "loud"}) == {}
    assert find(workshop, "Either", ["a"]) == find(workshop, "Either", FITTING) == {}
    assert find(workshop, "Tree", ["a", ["b", []]]) == {}
    assert find(workshop, "Shape", {"base": {"kind": "round", "radius": 1}}) == {}


@pytest.mark.parametrize(
    ("change", "pointer", "expected", "found"),
    [
        ({"id": "1"}, "/id", "an integer", '"1"'),
        ({"id": True}, "/id", "an integer", "true"),
        ({"id": 1.5}, "/id", "an integer", "1.5"),
        ({"name": None}, "/name", "a string", "null"),
        ({"weight": "3"}, "/weight", "a number", '"3"'),
        ({"alive": 1}, "/alive", "a boolean", "1"),
        ({"note": 1}, "/note", "a string or null", "1"),
        ({"born": "yesterday"}, "/born", "a date-time", '"yesterday"'),
        ({"tag": "x" * 99}, "/tag", "a UUID", '"' + "x" * 56 + "..."),
        ({"chip": "?"}, "/chip", "base64 text", '"?"'),
        ({"size": 8}, "/size", "7", "8"),
        ({"size": True}, "/size", "7", "true"),
        ({"ratio": 2.5}, "/ratio", "1.5", "2.5"),
        ({"friends": {}}, "/friends", "an array", "an object"),
        ({"friends": [None]}, "/friends/0", "Pet", "null"),
        ({"friends": [{**FITTING, "id": []}]}, "/friends/0/id", "an integer", "an array of 0 items"),
        ({"scores": {"b~": "x"}}, "/scores/b~0", "an integer", '"x"'),
        ({"place": [1]}, "/place", "an array of 2 items", "an array of 1 items"),
        ({"place": [1, "x"]}, "/place/1", "a number", '"x"'),
        ({"home": {}}, "/home/street", "a string (required)", "nothing"),
        ({"home": {"street": "Elm", "a/b": 1}}, "/home/a~1b", "a string", "1"),
        ({"home": {"street": "Elm", "zip": 1}}, "/home/zip", "no such property", "1"),
        ({"age": "old"}, "/age", "an integer or a date", '"old"'),
    ],
)  # fmt: skip
def test_each_kind_of_problem(
    workshop: Workshop, change: dict[str, Any], pointer: str, expected: str, found: str
) -> None:
    assert find(workshop, "Pet", {**FITTING, **change}) == {pointer: (expected, found)}


def test_all_places_are_found_at_once(workshop: Workshop) -> None:
    found = find(workshop, "Extended", {"id": "1", "friends": [{"name": 2}]})
    required = ("id", "name", "kind", "ratio")
    inner = {f"/friends/0/{name}" for name in required}
    assert found.keys() == {*(f"/{name}" for name in required), "/extra", *inner}
    assert find(workshop, "Whole", {}).keys() == {"/made", "/anything"}
    assert find(workshop, "Counts", {"b": "x"}).keys() == {"/a", "/b"}
    assert find(workshop, "Pet", []) == {"": ("Pet", "an array of 0 items")}


def test_unknown_words_of_an_enum_are_no_problem(workshop: Workshop) -> None:
    assert find(workshop, "Pet", {**FITTING, "kind": "ferret"}) == {}
    assert find(workshop, "Pet", {**FITTING, "kind": 1}).keys() == {"/kind"}


def test_unions(workshop: Workshop) -> None:
    assert find(workshop, "Animal", {"type": "dog", "bark": "x"}) == {
        "/bark": ("an integer", '"x"')
    }
    for value in ({"type": "eel", "meow": "m"}, {"type": "eel"}):
        expected, found = find(workshop, "Animal", value)["/type"]
        assert '"cat" or "dog"' in expected
        assert found == '"eel"'
    assert find(workshop, "Animal", {})["/type"][1] == "nothing"
    assert find(workshop, "Animal", 3) == {"": ("Cat or Dog", "3")}
    assert find(workshop, "Either", [1]) == {"/0": ("a string", "1")}
    assert find(workshop, "Either", 1) == {"": ("Pet or an array", "1")}
    assert find(workshop, "Tree", ["a", [1]]) == {"/1/0": ("a string or an array", "1")}


def test_a_class_that_others_extend(workshop: Workshop) -> None:
    for change in ({"radius": "x"}, {}):
        shape = {"base": {"kind": "round", "color": "red", **change}}
        assert find(workshop, "Shape", shape).keys() == {"/base/radius"}
    # What extends it is not in the document in full: another kind is a plain Base.
    assert find(workshop, "Shape", {"base": {"kind": "flat", "color": 1}}).keys() == {"/base/color"}


def test_a_union_with_properties_of_its_own(workshop: Workshop) -> None:
    circle = {"kind": "circle", "radius": 1}
    assert find(workshop, "Figure", circle) == {}
    assert find(workshop, "Figure", {**circle, "color": 1}).keys() == {"/color"}
    assert "/kind" in find(workshop, "Figure", {"kind": "line", "color": "red"})


def test_the_time_for_nested_unions_is_linear(workshop: Workshop) -> None:
    package = workshop(schemas(SCHEMAS))
    problems = package.part("_runtime.problems")
    value: Any = 1
    for _ in range(80):
        value = [value]
    assert [p.pointer for p in problems.find_problems(package.models.Tree, value)] == ["/0" * 80]
    for _ in range(20_000):
        value = [value]
    assert problems.find_problems(package.models.Tree, value)[0].expected == "less nesting"


OPERATION = """
paths:
  /pets:
    get:
      operationId: list_pets
      responses:
        "200":
          description: d
          content:
            application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}
        "404": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
  /events:
    get:
      operationId: watch
      responses:
        "200":
          description: d
          content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Pet"}}}
  /feed:
    get:
      operationId: feed
      responses:
        "200":
          description: d
          content: {text/event-stream: {itemSchema: {type: object, properties: {data: {type: string}, retry: {type: string}}}}}
  /file:
    get:
      operationId: download
      responses: {"200": {description: d, content: {video/mp4: {schema: {type: string, format: binary}}}}}
  /book:
    get:
      operationId: get_book
      responses:
        "200": {description: d, content: {application/xml: {schema: {$ref: "#/components/schemas/Pet"}}}}
components:
  schemas:
    Pet: {type: object, required: [id], properties: {id: {type: integer}, name: {type: string}}, xml: {name: pet}}
"""
SPEC = {**document(OPERATION), "openapi": "3.2.0"}
BROKEN = b'[{"id": 1}, {"id": "2", "name": null}, {}]'
POINTERS = ["/1/id", "/1/name", "/2/id"]


def test_lenient_reading_lists_the_places(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    package = workshop(SPEC)
    list_pets = package.api().list_pets
    recorder.answer(BROKEN)
    response = driver.send_raw(package, recorder.url, list_pets())
    assert [pet.to_dict() for pet in response.parsed] == [{"id": 1}, {"id": "2", "name": None}, {}]
    assert [p.pointer for p in response.problems] == POINTERS
    first = response.problems[0]
    assert isinstance(first, package.errors.Problem)
    assert (first.expected, first.actual) == ("an integer", '"2"')
    assert first.schema == "#/components/schemas/Pet"
    assert str(first) == '/1/id: expected an integer, found "2" (#/components/schemas/Pet)'
    recorder.answer(b"[]")
    assert driver.send_raw(package, recorder.url, list_pets()).problems == ()


def test_strict_reading_raises_with_every_place(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    package = workshop(SPEC)
    call = package.api().list_pets()
    recorder.answer(BROKEN)
    with pytest.raises(package.errors.DecodingError) as caught:
        driver.send(package, recorder.url, call, strict=True)
    error = caught.value
    assert [p.pointer for p in error.problems] == POINTERS
    assert all(pointer in str(error) for pointer in POINTERS)
    assert (error.status_code, error.content, error.request) == (200, BROKEN, "GET /pets")
    twin = pickle.loads(pickle.dumps(error))
    assert (twin.problems, str(twin)) == (error.problems, str(error))
    recorder.answer(b'[{"id": 1, "more": 2}]')
    assert [pet.id for pet in driver.send(package, recorder.url, call, strict=True)] == [1]


def test_the_message_of_a_strict_error_has_ten_places(workshop: Workshop, recorder: Server) -> None:
    package = workshop(SPEC)
    recorder.answer(b"[" + b",".join([b"{}"] * 12) + b"]")
    with (
        package.client(recorder.url, strict=True) as client,
        pytest.raises(package.errors.DecodingError, match=r"/9/id: .*; and 2 more$") as caught,
    ):
        client.send(package.api().list_pets())
    assert len(caught.value.problems) == 12


def test_strict_is_an_option_of_copies(workshop: Workshop, recorder: Server) -> None:
    package = workshop(SPEC)
    call = package.api().list_pets()
    with package.client(recorder.url) as client:
        recorder.answer(BROKEN)
        assert len(client.send(call)) == 3
        strict = client.with_options(strict=True)
        recorder.answer(BROKEN)
        response = strict.send_raw(call)
        assert len(response.problems) == 3
        with pytest.raises(package.errors.DecodingError):
            _ = response.parsed
        recorder.answer(BROKEN)
        assert len(strict.with_options(strict=False).send(call)) == 3


def test_strict_reading_keeps_the_error_of_a_status(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    package = workshop(SPEC)
    call = package.api().list_pets()
    for options in ({}, {"strict": True}):
        recorder.answer(b'{"name": 3}', status=404)
        with pytest.raises(package.errors.NotFoundError):
            driver.send(package, recorder.url, call, **options)
        recorder.answer(b'{"name": 3}', status=404)
        response = driver.send_raw(package, recorder.url, call, **options)
        assert [p.pointer for p in response.problems] == ["/id", "/name"]


def test_a_body_that_is_not_json_is_one_problem(workshop: Workshop, recorder: Server) -> None:
    package = workshop(SPEC)
    recorder.answer(b"<html>")
    with package.client(recorder.url) as client:
        response = client.send_raw(package.api().list_pets())
    assert [p.pointer for p in response.problems] == [""]
    assert "not JSON" in response.problems[0].actual


def test_strict_streams_check_each_item(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    package = workshop(SPEC)
    for call, media_type, fits, broken, pointer in (
        (package.api().watch(), "application/jsonl", b'{"id": 1}\n', b'{"id": "2"}\n', "/id"),
        (package.api().feed(), "text/event-stream", b"data: a\n\n", b"data: b\nretry: 3\n\n", "/retry"),
    ):  # fmt: skip
        recorder.chunks([fits, broken], media_type=media_type)
        with pytest.raises(package.errors.DecodingError) as caught:
            driver.stream(package, recorder.url, call, strict=True)
        assert len(caught.value.items) == 1
        assert [p.pointer for p in caught.value.problems] == [pointer]
        recorder.chunks([fits, broken], media_type=media_type)
        assert len(driver.stream(package, recorder.url, call)) == 2


def test_other_bodies_are_checked_where_they_have_a_type(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    package = workshop(SPEC)
    recorder.answer(b"\0", media_type="video/mp4")
    call = package.api().download()
    assert driver.send(package, recorder.url, call, strict=True) == b"\0"
    recorder.answer("<pet><name>Mia</name></pet>", media_type="application/xml")
    response = driver.send_raw(package, recorder.url, package.api().get_book())
    assert [p.pointer for p in response.problems] == ["/id"]


def test_a_decimal_number(workshop: Workshop) -> None:
    price = {"type": "object", "properties": {"price": {"type": "number", "format": "decimal"}}}
    package = workshop(schemas({"Item": price}))
    find_problems = package.part("_runtime.problems").find_problems
    for value, count in ((1, 0), (1.10, 0), ("1.10", 1), (True, 1)):
        item = package.models.Item.from_dict({"price": value})
        assert len(find_problems(package.models.Item, item)) == count


def test_a_security_scheme_can_be_called_strict(workshop: Workshop) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    package = workshop(document({"components": {"securitySchemes": {"strict": scheme}}}))
    with package.client("http://127.0.0.1", strict_="key", strict=True) as client:
        assert client is not None
