"""Operations as methods of clients: `client.pets.get_pet(7)` and, with `AsyncClient`, `await client.pets.get_pet(7)`."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.support import Package, Server, Workshop, document

from orcagen.plan.method_names import CLIENT_NAMES

JSON = "application/json"
SHOP = document("""
tags:
- {name: pets, description: "Everything about pets.\\n\\nA second paragraph."}
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      tags: [pets]
      summary: Get one pet
      parameters:
      - {name: petId, in: path, required: true, description: Its number., schema: {type: integer}}
      - {name: fields, in: query, schema: {type: array, items: {type: string}}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
        '404': {description: no such pet}
    delete:
      operationId: deletePet
      tags: [pets]
      parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
      responses: {'204': {description: gone}}
  /pets:
    post:
      operationId: createPet
      tags: [pets]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
      responses:
        '201': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  /pets/{petId}/picture:
    get:
      operationId: getPicture
      tags: [pets]
      summary: Get a picture
      parameters:
      - {name: petId, in: path, required: true, schema: {type: integer}}
      - {name: size, in: query, schema: {type: integer}}
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {$ref: '#/components/schemas/Pet'}}
            image/png: {schema: {type: string, format: binary}}
  /export:
    get:
      operationId: exportPets
      tags: [pets]
      parameters: [{name: since, in: query, schema: {type: integer}}]
      responses:
        '200': {description: ok, content: {application/jsonl: {itemSchema: {$ref: '#/components/schemas/Pet'}}}}
  /watch:
    get:
      operationId: watchPets
      tags: [pets]
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {type: string}}
            text/event-stream: {itemSchema: {$ref: '#/components/schemas/Pet'}}
  /ask:
    post:
      operationId: askPet
      tags: [pets]
      requestBody: {required: true, content: {application/json: {schema: {type: string}}}}
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {$ref: '#/components/schemas/Pet'}}
            text/event-stream: {schema: {$ref: '#/components/schemas/Pet'}}
  /health:
    get: {operationId: health, responses: {'204': {description: ok}}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}}}
""")


@pytest.fixture(scope="module")
def shop(workshop: Workshop) -> Package:
    return workshop(SHOP)


def test_dir_shows_what_has_not_been_imported_yet(shop: Package) -> None:
    module = shop.module
    code = (
        f"import {module.__name__} as package\n"
        "assert {*dir(package)} >= {*package.__all__, 'api', 'client', 'errors', 'models'}\n"
        "assert {*dir(package.api)} >= {'default', 'pets'}\n"
        "assert 'Pet' in dir(package.models)\n"
        "assert 'dicts' not in dir(package)\n"
        "package.errors.APIError, package.api.pets.get_pet\n"
        "assert {*dir(package.Client('http://127.0.0.1:9'))} >= {'default', 'pets', 'send'}\n"
    )
    folder = Path(str(module.__file__)).parent.parent
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


def test_a_method_sends_what_the_function_builds(shop: Package, recorder: Server) -> None:
    with shop.client(recorder.url) as client:
        recorder.answer('{"name": "Rex"}')
        assert client.pets.get_pet(7, fields=["name", "age"]) == shop.models.Pet(name="Rex")
        assert recorder.last.line == "GET /pets/7?fields=name&fields=age"
        recorder.answer('{"name": "Mia"}', status=201)
        assert client.pets.create_pet(body={"name": "Mia"}).name == "Mia"
        assert recorder.last.body == b'{"name":"Mia"}'
        recorder.answer(b"", status=204, media_type=None)
        assert client.pets.delete_pet(pet_id=7) is None
        recorder.answer(b"", status=204, media_type=None)
        assert client.default.health() is None
        recorder.answer(status=404, media_type=None)
        with pytest.raises(shop.errors.NotFoundError):
            client.pets.get_pet(8)


def test_a_method_of_the_asynchronous_client_is_awaited(shop: Package, recorder: Server) -> None:
    async def use() -> list[Any]:
        async with shop.part("client").AsyncClient(recorder.url) as client:
            recorder.answer('{"name": "Rex"}')
            recorder.answer(b"\x89PNG", media_type="image/png")
            recorder.answer('{"name": "a"}\n{"name": "b"}\n', media_type="application/jsonl")
            first = await asyncio.create_task(client.pets.get_pet(7))
            picture = await client.pets.get_picture(7, accept="image/png")
            async with client.pets.export_pets(since=3) as stream:
                return [first.name, picture, *[pet.name async for pet in stream]]

    assert asyncio.run(use()) == ["Rex", b"\x89PNG", "a", "b"]
    assert recorder.last.target == "/export?since=3"


def test_a_stream_is_read_item_by_item(shop: Package, recorder: Server) -> None:
    with shop.client(recorder.url) as client:
        recorder.chunks([b'{"name": "a"}\n', b'{"name": "b"}\n'], media_type="application/jsonl")
        with client.pets.export_pets() as stream:
            assert stream.status_code == 200
            assert [pet.name for pet in stream] == ["a", "b"]


def test_an_operation_that_may_stream_has_a_method_for_that(
    shop: Package, recorder: Server
) -> None:
    """Only where nothing but a stream can come, the method of the operation's name streams."""
    event = b'data: {"name": "a"}\n\n'
    with shop.client(recorder.url) as client:
        recorder.answer('"all quiet"')
        assert client.pets.watch_pets() == "all quiet"
        recorder.answer('{"name": "Rex"}')
        assert client.pets.ask_pet(body="who?").name == "Rex"
        for open_stream in (
            client.pets.watch_pets_stream,
            lambda: client.pets.ask_pet_stream(body="who?"),
        ):
            recorder.answer(event, media_type="text/event-stream")
            with open_stream() as stream:
                assert len(list(stream)) == 1
            assert recorder.last.header("accept") == "text/event-stream"
        assert recorder.last.body == b'"who?"'


def test_the_method_that_streams_gets_out_of_the_way_of_an_operation(workshop: Workshop) -> None:
    both = {JSON: {"schema": {"type": "string"}}, "text/event-stream": {}}
    streaming = {"200": {"description": "ok", "content": both}}
    plain = {"204": {"description": "ok"}}
    paths = {
        f"/{id_}": {"get": {"operationId": id_, "tags": ["t"], "responses": responses}}
        for id_, responses in (("watch_all", streaming), ("watch_all_stream", plain))
    }
    methods = workshop(document({"paths": paths})).client("https://a.test").t
    names = [name for name in dir(methods) if name[0] != "_"]
    assert names == ["watch_all", "watch_all_stream", "watch_all_stream_"]


def test_a_method_with_overloads_sends_the_media_type(shop: Package, recorder: Server) -> None:
    with shop.client(recorder.url) as client:
        recorder.answer(b"\x89PNG", media_type="image/png")
        assert client.pets.get_picture(7, size=3, accept="image/png") == b"\x89PNG"
        assert recorder.last.target == "/pets/7/picture?size=3"
        assert recorder.last.header("accept") == "image/png"
        recorder.answer('{"name": "Rex"}')
        assert client.pets.get_picture(7).name == "Rex"


def test_a_copy_with_other_options_has_methods_of_its_own(shop: Package, recorder: Server) -> None:
    with shop.client(recorder.url) as client:
        copy = client.with_options(headers={"X-Trace": "1"})
        copy.pets.get_pet(7)
        assert recorder.last.header("x-trace") == "1"
        client.pets.get_pet(7)
        assert recorder.last.header("x-trace") is None


def test_wrong_arguments_are_those_of_the_function(shop: Package) -> None:
    client = shop.client("https://a.test")
    with pytest.raises(TypeError, match=r"get_pet\(\) missing 1 required positional argument"):
        client.pets.get_pet()
    with pytest.raises(TypeError, match=r"get_picture\(\) got an unexpected keyword argument"):
        client.pets.get_picture(7, colour="red")
    with pytest.raises(AttributeError, match="get_pets"):
        client.pets.get_pets(7)
    with pytest.raises(AttributeError, match="cats"):
        _ = client.cats


def test_modules_of_operations_are_imported_on_first_use(workshop: Workshop) -> None:
    package = workshop({**SHOP, "info": {"title": "Lazy", "version": "1"}})
    script = """
import sys
from PACKAGE import Client
client = Client("https://a.test")
client.with_options(timeout=1)
dir(client)
def loaded():
    return sorted(m.removeprefix("PACKAGE.") for m in sys.modules if m.startswith("PACKAGE.api."))
assert not loaded(), loaded()
client.pets.get_pet
assert loaded() == ["api.pets"], loaded()
assert not [m for m in sys.modules if m.startswith("PACKAGE.models.")]
"""
    script = script.replace("PACKAGE", package.name)
    subprocess.run([sys.executable, "-c", script], cwd=workshop.root, check=True, timeout=60)


def test_dir_lists_tags_and_operations(shop: Package) -> None:
    client = shop.client("https://a.test")
    assert {"default", "pets", "send", "with_options"} <= set(dir(client))
    assert [name for name in dir(client.pets) if name[0] != "_"] == [
        "ask_pet",
        "ask_pet_stream",
        "create_pet",
        "delete_pet",
        "export_pets",
        "get_pet",
        "get_picture",
        "watch_pets",
        "watch_pets_stream",
    ]


def test_a_method_has_the_name_the_docstring_and_the_parameters_of_its_function(
    shop: Package,
) -> None:
    pets = shop.client("https://a.test").pets
    for name in ("get_pet", "get_picture", "export_pets"):
        method, function = getattr(pets, name), getattr(shop.api("pets"), name)
        assert method.__name__ == name
        assert inspect.getdoc(method) == inspect.getdoc(function)
        assert inspect.signature(method).parameters == inspect.signature(function).parameters


def test_calls_are_pickled_and_compared_as_before(shop: Package) -> None:
    call = shop.api("pets").get_pet(7)
    assert pickle.loads(pickle.dumps(call)) == call == shop.api("pets").get_pet(7)


# Names


def _tagged(*tags: str) -> dict[str, Any]:
    responses = {"204": {"description": "ok"}}
    paths = {
        f"/{i}": {"get": {"operationId": f"go{i}", "tags": [tag], "responses": responses}}
        for i, tag in enumerate(tags)
    }
    return document({"paths": paths})


def test_a_tag_that_a_client_has_a_name_for_gets_an_underscore(
    workshop: Workshop, recorder: Server
) -> None:
    tags = ["send", "Stream", "with-options", "base_url", "timeout", "class", "2nd", "Tags"]
    package = workshop(_tagged(*tags, "api", "models", "property", "str", "load methods"))
    client = package.client(recorder.url)
    names = "send_ stream_ with_options_ base_url_ timeout_ class_ _2nd tags api models"
    for i, name in enumerate([*names.split(), "property", "str", "load_methods_"]):
        recorder.answer(b"", status=204, media_type=None)
        assert getattr(getattr(client, name), f"go{i}")() is None
        assert recorder.last.target == f"/{i}"
    assert package.api("send").go0().path == "/0"


def test_all_names_of_clients_are_reserved(shop: Package) -> None:
    """What a client has or takes; a tag of that name would hide it, or be hidden."""
    module = shop.part("client")
    tags = {"pets", "default"}
    for client in (module.Client, module.AsyncClient):
        public = {n for n in dir(client) if n[0] != "_" and n.islower()} - tags
        assert public | client.OPTIONS <= CLIENT_NAMES


def test_tags_whose_names_differ_in_signs_alone_share_their_methods(workshop: Workshop) -> None:
    package = workshop(_tagged("pet-food", "Pet Food"))
    assert len(package.made.package.apis) == 1
    food = package.client("https://a.test").pet_food
    assert len([name for name in dir(food) if name[0] != "_"]) == 2


# Types

RIGHT = """
from typing import assert_type
from PACKAGE import AsyncClient, Client
from PACKAGE.models import Pet

client = Client("https://a.test")
assert_type(client.pets.get_pet(7, fields=["name"]), Pet)
assert_type(client.pets.create_pet(body={"name": "Mia"}), Pet)
assert_type(client.pets.delete_pet(7), None)
assert_type(client.with_options(timeout=3).pets.get_pet(7), Pet)
assert_type(client.pets.get_picture(7), Pet | bytes)
assert_type(client.pets.get_picture(7, accept="application/json"), Pet)
assert_type(client.pets.get_picture(7, size=3, accept="image/png"), bytes)
with client.pets.export_pets(since=3) as stream:
    assert_type([item for item in stream], list[Pet])
assert_type(client.pets.ask_pet(body="who?", accept="application/json"), Pet)
with client.pets.ask_pet_stream(body="who?") as stream:
    assert_type([item for item in stream], list[Pet])


async def use(other: AsyncClient) -> None:
    assert_type(await other.pets.get_pet(7), Pet)
    assert_type(await other.pets.get_picture(7), Pet | bytes)
    assert_type(await other.pets.get_picture(7, accept="image/png"), bytes)
    async with other.pets.export_pets() as stream:
        assert_type([item async for item in stream], list[Pet])
    async with other.pets.ask_pet_stream(body="who?") as stream:
        assert_type([item async for item in stream], list[Pet])
"""
WRONG = """
from PACKAGE import AsyncClient, Client

client = Client("https://a.test")
client.pets.get_pet()
client.pets.get_pet("7")
client.pets.get_pet(7, field=["name"])
client.pets.get_pets(7)
client.cats
client.pets.create_pet()
client.pets.get_picture(7, accept="image/gif")
client.pets.get_picture(7, accept="image/png").name
client.pets.export_pets().name
client.pets.ask_pet_stream()
AsyncClient("https://a.test").pets.get_pet(7).name
"""
WRONG_LINES = set(range(5, 16))


@pytest.fixture(scope="module")
def programs(shop: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    shutil.copytree(shop.folder, folder / "petshop", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in (("right", RIGHT), ("wrong", WRONG)):
        (folder / f"{name}.py").write_text(text.replace("PACKAGE", "petshop"))
    return folder


def test_mypy_accepts_right_programs_and_refuses_wrong_ones(programs: Path) -> None:
    settings = programs / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\nmypy_path = {programs}\npython_version = 3.11\n")
    flags = [
        f"--config-file={settings}",
        f"--cache-dir={programs / 'cache'}",
        "--hide-error-context",
    ]
    assert mypy.run([*flags, "-p", "petshop", "-m", "right"])[0].startswith("Success")
    output = mypy.run([*flags, "-m", "wrong"])[0]
    lines = {int(line.split(":")[1]) for line in output.splitlines() if ": error:" in line}
    assert lines == WRONG_LINES, output


def test_pyright_accepts_right_programs_and_refuses_wrong_ones(programs: Path) -> None:
    settings = '{"typeCheckingMode": "strict", "include": ["right.py", "wrong.py", "petshop"]}'
    (programs / "pyrightconfig.json").write_text(settings)
    command = [str(Path(sys.executable).with_name("basedpyright")), "--project", str(programs)]
    python = ["--pythonpath", sys.executable]
    output = subprocess.run(
        [*command, *python], capture_output=True, text=True, check=False, timeout=300
    ).stdout
    lines = [line.strip().split(" - ")[0] for line in output.splitlines() if " - error:" in line]
    places = {(Path(p.split(":")[0]).name, int(p.split(":")[1])) for p in lines}
    assert places == {("wrong.py", line) for line in WRONG_LINES}, output
