"""Long-running operations: whether what an operation declares can work with the operations and schemas that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, frozen

from orcagen import schema
from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Document, FollowUp, LongRunning, Operation
from orcagen.openapi.long_running import NOT_LONG_RUNNING, find_expressions
from orcagen.plan.binary import json_type
from orcagen.plan.model import FollowUpPlan, Function, LongRunningPlan, Type
from orcagen.plan.places import find_json_schemas, find_types, follow
from orcagen.plan.symbols import Symbols, join_types
from orcagen.pointers import tokens
from orcagen.schema import ANY, LiteralType, TypeGraph, TypeRef
from orcagen.schema.model import NONE, union_members

_BY_CODE = ("$statusCode",)


@frozen
class PlannedOperation:
    """An operation with its function and the module of that."""

    op: Operation
    function: Function
    module: str

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function.name}"


def plan_long_running(
    operations: Iterable[PlannedOperation],
    document: Document,
    graph: TypeGraph,
    symbols: Symbols,
    diagnostics: Diagnostics,
) -> list[PlannedOperation]:
    """The operations, those that start tasks with what is declared about that."""
    operations = list(operations)
    out = []
    for planned in operations:
        declared = planned.op.long_running
        if declared is not None:
            try:
                planner = _Planner(planned, declared, operations, document, graph, symbols)
                function = evolve(planned.function, long_running=planner.plan())
                planned = evolve(planned, function=function)
            except ValueError as error:
                node = declared.node
                message = f"the long-running operation cannot work: {error}"
                diagnostics.add("warning", node.file, node.pointer, message, NOT_LONG_RUNNING)
        out.append(planned)
    return out


@frozen
class _Planner:
    """Plans one declaration. Its methods raise ValueError, with the reason, for what cannot work."""

    start: PlannedOperation
    declared: LongRunning
    operations: list[PlannedOperation]
    document: Document
    graph: TypeGraph
    symbols: Symbols

    def plan(self) -> LongRunningPlan:
        d, function = self.declared, self.start.function
        if function.pagination or function.stream:
            raise ValueError("the operation is paginated, or can be streamed")
        if d.status in ((), _BY_CODE):
            # RFC 9110: 202 is accepted, and not yet done.
            d = evolve(
                d,
                status=_BY_CODE,
                pending=d.pending or ("202",),
                succeeded=d.succeeded or ("200", "201", "204", "303"),
            )
        if not d.succeeded:
            raise ValueError("it does not say which status means `succeeded`")
        polls = [self._find(p) for p in d.poll]
        polled = [p.op for p in polls if p is not None]
        if len(polled) == len(polls):  # of URLs, the document need not say what their responses are
            for name in ("progress", "error", "retry_after", "result"):
                self._check_places(name, getattr(d, name), polled)
            for status in (d.pending, d.succeeded, d.failed, d.cancelled):
                self._check_places("status", [w for w in status if w[0] == "$"], polled)
            for poll, op in zip(d.poll, polled, strict=True):
                self._check_status(poll.status or d.status, d.succeeded, op)
        # A lookup may have the id elsewhere.
        self._check_places("id", d.id, [self.start.op, *polled])
        result = self._plan_result(d, polls)
        follow_ups = [f for f in (*d.poll, d.fetch, d.cancel) if f is not None]
        # Where the code is the status, the last response is the result itself.
        is_whole = not d.result and (d.fetch is None or d.is_microsoft)
        planned = tuple(
            self._plan_follow_up(
                "poll", p, result if is_whole and _BY_CODE[0] in (p.status or d.status) else ANY
            )
            for p in d.poll
        )
        return LongRunningPlan(
            operation=self.start.name,
            result_type=result,
            poll=planned,
            id=d.id or self._find_id(planned),
            status=d.status,
            pending=d.pending,
            succeeded=d.succeeded,
            failed=d.failed,
            cancelled=d.cancelled,
            progress=d.progress,
            error=d.error,
            retry_after=d.retry_after,
            result=d.result,
            fetch=self._plan_follow_up("result", d.fetch, result, polled) if d.fetch else None,
            cancel=self._plan_follow_up("cancel", d.cancel, ANY) if d.cancel else None,
            billable=d.billable,
            first_delay=d.first_delay,
            interval=d.interval,
            duration=d.duration,
            values=self._find_values(follow_ups),
        )

    def _find(self, follow_up: FollowUp) -> PlannedOperation | None:
        """The operation that a request is of; None for a URL."""
        if follow_up.url:
            return None
        name = follow_up.operation
        if follow_up.is_reference:
            pointer = name.partition("#")[2]
            fitting = [p for p in self.operations if pointer in (p.op.pointer, p.op.node.pointer)]
        else:
            fitting = [p for p in self.operations if p.op.id == name]
        if not fitting:
            raise ValueError(f"there is no operation {name!r}")
        return fitting[0]

    def _plan_follow_up(
        self, key: str, f: FollowUp, type_: Type, polled: Iterable[Operation] = ()
    ) -> FollowUpPlan:
        target = self._find(f)
        expressions = [*find_expressions([f.url, f.parameters, f.body])]
        # What a lookup has comes before what the start had.
        self._check_places(key, expressions, [self.start.op, *polled])
        if target is None:
            security = self.start.op.security
            return FollowUpPlan(url=f.url, type=type_, security=security, status=f.status)
        arguments = self._name_arguments(key, f.parameters, target)
        body = target.function.body
        if f.body is not None and body is None:
            raise ValueError(f"{f.operation!r} has no request body")
        if f.body is not None:
            arguments["body"] = f.body
        elif body is not None and body.required:
            raise ValueError(f"`{key}` does not have the request body of {f.operation!r}")
        return FollowUpPlan(operation=target.name, arguments=arguments, status=f.status)

    def _name_arguments(
        self, key: str, parameters: Mapping[str, Any], target: PlannedOperation
    ) -> dict[str, Any]:
        """The values of parameters by the names of the function's arguments."""
        arguments: dict[str, Any] = {}
        own = target.function.arguments
        for name, value in parameters.items():
            fitting = [a for a in own if name in (a.api_name, f"{a.location}.{a.api_name}")]
            if not fitting:
                raise ValueError(f"{target.op.id or target.name!r} has no parameter {name!r}")
            arguments[fitting[0].name] = value
        if missing := [a.api_name for a in own if a.required and a.name not in arguments]:
            raise ValueError(f"`{key}` does not have the parameter {missing[0]!r}")
        return arguments

    def _check_places(
        self, key: str, expressions: Iterable[str], operations: Iterable[Operation]
    ) -> None:
        """Each must be where one of the operations can have it."""
        for expression in expressions:
            start, _, pointer = expression.partition("#")
            if start == "$response.body" and not any(
                follow(self.graph, body, pointer) for op in operations for body in self._bodies(op)
            ):
                where = pointer or "the body"
                key = {"retry_after": "retryAfter"}.get(key, key)
                raise ValueError(f"`{key}`, {where}, is not in the response")
            if start.startswith("$request."):
                self._check_request(key, expression)

    def _bodies(self, op: Operation) -> list[schema.Type]:
        return [self.graph.types[n.key] if n else ANY for n in find_json_schemas(op)]

    def _check_request(self, key: str, expression: str) -> None:
        _, location, *names = expression.split(".", 2)
        if location.startswith("body"):
            content = self.start.op.body.content if self.start.op.body else ()
            pointer = expression.partition("#")[2]
            types = [self.graph.types[c.schema.key] for c in content if c.schema]
            if any(follow(self.graph, t, pointer) for t in types):
                return
        elif any(
            (a.location, a.api_name) == (location, *names) for a in self.start.function.arguments
        ):
            return
        raise ValueError(f"`{key}`, {expression}, is not in the request")

    def _find_values(self, follow_ups: Iterable[FollowUp]) -> dict[str, str]:
        """The arguments of the start that other requests need, by expression."""
        names = {
            f"$request.{a.location}.{a.api_name}": a.name for a in self.start.function.arguments
        }
        used = {e for f in follow_ups for e in find_expressions([f.url, f.parameters, f.body])}
        return {e: names[e] for e in sorted(used) if e in names}

    def _check_status(
        self, places: tuple[str, ...], succeeded: tuple[str, ...], op: Operation
    ) -> None:
        in_body = [p for p in places if p.startswith("$response.body")]
        if not in_body:
            return
        leaves = [
            leaf
            for place in in_body
            for body in self._bodies(op)
            for leaf in follow(self.graph, body, place.partition("#")[2])
        ]
        if not leaves and len(in_body) == len(places):
            raise ValueError(f"`status`, {in_body[0].partition('#')[2]}, is not in the response")
        values = {
            str(value).casefold()
            for leaf in leaves
            if isinstance(leaf, LiteralType)
            for value in leaf.values
        }
        is_closed = leaves and all(isinstance(leaf, LiteralType) for leaf in leaves)
        expected = [w for w in succeeded if w[0] != "$"]
        if is_closed and len(in_body) == len(places) and expected and values.isdisjoint(expected):
            known_values = ", ".join(sorted(values))
            raise ValueError(
                f"`succeeded`, {expected[0]}, is no value of the status: {known_values}"
            )

    def _find_id(self, polls: tuple[FollowUpPlan, ...]) -> tuple[str, ...]:
        """What the only way to poll needs of the starting response, if that is one value."""
        expressions = {e for p in polls for e in find_expressions([p.url, p.arguments])}
        expressions = {e for e in expressions if e.startswith("$response.")}
        return tuple(expressions) if len(polls) == len(expressions) == 1 else ()

    def _plan_result(self, d: LongRunning, polls: list[PlannedOperation | None]) -> Type:
        if d.result_schema:
            return self._find_schema(d.result_schema)
        if d.fetch is not None and (target := self._find(d.fetch)):
            return target.function.result
        if d.is_microsoft or (d.fetch is not None and d.fetch.url == "$url"):
            codes = ("200", "201", "204", "2XX")
            return self._body_types(self.start.function, codes)
        if d.fetch is not None or None in polls:
            return ANY
        targets = [p for p in polls if p is not None]
        if not d.result:
            if d.status == _BY_CODE:
                return join_types([self._body_types(p.function, d.succeeded) for p in targets])
            return join_types([p.function.result for p in targets])
        types = [
            type_
            for place in d.result
            for p in targets
            for body in self._bodies(p.op)
            for type_ in find_types(self.graph, body, place.partition("#")[2])
        ]
        members = [m for t in types for m in union_members(json_type(t)) if m != NONE]
        return join_types([self.symbols.resolve(m) for m in members])

    def _body_types(self, function: Function, codes: Iterable[str]) -> Type:
        """The types of the bodies of these codes, the first that are documented."""
        contents = [r.content for r in function.responses if r.status in codes]
        types = [t for content in contents for t in content.values()]
        if types:
            return join_types([t for t in types if t != NONE])
        return NONE if contents else ANY

    def _find_schema(self, reference: str) -> Type:
        """The type of a component schema."""
        pointer = reference.partition("#")[2]
        for key in self.graph.components:
            if self.document.place(key) == pointer or self.graph.named[key].pointer == pointer:
                return self.symbols.resolve(TypeRef(key))
        name = tokens(pointer)[-1] if pointer else reference
        raise ValueError(f"there is no component schema {name!r} for the result")
