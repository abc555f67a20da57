"""Values of classes that are not of this package: those of the setting `types` of the generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .readers import Reader

T = TypeVar("T")
WRONG_VALUE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class CustomReader(Reader, Generic[T]):
    """A class, and the functions that make it of parsed JSON and parsed JSON of it. A value of another kind, for which
    `decode` raises one of WRONG_VALUE, stays as it came, as does null.
    """

    converts = True
    reads_objects = True
    reads_words = True

    def __init__(
        self, type_: type[T], decode: Callable[[Any], T], encode: Callable[[T], Any]
    ) -> None:
        self.type, self.decode, self.encode = type_, decode, encode

    def read(self, value: Any) -> Any:
        if value is None:
            return value
        try:
            return self.decode(value)
        except WRONG_VALUE:
            return value

    def score(self, value: Any) -> float:
        return 2.0 if isinstance(self.read(value), self.type) else 0.0
