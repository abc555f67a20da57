"""Sends calls. BaseClient prepares requests without I/O; the synchronous and the asynchronous client send them."""

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
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

from attrs import field, frozen

from .call import Request
from .errors import DecodingError, Headers, HTTPStatusError
from .http import ErrorTranslator, load_library
from .parameters import percent_encode
from .response import Response, convert_response

T = TypeVar("T")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)

MAX_RESPONSE_SIZE = 2**30


class Streamable(Protocol[E_co]):
    """A call whose response body can be streamed, as items of type E."""

    def items(self) -> Callable[[bytes | None], Iterable[E_co]]: ...


@frozen
class SecurityScheme:
    """A Security Scheme Object: the client's option that holds the credential, and how it is sent.

    `location` is bearer, basic, header, query, cookie or oauth2. `name` is that of the header, query parameter or
    cookie; for oauth2, the token URL of the client credentials flow.
    """

    option: str
    location: str
    name: str = ""


@frozen
class Server:
    """A Server Object. `variables` maps each variable in the URL to its default and its allowed values (none: any)."""

    url: str
    variables: Mapping[str, tuple[str, tuple[str, ...]]] = field(
        factory=dict[str, tuple[str, tuple[str, ...]]]
    )

    def expand(self, variables: Mapping[str, str]) -> str:
        """The URL with values for its variables. Raises ValueError for one that is not allowed."""
        url = self.url
        for name, (default, allowed) in self.variables.items():
            value = variables.get(name, default)
            if allowed and value not in allowed:
                raise ValueError(
                    f"server variable {name} must be one of {', '.join(allowed)}, not {value!r}"
                )
            url = url.replace("{" + name + "}", value)
        return url


class Tokens(Protocol):
    """Access tokens of the OAuth 2 client credentials flow; `auth.TokenCache`, in packages whose API has that flow."""

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None: ...

    def expired_requests(
        self, schemes: Iterable[SecurityScheme]
    ) -> Iterable[tuple[str, dict[str, Any]]]: ...

    def store(self, url: str, response: Any) -> None: ...

    def get(self, url: str) -> str: ...


class BaseClient:
    """What both clients share. The class attributes are set from the document."""

    SERVERS: tuple[Server, ...] = ()
    SCHEMES: Mapping[str, SecurityScheme] = {}
    OPTIONS: frozenset[str] = frozenset()
    TOKENS: type[Tokens] | None = None
    _http_class = "Client"

    def __init__(self, base_url: str | None, options: Mapping[str, object]) -> None:
        if unknown := sorted(options.keys() - self.OPTIONS):
            raise TypeError(
                f"{type(self).__name__} has no option {unknown[0]!r}; there are {', '.join(sorted(self.OPTIONS))}"
            )
        self._options: dict[str, Any] = {
            k: v for k, v in options.items() if v is not None
        }
        http_client = self._options.pop("http_client", None)
        # Kept apart from the URL of the document, because it also replaces the servers of operations.
        self._own_url = base_url.rstrip("/") if base_url else None
        self._base_url = self._own_url or ""
        if self.SERVERS:
            variables = self._options.get("server_variables", {})
            # Expanded in any case, so that a wrong variable is an error in any case.
            url = self.SERVERS[0].expand(variables)
            self._base_url = self._own_url or url.rstrip("/")
        if urlsplit(self._base_url).scheme not in ("http", "https"):
            raise ValueError(
                f"base_url must be the http or https URL of the server, not {self._base_url!r}"
            )
        self._tokens: Tokens | None = None
        if self.TOKENS is not None and "client_credentials" in self._options:
            self._tokens = self.TOKENS(self._options, self._base_url)
        self._available = {
            name
            for name, s in self.SCHEMES.items()
            if s.option in self._options
            or (s.location == "oauth2" and s.name and self._tokens is not None)
        }
        self._limit: int = self._options.get("max_response_size", MAX_RESPONSE_SIZE)
        self._owns_http = http_client is None
        self._library = load_library(http_client)
        timeout = float(self._options.get("timeout", 60.0))
        self._timeouts = self._make_timeouts(timeout)
        if in_query := [s.name for s in self.SCHEMES.values() if s.location == "query"]:
            from .redaction import redact_log

            redact_log(self._library, tuple(map(percent_encode, in_query)))
        make_client = getattr(self._library, self._http_class)
        self._http: Any = http_client or make_client(timeout=timeout)

    @property
    def base_url(self) -> str:
        """The URL that paths are appended to."""
        return self._base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def _copy(self, base_url: str | None, options: Mapping[str, Any]) -> Self:
        other = copy.copy(self)
        merged = {**self._options, "http_client": self._http, **options}
        if headers := options.get("headers"):
            merged["headers"] = {**self._options.get("headers", {}), **headers}
        BaseClient.__init__(other, base_url or self._own_url, merged)
        return other

    def _prepare(self, call: Request[Any]) -> dict[str, Any]:
        """The keyword arguments of the library's `build_request` for a call."""
        defaults: Mapping[str, str] = self._options.get("headers", {})
        own_headers = [*defaults.items(), *call.headers]
        accept: str = call.accept or call.responses.accept
        headers: list[tuple[str, str]] = [("Accept", accept)]
        query = [call.query] if call.query else []
        cookies = [v for k, v in own_headers if k.lower() == "cookie"]
        for scheme in self._choose_schemes(call):
            credential = self._get_credential(scheme)
            if scheme.location in ("bearer", "oauth2"):
                headers.append(("Authorization", f"Bearer {credential}"))
            elif scheme.location == "basic":
                encoded = b64encode(":".join(credential).encode()).decode()
                headers.append(("Authorization", f"Basic {encoded}"))
            elif scheme.location == "header":
                headers.append((scheme.name, credential))
            else:
                pairs = query if scheme.location == "query" else cookies
                name = percent_encode(scheme.name)
                pairs.append(f"{name}={percent_encode(credential)}")
        if call.body:
            headers += call.body.headers
        if own_headers:  # it replaces what the document says
            headers = [*{k.lower(): (k, v) for k, v in headers + own_headers}.values()]
        if cookies:  # in one header: RFC 6265, section 5.4
            headers = [(k, v) for k, v in headers if k.lower() != "cookie"]
            headers.append(("Cookie", "; ".join(cookies)))
        url = self._own_url or (call.server or self._base_url).rstrip("/")
        if url.startswith("/"):  # an operation's own server, relative to the document's
            base = urlsplit(self._base_url)
            url = f"{base.scheme}://{base.netloc}{url}"
        url += call.path + ("?" + "&".join(query) if query else "")
        request: dict[str, Any] = {"method": call.method, "url": url}
        if call.body:
            request["content"] = call.body.content
        return {**request, "headers": headers}

    def _build_request(self, arguments: dict[str, Any], timeout: float | None) -> Any:
        timeouts = self._timeouts if timeout is None else self._make_timeouts(timeout)
        return self._http.build_request(**arguments, extensions={"timeout": timeouts})

    def _make_timeouts(self, seconds: float) -> Any:
        return self._library.Timeout(seconds).as_dict()

    def _choose_schemes(self, call: Request[Any]) -> list[SecurityScheme]:
        """The first alternative of a call's security for which the client has all credentials."""
        for names in call.security:
            if self._available.issuperset(names):
                return [self.SCHEMES[name] for name in names]
        return []

    def _get_credential(self, scheme: SecurityScheme) -> Any:
        """Raises ValueError, without the credential, if no header can hold it."""
        if scheme.option not in self._options and self._tokens is not None:
            return self._tokens.get(scheme.name)
        value = self._options[scheme.option]
        if callable(value):
            value = value()
        if isinstance(value, str) and not (value.isascii() and value.isprintable()):
            raise ValueError(
                f"{scheme.option} contains a line break or a character outside ASCII, which no header can hold"
            )
        return value

    def _token_requests(
        self, call: Request[Any], timeout: float | None
    ) -> Iterator[tuple[Any, Callable[[Any], None]]]:
        """The token requests to send before a call, and what to do with their responses; see `auth`."""
        if self._tokens is not None:
            schemes = self._choose_schemes(call)
            for url, arguments in self._tokens.expired_requests(schemes):
                request = self._build_request(arguments, timeout)
                yield request, partial(self._tokens.store, url)

    def _too_long(self, call: Request[Any], response: Any) -> DecodingError:
        return DecodingError.of(
            f"{call.request}: the response {response.status_code} has more than {self._limit} bytes, decompressed;"
            " see the option max_response_size",
            request=call.request,
            status_code=response.status_code,
            headers=Headers(response.headers.raw),
        )

    def _translate_errors(self, call: Request[Any]) -> ErrorTranslator:
        return ErrorTranslator(self._library, call, self._base_url)


class Stream(Generic[E]):
    """An open response. Iterating over it reads its body."""

    def __init__(
        self,
        response: Any,
        items: Callable[[bytes | None], Iterable[E]],
        translate_errors: Callable[[], ErrorTranslator],
    ) -> None:
        self.status_code: int = response.status_code
        self.headers = Headers(response.headers.raw)
        self._response = response
        self._items, self._translate_errors = items, translate_errors

    def __iter__(self) -> Iterator[E]:
        with self._translate_errors():
            for piece in self._response.iter_bytes():
                yield from self._items(piece)
                if getattr(self._items, "ended", False):
                    return
        yield from self._items(None)


class AsyncStream(Stream[E]):
    """An open response. Iterating over it with `async for` reads its body."""

    async def __aiter__(self) -> AsyncIterator[E]:
        with self._translate_errors():
            async for piece in self._response.aiter_bytes():
                for item in self._items(piece):
                    yield item
                if getattr(self._items, "ended", False):
                    return
        for item in self._items(None):
            yield item


class BaseSyncClient(BaseClient):
    """The base class of `Client`."""

    def send(self, call: Request[T], *, timeout: float | None = None) -> T:
        """Send a call once and return the parsed body of a success. Redirects are not followed.

        `timeout` is in seconds, for each of connecting, sending and waiting for the next part of the response.

        Raises APIError; see the subclasses in `errors`.
        """
        return self.send_raw(call, timeout=timeout).parsed

    def send_raw(
        self, call: Request[T], *, timeout: float | None = None
    ) -> Response[T]:
        """Send a call and return the response, whatever its status. Raises ConnectError and TransportError."""
        with self._translate_errors(call):
            response = self._send(call, timeout)
            try:
                return self._receive(call, response)
            except BaseException:
                response.close()
                raise

    @contextmanager
    def stream(
        self, call: Streamable[E], *, timeout: float | None = None
    ) -> Generator[Stream[E], None, None]:
        """Send a call and read the body of the response while it arrives. Raises as `send` does."""
        items = call.items()
        assert isinstance(call, Request)
        with self._translate_errors(call):
            response = self._send(call.as_stream(), timeout)
        try:
            if not call.responses.is_success(response.status_code):
                with self._translate_errors(call):
                    error = self._receive(call, response).error
                raise cast(HTTPStatusError, error)
            if problem := call.find_problem(response.headers.get("content-type", "")):
                with self._translate_errors(call):
                    received = self._receive(cast("Request[Any]", call), response)
                raise received.make_error(problem)
            yield Stream(response, items, lambda: self._translate_errors(call))
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections, unless they are those of an `http_client` of the caller's."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _receive(self, call: Request[T], response: Any) -> Response[T]:
        """Read the body. Its size is that after decompression: a few bytes may become many."""
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > self._limit:
                raise self._too_long(call, response)
        return convert_response(call, response, b"".join(pieces))

    def _send(self, call: Request[Any], timeout: float | None) -> Any:
        for request, store in self._token_requests(call, timeout):
            store(self._http.send(request, follow_redirects=False))
        request = self._build_request(self._prepare(call), timeout)
        return self._http.send(request, stream=True, follow_redirects=False)


class BaseAsyncClient(BaseClient):
    """The base class of `AsyncClient`. Its methods are those of `BaseSyncClient`, for asyncio."""

    _http_class = "AsyncClient"

    async def send(self, call: Request[T], *, timeout: float | None = None) -> T:
        """See `BaseSyncClient.send`."""
        return (await self.send_raw(call, timeout=timeout)).parsed

    async def send_raw(
        self, call: Request[T], *, timeout: float | None = None
    ) -> Response[T]:
        """See `BaseSyncClient.send_raw`."""
        with self._translate_errors(call):
            response = await self._send(call, timeout)
            try:
                return await self._receive(call, response)
            except BaseException:
                await response.aclose()
                raise

    @asynccontextmanager
    async def stream(
        self, call: Streamable[E], *, timeout: float | None = None
    ) -> AsyncGenerator[AsyncStream[E], None]:
        """See `BaseSyncClient.stream`."""
        items = call.items()
        assert isinstance(call, Request)
        with self._translate_errors(call):
            response = await self._send(call.as_stream(), timeout)
        try:
            if not call.responses.is_success(response.status_code):
                with self._translate_errors(call):
                    error = (await self._receive(call, response)).error
                raise cast(HTTPStatusError, error)
            if problem := call.find_problem(response.headers.get("content-type", "")):
                with self._translate_errors(call):
                    received = await self._receive(cast("Request[Any]", call), response)
                raise received.make_error(problem)
            yield AsyncStream(response, items, lambda: self._translate_errors(call))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless they are those of an `http_client` of the caller's."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def _receive(self, call: Request[T], response: Any) -> Response[T]:
        pieces: list[bytes] = []
        size = 0
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > self._limit:
                raise self._too_long(call, response)
        return convert_response(call, response, b"".join(pieces))

    async def _send(self, call: Request[Any], timeout: float | None) -> Any:
        for request, store in self._token_requests(call, timeout):
            store(await self._http.send(request, follow_redirects=False))
        arguments = self._prepare(call)
        content = arguments.get("content", b"")
        if not (isinstance(content, bytes) or hasattr(content, "__aiter__")):
            arguments["content"] = _read_async(content)
        request = self._build_request(arguments, timeout)
        return await self._http.send(request, stream=True, follow_redirects=False)


async def _read_async(content: Any) -> AsyncIterator[bytes]:
    """A file or iterable as an asynchronous iterable, the only kind that the library's AsyncClient takes."""
    if hasattr(content, "read"):
        while piece := content.read(65536):
            yield piece
    else:
        for piece in content:
            yield piece
