"""The support code of a package: the modules of orcagen.runtime that it needs, copied as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

_FROM_PACKAGE = re.compile(r"^ *from \.{1,2}_runtime\.(\w+) import ", re.MULTILINE)
_FROM_RUNTIME = re.compile(r"^ *from \.(\w+) import ", re.MULTILINE)


def required_modules(texts: Iterable[str]) -> tuple[str, ...]:
    """The names of the modules that generated modules import, and those that these import.

    `texts` are the sources of the generated modules. Imports inside functions count too.
    """
    required = {"__init__"}
    todo = {name for text in texts for name in _FROM_PACKAGE.findall(text)}
    while todo:
        required |= todo
        todo = {n for name in todo for n in _FROM_RUNTIME.findall(read_module(name))} - required
    return tuple(sorted(required))


@cache
def read_module(name: str) -> str:
    """The source of a module of orcagen.runtime."""
    return resources.files("orcagen.runtime").joinpath(f"{name}.py").read_text(encoding="utf-8")
