"""What can go wrong with a request; the tree stands at the top of `_runtime.errors`."""

from ._runtime.errors import (
    BadRequest,
    Conflict,
    ConnectionFailed,
    DecodeError,
    Error,
    Forbidden,
    NotFound,
    PaymentRequired,
    ServerError,
    StatusError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnprocessableContent,
)

__all__ = [
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "DecodeError",
    "Error",
    "Forbidden",
    "NotFound",
    "PaymentRequired",
    "ServerError",
    "StatusError",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnprocessableContent",
]
