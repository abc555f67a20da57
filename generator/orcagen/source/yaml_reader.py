"""YAML 1.2 as the values that JSON has, and the line numbers of values.

The C loader keeps no positions. Where diagnostics need lines, the text is composed into nodes once more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, ClassVar

import yaml

from orcagen.diagnostics import InputError
from orcagen.pointers import PointerTree


def read(text: str, uri: str) -> Any:
    """Parses a text; `uri` names it in messages. Raises InputError."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem if error.problem != "second occurrence" else None
        reason = ": ".join(t for t in (error.context, problem) if t) or "cannot be parsed"
        message = "is not valid YAML: " + re.sub(r"\s+", " ", reason)
        raise InputError(message, uri, mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise InputError(f"is not valid YAML: {str(error).splitlines()[0]}", uri) from None


def find_lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """The line, from 1, on which the value at each JSON pointer begins; of its nearest parent if it does not exist.

    For a member of a mapping, that is the line of its key. `text` must be valid YAML; it is read once, however many
    pointers there are.
    """
    pointers = list(pointers)
    tree = PointerTree.build(pointers)
    tree.position = 1
    stack = [(yaml.compose(text, Loader=_Loader), tree)]
    while stack:
        node, parent = stack.pop()
        # Of two members with the same name the last one counts, as when the document is parsed.
        children = {t: (line, value) for t, line, value in _children(node) if t in parent.children}
        for token, (line, value) in children.items():
            child = parent.children[token]
            child.position = line
            if child.children:
                stack.append((value, child))
    return {pointer: tree.nearest(pointer) for pointer in pointers}


def _children(node: yaml.Node | None) -> Iterator[tuple[str, int, yaml.Node]]:
    """The reference token, the line and the value of each child."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key.value, str):
                yield key.value, key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield str(index), value.start_mark.line + 1, value


_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_MERGE = "tag:yaml.org,2002:merge"
_MAX_MERGED = 500_000


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """YAML 1.2's core schema: `no` and `2024-01-01` are strings, `010` is ten."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}
    merged = 0  # members that merge keys have copied so far

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Replaces merge keys by the members of the mappings that they name, each once: PyYAML's own would double them at
        each level."""
        merges = [value for key, value in node.value if key.tag == _MERGE]
        if not merges:
            return
        own = [(key, value) for key, value in node.value if key.tag != _MERGE]
        node.value = own  # before its sources, which can lead back to it
        members: dict[tuple[str, str] | int, tuple[yaml.Node, yaml.Node]] = {}
        for merge in merges:
            is_list = isinstance(merge, yaml.SequenceNode)
            # Of several mappings the first one counts (YAML's merge key type).
            for source in reversed(merge.value) if is_list else [merge]:
                if not isinstance(source, yaml.MappingNode):
                    message = "a merge key needs a mapping or a list of mappings"
                    raise yaml.constructor.ConstructorError(None, None, message, source.start_mark)
                self.flatten_mapping(source)
                self.merged += len(source.value)
                if self.merged > _MAX_MERGED:
                    message = f"merge keys copy more than {_MAX_MERGED} members; remove them"
                    raise yaml.YAMLError(message)
                for key, value in source.value:
                    is_scalar = isinstance(key, yaml.ScalarNode)
                    members[(key.tag, key.value) if is_scalar else id(key)] = (key, value)
        node.value = [*members.values(), *own]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        out: dict[Hashable, Any] = {}
        for key, value in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):  # unquoted status codes, versions, booleans
                name = (
                    key.value if isinstance(key, yaml.ScalarNode) else json.dumps(name, default=str)
                )
            out[name] = self.construct_object(value, deep=deep)
        return out


_INT = re.compile(r"^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$")


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = node.value
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _construct_unknown(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_multi_constructor("!", _construct_unknown)
for _tag in ("value", "timestamp", "binary"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", lambda loader, node: node.value)
