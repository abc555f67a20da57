"""Long-running operations: what a document declares about them, and the calls that start them. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast
from urllib.parse import quote, urljoin, urlsplit

from attrs import field, frozen

from .call import Call, Request
from .damaged_json import read_beginning, read_json
from .encoder import parse_json
from .response import Response

T = TypeVar("T")
R = TypeVar("R")

State: TypeAlias = Literal["pending", "succeeded", "failed", "cancelled"]
_STATES: tuple[State, ...] = ("failed", "cancelled", "succeeded", "pending")
_IN_BRACES = re.compile(r"\{(\$[^{}]+)\}")
_EMPTY: tuple[Any, ...] = (None, "", False, [], {})


@frozen(kw_only=True)
class Target:
    """A request that follows from a response: that of the function `operation`, "module.name" in `api`, with `arguments`; or
    a GET of `url`, whose body is a `type` and which needs `security` as `Call.of` has it.

    Arguments and URL are runtime expressions (OpenAPI, Link Object), or text with such expressions in braces. A URL from a
    response is resolved as the target of a redirect is, one that is written here is a path of this API. `status` is where
    the response has the status, () for the place that the declaration has.
    """

    operation: str = ""
    arguments: Mapping[str, Any] = field(factory=dict[str, Any], hash=False)
    url: str = ""
    type: Any = Any
    security: tuple[tuple[str | tuple[str, ...], ...], ...] = ()
    status: tuple[str, ...] = ()

    @property
    def expressions(self) -> Iterator[str]:
        """All expressions, those inside text included."""
        yield from _find_expressions([self.url, dict(self.arguments)])


@frozen(kw_only=True)
class LongRunning:
    """What is declared about an operation that starts a task. Each place is a list of runtime expressions (OpenAPI, Link
    Object), of which the first counts that a response has.

    Attributes:
        operation: The function that starts the task: "module.name" in `api`.
        poll: How the task is looked up: the first target for which the starting response has all that it needs.
        id: Where the starting response has the id; a lookup that has another one there is about another task.
        status: Where a lookup has the status.
        pending, succeeded, failed, cancelled: The words of the status that mean this, without regard to case, and expressions
            that mean it where a response has them. Any other status is unknown: polling goes on.
        progress, error: Where a lookup has them.
        retry_after: Where responses say when to poll next, in seconds, instead of in the header Retry-After.
        result: Where the last lookup has the result, of `result_type`; () for its whole body.
        fetch: The request for the result, instead.
        cancel: The request that cancels the task.
        billable: Whether starting costs something: then it is sent again only if it is certain that it started nothing.
        server: The operation's own server, if it has one.
        first_delay: Seconds until the first lookup.
        interval: Seconds between lookups.
        duration: Seconds that a task usually takes.
    """

    operation: str
    poll: tuple[Target, ...]
    id: tuple[str, ...] = ()
    status: tuple[str, ...] = ("$statusCode",)
    pending: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    retry_after: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    result_type: Any = Any
    fetch: Target | None = None
    cancel: Target | None = None
    billable: bool = False
    server: Any = None
    first_delay: float | None = None
    interval: float | None = None
    duration: float | None = None

    @property
    def expressions(self) -> set[str]:
        """All that must be known of the start."""
        targets = [t for t in (*self.poll, self.fetch, self.cancel) if t is not None]
        return {*self.id, *(e for t in targets for e in t.expressions)}

    def knows(self, status: str) -> bool:
        """Whether it is a word of the declaration, if that has those of tasks which have not ended."""
        values = (*self.pending, *self.succeeded, *self.failed, *self.cancelled)
        return not self.pending or status.strip().casefold() in values

    def find_state(
        self, reply: ResponseReader, target: Target | None
    ) -> tuple[State | None, str]:
        """The state that a response tells, with the service's word for it; None if it tells none.

        The body of an error tells nothing of the task. Its status code does, if it is one of the words.
        """
        places = (target.status if target else ()) or self.status
        is_success = reply.response.status_code // 100 == 2
        if not is_success:
            places = tuple(p for p in places if p == "$statusCode")
        word = spell(reply.find(places))
        for state in _STATES:
            for item in cast("tuple[str, ...]", getattr(self, state)):
                if item[0] == "$":
                    if is_success and reply.find((item,)) not in _EMPTY:
                        return state, word
                elif word and item == word.strip().casefold():
                    return state, word
        return ("pending" if word and is_success else None), word

    def names_another(self, reply: ResponseReader, id_: str) -> str:
        """The id in a response that is about another task; "" if it is about this one, or does not say."""
        places = tuple(e for e in self.id if e.startswith("$response.body"))
        other = reply.find(places)
        is_id = isinstance(other, (str, int)) and not isinstance(other, bool)
        text = str(other) if is_id else ""
        return "" if text == id_ else text


@frozen
class TaskCall(Call[T], Generic[T, R]):
    """A call that starts a task; the client's `start` sends it and gives the task, whose result is an `R`.

    `values` are the arguments that later requests need, by their runtime expressions.
    """

    long_running: LongRunning = field(
        default=LongRunning(operation="", poll=()),
        kw_only=True,
        hash=False,
        repr=False,
    )
    values: Mapping[str, Any] = field(
        factory=dict[str, Any], kw_only=True, hash=False, repr=False
    )

    @classmethod
    def of(cls, method: str, path: str, **options: Any) -> TaskCall[Any, Any]:
        """A call of an operation; see `Call.of`. Beside its keywords there are `long_running` and `values`."""
        return cls.build(method, path, **options)

    @property
    def is_repeatable(self) -> bool:
        """See `Request.is_repeatable`."""
        return not self.long_running.billable

    @property
    def digest(self) -> str:
        """The SHA-256 of the body as it is sent, in hexadecimal; "" for a body that is no bytes."""
        from hashlib import sha256

        content = self.body.content if self.body else b""
        return sha256(content).hexdigest() if isinstance(content, bytes) else ""

    def find_value(self, expression: str, url: str) -> Any:
        """What an expression of the request stands for; `url` is where the call is sent."""
        if expression in self.values:
            return self.values[expression]
        if expression == "$url":
            return url
        if expression == "$method":
            return self.method
        if expression.startswith("$request.body") and self.body:
            try:
                body = parse_json(self.body.content)
            except (ValueError, TypeError):
                return None
            return follow(body, expression.partition("#")[2])
        return None


class ResponseReader:
    """A response, as runtime expressions read it; if it is that of a start, as far as its body can be read."""

    def __init__(self, response: Response[Any], *, is_start: bool = False) -> None:
        self.response = response
        self._is_start = is_start

    @cached_property
    def body(self) -> Any:
        """The JSON body; None if it is none. What is odd in it does not hide the rest."""
        content = self.response.content
        try:
            return parse_json(content)
        except (ValueError, RecursionError):
            value = read_json(content)
        return read_beginning(content) if value is None and self._is_start else value

    def find(self, expressions: Iterable[str]) -> Any:
        """The value of the first expression that has one; None for none."""
        for expression in expressions:
            value: Any = None
            if expression == "$statusCode":
                value = str(self.response.status_code)
            elif expression.startswith("$response.header."):
                value = self.response.headers.get(expression[17:])
            elif expression.startswith("$response.body"):
                value = follow(self.body, expression.partition("#")[2])
            if value is not None:
                return value
        return None


def follow(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer; None if there is none. -1 is the last item of an array."""
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(token) if isinstance(value, list) else token]
        except (LookupError, TypeError, ValueError):
            return None
    return value


def spell(value: Any) -> str:
    """A status as text: `true` and `1` for true and 1; "" for what cannot be one."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def _find_expressions(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in cast("Mapping[str, Any]", value).values():
            yield from _find_expressions(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("Iterable[Any]", value):
            yield from _find_expressions(item)
    elif isinstance(value, str) and value.startswith("$"):
        yield value
    elif isinstance(value, str):
        yield from _IN_BRACES.findall(value)


def _fill(value: Any, find: Callable[[str], Any]) -> Any:
    """A value with those of its expressions. Raises LookupError for one without."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {k: _fill(v, find) for k, v in items}
    if isinstance(value, (list, tuple)):
        return [_fill(v, find) for v in cast("Iterable[Any]", value)]
    if not isinstance(value, str):
        return value
    if value.startswith("$"):
        return _known(find, value)
    return _IN_BRACES.sub(lambda m: spell(_known(find, m[1])), value)


def _known(find: Callable[[str], Any], expression: str) -> Any:
    value = find(expression)
    if value is None or value == "":
        raise LookupError(expression)
    return value


def _in_path(find: Callable[[str], Any], expression: str) -> str:
    """A value as a part of a path: its slashes stay. Raises LookupError for one that leads elsewhere."""
    text = spell(_known(find, expression))
    if {".", "..", ""} & {*text.split("/")}:
        raise LookupError(expression)
    return quote(text, "/:@!$&'()*+,;=~-._")


@frozen
class Address:
    """Where a URL is: the origin, and the path and the query there."""

    origin: str
    path: str
    query: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises ValueError for what is no http(s) URL with a host, or has a user in it."""
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        default = {"http": 80, "https": 443}.get(scheme)
        if default is None or not parts.hostname or "@" in parts.netloc:
            raise ValueError("not the http(s) URL of a host")
        host = parts.hostname
        host = f"[{host}]" if ":" in host else host
        port = parts.port or default
        origin = f"{scheme}://{host}" + (f":{port}" if port != default else "")
        return cls(origin, parts.path or "/", parts.query)


def make_call(
    target: Target, find: Callable[[str], Any], base_url: str, url: str
) -> tuple[Request[Any], str]:
    """The call of a target, and the base URL to send it to, "" for that of the client.

    `find` gives the values of expressions; `base_url` is where paths of this API are, `url` that of the request whose
    response has the URL. Raises LookupError for an expression without a value, and ValueError for a URL at another origin.
    """
    if target.operation:
        arguments = _fill(target.arguments, find)
        return load_function(target.operation)(**arguments), ""
    if target.url.startswith("$"):
        location = urljoin(url, str(_known(find, target.url)))
    else:
        location = _IN_BRACES.sub(lambda m: _in_path(find, m[1]), target.url)
        location = base_url + location
    address = Address.of(location)
    if address.origin != Address.of(base_url).origin:
        raise ValueError(
            f"{address.origin} is another origin than that of {base_url}: nothing is sent there"
        )
    call = Call.of(
        "GET",
        "/",
        responses={"2XX": target.type, "default": Any},
        security=target.security,
    )
    path = quote(address.path, "/%:@!$&'()*+,;=~-._")
    query = quote(address.query, "/%:@!$&'()*+,;=~-._?[]")
    return (
        Call(
            call.method,
            path,
            query,
            responses=call.responses,
            security=call.security,
        ),
        address.origin,
    )


def load_function(name: str) -> Callable[..., Request[Any]]:
    """The function of an operation, by "module.name" in `api`."""
    from .. import api  # type: ignore[attr-defined, unused-ignore]

    module, _, function = name.partition(".")
    return cast("Callable[..., Request[Any]]", getattr(getattr(api, module), function))


def load_declaration(name: str) -> LongRunning | None:
    """What is declared about the operation "module.name" of `api`; None if there is no such declaration."""
    from .. import api  # type: ignore[attr-defined, unused-ignore]

    module, _, function = name.partition(".")
    declarations: dict[str, LongRunning] = getattr(
        getattr(api, module, None), "LONG_RUNNING", {}
    )
    return declarations.get(function)
