"""Stage 1: bytes to plain values. Files, standard input and, where allowed, URLs; JSON or YAML 1.2; with line numbers.

Line numbers are worked out when a finding needs one: the fast parsers keep none.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar, cast

import yaml
from attrs import define, field

from orcagen.diagnostics import InputError

MOST_BYTES = 64 * 1024 * 1024
MOST_DEPTH = 400
MOST_NODES = 20_000_000  # after aliases are followed: GitHub's document has 1.1 million


@define
class File:
    """One parsed file. `uri` names it in messages and joins references; `text` is kept for line numbers."""

    uri: str
    text: str
    value: Any
    is_json: bool
    _root: yaml.Node | None = None
    _offsets: dict[int, dict[str, int]] = field(factory=dict)

    def line(self, pointer: str) -> int | None:
        """The line, from 1, on which the value at the pointer begins; of its nearest parent where it is not there."""
        return self._json_line(pointer) if self.is_json else self._yaml_line(pointer)

    def _json_line(self, pointer: str) -> int:
        at = _skip(self.text, 0)
        for token in tokens(pointer):
            if at not in self._offsets:
                self._offsets[at] = _children(self.text, at)
            found = self._offsets[at].get(token)
            if found is None:
                break
            at = found
        return self.text.count("\n", 0, at) + 1

    def _yaml_line(self, pointer: str) -> int | None:
        if self._root is None:
            self._root = yaml.compose(self.text, Loader=_Loader)
        node, line = self._root, 1
        for token in tokens(pointer):
            found = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == token:
                        found, line = value, key.start_mark.line + 1
            elif (
                isinstance(node, yaml.SequenceNode)
                and token.isdigit()
                and int(token) < len(node.value)
            ):
                found = node.value[int(token)]
                line = found.start_mark.line + 1
            if found is None:
                break
            node = found
        return line


@define
class Source:
    """The document and the files it refers to, each read once."""

    root: str
    allow_remote: bool
    allow_outside: bool
    files: dict[str, File] = field(factory=dict)

    def get(self, uri: str) -> File:
        """The file behind an absolute path or URL. Raises InputError with the reason."""
        if uri not in self.files:
            self._permit(uri)
            self.files[uri] = _parse(uri, _read(uri))
        return self.files[uri]

    def join(self, base: str, reference: str) -> str:
        """The absolute path or URL that a reference without its fragment means, seen from the file `base`."""
        if not reference:
            return base
        if _is_url(reference):
            return reference
        if _is_url(base):
            return urllib.parse.urljoin(base, reference)
        path = urllib.parse.unquote(reference.removeprefix("file://"))
        folder = os.getcwd() if base == "-" else os.path.dirname(base)
        return os.path.normpath(os.path.join(folder, path))

    def line(self, uri: str, pointer: str) -> int | None:
        file = self.files.get(uri)
        return file.line(pointer) if file else None

    def _permit(self, uri: str) -> None:
        if uri == self.root:
            return
        if _is_url(uri):
            same = (
                _is_url(self.root)
                and urllib.parse.urlsplit(uri)[:2] == urllib.parse.urlsplit(self.root)[:2]
            )
            if not (same or self.allow_remote):
                raise InputError(
                    f"refers to {uri}; nothing is fetched unless --allow-remote is given", self.root
                )
            return
        home = os.path.realpath(os.getcwd() if self.root == "-" else os.path.dirname(self.root))
        inside = (
            os.path.commonpath([home, os.path.realpath(uri)]) == home
            if not _is_url(self.root)
            else False
        )
        if not (inside or self.allow_outside):
            raise InputError(
                f"refers to {uri}, outside the folder of the document; --allow-outside permits it",
                self.root,
            )


def load(spec: str, *, allow_remote: bool = False, allow_outside: bool = False) -> Source:
    """Reads the document named by a path, a URL or `-` (standard input). Raises InputError."""
    root = spec if _is_url(spec) or spec == "-" else os.path.abspath(spec)
    source = Source(root, allow_remote, allow_outside)
    source.get(root)
    return source


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def tokens(pointer: str) -> list[str]:
    """The reference tokens of a JSON pointer (RFC 6901)."""
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n\ufeff":
        at += 1
    return at


def _children(text: str, at: int) -> dict[str, int]:
    """Where each value of the JSON object or array at an offset begins. The text is known to be valid."""
    decode, out = json.JSONDecoder().raw_decode, dict[str, int]()
    if text[at] not in "{[":
        return out
    keyed, at = text[at] == "{", _skip(text, at + 1)
    while text[at] not in "}]":
        key = str(len(out))
        if keyed:
            key, at = decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        out[key] = at
        at = _skip(text, decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)
    return out


def _read(uri: str) -> str:
    try:
        if uri == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        elif _is_url(uri):
            with urllib.request.urlopen(
                uri, timeout=60
            ) as answer:  # only after _permit, or given by the user
                data = answer.read(MOST_BYTES + 1)
        else:
            path = Path(uri)
            if path.is_dir():
                raise InputError("is a folder; name the OpenAPI document itself", uri)
            with path.open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError("no such file; check the path", uri) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", uri) from None
    if len(data) > MOST_BYTES:
        raise InputError(f"is larger than {MOST_BYTES >> 20} MiB; split the document", uri)
    try:
        return cast(bytes, data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = cast(bytes, data)[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8; save the document as UTF-8", uri, line) from None


def _parse(uri: str, text: str) -> File:
    start = text.lstrip()[:1]
    try:
        if start in ("{", "["):
            try:
                value, is_json = json.loads(text), True
            except json.JSONDecodeError as error:
                if uri.endswith(".json"):
                    raise InputError(f"is not valid JSON: {error.msg}", uri, error.lineno) from None
                value, is_json = yaml.load(text, Loader=_Loader), False  # noqa: S506  a safe loader
        else:
            value, is_json = yaml.load(text, Loader=_Loader), False  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = [error.context, error.problem if error.problem != "second occurrence" else None]
        what = re.sub(r"\s+", " ", ": ".join(t for t in said if t) or "cannot be parsed")
        raise InputError(
            f"is not valid YAML: {what}", uri, mark.line + 1 if mark else None
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"is not valid YAML: {str(error).splitlines()[0]}", uri) from None
    except RecursionError:
        raise InputError(
            f"is nested deeper than {MOST_DEPTH} levels; flatten the document", uri
        ) from None
    except ValueError as error:
        raise InputError(f"cannot be parsed: {error}", uri) from None
    _bound(value, uri)
    return File(uri, text, value, is_json)


def _bound(value: Any, uri: str) -> None:
    """Refuses values that are too deep, cyclic, or that aliases blow up. Each shared value is weighed once."""
    weight: dict[int, int] = {}
    open_: set[int] = set()
    stack: list[tuple[Any, bool]] = [(value, False)]
    while stack:
        node, done = stack.pop()
        if not isinstance(node, (dict, list)):
            continue
        key = id(node)
        children = node.values() if isinstance(node, dict) else node
        if done:
            open_.discard(key)
            weight[key] = 1 + sum(weight.get(id(c), 1) for c in children)
            if weight[key] > MOST_NODES:
                raise InputError(
                    "expands to more than 20 million values through its aliases; remove them", uri
                )
        elif key in open_:
            raise InputError("has an alias that contains itself; use $ref for recursion", uri)
        elif key not in weight:
            open_.add(key)
            if len(open_) > MOST_DEPTH:
                raise InputError(
                    f"is nested deeper than {MOST_DEPTH} levels; flatten the document", uri
                )
            stack.append((node, True))
            stack.extend((c, False) for c in children)


_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """YAML 1.2's core schema: `no` and `2024-01-01` are strings, `010` is ten."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

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
