"""Classes of the user's own (the setting `types`): what the module `custom_types` imports, and under which names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import evolve

from orcagen.config import TypeSetting
from orcagen.diagnostics import InputError
from orcagen.openapi import Document
from orcagen.plan import names
from orcagen.plan.model import CustomReaderPlan, CustomTypes, ImportedName
from orcagen.pointers import tokens
from orcagen.schema import CustomType

_OWN_NAMES = ("READERS", "CustomReader", "annotations")


def plan_custom_types(settings: Mapping[str, TypeSetting]) -> CustomTypes:
    """The classes and functions of the settings, each imported once, under its own name unless another one has it."""
    paths = {setting.type for setting in settings.values()}
    for setting in settings.values():
        # Methods of the class come with it.
        own = f"{setting.type}."
        paths |= {f for f in (setting.decode, setting.encode) if not f.startswith(own)}
    candidates = {path: ("", path.rpartition(".")[2]) for path in sorted(paths)}
    symbols = names.resolve_collisions(candidates, taken=_OWN_NAMES)

    def name(path: str, type_: str) -> str:
        return symbols.get(path) or symbols[type_] + path.removeprefix(type_)

    return CustomTypes(
        tuple(
            ImportedName(path.rpartition(".")[0], path.rpartition(".")[2], symbol)
            for path, symbol in symbols.items()
        ),
        tuple(
            CustomReaderPlan(symbols[s.type], name(s.decode, s.type), name(s.encode, s.type))
            for s in sorted({*settings.values()}, key=lambda s: s.type)
        ),
        {key: CustomType(symbols[s.type]) for key, s in settings.items()},
    )


def keep_used(custom: CustomTypes, used: Collection[str]) -> CustomTypes:
    """What a package needs of the classes of the settings. `used` are their symbols in its types."""
    readers = tuple(r for r in custom.readers if r.type in used)
    symbols = {path.partition(".")[0] for r in readers for path in (r.type, r.decode, r.encode)}
    return evolve(
        custom, readers=readers, imports=tuple(i for i in custom.imports if i.symbol in symbols)
    )


def check_custom_types(settings: Mapping[str, TypeSetting], document: Document) -> None:
    """Raises InputError for the pointer or the name of a schema that the document does not have."""
    components = {node.name for node in document.schemas}
    for key in settings:
        if key.startswith("/"):
            is_known = _exists(document.root.value, key)
        else:
            is_known = key in components or key.startswith("format:") or "#" in key
        if not is_known:
            message = f"the setting `types` has {key!r}, which is neither a schema of the document nor `format:NAME`"
            raise InputError(message)


def _exists(value: Any, pointer: str) -> bool:
    for token in tokens(pointer):
        if isinstance(value, list):
            value = value[int(token)] if token.isdecimal() and int(token) < len(value) else None
        else:
            value = value.get(token) if isinstance(value, dict) else None
        if value is None:
            return False
    return True
