"""The module and the function name of each operation."""

from __future__ import annotations

import collections
import re

from attrs import define

from orcagen.openapi import Document, Key, Operation
from orcagen.plan import names

# What the modules of `api/` import, beside builtins.
_RESERVED = names.BUILTINS | {
    "annotations", "models", "dicts", "dt",
    "json_body", "raw_body", "form_body", "multipart_body", "json_text",
}  # fmt: skip


@define
class FunctionNames:
    """The module and the function name of each operation, and the tag of each module."""

    module: dict[Key, str]
    function: dict[Key, str]
    tags: dict[str, str]

    def by_node(self, document: Document) -> dict[Key, str]:
        """The function at each operation object of the document, for the names of the schemas inside."""
        out: dict[Key, str] = {}
        for op in document.operations:
            out.setdefault(op.node.key, self.function[operation_key(op)])
        return out


def operation_key(op: Operation) -> Key:
    """Identifies an operation: a path item may be used for several paths, so its place alone does not."""
    return Key(op.node.file, f"{op.node.pointer}{op.key} {op.path}")


def name_functions(document: Document, overrides: dict[str, str]) -> FunctionNames:
    """Names for all operations. `overrides` maps JSON pointers of operations to names."""
    tags = {op.tags[0] if op.tags else "default" for op in document.operations}
    modules = names.resolve_collisions(
        {tag: (tag, names.escape_reserved(names.to_snake_case(tag))) for tag in sorted(tags)},
        files=True,
    )
    by_module: dict[str, dict[str, tuple[str, str]]] = {}
    keys: dict[tuple[str, str], Key] = {}
    short_ids = _strip_framework_suffixes(document, modules)
    for op in document.operations:
        module = modules[op.tags[0] if op.tags else "default"]
        identity = f"{op.key} {op.path}"
        text = short_ids.get((module, identity)) or op.id or _method_and_path(op)
        name = names.escape_reserved(names.to_snake_case(text), _RESERVED)
        if op.node.pointer in overrides:
            override = overrides[op.node.pointer]
            name = names.check_override(override, op.node.pointer, _RESERVED)
        by_module.setdefault(module, {})[identity] = (op.id or "", name)
        keys[module, identity] = operation_key(op)
    out = FunctionNames({}, {}, {module: tag for tag, module in modules.items()})
    for module, candidates in by_module.items():
        for identity, name in names.resolve_collisions(candidates).items():
            out.module[keys[module, identity]] = module
            out.function[keys[module, identity]] = name
    return out


def _method_and_path(op: Operation) -> str:
    return f"{op.method} {re.sub(r'[{}]', ' ', op.path)}"


def _strip_framework_suffixes(
    document: Document, modules: dict[str, str]
) -> dict[tuple[str, str], str]:
    """The operationIds to which a framework appended path and method, without these: by module and identity.

    Only where two words or more are left, and no other operation of the module has that name.
    """
    stripped: dict[tuple[str, str], str] = {}
    count = collections.Counter[tuple[str, str]]()
    for op in document.operations:
        module = modules[op.tags[0] if op.tags else "default"]
        name = names.to_snake_case(op.id or _method_and_path(op))
        suffix = names.to_snake_case(f"{re.sub(r'[{}]', ' ', op.path)} {op.method}")
        rest = name.removesuffix("_" + suffix)
        if op.id is not None and rest != name and "_" in rest.strip("_"):
            stripped[module, f"{op.key} {op.path}"] = name = rest
        count[module, name] += 1
    return {key: rest for key, rest in stripped.items() if count[key[0], rest] == 1}
