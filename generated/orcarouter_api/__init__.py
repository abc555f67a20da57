"""OrcaRouter video API 0.1.0

Asynchronous video generation with Kling, Seedance and MiniMax models behind one key.

A submission answers at once with a task id. The task is then polled, on either of
two paths that answer in different shapes, until it succeeds or fails; a finished
task names the URL of an MP4 file.

What each model accepts is not part of this document: see `capabilities.yaml`.

`x-provenance` says where a statement comes from (`source`) and how far it can be
trusted (`confidence`); the words
are explained in `README.md`. A property without it comes from the page that
describes the operation's request or answer, as marked on the schema around it.

An `anyOf` of an enumeration and a plain string is an open vocabulary: the listed
words are known, others may occur.

Generated from openapi.yaml. Do not edit: change the document and generate again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._runtime.call import Call
    from ._runtime.model import UNSET, Unset
    from ._runtime.response import Response
    from .client import AsyncClient, Client

__all__ = ["UNSET", "AsyncClient", "Call", "Client", "Response", "Unset"]

_MODULES = {
    "UNSET": "._runtime.model",
    "Call": "._runtime.call",
    "AsyncClient": ".client",
    "Client": ".client",
    "Response": "._runtime.response",
    "Unset": "._runtime.model",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
