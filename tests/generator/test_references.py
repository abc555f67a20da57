"""References: followed wherever they stand and wherever they lead, and what leads nowhere costs its own place only."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import Package, Workshop, document, orcagen, save, schemas

from orcagen.diagnostics import InputError
from orcagen.pipeline import Permissions, generate


def _types(package: Package, class_: str) -> dict[str, str]:
    """The types of a class's fields, as they are written."""
    annotations: dict[str, str] = getattr(package.models, class_).__annotations__
    return {name: type_.removesuffix(" | Unset") for name, type_ in annotations.items()}


def _make(workshop: Workshop, folder: Path, files: dict[str, Any]) -> Package:
    """The package of `api.yaml`, one of several files."""
    for name, content in files.items():
        save(folder, content, name)
    return workshop("", file=folder / "api.yaml")


# Where they stand

PARAMETER = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
THING = {"type": "object", "properties": {"a": {"type": "string", "format": "date"}}}
CONTENT = {"application/json": {"schema": THING}}
RESPONSE = {"description": "", "content": CONTENT}
OPERATION = {
    "operationId": "f",
    "parameters": [PARAMETER],
    "requestBody": {"required": True, "content": CONTENT},
    "responses": {"200": {**RESPONSE, "headers": {"X-N": {"schema": {"type": "integer"}}}}},
}
PLACES: list[tuple[str | int, ...]] = [
    ("paths",),
    ("paths", "/a"),
    ("paths", "/a", "post"),
    ("paths", "/a", "post", "parameters"),
    ("paths", "/a", "post", "parameters", 0),
    ("paths", "/a", "post", "requestBody"),
    ("paths", "/a", "post", "requestBody", "content"),
    ("paths", "/a", "post", "requestBody", "content", "application/json"),
    ("paths", "/a", "post", "requestBody", "content", "application/json", "schema"),
    ("paths", "/a", "post", "responses"),
    ("paths", "/a", "post", "responses", "200"),
    ("paths", "/a", "post", "responses", "200", "content"),
    ("paths", "/a", "post", "responses", "200", "content", "application/json"),
    ("paths", "/a", "post", "responses", "200", "headers"),
    ("paths", "/a", "post", "responses", "200", "headers", "X-N"),
    ("components",),
    ("components", "schemas"),
    ("components", "securitySchemes"),
    ("components", "securitySchemes", "key"),
    ("servers",),
    ("servers", 0),
    ("tags", 0),
    ("info",),
]
WHOLE = {
    "info": {"title": "Test", "version": "1"},
    "servers": [{"url": "https://example.org/v1"}],
    "tags": [{"name": "default", "description": "All of it."}],
    "paths": {"/a": {"post": OPERATION}},
    "components": {
        "schemas": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


def _cut(whole: dict[str, Any], place: tuple[str | int, ...], reference: str) -> Any:
    """A document with a reference at a place; the value that was there."""
    value: Any = whole
    for token in place[:-1]:
        value = value[token]
    cut, value[place[-1]] = value[place[-1]], {"$ref": reference}
    return cut


def _signature(package: Package) -> Any:
    plan = package.made.package
    (function,) = plan.apis[0].functions
    return (
        function.name,
        [(a.name, a.type) for a in function.arguments],
        function.body and function.body.required,
        [r.status for r in function.responses],
        [s.url for s in plan.servers],
        [s.option for s in plan.security_schemes],
        [a.description for a in plan.apis],
        plan.title,
        [p for p in plan.schemas if p.startswith("/components")],
        sorted(f.json_name for m in plan.models for c in m.classes for f in c.fields),
    )


@pytest.fixture(scope="module")
def whole(workshop: Workshop) -> Any:
    return _signature(workshop(document(WHOLE)))


@pytest.mark.parametrize("place", PLACES, ids=lambda p: "/".join(map(str, p)))
@pytest.mark.parametrize("form", ["file", "fragment", "own"])
def test_a_reference_is_followed_wherever_it_stands(
    workshop: Workshop, tmp_path: Path, place: tuple[str | int, ...], form: str, whole: Any
) -> None:
    content = json.loads(json.dumps(document(WHOLE)))
    reference = {
        "file": "parts/a%20part.yaml",
        "fragment": "./parts/a part.yaml#/x~1y/0",
        "own": "#/x-parts/it",
    }[form]
    cut = _cut(content, place, reference)
    if form == "own":
        content["x-parts"] = {"it": cut}
    part = {"x/y": [cut]} if form == "fragment" else cut
    save(tmp_path, yaml.safe_dump(part), "parts/a part.yaml")
    package = _make(workshop, tmp_path, {"api.yaml": content})
    assert _signature(package) == whole


@pytest.mark.parametrize(
    ("place", "is_allowed"),
    [
        (("paths", "/a"), True),
        (("paths", "/a", "post", "parameters", 0), True),
        (("paths", "/a", "post", "responses", "200"), True),
        (("paths", "/a", "post"), False),
        (("paths", "/a", "post", "responses", "200", "content"), False),
        (("paths",), False),
        (("components",), False),
        (("components", "schemas"), False),
    ],
)
def test_a_reference_where_openapi_has_none_is_reported(
    workshop: Workshop, tmp_path: Path, place: tuple[str | int, ...], is_allowed: bool
) -> None:
    content = json.loads(json.dumps(document(WHOLE)))
    save(tmp_path, yaml.safe_dump(_cut(content, place, "part.yaml")), "part.yaml")
    package = _make(workshop, tmp_path, {"api.yaml": content})
    if is_allowed:
        assert package.messages == []
    else:
        assert package.messages == [f"OpenAPI 3.1 has no `$ref` in place of {place[-1]}; followed"]
        (diagnostic,) = package.made.diagnostics
        assert diagnostic.line is not None


@pytest.mark.parametrize(("version", "is_allowed"), [("3.1.0", False), ("3.2.0", True)])
def test_media_types_are_references_since_3_2(
    workshop: Workshop, version: str, is_allowed: bool
) -> None:
    content = json.loads(json.dumps(document(WHOLE, openapi=version)))
    cut = _cut(content, (*PLACES[11], "application/json"), "#/components/mediaTypes/It")
    content["components"]["mediaTypes"] = {"It": cut}
    assert (workshop(content).messages == []) is is_allowed


def test_what_stands_beside_a_reference_keeps_its_own_base(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Relative references among the siblings belong to the file that holds them."""
    item = {
        "$ref": "parts/item.yaml",
        "get": {
            "operationId": "own",
            "responses": {"200": {"description": "", "content": {
                "application/json": {"schema": {"$ref": "Pet.yaml"}}}}},
        },
    }  # fmt: skip
    there = {"post": {"operationId": "there", "responses": {"200": {"$ref": "ok.yaml"}}}}
    package = _make(
        workshop,
        tmp_path,
        {
            "api.yaml": document({"paths": {"/a": item}}),
            "parts/item.yaml": there,
            "parts/ok.yaml": RESPONSE,
            "Pet.yaml": THING,
        },
    )
    assert package.messages == []
    functions = {f.name: str(f.result) for f in package.made.package.apis[0].functions}
    assert functions.keys() == {"own", "there"}
    assert "Pet" in functions["own"]


def test_chains_and_circles_of_files(workshop: Workshop, tmp_path: Path) -> None:
    """YAML and JSON, each reference from the folder of its own file."""
    package = _make(
        workshop,
        tmp_path,
        {
            "api.yaml": schemas({"Start": {"$ref": "a/one.yaml"}}),
            "a/one.yaml": "$ref: ../b/two.json#/definitions/Two",
            "b/two.json": '{"definitions": {"Two": {"type": "object", "properties": {"next": {"$ref": "deep/three.yaml"}}}}}',
            "b/deep/three.yaml": "type: object\nproperties: {back: {$ref: ../../a/one.yaml}, top: {$ref: ../../api.yaml#/components/schemas/Start}}",
        },
    )
    assert package.messages == []
    assert set(package.models.MODULES) == {"Start", "Three"}
    assert _types(package, "Three") == {"back": "Start", "top": "Start"}
    assert _types(package, "Start") == {"next": "Three"}


# What leads nowhere


@pytest.mark.parametrize(
    "reference",
    ["#/components/schemas/Missing", "missing.yaml", "other.yaml#/Missing", "#nowhere", "urn:example:no", "#"],
)  # fmt: skip
@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
def test_a_dangling_schema_allows_anything(
    workshop: Workshop, tmp_path: Path, reference: str, openapi: str
) -> None:
    a = {
        "type": "object",
        "properties": {"b": {"$ref": reference}, "c": {"type": "string", "format": "date"}},
    }
    content = schemas(
        {"A": a, "Alias": {"$ref": reference}, "List": {"type": "array", "items": {"$ref": reference}},
         "Either": {"oneOf": [{"type": "integer"}, {"$ref": reference}]},
         "Heir": {"allOf": [{"$ref": reference}, {"properties": {"x": {"type": "integer"}}}]}},
        openapi=openapi,
    )  # fmt: skip
    package = _make(workshop, tmp_path, {"api.yaml": content, "other.yaml": "A: {}"})
    assert _types(package, "A") == {"b": "Any", "c": "dt.date"}
    assert _types(package, "Heir") == {"x": "int"}
    assert len(package.made.diagnostics) == 5
    assert all(d.line and d.pointer for d in package.made.diagnostics)
    assert all(m.endswith("treated as any") for m in package.messages)
    value = {"b": [{"any": 1}], "c": "2020-01-01"}
    assert package.models.A.from_dict(value).to_dict() == value


def test_a_dangling_reference_is_an_error_only_if_strict(tmp_path: Path) -> None:
    file = save(tmp_path, schemas({"A": {"$ref": "#/components/schemas/No"}}))
    arguments = ("generate", file, "--output", tmp_path / "out", "--package", "p")
    done = orcagen(*arguments)
    assert done.returncode == 0
    assert f"{file}:" in done.stderr
    assert orcagen(*arguments, "--strict").returncode == 1


@pytest.mark.parametrize(
    "place",
    [p for p in PLACES if p[0] == "paths"],
    ids=lambda p: "/".join(map(str, p)),
)
def test_what_is_around_a_dangling_reference_stays(
    workshop: Workshop, tmp_path: Path, place: tuple[str | int, ...]
) -> None:
    content = json.loads(json.dumps(document(WHOLE)))
    content["paths"]["/b"] = {"get": {"operationId": "g", "responses": {"200": RESPONSE}}}
    _cut(content, place, "nowhere.yaml#/x")
    package = _make(workshop, tmp_path, {"api.yaml": content})
    assert any("nowhere.yaml" in m for m in package.messages)
    functions = {f.name: f for a in package.made.package.apis for f in a.functions}
    lost: dict[Any, set[str]] = {("paths",): set(), ("paths", "/a"): {"g"}}
    expected = lost.get(place)
    if place == ("paths", "/a", "post"):
        assert len(functions) == 2
        return
    assert functions.keys() == ({"f", "g"} if expected is None else expected)
    if place[2:4] == ("post", "responses") and len(place) > 4:
        assert [r.status for r in functions["f"].responses] == ["200"]
    if "requestBody" in place:
        assert functions["f"].body is not None
    assert package.made.package.schemas.keys() == {"/components/schemas/Pet"}


@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
def test_circles_of_aliases_allow_anything(
    workshop: Workshop, tmp_path: Path, openapi: str
) -> None:
    content = schemas(
        {
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"$ref": "#/components/schemas/A"},
            "C": {"$ref": "#/components/schemas/C"},
            "D": {"$ref": "d.yaml"},
            "User": {"type": "object", "properties": {n: {"$ref": f"#/components/schemas/{n.upper()}"} for n in "abcd"}},
        },
        openapi=openapi,
    )  # fmt: skip
    package = _make(
        workshop, tmp_path, {"api.yaml": content, "d.yaml": "$ref: api.yaml#/components/schemas/D"}
    )
    assert any("circular" in m for m in package.messages)
    value = {"a": 1, "b": "x", "c": [1], "d": None}
    assert package.models.User.from_dict(value).to_dict() == value
    assert len(package.made.package.schemas) == 5


def test_circles_of_pointers_end(tmp_path: Path) -> None:
    """A pointer that leads through the reference that needs it."""
    a = {"$ref": "#/components/schemas/B/properties/x"}
    b = {"$ref": "#/components/schemas/A/properties/x"}
    made = generate(str(save(tmp_path, schemas({"A": a, "B": b}))), "p")
    assert len(made.package.schemas) == 2
    assert made.diagnostics


# Identifiers

IDENTIFIED = """
Invoice:
  $id: https://example.org/schemas/invoice
  type: object
  properties: {lines: {type: array, items: {$ref: "#line"}}, parent: {$ref: "#"}, other: {$ref: order#line}}
  $defs: {line: {$anchor: line, type: object, required: [amount], properties: {amount: {type: number}}}}
Order:
  $id: /schemas/order
  type: object
  properties: {lines: {type: array, items: {$ref: "#/$defs/line"}}, invoice: {$ref: invoice}}
  $defs: {line: {$anchor: line, type: object, required: [sku], properties: {sku: {type: string}}}}
User:
  type: object
  properties:
    order: {$ref: "https://example.org/schemas/order"}
    line: {$ref: "https://example.org/schemas/order#line"}
"""


def test_identifiers_are_the_base_of_references(workshop: Workshop) -> None:
    content = schemas(IDENTIFIED.replace("$id: /schemas", "$id: https://example.org/schemas"))
    package = workshop(content)
    assert package.messages == []
    assert _types(package, "Invoice") == {
        "lines": "list[InvoiceLine]", "parent": "Invoice", "other": "OrderLine",
    }  # fmt: skip
    assert _types(package, "Order") == {"lines": "list[OrderLine]", "invoice": "Invoice"}
    assert _types(package, "User") == {"order": "Order", "line": "OrderLine"}


@pytest.mark.parametrize("self_", ["https://api.example.org/v1/openapi", "/v1/openapi.json"])
def test_self_is_the_base_of_the_document(workshop: Workshop, tmp_path: Path, self_: str) -> None:
    """OpenAPI 3.2: the identity of the document, which need not be where it is. What is beside it is found there."""
    a = {"type": "object", "properties": {"n": {"$ref": "schemas/N.yaml"}}}
    properties = {
        "whole": {"$ref": self_ + "#/components/schemas/A"},
        "relative": {"$ref": self_.rpartition("/")[2] + "#/components/schemas/A"},
        "own": {"$ref": "#/components/schemas/A"},
    }
    content = schemas({"A": a, "B": {"type": "object", "properties": properties}})
    content = {
        "openapi": "3.2.0",
        "$self": self_,
        **{k: v for k, v in content.items() if k != "openapi"},
    }
    package = _make(workshop, tmp_path, {"api.yaml": content, "schemas/N.yaml": THING})
    assert package.messages == []
    assert set(_types(package, "B").values()) == {"A"}
    assert _types(package, "A") == {"n": "N"}


def test_identifiers_in_files(workshop: Workshop, tmp_path: Path) -> None:
    """A file with an `$id` is found by it once it was read; what it refers to is beside it."""
    one = {
        "$id": "https://example.org/one.json", "type": "object",
        "properties": {"two": {"$ref": "two.json"}, "inner": {"$ref": "#/$defs/in"}},
        "$defs": {"in": THING},
    }  # fmt: skip
    two = {
        "$id": "https://example.org/two.json",
        "type": "object",
        "properties": {"one": {"$ref": "one.json"}},
    }
    files = {
        "api.yaml": schemas({"A": {"type": "object", "properties": {"x": {"$ref": "json/one.json"}}}}),
        "json/one.json": yaml.safe_dump(one),
        "json/two.json": yaml.safe_dump(two),
    }  # fmt: skip
    package = _make(workshop, tmp_path, files)
    assert package.messages == []
    assert _types(package, "One") == {"two": "Two", "inner": "In"}
    assert _types(package, "Two") == {"one": "One"}


def test_a_reference_past_its_identifier_is_resolved_and_reported(workshop: Workshop) -> None:
    """Many documents have `$id` and mean the document by `#/components`."""
    b = {
        "$id": "B",
        "type": "object",
        "properties": {"a": {"$ref": "#/components/schemas/A"}, "c": {"$ref": "C"}},
    }
    package = workshop(schemas({"A": THING, "B": b, "C": {"$id": "C", **THING}}))
    assert _types(package, "B") == {"a": "A", "c": "C"}
    assert len(package.messages) == 1


GENERIC = """
Page:
  $id: https://example.org/page
  $defs: {T: {$dynamicAnchor: T, not: {}}}
  type: object
  properties:
    items: {type: array, items: {$dynamicRef: "#T"}}
    first: {$dynamicRef: "#T"}
    extra: {type: object, properties: {last: {$dynamicRef: "#T"}, user: {$ref: "user"}}}
User: {$id: https://example.org/user, type: object, properties: {login: {type: string}}}
Order: {$id: https://example.org/order, type: object, properties: {total: {type: number}}}
UserPage:
  $id: https://example.org/user-page
  $defs: {T: {$dynamicAnchor: T, $ref: user}}
  $ref: page
OrderPage:
  $id: https://example.org/order-page
  $defs: {T: {$dynamicAnchor: T, $ref: order}}
  allOf: [{$ref: page}]
  properties: {count: {type: integer}}
Both: {type: object, properties: {users: {$ref: "#/components/schemas/UserPage"}, orders: {$ref: "#/components/schemas/OrderPage"}}}
"""


def test_generic_schemas(workshop: Workshop) -> None:
    """`$dynamicRef` means the anchor of the outermost schema on the way (JSON Schema Core 8.2.3.2)."""
    package = workshop(schemas(GENERIC))
    assert package.messages == []
    assert _types(package, "UserPage")["items"] == "list[User]"
    assert _types(package, "UserPage")["first"] == "User"
    assert _types(package, "OrderPage")["items"] == "list[Order]"
    assert _types(package, "OrderPage")["count"] == "int"
    extra = _types(package, "OrderPage")["extra"]
    assert _types(package, extra) == {"last": "Order", "user": "User"}
    assert _types(package, "Both") == {"users": "UserPage", "orders": "OrderPage"}
    value = {"items": [{"login": "x"}], "extra": {"last": {"login": "y"}}}
    read = package.models.UserPage.from_dict(value)
    assert read.extra.last == package.models.User(login="y")
    assert read.to_dict() == value


def test_trees_that_are_extended(workshop: Workshop) -> None:
    """The children of the extended tree are extended, those of the plain one are plain."""
    package = workshop(
        schemas(
            """
            Tree:
              $id: https://example.org/tree
              $dynamicAnchor: node
              type: object
              properties: {data: {type: integer}, children: {type: array, items: {$dynamicRef: "#node"}}}
            Labelled:
              $id: https://example.org/labelled
              $dynamicAnchor: node
              $ref: tree
              properties: {label: {type: string}}
            """
        )
    )
    assert package.messages == []
    assert _types(package, "Tree")["children"] == "list[Tree]"
    assert _types(package, "Labelled") == {
        "data": "int", "children": "list[Labelled]", "label": "str",
    }  # fmt: skip


# Refusals


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "target.yaml"
    if kind == "pipe":
        os.mkfifo(target)
    else:
        target.symlink_to("/dev/zero")
    file = save(tmp_path, schemas({"A": {"$ref": "target.yaml"}}))
    with pytest.raises(InputError, match="not a regular file"):
        generate(str(file), "p", permissions=Permissions(outside=True))


class _Redirecting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/api.yaml":
            body = yaml.safe_dump(
                schemas({"A": {"$ref": "moved.yaml"}, "B": {"$ref": "away.yaml"}})
            )
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())
        elif self.path == "/there.yaml":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"type: object\nproperties: {a: {type: string}}")
        else:
            self.send_response(302)
            host = "" if self.path == "/moved.yaml" else "http://other.invalid"
            self.send_header("Location", f"{host}/there.yaml")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("remote", [False, True])
def test_redirects_to_another_host_are_refused(remote: bool) -> None:
    with HTTPServer(("127.0.0.1", 0), _Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(InputError, match="redirects to another host") as caught:
                generate(
                    f"http://127.0.0.1:{server.server_port}/api.yaml",
                    "p",
                    permissions=Permissions(remote=remote),
                )
        finally:
            server.shutdown()
    assert "away.yaml" in str(caught.value)


def test_merge_keys_that_multiply_end(tmp_path: Path) -> None:
    lines = [
        "openapi: 3.1.0",
        "info: {title: t, version: '1'}",
        "paths: {}",
        "x-0: &a0 {a: 1, b: 2}",
    ]
    for n in range(1, 40):
        lines.append(f"x-{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}], k{n}: 1}}")
    made = generate(str(save(tmp_path, "\n".join(lines))), "p")
    assert made.diagnostics == ()


def test_too_many_merged_members_are_refused(tmp_path: Path) -> None:
    lines = ["openapi: 3.1.0", "x-0: &a0 {a: 1}"]
    lines += [f"x-{n}: &a{n} {{<<: *a{n - 1}, k{n}: 1}}" for n in range(1, 1200)]
    with pytest.raises(InputError, match="merge keys"):
        generate(str(save(tmp_path, "\n".join(lines))), "p")


def test_the_size_limit_is_an_option(tmp_path: Path) -> None:
    """Of the document and of each file that it refers to."""
    save(tmp_path, "type: string\n" + "#" * (2 << 20), "big.yaml")
    file = save(tmp_path, schemas({"A": {"$ref": "big.yaml"}}))
    arguments = ("generate", file, "--output", tmp_path / "out", "--package", "p")
    done = orcagen(*arguments, "--max-size", "1")
    assert done.returncode == 2
    assert "larger than 1 MiB" in done.stderr
    assert "--max-size" in done.stderr
    assert orcagen(*arguments, "--max-size", "3").returncode == 0
    assert "up to date" in orcagen(*arguments, "--max-size", "3").stderr
    assert orcagen(*arguments, "--max-size", "0").returncode == 2


def test_a_file_that_was_missing_is_looked_for_again(tmp_path: Path) -> None:
    file = save(tmp_path, schemas({"A": {"$ref": "later.yaml"}}))
    arguments = ("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert "later.yaml" in orcagen(*arguments).stderr
    save(tmp_path, THING, "later.yaml")
    assert orcagen(*arguments, "--strict").returncode == 0
    assert "class A(" in (tmp_path / "out" / "p" / "models" / "a.py").read_text()
