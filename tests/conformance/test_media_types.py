"""Negotiation: which media type is asked for, which documented one a body is read as, and what is not as documented."""

from __future__ import annotations

import gzip
import inspect
import subprocess
import sys
from typing import Any

import httpx
import pytest
from tests.support import Driver, Package, Server, Workshop, document

DOCUMENT = """
openapi: 3.1.0
security: [{key: []}, {}]
paths:
  /ranges:
    get:
      operationId: ranges
      responses:
        "200":
          description: done
          content:
            "*/*": {schema: {$ref: "#/components/schemas/Anything"}}
            application/*: {schema: {$ref: "#/components/schemas/Other"}}
            application/json: {schema: {$ref: "#/components/schemas/Thing"}}
            application/json; v=2: {schema: {$ref: "#/components/schemas/Thing2"}}
  /report:
    get:
      operationId: report
      responses:
        "200":
          description: done
          content:
            application/json: {schema: {$ref: "#/components/schemas/Things"}}
            text/csv: {schema: {$ref: "#/components/schemas/Things"}}
            application/pdf: {}
            application/xml: {schema: {$ref: "#/components/schemas/Things"}}
  /both:
    get:
      operationId: both
      responses:
        "200": {description: done, content: {image/png: {}, application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
  /pay:
    post:
      operationId: pay
      responses:
        "200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
        default: {description: bad, content: {application/json: {schema: {$ref: "#/components/schemas/Other"}}}}
  /loose:
    get:
      operationId: loose
      responses: {"200": {description: done, content: {application/json: {}}}}
  /silent:
    get:
      operationId: silent
      responses: {"200": {description: done}}
  /binary:
    get:
      operationId: binary
      responses:
        "200":
          description: done
          content:
            text/plain: {schema: {$ref: "#/components/schemas/File"}}
            application/json: {schema: {$ref: "#/components/schemas/File"}}
  /encoded:
    get:
      operationId: encoded
      responses: {"200": {description: done, content: {application/json: {schema: {type: string, format: byte}}}}}
  /upload:
    post:
      operationId: upload
      requestBody: {content: {application/json: {}}}
      parameters: [{name: X-Trace, in: header, schema: {type: string}}]
      responses: {"204": {description: done}}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  schemas:
    File: {type: string, format: binary}
    Thing: {type: object, required: [name], properties: {name: {type: string}}}
    Thing2: {type: object, required: [title], properties: {title: {type: string}}}
    Other: {type: object, properties: {other: {type: string}}}
    Anything: {type: object, properties: {any: {type: string}}}
    Things: {type: array, items: {$ref: "#/components/schemas/Thing"}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT))


@pytest.fixture
def api(package: Package) -> Any:
    return package.api()


# The most specific media type


@pytest.mark.parametrize(
    ("content_type", "model"),
    [
        ("application/json", "Thing"),
        ("Application/JSON; charset=UTF-8", "Thing"),
        ("application/json;v=2", "Thing2"),
        ('application/json; charset=utf-8; V="2"', "Thing2"),
        ("application/json; v=3", "Thing"),
        ("application/hal+json", "Other"),
        ("model/json", "Anything"),
    ],
)
def test_the_most_specific_media_type_wins(
    package: Package, api: Any, recorder: Server, driver: Driver, content_type: str, model: str
) -> None:
    recorder.answer('{"name": "n", "title": "t"}', media_type=content_type)
    parsed = driver.send(package, recorder.url, api.ranges())
    assert type(parsed) is getattr(package.models, model)


# accept=


def test_accept_chooses_among_the_documented_media_types(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer(b"\x89PNG", media_type="image/png")
    assert driver.send(package, recorder.url, api.both(accept="image/png")) == b"\x89PNG"
    assert recorder.last.header("Accept") == "image/png"
    recorder.answer('{"name": "n"}')
    assert driver.send(package, recorder.url, api.both()).name == "n"
    assert recorder.last.header("Accept") == "image/png, application/json"


def test_a_file_of_the_same_values_as_json_comes_when_asked_for(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('[{"name": "n"}]')
    (thing,) = driver.send(package, recorder.url, api.report())
    assert thing.name == "n"
    assert recorder.last.header("Accept") == "application/json"
    recorder.answer("name\r\nn\r\n", media_type="text/csv")
    assert driver.send(package, recorder.url, api.report(accept="text/csv")) == "name\r\nn\r\n"
    assert recorder.last.header("Accept") == "text/csv"


USE = """
from typing import assert_type

from {name} import Client, models
from {name}.api import default


def use(client: Client) -> None:
    assert_type(client.send(default.both(accept="image/png")), bytes)
    assert_type(client.send(default.both(accept="application/json")), models.Thing)
    assert_type(client.send(default.both()), bytes | models.Thing)
    assert_type(client.send(default.report()), list[models.Thing])
    assert_type(client.send(default.report(accept="text/csv")), str)
    assert_type(client.send(default.report(accept="application/pdf")), bytes)
    assert_type(client.send(default.binary()), bytes)
    default.both(accept="text/html")
"""


def test_the_result_type_follows_accept(package: Package) -> None:
    file = package.folder.parent / f"use_{package.name}.py"
    file.write_text(USE.format(name=package.name))
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(file)]
    done = subprocess.run(
        command, cwd=package.folder.parent, capture_output=True, text=True, check=False
    )
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(errors) == 1, done.stdout
    assert "No overload variant" in errors[0]


# Statuses and bodies that are not documented


@pytest.mark.parametrize("status", [201, 202, 207, 299])
def test_an_undocumented_2xx_is_a_success(
    package: Package, api: Any, recorder: Server, driver: Driver, status: int
) -> None:
    recorder.answer('{"name": "n"}', status=status)
    response = driver.send_raw(package, recorder.url, api.pay())
    assert (response.status_code, response.error) == (status, None)
    assert type(response.parsed) is package.models.Thing


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/json", b'{"other": "o"}', {"other": "o"}),
        ("application/json", b"not JSON", b"not JSON"),
        ("text/plain", b"accepted", b"accepted"),
        (None, b"\x00", b"\x00"),
        (None, b"", None),
    ],
)
def test_an_undocumented_2xx_of_another_kind(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    media_type: str | None,
    body: bytes,
    expected: Any,
) -> None:
    recorder.answer(body, status=202, media_type=media_type)
    assert driver.send(package, recorder.url, api.pay()) == expected


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [("text/plain; charset=latin-1", "\xfc"), ("image/png", b"\xfc"), ("text/csv", "\ufffd")],
)
def test_a_body_of_any_type_is_given_by_its_content_type(
    package: Package, api: Any, recorder: Server, driver: Driver, media_type: str, expected: Any
) -> None:
    recorder.answer(b"\xfc", media_type=media_type)
    assert driver.send(package, recorder.url, api.loose()) == expected


def test_a_success_whose_body_is_not_as_documented(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer("<html>queued</html>", media_type="text/html")
    with pytest.raises(package.errors.DecodingError) as caught:
        driver.send(package, recorder.url, api.pay())
    assert "the request succeeded with 200, its body is text/html" in str(caught.value)
    assert caught.value.content == b"<html>queued</html>"
    assert caught.value.status_code == 200


def test_an_undocumented_body_gives_its_bytes(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer(b"data", media_type="application/x-own")
    assert driver.send(package, recorder.url, api.silent()) == b"data"
    recorder.answer(b"", media_type=None)
    assert driver.send(package, recorder.url, api.silent()) is None


# Binary


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "text/json", None])
def test_binary_is_bytes_under_any_media_type(
    package: Package, api: Any, recorder: Server, driver: Driver, media_type: str | None
) -> None:
    for body in (b'{"a": 1}', b"\xff\xfe\r\n", b'"AAAA"', b""):
        recorder.answer(body, media_type=media_type)
        assert driver.send(package, recorder.url, api.binary()) == body


def test_base64_in_json_is_decoded(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    recorder.answer('"AP8="')
    assert driver.send(package, recorder.url, api.encoded()) == b"\x00\xff"


# Headers


def test_headers_of_the_caller_replace_others(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    headers = {"accept": "x/y", "content-type": "a/b", "AUTHORIZATION": "Own z", "x-trace": "no"}
    driver.send_raw(
        package, recorder.url, api.upload(body=1, x_trace="yes"), headers=headers, token="secret"
    )
    request = recorder.last
    assert request.header("Accept") == "x/y"
    assert request.header("Content-Type") == "a/b"
    assert request.header("Authorization") == "Own z"
    assert request.header("X-Trace") == "yes"


# The size of a body


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_is_too_long(
    package: Package, api: Any, recorder: Server, driver: Driver, status: int
) -> None:
    """The size is that after decompression."""
    for body, ok in ((b'"' + b"a" * 98 + b'"', True), (b'"' + b"a" * 99 + b'"', False)):
        packed = gzip.compress(body, mtime=0)
        assert len(packed) < 60
        recorder.answer(packed, headers={"Content-Encoding": "gzip"}, status=status)
        call = api.loose()
        if ok:
            response = driver.send_raw(package, recorder.url, call, max_response_size=100)
            assert response.content == body
            continue
        with pytest.raises(package.errors.DecodingError, match="max_response_size") as caught:
            driver.send_raw(package, recorder.url, call, max_response_size=100)
        assert caught.value.status_code == status


def test_a_body_that_is_too_long_is_not_read_on(package: Package, api: Any) -> None:
    read = []

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            while True:
                read.append(1)
                yield b"x" * 1000

    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Endless()))
    with httpx.Client(transport=transport) as http:
        client = package.client("http://localhost", http_client=http, max_response_size=5000)
        with pytest.raises(package.errors.DecodingError):
            client.send(api.loose())
    assert len(read) == 6


RANGES = """
openapi: 3.1.0
paths:
  /image: {get: {operationId: image, responses: {"200": {description: ok, content: {"image/*": {}}}}}}
  /drawing: {get: {operationId: drawing, responses: {"200": {description: ok, content: {"image/*": {}, image/svg+xml: {schema: {type: string}}}}}}}
"""


def test_a_media_type_within_a_range_can_be_asked_for(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    package = workshop(document(RANGES))
    image, drawing = package.api().image, package.api().drawing
    recorder.answer(b"\xff", media_type="image/png")
    assert driver.send(package, recorder.url, image(accept="image/png")) == b"\xff"
    assert recorder.last.all("accept") == ["image/png"]
    recorder.answer(b"\xff", media_type="image/webp")
    assert driver.send(package, recorder.url, drawing(accept="image/webp")) == b"\xff"
    assert recorder.last.all("accept") == ["image/webp"]
    recorder.answer("<svg/>", media_type="image/svg+xml")
    assert driver.send(package, recorder.url, drawing()) == "<svg/>"
    assert (
        inspect.signature(image).parameters["accept"].annotation
        == "Literal['image/*'] | str | None"
    )
    returned = inspect.signature(drawing).return_annotation
    assert returned == "Call[bytes] | Call[str] | Call[Any] | Call[bytes | str]"
