"""Opens and parses documents: files, standard input and, where allowed, URLs; JSON or YAML 1.2.

The files that a document refers to are opened when a reference to them is resolved, and only then: much of what looks
like a reference (in examples, in extensions) is none.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import sys
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from attrs import define, field, frozen

from orcagen.diagnostics import InputError, MissingFileError
from orcagen.source import git, json_reader

MAX_BYTES = 64 * 1024 * 1024  # of one file, unless `--max-size` says otherwise
MAX_DEPTH = 400
MAX_VALUES = 20_000_000  # after aliases are followed: GitHub's document has 1.1 million


@frozen
class File:
    """One parsed file. `uri` names it in messages and is the base of its references; `text` is kept for line numbers."""

    uri: str
    text: str
    digest: str  # SHA-256 of its bytes
    value: Any
    is_json: bool


@define
class Source:
    """The document and the files it refers to, each read once.

    `root` is the document's absolute path, its URL, or "-" for standard input.
    """

    root: str
    allow_remote: bool
    allow_outside: bool
    max_bytes: int = MAX_BYTES  # of each file
    files: dict[str, File] = field(factory=dict)
    missing: set[str] = field(factory=set)

    def get(self, uri: str) -> File:
        """The file at an absolute path or URL. Raises InputError with the reason."""
        if uri not in self.files:
            self.check_access(uri)
            is_reference = uri != self.root
            try:
                data = read_bytes(uri, self.max_bytes, is_reference=is_reference)
            except MissingFileError:
                self.missing.add(uri)
                raise
            self.files[uri] = _parse(uri, data)
        return self.files[uri]

    def join(self, base: str, reference: str) -> str:
        """The absolute path or URL of a reference without its fragment, in the file `base` (RFC 3986, section 5)."""
        if not reference:
            return base
        scheme, separator, rest = reference.partition("://")
        if scheme.lower() in ("http", "https") and separator:
            return f"{scheme.lower()}://{rest}"
        if is_url(base):
            return urllib.parse.urljoin(base, reference)
        path = urllib.parse.unquote(reference.removeprefix("file://"))
        if git.is_git(base):
            revision, own = git.split(base)
            return git.join(revision, posixpath.join(posixpath.dirname(own), path), base)
        folder = os.getcwd() if base == "-" else os.path.dirname(base)
        return os.path.normpath(os.path.join(folder, path))

    def find_lines(self, uri: str, pointers: Iterable[str]) -> dict[str, int]:
        """The line, from 1, on which the value at each pointer begins; of its nearest parent if it does not exist.

        {} if the file was not read.
        """
        file = self.files.get(uri)
        if file is None:
            return {}
        if file.is_json:
            return json_reader.find_lines(file.text, pointers)
        from orcagen.source import yaml_reader

        return yaml_reader.find_lines(file.text, pointers)

    def find_line(self, uri: str, pointer: str) -> int | None:
        return self.find_lines(uri, [pointer]).get(pointer)

    def check_access(self, uri: str) -> None:
        """Raises InputError for another host and for a file outside the document's folder, unless they are allowed."""
        if uri == self.root:
            return
        if is_url(uri):
            same_host = (
                is_url(self.root)
                and urllib.parse.urlsplit(uri)[:2] == urllib.parse.urlsplit(self.root)[:2]
            )
            if not (same_host or self.allow_remote):
                raise InputError(
                    f"refers to {uri}; nothing is fetched unless --allow-remote is given", self.root
                )
            return
        if not _is_file_name(uri):
            raise InputError(f"refers to {uri}, which is not the name of a file", self.root)
        if self.allow_outside:
            return
        if git.is_git(uri) and git.is_git(self.root):
            folder = posixpath.dirname(git.split(self.root)[1])
            if not folder or git.split(uri)[1].startswith(f"{folder}/"):
                return
            raise self._refuse(uri)
        folder = os.path.realpath(os.getcwd() if self.root == "-" else os.path.dirname(self.root))
        # realpath: a symbolic link inside the folder may lead out of it.
        if is_url(self.root) or os.path.commonpath([folder, os.path.realpath(uri)]) != folder:
            raise self._refuse(uri)

    def _refuse(self, uri: str) -> InputError:
        return InputError(
            f"refers to {uri}, outside the folder of the document; --allow-outside permits it",
            self.root,
        )


def _is_file_name(path: str) -> bool:
    """Whether the system can have a file of this name."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def load(
    spec: str,
    *,
    allow_remote: bool = False,
    allow_outside: bool = False,
    max_bytes: int = MAX_BYTES,
) -> Source:
    """Reads the document at a path, a URL or `-` (standard input). Raises InputError."""
    root = locate(spec)
    source = Source(root, allow_remote, allow_outside, max_bytes)
    source.get(root)
    return source


def locate(spec: str) -> str:
    """The document's URL, its absolute path, its file in a revision (`git:REVISION:PATH`), or "-"."""
    if git.is_git(spec):
        return git.locate(spec)
    return spec if is_url(spec) or spec == "-" else os.path.abspath(spec)


def relative_path(file: str, root_file: str) -> str:
    """A file by its path from the document's folder, with slashes on every system; a URL as it is."""
    if is_url(file) or is_url(root_file):
        return file
    if git.is_git(file) and git.is_git(root_file):
        folder = posixpath.dirname(git.split(root_file)[1])
        return posixpath.relpath(git.split(file)[1], folder or ".")
    folder = os.getcwd() if root_file == "-" else os.path.dirname(root_file)
    try:
        return os.path.relpath(file, folder).replace(os.sep, "/")
    except ValueError:  # another drive of Windows
        return file


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def read_bytes(uri: str, max_bytes: int = MAX_BYTES, *, is_reference: bool = False) -> bytes:
    """The bytes at an absolute path, a URL, `git:REVISION:PATH` or "-". Raises InputError, MissingFileError where there is nothing.

    What only a reference names is read if it is a regular file or stays on its host: a pipe may never end, and a redirect
    may lead where references may not.
    """
    try:
        if uri == "-":
            data = sys.stdin.buffer.read(max_bytes + 1)
        elif git.is_git(uri):
            data = git.read_bytes(uri)
        elif is_url(uri):
            data = _fetch(uri, max_bytes, is_reference=is_reference)
        else:
            path = Path(uri)
            if path.is_dir():
                raise InputError("is a folder; name the OpenAPI document itself", uri)
            if is_reference and path.exists() and not path.is_file():
                raise InputError("is not a regular file; refer to a document", uri)
            with path.open("rb") as stream:
                data = stream.read(max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFileError("no such file; check the path", uri) from None
    except (OSError, ValueError) as error:
        missing = getattr(error, "code", None) in (404, 410)
        class_ = MissingFileError if missing else InputError
        raise class_(f"cannot be read: {error}", uri) from None
    if len(data) > max_bytes:
        limit = f"{max_bytes / (1 << 20):g} MiB"
        raise InputError(f"is larger than {limit}; split the document, or raise --max-size", uri)
    return cast(bytes, data)


def _fetch(uri: str, max_bytes: int, *, is_reference: bool) -> bytes:
    """The content at a URL that the user gave or that `check_access` let pass."""
    import urllib.request

    class Redirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(
            self, request: Any, stream: Any, code: int, reason: str, headers: Any, new: str
        ) -> Any:
            hosts = [urllib.parse.urlsplit(url).netloc for url in (uri, new)]
            if not is_url(new) or (is_reference and hosts[0] != hosts[1]):
                raise InputError(f"redirects to another host, {new}; refer to that one", uri)
            return super().redirect_request(request, stream, code, reason, headers, new)

    with urllib.request.build_opener(Redirects).open(uri, timeout=60) as response:
        return cast(bytes, response.read(max_bytes + 1))


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _parse(uri: str, data: bytes) -> File:
    too_deep = InputError(f"is nested deeper than {MAX_DEPTH} levels; flatten the document", uri)
    try:
        text = data.decode("utf-8-sig")
        is_json, value = _parse_json(text, uri)
        if not is_json:
            # PyYAML takes 30 ms to import, which documents in JSON need not pay for.
            from orcagen.source import yaml_reader

            value = yaml_reader.read(text, uri)
    except RecursionError:
        raise too_deep from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8; save the document as UTF-8", uri, line) from None
    except ValueError as error:
        raise InputError(f"cannot be parsed: {error}", uri) from None
    if not (_is_shallow(value) if is_json else _is_bounded(value, uri)):
        raise too_deep
    return File(uri, text, digest(data), value, is_json)


def _parse_json(text: str, uri: str) -> tuple[bool, Any]:
    """Whether a text is JSON, and its value. Text in braces that is not JSON may still be YAML in flow style."""
    if text.lstrip()[:1] not in ("{", "["):
        return False, None
    try:
        return True, json.loads(text)
    except json.JSONDecodeError as error:
        if uri.endswith(".json"):
            raise InputError(f"is not valid JSON: {error.msg}", uri, error.lineno) from None
        return False, None


def _is_shallow(value: Any) -> bool:
    """Whether a value of JSON, which is a tree, is at most MAX_DEPTH levels deep."""
    inner = {dict, list}
    level = [value] if type(value) in inner else []
    for _ in range(MAX_DEPTH):
        children = (n.values() if type(n) is dict else n for n in level)
        level = [c for some in children for c in some if type(c) in inner]
        if not level:
            break
    return not level


def _is_bounded(value: Any, uri: str) -> bool:
    """Whether a value of YAML, which is a graph, is at most MAX_DEPTH levels deep.

    Raises InputError for one that contains itself, and for one that expands to too many values through its aliases.
    The size of each shared value is computed once.
    """
    sizes: dict[int, int] = {}
    ancestors: set[int] = set()
    stack: list[tuple[Any, bool]] = [(value, False)]
    while stack:
        node, is_done = stack.pop()
        if not isinstance(node, (dict, list)):
            continue
        key = id(node)
        children = node.values() if isinstance(node, dict) else node
        if is_done:
            ancestors.discard(key)
            sizes[key] = 1 + sum(sizes.get(id(c), 1) for c in children)
            if sizes[key] > MAX_VALUES:
                raise InputError(
                    "expands to more than 20 million values through its aliases; remove them", uri
                )
        elif key in ancestors:
            raise InputError("has an alias that contains itself; use $ref for recursion", uri)
        elif key not in sizes:
            ancestors.add(key)
            if len(ancestors) > MAX_DEPTH:
                return False
            stack.append((node, True))
            stack.extend((c, False) for c in children)
    return True
