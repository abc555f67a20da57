"""Operations as methods of a client: `client.pets.get_pet(7)` sends the call `pets.get_pet(7)`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, overload

TYPE_CHECKING = False  # type checkers know the name; for jedi it is what it says
if TYPE_CHECKING:
    from .call import Request
    from .client import (
        AsyncStream,
        BaseAsyncClient,
        BaseSyncClient,
        Stream,
        Streamable,
    )

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E")
ClientT = TypeVar("ClientT", "BaseSyncClient", "BaseAsyncClient")


class Methods(Generic[ClientT]):
    """The operations of a tag, sent by a client."""

    def __init__(self, client: ClientT) -> None:
        self._client: Any = client

    def _send(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Used by methods with overloads, which a `Method` would lose."""
        return self._client.send(function(*args, **kwargs))

    def _stream(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._client.stream(function(*args, **kwargs))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"


SyncMethods: TypeAlias = "Methods[BaseSyncClient]"
AsyncMethods: TypeAlias = "Methods[BaseAsyncClient]"
StreamManager: TypeAlias = "AbstractContextManager[Stream[E]]"
AsyncStreamManager: TypeAlias = "AbstractAsyncContextManager[AsyncStream[E]]"


if TYPE_CHECKING:

    class Method(Generic[P, T]):
        """Sends the call that a function builds, as the client's `send` does; with `AsyncClient`, await the result."""

        def __init__(self, function: Callable[P, Request[T]]) -> None: ...

        @overload
        def __get__(
            self, methods: SyncMethods, owner: object = None
        ) -> Callable[P, T]: ...

        @overload
        def __get__(
            self, methods: AsyncMethods, owner: object = None
        ) -> Callable[P, Coroutine[Any, Any, T]]: ...

        def __get__(self, methods: Any, owner: object = None) -> Any: ...

    class StreamMethod(Generic[P, E]):
        """Sends the call that a function builds, as the client's `stream` does: gives a context manager with the items."""

        def __init__(self, function: Callable[P, Streamable[E]]) -> None: ...

        @overload
        def __get__(
            self, methods: SyncMethods, owner: object = None
        ) -> Callable[P, StreamManager[E]]: ...

        @overload
        def __get__(
            self, methods: AsyncMethods, owner: object = None
        ) -> Callable[P, AsyncStreamManager[E]]: ...

        def __get__(self, methods: Any, owner: object = None) -> Any: ...

else:  # what runs, and what jedi reads: it knows `wraps`, but not ParamSpec

    class Method:
        way = "send"

        def __init__(self, function):
            self.function = function

        def __get__(self, methods, owner=None):
            if methods is None:  # an attribute of the class
                return self
            function, send = self.function, getattr(methods._client, self.way)

            @wraps(function)
            def method(*args, **kwargs):
                return send(function(*args, **kwargs))

            return method

    class StreamMethod(Method):
        way = "stream"


class _LazyMethods:
    """A tag as an attribute of clients. Its module is imported on first use: a large document has many."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __get__(self, client: Any, owner: object = None) -> Any:
        if client is None:
            return self
        from .. import api  # type: ignore[attr-defined, unused-ignore]

        return getattr(getattr(api, self._module), self._name)(client)


def load_methods(module: str, name: str) -> Any:
    """The attribute of a client for a module of `api`; `name` is the class of its methods."""
    return _LazyMethods(module, name)
