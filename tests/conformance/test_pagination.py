"""Pagination of generated clients: every kind of declaration against a real server, and declarations that cannot work."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml
from mypy import api as mypy
from tests.support import Driver, Package, Server, Workshop, document, found

EXAMPLES = Path(__file__).parents[2] / "examples" / "pagination"
ITEM = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
LIST = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}


def make(
    workshop: Workshop,
    extension: Any,
    schema: Any = None,
    *,
    name: str = "x-orcagen-pagination",
    method: str = "get",
    **operation: Any,
) -> Package:
    """A package with one operation, `list_items`, and a declaration."""
    text = {"type": "string"}
    schema = schema or {
        "type": "object",
        "properties": {"data": LIST, "next": text, "more": {"type": "boolean"}, "total": {"type": "integer"}},
    }  # fmt: skip
    parameters = [
        {"name": "after", "in": "query", "schema": text},
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
        {"name": "X-After", "in": "header", "schema": text},
    ]
    response = {"description": "", "content": {"application/json": {"schema": schema}}}
    declaration = {} if extension is None else {name: extension}
    return workshop(
        document(
            {
                "paths": {
                    "/items": {
                        method: {
                            "operationId": "listItems",
                            "parameters": parameters,
                            "responses": {"200": response},
                            **declaration,
                            **operation,
                        }
                    }
                },
                "components": {"schemas": {"Item": ITEM}},
            }
        )
    )


def walk(driver: Driver, package: Package, url: str, call: Any, **options: Any) -> list[Any]:
    """All items."""
    return _walk(driver, package, url, call, "", options)


def walk_pages(driver: Driver, package: Package, url: str, call: Any, **options: Any) -> list[Any]:
    return _walk(driver, package, url, call, "pages", options)


def _walk(
    driver: Driver, package: Package, url: str, call: Any, way: str, options: dict[str, Any]
) -> list[Any]:
    if driver.kind == "sync":
        with package.client(url, http_client=driver.http) as client:
            paginator = client.paginate(call, **options)
            return [*(paginator.pages() if way else paginator)]

    async def use(client: Any) -> list[Any]:
        paginator = client.paginate(call, **options)
        return [x async for x in (paginator.pages() if way else paginator)]

    result: list[Any] = driver._asynchronously(package, url, {}, use)
    return result


def serve(server: Server, *bodies: Any) -> None:
    for body in bodies:
        server.answer(json.dumps(body))


def ids(*numbers: int) -> list[dict[str, int]]:
    return [{"id": n} for n in numbers]


# The styles of well-known services


def example(workshop: Workshop, name: str) -> Package:
    return workshop(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text()))


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.yaml")} == {
        "link_header", "last_item", "continue_token", "next_url", "cursor_in_brackets"
    }  # fmt: skip


def test_a_link_header(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """Also at another path of the same origin."""
    made = example(workshop, "link_header")
    link = f'<{recorder.url}/repositories/7/issues?page=1>; rel="prev first", '
    link += f'<{recorder.url}/repositories/7/issues?per_page=2&page=2>; title="a, b"; REL=next'
    recorder.answer(json.dumps(ids(1, 2)), headers={"Link": link})
    recorder.answer(json.dumps(ids(3)), headers={"Link": f'<{recorder.url}/>; rel="first"'})
    call = made.api().list_issues("a/b", per_page=2)
    assert [x.id for x in walk(driver, made, recorder.url, call)] == [1, 2, 3]
    assert [r.target for r in recorder.requests] == [
        "/repos/a%2Fb/issues?per_page=2",
        "/repositories/7/issues?per_page=2&page=2",
    ]


def test_the_id_of_the_last_item(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "last_item")
    serve(
        recorder,
        {"data": [{"id": "a"}, {"id": "b&c"}], "has_more": True},
        {"data": [{"id": "d"}], "has_more": False},
    )
    items = walk(driver, made, recorder.url, made.api().list_charges(limit=2))
    assert items == [made.models.Charge(id=i) for i in ("a", "b&c", "d")]
    assert recorder.last.target == "/v1/charges?limit=2&starting_after=b%26c"
    assert len(recorder.requests) == 2


def test_a_token_in_metadata(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "continue_token")
    serve(
        recorder,
        {"metadata": {"continue": "t=="}, "items": [{"name": "a"}]},
        {"metadata": {"continue": ""}, "items": [{"name": "b"}]},
    )
    items = walk(driver, made, recorder.url, made.api().list_pods(limit=1))
    assert [x.name for x in items] == ["a", "b"]
    assert [r.target for r in recorder.requests] == [
        "/api/v1/pods?limit=1",
        "/api/v1/pods?limit=1&continue=t%3D%3D",
    ]


def test_the_url_of_the_next_page(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "next_url")
    serve(
        recorder,
        {"items": [{"uri": "a"}], "next": f"{recorder.url}/v1/me/tracks?offset=1&limit=1"},
        {"items": [{"uri": "b"}], "next": "?offset=2&limit=1"},
        {"items": [{"uri": "c"}], "next": None},
    )
    items = walk(driver, made, recorder.url + "/v1", made.api().list_tracks(limit=1))
    assert [x.uri for x in items] == ["a", "b", "c"]
    assert [r.target for r in recorder.requests] == [
        "/v1/me/tracks?limit=1",
        "/v1/me/tracks?offset=1&limit=1",
        "/v1/me/tracks?offset=2&limit=1",
    ]


def test_a_parameter_with_brackets(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "cursor_in_brackets")
    serve(
        recorder,
        {"tickets": ids(1), "meta": {"has_more": True, "after_cursor": "x"}},
        {"tickets": ids(2), "meta": {"has_more": False, "after_cursor": "y"}},
    )
    call = made.api().list_tickets(page_size=1)
    assert [x.id for x in walk(driver, made, recorder.url, call)] == [1, 2]
    assert [r.target for r in recorder.requests][1:] == [
        "/api/v2/tickets?page%5Bsize%5D=1&page%5Bafter%5D=x"
    ]


# Kinds


def test_page_numbers(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """They end with an empty page, or where the response says how many there are."""
    made = make(workshop, {"kind": "page", "parameter": "page"})
    serve(recorder, {"data": ids(1)}, {"data": ids(2)}, {"data": []})
    assert len(walk(driver, made, recorder.url, made.api().list_items())) == 2
    assert [r.target for r in recorder.requests] == ["/items", "/items?page=2", "/items?page=3"]
    recorder.forget()
    made = make(workshop, {"kind": "page", "parameter": "page", "total": "/total", "start": 0})
    serve(recorder, {"data": ids(1), "total": 2}, {"data": ids(2), "total": 2})
    assert len(walk(driver, made, recorder.url, made.api().list_items())) == 2
    assert [r.target for r in recorder.requests] == ["/items", "/items?page=1"]


def test_offsets(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = make(workshop, {"kind": "offset", "parameter": "page", "total": "/total"})
    serve(recorder, {"data": ids(5, 6), "total": 8}, {"data": ids(7), "total": 8})
    assert len(walk(driver, made, recorder.url, made.api().list_items(page=5))) == 3
    assert [r.target for r in recorder.requests] == ["/items?page=5", "/items?page=7"]


def test_a_cursor_in_headers(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    declaration = {"kind": "cursor", "header": "X-Next", "parameter": "X-After"}
    made = make(workshop, declaration, LIST)
    recorder.answer(json.dumps(ids(1)), headers={"x-next": "n1"})
    recorder.answer(json.dumps(ids(2)))
    assert len(walk(driver, made, recorder.url, made.api().list_items(x_after="n0"))) == 2
    assert [r.header("X-After") for r in recorder.requests] == ["n0", "n1"]


def test_a_token_in_the_body_of_the_request(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    schema = {
        "properties": {
            "q": {"type": "string"},
            "page": {"properties": {"token": {"type": "string"}}},
        }
    }
    made = make(
        workshop,
        {"kind": "cursor", "cursor": "/next", "body": "/page/token", "items": "/data"},
        method="post",
        requestBody={"content": {"application/json": {"schema": schema}}},
    )
    serve(recorder, {"data": ids(1), "next": "n"}, {"data": ids(2)})
    assert len(walk(driver, made, recorder.url, made.api().list_items(body={"q": "a"}))) == 2
    bodies = [json.loads(r.body) for r in recorder.requests]
    assert bodies == [{"q": "a"}, {"q": "a", "page": {"token": "n"}}]


# Ends


CURSOR = {"kind": "cursor", "cursor": "/next", "parameter": "after"}


def test_a_repeated_cursor_is_the_end(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = make(workshop, CURSOR)
    for n in range(9):
        serve(recorder, {"data": ids(n), "next": "ab"[n % 2]})
    assert len(walk(driver, made, recorder.url, made.api().list_items())) == 3
    assert len(recorder.requests) == 3


@pytest.mark.parametrize("body", [{"data": [], "next": "b"}, {"next": "b"}, {"data": None}, []])
def test_an_empty_page_is_the_end(
    driver: Driver, workshop: Workshop, recorder: Server, body: Any
) -> None:
    made = make(workshop, CURSOR)
    serve(recorder, {"data": ids(1), "next": "a"}, body)
    assert len(walk(driver, made, recorder.url, made.api().list_items())) == 1
    assert len(recorder.requests) == 2


def test_a_limit_of_items(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = make(workshop, CURSOR)
    for limit, requests in ((0, 0), (1, 1), (2, 1), (3, 2)):
        recorder.forget()
        serve(recorder, *({"data": ids(n, n + 1), "next": f"{n}"} for n in range(3)))
        items = walk(driver, made, recorder.url, made.api().list_items(), max_items=limit)
        assert (len(items), len(recorder.requests)) == (limit, requests)


def test_to_continue_from_a_cursor(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    for declaration, stored in (
        (CURSOR, "n1"),
        ({"kind": "url", "url": "/next"}, "/items?after=n1"),
        ({"kind": "page", "parameter": "page"}, 2),
    ):
        made = make(workshop, declaration)
        recorder.forget()
        following = "n1" if declaration is CURSOR else "/items?after=n1"
        serve(recorder, {"data": ids(1), "next": following}, {"data": ids(2)}, {"data": ids(2)})
        call = made.api().list_items()
        (first,) = walk_pages(driver, made, recorder.url, call, max_items=1)
        assert (first.cursor, [x.id for x in first.items], first.body.next) == (
            stored, [1], following,
        )  # fmt: skip
        next_call = pickle.loads(pickle.dumps(first.next_call))
        walk(driver, made, recorder.url, call, cursor=json.loads(json.dumps(first.cursor)), max_items=1)  # fmt: skip
        walk(driver, made, recorder.url, next_call, max_items=1)
        assert recorder.requests[1].target == recorder.requests[2].target != "/items"


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:{port}/items", "http://other.example/items", "//other/items", "file:///a",
            "http://127.0.0.1:1/items", "http://127.0.0.1:{port}@other/items"]
)  # fmt: skip
def test_a_link_to_another_origin_is_refused(
    driver: Driver, workshop: Workshop, recorder: Server, url: str
) -> None:
    """After the items of this page."""
    made = make(workshop, {"kind": "url", "url": "/next"})
    call = made.api().list_items()
    serve(recorder, *[{"data": ids(1), "next": url.format(port=recorder.port)}] * 2)
    assert len(walk(driver, made, recorder.url, call, max_items=1)) == 1
    with pytest.raises(made.errors.DecodingError, match="next page"):
        walk(driver, made, recorder.url, call)
    assert len(recorder.requests) == 2


def test_an_error_of_a_page(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = make(workshop, CURSOR)
    serve(recorder, {"data": ids(1), "next": "a"})
    recorder.answer("{}", status=404)
    with pytest.raises(made.errors.NotFoundError):
        walk(driver, made, recorder.url, made.api().list_items())


# Declarations


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        (
            "x-speakeasy-pagination",
            {
                "type": "cursor",
                "inputs": [{"name": "after", "in": "parameters", "type": "cursor"}],
                "outputs": {"nextCursor": "$.next", "results": "$.data"},
            },
        ),
        ("x-speakeasy-pagination", {"type": "url", "outputs": {"nextUrl": "$.next"}}),
        (
            "x-speakeasy-pagination",
            {
                "type": "offsetLimit",
                "inputs": [{"name": "page", "in": "parameters", "type": "page"}],
                "outputs": {"results": "$.data", "numPages": "$.total"},
            },
        ),
        (
            "x-fern-pagination",
            {"cursor": "$request.after", "next_cursor": "$response.next", "results": "$response.data"},
        ),
        ("x-fern-pagination", {"offset": "$request.page", "results": "$response.data"}),
        ("x-ms-pageable", {"nextLinkName": "next", "itemName": "data"}),
    ],
)  # fmt: skip
def test_declarations_of_others(
    sync: Driver, workshop: Workshop, recorder: Server, name: str, extension: Any
) -> None:
    made = make(workshop, extension, name=name)
    assert made.messages == []
    link = "/items?after=x" if "url" in str(extension).lower() or "ms" in name else "x"
    serve(recorder, {"data": ids(1), "next": link, "total": 2}, {"data": ids(2), "total": 2})
    assert len(walk(sync, made, recorder.url, made.api().list_items())) == 2
    assert recorder.requests[1].target in ("/items?after=x", "/items?page=2")


@pytest.mark.parametrize("by_reference", [False, True])
def test_a_link_of_openapi(
    sync: Driver, workshop: Workshop, recorder: Server, by_reference: bool
) -> None:
    link = {"operationId": "listItems", "parameters": {"after": "$response.body#/next"}}
    response = {
        "description": "",
        "links": {"next": {"$ref": "#/components/links/Next"} if by_reference else link},
        "content": {
            "application/json": {
                "schema": {"properties": {"items": LIST, "next": {"type": "string"}}}
            }
        },
    }
    parameters = [{"name": "after", "in": "query", "schema": {"type": "string"}}]
    paths = {
        "/items": {
            "get": {
                "operationId": "listItems",
                "parameters": parameters,
                "responses": {"200": response},
            }
        }
    }
    components = {"schemas": {"Item": ITEM}, "links": {"Next": link}}
    made = workshop(document({"paths": paths, "components": components}))
    serve(recorder, {"items": ids(1), "next": "x"}, {"items": ids(2)})
    assert len(walk(sync, made, recorder.url, made.api().list_items())) == 2
    assert recorder.last.target == "/items?after=x"


@pytest.mark.parametrize(
    ("extension", "problem"),
    [
        ({"kind": "cursor", "cursor": "/nxt", "parameter": "after"}, "`cursor`, /nxt, is not in the response"),
        ({"kind": "cursor", "cursor": "/next", "parameter": "aft"}, "no parameter 'aft'"),
        ({"kind": "cursor", "parameter": "after"}, "next cursor or URL"),
        ({"kind": "cursor", "cursor": "/next"}, "which parameter"),
        ({"kind": "link", "items": "/next"}, "not an array"),
        ({"kind": "page", "body": "/page"}, "the JSON body of the request has no /page"),
        ({"kind": "page", "parameter": "page", "more": "/a/b"}, "`more`, /a/b"),
        ({"kind": "pages"}, "`kind` must be one of"),
        ({"kind": "link", "item": "/data"}, "unknown key 'item'"),
        ({"kind": "link", "items": "data"}, "must be a JSON pointer"),
        ({"kind": "page", "start": "1"}, "`start` must be an integer"),
        ([], "cannot be read"),
        ("link", "cannot be read"),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_work(workshop: Workshop, extension: Any, problem: str) -> None:
    made = make(workshop, extension)
    diagnostic = found(made.made.diagnostics, "the pagination")
    assert problem in diagnostic.message
    assert diagnostic.pointer == "/paths/~1items/get/x-orcagen-pagination"
    assert diagnostic.action == "the operation is not paginated"
    assert type(made.api().list_items()).__name__ == "Call"
    assert not (made.folder / "_runtime" / "pagination.py").exists()


def test_types(workshop: Workshop) -> None:
    made = make(workshop, CURSOR)
    program = f"""
from {made.name} import AsyncClient, Client, models
from {made.name}.api import default

def use(client: Client) -> list[models.Item]:
    for page in client.paginate(default.list_items()).pages():
        body: models.ListItemsResponse = page.body
    return [item for item in client.paginate(default.list_items())]

async def use_async(client: AsyncClient) -> list[models.Item]:
    return [item async for item in client.paginate(default.list_items(), max_items=3)]

def wrong(client: Client) -> list[str]:
    return list(client.paginate(default.list_items()))
"""
    path = made.folder.parent / f"{made.name}_use.py"
    path.write_text(program)
    output, _, _ = mypy.run(["--strict", "--no-incremental", str(path), str(made.folder)])
    errors = [line for line in output.splitlines() if ": error:" in line]
    assert len(errors) == 1, output
    assert "_use.py:14:" in errors[0]
