"""One module per tag, with a function per operation. A function builds a call;
`Client.send` sends it, and so does the method of the same name that a client has for
the tag.

assets
models
video
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES: list[str] = ["assets", "models", "video"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("." + name, __name__)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
