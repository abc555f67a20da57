"""Values with a format: every valid spelling is a value of the type, and is written as it came."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import Driver, Package, Server, Workshop, document, schemas

from orcagen.config import Config

ID = UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
UTC = dt.UTC
NAIVE = dt.datetime.fromisoformat("2026-01-02T03:04:05")

FORMATS = {
    "at": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "clock": {"type": "string", "format": "time"},
    "id": {"type": "string", "format": "uuid"},
    "data": {"type": "string", "format": "byte"},
    "price": {"type": "string", "format": "decimal"},
    "span": {"type": "string", "format": "duration"},
    "url": {"type": "string", "contentEncoding": "base64url"},
}
SPELLINGS = [
    ("at", "2026-01-02T03:04:05Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("at", "2026-01-02t03:04:05z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("at", "2026-01-02T03:04:05.5Z", dt.datetime(2026, 1, 2, 3, 4, 5, 500_000, UTC)),
    ("at", "2026-01-02T03:04:05.000000Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("at", "2026-01-02T03:04:05.123456789Z", dt.datetime(2026, 1, 2, 3, 4, 5, 123_456, UTC)),
    ("at", "2026-01-02T03:04:05.123456-00:00", dt.datetime(2026, 1, 2, 3, 4, 5, 123_456, UTC)),
    ("at", "2026-01-02T03:04:05+00:00", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("at", "2026-01-02T05:04:05+0200", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("at", "1990-12-31T23:59:60Z", dt.datetime(1990, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("at", "1990-12-31T15:59:60.5-08:00", dt.datetime(1990, 12, 31, 23, 59, 59, 500_000, UTC)),
    ("at", "2026-01-02T03:04:05", NAIVE),
    ("day", "2026-01-02", dt.date(2026, 1, 2)),
    ("clock", "12:00:00", dt.time(12)),
    ("clock", "12:00:00Z", dt.time(12, tzinfo=UTC)),
    ("clock", "12:00:00z", dt.time(12, tzinfo=UTC)),
    ("clock", "12:00:00+00:00", dt.time(12, tzinfo=UTC)),
    ("clock", "10:00:00.5", dt.time(10, 0, 0, 500_000)),
    ("clock", "10:00:00.123456789+01:00", dt.time(9, 0, 0, 123_456, UTC)),
    ("clock", "23:59:60Z", dt.time(23, 59, 59, tzinfo=UTC)),
    ("clock", "00:59:60+01:00", dt.time(0, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
    ("clock", "10:00", dt.time(10)),
    ("id", str(ID), ID),
    ("id", str(ID).upper(), ID),
    ("id", str(ID).replace("f", "F"), ID),
    ("id", f"urn:uuid:{ID}", ID),
    ("data", "AP8=", b"\x00\xff"),
    ("data", "AP8", b"\x00\xff"),
    ("data", "AP9=", b"\x00\xff"),
    ("data", "_-8=", b"\xff\xef"),
    ("data", "_-8", b"\xff\xef"),
    ("data", "AP8AAP8A\r\nAP8=\r\n", b"\x00\xff\x00\x00\xff\x00\x00\xff"),
    ("data", "", b""),
    ("price", "1.10", Decimal("1.1")),
    ("price", "1E5", Decimal(100_000)),
    ("price", "1e-5", Decimal("0.00001")),
    ("price", "+1.50", Decimal("1.5")),
    ("price", ".5", Decimal("0.5")),
    ("price", "5.", Decimal(5)),
    ("price", "007", Decimal(7)),
    ("price", "0.00000001", Decimal("1E-8")),
    # A year or a month is no timedelta, and base64url would be written in the other alphabet.
    *(("span", t, t) for t in ("P1Y2M", "P3W", "PT1.5S", "-P1D", "P1DT2H", "PT0S")),
    ("url", "_-8", "_-8"),
]
INVALID = [
    ("at", "2026-01-02T24:00:00Z"),
    ("at", "2026-01-02T23:59:60Z"),
    ("at", "1990-12-31T22:59:60Z"),
    ("at", "2026-W01-1T03:04:05Z"),
    ("at", "2026-02-30T03:04:05Z"),
    ("at", "2026-01-02"),
    ("at", "٢٠٢٦-01-02T03:04:05Z"),
    ("day", "20260102"),
    ("day", "2026-W01-1"),
    ("clock", "24:00:00"),
    ("clock", "24:00"),
    ("clock", "22:59:60Z"),
    ("clock", "T10:00"),
    ("clock", "1000"),
    ("id", ID.hex),
    ("id", f"{{{ID}}}"),
    ("id", "f81d4fae_7dec_11d0_a765_00a0c91e6bf6"),
    ("id", "f81d4fae-7dec-11d0-a765-00a0c91e6bf٦"),
    ("data", "A"),
    ("data", "AP 8="),
    ("data", "+_8="),
    ("data", "ÄÖ8="),
    ("price", "1_000"),
    ("price", " 1"),
    ("price", "1e"),
    ("price", "٣"),
    ("price", "1E99999999999999999999"),
]


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    """Each format as a property, and in a list, a map, a nullable property and further properties."""
    shapes: dict[str, Any] = {}
    for name, schema in FORMATS.items():
        nullable = {**schema, "type": ["string", "null"]}
        shapes[name.title()] = {
            "type": "object",
            "properties": {
                "one": schema,
                "many": {"type": "array", "items": schema},
                "by_name": {"type": "object", "additionalProperties": schema},
                "maybe": nullable,
            },
            "additionalProperties": schema,
        }
    return workshop(schemas(shapes))


@pytest.mark.parametrize(("name", "text", "value"), SPELLINGS, ids=str)
def test_a_spelling_is_a_value_and_is_written_as_it_came(
    package: Package, name: str, text: str, value: Any
) -> None:
    data = {"one": text, "many": [text], "by_name": {"a": text}, "maybe": text, "other": text}
    model = getattr(package.models, name.title()).from_dict(data)
    read = [model.one, *model.many, model.by_name["a"], model.maybe]
    assert [*read, model.additional_properties["other"]] == [value] * 5
    assert all(isinstance(v, type(value)) for v in read)
    if isinstance(value, (dt.datetime, dt.time)):
        assert model.one.utcoffset() is None if value.tzinfo is None else value.tzinfo is not None
    assert model.to_dict() == data
    for twin in (copy.deepcopy(model), copy.copy(model), pickle.loads(pickle.dumps(model))):
        assert twin == model
        assert twin.to_dict() == data


@pytest.mark.parametrize(("name", "text"), INVALID, ids=str)
def test_any_other_text_stays_text(package: Package, name: str, text: str) -> None:
    model = getattr(package.models, name.title()).from_dict({"one": text, "many": [text]})
    assert (model.one, model.many) == (text, [text])
    assert type(model.one) is str
    assert model.to_dict() == {"one": text, "many": [text]}


def test_a_value_that_was_changed_is_written_anew(package: Package) -> None:
    models = package.models
    clock = models.Clock.from_dict({"one": "10:00:00.5"})
    assert models.Clock(one=clock.one.replace(hour=11)).to_dict() == {"one": "11:00:00.500000"}
    price = models.Price.from_dict({"one": "1E5"})
    assert models.Price(one=price.one + 1).to_dict() == {"one": "100001"}
    data = models.Data.from_dict({"one": "AP8"})
    assert models.Data(one=data.one + b"\x01").to_dict() == {"one": "AP8B"}
    at = models.At.from_dict({"one": "2026-01-02t03:04:05z"})
    assert models.At(one=at.one + dt.timedelta(1)).to_dict() == {"one": "2026-01-03T03:04:05Z"}


UNIONS = """
Moment: {anyOf: [{type: string, format: date-time}, {type: string, format: date}, {type: string, format: time}]}
Key: {oneOf: [{type: string, format: byte}, {type: string, format: uuid}, {type: integer}]}
Word: {oneOf: [{type: string}, {type: string, format: byte}]}
Either: {oneOf: [{type: number, format: decimal}, {type: string, format: decimal}]}
"""


@pytest.mark.parametrize(
    ("union", "value", "expected"),
    [
        ("Moment", "2026-01-02t03:04:05z", dt.datetime),
        ("Moment", "2026-01-02", dt.date),
        ("Moment", "12:00:00Z", dt.time),
        ("Moment", "soon", str),
        ("Key", str(ID).upper(), UUID),
        ("Key", "_-8", bytes),
        ("Key", 7, int),
        ("Word", "AP8=", bytes),
        ("Word", "word", bytes),
        ("Word", "hello1", str),
    ],
    ids=str,
)
def test_unions_of_formats(workshop: Workshop, union: str, value: Any, expected: type) -> None:
    codec = workshop(schemas(UNIONS)).codec(union)
    read = codec.decode(value)
    assert isinstance(read, expected)
    assert codec.encode(read) == value


# On the wire

WIRE = {
    "paths": {
        "/things/{id}": {
            "post": {
                "operationId": "send",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": FORMATS["id"]},
                    {"name": "at", "in": "query", "schema": FORMATS["at"]},
                    {"name": "clock", "in": "header", "schema": FORMATS["clock"]},
                    {"name": "price", "in": "cookie", "schema": FORMATS["price"]},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                        "application/x-www-form-urlencoded": {
                            "schema": {"$ref": "#/components/schemas/Thing"}
                        },
                    }
                },
                "responses": {
                    "200": {
                        "description": "done",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    }
                },
            }
        }
    },
    "components": {"schemas": {"Thing": {"type": "object", "properties": FORMATS}}},
}


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
def test_spellings_on_the_wire(
    workshop: Workshop, recorder: Server, driver: Driver, media_type: str
) -> None:
    package = workshop(document(WIRE))
    send = package.api().send
    sent = {
        "at": "2026-01-02t03:04:05.123456789z",
        "clock": "10:00:00.5",
        "id": str(ID).upper(),
        "data": "AP8",
        "price": "1E5",
        "span": "P1Y2M",
    }
    text = json.dumps(sent, separators=(",", ":"))
    recorder.answer(text)
    thing = driver.send(package, recorder.url, send(ID))
    assert (thing.id, thing.data, thing.price) == (ID, b"\x00\xff", Decimal(100_000))
    call = send(
        thing.id,
        at=thing.at,
        clock=thing.clock,
        price=thing.price,
        body=thing,
        media_type=media_type,
    )
    driver.send(package, recorder.url, call)
    last = recorder.last
    at = sent["at"].replace(":", "%3A")
    assert last.target == f"/things/{sent['id']}?at={at}"
    assert (last.header("clock"), last.header("cookie")) == ("10:00:00.5", "price=1E5")
    form = "&".join(f"{k}={v.replace(':', '%3A')}" for k, v in sent.items())
    assert last.body.decode() == (text if media_type.endswith("json") else form)


# Numbers with format: decimal

DECIMALS = """
paths:
  /amounts:
    post:
      operationId: send
      parameters:
        - {name: limit, in: query, schema: {type: number, format: decimal}}
        - {name: limits, in: query, schema: {type: array, items: {type: number, format: decimal}}}
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Amounts"}}
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Amounts"}}
      responses: {"200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Amounts"}}}}}
  /list:
    post:
      operationId: send_list
      requestBody: {content: {application/json: {schema: {type: array, items: {type: number, format: decimal}}}}}
      responses: {"200": {description: done, content: {application/json: {schema: {type: array, items: {type: number, format: decimal}}}}}}
components:
  schemas:
    Amounts:
      type: object
      properties:
        one: {type: number, format: decimal}
        many: {type: array, items: {$ref: "#/components/schemas/Price"}}
        maybe: {type: [number, "null"], format: decimal}
        text: {type: string, format: decimal}
        texts: {type: array, items: {type: string, format: decimal}}
        either: {type: [string, number], format: decimal}
        plain: {type: number}
        anything: {}
      additionalProperties: {type: number, format: decimal}
    Price: {type: number, format: decimal}
"""
AMOUNTS = (
    '{"one":1.10,"many":[1E5,-0.50,7,12345678901234567890.123456789],"maybe":null,"text":"1.10","texts":["1E5"],'
    '"either":"1.10","plain":1.5,"anything":{"x":[2.5]},"other":0.0001000}'
)


@pytest.fixture(scope="module")
def decimals(workshop: Workshop) -> Package:
    return workshop(document(DECIMALS))


def test_numbers_keep_their_digits(decimals: Package, recorder: Server, driver: Driver) -> None:
    recorder.answer(AMOUNTS)
    amounts = driver.send(decimals, recorder.url, decimals.api().send())
    assert str(amounts.one) == "1.10"
    assert amounts.many == [
        Decimal(100_000),
        Decimal("-0.5"),
        Decimal(7),
        Decimal("12345678901234567890.123456789"),
    ]
    assert all(isinstance(v, Decimal) for v in [amounts.one, *amounts.many])
    assert (amounts.text, amounts.texts) == (Decimal("1.10"), [Decimal("1E5")])
    assert (amounts.either, amounts.plain, amounts.anything) == ("1.10", 1.5, {"x": [2.5]})
    assert amounts.additional_properties == {"other": Decimal("0.0001")}
    driver.send(decimals, recorder.url, decimals.api().send(body=amounts))
    assert recorder.last.body.decode() == AMOUNTS
    amounts.one = amounts.one * 2
    driver.send(decimals, recorder.url, decimals.api().send(body=amounts))
    assert recorder.last.body.decode() == AMOUNTS.replace("1.10", "2.20", 1)


def test_a_list_of_numbers_and_dicts_keep_digits_too(
    decimals: Package, recorder: Server, driver: Driver
) -> None:
    recorder.answer("[1.10,2]")
    numbers = driver.send(decimals, recorder.url, decimals.api().send_list(body=[Decimal("3.00")]))
    assert recorder.last.body == b"[3.00]"
    assert [str(n) for n in numbers] == ["1.10", "2"]
    body = {"one": Decimal("1.10"), "plain": 1.5, "anything": '"\\'}
    driver.send(decimals, recorder.url, decimals.api().send(body=body))
    assert recorder.last.body == b'{"one":1.10,"plain":1.5,"anything":"\\"\\\\"}'


def test_decimal_parameters_and_forms(decimals: Package, recorder: Server, driver: Driver) -> None:
    price = Decimal("1.10")
    body = decimals.models.Amounts(one=price, text=price)
    call = decimals.api().send(
        limit=price,
        limits=[price, 2],
        body=body,
        media_type="application/x-www-form-urlencoded",
    )
    driver.send(decimals, recorder.url, call)
    assert recorder.last.target == "/amounts?limit=1.10&limits=1.10&limits=2"
    assert recorder.last.body == b"one=1.10&text=1.10"


def test_numbers_as_parsed_json_are_floats(decimals: Package) -> None:
    data = {"one": 1.1, "many": [1e16, 5], "plain": 2.5, "other": 0.5}
    amounts = decimals.models.Amounts.from_dict(data)
    assert amounts.one == Decimal("1.1")
    assert amounts.to_dict() == data
    assert json.loads(json.dumps(amounts.to_dict())) == data
    twin = pickle.loads(pickle.dumps(amounts))
    assert twin == amounts
    assert json.dumps(twin.to_dict()) == json.dumps(data)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), float("nan")])
def test_what_is_no_json_number_is_an_error(decimals: Package, value: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        decimals.api().send(body=decimals.models.Amounts(one=value))


@settings(max_examples=60)
@given(value=st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_is_sent_as_a_number_and_read_again(decimals: Package, value: Decimal) -> None:
    call = decimals.api().send(body=decimals.models.Amounts(one=value, text=value))
    parsed = json.loads(call.body.content, parse_float=Decimal, parse_int=Decimal)
    assert parsed == {"one": value, "text": str(value)}


# Naive datetimes

EVENTS = {
    "Event": {"type": "object", "properties": {"at": FORMATS["at"], "more": {}}},
}


def test_a_naive_datetime_is_an_error_that_says_what_to_do(workshop: Workshop) -> None:
    package = workshop(schemas(EVENTS))
    with pytest.raises(ValueError, match=r"has no UTC offset.*RFC 3339.*naive_datetimes = true"):
        package.models.Event(at=NAIVE).to_dict()
    with pytest.raises(ValueError, match="has no UTC offset"):
        package.part("_runtime.call").json_body({"at": NAIVE})
    aware = package.models.Event(at=NAIVE.replace(tzinfo=UTC))
    assert aware.to_dict() == {"at": "2026-01-02T03:04:05Z"}
    # What a server sent without an offset goes back as it came.
    received = package.models.Event.from_dict({"at": "2026-01-02T03:04:05"})
    assert received.at == NAIVE
    assert received.to_dict() == {"at": "2026-01-02T03:04:05"}


def test_the_configuration_allows_naive_datetimes(workshop: Workshop) -> None:
    package = workshop(schemas(EVENTS), config=Config(naive_datetimes=True))
    event = package.models.Event(at=NAIVE)
    assert event.to_dict() == {"at": "2026-01-02T03:04:05"}
