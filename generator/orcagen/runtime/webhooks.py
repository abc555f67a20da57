"""Webhooks: whether a request comes from who has the secret, and the event in its body.

The signature is an HMAC of the body (RFC 2104). By default it is that of the Standard Webhooks specification; `Signature`
describes others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Generic, Literal, TypeVar

from attrs import frozen

from .model import Codec

T = TypeVar("T")

_PLACEHOLDER = re.compile(rb"\{(body|id|timestamp)\}")


class WebhookVerificationError(Exception):
    """The request is not signed with any of the secrets, or it is too old, or its body is not JSON."""


@frozen(kw_only=True)
class Signature:
    """How requests are signed.

    The value of `header` has one signature or several, divided by `separator`; those that begin with `prefix` count.
    Each is the HMAC of `content`, in which `{body}`, `{id}` and `{timestamp}` are replaced. The id is the value of
    `id_header`; the timestamp, in Unix seconds, that of `timestamp_header`, there after `timestamp_prefix` if there are
    several parts. A secret may begin with `secret_prefix`, and is text, or bytes in Base64 or hexadecimal digits.
    """

    header: str
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    separator: str = ","
    prefix: str = ""
    content: str = "{body}"
    id_header: str = ""
    timestamp_header: str = ""
    timestamp_prefix: str = ""
    secret_encoding: Literal["text", "base64", "hex"] = "text"
    secret_prefix: str = ""

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        tolerance: float,
        received_at: float,
    ) -> None:
        """Raises WebhookVerificationError. The names in `headers` are in lower case."""
        signed = self._find_parts(headers, self.header, self.prefix)
        if not signed:
            raise WebhookVerificationError(
                f"the request has no signature in `{self.header}`"
            )
        timestamps = self._find_parts(
            headers, self.timestamp_header, self.timestamp_prefix
        )
        timestamp = timestamps[0] if timestamps else ""
        if self.timestamp_header:
            # At most 15 digits: int() takes time that is quadratic in their number.
            if not re.fullmatch(r"[0-9]{1,15}", timestamp):
                message = f"the request has no timestamp in `{self.timestamp_header}`"
                raise WebhookVerificationError(message)
            if abs(received_at - int(timestamp)) > tolerance:
                raise WebhookVerificationError(
                    f"the request was signed more than {tolerance:g} seconds ago or ahead"
                )
        id_ = headers.get(self.id_header.lower(), "")
        if self.id_header and not id_:
            raise WebhookVerificationError(
                f"the request has no id in `{self.id_header}`"
            )
        is_valid = False
        for secret in secrets:
            expected = self._compute(secret, body, id_, timestamp)
            for signature in signed:
                # All are compared, each in constant time.
                is_valid |= hmac.compare_digest(
                    expected.encode(), signature.encode(errors="replace")
                )
        if not is_valid:
            raise WebhookVerificationError(
                "the signature was made with another secret or body"
            )

    def sign(
        self, body: bytes, secret: str, id_: str, timestamp: int
    ) -> dict[str, str]:
        """The headers of a signed request."""
        value = self.prefix + self._compute(secret, body, id_, str(timestamp))
        headers = {self.header: value}
        if self.timestamp_header == self.header:
            headers[self.header] = (
                f"{self.timestamp_prefix}{timestamp}{self.separator}{value}"
            )
        elif self.timestamp_header:
            headers[self.timestamp_header] = f"{self.timestamp_prefix}{timestamp}"
        if self.id_header:
            headers[self.id_header] = id_
        return headers

    def _find_parts(
        self, headers: Mapping[str, str], header: str, prefix: str
    ) -> list[str]:
        value = headers.get(header.lower(), "") if header else ""
        parts = (part.strip() for part in value.split(self.separator or None))
        return [
            part[len(prefix) :] for part in parts if part and part.startswith(prefix)
        ]

    def _compute(self, secret: str, body: bytes, id_: str, timestamp: str) -> str:
        values = {b"body": body, b"id": id_.encode(), b"timestamp": timestamp.encode()}
        content = _PLACEHOLDER.sub(
            lambda match: values[match[1]], self.content.encode()
        )
        digest = hmac.new(
            self._read_secret(secret), content, getattr(hashlib, self.algorithm)
        )
        if self.encoding == "hex":
            return digest.hexdigest()
        return base64.b64encode(digest.digest()).decode()

    def _read_secret(self, secret: str) -> bytes:
        text = secret.removeprefix(self.secret_prefix)
        try:
            if self.secret_encoding == "base64":
                return base64.b64decode(text, validate=True)
            return (
                bytes.fromhex(text) if self.secret_encoding == "hex" else text.encode()
            )
        except (binascii.Error, ValueError):
            # Without the cause, whose text could quote the secret.
            message = f"a webhook secret is not {self.secret_encoding}"
            raise ValueError(message) from None


# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
STANDARD = Signature(
    header="webhook-signature",
    encoding="base64",
    separator=" ",
    prefix="v1,",
    content="{id}.{timestamp}.{body}",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    secret_encoding="base64",
    secret_prefix="whsec_",
)


class Webhooks(Generic[T]):
    """The webhooks of an API. `types` are the types of their bodies, in the words of models/, by name."""

    def __init__(
        self, types: Mapping[str, str], signature: Signature = STANDARD
    ) -> None:
        self.types, self.signature = types, signature

    def unwrap(
        self,
        body: bytes | str,
        headers: Mapping[str, str],
        secret: str | Iterable[str],
        *,
        event: str | None = None,
        tolerance: float = 300,
    ) -> T:
        """Verify a request and read its body.

        Args:
            body: The body as it came: parsed and written again, it has another signature.
            headers: All headers. Names have any case.
            secret: The secret, or several while one replaces another.
            event: The name of the webhook, where the request says it elsewhere. By default the body decides.
            tolerance: Seconds that the signature may be old or ahead. A request cannot be replayed after that.

        Raises:
            WebhookVerificationError: The request is not to be trusted, or is not JSON.
            ValueError: A secret cannot be read, there is none, or there is no webhook of that name.
        """
        data = body.encode() if isinstance(body, str) else bytes(body)
        secrets = [secret] if isinstance(secret, str) else list(secret)
        if not any(secrets):
            raise ValueError("verifying a webhook needs a secret")
        lower = {name.lower(): value for name, value in headers.items()}
        self.signature.verify(
            data, lower, filter(None, secrets), tolerance, time.time()
        )
        return self.parse(data, event=event)

    def parse(self, body: bytes | str, *, event: str | None = None) -> T:
        """Read a body without verifying it. Raises as `unwrap` does."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise WebhookVerificationError(f"the body is not JSON: {error}") from error
        if event is None:
            return self._codec.decode(data)
        if event not in self.types:
            names = ", ".join(self.types)
            raise ValueError(f"there is no webhook {event!r}; the names are {names}")
        value: T = Codec[T](self.types[event]).decode(data)
        return value

    def sign(
        self,
        body: bytes | str,
        secret: str,
        *,
        message_id: str = "msg_1",
        timestamp: float | None = None,
    ) -> dict[str, str]:
        """The headers of a signed request, for tests of handlers. `timestamp` is in Unix seconds, by default now."""
        data = body.encode() if isinstance(body, str) else body
        return self.signature.sign(
            data, secret, message_id, int(timestamp or time.time())
        )

    @cached_property
    def _codec(self) -> Codec[T]:
        return Codec(" | ".join(self.types.values()))
