"""Examples of schemas and of media types, where they are values of JSON and short."""

from __future__ import annotations

import math
from typing import Any

_MAX_VALUES = 40  # scalars and containers in an example
_MAX_TEXT = 70  # characters of a string


def read_example(value: Any) -> Any:
    """The first short example of a Schema Object or a Media Type Object; None where it has none.

    `example` is a value; `examples` is an array of values (JSON Schema Validation 9.5), or a map of Example Objects.
    """
    if not isinstance(value, dict):
        return None
    examples = value.get("examples")
    candidates = [value["example"]] if "example" in value else []
    if isinstance(examples, list):
        candidates += examples
    elif isinstance(examples, dict):
        objects = [e for e in examples.values() if isinstance(e, dict)]
        candidates += [e[key] for e in objects for key in ("value", "dataValue") if key in e]
    return next((e for e in candidates if _is_value(e) and is_short(e)), None)


def _is_value(example: Any) -> bool:
    """Whether an example is one, and not a reference to an Example Object, which `example` cannot have."""
    return example is not None and not (isinstance(example, dict) and "$ref" in example)


def is_short(value: Any) -> bool:
    """Whether a value is one of JSON, and of few parts."""
    todo, count = [value], 0
    while todo and count <= _MAX_VALUES:
        item = todo.pop()
        count += 1
        if isinstance(item, dict):
            todo += (*item, *item.values())
        elif isinstance(item, list):
            todo += item
        elif isinstance(item, str):
            count += _MAX_VALUES * (len(item) > _MAX_TEXT)
        elif isinstance(item, float):
            count += _MAX_VALUES * (not math.isfinite(item))
        elif not isinstance(item, (int, type(None))):
            return False
    return count <= _MAX_VALUES
