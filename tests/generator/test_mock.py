"""`orcagen mock`: a server on loopback that responses as a document says, seen from a generated client and from bare HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.support import HEAD, Driver, Package, Workshop, document, orcagen, save

from orcagen.diagnostics import InputError
from orcagen.mock import Fault, MockServer, VirtualClock

PETS = {
    **yaml.safe_load("""
servers: [{url: "https://{region}.example/v1", variables: {region: {default: eu}}}]
security: [{token: []}]
paths:
  /pets:
    get:
      operationId: listPets
      tags: [pets]
      parameters:
        - {name: limit, in: query, schema: {anyOf: [{type: integer, maximum: 100}, {type: "null"}]}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
      responses:
        "200":
          description: The pets.
          headers: {X-Total: {required: true, schema: {type: integer, minimum: 5}}}
          content:
            application/json:
              schema:
                type: object
                required: [items, total]
                properties:
                  items: {type: array, items: {$ref: "#/components/schemas/Pet"}}
                  total: {type: integer}
    post:
      operationId: createPet
      tags: [pets]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
      responses:
        "201":
          description: The pet.
          headers: {Location: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
        "409": {$ref: "#/components/responses/Error"}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getPet
      tags: [pets]
      responses:
        "200":
          description: The pet.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Pet"}
              examples:
                cat: {value: {id: 7, name: Tom, kind: cat}}
                dog: {$ref: "#/components/examples/Dog"}
            text/plain: {schema: {type: string, const: Tom}}
        4XX: {$ref: "#/components/responses/Error"}
    put:
      operationId: replacePet
      tags: [pets]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"200": {description: The pet., content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
    patch:
      operationId: updatePet
      tags: [pets]
      requestBody: {content: {application/merge-patch+json: {schema: {type: object}}}}
      responses: {"200": {description: The pet., content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
    delete: {operationId: deletePet, tags: [pets], responses: {"204": {description: It is gone.}}}
  /pets/{petId}/photo:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getPhoto
      tags: [photos]
      responses: {"200": {description: A photo., content: {image/png: {schema: {type: string, format: binary}}}}}
    put:
      operationId: setPhoto
      tags: [photos]
      requestBody:
        content: {multipart/form-data: {schema: {type: object, required: [file], properties: {file: {type: string, format: binary}}}}}
      responses: {default: {description: Done.}}
  /login:
    post:
      operationId: login
      security: []
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, required: [user, age], properties: {user: {type: string}, age: {type: integer}}}
      responses: {"200": {description: A token., content: {application/json: {schema: {type: object, required: [token], properties: {token: {type: string, format: uuid}}}}}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  examples: {Dog: {value: {id: 8, name: Rex, kind: dog}}}
  responses:
    Error:
      description: An error.
      content: {application/json: {schema: {type: object, required: [message], properties: {message: {type: string}}}}}
  schemas:
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, minLength: 2}
        kind: {type: string, enum: [cat, dog]}
        born: {type: string, format: date}
        mother: {$ref: "#/components/schemas/Pet"}
        password: {type: string, writeOnly: true}
"""),
    **HEAD,
}
AUTHORIZATION = {"Authorization": "Bearer secret"}


@contextmanager
def serve(folder: Path, content: Any, **options: Any) -> Iterator[tuple[MockServer, httpx.Client]]:
    """A mock of a document, and an HTTP client for it with credentials."""
    path = save(folder, content) if not isinstance(content, Path) else content
    with (
        MockServer(path, **options) as server,
        httpx.Client(base_url=server.url, headers=AUTHORIZATION) as client,
    ):
        yield server, client


def places(response: httpx.Response) -> list[str]:
    return [problem["location"] for problem in response.json()["errors"]]


def respond(schema: str, media_type: str = "application/json") -> dict[str, Any]:
    """A document with one operation, GET /a, that responds with values of a schema."""
    text = f"{{paths: {{/a: {{get: {{responses: {{'200': {{description: d, content: {{{media_type}: {{schema: {schema}}}}}}}}}}}}}}}}}"
    return document(text)


# A generated client


def test_every_operation_from_a_generated_client(tmp_path: Path, workshop: Workshop) -> None:
    made = workshop(PETS)
    pet = made.models.Pet
    with (
        MockServer(save(tmp_path, PETS)) as server,
        made.client(server.url, token="secret", strict=True) as client,
    ):
        page = client.pets.list_pets(limit=5, tags=["a", "b"])
        assert page.items
        assert client.pets.get_pet(7) == pet(id=7, name="Tom", kind="cat")
        created = client.pets.create_pet(body=pet.from_dict({"name": "Anna", "kind": "dog"}))
        assert (created.name, created.kind) == ("Anna", "dog")
        assert client.pets.get_pet(created.id).name == "Anna"
        assert client.pets.replace_pet(created.id, body=pet(id=0, name="Bo")).id == created.id
        client.pets.delete_pet(created.id)
        with pytest.raises(made.errors.NotFoundError) as caught:
            client.pets.get_pet(created.id)
        assert isinstance(caught.value.parsed.message, str)
        assert client.photos.get_photo(7).startswith(b"\x89PNG")
    assert [r.operation for r in server.requests] == (
        "listPets getPet createPet getPet replacePet deletePet getPet getPhoto".split()
    )


# Requests


def test_requests_are_validated(tmp_path: Path) -> None:
    with serve(tmp_path, PETS) as (server, client):
        assert httpx.get(f"{server.url}/pets").status_code == 401
        assert httpx.post(f"{server.url}/login", data={"user": "a", "age": "3"}).is_success
        assert places(client.post("/login", data={"user": "a", "age": "x"})) == ["body"]
        assert client.get("/pets?limit=7").status_code == 200
        assert places(client.get("/pets?limit=700")) == ["query parameter limit"]
        assert places(client.get("/pets/tom")) == ["path parameter petId"]
        assert places(client.post("/pets")) == ["body"]
        wrong = client.post("/pets", json={"name": "A", "kind": "cow"})
        assert wrong.status_code == 400
        assert sorted(places(wrong)) == ["body /kind", "body /name"]
        assert client.post("/pets", content="A", headers={"Content-Type": "text/plain"}).status_code == 415  # fmt: skip
        assert client.put("/pets/1/photo", files={"file": b"\x00\xff"}).status_code == 200
        assert client.get("/cats").status_code == 404
        refused = client.put("/pets")
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")
        outside = httpx.get(server.url.removesuffix("/v1") + "/pets", headers=AUTHORIZATION)
        assert outside.status_code == 404


@pytest.mark.parametrize(
    ("scheme", "request_"),
    [
        ("{type: http, scheme: basic}", {"auth": ("me", "secret")}),
        ("{type: apiKey, in: header, name: X-Key}", {"headers": {"x-key": "a"}}),
        ("{type: apiKey, in: query, name: key}", {"params": {"key": "a"}}),
        ("{type: apiKey, in: cookie, name: key}", {"headers": {"Cookie": "other=1; key=a"}}),
        ("{type: oauth2, flows: {}}", {"headers": AUTHORIZATION}),
    ],
)
def test_credentials(tmp_path: Path, scheme: str, request_: dict[str, Any]) -> None:
    text = f"{{security: [{{s: []}}], components: {{securitySchemes: {{s: {scheme}}}}}, paths: {{/a: {{get: {{responses: {{'204': {{description: d}}}}}}}}}}}}"
    with MockServer(save(tmp_path, document(text))) as server:
        assert httpx.get(f"{server.url}/a").status_code == 401
        assert httpx.get(f"{server.url}/a", **request_).status_code == 204


def test_what_generated_clients_send_is_accepted(tmp_path: Path, workshop: Workshop) -> None:
    text = """
paths:
  /a/{m}/{l}/{s}:
    post:
      operationId: send
      parameters:
        - {name: m, in: path, required: true, style: matrix, schema: {type: array, items: {type: integer}}}
        - {name: l, in: path, required: true, style: label, schema: {type: array, items: {type: integer}}}
        - {name: s, in: path, required: true, schema: {type: array, items: {type: integer}}}
        - {name: object, in: query, required: true, schema: {$ref: "#/components/schemas/Point"}}
        - {name: deep, in: query, required: true, style: deepObject, schema: {$ref: "#/components/schemas/Point"}}
        - {name: pipes, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: spaces, in: query, style: spaceDelimited, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: commas, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: X-List, in: header, schema: {type: array, items: {type: boolean}}}
        - {name: json, in: query, content: {application/json: {schema: {$ref: "#/components/schemas/Point"}}}}
      requestBody: {content: {application/json: {schema: {type: object, properties: {at: {type: string, format: time}}}}}}
      responses: {"204": {description: d}}
components: {schemas: {Point: {type: object, properties: {x: {type: integer}, y: {type: integer}}}}}
"""
    made = workshop(document(text))
    point = made.models.Point(x=1, y=2)
    with MockServer(save(tmp_path, document(text))) as server, made.client(server.url) as client:
        client.default.send(
            [1, 2], [3, 4], [5, 6], object_=point, deep=point, pipes=[1, 2], spaces=[1, 2],
            commas=[1, 2], x_list=[True, False], json=point, body={"at": time(12, 30, tzinfo=UTC)},
        )  # fmt: skip
        wrong = httpx.post(f"{server.url}/a/;m=1/.1/1?x=1&deep[x]=no&pipes=1", json={"at": "noon"})
        assert places(wrong) == ["query parameter deep", "body /at"]


def test_paths_that_differ_in_their_fragments(tmp_path: Path) -> None:
    text = """
paths:
  "/files#copy":
    post:
      operationId: copyFile
      requestBody: {content: {application/json: {schema: {required: [copy], type: object}}}}
      responses: {"201": {description: d}}
  "/files#move":
    post:
      operationId: moveFile
      requestBody: {content: {application/json: {schema: {required: [move], type: object}}}}
      responses: {"202": {description: d}}
"""
    with serve(tmp_path, document(text)) as (server, client):
        codes = [client.post("/files", json={key: 1}).status_code for key in ("copy", "move", "")]
    assert codes == [201, 202, 400]
    assert [r.operation for r in server.requests] == ["copyFile", "moveFile", "copyFile"]


# Responses


def test_preferences_choose_a_response(tmp_path: Path) -> None:
    with serve(tmp_path, PETS) as (_, client):

        def get(prefer: str, **headers: str) -> httpx.Response:
            return client.get("/pets/7", headers={"Prefer": prefer, **headers})

        assert get("").json()["name"] == "Tom"
        assert get("example=dog").json()["name"] == "Rex"
        assert get('respond-async, example="dog"').json()["name"] == "Rex"
        unknown = get("code=404")
        assert (unknown.status_code, list(unknown.json())) == (404, ["message"])
        assert get("code=503").status_code == 400
        assert get("example=cow").status_code == 400
        assert get("", Accept="text/plain, application/json;q=0.5").text == "Tom"
        assert get("", Accept="text/csv").status_code == 406


def test_headers_of_responses(tmp_path: Path) -> None:
    with serve(tmp_path, PETS) as (_, client):
        assert int(client.get("/pets").headers["X-Total"]) >= 5
        created = client.post("/pets", json={"name": "Anna"})
        assert created.headers["Location"] == f"/v1/pets/{created.json()['id']}"


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    def get_all(seed: int, paths: list[str]) -> dict[str, bytes]:
        with serve(tmp_path, PETS, seed=seed) as (_, client):
            return {path: client.get(path).content for path in paths}

    paths = ["/pets", "/pets/7", "/pets/7/photo"]
    assert get_all(1, paths) == get_all(1, paths[::-1])
    assert get_all(1, paths) != get_all(2, paths)


SCHEMAS = [
    "{type: string, format: date-time}",
    "{type: string, format: email, maxLength: 9}",
    "{type: string, minLength: 30, maxLength: 31}",
    "{type: string, pattern: '^[A-Z]{3}$'}",
    "{type: string, pattern: '^(ab|cd)_[0-9a-f]{8}(-x)?$', maxLength: 13}",
    "{type: string, pattern: '^ses', minLength: 6}",
    "{type: [string, 'null'], enum: [null, a]}",
    "{type: integer, minimum: 10, exclusiveMaximum: 12}",
    "{type: integer, multipleOf: 7, minimum: 50}",
    "{type: integer, maximum: -5}",
    "{type: number, exclusiveMinimum: 0, exclusiveMaximum: 0.5}",
    "{type: array, uniqueItems: true, minItems: 2, items: {enum: [1, 2, 3]}}",
    "{type: array, prefixItems: [{type: integer}, {type: string}], items: false}",
    "{type: object, additionalProperties: {type: integer}, minProperties: 2}",
    "{allOf: [{type: object, required: [a], properties: {a: {type: integer}}}, {required: [b], properties: {b: {const: 1}}}]}",
    "{oneOf: [{type: object, required: [a], properties: {a: {type: integer}}, additionalProperties: false}, {type: string}]}",
    "{anyOf: [{type: 'null'}, {type: integer}]}",
    "{type: object, required: [next], properties: {next: {anyOf: [{$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema'}, {type: 'null'}]}}}",
    "{type: string, example: 5}",  # an example that does not fit is not used
    "{type: object, properties: {a: {type: string, default: x}}, required: [a], example: {a: y}}",
    "{}",
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_values_fit_their_schema(tmp_path: Path, schema: str) -> None:
    content = respond(schema)
    for seed in range(3):
        with serve(tmp_path, content, seed=seed) as (_, client):
            value = client.get("/a").json()
        whole = {**yaml.safe_load(schema), "paths": content["paths"]}
        Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            value
        )


def test_what_a_schema_shows_comes_first(tmp_path: Path) -> None:
    schema = "{type: object, required: [a, b], properties: {a: {type: string, example: x}, b: {type: integer, default: 3}}}"
    with serve(tmp_path, respond(schema)) as (_, client):
        assert client.get("/a").json() == {"a": "x", "b": 3}


def test_the_member_of_a_union_has_its_discriminator(tmp_path: Path) -> None:
    content = respond("{$ref: '#/components/schemas/Animal'}")
    content["components"] = yaml.safe_load("""
schemas:
  Animal:
    oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
    discriminator: {propertyName: kind, mapping: {meow: Cat}}
  Cat: {type: object, required: [kind], properties: {kind: {type: string}}}
  Dog: {type: object, required: [kind, bark], properties: {kind: {type: string}, bark: {type: string}}}
  Fish:
    oneOf: [{$ref: "#/components/schemas/Carp"}]
    discriminator: {propertyName: kind}
  Carp: {type: object, required: [kind], properties: {kind: {type: string, enum: [carp]}}}
""")
    with serve(tmp_path, content) as (_, client):
        assert client.get("/a").json()["kind"] in ("meow", "Dog")
    schema = content["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
    schema["schema"] = {"$ref": "#/components/schemas/Fish"}
    with serve(tmp_path, content) as (_, client):
        assert client.get("/a").json() == {"kind": "carp"}


def test_an_example_in_json_that_is_written_as_text(tmp_path: Path) -> None:
    content = respond("{type: object, properties: {a: {type: integer}}}")
    media = content["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
    media["example"] = '{"a": 1}'
    with serve(tmp_path, content) as (_, client):
        assert client.get("/a").json() == {"a": 1}


@pytest.mark.parametrize(
    ("declared", "next_"),
    [
        ("{kind: cursor, cursor: /next, parameter: cursor}", "{type: string}"),
        (
            "{kind: cursor, cursor: /next, parameter: cursor}",
            "{type: [string, 'null'], example: abc}",
        ),
        ("{kind: url, url: /next}", "{type: string}"),
        ("{kind: page, parameter: page}", "{type: string}"),
        ("{kind: offset, parameter: offset}", "{type: string}"),
    ],
)
def test_reading_all_pages_ends(
    tmp_path: Path, workshop: Workshop, declared: str, next_: str
) -> None:
    text = f"""
paths:
  /a:
    get:
      operationId: listAll
      x-orcagen-pagination: {declared}
      parameters:
        - {{name: cursor, in: query, schema: {{type: string}}}}
        - {{name: page, in: query, schema: {{type: integer}}}}
        - {{name: offset, in: query, schema: {{type: integer}}}}
      responses:
        "200":
          description: d
          content:
            application/json:
              schema:
                type: object
                required: [items, next]
                properties: {{items: {{type: array, minItems: 1, items: {{type: integer}}}}, next: {next_}}}
"""
    made = workshop(document(text))
    with (
        MockServer(save(tmp_path, document(text))) as server,
        made.client(server.url) as client,
    ):
        items = list(client.paginate(made.api().list_all()))
    assert items
    assert len(server.requests) <= 2


# What was stored


def test_what_was_posted_can_be_got_listed_changed_and_deleted(tmp_path: Path) -> None:
    with serve(tmp_path, PETS) as (_, client):
        assert (
            client.get("/pets/7").status_code == 200
        )  # nothing is stored: what the document shows
        sent = {"name": "Anna", "kind": "dog", "password": "secret"}
        anna = client.post("/pets", json=sent).json()
        expected = {"name": "Anna", "kind": "dog", "id": anna["id"]}
        assert {**anna, **expected} == anna
        bob = client.post("/pets", json={"name": "Bob"}).json()
        page = client.get("/pets").json()
        assert page["items"] == [anna, bob]
        assert page["total"] == 2
        assert "password" not in json.dumps(page)
        url = f"/pets/{anna['id']}"
        assert client.get(url).json() == anna
        merge_patch = {"Content-Type": "application/merge-patch+json"}
        assert client.patch(url, json={"kind": "cat"}, headers=merge_patch).json() == {
            **anna,
            "kind": "cat",
        }
        assert client.get(url).json()["kind"] == "cat"
        assert client.put(url, json={"name": "Ann"}).json() == {"name": "Ann", "id": anna["id"]}
        assert client.delete(url).status_code == 204
        for method in ("GET", "DELETE"):
            missing = client.request(method, url)
            assert missing.status_code == 404
        assert client.get("/pets").json()["items"] == [bob]


def test_strict_state_starts_empty(tmp_path: Path) -> None:
    with serve(tmp_path, PETS, strict_state=True) as (_, client):
        assert client.get("/pets").json() == {"items": [], "total": 0}
        assert client.get("/pets/7").status_code == 404


def test_ids_in_an_envelope_and_in_nested_collections(tmp_path: Path) -> None:
    text = """
paths:
  /teams/{team}/players:
    parameters: [{name: team, in: path, required: true, schema: {type: string}}]
    post:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Envelope"}}}}}
    get:
      responses: {"200": {description: d, content: {application/json: {schema: {type: array, items: {type: object}}}}}}
  /teams/{team}/players/{player_id}:
    parameters:
      - {name: team, in: path, required: true, schema: {type: string}}
      - {name: player_id, in: path, required: true, schema: {type: string, format: uuid}}
    get:
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Envelope"}}}}}
components:
  schemas:
    Envelope:
      type: object
      required: [data, ok]
      properties:
        ok: {const: true}
        data: {type: object, required: [id], properties: {id: {type: string, format: uuid}, name: {type: string}}}
"""
    with serve(tmp_path, document(text)) as (_, client):
        made = client.post("/teams/red/players", json={"name": "Ada"}).json()
        assert (made["ok"], made["data"]["name"]) == (True, "Ada")
        assert client.get(f"/teams/red/players/{made['data']['id']}").json() == made
        assert client.get("/teams/red/players").json() == [made["data"]]
        assert client.get("/teams/blue/players").json() != [made["data"]]


def test_what_is_stored_is_shown_as_responses_have_it(tmp_path: Path) -> None:
    text = """
paths:
  /images:
    post:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"201": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Image"}}}}}
  /images/{image}:
    parameters: [{name: image, in: path, required: true, schema: {type: string, pattern: "^img_[0-9]{4}$"}}]
    get:
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Image"}}}}}
components:
  schemas:
    Image:
      type: object
      additionalProperties: false
      required: [id, system]
      properties: {id: {type: string}, system: {type: string}, size: {type: integer}}
"""
    with serve(tmp_path, document(text)) as (_, client):
        made = client.post("/images", json={"system": {"name": "a"}, "size": 3, "secret": 1}).json()
        assert isinstance(made["system"], str)
        assert made["size"] == 3
        assert "secret" not in made
        fetched = client.get(f"/images/{made['id']}")
        assert fetched.status_code == 200


# Faults and records


def test_faults(tmp_path: Path) -> None:
    clock = VirtualClock()
    faults = [
        Fault("getPet", status=503, times=2, headers={"Retry-After": "7"}),
        Fault("GET /pets", skip=1, status=429, body={"message": "slow"}, delay=5),
        Fault("createPet", status=None, headers={"X-Extra": "a"}),
    ]
    with serve(tmp_path, PETS, faults=faults, clock=clock) as (server, client):
        begin = clock.time()
        responses = [client.get("/pets/7") for _ in range(3)]
        assert [a.status_code for a in responses] == [503, 503, 200]
        assert responses[0].headers["Retry-After"] == "7"
        assert client.get("/pets").status_code == 200
        slow = client.get("/pets")
        assert (slow.status_code, slow.json()) == (429, {"message": "slow"})
        assert clock.time() == begin + 5
        assert client.post("/pets", json={"name": "Anna"}).headers["X-Extra"] == "a"
        server.add_faults(Fault(status=500))
        assert client.get("/login").status_code == 500
        assert [r.status for r in server.requests_to("getPet")] == [503, 503, 200]
        assert server.requests_to("createPet")[0].json() == {"name": "Anna"}
        with pytest.raises(ValueError, match="99 is not a status from 200 to 599"):
            Fault(status=99)


# Tasks

EXAMPLES = Path(__file__).parents[2] / "examples" / "long_running"


def polling(package: Package, clock: VirtualClock, kind: str) -> Any:
    sleep = clock.sleep if kind == "sync" else clock.asleep
    return package.module.Polling(sleep=sleep, clock=clock.time, time=clock.time)


def wait(driver: Driver, package: Package, server: MockServer, call: Any) -> Any:
    """The result of a task, on the server's clock."""
    options = {"polling": polling(package, cast(VirtualClock, server.clock), driver.kind)}
    if driver.kind == "sync":
        with package.client(server.url, **options) as client:
            return client.start(call).wait(600)

    async def use(client: Any) -> Any:
        return await (await client.start(call)).wait(600)

    return driver._asynchronously(package, server.url, options, use)


@pytest.mark.parametrize(
    ("name", "function", "arguments", "expected"),
    [
        ("videos", "create_video", {"body": {"prompt": "a"}}, "status"),
        ("google_style", "create_dataset", {"body": {"title": "a"}}, "title"),
        ("accepted", "create_report", {"body": {"year": 2026}}, "rows"),
        ("azure_style", "disks_export", {"name": "a"}, "url"),
        ("azure_style", "disks_create_or_update", {"name": "a", "body": {"size": 3}}, ""),
    ],
)
def test_tasks_go_on_until_they_succeed(
    driver: Driver,
    workshop: Workshop,
    name: str,
    function: str,
    arguments: dict[str, Any],
    expected: str,
) -> None:
    document = EXAMPLES / f"{name}.yaml"
    made = workshop(yaml.safe_load(document.read_text()))
    clock = VirtualClock()
    begin = clock.time()
    with MockServer(document, clock=clock, task_duration=120) as server:
        result = wait(driver, made, server, getattr(made.api(), function)(**arguments))
    assert hasattr(result, expected) if expected else result is not None
    assert clock.time() >= begin + 120
    assert len(server.requests) > 2


def test_the_words_of_a_task_follow_each_other(tmp_path: Path) -> None:
    clock = VirtualClock()
    with serve(tmp_path, EXAMPLES / "videos.yaml", clock=clock) as (
        _,
        client,
    ):
        ids = [client.post("/videos", json={"prompt": "a"}).json()["id"] for _ in range(2)]
        assert len(set(ids)) == 2
        seen = []
        for _ in range(5):
            video = client.get(f"/videos/{ids[0]}").json()
            assert video["id"] == ids[0]
            seen.append((video["status"], video["progress"], "error" in video))
            clock.advance(20)
        assert seen == [
            ("queued", 0, False),
            ("queued", 33, False),
            ("in_progress", 66, False),
            ("completed", 100, False),
            ("completed", 100, False),
        ]


def test_tasks_have_ids_of_their_own(tmp_path: Path) -> None:
    text = """
paths:
  /jobs:
    post:
      operationId: startJob
      x-orcagen-long-running-operation:
        poll: {operationId: getJob, parameters: {job: $response.body#/task/key}}
        status: $response.body#/task/code
        pending: [0, 1]
        succeeded: [2]
        failed: [3]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}}
  /jobs/{job}:
    get:
      operationId: getJob
      parameters: [{name: job, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}}
components:
  schemas:
    Job:
      type: object
      required: [task]
      properties:
        task:
          type: object
          required: [key, code]
          properties: {key: {type: string, example: key_1}, code: {type: integer}}
"""
    clock = VirtualClock()
    with serve(tmp_path, document(text), clock=clock, task_duration=10) as (_, client):
        first, second = (client.post("/jobs", json={}).json()["task"] for _ in range(2))
        assert first["key"] != second["key"]
        assert first["code"] == 0
        clock.advance(10)
        assert client.get(f"/jobs/{first['key']}").json()["task"] == {
            "key": first["key"],
            "code": 2,
        }


def test_tasks_can_fail_and_be_cancelled(tmp_path: Path, workshop: Workshop, sync: Driver) -> None:
    path = EXAMPLES / "videos.yaml"
    made = workshop(yaml.safe_load(path.read_text()))
    faults = [
        Fault("createVideo", status=None, task="failed"),
        Fault("getVideo", status=503, times=3, headers={"Retry-After": "9"}),
    ]
    call = made.api().create_video(body={"prompt": "a"})
    with MockServer(path, clock=VirtualClock(), faults=faults) as server:
        with pytest.raises(made.errors.TaskFailedError, match="the task has failed"):
            wait(sync, made, server, call)
        assert [r.status for r in server.requests_to("getVideo")][:3] == [503] * 3
        options = {"polling": polling(made, cast(VirtualClock, server.clock), "sync")}
        with made.client(server.url, **options) as client:
            task = client.start(call)
            task.cancel()
            with pytest.raises(made.errors.TaskCancelledError):
                task.wait(600)


# Documents of all kinds

ODD = [
    {},
    {"/a": {"get": {}}},
    {"/a": {"get": {"responses": {"404": {"description": "d"}}}}},
    {"/a": {"get": {"responses": {"301": {"description": "d", "headers": {"Location": {}}}}}}},
    {"/a": {"get": {"responses": {"2XX": {"description": "d", "content": {"*/*": {}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"text/event-stream": {"itemSchema": {"type": "integer"}}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/jsonl": {"itemSchema": {"type": "object"}}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/xml": {"schema": {"properties": {"a": {"items": {}}}}}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/nowhere"}}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": False}}}}}}},
    {"/a": {"get": {"responses": {"200": {"$ref": "missing.yaml"}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "any", "minimum": "x", "pattern": "(", "enum": 3}}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"allOf": [{"type": "string"}, {"type": "object"}]}}}}}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"examples": {"x": {"externalValue": "http://x.example"}}}}}}}}},
    {"/a": {"get": {"parameters": [{"name": "q", "in": "query", "style": "none", "schema": {"type": "array"}}], "responses": {}}}},
    {"/a": {"get": {"parameters": [{"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}], "responses": {}}}},
    {"/a": {"get": {"security": [{"unknown": []}], "responses": {}}}},
    {"/a": {"get": {"servers": [{"url": "/b"}], "responses": {}}}},
    {"/a": {"get": {"responses": {"200": {"headers": {"X-A": {"schema": {"type": "string", "example": "ä\r\nb: 漢"}}}}}}}},
    {"/{a}.{b}": {"get": {"responses": {}}}},
    {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Endless"}}}}}}}},
]  # fmt: skip


@pytest.mark.parametrize("paths", ODD)
def test_odd_documents_are_served(
    tmp_path: Path, paths: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    endless = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/Endless"}}}  # fmt: skip
    content = document({"paths": paths, "components": {"schemas": {"Endless": endless}}})
    with serve(tmp_path, content) as (_, client):
        codes = {
            client.request(method, target, headers={"Accept": "*/*"}).status_code
            for method in ("GET", "HEAD", "POST")
            for target in ("/a", "/b/a", "/x.y", "/a?q=1&q=%FF", "/%2F")
        }
    assert max(codes) < 500
    assert caplog.records == []


def test_swagger_2(tmp_path: Path) -> None:
    text = """
swagger: "2.0"
host: api.example
basePath: /v2
paths:
  /notes/{id}:
    post:
      consumes: [application/json]
      produces: [application/json]
      parameters:
        - {name: id, in: path, required: true, type: integer}
        - {name: body, in: body, schema: {type: object, properties: {n: {type: number, minimum: 0, exclusiveMinimum: true}}}}
      responses:
        "200": {description: d, schema: {type: object}, examples: {application/json: {a: 1}}}
"""
    with serve(tmp_path, document(text)) as (server, client):
        assert server.url.endswith("/v2")
        assert client.post("/notes/1", json={"n": 1}).json() == {"a": 1}
        assert places(client.post("/notes/1", json={"n": 0})) == ["body /n"]


# The command


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    path = save(tmp_path, PETS)
    command = [sys.executable, "-m", "orcagen", "mock", str(path), "--seed", "3", "--strict-state"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip().removeprefix("Listening on ")
        answer = httpx.get(f"{url}/pets", headers=AUTHORIZATION)
        assert answer.json() == {"items": [], "total": 0}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, b"")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    path = save(tmp_path, PETS)
    with MockServer(path) as server:
        port = httpx.URL(server.url).port
        done = orcagen("mock", path, "--port", str(port))
    assert done.returncode == 2
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr


def test_a_missing_extra_is_one_sentence(tmp_path: Path) -> None:
    save(tmp_path, "raise ModuleNotFoundError(name='uvicorn')", "hidden/uvicorn.py")
    path = save(tmp_path, PETS)
    done = orcagen("mock", path, PYTHONPATH=_before(tmp_path / "hidden"))
    assert done.returncode == 2
    assert done.stderr == "orcagen: the mock server needs uvicorn: pip install 'orcagen[mock]'\n"


def _before(folder: Path) -> str:
    return ":".join([str(folder), *filter(None, sys.path)])


def test_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not an OpenAPI document"):
        MockServer(save(tmp_path, "a: 1"))
