"""The mock of an API: an ASGI application that answers as a document says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from email.utils import formatdate
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

from attrs import evolve
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from orcagen.mock.clock import Clock
from orcagen.mock.fault_injection import (
    change_response,
    end_without_response,
    make_replacement,
    send_response,
)
from orcagen.mock.faults import Fault, Script
from orcagen.mock.files import GET_FILE, FileHost
from orcagen.mock.handlers import Handler, Hooks, MockRequest, Problem, make_response
from orcagen.mock.media_types import find_syntax
from orcagen.mock.pages import end_pages
from orcagen.mock.recording import RecordedRequest, RequestLog
from orcagen.mock.resources import Resources, Store
from orcagen.mock.responses import MockResponse, NotDocumentedError, Responder, read_preferences
from orcagen.mock.routing import Match
from orcagen.mock.specification import Specification
from orcagen.mock.tasks import Tasks
from orcagen.mock.validators import ScriptError
from orcagen.openapi import Operation

_MAX_UNKNOWN = 10_000  # items that faults made unknown
_MAX_NAMES = 20  # of operations in a message
_UNDOCUMENTED = [""]  # the names of what the document does not have


class Service:
    """Answers requests; keeps what was stored, what was requested, and which faults are still to come."""

    def __init__(
        self,
        specification: Specification,
        *,
        seed: int,
        strict_state: bool,
        clock: Clock,
        task_duration: float | None,
        handlers: Mapping[str, Handler],
        hooks: Hooks,
        files: FileHost,
        body_limit: int,
    ) -> None:
        """`seed` chooses the values that are made up. With `strict_state` collections are empty at first. `task_duration` is in
        seconds, None for what is declared. `body_limit` is in bytes."""
        self.requests = RequestLog()
        self._specification = specification
        document, references = specification.document, specification.references
        self._names = {o.pointer: get_names(o) for o in document.operations}
        self.script: Script[Any] = Script(check=self.check_fault)
        self._seed = seed
        self._clock = clock
        store = Store(strict_state, seed)
        self._resources = Resources(store, specification.places)
        base_path = specification.base_path
        self.tasks = Tasks(document, references, clock, seed, base_path, task_duration)
        self._responders: dict[str, Responder] = {}
        self._handlers = handlers
        self._hooks = hooks
        self._files = files
        self._body_limit = body_limit
        self._unknown: dict[str, None] = {}  # paths of items that do not exist any more
        for name in handlers:
            self._check_name(name, "handlers")

    def find_operations(self, fault: Fault) -> set[str]:
        """What requests that a fault is for have as their `operation`. Raises ScriptError if it is for none."""
        self.check_fault(fault)
        every = [*self._names.values(), [GET_FILE], _UNDOCUMENTED]
        return {names[0] for names in every if fault.applies_to(*names)}

    def check_fault(self, fault: Fault) -> None:
        """Raises ScriptError for a fault that is for no operation."""
        every = [*self._names.values(), [GET_FILE]]
        if not type(fault).groups and not any(fault.applies_to(*names) for names in every):
            self._check_name(fault.on, "on")

    def _check_name(self, name: str, key: str) -> None:
        every = list(chain.from_iterable(self._names.values()))
        if name not in every:
            close = get_close_matches(name, every, 3) or every[:_MAX_NAMES]
            raise ScriptError(f"{key}: {name!r} is no operation of the document, such as {', '.join(close)}")  # fmt: skip

    # From request to response

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The API, as an ASGI application."""
        recorded = self._record(scope)
        match = self._specification.router.find(recorded.method, recorded.raw_path, recorded.query)
        operation = match.operations[0] if match and match.operations else None
        names = self._names[operation.pointer] if operation else _UNDOCUMENTED
        recorded.operation = names[0]
        try:
            self.requests.add_body(recorded, await _read_body(receive, self._body_limit))
            error = None
            if match and len(match.operations) > 1:
                operation = self._choose(match, recorded)
                names = self._names[operation.pointer]
                recorded.operation = names[0]
        except Problem as problem:
            error = problem
        recorded.fault = self.script.next_fault(*names)

        def respond() -> MockResponse:
            if error is not None:
                raise error
            return self._respond(recorded, match, operation)

        await self._send(recorded, respond, scope, receive, send)

    async def serve_files(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The file host, as an ASGI application."""
        recorded = self._record(scope)
        recorded.operation = GET_FILE
        recorded.fault = fault = self.script.next_fault(GET_FILE)

        def respond() -> MockResponse:
            return self._files.respond(
                recorded.method,
                recorded.path,
                _first_values(recorded.query),
                recorded.headers,
                self._clock.time(),
                is_expired=fault is not None and fault.expired_url,
            )

        await self._send(recorded, respond, scope, receive, send)

    def _record(self, scope: Scope) -> RecordedRequest:
        raw_path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        recorded = RecordedRequest(
            method=scope["method"],
            path=scope["path"],
            raw_path=raw_path.partition("?")[0],
            query=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers=_join(scope["headers"]),
            at=self._clock.time(),
        )
        self.requests.append(recorded)
        return recorded

    async def _send(
        self,
        recorded: RecordedRequest,
        respond: Callable[[], MockResponse],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Makes the response, changes it as a fault says, and sends it."""
        fault = recorded.fault
        try:
            reply = MockResponse(200) if fault and fault.prevents_effect else respond()
        except Problem as problem:
            reply = self._hooks.respond_to(problem)
        if fault is not None:
            if fault.delay:
                await self._clock.asleep(fault.delay)
            if fault.has_no_response:
                await end_without_response(scope, receive, fault)
                return
            if fault.replaces_response:
                reply = make_replacement(fault, self._hooks.respond_to)
        recorded.status = reply.status
        # From the server's clock, so that it agrees with a Retry-After that is a date.
        headers = {"Date": formatdate(self._clock.time(), usegmt=True), **reply.headers}
        if self._hooks.make_headers is not None:
            headers |= self._hooks.make_headers(recorded)
        ids = (v for k, v in headers.items() if k.lower().endswith("request-id"))
        recorded.request_id = next(ids, "")
        reply = evolve(reply, headers=headers)
        if fault is not None:
            reply = change_response(reply, fault, self._clock)
        await send_response(reply, fault, self._clock, scope, receive, send)

    def _choose(self, match: Match, request: RecordedRequest) -> Operation:
        """The operation whose description a request fits, else the first one."""
        for operation in match.operations:
            if not self._specification.find_problems(operation, request, match.path_parameters)[1]:
                return operation
        return match.operations[0]

    def _respond(
        self, recorded: RecordedRequest, match: Match | None, operation: Operation | None
    ) -> MockResponse:
        if match is None or operation is None:
            with self._specification.lock:
                return self._respond_undocumented(recorded, match)
        parameters = match.path_parameters
        body, is_malformed = _parse_body(recorded)
        status, errors = self._specification.find_problems(
            operation, recorded, parameters, is_malformed=is_malformed
        )
        request = MockRequest(
            recorded=recorded,
            path_parameters=parameters,
            query=_first_values(recorded.query),
            body=body,
            errors=errors,
            time=recorded.at,
            respond=lambda: self._respond_with_lock(request, operation),
        )
        if not self._specification.has_credentials(operation, recorded):
            raise Problem(401, headers={"WWW-Authenticate": "Bearer"})
        if self._hooks.authenticate is not None:
            self._hooks.authenticate(request)
        if self._hooks.check is not None:
            self._hooks.check(request)
        if errors:
            raise Problem(status, errors=errors)
        handler = next(
            (self._handlers[n] for n in self._names[operation.pointer] if n in self._handlers), None
        )
        return make_response(handler(request), request) if handler else request.respond()

    # What the document says, with what is stored

    def _respond_with_lock(self, request: MockRequest, operation: Operation) -> MockResponse:
        with self._specification.lock:
            return self._respond_by_default(request, operation)

    def _respond_by_default(self, request: MockRequest, operation: Operation) -> MockResponse:
        responder = self._find_responder(operation)
        accept = request.headers.get("accept", "")
        if self._is_unknown(request.recorded):
            return self._respond_unknown(responder, accept)
        preferences = read_preferences([request.headers.get("prefer", "")])
        # A task that is started has no result yet.
        codes = {r.status for r in operation.responses} if operation.long_running else ()
        status_of_start = 202 if "202" in codes and "code" not in preferences else None
        try:
            reply = responder.respond(accept, preferences, status_of_start)
        except NotDocumentedError as error:
            errors = [{"location": "header", "message": str(error)}]
            raise Problem(error.status, errors=errors) from None
        if preferences.keys() & {"code", "example"}:
            return reply
        return self._apply_state(request, responder, reply)

    def _is_unknown(self, request: RecordedRequest) -> bool:
        """Whether a fault says, or has said, that what the path names does not exist."""
        if request.fault is not None and request.fault.unknown_task:
            if len(self._unknown) >= _MAX_UNKNOWN:
                del self._unknown[next(iter(self._unknown))]
            self._unknown[request.raw_path] = None
        return any(f"{request.raw_path}/".startswith(f"{path}/") for path in self._unknown)

    def _respond_undocumented(self, request: RecordedRequest, match: Match | None) -> MockResponse:
        """To a request for a path or a method that the document does not have: a task may be there."""
        lookup = self.tasks.find(request, None, {})
        if lookup is not None:
            reply = self._respond_to_any(self._find_responder(lookup.task.start))
            return self.tasks.show(lookup, reply, is_documented=False)
        if match is None:
            raise Problem(404, is_known=False)
        raise Problem(405, headers={"Allow": ", ".join(match.allowed)}, is_known=False)

    def _apply_state(
        self, request: MockRequest, responder: Responder, reply: MockResponse
    ) -> MockResponse:
        """The reply with what is stored and the states of tasks, made from the one that the document alone gives."""
        operation, recorded = responder.operation, request.recorded
        parameters = dict(request.path_parameters)
        reply = end_pages(reply, operation.pagination, recorded.query)
        with_state = self._resources.respond(
            responder, recorded.raw_path, parameters, request.body, reply
        )
        lookup = self.tasks.find(recorded, operation, parameters)
        if lookup is not None and operation.long_running is None:
            return self.tasks.show(lookup, with_state or reply, is_documented=True)
        if with_state is None:
            return self._respond_unknown(responder, request.headers.get("accept", ""))
        return self.tasks.begin(operation, recorded, parameters, with_state, reply)

    def _respond_to_any(self, responder: Responder) -> MockResponse:
        """What an operation responds with, for whatever a client accepts."""
        try:
            return responder.respond("")
        except NotDocumentedError:
            return MockResponse(200)

    def _respond_unknown(self, responder: Responder, accept: str) -> MockResponse:
        """That there is no such item: as the document says it, or else in general."""
        try:
            if responder.find(404):
                return responder.respond(accept, status=404)
        except NotDocumentedError:
            pass
        raise Problem(404, "nothing with this id is stored")

    def _find_responder(self, operation: Operation) -> Responder:
        references = self._specification.references
        return self._responders.setdefault(
            operation.pointer, Responder(operation, references, self._seed)
        )


def get_names(operation: Operation) -> list[str]:
    """What an operation can be called by: its id, if it has one, its method with its path, and its tags."""
    line = f"{operation.method} {operation.path}"
    return [operation.id, line, *operation.tags] if operation.id else [line, *operation.tags]


async def _read_body(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise Problem(413)
        if not message.get("more_body", False):
            return bytes(body)


def _parse_body(request: RecordedRequest) -> tuple[Any, bool]:
    """The body of a request as JSON, fields of a form as an object, None for anything else; whether it should be JSON and is not."""
    syntax = find_syntax(request.headers.get("content-type", ""))
    if syntax == "form":
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(fields), False
    if syntax != "json" or not request.body:
        return None, False
    try:
        return json.loads(request.body), False
    except (ValueError, RecursionError):
        return None, True


def _first_values(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in query:
        values.setdefault(name, value)
    return values


def _join(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name, those that come several times joined (RFC 9110, section 5.2; cookies: RFC 9113, section 8.2.3)."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        mark = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{mark}{value}" if name in joined else value
    return joined
