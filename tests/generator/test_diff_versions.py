"""`orcagen diff` of one API written in two versions of OpenAPI: nothing changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from orcagen.diff import Audience, DocumentVersion, as_text, compare
from orcagen.pipeline import plan_version

# A property of a request and of a response as 3.0, and as 3.1 writes it.
SCHEMAS = """
- [{type: string, nullable: true}, {type: [string, "null"]}]
- [{type: integer, nullable: true, minimum: 1}, {type: [integer, "null"], minimum: 1}]
- [{type: integer, nullable: true, minimum: 1}, {oneOf: [{type: integer, minimum: 1}, {type: "null"}]}]
- [{nullable: true, allOf: [{$ref: "#/components/schemas/Item"}]}, {anyOf: [{$ref: "#/components/schemas/Item"}, {type: "null"}]}]
- [{nullable: true, oneOf: [{$ref: "#/components/schemas/Item"}]}, {oneOf: [{type: "null"}, {$ref: "#/components/schemas/Item"}]}]
- [{type: string, nullable: true, enum: [a, b, null]}, {type: [string, "null"], enum: [a, b, null]}]
- [{type: string, enum: [a]}, {type: string, const: a}]
- [{type: number, minimum: 1, exclusiveMinimum: true}, {type: number, exclusiveMinimum: 1}]
- [{type: number, maximum: 9, exclusiveMaximum: true}, {type: number, exclusiveMaximum: 9}]
- [{type: number, maximum: 9, exclusiveMaximum: false}, {type: number, maximum: 9}]
- [{type: string, format: byte}, {type: string, contentEncoding: base64}]
- [{type: string, example: a}, {type: string, examples: [a]}]
- [{anyOf: [{type: string}, {type: integer}]}, {type: [string, integer]}]
- [{type: object, additionalProperties: true}, {type: object}]
- [{type: array, items: {type: string, nullable: true}}, {type: array, items: {type: [string, "null"]}}]
- [{type: object, additionalProperties: {type: integer, nullable: true}}, {type: object, additionalProperties: {type: [integer, "null"]}}]
- [{type: array, items: {}, uniqueItems: false}, {type: array}]
- [{allOf: [{$ref: "#/components/schemas/Item"}], description: An item.}, {$ref: "#/components/schemas/Item", description: An item.}]
- [{type: string, minLength: 0}, {type: string}]
"""
AUDIENCES: tuple[Audience, Audience] = ("callers", "wire")


def read(document: dict[str, Any], folder: Path) -> DocumentVersion:
    file = folder / "api.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return plan_version(str(file), "client")


def assert_equal(old: dict[str, Any], new: dict[str, Any], folder: Path) -> None:
    a, b = read(old, folder), read(new, folder)
    for audience in AUDIENCES:
        for x, y in ((a, b), (b, a)):
            comparison = compare(x, y, audience)
            assert comparison.changes == (), as_text(comparison)


def make_document(openapi: str, schema: Any, **more: Any) -> dict[str, Any]:
    """A document whose request and response have a property of a schema, required and optional."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    return {
        "openapi": openapi,
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"post": {
            "operationId": "add",
            "requestBody": {"content": content},
            "responses": {"200": {"description": "It.", "content": content}},
            **more,
        }}},
        "components": {"schemas": {
            "Item": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Thing": {"type": "object", "required": ["x"], "properties": {"x": schema, "y": schema}},
        }},
    }  # fmt: skip


@pytest.mark.parametrize(("old", "new"), yaml.safe_load(SCHEMAS), ids=str)
def test_schemas_of_3_0_and_3_1(old: Any, new: Any, tmp_path: Path) -> None:
    assert_equal(make_document("3.0.3", old), make_document("3.1.0", new), tmp_path)


@pytest.mark.parametrize("openapi", ["3.1.1", "3.2.0"])
def test_files_of_3_0_and_later(openapi: str, tmp_path: Path) -> None:
    def make(openapi: str, part: Any, body: Any) -> dict[str, Any]:
        form = {"type": "object", "properties": {"file": part, "name": {"type": "string"}}}
        return make_document(
            openapi,
            {"type": "string"},
            requestBody={"content": {"multipart/form-data": {"schema": form}}},
            responses={"200": {"description": "", "content": {"application/octet-stream": body}}},
        )

    file = {"type": "string", "format": "binary"}
    old = make("3.0.3", file, {"schema": file})
    assert_equal(old, make(openapi, {"contentMediaType": "application/octet-stream"}, {}), tmp_path)
    raw = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert_equal(old, make(openapi, raw, {"schema": {}}), tmp_path)


TWO = """
swagger: "2.0"
info: {title: Pets, version: "1"}
host: api.example.com
basePath: /v1
schemes: [https]
consumes: [application/json]
produces: [application/json]
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}, flow: {type: oauth2, flow: application, tokenUrl: "https://t", scopes: {r: Read.}}}
security: [{key: []}, {flow: [r]}]
paths:
  /pets/{id}:
    get:
      operationId: get
      parameters:
        - {name: id, in: path, required: true, type: integer, minimum: 1, exclusiveMinimum: true}
        - {name: tags, in: query, type: array, items: {type: string, maxLength: 3}, collectionFormat: multi}
        - {name: ids, in: query, type: array, items: {type: integer}, collectionFormat: pipes}
        - {name: q, in: query, type: string, default: a, enum: [a, b]}
        - {name: X-Trace, in: header, type: string, pattern: "^a"}
      responses:
        200: {description: A pet., schema: {$ref: "#/definitions/Pet"}, headers: {X-Left: {type: integer, maximum: 9}}}
        404: {description: None., schema: {type: object, properties: {message: {type: string}}}}
  /pets:
    post:
      operationId: add
      parameters: [{name: body, in: body, required: true, schema: {$ref: "#/definitions/Pet"}}]
      responses: {201: {description: Added.}}
  /photos:
    post:
      operationId: upload
      consumes: [multipart/form-data]
      parameters:
        - {name: photo, in: formData, type: file, required: true}
        - {name: title, in: formData, type: string, maxLength: 9}
      responses: {204: {description: Done.}}
    get:
      operationId: download
      produces: [image/png]
      responses: {200: {description: It., schema: {type: file}}}
definitions:
  Pet:
    type: object
    required: [name]
    properties:
      name: {type: string, minLength: 1}
      owner: {$ref: "#/definitions/Owner"}
      nickname: {type: string, x-nullable: true}
  Owner: {type: object, additionalProperties: false, properties: {name: {type: string}}}
"""
THREE = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
security: [{key: []}, {flow: [r]}]
paths:
  /pets/{id}:
    get:
      operationId: get
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1, exclusiveMinimum: true}}
        - {name: tags, in: query, schema: {type: array, items: {type: string, maxLength: 3}}}
        - {name: ids, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: q, in: query, schema: {type: string, default: a, enum: [a, b]}}
        - {name: X-Trace, in: header, schema: {type: string, pattern: "^a"}}
      responses:
        "200":
          description: A pet.
          headers: {X-Left: {schema: {type: integer, maximum: 9}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
        "404": {description: None., content: {application/json: {schema: {type: object, properties: {message: {type: string}}}}}}
  /pets:
    post:
      operationId: add
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: Added.}}
  /photos:
    post:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo]
              properties: {photo: {type: string, format: binary}, title: {type: string, maxLength: 9}}
      responses: {"204": {description: Done.}}
    get:
      operationId: download
      responses: {"200": {description: It., content: {image/png: {schema: {type: string, format: binary}}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    flow: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://t", scopes: {r: Read.}}}}
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1}
        owner: {$ref: "#/components/schemas/Owner"}
        nickname: {type: string, nullable: true}
    Owner: {type: object, additionalProperties: false, properties: {name: {type: string}}}
"""


def test_a_document_of_2_0_and_3_0(tmp_path: Path) -> None:
    assert_equal(yaml.safe_load(TWO), yaml.safe_load(THREE), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("maximum: 9", "maximum: 8"),
        ("maxLength: 3", "maxLength: 2"),
        ("maxLength: 9", "maxLength: 8"),
        ("minLength: 1", "minLength: 2"),
        ("minimum: 1, ", ""),
        ("{type: string, x-nullable: true}", "{type: string}"),
        ("collectionFormat: multi", "collectionFormat: csv"),
        ("collectionFormat: pipes", "collectionFormat: ssv"),
        ("X-Key", "X-Other"),
        ("[r]", "[w]"),
        ("image/png", "image/gif"),
        ("enum: [a, b]", "enum: [a, b, c]"),
        ("https]", "http]"),
    ],
)
def test_a_difference_between_2_0_and_3_0_is_found(old: str, new: str, tmp_path: Path) -> None:
    assert TWO.count(old) == 1
    a = read(yaml.safe_load(TWO.replace(old, new)), tmp_path)
    b = read(yaml.safe_load(THREE), tmp_path)
    assert compare(a, b, "wire").changes != ()
