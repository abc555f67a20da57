"""Media types (RFC 9110, section 8.3): comparing, and choosing the entry of a `content` map for a Content-Type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NewType

# The type of a body that is raw bytes although its media type is one of JSON.
Binary = NewType("Binary", bytes)

_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;]*)')


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def read_parameters(media_type: str) -> dict[str, str]:
    """The parameters of a media type; names in lower case."""
    pairs = _PARAMETER.findall(media_type)
    return {name.lower(): value.strip('"') for name, value in pairs}


def is_json(media_type: str) -> bool:
    """Whether a body of this media type, or media type range, is read as JSON."""
    name = essence(media_type)
    return name.endswith(("/json", "+json")) or name in ("*/*", "application/*")


def is_xml(media_type: str) -> bool:
    return essence(media_type).endswith(("/xml", "+xml"))


def is_text(media_type: str) -> bool:
    name = essence(media_type)
    return name.startswith("text/") or is_xml(name)


def find_most_specific(content: Mapping[str, Any], received: str) -> str | None:
    """The key of a `content` map for a Content-Type, None if no key matches (OpenAPI, Response Object, `content`).

    `type/*` goes before `*/*`, and parameters that match before none.
    """
    if received in content:
        return received
    name, parameters = essence(received), _distinctive(received)
    best, best_rank = None, (0, 0, 0)
    for key in content:
        pattern = re.escape(essence(key)).replace(r"\*", ".*")
        if not re.fullmatch(pattern, name):
            continue
        wanted = _distinctive(key)
        fits = wanted.items() <= parameters.items()
        # One whose parameters differ is better than none.
        rank = (2 if fits else 1, -pattern.count("*"), len(wanted))
        if best is None or rank > best_rank:
            best, best_rank = key, rank
    return best


def _distinctive(media_type: str) -> dict[str, str]:
    """The parameters that tell two media types apart: the charset says nothing about the schema."""
    parameters = read_parameters(media_type)
    parameters.pop("charset", None)
    return parameters
