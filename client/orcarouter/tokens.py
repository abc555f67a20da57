"""What another process needs to go on with a task: its id and where it is, as one word without any secret."""

from __future__ import annotations

import base64
import binascii
import json

from attrs import asdict, frozen

from orcarouter.errors import ConfigurationError

__all__ = ["PREFIX", "ResumeToken"]

PREFIX = "orca1."


@frozen(kw_only=True)
class ResumeToken:
    """A task as one printable word, `orca1.` and base64url of JSON."""

    task_id: str
    model: str = ""
    submitted_at: float | None = None
    """Unix seconds."""
    base_url: str = ""
    """Where the task was submitted. It is only compared: no request ever goes where a token says."""

    def __str__(self) -> str:
        content = json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False)
        return PREFIX + base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> ResumeToken:
        """The token that a text is; a plain task id is one, too.

        Raises ConfigurationError for a token that cannot be read.
        """
        text = text.strip()
        if not text.startswith(PREFIX):
            if not text or not text.isprintable() or len(text) > 512:
                raise ConfigurationError("this is no task id")
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
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationError("the resume token is damaged, or of another version") from None
        texts = (token.task_id, token.model, token.base_url)
        if (
            not all(isinstance(each, str) for each in texts)
            or not token.task_id
            or not isinstance(token.submitted_at, int | float | None)
        ):
            raise ConfigurationError("the resume token is damaged, or of another version")
        return token
