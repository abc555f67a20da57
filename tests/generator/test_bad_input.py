"""Input that cannot be read gives one sentence; what is only wrong in it is repaired and reported."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import Package, Workshop, document, found, orcagen, save, schemas

from orcagen.diagnostics import Diagnostic, InputError
from orcagen.pipeline import generate, make_plan

GOOD = document(
    {"paths": {"/a": {"get": {"operationId": "f", "responses": {"200": {"description": "d"}}}}}}
)


# Each kind: the file's name and content, words of the message, and the line that it names.
BROKEN: dict[str, tuple[str, bytes | str, str, int | None]] = {
    "not YAML": ("api.yaml", "openapi: 3.1.0\ninfo: {title: t\npaths: }\n", "not valid YAML", 3),
    "a tab in YAML": ("api.yaml", "openapi: 3.1.0\ninfo:\n\ttitle: t\n", "not valid YAML", 3),
    "two YAML documents": ("api.yaml", "openapi: 3.1.0\n---\nopenapi: 3.1.0\n", "YAML", 2),
    "a control character in YAML": (
        "api.yaml",
        b"openapi: 3.1.0\nx: \x01\n",
        "not valid YAML",
        None,
    ),
    "not JSON": ("api.json", '{\n "openapi": "3.1.0",\n "info": {,}\n}', "not valid JSON", 3),
    "JSON cut off": ("api.json", '{\n "openapi": "3.1.0",\n "paths": {', "not valid JSON", 3),
    "not OpenAPI": ("api.yaml", "name: a\nversion: 1\n", "not an OpenAPI document", 1),
    "a list": ("api.yaml", "- openapi: 3.1.0\n", "not an OpenAPI document", 1),
    "a text": ("api.yaml", "openapi\n", "not an OpenAPI document", 1),
    "an empty file": ("api.yaml", "", "not an OpenAPI document", None),
    "only a comment": ("api.yaml", "# nothing\n", "not an OpenAPI document", None),
    "an unknown version": ("api.yaml", "info: {title: t}\nopenapi: 4.0.0\npaths: {}\n", "4.0.0", 2),
    "no version": ("api.yaml", "info: {title: t}\nopenapi:\npaths: {}\n", "versions", 2),
    "an odd version": ("api.yaml", "openapi: [3, 1]\npaths: {}\n", "versions", 1),
    "Swagger 1.2": ("api.yaml", 'swagger: "1.2"\n', "1.2", 1),
    "not UTF-8": ("api.yaml", b"openapi: 3.1.0\ninfo:\n  title: \xe9\n", "UTF-8", 3),
    "UTF-16": ("api.yaml", "openapi: 3.1.0\n".encode("utf-16"), "UTF-8", 1),
    "a reference to another host": (
        "api.yaml",
        "openapi: 3.1.0\npaths: {}\ncomponents:\n  schemas:\n    B:\n      $ref: 'https://example.org/a.yaml'\n",
        "--allow-remote",
        5,
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_documents(tmp_path: Path, kind: str) -> None:
    """One line on standard error with the file, and the line where there is one; exit 2; nothing written."""
    name, content, words, line = BROKEN[kind]
    file = save(tmp_path, content, name)
    done = orcagen("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert f"{file}:{line}: " in done.stderr if line else str(file) in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_broken_referenced_file_is_named(tmp_path: Path) -> None:
    """With the place of the reference and the place of the fault."""
    other = save(tmp_path, "A: {type: string\nB: 1\n", "other.yaml")
    file = save(tmp_path, document({"components": {"schemas": {"A": {"$ref": "other.yaml#/A"}}}}))
    done = orcagen("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert done.returncode == 2
    assert f"{file}:" in done.stderr
    assert f"{other}:2" in done.stderr
    assert done.stderr.count("\n") == 1


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for spec, words in [
        ("missing.yaml", "no such file"),
        (".", "folder"),
        ("missing/", "no such file"),
    ]:
        done = orcagen("generate", spec, "--output", "out", "--package", "p", cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["a-b", "1a", "", "class", "None", "a.b", "../x", "a b"])
def test_bad_package_names(tmp_path: Path, name: str) -> None:
    file = save(tmp_path, GOOD)
    done = orcagen("generate", file, "--output", tmp_path / "out", f"--package={name}")
    assert done.returncode == 2
    assert "package name" in done.stderr
    assert done.stderr.count("\n") == 1


CONFIGS: dict[str, tuple[bytes | str, str]] = {
    "not TOML": ("names = {", "TOML"),
    "not UTF-8": (b'x = "\xe9"', "TOML"),
    "an unknown setting": ("nmes = {}", "nmes"),
    "names that are not identifiers": ('[names]\n"/a" = "not a name"', "names"),
    "names that are not strings": ('[names]\n"/a" = 1', "names"),
    "names that are a list": ("names = [1]", "names"),
    "typed_dicts as text": ('typed_dicts = "yes"', "typed_dicts"),
    "tables as a list": ("tables = [1]", "table"),
    "a table without its data": ('[tables.x]\nschema = "#/A"', "x"),
    "packages as a list": ("packages = [1]", "packages"),
    "a package as a text": ('[packages]\np = "x"', "p"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_bad_settings(tmp_path: Path, kind: str) -> None:
    content, words = CONFIGS[kind]
    file = save(tmp_path, GOOD)
    settings = save(tmp_path, content, "orcagen.toml")
    done = orcagen(
        "generate", file, "--output", tmp_path / "out", "--package", "p", "--config", settings
    )
    assert done.returncode == 2, done.stderr
    assert str(settings) in done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_missing_settings(tmp_path: Path) -> None:
    file = save(tmp_path, GOOD)
    done = orcagen(
        "generate",
        file,
        "--output",
        tmp_path / "out",
        "--package",
        "p",
        "--config",
        tmp_path / "no.toml",
    )
    assert done.returncode == 2
    assert "no.toml" in done.stderr


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    file = save(tmp_path, GOOD)
    (tmp_path / "out").write_text("a file")
    done = orcagen("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert done.returncode == 2
    assert str(tmp_path / "out") in done.stderr
    assert done.stderr.count("\n") == 1


# Repairs


def _generate(tmp_path: Path, text: str, words: str) -> tuple[Diagnostic, Any]:
    made = generate(str(save(tmp_path, text)), "p")
    return found(made.diagnostics, words), made


def _lines(text: str) -> str:
    return text.lstrip("\n")


REPAIRS: dict[str, tuple[str, str, int, str]] = {
    "a numeric version": (
        _lines("""
openapi: 3.1.0
info:
  title: t
  version: 1.5
paths: {}
"""),
        "info.version",
        4,
        "/info/version",
    ),
    "an operationId used twice": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get: {operationId: f, responses: {"200": {description: d}}}
  /b:
    get: {operationId: f, responses: {"200": {description: d}}}
"""),
        "operationId 'f'",
        7,
        "/paths/~1b/get",
    ),
    "a path parameter that is missing": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a/{id}:
    get: {operationId: f, responses: {"200": {description: d}}}
"""),
        "'id' is not declared",
        5,
        "/paths/~1a~1{id}/get",
    ),
    "a path parameter that is not in the path template": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: f
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses: {"200": {description: d}}
"""),
        "'id' is not in the path template",
        5,
        "/paths/~1a/get",
    ),
    "a path parameter that is optional": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a/{id}:
    get:
      operationId: f
      parameters:
        - {name: id, in: path, schema: {type: string}}
      responses: {"200": {description: d}}
"""),
        "'id' is not declared as required",
        8,
        "/paths/~1a~1{id}/get/parameters/0",
    ),
    "an enum with duplicates": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: {}
components:
  schemas:
    A:
      enum: [a, b, a]
"""),
        "duplicate enum values",
        6,
        "/components/schemas/A",
    ),
    "nullable in 3.1": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: {}
components:
  schemas:
    A:
      type: object
      properties:
        b: {type: string, nullable: true}
"""),
        "`nullable` is not an OpenAPI 3.1 keyword",
        9,
        "/components/schemas/A/properties/b",
    ),
    "an unknown type": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: {}
components:
  schemas:
    A: {type: strnig}
"""),
        "unknown JSON Schema type 'strnig'",
        6,
        "/components/schemas/A",
    ),
    "types that exclude each other": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: {}
components:
  schemas:
    A: {allOf: [{type: string}, {type: integer}]}
"""),
        "exclude each other",
        6,
        "/components/schemas/A/allOf/1",
    ),
    "an operation without responses": (
        _lines("""
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /a:
    get: {operationId: f}
"""),
        "operation has no responses",
        5,
        "/paths/~1a/get",
    ),
    "a key that is not a status code": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: f
      responses:
        "200": {description: d}
        ok: {description: d}
"""),
        "'ok' is not a status code",
        9,
        "/paths/~1a/get/responses/ok",
    ),
    "an invalid parameter location": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: f
      parameters:
        - {name: x, in: body, schema: {}}
      responses: {"200": {description: d}}
"""),
        "invalid parameter location 'body'",
        8,
        "/paths/~1a/get/parameters/0",
    ),
    "a style of another location": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: f
      parameters:
        - {name: x, in: query, style: matrix, schema: {}}
      responses: {"200": {description: d}}
"""),
        "'matrix'",
        8,
        "/paths/~1a/get/parameters/0",
    ),
    "a parameter whose reference does not resolve": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: f
      parameters:
        - $ref: '#/components/parameters/No'
      responses: {"200": {description: d}}
"""),
        "does not resolve",
        8,
        "/paths/~1a/get/parameters/0",
    ),
    "a security scheme of no known type": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: {}
components:
  securitySchemes:
    odd: {type: magic}
"""),
        "'magic'",
        6,
        "/components/securitySchemes/odd",
    ),
    "a server variable that is not declared": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
servers:
  - url: https://{host}/
paths: {}
"""),
        "'host' is not declared",
        4,
        "/servers/0",
    ),
    "a discriminator that maps to nothing": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: {}
components:
  schemas:
    A: {type: object, properties: {k: {type: string}}}
    B:
      oneOf: [{$ref: '#/components/schemas/A'}]
      discriminator: {propertyName: k, mapping: {x: '#/components/schemas/No'}}
"""),
        "discriminator value 'x' is mapped to an unknown schema",
        7,
        "/components/schemas/B",
    ),
    "paths that are a list": (
        _lines("""
openapi: 3.1.0
info: {title: t, version: "1"}
paths: []
"""),
        "paths is not an object",
        3,
        "/paths",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REPAIRS)
def test_diagnostics_have_position_and_action(tmp_path: Path, kind: str) -> None:
    text, words, line, pointer = REPAIRS[kind]
    diagnostic, _ = _generate(tmp_path, text, words)
    assert (diagnostic.file, diagnostic.line, diagnostic.pointer) == (
        str(tmp_path / "api.yaml"),
        line,
        pointer,
    )
    assert diagnostic.severity in ("warning", "note")
    assert diagnostic.action
    assert f"api.yaml:{line}: " in str(diagnostic)


@pytest.mark.parametrize("kind", REPAIRS)
def test_lines_are_right_in_json_too(tmp_path: Path, kind: str) -> None:
    text, words, _, pointer = REPAIRS[kind]
    content = json.dumps(yaml.safe_load(text), indent=1)
    made = generate(str(save(tmp_path, content, "api.json")), "p")
    diagnostic = found(made.diagnostics, words)
    assert diagnostic.pointer == pointer
    last = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    assert diagnostic.line is not None
    shown = content.splitlines()[diagnostic.line - 1]
    assert shown.strip().startswith((f'"{last}"', "{", '"')), shown
    if not last.isdigit():
        assert f'"{last}"' in shown


def test_a_good_document_has_no_diagnostics(tmp_path: Path) -> None:
    assert generate(str(save(tmp_path, GOOD)), "p").diagnostics == ()


def test_repaired_operations_work(workshop: Workshop) -> None:
    text = """
openapi: 3.1.0
info: {title: t, version: 1}
paths:
  /a/{id}/{x}:
    get: {operationId: f, parameters: [{name: id, in: path}, {name: z, in: path}], responses: {200: {description: d}}}
    post: {operationId: f}
    put: {}
"""
    package = workshop(text)
    names = [f.name for a in package.made.package.apis for f in a.functions]
    assert names == ["f", "post_a_id_x", "put_a_id_x"]
    assert package.api().f("1", "2").path == "/a/1/2"
    assert package.api().post_a_id_x("1", x="2").path == "/a/1/2"


# Correct documents that are unusual


def _names(package: Package) -> set[str]:
    return {f.name for a in package.made.package.apis for f in a.functions}


READABLE: dict[str, tuple[str, set[str], int]] = {
    "only schemas": (
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents: {schemas: {A: {type: object}}}",
        set(),
        1,
    ),
    "only webhooks": (
        (
            "openapi: 3.1.0\ninfo: {title: t, version: '1'}\nwebhooks:\n  hook:\n    post:\n      requestBody:\n"
            "        content: {application/json: {schema: {type: object, properties: {a: {}}}}}\n"
            "      responses: {'200': {description: d}}\n"
        ),
        set(),
        0,
    ),
    "unquoted status codes": (
        (
            "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: f\n"
            "      responses: {200: {description: d}, 4XX: {description: d}}\n"
        ),
        {"f"},
        0,
    ),
    "words that are booleans in YAML 1.1": (
        (
            "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents:\n  schemas:\n    A:\n      type: object\n"
            "      properties: {on: {enum: [on, off, yes, no]}, no: {type: string}, y: {type: string}}\n"
        ),
        set(),
        1,
    ),
    "dates and numbers as text": (
        (
            "openapi: 3.1.0\ninfo: {title: t, version: '1', description: 2024-01-01}\ncomponents:\n  schemas:\n"
            "    A: {enum: [2024-01-01, 010, 1_000, 12:30:45, 0x1F, 1e3, .5, ~]}\n"
        ),
        set(),
        1,
    ),
    "anchors, aliases and merges": (
        (
            "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents:\n  schemas:\n"
            "    A: &a {type: object, properties: {x: {type: string}}}\n    B: *a\n    C:\n      <<: *a\n      required: [x]\n"
        ),
        set(),
        3,
    ),
    "an unknown tag": (
        "openapi: 3.1.0\ninfo: {title: !odd t, version: '1'}\npaths: {}\n",
        set(),
        0,
    ),
    "a byte order mark": (
        "\ufeffopenapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n",
        set(),
        0,
    ),
    "JSON under the name of YAML": (
        '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}',
        set(),
        0,
    ),
    "YAML in braces": ("{openapi: 3.1.0, info: {title: t, version: '1'}, paths: {}}", set(), 0),
    "extensions in all places": (
        (
            "openapi: 3.1.0\nx-a: 1\ninfo: {title: t, version: '1', x-b: 2}\npaths:\n  x-c: 3\n  /a:\n    x-d: 4\n    get:\n"
            "      x-e: 5\n      operationId: f\n      responses: {'200': {description: d, x-f: 6}, x-g: 7}\n"
        ),
        {"f"},
        0,
    ),
    "methods of its own": (
        (
            "openapi: 3.2.0\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    query: {operationId: q, responses: {'200': {description: d}}}\n"
            "    additionalOperations:\n      COPY: {operationId: copy, responses: {'200': {description: d}}}\n"
        ),
        {"q", "copy"},
        0,
    ),
}


@pytest.mark.parametrize("kind", READABLE)
def test_readable_documents(workshop: Workshop, kind: str) -> None:
    text, functions, schemas = READABLE[kind]
    package = workshop(text)
    assert package.made.diagnostics == ()
    assert _names(package) == functions
    assert len(package.made.package.schemas) == schemas


def test_yaml_is_read_as_version_1_2(workshop: Workshop) -> None:
    words = workshop(READABLE["words that are booleans in YAML 1.1"][0])
    value = {"on": "off", "no": "x", "y": "z"}
    one = words.models.A.from_dict(value)
    assert (one.on, one.no, one.y) == ("off", "x", "z")
    assert one.additional_properties == {}
    texts = workshop(READABLE["dates and numbers as text"][0])
    text = texts.made.files["models/a.py"]
    for piece in ('"2024-01-01"', "10", '"1_000"', '"12:30:45"', "31", "None"):
        assert piece in text


def test_unusual_methods(workshop: Workshop) -> None:
    package = workshop(READABLE["methods of its own"][0])
    assert package.api().copy().method == "COPY"
    assert package.api().q().method == "QUERY"


# Several files


def test_references_to_other_files(workshop: Workshop, tmp_path: Path) -> None:
    save(tmp_path, "A: {type: object, properties: {b: {$ref: 'deep/b.json#/B'}}}", "schemas/a.yaml")
    b = {
        "B": {
            "type": "object",
            "properties": {"a": {"$ref": "../a.yaml#/A"}, "c": {"$ref": "#/C"}},
        },
        "C": {"type": "string", "format": "date"},
    }
    save(tmp_path, json.dumps(b), "schemas/deep/b.json")
    save(
        tmp_path,
        "type: object\nproperties: {whole: {type: string, format: date}}",
        "schemas/whole file.yaml",
    )
    save(
        tmp_path,
        "get: {operationId: f, parameters: [{$ref: 'parameters.yaml#/Page'}], responses: {'200': {$ref: 'responses.yaml#/Ok'}}}",
        "paths/things.yaml",
    )
    save(
        tmp_path, "Page: {name: page, in: query, schema: {type: integer}}", "paths/parameters.yaml"
    )
    save(
        tmp_path,
        "Ok: {description: d, content: {application/json: {schema: {$ref: '../schemas/a.yaml#/A'}}}}",
        "paths/responses.yaml",
    )
    content = document(
        {
            "paths": {"/things": {"$ref": "paths/things.yaml"}, "/more": {"$ref": "#/paths/~1things"}},
            "components": {"schemas": {"Mine": {"$ref": "schemas/whole%20file.yaml"}, "Other": {"$ref": "./schemas/a.yaml#/A"}}},
        }
    )  # fmt: skip
    package = workshop("several files", file=save(tmp_path, content))
    functions = [f for a in package.made.package.apis for f in a.functions]
    assert [f.path_template for f in functions] == ["/things", "/more"]
    assert [[a.name for a in f.arguments] for f in functions] == [["page"], ["page"]]
    value = {"b": {"a": {"b": {}}, "c": "2026-01-01"}}
    read = package.codec("Other").decode(value)
    assert read.b.c.year == 2026
    assert package.codec("Other").encode(read) == value
    assert package.codec("Mine").decode({"whole": "2026-01-01"}).whole.year == 2026


def test_diagnostics_name_the_file_that_they_are_about(tmp_path: Path) -> None:
    other = save(tmp_path, "\n\nA: {enum: [a, a]}\n", "other.yaml")
    file = save(tmp_path, document({"components": {"schemas": {"A": {"$ref": "other.yaml#/A"}}}}))
    diagnostic = found(generate(str(file), "p").diagnostics, "duplicate enum values")
    assert (diagnostic.file, diagnostic.line, diagnostic.pointer) == (str(other), 3, "/A")


# Wrong shapes anywhere

WRONG: list[Any] = [
    None, True, 1, -1.5, "", "x", [], {}, [None], ["x"], [{}], {"a": 1}, {"a": None}, {"$ref": 1}, {"$ref": "#/nowhere"},
]  # fmt: skip


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*place, key)
        if isinstance(inner, (dict, list)):
            yield from _places(inner, (*place, key))


def _replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    out = value.copy()
    out[place[0]] = _replaced(value[place[0]], place[1:], new)
    return out


@pytest.mark.parametrize(("name", "each"), [("broad.yaml", 40), ("swagger.yaml", 8)])
def test_a_value_of_the_wrong_shape_is_ignored_or_reported(
    tmp_path: Path, name: str, each: int
) -> None:
    """Every value of a document replaced by something else gives a plan or an InputError."""
    whole = yaml.safe_load((Path(__file__).parent / "documents" / name).read_text())
    cases = list(itertools.product(_places(whole), WRONG))
    failures = []
    for place, wrong in random.Random(name).sample(cases, len(cases) // each):
        file = save(tmp_path, json.dumps(_replaced(whole, place, wrong)), "api.json")
        try:
            make_plan(str(file), "p")
        except InputError:
            continue
        except Exception as error:
            failures.append(
                f"{'/'.join(map(str, place))} = {wrong!r}: {type(error).__name__}: {error}"
            )
    assert failures == []


POST = {"operationId": "f", "responses": {"200": {"description": "d"}}}
SHAPES: dict[str, dict[str, Any]] = {
    "schemes that are a number": {"swagger": "2.0", "host": "example.org", "schemes": 1},
    "callbacks that are numbers": {"paths": {"/a": {"post": {**POST, "callbacks": {"a": 1}}}}},
    "callbacks that are a reference": {
        "paths": {"/a": {"post": {**POST, "callbacks": {"$ref": "#/nowhere"}}}}
    },
    "a shared body that is nothing": {
        "paths": {
            "/a": {"post": {**POST, "requestBody": {"$ref": "#/components/requestBodies/B"}}}
        },
        "components": {"requestBodies": {"B": None}},
    },
    "a property whose allOf is null": {
        "components": {"schemas": {"A": {"properties": {"p": {"allOf": None}}}}}
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_wrong_shapes_that_once_failed(tmp_path: Path, name: str) -> None:
    made = generate(str(save(tmp_path, document(SHAPES[name]))), "p")
    assert sum(len(a.functions) for a in made.package.apis) == len(SHAPES[name].get("paths", {}))


def test_a_reference_without_its_slash_is_read_and_reported(tmp_path: Path) -> None:
    content = schemas({"A": {"type": "string"}, "B": {"$ref": "#components/schemas/A"}})
    made = generate(str(save(tmp_path, content)), "p")
    (diagnostic,) = made.diagnostics
    assert "has no slash" in diagnostic.message
    assert "B: TypeAlias = A" in made.files["models/b.py"]
    assert made.repairs == [
        {
            "target": "$['components']['schemas']['B']",
            "update": {"$ref": "#/components/schemas/A"},
        }
    ]


def test_a_reference_to_the_empty_key_of_a_file_means_the_file(tmp_path: Path) -> None:
    """Strictly, `#/` is the value under "". Tools write it for the whole file."""
    save(
        tmp_path,
        {"get": {"operationId": "f", "responses": {"200": {"description": ""}}}},
        "item.yaml",
    )
    spec = save(tmp_path, document({"paths": {"/a": {"$ref": "item.yaml#/"}}}))
    made = generate(str(spec), "p")
    assert not made.diagnostics
    assert "def f()" in made.files["api/default.py"]


def test_keys_of_webhooks_and_callbacks_are_not_paths(tmp_path: Path) -> None:
    body = {
        "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}
    }
    hook = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "post": {"requestBody": body, "responses": {"200": {"description": ""}}},
    }
    post = {
        "callbacks": {"done": {"{$request.body#/url}/{id}": hook}},
        "responses": {"200": {"description": ""}},
    }
    content = document(
        {"paths": {"/a": {"post": post}}, "webhooks": {"event": hook, "x-flag": True}}
    )
    made = generate(str(save(tmp_path, content)), "p")
    assert not made.diagnostics
    assert {"models/done_payload.py", "models/event_payload.py"} <= made.files.keys()


def test_a_security_scheme_that_is_not_supported_is_named(tmp_path: Path) -> None:
    scheme = {"type": "http", "scheme": "digest"}
    content = document({"components": {"securitySchemes": {"s": scheme}}})
    (diagnostic,) = generate(str(save(tmp_path, content)), "p").diagnostics
    assert diagnostic.message == "HTTP authentication scheme 'digest' is not supported"


def test_callbacks_inside_callbacks_are_read_once(tmp_path: Path) -> None:
    def body(name: str) -> dict[str, Any]:
        schema = {"type": "object", "properties": {name: {"type": "string"}}}
        return {"content": {"application/json": {"schema": schema}}}

    answer = {"204": {"description": ""}}
    again = {"$ref": "#/components/callbacks/first"}
    inner = {
        "{$url}": {
            "post": {"requestBody": body("b"), "callbacks": {"x": again}, "responses": answer}
        }
    }
    outer = {
        "{$url}": {
            "post": {"requestBody": body("a"), "callbacks": {"second": inner}, "responses": answer}
        }
    }
    content = document(
        {
            "paths": {"/a": {"post": {"callbacks": {"y": again}, "responses": answer}}},
            "components": {"callbacks": {"first": outer}},
        }
    )
    made = generate(str(save(tmp_path, content)), "p")
    assert not made.diagnostics
    models = {m.symbol: [f.name for f in m.fields] for x in made.package.models for m in x.classes}
    assert models == {"FirstPayload": ["a"], "SecondPayload": ["b"]}


def test_methods_in_capitals_are_read_and_reported(tmp_path: Path) -> None:
    get = {"operationId": "f", "responses": {"200": {"description": ""}}}
    made = generate(str(save(tmp_path, document({"paths": {"/a": {"GET": get}}}))), "p")
    (diagnostic,) = made.diagnostics
    assert diagnostic.message == "method 'GET' is not in lower case"
    (function,) = made.package.apis[0].functions
    assert (function.name, function.method) == ("f", "GET")
