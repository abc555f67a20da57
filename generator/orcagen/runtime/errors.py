"""What can go wrong with a request.

    APIError
    ├── ConnectError                    the request was never sent
    ├── TransportError                  the server may have received the request; there is no whole response
    │   └── TimeoutError                ... because a time limit passed
    ├── DecodingError                   the body of the response cannot be decoded
    └── HTTPStatusError                 a status that the document does not list as a success
        ├── BadRequestError             400
        ├── AuthenticationError         401
        ├── PaymentRequiredError        402
        ├── PermissionDeniedError       403
        ├── NotFoundError               404
        ├── ConflictError               409
        ├── UnprocessableEntityError    422
        ├── RateLimitError              429
        └── ServerError                 5XX

All of them can be pickled. None of them holds a credential.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, Self


class Headers(Mapping[str, str]):
    """The headers of an answer, by their names in any case; repeated ones are joined by commas."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._raw = tuple(raw)

    @cached_property
    def _headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self._raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    @property
    def request_id(self) -> str | None:
        """The server's name for the exchange, from the first header that ends in `request-id`."""
        return next((v for k, v in self.items() if k.endswith("request-id")), None)


NO_HEADERS = Headers()


class APIError(Exception):
    """The base of all errors of this package. `request` is the method and the path."""

    request: str = ""

    @classmethod
    def of(cls, text: str, **attributes: Any) -> Self:
        """The error with its attributes."""
        error = cls(text)
        vars(error).update(attributes)
        return error


class ConnectError(APIError):
    """No connection was made: the server has not seen the request."""


class TransportError(APIError):
    """The connection broke after the request was begun: the server may have acted on it."""


class TimeoutError(TransportError):
    """A time limit passed after the request was begun: the server may have acted on it."""


class DecodingError(APIError):
    """The answer cannot be read. It is kept in `content`."""

    status_code: int = 0
    headers: Headers = NO_HEADERS
    content: bytes = b""


class HTTPStatusError(APIError):
    """The server refused. `parsed` is the body as the document types it, else as JSON, else None."""

    status_code: int = 0
    headers: Headers = NO_HEADERS
    content: bytes = b""
    parsed: Any = None

    @property
    def request_id(self) -> str | None:
        """The server's name for the exchange."""
        return self.headers.request_id

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from Retry-After in seconds or as a date (RFC 9110, section 10.2.3); None where it is neither."""
        value = self.headers.get("retry-after", "").strip()
        if value.replace(".", "", 1).isdigit():
            return float(value)
        import datetime as dt
        from email.utils import parsedate_to_datetime

        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=dt.timezone.utc)
        return max(0.0, (date - dt.datetime.now(dt.timezone.utc)).total_seconds())


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


_BY_STATUS: dict[int, type[HTTPStatusError]] = {
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
    request: str,
    status_code: int,
    headers: Headers,
    content: bytes,
    parsed: Any,
    data: Any,
) -> HTTPStatusError:
    """The error for a status. `data` is the parsed JSON of the answer, if it has any; its message goes into the text."""
    kind = _BY_STATUS.get(
        status_code, ServerError if status_code >= 500 else HTTPStatusError
    )
    try:
        phrase = f" {HTTPStatus(status_code).phrase}"
    except ValueError:
        phrase = ""
    text = f"{status_code}{phrase} from {request}"
    if message := _message(data):
        text += f": {message}"
    if headers.request_id:
        text += f" (request id {headers.request_id})"
    return kind.of(
        text,
        request=request,
        status_code=status_code,
        headers=headers,
        content=content,
        parsed=parsed,
    )


_MESSAGES = ("error", "message", "detail", "title", "errors")


def _message(data: Any) -> str:
    """What an error body says: the usual places, one line."""
    while isinstance(data, dict):
        data = next((data[k] for k in _MESSAGES if data.get(k)), None)
    if isinstance(data, list) and data:
        return _message(
            data[0] if isinstance(data[0], dict) else {"message": str(data[0])}
        )
    text = " ".join(data.split()) if isinstance(data, str) else ""
    return text[:300]
