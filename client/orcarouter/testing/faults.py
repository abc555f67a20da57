"""Fault scripts: which requests go wrong, and how.

A script is a list of steps. Each step names an operation and what happens to it:

    - {on: submit, status: 429, retry_after: 2, times: 2}     # refused twice
    - {on: submit, disconnect: true, when: after}             # then accepted, and the answer lost
    - {on: lookup, skip: 1, status: 503, times: 3}            # the first lookup passes, three fail
    - {on: lookup, change: {data.status: PONDERING}}          # one with an unknown status word
    - {on: content, truncate: 1000}

Steps of one operation are played one after the other: a request takes the first step that matches it and is not used
up. A file (YAML, or JSON when its name ends so) holds such a list, or a mapping of `steps` and fields of `Settings`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import yaml

from orcarouter.testing.values import (
    CODE,
    COUNT,
    FLAG,
    HEADER,
    HEADERS,
    NUMBER,
    PATHS,
    POSITIVE,
    SECONDS,
    STATUS,
    TEXT,
    TIMES,
    VALUES,
    ScriptError,
    must_be,
    one_of,
)

__all__ = ["GROUPS", "Envelope", "Fault", "Script", "concerns", "read_script"]

GROUPS: dict[str, frozenset[str]] = {
    "submit": frozenset({"submitVideoTask", "createVideo"}),
    "lookup": frozenset({"getVideoTask", "getVideo"}),
    "content": frozenset({"getFile", "getVideoContent"}),
    "models": frozenset({"listModels", "getModel"}),
    "assets": frozenset(
        {"createAssetGroup", "listAssetGroups", "createAsset", "listAssets", "getAsset"}
    ),
}
_OPERATIONS = frozenset[str]().union(*GROUPS.values())

_When = Literal["before", "after"]
_Garble = Literal["json", "html", "empty"]
Envelope = Literal["openai", "task"]


_ON = must_be(
    f"any, {', '.join(GROUPS)} or an operationId",
    lambda v: isinstance(v, str) and (v == "any" or v in GROUPS or v in _OPERATIONS),
)


def concerns(on: str, operation: str) -> bool:
    """Whether `on`, a group, an operationId or `any`, takes in the operation with this operationId."""
    return on in ("any", operation) or operation in GROUPS.get(on, ())


def _strings(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {str(name): str(text) for name, text in value.items()}


@attrs.frozen(kw_only=True)
class Fault:
    """One step of a fault script. All times are seconds.

    Raises ScriptError when a field has a wrong value, or when the fields do not go together.
    """

    on: str = attrs.field(kw_only=False, validator=_ON)
    """Which requests: `submit`, `lookup`, `content` (a file, from its host or through the API), `models`, `assets`,
    `any`, or an operationId of the document; `getFile` is a download from the file host alone."""
    times: int | None = attrs.field(default=1, validator=TIMES)
    """How many requests it spoils; None (in a file also `always`) for all of them."""
    skip: int = attrs.field(default=0, validator=COUNT)
    """How many matching requests pass unharmed first."""
    when: _When = attrs.field(default="before", validator=one_of(_When))
    """For `disconnect`, `stall`, `status`, `body` and `garble`: before the request takes effect (nothing is accepted),
    or after (a submission is accepted and charged)."""

    disconnect: bool = attrs.field(default=False, validator=FLAG)
    """Close the connection without an answer: reset it (`before`) or end it in good order (`after`)."""
    stall: bool = attrs.field(default=False, validator=FLAG)
    """Never answer; ends when the client goes away."""

    status: int | None = attrs.field(default=None, validator=STATUS)
    """Answer with this status; as an error of the service when it is 400 or more and there is no body."""
    code: str | int | None = attrs.field(default=None, validator=CODE)
    """The error's code, by default one that the service uses with this status; "" for none."""
    message: str | None = attrs.field(default=None, validator=TEXT)
    """The error's message."""
    envelope: Envelope | None = attrs.field(default=None, validator=one_of(Envelope))
    """The error's form; by default that of the settings, and OpenAI's where those leave it open."""
    body: str | None = attrs.field(default=None, validator=TEXT)
    """Answer with this text, status 200 unless `status` says otherwise."""
    garble: _Garble | None = attrs.field(default=None, validator=one_of(_Garble))
    """Answer with cut-off JSON, an HTML page or nothing, status 200 unless `status` says otherwise."""

    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_strings, validator=HEADERS)
    """Headers to add to the answer, whichever it is."""
    retry_after: float | str | None = attrs.field(default=None, validator=HEADER)
    """`Retry-After` as given."""
    retry_after_date: float | None = attrs.field(default=None, validator=NUMBER)
    """`Retry-After` as the HTTP date that many seconds from now; negative for a date in the past."""
    delay: float = attrs.field(default=0.0, validator=SECONDS)
    """Wait before answering, or before closing the connection."""
    truncate: int | None = attrs.field(default=None, validator=COUNT)
    """Announce the whole body, send this many bytes, close the connection."""
    drip: float | None = attrs.field(default=None, validator=SECONDS)
    """Send the body in pieces with this much time between them."""
    piece: int = attrs.field(default=1024, validator=POSITIVE)
    """Bytes in a piece of `drip`."""
    change: Mapping[str, Any] = attrs.field(factory=dict, validator=VALUES)
    """Values to put into a JSON answer, by dotted path: `{"data.progress": None}`. A number selects an item of a list;
    objects that are missing on the way are made."""
    remove: Sequence[str] = attrs.field(default=(), validator=PATHS)
    """Dotted paths to take out of a JSON answer."""

    forget: bool = attrs.field(default=False, validator=FLAG)
    """On a lookup: the task is unknown from now on."""
    expire: bool = attrs.field(default=False, validator=FLAG)
    """On a file: its URL has expired."""
    fail: str | None = attrs.field(default=None, validator=TEXT)
    """On a submission: the task will fail for this reason. On a new asset: it will be refused with this code."""
    expires: bool = attrs.field(default=False, validator=FLAG)
    """On a submission: the provider will let the task expire, and it shows as running for ever."""
    takes: float | None = attrs.field(default=None, validator=SECONDS)
    """On a submission: how long the task will run."""

    def __attrs_post_init__(self) -> None:
        if self.disconnect and self.stall:
            raise ScriptError("disconnect and stall exclude one another")
        if self.silent and self.replaces:
            raise ScriptError("a fault without an answer has neither status, body nor garble")
        if self.body is not None and self.garble is not None:
            raise ScriptError("body and garble exclude one another")
        if self.status in (204, 304) and (self.body or self.garble in ("json", "html")):
            raise ScriptError(f"an answer of status {self.status} has no body")

    @property
    def silent(self) -> bool:
        """Whether the client gets no answer at all."""
        return self.disconnect or self.stall

    @property
    def replaces(self) -> bool:
        """Whether another answer takes the place of the real one."""
        return self.status is not None or self.body is not None or self.garble is not None


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
                if step.left == 0 or not concerns(step.fault.on, operation):
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
    if not isinstance(source, str | Path):
        return _split(source)
    try:
        return _split(_parsed(Path(source)))
    except ScriptError as error:
        raise ScriptError(f"{source}: {error}") from None


def _parsed(path: Path) -> Any:
    content = path.read_bytes()
    try:
        return json.loads(content) if path.suffix == ".json" else yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        raise ScriptError(f"{line}not YAML: {error.problem}") from None
    except json.JSONDecodeError as error:
        raise ScriptError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # Bytes that no text has; the message names their position, over several lines.
        raise ScriptError(f"not a text: {' '.join(str(error).split())}") from None


def _split(content: Any) -> tuple[list[Fault], dict[str, Any]]:
    steps, settings = content, {}
    if isinstance(content, Mapping):
        settings = dict(content)
        steps = settings.pop("steps", ())
    # An empty file, or an empty list of steps, is null in YAML.
    steps = () if steps is None else steps
    if isinstance(steps, str) or not isinstance(steps, Sequence):
        raise ScriptError("a script is a list of steps, or a mapping of `steps` and settings")
    return [_fault(index, step) for index, step in enumerate(steps, 1)], settings


def _fault(index: int, step: object) -> Fault:
    if isinstance(step, Fault):
        return step
    if not isinstance(step, Mapping):
        raise ScriptError(f"step {index}: {step!r} is not a mapping")
    # YAML 1.1 reads a bare `on` as true.
    fields = {"on" if key is True else str(key): value for key, value in step.items()}
    unknown = fields.keys() - {field.name for field in attrs.fields(Fault)}
    if unknown:
        raise ScriptError(f"step {index}: no such key: {', '.join(sorted(unknown))}")
    if "on" not in fields:
        raise ScriptError(f"step {index}: `on` is missing")
    if fields.get("times") == "always":
        fields["times"] = None
    try:
        return Fault(**fields)
    except ScriptError as error:
        raise ScriptError(f"step {index}: {error}") from None
