"""What can go wrong with a request.

    Error
    ├── ConnectionFailed        the request was never sent
    ├── TransportError          it may have been received; there is no whole answer
    ├── DecodeError             the answer is not what the document says
    └── StatusError             a status that the document does not call a success
        ├── BadRequest          400
        ├── Unauthorized        401
        ├── PaymentRequired     402
        ├── Forbidden           403
        ├── NotFound            404
        ├── Conflict            409
        ├── UnprocessableContent  422
        ├── TooManyRequests     429
        └── ServerError         5XX

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


class Error(Exception):
    """The base of all errors of this package. `request` is the method and the path."""

    request: str = ""

    @classmethod
    def of(cls, text: str, **attributes: Any) -> Self:
        """The error with its attributes."""
        error = cls(text)
        vars(error).update(attributes)
        return error


class ConnectionFailed(Error):
    """No connection was made: the server has not seen the request."""


class TransportError(Error):
    """The connection broke, or time ran out, after the request was begun: the server may have acted on it."""

    timeout: bool = False


class DecodeError(Error):
    """The answer cannot be read. It is kept in `content`."""

    status: int = 0
    headers: Headers = NO_HEADERS
    content: bytes = b""


class StatusError(Error):
    """The server refused. `body` is the answer as the document types it, else as JSON, else None."""

    status: int = 0
    headers: Headers = NO_HEADERS
    content: bytes = b""
    body: Any = None

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


class BadRequest(StatusError):
    """400"""


class Unauthorized(StatusError):
    """401"""


class PaymentRequired(StatusError):
    """402"""


class Forbidden(StatusError):
    """403"""


class NotFound(StatusError):
    """404"""


class Conflict(StatusError):
    """409"""


class UnprocessableContent(StatusError):
    """422"""


class TooManyRequests(StatusError):
    """429"""


class ServerError(StatusError):
    """5XX"""


_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: UnprocessableContent,
    429: TooManyRequests,
}


def status_error(
    request: str,
    status: int,
    headers: Headers,
    content: bytes,
    body: Any,
    data: Any,
) -> StatusError:
    """The error for a status. `data` is the parsed JSON of the answer, if it has any; its message goes into the text."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else StatusError)
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    text = f"{status}{phrase} from {request}"
    if message := _message(data):
        text += f": {message}"
    if headers.request_id:
        text += f" (request id {headers.request_id})"
    return kind.of(
        text,
        request=request,
        status=status,
        headers=headers,
        content=content,
        body=body,
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
