"""Values that fit a schema: from what it gives as examples, else made up. The same seed gives the same values.

Not taken into account: `not`, `if`, `contains`, `patternProperties`, and patterns with look-arounds or back references.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any, TypeAlias

from attrs import define, field
from jsonschema import Draft202012Validator

from orcagen.mock.patterns import UnknownPatternError, make_match
from orcagen.mock.schemas import DISCRIMINATOR, REFERENCE

Path: TypeAlias = tuple[str, ...]
"""The names of the components around a value."""

_MAX_RECURSION = 2  # how often a component may be inside of itself
_MAX_DEPTH = 12  # components around a value
_DEPTH_OF_OPTIONAL = 3  # deeper objects have required properties only
_MANY_VALUES = 400  # so have those after that many values
_MAX_VALUES = 20_000
_MAX_MEMBERS = 30  # of a union that are tried
_CHANCE = 0.75  # that an optional property is there
_WORDS = "amber birch cedar delta ember fjord grove heron iris juniper kestrel lotus maple nimbus opal".split()
_TRIES = 20  # of texts that match a pattern, for one of the right length


class TooDeepError(Exception):
    """A schema cannot be met by a small value."""


@define
class Sampler:
    """Makes values of schemas (see `Schemas`) with these components."""

    components: dict[str, Any]
    random: Random
    _count: int = field(default=0, init=False)
    _is_sparse: bool = field(default=False, init=False)

    def sample(self, schema: Any) -> Any:
        """A value; one without optional properties if only that fits, None if no small one does."""
        best, is_made = None, False
        for self._is_sparse in (False, True):
            self._count = 0
            try:
                value = self._make(schema, ())
            except TooDeepError:
                continue
            if self.fits(value, schema):
                return value
            best, is_made = (best, True) if is_made else (value, True)
        return best

    def fits(self, value: Any, schema: Any) -> bool:
        """Whether a value is valid by a schema."""
        if isinstance(schema, bool):
            return schema
        whole = {**schema, "components": {"schemas": self.components}}
        return bool(Draft202012Validator(whole).is_valid(value))

    def flatten(self, schema: Any, path: Path = ()) -> tuple[dict[str, Any], Path]:
        """The schema with references and `allOf` merged into it, and the path inside of it. Raises TooDeepError."""
        if not isinstance(schema, dict):
            if schema is False:
                raise TooDeepError
            return {}, path
        own = {k: v for k, v in schema.items() if k not in ("$ref", "allOf")}
        parts = []
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(REFERENCE)
            if path.count(name) >= _MAX_RECURSION or len(path) >= _MAX_DEPTH:
                raise TooDeepError
            part, path = self.flatten(self.components[name], (*path, name))
            parts.append(part)
        for member in schema.get("allOf", ()):
            part, path = self.flatten(member, path)
            parts.append(part)
        merged: dict[str, Any] = {}
        for part in (*parts, own):
            merged = _merge(merged, part)
        return merged, path

    def _make(self, schema: Any, path: Path) -> Any:
        self._count += 1
        if self._count > _MAX_VALUES:
            raise TooDeepError
        flat, path = self.flatten(schema, path)
        for value in self._find_given(flat):
            if self.fits(value, flat):
                return deepcopy(value)
        types = flat.get("type", [])
        types = types if isinstance(types, list) else [types]
        try:
            for union in ("oneOf", "anyOf"):
                if union in flat:
                    return self._make_member(flat, union, path)
            return self._make_typed(flat, next((t for t in types if t != "null"), None), path)
        except TooDeepError:
            if "null" in types:
                return None
            raise

    def _find_given(self, flat: dict[str, Any]) -> Iterator[Any]:
        """What a schema itself offers."""
        if "example" in flat:
            yield flat["example"]
        yield from flat.get("examples", ())
        yield from (flat[k] for k in ("default", "const") if k in flat)
        enum = [v for v in flat.get("enum", ()) if v is not None] or flat.get("enum", ())
        if enum:
            start = self.random.randrange(len(enum))
            yield from (*enum[start:], *enum[:start])

    def _make_member(self, flat: dict[str, Any], union: str, path: Path) -> Any:
        """A value of the first member of a union that gives one which fits the whole; null comes last."""
        base = {k: v for k, v in flat.items() if k not in (union, DISCRIMINATOR)}
        name, names = flat.get(DISCRIMINATOR, ("", [None] * len(flat[union])))
        members = sorted(
            zip(flat[union], names, strict=False), key=lambda m: m[0] == {"type": "null"}
        )
        candidates = []
        for member, word in members[:_MAX_MEMBERS]:
            try:
                value = self._make({"allOf": [base, member]}, path)
            except TooDeepError:
                continue
            # The property may have a constant, which need not be the name of the component.
            named = [{**value, name: word}] if isinstance(value, dict) and word is not None else []
            for candidate in (*named, value):
                if self.fits(candidate, flat):
                    return candidate
                candidates.append(candidate)
        if not candidates:
            raise TooDeepError
        return candidates[0]

    def _make_typed(self, flat: dict[str, Any], type_: str | None, path: Path) -> Any:
        match type_ or _infer_type(flat):
            case "object":
                return self._make_object(flat, path)
            case "array":
                return self._make_array(flat, path)
            case "integer":
                return self._make_integer(flat)
            case "number":
                return self._make_number(flat)
            case "boolean":
                return self.random.random() < 0.5
            case "string":
                return self._make_string(flat)
        return None if flat.get("type") in ("null", ["null"]) else self.random.choice(_WORDS)

    def _make_object(self, flat: dict[str, Any], path: Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        properties, required = flat.get("properties", {}), set(flat.get("required", ()))
        is_short = self._is_sparse or len(path) > _DEPTH_OF_OPTIONAL or self._count > _MANY_VALUES
        for name, schema in properties.items():
            if name not in required and (
                is_short
                or self.random.random() > _CHANCE
                or (isinstance(schema, dict) and schema.get("x-omitted"))
            ):
                continue
            try:
                out[name] = self._make(schema, path)
            except TooDeepError:
                if name in required:
                    raise
        more = flat.get("additionalProperties", {})
        for name in sorted(required - properties.keys()):
            out[name] = self._make(more, path)
        count = 0 if properties or not isinstance(more, dict) or "additionalProperties" not in flat or is_short else 1  # fmt: skip
        for word in _WORDS[: max(count, int(flat.get("minProperties", 0)) - len(out))]:
            try:
                out[word] = self._make(more, path)
            except TooDeepError:
                break
        return out

    def _make_array(self, flat: dict[str, Any], path: Path) -> list[Any]:
        least, most = int(flat.get("minItems", 0)), int(flat.get("maxItems", 3))
        prefix = flat.get("prefixItems", [])
        out: list[Any] = [self._make(schema, path) for schema in prefix[:most] if most]
        count = min(max(least, len(out) if prefix else self.random.randint(1, 3)), most, 100)
        if self._is_sparse or len(path) > _DEPTH_OF_OPTIONAL:
            count = min(count, max(least, 1))
        for _ in range(3 * count):
            if len(out) >= count:
                break
            try:
                item = self._make(flat.get("items", {}), path)
            except TooDeepError:
                if least > len(out):
                    raise
                break
            if not flat.get("uniqueItems") or item not in out:
                out.append(item)
        return out

    def _make_integer(self, flat: dict[str, Any]) -> int:
        least, most = _find_range(flat, 1)
        step = flat.get("multipleOf", 1) or 1
        low, high = math.ceil(least / step), math.floor(most / step)
        return int(self.random.randint(low, max(low, high)) * step)

    def _make_number(self, flat: dict[str, Any]) -> float:
        least, most = _find_range(flat, 0.01)
        if step := flat.get("multipleOf"):
            return float(math.ceil(least / step) * step)
        value = round(self.random.uniform(least, max(least, most)), 2)
        return value if least <= value <= most else least

    def _make_string(self, flat: dict[str, Any]) -> str:
        least, most = int(flat.get("minLength", 0)), flat.get("maxLength", math.inf)
        for _ in range(_TRIES if "pattern" in flat else 0):
            try:
                text = make_match(flat["pattern"], self.random)
            except UnknownPatternError:
                break
            text += "0" * (least - len(text))
            if len(text) <= most and re.search(flat["pattern"], text):
                return text
        text = self._make_formatted(str(flat.get("format", "")))
        if len(text) < least:
            text += "".join(self.random.choices("abcdefghijkmnopqrstuvwxyz", k=least - len(text)))
        return text if len(text) <= most else text[: int(most)]

    def _make_formatted(self, name: str) -> str:
        number = self.random.randint
        date = f"{number(2020, 2025)}-{number(1, 12):02}-{number(1, 28):02}"
        time = f"{number(0, 23):02}:{number(0, 59):02}:{number(0, 59):02}"
        word = self.random.choice(_WORDS)
        formats = {
            "date": date,
            "date-time": f"{date}T{time}Z",
            "time": f"{time}Z",
            "duration": f"PT{number(1, 59)}M",
            "uuid": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "email": f"{word}@example.com",
            "idn-email": f"{word}@example.com",
            "hostname": f"{word}.example.com",
            "idn-hostname": f"{word}.example.com",
            "ipv4": f"192.0.2.{number(1, 254)}",
            "ipv6": f"2001:db8::{number(1, 9999)}",
            "uri": f"https://example.com/{word}",
            "url": f"https://example.com/{word}",
            "iri": f"https://example.com/{word}",
            "uri-reference": f"/{word}",
            "uri-template": f"/{word}/{{id}}",
            "json-pointer": f"/{word}",
            "relative-json-pointer": "0",
            "regex": "[a-z]+",
            "byte": "b3BhbA==",
            "decimal": f"{number(0, 99)}.{number(0, 9)}",
            "int64": str(number(1, 1000)),
        }
        return formats.get(name, word)


def _infer_type(flat: dict[str, Any]) -> str | None:
    """The type of a schema that does not say one."""
    kinds = {
        "object": ("properties", "additionalProperties", "required", "minProperties"),
        "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
        "string": ("pattern", "minLength", "maxLength", "format"),
        "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
    return next((t for t, keywords in kinds.items() if any(k in flat for k in keywords)), None)


def _find_range(flat: dict[str, Any], step: float) -> tuple[float, float]:
    """The least and the greatest value, a hundred apart where there is only one limit."""
    lows = [flat[k] + s for k, s in (("minimum", 0), ("exclusiveMinimum", step)) if k in flat]
    highs = [flat[k] - s for k, s in (("maximum", 0), ("exclusiveMaximum", step)) if k in flat]
    least = max(lows) if lows else min(1, min(highs) - 100) if highs else 1
    return least, min(highs) if highs else least + 100


def _merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """A schema that both of two allow, where that can be written; else what the second says counts."""
    out = {**first, **second}
    for keyword in first.keys() & second.keys():
        a, b = first[keyword], second[keyword]
        if keyword == "properties":
            both = {
                k: {"allOf": [a[k], b[k]]} if a[k] != b[k] else a[k] for k in a.keys() & b.keys()
            }
            out[keyword] = {**a, **b, **both}
        elif keyword == "required":
            out[keyword] = [*a, *(name for name in b if name not in a)]
        elif keyword == "enum":
            out[keyword] = [v for v in a if v in b]
        elif keyword in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
            out[keyword] = max(a, b)
        elif keyword in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
            out[keyword] = min(a, b)
        elif keyword == "type":
            out[keyword] = _intersect_types(a, b)
        elif keyword in ("items", "additionalProperties") and a != b:
            out[keyword] = {"allOf": [a, b]}
        elif keyword in ("oneOf", "anyOf") and a != b:
            out[keyword] = [{"allOf": [x, y]} for x in a for y in b][:_MAX_MEMBERS]
            out.pop(DISCRIMINATOR, None)
    return out


def _intersect_types(a: Any, b: Any) -> Any:
    first, second = (t if isinstance(t, list) else [t] for t in (a, b))
    both = [t for t in first if t in second]
    if "integer" in (*first, *second) and "number" in (*first, *second) and "integer" not in both:
        both = ["integer", *(t for t in both if t != "number")]
    return both or b
