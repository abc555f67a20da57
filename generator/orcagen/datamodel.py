"""The schemas as other kinds of models, by datamodel-code-generator. The only module that knows it."""

from __future__ import annotations

import ast
from typing import Any, Literal

from orcagen.diagnostics import InputError

Flavor = Literal["typed-dict", "pydantic", "msgspec", "dataclass"]


def render(schemas: dict[str, Any], flavor: Flavor, openapi_version: str, title: str) -> str:
    """A module with a class for each schema, by its name. Raises InputError where the library cannot make one."""
    import datamodel_code_generator as library
    from datamodel_code_generator.enums import DataModelType

    kinds = {
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
        "components": {"schemas": schemas},
    }
    try:
        text = library.generate(
            document,
            input_file_type=library.InputFileType.OpenAPI,
            output_model_type=kinds[flavor],
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
        raise InputError(f"datamodel-code-generator made no single module of {flavor} models")
    ast.parse(text)
    return text.strip() + "\n"
