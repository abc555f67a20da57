"""Faults of `orcagen mock`, its handlers, hooks and files, seen from bare HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.support import HEAD, orcagen, save

from orcagen import reading
from orcagen.mock import (
    Fault,
    File,
    Hooks,
    MockRequest,
    MockResponse,
    MockServer,
    Problem,
    RecordedRequest,
    ScriptError,
    VirtualClock,
    specification,
)
from orcagen.openapi import Node, References

SHOP: dict[str, Any] = {
    **yaml.safe_load("""
servers: [{url: https://shop.example/v1}]
paths:
  /orders:
    get:
      operationId: listOrders
      tags: [orders]
      responses: {"200": {description: d, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}}}
    post:
      operationId: createOrder
      tags: [orders]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"201": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getOrder
      tags: [orders]
      responses:
        "200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
        "404": {description: d}
    delete:
      tags: [orders]
      responses: {"204": {description: d}}
  /articles/{name}:
    get:
      operationId: getArticle
      security: [{key: []}]
      parameters: [{name: name, in: path, required: true, schema: {type: string, minLength: 1}, example: paper/a4}]
      responses: {"200": {description: d, content: {application/json: {schema: {type: object}}}}}
  /articles:
    get:
      operationId: listArticles
      responses: {"200": {description: d, content: {text/plain: {schema: {const: all}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Order:
      type: object
      required: [article]
      properties:
        id: {type: string, readOnly: true}
        article: {type: string, minLength: 2}
        payment:
          oneOf: [{$ref: "#/components/schemas/Card"}, {$ref: "#/components/schemas/Transfer"}]
        parts:
          type: array
          items:
            oneOf: [{$ref: "#/components/schemas/Card"}, {$ref: "#/components/schemas/Transfer"}]
            discriminator: {propertyName: kind, mapping: {card: Card, transfer: Transfer}}
    Card: {type: object, required: [kind], properties: {kind: {const: card}, number: {type: string, pattern: "^[0-9]+$"}}}
    Transfer: {type: object, required: [kind], properties: {kind: {const: transfer}, bank: {type: object, properties: {code: {type: integer}}}}}
"""),
    **HEAD,
}
ORDER = {"article": "ink"}


@contextmanager
def serve(folder: Path, *faults: Any, **options: Any) -> Iterator[tuple[MockServer, httpx.Client]]:
    """A mock of the shop on a virtual clock, and an HTTP client for it."""
    options = {"clock": VirtualClock(), **options}
    with (
        MockServer(save(folder, SHOP), faults=list(faults), **options) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        yield server, client


# Which requests


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        ("getOrder", [200, 500, 200]),
        ("GET /orders/{id}", [200, 500, 200]),
        ("DELETE /orders/{id}", [200, 200, 200]),
        ("get*", [200, 500, 500]),
        ("GET /*", [500, 500, 500]),
        ("orders", [500, 500, 200]),
        ("any", [500, 500, 500]),
        ("*", [500, 500, 500]),
    ],
)
def test_operations_of_a_fault(tmp_path: Path, on: str, codes: list[int]) -> None:
    with serve(tmp_path, Fault(on, status=500, times=None)) as (server, client):
        paths = ("/orders", "/orders/1", "/articles/ink")
        assert [client.get(p, headers={"X-Key": "a"}).status_code for p in paths] == codes
        assert len(server.requests_to(on)) == codes.count(500)
        is_for_all = on in ("any", "*")
        assert client.get("/nowhere").status_code == (500 if is_for_all else 404)
        assert len(server.requests_to(on)) == codes.count(500) + is_for_all


def test_steps_apply_one_after_the_other(tmp_path: Path) -> None:
    steps = [
        {"on": "getOrder", "status": 429, "retry_after": 2, "times": 2},
        {"on": "getOrder", "skip": 1, "status": 503},
    ]
    with serve(tmp_path, *steps) as (server, client):
        assert [f.status for f in server.script.pending] == [429, 503]
        responses = [client.get("/orders/1") for _ in range(5)]
        assert [r.status_code for r in responses] == [429, 429, 200, 503, 200]
        assert responses[0].headers["Retry-After"] == "2"
        assert server.script.pending == []


# Without a response, or with a part of it


@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["disconnect", "stall", "status"])
def test_a_request_takes_effect_or_not(tmp_path: Path, kind: str, when: str, stored: int) -> None:
    fault = {"on": "createOrder", "when": when, kind: 500 if kind == "status" else True}
    with serve(tmp_path, fault, strict_state=True) as (server, client):
        if kind == "status":
            assert client.post("/orders", json=ORDER).status_code == 500
        else:
            with pytest.raises(httpx.TransportError):
                client.post("/orders", json=ORDER, timeout=0.2)
        assert len(client.get("/orders").json()) == stored
        assert server.requests[0].status == (500 if kind == "status" else None)
        assert server.requests[0].json() == ORDER


def test_a_body_that_is_cut_off(tmp_path: Path) -> None:
    with serve(tmp_path, Fault("getOrder", truncate=3)) as (_, client):
        with client.stream("GET", "/orders/1") as response:
            assert int(response.headers["Content-Length"]) > 3
            pieces = response.iter_bytes()
            received = next(pieces)
            with pytest.raises(httpx.RemoteProtocolError):
                next(pieces)
        assert received == client.get("/orders/1").content[:3]


def test_delay_and_trickle_pass_time_on_the_clock(tmp_path: Path) -> None:
    faults = [Fault("getOrder", delay=30), Fault("getOrder", trickle_interval=10, trickle_bytes=4)]
    with serve(tmp_path, *faults) as (server, client):
        begin = server.clock.time()
        whole = client.get("/orders/1").content
        assert server.clock.time() == begin + 30
        assert client.get("/orders/1").content == whole
        assert server.clock.time() == begin + 30 + 10 * ((len(whole) - 1) // 4)


# Other responses


@pytest.mark.parametrize(
    ("fault", "status", "media_type", "content"),
    [
        (Fault(malformed_body="json"), 200, "application/json", b"{"),
        (Fault(malformed_body="html", status=502), 502, "text/html", b"<html>"),
        (Fault(malformed_body="empty"), 200, "", b""),
        (Fault(body="busy", status=503), 503, "text/plain", b"busy"),
        (Fault(body="[]"), 200, "application/json", b"[]"),
        (Fault(body={"a": 1}, status=409), 409, "application/json", b'{"a": 1}'),
        (Fault(body=b"\xff"), 200, "application/octet-stream", b"\xff"),
        (Fault(status=204), 204, "", b""),
        (Fault(status=418, code="teapot", message="short and stout"), 418, "application/problem+json", b'{"title": "short and stout"'),
    ],
)  # fmt: skip
def test_replaced_responses(
    tmp_path: Path, fault: Fault, status: int, media_type: str, content: bytes
) -> None:
    with serve(tmp_path, fault) as (_, client):
        response = client.get("/orders/1")
        assert response.status_code == status
        assert response.headers.get("content-type", "") == media_type
        assert response.content.startswith(content)
        assert client.get("/orders/1").status_code == 200


def test_changed_responses(tmp_path: Path) -> None:
    fault = Fault(
        "getOrder",
        change={"article": None, "new.deep": [1], "new.deep.1": 2},
        remove=["payment", "nothing.here"],
        headers={"X-Odd": "1"},
        retry_after_date=90,
    )
    with serve(tmp_path, fault) as (server, client):
        response = client.get("/orders/1")
        assert response.headers["X-Odd"] == "1"
        date = parsedate_to_datetime(response.headers["Retry-After"])
        assert date.timestamp() == server.clock.time() + 90
        sent = parsedate_to_datetime(response.headers["Date"])
        assert (date - sent).total_seconds() == 90
        value = response.json()
        assert (value["article"], value["new"]) == (None, {"deep": [1, 2]})
        assert "payment" not in value


def test_an_item_that_is_gone_stays_so(tmp_path: Path) -> None:
    with serve(tmp_path) as (server, client):
        made, other = (client.post("/orders", json=ORDER).json()["id"] for _ in range(2))
        server.add_faults(Fault("getOrder", skip=1, unknown_task=True))
        codes = [client.get(f"/orders/{made}").status_code for _ in range(3)]
        assert codes == [200, 404, 404]
        assert client.get(f"/orders/{other}").status_code == 200


TASKS = """
paths:
  /prints:
    post:
      operationId: startPrint
      x-orcagen-long-running-operation:
        poll: {operationId: getPrint, parameters: {id: $response.body#/id}}
        status: $response.body#/status
        error: $response.body#/reason
        pending: [queued, printing]
        succeeded: [done]
        failed: [broken]
        duration: 60
      responses: {"201": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Print"}}}}}
  /prints/{id}:
    get:
      operationId: getPrint
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Print"}}}}}
components:
  schemas:
    Print: {type: object, required: [id, status], properties: {id: {type: string}, status: {type: string}, reason: {type: string}}}
"""


def test_how_tasks_end(tmp_path: Path) -> None:
    content = {**yaml.safe_load(TASKS), **HEAD}
    faults = [
        Fault("startPrint", fail_reason="paper jam", duration=5),
        Fault("startPrint", never_ends=True),
        Fault("startPrint", duration=5),
    ]
    clock = VirtualClock()
    with MockServer(save(tmp_path, content), faults=faults, clock=clock) as server:
        ids = [httpx.post(f"{server.url}/prints").json()["id"] for _ in range(4)]
        seen = []
        for _ in range(3):
            prints = [httpx.get(f"{server.url}/prints/{i}").json() for i in ids]
            seen.append([p["status"] for p in prints])
            clock.advance(6 if len(seen) == 1 else 1000)
        assert prints[0]["reason"] == "paper jam"
        assert (list(server.tasks), server.tasks.accepted) == (ids, 4)
        first = server.tasks[ids[0]]
        assert (first.outcome, first.ends - first.began) == ("failed", 5)
        assert first.request is server.requests[0]
        assert seen == [
            ["queued"] * 4,
            ["broken", "queued", "done", "queued"],
            ["broken", "printing", "done", "done"],
        ]


# Scripts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", "- {on: getOrders, status: 500}", "step 1: on: 'getOrders' is no operation of the document, such as getOrder"),
        ("a.yaml", "- {on: any}\n- {on: getOrder, stats: 500}", "step 2: no such key: stats; there are body, "),
        ("a.yaml", "- {on: getOrder, times: 0}", "step 1: times: 0 is not an integer >= 1, or always"),
        ("a.yaml", "- {status: 500}", "step 1: `on` is missing"),
        ("a.yaml", "- {on: any, stall: true, disconnect: true}", "step 1: disconnect and stall exclude each other"),
        ("a.yaml", "running: 3", "no such key: running; there is steps"),
        ("a.yaml", "- {on: [", "line 1: not YAML: "),
        ("a.json", "[\n{", "line 2: not JSON: "),
        ("a.yaml", "text", "a script is a list of steps"),
    ],
)  # fmt: skip
def test_a_script_that_is_wrong(tmp_path: Path, name: str, content: str, message: str) -> None:
    script = save(tmp_path, content, name)
    with pytest.raises(ScriptError) as caught:
        MockServer(save(tmp_path, SHOP), faults=script)
    assert str(caught.value).startswith(f"{script}: {message}")
    done = orcagen("mock", save(tmp_path, SHOP), "--faults", script)
    assert done.returncode == 2
    assert done.stderr.startswith(f"orcagen: {script}: {message}")
    assert len(done.stderr.splitlines()) == 1


def test_a_script_that_does_not_exist(tmp_path: Path) -> None:
    done = orcagen("mock", save(tmp_path, SHOP), "--faults", tmp_path / "none.yaml")
    assert (done.returncode, done.stderr) == (2, f"orcagen: {tmp_path / 'none.yaml'}: No such file or directory\n")  # fmt: skip


def test_a_script_in_a_file(tmp_path: Path) -> None:
    script = save(tmp_path, "steps: [{on: getOrder, status: 503, times: always}]", "a.yaml")
    with MockServer(save(tmp_path, SHOP), faults=script) as server:
        assert [httpx.get(f"{server.url}/orders/1").status_code for _ in range(3)] == [503] * 3


def test_faults_and_handlers_of_operations_that_do_not_exist(tmp_path: Path) -> None:
    with serve(tmp_path) as (server, _):
        with pytest.raises(ScriptError, match=r"'getOrdr' is no operation .* such as getOrder"):
            server.add_faults(Fault("getOrdr"))
        with pytest.raises(ScriptError, match="'getOrdr' is no operation"):
            server.requests_to("getOrdr")
    with pytest.raises(ScriptError, match="handlers: 'getOrdr' is no operation"):
        MockServer(save(tmp_path, SHOP), handlers={"getOrdr": lambda _: None})


# Handlers and hooks


def test_handlers_answer_operations(tmp_path: Path) -> None:
    def get_order(request: MockRequest) -> Any:
        match request.path_parameters["id"]:
            case "0":
                raise Problem(410, "it is gone", code="gone")
            case "1":
                return {"article": "ink", "query": request.query, "method": request.method}
            case "2":
                return MockResponse(202, "text/plain", "soon", {"X-A": "b"})
        return request.respond()

    def create_order(request: MockRequest) -> Any:
        assert request.errors == []
        made = request.respond()
        return MockResponse(made.status, made.media_type, {**made.value, "seen": request.body})

    handlers = {"GET /orders/{id}": get_order, "createOrder": create_order}
    with serve(tmp_path, handlers=handlers) as (_, client):
        gone = client.get("/orders/0")
        assert (gone.status_code, gone.json()["title"], gone.json()["code"]) == (410, "it is gone", "gone")  # fmt: skip
        shown = client.get("/orders/1?a=b").json()
        assert shown == {"article": "ink", "query": {"a": "b"}, "method": "GET"}
        soon = client.get("/orders/2")
        assert (soon.status_code, soon.text, soon.headers["X-A"]) == (202, "soon", "b")
        made = client.post("/orders", json=ORDER)
        assert (made.status_code, made.json()["seen"]) == (201, ORDER)
        assert client.get(f"/orders/{made.json()['id']}9").status_code == 404
        assert client.post("/orders", json={}).status_code == 400  # before the handler


def test_hooks_take_part_in_all_responses(tmp_path: Path) -> None:
    def authenticate(request: MockRequest) -> None:
        if request.headers.get("x-key") == "wrong":
            raise Problem(403, "this key is unknown")

    def check(request: MockRequest) -> None:
        if isinstance(request.body, dict) and request.body.get("article") == "gold":
            raise Problem(409, "sold out", errors=request.errors)

    def describe(problem: Problem) -> MockResponse:
        value = {"ok": False, "why": problem.message, "where": [e["location"] for e in problem.errors]}  # fmt: skip
        return MockResponse(problem.status if problem.is_known else 400, "application/json", value)

    def make_headers(request: RecordedRequest) -> Mapping[str, str]:
        return {"X-Request-Id": f"id-{request.operation}"}

    hooks = Hooks(
        authenticate=authenticate, check=check, describe_error=describe, make_headers=make_headers
    )
    with serve(tmp_path, Fault("listOrders", status=500, message="no"), hooks=hooks) as (
        server,
        client,
    ):
        key = {"X-Key": "wrong"}
        expected = [
            (client.get("/articles/ink", headers=key), 403, "this key is unknown", []),
            (client.get("/articles/ink"), 401, "", []),
            (client.post("/orders", json={"article": "gold", "parts": 1}), 409, "sold out", ["body /parts"]),
            (client.post("/orders", json={"article": "a"}), 400, "", ["body /article"]),
            (client.get("/nowhere"), 400, "", []),
            (client.get("/orders"), 500, "no", []),
        ]  # fmt: skip
        for response, status, why, where in expected:
            assert response.status_code == status
            assert response.json() == {"ok": False, "why": why, "where": where}
        ids = [response.headers["X-Request-Id"] for response, *_ in expected]
        assert ids == [r.request_id for r in server.requests]
        assert ids[-1] == "id-listOrders"


@pytest.mark.parametrize(
    ("order", "where", "what"),
    [
        ({"payment": {"kind": "card", "number": "x"}}, "/payment/number", "does not match"),
        ({"payment": {"kind": "transfer", "bank": {"code": "x"}}}, "/payment/bank/code", "is not of type 'integer'"),
        ({"payment": 3}, "/payment", "is not of type 'object'"),
        ({"parts": [{"kind": "cash"}]}, "/parts/0", "kind is 'cash', must be one of card, transfer"),
        ({"parts": [{}]}, "/parts/0", "kind is None, must be one of card, transfer"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_union(
    tmp_path: Path, order: dict[str, Any], where: str, what: str
) -> None:
    with serve(tmp_path) as (_, client):
        (error,) = client.post("/orders", json={**ORDER, **order}).json()["errors"]
        assert error["location"] == f"body {where}"
        assert what in error["message"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json(tmp_path: Path, body: bytes) -> None:
    with serve(tmp_path) as (_, client):
        headers = {"Content-Type": "application/json"}
        response = client.post("/orders", content=body, headers=headers)
        assert response.status_code == 400
        assert response.json()["errors"] == [{"location": "body", "message": "the body is not JSON"}]  # fmt: skip


def test_a_body_that_is_too_large(tmp_path: Path) -> None:
    with serve(tmp_path, body_limit=1000) as (server, client):
        assert client.post("/orders", json={"article": "a" * 1000}).status_code == 413
        assert [r.operation for r in server.requests] == ["createOrder"]


def test_slashes_in_the_path(tmp_path: Path) -> None:
    def get_article(request: MockRequest) -> dict[str, str]:
        return {"name": request.path_parameters["name"]}

    with serve(tmp_path, handlers={"getArticle": get_article}) as (server, client):
        headers = {"X-Key": "a"}
        for path in ("/articles/paper/a4", "/articles/paper%2Fa4"):
            assert client.get(path, headers=headers).json() == {"name": "paper/a4"}
        assert client.get("/articles/", headers=headers).status_code == 400
        assert client.get("/articles").text == "all"
        first, second = server.requests[:2]
        assert (first.path, second.path) == ("/v1/articles/paper/a4",) * 2
        assert second.raw_path == "/v1/articles/paper%2Fa4"


# Files


def test_files_have_signed_urls_that_expire(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4
    (tmp_path / "b.bin").write_bytes(content)
    files = {"a.pdf": File(content, "application/pdf"), "b.bin": tmp_path / "b.bin", "c": b"c"}
    with serve(tmp_path, files=files, url_lifetime=60) as (server, _):
        url = server.make_file_url("a.pdf")
        assert url.startswith(server.files_url)
        assert not server.url.startswith(server.files_url)
        whole = httpx.get(url)
        assert (whole.content, whole.headers["content-type"]) == (content, "application/pdf")
        part = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]})
        assert (part.status_code, part.content) == (206, content[1000:])
        assert part.headers["Content-Range"] == "bytes 1000-1023/1024"
        assert httpx.get(url, headers={"Range": "bytes=1024-"}).status_code == 416
        assert httpx.get(url, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
        assert httpx.head(url).headers["content-length"] == "1024"
        assert httpx.get(url, headers={"Authorization": "Bearer secret"}).status_code == 400
        assert httpx.get(url.replace("a.pdf", "b.bin")).status_code == 403
        assert httpx.get(server.make_file_url("b.bin")).content == content
        assert httpx.get(server.make_file_url("c")).content == b"c"
        assert httpx.get(server.make_file_url("d")).status_code == 404
        server.add_faults(Fault("getFile", expired_url=True))
        assert [httpx.get(url).status_code for _ in range(2)] == [403, 403]
        assert httpx.get(server.make_file_url("a.pdf")).status_code == 200
        old = server.make_file_url("c", server.clock.time() - 60)
        assert "Request has expired" in httpx.get(old).text
        assert {r.operation for r in server.requests} == {"getFile"}


def test_a_handler_can_answer_with_a_file(tmp_path: Path) -> None:
    file = File(b"0123456789", "text/csv")
    with serve(tmp_path, handlers={"listArticles": lambda _: file}) as (_, client):
        part = client.get("/articles", headers={"Range": "bytes=2-3"})
        assert (part.status_code, part.content) == (206, b"23")


# Starting


def test_a_document_is_read_once_while_its_files_do_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def count(spec: str, *arguments: Any) -> Any:
        read.append(spec)
        return original(spec, *arguments)

    original = reading.read_document
    monkeypatch.setattr(specification, "read_document", count)
    content = json.loads(json.dumps(SHOP))
    order = content["components"]["schemas"].pop("Order")
    text = json.dumps(content).replace("#/components/schemas/Order", "order.json")
    path = save(tmp_path, text.replace('"#/components/schemas/Card"', '"#/Card"'), "a.json")
    text = json.dumps(order).replace("#/components/schemas/", "a.json#/components/schemas/")
    other = save(tmp_path, text, "order.json")
    for least in (2, 3):
        other.write_text(text.replace('"minLength": 2', f'"minLength": {least}'))
        for _ in range(2):
            with MockServer(path) as server:
                status = httpx.post(f"{server.url}/orders", json={"article": "ab"}).status_code
                assert status == (201 if least == 2 else 400)
    assert len(read) == 2
    overlay = save(
        tmp_path,
        {
            "overlay": "1.0.0",
            "info": {"title": "a", "version": "1"},
            "actions": [{"target": "$.paths['/orders']", "remove": True}],
        },
        "overlay.yaml",
    )
    with MockServer(path, overlays=[overlay]) as server:
        assert httpx.get(f"{server.url}/orders").status_code == 404
    with MockServer(path) as server:
        assert httpx.get(f"{server.url}/orders").status_code == 200
    assert len(read) == 3


def test_servers_of_one_document_in_several_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They resolve its references, which takes a while here, one after the other."""
    path = save(tmp_path, SHOP)
    servers = [MockServer(path) for _ in range(4)]
    original = References._find

    def find(self: References, node: Node, reference: str) -> Node:
        time.sleep(0.01)  # lets other threads run
        return original(self, node, reference)

    monkeypatch.setattr(References, "_find", find)
    wrong = {"article": "ink", "payment": {"kind": "card", "number": "x"}}

    def post(server: MockServer) -> int:
        return httpx.post(f"{server.url}/orders", json=wrong).status_code

    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        for server in servers:
            stack.enter_context(server)
        assert list(pool.map(post, servers)) == [400] * 4
