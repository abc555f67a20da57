"""A request as a value: what is sent, and how each answer is read. Nothing here does I/O."""

# pyright: basic

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from attrs import field, frozen

from .errors import DecodeError, Headers, StatusError, status_error
from .model import codec, to_json

T = TypeVar("T")
Answers = Mapping[str, str | Mapping[str, str] | None]


@frozen
class Body:
    """Bytes to send, or an iterable of bytes; `fields` are of a multipart body."""

    media_type: str
    content: Any = b""
    fields: tuple[tuple[str, tuple[Any, ...]], ...] | None = None


@frozen
class Styled:
    """A parameter that is not written in the default style of its place (OpenAPI Parameter Object)."""

    value: Any
    style: str
    explode: bool = False
    reserved: bool = False


@frozen
class Request(Generic[T]):
    """One operation with its arguments; `Client.send` gives its answer, a `T`.

    `path` and `query` are percent-encoded. `answers` maps a status, a range such as `4XX` or `default` to the type of
    its JSON body, or to the type for each media type, or to None. `security` lists alternatives, each the names of the
    schemes that it needs together. `server` is the operation's own server, if it has one.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    answers: Answers = field(factory=dict[str, Any], repr=False)
    security: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    server: str | None = None

    @property
    def accept(self) -> str:
        """The media types of the successes."""
        types: list[str] = []
        for status, answer in self.answers.items():
            if status[0] in "2d" and answer:
                types += ["application/json"] if isinstance(answer, str) else answer
        return ", ".join(dict.fromkeys(types)) or "*/*"

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
        documented = [s for s in self.answers if s[0] == "2"]
        documented = documented or ["2XX", *(s for s in self.answers if s[0] == "3")]
        return str(status) in documented or f"{status // 100}XX" in documented

    def type_of(self, status: int, media_type: str) -> tuple[str, str] | None:
        """The media type and the type that the document gives for an answer; None where it gives none."""
        keys = (str(status), f"{status // 100}XX", "default")
        answer = next((self.answers[k] for k in keys if k in self.answers), None)
        if answer is None:
            return None
        if isinstance(answer, str):
            return "application/json", answer
        wanted = plain(media_type)
        for pattern, type_ in answer.items():
            if re.fullmatch(re.escape(plain(pattern)).replace(r"\*", ".*"), wanted):
                return wanted, type_
        return next(((plain(p), t) for p, t in answer.items()), None)


@frozen
class Call(Request[T]):
    """A request whose answer, if it is streamed, comes as bytes."""

    @classmethod
    def of(cls, method: str, path: str, **parts: Any) -> Call[Any]:
        """A call with its arguments in their places; see `wire`."""
        return cls(method=method, **wire(path, **parts))

    def items(self) -> Callable[[bytes | None], Iterable[bytes]]:
        """Takes the pieces of a streamed answer, then None; gives what they hold."""
        return lambda piece: () if piece is None else (piece,)


@frozen(slots=False)
class Answer(Generic[T]):
    """What came back. Reading `body` raises the error that `Client.send` would raise."""

    call: Request[T] = field(repr=False)
    status: int
    headers: Headers = field(repr=False)
    content: bytes = field(repr=False)

    @cached_property
    def body(self) -> T:
        """The typed body of a success. Raises StatusError for any other status, DecodeError where it cannot be read."""
        if error := self.error:
            raise error
        return cast(T, self._read())

    @cached_property
    def error(self) -> StatusError | None:
        """The error that the status means, None for a success."""
        if self.call.succeeds(self.status):
            return None
        try:
            body = self._read()
        except DecodeError:
            body = None
        data = None
        try:
            data = json.loads(self.content)
        except ValueError:
            pass  # an error page of something in between
        request = f"{self.call.method} {self.call.path}"
        return status_error(
            request,
            self.status,
            self.headers,
            self.content,
            data if body is None else body,
            data,
        )

    @property
    def request_id(self) -> str | None:
        return self.headers.request_id

    def _read(self) -> Any:
        content_type = self.headers.get("content-type", "")
        found = self.call.type_of(self.status, content_type)
        bodiless = self.status in (204, 205, 304) or self.call.method == "HEAD"
        if found is None or (bodiless and not self.content):
            return None
        media_type, type_ = found
        if type_ == "bytes" and not is_json(media_type):
            return self.content
        if type_ == "str" and not is_json(media_type):
            charset = re.search(r"charset=\"?([\w.:-]+)", content_type, re.IGNORECASE)
            try:
                return self.content.decode(
                    charset[1] if charset else "utf-8", "replace"
                )
            except LookupError:
                return self.content.decode("utf-8", "replace")
        try:
            data = json.loads(self.content)
        except (ValueError, RecursionError) as reason:
            start = self.content[:60].decode("utf-8", "replace")
            error = DecodeError(
                f"the answer {self.status} to {self.call.method} {self.call.path} is not JSON: it begins with {start!r}"
            )
            error.request = f"{self.call.method} {self.call.path}"
            error.status, error.headers, error.content = (
                self.status,
                self.headers,
                self.content,
            )
            raise error from reason
        return codec(type_).decode(data)


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
    """A parameter that is written as JSON."""
    return None if value is None else json_bytes(value).decode()


# Parameters


def wire(
    path: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    cookies: Mapping[str, Any] | None = None,
    querystring: Body | str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The attributes of a call: each argument written in its place, None left out.

    Raises ValueError for an empty path parameter and for line breaks in a header.
    """
    for name, value in (parameters or {}).items():
        path = path.replace("{" + name + "}", _in_path(name, value))
    lines = [(n, _in_header(n, v)) for n, v in (headers or {}).items() if _given(v)]
    pairs = [_in_query(n, v, "; ") for n, v in (cookies or {}).items() if _given(v)]
    if pairs:
        lines.append(("Cookie", "; ".join(pairs)))
    path, _, fixed = path.partition("?")  # where some documents keep a part of it
    parts = [fixed]
    parts += [_in_query(n, v, "&") for n, v in (query or {}).items() if _given(v)]
    if isinstance(querystring, Body):
        parts.append(querystring.content.decode())
    elif querystring is not None:
        parts.append(quote(text(querystring), safe=""))
    return {
        "path": path,
        "query": "&".join(p for p in parts if p),
        "headers": tuple(lines),
        **more,
    }


_SAFE = re.compile(r"[A-Za-z0-9_~-]+")
# Reserved characters that end neither a segment of the path nor a parameter of the query.
_IN_PATH = ":@!$&'()*+,;="
_IN_QUERY = ":/?@!$'()*,;="


def text(value: Any) -> str:
    """A scalar as text."""
    value = to_json(value)
    if isinstance(value, (dict, list)):
        return json_bytes(value).decode()
    return value if isinstance(value, str) else json.dumps(value)


def _given(value: Any) -> bool:
    return (value.value if isinstance(value, Styled) else value) is not None


def _in_path(name: str, value: Any) -> str:
    if type(value) is str and _SAFE.fullmatch(value):
        return value
    styled = value if isinstance(value, Styled) else Styled(value, "simple")
    out = expand(
        name,
        to_json(styled.value),
        styled.style,
        styled.explode,
        _quoting(_IN_PATH if styled.reserved else ""),
    )
    if out == "":
        raise ValueError(f"the path parameter {name!r} is empty")
    return out.replace(".", "%2E") if out in (".", "..") else out


def _in_query(name: str, value: Any, separator: str) -> str:
    styled = value if isinstance(value, Styled) else Styled(value, "form", True)
    if styled.style == "cookie":
        return expand(
            name, to_json(styled.value), "form", styled.explode, str, separator
        )
    return expand(
        name,
        to_json(styled.value),
        styled.style,
        styled.explode,
        _quoting(_IN_QUERY if styled.reserved else ""),
        separator,
    )


def _in_header(name: str, value: Any) -> str:
    styled = value if isinstance(value, Styled) else Styled(value, "simple")
    out = expand(name, to_json(styled.value), "simple", styled.explode, str)
    if any(c in out for c in "\r\n\0"):
        raise ValueError(f"the header {name} holds a line break")
    return out


def _quoting(reserved: str) -> Callable[[str], str]:
    """Percent-encoding; of text that may hold reserved characters, encoded triples stay as they are."""
    if not reserved:
        return lambda t: quote(t, safe="", errors="surrogatepass")
    triples = re.compile("(%[0-9A-Fa-f]{2})")
    return lambda t: "".join(
        p if i % 2 else quote(p, safe=reserved, errors="surrogatepass")
        for i, p in enumerate(triples.split(t))
    )


def expand(
    name: str,
    value: Any,
    style: str,
    explode: bool,
    write: Callable[[str], str],
    separator: str = "&",
) -> str:
    """A JSON value in one of OpenAPI's styles. `write` encodes each piece; delimiters are ours."""
    if value in ({}, []):
        return ""
    key = write(name)
    if style == "deepObject":
        return separator.join(
            f"{write(k)}={write(text(v))}" for k, v in _deep(name, value)
        )
    between = {
        "spaceDelimited": "%20",
        "pipeDelimited": "%7C",
        "tabDelimited": "%09",
    }.get(style, ",")
    first, joint = {"label": (".", "."), "matrix": (";", ";"), "simple": ("", ",")}.get(
        style, ("", separator)
    )
    named = style not in ("simple", "label")
    if isinstance(value, dict):
        pairs = [(write(k), write(text(v))) for k, v in value.items()]
        if explode:
            return first + joint.join(f"{k}={v}" for k, v in pairs)
        inner = between.join(f"{k}{between}{v}" for k, v in pairs)
    elif isinstance(value, list):
        values = [write(text(v)) for v in value]
        if explode and named:
            return first + joint.join(f"{key}={v}" for v in values)
        inner = (joint if explode else between).join(values)
    else:
        inner = write(text(value))
    if not named:
        return first + inner
    return f"{first}{key}={inner}" if inner or style != "matrix" else first + key


def _deep(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for k, v in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _deep(f"{name}[{k}]", v)
    else:
        yield name, value


def _readable(content: Any) -> str:
    return (
        content.decode("utf-8", "backslashreplace")
        if isinstance(content, bytes)
        else f"<{type(content).__name__}>"
    )
