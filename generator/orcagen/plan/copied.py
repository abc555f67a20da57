"""Which modules of the support code a package needs: those that every package has, and those of what it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from orcagen.plan.model import ApiModule, ModelModule, SchemePlan

_ALWAYS = ("model", "call", "errors", "client", "http")
_FORMATTED = re.compile(r"\bdt\.|\btuple\[|\b(?:UUID|Decimal|bytes)\b")
_JSON_SCALARS = frozenset(("str", "int", "float", "bool", "None"))
# Types that are kept as they come.
_PLAIN = _JSON_SCALARS | {"Any", "Upload"}


def copied(
    models: tuple[ModelModule, ...], apis: tuple[ApiModule, ...], schemes: tuple[SchemePlan, ...]
) -> tuple[str, ...]:
    """The names of the modules."""
    types = set(_types(models, apis))
    needed = {
        "formats": any(map(_FORMATTED.search, types)),
        "unions": any(a.is_union for m in models for a in m.aliases)
        or any(map(_must_choose, types)),
        "styles": any(a.styles for a in apis),
        "streams": any(f.stream for a in apis for f in a.functions),
        "forms": any(a.forms for a in apis),
        "auth": any(s.place == "oauth2" and s.name for s in schemes),
        "upload": any(
            "Upload" in u.words for u in (*(m.uses for m in models), *(a.uses for a in apis))
        ),
        "redaction": any(s.place == "query" for s in schemes),
    }
    return (*_ALWAYS, *(name for name, is_needed in needed.items() if is_needed))


def _types(models: tuple[ModelModule, ...], apis: tuple[ApiModule, ...]) -> Iterator[str]:
    """All types that are read from JSON."""
    for m in models:
        yield from (f.annotation for model in m.models for f in model.fields)
        yield from (model.additional or "" for model in m.models)
        yield from (a.expression for a in m.aliases)
    for function in (f for a in apis for f in a.functions):
        for answer in function.answers.values():
            if isinstance(answer, dict):
                yield from (t for media_type, t in answer.items() if not _is_raw(media_type, t))
            else:
                yield answer or ""
        if function.stream is not None:
            yield function.stream.item


def _is_raw(media_type: str, type_: str) -> bool:
    """Whether an answer is given as its bytes, whatever comes."""
    name = media_type.partition(";")[0].strip().lower()
    return type_ == "bytes" and "*" not in name and not name.endswith(("/json", "+json"))


def _must_choose(type_: str) -> bool:
    """Whether a union in a type has, beside a member that is converted, one that is no scalar of JSON."""
    if "|" not in type_ and "Union[" not in type_:
        return False
    return _chooses(ast.parse(type_, mode="eval").body)


def _chooses(node: ast.expr) -> bool:
    members = _members(node)
    others = sum(_word(m) not in _JSON_SCALARS for m in members)
    if others > 1 and not all(map(_is_plain, members)):
        return True
    return any(_chooses(inner) for m in members for inner in _arguments(m))


def _members(node: ast.expr) -> list[ast.expr]:
    """What a union chooses from, without the marker of absence; the type itself where it is no union."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _members(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.Starred):
        return _members(node.value)
    if isinstance(node, ast.BinOp):
        return _members(node.left) + _members(node.right)
    if _word(node) == "Union":
        return [m for part in _arguments(node) for m in _members(part)]
    return [] if _word(node) == "Unset" else [node]


def _is_plain(node: ast.expr) -> bool:
    """Whether reading a value of this type changes nothing."""
    word = _word(node)
    if word in ("list", "dict"):
        return all(_is_plain(m) for m in _members(_arguments(node)[-1]))
    return word in _PLAIN or word == "Literal"


def _word(node: ast.expr) -> str:
    """The name of a type, without what it is of."""
    if isinstance(node, ast.Subscript):
        return _word(node.value)
    return node.id if isinstance(node, ast.Name) else str(getattr(node, "value", ""))


def _arguments(node: ast.expr) -> list[ast.expr]:
    """The types between the brackets."""
    if not isinstance(node, ast.Subscript) or _word(node) == "Literal":
        return []
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
