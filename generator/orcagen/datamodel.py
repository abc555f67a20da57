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
from collections.abc import Callable, Mapping
from typing import Any, Literal

from orcagen.diagnostics import InputError

Flavor = Literal["typed-dict", "pydantic", "msgspec", "dataclass"]

_REFERENCE = "#/components/schemas/"


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
    version = {"2.0": "3.0.3", "3.0": "3.0.3"}.get(openapi_version, "3.1.0")
    document = {
        "openapi": version,
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
    _verify(text)
    return text.strip() + "\n"


# Schemas before the library reads them

_SUBSCHEMA = frozenset(
    (
        "additionalItems additionalProperties contains contentSchema else if items not propertyNames then "
        "unevaluatedItems unevaluatedProperties"
    ).split()
)
_SUBSCHEMA_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_SUBSCHEMA_MAPS = frozenset(("dependentSchemas", "patternProperties", "properties"))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_pattern(value: Any) -> bool:
    """Whether Python can compile it. Pydantic would raise an error when the module is imported."""
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except (re.error, OverflowError, RecursionError):
        return False


_CHECKS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    (
        "contentEncoding contentMediaType description format title",
        lambda v: isinstance(v, str),
    ),
    ("deprecated nullable readOnly uniqueItems writeOnly", lambda v: isinstance(v, bool)),
    (
        "maxItems maxLength maxProperties minItems minLength minProperties maxContains minContains",
        _is_integer,
    ),
    # Booleans: exclusiveMinimum and exclusiveMaximum of OpenAPI 2.0 and 3.0.
    (
        "exclusiveMaximum exclusiveMinimum maximum minimum multipleOf",
        lambda v: isinstance(v, (int, float)),
    ),
    ("pattern", _is_pattern),
    ("required", _is_strings),
    ("type", lambda v: isinstance(v, str) or _is_strings(v)),
    ("enum", lambda v: isinstance(v, list)),
    ("const default", lambda v: True),
)
_VALUES = {keyword: check for keywords, check in _CHECKS for keyword in keywords.split()}


def clean_schemas(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the schemas with nothing but keywords whose values are subschemas, references to `schemas`, or data.

    Unknown keywords, extensions, and keywords with a value of the wrong type are left out. Property names, and the
    values of `enum`, `const` and `default`, are data and stay as they are.
    """
    return {name: _clean(schema, schemas) for name, schema in schemas.items()}


def _clean(schema: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        return {}
    cleaned: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _VALUES:
            if _VALUES[keyword](value):
                cleaned[keyword] = value
        elif keyword in _SUBSCHEMA and isinstance(value, (dict, bool)):
            cleaned[keyword] = _clean(value, names)
        elif keyword in (*_SUBSCHEMA_LISTS, "items") and isinstance(value, list):
            cleaned[keyword] = [_clean(v, names) for v in value]
        elif keyword in _SUBSCHEMA_MAPS and isinstance(value, dict):
            cleaned[keyword] = {name: _clean(v, names) for name, v in value.items()}
        elif keyword == "$ref" and _is_reference(value, names):
            cleaned[keyword] = value
        elif keyword == "discriminator" and isinstance(value, dict):
            cleaned |= _clean_discriminator(value, names)
    return cleaned


def _is_reference(value: Any, names: Mapping[str, Any]) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(_REFERENCE)
        and value.removeprefix(_REFERENCE) in names
    )


def _clean_discriminator(value: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    property_name, mapping = value.get("propertyName"), value.get("mapping")
    if not isinstance(property_name, str):
        return {}
    discriminator: dict[str, Any] = {"propertyName": property_name}
    if isinstance(mapping, dict):
        kept = {k: v for k, v in mapping.items() if _is_reference(v, names)}
        discriminator |= {"mapping": kept} if kept else {}
    return {"discriminator": discriminator}


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
_SYNTAX = (
    *(ast.Module, ast.ImportFrom, ast.alias, ast.ClassDef, ast.AnnAssign, ast.Assign),
    *(ast.Pass, ast.Expr, ast.Attribute, ast.Name, ast.Constant, ast.Subscript, ast.Tuple),
    *(ast.List, ast.Dict, ast.Set, ast.BinOp, ast.BitOr, ast.UnaryOp, ast.USub, ast.Call),
    *(ast.keyword, ast.Lambda, ast.arguments, ast.expr_context),
)


def _verify(text: str) -> None:
    """Raises InputError if the module is more than imports of known modules and declarations of types."""
    try:
        tree = ast.parse(text)
        _Declarations(tree).verify(tree)
    except (SyntaxError, ValueError) as error:
        raise InputError(
            f"datamodel-code-generator's output is refused, because it is not declarations alone: {error}"
        ) from error


class _Declarations:
    """The names of a module, and what code may do with them. Its methods raise ValueError or SyntaxError."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        classes = {n.name for n in nodes if isinstance(n, ast.ClassDef)}
        self._origin = {n.asname or n.name: n.name for n in nodes if isinstance(n, ast.alias)}
        variables = {
            n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        self._names = _BUILTINS | classes | self._origin.keys() | variables
        self._functions = classes | {n for n, o in self._origin.items() if o in _FUNCTIONS}

    def verify(self, tree: ast.Module) -> None:
        self._verify_syntax(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign):
                self._verify_forward_references(node.annotation)
            elif isinstance(node, ast.ClassDef):
                for base in node.bases:
                    self._verify_forward_references(base)
            # Type aliases.
            if isinstance(node, (ast.AnnAssign, ast.Assign)) and node in tree.body and node.value:
                self._verify_forward_references(node.value)

    def _verify_syntax(self, root: ast.AST) -> None:
        for node in ast.walk(root):
            if not isinstance(node, _SYNTAX) or not self._is_allowed(node):
                line = getattr(node, "lineno", 0)
                raise ValueError(f"line {line}: {ast.unparse(node)[:100]}")

    def _is_allowed(self, node: ast.AST) -> bool:
        match node:
            case ast.ImportFrom(module="builtins", names=names):
                return all(n.name in _BUILTINS for n in names)
            case ast.ImportFrom(module="re", names=[ast.alias(name="compile")]):
                return True
            case ast.ImportFrom(module=module, level=level):
                return module in _MODULES and not level
            case ast.Call(func=ast.Name(id=name)):
                return name in self._functions
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name)):
                return name in _CLASS_METHODS
            case ast.Call():
                return False
            case ast.Name(id=name):
                return name in self._names
            case ast.Attribute(value=value, attr=name):
                return isinstance(value, ast.Name) and not name.startswith("_")
            case ast.Lambda(args=arguments):
                return not ast.unparse(arguments)
            case ast.Expr(value=value):
                return isinstance(value, ast.Constant) or isinstance(
                    getattr(value, "func", None), ast.Attribute
                )
        return True

    def _verify_forward_references(self, expression: ast.expr) -> None:
        """Strings in a type are code that a library evaluates. In `Literal` and in arguments of functions they are data."""
        match expression:
            case ast.Constant(value=str(text)):
                referenced = ast.parse(text, mode="eval").body
                self._verify_syntax(referenced)
                self._verify_forward_references(referenced)
            case ast.Subscript(value=ast.Name(id=name)) if self._origin.get(name) == "Literal":
                pass
            case ast.Call(func=ast.Name(id=name), args=[*_, type_]) if (
                self._origin.get(name) in _FUNCTIONS_OF_TYPES
            ):
                self._verify_forward_references(type_)
            case ast.Call():
                pass
            case ast.Dict(values=types):  # of TypedDict
                for type_ in types:
                    self._verify_forward_references(type_)
            case _:
                for child in ast.iter_child_nodes(expression):
                    if isinstance(child, ast.expr):
                        self._verify_forward_references(child)
