"""Fault scripts: which requests fail, and how.

A script is a list of steps. Each step names an operation, and what happens to its requests:

    - {on: submit, status: 429, retry_after: 2, times: 2}     # rejected twice
    - {on: submit, disconnect: true, when: after}             # then accepted, but the response is lost
    - {on: lookup, skip: 1, status: 503, times: 3}            # the first lookup succeeds, the next three fail
    - {on: lookup, change: {data.status: PONDERING}}          # the next one has an unknown status
    - {on: content, truncate: 1000}

The keys of a step are the fields of `Fault`. Steps for the same operation apply one after the other: a request gets the
first step that matches it and has not been applied `times` times. A script file (YAML, or JSON if its name ends in
`.json`) contains such a list, or a mapping of `steps` and fields of `Settings`.
"""

from __future__ import annotations

import inspect
from typing import Any, Literal

import attrs

from orcagen.mock import faults as mock
from orcagen.mock.faults import ScriptSource
from orcagen.mock.validators import one_of

__all__ = [
    "OPERATION_GROUPS",
    "ErrorFormat",
    "Fault",
    "Script",
    "matches_operation",
    "read_script",
]

OPERATION_GROUPS: dict[str, frozenset[str]] = {
    "submit": frozenset({"submitVideoTask", "createVideo"}),
    "lookup": frozenset({"getVideoTask", "getVideo"}),
    "content": frozenset({"getFile", "getVideoContent"}),
    "models": frozenset({"listModels", "getModel"}),
    "assets": frozenset(
        {"createAssetGroup", "listAssetGroups", "createAsset", "listAssets", "getAsset"}
    ),
}
"""Names for several operations, and their operationIds."""

ErrorFormat = Literal["openai", "task"]
"""The body of an error response: `{"error": {...}}`, or `{"code", "message", "data"}`."""


@attrs.frozen(kw_only=True)
class Fault(mock.Fault):
    """The faults of `orcagen mock`, for the operations of `OPERATION_GROUPS`, and one field more: `error_format`.

    For a new asset, `fail_reason` is the code with which its check fails.
    """

    groups = OPERATION_GROUPS

    error_format: ErrorFormat | None = attrs.field(default=None, validator=one_of(ErrorFormat))


_, _, _OTHERS = (inspect.getdoc(mock.Fault) or "").partition("\n    times: ")
Fault.__doc__ = f"""{inspect.getdoc(Fault)}

Attributes:
    on: The requests: `submit`, `lookup`, `content` (downloads, from the file host or through the API), `models`, `assets`,
        `any`, or an operationId of the OpenAPI document. `getFile` is a download from the file host only.
    times: {_OTHERS}
    error_format: The body of the error response, `openai` or `task`. None for the `error_format` of the settings, where
        `auto` means `openai`.
"""


class Script(mock.Script[Fault]):
    """The faults that are still to be applied. Thread-safe."""


def matches_operation(selector: str, operation_id: str) -> bool:
    """Whether `any`, a name of `OPERATION_GROUPS` or an operationId stands for this operation."""
    return Fault(selector).applies_to(operation_id)


def read_script(source: ScriptSource) -> tuple[list[Fault], dict[str, Any]]:
    """The faults and settings of a script: of a file, or of the parsed content of one.

    Raises ScriptError if the script is invalid, OSError if the file cannot be read.
    """
    return mock.read_script(source, Fault)
