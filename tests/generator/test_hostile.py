"""Documents that try to become code, to leave the output folder, or to use up time and memory."""

from __future__ import annotations

import ast
import builtins
import importlib
import io
import itertools
import json
import pkgutil
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support import Package, Workshop, document, orcagen, save

from orcagen.diagnostics import InputError
from orcagen.output.write import write
from orcagen.pipeline import Generated, Permissions, generate

ENDS = [
    "", '"', "'", '"""', "'''", "\\", '\\"', '"""\\', "\\\\'", "\n", "\r", "\r\n", "\t", "\0", "\x0b", "\x0c", "\x1b[31m",
    "\x85", "\u2028", "\u2029", "\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad", "\ud800", "\udfff", "\U000e0001", "\ufffe",
    "{", "}", "{{", "}}", "{%", "%}", "{#", "#}", "#", "\n#", "# type: ignore", "*/", "-->", "$(", "`", "../", "..\\", "/",
    "//", "~1", "%", "%s", "%0a", "{0}", "\\N{DASH}", "\\x00", "\\u202e", ")", "]", "):", ",", ";", "\n    ", '"\n"""\n', "é\u0301",
]  # fmt: skip
CODES = [
    "EVIL()",
    "EVIL",
    "import EVIL",
    '__import__("os").EVIL()',
    "{{ EVIL() }}",
    "{% include 'EVIL' %}",
    "{{ ''.__class__.__mro__ }}",
    "f'{EVIL()}'",
    "@EVIL\ndef x(): pass",
    "../../EVIL.py",
]
PAYLOADS = [
    *dict.fromkeys(
        [end + code + end for end, code in itertools.product(ENDS, CODES)]
        + [code + end for end, code in itertools.product(ENDS, CODES)]
        + [a + code + b for (a, b), code in itertools.product(itertools.pairwise(ENDS), CODES[:3])]
        + ENDS
        + ["".join(pair) for pair in itertools.product(ENDS, ENDS[:30])]
        + ["x" * 10_000, "\\" * 301, '"' * 300, "\n" * 300, "EVIL(" * 200, "é" * 400, "{" * 300]
    )
]


def test_there_are_thousands_of_payloads() -> None:
    assert len(PAYLOADS) > 2000


# What is checked


class _Blank(ast.NodeTransformer):
    """Removes the values of literals, docstrings, and the order of the pairs of a dict, which depends on its keys."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("" if isinstance(node.value, str) else node.value)

    def visit_Dict(self, node: ast.Dict) -> ast.Constant:
        self.generic_visit(node)
        keys = ["" if k is None else ast.dump(k) for k in node.keys]
        return ast.Constant(repr(sorted(zip(keys, map(ast.dump, node.values), strict=True))))


def _skeleton(text: str) -> str:
    """The syntax tree without the values of literals: the part of a file that is code."""
    return ast.dump(_Blank().visit(ast.parse(text)))


def _fixed(made: Generated) -> dict[str, str]:
    """The files whose content depends on the document."""
    return {p: t for p, t in made.files.items() if not p.startswith("_runtime/")}


_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
    "|[\U000e0000-\U000e0fff]"
)
_FILE = re.compile(r"[^\W\d][\w]*(?:/[^\W\d][\w]*){0,2}\.(?:pyi?|typed)")

# All that a generated file may call, and all attributes that it may use.
CALLS = {
    "Call.of", "StreamCall.of", "PagedCall.of", "Pagination", "Webhooks", "Signature", "json_body", "raw_body", "form_body", "multipart_body", "json_text", "Styled", "Codec", "Discriminator",
    "field", "header_field", "self._follow", "define", "Server", "ServerTemplate", "SecurityScheme", "redact_log", "frozenset", "getattr", "globals", "sorted", "_import_module", "import_module", "AttributeError",
    "super", "super().__init__", "self._copy", "self._send", "self._stream", "Method", "StreamMethod", "load_methods", "TypedDict", "cache",
    "TaskCall.of", "LongRunning", "Target",
}  # fmt: skip
ATTRIBUTES = {
    "of",
    "client",
    "_runtime",
    "datetime",
    "date",
    "time",
    "__init__",
    "_copy",
    "_send",
    "_stream",
    "__annotations__",
    "timedelta",
    "unwrap",
    "parse",
    "sign",
}


def _check(made: Generated) -> None:
    """Every file parses, and holds text of the document as literals, docstrings and names only."""
    package = made.package
    symbols = {f"models.{c.symbol}" for m in package.models for c in m.classes}
    symbols |= {f"models.{a.symbol}" for m in package.models for a in m.aliases}
    symbols |= {f"dicts.{d.symbol}" for d in package.typed_dicts}
    for path, text in _fixed(made).items():
        assert _FILE.fullmatch(path), path
        assert len(path.rpartition("/")[2].encode()) < 256
        assert not (found := _INVISIBLE.search(text)), (path, found)
        tree = ast.parse(text)
        compile(tree, path, "exec")
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert not names & {"EVIL", "__import__", "eval", "exec", "open"}, path
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func).lstrip("_") in CALLS, (path, ast.unparse(node)[:200])
            elif isinstance(node, ast.Attribute):
                assert node.attr in ATTRIBUTES or ast.unparse(node) in symbols, (path, node.attr)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                allowed = (
                    None,
                    "__future__",
                    "typing",
                    "attrs",
                    "collections.abc",
                    "decimal",
                    "functools",
                    "importlib",
                    "uuid",
                    "ssl",
                )
                inside = isinstance(node, ast.ImportFrom) and (
                    node.level > 0 or node.module in allowed
                )
                assert inside or [a.name for a in node.names] == ["datetime"], (
                    path,
                    ast.unparse(node),
                )
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                decorators = [ast.unparse(d) for d in node.decorator_list]
                assert set(decorators) <= {"define(kw_only=True)", "cache", "overload"}, (
                    path,
                    decorators,
                )
            elif isinstance(node, ast.FormattedValue):
                assert isinstance(node.value, ast.Name), (path, ast.unparse(node))
                assert node.value.id in ("name", "__name__"), (path, ast.unparse(node))
            else:
                assert not isinstance(
                    node, (ast.Lambda, ast.Await, ast.Delete, ast.Global, ast.While)
                )
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            assert token.type != tokenize.COMMENT, (path, token.string)


@pytest.fixture
def alarm(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Records each call of EVIL, wherever it comes from."""
    rung: list[Any] = []
    monkeypatch.setattr(builtins, "EVIL", lambda *args: rung.append(args), raising=False)
    return rung


def _import_all(name: str) -> None:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)


def _generate(folder: Path, content: dict[str, Any]) -> Generated:
    """As JSON, because YAML does not allow every character."""
    return generate(str(save(folder, json.dumps(content), "api.json")), "p")


# Text that does not become a name


def _texts(payloads: list[str]) -> dict[str, Any]:
    """A document with a text in each place that takes free text. Its shape does not depend on the texts."""
    texts = itertools.cycle(payloads)

    def text() -> str:
        return next(texts)

    many = max(1, len(payloads) // 40)
    defined: dict[str, Any] = {
        f"Model{n}": {
            "type": "object",
            "title": text(),
            "description": text(),
            "properties": {
                f"field{i}": {
                    "type": "string",
                    "title": text(),
                    "description": text(),
                    "default": text(),
                    "pattern": text(),
                    "format": text() + "!",
                    "examples": [text()],
                }
                for i in range(8)
            },
        }
        for n in range(many)
    }
    defined["Words"] = {"enum": ["first", "second"], "description": text()}
    defined["One"] = {"const": "a" + text(), "description": text()}
    defined["List"] = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/One"},
        "title": text(),
    }
    operation = {
        "operationId": "f",
        "tags": ["tag"],
        "summary": text(),
        "description": text(),
        "parameters": [
            {
                "name": "a",
                "in": "query",
                "description": text(),
                "schema": {"type": "string", "default": text()},
            }
        ],
        "requestBody": {
            "description": text(),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/One"}}},
        },
        "responses": {"200": {"description": text()}, "404": {"description": text()}},
        "externalDocs": {"url": text(), "description": text()},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "T" + text(),
            "version": "1" + text(),
            "description": text(),
            "contact": {"name": text()},
        },
        "tags": [{"name": "tag", "description": text()}],
        "servers": [
            {
                "url": "https://example.org/{v}",
                "description": text(),
                "variables": {"v": {"default": "a" + text(), "enum": ["a" + text(), "b"]}},
            }
        ],
        "paths": {"/f": {"get": operation}},
        "components": {
            "schemas": defined,
            "securitySchemes": {
                "key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X" + text(),
                    "description": text(),
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": text()},
            },
        },
        "x-more": {text() + "k": text()},
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the same document gives with harmless texts."""
    made = _generate(tmp_path_factory.mktemp("plain"), _texts(["word"] * 40))
    return {p: _skeleton(t) for p, t in _fixed(made).items()}


def test_free_text_changes_no_code(tmp_path: Path, plain: dict[str, str]) -> None:
    for start in range(0, len(PAYLOADS), 40):
        made = _generate(tmp_path, _texts(PAYLOADS[start : start + 40]))
        _check(made)
        for path, text in _fixed(made).items():
            assert _skeleton(text) == plain[path], (path, start)


@settings(
    max_examples=20,
    phases=[Phase.generate],  # making 40 texts shorter one by one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    payloads=st.lists(
        st.one_of(
            st.text(max_size=30),
            st.text("\"'\\\n\r {}%#()EVIL\u2028\0", max_size=30),
            st.lists(st.sampled_from([*ENDS, *CODES]), max_size=6).map("".join),
        ),
        min_size=40,
        max_size=40,
    )
)
def test_no_free_text_at_all_changes_code(
    tmp_path: Path, plain: dict[str, str], payloads: list[str]
) -> None:
    made = _generate(tmp_path, _texts(payloads))
    _check(made)
    assert {p: _skeleton(t) for p, t in _fixed(made).items()} == plain


# Values


def test_hostile_values_are_values(workshop: Workshop, alarm: list[Any], tmp_path: Path) -> None:
    """Enums, constants, discriminators, defaults: they come back as they are, and run nothing."""
    tags = [p for p in PAYLOADS if p.strip()][::25]
    cat = {"type": "object", "properties": {"tag": {"type": "string"}, "x": {"type": "string"}}}
    content = document(
        {
            "components": {
                "schemas": {
                    "Word": {"enum": PAYLOADS},
                    "Const": {
                        "type": "object",
                        "required": ["it"],
                        "properties": {"it": {"const": PAYLOADS[3]}},
                    },
                    "Cat": cat,
                    "Dog": cat,
                    "Pet": {
                        "oneOf": [
                            {"$ref": "#/components/schemas/Cat"},
                            {"$ref": "#/components/schemas/Dog"},
                        ],
                        "discriminator": {
                            "propertyName": "tag",
                            "mapping": {
                                t: f"#/components/schemas/{'Cat' if i % 2 else 'Dog'}"
                                for i, t in enumerate(tags)
                            },
                        },
                    },
                }
            }
        }
    )
    package = workshop("values", file=save(tmp_path, json.dumps(content), "api.json"))
    _check(package.made)
    _import_all(package.name)
    word, pet = package.codec("Word"), package.codec("Pet")
    for payload in PAYLOADS:
        assert word.encode(word.decode(payload)) == payload
    for i, tag in enumerate(tags):
        value = {"tag": tag, "x": "1"}
        assert type(pet.decode(value)).__name__ == ("Cat" if i % 2 else "Dog")
        assert pet.encode(pet.decode(value)) == value
    assert package.models.Const().to_dict() == {"it": PAYLOADS[3]}
    assert alarm == []


# Text that becomes names

NAMES = [p for p in PAYLOADS if 0 < len(p) < 300][::7]


def _named(names: list[str]) -> dict[str, Any]:
    """Names of everything: schemas, properties, tags, operations, paths, parameters, headers, media types, schemes."""
    paths = {}
    for number, name in enumerate(names):
        pointer = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
        schema = {"$ref": f"#/components/schemas/{pointer}"}
        paths[f"/{number}/{name}/{{{name}}}"] = {
            "post": {
                "operationId": name,
                "tags": [name],
                "parameters": [
                    {
                        "name": name,
                        "in": where,
                        "required": where == "path",
                        "schema": {"type": "string"},
                    }
                    for where in ("path", "query", "cookie")
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": schema},
                        name: {"schema": {"type": "string"}},
                    }
                },
                "responses": {
                    "200": {
                        "description": name,
                        "headers": {name: {"schema": {"type": "string"}}},
                        "content": {
                            name: {"schema": schema},
                            "application/json": {"schema": schema},
                        },
                    },
                    name: {"description": name},
                },
                "security": [{name: [name]}],
            },
            name: {"description": "a method of this name"},
        }
    defined = {
        name: {
            "type": "object",
            "required": [name],
            "properties": {
                name: {"type": "string"},
                "inner": {"type": "object", "title": name, "properties": {name: {}}},
            },
        }
        for name in names
    }
    schemes = {name: {"type": "apiKey", "in": "query", "name": name} for name in names}
    return document(
        {
            "servers": [{"url": f"https://example.org/{names[0]}"}],
            "paths": paths,
            "components": {"schemas": defined, "securitySchemes": schemes},
        }
    )


@pytest.fixture(scope="module")
def named(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Package:
    file = save(tmp_path_factory.mktemp("names"), json.dumps(_named(NAMES)), "api.json")
    before = {p for p in workshop.root.parent.rglob("*") if "made_" not in str(p)}
    package = workshop("names", file=file)
    after = {p for p in workshop.root.parent.rglob("*") if "made_" not in str(p)}
    assert after == before, "something was written beside the package"
    return package


def test_files_of_hostile_names(named: Package, alarm: list[Any]) -> None:
    _check(named.made)
    _import_all(named.name)
    assert alarm == []


def test_no_hostile_schema_is_lost(named: Package) -> None:
    found = named.made.package.schemas
    assert len(found) == len(set(found.values())) == len(NAMES)
    for name in NAMES:
        pointer = name.replace("~", "~0").replace("/", "~1")
        symbol = found[f"/components/schemas/{pointer}"].rpartition(".")[2]
        value = {name: "x", "inner": {name: [1]}, "other": 2}
        assert getattr(named.models, symbol).from_dict(value).to_dict() == value


def test_no_hostile_operation_is_lost(named: Package) -> None:
    functions = [(a.name, f) for a in named.made.package.apis for f in a.functions]
    assert len(functions) == len(NAMES)
    for tag, function in functions:
        arguments = {a.name: "v" for a in function.arguments if a.required}
        call = getattr(named.api(tag), function.name)(**arguments)
        assert re.fullmatch(r"/[!-~]*", call.path), call.path
        assert "#" not in call.path


def test_hostile_names_of_webhooks_callbacks_and_components(tmp_path: Path) -> None:
    """Webhooks, callbacks, links, examples, component maps and encodings take names as well."""
    names = NAMES[:60]
    body = {
        "content": {
            "application/json": {"schema": {"type": "object", "properties": {n: {} for n in names}}}
        }
    }
    answer = {"200": {"description": "", "links": {n: {"operationId": n} for n in names}}}
    form = {
        "type": "object",
        "properties": {n: {"type": "string", "format": "binary"} for n in names},
    }
    encoding = {n: {"contentType": n, "style": n, "headers": {n: {"schema": {}}}} for n in names}
    content = document(
        {
            "paths": {
                "/a": {
                    "post": {
                        "operationId": "f",
                        "requestBody": {"content": {"multipart/form-data": {"schema": form, "encoding": encoding},
                                                    "application/x-www-form-urlencoded": {"schema": form, "encoding": encoding}}},
                        "callbacks": {n: {n: {"post": {"requestBody": body, "responses": answer}}} for n in names},
                        "responses": answer,
                    }
                }
            },
            "webhooks": {n: {"post": {"requestBody": body, "responses": answer}} for n in names},
            "components": {
                kind: {n: {"description": n, "value": n} for n in names}
                for kind in ("examples", "links", "responses", "parameters", "headers", "requestBodies", "pathItems")
            },
        }
    )  # fmt: skip
    _check(_generate(tmp_path, content))


@pytest.mark.parametrize(
    "name",
    [
        "../../evil",
        "/etc/evil",
        "..",
        "a/../../b",
        "C:\\evil",
        "con",
        "nul",
        ".hidden",
        "a\0b",
        "\u202egnp",
    ],
)
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    content = document(
        {
            "paths": {
                "/a": {
                    "get": {
                        "tags": [name],
                        "operationId": name,
                        "responses": {"200": {"description": ""}},
                    }
                }
            },
            "components": {"schemas": {name: {"type": "object", "properties": {"a": {}}}}},
        }
    )
    made = _generate(tmp_path, content)
    target = tmp_path / "out" / "p"
    write(made.files, target)
    written = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert written == {"api.json", "out/p/.orcagen.json", *(f"out/p/{f}" for f in made.files)}
    assert not any(part in ("..", "") for f in made.files for part in f.split("/"))


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "a.b", "1a", "class", "a b", "a\nb"])
def test_package_names_that_are_not_identifiers_are_refused(tmp_path: Path, name: str) -> None:
    file = save(tmp_path, document({}))
    with pytest.raises(InputError, match="package"):
        generate(str(file), name)


# Bounds


def _bomb(levels: int) -> str:
    lines = [
        "openapi: 3.1.0",
        "info: {title: t, version: '1'}",
        "paths: {}",
        "x-0: &a0 [1,1,1,1,1,1,1,1,1,1]",
    ]
    for n in range(1, levels):
        lines.append(f"x-{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]")
    return "\n".join(lines)


BOUNDS: dict[str, tuple[bytes | str, str]] = {
    "an alias bomb": (_bomb(12), "aliases"),
    "an alias of itself": ("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: &p {/a: *p}", "contains itself"),
    "JSON 10,000 deep": ('{"openapi": "3.1.0", "x": ' + "[" * 10_000 + "]" * 10_000 + "}", "deep"),
    "JSON 200,000 deep": ('{"x": ' * 200_000 + "1" + "}" * 200_000, "deep"),
    "YAML flow 10,000 deep": ("openapi: 3.1.0\nx: " + "[" * 10_000 + "]" * 10_000, "deep"),
    "YAML lists 3,000 deep": ("openapi: 3.1.0\nx:\n " + "- " * 3_000 + "1", "deep"),
    "too many bytes": (b" " * (65 * 1024 * 1024), "MiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(tmp_path: Path, name: str) -> None:
    """One sentence with the file, exit 2: on the command line, where recursion may go deeper than in a test."""
    content, words = BOUNDS[name]
    file = save(
        tmp_path,
        content,
        "api.yaml" if isinstance(content, bytes) or content[0] != "{" else "api.json",
    )
    done = orcagen("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert done.returncode == 2, done.stderr[-500:]
    assert words in done.stderr
    assert str(file) in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("depth", [50, 350])
def test_deep_schemas_within_the_bound_come_out_whole(tmp_path: Path, depth: int) -> None:
    """A deep document that can be read is generated."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth // 2):
        schema = {"type": "array", "items": schema}
    file = save(
        tmp_path, json.dumps(document({"components": {"schemas": {"Deep": schema}}})), "api.json"
    )
    done = orcagen("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert done.returncode == 0, done.stderr[-500:]
    code = "from p.models import *; from p._runtime.model import Codec; v='x'\n"
    code += f"for _ in range({depth // 2}): v=[v]\n"
    code += "c=Codec(Deep); assert c.encode(c.decode(v)) == v"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "out",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-500:]


@pytest.mark.parametrize(
    "reference",
    [
        "../outside.yaml",
        "../outside.yaml#/A",
        "sub/../../outside.yaml",
        "/etc/hostname",
        "file:///etc/hostname",
        "%2e%2e/outside.yaml",
        "link.yaml",
        "sub/link.yaml",
    ],
)
def test_files_outside_of_the_documents_folder_are_refused(tmp_path: Path, reference: str) -> None:
    folder = tmp_path / "in"
    save(tmp_path, "A: {type: string}", "outside.yaml")
    (folder / "sub").mkdir(parents=True)
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "sub" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    file = save(folder, document({"components": {"schemas": {"A": {"$ref": reference}}}}))
    with pytest.raises(InputError, match="--allow-outside"):
        generate(str(file), "p")


def test_files_outside_can_be_allowed(tmp_path: Path) -> None:
    save(tmp_path, "A: {type: string}", "outside.yaml")
    file = save(
        tmp_path / "in",
        document({"components": {"schemas": {"A": {"$ref": "../outside.yaml#/A"}}}}),
    )
    made = generate(str(file), "p", permissions=Permissions(outside=True))
    assert list(made.package.schemas) == ["/components/schemas/A"]


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:1/a.yaml",
        "https://example.org/a.yaml#/A",
        "HTTP://127.0.0.1:1/a.yaml",
        "//127.0.0.1:1/a.yaml",
        "ftp://127.0.0.1:1/a.yaml",
    ],
)
def test_nothing_is_fetched_unless_allowed(
    tmp_path: Path, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket, "create_connection", refuse)
    file = save(tmp_path, document({"components": {"schemas": {"A": {"$ref": reference}}}}))
    with pytest.raises(InputError) as caught:
        generate(str(file), "p")
    assert str(file) in str(caught.value)


def _try_generate(file: Path) -> tuple[Generated | None, str]:
    """The package, or why there is none."""
    try:
        return generate(str(file), "p"), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {
            "A": {"allOf": [{"$ref": "#/components/schemas/B"}]},
            "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
        },
        {"A": {"items": {"$ref": "#/components/schemas/A"}, "type": "array"}},
        {"A": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}]}},
        {"A": {"additionalProperties": {"$ref": "#/components/schemas/A"}, "type": "object"}},
        {
            "A": {
                "properties": {
                    "a": {"$ref": "#/components/schemas/A/properties/b"},
                    "b": {"$ref": "#/components/schemas/A/properties/a"},
                }
            }
        },
        {
            "A": {
                "$ref": "#/components/schemas/A/properties/x",
                "properties": {"x": {"$ref": "#/components/schemas/A"}},
            }
        },
        {
            "A": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
                ]
            }
        },
    ],
    ids=str,
)
@pytest.mark.parametrize("is_used", [False, True])
def test_loops_of_references_end(tmp_path: Path, schemas: dict[str, Any], is_used: bool) -> None:
    """With a package, or with one sentence that names the place; used or not."""
    loop = {"$ref": "#/components/schemas/A"}
    form = {"type": "object", "properties": {"x": loop}}
    media = ("multipart/form-data", "application/x-www-form-urlencoded", "application/json")
    operation = {
        "parameters": [{"name": "q", "in": "query", "style": "pipeDelimited", "schema": loop}],
        "requestBody": {"content": {m: {"schema": form} for m in media}},
        "responses": {
            "200": {"description": "", "content": {"text/event-stream": {"itemSchema": loop}}},
            "201": {"description": "", "content": {"*/*": {"schema": loop}}},
        },
    }
    paths = {"/": {"post": operation}} if is_used else {}
    file = save(tmp_path, document({"paths": paths, "components": {"schemas": schemas}}))
    made, error = _try_generate(file)
    if made is not None:
        assert made.package.schemas.keys() == {f"/components/schemas/{n}" for n in schemas}
    else:
        assert "circ" in error  # a circle, circular
        assert f"{file}:" in error


@pytest.mark.parametrize(
    "kind", ["parameters", "responses", "requestBodies", "pathItems", "headers"]
)
def test_loops_of_other_references_end(tmp_path: Path, kind: str) -> None:
    """A reference that is not in a schema costs what it stands for; the operation stays."""
    loop = {"A": {"$ref": f"#/components/{kind}/B"}, "B": {"$ref": f"#/components/{kind}/A"}}
    reference = {"$ref": f"#/components/{kind}/A"}
    operation: dict[str, Any] = {"operationId": "f", "responses": {"200": {"description": ""}}}
    if kind == "parameters":
        operation["parameters"] = [reference]
    elif kind == "requestBodies":
        operation["requestBody"] = reference
    elif kind == "headers":
        operation["responses"]["200"]["headers"] = {"X": reference}
    elif kind == "responses":
        operation["responses"]["200"] = reference
    paths: dict[str, Any] = {"/a": {"get": operation}}
    if kind == "pathItems":
        paths["/b"] = reference
    made = generate(
        str(save(tmp_path, document({"paths": paths, "components": {kind: loop}}))), "p"
    )
    assert [f.name for a in made.package.apis for f in a.functions] == ["f"]
    assert any("circular" in d.message for d in made.diagnostics)


@pytest.mark.parametrize("character", ["\0", "\ud800", "\u202e", "\r"])
def test_the_pointer_in_a_module_has_no_invisible_characters(
    tmp_path: Path, character: str
) -> None:
    inner = {"type": "object", "properties": {"x": {"type": "string"}}}
    part = {"S": {"type": "object", "properties": {f"a{character}b": inner}}}
    text = json.dumps(document({"components": {"schemas": part}}))
    made = generate(str(save(tmp_path, text, "api.json")), "made")
    modules = [t for path, t in made.files.items() if "models/" in path]
    assert any("#/components/schemas/S" in t for t in modules)
    assert not any(character in t for t in modules)
