"""Models by datamodel-code-generator: no text of a document becomes code, whatever key or value it stands in."""

from __future__ import annotations

import ast
import builtins
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import datamodel_code_generator
import pytest

from orcagen.datamodel import Flavor, clean_schemas, render
from orcagen.diagnostics import InputError

FLAVORS: tuple[Flavor, ...] = get_args(Flavor)
MODULES = {
    "__future__",
    "typing",
    "typing_extensions",
    "pydantic",
    "msgspec",
    "dataclasses",
    "enum",
}
IMPORTS = [("builtins", {"list"}), ("re", {"compile"})]
BASES = {"TypedDict", "BaseModel", "Struct", "Enum"}
CALLS = {
    "Field",
    "ConfigDict",
    "TypeAliasType",
    "TypedDict",
    "Meta",
    "field",
    "convert",
    "constr",
    "compile",
}

CODE = '__import__("builtins").injected.append(1)'
PAYLOADS = [
    CODE,
    f'"""\n{CODE}\n"""',
    f"'''\n{CODE}\n'''",
    f'"\n{CODE}\n#',
    f"'\n{CODE}\n#",
    f'\\"; {CODE} #',
    f"\\'; {CODE} #",
    f"')] = {CODE} #",
    f'")\n{CODE}\n("',
    f"\r{CODE}\r",
    f"\u2028{CODE}\x0c{CODE}",
    f"\\N{{BULLET}} \\x22 \\ {CODE}\\",
    "{{ 7 * 7 }}{% raw %}" + CODE,
    f"# noqa\n{CODE}",
]

# Keys by which the library takes names of classes, functions and modules from a schema, and keys like them.
CODE_KEYS: dict[str, Any] = {
    "customBasePath": "subprocess.Popen",
    "customTypePath": "subprocess.Popen",
    "x-customTypePath": "subprocess.Popen",
    "customTypeHint": "subprocess.Popen",
    "x-python-type": "subprocess.Popen",
    "x-python-import": {"module": "subprocess", "name": "Popen"},
    "x-is-base-class": True,
    "x-is-classvar": True,
    "x-propertyNames": {"type": "string", "x-python-type": "subprocess.Popen"},
    "default_factory": "subprocess.Popen",
    "alias": CODE,
    "x-enum-varnames": [CODE],
    "x-enum-descriptions": [CODE],
    "x-enumNames": [CODE],
    "x-enum-field-as-literal": False,
    "x-datamodel-code-generator-read-as-const": True,
    "x-datamodel-code-generator-field-name": CODE,
    "__python_field_overrides": {"type": "subprocess.Popen"},
    "#-datamodel-code-generator-#-extras-#-special-#": {"x-python-type": "subprocess.Popen"},
    "extras": {"x-python-type": "subprocess.Popen", "default_factory": "subprocess.Popen"},
    "typedDictKwargs": {"total": CODE},
    "class_decorators": [CODE],
    "$id": "https://schemas.invalid/a.json",
    "$schema": "https://schemas.invalid/schema.json",
    "$anchor": CODE,
    "$recursiveRef": "#",
    "$dynamicRef": "other.json#x",
    "$defs": {"Leak": {"type": "object", "customBasePath": "subprocess.Popen"}},
    "definitions": {"Leak": {"type": "object", "customBasePath": "subprocess.Popen"}},
}


@pytest.fixture(autouse=True)
def injected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What the code in the documents appends to; empty if none of it ran."""
    calls: list[int] = []
    monkeypatch.setattr(builtins, "injected", calls, raising=False)
    yield calls
    assert not calls


def declarations(text: str) -> ast.Module:
    """The parsed module, after a check that it holds imports, classes and type aliases and nothing else."""
    tree = ast.parse(text)
    classes = {n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}
    aliases = {
        t.id
        for n in tree.body
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.Import, ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(node, ast.ImportFrom):
            names = {n.name for n in node.names}
            assert node.module in MODULES or (node.module, names) in IMPORTS
        elif isinstance(node, ast.ClassDef):
            assert {ast.unparse(b).partition("[")[0] for b in node.bases} <= BASES | classes
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            assert function in CALLS or function.removesuffix(".model_rebuild") in classes
        elif isinstance(node, ast.Name):
            assert node.id not in ("Popen", "subprocess", "__import__", "injected")
        elif isinstance(node, ast.AnnAssign):
            for text_ in _strings_in_type(node.annotation):
                assert text_ in {"str", "int"} | classes | aliases
    return tree


def _strings_in_type(annotation: ast.expr) -> Iterator[str]:
    """Forward references: strings that are neither members of a Literal nor arguments of a call."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield annotation.value
    elif not isinstance(annotation, ast.Call) and not (
        isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal"
    ):
        for child in ast.iter_child_nodes(annotation):
            if isinstance(child, ast.expr):
                yield from _strings_in_type(child)


def texts(tree: ast.Module) -> set[str]:
    return {
        n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def run(text: str) -> dict[str, Any]:
    """The module's names after it ran."""
    module = ModuleType("models_of_a_hostile_document")
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, module.__name__, "exec"), vars(module))  # noqa: S102  what is tested
        return dict(vars(module))
    finally:
        del sys.modules[module.__name__]


def hostile(payload: str) -> dict[str, Any]:
    """Schemas that hold the text wherever a schema holds text."""
    text = {"type": "string", "title": payload, "description": payload, "default": payload}
    return {
        "Texts": {
            "type": "object",
            "title": payload,
            "description": payload,
            "required": ["plain", "pattern", payload],
            "properties": {
                "plain": text,
                "pattern": {"type": "string", "pattern": payload},
                "word": {"type": "string", "enum": [payload, "other"], "description": payload},
                "single": {"const": payload},
                "format": {"type": "string", "format": payload},
                "media": {
                    "type": "string",
                    "contentEncoding": payload,
                    "contentMediaType": payload,
                },
                "unknown": {"type": payload},
                "list": {"type": "array", "items": text, "default": [payload]},
                "map": {
                    "type": "object",
                    "additionalProperties": text,
                    "default": {payload: payload},
                },
                "inner": {
                    "type": "object",
                    "title": payload,
                    "properties": {"a": text, payload: text},
                },
                payload: {"type": "object", "properties": {"a": text}},
                "choice": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/One"},
                        {"$ref": "#/components/schemas/Two"},
                    ],
                    "discriminator": {
                        "propertyName": payload,
                        "mapping": {payload: "#/components/schemas/One"},
                    },
                },
            },
            "patternProperties": {payload: text},
        },
        "One": {"type": "object", "properties": {payload: {"const": payload}}},
        "Two": {"type": "object", "properties": {payload: {"const": "two"}}},
        "Word": {"type": "string", "enum": [payload, 1, None, True]},
        "Alias": {"type": "string", "pattern": payload, "description": payload},
        "List": {"type": "array", "items": {"enum": [payload]}, "title": payload},
    }


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_of_a_document_comes_out_in_literals_only(flavor: Flavor, payload: str) -> None:
    text = render(hostile(payload), flavor, "3.1", payload)
    tree = declarations(text)
    assert {"Texts", "One", "Two"} <= {n.name for n in tree.body if isinstance(n, ast.ClassDef)} | {
        t.id
        for n in tree.body
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    assert payload in texts(tree)  # the members of the enum
    if flavor != "msgspec":
        run(text)


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize("key", CODE_KEYS)
def test_keys_that_name_code_are_not_passed_on(flavor: Flavor, key: str) -> None:
    def schemas(more: dict[str, Any]) -> dict[str, Any]:
        return {
            "Model": {
                "type": "object",
                **more,
                "properties": {
                    "text": {"type": "string", **more},
                    "list": {"type": "array", "items": {"type": "string", **more}, **more},
                    "map": {
                        "type": "object",
                        "additionalProperties": {"type": "integer", **more},
                        **more,
                    },
                    "inner": {
                        "type": "object",
                        "properties": {"a": {"type": "string", **more}},
                        **more,
                    },
                    "choice": {"anyOf": [{"type": "string", **more}, {"type": "integer", **more}]},
                    "ref": {"allOf": [{"$ref": "#/components/schemas/Base", **more}], **more},
                },
            },
            "Base": {"type": "object", "properties": {"b": {"enum": ["x"], **more}}, **more},
        }

    assert render(schemas({key: CODE_KEYS[key]}), flavor, "3.1", "t") == render(
        schemas({}), flavor, "3.1", "t"
    )


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize(
    "reference",
    [
        "{file}",
        "{file}#/Leak",
        "file://{file}",
        "https://schemas.invalid/a.json",
        "a.json",
        "#/Leak",
        "#/components/schemas/Missing",
        "#/components/schemas/A/properties/a",
    ],
)
def test_references_to_anything_but_the_schemas_are_not_passed_on(
    flavor: Flavor, reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak = {"type": "object", "properties": {"leaked": {"type": "string"}}}
    file = tmp_path / "a.json"
    file.write_text(json.dumps({**leak, "Leak": leak}))
    monkeypatch.chdir(tmp_path)
    ref = {"$ref": reference.format(file=file)}
    schemas = {
        "A": {"type": "object", "properties": {"a": ref, "list": {"type": "array", "items": ref}}},
        # As data, the same is kept.
        "Data": {"type": "object", "properties": {"a": {"type": "object", "default": ref}}},
        "Constant": {"type": "object", "properties": {"a": {"const": ref}, "b": {"enum": [ref]}}},
    }
    text = render(schemas, flavor, "3.1", "t")
    assert "leaked" not in text
    fields = {ast.unparse(n) for n in ast.walk(declarations(text)) if isinstance(n, ast.AnnAssign)}
    assert any(f.startswith("a: ") and "Any" in f for f in fields)


def test_property_names_are_kept_even_where_they_are_keywords() -> None:
    properties = {
        name: {"type": "string"} for name in [*CODE_KEYS, "$ref", "discriminator", "example"]
    }
    schema = {"type": "object", "properties": properties, "example": 1, "x-note": 2}
    assert clean_schemas({"A": schema}) == {"A": {"type": "object", "properties": properties}}


@pytest.mark.parametrize(
    "schema",
    [
        {"minLength": "3"},
        {"minLength": True},
        {"maximum": "5"},
        {"enum": "a"},
        {"required": [1]},
        {"required": True},
        {"type": {"a": 1}},
        {"properties": ["a"]},
        {"allOf": {"a": 1}},
        {"items": 3},
        {"pattern": ["a"]},
        {"pattern": "("},
        {"pattern": "\\"},
        {"title": 1},
        {"nullable": "yes"},
        {"discriminator": "kind"},
        {"discriminator": {"propertyName": 1}},
        {"$ref": 1},
    ],
)
def test_keywords_with_a_value_of_the_wrong_type_are_left_out(schema: dict[str, Any]) -> None:
    assert clean_schemas({"A": schema}) == {"A": {}}


def test_schemas_that_are_no_objects() -> None:
    assert clean_schemas({"A": True, "B": None, "C": [1]}) == {"A": True, "B": {}, "C": {}}


def test_discriminators_keep_the_mappings_to_known_schemas() -> None:
    mapping = {"a": "#/components/schemas/A", "b": "other.json", "c": "A"}
    cleaned = clean_schemas({"A": {"discriminator": {"propertyName": "kind", "mapping": mapping}}})
    kept = {"propertyName": "kind", "mapping": {"a": "#/components/schemas/A"}}
    assert cleaned == {"A": {"discriminator": kept}}


@pytest.mark.parametrize(
    "output",
    [
        "import os",
        "from os import system",
        "from .models import A",
        "class A(Popen):\n    pass",
        "from typing import Any\nclass A:\n    a: Any = print(1)",
        "class A:\n    a: int = __import__('os')",
        "class A:\n    a: \"__import__('os').system('x')\" = None",
        'class A:\n    a: list["print(1)"]',
        "from typing_extensions import TypeAliasType\nA = TypeAliasType('A', 'print(1)')",
        "A = [print(x) for x in range(3)]",
        "A = (lambda x=print(1): 1)",
        "A = int.__subclasses__()",
        "A = int.__subclasses__",
        "class A:\n    def f(self): pass",
        "@print\nclass A:\n    pass",
        "class A:\n    pass\nA()",
        "from pydantic import BaseModel\nclass A(BaseModel, metaclass=print(1)):\n    pass",
        "if True:\n    pass",
        "class A:\n    a: int = f'{print(1)}'",
        "class A:\n    a: int = 'a' if print else 'b'",
        "not Python",
        "a\0b",
    ],
)
def test_output_that_is_more_than_declarations_is_refused(
    output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datamodel_code_generator, "generate", lambda *_, **__: output)
    with pytest.raises(InputError, match="output is refused"):
        render({"A": {"type": "object"}}, "pydantic", "3.1", "t")


@pytest.mark.parametrize("module", ["datamodel_code_generator", "datamodel_code_generator.enums"])
def test_a_missing_library_is_one_sentence_that_names_the_extra(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r"orcagen\[models\]") as caught:
        render({"A": {"type": "object"}}, "pydantic", "3.1", "t")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("flavor", FLAVORS)
def test_settings_of_the_current_folder_do_not_count(
    flavor: Flavor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = {"A": {"type": "object", "properties": {"a": {"type": "string"}}}}
    before = render(schemas, flavor, "3.1", "t")
    settings = (
        '[tool.datamodel-codegen]\nbase-class = "subprocess.Popen"\nsnake-case-field = true\n'
    )
    (tmp_path / "pyproject.toml").write_text(settings)
    monkeypatch.chdir(tmp_path)
    assert render(schemas, flavor, "3.1", "t") == before
