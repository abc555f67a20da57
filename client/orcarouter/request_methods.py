"""The types of the methods that take a request: a request object, or typed keywords for each family of models.

A type checker chooses the overload by `model`. Keywords that do not fit a known model give `WrongKeywords`, which is
good for nothing, so that they are reported; these overloads name `metadata` so that editors complete its keys while it
does not fit yet. Any other model takes any keywords.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, Unpack, cast, overload

from orcarouter.keywords import (
    KlingVideoRequestDict,
    MinimaxVideoRequestDict,
    SeedanceVideoRequestDict,
)

if TYPE_CHECKING:
    # Type checkers have it; nothing is imported when the program runs.
    from typing_extensions import deprecated

    from orcarouter._submission import CheckMode
    from orcarouter.keywords import (
        KlingMetadataDict,
        KlingModel,
        MinimaxMetadataDict,
        MinimaxModel,
        SeedanceMetadataDict,
        SeedanceModel,
    )
else:

    def deprecated(message: str) -> Callable[[Any], Any]:
        return lambda function: function


__all__ = [
    "CheckFunction",
    "RequestLike",
    "SubmitFunction",
    "SupportsToDict",
    "WrongKeywords",
    "typed_check",
    "typed_submit",
]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class SupportsToDict(Protocol):
    """A model of the generated client, or any other object that `to_dict` turns into a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


RequestLike: TypeAlias = "Mapping[str, Any] | SupportsToDict"
"""A body as a mapping, a model of `orcarouter_api.models`, or a `PreparedRequest`."""


class WrongKeywords:
    """What a type checker makes of keywords that do not fit the model. There is no such value."""


class CheckFunction(Protocol[R_co]):
    """Takes a request, or its fields as keywords."""

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Callable[..., R_co]: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> CheckFunction[R_co]: ...
    @overload
    def __call__(self, **fields: Unpack[KlingVideoRequestDict]) -> R_co: ...
    @overload
    def __call__(self, **fields: Unpack[SeedanceVideoRequestDict]) -> R_co: ...
    @overload
    def __call__(self, **fields: Unpack[MinimaxVideoRequestDict]) -> R_co: ...
    @overload
    @deprecated("these keywords do not fit the model")
    def __call__(
        self, *, model: KlingModel, metadata: KlingMetadataDict | object = ..., **fields: Any
    ) -> WrongKeywords: ...
    @overload
    @deprecated("these keywords do not fit the model")
    def __call__(
        self, *, model: SeedanceModel, metadata: SeedanceMetadataDict | object = ..., **fields: Any
    ) -> WrongKeywords: ...
    @overload
    @deprecated("these keywords do not fit the model")
    def __call__(
        self, *, model: MinimaxModel, metadata: MinimaxMetadataDict | object = ..., **fields: Any
    ) -> WrongKeywords: ...
    @overload
    def __call__(self, request: RequestLike | None = None, /, **fields: Any) -> R_co: ...


class SubmitFunction(Protocol[R_co]):
    """Takes a request, or its fields as keywords, and how to check it."""

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Callable[..., R_co]: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> SubmitFunction[R_co]: ...
    @overload
    def __call__(
        self, *, check: CheckMode = "strict", **fields: Unpack[KlingVideoRequestDict]
    ) -> R_co: ...
    @overload
    def __call__(
        self, *, check: CheckMode = "strict", **fields: Unpack[SeedanceVideoRequestDict]
    ) -> R_co: ...
    @overload
    def __call__(
        self, *, check: CheckMode = "strict", **fields: Unpack[MinimaxVideoRequestDict]
    ) -> R_co: ...
    @overload
    @deprecated("these keywords do not fit the model")
    def __call__(
        self, *, model: KlingModel, metadata: KlingMetadataDict | object = ..., **fields: Any
    ) -> WrongKeywords: ...
    @overload
    @deprecated("these keywords do not fit the model")
    def __call__(
        self, *, model: SeedanceModel, metadata: SeedanceMetadataDict | object = ..., **fields: Any
    ) -> WrongKeywords: ...
    @overload
    @deprecated("these keywords do not fit the model")
    def __call__(
        self, *, model: MinimaxModel, metadata: MinimaxMetadataDict | object = ..., **fields: Any
    ) -> WrongKeywords: ...
    @overload
    def __call__(
        self,
        request: RequestLike | None = None,
        /,
        *,
        check: CheckMode = "strict",
        **fields: Any,
    ) -> R_co: ...


def typed_check(function: Callable[..., R]) -> CheckFunction[R]:
    """Give a function or a method the types of `CheckFunction`."""
    return cast("CheckFunction[R]", _show_keywords(function))


def typed_submit(method: Callable[..., R]) -> SubmitFunction[R]:
    """Give a method the types of `SubmitFunction`."""
    return cast("SubmitFunction[R]", _show_keywords(method))


def _show_keywords(function: Callable[..., R]) -> Callable[..., R]:
    """Put the keywords of all families into the signature, for notebooks and `help`."""
    signature = inspect.signature(function)
    *others, fields = signature.parameters.values()
    families = (KlingVideoRequestDict, SeedanceVideoRequestDict, MinimaxVideoRequestDict)
    keys = dict.fromkeys(key for family in families for key in family.__annotations__)
    keywords = [inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=...) for key in keys]
    changed = signature.replace(parameters=[*others, *keywords, fields])
    function.__signature__ = changed  # type: ignore[attr-defined]
    return function
