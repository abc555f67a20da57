"""Stage 1: bytes to plain values. Files, standard input and, where allowed, URLs; JSON or YAML 1.2; with line numbers."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import urllib.parse
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from orcagen.diagnostics import InputError
from orcagen.source import json_reader

MOST_BYTES = 64 * 1024 * 1024
MOST_DEPTH = 400
MOST_NODES = 20_000_000  # after aliases are followed: GitHub's document has 1.1 million


@define
class File:
    """One parsed file. `uri` names it in messages and joins references; `text` is kept for line numbers."""

    uri: str
    text: str
    digest: str
    value: Any
    spans: json_reader.Spans | None  # where the values of JSON stand; None for YAML
    _nodes: Any = None

    def line(self, pointer: str) -> int | None:
        """The line, from 1, on which the value at the pointer begins; of its nearest parent where it is not there."""
        if self.spans is not None:
            return json_reader.line(self.text, self.spans, pointer)
        from orcagen.source import yaml_reader

        self._nodes = self._nodes or yaml_reader.nodes(self.text)
        return yaml_reader.line(self._nodes, pointer)


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
            self.files[uri] = _parse(uri, content(uri))
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
    root = root_of(spec)
    source = Source(root, allow_remote, allow_outside)
    source.get(root)
    return source


def root_of(spec: str) -> str:
    """The document's URL or absolute path, or `-`."""
    return spec if _is_url(spec) or spec == "-" else os.path.abspath(spec)


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def content(uri: str) -> bytes:
    """What is behind an absolute path, a URL or `-`. Raises InputError."""
    try:
        if uri == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        elif _is_url(uri):
            import urllib.request

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
    return cast(bytes, data)


def _parse(uri: str, data: bytes) -> File:
    value, spans = None, None
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip()[:1] in ("{", "["):
            try:
                value, spans = json_reader.read(text)
            except json.JSONDecodeError as error:
                if uri.endswith(".json"):
                    raise InputError(f"is not valid JSON: {error.msg}", uri, error.lineno) from None
        if spans is None:
            from orcagen.source import yaml_reader

            value = yaml_reader.read(text, uri)
    except RecursionError:
        raise InputError(
            f"is nested deeper than {MOST_DEPTH} levels; flatten the document", uri
        ) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8; save the document as UTF-8", uri, line) from None
    except ValueError as error:
        raise InputError(f"cannot be parsed: {error}", uri) from None
    if not (_is_bounded(value, uri) if spans is None else is_shallow(value)):
        raise InputError(f"is nested deeper than {MOST_DEPTH} levels; flatten the document", uri)
    return File(uri, text, digest_of(data), value, spans)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_shallow(value: Any) -> bool:
    """Whether a value of JSON, in which nothing is shared, is at most as deep as it may be."""
    inner = {dict, list}
    level = [value] if type(value) in inner else []
    for _ in range(MOST_DEPTH):
        children = (n.values() if type(n) is dict else n for n in level)
        level = [c for some in children for c in some if type(c) in inner]
        if not level:
            break
    return not level


def _is_bounded(value: Any, uri: str) -> bool:
    """Whether a value of YAML is at most as deep as it may be. Refuses one that is cyclic or that aliases blow up; each
    shared value is weighed once."""
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
                return False
            stack.append((node, True))
            stack.extend((c, False) for c in children)
    return True
