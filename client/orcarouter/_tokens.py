"""Resume tokens: all that another process needs in order to wait for a task, without credentials."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from attrs import asdict, frozen

from orcarouter.errors import ConfigurationError
from orcarouter_api._runtime.urls import parse_url

__all__ = ["PREFIX", "ResumeToken"]

PREFIX = "orca1."


@frozen(kw_only=True)
class ResumeToken:
    """A task reference. Its text form is `orca1.` and base64url of a JSON object."""

    task_id: str
    model: str = ""
    """Empty if unknown."""
    submitted_at: float | None = None
    """Unix time in seconds; None if unknown."""
    base_url: str = ""
    """The service that has the task. Only compared with the client's own base URL: no request ever
    goes to an address that comes from a token."""

    def __str__(self) -> str:
        content = json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False)
        return PREFIX + base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> ResumeToken:
        """Parse a resume token, or a plain task id.

        Raises ConfigurationError if the text is neither.
        """
        text = text.strip()
        if not text.startswith(PREFIX):
            if not text or not text.isprintable() or len(text) > 512:
                raise ConfigurationError("not a task id")
            return cls(task_id=text)
        encoded = text[len(PREFIX) :]
        try:
            content = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            token = cls(
                task_id=content["task_id"],
                model=content.get("model", ""),
                submitted_at=content.get("submitted_at"),
                base_url=content.get("base_url", ""),
            )
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ConfigurationError(_INVALID) from None
        strings: tuple[Any, ...] = (token.task_id, token.model, token.base_url)
        if (
            not all(isinstance(value, str) for value in strings)
            or not token.task_id
            or (strings[2] and parse_url(strings[2]) is None)
            or not isinstance(token.submitted_at, int | float | None)
        ):
            raise ConfigurationError(_INVALID)
        return token


_INVALID = "the resume token is damaged, or of an unsupported version"
