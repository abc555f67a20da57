"""Streams of events and records: whole server-sent events, their data, sentinels, and request bodies of many values."""

from __future__ import annotations

import cProfile
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.support import Driver, Package, Server, Workshop, document

DOCUMENT = """
openapi: 3.2.0
paths:
  /union:
    get:
      operationId: union
      responses:
        "200":
          description: events
          content:
            text/event-stream:
              itemSchema:
                $ref: "#/components/schemas/Base"
                required: [event]
                oneOf:
                  - properties: {event: {const: text}}
                  - properties: {event: {const: number}, data: {pattern: "^[0-9]+$"}}
                  - properties:
                      event: {const: thing}
                      data: {contentMediaType: application/json, contentSchema: {$ref: "#/components/schemas/Thing"}}
  /tagged:
    get:
      operationId: tagged
      responses: {"200": {description: events, content: {text/event-stream: {itemSchema: {$ref: "#/components/schemas/Tagged"}}}}}
  /any-of:
    get:
      operationId: any_of
      responses:
        "200":
          description: events
          content:
            text/event-stream:
              itemSchema:
                anyOf: [{$ref: "#/components/schemas/Said"}, {$ref: "#/components/schemas/Made"}, {$ref: "#/components/schemas/Done"}]
  /sole:
    get:
      operationId: sole
      responses: {"200": {description: events, content: {text/event-stream: {itemSchema: {$ref: "#/components/schemas/Made"}}}}}
  /numbers:
    get:
      operationId: numbers
      responses:
        "200":
          description: events
          content: {text/event-stream: {itemSchema: {type: object, properties: {data: {type: integer}, retry: {type: integer}}}}}
  /untyped:
    get:
      operationId: untyped
      responses:
        "200":
          description: events
          content: {text/event-stream: {itemSchema: {type: object, properties: {data: {contentMediaType: application/json}}}}}
  /signals:
    get:
      operationId: signals
      responses:
        "200":
          description: events
          content: {text/event-stream: {itemSchema: {type: object, properties: {id: {type: string}, event: {type: string}}}}}
  /payloads:
    get:
      operationId: payloads
      responses: {"200": {description: data, content: {text/event-stream: {itemSchema: {$ref: "#/components/schemas/Thing"}}}}}
  /texts:
    get:
      operationId: texts
      responses: {"200": {description: data, content: {text/event-stream: {schema: {type: string}}}}}
  /either:
    get:
      operationId: either
      responses:
        "200":
          description: data
          content: {text/event-stream: {schema: {oneOf: [{$ref: "#/components/schemas/Thing"}, {const: "[DONE]"}]}}}
  /chat:
    post:
      operationId: chat
      requestBody: {content: {application/json: {}}}
      responses:
        "200":
          description: an answer
          content:
            application/json: {schema: {$ref: "#/components/schemas/Thing"}}
            text/event-stream: {schema: {$ref: "#/components/schemas/Thing"}}
  /records:
    post:
      operationId: records
      requestBody:
        content:
          application/jsonl: {itemSchema: {$ref: "#/components/schemas/Thing"}}
          application/x-ndjson: {schema: {type: array, items: {$ref: "#/components/schemas/Thing"}}}
          application/json-seq: {itemSchema: {$ref: "#/components/schemas/Thing"}}
      responses:
        "200": {description: records, content: {application/x-ndjson: {itemSchema: {$ref: "#/components/schemas/Thing"}}}}
components:
  schemas:
    Base:
      type: object
      required: [data]
      properties: {data: {type: string}, event: {type: string}, id: {type: string}, retry: {type: integer}}
    Thing: {type: object, required: [name], properties: {name: {type: string}}}
    Json: {type: string, contentMediaType: application/json, contentSchema: {$ref: "#/components/schemas/Thing"}}
    Said: {type: object, required: [event, data], properties: {event: {const: said}, data: {type: string}, id: {type: string}}}
    Made: {type: object, required: [event, data], properties: {event: {const: made}, data: {$ref: "#/components/schemas/Json"}}}
    Done: {type: object, required: [data], properties: {data: {const: "[DONE]", contentMediaType: text/plain}}}
    Tagged:
      oneOf: [{$ref: "#/components/schemas/Said"}, {$ref: "#/components/schemas/Made"}]
      discriminator:
        propertyName: event
        mapping: {said: "#/components/schemas/Said", made: "#/components/schemas/Made"}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT))


@pytest.fixture
def api(package: Package) -> Any:
    return package.api()


def _stream(
    package: Package, server: Server, driver: Driver, call: Any, text: str | bytes
) -> list[Any]:
    data = text.encode() if isinstance(text, str) else text
    server.chunks([data[i : i + 5] for i in range(0, len(data), 5)], media_type="text/event-stream")
    return driver.stream(package, server.url, call)


def test_whole_events_by_their_name(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    text = (
        'event: text\ndata: {"name": "a"}\nid: 1\n\n'
        "event: number\ndata: 0042\nretry: 7\n\n"
        'event: thing\ndata: {"name":\ndata: "b"}\n\n'
        "event: thing\ndata: no JSON\n\n"
    )
    items = _stream(package, recorder, driver, api.union(), text)
    assert [i.event for i in items] == ["text", "number", "thing", "thing"]
    assert len({type(i) for i in items}) == 3
    assert (items[0].data, items[0].id) == ('{"name": "a"}', "1")
    assert (items[1].data, items[1].retry) == ("0042", 7)
    assert items[2].data == package.models.Thing(name="b")
    assert items[3].data == "no JSON"


@pytest.mark.parametrize("function", ["tagged", "any_of"])
def test_events_behind_references(
    package: Package, api: Any, recorder: Server, driver: Driver, function: str
) -> None:
    """Text stays text, even if it looks like JSON."""
    text = 'event: said\ndata: 42\nid: x\n\nevent: made\ndata: {"name": "a"}\n\n'
    said, made = _stream(package, recorder, driver, getattr(api, function)(), text)
    assert said == package.models.Said(event="said", data="42", id="x")
    assert made == package.models.Made(event="made", data=package.models.Thing(name="a"))


def test_a_declared_sentinel_is_an_event(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    (done,) = _stream(package, recorder, driver, api.any_of(), "data: [DONE]\n\n")
    assert done == package.models.Done(data="[DONE]")


@pytest.mark.parametrize("function", ["tagged", "untyped"])
def test_a_sentinel_that_no_event_describes_is_the_end(
    package: Package, api: Any, recorder: Server, driver: Driver, function: str
) -> None:
    text = 'event: made\ndata: {"name": "a"}\n\ndata: [DONE]\n\nevent: made\ndata: {}\n\n'
    assert len(_stream(package, recorder, driver, getattr(api, function)(), text)) == 1


def test_data_of_other_types(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    (made,) = _stream(package, recorder, driver, api.sole(), 'event:made\ndata:{"name":"a"}\n\n')
    assert made.data == package.models.Thing(name="a")
    first, second = _stream(package, recorder, driver, api.numbers(), "data: 42\n\ndata: x\n\n")
    assert (first.data, second.data) == (42, "x")
    (item,) = _stream(package, recorder, driver, api.untyped(), "data: [1]\n\n")
    assert item.data == [1]


def test_events_that_have_no_data(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    """They are items where the schema knows no data."""
    text = ": ping\n\nevent: a\nid: 1\n\nevent: b\ndata: x\n\n"
    first, second = _stream(package, recorder, driver, api.signals(), text)
    assert (first.event, first.id, second.event) == ("a", "1", "b")
    assert _stream(package, recorder, driver, api.sole(), "event: made\n\n") == []


def test_an_item_schema_of_the_data(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    text = 'event: x\ndata: {"name": "a"}\n\n'
    assert _stream(package, recorder, driver, api.payloads(), text) == [
        package.models.Thing(name="a")
    ]


def test_text_data_is_not_parsed(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    text = 'data: 42\n\ndata: "a"\n\ndata: [DONE]\n\n'
    assert _stream(package, recorder, driver, api.texts(), text) == ["42", '"a"', "[DONE]"]


def test_a_sentinel_ends_the_stream(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    """At once, even if the server keeps the connection; where the document has it, it is an item."""
    thing = package.models.Thing(name="a")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n"
    recorder.raw(head + b'data: {"name": "a"}\n\ndata: [DONE]\n\ndata: {"name": "b"}\n\n')
    assert driver.stream(package, recorder.url, api.payloads()) == [thing]
    text = 'data: {"name": "a"}\n\ndata: [DONE]\n\ndata: {"name": "a"}\n\n'
    assert _stream(package, recorder, driver, api.either(), text) == [thing, "[DONE]", thing]


ODD = (
    b"\xef\xbb\xbfdata: a\nretry: \xc2\xb2\nretry: -1\nretry:\nid: x\x00y\n\n"
    b"data: b\rretry: 5\r\nid:\n:comment\nDATA: no\n data: no\nevent\n\r\n"
    b"\xef\xbb\xbfdata: no\n\n"
)


def test_odd_lines_are_read_as_the_standard_says(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    """HTML, section 9.2.6: unknown fields, wrong values and all but the first byte order mark."""
    first, second = _stream(package, recorder, driver, api.numbers(), ODD)
    assert first.to_dict() == {"data": "a"}
    assert second.to_dict() == {"data": "b", "retry": 5, "id": "", "event": ""}


def _calls_for(package: Package, pieces: int) -> int:
    """The characters that are looked at for one event in many pieces, as a count of operations."""
    read = package.api().texts().items()
    list(read(b"data: "))
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(pieces):
        list(read(b"x" * 100))
    (event,) = read(b"\n\n")
    profile.disable()
    assert event == "x" * 100 * pieces
    assert not read._data
    return sum(entry.callcount for entry in profile.getstats())


def test_a_long_event_is_read_in_linear_time(package: Package) -> None:
    """The pieces of a line are joined once, at its end."""
    assert _calls_for(package, 2000) < 11 * _calls_for(package, 200)
    read = package.api().texts().items()
    for _ in range(50):
        list(read(b"x" * 100))
    assert {len(piece) for piece in read._lines._rest} == {100}


@pytest.mark.parametrize("media_type", ["application/json", "text/html; charset=utf-8"])
def test_an_answer_that_is_no_stream(
    package: Package, api: Any, recorder: Server, driver: Driver, media_type: str
) -> None:
    recorder.answer('{"name": "a"}', media_type=media_type)
    with pytest.raises(package.errors.DecodingError) as caught:
        driver.stream(package, recorder.url, api.chat(body={}))
    assert media_type.partition(";")[0] in str(caught.value)
    assert '"stream": true' in str(caught.value)
    assert caught.value.content == b'{"name": "a"}'
    assert caught.value.status_code == 200
    assert recorder.last.header("Accept") == "text/event-stream"


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/octet-stream"])
def test_a_stream_without_a_proper_media_type(
    package: Package, api: Any, recorder: Server, driver: Driver, media_type: str | None
) -> None:
    recorder.answer('data: {"name": "a"}\n\n', media_type=media_type)
    (thing,) = driver.stream(package, recorder.url, api.chat(body={}))
    assert thing.name == "a"


def test_lines_that_are_called_json(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"name": "a"}\n{"name": "b"}\n', media_type="application/json")
    things = driver.stream(package, recorder.url, api.records(body=[]))
    assert [t.name for t in things] == ["a", "b"]


# Request bodies of many values


RECORDS = b'{"name":"a"}\n{"name":"\xc3\xbc"}\n'


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/jsonl", RECORDS),
        ("application/x-ndjson", RECORDS),
        ("application/json-seq", b'\x1e{"name":"a"}\n\x1e{"name":"\xc3\xbc"}\n'),
    ],
)
@pytest.mark.parametrize("kind", ["list", "iterator", "bytes"])
def test_records_as_a_body(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    media_type: str,
    expected: bytes,
    kind: str,
) -> None:
    def values() -> Iterator[Any]:
        yield package.models.Thing(name="a")
        yield {"name": "ü"}

    body = {"list": list(values()), "iterator": values(), "bytes": expected}[kind]
    driver.send(package, recorder.url, api.records(body=body, media_type=media_type))
    assert recorder.last.header("Content-Type") == media_type
    assert recorder.last.body == expected
    assert json.loads(recorder.last.body.strip(b"\x1e").split(b"\n")[0]) == {"name": "a"}


def test_records_of_an_asynchronous_iterable(package: Package, api: Any, recorder: Server) -> None:
    async def values() -> AsyncIterator[Any]:
        yield package.models.Thing(name="a")
        yield {"name": "ü"}

    Driver("async").send(package, recorder.url, api.records(body=values()))
    assert recorder.last.body == RECORDS
    assert recorder.last.header("Content-Type") == "application/jsonl"
