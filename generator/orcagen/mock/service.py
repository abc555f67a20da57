"""The mock of an API: a Starlette application that answers as a document says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

from attrs import evolve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from orcagen.mock.clock import Clock
from orcagen.mock.faults import Fault, FaultScript
from orcagen.mock.media_types import find_syntax
from orcagen.mock.pages import end_pages
from orcagen.mock.recording import RecordedRequest, RequestLog
from orcagen.mock.resources import Resources, Store, find_resources
from orcagen.mock.responses import MockResponse, NotDocumentedError, Responder, read_preferences
from orcagen.mock.routing import Match, Router, find_base_path
from orcagen.mock.tasks import Tasks
from orcagen.mock.validation import RequestValidator, has_credentials
from orcagen.openapi import Document, Operation, References

_TITLES = {
    400: "the request does not fit the document",
    401: "the credentials are missing",
    404: "the document has no such path",
    405: "the path has no such method",
    406: "no documented media type is acceptable",
    415: "the media type of the body is not documented",
}


class Service:
    """Answers requests; keeps what was stored, what was requested, and which faults are still to come."""

    def __init__(
        self,
        document: Document,
        references: References,
        *,
        seed: int,
        strict_state: bool,
        faults: Iterable[Fault],
        clock: Clock,
        task_duration: float | None,
    ) -> None:
        """`seed` chooses the values that are made up. With `strict_state` collections are empty at first. `task_duration` is in
        seconds, None for what is declared."""
        self.base_path = find_base_path(document.servers)
        self.requests = RequestLog()
        self.faults = FaultScript(faults)
        self.app = Starlette(routes=[Mount("/", app=self._serve)])
        self._document = document
        self._references = references
        self._seed = seed
        self._clock = clock
        self._router = Router.build(document)
        self._resources = Resources(Store(strict_state, seed), find_resources(document, references))
        self._tasks = Tasks(document, references, clock, seed, self.base_path, task_duration)
        self._responders: dict[str, Responder] = {}
        self._validators: dict[str, RequestValidator] = {}

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        recorded = RecordedRequest(
            method=request.method,
            path=scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0],
            query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers=_join(request.headers.items()),
            body=await request.body(),
            at=self._clock.time(),
        )
        match = self._router.find(recorded.method, recorded.path, recorded.query)
        operation = self._choose(match, recorded) if match and match.operations else None
        names = get_names(operation) if operation else []
        recorded.operation = names[0] if names else ""
        recorded.fault = fault = self.faults.find_next(names)
        self.requests.append(recorded)
        if fault and fault.status is not None:
            reply = _make_fault(fault)
        else:
            reply = self._respond(recorded, match, operation)
        if fault:
            await self._clock.asleep(fault.delay)
            reply = evolve(reply, headers={**reply.headers, **fault.headers})
        recorded.status = reply.status
        await _make_response(reply)(scope, receive, send)

    def _choose(self, match: Match, request: RecordedRequest) -> Operation:
        """The operation whose description a request fits, else the first one."""
        first, *others = match.operations
        for operation in match.operations if others else ():
            validator = self._find_validator(operation)
            if not validator.find_problems(request, match.path_parameters)[1]:
                return operation
        return first

    def _respond(
        self, request: RecordedRequest, match: Match | None, operation: Operation | None
    ) -> MockResponse:
        if match is None or operation is None:
            return self._respond_undocumented(request, match)
        parameters = match.path_parameters
        if not has_credentials(self._document, operation, request):
            return evolve(make_problem(401), headers={"WWW-Authenticate": "Bearer"})
        status, problems = self._find_validator(operation).find_problems(request, parameters)
        if problems:
            return make_problem(status, problems)
        responder = self._find_responder(operation)
        accept = request.headers.get("accept", "")
        preferences = read_preferences([request.headers.get("prefer", "")])
        # A task that is started has no result yet.
        codes = {r.status for r in operation.responses} if operation.long_running else ()
        status_of_start = 202 if "202" in codes and "code" not in preferences else None
        try:
            reply = responder.respond(accept, preferences, status_of_start)
        except NotDocumentedError as error:
            return make_problem(error.status, [{"location": "header", "message": str(error)}])
        if preferences.keys() & {"code", "example"}:
            return reply
        return self._apply_state(request, responder, parameters, reply)

    def _respond_undocumented(self, request: RecordedRequest, match: Match | None) -> MockResponse:
        """To a request for a path or a method that the document does not have: a task may be there."""
        lookup = self._tasks.find(request, None, {})
        if lookup is not None:
            reply = self._respond_to_any(self._find_responder(lookup.task.start))
            return self._tasks.show(lookup, reply, is_documented=False)
        if match is None:
            return make_problem(404)
        return evolve(make_problem(405), headers={"Allow": ", ".join(match.allowed)})

    def _apply_state(
        self,
        request: RecordedRequest,
        responder: Responder,
        parameters: dict[str, str],
        reply: MockResponse,
    ) -> MockResponse:
        """The reply with what is stored and the states of tasks, made from the one that the document alone gives."""
        operation = responder.operation
        reply = end_pages(reply, operation.pagination, request.query)
        body = read_body(request)
        with_state = self._resources.respond(responder, request.path, parameters, body, reply)
        lookup = self._tasks.find(request, operation, parameters)
        if lookup is not None and operation.long_running is None:
            return self._tasks.show(lookup, with_state or reply, is_documented=True)
        if with_state is None:
            return self._respond_unknown(responder, request.headers.get("accept", ""))
        outcome = request.fault.task if request.fault else "succeeded"
        return self._tasks.begin(operation, request, parameters, with_state, outcome, reply)

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
        value = {"title": "nothing with this id is stored", "status": 404, "errors": []}
        return MockResponse(404, "application/problem+json", value)

    def _find_responder(self, operation: Operation) -> Responder:
        return self._responders.setdefault(
            operation.pointer, Responder(operation, self._references, self._seed)
        )

    def _find_validator(self, operation: Operation) -> RequestValidator:
        return self._validators.setdefault(
            operation.pointer, RequestValidator(operation, self._references)
        )


def get_names(operation: Operation) -> list[str]:
    """What an operation can be called by: its id, if it has one, and its method with its path."""
    line = f"{operation.method} {operation.path}"
    return [operation.id, line] if operation.id else [line]


def make_problem(status: int, errors: Sequence[dict[str, str]] = ()) -> MockResponse:
    """An error of the mock itself, as RFC 9457 has it, with the list of what is wrong."""
    value = {"title": _TITLES.get(status, ""), "status": status, "errors": list(errors)}
    return MockResponse(status, "application/problem+json", value)


def read_body(request: RecordedRequest) -> object:
    """The body of a request as JSON; fields of a form as an object; None for anything else."""
    syntax = find_syntax(request.headers.get("content-type", ""))
    if syntax == "form":
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if syntax != "json" or not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _make_fault(fault: Fault) -> MockResponse:
    status = fault.status or 500
    if fault.body is None:
        value = {"title": "a fault of the mock", "status": status, "errors": []}
        return MockResponse(status, "application/problem+json", value)
    if isinstance(fault.body, (bytes, str)):
        return MockResponse(status, "text/plain", fault.body)
    return MockResponse(status, "application/json", fault.body)


def _make_response(reply: MockResponse) -> Response:
    headers = dict(reply.headers)
    if reply.media_type and reply.status not in (204, 205, 304):
        headers.setdefault("Content-Type", reply.media_type)
        return Response(reply.content, reply.status, headers)
    response = Response(b"", reply.status, headers)
    if reply.status in (204, 304) and "content-length" in response.headers:
        del response.headers["content-length"]
    return response


def _join(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by name, those that come several times joined (RFC 9110, section 5.2; cookies: RFC 9113, section 8.2.3)."""
    joined: dict[str, str] = {}
    for name, value in headers:
        mark = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{mark}{value}" if name in joined else value
    return joined
