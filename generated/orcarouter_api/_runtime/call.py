"""Requests as values: what is sent for an operation, and the types of its responses. Nothing here does I/O."""

from __future__ import annotations

import os
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from typing import TYPE_CHECKING, Any, Generic, Self, TypedDict, TypeVar, Unpack
from urllib.parse import unquote

from attrs import field, frozen

from .encoder import json_bytes
from .model import UNSET
from .parameters import (
    format_scalar,
    percent_encode,
    serialize,
    serialize_path,
    split_userinfo,
)
from .response import Responses

if TYPE_CHECKING:
    from .client import Server

T = TypeVar("T")


@frozen
class Body:
    """A request body: bytes, an iterable of bytes, or a file."""

    media_type: str
    content: Any = b""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Content-Type, and what only the content knows."""
        own: dict[str, str] = getattr(self.content, "own_headers", {})
        return [*{"Content-Type": self.media_type, **own}.items()]

    def find_files(self) -> list[tuple[Any, int]] | None:
        """Its open files with their positions, to send it again from there; None if it can be sent only once."""
        parts: Any = getattr(self.content, "parts", None)
        files: list[tuple[Any, int]] = []
        for content in [self.content] if parts is None else [c for _, c in parts]:
            source = getattr(content, "values", content)  # of lines, see `lines`
            if hasattr(source, "read"):
                try:
                    files.append((source, source.seek(0, os.SEEK_CUR)))
                except (AttributeError, OSError, ValueError):
                    return None
            elif isinstance(source, AsyncIterable):
                if isinstance(source, AsyncIterator):
                    return None
            elif not isinstance(source, Iterable) or isinstance(source, Iterator):
                return None
        return files


class CallOptions(TypedDict, total=False):
    """Keywords of `Call.of`; see there."""

    path_params: Mapping[str, Any]
    query_params: Mapping[str, Any]
    header_params: Mapping[str, Any]
    cookie_params: Mapping[str, Any]
    querystring: Body | str | None
    body: Body | None
    responses: Mapping[int | str, Any]
    security: tuple[tuple[str | tuple[str, ...], ...], ...]
    server: str | Server | None
    accept: str | None
    idempotency_key: str
    links: Any


@frozen
class Request(Generic[T]):
    """An operation with its arguments; `Client.send` returns its response body, a `T`.

    `path` and `query` are percent-encoded. `security` lists alternatives: names of security schemes, or tuples of a name
    and OAuth 2 scopes. `server` is the operation's own, if it has one. `accept` is the media type to ask for, None for all.
    `idempotency_key` is the header for one, if the operation has it; see `Retries`. `operation` is the method and the path
    template, `arguments` has the values of parameters by location and name. `links` is the class of the response's links.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    responses: Responses = field(factory=Responses, repr=False, hash=False)
    security: tuple[tuple[str | tuple[str, ...], ...], ...] = field(
        default=(), repr=False
    )
    server: str | Server | None = None
    accept: str | None = None
    idempotency_key: str = field(default="", repr=False)
    operation: str = field(default="", eq=False, repr=False)
    arguments: Mapping[str, Mapping[str, Any]] = field(
        factory=dict[str, Mapping[str, Any]], eq=False, repr=False
    )
    links: Any = field(default=None, eq=False, repr=False)

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
        responses: Mapping[int | str, Any] = {},
        **attributes: Any,
    ) -> Self:
        """A request whose arguments are serialized; see `Call.of`."""
        operation = f"{method} {path}"
        for name, value in path_params.items():
            path = path.replace("{" + name + "}", serialize_path(name, value))
        # A parameter replaces a fixed part of the query in the path.
        path, _, fixed = path.partition("?")
        pairs = serialize(query_params, "query")
        query = [pair for _, pair in pairs]
        if fixed:
            replaced = {name for name, _ in pairs}
            kept = [
                p
                for p in fixed.split("&")
                if unquote(p.partition("=")[0]) not in replaced
            ]
            query = kept + query
        if isinstance(querystring, Body):
            query.append(querystring.content.decode())
        elif querystring is not None:
            query.append(percent_encode(format_scalar(querystring)))
        headers = serialize(header_params, "header")
        if cookies := [pair for _, pair in serialize(cookie_params, "cookie")]:
            headers.append(("Cookie", "; ".join(cookies)))
        return cls(
            method,
            path,
            "&".join(filter(None, query)),
            tuple(headers),
            responses=Responses(responses),
            operation=operation,
            arguments={
                "path": path_params,
                "query": query_params,
                "header": header_params,
                "cookie": cookie_params,
            },
            **attributes,
        )

    @property
    def request(self) -> str:
        """The method and the path, as in error messages."""
        return f"{self.method} {self.path}"

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again at all; see `Retries`."""
        return True

    def as_stream(self) -> Self:
        """The call as it is sent when its response is streamed."""
        return self

    def find_problem(self, content_type: str) -> str | None:
        """Why a success with this Content-Type cannot be streamed; None if it can."""
        return None

    def curl(self, base_url: str = "https://host") -> str:
        """The request as a shell command, without credentials."""
        import shlex

        url, _ = split_userinfo(base_url.rstrip("/"))
        query = "?" + self.query if self.query else ""
        command = ["curl", "-X", self.method, url + self.path + query]
        for name, value in self.headers:
            command += ["-H", f"{name}: {value}" if value else f"{name};"]
        if self.body and self.body.media_type != "multipart/form-data":
            command += ["-H", f"Content-Type: {self.body.media_type}"]
        if self.body and hasattr(self.body.content, "curl"):
            command += self.body.content.curl()
        elif self.body:
            command += ["--data-raw", printable(self.body.content)]
        return shlex.join(command)


@frozen
class Call(Request[T]):
    """A request whose response body can be streamed as bytes."""

    @classmethod
    def of(cls, method: str, path: str, **options: Unpack[CallOptions]) -> Call[Any]:
        """A call of an operation; parameters that are None are left out.

        `path` is the path template, percent-encoded. `path_params`, `query_params`, `header_params` and `cookie_params` map
        names to values; `querystring` is a whole query. `body` is made by `json_body` and the like. `responses` maps a
        status (200, "4XX", "default") to the type of its JSON body, to one for each media type, or to None for no body.

        Raises ValueError for an empty path parameter, and for a line break in a header or cookie.
        """
        return cls.build(method, path, **options)

    def items(self) -> Callable[[bytes | None], Iterable[bytes]]:
        """A function from each piece of a streamed body, and then None, to the items that are complete."""
        return lambda piece: () if piece is None else (piece,)


def json_body(
    value: Any, media_type: str = "application/json", nullable: bool = False
) -> Body | None:
    """A JSON body; None for no body, or for null in one that is nullable, and UNSET for no body."""
    is_absent = value is UNSET or (value is None and not nullable)
    return None if is_absent else Body(media_type, json_bytes(value))


def printable(content: Any) -> str:
    if isinstance(content, bytes):
        return content.decode("utf-8", "backslashreplace")
    return f"<{type(content).__name__}>"
