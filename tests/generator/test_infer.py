"""`orcagen infer`: what it proposes for a document, what not, and that its Overlay can be applied as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import document, save

from orcagen.cli import main
from orcagen.config import Config
from orcagen.infer import Proposal
from orcagen.pipeline import generate, infer_declarations


def infer(folder: Path, paths: str, components: str = "{}") -> list[Proposal]:
    text = f"paths:\n{paths}\ncomponents: {components}"
    return list(infer_declarations(str(save(folder, document(text)))))


def make_list(parameters: str, response: str, headers: str = "{}") -> str:
    return f"""
  /things:
    get:
      operationId: listThings
      parameters: [{parameters}]
      responses: {{"200": {{description: d, headers: {headers}, content: {{application/json: {{schema: {response}}}}}}}}}
"""


def query(name: str, schema: str = "{type: integer}") -> str:
    return f"{{name: '{name}', in: query, schema: {schema}}}"


def make_object(**properties: str) -> str:
    return (
        f"{{type: object, properties: {{{', '.join(f'{k}: {v}' for k, v in properties.items())}}}}}"
    )


TEXT, NUMBER, FLAG = "{type: string}", "{type: integer}", "{type: boolean}"
ITEMS = "{type: array, items: {type: object, properties: {id: {type: string}}}}"
LIMIT = query("limit")


@pytest.mark.parametrize(
    ("paths", "declaration"),
    [
        (
            make_list(f"{query('page')}, {query('per_page')}", make_object(things=ITEMS, total_pages=NUMBER)),
            {"kind": "page", "parameter": "page", "total": "/total_pages", "items": "/things"},
        ),
        (
            make_list(f"{query('pageIndex', '{type: integer, minimum: 0}')}, {query('pageSize')}", ITEMS),
            {"kind": "page", "parameter": "pageIndex", "start": 0},
        ),
        (
            make_list(f"{query('offset')}, {LIMIT}", make_object(things=ITEMS, total=NUMBER)),
            {"kind": "offset", "parameter": "offset", "total": "/total", "items": "/things"},
        ),
        (
            make_list(f"{query('pageToken', TEXT)}, {LIMIT}", make_object(items=ITEMS, nextPageToken=TEXT)),
            {"kind": "cursor", "cursor": "/nextPageToken", "parameter": "pageToken", "items": "/items"},
        ),
        (
            make_list(query("continue", TEXT), make_object(items=ITEMS, metadata=make_object(**{"continue": TEXT}))),
            {"kind": "cursor", "cursor": "/metadata/continue", "parameter": "continue", "items": "/items"},
        ),
        (
            make_list(query("starting_after", TEXT), make_object(data=ITEMS, has_more=FLAG)),
            {"kind": "cursor", "cursor": "/data/-1/id", "parameter": "starting_after", "more": "/has_more", "items": "/data"},
        ),
        (
            make_list(LIMIT, make_object(value=ITEMS, **{"'@odata.nextLink'": TEXT})),
            {"kind": "url", "url": "/@odata.nextLink", "items": "/value"},
        ),
        (
            make_list(LIMIT, make_object(results=ITEMS, count=NUMBER, next=TEXT, previous=TEXT)),
            {"kind": "url", "url": "/next", "items": "/results"},
        ),
        (
            make_list(LIMIT, make_object(data=ITEMS, _links=make_object(next=make_object(href=TEXT)))),
            {"kind": "url", "url": "/_links/next/href", "items": "/data"},
        ),
        (
            make_list(f"{query('page')}, {query('per_page')}", ITEMS, "{Link: {schema: {type: string}}}"),
            {"kind": "link"},
        ),
    ],
)  # fmt: skip
def test_pages_are_proposed(tmp_path: Path, paths: str, declaration: dict[str, Any]) -> None:
    (proposal,) = infer(tmp_path, paths)
    assert proposal.extension == "x-orcagen-pagination"
    assert proposal.declaration == declaration
    assert 0.6 <= proposal.confidence <= 1
    assert proposal.evidence


@pytest.mark.parametrize(
    "paths",
    [
        make_list(LIMIT, ITEMS),  # nothing leads to the next page
        make_list(query("page", TEXT), ITEMS),  # a page by its name
        make_list(query("offset"), ITEMS),  # the offset of a time zone, perhaps
        make_list(query("page"), make_object(html=TEXT)),  # no array
        make_list(query("page"), make_object(left=ITEMS, right=ITEMS)),  # which one?
        make_list(query("after", TEXT), make_object(things=ITEMS)),  # after a date, perhaps
        make_list(query("token", TEXT), make_object(things=ITEMS, next=TEXT)),
        make_list(f"{query('page')}, {LIMIT}", ITEMS).replace("get:", "put:"),
        make_list(f"{query('page')}, {LIMIT}", ITEMS).replace("get:", "get:\n      x-orcagen-pagination: {kind: link}"),
    ],
)  # fmt: skip
def test_other_lists_are_left_alone(tmp_path: Path, paths: str) -> None:
    assert infer(tmp_path, paths) == []


JOBS = """
  /users/{user}/jobs:
    post:
      operationId: startJob
      parameters:
        - {name: user, in: path, required: true, schema: {type: string}}
        - {name: X-Request-Key, in: header, description: Makes the request idempotent., schema: {type: string}}
      responses: {"201": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}}
  /users/{user}/jobs/{jobId}:
    get:
      operationId: getJob
      parameters:
        - {name: user, in: path, required: true, schema: {type: string}}
        - {name: jobId, in: path, required: true, schema: {type: string}}
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}}
  /users/{user}/jobs/{jobId}/cancel:
    post:
      operationId: cancelJob
      parameters:
        - {name: user, in: path, required: true, schema: {type: string}}
        - {name: jobId, in: path, required: true, schema: {type: string}}
      responses: {"200": {description: d}}
"""
JOB = """
  schemas:
    Job:
      type: object
      properties:
        id: {type: string}
        state: {type: string, enum: [QUEUED, IN_PROGRESS, DONE, FAILED, CANCELLED]}
        progress: {type: integer}
        error: {type: string}
"""


def test_a_resource_with_a_status_is_a_task(tmp_path: Path) -> None:
    task, key = infer(tmp_path, JOBS, JOB)
    parameters = {"jobId": "$response.body#/id", "user": "$request.path.user"}
    assert task.operation.id == "startJob"
    assert task.declaration == {
        "poll": {"operationId": "getJob", "parameters": parameters},
        "status": "$response.body#/state",
        "pending": ["QUEUED", "IN_PROGRESS"],
        "succeeded": ["DONE"],
        "failed": ["FAILED"],
        "cancelled": ["CANCELLED"],
        "progress": "$response.body#/progress",
        "error": "$response.body#/error",
        "cancel": {"operationId": "cancelJob", "parameters": parameters},
    }
    assert key.extension == "x-orcagen-idempotency-key"
    assert key.declaration == {"header": "X-Request-Key"}


@pytest.mark.parametrize(
    "states",
    [
        "available, pending, sold",
        "active, inactive, pending, ready",
        "queued, running",
        "open, done, paused",
    ],
)
def test_a_resource_that_lives_on_is_none(tmp_path: Path, states: str) -> None:
    job = JOB.replace("QUEUED, IN_PROGRESS, DONE, FAILED, CANCELLED", states)
    assert [p.extension for p in infer(tmp_path, JOBS, job)] == ["x-orcagen-idempotency-key"]


def test_accepted_with_a_location_is_a_task(tmp_path: Path) -> None:
    paths = """
  /exports:
    post:
      operationId: export
      responses: {"202": {description: d, headers: {Operation-Location: {schema: {type: string}}}}}
"""
    (proposal,) = infer(tmp_path, paths)
    assert proposal.declaration == {"poll": "$response.header.Operation-Location"}


def test_an_operation_of_google_is_a_task(tmp_path: Path) -> None:
    operation = "{schemas: {Operation: {type: object, properties: {name: {type: string}, done: {type: boolean}, error: {type: object}, response: {type: object}}}}}"
    paths = """
  /models:train:
    post:
      operationId: train
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Operation"}}}}}
  /operations/{operation}:
    get:
      operationId: getOperation
      parameters: [{name: operation, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Operation"}}}}}
"""
    (proposal,) = infer(tmp_path, paths, operation)
    assert proposal.declaration["poll"]["operationId"] == "getOperation"
    assert proposal.declaration["succeeded"] == ["true"]


def test_the_overlay_is_applied_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = make_list(f"{query('page')}, {query('per_page')}", ITEMS)
    file = save(tmp_path, document(f"paths:\n{pages}{JOBS}\ncomponents: {JOB}"))
    overlay = tmp_path / "inferred.yaml"
    assert main(["infer", str(file), "--output", str(overlay)]) == 0
    assert "3 proposals: 1 of x-orcagen-pagination" in capsys.readouterr().err
    for action in yaml.safe_load(overlay.read_text("utf-8"))["actions"]:
        assert action["description"].startswith("confidence 0.")
    generated = generate(str(file), "made", Config(overlays=(overlay,)))
    assert generated.diagnostics == ()
    functions = {f.name: f for a in generated.package.apis for f in a.functions}
    assert functions["list_things"].pagination
    assert functions["start_job"].long_running
    assert functions["start_job"].idempotency_key == "X-Request-Key"
    assert infer_declarations(str(file), Config(overlays=(overlay,))) == ()


def test_less_probable_ones_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save(tmp_path, document(f"paths:\n{make_list(query('page'), ITEMS)}"))
    assert main(["infer", str(file), "--confidence", "0.9"]) == 0
    printed = capsys.readouterr()
    assert yaml.safe_load(printed.out)["actions"] == []
    assert printed.err == "0 proposals: none; 1 below 0.9\n"


def test_a_page_of_several_media_types_is_read_as_json(tmp_path: Path) -> None:
    """As Kubernetes has it: JSON, YAML and Protocol Buffers of one schema."""
    schema = make_object(items=ITEMS, metadata=make_object(**{"continue": TEXT}))
    media_types = [
        "application/json",
        "application/json;stream=watch",
        "application/yaml",
        "application/x-protobuf",
    ]
    reference = "{$ref: '#/components/schemas/Page'}"
    content = ", ".join(f"{m}: {{schema: {reference}}}" for m in media_types)
    paths = make_list(query("continue", TEXT), "{}").replace(
        "application/json: {schema: {}}", content
    )
    (proposal,) = infer(tmp_path, paths, f"{{schemas: {{Page: {schema}}}}}")
    assert proposal.declaration["cursor"] == "/metadata/continue"
