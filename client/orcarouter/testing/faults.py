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

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import yaml

from orcarouter.testing.validators import (
    BOOLEAN,
    ERROR_CODE,
    HEADER_VALUE,
    HEADERS,
    NON_NEGATIVE_INT,
    NUMBER,
    PATHS,
    POSITIVE_INT,
    SECONDS,
    STATUS,
    STRING,
    TIMES,
    VALUES_BY_PATH,
    ScriptError,
    must_be,
    one_of,
    reject_unknown,
)

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
_OPERATIONS = frozenset[str]().union(*OPERATION_GROUPS.values())

_When = Literal["before", "after"]
_MalformedBody = Literal["json", "html", "empty"]
ErrorFormat = Literal["openai", "task"]
"""The body of an error response: `{"error": {...}}`, or `{"code", "message", "data"}`."""


_SELECTOR = must_be(
    f"any, {', '.join([*OPERATION_GROUPS, *sorted(_OPERATIONS)])}",
    lambda v: isinstance(v, str) and (v == "any" or v in OPERATION_GROUPS or v in _OPERATIONS),
)


def matches_operation(selector: str, operation_id: str) -> bool:
    """Whether a selector (`any`, a group or an operationId) covers an operation."""
    return selector in ("any", operation_id) or operation_id in OPERATION_GROUPS.get(selector, ())


def _stringify_headers(value: Any) -> Any:
    # YAML reads `Age: 5` as a number.
    if not isinstance(value, Mapping):
        return value
    return {str(name): str(text) for name, text in value.items()}


@attrs.frozen(kw_only=True)
class Fault:
    """One step of a fault script: which requests it applies to, and what it does to them. All times are seconds.

    Raises ScriptError if a field has an invalid value, or if fields contradict each other.

    Attributes:
        on: The requests: `submit`, `lookup`, `content` (downloads, from the file host or through the API), `models`,
            `assets`, `any`, or an operationId of the OpenAPI document. `getFile` is a download from the file host
            only.
        times: How many requests it applies to; None (in a file also `always`) for all.
        skip: How many matching requests pass unaffected before it applies.
        when: For `disconnect`, `stall`, `status`, `body` and `malformed_body`: `before` the request is processed
            (nothing is accepted), or `after` (a submission is accepted and charged, and its response is lost or
            replaced).
        disconnect: Close the connection without a response: with a TCP reset (`before`), or in an orderly way
            (`after`).
        stall: Send no response and keep the connection open until the client closes it.
        status: Replace the response by one with this status, 200 to 599. From 400 on, and without a `body` or
            `malformed_body`, it is an error response of the service.
        code: The error code. None for the one that the service uses with this status; "" for no code.
        message: The error message. None for the one that the service uses with this status.
        error_format: The body of the error response, `openai` or `task`. None for the `error_format` of the settings,
            where `auto` means `openai`.
        body: Replace the response by one with this body. Its status is `status`, or 200.
        malformed_body: Replace the response by one that a client cannot parse: truncated JSON (`json`), an HTML page
            (`html`) or an empty body (`empty`). Its status is `status`, or 200.
        headers: Headers to add to the response, replaced or not.
        retry_after: The value of the `Retry-After` header: seconds, or any text.
        retry_after_date: Send `Retry-After` as an HTTP date, this many seconds from now; negative for a date in the
            past.
        delay: Wait this long before sending the response or closing the connection.
        truncate: Send `Content-Length` for the whole body, but only this many bytes of it, then close the connection.
        trickle_interval: Send the body in small chunks, with this many seconds between them.
        trickle_bytes: The size of a chunk for `trickle_interval`, in bytes.
        change: Values to set in a JSON response, by dotted path: `{"data.progress": None}`. A number selects an item
            of a list; missing objects on the path are created.
        remove: Dotted paths to remove from a JSON response.
        unknown_task: For a lookup: the service does not know the task, now and from now on.
        expired_url: For a download: the URL of the file has expired, now and from now on.
        fail_reason: For a submission: the task will fail with this reason. For a new asset: its check will fail with
            this code.
        never_ends: For a submission: the task will expire at the provider, and be reported as running indefinitely.
        duration: For a submission: how long the task will run, instead of `running` of the settings.
    """

    on: str = attrs.field(kw_only=False, validator=_SELECTOR)
    times: int | None = attrs.field(default=1, validator=TIMES)
    skip: int = attrs.field(default=0, validator=NON_NEGATIVE_INT)
    when: _When = attrs.field(default="before", validator=one_of(_When))

    disconnect: bool = attrs.field(default=False, validator=BOOLEAN)
    stall: bool = attrs.field(default=False, validator=BOOLEAN)

    status: int | None = attrs.field(default=None, validator=STATUS)
    code: str | int | None = attrs.field(default=None, validator=ERROR_CODE)
    message: str | None = attrs.field(default=None, validator=STRING)
    error_format: ErrorFormat | None = attrs.field(default=None, validator=one_of(ErrorFormat))
    body: str | None = attrs.field(default=None, validator=STRING)
    malformed_body: _MalformedBody | None = attrs.field(
        default=None, validator=one_of(_MalformedBody)
    )

    headers: Mapping[str, str] = attrs.field(
        factory=dict, converter=_stringify_headers, validator=HEADERS
    )
    retry_after: float | str | None = attrs.field(default=None, validator=HEADER_VALUE)
    retry_after_date: float | None = attrs.field(default=None, validator=NUMBER)
    delay: float = attrs.field(default=0.0, validator=SECONDS)
    truncate: int | None = attrs.field(default=None, validator=NON_NEGATIVE_INT)
    trickle_interval: float | None = attrs.field(default=None, validator=SECONDS)
    trickle_bytes: int = attrs.field(default=1024, validator=POSITIVE_INT)
    change: Mapping[str, Any] = attrs.field(factory=dict, validator=VALUES_BY_PATH)
    remove: Sequence[str] = attrs.field(default=(), validator=PATHS)

    unknown_task: bool = attrs.field(default=False, validator=BOOLEAN)
    expired_url: bool = attrs.field(default=False, validator=BOOLEAN)
    fail_reason: str | None = attrs.field(default=None, validator=STRING)
    never_ends: bool = attrs.field(default=False, validator=BOOLEAN)
    duration: float | None = attrs.field(default=None, validator=SECONDS)

    def __attrs_post_init__(self) -> None:
        if self.disconnect and self.stall:
            raise ScriptError("disconnect and stall exclude each other")
        if self.has_no_response and self.replaces_response:
            raise ScriptError(
                "disconnect and stall cannot be combined with status, body or malformed_body"
            )
        if self.body is not None and self.malformed_body is not None:
            raise ScriptError("body and malformed_body exclude each other")
        if self.status in (204, 304) and (self.body or self.malformed_body in ("json", "html")):
            raise ScriptError(f"a response with status {self.status} has no body")

    @property
    def has_no_response(self) -> bool:
        """Whether the client gets no response at all."""
        return self.disconnect or self.stall

    @property
    def replaces_response(self) -> bool:
        """Whether the client gets another response instead of the real one."""
        return self.status is not None or self.body is not None or self.malformed_body is not None


@attrs.define(eq=False)
class _Step:
    fault: Fault
    skip: int
    remaining: int | None


class Script:
    """The faults that are still to be applied. Thread-safe."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Starts with these faults, in this order."""
        self._steps: list[_Step] = []
        self._lock = threading.Lock()
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Append faults."""
        with self._lock:
            self._steps += [_Step(fault, fault.skip, fault.times) for fault in faults]

    def next_fault(self, operation_id: str) -> Fault | None:
        """The fault that applies to a request of this operation, or None. Counts the request."""
        with self._lock:
            for step in self._steps:
                if not matches_operation(step.fault.on, operation_id):
                    continue
                if step.skip:
                    step.skip -= 1
                    return None
                if step.remaining is not None:
                    step.remaining -= 1
                    if not step.remaining:
                        self._steps.remove(step)
                return step.fault
        return None

    @property
    def pending(self) -> list[Fault]:
        """The faults that have not been applied `times` times yet; those without a limit are not included."""
        with self._lock:
            return [step.fault for step in self._steps if step.remaining]


def read_script(
    source: str | Path | Mapping[str, Any] | Sequence[Any],
) -> tuple[list[Fault], dict[str, Any]]:
    """The faults and settings of a script: of a file, or of the parsed content of one.

    Raises ScriptError if the script is invalid, OSError if the file cannot be read.
    """
    if not isinstance(source, str | Path):
        return _split_script(source)
    try:
        return _split_script(_parse_file(Path(source)))
    except ScriptError as error:
        raise ScriptError(f"{source}: {error}") from None


def _parse_file(path: Path) -> Any:
    content = path.read_bytes()
    try:
        return json.loads(content) if path.suffix == ".json" else yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        raise ScriptError(f"{line}not YAML: {error.problem}") from None
    except json.JSONDecodeError as error:
        raise ScriptError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # Invalid characters. The message gives their position, on several lines.
        raise ScriptError(f"not a text file: {' '.join(str(error).split())}") from None


def _split_script(content: Any) -> tuple[list[Fault], dict[str, Any]]:
    steps, settings = content, {}
    if isinstance(content, Mapping):
        settings = dict(content)
        steps = settings.pop("steps", ())
    # An empty file, or an empty value of `steps`, is null in YAML.
    steps = () if steps is None else steps
    if isinstance(steps, str) or not isinstance(steps, Sequence):
        raise ScriptError("a script is a list of steps, or a mapping of `steps` and settings")
    return [_parse_step(number, step) for number, step in enumerate(steps, 1)], settings


def _parse_step(number: int, step: object) -> Fault:
    if isinstance(step, Fault):
        return step
    if not isinstance(step, Mapping):
        raise ScriptError(f"step {number}: {step!r} is not a mapping")
    # YAML 1.1 reads an unquoted `on` as true.
    fields = {"on" if key is True else str(key): value for key, value in step.items()}
    if "on" not in fields:
        raise ScriptError(f"step {number}: `on` is missing")
    if fields.get("times") == "always":
        fields["times"] = None
    try:
        reject_unknown("key", fields, (field.name for field in attrs.fields(Fault)))
        return Fault(**fields)
    except ScriptError as error:
        raise ScriptError(f"step {number}: {error}") from None
