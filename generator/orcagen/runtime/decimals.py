"""Numbers with `format: decimal`: read from and written as JSON numbers with the same digits."""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal
from typing import Annotated, Any, TypeAlias, cast

from .formats import PARSERS
from .readers import Reader


class JsonFloat(float):
    """A number of JSON with its digits, `text`."""

    text: str

    def __new__(cls, text: str | float) -> JsonFloat:
        self = super().__new__(cls, text)
        self.text = str(text)
        return self


_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


class NumberFormat(Reader):
    """Reads such numbers, and writes JSON text with them."""

    converts = True

    def read(self, value: Any) -> Any:
        if type(value) is int:
            return Decimal(value)
        if not isinstance(value, float):
            return value
        try:
            text = value.text if isinstance(value, JsonFloat) else repr(value)
            return PARSERS["Decimal"](text)
        except (ValueError, ArithmeticError):
            return value

    def score(self, value: Any) -> float:
        return 2.0 if type(value) in (int, float, JsonFloat) else 0.0

    @staticmethod
    def to_number(value: Any) -> int | JsonFloat:
        """A Decimal as a JSON number."""
        text = str(getattr(value, "original", value))
        if not _NUMBER.fullmatch(text):  # the original may be a string such as "+1"
            text = format(value)
        return int(text) if text.removeprefix("-").isdigit() else JsonFloat(text)

    @staticmethod
    def parse(text: bytes | str) -> Any:
        """JSON text as parsed JSON, with `JsonFloat`s."""
        return json.loads(text, parse_float=JsonFloat)

    @staticmethod
    def write(data: Any, encoder: json.JSONEncoder) -> str:
        """Parsed JSON as text. The encoder writes a float by its value: the digits are put in where marks stand."""
        mark = secrets.token_hex(16)
        text = encoder.encode(_replace_numbers(data, mark))
        return re.sub(f'"{mark}([^"]+)"', r"\1", text)


def _replace_numbers(data: Any, mark: str) -> Any:
    if isinstance(data, JsonFloat):
        return mark + data.text if _NUMBER.fullmatch(data.text) else float(data)
    if isinstance(data, dict):
        pairs = cast("dict[str, Any]", data).items()
        return {k: _replace_numbers(v, mark) for k, v in pairs}
    if isinstance(data, list):
        return [_replace_numbers(v, mark) for v in cast("list[object]", data)]
    return data


NUMBER_FORMAT = NumberFormat()
# A plain Decimal is the type of a string with that format.
DecimalNumber: TypeAlias = Annotated[Decimal, NUMBER_FORMAT]
