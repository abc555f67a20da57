"""Answers: what a caller gets for each status and media type, and what goes wrong in which way. Sync and async alike."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import email.utils
import gzip
import itertools
import json
import pickle
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import Driver, Package, Server, Workshop, document

DOCUMENT = """
openapi: 3.2.0
paths:
  /thing:
    get:
      operationId: thing
      responses:
        "200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
        "404": {description: none, content: {application/json: {schema: {$ref: "#/components/schemas/Missing"}}}}
        4XX: {description: bad, content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}}
        default: {description: else, content: {application/json: {schema: {$ref: "#/components/schemas/Oops"}}}}
    head:
      operationId: thing_head
      responses:
        "200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
    delete:
      operationId: delete_thing
      responses:
        "204": {description: gone}
        "200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
    put:
      operationId: undocumented
    post:
      operationId: post_thing
      requestBody: {content: {application/json: {}}}
      responses:
        "201": {description: made, content: {application/vnd.acme.thing+json: {schema: {$ref: "#/components/schemas/Thing"}}}}
  /range:
    get:
      operationId: range_
      responses:
        2XX: {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
        5XX: {description: broken, content: {application/json: {schema: {$ref: "#/components/schemas/Oops"}}}}
  /default:
    get:
      operationId: by_default
      responses:
        default: {description: any, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
  /redirect:
    get:
      operationId: redirect
      responses: {"302": {description: elsewhere}}
  /several:
    get:
      operationId: several
      responses:
        "200":
          description: done
          content:
            application/json: {schema: {$ref: "#/components/schemas/Thing"}}
            text/csv: {schema: {type: string}}
            image/*: {schema: {type: string, format: binary}}
  /xml:
    get:
      operationId: xml
      responses: {"200": {description: done, content: {application/xml: {schema: {$ref: "#/components/schemas/Thing"}}}}}
  /text:
    get:
      operationId: text
      responses: {"200": {description: done, content: {text/plain: {schema: {type: string}}}}}
  /binary:
    get:
      operationId: binary
      responses:
        "200": {description: done, content: {video/mp4: {}}}
        "404": {description: none, content: {application/json: {schema: {$ref: "#/components/schemas/Missing"}}}}
  /union:
    get:
      operationId: union
      responses:
        "200":
          description: done
          content:
            application/json:
              schema: {oneOf: [{$ref: "#/components/schemas/Thing"}, {type: array, items: {type: integer}}, {type: "null"}]}
  /events:
    get:
      operationId: events
      responses:
        "200": {description: done, content: {text/event-stream: {itemSchema: {$ref: "#/components/schemas/Event"}}}}
        4XX: {description: bad, content: {application/json: {schema: {$ref: "#/components/schemas/Missing"}}}}
  /deltas:
    get:
      operationId: deltas
      responses: {"200": {description: done, content: {text/event-stream: {schema: {$ref: "#/components/schemas/Thing"}}}}}
  /lines:
    get:
      operationId: lines
      responses: {"200": {description: done, content: {application/x-ndjson: {itemSchema: {$ref: "#/components/schemas/Thing"}}}}}
  /records:
    get:
      operationId: records
      responses: {"200": {description: done, content: {application/json-seq: {itemSchema: {$ref: "#/components/schemas/Thing"}}}}}
components:
  schemas:
    Thing: {type: object, required: [name], properties: {name: {type: string}, size: {type: integer}}}
    Missing: {type: object, required: [missing], properties: {missing: {type: string}}}
    Problem: {type: object, properties: {title: {type: string}, detail: {type: string}}}
    Oops: {type: object, properties: {error: {type: object, properties: {message: {type: string}}}}}
    Event:
      type: object
      required: [data]
      properties: {data: {type: string}, event: {type: string}, id: {type: string}, retry: {type: integer}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT))


@pytest.fixture
def api(package: Package) -> Any:
    return package.api()


# Successes


def test_json_becomes_a_model(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.answer('{"name": "a", "size": 3, "new": [1]}')
    thing = driver.send(package, recorder.url, api.thing())
    assert type(thing) is package.models.Thing
    assert (thing.name, thing.size, thing.additional_properties) == ("a", 3, {"new": [1]})
    assert recorder.last.header("Accept") == "application/json"


@pytest.mark.parametrize("body", ["[1, 2]", "null", '"text"', "7"])
def test_json_of_another_shape_than_documented_is_kept(
    package: Package, api: Any, recorder: Server, driver: Driver, body: str
) -> None:
    recorder.answer(body)
    assert driver.send(package, recorder.url, api.thing()) == json.loads(body)


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/json", b'{"name": "a"}', {"name": "a"}),
        ("application/json; charset=UTF-8", b'{"name": "a"}', {"name": "a"}),
        ("APPLICATION/JSON", b'{"name": "a"}', {"name": "a"}),
        ("text/csv", "a;ü\r\n".encode(), "a;ü\r\n"),
        ("text/csv; charset=utf-8; header=present", "ü".encode(), "ü"),
        ("text/csv; charset=iso-8859-1", "ü".encode("latin-1"), "ü"),
        ("image/png", b"\x89PNG\xff", b"\x89PNG\xff"),
        ("image/svg+xml", b"<svg/>", b"<svg/>"),
    ],
    ids=str,
)
def test_the_content_type_of_the_response_decides(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    media_type: str,
    body: bytes,
    expected: Any,
) -> None:
    recorder.answer(body, media_type=media_type)
    parsed = driver.send(package, recorder.url, api.several())
    assert (parsed.to_dict() if isinstance(expected, dict) else parsed) == expected


def test_accept_lists_every_documented_media_type(
    package: Package, api: Any, recorder: Server, sync: Driver
) -> None:
    """But for those that are another spelling of the same JSON."""
    sync.send(package, recorder.url, api.several())
    accepted = (recorder.last.header("Accept") or "").split(", ")
    assert accepted[0] == "application/json"
    assert {"text/csv", "image/*"} <= set(accepted)


def test_a_response_without_a_content_type_is_read_as_documented(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"name": "a"}', media_type=None)
    assert driver.send(package, recorder.url, api.thing()).name == "a"


def test_media_types_of_vendors_are_json(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"name": "a"}', status=201, media_type="application/vnd.acme.thing+json")
    assert driver.send(package, recorder.url, api.post_thing()).name == "a"
    assert recorder.last.header("Accept") == "application/vnd.acme.thing+json"


def test_text_is_text(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.answer('{"not": "read as JSON"}', media_type="text/plain")
    assert driver.send(package, recorder.url, api.text()) == '{"not": "read as JSON"}'


def test_xml_is_a_model(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.answer("<thing><name>ü</name></thing>", media_type="application/xml")
    assert driver.send(package, recorder.url, api.xml()) == package.models.Thing(name="ü")
    assert recorder.last.header("Accept") == "application/xml"


def test_binary_is_bytes(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    for media_type in ("video/mp4", "application/octet-stream", "application/json"):
        recorder.answer(b"\x00\x01\xff", media_type=media_type)
        assert driver.send(package, recorder.url, api.binary()) == b"\x00\x01\xff"


def test_no_content_is_none(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.answer(b"", status=204, media_type=None)
    assert driver.send(package, recorder.url, api.delete_thing()) is None
    recorder.answer('{"name": "a"}')
    assert driver.send(package, recorder.url, api.delete_thing()).name == "a"


@pytest.mark.parametrize("schema", ["{}", "{$ref: '#/components/schemas/A'}"])
@pytest.mark.parametrize("status", ["204", "205", "304"])
def test_a_status_without_a_body_adds_none_to_the_result_whatever_is_documented(
    workshop: Workshop, recorder: Server, driver: Driver, status: str, schema: str
) -> None:
    text = f"""
paths:
  /a:
    get:
      operationId: a
      responses:
        "200": {{description: "", content: {{application/json: {{schema: {{$ref: "#/components/schemas/A"}}}}}}}}
        "{status}": {{description: "", content: {{application/json: {{schema: {schema}}}}}}}
components: {{schemas: {{A: {{type: object, properties: {{n: {{type: integer}}}}}}}}}}
"""
    package = workshop(document(text))
    optional = "" if status == "304" else " | None"
    assert package.api().a.__annotations__["return"] == f"Call[models.A{optional}]"
    recorder.answer('{"n": 1}')
    assert driver.send(package, recorder.url, package.api().a()).n == 1


def test_a_head_request_has_no_body_to_read(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")
    response = driver.send_raw(package, recorder.url, api.thing_head())
    assert (response.status_code, response.headers["content-length"]) == (200, "9")
    assert response.parsed is None


@pytest.mark.parametrize("status", [200, 202, 299])
def test_a_range_of_successes(
    package: Package, api: Any, recorder: Server, driver: Driver, status: int
) -> None:
    recorder.answer('{"name": "a"}', status=status)
    assert driver.send(package, recorder.url, api.range_()).name == "a"


def test_default_is_a_success_where_the_status_is_one(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"name": "a"}', status=201)
    assert driver.send(package, recorder.url, api.by_default()).name == "a"
    recorder.answer('{"name": "b"}', status=400)
    with pytest.raises(package.errors.BadRequestError) as caught:
        driver.send(package, recorder.url, api.by_default())
    assert caught.value.parsed.name == "b"


def test_any_2xx_is_a_success_where_nothing_is_documented(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"x": 1}', status=202)
    assert driver.send(package, recorder.url, api.undocumented()) == {"x": 1}
    recorder.answer(b"", status=204, media_type=None)
    assert driver.send(package, recorder.url, api.undocumented()) is None
    recorder.answer("{}", status=404)
    with pytest.raises(package.errors.NotFoundError):
        driver.send(package, recorder.url, api.undocumented())


@pytest.mark.parametrize(
    ("body", "expected"), [('{"name": "a"}', "Thing"), ("[1, 2]", "list"), ("null", "NoneType")]
)
def test_a_union_of_response_bodies(
    package: Package, api: Any, recorder: Server, driver: Driver, body: str, expected: str
) -> None:
    recorder.answer(body)
    assert type(driver.send(package, recorder.url, api.union())).__name__ == expected


def test_compressed_responses(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    packed = gzip.compress(b'{"name": "a"}', mtime=0)
    recorder.answer(packed, headers={"Content-Encoding": "gzip"})
    assert driver.send(package, recorder.url, api.thing()).name == "a"


def test_send_raw_returns_status_headers_and_content(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"name": "a"}', headers={"X-Rate": "7", "X-Acme-Request-Id": "r1"})
    response = driver.send_raw(package, recorder.url, api.thing())
    assert (response.status_code, response.content) == (200, b'{"name": "a"}')
    assert response.headers["x-rate"] == "7"
    assert response.request_id == "r1"
    assert response.parsed.name == "a"
    assert response.error is None


# Errors that the server tells


@pytest.mark.parametrize(
    ("status", "error", "body", "model"),
    [
        (404, "NotFoundError", '{"missing": "x"}', "Missing"),
        (400, "BadRequestError", '{"title": "t"}', "Problem"),
        (401, "AuthenticationError", '{"title": "t"}', "Problem"),
        (402, "PaymentRequiredError", '{"title": "t"}', "Problem"),
        (403, "PermissionDeniedError", '{"title": "t"}', "Problem"),
        (409, "ConflictError", '{"title": "t"}', "Problem"),
        (418, "HTTPStatusError", '{"title": "t"}', "Problem"),
        (422, "UnprocessableEntityError", '{"title": "t"}', "Problem"),
        (429, "RateLimitError", '{"title": "t"}', "Problem"),
        (500, "ServerError", '{"error": {"message": "m"}}', "Oops"),
        (599, "ServerError", '{"error": {"message": "m"}}', "Oops"),
        (304, "HTTPStatusError", '{"error": {"message": "m"}}', "Oops"),
        (999, "ServerError", '{"error": {"message": "m"}}', "Oops"),
    ],
)
def test_other_statuses_raise_with_their_parsed_body(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    status: int,
    error: str,
    body: str,
    model: str,
) -> None:
    if status == 304:  # never has a body
        recorder.raw(b"HTTP/1.1 304 Not Modified\r\nX-Request-Id: r1\r\n\r\n")
    else:
        recorder.answer(body, status=status, headers={"X-Request-Id": "r1"})
    with pytest.raises(package.errors.APIError) as caught:
        driver.send(package, recorder.url, api.thing())
    assert type(caught.value) is getattr(package.errors, error)
    assert caught.value.status_code == status
    assert caught.value.request == "GET /thing"
    assert caught.value.request_id == "r1"
    assert str(status) in str(caught.value)
    if status != 304:
        assert type(caught.value.parsed) is getattr(package.models, model)
        assert caught.value.content == body.encode()


def test_the_message_of_the_server_is_in_the_text(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    for body in ('{"error": {"message": "no such\\nplan"}}', '{"detail": "no such plan"}'):
        recorder.answer(body, status=500)
        with pytest.raises(package.errors.ServerError, match="no such plan"):
            driver.send(package, recorder.url, api.thing())


def test_errors_have_one_base_class(package: Package) -> None:
    errors = package.errors
    public = [e for e in vars(errors).values() if isinstance(e, type)]
    assert len(public) > 10
    assert all(issubclass(e, errors.APIError) for e in public if issubclass(e, BaseException))
    for name in ("ConnectError", "TransportError", "DecodingError", "HTTPStatusError"):
        assert getattr(errors, name).__bases__ == (errors.APIError,)


PAGE = "<html><head><title>502 Bad Gateway</title></head></html>"


def test_an_error_page_that_is_not_json(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer(PAGE, status=502, media_type="text/html")
    with pytest.raises(package.errors.ServerError) as caught:
        driver.send(package, recorder.url, api.thing())
    assert caught.value.parsed is None
    assert caught.value.content == PAGE.encode()


@pytest.mark.parametrize("body", ["", "null", "[]", '"oops"', "{", '{"error": null}', "[[[]]]"])
def test_error_bodies_of_any_kind(
    package: Package, api: Any, recorder: Server, driver: Driver, body: str
) -> None:
    recorder.answer(body, status=500)
    with pytest.raises(package.errors.ServerError) as caught:
        driver.send(package, recorder.url, api.thing())
    assert caught.value.content == body.encode()


def test_send_raw_does_not_raise_until_the_body_is_read(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('{"missing": "x"}', status=404)
    response = driver.send_raw(package, recorder.url, api.thing())
    assert response.status_code == 404
    assert response.error.parsed.missing == "x"
    with pytest.raises(package.errors.NotFoundError):
        _ = response.parsed


# Request id and Retry-After


@pytest.mark.parametrize("header", ["X-Request-Id", "Request-ID", "x-acme-request-id"])
def test_request_id(
    package: Package, api: Any, recorder: Server, sync: Driver, header: str
) -> None:
    recorder.answer(status=500, headers={header: "r-1"})
    with pytest.raises(package.errors.ServerError, match="r-1") as caught:
        sync.send(package, recorder.url, api.thing())
    assert caught.value.request_id == "r-1"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("0", 0.0), ("1.5", 1.5), ("soon", None), ("", None), ("-3", None)],
)
def test_retry_after_in_seconds(
    package: Package, api: Any, recorder: Server, sync: Driver, value: str, seconds: float | None
) -> None:
    recorder.answer(status=429, headers={"Retry-After": value})
    with pytest.raises(package.errors.RateLimitError) as caught:
        sync.send(package, recorder.url, api.thing())
    assert caught.value.retry_after == seconds


def test_retry_after_as_a_date(package: Package, api: Any, recorder: Server, sync: Driver) -> None:
    start = dt.datetime.now(dt.UTC)
    for date, least, most in [
        (start + dt.timedelta(hours=1), 3500, 3600),
        (start - dt.timedelta(hours=1), 0, 0),
    ]:
        text = email.utils.format_datetime(date, usegmt=True)
        recorder.answer(status=503, headers={"Retry-After": text})
        with pytest.raises(package.errors.ServerError) as caught:
            sync.send(package, recorder.url, api.thing())
        assert least <= caught.value.retry_after <= most


def test_no_retry_after(package: Package, api: Any, recorder: Server, sync: Driver) -> None:
    recorder.answer(status=429)
    with pytest.raises(package.errors.RateLimitError) as caught:
        sync.send(package, recorder.url, api.thing())
    assert caught.value.retry_after is None


@given(
    value=st.one_of(
        st.text(max_size=30), st.from_regex(r"[\d²٣.,:+-]{0,8} ?(GMT)?", fullmatch=True)
    )
)
def test_no_retry_after_raises(package: Package, value: str) -> None:
    error = package.errors.RateLimitError("429")
    error.headers = {"Retry-After": value}
    seconds = error.retry_after
    assert seconds is None or seconds >= 0


# Answers that cannot be read


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"name": ', b"", b"\xff\xfe\xfd", b'{"name": "a"} tail', b"[" * 100_000]
)
def test_a_success_that_is_not_json(
    package: Package, api: Any, recorder: Server, driver: Driver, body: bytes
) -> None:
    recorder.answer(body, headers={"X-Request-Id": "r1"})
    with pytest.raises(package.errors.DecodingError) as caught:
        driver.send(package, recorder.url, api.thing())
    assert (caught.value.status_code, caught.value.content) == (200, body)
    assert caught.value.request == "GET /thing"
    assert caught.value.headers["x-request-id"] == "r1"
    assert len(str(caught.value)) < 300


# Transport


def test_a_timeout(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.silence()
    with pytest.raises(package.errors.TimeoutError) as caught:
        driver.send(package, recorder.url, api.thing(), timeout=0.5)
    assert isinstance(caught.value, package.errors.TransportError)
    assert caught.value.request == "GET /thing"
    assert len(recorder.requests) == 1


BROKEN = [
    ("no answer", []),
    ("half a head", [b"HTTP/1.1 200 OK\r\nContent-Le"]),
    ("half a body", [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}"]),
    ("half a chunk", [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"]),
    ("no last chunk", [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"]),
    ("no HTTP", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]),
    ("broken gzip", [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"]),
]


@pytest.mark.parametrize("pieces", [p for _, p in BROKEN], ids=[n for n, _ in BROKEN])
def test_a_connection_that_breaks(
    package: Package, api: Any, recorder: Server, driver: Driver, pieces: list[bytes]
) -> None:
    recorder.raw(*pieces, hang_up=True)
    with pytest.raises(package.errors.TransportError) as caught:
        driver.send(package, recorder.url, api.thing())
    assert type(caught.value) is package.errors.TransportError
    assert len(recorder.requests) == 1


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_refused_connection(package: Package, api: Any, driver: Driver) -> None:
    with pytest.raises(package.errors.ConnectError) as caught:
        driver.send(package, f"http://127.0.0.1:{_free_port()}", api.thing())
    assert "127.0.0.1" in str(caught.value)
    assert not isinstance(caught.value, package.errors.TransportError)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    package: Package, api: Any, recorder: Server, driver: Driver, status: int
) -> None:
    recorder.answer("", status=status, headers={"Location": f"{recorder.url}/elsewhere"})
    with pytest.raises(package.errors.HTTPStatusError) as caught:
        driver.send(package, recorder.url, api.thing())
    assert caught.value.status_code == status
    assert caught.value.headers["location"].endswith("/elsewhere")
    assert len(recorder.requests) == 1


def test_no_redirect_is_followed_by_an_http_client_that_would(
    package: Package, api: Any, recorder: Server
) -> None:
    recorder.answer("", status=307, headers={"Location": f"{recorder.url}/elsewhere"})
    with (
        httpx.Client(follow_redirects=True, verify=False) as http,
        pytest.raises(package.errors.HTTPStatusError),
    ):
        package.client(recorder.url, http_client=http).send(api.thing())
    assert len(recorder.requests) == 1


def test_a_documented_redirect_is_a_success(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer("", status=302, headers={"Location": "/elsewhere"}, media_type=None)
    response = driver.send_raw(package, recorder.url, api.redirect())
    assert response.parsed is None
    assert response.headers["location"] == "/elsewhere"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_nothing_is_sent_twice(
    package: Package, api: Any, recorder: Server, driver: Driver, status: int
) -> None:
    recorder.answer(status=status, headers={"Retry-After": "0"})
    with pytest.raises(package.errors.HTTPStatusError):
        driver.send(package, recorder.url, api.post_thing(body={"pay": 1}))
    assert len(recorder.requests) == 1


# Pickling


def _errors(package: Package, server: Server, driver: Driver) -> Iterator[Any]:
    api = package.api()
    server.answer('{"missing": "x"}', status=404, headers={"X-Request-Id": "r1"})
    server.answer(PAGE, status=502, media_type="text/html")
    server.answer("<html>", status=200)
    server.raw(hang_up=True)
    for _ in range(4):
        with pytest.raises(package.errors.APIError) as caught:
            driver.send(package, server.url, api.thing(), token="secret")
        yield caught.value
    with pytest.raises(package.errors.APIError) as caught:
        driver.send(package, f"http://127.0.0.1:{_free_port()}", api.thing())
    yield caught.value


@pytest.mark.parametrize(
    "twin", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy]
)
def test_errors_survive_pickling_and_copying(
    workshop: Workshop, recorder: Server, driver: Driver, twin: Any
) -> None:
    secured = {**document(DOCUMENT), "security": [{"key": []}]}
    secured["components"] = {
        **secured["components"],
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }
    for error in _errors(workshop(secured), recorder, driver):
        other = twin(error)
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)


def test_calls_and_responses_survive_pickling(
    package: Package, api: Any, recorder: Server, sync: Driver
) -> None:
    for call in (api.thing(), api.post_thing(body={"a": 1}), api.events()):
        assert pickle.loads(pickle.dumps(call)) == call
    recorder.answer('{"name": "a"}')
    response = sync.send_raw(package, recorder.url, api.thing())
    other = pickle.loads(pickle.dumps(response))
    assert other.parsed == response.parsed


# Downloads


def test_a_download_comes_in_pieces(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    pieces = [b"\x00" * 10, b"\xff", b"end"]
    recorder.chunks(pieces, media_type="video/mp4")
    assert driver.stream(package, recorder.url, api.binary()) == pieces


def test_a_download_of_nothing(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer(b"", media_type="video/mp4")
    assert driver.stream(package, recorder.url, api.binary()) == []


def test_status_and_headers_are_there_before_the_download(
    package: Package, api: Any, recorder: Server
) -> None:
    recorder.answer(b"data", media_type="video/mp4", headers={"ETag": '"1"'})
    with package.client(recorder.url) as client, client.stream(api.binary()) as stream:
        assert (stream.status_code, stream.headers["etag"]) == (200, '"1"')
        assert b"".join(stream) == b"data"


def test_a_refused_download_raises_with_its_typed_body(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.chunks([b'{"missing"', b': "x"}'], media_type="application/json", status=404)
    with pytest.raises(package.errors.NotFoundError) as caught:
        driver.stream(package, recorder.url, api.binary())
    assert caught.value.parsed.missing == "x"


@pytest.mark.parametrize("how", ["chunks", "length"])
def test_a_download_that_breaks_off(
    package: Package, api: Any, recorder: Server, driver: Driver, how: str
) -> None:
    if how == "chunks":
        recorder.chunks([b"first"], media_type="video/mp4", whole=False)
    else:
        recorder.raw(
            b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 9\r\n\r\nfirst",
            hang_up=True,
        )
    with pytest.raises(package.errors.TransportError) as caught:
        driver.stream(package, recorder.url, api.binary())
    assert b"".join(caught.value.items) == b"first"


def test_leaving_a_download_early_is_no_error(package: Package, api: Any, recorder: Server) -> None:
    recorder.chunks([b"one", b"two", b"three"], media_type="video/mp4")
    recorder.answer('{"name": "next"}')
    with package.client(recorder.url) as client:
        with client.stream(api.binary()) as stream:
            assert next(iter(stream)) == b"one"
        assert client.send(api.thing()).name == "next"


def test_leaving_a_download_early_is_no_error_asynchronously(
    package: Package, api: Any, recorder: Server
) -> None:
    recorder.chunks([b"one", b"two", b"three"], media_type="video/mp4")
    recorder.answer('{"name": "next"}')

    async def run() -> Any:
        async with package.part("client").AsyncClient(recorder.url) as client:
            async with client.stream(api.binary()) as stream:
                async for piece in stream:
                    assert piece == b"one"
                    break
            return await client.send(api.thing())

    assert asyncio.run(run()).name == "next"


# Events and lines


EVENTS = (
    "\ufeffevent: one\n: a comment\n"
    "data: first\r\n\r\n"
    "data:second\ndata: with\u2028two lines\nid: 7\nunknown: field\n\n"
    "retry: 500\rdata: ü😀\r\r"
    "event: without data\n\n"
    "data\n\n"
    "retry: soon\ndata:  indented\n\n"
    "data: never finished"
).encode()
EXPECTED = [
    {"event": "one", "data": "first"},
    {"data": "second\nwith\u2028two lines", "id": "7"},
    {"retry": 500, "data": "ü😀"},
    {"data": ""},
    {"data": " indented"},
]


def _cuts(data: bytes) -> list[list[bytes]]:
    """Ways to cut a text: in the middle of characters, of line ends, of everything."""
    return [
        [data],
        [data[i : i + 1] for i in range(len(data))],
        [data[i : i + 7] for i in range(0, len(data), 7)],
        data.replace(b"\r\n", b"\r\0\n").replace(b"\xc3\xbc", b"\xc3\0\xbc").split(b"\0"),
    ]


@pytest.mark.parametrize("cut", range(4))
def test_server_sent_events(
    package: Package, api: Any, recorder: Server, driver: Driver, cut: int
) -> None:
    """Parsed by HTML, section 9.2.6, however the bytes arrive. What is unfinished at the end is no event."""
    recorder.chunks(_cuts(EVENTS)[cut], media_type="text/event-stream")
    events = driver.stream(package, recorder.url, api.events())
    assert [e.to_dict() for e in events] == EXPECTED
    assert {type(e) for e in events} == {package.models.Event}
    assert recorder.last.header("Accept") == "text/event-stream"


@given(data=st.data())
def test_events_do_not_depend_on_how_the_bytes_arrive(package: Package, data: Any) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(EVENTS)), max_size=12)) | {0, len(EVENTS)})
    take = package.api().events().items()
    pieces = [EVENTS[a:b] for a, b in itertools.pairwise(cuts)]
    events = [e for piece in [*pieces, None] for e in take(piece)]
    assert [e.to_dict() for e in events] == EXPECTED


def test_events_whose_data_is_json(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    """A schema without `itemSchema` is that of the data; the word that ends some streams ends this one."""
    text = b'data: {"name": "a"}\n\ndata: {"name":\ndata: "b"}\n\ndata: [DONE]\n\n'
    recorder.chunks(_cuts(text)[2], media_type="text/event-stream")
    first, second = driver.stream(package, recorder.url, api.deltas())
    assert (type(first), first.name, second.name) == (package.models.Thing, "a", "b")


def test_refused_events(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.answer('{"missing": "x"}', status=404)
    with pytest.raises(package.errors.NotFoundError) as caught:
        driver.stream(package, recorder.url, api.events())
    assert caught.value.parsed.missing == "x"


def test_events_that_break_off(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.chunks([b"data: a\n\n", b"data: b"], media_type="text/event-stream", whole=False)
    with pytest.raises(package.errors.TransportError) as caught:
        driver.stream(package, recorder.url, api.events())
    assert [e.data for e in caught.value.items] == ["a"]


LINES = '{"name": "a"}\n\n{"name": "ü\u2028\u0085"}\r\n  {"name": "c", "size": 3}\n{"name": "last"}'.encode()


@pytest.mark.parametrize("cut", range(4))
def test_json_lines(package: Package, api: Any, recorder: Server, driver: Driver, cut: int) -> None:
    recorder.chunks(_cuts(LINES)[cut], media_type="application/x-ndjson")
    things = driver.stream(package, recorder.url, api.lines())
    assert [t.name for t in things] == ["a", "ü\u2028\u0085", "c", "last"]
    assert {type(t) for t in things} == {package.models.Thing}


# The second record is laid out over several lines, as in RFC 7464's own terms and OpenAPI's example.
RECORDS = b'\x1e{"name": "a"}\n\x1e{\n  "name": "b",\n  "size": 2\n}\n\x1e\x1e{"name": "last"}\n'


@pytest.mark.parametrize("cut", range(4))
def test_json_text_sequences(
    package: Package, api: Any, recorder: Server, driver: Driver, cut: int
) -> None:
    recorder.chunks(_cuts(RECORDS)[cut], media_type="application/json-seq")
    things = driver.stream(package, recorder.url, api.records())
    assert [t.name for t in things] == ["a", "b", "last"]


@pytest.mark.parametrize(
    ("function", "media_type", "good"),
    [
        ("lines", "application/x-ndjson", b'{"name": "a"}\n'),
        ("records", "application/json-seq", b'\x1e{"name": "a"}\n'),
    ],
)
def test_a_line_that_is_not_json(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    function: str,
    media_type: str,
    good: bytes,
) -> None:
    bad = good.replace(b'"a"}', b"oops")
    recorder.chunks([good, bad], media_type=media_type)
    with pytest.raises(package.errors.DecodingError) as caught:
        driver.stream(package, recorder.url, getattr(api, function)())
    assert [t.name for t in caught.value.items] == ["a"]


# The client itself


def test_a_client_closes_what_it_opened_and_nothing_else(
    package: Package, api: Any, recorder: Server
) -> None:
    with httpx.Client(verify=False) as http:
        with package.client(recorder.url, http_client=http) as client:
            client.send(api.undocumented())
        assert not http.is_closed
        package.client(recorder.url, http_client=http).close()
        assert not http.is_closed
    client = package.client(recorder.url)
    client.send(api.undocumented())
    client.close()
    with pytest.raises(RuntimeError):
        client.send(api.undocumented())


def test_every_request_has_finite_timeouts(package: Package, api: Any) -> None:
    seen: list[dict[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json={})

    with httpx.Client(transport=httpx.MockTransport(answer), timeout=None) as http:
        client = package.client("http://localhost", http_client=http)
        client.send(api.undocumented())
        client.send(api.undocumented(), timeout=3.5)
        client.with_options(timeout=4).send(api.undocumented())
    assert all(0 < seconds <= 600 for seconds in seen[0].values())
    assert set(seen[1].values()) == {3.5}
    assert set(seen[2].values()) == {4}


def test_with_options_gives_a_copy(package: Package, api: Any, recorder: Server, http: Any) -> None:
    client = package.client(recorder.url, headers={"X-One": "1"}, http_client=http)
    twin = client.with_options(headers={"X-Two": "2"})
    twin.send(api.undocumented())
    assert (recorder.last.header("X-One"), recorder.last.header("X-Two")) == ("1", "2")
    client.send(api.undocumented())
    assert (recorder.last.header("X-One"), recorder.last.header("X-Two")) == ("1", None)


def test_unknown_options_are_refused(package: Package) -> None:
    with pytest.raises(TypeError, match="retry"):
        package.client("http://127.0.0.1:1", retry=3)
