"""OrcaRouter video API 0.1.0

Asynchronous video generation with Kling, Seedance and MiniMax models behind one key.

A submission returns a task id immediately. The task is then polled, on one of two
paths with different response formats, until it succeeds or fails; a finished task
has the URL of an MP4 file.

What each model accepts is not part of this document: see `capabilities.yaml`.

`x-provenance` gives the origin of a statement (`source`) and its reliability
(`confidence`); `README.md` explains
the values. A property without it has the provenance of the schema that contains it.

An `anyOf` of an enumeration and a plain string is an open enumeration: the listed
values are known, others may occur.

A client has the operations as methods: `client.assets.create_asset_group(...)` sends
a request. `api.assets.create_asset_group(...)` builds it as a value, for
`client.send`.

Generated from openapi.yaml. Do not edit: change the document and generate again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._runtime.call import Call
    from ._runtime.download_flow import Download, DownloadOptions
    from ._runtime.model import UNSET, Unset
    from ._runtime.notebook import configure_notebook
    from ._runtime.polling import Polling
    from ._runtime.response import Response
    from ._runtime.retries import Retries
    from ._runtime.tasks import AsyncTask, Task
    from .client import AsyncClient, Client

__all__ = [
    "UNSET",
    "AsyncClient",
    "AsyncTask",
    "Call",
    "Client",
    "Download",
    "DownloadOptions",
    "Polling",
    "Response",
    "Retries",
    "Task",
    "Unset",
    "configure_notebook",
]

_MODULES = {
    "UNSET": "._runtime.model",
    "Call": "._runtime.call",
    "AsyncClient": ".client",
    "AsyncTask": "._runtime.tasks",
    "Client": ".client",
    "Download": "._runtime.download_flow",
    "DownloadOptions": "._runtime.download_flow",
    "Polling": "._runtime.polling",
    "Response": "._runtime.response",
    "Retries": "._runtime.retries",
    "Task": "._runtime.tasks",
    "Unset": "._runtime.model",
    "configure_notebook": "._runtime.notebook",
}

_SUBMODULES = ["api", "client", "dicts", "errors", "models", "tables"]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module("." + name, __name__)
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_SUBMODULES})
