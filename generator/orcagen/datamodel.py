"""Models of other kinds than attrs, made by datamodel-code-generator (`orcagen models`).

The only module that knows that library. The library reads more than JSON Schema: some keys name a Python class or
function to put into the code (`customTypePath`, `customBasePath`, `x-python-type`, `x-python-import`, `default_factory`),
and a `$ref` can make it open a file or a URL. So it gets a copy of the schemas that holds the keywords of JSON Schema and
OpenAPI alone, and its output is parsed and searched for anything but declarations before it is returned.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Mapping
from typing import Any, Literal

from orcagen.diagnostics import InputError

Flavor = Literal["typed-dict", "pydantic", "msgspec", "dataclass"]


def render(schemas: dict[str, Any], flavor: Flavor, openapi_version: str, title: str) -> str:
    """The source text of one module with a class or type alias for each schema.

    `schemas` are Schema Objects by the names that their classes get; references among them are
    `#/components/schemas/NAME`, any other reference is read as a schema that allows every value. `openapi_version` is
    "2.0", "3.0", "3.1" or "3.2".

    Raises InputError if the library is not installed, if it cannot process the schemas, or if its output is more than
    declarations of types.
    """
    try:
        import datamodel_code_generator as library
        from datamodel_code_generator.enums import DataModelType
    except ImportError as error:
        raise InputError(
            "`orcagen models` needs datamodel-code-generator: pip install 'orcagen[models]'"
        ) from error

    model_types = {
        "typed-dict": DataModelType.TypingTypedDict,
        "pydantic": DataModelType.PydanticV2BaseModel,
        "msgspec": DataModelType.MsgspecStruct,
        "dataclass": DataModelType.DataclassesDataclass,
    }
    document = {
        "openapi": "3.0.3" if openapi_version in ("2.0", "3.0") else "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": {},
        "components": {"schemas": clean_schemas(schemas)},
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on formats and options; of no use to the caller
            text = library.generate(
                document,
                input_file_type=library.InputFileType.OpenAPI,
                output_model_type=model_types[flavor],
                target_python_version=library.PythonVersion.PY_311,
                enum_field_as_literal=library.LiteralType.All,
                use_union_operator=True,
                use_standard_collections=True,
                use_double_quotes=True,
                use_type_alias=True,
                keep_model_order=True,
                disable_timestamp=True,
                custom_file_header=" ",
                formatters=[],
            )
    except Exception as error:  # the library's errors have no common base
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise InputError(
            f"datamodel-code-generator cannot make {flavor} models of this document: {reason}"
        ) from error
    if not isinstance(text, str):
        raise InputError(f"datamodel-code-generator did not return one module of {flavor} models")
    try:
        _verify(ast.parse(text))
    except (SyntaxError, ValueError) as error:
        raise InputError(
            f"datamodel-code-generator's output is refused, because it is not declarations alone: {error}"
        ) from error
    return text.strip() + "\n"


# Schemas before the library reads them

_KEYWORDS = {
    "schema": "additionalItems additionalProperties contains contentSchema else if not propertyNames then"
    " unevaluatedItems unevaluatedProperties",
    "schema or schemas": "items",
    "schemas": "allOf anyOf oneOf prefixItems",
    "named schemas": "dependentSchemas patternProperties properties",
    "reference": "$ref",
    "discriminator": "discriminator",
    "string": "contentEncoding contentMediaType description format title",
    "strings": "required",
    "string or strings": "type",
    "regular expression": "pattern",
    "boolean": "deprecated nullable readOnly uniqueItems writeOnly",
    "integer": "maxContains maxItems maxLength maxProperties minContains minItems minLength minProperties",
    # Or booleans: exclusiveMinimum and exclusiveMaximum of OpenAPI 2.0 and 3.0.
    "number": "exclusiveMaximum exclusiveMinimum maximum minimum multipleOf",
    "array": "enum",
    "any": "const default",
}
_KINDS = {keyword: kind for kind, keywords in _KEYWORDS.items() for keyword in keywords.split()}


def clean_schemas(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the schemas with nothing but keywords whose values are subschemas, references to `schemas`, or data.

    Unknown keywords, extensions, and keywords with a value of the wrong type are left out. Property names, and the
    values of `enum`, `const` and `default`, are data and stay as they are.
    """
    references = {f"#/components/schemas/{name}" for name in schemas}
    return {name: _clean(schema, references) for name, schema in schemas.items()}


def _clean(schema: Any, references: set[str]) -> Any:
    if not isinstance(schema, dict):
        return schema if isinstance(schema, bool) else {}
    cleaned: dict[str, Any] = {}
    for keyword, value in schema.items():
        match _KINDS.get(keyword), value:
            case "schema" | "schema or schemas", dict() | bool():
                cleaned[keyword] = _clean(value, references)
            case "schemas" | "schema or schemas", list():
                cleaned[keyword] = [_clean(v, references) for v in value]
            case "named schemas", dict():
                cleaned[keyword] = {name: _clean(v, references) for name, v in value.items()}
            case "discriminator", {"propertyName": str(name)}:
                cleaned[keyword] = {"propertyName": name}
                mapping = value.get("mapping")
                pairs = mapping.items() if isinstance(mapping, dict) else ()
                if kept := {k: v for k, v in pairs if isinstance(v, str) and v in references}:
                    cleaned[keyword]["mapping"] = kept
            case kind, _ if kind and _is_data(kind, value, references):
                cleaned[keyword] = value
    return cleaned


def _is_data(kind: str, value: Any, references: set[str]) -> bool:
    """Whether a value is of a kind that is copied as it is."""
    match kind, value:
        case "reference", str():
            return value in references
        case "regular expression", str():
            try:  # what Python cannot compile would be an error when pydantic's models are imported
                return bool(re.compile(value))
            except (re.error, OverflowError, RecursionError):
                return False
        case "strings" | "string or strings", list():
            return all(isinstance(v, str) for v in value)
        case "integer", int():
            return not isinstance(value, bool)
        case ("string" | "string or strings", str()) | ("boolean", bool()) | ("array", list()):
            return True
        case "number", int() | float():
            return True
    return kind == "any"


# The module before it is returned

_MODULES = frozenset(
    "__future__ collections.abc dataclasses datetime decimal enum ipaddress msgspec pathlib pydantic typing "
    "typing_extensions uuid".split()
)
_BUILTINS = frozenset(
    "None bool bytes dict float frozenset int list object set str tuple type".split()
)
# What a declaration calls, by the name under which its module has it: functions that describe a field or name a type,
# and those that make a default value or a pattern.
_FUNCTIONS = frozenset(
    "ConfigDict Decimal Discriminator Field Meta Tag TypeAliasType TypedDict UUID compile conbytes condate condecimal "
    "confloat confrozenset conint conlist conset constr convert date datetime field time timedelta".split()
)
# Of these, those whose last argument is a type.
_FUNCTIONS_OF_TYPES = frozenset("TypeAliasType TypedDict conlist conset confrozenset".split())
_CLASS_METHODS = frozenset(("model_rebuild", "model_validate"))
# Without the nodes for which `_is_allowed` has conditions.
_SYNTAX = (
    *(ast.Module, ast.alias, ast.ClassDef, ast.AnnAssign, ast.Assign, ast.Pass, ast.Constant),
    *(ast.Subscript, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.BinOp, ast.BitOr, ast.UnaryOp),
    *(ast.USub, ast.keyword, ast.arguments, ast.expr_context),
)


def _verify(module: ast.Module) -> None:
    """Raises ValueError or SyntaxError if a module is more than imports of known modules and declarations of types."""
    nodes = list(ast.walk(module))
    imported = {n.asname or n.name: n.name for n in nodes if isinstance(n, ast.alias)}
    classes = {n.name for n in nodes if isinstance(n, ast.ClassDef)}
    variables = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = _BUILTINS | classes | imported.keys() | variables
    functions = classes | {name for name, origin in imported.items() if origin in _FUNCTIONS}
    # A string in a type is code, which a library evaluates: it is parsed and verified as well.
    code: list[ast.AST] = [module]
    while code:
        data: set[ast.AST] = set()  # nodes in which strings are no code
        for node in ast.walk(code.pop()):  # parents before their children
            if not _is_allowed(node, names, functions):
                raise ValueError(f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)[:100]}")
            match node:
                case _ if node in data:
                    data.update(ast.iter_child_nodes(node))
                case ast.Constant(value=str(text)):
                    code.append(ast.parse(text, mode="eval").body)
                case ast.Expr(value=value) | ast.keyword(value=value):
                    data.add(value)
                case ast.ClassDef(body=body):  # default values, members of an enum
                    data |= {
                        s.value
                        for s in body
                        if isinstance(s, (ast.Assign, ast.AnnAssign)) and s.value
                    }
                case ast.Subscript(value=ast.Name(id=name), slice=values):
                    if imported.get(name) == "Literal":
                        data.add(values)
                case ast.Dict(keys=keys):  # of TypedDict
                    data.update(key for key in keys if key)
                case ast.Call(func=ast.Name(id=name), args=[*others, last]):
                    is_type = imported.get(name) in _FUNCTIONS_OF_TYPES
                    data.update(others if is_type else [*others, last])


def _is_allowed(node: ast.AST, names: Collection[str], functions: Collection[str]) -> bool:
    match node:
        case ast.ImportFrom(module="builtins", names=imported):
            return all(n.name in _BUILTINS for n in imported)
        case ast.ImportFrom(module="re", names=[ast.alias(name="compile")]):
            return True
        case ast.ImportFrom(module=module, level=level):
            return module in _MODULES and not level
        case ast.Call(func=ast.Name(id=name)):
            return name in functions
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name)):
            return name in _CLASS_METHODS
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=ast.Name(), attr=name):
            return not name.startswith("_")
        case ast.Lambda(args=arguments):
            return not ast.unparse(arguments)
        case ast.Expr(value=ast.Constant() | ast.Call(func=ast.Attribute())):
            return True
    return isinstance(node, _SYNTAX)
