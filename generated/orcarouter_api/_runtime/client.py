"""Sends requests. What needs no I/O is serialized once; the sync and the async client are its two drivers."""

# pyright: basic

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import Any, Generic, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

from attrs import field, frozen

from . import http
from .call import Response, Request, percent
from .errors import Headers, HTTPStatusError

T = TypeVar("T")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


class Streamable(Protocol[E_co]):
    """A call whose answer can be streamed, as values of type E."""

    def items(self) -> Callable[[bytes | None], Iterable[E_co]]: ...


@frozen
class SecurityScheme:
    """A security scheme: the option that holds its credential, and where that goes.

    `location` is bearer, basic, header, query, cookie or oauth2; `name` is that of the header, query parameter or cookie,
    or the token URL.
    """

    option: str
    location: str
    name: str = ""


@frozen
class Server:
    """A server of the document. `variables` maps a name in its URL to the default and the allowed values."""

    url: str
    variables: Mapping[str, tuple[str, tuple[str, ...]]] = field(factory=dict)

    def expand(self, given: Mapping[str, str]) -> str:
        """The URL with its variables filled in. Raises ValueError for a value that is not allowed."""
        url = self.url
        for name, (default, allowed) in self.variables.items():
            value = given.get(name, default)
            if allowed and value not in allowed:
                words = ", ".join(allowed)
                raise ValueError(
                    f"server variable {name} is one of {words}, not {value!r}"
                )
            url = url.replace("{" + name + "}", value)
        return url


class BaseClient:
    """What both clients share. SERVERS and SCHEMES come from the document."""

    SERVERS: tuple[Server, ...] = ()
    SCHEMES: Mapping[str, SecurityScheme] = {}
    OPTIONS: frozenset[str] = frozenset()
    _class = "Client"

    def __init__(self, base_url: str | None, given: Mapping[str, object]) -> None:
        options: dict[str, Any] = dict(given)
        if unknown := sorted(options.keys() - self.OPTIONS):
            raise TypeError(
                f"{type(self).__name__} has no option {unknown[0]!r}; there are {', '.join(sorted(self.OPTIONS))}"
            )
        self._given_url = base_url.rstrip("/") if base_url else None
        http_client = options.pop("http_client", None)
        self._options = {k: v for k, v in options.items() if v is not None}
        self._base_url = self._given_url or ""
        if self.SERVERS:
            own = self.SERVERS[0].expand(self._options.get("server_variables", {}))
            self._base_url = self._given_url or own.rstrip("/")
        if urlsplit(self._base_url).scheme not in ("http", "https"):
            raise ValueError(
                f"base_url is the http or https URL of the server, not {self._base_url!r}"
            )
        self._timeout = float(self._options.get("timeout", 60.0))
        self._tokens: Any = None
        if "client_credentials" in self._options:
            auth = import_module(f"{__package__}.auth")
            self._tokens = auth.Tokens(self._options, self._base_url)
        self._ready = {name for name, s in self.SCHEMES.items() if self._has(s)}
        self._owns = http_client is None
        self._library: Any = http.library(http_client)
        self._limits = self._limits_of(self._timeout)
        if hidden := [s.name for s in self.SCHEMES.values() if s.location == "query"]:
            redaction = import_module(f"{__package__}.redaction")
            redaction.hide_in_logs(self._library, tuple(map(percent, hidden)))
        make = getattr(self._library, self._class)
        self._http: Any = http_client or make(timeout=self._timeout)

    @property
    def base_url(self) -> str:
        """The URL that paths are added to."""
        return self._base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def _copy(self, base_url: str | None, given: Mapping[str, object]) -> Self:
        options: dict[str, Any] = dict(given)
        other = copy.copy(self)
        merged = {**self._options, "http_client": self._http, **options}
        if more := options.get("headers"):
            merged["headers"] = {**self._options.get("headers", {}), **more}
        BaseClient.__init__(other, base_url or self._given_url, merged)
        return other

    def _request(self, call: Request[Any]) -> dict[str, Any]:
        """The request for a call: keyword arguments of the library's `build_request`."""
        given: Mapping[str, str] = self._options.get("headers", {})
        headers = [("Accept", call.accept), *given.items(), *call.headers]
        query = [call.query] if call.query else []
        cookies = [v for k, v in headers if k == "Cookie"]
        for scheme in self._schemes(call):
            secret = self._secret(scheme)
            if scheme.location in ("bearer", "oauth2"):
                headers.append(("Authorization", f"Bearer {secret}"))
            elif scheme.location == "basic":
                coded = b64encode(":".join(secret).encode()).decode()
                headers.append(("Authorization", f"Basic {coded}"))
            elif scheme.location == "header":
                headers.append((scheme.name, secret))
            else:
                words = query if scheme.location == "query" else cookies
                words.append(f"{percent(scheme.name)}={percent(secret)}")
        if cookies:
            headers = [(k, v) for k, v in headers if k != "Cookie"]
            headers.append(("Cookie", "; ".join(cookies)))
        url = self._given_url or (call.server or self._base_url).rstrip("/")
        if url.startswith("/"):  # an operation's own server, relative to the document's
            origin = urlsplit(self._base_url)
            url = f"{origin.scheme}://{origin.netloc}{url}"
        url += call.path + ("?" + "&".join(query) if query else "")
        out: dict[str, Any] = {"method": call.method, "url": url, "headers": headers}
        if body := call.body:
            if body.fields is None:
                headers.append(("Content-Type", body.media_type))
                out["content"] = body.content
            else:
                out["files"] = body.fields
        return out

    def _built(self, parts: dict[str, Any], timeout: float | None) -> Any:
        limits = self._limits if timeout is None else self._limits_of(timeout)
        return self._http.build_request(**parts, extensions={"timeout": limits})

    def _limits_of(self, seconds: float) -> Any:
        return self._library.Timeout(seconds).as_dict()

    def _schemes(self, call: Request[Any]) -> list[SecurityScheme]:
        """The first alternative of a call's security for which every credential is there."""
        for names in call.security:
            if self._ready.issuperset(names):
                return [self.SCHEMES[name] for name in names]
        return []

    def _has(self, scheme: SecurityScheme) -> bool:
        fetched = scheme.location == "oauth2" and scheme.name and self._tokens
        return scheme.option in self._options or bool(fetched)

    def _secret(self, scheme: SecurityScheme) -> Any:
        """A credential, asked for if it is a function.

        Raises ValueError for one that no header can hold, not showing it.
        """
        if scheme.option not in self._options:
            return self._tokens.of(scheme.name)
        value = self._options[scheme.option]
        if callable(value):
            value = value()
        if isinstance(value, str) and not (value.isascii() and value.isprintable()):
            raise ValueError(
                f"{scheme.option} holds a line break or a character outside ASCII: no header can hold it"
            )
        return value

    def _token_requests(self, call: Request[Any]) -> Any:
        """The tokens that must be fetched first; see `auth.Tokens.expired_requests`."""
        return (
            self._tokens.expired_requests(self._schemes(call)) if self._tokens else ()
        )

    def _translate_errors(self, call: Request[Any]) -> http.translate_errors:
        return http.translate_errors(self._library, call, self._base_url)


async def _pieces(content: Any) -> AsyncIterator[bytes]:
    """A file or an iterable for the asynchronous client, which takes neither."""
    if hasattr(content, "read"):
        while piece := content.read(65536):
            yield piece
    else:
        for piece in content:
            yield piece


class Stream(Generic[E]):
    """An open answer; iterating reads it."""

    def __init__(
        self,
        response: Any,
        items: Callable[[bytes | None], Iterable[E]],
        errors: Callable[[], Any],
    ) -> None:
        self.status_code: int = response.status_code
        self.headers = Headers(response.headers.raw)
        self._response, self._items, self._errors = response, items, errors

    def __iter__(self) -> Iterator[E]:
        with self._errors():
            for piece in self._response.iter_bytes():
                yield from self._items(piece)
        yield from self._items(None)


class AsyncStream(Stream[E]):
    """An open answer; iterating reads it."""

    async def __aiter__(self) -> AsyncIterator[E]:
        with self._errors():
            async for piece in self._response.aiter_bytes():
                for item in self._items(piece):
                    yield item
        for item in self._items(None):
            yield item


class BaseSyncClient(BaseClient):
    def send(self, call: Request[T], *, timeout: float | None = None) -> T:
        """The typed body of a success. Raises the errors of `errors`; sends once, follows no redirect.

        `timeout`: seconds, for each of connecting, sending and waiting for more of the answer.
        """
        return self.send_raw(call, timeout=timeout).parsed

    def send_raw(
        self, call: Request[T], *, timeout: float | None = None
    ) -> Response[T]:
        """The answer, whatever its status. Raises ConnectError and TransportError."""
        with self._translate_errors(call):
            return Response.of(call, self._open(call, timeout, stream=False))

    @contextmanager
    def stream(
        self, call: Streamable[E], *, timeout: float | None = None
    ) -> Generator[Stream[E], None, None]:
        """The answer as it arrives. Raises as `send` does."""
        items = call.items()
        assert isinstance(call, Request)
        with self._translate_errors(call):
            response = self._open(call, timeout, stream=True)
        try:
            if not call.succeeds(response.status_code):
                with self._translate_errors(call):
                    response.read()
                raise cast(HTTPStatusError, Response.of(call, response).error)
            yield Stream(response, items, lambda: self._translate_errors(call))
        finally:
            response.close()

    def close(self) -> None:
        """Closes the connections, unless `http_client` was given."""
        if self._owns:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open(self, call: Request[Any], timeout: float | None, stream: bool) -> Any:
        for url, parts in self._token_requests(call):
            first = self._built(parts, timeout)
            self._tokens.store(url, self._http.send(first, follow_redirects=False))
        request = self._built(self._request(call), timeout)
        return self._http.send(request, stream=stream, follow_redirects=False)


class BaseAsyncClient(BaseClient):
    _class = "AsyncClient"

    async def send(self, call: Request[T], *, timeout: float | None = None) -> T:
        """As `BaseSyncClient.send`."""
        return (await self.send_raw(call, timeout=timeout)).parsed

    async def send_raw(
        self, call: Request[T], *, timeout: float | None = None
    ) -> Response[T]:
        """As `BaseSyncClient.send_raw`."""
        with self._translate_errors(call):
            return Response.of(call, await self._open(call, timeout, stream=False))

    @asynccontextmanager
    async def stream(
        self, call: Streamable[E], *, timeout: float | None = None
    ) -> AsyncGenerator[AsyncStream[E], None]:
        """As `BaseSyncClient.stream`."""
        items = call.items()
        assert isinstance(call, Request)
        with self._translate_errors(call):
            response = await self._open(call, timeout, stream=True)
        try:
            if not call.succeeds(response.status_code):
                with self._translate_errors(call):
                    await response.aread()
                raise cast(HTTPStatusError, Response.of(call, response).error)
            yield AsyncStream(response, items, lambda: self._translate_errors(call))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Closes the connections, unless `http_client` was given."""
        if self._owns:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def _open(
        self, call: Request[Any], timeout: float | None, stream: bool
    ) -> Any:
        for url, parts in self._token_requests(call):
            first = self._built(parts, timeout)
            self._tokens.store(
                url, await self._http.send(first, follow_redirects=False)
            )
        parts = self._request(call)
        content = parts.get("content", b"")
        if not (isinstance(content, bytes) or hasattr(content, "__aiter__")):
            parts["content"] = _pieces(content)
        request = self._built(parts, timeout)
        return await self._http.send(request, stream=stream, follow_redirects=False)
