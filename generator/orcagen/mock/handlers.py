"""What code of a user's own sees of a request, and how it answers: handlers of operations, and hooks for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import define, field, frozen

from orcagen.mock.faults import Fault
from orcagen.mock.files import File
from orcagen.mock.recording import RecordedRequest
from orcagen.mock.responses import MockResponse

_TITLES = {
    400: "the request does not fit the document",
    401: "the credentials are missing",
    404: "the document has no such path",
    405: "the path has no such method",
    406: "no documented media type is acceptable",
    413: "the body is too large",
    415: "the media type of the body is not documented",
}


@define(eq=False)
class Problem(Exception):
    """A request is answered with an error. Raised by the server itself, and by handlers and hooks.

    Attributes:
        status: 400 or more.
        message: What is wrong, in one sentence; "" for what goes with the status.
        code: A word for it, for the envelope of the API; None for what goes with the status.
        errors: Each place of the request that does not fit the document: `location` and `message`.
        headers: Headers of the response.
        is_known: Whether the document has the path and the method of the request.
        fault: The fault that asks for the error, if any.
    """

    status: int
    message: str = ""
    code: str | int | None = None
    errors: list[dict[str, str]] = field(factory=list)
    headers: Mapping[str, str] = field(factory=dict, kw_only=True)
    is_known: bool = field(default=True, kw_only=True)
    fault: Fault | None = field(default=None, kw_only=True)


@frozen(kw_only=True)
class MockRequest:
    """A request that an operation of the document is for.

    Attributes:
        recorded: The request as it arrived: `method`, `path`, `headers`, `body`, `fault` and others.
        path_parameters: Decoded, by name.
        query: The first value of each parameter, decoded, by name.
        body: The body, read from JSON, or the fields of a form as an object; None for anything else.
        errors: Each place that does not fit the document: `location` and `message`. A handler gets requests without any.
        time: When it arrived: Unix time in seconds, on the clock of the server.
    """

    recorded: RecordedRequest
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    errors: list[dict[str, str]] = field(factory=list)
    time: float
    _respond: Callable[[], MockResponse] = field(repr=False)

    @property
    def operation(self) -> str:
        """The operationId, or `METHOD /path` of an operation that has none."""
        return self.recorded.operation

    @property
    def method(self) -> str:
        return self.recorded.method

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        return self.recorded.headers

    @property
    def fault(self) -> Fault | None:
        """The fault that applies to it, if any."""
        return self.recorded.fault

    def respond(self) -> MockResponse:
        """The response that the request gets without a handler. It takes effect: stores, starts a task."""
        return self._respond()


Handler: TypeAlias = Callable[[MockRequest], Any]
"""Returns the response: a MockResponse, a File, or a value that is sent as JSON with status 200. Raises Problem."""
Hook: TypeAlias = Callable[[MockRequest], object]


@frozen(kw_only=True)
class Hooks:
    """Functions that take part in all responses.

    Attributes:
        authenticate: Called for a request that has the credentials that the document wants, whatever they are; raises
            Problem for those that are wrong.
        check: Called for a request with accepted credentials, with what does not fit the document in `errors`; raises
            Problem for what is wrong beyond that, or worth another answer. Then a request with `errors` is refused.
        describe_error: Makes the response of a Problem: the envelope of errors. By default `application/problem+json`
            (RFC 9457).
        make_headers: Gives more headers of a response.
    """

    authenticate: Hook | None = None
    check: Hook | None = None
    describe_error: Callable[[Problem], MockResponse] | None = None
    make_headers: Callable[[RecordedRequest], Mapping[str, str]] | None = None

    def respond_to(self, problem: Problem) -> MockResponse:
        """The response of a problem."""
        return (self.describe_error or describe_error)(problem)


def describe_error(problem: Problem) -> MockResponse:
    """An error as RFC 9457 has it, with the list of what is wrong."""
    title = problem.message or _TITLES.get(problem.status, "an error of the mock")
    value = {"title": title, "status": problem.status, "errors": problem.errors}
    if problem.code not in (None, ""):
        value["code"] = problem.code
    return MockResponse(problem.status, "application/problem+json", value, dict(problem.headers))


def make_response(value: Any, request: MockRequest) -> MockResponse:
    """The response of what a handler returned."""
    if isinstance(value, MockResponse):
        return value
    if isinstance(value, File):
        return value.respond(request.method, request.headers)
    return MockResponse(200, "application/json", value)
