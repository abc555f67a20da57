"""Links of responses as methods that return calls (OpenAPI, Link Object and Runtime Expressions)."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml
from mypy import api as mypy
from tests.support import Driver, Package, Server, Workshop, document, found, save

TARGETS = """
/tasks/{task id}:
  parameters:
    - {name: task id, in: path, required: true, schema: {type: string}}
  get:
    operationId: getTask
    tags: [tasks]
    parameters:
      - {name: verbose, in: query, schema: {type: boolean}}
      - {name: verbose, in: header, schema: {type: string}}
      - {name: X-Trace, in: header, schema: {type: string}}
    responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}}
  put:
    operationId: putTask
    tags: [tasks]
    requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}
    responses: {"204": {description: ""}}
"""
TASK = {"type": "object", "properties": {"name": {"type": "string"}}}


def _document(links: dict[str, Any] | str, shared: dict[str, Any] | None = None) -> dict[str, Any]:
    links = yaml.safe_load(links) if isinstance(links, str) else links
    content = {"application/json": {"schema": {"type": "object"}}}
    response = {"description": "made", "content": content, "links": links}
    parameters = [
        {"name": "kind", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
        {"name": "X-User", "in": "header", "schema": {"type": "string"}},
    ]
    post = {
        "operationId": "create",
        "parameters": parameters,
        "requestBody": {"content": content},
        "responses": {"201": response},
    }
    paths = {"/make/{kind}": {"post": post}, **yaml.safe_load(TARGETS)}
    return document(
        {"paths": paths, "components": {"schemas": {"Task": TASK}, "links": shared or {}}}
    )


BODY = {"id": "t7", "deep": [{"a/b": 5}], "none": None, "word": "a b", "flag": True}


def _response(driver: Driver, package: Package, recorder: Server) -> Any:
    recorder.answer(json.dumps(BODY), status=201, headers={"X-Location": "t9"})
    arguments = {"page": 3, "x_user": "me", "body": {"first": {"id": "b1"}}}
    return driver.send_raw(package, recorder.url, package.api().create("fast", **arguments))


EXPRESSIONS = [
    ("$response.body#/id", "t7"),
    ("$response.body#/deep/0/a~1b", "5"),
    ("$response.body#/word", "a%20b"),
    ("$response.body#/flag", "true"),
    ("$response.header.x-location", "t9"),
    ("$request.path.kind", "fast"),
    ("$request.query.page", "3"),
    ("$request.header.x-user", "me"),
    ("$request.body#/first/id", "b1"),
    ("$method", "POST"),
    ("$statusCode", "201"),
    ("$url", "%2Fmake%2Ffast%3Fpage%3D3"),
    ("{$request.path.kind}-{$response.body#/id}", "fast-t7"),
    ("fixed", "fixed"),
    (12, "12"),
]


@pytest.mark.parametrize(("expression", "text"), EXPRESSIONS, ids=str)
def test_expressions(
    workshop: Workshop, driver: Driver, recorder: Server, expression: Any, text: str
) -> None:
    links = {"task": {"operationId": "getTask", "parameters": {"task id": expression}}}
    response = _response(driver, workshop(_document(links)), recorder)
    assert response.links.task().path == f"/tasks/{text}"


@pytest.mark.parametrize(
    "expression",
    [
        "$response.body#/none",
        "$response.body#/deep/9",
        "$response.body#/id/x",
        "$response.header.no",
        "$request.query.size",
        "$response.body#/{",
        "$nothing.at.all",
        "$request.body#/second",
        "a-{$response.body#/none}",
    ],
)
def test_what_is_not_there(
    workshop: Workshop, driver: Driver, recorder: Server, expression: str
) -> None:
    """A required argument is an error with the expression, an optional one is left out."""
    links = {
        "task": {"operationId": "getTask", "parameters": {"path.task id": expression}},
        "other": {
            "operationId": "getTask",
            "parameters": {"task id": "1", "query.verbose": expression},
        },
    }
    package = workshop(_document(links))
    response = _response(driver, package, recorder)
    with pytest.raises(package.errors.DecodingError) as caught:
        response.links.task()
    assert expression in str(caught.value)
    assert caught.value.status_code == 201
    assert pickle.loads(pickle.dumps(caught.value)).content == response.content
    assert response.links.task(task_id="8").path == "/tasks/8"
    assert response.links.other().query == ""


def test_a_call_that_a_link_gives_is_sent(
    workshop: Workshop, driver: Driver, recorder: Server
) -> None:
    links = """
    next task: {operationId: getTask, parameters: {task id: $response.body#/id, query.verbose: true, x-trace: $request.header.X-User}}
    """
    package = workshop(_document(links))
    call = _response(driver, package, recorder).links.next_task(verbose_header="no")
    recorder.answer('{"name": "n"}')
    assert driver.send(package, recorder.url, call) == package.models.Task(name="n")
    assert recorder.last.line == "GET /tasks/t7?verbose=true"
    assert (recorder.last.header("x-trace"), recorder.last.header("verbose")) == ("me", "no")


def test_bodies(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    links = """
    part: {operationId: putTask, parameters: {task id: "1"}, requestBody: $request.body#/first}
    constant: {operationId: putTask, parameters: {task id: "1"}, requestBody: {name: fixed}}
    nothing: {operationId: putTask, parameters: {task id: "1"}}
    """
    package = workshop(_document(links))
    response = _response(driver, package, recorder)
    assert response.links.part().body.content == b'{"id":"b1"}'
    assert response.links.constant().body.content == b'{"name":"fixed"}'
    assert response.links.nothing().body is None
    assert response.links.part(body={"name": "own"}).body.content == b'{"name":"own"}'


def test_references(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    """`operationRef` as a pointer, a link that is a component, and one to the operation itself."""
    reference = {"operationRef": "#/paths/~1tasks~1{task id}/get", "parameters": {"task id": "1"}}
    own = {"operationId": "create", "parameters": {"kind": "$request.path.kind"}}
    links = {"a": reference, "b": {"$ref": "#/components/links/B"}, "next": own}
    package = workshop(_document(links, shared={"B": reference}))
    response = _response(driver, package, recorder)
    assert [response.links.a().path, response.links.b().path] == ["/tasks/1", "/tasks/1"]
    assert response.links.next().path == "/make/fast"


def test_a_target_in_another_file(workshop: Workshop, tmp_path: Path) -> None:
    save(
        tmp_path,
        {"get": {"operationId": "far", "responses": {"200": {"description": ""}}}},
        "far.yaml",
    )
    paths = _document(
        {"a": {"operationRef": "#/paths/~1far/get"}, "b": {"operationRef": "far.yaml#/get"}}
    )
    paths["paths"]["/far"] = {"$ref": "far.yaml"}
    package = workshop("far", file=save(tmp_path, paths))
    links = package.api().CreateLinks
    assert {"a", "b"} <= set(vars(links))
    assert package.made.diagnostics == ()


def test_links_that_lead_nowhere_are_reported(workshop: Workshop) -> None:
    links = """
    lost: {operationId: nothing}
    gone: {operationRef: "#/paths/~1gone/get"}
    odd: {operationId: getTask, parameters: {"task id": a, size: 1}}
    """
    package = workshop(_document(links))
    assert set(vars(package.api().CreateLinks)) >= {"odd"}
    for part in (
        "'lost' leads to no operation",
        "'gone' leads to no operation",
        "parameter 'size'",
    ):
        assert found(package.made.diagnostics, part).line


def test_operations_without_links(workshop: Workshop, driver: Driver, recorder: Server) -> None:
    package = workshop(
        document({"paths": yaml.safe_load(TARGETS)}, components={"schemas": {"Task": TASK}})
    )
    assert "_runtime/links.py" not in package.made.files
    response = driver.send_raw(package, recorder.url, package.api("tasks").get_task("1"))
    with pytest.raises(AttributeError, match="no documented links"):
        _ = response.links


def test_a_call_with_links_is_a_value(workshop: Workshop) -> None:
    links = {"task": {"operationId": "getTask", "parameters": {"task id": "1"}}}
    call = workshop(_document(links)).api().create("a")
    assert pickle.loads(pickle.dumps(call)) == call
    assert pickle.loads(pickle.dumps(call)).links is call.links
    assert hash(call) == hash(pickle.loads(pickle.dumps(call)))


PROGRAM = """
from typing import assert_type
from NAME import Call, Client, models
from NAME.api import default

def read(client: Client) -> None:
    links = default.CreateLinks(client.send_raw(default.create("a")))
    assert_type(links.task(), Call[models.Task])
    assert_type(client.send(links.task(verbose=True)), models.Task)
    links.tusk()  # type: ignore[attr-defined]
    default.CreateLinks(client)  # type: ignore[arg-type]
"""


def test_types(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = {"task": {"operationId": "getTask", "parameters": {"task id": "1"}}}
    package = workshop(_document(links))
    monkeypatch.setenv("MYPYPATH", str(package.folder.parent))
    program = tmp_path / "program.py"
    program.write_text(inspect.cleandoc(PROGRAM).replace("NAME", package.name))
    flags = ["--strict", "--no-incremental", "--no-error-summary"]
    assert mypy.run([*flags, str(program)]) == ("", "", 0)
