"""Lists in pages: how one response leads to the request for the next page, and iterators over all items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, Unpack, cast
from urllib.parse import unquote, urljoin, urlsplit

from attrs import evolve, field, frozen

from .annotations import get_reader
from .call import Body, CallOptions, Request
from .client import BaseAsyncClient, BaseClient, BaseSyncClient
from .errors import DecodingError
from .encoder import json_bytes, parse_json
from .http import Timeout
from .parameters import percent_encode
from .response import Response

T = TypeVar("T")
E = TypeVar("E")


@frozen(kw_only=True)
class Pagination:
    """How the pages of an operation follow each other. `items`, `cursor`, `more` and `total` are JSON pointers in the body of
    a response; their token -1 is the last item of an array.

    `kind` is cursor, page, offset, url or link. Of a cursor or a URL, `header` is where it comes from instead of `cursor`;
    `parameter` is where a cursor, page number or offset goes to: a query parameter or a header by `location`, or a pointer
    in the body. `more` is whether there is another page, `total` the number of pages, or of items by offset, `start` the
    first number.
    """

    kind: str
    items: str = ""
    cursor: str = ""
    header: str = ""
    parameter: str = ""
    location: str = "query"
    more: str = ""
    total: str = ""
    start: int = 0


class PagedOptions(CallOptions, total=False):
    """Keywords of `PagedCall.of`; see `PagedCall`."""

    item_type: Any
    pagination: Pagination


@frozen
class PagedCall(Request[T], Generic[T, E]):
    """A call whose response is a page of items of type `item_type`; the client's `paginate` gets all pages."""

    item_type: Any = field(default=Any, kw_only=True, hash=False)
    pagination: Pagination = field(default=Pagination(kind="link"), kw_only=True)

    @classmethod
    def of(
        cls, method: str, path: str, **options: Unpack[PagedOptions]
    ) -> PagedCall[Any, Any]:
        """A call of an operation; see `Call.of`."""
        return cls.build(method, path, **options)

    def items(self) -> Callable[[bytes | None], Iterable[bytes]]:
        """See `Call.items`."""
        return lambda piece: () if piece is None else (piece,)

    def resume(self, cursor: str | int) -> PagedCall[T, E]:
        """The call for the page that a cursor belongs to."""
        if self.pagination.kind in ("url", "link"):
            path, _, query = str(cursor).partition("?")
            return evolve(self, path=path, query=query)
        return _set(self, self.pagination, cursor)


@frozen
class Page(Generic[T, E]):
    """A page: its response, its items, and the call for the next page, None after the last. `cursor` can be stored, to
    continue there: `paginate(call, cursor=cursor)`.
    """

    response: Response[T] = field(repr=False)
    items: list[E]
    cursor: str | int | None
    next_call: PagedCall[T, E] | None = field(repr=False)

    @property
    def body(self) -> T:
        """The whole body of the response."""
        return self.response.parsed


class _Walk(Generic[T, E]):
    """The way through all pages. `call` is the next one to send; None at the end."""

    def __init__(
        self,
        client: BaseClient,
        call: PagedCall[T, E],
        cursor: str | int | None,
        max_items: int | None,
    ) -> None:
        self.call = call if cursor is None else call.resume(cursor)
        self.base_url = client.locate(call)
        self.left = float("inf") if max_items is None else max_items
        self._seen: set[object] = {cursor}
        self._error: DecodingError | None = None

    @property
    def next(self) -> PagedCall[T, E] | None:
        if self._error is not None and self.left > 0:
            raise self._error
        return self.call if self.left > 0 else None

    def read(self, call: PagedCall[T, E], response: Response[T]) -> Page[T, E]:
        """The page of a response. An empty one is the last, and so is one whose cursor came before."""
        if response.error is not None:
            raise response.error
        try:
            body = parse_json(response.content)
        except ValueError as error:
            raise response.make_error("not JSON") from error
        array = _find(body, call.pagination.items)
        values = cast("list[object]", array) if isinstance(array, list) else []
        items: list[E] = [get_reader(call.item_type).read(v) for v in values]
        cursor = following = None
        self.left -= len(items)
        try:
            cursor = _find_next(call, response, body, len(items), self.base_url)
        except DecodingError as error:  # for whoever asks for more than this page
            self._error = error
            return Page(response, items, None, None)
        if items and cursor not in (None, "", False) and cursor not in self._seen:
            self._seen.add(cursor)
            following = call.resume(cursor)
        if following is None:
            self.left, cursor = 0, None
        else:
            self.call = following
        return Page(response, items, cursor, following)


def _find_next(
    call: PagedCall[Any, Any],
    response: Response[Any],
    body: Any,
    count: int,
    base_url: str,
) -> Any:
    """The cursor of the next page. Raises DecodingError for a link to another origin."""
    p = call.pagination
    if p.more and _find(body, p.more) in (False, "false", 0):
        return None
    if p.kind in ("page", "offset"):
        position = _get(call, p) + (count if p.kind == "offset" else 1)
        total = _find(body, p.total) if p.total else None
        if isinstance(total, int):
            end = total if p.kind == "offset" else total + p.start
            return position if position < end else None
        return position
    if p.kind == "link":
        cursor: Any = _find_link(response.headers.get("link", ""))
    else:
        cursor = response.headers.get(p.header) if p.header else _find(body, p.cursor)
    if p.kind == "cursor" or not cursor:
        return cursor if isinstance(cursor, (str, int)) else None
    url, base = urlsplit(urljoin(base_url + call.path, str(cursor))), urlsplit(base_url)
    path = base.path.rstrip("/")
    if _origin(url) != _origin(base) or not url.path.startswith(path + "/"):
        host = f"{url.scheme}://{url.hostname}"
        raise response.make_error(
            f"its next page is not below {base_url}: it is at {host}"
        )
    return url.path[len(path) :] + ("?" + url.query if url.query else "")


def _origin(url: Any) -> tuple[str, str | None, int | None]:
    return (
        url.scheme,
        url.hostname,
        url.port or {"http": 80, "https": 443}.get(url.scheme),
    )


def _find_link(header: str) -> str | None:
    """The target of the link with the relation `next` (RFC 8288)."""
    import re

    links = re.findall(r"<([^>]*)>((?:[^,\"]|\"(?:\\.|[^\"\\])*\")*)", header)
    for target, parameters in links:
        relation = re.search(
            r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", parameters, re.IGNORECASE
        )
        if relation and "next" in (relation[1] or relation[2]).lower().split():
            return str(target)
    return None


def _tokens(pointer: str) -> list[str]:
    return [
        t.replace("~1", "/").replace("~0", "~") for t in pointer.lstrip("#").split("/")
    ][1:]


def _find(value: Any, pointer: str) -> Any:
    for token in _tokens(pointer):
        try:
            value = value[int(token) if isinstance(value, list) else token]
        except (LookupError, TypeError, ValueError):
            return None
    return value


def _get(call: Request[Any], p: Pagination) -> int:
    """The page number or the offset of a request."""
    current: Any = None
    if p.location == "body":
        current = (
            _find(parse_json(call.body.content), p.parameter) if call.body else None
        )
    elif p.location == "header":
        current = {k.lower(): v for k, v in call.headers}.get(p.parameter.lower())
    else:
        for name, _, value in (pair.partition("=") for pair in call.query.split("&")):
            current = unquote(value) if unquote(name) == p.parameter else current
    try:
        return int(current)
    except (TypeError, ValueError):
        return p.start


def _set(call: PagedCall[T, E], p: Pagination, value: str | int) -> PagedCall[T, E]:
    name = p.parameter
    if p.location == "header":
        kept = [(k, v) for k, v in call.headers if k.lower() != name.lower()]
        return evolve(call, headers=(*kept, (name, str(value))))
    if p.location == "body":
        data: Any = parse_json(call.body.content) if call.body else {}
        *parents, last = _tokens(name)
        target = data
        for token in parents:
            if not isinstance(target.get(token), dict):
                target[token] = {}
            target = target[token]
        target[last] = value
        body = call.body or Body("application/json")
        return evolve(call, body=evolve(body, content=json_bytes(data)))
    pairs = [q for q in call.query.split("&") if unquote(q.partition("=")[0]) != name]
    pairs.append(f"{percent_encode(name)}={percent_encode(str(value))}")
    return evolve(call, query="&".join(filter(None, pairs)))


class Paginator(Iterator[E], Generic[T, E]):
    """All items, page after page: an iterator that sends the calls as it goes. `pages()` are the pages instead."""

    def __init__(
        self, client: BaseSyncClient, walk: _Walk[T, E], timeout: Timeout | None
    ) -> None:
        self._client, self._walk, self._timeout = client, walk, timeout
        self._items = self._iterate()

    def pages(self) -> Iterator[Page[T, E]]:
        """The pages; the last is the one with which `max_items` is reached."""
        walk = self._walk
        while (call := walk.next) is not None:
            yield walk.read(call, self._client.send_raw(call, timeout=self._timeout))

    def __next__(self) -> E:
        return next(self._items)

    def _iterate(self) -> Iterator[E]:
        left = self._walk.left
        for page in self.pages():
            for item in page.items:
                if left <= 0:
                    return
                left -= 1
                yield item


class AsyncPaginator(AsyncIterator[E], Generic[T, E]):
    """`Paginator` for asyncio."""

    def __init__(
        self, client: BaseAsyncClient, walk: _Walk[T, E], timeout: Timeout | None
    ) -> None:
        self._client, self._walk, self._timeout = client, walk, timeout
        self._items = self._iterate()

    async def pages(self) -> AsyncIterator[Page[T, E]]:
        """See `Paginator.pages`."""
        walk = self._walk
        while (call := walk.next) is not None:
            response = await self._client.send_raw(call, timeout=self._timeout)
            yield walk.read(call, response)

    async def __anext__(self) -> E:
        return await self._items.__anext__()

    async def _iterate(self) -> AsyncIterator[E]:
        left = self._walk.left
        async for page in self.pages():
            for item in page.items:
                if left <= 0:
                    return
                left -= 1
                yield item


class PagingClient(BaseSyncClient):
    """A client of an API that has lists in pages."""

    def paginate(
        self,
        call: PagedCall[T, E],
        *,
        cursor: str | int | None = None,
        max_items: int | None = None,
        timeout: Timeout | None = None,
    ) -> Paginator[T, E]:
        """All items from the page of `call` on, or from that of a `cursor` (see `Page`), at most `max_items`.

        `timeout` is in seconds, for each page. Iterating raises as `send` does, and DecodingError for a link to a next page
        that is not at the origin of this one.
        """
        return Paginator(self, _Walk(self, call, cursor, max_items), timeout)


class AsyncPagingClient(BaseAsyncClient):
    """`PagingClient` for asyncio."""

    def paginate(
        self,
        call: PagedCall[T, E],
        *,
        cursor: str | int | None = None,
        max_items: int | None = None,
        timeout: Timeout | None = None,
    ) -> AsyncPaginator[T, E]:
        """See `PagingClient.paginate`."""
        return AsyncPaginator(self, _Walk(self, call, cursor, max_items), timeout)
