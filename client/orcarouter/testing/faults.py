"""Fault scripts: which requests go wrong, and how.

A script is a list of steps. Each step names an operation and what happens to it:

    - {on: submit, status: 429, retry_after: 2, times: 2}     # refused twice
    - {on: submit, disconnect: true, when: after}             # then accepted, and the answer lost
    - {on: lookup, skip: 1, status: 503, times: 3}            # the first lookup passes, three fail
    - {on: lookup, change: {data.status: PONDERING}}          # one with an unknown status word
    - {on: content, truncate: 1000}

Steps of one operation are played one after the other: a request takes the first step that matches it and is not used
up. A file (YAML or JSON) holds such a list, or a mapping of `steps` and the settings of `Settings`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import yaml

__all__ = ["GROUPS", "Fault", "Script", "ScriptError", "read_script"]

GROUPS: dict[str, frozenset[str]] = {
    "submit": frozenset({"submitVideoTask", "createVideo"}),
    "lookup": frozenset({"getVideoTask", "getVideo"}),
    "content": frozenset({"getFile", "getVideoContent"}),
    "models": frozenset({"listModels", "getModel"}),
    "assets": frozenset(
        {"createAssetGroup", "listAssetGroups", "createAsset", "listAssets", "getAsset"}
    ),
}


class ScriptError(ValueError):
    """A fault script that cannot be used: the message names the step and the key."""


def _headers(value: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()}


@attrs.frozen(kw_only=True)
class Fault:
    """One step of a fault script. All times are seconds.

    Raises ScriptError when the fields do not go together.
    """

    on: str = attrs.field(kw_only=False)
    """Which requests: `submit`, `lookup`, `content` (a file, from its host or through the API), `models`, `assets`,
    `any`, or an operationId of the document; `getFile` is a download from the file host alone."""
    times: int | None = 1
    """How many requests it spoils; None for all of them."""
    skip: int = 0
    """How many matching requests pass unharmed first."""
    when: Literal["before", "after"] = "before"
    """For `disconnect`, `stall`, `status`, `body` and `garble`: before the request takes effect (nothing is accepted),
    or after (a submission is accepted and charged)."""

    disconnect: bool = False
    """Close the connection without an answer. With `when: before` it is reset before the body is read."""
    stall: bool = False
    """Never answer; ends when the client goes away."""

    status: int | None = None
    """Answer with this status; as an error of the service when it is 400 or more and there is no body."""
    code: str | None = None
    """The error's code, by default one that the service uses with this status."""
    message: str | None = None
    """The error's message."""
    envelope: Literal["openai", "task"] | None = None
    """The error's form."""
    body: str | None = None
    """Answer with this text, status 200 unless `status` says otherwise."""
    garble: Literal["json", "html", "empty"] | None = None
    """Answer with cut-off JSON, an HTML page or nothing, status 200 unless `status` says otherwise."""

    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_headers)
    """Headers to add to the answer, whichever it is."""
    retry_after: float | str | None = None
    """`Retry-After` as given."""
    retry_after_date: float | None = None
    """`Retry-After` as the HTTP date that many seconds from now."""
    delay: float = 0.0
    """Wait before answering."""
    truncate: int | None = None
    """Announce the whole body, send this many bytes, close the connection."""
    drip: float | None = None
    """Send the body in pieces with this much time between them."""
    piece: int = 1024
    """Bytes in a piece of `drip`."""
    change: Mapping[str, Any] = attrs.field(factory=dict)
    """Values to put into the JSON answer, by dotted path: `{"data.progress": None}`."""
    remove: Sequence[str] = ()
    """Dotted paths to take out of the JSON answer."""

    forget: bool = False
    """On a lookup: the task is unknown from now on."""
    expire: bool = False
    """On a file: its URL has expired."""
    fail: str | None = None
    """On a submission: the task will fail for this reason."""
    expires: bool = False
    """On a submission: the provider will let the task expire, and it shows as running for ever."""
    takes: float | None = None
    """On a submission: how long the task will run."""

    @on.validator
    def _known(self, _: object, value: object) -> None:
        if not isinstance(value, str) or (
            value not in GROUPS and value != "any" and not value.isidentifier()
        ):
            raise ScriptError(
                f"on: {value!r} is neither {', '.join(GROUPS)}, any nor an operationId"
            )

    def __attrs_post_init__(self) -> None:
        if self.when not in ("before", "after"):
            raise ScriptError(f"when: {self.when!r} is neither before nor after")
        if self.garble not in (None, "json", "html", "empty"):
            raise ScriptError(f"garble: {self.garble!r} is none of json, html, empty")
        if self.envelope not in (None, "openai", "task"):
            raise ScriptError(f"envelope: {self.envelope!r} is neither openai nor task")
        if self.disconnect and self.stall:
            raise ScriptError("disconnect and stall exclude one another")
        if self.silent and self.replaces:
            raise ScriptError("a fault without an answer has neither status, body nor garble")
        if self.body is not None and self.garble is not None:
            raise ScriptError("body and garble exclude one another")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ScriptError(f"status: {self.status} is not between 200 and 599")
        if self.piece < 1:
            raise ScriptError(f"piece: {self.piece} is less than one byte")

    @property
    def silent(self) -> bool:
        """Whether the client gets no answer at all."""
        return self.disconnect or self.stall

    @property
    def replaces(self) -> bool:
        """Whether another answer takes the place of the real one."""
        return self.status is not None or self.body is not None or self.garble is not None

    def matches(self, operation: str) -> bool:
        """Whether it concerns the operation with this operationId."""
        return self.on == "any" or self.on == operation or operation in GROUPS.get(self.on, ())


@attrs.define
class _Step:
    fault: Fault
    skip: int
    left: int | None


class Script:
    """The steps still to be played. Safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Starts with `faults`, in this order."""
        self._steps: list[_Step] = []
        self._lock = threading.Lock()
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Put faults behind those that are there."""
        with self._lock:
            self._steps += [_Step(fault, fault.skip, fault.times) for fault in faults]

    def take(self, operation: str) -> Fault | None:
        """The fault for a request of this operationId, which is thereby used up once."""
        with self._lock:
            for step in self._steps:
                if step.left == 0 or not step.fault.matches(operation):
                    continue
                if step.skip:
                    step.skip -= 1
                    return None
                if step.left is not None:
                    step.left -= 1
                return step.fault
        return None

    @property
    def pending(self) -> list[Fault]:
        """The faults that have not happened as often as they should; those without a limit are left out."""
        with self._lock:
            return [step.fault for step in self._steps if step.left]


def read_script(
    source: str | Path | Mapping[str, Any] | Sequence[Any],
) -> tuple[list[Fault], dict[str, Any]]:
    """Faults and settings of a script: a file name, or what such a file holds.

    Raises ScriptError, OSError.
    """
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            try:
                content = yaml.safe_load(file)
            except yaml.YAMLError as error:
                raise ScriptError(f"{source} is neither YAML nor JSON: {error}") from None
    else:
        content = source
    if isinstance(content, Mapping):
        settings = dict(content)
        steps = settings.pop("steps", [])
    else:
        settings, steps = {}, content if content is not None else []
    if isinstance(steps, str) or not isinstance(steps, Sequence):
        raise ScriptError("the steps of a script are a list")
    return [_fault(index, step) for index, step in enumerate(steps, 1)], settings


def _fault(index: int, step: object) -> Fault:
    if isinstance(step, Fault):
        return step
    if not isinstance(step, Mapping):
        raise ScriptError(f"step {index} is not a mapping")
    # YAML 1.1 reads a bare `on` as true.
    fields = {"on" if key is True else str(key): value for key, value in step.items()}
    unknown = fields.keys() - {field.name for field in attrs.fields(Fault)}
    if unknown:
        raise ScriptError(f"step {index}: no such key: {', '.join(sorted(unknown))}")
    if fields.get("times") == "always":
        fields["times"] = None
    try:
        return Fault(**fields)
    except (ScriptError, TypeError) as error:
        raise ScriptError(f"step {index}: {error}") from None
