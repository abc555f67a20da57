"""A document and the same one in many files give the same client, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.generator.splitter import LAYOUTS, split, write

from orcagen.pipeline import generate

DOCUMENTS = Path(__file__).parent / "documents"

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: '1'}
servers: [{url: https://example.org}]
paths:
  /orders:
    parameters: [{$ref: '#/components/parameters/Limit'}]
    get:
      operationId: listOrders
      tags: [orders]
      responses:
        '200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/OrderList'}}}}
        '404': {$ref: '#/components/responses/NotFound'}
    post:
      operationId: createOrder
      tags: [orders]
      requestBody: {$ref: '#/components/requestBodies/NewOrder'}
      responses:
        '201': {description: '', content: {application/json: {schema: {type: object, properties: {order: {$ref: '#/components/schemas/Order'}, meta: {type: object, properties: {at: {type: string}}}}}}}}
        default: {$ref: '#/components/responses/Problem'}
  /orders/{id}:
    get:
      operationId: getOrder
      tags: [orders]
      parameters:
        - {$ref: '#/components/parameters/Id'}
        - {name: filter, in: query, schema: {$ref: '#/components/parameters/Filter/schema'}}
      responses:
        '200': {description: '', headers: {X-Rate: {$ref: '#/components/headers/Rate'}}, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
        '404': {$ref: '#/components/responses/NotFound'}
        '409': {description: '', content: {application/json: {schema: {$ref: '#/components/responses/Conflict/content/application~1json/schema'}}}}
  /payments:
    post:
      operationId: pay
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Payment'}}}}
      responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/Order/properties/lines/items'}}}}}
components:
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer}}
    Id: {name: id, in: path, required: true, schema: {type: string, format: uuid}}
    Filter: {name: filter, in: query, schema: {type: string, enum: [open, closed]}}
  headers:
    Rate: {schema: {type: integer}}
  requestBodies:
    NewOrder: {required: true, content: {application/json: {schema: {type: object, required: [lines], properties: {lines: {type: array, items: {$ref: '#/components/schemas/order_line'}}, gift: {type: object, properties: {text: {type: string}}}}}}}}
  responses:
    NotFound: {description: '', content: {application/json: {schema: {type: object, properties: {missing: {type: string}}}}}}
    Conflict: {description: '', content: {application/json: {schema: {type: object, properties: {with: {type: string}}}}}}
    Problem: {description: '', content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}}
  schemas:
    OrderList: {type: object, properties: {items: {type: array, items: {$ref: '#/components/schemas/Order'}}, next: {type: [string, 'null']}}}
    Order:
      type: object
      required: [id]
      properties:
        id: {type: string, format: uuid}
        parent: {$ref: '#/components/schemas/Order'}
        lines: {type: array, items: {type: object, properties: {n: {type: integer}, line: {$ref: '#/components/schemas/order_line'}}}}
        status: {$ref: '#/components/schemas/Status'}
        payment: {$ref: '#/components/schemas/Payment'}
        shipping: {type: object, properties: {to: {$ref: '#/components/schemas/Customer/properties/address'}}}
    order_line: {type: object, properties: {sku: {type: string}, price: {$ref: '#/components/schemas/Money'}}}
    OrderLine: {type: object, properties: {other: {type: string}}}
    Money: {type: object, properties: {amount: {type: string, format: decimal}}}
    Price: {$ref: '#/components/schemas/Money'}
    Status: {type: string, enum: [open, paid]}
    Customer: {type: object, properties: {address: {type: object, properties: {street: {type: string}}}, since: {type: string, format: date}}}
    Company: {allOf: [{$ref: '#/components/schemas/Customer'}, {type: object, properties: {vat: {type: string}, tools: {type: object, properties: {a: {type: string}}}}}]}
    Charity: {allOf: [{$ref: '#/components/schemas/Company'}, {type: object, properties: {cause: {type: string}}}]}
    Payment:
      oneOf: [{$ref: '#/components/schemas/Card'}, {$ref: '#/components/schemas/Transfer'}]
      discriminator: {propertyName: kind, mapping: {card: '#/components/schemas/Card'}}
    Change: {anyOf: [{$ref: '#/components/schemas/Card', properties: {was: {type: string}}}, {$ref: '#/components/schemas/Transfer'}]}
    Both: {type: object, properties: {n: {type: integer}}, oneOf: [{$ref: '#/components/schemas/Customer/properties/address'}, {type: object, properties: {v: {type: string}}}]}
    Card: {type: object, required: [kind], properties: {kind: {type: string}, number: {type: string}}}
    Transfer: {type: object, required: [kind], properties: {kind: {type: string}, iban: {type: string}}}
    Animal: {type: object, required: [type], properties: {type: {type: string}}, discriminator: {propertyName: type}}
    Cat: {allOf: [{$ref: '#/components/schemas/Animal'}, {type: object, properties: {lives: {type: integer}}}]}
    Dog: {allOf: [{$ref: '#/components/schemas/Animal'}, {type: object, properties: {owner: {$ref: '#/components/schemas/Customer'}}}]}
    Problem: {type: object, properties: {detail: {type: string}, cause: {$ref: '#/components/schemas/Problem'}, animal: {$ref: '#/components/schemas/Animal'}}}
    Empty: {}
    Any_: {type: object, additionalProperties: {type: object, properties: {v: {type: integer}}}}
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
"""


def _large() -> dict[str, Any]:
    """A document of realistic size: the shop, sixty times, with references between the copies."""
    out: dict[str, Any] = yaml.safe_load(SHOP)
    text = json.dumps(out)
    for number in range(60):
        copy = text.replace('#/components/schemas/Order"', f'#/components/schemas/Order{number}"')
        for name in ("Customer", "Animal", "Cat", "order_line"):
            copy = copy.replace(f'/schemas/{name}"', f'/schemas/{name}{number}"')
        part = json.loads(copy)
        for path, item in part["paths"].items():
            renamed = json.loads(json.dumps(item))
            for method in ("get", "post"):
                if method in renamed:
                    renamed[method]["operationId"] += str(number)
            out["paths"][f"/v{number}{path}"] = renamed
        for name in ("Order", "Customer", "Animal", "Cat", "order_line"):
            out["components"]["schemas"][f"{name}{number}"] = part["components"]["schemas"][name]
    return out


def _generate(file: Path) -> tuple[dict[str, str], dict[str, str]]:
    made = generate(str(file), "p")
    assert made.diagnostics == ()
    operations = {
        f"{f.method} {f.path_template}": f"{a.name}.{f.name}"
        for a in made.package.apis
        for f in a.functions
    }
    return made.files, {**made.package.schemas, **operations}


def _check(document: dict[str, Any], layout: str, folder: Path) -> None:
    whole = write({"openapi.json": document}, folder / "whole")
    parts = split(document, layout)
    assert len(parts) > 10
    files, names = _generate(whole)
    split_files, split_names = _generate(write(parts, folder / "parts"))
    assert split_names == names
    assert split_files.keys() == files.keys()
    assert [path for path in files if files[path] != split_files[path]] == []


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_a_document_and_its_parts_give_one_client(
    tmp_path: Path, layout: str, version: str
) -> None:
    document = {**yaml.safe_load(SHOP), "openapi": version}
    if version == "3.0.3":
        document["components"]["schemas"]["OrderList"]["properties"]["next"] = {
            "type": "string", "nullable": True,
        }  # fmt: skip
    _check(document, layout, tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_large_document_and_its_parts_give_one_client(tmp_path: Path, layout: str) -> None:
    _check(_large(), layout, tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_swagger_2_and_its_parts_give_one_client(tmp_path: Path, layout: str) -> None:
    thing = {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    schemas = {f"Thing{n}": thing for n in range(9)} | {
        "List": {"type": "array", "items": {"$ref": "#/definitions/Thing1"}}
    }
    get = {
        "operationId": "f",
        "parameters": [{"$ref": "#/parameters/Body"}],
        "responses": {
            "200": {"description": "", "schema": {"$ref": "#/definitions/List"}},
            "404": {"$ref": "#/responses/Gone"},
        },
    }
    document = {
        "swagger": "2.0", "info": {"title": "T", "version": "1"}, "host": "example.org",
        "paths": {"/a": {"post": get}}, "definitions": schemas,
        "parameters": {"Body": {"name": "body", "in": "body", "required": True, "schema": thing}},
        "responses": {"Gone": {"description": "", "schema": thing}},
    }  # fmt: skip
    _check(document, layout, tmp_path)
