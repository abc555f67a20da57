"""Typed headers of responses (OpenAPI, Header Object): their values, their names, and what is no value."""

from __future__ import annotations

import datetime as dt
import inspect
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from mypy import api as mypy
from tests.support import Driver, Package, Server, Workshop, document

UTC = dt.UTC
COMPONENTS = """
schemas:
  Level: {type: string, enum: [low, high]}
  Point: {type: object, required: [x], properties: {x: {type: integer}, is-far: {type: boolean}}}
headers:
  Fresh: {description: Whether it is new., schema: {type: boolean}}
"""


def _document(headers: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    headers = yaml.safe_load(headers) if isinstance(headers, str) else headers
    responses = {"200": {"description": "done", "headers": headers}, **more}
    get = {"operationId": "read", "responses": responses}
    components = yaml.safe_load(COMPONENTS)
    return document({"paths": {"/thing": {"get": get}}, "components": components})


def _read(
    driver: Driver, package: Package, recorder: Server, headers: dict[str, str], status: int = 200
) -> Any:
    """The headers of a response that has these ones."""
    recorder.answer(status=status, headers=headers)
    api = package.api()
    return api.ReadHeaders(driver.send_raw(package, recorder.url, api.read()))


VALUES: list[tuple[str, str, Any]] = [
    ("{type: string}", "a, b", "a, b"),
    ("{type: string}", "7", "7"),
    ("{type: integer}", "7", 7),
    ("{type: integer}", "-7", -7),
    ("{type: integer}", "seven", "seven"),
    ("{type: integer}", "", ""),
    ("{type: number}", "1.5", 1.5),
    ("{type: number}", "2e3", 2000.0),
    ("{type: boolean}", "true", True),
    ("{type: boolean}", "false", False),
    ("{type: boolean}", "yes", "yes"),
    ("{type: [integer, 'null']}", "7", 7),
    ("{type: [integer, string]}", "7", 7),
    ("{type: [integer, string]}", "x7", "x7"),
    ("{type: integer, enum: [1, 2]}", "2", 2),
    ("{type: string, enum: [a, b]}", "b", "b"),
    ("{type: string, enum: [a, b]}", "c", "c"),
    ("{$ref: '#/components/schemas/Level'}", "high", "high"),
    ("{type: array, items: {type: integer}}", "1, 2,3", [1, 2, 3]),
    ("{type: array, items: {type: integer}}", "", []),
    ("{type: array, items: {type: string}}", "a", ["a"]),
    (
        "{type: string, format: date-time}",
        "2026-03-02T08:15:30Z",
        dt.datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC),
    ),
    (
        "{type: string, format: date-time}",
        "Mon, 02 Mar 2026 08:15:30 GMT",
        dt.datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC),
    ),
    ("{type: string, format: date-time}", "yesterday", "yesterday"),
    ("{type: string, format: date}", "2026-03-02", dt.date(2026, 3, 2)),
    ("{type: string, format: uuid}", str(UUID(int=7)), UUID(int=7)),
    ("{type: object, additionalProperties: {type: integer}}", "a=1,b=2", {"a": 1, "b": 2}),
    ("{type: object, additionalProperties: {type: integer}}", "a,1,b,2", {"a": 1, "b": 2}),
]


@pytest.mark.parametrize(("schema", "text", "value"), VALUES, ids=str)
def test_values(
    workshop: Workshop, driver: Driver, recorder: Server, schema: str, text: str, value: Any
) -> None:
    package = workshop(_document(f"X-It: {{schema: {schema}}}"))
    read = _read(driver, package, recorder, {"X-It": text}).x_it
    assert (read, type(read).__mro__[-2]) == (value, type(value).__mro__[-2])


def test_objects_of_a_class(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    package = workshop(
        _document(
            "A: {schema: {$ref: '#/components/schemas/Point'}}\n"
            "B: {explode: true, schema: {$ref: '#/components/schemas/Point'}}\n"
            "C: {content: {application/json: {schema: {$ref: '#/components/schemas/Point'}}}}\n"
            "D: {content: {application/json: {schema: {$ref: '#/components/schemas/Point'}}}}"
        )
    )
    sent = {"A": "x,1,is-far,true", "B": "x=1,is-far=true", "C": '{"x":1,"is-far":true}', "D": "{"}
    headers = _read(driver, package, recorder, sent)
    point = package.models.Point(x=1, is_far=True)
    assert [headers.a, headers.b, headers.c, headers.d] == [point, point, point, "{"]


def test_headers_that_are_components_and_in_several_responses(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    limit = {"description": "busy", "headers": {"x-fresh": {"schema": {"type": "integer"}}}}
    fresh = "X-Fresh: {$ref: '#/components/headers/Fresh'}"
    package = workshop(_document(fresh, **{"429": limit, "default": limit}))
    assert _read(driver, package, recorder, {"X-Fresh": "true"}).x_fresh is True
    assert _read(driver, package, recorder, {"x-fresh": "7"}, status=429).x_fresh == 7
    assert _read(driver, package, recorder, {}).x_fresh is None
    recorder.answer(status=429, headers={"X-Fresh": "8"})
    with pytest.raises(package.errors.RateLimitError) as caught:
        driver.send(package, recorder.url, package.api().read())
    assert package.api().ReadHeaders(caught.value).x_fresh == 8


def test_repeated_headers_are_a_list(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    package = workshop(_document("X-It: {schema: {type: array, items: {type: integer}}}"))
    recorder.raw(b"HTTP/1.1 200 OK\r\nX-It: 1\r\nX-It: 2\r\nContent-Length: 0\r\n\r\n")
    response = driver.send_raw(package, recorder.url, package.api().read())
    assert package.api().ReadHeaders(response).x_it == [1, 2]


def test_swagger_2(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    headers = {
        "X-Count": {"type": "integer", "description": "How many."},
        "X-Words": {"type": "array", "items": {"type": "string"}, "collectionFormat": "csv"},
    }
    get = {"operationId": "read", "responses": {"200": {"description": "", "headers": headers}}}
    package = workshop(document({"swagger": "2.0", "paths": {"/thing": {"get": get}}}))
    read = _read(driver, package, recorder, {"X-Count": "3", "X-Words": "a,b"})
    assert (read.x_count, read.x_words) == (3, ["a", "b"])


def test_names_that_python_or_the_module_has(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    names = ["class", "str", "models", "X_It", "x-it", "1st", "Any", "header_field", "self"]
    package = workshop(_document({n: {"schema": {"type": "string"}} for n in names}))
    cls = package.api().ReadHeaders
    attributes = [n for n in vars(cls) if n[0] != "_" or n == "_1st"]
    assert len(attributes) == len(names)
    headers = _read(driver, package, recorder, {n: n for n in names})
    assert {getattr(headers, a) for a in attributes} == set(names)
    assert headers.class_ == "class"


def test_a_content_type_is_ignored_and_no_class_is_left(workshop: Workshop) -> None:
    package = workshop(_document("Content-Type: {schema: {type: string}}"))
    assert not hasattr(package.api(), "ReadHeaders")
    assert "_runtime/response_headers.py" not in package.made.files


def test_functions_whose_classes_would_have_a_name_that_is_taken(workshop: Workshop) -> None:
    responses = {"200": {"description": "", "headers": {"A": {"schema": {"type": "string"}}}}}
    names = ("typed", "header_field", "read")
    paths = {f"/{n}": {"get": {"operationId": n, "responses": responses}} for n in names}
    api = workshop(document({"paths": paths})).api()
    classes = [n for n in vars(api) if n.endswith("Headers") or n.startswith("TypedHeaders")]
    assert len(classes) == 4  # with the base
    assert api.typed().path == "/typed"


PROGRAM = """
from typing import assert_type
import datetime as dt
from NAME import Client, models
from NAME.api import default
from NAME.errors import NotFoundError

def read(client: Client) -> None:
    headers = default.ReadHeaders(client.send_raw(default.read()))
    assert_type(headers.x_count, int | None)
    assert_type(headers.x_days, list[dt.date] | None)
    assert_type(headers.x_point, models.Point | None)
    headers.x_county  # type: ignore[attr-defined]
    with client.stream(default.read()) as stream:
        default.ReadHeaders(stream)
    try:
        default.ReadHeaders(NotFoundError())
    except ValueError:
        default.ReadHeaders(client)  # type: ignore[arg-type]
"""


def test_types(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = workshop(
        _document(
            "X-Count: {description: How many., schema: {type: integer}}\n"
            "X-Days: {schema: {type: array, items: {type: string, format: date}}}\n"
            "X-Point: {schema: {$ref: '#/components/schemas/Point'}}"
        )
    )
    monkeypatch.setenv("MYPYPATH", str(package.folder.parent))
    program = tmp_path / "program.py"
    program.write_text(inspect.cleandoc(PROGRAM).replace("NAME", package.name))
    flags = ["--strict", "--no-incremental", "--no-error-summary"]
    assert mypy.run([*flags, str(program)]) == ("", "", 0)
