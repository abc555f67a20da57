"""The repairs as an OpenAPI Overlay: with it, the same client comes out, without diagnostics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support import document, save

from orcagen.config import Config
from orcagen.openapi.repairs import overlay
from orcagen.pipeline import Generated, generate

OPERATION = "get: {responses: {'200': {description: Done}}}"
# Each breaks one rule. The key names it.
BROKEN = {
    "numeric version": "info: {title: T, version: 1.5}",
    "server without a url": "servers: [{url: 'https://a.example'}, {description: x}, {description: y}]",
    "undeclared server variable": "servers: [{url: 'https://{region}.example/{base}'}]",
    "operationId twice": """
        paths:
          /a: {get: {operationId: same, responses: {'200': {description: x}}}}
          /b: {get: {operationId: same, responses: {'200': {description: x}}}}
    """,
    "path item that is text": 'paths: {/a: text, "/it\'s\\n\\\\ok": 5}',
    "operation that is text": "paths: {/a: {get: text}}",
    "invalid parameters": """
        paths:
          /a:
            get:
              parameters: [{in: query}, {name: a, in: query, schema: {type: string}}, {name: b, in: nowhere}]
              responses: {'200': {description: x}}
    """,
    "missing path parameter": f"paths: {{'/a/{{id}}': {{{OPERATION}}}}}",
    "surplus shared path parameters": f"""
        paths:
          /a:
            parameters:
              - {{name: id, in: path, required: true, schema: {{type: string}}}}
              - {{name: other, in: path, required: true, schema: {{type: string}}}}
            {OPERATION}
            put: {{responses: {{'200': {{description: x}}}}}}
    """,
    "optional path parameter": """
        paths:
          /a/{id}:
            get:
              parameters: [{name: id, in: path, schema: {type: string}}]
              responses: {'200': {description: x}}
    """,
    "invalid status code": "paths: {/a: {get: {responses: {'200': {description: x}, good: {description: y}}}}}",
    "responses that are a number": "paths: {/a: {get: {responses: 7}}}",
    "nullable": """
        components: {schemas: {A: {type: object, properties: {
          a: {type: string, nullable: true}, b: {type: [string, integer], nullable: true},
          c: {enum: [x, y], type: string, nullable: true}}}}}
    """,
    "enum with duplicates": "components: {schemas: {A: {type: string, enum: [x, y, x, x, z, y]}}}",
    "unknown type": "components: {schemas: {A: {type: object, properties: {a: {type: float}}}}}",
    "discriminator value that maps to nothing": """
        components: {schemas: {
          A: {oneOf: [{$ref: '#/components/schemas/B'}],
              discriminator: {propertyName: k, mapping: {b: '#/components/schemas/B', c: '#/components/schemas/C'}}},
          B: {type: object, properties: {k: {type: string}}}}}
    """,
}
V3_0 = {
    "no responses": "openapi: 3.0.3\npaths: {/a: {get: {summary: x}}}",
}
V2 = {
    "missing path parameter, 2.0": f"swagger: '2.0'\npaths: {{'/a/{{id}}': {{{OPERATION}}}}}",
}


def _repaired(content: dict[str, Any], folder: Path) -> tuple[Generated, Generated]:
    spec = save(folder, content)
    first = generate(str(spec), "api")
    repairs = save(folder, json.dumps(overlay("api", first.repairs)), "repairs.json")
    return first, generate(str(spec), "api", Config(overlays=(repairs,)))


@pytest.mark.parametrize("name", [*BROKEN, *V3_0, *V2])
def test_the_repaired_document_gives_the_same_client(name: str, tmp_path: Path) -> None:
    first, second = _repaired(document({**BROKEN, **V3_0, **V2}[name]), tmp_path)
    assert first.diagnostics
    assert not second.diagnostics
    changed = {p for p, text in first.files.items() if second.files.get(p) != text}
    # An operation without responses gets one, and with it a line in its docstring.
    assert changed == ({"api/default.py"} if name == "no responses" else set())


def test_all_repairs_of_one_document_apply_together(tmp_path: Path) -> None:
    parts = [document(text) for text in BROKEN.values()]
    whole = document({"info": {"title": "T", "version": 2}})
    whole["servers"] = [s for p in parts for s in p.get("servers", ())]
    for i, part in enumerate(parts):
        for path, item in part["paths"].items():
            whole["paths"][f"/v{i}{path}"] = item
        for schema, value in part.get("components", {}).get("schemas", {}).items():
            text = json.dumps(value).replace("#/components/schemas/", f"#/components/schemas/V{i}")
            whole.setdefault("components", {"schemas": {}})["schemas"][f"V{i}{schema}"] = (
                json.loads(text)
            )
    first, second = _repaired(whole, tmp_path)
    assert len(first.diagnostics) > len(BROKEN)
    assert second.diagnostics == ()
    assert first.files == second.files


def test_what_only_the_author_can_know_is_not_repaired(tmp_path: Path) -> None:
    spec = save(
        tmp_path,
        document("paths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/Gone'}}}}}"),
    )
    made = generate(str(spec), "api")
    assert made.diagnostics
    assert made.repairs == []


def test_other_files_are_not_repaired(tmp_path: Path) -> None:
    save(tmp_path, {"A": {"type": "string", "enum": ["x", "x"]}}, "schemas.yaml")
    spec = save(tmp_path, document("components: {schemas: {A: {$ref: 'schemas.yaml#/A'}}}"))
    made = generate(str(spec), "api")
    assert made.diagnostics
    assert made.repairs == []
