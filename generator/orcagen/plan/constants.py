"""Constants for the values of enums to which the document gives names, in a class beside the alias of the enum."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping

from attrs import evolve

from orcagen.openapi import Key
from orcagen.plan import names
from orcagen.plan.model import ConstantsPlan, NamedConstant, TypeAliasPlan
from orcagen.plan.text import one_line
from orcagen.schema import LiteralType, UnionType


def add_constants(
    aliases: Mapping[Key, TypeAliasPlan], taken: set[str]
) -> dict[Key, TypeAliasPlan]:
    """The aliases with constants for their values. `taken` are the names of all classes and aliases."""
    constants = {key: named for key, alias in aliases.items() if (named := _name_values(alias))}
    candidates = {
        aliases[key].symbol: ("", f"{aliases[key].symbol.rstrip('_')}Values") for key in constants
    }
    symbols = names.resolve_collisions(candidates, taken=taken)
    return {
        key: evolve(alias, constants=ConstantsPlan(symbols[alias.symbol], constants[key]))
        if key in constants
        else alias
        for key, alias in aliases.items()
    }


def _name_values(alias: TypeAliasPlan) -> tuple[NamedConstant, ...]:
    """The values of an enum under their names; none if the document names none of them. Text without a name of its own is
    named by itself."""
    described = {json.dumps(v.value): v for v in alias.documentation.value_names}
    if not any(v.name for v in described.values()):
        return ()
    members = alias.type.members if isinstance(alias.type, UnionType) else (alias.type,)
    literals = [m for m in members if isinstance(m, LiteralType)]
    values = {json.dumps(value): value for m in literals for value in m.values}
    candidates: dict[str, tuple[str, str]] = {}
    for identity, value in values.items():
        name = described[identity].name if identity in described else ""
        if name := name or (value if isinstance(value, str) else ""):
            constant = unicodedata.normalize("NFKC", names.to_snake_case(name).upper())
            candidates[identity] = (name, constant)
    chosen = names.resolve_collisions(candidates)
    return tuple(
        NamedConstant(
            name,
            values[identity],
            one_line(described[identity].description) if identity in described else "",
        )
        for identity, name in chosen.items()
    )
