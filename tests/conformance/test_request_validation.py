"""The option `validate_requests`: what is found in a request before it is sent. Sync and async alike."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from tests.support import Driver, Package, Server, Workshop, document

from orcagen.config import Config

DOCUMENT = """
openapi: 3.1.0
paths:
  /pets/{code}:
    get:
      operationId: find
      parameters:
        - {name: code, in: path, required: true, schema: {type: string, pattern: "^[A-Z]+$"}}
        - {name: limit, in: query, schema: {$ref: "#/components/schemas/Limit"}}
        - {name: above, in: query, schema: {type: number, exclusiveMinimum: 0, multipleOf: 0.1}}
        - {name: exact, in: query, schema: {const: 1}}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: integer}, maxItems: 2, uniqueItems: true}}
        - {name: X-Word, in: header, schema: {type: string, minLength: 3}}
      responses: {"204": {description: done}}
  /pets:
    post:
      operationId: add
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Pet"}}
      responses: {"204": {description: done}}
    put:
      operationId: add_all
      requestBody:
        content:
          application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}
      responses: {"204": {description: done}}
  /photos:
    post:
      operationId: upload
      requestBody:
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file, title]
              properties: {file: {type: string, format: binary}, title: {type: string}, note: {type: string}}
      responses: {"204": {description: done}}
  /login:
    post:
      operationId: login
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [user, secret]
              properties: {user: {type: string}, secret: {type: string}}
      responses: {"204": {description: done}}
components:
  schemas:
    Limit: {type: integer, minimum: 1, maximum: 100}
    Pet:
      type: object
      required: [name, secret, id]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, minLength: 1, maxLength: 5}
        secret: {type: string, writeOnly: true}
        plate: {type: string, pattern: "^(a+)+$"}
        rank: {$ref: "#/components/schemas/Limit"}
        tags: {type: array, minItems: 1, items: {type: string}}
        owner: {$ref: "#/components/schemas/Owner"}
        born: {type: string, format: date}
    Owner: {type: object, additionalProperties: false, properties: {"e/mail": {type: string, pattern: "@"}}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT), config=Config(validate_requests=True))


def pointers(package: Package, driver: Driver, recorder: Server, call: Any) -> list[str]:
    """The places that are found. What has some is not sent, what has none is."""
    error = None
    recorder.answer(b"", status=204)
    try:
        driver.send(package, recorder.url, call, validate_requests=True)
    except package.errors.InvalidRequestError as caught:
        error = caught
    assert len(recorder.requests) == (0 if error else 1)
    if error is None:
        return []
    assert all(p.pointer in str(error) for p in error.problems)
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
    return [p.pointer for p in error.problems]


def test_limits_of_parameters_are_found_at_once(
    package: Package, driver: Driver, recorder: Server
) -> None:
    find = package.api().find
    call = find("abc", limit=101, above=0.25, exact=2, ids=[1, 1, 1], x_word="ab")
    assert sorted(pointers(package, driver, recorder, call)) == [
        "/header/X-Word",
        "/path/code",
        "/query/above",
        "/query/exact",
        "/query/ids",
        "/query/ids",
        "/query/limit",
    ]
    fits = find("ABC", limit=100, above=0.3, exact=1, ids=[1, 2], x_word="abc")
    assert pointers(package, driver, recorder, fits) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"name": ""}, ["/body/name"]),
        ({"name": "longer"}, ["/body/name"]),
        ({"rank": 0}, ["/body/rank"]),
        ({"tags": []}, ["/body/tags"]),
        ({"tags": [1]}, ["/body/tags/0"]),
        ({"secret": None}, ["/body/secret"]),
        ({"owner": {"e/mail": "me"}}, ["/body/owner/e~1mail"]),
        ({"owner": {"e/mail": "me@a", "more": 1}}, ["/body/owner/more"]),
        ({"born": "soon", "rank": 101}, ["/body/born", "/body/rank"]),
        # A pattern that could take years is not tried.
        ({"plate": "a" * 60 + "!"}, []),
    ],
)
def test_bodies(
    package: Package,
    driver: Driver,
    recorder: Server,
    change: dict[str, Any],
    found: list[str],
) -> None:
    body = {"name": "Mia", "secret": "s", **change}
    api = package.api()
    assert sorted(pointers(package, driver, recorder, api.add(body=body))) == found
    recorder.forget()
    listed = sorted(pointers(package, driver, recorder, api.add_all(body=[body])))
    assert listed == [p.replace("/body", "/body/0") for p in found]


def test_models_as_bodies(package: Package, driver: Driver, recorder: Server) -> None:
    pet = package.models.Pet(name="longer", secret="s", rank=0)
    call = package.api().add(body=pet)
    assert sorted(pointers(package, driver, recorder, call)) == ["/body/name", "/body/rank"]


def test_required_parts(package: Package, driver: Driver, recorder: Server) -> None:
    upload, login = package.api().upload, package.api().login
    for call, found in (
        (upload(body={"note": "x"}), ["/body/file", "/body/title"]),
        (login(body={"user": "me"}), ["/body/secret"]),
        (login(body={"user": "me", "secret": "s"}), []),
    ):
        recorder.forget()
        assert sorted(pointers(package, driver, recorder, call)) == found
    recorder.forget()
    assert pointers(package, driver, recorder, upload(body={"file": b"f", "title": "t"})) == []


def test_nothing_is_validated_unless_asked(
    package: Package, workshop: Workshop, recorder: Server
) -> None:
    recorder.answer(b"", status=204)
    with package.client(recorder.url) as client:
        client.send(package.api().find("abc"))
        with pytest.raises(package.errors.InvalidRequestError):
            client.with_options(validate_requests=True).send(package.api().find("abc"))
    assert len(recorder.requests) == 1
    plain = workshop(document(DOCUMENT))
    assert not [p for p in plain.made.files if p.endswith(("_constraints.py", "validation.py"))]
    with pytest.raises(TypeError, match="no option 'validate_requests'"):
        plain.client(recorder.url, validate_requests=True)


def test_limits_of_openapi_3_0(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    parameter = {
        "name": "n",
        "in": "query",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "exclusiveMinimum": True,
            "maximum": 5,
            "exclusiveMaximum": True,
        },
    }
    get = {
        "operationId": "get",
        "parameters": [parameter],
        "responses": {"204": {"description": "d"}},
    }
    package = workshop(
        {**document({"paths": {"/": {"get": get}}}), "openapi": "3.0.3"},
        config=Config(validate_requests=True),
    )
    for n, found in ((1, True), (2, False), (5, True)):
        recorder.forget()
        assert bool(pointers(package, driver, recorder, package.api().get(n=n))) == found
