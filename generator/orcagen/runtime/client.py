"""Clients, which send calls. BaseClient does no I/O; those for threads and for asyncio extend it."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeAlias, TypedDict, TypeVar, cast
from urllib.parse import urljoin

from attrs import frozen

from .call import Request
from .errors import APIError, ConfigurationError, DecodingError, Headers
from .http import (
    NETWORK,
    Connections,
    ErrorTranslator,
    Timeout,
    lift_limit,
    make_timeouts,
)
from .parameters import percent_encode, split_userinfo
from .response import Response, convert_response
from .retries import Attempts, Retries

T = TypeVar("T")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)

_Flow: TypeAlias = Generator[Any, Any, T]

MAX_RESPONSE_SIZE = 2**30


class Streamable(Protocol[E_co]):
    """A call whose response body can be streamed, as items of type E."""

    def items(self) -> Callable[[bytes | None], Iterable[E_co]]: ...


@frozen
class SecurityScheme:
    """A Security Scheme Object: the client's option that holds the credential, and how it is sent.

    `location` is bearer, basic, header, query, cookie or oauth2. `name` is that of the header, parameter or cookie; for
    oauth2, the token URL, and `credentials` the option for id and secret.
    """

    option: str
    location: str
    name: str = ""
    credentials: str = ""


class EventHooks(TypedDict, total=False):
    """Functions that are called with each request before it is sent, and with each response before its body is read.

    Both are objects of the HTTP library. The headers of a request can still be changed; they have the credentials.
    """

    request: Sequence[Callable[[Any], object]]
    response: Sequence[Callable[[Any], object]]


@frozen
class Server:
    """A Server Object without variables."""

    url: str


class BaseClient:
    """What both clients share. The class attributes are set from the document."""

    SERVERS: tuple[Server, ...] = ()
    SCHEMES: Mapping[str, SecurityScheme] = {}
    OPTIONS: frozenset[str] = frozenset()
    _is_async = False
    _connect = Connections
    _is_observed = False  # whether `_exchange` is extended
    _attempts: type[Attempts] = Attempts
    _read: Callable[..., Any]
    _sleep: Callable[..., Any]

    def __init__(self, base_url: str | None, options: Mapping[str, object]) -> None:
        if unknown := sorted(options.keys() - self.OPTIONS):
            raise TypeError(
                f"{type(self).__name__} has no option {unknown[0]!r}; there are {', '.join(sorted(self.OPTIONS))}"
            )
        own: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
        self._options = own
        http_client = own.pop("http_client", None)
        url = base_url or self._expand_servers(own.get("server_variables", {}))
        self._base_url, self._userinfo = split_userinfo(url.rstrip("/"))
        # It replaces the servers of operations, too.
        self._own_url = self._base_url if base_url else None
        if not re.match(r"https?://[^/?#]", self._base_url, re.IGNORECASE):
            reason = "" if base_url else "; the document has no server with a host"
            url = self._base_url.rpartition("@")[2]
            raise ConfigurationError(
                f"base_url must be the http or https URL of the server, not {url!r}{reason}"
            )
        self._headers: list[tuple[str, str]] = [*own.get("headers", {}).items()]
        timeout: Any = own.get("timeout", 60.0)
        self._timeout: Timeout = (
            timeout if hasattr(timeout, "as_dict") else float(timeout)
        )
        self._strict = bool(own.get("strict"))
        self._limit: int = own.get("max_response_size", MAX_RESPONSE_SIZE)
        self._retries: Retries | None = own.get("retries")
        self._hooks: EventHooks = own.get("event_hooks", {})
        self._owns_http = http_client is None
        if not isinstance(http_client, Connections):
            network = {n: self._options[n] for n in NETWORK if n in self._options}
            http_client = self._connect(self._is_async, http_client, network)
        self._connections = http_client
        self._cookies = http_client.make_cookies()

    @property
    def base_url(self) -> str:
        """The URL that paths are appended to, without user and password."""
        return self._base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client has connections and credentials: use with_options()")

    def _copy(self, base_url: str | None, options: Mapping[str, Any]) -> Self:
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        if fixed := [name for name in NETWORK if name in options]:
            raise ConfigurationError(
                f"a copy shares connections: create a client with {' and '.join(fixed)}"
            )
        merged = {**self._options, "http_client": self._connections, **options}
        if headers := options.get("headers"):
            merged["headers"] = {**self._options.get("headers", {}), **headers}
        BaseClient.__init__(other, base_url or self._own_url, merged)
        if self._own_url and not base_url:
            other._userinfo = self._userinfo
        return other

    def _expand_servers(self, variables: Mapping[str, str]) -> str:
        """The URL of the first server."""
        if variables:
            raise ConfigurationError("the servers of this API have no variables")
        return self.SERVERS[0].url if self.SERVERS else ""

    def locate(self, call: Request[Any]) -> str:
        """The URL that the path of a call is appended to, without user and password."""
        is_own = call.server is not None and not self._own_url
        return self._locate(call.server)[0] if is_own else self._base_url

    def _locate(self, server: Any) -> tuple[str, str]:
        """The URL, and user and password, of an operation's own server."""
        return split_userinfo(urljoin(self._base_url, server).rstrip("/"))

    # The methods that return a _Flow do no I/O. They yield functions, and are sent their results. Those of the asynchronous
    # client are awaited.

    def _flow(self, call: Request[Any], timeout: Timeout | None) -> _Flow[Any]:
        """Send a call. Returns the response, unread."""
        credentials: list[tuple[SecurityScheme, Any]] = []
        for scheme, scopes in self._choose_schemes(call):
            value = yield from self._get_credential(scheme, scopes)
            credentials += [(scheme, value)]
        arguments = self._prepare(call, credentials)
        send = self._build_request(arguments, timeout)
        if self._hooks or self._is_observed:
            response = yield from self._exchange(call, send)
        else:
            response = yield send
        if self._cookies is not None and "set-cookie" in response.headers:
            self._cookies.extract_cookies(response)
        return response

    def _exchange(self, call: Request[Any], send: partial[Any]) -> _Flow[Any]:
        """Send what `_build_request` made between the event hooks. Returns the response, unread."""
        request = send.args[0]
        request.extensions["call"] = call
        for hook in self._hooks.get("request", ()):
            yield from self._resolve(hook(request))
        response = yield send
        try:
            for hook in self._hooks.get("response", ()):
                yield from self._resolve(hook(response))
        except Exception:
            yield response.aclose if self._is_async else response.close
            raise
        return response

    def _resolve(self, value: Any) -> _Flow[Any]:
        """What a function of the caller's has returned; with AsyncClient, it may have to be awaited."""
        if hasattr(value, "__await__"):
            if not self._is_async:
                getattr(value, "close", str)()  # no warning that it was not awaited
                reason = "a function that must be awaited needs AsyncClient"
                raise ConfigurationError(reason)
            value = yield partial(cast, Any, value)
        return value

    def _get_credential(self, scheme: SecurityScheme, scopes: list[str]) -> _Flow[Any]:
        """Raises ConfigurationError, without the credential, if no header can hold it."""
        value = self._options[scheme.option]
        if callable(value):
            value = yield from self._resolve(value())
        text: Any = "" if scheme.location == "basic" else value
        is_text = isinstance(text, str) and text.isascii() and text.isprintable()
        if not is_text or (scheme.location == "cookie" and ";" in text):
            raise ConfigurationError(
                f"{scheme.option} must be text in ASCII without line breaks, and in a cookie without semicolons"
            )
        return value

    def _prepare(
        self, call: Request[Any], credentials: Iterable[tuple[SecurityScheme, Any]]
    ) -> dict[str, Any]:
        """The keyword arguments of the library's `build_request` for a call."""
        url, userinfo = self._base_url, self._userinfo
        if call.server is not None and not self._own_url:
            url, userinfo = self._locate(call.server)
        own_headers = [*self._headers, *call.headers]
        accept: str = call.accept or call.responses.accept
        headers: list[tuple[str, str]] = [("Accept", accept)]
        query = [call.query] if call.query else []
        cookies = (
            [v for k, v in own_headers if k.lower() == "cookie"] if own_headers else []
        )
        if userinfo:
            headers.append(("Authorization", _encode_basic(userinfo)))
        for scheme, credential in credentials:
            if scheme.location in ("bearer", "oauth2"):
                headers.append(("Authorization", f"Bearer {credential}"))
            elif scheme.location == "basic":
                headers.append(("Authorization", _encode_basic(":".join(credential))))
            elif scheme.location == "header":
                headers.append((scheme.name, credential))
            elif scheme.location == "cookie":
                cookies.append(f"{scheme.name}={credential}")
            else:
                pair = map(percent_encode, (scheme.name, credential))
                query.append("=".join(pair))
        url += call.path + ("?" + "&".join(query) if query else "")
        request: dict[str, Any] = {"method": call.method, "url": url}
        if call.body:
            headers += call.body.headers
            content = call.body.content
            is_final = isinstance(content, bytes) or hasattr(content, "__aiter__")
            as_is = is_final or not self._is_async
            request["content"] = content if as_is else _read_async(content)
        # Of several headers of one name, the last: the caller's.
        if own_headers or userinfo:
            headers = [
                *{k.lower(): (k, v) for k, v in [*headers, *own_headers]}.values()
            ]
        if cookies:  # in one header: RFC 6265, section 5.4
            headers = [(k, v) for k, v in headers if k.lower() != "cookie"]
            headers.append(("Cookie", "; ".join(cookies)))
        return {**request, "headers": headers}

    def _build_request(
        self, arguments: dict[str, Any], timeout: Timeout | None, *, stream: bool = True
    ) -> partial[Any]:
        """What sends a request, its argument; with `stream`, the body of the response is left unread."""
        if self._cookies:
            arguments["cookies"] = self._cookies
        extensions = {
            "timeout": make_timeouts(self._timeout if timeout is None else timeout),
            "trace": self._connections.trace,
        }
        http = self._connections.get()
        request = http.build_request(**arguments, extensions=extensions)
        request.method = arguments["method"]  # the library writes it in upper case
        return partial(http.send, request, stream=stream, follow_redirects=False)

    def _choose_schemes(
        self, call: Request[Any]
    ) -> list[tuple[SecurityScheme, list[str]]]:
        """The first alternative of a call's security for which the client has all credentials, with their scopes.

        Raises ConfigurationError if there is none, and the caller sends no credential in another way.
        """
        missing: list[str] = []
        for alternative in call.security:
            schemes: list[tuple[SecurityScheme, list[str]]] = []
            lacks: list[SecurityScheme] = []
            for item in alternative:
                name, *scopes = (item,) if isinstance(item, str) else item
                if name not in self.SCHEMES:
                    continue  # left to the caller's HTTP client: a certificate, for example
                scheme = self.SCHEMES[name]
                schemes += [(scheme, scopes)]
                options = self._options
                if scheme.option not in options and scheme.credentials not in options:
                    lacks.append(scheme)
            if schemes and not lacks:
                return schemes
            lacks = [s for s in lacks if not self._is_given(s, call)]
            names = (f"{s.option} or {s.credentials}" for s in lacks)
            missing.append(" and ".join(n.removesuffix(" or ") for n in names))
        if missing and all(missing):
            raise ConfigurationError.of(
                f"{call.request} needs a credential: the client's option {', or '.join(missing)}",
                request=call.request,
            )
        return []

    def _is_given(self, scheme: SecurityScheme, call: Request[Any]) -> bool:
        """Whether the caller sends a credential in another way."""
        names = [name for name, _ in [*self._headers, *call.headers]]
        http = self._connections.http_client
        if http:
            names += [*http.headers, *http.params, *http.cookies]
        if self._userinfo or (http and http.auth):
            names.append("authorization")
        by_name = {"header": scheme.name, "query": scheme.name, "cookie": "cookie"}
        header = by_name.get(scheme.location, "authorization")
        return header.lower() in map(str.lower, names)

    def _repeat(
        self,
        retries: Retries,
        call: Any,
        timeout: Timeout | None,
        make: Callable[..., _Flow[T]],
    ) -> _Flow[T]:
        """The result of the last attempt; see `Retries`."""
        seconds = self._timeout if timeout is None else timeout
        attempts = self._attempts(retries, call, seconds, self._headers)
        while True:
            try:
                with self._translate_errors(attempts.call):
                    result = yield from make(attempts.call, attempts.timeout)
            except APIError as error:
                if (wait := attempts.next_wait(error)) is None:
                    raise
            else:
                wait = attempts.next_wait(getattr(result, "error", None))
                if wait is None:
                    return result
            yield partial(self._sleep, retries.sleep, wait)

    def _fetch(self, call: Request[T], timeout: Timeout | None) -> _Flow[Response[T]]:
        response = yield from self._flow(call, timeout)
        content = yield partial(self._read, call, response)
        return convert_response(call, response, content, self._strict)

    def _open(self, call: Streamable[Any], timeout: Timeout | None) -> _Flow[Any]:
        """The response whose body is streamed, and the function that makes its items. Raises its error."""
        assert isinstance(call, Request)
        response = yield from self._flow(call.as_stream(), timeout)
        is_success = call.responses.is_success(response.status_code)
        problem = call.find_problem(response.headers.get("content-type", ""))
        if problem or not is_success:
            content = yield partial(self._read, call, response)
            received: Response[Any] = convert_response(
                call, response, content, self._strict
            )
            raise received.error or received.make_error(problem or "")
        lift_limit(response)
        items = call.items()
        if self._strict and hasattr(call, "item_type"):
            from .problems import StrictItems

            items = StrictItems(call, items)
        return response, items

    def _too_long(self, call: Request[Any], response: Any) -> DecodingError:
        """After decompression: a few bytes may become many."""
        return DecodingError.of(
            f"{call.request}: the response {response.status_code} has more than {self._limit} bytes, decompressed;"
            " see the option max_response_size",
            request=call.request,
            status_code=response.status_code,
            headers=Headers(response.headers.raw),
        )

    def _translate_errors(self, call: Any) -> ErrorTranslator:
        return ErrorTranslator(self._connections.library, call, self._base_url)


def _encode_basic(userinfo: str) -> str:
    return f"Basic {b64encode(userinfo.encode()).decode()}"


class Stream(Generic[E]):
    """An open response. Iterating over it reads its body."""

    def __init__(
        self,
        response: Any,
        items: Callable[[bytes | None], Iterable[E]],
        translator: ErrorTranslator,
    ) -> None:
        self.status_code: int = response.status_code
        self.headers = Headers(response.headers.raw)
        self._response = response
        self._items, self._translator = items, translator

    def __iter__(self) -> Iterator[E]:
        with self._translator:
            for piece in self._response.iter_bytes():
                yield from self._items(piece)
                if getattr(self._items, "ended", False):
                    return
        yield from self._items(None)


class AsyncStream(Stream[E]):
    """An open response. Iterating over it with `async for` reads its body."""

    async def __aiter__(self) -> AsyncIterator[E]:
        with self._translator:
            async for piece in self._response.aiter_bytes():
                for item in self._items(piece):
                    yield item
                if getattr(self._items, "ended", False):
                    return
        for item in self._items(None):
            yield item


def sleep(function: Callable[[float], object] | None, seconds: float) -> None:
    """Sleep with the function of an option, else with `time.sleep`."""
    (function or time.sleep)(seconds)


async def sleep_async(
    function: Callable[[float], Awaitable[object] | None] | None, seconds: float
) -> None:
    """Sleep with the function of an option, which may be no coroutine function, else with `asyncio.sleep`."""
    if function is None:
        import asyncio

        await asyncio.sleep(seconds)
    elif waiting := function(seconds):
        await waiting


class BaseSyncClient(BaseClient):
    """The base class of `Client`."""

    _sleep = staticmethod(sleep)

    def send(self, call: Request[T], *, timeout: Timeout | None = None) -> T:
        """Send a call and return the parsed body of a success. Redirects are not followed.

        `timeout` is in seconds, for the whole response, or the library's `Timeout`. A call is sent once, unless the client
        has the option `retries`. Raises APIError; see the subclasses in `errors`.
        """
        return self.send_raw(call, timeout=timeout).parsed

    def send_raw(
        self, call: Request[T], *, timeout: Timeout | None = None
    ) -> Response[T]:
        """Send a call and return the response, whatever its status. Raises ConnectError and TransportError."""
        return self._run(call, timeout, self._fetch)

    @contextmanager
    def stream(
        self, call: Streamable[E], *, timeout: Timeout | None = None
    ) -> Generator[Stream[E], None, None]:
        """Send a call and read the body of the response while it arrives. Raises as `send` does.

        `timeout` is in seconds, for the headers, and then for each further part.
        """
        response, items = self._run(call, timeout, self._open)
        try:
            yield Stream(response, items, self._translate_errors(call))
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections, unless the `http_client` is the caller's."""
        if self._owns_http and (http := self._connections.find()):
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _run(
        self, call: Any, timeout: Timeout | None, make: Callable[..., _Flow[T]]
    ) -> T:
        flow = make(call, timeout)
        if self._retries:
            flow = self._repeat(self._retries, call, timeout, make)
        result: Any = None
        errors: list[Exception] = []
        with self._translate_errors(call):
            while True:
                try:
                    step = flow.throw(errors.pop()) if errors else flow.send(result)
                except StopIteration as end:
                    value: T = end.value
                    return value
                try:
                    result = step()
                except Exception as error:
                    errors.append(error)

    def _read(self, call: Request[Any], response: Any) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in response.iter_bytes():
                pieces += [piece]
                size += len(piece)
                if size > self._limit:
                    raise self._too_long(call, response)
        except BaseException:
            response.close()
            raise
        return b"".join(pieces)


class BaseAsyncClient(BaseClient):
    """The base class of `AsyncClient`. Its methods are those of `BaseSyncClient`, for asyncio."""

    _is_async = True
    _sleep = staticmethod(sleep_async)

    async def send(self, call: Request[T], *, timeout: Timeout | None = None) -> T:
        """See `BaseSyncClient.send`."""
        return (await self.send_raw(call, timeout=timeout)).parsed

    async def send_raw(
        self, call: Request[T], *, timeout: Timeout | None = None
    ) -> Response[T]:
        """See `BaseSyncClient.send_raw`."""
        return await self._run(call, timeout, self._fetch)

    @asynccontextmanager
    async def stream(
        self, call: Streamable[E], *, timeout: Timeout | None = None
    ) -> AsyncGenerator[AsyncStream[E], None]:
        """See `BaseSyncClient.stream`."""
        response, items = await self._run(call, timeout, self._open)
        try:
            yield AsyncStream(response, items, self._translate_errors(call))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """See `BaseSyncClient.close`."""
        if self._owns_http and (http := self._connections.find()):
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def _run(
        self, call: Any, timeout: Timeout | None, make: Callable[..., _Flow[T]]
    ) -> T:
        flow = make(call, timeout)
        if self._retries:
            flow = self._repeat(self._retries, call, timeout, make)
        result: Any = None
        errors: list[Exception] = []
        with self._translate_errors(call):
            while True:
                try:
                    step = flow.throw(errors.pop()) if errors else flow.send(result)
                except StopIteration as end:
                    value: T = end.value
                    return value
                try:
                    result = await step()
                except Exception as error:
                    errors.append(error)

    async def _read(self, call: Request[Any], response: Any) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in response.aiter_bytes():
                pieces += [piece]
                size += len(piece)
                if size > self._limit:
                    raise self._too_long(call, response)
        except BaseException:
            await response.aclose()
            raise
        return b"".join(pieces)


async def _read_async(content: Any) -> AsyncIterator[bytes]:
    """A file or iterable as an asynchronous iterable, the only kind that the library's AsyncClient takes."""
    if hasattr(content, "read"):
        content = iter(partial(content.read, 65536), b"")
    for piece in content:
        yield piece
