"""Decoding and encoding of one model class, by two functions compiled from its fields."""

from __future__ import annotations

import re
import typing
from functools import cached_property
from typing import Any

from attrs import Attribute, fields

from .annotations import evaluate, make_reader
from .encoder import to_json
from .model import UNSET, ApiModel, Unset
from .readers import LITERAL_SCORE, Function, LiteralReader, MapReader, Reader

_MAX_TEXT = 128  # characters that are matched against a pattern


class ModelReader(Reader):
    """Reads JSON objects as instances of a class, and writes them.

    `json_names` maps attributes to properties, `readers` properties to readers.
    """

    converts = True
    reads_objects = True

    def __init__(self, cls: type[ApiModel]) -> None:
        self.cls = cls
        self.json_names = {
            f.name: str(f.metadata.get("json_name", f.name)) for f in self._fields()
        }
        self.readers = {
            self.json_names[f.name]: make_reader(f.type) for f in self._fields()
        }
        extra = fields(cls).additional_properties
        # An unknown property is worse for a class that allows none.
        self.unknown_penalty = 2.0 if extra.metadata.get("closed") else 0.25
        rest = make_reader(extra.type)
        self.additional = (
            rest.item if isinstance(rest, MapReader) and rest.converts else None
        )
        self.read, self.write = self._compile()

    def _fields(self) -> list[Attribute[Any]]:
        own: tuple[Attribute[Any], ...] = fields(self.cls)
        return [f for f in own if f.name != "additional_properties"]

    def _compile(self) -> tuple[Function, Function]:
        names: dict[str, Any] = {
            "new": self.cls.__new__,
            "cls": self.cls,
            "UNSET": UNSET,
            "to_json": to_json,
            "named": frozenset(self.readers),
            "additional": self.additional,
        }
        # `n` counts the properties of the object and the named ones that are missing: if it is the number of the named
        # ones, there are no others.
        read = [
            "def read(data, new=new, cls=cls, UNSET=UNSET):",
            " if not isinstance(data, dict): return data",
            " self = new(cls)",
            " n = len(data)",
        ]
        write = ["def write(self):", " out = {}"]
        for i, (name, json_name) in enumerate(self.json_names.items()):
            reader = names[f"r{i}"] = self.readers[json_name]
            value = f"data[{json_name!r}]"
            read += [
                f" if {json_name!r} in data:",
                f"  self.{name} = {f'r{i}.read({value})' if reader.converts else value}",
                f" else: self.{name} = UNSET; n += 1",
            ]
            write += [
                f" v = self.{name}",
                f" if v is not UNSET: out[{json_name!r}] = {_write_expression(reader)}",
            ]
        item = "additional.read(v)" if self.additional else "v"
        read += [
            f" if n == {len(self.json_names)}: self.additional_properties = {{}}",
            f" else: self.additional_properties = {{k: {item} for k, v in data.items() if k not in named}}",
            " return self",
        ]
        write += [
            " if self.additional_properties:",
            f"  for k, v in self.additional_properties.items(): out[k] = {_write_expression(self.additional or Reader())}",
            " return out",
        ]
        # The text consists of attribute names and quoted strings, as attrs' own __init__ does.
        exec("\n".join(read + write), names)
        return names["read"], names["write"]

    def score(self, value: Any) -> float:
        """Above 0 unless a constant or a distinctive pattern differs.

        Named properties that match add to it, missing required and unknown ones subtract from it.
        """
        if not issubclass(value.__class__, dict):
            return 0.0
        score = 1.0
        for name, reader in self.readers.items():
            if name in value:
                match = reader.score(value[name])
                if match == 0 and isinstance(reader, LiteralReader):
                    return 0.0
                if name in self.constants:
                    if value[name] != self.constants[name]:
                        return 0.0
                    match = LITERAL_SCORE
                pattern = self.patterns.get(name)
                unlisted = match < LITERAL_SCORE and isinstance(value[name], str)
                if pattern and unlisted and not _matches(pattern, value[name]):
                    return 0.0
                score += 1 + match / 4 if match else -1
            elif name in self.required:
                score -= 2
        score -= sum(self.unknown_penalty for k in value if k not in self.readers)
        return max(score, 0.01)

    @cached_property
    def required(self) -> frozenset[str]:
        """The properties whose type does not include Unset."""
        return frozenset(
            self.json_names[f.name]
            for f in self._fields()
            if Unset not in typing.get_args(evaluate(f.type))
        )

    @cached_property
    def constants(self) -> dict[str, Any]:
        """The constants that no Literal can have: numbers with a fraction, objects and arrays."""
        return {
            self.json_names[f.name]: f.metadata["constant"]
            for f in self._fields()
            if "constant" in f.metadata
        }

    @cached_property
    def patterns(self) -> dict[str, re.Pattern[str]]:
        """The patterns (ECMA-262) that Python's `re` can read."""
        patterns: dict[str, re.Pattern[str]] = {}
        for f in self._fields():
            if "pattern" in f.metadata:
                try:
                    compiled = re.compile(f.metadata["pattern"])
                except re.error:
                    continue
                patterns[self.json_names[f.name]] = compiled
        return patterns


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a text can match. A long one is not tried: `re` could take a power of its length."""
    return len(text) > _MAX_TEXT or pattern.search(text) is not None


def _write_expression(reader: Reader) -> str:
    if reader.is_scalar:
        return "v"
    return "to_json(v, str)" if reader.decimals_are_text else "to_json(v)"
