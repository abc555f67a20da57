"""Interprets unsuccessful responses: both error envelopes, the service's error codes, the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import frozen

from orcarouter._redaction import one_line
from orcarouter.errors import (
    AuthenticationError,
    InsufficientCreditError,
    ModelNotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestRejectedError,
)
from orcarouter_api._runtime.damaged_json import read_json
from orcarouter_api._runtime.lookups import is_refused
from orcarouter_api.errors import HTTPStatusError

__all__ = [
    "ServiceError",
    "definitely_not_accepted",
    "get_request_id",
    "make_rejection_error",
    "parse_error",
    "parse_retry_after",
]

# The service sends these codes only if it did not forward the request (API reference, section 8.2).
_NOT_FORWARDED_CODES = frozenset(
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
_MAX_RETRY_AFTER = 86400.0  # a day, in seconds


class HTTPResponse(Protocol):
    """A response of the service, whatever its status."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


def get_request_id(response: HTTPResponse) -> str | None:
    """The service's id of the request (`X-Orca-Request-Id`); None if there is none."""
    return response.headers.get("x-orca-request-id") or None


@frozen
class ServiceError:
    """An error that the service describes in a response body (API reference, section 8.1)."""

    message: str
    code: str | None = None


def parse_error(status_code: int, body: Any) -> ServiceError | None:
    """The error that a parsed body describes, in either envelope; None if there is none (C6, C7)."""
    if not isinstance(body, Mapping):
        return None
    error = body.get("error")
    if isinstance(error, Mapping) and (error.get("message") or error.get("code") is not None):
        return ServiceError(_to_text(error.get("message")) or "", _to_text(error.get("code")))
    if isinstance(error, str) and error:
        return ServiceError(error)
    code, message = body.get("code"), body.get("message")
    # Successful responses have the fields `code` and `message` as well.
    is_error = status_code >= 400 or (
        isinstance(code, str) and code.casefold() not in ("", "success")
    )
    if is_error and isinstance(message, str) and (message or code):
        return ServiceError(message, _to_text(code))
    return None


def _to_text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def definitely_not_accepted(response: HTTPResponse) -> bool:
    """Whether a response to a submission proves that no task was created.

    Only then may the submission be repeated. In doubt the answer is False.
    """
    error = parse_error(response.status_code, read_json(response.content))
    if error is not None and error.code in _NOT_FORWARDED_CODES:
        return True
    return is_refused(response.status_code)


def make_rejection_error(response: HTTPResponse, subject: str) -> RequestRejectedError:
    """The exception for a response that rejects a request.

    `subject` completes "the service rejected", such as `the submission`. The service's code takes
    precedence over the status (C9, C10).
    """
    error = parse_error(response.status_code, read_json(response.content))
    code = error.code if error else None
    error_class, meaning = _classify(response.status_code, code)
    text = f"the service rejected {subject}: {meaning}"
    if error and error.message:
        text += f": {one_line(error.message)}"
    details = [f"HTTP {response.status_code}"]
    details += [f"code {one_line(code, 60)}"] if code else []
    request_id = get_request_id(response)
    details += [f"request id {one_line(request_id, 60)}"] if request_id else []
    return error_class(
        f"{text} ({', '.join(details)})",
        status_code=response.status_code,
        code=code,
        request_id=request_id,
        retry_after=parse_retry_after(response),
    )


def _classify(status_code: int, code: str | None) -> tuple[type[RequestRejectedError], str]:
    code = (code or "").casefold()
    if code == "model_not_found":
        return ModelNotFoundError, "the model is unknown or currently not available"
    if status_code == 429:
        return RateLimitError, "too many requests"
    if status_code == 402 or (status_code == 403 and ("quota" in code or "credit" in code)):
        return InsufficientCreditError, "no credit left"
    if status_code == 401:
        return AuthenticationError, "the API key is not accepted"
    if status_code == 403:
        return PermissionDeniedError, "the key does not have this permission"
    if 300 <= status_code < 400:
        return RequestRejectedError, "it redirects to another URL; check the base URL"
    return RequestRejectedError, "the request is invalid"


def parse_retry_after(response: HTTPResponse) -> float | None:
    """Seconds to wait, from the Retry-After header; at most a day, None if there is none."""
    seconds = HTTPStatusError.of("", headers=response.headers).retry_after
    return None if seconds is None else min(_MAX_RETRY_AFTER, seconds)
