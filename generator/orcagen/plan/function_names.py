"""The module and the function name of each operation.

A module is named after the first tag of its operations, or what an extension says instead; tags that differ in case or signs alone share one. A function has
a *full name*, made of the whole operationId (without one, of method and path), and perhaps a *short name*, made of what is
left of the operationId without

1. the path and a method behind it, as FastAPI appends them: `read_item_items__item_id__get` is `read_item`;
2. the path in front of it, in an operationId of one PascalCase word as Litestar makes them: `ItemsItemIdGetItem` is `get_item`;
3. the module in front of it, in an operationId that is a dotted path of Python as connexion wants them: `app.get_pet` is
   `get_pet`;
4. the tag in front of it, and "Controller" behind the tag: `repos/get` in the tag `repos` is `get`, `CatsController_findOne`
   in the tag `cats` is `find_one`.

What is left must be a name that nothing has to be done about (no keyword, builtin or import of the generated module, and no
digit in front), and must still say what the function is about: it has two words, or the tag was taken away in front of it,
or the last fixed segment of the path is that word (`me` at `/me`) or the tag (`create` at `/pets` in the tag `pets`), or the
path has none (`root` at `/`). Otherwise less is taken away: of path and method the method alone (`list_pets_get` is `list_pets`).

A name that an extension gives (`openapi.vendor_extensions`) is the short name, whatever it is.

The short name is used unless another operation of the module has the same one, or that as its full name; each of those that
share a short name has its full name then. So a name depends on its own operation alone, until a namesake comes beside it;
an operation that is added renames no other ones, and two never exchange their names. Full names that are equal are
distinguished by `names.resolve_collisions`.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Callable

from attrs import define

from orcagen.openapi import Document, Key, Operation
from orcagen.plan import names

# What the modules of `api/` import, beside builtins.
_RESERVED = names.BUILTINS | {
    "annotations", "models", "dicts", "custom_types", "dt",
    "overload", "json_body", "raw_body", "form_body", "multipart_body", "lines_body", "xml_body", "xml_part",
    "json_text", "header_field",
}  # fmt: skip
_METHODS = frozenset("get put post delete options head patch trace query".split())
_METHOD_BEHIND = re.compile(f"_({'|'.join(sorted(_METHODS))})$", re.IGNORECASE)
_PASCAL_CASE = re.compile("[A-Z][A-Za-z0-9]*")
_DOTTED_PATH = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+")  # of Python


@define
class FunctionNames:
    """The module and the function name of each operation, and the tag of each module.

    `by_node` has the name at each operation object, for the names of the schemas inside.
    """

    module: dict[Key, str]
    function: dict[Key, str]
    tags: dict[str, str]
    by_node: dict[Key, str]


def operation_key(op: Operation) -> Key:
    """Identifies an operation: a path item may be used for several paths, so its place alone does not."""
    return Key(op.node.file, f"{op.node.pointer}{op.key} {op.path}")


def name_functions(document: Document, overrides: dict[str, str]) -> FunctionNames:
    """Names for all operations. `overrides` maps JSON pointers of operations to names."""
    out = FunctionNames({}, {}, {}, {})
    by_module: dict[str, list[Operation]] = {}
    by_tag = {
        tag: names.escape_reserved(names.to_snake_case(tag))
        for tag in (op.tag or "default" for op in document.operations)
    }
    modules = names.resolve_collisions({m: (m, m) for m in by_tag.values()}, files=True)
    for op in document.operations:
        tag = op.tag or "default"
        module = modules[by_tag[tag]]
        out.module[operation_key(op)] = module
        out.tags[module] = min(tag, out.tags.get(module, tag))
        by_module.setdefault(module, []).append(op)
    for operations in by_module.values():
        out.function.update(_resolve(operations, _shorten, overrides))
        for_schemas = _resolve(operations, _shorten_for_schemas, overrides)
        for op in operations:
            out.by_node.setdefault(op.node.key, for_schemas[operation_key(op)])
    return out


def _resolve(
    operations: list[Operation],
    shorten: Callable[[Operation], str | None],
    overrides: dict[str, str],
) -> dict[Key, str]:
    """The names of the operations of a module."""
    candidates: list[tuple[str, str]] = []  # the full and the short name
    for op in operations:
        full = names.to_snake_case(op.id or f"{op.method} {op.path}")
        full = names.escape_reserved(full, _RESERVED)
        short = shorten(op) or full
        if override := _get_override(op, overrides):
            full = short = names.check_override(override, op.pointer, _RESERVED)
        candidates.append((full, short))
    count = collections.Counter(name for both in candidates for name in {*both})
    chosen = {
        f"{op.key} {op.path}": (
            _get_override(op, overrides) or op.id or "",
            short if count[short] == 1 else full,
        )
        for op, (full, short) in zip(operations, candidates, strict=True)
    }
    resolved = names.resolve_collisions(chosen)
    return {operation_key(op): resolved[f"{op.key} {op.path}"] for op in operations}


def _get_override(op: Operation, overrides: dict[str, str]) -> str | None:
    """The name that the settings give an operation, by its place in the document or in a path item that it shares."""
    return overrides.get(op.pointer) or overrides.get(op.node.pointer)


def _shorten(op: Operation) -> str | None:
    """The short name of an operation, by the rule at the top."""
    if op.given_name:
        return names.escape_reserved(names.to_snake_case(op.given_name), _RESERVED)
    id_, tag = op.id or "", _spell(op.tag)
    rest, module = _without_path(op), ""
    if _DOTTED_PATH.fullmatch(id_):
        module, _, rest = id_.rpartition(".")
    fixed = [_spell(segment) for segment in op.path.split("/") if segment and "{" not in segment]
    is_told = not fixed or fixed[-1] in (tag, _spell(rest))
    if tag and tag in (_spell(module), _spell(module.rpartition(".")[2])):
        is_told = True
    name = _to_name(rest)
    return (
        _to_name(_without_tag(rest, tag))
        or (name if name and (is_told or "_" in name) else None)
        or (_to_name(re.sub(_METHOD_BEHIND, "", id_)) if rest and not module else None)
        or _to_name(_without_tag(id_, tag))
    )


def _shorten_for_schemas(op: Operation) -> str | None:
    """What the schemas inside an operation are named after. No module tells them apart: the tag stays in front, and one word
    is too little."""
    name = _to_name(_without_path(op))
    return name if name and "_" in name else None


def _without_path(op: Operation) -> str:
    """What is left of an operationId with a path and a method behind it, or a path in front; nothing of others."""
    id_, path = op.id or "", _spell(op.path)
    *parts, last = names.split_humps(id_) or [""]
    if last in _METHODS and (path or id_.endswith(f"__{last}")):
        for end in range(len(parts), 0, -1):
            if "".join(parts[end:]) == path:
                return " ".join(parts[:end])
    parts.append(last)
    for start in range(1, len(parts) if _PASCAL_CASE.fullmatch(id_) else 0):
        if "".join(parts[:start]) == path:
            return " ".join(parts[start:])
    return ""


def _without_tag(text: str, tag: str) -> str:
    """What is left of a text with the tag in front of it; nothing of others. A sign that separates (`pulls/list-commits`)
    ends the tag."""
    parts = [part for part in re.split("[./:#]", text) if part]
    parts = parts if len(parts) > 1 else names.split_humps(text)
    for end in range(len(parts) - 1, 0, -1):
        if tag and _spell("".join(parts[:end])) in (tag, tag + "controller"):
            return " ".join(parts[end:])
    return ""


def _to_name(text: str) -> str | None:
    """The name of a text, unless something would have to be done about it."""
    name = names.to_snake_case(text)
    is_free = name[0].isalpha() and name == names.escape_reserved(name, _RESERVED)
    return name if text and is_free else None


def _spell(text: str) -> str:
    """A name without its signs and in lower case: names that differ in these alone are compared by it."""
    return "".join(names.split_humps(text))
