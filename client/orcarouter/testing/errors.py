"""The service's refusals, in both of its forms."""

from __future__ import annotations

from typing import Any, Literal

import attrs

__all__ = ["Envelope", "Refusal"]

Envelope = Literal["openai", "task"]

# Code and message that the service uses with a status.
_USUAL: dict[int, tuple[str | None, str]] = {
    400: ("invalid_request", "the request was refused"),
    401: (None, "invalid api key"),
    402: ("insufficient_user_quota", "not enough credit"),
    403: ("model_access_denied", "this key may not use the model"),
    404: ("model_not_found", "no such model"),
    413: ("read_request_body_failed", "request body too large"),
    429: ("rate_limit_exceeded", "rate limit exceeded"),
    500: ("do_request_failed", "the request to the provider failed"),
    501: ("not_implemented", "not implemented"),
    502: ("fallback_exhausted", "all providers failed"),
    503: ("get_channel_failed", "nothing serves this model at the moment"),
}


@attrs.frozen
class Refusal(Exception):
    """An answer of status 400 or more.

    A `code` or `message` of None is the usual one for the status, a `code` of "" is none at all. `envelope` is the
    form where the settings leave the choice to the service.
    """

    status: int
    code: str | None = None
    message: str | None = None
    envelope: Envelope = "openai"
    type: str = "orcarouter_api_error"

    def body(self, form: Literal["auto", "openai", "task"]) -> dict[str, Any]:
        """The JSON body."""
        usual_code, usual_message = _USUAL.get(
            self.status, ("upstream_error", "the provider failed")
        )
        code = usual_code if self.code is None else self.code or None
        message = usual_message if self.message is None else self.message
        if (self.envelope if form == "auto" else form) == "task":
            return {"code": code or "invalid_request", "message": message, "data": None}
        return {"error": {"message": message, "type": self.type, "code": code, "param": None}}
