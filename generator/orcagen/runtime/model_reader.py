"""Decoding and encoding of one model class, by two functions compiled from its fields."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, fields

from .annotations import make_reader
from .encoder import SCALARS, Function, to_json
from .model import UNSET, ApiModel
from .readers import MapReader, Reader


class ModelReader(Reader):
    """Reads JSON objects as instances of a class, and writes them.

    `fields` are those of properties. `json_names` maps them to properties, `readers` properties to readers.
    """

    converts = True
    reads_objects = True

    def __init__(self, cls: type[ApiModel]) -> None:
        self.cls = cls
        every: tuple[Attribute[Any], ...] = fields(cls)
        self.fields = [f for f in every if f.name != "additional_properties"]
        self.json_names = {
            f.name: str(f.metadata.get("json_name", f.name)) for f in self.fields
        }
        self.readers = {
            self.json_names[f.name]: make_reader(f.type) for f in self.fields
        }
        rest = make_reader(fields(cls).additional_properties.type)
        self.additional = (
            rest.item if isinstance(rest, MapReader) and rest.converts else None
        )
        read, self.write = self._compile()
        self.__dict__["read"] = read  # in place of the method

    def _compile(self) -> tuple[Function, Any]:
        names: dict[str, Any] = {
            "new": self.cls.__new__,
            "cls": self.cls,
            "UNSET": UNSET,
            "to_json": to_json,
            "scalars": SCALARS,
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
        write = [
            "def write(self, decimal=None, UNSET=UNSET, scalars=scalars):",
            " out = {}",
        ]
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
                f" if v is not UNSET: out[{json_name!r}] = {_write_expression(reader, i)}",
            ]
            if reader.writes:
                names[f"c{i}"], names[f"w{i}"] = reader.writes
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


def _write_expression(reader: Reader, index: int | None = None) -> str:
    write = "to_json(v, str)" if reader.decimals_are_text else "to_json(v)"
    if reader.writes and index is not None:
        return f"w{index}(v) if v.__class__ is c{index} else {write}"
    # A call less for most values.
    return f"v if v.__class__ in scalars else {write}" if reader.is_scalar else write
