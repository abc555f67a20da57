"""Resume tokens: text with all that another process needs to go on with a task, without credentials."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, cast

from .errors import ConfigurationError

_PREFIX = "task1."


def write_token(content: Mapping[str, Any]) -> str:
    """The token of parsed JSON."""
    text = json.dumps(content, separators=(",", ":")).encode()
    return _PREFIX + urlsafe_b64encode(text).decode().rstrip("=")


def read_token(token: str) -> dict[str, Any]:
    """What a resume token has. Raises ConfigurationError for one that is damaged."""
    encoded = token.strip()[len(_PREFIX) :]
    try:
        data: Any = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        content = cast("dict[str, Any]", data)
        is_whole = all(
            isinstance(content[name], str) for name in ("operation", "id", "base_url")
        )
        is_whole = is_whole and isinstance(content["values"], dict)
        is_whole = is_whole and isinstance(content["poll"], int)
        is_whole = is_whole and isinstance(
            content["started_at"], (int, float, type(None))
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        is_whole, content = False, {}
    if not is_whole:
        raise ConfigurationError(
            "the resume token is damaged, or of an unsupported version"
        )
    return content


def is_token(text: str) -> bool:
    """Whether a text is a resume token, and no id."""
    return text.strip().startswith(_PREFIX)
