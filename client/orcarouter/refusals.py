"""What an answer that is no success means: both error envelopes, and the words and statuses of the service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from attrs import frozen

from orcarouter.errors import (
    KeyRefused,
    ModelNotFound,
    NoCredit,
    NotPermitted,
    RateLimited,
    Refused,
)
from orcarouter.redaction import brief
from orcarouter.steps import Reply

__all__ = ["Envelope", "envelope", "made_no_task", "parsed", "refusal", "retry_after"]

# With these words the service says that it did not pass the request on (API reference, section 8.2).
_NOT_PASSED_ON = frozenset(
    {
        "invalid_request",
        "invalid_multipart_form",
        "read_request_body_failed",
        "model_price_error",
        "model_not_found",
        "model_access_denied",
        "get_channel_failed",
        "build_request_failed",
        "not_implemented",
        "insufficient_user_quota",
        "insufficient_quota",
        "insufficient_credit",
        "quota_insufficient",
    }
)
# Statuses below 500 after which the request may have taken effect all the same: they come from something in between.
_AMBIGUOUS = frozenset({408, 499})

_DAY = 86400.0


@frozen
class Envelope:
    """An error in the service's own words; what they are is described in section 8.1 of the API reference."""

    message: str
    code: str | None = None


def parsed(content: bytes) -> Any:
    """The JSON value of a body; None for what is no JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def envelope(status: int, body: Any) -> Envelope | None:
    """The error that a parsed body describes; None when it describes none (C6, C7)."""
    if not isinstance(body, Mapping):
        return None
    error = body.get("error")
    if isinstance(error, Mapping) and (error.get("message") or error.get("code") is not None):
        return Envelope(_word(error.get("message")) or "", _word(error.get("code")))
    if isinstance(error, str) and error:
        return Envelope(error)
    code, message = body.get("code"), body.get("message")
    unusual = status >= 400 or (isinstance(code, str) and code.casefold() not in ("", "success"))
    if unusual and isinstance(message, str) and (message or code):
        return Envelope(message, _word(code))
    return None


def _word(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def made_no_task(reply: Reply) -> bool:
    """Whether the answer to a submission says for sure that no task was made of it."""
    found = envelope(reply.status, parsed(reply.content))
    if found is not None and found.code in _NOT_PASSED_ON:
        return True
    # 303 alone of the redirections follows an effect.
    redirected = 300 <= reply.status < 400 and reply.status != 303
    return redirected or (400 <= reply.status < 500 and reply.status not in _AMBIGUOUS)


def refusal(reply: Reply, subject: str) -> Refused:
    """The error for an answer. `subject` is what was refused, such as `the submission`.

    The service's word decides before the status (C9, C10).
    """
    found = envelope(reply.status, parsed(reply.content))
    code = found.code if found else None
    kind, why = _kind(reply.status, code)
    text = f"the service refused {subject}: {why}"
    if found and found.message:
        text += f": {brief(found.message)}"
    details = [f"HTTP {reply.status}"]
    details += [f"code {brief(code, 60)}"] if code else []
    details += [f"request id {brief(reply.request_id, 60)}"] if reply.request_id else []
    return kind(
        f"{text} ({', '.join(details)})",
        status=reply.status,
        code=code,
        request_id=reply.request_id,
        retry_after=retry_after(reply),
    )


def _kind(status: int, code: str | None) -> tuple[type[Refused], str]:
    word = (code or "").casefold()
    if word == "model_not_found":
        return ModelNotFound, "it does not know the model, or nothing serves it now"
    if status == 429:
        return RateLimited, "too many requests"
    if status == 402 or (status == 403 and ("quota" in word or "credit" in word)):
        return NoCredit, "no credit left"
    if status == 401:
        return KeyRefused, "the API key is not accepted"
    if status == 403:
        return NotPermitted, "the key may not do this"
    if 300 <= status < 400:
        return Refused, "it answers at another address; check the base URL"
    return Refused, "the request is not accepted"


def retry_after(reply: Reply) -> float | None:
    """Seconds to wait before the next request, from Retry-After in seconds or as a date, a day at most; None where it
    is not given.

    A date is held against the date of the answer itself: the two clocks may differ.
    """
    value = reply.header("retry-after").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal():
        return min(_DAY, float(value))
    date = _date(value)
    if date is None:
        return None
    now = _date(reply.header("date")) or datetime.now(UTC)
    return min(_DAY, max(0.0, (date - now).total_seconds()))


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
