"""The parts of a document, its paths and components: where each of them stands, and which others refer to it.

A run notes them, so that the next one knows what a change of the document can touch.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any, TypeAlias

from attrs import evolve, frozen

from orcagen import json_text
from orcagen.document import References
from orcagen.json_text import Spans
from orcagen.pointers import escaped, tokens

Uses: TypeAlias = dict[str, dict[str, bool]]

_PART = re.compile(
    r"/(?:paths|webhooks|x-webhooks|definitions|parameters|responses|components/[^/]*)/[^/]*"
)
# Where a reference is only a name: what it refers to is the type of something, and not taken apart.
_NAMING = re.compile(
    r".*/(?:properties/[^/]*|items|additionalProperties|responses/[^/]*(?:/content/[^/]*)?/schema)"
)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_COMBINING = frozenset(
    ("allOf", "oneOf", "anyOf", "enum", "const", "patternProperties", *_REFERENCES)
)
_INSIDE = frozenset(("properties", "required", "additionalProperties"))
_MARGIN = 1 << 16


@frozen
class Parts:
    """The text of a document in JSON. `spans` are where its parts begin and end, in their order. `uses` names the parts
    that refer to each part, and says whether one looks into it."""

    text: bytes
    spans: Spans
    uses: Uses

    @classmethod
    def of(cls, text: str, places: Spans, uses: Uses) -> Parts:
        """`places` are characters of the text."""
        spans = {p: span for p, span in places.items() if _PART.fullmatch(p)}
        return cls(text.encode(), json_text.in_bytes(text, spans), uses)

    def value(self, part: str) -> Any:
        return json.loads(self._raw(part))

    def document(self, chosen: dict[str, Any]) -> Any:
        """The document with these values for its parts, and no others."""
        root = json.loads(b"null".join(self._between()))
        for part in self.spans:
            *path, name = tokens(part)
            holder = root
            for token in path:
                holder = holder[token]
            if part in chosen:
                holder[name] = chosen[part]
            else:
                del holder[name]
        return root

    def changed(self, new: Parts) -> list[str] | None:
        """The parts with another value; None where more than parts differ."""
        if [*self.spans] != [*new.spans]:
            return None
        if self._between() != new._between() and not _same(self.document({}), new.document({})):
            return None
        others = (p for p in self.spans if self._raw(p) != new._raw(p))
        return [p for p in others if not _same(self.value(p), new.value(p))]

    def following(self, text: bytes) -> Parts | None:
        """The parts of a text that differs from this one in some of them alone."""
        between, spans, at = self._between(), dict[str, tuple[int, int]](), 0
        for part, before, behind in zip(self.spans, between, between[1:], strict=False):
            if not text.startswith(before, at):
                return None
            at += len(before)
            raw = self._raw(part)
            end = at + len(raw)
            if not (text.startswith(raw, at) and text.startswith(behind, end)):
                end = _end(text, at, 2 * len(raw) + _MARGIN)
            spans[part] = (at, end)
            at = end
        return evolve(self, text=text, spans=spans) if text[at:] == between[-1] else None

    def line(self, pointer: str) -> int:
        """The line, from 1, on which the value at a pointer begins."""
        part = part_of(pointer)
        if part not in self.spans:
            return json_text.line(self.text.decode(), {"": (0, 0)}, pointer)
        begin, _ = self.spans[part]
        inside = json_text.line(self._raw(part).decode(), {"": (0, 0)}, pointer[len(part) :])
        return self.text.count(b"\n", 0, begin) + inside

    def _raw(self, part: str) -> bytes:
        begin, end = self.spans[part]
        return self.text[begin:end]

    def _between(self) -> list[bytes]:
        """The text before, between and behind the parts."""
        ends = [0, *(end for _, end in self.spans.values())]
        begins = [*(begin for begin, _ in self.spans.values()), len(self.text)]
        return [self.text[a:b] for a, b in zip(ends, begins, strict=True)]


def part_of(pointer: str) -> str:
    """The pointer of the part in which a place is."""
    return "/".join(pointer.split("/", 4)[: 4 if pointer.startswith("/components/") else 3])


def uses_of(references: References) -> Uses:
    """Who refers to whom, as the stages followed it."""
    out: Uses = {}
    for target, places in references.followed():
        part = part_of(target)
        users = out.setdefault(part, {})
        for place, whole in places.items():
            user = part_of(place)
            names = target == part and place != user and _NAMING.fullmatch(place)
            looks = whole or not names
            users[user] = users.get(user, False) or looks
    return out


def referred(value: Any) -> Iterator[str]:
    """The pointers to which a part refers in its document, and what may be names of components."""
    if isinstance(value, dict):
        for key in _REFERENCES:
            if isinstance(value.get(key), str):
                reference = value[key].partition("#")[2]
                yield from dict.fromkeys((reference, urllib.parse.unquote(reference)))
        if isinstance(mapping := value.get("mapping"), dict):
            for target in (t for t in mapping.values() if isinstance(t, str)):
                yield target.partition("#")[2]
                yield from (
                    f"{g}/{escaped(target)}" for g in ("/components/schemas", "/definitions")
                )
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from referred(inner)


def shown(value: Any) -> str | None:
    """What a schema shows to those that refer to it by name; None for one that they take apart."""
    if not isinstance(value, dict) or value.keys() & _COMBINING or not value.get("properties"):
        return None
    if value.get("type", "object") != "object":
        return None
    return json.dumps({k: v for k, v in value.items() if k not in _INSIDE})


def _same(a: Any, b: Any) -> bool:
    return json.dumps(a) == json.dumps(b)  # the order of keys and the kind of numbers included


def _end(text: bytes, at: int, most: int) -> int:
    """Where the value ends that begins at a place. Raises ValueError."""
    for piece in (text[at : at + most], text[at:]):
        try:
            known = piece.decode(errors="ignore")  # it may end in a character
            return at + len(known[: json.JSONDecoder().raw_decode(known)[1]].encode())
        except json.JSONDecodeError as error:
            problem = error
    raise problem
