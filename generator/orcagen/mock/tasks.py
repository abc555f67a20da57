"""Tasks of declared long-running operations: started by one request, and further by the clock at each later one."""

from __future__ import annotations

import re
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import define, evolve, field, frozen

from orcagen.mock.clock import Clock
from orcagen.mock.faults import Fault
from orcagen.mock.recording import RecordedRequest
from orcagen.mock.responses import MockResponse, make_value
from orcagen.mock.task_store import TaskStore
from orcagen.openapi import Document, FollowUp, LongRunning, Operation, References
from orcagen.openapi.long_running import find_expressions
from orcagen.pointers import tokens

State: TypeAlias = Literal["pending", "succeeded", "failed", "cancelled"]
_MAX_LOOKUPS = 30_000  # of tasks that can be asked for, about three of each
_DURATION = 2.0  # seconds, where the document does not say how long a task takes
_QUALIFIER = re.compile(r"^(path|query|header|cookie)\.")  # of a parameter in a Link Object
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IN_BRACES = re.compile(r"\{(\$[^{}]+)\}")
_BODY, _HEADER = "$response.body#", "$response.header."


@define
class Task:
    """A task that was started at a time of the clock, and ends at another one."""

    number: int
    """1 for the first one."""
    request: RecordedRequest
    """What started it."""
    began: float
    """Unix time in seconds."""
    ends: float
    outcome: State
    fail_reason: str
    never_ends: bool
    declared: LongRunning
    start: Operation
    poll: FollowUp
    places: dict[str, Any] = field(factory=dict)
    """The id by the expressions that have it in the starting response."""

    @property
    def id(self) -> str:
        """The id in the starting response; the number where that has none."""
        return str(next(iter(self.places.values()), self.number))

    def find_state(self, time: float) -> State:
        return "pending" if time < self.ends or self.never_ends else self.outcome

    def find_progress(self, time: float) -> float:
        """How much is done, 0 to 1."""
        most = 0.99 if self.never_ends else 1.0
        return min(most, (time - self.began) / (self.ends - self.began or 1.0))


@frozen
class Lookup:
    """A request about a task: for its state, for its result, or to cancel it."""

    task: Task
    kind: Literal["state", "result", "cancel"]


@define
class Tasks:
    """The tasks of a mock server, the last 10,000. `duration` is that of all tasks, in seconds; None for what is declared."""

    _document: Document
    _references: References
    _clock: Clock
    _seed: int
    _base_path: str
    _duration: float | None
    started: TaskStore[Task] = field(factory=TaskStore, init=False)
    _count: int = field(default=0, init=False)
    # By the pointer of the operation with its arguments, and by method and path.
    _lookups: OrderedDict[tuple[str, Any], Lookup] = field(factory=OrderedDict, init=False)
    _arguments: dict[str, set[str]] = field(factory=dict, init=False)  # by pointer

    def find(
        self, request: RecordedRequest, operation: Operation | None, parameters: Mapping[str, str]
    ) -> Lookup | None:
        """The task that a request is about, if any."""
        if operation is not None:
            query = dict(request.query)
            names = self._arguments.get(operation.pointer, ())
            arguments = {n: parameters.get(n, query.get(n)) for n in names}
            key = (
                operation.pointer,
                frozenset((n, v) for n, v in arguments.items() if v is not None),
            )
            if key in self._lookups:
                return self._lookups[key]
        return self._lookups.get((request.method, request.path))

    def begin(
        self,
        operation: Operation,
        request: RecordedRequest,
        parameters: Mapping[str, str],
        reply: MockResponse,
        sample: MockResponse,
    ) -> MockResponse:
        """Starts the task of an operation, with the end that a fault gives it; its response. `sample` is what the document alone
        gives: an id that is another one in `reply` is that of a stored item, and is kept."""
        declared = operation.long_running
        if declared is None or not 200 <= reply.status <= 299:
            return reply
        self._count += 1
        time = self._clock.time()
        fault = request.fault or Fault()
        duration = declared.duration or _DURATION if self._duration is None else self._duration
        duration = duration if fault.duration is None else fault.duration
        outcome: State = fault.task if fault.fail_reason is None else "failed"
        polls = (p for p in declared.poll if _is_documented(p, operation))
        poll = next(polls, declared.poll[0])
        reason = fault.failure or ""
        task = Task(
            self._count, request, time, time + duration, outcome, reason, fault.never_ends,
            declared, operation, poll,
        )  # fmt: skip
        sources = _find_sources(task)
        if isinstance(reply.value, dict):
            reply = evolve(reply, value=deepcopy(reply.value))
        elif any(e.startswith(_BODY) for e in sources):
            reply = evolve(reply, value={}, media_type="application/json")
        for expression in sources:
            id_ = _get(reply, expression)
            is_stored = isinstance(id_, (str, int)) and id_ != _get(sample, expression)
            task.places[expression] = id_ if is_stored else self._make_id(task, id_)
            reply = _set(reply, expression, task.places[expression])
        self.started.add(task.id, task, len(request.body))
        lookups = [(poll, Lookup(task, "state"))]
        lookups += [(declared.fetch, Lookup(task, "result"))] if declared.fetch else []
        lookups += [(declared.cancel, Lookup(task, "cancel"))] if declared.cancel else []
        for follow_up, lookup in lookups:
            reply = self._register(follow_up, lookup, request, parameters, reply)
        while len(self._lookups) > _MAX_LOOKUPS:
            self._lookups.popitem(last=False)
        return (
            self._show_state(task, reply, declared.status)
            if isinstance(reply.value, dict)
            else reply
        )

    def _make_id(self, task: Task, sample: Any) -> Any:
        """The id of a task, of the same kind as the sampled one."""
        if isinstance(sample, int) and not isinstance(sample, bool):
            return task.number
        if isinstance(sample, str) and _UUID.fullmatch(sample):
            bits = Random(f"{self._seed} task {task.number}").getrandbits(128)
            return str(uuid.UUID(int=bits, version=4))
        return f"task_{task.number}"

    def _register(
        self,
        follow_up: FollowUp,
        lookup: Lookup,
        request: RecordedRequest,
        parameters: Mapping[str, str],
        reply: MockResponse,
    ) -> MockResponse:
        """Makes a task be found by a request that follows; where that is a URL, the response gets it."""

        def evaluate(value: Any) -> str:
            if isinstance(value, str) and value.startswith("$"):
                own = lookup.task.places.get(value)
                return _find_in_request(value, request, parameters) if own is None else str(own)
            return (
                _IN_BRACES.sub(lambda m: evaluate(m[1]), value)
                if isinstance(value, str)
                else str(value)
            )

        if follow_up.operation:
            operation = self._find_operation(follow_up)
            if operation is not None:
                arguments = {
                    _QUALIFIER.sub("", n): evaluate(v) for n, v in follow_up.parameters.items()
                }
                self._arguments.setdefault(operation.pointer, set()).update(arguments)
                self._lookups[operation.pointer, frozenset(arguments.items())] = lookup
            return reply
        if follow_up.url == "$url":
            path = request.path
        elif follow_up.url.startswith("$"):
            path = f"{self._base_path}/_tasks/{lookup.task.number}"
            path += "/result" if lookup.kind == "result" else ""
            reply = _set(reply, follow_up.url, f"http://{request.headers.get('host', '')}{path}")
        else:
            path = self._base_path + urlsplit(evaluate(follow_up.url)).path
        self._lookups["POST" if lookup.kind == "cancel" else "GET", path] = lookup
        return reply

    def _find_operation(self, follow_up: FollowUp) -> Operation | None:
        for operation in self._document.operations:
            if follow_up.is_reference:
                if follow_up.operation.endswith(f"#{operation.pointer}"):
                    return operation
            elif operation.id == follow_up.operation:
                return operation
        return None

    def show(self, lookup: Lookup, reply: MockResponse, *, is_documented: bool) -> MockResponse:
        """The response to a lookup, made from that of its operation; where it has none, from that of the start."""
        task, time = lookup.task, self._clock.time()
        if lookup.kind == "cancel":
            if task.find_state(time) == "pending":
                task.ends, task.outcome, task.never_ends = time, "cancelled", False
            return reply
        places = task.poll.status or task.declared.status or ("$statusCode",)
        if lookup.kind == "result" or places[0] == "$statusCode":
            state = task.find_state(time)
            return MockResponse(202) if state == "pending" else self._show_result(task, reply, state, is_documented)  # fmt: skip
        value = deepcopy(reply.value) if isinstance(reply.value, dict) else {}
        status = reply.status if is_documented else 200
        media_type = reply.media_type or "application/json"
        reply = evolve(reply, value=value, status=status, media_type=media_type)
        for place, id_ in task.places.items():
            if place in task.declared.id or _get(reply, place) is not None:
                reply = _set(reply, place, id_)
        return self._show_state(task, reply, places)

    def _show_state(self, task: Task, reply: MockResponse, places: tuple[str, ...]) -> MockResponse:
        """A response whose body is about a task, with its status, progress, result and error."""
        declared, time = task.declared, self._clock.time()
        state = task.find_state(time)
        for name, outcome in (("failed", "failed"), ("error", "failed"), ("result", "succeeded")):
            for place in getattr(declared, name) if state != outcome else ():
                _remove(reply, place)
        for place in places[:1]:
            reply = _set(reply, place, _find_word(task, state, time, reply, place))
        for place in declared.progress[:1]:
            done = task.find_progress(time) if state == "pending" else 1.0
            is_fraction = _find_schema(reply, place).get("maximum", 100) <= 1
            reply = _set(reply, place, done if is_fraction else int(100 * done))
        for place in declared.result[:1] if state == "succeeded" else ():
            if not _get(reply, place):
                reply = _set(reply, place, self._make_result(task))
        expressions = [*declared.error, *(w for w in declared.failed if w.startswith(_BODY))]
        for place in expressions[:1] if state == "failed" else ():
            error = {"code": "failed", "message": task.fail_reason}
            is_text = _find_schema(reply, place).get("type") == "string"
            reply = _set(reply, place, error["message"] if is_text else error)
        return reply

    def _show_result(
        self, task: Task, reply: MockResponse, state: State, is_documented: bool
    ) -> MockResponse:
        if state != "succeeded":
            message = task.fail_reason or f"the task has {state}"
            problem = {"error": {"code": state, "message": message}}
            return MockResponse(500, "application/json", problem)
        if is_documented and not task.declared.result_schema:
            return reply
        return MockResponse(200, "application/json", self._make_result(task))

    def _make_result(self, task: Task) -> Any:
        """A value of the declared schema of the result, else of what the operation responds with in the end."""
        declared, seed = task.declared, f"{self._seed} {task.start.pointer} result"
        if declared.result_schema:
            node = declared.node.with_value({"$ref": declared.result_schema})
            return make_value(self._references, node, seed)
        contents = {r.status: r.content for r in task.start.responses if r.content}
        content = contents.get("200") or next(iter(contents.values()), ())
        return make_value(self._references, content[0].schema, seed) if content else {}


def _find_word(task: Task, state: State, time: float, reply: MockResponse, place: str) -> Any:
    """The status of a state as the document spells it: those of a pending task follow each other."""
    declared = task.declared
    values = [w for w in getattr(declared, state) if not w.startswith("$")]
    # Numbers are those of `$statusCode`, unless the status is a number.
    is_number = _find_schema(reply, place).get("type") in ("integer", "number")
    values = [w for w in values if w.isdigit() == is_number]
    if {"true", "false"} & {*declared.pending, *declared.succeeded, *declared.failed}:
        return "true" in values or (state == "failed" and "false" not in values)
    if not values:
        return -1 if is_number else "running" if state == "pending" else state
    index = int(task.find_progress(time) * len(values)) if state == "pending" else 0
    word = values[min(index, len(values) - 1)]
    return int(word) if is_number else _spell(word, declared, reply, place)


def _find_sources(task: Task) -> list[str]:
    """The expressions that have the id in the starting response."""
    expressions = list(task.declared.id)
    for follow_up in (task.poll, task.declared.cancel, task.declared.fetch):
        if follow_up is not None and not follow_up.url.startswith("$"):
            # Where a whole URL is, it is made when the task can be found by it.
            expressions += find_expressions([follow_up.url, follow_up.parameters, follow_up.body])
    return [e for e in dict.fromkeys(expressions) if e.startswith((_BODY, _HEADER))]


def _is_documented(poll: FollowUp, operation: Operation) -> bool:
    """Whether a success has what the lookup needs: an operation always does, a header where it is documented."""
    if not poll.url.startswith(_HEADER):
        return True
    name = poll.url.removeprefix(_HEADER).lower()
    headers = (h for r in operation.responses for h in r.headers)
    return any(h.name.lower() == name for h in headers)


def _spell(word: str, declared: LongRunning, reply: MockResponse, place: str) -> str:
    """A word, which is compared without regard to case, as the schema of its place or the declaration writes it."""
    spellings: list[Any] = []
    spellings += _find_schema(reply, place).get("enum", ())
    for values in declared.node.value.values() if isinstance(declared.node.value, dict) else ():
        spellings += values if isinstance(values, list) else [values]
    return next((s for s in spellings if isinstance(s, str) and s.casefold() == word), word)


def _find_schema(reply: MockResponse, place: str) -> dict[str, Any]:
    path = tokens(place.removeprefix(_BODY)) if place.startswith(_BODY) else []
    return reply.find_schema(path) if path else {}


def _find_in_request(
    expression: str, request: RecordedRequest, parameters: Mapping[str, str]
) -> str:
    _, _, rest = expression.partition("$request.")
    kind, _, name = rest.partition(".")
    match kind:
        case "path":
            return parameters.get(name, "")
        case "query":
            return dict(request.query).get(name, "")
        case "header":
            return request.headers.get(name.lower(), "")
    try:
        value = request.json()
        for token in tokens(rest.partition("#")[2]):
            value = value[int(token)] if isinstance(value, list) else value[token]
    except (ValueError, LookupError, TypeError):
        return ""
    return str(value)


def _get(reply: MockResponse, expression: str) -> Any:
    """What is at a place of a response; None for nothing."""
    if not expression.startswith(_BODY):
        return None
    value = reply.value
    for token in tokens(expression.removeprefix(_BODY)):
        value = value.get(token) if isinstance(value, dict) else None
    return value


def _set(reply: MockResponse, expression: str, value: Any) -> MockResponse:
    """The response with a value at a place; objects on the way are made."""
    if expression.startswith(_HEADER):
        name = expression.removeprefix(_HEADER)
        others = {k: v for k, v in reply.headers.items() if k.lower() != name.lower()}
        return evolve(reply, headers={**others, name: str(value)})
    path = tokens(expression.removeprefix(_BODY)) if expression.startswith(_BODY) else []
    if not path or not isinstance(reply.value, dict):
        return reply
    target = reply.value
    for token in path[:-1]:
        if not isinstance(target.get(token), dict):
            target[token] = {}
        target = target[token]
    target[path[-1]] = value
    return reply


def _remove(reply: MockResponse, expression: str) -> None:
    """Removes what is at a place of a response; null where the schema requires something."""
    path = tokens(expression.removeprefix(_BODY)) if expression.startswith(_BODY) else []
    target = reply.value
    for token in path[:-1]:
        target = target.get(token) if isinstance(target, dict) else None
    if path and isinstance(target, dict) and path[-1] in target:
        if path[-1] in reply.find_schema(path[:-1]).get("required", ()):
            target[path[-1]] = None
        else:
            del target[path[-1]]
