"""Responses: the types that the document gives them, and one that was received."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ForwardRef, Generic, TypeVar, cast

from attrs import field, frozen

from .annotations import get_reader
from .encoder import parse_json
from .errors import DecodingError, Headers, HTTPStatusError, status_error

if TYPE_CHECKING:
    from .call import Request

T = TypeVar("T")


class Responses(dict[int | str, Any]):
    """The Responses Object of an operation: the type of the body for each status; see `Call.of`."""

    def is_success(self, status_code: int) -> bool:
        """Whether the document has this status as a success.

        If it has no 2XX, every 2XX is one, and so is a 3XX that it has.
        """
        hundreds = status_code // 100
        documented = status_code in self or f"{hundreds}XX" in self
        if documented and hundreds == 2:
            return True
        if any(str(status)[0] == "2" for status in self):
            return False
        return hundreds == 2 or (documented and hundreds == 3)

    @property
    def accept(self) -> str:
        """The Accept header: the media types of successes."""
        media_types: dict[str, None] = {}
        for status, type_ in self.items():
            if type_ is not None and str(status)[0] in "2d":  # d: default
                if isinstance(type_, Mapping):
                    media_types |= dict.fromkeys(cast("Mapping[str, Any]", type_))
                else:
                    media_types["application/json"] = None
        return ", ".join(media_types) or "*/*"

    def find(
        self, status_code: int, headers: Mapping[str, str]
    ) -> tuple[str, Any] | None:
        """The media type and the type of a body; None if the document has no body for the status."""
        by_range = self.get(f"{status_code // 100}XX", self.get("default"))
        type_ = self.get(status_code, by_range)
        if type_ is None:
            return None
        if not isinstance(type_, Mapping):
            return "application/json", type_
        types = [(essence(k), t) for k, t in cast("Mapping[str, Any]", type_).items()]
        received = essence(headers.get("content-type", ""))
        for media_type, type_ in types:
            pattern = re.escape(media_type).replace(r"\*", ".*")
            if re.fullmatch(pattern, received):
                return received, type_
        # Content-Type is missing or wrong: the first one of the document.
        return types[0] if types else None

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle cannot do forward references, which the unions of models/ contain.
        import io
        import pickle

        class TypePickler(pickle.Pickler):
            def reducer_override(self, obj: Any) -> Any:
                if isinstance(obj, ForwardRef):
                    return ForwardRef, (obj.__forward_arg__,)
                return NotImplemented

        data = io.BytesIO()
        TypePickler(data).dump(dict(self))
        return _load_responses, (data.getvalue(),)


def _load_responses(data: bytes) -> Responses:
    import pickle

    return Responses(pickle.loads(data))


@frozen(slots=False)
class Response(Generic[T]):
    """A response to a call. Reading `parsed` raises what `Client.send` would raise.

    `content` is the body as received, without its Content-Encoding.
    """

    call: Request[T] = field(repr=False)
    status_code: int
    headers: Headers = field(repr=False)
    content: bytes = field(repr=False)

    @cached_property
    def parsed(self) -> T:
        """The body of a success, as the document types it.

        Raises HTTPStatusError for other statuses and DecodingError for a body that is not JSON.
        """
        if self.error is not None:
            raise self.error
        parsed: T = self._parse()
        return parsed

    @cached_property
    def error(self) -> HTTPStatusError | None:
        """The error for the status; None for a success."""
        if self.call.responses.is_success(self.status_code):
            return None
        data = parsed = None
        # The body may come from a proxy and be anything.
        with suppress(ValueError, RecursionError):
            data = parse_json(self.content)
        with suppress(DecodingError):
            parsed = self._parse()
        return status_error(
            self.call.request,
            self.status_code,
            self.headers,
            data,
            content=self.content,
            parsed=data if parsed is None else parsed,
        )

    @property
    def request_id(self) -> str | None:
        """The value of the first header whose name ends in `request-id`."""
        return self.headers.request_id

    def _parse(self) -> Any:
        documented = self.call.responses.find(self.status_code, self.headers)
        # RFC 9110: these statuses and responses to HEAD have no body.
        no_body = self.status_code in (204, 205, 304) or self.call.method == "HEAD"
        if documented is None or (no_body and not self.content):
            return None
        media_type, type_ = documented
        if type_ in (bytes, str) and not is_json(media_type):
            return self.content if type_ is bytes else self._decode_text()
        try:
            data = parse_json(self.content)
        except (ValueError, RecursionError) as error:
            start = self.content[:60].decode("utf-8", "replace")
            raise DecodingError.of(
                f"the body of the response {self.status_code} to {self.call.request} is not JSON: it begins with"
                f" {start!r}",
                request=self.call.request,
                status_code=self.status_code,
                headers=self.headers,
                content=self.content,
            ) from error
        return get_reader(type_).read(data)

    def _decode_text(self) -> str:
        content_type = self.headers.get("content-type", "")
        charset = re.search(r"charset=\"?([\w.:-]+)", content_type, re.IGNORECASE)
        try:
            return self.content.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")


def convert_response(call: Request[T], response: Any) -> Response[T]:
    """The response of the HTTP library, whose body has been read, as one of this package."""
    headers = Headers(response.headers.raw)
    return Response(call, response.status_code, headers, response.content)


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case (the "essence" of the MIME Sniffing standard)."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a body of this media type, or media type range, is read as JSON."""
    name = essence(media_type)
    return name.endswith(("/json", "+json")) or name in ("*/*", "application/*")
