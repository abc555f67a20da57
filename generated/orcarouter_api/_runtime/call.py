"""A request as a value: what is sent, and how each answer is read. Nothing here does I/O."""

# pyright: basic

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Generic, Self, TypeVar, cast
from urllib.parse import quote

from attrs import field, frozen

from .errors import DecodingError, Headers, HTTPStatusError, status_error
from .model import codec, to_json

T = TypeVar("T")
Responses = Mapping[str, str | Mapping[str, str] | None]


@frozen
class Body:
    """Bytes to send, or an iterable of bytes; `fields` are of a multipart body."""

    media_type: str
    content: Any = b""
    fields: tuple[tuple[str, tuple[Any, ...]], ...] | None = None


class Argument:
    """An argument that writes itself, not in the default style of its location; see `styles`."""

    def serialize(self, name: str, location: str) -> str | None:
        """The text that goes there, None for nothing."""
        raise NotImplementedError


@frozen
class Request(Generic[T]):
    """One operation with its arguments; `Client.send` gives its answer, a `T`.

    `path` and `query` are percent-encoded. `responses` maps a status, a range such as `4XX` or `default` to the type of
    its JSON body, or to the type for each media type, or to None. `security` lists alternatives, each the names of the
    schemes that it needs together. `server` is the operation's own server, if it has one.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    responses: Responses = field(factory=dict[str, Any], repr=False)
    security: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    server: str | None = None

    @classmethod
    def build(
        cls,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, Any] = {},
        query_params: Mapping[str, Any] = {},
        header_params: Mapping[str, Any] = {},
        cookie_params: Mapping[str, Any] = {},
        querystring: Body | str | None = None,
        **more: Any,
    ) -> Self:
        """A request with its arguments in their places, None left out.

        Raises ValueError for an empty path parameter and for line breaks in a header or cookie.
        """
        for name, value in path_params.items():
            path = path.replace("{" + name + "}", _in_path(name, value))
        path, _, fixed = path.partition("?")  # where some documents keep a part of it
        pairs = [fixed, *(pair for _, pair in _serialize(query_params, "query"))]
        if isinstance(querystring, Body):
            pairs.append(querystring.content.decode())
        elif querystring is not None:
            pairs.append(percent(text(querystring)))
        lines = _serialize(header_params, "header")
        if cookie_pairs := [pair for _, pair in _serialize(cookie_params, "cookie")]:
            lines.append(("Cookie", "; ".join(cookie_pairs)))
        return cls(method, path, "&".join(filter(None, pairs)), tuple(lines), **more)

    @property
    def request(self) -> str:
        """The method and the path, as errors name it."""
        return f"{self.method} {self.path}"

    @property
    def accept(self) -> str:
        """The media types of the successes."""
        types: dict[str, None] = {}
        for status, answer in self.responses.items():
            if status[0] in "2d" and answer:
                found = ("application/json",) if isinstance(answer, str) else answer
                types |= dict.fromkeys(found)
        return ", ".join(types) or "*/*"

    def curl(self, base_url: str = "https://host") -> str:
        """The request as a command line, without credentials."""
        import shlex

        url = (
            base_url.rstrip("/") + self.path + ("?" + self.query if self.query else "")
        )
        words = ["curl", "-X", self.method, url]
        for name, value in self.headers:
            words += ["-H", f"{name}: {value}"]
        if self.body and self.body.fields is None:
            words += ["-H", f"Content-Type: {self.body.media_type}"]
            words += ["--data-binary", _readable(self.body.content)]
        for name, part in (self.body and self.body.fields) or ():
            words += [
                "-F",
                f"{name}=" + (f"@{part[0]}" if part[0] else _readable(part[1])),
            ]
        return shlex.join(words)

    def succeeds(self, status: int) -> bool:
        """Whether the document calls this status a success. Without a documented 2XX, any 2XX is one."""
        kind = str(status)[0]
        given = str(status) in self.responses or f"{kind}XX" in self.responses
        if kind == "2" and given:
            return True
        others = any(s[0] == "2" for s in self.responses)
        return not others and (kind == "2" or (kind == "3" and given))

    def type_of(
        self, status: int, headers: Mapping[str, str]
    ) -> tuple[str, str] | None:
        """The media type and the type that the document gives for an answer; None where it gives none."""
        responses = self.responses
        others = responses.get(f"{status // 100}XX", responses.get("default"))
        answer = responses.get(str(status), others)
        if answer is None:
            return None
        if isinstance(answer, str):
            return "application/json", answer
        wanted = plain(headers.get("content-type", ""))
        for pattern, type_ in answer.items():
            if re.fullmatch(re.escape(plain(pattern)).replace(r"\*", ".*"), wanted):
                return wanted, type_
        return next(((plain(p), t) for p, t in answer.items()), None)


@frozen
class Call(Request[T]):
    """A request whose answer, if it is streamed, comes as bytes."""

    @classmethod
    def of(cls, method: str, path: str, **parts: Any) -> Call[Any]:
        """A call with its arguments in their places; see `build`."""
        return cls.build(method, path, **parts)

    def items(self) -> Callable[[bytes | None], Iterable[bytes]]:
        """Takes the pieces of a streamed answer, then None; gives what they hold."""
        return lambda piece: () if piece is None else (piece,)


@frozen(slots=False)
class Response(Generic[T]):
    """What came back. Reading `parsed` raises the error that `Client.send` would raise."""

    call: Request[T] = field(repr=False)
    status_code: int
    headers: Headers = field(repr=False)
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, call: Request[T], response: Any) -> Response[T]:
        """The HTTP library's answer, read to its end."""
        headers = Headers(response.headers.raw)
        return Response(call, response.status_code, headers, response.content)

    @cached_property
    def parsed(self) -> T:
        """The typed body of a success. Raises HTTPStatusError for any other status, DecodingError where it cannot be read."""
        if not self.call.succeeds(self.status_code):
            raise cast(HTTPStatusError, self.error)
        parsed: T = self._read()
        return parsed

    @cached_property
    def error(self) -> HTTPStatusError | None:
        """The error that the status means, None for a success."""
        if self.call.succeeds(self.status_code):
            return None
        data = parsed = None
        # It may be the page of something in between.
        with suppress(ValueError, RecursionError):
            data = json.loads(self.content)
        with suppress(DecodingError):
            parsed = self._read()
        return status_error(
            self.call.request,
            self.status_code,
            self.headers,
            self.content,
            data if parsed is None else parsed,
            data,
        )

    @property
    def request_id(self) -> str | None:
        return self.headers.request_id

    def _read(self) -> Any:
        content = self.content
        found = self.call.type_of(self.status_code, self.headers)
        bodiless = self.status_code in (204, 205, 304) or self.call.method == "HEAD"
        if found is None or (bodiless and not content):
            return None
        media_type, type_ = found
        if type_ in ("bytes", "str") and not is_json(media_type):
            return content if type_ == "bytes" else self._text()
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as reason:
            start = content[:60].decode("utf-8", "replace")
            raise DecodingError.of(
                f"the answer {self.status_code} to {self.call.request} is not JSON: it begins with {start!r}",
                request=self.call.request,
                status_code=self.status_code,
                headers=self.headers,
                content=content,
            ) from reason
        return codec(type_).decode(data)

    def _text(self) -> str:
        content_type = self.headers.get("content-type", "")
        charset = re.search(r"charset=\"?([\w.:-]+)", content_type, re.IGNORECASE)
        try:
            return self.content.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")


def plain(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    name = plain(media_type)
    return name.endswith(("/json", "+json")) or name in ("*/*", "application/*")


# Bodies


def json_body(value: Any, media_type: str = "application/json") -> Body | None:
    """A JSON body. None is no body."""
    return None if value is None else Body(media_type, json_bytes(value))


def raw_body(value: Any, media_type: str = "application/octet-stream") -> Body | None:
    """Bytes, a file opened for reading bytes, an iterable of bytes, or text."""
    if isinstance(value, (bytearray, memoryview)):
        value = bytes(value)
    return (
        None
        if value is None
        else Body(media_type, value.encode() if isinstance(value, str) else value)
    )


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


def json_bytes(value: Any) -> bytes:
    return _encode(to_json(value)).encode()


def json_text(value: Any) -> str | None:
    """A parameter that is serialized as JSON."""
    return None if value is None else json_bytes(value).decode()


# Parameters, each in the default style of its location


def text(value: Any) -> str:
    """A scalar as text."""
    value = to_json(value)
    if isinstance(value, (dict, list)):
        return json_bytes(value).decode()
    return value if isinstance(value, str) else json.dumps(value)


def percent(value: str, safe: str = "") -> str:
    """Percent-encoded."""
    return quote(value, safe, errors="surrogatepass")


_SAFE = re.compile(r"[A-Za-z0-9_~-]+")


def _in_path(name: str, value: Any) -> str:
    if type(value) is str and _SAFE.fullmatch(value):
        return value
    if isinstance(value, Argument):
        out = value.serialize(name, "path")
    else:
        out = _simple(to_json(value), percent)
    if not out:
        raise ValueError(f"the path parameter {name!r} is empty")
    return out.replace(".", "%2E") if out in (".", "..") else out


def _serialize(arguments: Mapping[str, Any], location: str) -> list[tuple[str, str]]:
    """Each argument that is given: its name and what is serialized for it."""
    out = []
    for name, value in arguments.items():
        if isinstance(value, Argument):
            line = value.serialize(name, location)
        elif value is None:
            continue
        elif location == "header":
            line = _simple(to_json(value), str)
        else:
            line = _form(name, to_json(value), "; " if location == "cookie" else "&")
        if line is None:
            continue
        if location != "query" and any(c in line for c in "\r\n\0"):
            raise ValueError(f"the {location} {name} holds a line break")
        out.append((name, line))
    return out


def _simple(value: Any, write: Callable[[str], str]) -> str:
    """The style `simple`: values, or names and values, between commas."""
    if isinstance(value, dict):
        value = [x for pair in value.items() for x in pair]
    return ",".join(
        write(text(v)) for v in (value if isinstance(value, list) else [value])
    )


def _form(name: str, value: Any, separator: str) -> str:
    """The style `form`, exploded: a pair for each item of a list or property of an object."""
    return separator.join(
        f"{percent(k)}={percent(text(v))}" for k, v in exploded(name, value)
    )


def exploded(name: str, value: Any) -> list[tuple[str, Any]]:
    """The pairs of an exploded list or object. A list inside an object, of which OpenAPI
    says nothing, repeats its name too."""
    pairs = value.items() if isinstance(value, dict) else [(name, value)]
    return [(k, v) for k, i in pairs for v in (i if isinstance(i, list) else [i])]


def _readable(content: Any) -> str:
    return (
        content.decode("utf-8", "backslashreplace")
        if isinstance(content, bytes)
        else f"<{type(content).__name__}>"
    )
