"""Resolves `$ref` and `$dynamicRef` to a value in the same file or another one, by JSON pointer or by anchor.

A relative reference is resolved against the nearest base URI around it: `$id` of a schema, `$self` of an OpenAPI 3.2
document, else where the file came from (OpenAPI 3.2, "Relative References in API Descriptions"; JSON Schema Core 8.2).
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import urllib.parse
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from orcagen.diagnostics import Diagnostics, InputError, MissingFileError, Repair
from orcagen.openapi.identifiers import WORDS, Identifiers
from orcagen.openapi.model import Key, Node
from orcagen.pointers import tokens
from orcagen.source import git
from orcagen.source.loader import Source, is_url, relative_path

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
# Names of files that say nothing of what is in them: their folder does.
_UNSPECIFIC_STEMS = frozenset("index schema schemas model models definition definitions".split())
_KIND_SUFFIXES = (".schema", ".model", ".definition")


class UnresolvedReferenceError(InputError):
    """A reference to a value that does not exist, or that leads back to itself. `reason` has no position."""

    reason: str


class RefusedReferenceError(UnresolvedReferenceError):
    """A reference to a file that may not be read, or that cannot be: it is refused, broken or too large."""


@define
class References:
    """Resolves references in the files of one source. Raises InputError for a target that does not exist."""

    source: Source
    diagnostics: Diagnostics
    component_names: dict[Key, str] = field(factory=dict)  # of schemas; set by the reader
    _targets: dict[tuple[str, str, str], Node] = field(factory=dict, init=False)
    _open: set[tuple[str, str, str]] = field(factory=set, init=False)  # being resolved
    _identifiers: dict[str, Identifiers | None] = field(factory=dict, init=False)  # by file
    _by_uri: dict[str, Node] = field(factory=dict, init=False)
    _is_dynamic: bool = field(default=False, init=False)  # whether any file has a `$dynamicRef`
    _dynamic_names: dict[Key, frozenset[str]] = field(factory=dict, init=False)

    def root(self) -> Node:
        return Node(self.source.root, "", self.source.get(self.source.root).value)

    def resolve_once(self, node: Node, reference: str) -> Node:
        """The node that `reference`, a value of `node`, names. One step: the target may be a reference again."""
        identifiers = self._find_identifiers(node.file)
        key = (node.file, identifiers.scope(node.pointer) if identifiers else "", reference)
        if key not in self._targets:
            if key in self._open:  # a pointer through a reference whose own pointer needs it
                raise self.error(node, f"reference {reference!r} is circular; break the circle")
            self._open.add(key)
            try:
                self._targets[key] = self._name(self._find(node, reference))
            finally:
                self._open.discard(key)
        target = self._targets[key]
        return self._enter(node, target) if self._is_dynamic else target

    def resolve_dynamic(self, node: Node, reference: str) -> Node:
        """The node that `$dynamicRef` names: an anchor of the outermost schema on the way here that has it, where the
        reference leads to a `$dynamicAnchor`; else what `$ref` would name (Core 8.2.3.2). Of 2019-09, `$recursiveRef` too.
        """
        identifiers = self._find_identifiers(node.file)
        if reference == "#" and identifiers and not identifiers.resource(node.pointer):
            # `$recursiveRef` means the schema, not the OpenAPI document around it.
            target = self._name(_find_pointer(identifiers.root, identifiers.scope(node.pointer)))
        else:
            target = evolve(self.resolve_once(node, reference), scope=())
        name = reference.partition("#")[2]
        if target.value.get("$dynamicAnchor" if name else "$recursiveAnchor") in (name, True):
            for anchor, key in node.scope:
                if anchor == name:
                    root = Node(key.file, "", self.source.get(key.file).value)
                    target = self._name(_find_pointer(root, key.pointer))
        return self._enter(node, target)

    def resolve(self, node: Node) -> Node:
        """The end of a chain of references that starts at an object other than a schema.

        A chain without an end is reported, and gives an empty object: the rest of the operation is still usable.
        """
        start, seen = node, set()
        while is_reference(node.value):
            reference = node.value["$ref"]
            try:
                if node.key in seen:
                    raise self.error(node, f"reference {reference!r} is circular; break the circle")
                seen.add(node.key)
                node = self.resolve_once(node, reference)
            except UnresolvedReferenceError as error:
                self.warn(node, error.reason, "treated as an empty object")
                return Node(start.file, start.pointer, {})
        return node

    def resolve_with_siblings(self, node: Node) -> Node:
        """As `resolve`, with what stands beside the reference: it counts too, and takes precedence."""
        target = self.resolve(node)
        if target is node or not isinstance(target.value, dict) or len(node.value) == 1:
            return target
        siblings = {k: v for k, v in node.value.items() if k != "$ref"}
        if target.file != node.file:
            siblings = self._rebase(siblings, node.file)
        return target.with_value({**target.value, **siblings})

    def warn(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        """Reports that the document is wrong. Repairs are for the document itself, not for other files."""
        own = repairs if node.file == self.source.root else ()
        self.diagnostics.add("warning", node.file, node.pointer, message, action, own)

    def error(self, node: Node, message: str, *, refused: bool = False) -> UnresolvedReferenceError:
        """The error to raise. Its line is found when it is printed: most errors are caught and become diagnostics."""
        find_line = partial(self.source.find_line, node.file, node.pointer)
        class_ = RefusedReferenceError if refused else UnresolvedReferenceError
        error = class_(f"{message} (at #{node.pointer})", node.file, find_line)
        error.reason = message
        return error

    # Names

    def _name(self, target: Node) -> Node:
        """The node with the name of the component that it is, or of the whole file."""
        name = self.component_names.get(target.key)
        if name is None and not target.pointer and target.file != self.source.root:
            name = name_file(target.file, self.source.root)
        return evolve(target, given_name=name) if name else target

    # Files and resources

    def _find(self, node: Node, reference: str) -> Node:
        path, _, fragment = reference.partition("#")
        root = self._find_resource(node, reference, path)
        identifiers = self._find_identifiers(root.file)
        document = Node(root.file, "", self.source.files[root.file].value)
        if fragment and not fragment.startswith("/"):
            name = urllib.parse.unquote(fragment)
            place = root.pointer if path else node.pointer
            anchor = identifiers.find_anchor(place, name) if identifiers else None
            if anchor is not None:
                return anchor
            if identifiers and (elsewhere := identifiers.find_anchor("", name)):
                self._warn_other_resource(node, reference)
                return elsewhere
            if "/" not in fragment:
                raise self.error(
                    node, f"reference {reference!r} names an anchor that does not exist; correct it"
                )
            self.warn(
                node,
                f"reference {reference!r} has no slash after '#'",
                "resolved as if it had one",
                Repair(node.pointer, {"$ref": reference.replace("#", "#/", 1)}),
            )
            fragment = "/" + fragment
        # "#/" is the value under the empty key. Where there is none, tools mean the whole file.
        if fragment == "/" and not (isinstance(root.value, dict) and "" in root.value):
            fragment = ""
        target = self._find_pointer(root, fragment)
        if target is None and root.pointer:
            target = self._find_pointer(document, fragment)
            if target is not None:
                self._warn_other_resource(node, reference)
        if target is None:
            raise self.error(node, f"reference {reference!r} does not resolve; correct it")
        return target

    def _warn_other_resource(self, node: Node, reference: str) -> None:
        message = f"reference {reference!r} leads to nothing in the schema whose `$id` is its base"
        self.warn(node, message, "resolved in the file around it")

    def _find_resource(self, node: Node, reference: str, path: str) -> Node:
        """The file or the schema with an `$id` that a reference names, without its fragment."""
        identifiers = self._find_identifiers(node.file)
        if not path:
            if identifiers is None:
                return Node(node.file, "", self.source.files[node.file].value)
            pointer = identifiers.resource(node.pointer)
            return _find_pointer(identifiers.root, pointer)
        base = _as_uri(node.file)
        if identifiers:
            base = identifiers.uris[identifiers.resource(node.pointer)]
        uri = urllib.parse.urljoin(base, path) if self._by_uri else path
        if uri in self._by_uri:
            return self._by_uri[uri]
        file = self._find_file(node, path, base)
        try:
            root = Node(file, "", self.source.get(file).value)
        except MissingFileError as error:
            message = f"reference {reference!r} cannot be resolved: {error}"
            raise self.error(node, message) from None
        except InputError as error:
            message = f"reference {reference!r} cannot be resolved: {error}"
            raise self.error(node, message, refused=True) from None
        self._find_identifiers(file)
        return root

    def _find_file(self, node: Node, path: str, base: str) -> str:
        """Where the file is that a reference names. Identifiers need not be where files are: what has the same place
        beside the base as beside the file is tried first (OpenAPI 3.2, "Establishing the Base URI")."""
        scheme = _SCHEME.match(path)
        is_supported = scheme is None or scheme[0].lower() in ("http:", "https:", "file:")
        if not is_supported:
            message = f"reference {path!r} names a URI that is neither a file nor of a known schema"
            is_location = path[scheme.end() :].startswith("//") if scheme else False
            raise self.error(node, f"{message}; correct it", refused=is_location)
        file = self.source.join(node.file, path)
        if base == _as_uri(node.file):
            return file
        if scheme is None:
            uri = urllib.parse.urljoin(base, path)
            is_remote = is_url(uri) and self.source.allow_remote and not Path(file).exists()
            return uri if is_remote else file
        # An absolute URI in the folder of the base
        folder = urllib.parse.urljoin(base, ".")
        if path.startswith(folder) and not is_url(node.file):
            beside = self.source.join(node.file, path.removeprefix(folder))
            return beside if Path(beside).exists() else file
        return file

    def _find_identifiers(self, file: str) -> Identifiers | None:
        """The identifiers in a file that was read; None where it has none."""
        if file not in self._identifiers:
            self._identifiers[file] = None
            # The texts of overlays, which add to the document, are among the files.
            texts = [self.source.files[file].text]
            if file == self.source.root:
                texts = [f.text for f in self.source.files.values()]
            if any(word in text for text in texts for word in WORDS):
                root = Node(file, "", self.source.files[file].value)
                identifiers = Identifiers.read(root, _as_uri(file))
                self._identifiers[file] = identifiers
                for pointer, uri in identifiers.uris.items():
                    self._by_uri.setdefault(uri, _find_pointer(root, pointer))
            self._is_dynamic |= any(
                word in text for text in texts for word in ("$dynamicRef", "$recursiveRef")
            )
        return self._identifiers[file]

    def _find_pointer(self, root: Node, pointer: str) -> Node | None:
        """The value at a JSON pointer in a URI fragment, whose tokens may be percent-encoded; None if it does not exist.

        A reference on the way is followed: in a document of many files the members of `components` are elsewhere.
        """
        node = root
        steps = 0
        for raw in pointer.split("/")[1:]:
            while (child := _find_child(node, raw)) is None:
                steps += 1
                if not is_reference(node.value) or steps > 100:
                    return None
                try:
                    node = self.resolve_once(node, node.value["$ref"])
                except UnresolvedReferenceError:
                    return None
            node = child
        return node

    def _rebase(self, value: Any, base: str) -> Any:
        """A value of the file `base`, its references such that they are the same in any other file."""
        if isinstance(value, list):
            return [self._rebase(v, base) for v in value]
        if not isinstance(value, dict):
            return value
        out = {k: self._rebase(v, base) for k, v in value.items()}
        if is_reference(value) and base != "-":
            path, _, fragment = value["$ref"].partition("#")
            file = self.source.join(base, path)
            out["$ref"] = f"{file if is_url(file) else urllib.parse.quote(file)}#{fragment}"
        return out

    # Dynamic scope

    def _enter(self, node: Node, target: Node) -> Node:
        """The target of a reference with the dynamic anchors that it inherits from `node`; those only that it uses."""
        scope = dict(node.scope)
        identifiers = self._find_identifiers(node.file)
        if identifiers:
            own = identifiers.dynamic.get(identifiers.scope(node.pointer), {})
            scope |= {name: n.key for name, n in own.items() if name not in scope}
        if not scope:
            return target
        theirs = self._find_identifiers(target.file)
        anchors = theirs.dynamic.get(theirs.scope(target.pointer), {}) if theirs else {}
        used = self._find_dynamic_names(target)
        kept = tuple(
            (name, key)
            for name, key in sorted(scope.items())
            if name in used and not (name in anchors and anchors[name].key == key)
        )
        return evolve(target, scope=kept) if kept else target

    def _find_dynamic_names(self, target: Node) -> frozenset[str]:
        """The names of all `$dynamicRef`s in a schema and in those that it refers to."""
        start = evolve(target, scope=())
        if start.key not in self._dynamic_names:
            names: set[str] = set()
            seen: set[Key] = set()
            todo = [start]
            while todo:
                node = todo.pop()
                if node.key in seen:
                    continue
                seen.add(node.key)
                value = node.value
                if isinstance(value, dict):
                    for keyword in ("$dynamicRef", "$recursiveRef"):
                        if isinstance(value.get(keyword), str):
                            names.add(value[keyword].partition("#")[2])
                    if is_reference(value):
                        # One that leads nowhere is reported where the schema is read.
                        with contextlib.suppress(UnresolvedReferenceError):
                            todo.append(evolve(self.resolve_once(node, value["$ref"]), scope=()))
                    todo += [node.child(k) for k, v in value.items() if isinstance(v, (dict, list))]
                elif isinstance(value, list):
                    todo += [node.child(i) for i in range(len(value))]
            self._dynamic_names[start.key] = frozenset(names)
        return self._dynamic_names[start.key]


def is_reference(value: Any) -> bool:
    """Whether a value is an object with a `$ref`."""
    return isinstance(value, dict) and isinstance(value.get("$ref"), str)


def name_file(file: str, root_file: str) -> str:
    """The name of what a whole file holds: its stem, or its folder where the stem says nothing. `root_file` is the document."""
    *folders, last = unquote_path(relative_path(file, root_file)).split("/")
    stem = posixpath.splitext(last)[0]
    for suffix in _KIND_SUFFIXES:
        stem = stem.removesuffix(suffix)
    folder = folders[-1] if folders else ""
    is_unspecific = stem.strip("_").lower() in _UNSPECIFIC_STEMS
    return folder if is_unspecific and folder.strip(".") else stem


def unquote_path(file: str) -> str:
    """The path of a file or a URL, not percent-encoded."""
    return urllib.parse.unquote(urllib.parse.urlsplit(file).path) if is_url(file) else file


def _as_uri(file: str) -> str:
    """The URI that a file was retrieved from."""
    if is_url(file):
        return file
    path = (
        Path.cwd() / "-" if file == "-" else f"/{git.split(file)[1]}" if git.is_git(file) else file
    )
    return "file://" + urllib.parse.quote(str(path))


def _find_child(node: Node, raw: str) -> Node | None:
    # Some documents have names with a percent sign and do not encode it, so the token as written comes first.
    for token in dict.fromkeys((raw, urllib.parse.unquote(raw))):
        (key,) = tokens("/" + token)
        if isinstance(node.value, dict) and key in node.value:
            return node.child(key)
        if isinstance(node.value, list) and key.isdigit() and int(key) < len(node.value):
            return node.child(int(key))
    return None


def _find_pointer(root: Node, pointer: str) -> Node:
    """The value at a pointer that exists."""
    node = root
    for token in tokens(pointer):
        node = node.child(int(token) if isinstance(node.value, list) else token)
    return node
