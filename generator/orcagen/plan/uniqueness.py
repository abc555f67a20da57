"""The proof that names are unique, whatever chose them: of modules, classes, fields, functions, arguments."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from orcagen.plan.model import Package


class NameCollisionError(Exception):
    """Two things would have one name, so that one of them would be lost: a defect of the generator."""


def check_names(package: Package) -> None:
    """Raises NameCollisionError where two things in one namespace have the same name; files ignore case."""
    _check("module of models", (m.name.casefold() for m in package.models))
    _check("module of operations", (a.name.casefold() for a in package.apis))
    classes = [class_.symbol for module in package.models for class_ in module.classes]
    aliases = [alias.symbol for module in package.models for alias in module.aliases]
    _check("model", (*classes, *aliases))
    _check("typed dict", (d.symbol for d in package.typed_dicts))
    for module in package.models:
        for class_ in module.classes:
            _check(f"field of {class_.symbol}", (f.name for f in class_.fields))
    for api in package.apis:
        _check(f"function of {api.name}", (f.name for f in api.functions))
        for function in api.functions:
            _check(f"argument of {function.name}", (a.name for a in function.arguments))


def _check(kind: str, names: Iterable[str]) -> None:
    repeated = [name for name, count in collections.Counter(names).items() if count > 1]
    if repeated:
        raise NameCollisionError(f"two things have the name {repeated[0]!r} as a {kind}")
