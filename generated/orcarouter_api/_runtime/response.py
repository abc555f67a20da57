"""Responses: the types that the document gives them, and one that was received."""

from __future__ import annotations

import copyreg
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ForwardRef, Generic, TypeVar, cast

from attrs import NOTHING, field, fields, frozen

from .annotations import get_reader
from .encoder import get_setting, parse_json
from .errors import (
    DecodingError,
    Headers,
    HTTPStatusError,
    Problem,
    quote_problems,
    status_error,
)
from .model import UNSET, ApiModel
from .media_types import (
    Binary,
    essence,
    find_most_specific,
    is_json,
    is_text,
    read_parameters,
)

if TYPE_CHECKING:
    from .call import Request

T = TypeVar("T")


class Responses(dict[int | str, Any]):
    """The Responses Object of an operation: types by status; see `Call.of`."""

    def is_success(self, status_code: int) -> bool:
        """Whether a status is a 2XX, or a documented 3XX where no 2XX is documented."""
        hundreds = status_code // 100
        if hundreds != 3 or any(str(status)[0] == "2" for status in self):
            return hundreds == 2
        return status_code in self or "3XX" in self

    @property
    def accept(self) -> str:
        """The Accept header: the media types of successes."""
        media_types: dict[str, None] = {}
        for status in self:
            if str(status)[0] in "2d":  # d: default
                media_types |= dict.fromkeys(self.get_content(status))
        return ", ".join(media_types) or "*/*"

    def get_content(self, status: int | str) -> dict[str, Any]:
        """The types of a documented response by media type; empty for no body."""
        types = self[status]
        if isinstance(types, dict):
            return cast("dict[str, Any]", types)
        return {} if types is None else {"application/json": types}

    def find(self, status_code: int) -> dict[str, Any] | None:
        """The types of the body by media type: of the status, its range or `default`; None if it is not documented.

        Where a 2XX is documented, `default` describes errors.
        """
        if status_code in self:
            return self.get_content(status_code)
        keys = [f"{status_code // 100}XX"]
        if status_code // 100 != 2 or not any(str(s)[0] == "2" for s in self):
            keys.append("default")
        key = next((k for k in keys if k in self), None)
        return None if key is None else self.get_content(key)


# pickle cannot do forward references, which the unions of models/ contain.
copyreg.pickle(ForwardRef, lambda r: (ForwardRef, (r.__forward_arg__,)))


@frozen(slots=False)
class Response(Generic[T]):
    """A response to a call. Reading `parsed` raises what `Client.send` would raise.

    `content` is the body as received, without its Content-Encoding. `strict` is the client's option.
    """

    call: Request[T] = field(repr=False)
    status_code: int
    headers: Headers = field(repr=False)
    content: bytes = field(repr=False)
    strict: bool = field(default=False, repr=False)

    @cached_property
    def parsed(self) -> T:
        """The body of a success, as documented. Raises HTTPStatusError for another status, and DecodingError."""
        if self.error is not None:
            raise self.error
        parsed: T = self._parse()[0]
        if self.strict and (problems := self.problems):
            raise self.make_error(quote_problems(problems), problems)
        return parsed

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The places of the body that do not fit the type which the document gives it, whatever the status."""
        from .problems import find_problems

        try:
            value, type_ = self._parse()
        except DecodingError as error:
            return (Problem("", "what the document says", str(error)),)
        return find_problems(type_, value)

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
            parsed = self._parse()[0]
        return status_error(
            self.call.request,
            self.status_code,
            self.headers,
            data,
            content=self.content,
            parsed=data if parsed is None else parsed,
            is_not_modified=self.status_code == 304 and 304 in self.call.responses,
        )

    @property
    def request_id(self) -> str | None:
        """See `Headers.request_id`."""
        return self.headers.request_id

    @property
    def links(self) -> Any:
        """The documented links, as methods that return calls (OpenAPI, Link Object). Raises AttributeError without any."""
        if self.call.links is None:
            raise AttributeError(f"{self.call.request} has no documented links")
        return self.call.links(self)

    @property
    def _content_type(self) -> str:
        return self.headers.get("content-type", "")

    def _parse(self) -> tuple[Any, Any]:
        """The body, and the type that it was read as: Any where nothing can depart from it. Raises DecodingError."""
        # RFC 9110: these statuses and responses to HEAD have no body.
        no_body = self.status_code in (204, 205, 304) or self.call.method == "HEAD"
        if no_body and not self.content:
            return None, Any
        content = self.call.responses.find(self.status_code)
        if not content:
            if not self.call.responses.is_success(self.status_code):
                return None, Any
            if content is None:
                return self._read_undocumented()
            return self.content or None, Any
        type_ = content.get("application/json", Any)
        if type_ is not Any and len(content) == 1:  # whatever the Content-Type says
            return self._read("application/json", type_)
        received = self._content_type
        key = find_most_specific(content, received)
        media_type = received
        if key is None:  # Content-Type is missing or wrong
            binary = (k for k in content if received and content[k] in (bytes, Binary))
            key = media_type = next(binary, next(iter(content)))
        if content[key] is Any:
            if not self.content:
                return None, Any
            if received and not is_json(received):
                return self._read_by_content_type(str), Any
        return self._read(media_type, content[key])

    def _read(self, media_type: str, type_: Any) -> tuple[Any, Any]:
        """The body as a type of the document. Raises DecodingError."""
        if type_ is Binary:
            return self.content, Any
        if type_ in (bytes, str) and not is_json(media_type):
            return self.content if type_ is bytes else self._decode(), Any
        if (load := get_setting("xml_reader")) and (
            read := load()(self, media_type, self._content_type)
        ):
            return read(type_), type_
        try:
            data = parse_json(self.content)
        except (ValueError, RecursionError) as error:
            start = self.content[:60].decode("utf-8", "replace")
            problem = f"not JSON: it begins with {start!r}"
            raise self.make_error(problem) from error
        try:
            return get_reader(type_).read(data), type_
        except RecursionError as error:
            raise self.make_error("nested too deeply") from error

    def _read_undocumented(self) -> tuple[Any, Any]:
        """The body of a status that the document does not have: as that of another success, if it fits."""
        received, responses = self._content_type, self.call.responses
        for status in (s for s in responses if str(s)[0] == "2"):
            content = responses.get_content(status)
            key = find_most_specific(content, received)
            if key is None:
                continue
            type_ = content[key]
            if is_json(received) and type_ is not Binary:
                with suppress(ValueError, RecursionError):
                    value = get_reader(type_).read(parse_json(self.content))
                    if _is_complete(value):
                        return value, type_
            elif type_ in (bytes, str, Binary):
                return self._read(received, type_)
        return self._read_by_content_type(bytes) if self.content else None, Any

    def _read_by_content_type(self, text: type) -> Any:
        """JSON, text as `text`, or bytes, by the Content-Type."""
        received = self._content_type
        with suppress(ValueError, RecursionError):
            if is_json(received):
                return parse_json(self.content)
        return self._decode() if text is str and is_text(received) else self.content

    def make_error(
        self, problem: str, problems: tuple[Problem, ...] = ()
    ) -> DecodingError:
        """The error for a success whose body is not as documented."""
        body = essence(self._content_type) or "of no media type"
        return DecodingError.of(
            f"{self.call.request}: the request succeeded with {self.status_code}, its body is {body} and {problem}",
            request=self.call.request,
            status_code=self.status_code,
            headers=self.headers,
            content=self.content,
            problems=problems,
        )

    def _decode(self) -> str:
        charset = read_parameters(self._content_type).get("charset", "utf-8")
        try:
            return self.content.decode(charset, "replace")
        except (LookupError, ValueError):  # no charset, or one that cannot replace
            return self.content.decode("utf-8", "replace")


def _is_complete(value: Any) -> bool:
    """Whether models, alone or in a list, have all properties that are required."""
    if isinstance(value, list):
        return all(map(_is_complete, cast("list[object]", value)))
    if not isinstance(value, ApiModel):
        return True
    required = (f.name for f in fields(type(value)) if f.default is NOTHING)
    return all(getattr(value, name) is not UNSET for name in required)


def convert_response(
    call: Request[T], response: Any, content: bytes, strict: bool
) -> Response[T]:
    """The response of the HTTP library as one of this package, with the body that was read from it."""
    headers = Headers(response.headers.raw)
    return Response(call, response.status_code, headers, content, strict)
