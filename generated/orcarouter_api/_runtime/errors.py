"""The exceptions of this package.

    APIError
    ├── ConfigurationError
    ├── InvalidRequestError             nothing was sent
    ├── ConnectError                    nothing was sent
    ├── TransportError                  the request may have arrived
    │   └── TimeoutError
    ├── DecodingError
    └── HTTPStatusError
        ├── NotModifiedError            304
        ├── BadRequestError             400
        ├── AuthenticationError         401
        ├── PaymentRequiredError        402
        ├── PermissionDeniedError       403
        ├── NotFoundError               404
        ├── ConflictError               409
        ├── UnprocessableEntityError    422
        ├── RateLimitError              429
        └── ServerError                 5XX

All of them can be pickled. None of them contains a credential.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, Self, cast

from attrs import frozen


class Headers(Mapping[str, str]):
    """Headers of a response. Names have any case; the values of repeated ones are joined by commas."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._raw = tuple(raw)

    @cached_property
    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in self._raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return headers

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    @property
    def request_id(self) -> str | None:
        """The first header whose name ends in `request-id`."""
        return next((v for k, v in self.items() if k.endswith("request-id")), None)


NO_HEADERS = Headers()
_LONGEST_WAIT = 1e9  # seconds: sleeping longer is an error of its own


class APIError(Exception):
    """The base class of all exceptions. `request` is the method and the path, such as "GET /pets", and `attempts` how often
    the client tried; see `Retries`.
    """

    request: str = ""
    attempts: int = 1

    @classmethod
    def of(cls, message: str, **attributes: Any) -> Self:
        """An exception with attributes. They are not arguments, so that it can be pickled."""
        error = cls(message)
        vars(error).update(attributes)
        return error


class ConfigurationError(APIError, ValueError):
    """An option, a credential or the environment is wrong: nothing was sent."""


class ConnectError(APIError):
    """No connection: the server has not received the request."""


class TransportError(APIError):
    """The connection failed later: the server may have acted on the request."""


class TimeoutError(TransportError):
    """A timeout passed: the server may have acted on the request."""


@frozen
class Problem:
    """A place in a body that does not fit the document.

    `pointer` is a JSON pointer (RFC 6901) in the body, `schema` one in the document: that of the component, or of the part
    of an operation, which describes the object with the place; "" outside of objects. `expected` and `actual` are words.
    """

    pointer: str
    expected: str
    actual: str
    schema: str = ""

    def __str__(self) -> str:
        schema = f" ({self.schema})" if self.schema else ""
        return f"{self.pointer or 'body'}: expected {self.expected}, found {self.actual}{schema}"


def quote_problems(problems: tuple[Problem, ...]) -> str:
    """The end of a sentence about a body: the first ten places."""
    places = "; ".join(map(str, problems[:10]))
    more = f"; and {len(problems) - 10} more" if len(problems) > 10 else ""
    return f"does not fit the document: {places}{more}"


class InvalidRequestError(APIError, ValueError):
    """With the client's option `validate_requests`, a request that does not fit the document: nothing was sent.

    `problems` has every place, as JSON pointers in an object with `path`, `query`, `header`, `cookie` and `body`.
    """

    problems: tuple[Problem, ...] = ()


class DecodingError(APIError):
    """The body of a response is not as documented, or longer than the client's `max_response_size`.

    With the client's `strict=True`, `problems` has every place that does not fit.
    """

    status_code: int = 0
    headers: Headers = NO_HEADERS
    content: bytes = b""
    problems: tuple[Problem, ...] = ()


class HTTPStatusError(APIError):
    """A response with a status that is not a success.

    `parsed` is the body as the document types it; any JSON if that fails; None if it is not JSON.
    """

    status_code: int = 0
    headers: Headers = NO_HEADERS
    content: bytes = b""
    parsed: Any = None

    @property
    def request_id(self) -> str | None:
        """See `Headers.request_id`."""
        return self.headers.request_id

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from the header Retry-After (RFC 9110, section 10.2.3), at most 1e9; None without a valid one.

        A date counts from the header Date, because the two clocks may differ.
        """
        value = self.headers.get("retry-after", "").strip()
        if value.replace(".", "", 1).isdecimal():
            return min(float(value), _LONGEST_WAIT)
        date, sent = _parse_date(value), _parse_date(self.headers.get("date", ""))
        if date is None:
            return None
        wait = date - (sent or time.time())
        return min(max(0.0, wait), _LONGEST_WAIT)


def _parse_date(value: str) -> float | None:
    """Unix time."""
    from datetime import timezone
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(value)
        is_naive = date.tzinfo is None
        return (date.replace(tzinfo=timezone.utc) if is_naive else date).timestamp()
    except (ValueError, TypeError, LookupError, OverflowError):
        return None


class NotModifiedError(HTTPStatusError):
    """304, where it is documented: the caller still has the result of a conditional request (RFC 9110, section 15.4.5)."""


class BadRequestError(HTTPStatusError):
    """400"""


class AuthenticationError(HTTPStatusError):
    """401"""


class PaymentRequiredError(HTTPStatusError):
    """402"""


class PermissionDeniedError(HTTPStatusError):
    """403"""


class NotFoundError(HTTPStatusError):
    """404"""


class ConflictError(HTTPStatusError):
    """409"""


class UnprocessableEntityError(HTTPStatusError):
    """422"""


class RateLimitError(HTTPStatusError):
    """429"""


class ServerError(HTTPStatusError):
    """5XX"""


_CLASSES: dict[int, type[HTTPStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(
    request: str, status_code: int, headers: Headers, data: Any, **attributes: Any
) -> HTTPStatusError:
    """The exception for a status. Its message quotes that of `data`, the body as JSON."""
    default = ServerError if status_code >= 500 else HTTPStatusError
    if attributes.pop("is_not_modified", False):
        default = NotModifiedError
    try:
        phrase = f" {HTTPStatus(status_code).phrase}"
    except ValueError:
        phrase = ""
    text = f"{status_code}{phrase} from {request}"
    if message := find_message(data):
        text += f": {message}"
    if headers.request_id:
        text += f" (request id {headers.request_id})"
    attributes |= {"request": request, "status_code": status_code, "headers": headers}
    return _CLASSES.get(status_code, default).of(text, **attributes)


# `title` and `detail` are those of RFC 9457, the others are widespread.
_MESSAGES = ("error", "message", "detail", "title", "errors")


def find_message(data: Any) -> str:
    """The message in an error body, in one line of at most 300 characters; "" if there is none."""
    while isinstance(data, dict):
        properties = cast("dict[str, Any]", data)
        names = [name for name in _MESSAGES if properties.get(name)]
        data = properties[names[0]] if names else None
    if isinstance(data, list) and data:
        first = cast("list[object]", data)[0]
        return find_message(first if isinstance(first, dict) else str(first))
    text = " ".join(data.split()) if isinstance(data, str) else ""
    return text[:300]
