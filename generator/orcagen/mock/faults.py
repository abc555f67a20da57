"""Fault scripts: which requests are answered in another way than the document says, and how.

A script is a list of steps. Each step names operations, and what happens to their requests:

    - {on: createOrder, status: 429, retry_after: 2, times: 2}     # rejected twice
    - {on: createOrder, disconnect: true, when: after}             # then accepted, but the response is lost
    - {on: getOrder, skip: 1, status: 503, times: 3}               # the first request succeeds, the next three fail
    - {on: "get*", change: {status: ODD}}                          # the next one has an unknown status

The keys of a step are the fields of `Fault`. Steps for the same operation apply one after the other: a request gets the
first step that matches it and has not been applied `times` times. A file with a script (YAML, or JSON if its name ends in
`.json`) contains such a list, or an object with `steps` and settings.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

import yaml
from attrs import Attribute, define, field, fields, frozen

from orcagen.mock.validators import (
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
    one_of,
    reject_unknown,
)

_When: TypeAlias = Literal["before", "after"]
_MalformedBody: TypeAlias = Literal["json", "html", "empty"]
_Outcome: TypeAlias = Literal["succeeded", "failed", "cancelled"]
_ANY = ("any", "")


def _check_selector(fault: Fault, _: Attribute[Any], value: object) -> None:
    groups = type(fault).groups
    choices = [*groups, *sorted(frozenset[str]().union(*groups.values()))]
    if not isinstance(value, str) or (groups and value not in ("any", *choices)):
        raise ScriptError(f"on: {value!r} is not {', '.join(['any', *choices])}")


def _write_numbers(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {k: str(v) if isinstance(v, int | float) else v for k, v in value.items()}


@frozen(kw_only=True)
class Fault:
    """What happens to some requests of an operation. By default it happens once, to the next request.

    An operation can also be named by `METHOD /path` as the document writes the path; several by a pattern with `*`, or by a tag
    that the document gives them.

    Raises ScriptError, a ValueError, for values that are not allowed.

    Attributes:
        on: Which requests: those of an operation, by its operationId, or of several, by a name for them; `any` for all.
        times: To how many requests it happens; None (`always` in a file) for no limit.
        skip: How many matching requests pass without a fault first.
        when: For `disconnect`, `stall`, `status`, `body` and `malformed_body`: `before` the request takes effect, which it
            then does not, or `after` (a task is started, and the response is lost or replaced).
        disconnect: Close the connection without a response: with a reset (`before`), or in an orderly way (`after`).
        stall: Send nothing until the client closes the connection.
        status: Replace the response by one with this status, 200 to 599, which describes an error from 400 on.
        code: The error code. None for the one that goes with this status; "" for no code.
        message: The error message. None for the one that goes with this status.
        body: Replace the response by one with this body: text, bytes, or a value that is sent as JSON. Its status is
            `status`, or 200.
        malformed_body: Replace the response by one that a client cannot parse: truncated JSON (`json`), an HTML page
            (`html`) or an empty body (`empty`). Its status is `status`, or 200.
        headers: Headers to add to the response, replaced or not.
        retry_after: The value of the `Retry-After` header: seconds, or any text.
        retry_after_date: Send `Retry-After` as an HTTP date, this many seconds from now; negative for a date in the past.
        delay: Wait this many seconds, on the clock of the server, before sending the response or closing the connection.
        truncate: Send `Content-Length` for the whole body, but only this many bytes of it, then close the connection.
        trickle_interval: Send the body in small chunks, with this many seconds between them.
        trickle_bytes: The size of a chunk for `trickle_interval`, in bytes.
        change: Values to set in a JSON response, by dotted path: `{"data.progress": None}`. A number selects an item of an
            array; missing objects on the path are created.
        remove: Dotted paths to remove from a JSON response.
        unknown_task: For a request about a task or another item: it does not exist, now and from now on.
        expired_url: For a download: the URL of the file has expired, now and from now on.
        task: How a task ends that the request starts: `succeeded`, `failed` or `cancelled`.
        fail_reason: The task that the request starts will fail with this reason.
        never_ends: The task that the request starts stays as it is before its end.
        duration: How many seconds the task takes that the request starts.
    """

    groups: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Names for several operationIds; where there are any, `on` is one of them, one of these operationIds, or `any`."""

    on: str = field(default="any", kw_only=False, validator=_check_selector)
    times: int | None = field(default=1, validator=TIMES)
    skip: int = field(default=0, validator=NON_NEGATIVE_INT)
    when: _When = field(default="before", validator=one_of(_When))

    disconnect: bool = field(default=False, validator=BOOLEAN)
    stall: bool = field(default=False, validator=BOOLEAN)

    status: int | None = field(default=None, validator=STATUS)
    code: str | int | None = field(default=None, validator=ERROR_CODE)
    message: str | None = field(default=None, validator=STRING)
    body: Any = None
    malformed_body: _MalformedBody | None = field(default=None, validator=one_of(_MalformedBody))

    headers: Mapping[str, str] = field(factory=dict, converter=_write_numbers, validator=HEADERS)
    retry_after: float | str | None = field(default=None, validator=HEADER_VALUE)
    retry_after_date: float | None = field(default=None, validator=NUMBER)
    delay: float = field(default=0.0, validator=SECONDS)
    truncate: int | None = field(default=None, validator=NON_NEGATIVE_INT)
    trickle_interval: float | None = field(default=None, validator=SECONDS)
    trickle_bytes: int = field(default=1024, validator=POSITIVE_INT)
    change: Mapping[str, Any] = field(factory=dict, validator=VALUES_BY_PATH)
    remove: Sequence[str] = field(default=(), validator=PATHS)

    unknown_task: bool = field(default=False, validator=BOOLEAN)
    expired_url: bool = field(default=False, validator=BOOLEAN)
    task: _Outcome = field(default="succeeded", validator=one_of(_Outcome))
    fail_reason: str | None = field(default=None, validator=STRING)
    never_ends: bool = field(default=False, validator=BOOLEAN)
    duration: float | None = field(default=None, validator=SECONDS)

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

    @property
    def prevents_effect(self) -> bool:
        """Whether the request has no effect at all."""
        return self.when == "before" and (self.has_no_response or self.replaces_response)

    @property
    def failure(self) -> str | None:
        """Why a task fails that the request starts; None if it succeeds."""
        if self.fail_reason is None and self.task != "succeeded":
            return f"the task has {self.task}"
        return self.fail_reason

    def applies_to(self, *names: str) -> bool:
        """Whether it is for requests of an operation that has these names."""
        if self.on in _ANY:
            return True
        if self.on in type(self).groups:
            return not self.groups[self.on].isdisjoint(names)
        return self.on in names or any(fnmatchcase(name, self.on) for name in names)


_F = TypeVar("_F", bound=Fault)
Check: TypeAlias = Callable[[Any], None]
"""Raises ScriptError for a fault that cannot be applied."""


@define(eq=False)
class _Step(Generic[_F]):
    fault: _F
    skip: int
    remaining: int | None


class Script(Generic[_F]):
    """The faults that are still to be applied, in their order. Thread-safe."""

    def __init__(self, faults: Iterable[_F] = (), check: Check | None = None) -> None:
        """Starts with these faults. `check` is called with each one that is added."""
        self._steps: list[_Step[_F]] = []
        self._lock = threading.Lock()
        self._check = check
        self.add(*faults)

    def add(self, *faults: _F) -> None:
        """Appends faults."""
        if self._check is not None:
            for fault in faults:
                self._check(fault)
        with self._lock:
            self._steps += [_Step(fault, fault.skip, fault.times) for fault in faults]

    def next_fault(self, *names: str) -> _F | None:
        """The fault for a request of an operation that has these names, or None. Counts the request."""
        with self._lock:
            for step in self._steps:
                if not step.fault.applies_to(*names):
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
    def pending(self) -> list[_F]:
        """The faults that have not been applied `times` times yet; those without a limit are not included."""
        with self._lock:
            return [step.fault for step in self._steps if step.remaining]


ScriptSource: TypeAlias = str | Path | Mapping[str, Any] | Iterable[Any]
"""The name of a file, or what one contains; faults can stand for steps."""


def read_script(
    source: ScriptSource, kind: type[_F], check: Check | None = None
) -> tuple[list[_F], dict[str, Any]]:
    """The faults, of this class, and the settings of a script. `check` is called with each fault.

    Raises ScriptError if the script is invalid, with the file, and the step or the line; OSError if the file cannot be read.
    """
    if not isinstance(source, str | Path):
        return _split_script(source, kind, check)
    try:
        return _split_script(_parse_file(Path(source)), kind, check)
    except ScriptError as error:
        raise ScriptError(f"{source}: {error}") from None


def read_faults(source: ScriptSource, kind: type[_F], check: Check | None = None) -> list[_F]:
    """The faults of a script that has no settings. Raises as `read_script` does."""
    faults, settings = read_script(source, kind, check)
    if settings:
        prefix = f"{source}: " if isinstance(source, str | Path) else ""
        raise ScriptError(f"{prefix}no such key: {', '.join(settings)}; there is steps")
    return faults


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


def _split_script(
    content: Any, kind: type[_F], check: Check | None
) -> tuple[list[_F], dict[str, Any]]:
    steps, settings = content, {}
    if isinstance(content, Mapping):
        settings = dict(content)
        steps = settings.pop("steps", ())
    # An empty file, or an empty value of `steps`, is null in YAML.
    steps = () if steps is None else steps
    if isinstance(steps, str | bytes | Mapping) or not isinstance(steps, Iterable):
        raise ScriptError("a script is a list of steps, or a mapping of `steps` and settings")
    faults = []
    for number, step in enumerate(steps, 1):
        try:
            fault = step if isinstance(step, kind) else _parse_step(step, kind)
            if check is not None:
                check(fault)
        except ScriptError as error:
            raise ScriptError(f"step {number}: {error}") from None
        faults.append(fault)
    return faults, settings


def _parse_step(step: object, kind: type[_F]) -> _F:
    if not isinstance(step, Mapping):
        raise ScriptError(f"{step!r} is not a mapping")
    # YAML 1.1 reads an unquoted `on` as true.
    values = {"on" if key is True else str(key): value for key, value in step.items()}
    if "on" not in values:
        raise ScriptError("`on` is missing")
    if values.get("times") == "always":
        values["times"] = None
    reject_unknown("key", values, (f.name for f in fields(kind)))
    return kind(**values)
