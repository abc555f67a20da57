"""Answers that go wrong on the wire: cut off, slow, or none at all."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from orcarouter.testing.answers import JsonResponse, Refusal
from orcarouter.testing.clock import Clock
from orcarouter.testing.faults import Fault
from orcarouter.testing.settings import Form

__all__ = ["Connection", "alter", "hang_up", "replacement"]


class Connection(H11Protocol):
    """Puts its transport into the ASGI state, so that an answer can end in a closed connection.

    ASGI itself has no way to end a connection without an answer.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take up a connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope["state"]["transport"]
    assert isinstance(transport, asyncio.Transport)
    return transport


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def hang_up(request: Request, fault: Fault) -> None:
    """End the connection without an answer (`disconnect`), or let the client end it (`stall`)."""
    if fault.disconnect:
        transport = _transport(request.scope)
        if fault.when == "before":
            # A lingering time of 0 makes the end a reset: the client's next read fails.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()
        else:
            transport.close()
    await _gone(request.receive)


def replacement(fault: Fault, form: Form) -> Response:
    """The answer that takes the place of the real one; `form` is that of the settings."""
    status = fault.status or 200
    if fault.body is not None:
        kind = "application/json" if fault.body.lstrip()[:1] in ("{", "[") else "text/plain"
        return Response(fault.body, status, media_type=kind)
    if fault.garble == "json":
        return Response(b'{"id": "task_', status, media_type="application/json")
    if fault.garble == "html":
        page = "<html><body><h1>Gateway</h1></body></html>"
        return Response(page, status, media_type="text/html")
    if fault.garble == "empty" or status < 400:
        return Response(status_code=status)
    refusal = Refusal(status, fault.code, fault.message)
    return JsonResponse(refusal.body(fault.envelope or form), status)


def alter(response: Response, fault: Fault, clock: Clock) -> Response:
    """The answer with what the fault does to its headers and body."""
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    if fault.retry_after_date is not None:
        date = formatdate(clock.now() + fault.retry_after_date, usegmt=True)
        response.headers["Retry-After"] = date
    for name, value in fault.headers.items():
        response.headers[name] = value
    if (fault.change or fault.remove) and isinstance(response, JsonResponse):
        content = json.loads(bytes(response.body))
        for path, value in fault.change.items():
            *way, last = path.split(".")
            _put(_inner(content, way, make=True), last, value)
        for path in fault.remove:
            *way, last = path.split(".")
            inner = _inner(content, way, make=False)
            if isinstance(inner, dict):
                inner.pop(last, None)
        response.body = response.render(content)
        response.headers["Content-Length"] = str(len(response.body))
    if fault.truncate is not None or fault.drip is not None:
        return _Slow(response, fault, clock)
    return response


def _inner(content: Any, way: list[str], *, make: bool) -> Any:
    """What lies at the end of `way`; with `make`, objects take the place of what is not there. Else None."""
    for step in way:
        found = _item(content, step)
        if make and not isinstance(found, dict | list):
            found = {}
            _put(content, step, found)
        content = found
    return content


def _item(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    if isinstance(container, list) and key.isdecimal() and int(key) < len(container):
        return container[int(key)]
    return None


def _put(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    elif key.isdecimal() and int(key) < len(container):
        container[int(key)] = value
    else:
        container.append(value)


class _Slow(Response):
    """Sends a body in pieces, and perhaps not to its end."""

    def __init__(self, response: Response, fault: Fault, clock: Clock) -> None:
        super().__init__(bytes(response.body), response.status_code)
        self.raw_headers = response.raw_headers
        self._fault = fault
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self.status_code
        await send({"type": "http.response.start", "status": status, "headers": self.raw_headers})
        body = bytes(self.body)
        end = len(body) if self._fault.truncate is None else min(self._fault.truncate, len(body))
        step = self._fault.piece if self._fault.drip is not None else max(end, 1)
        for start in range(0, end, step):
            if start and self._fault.drip is not None:
                await self._clock.pause(self._fault.drip)
            piece = body[start : min(start + step, end)]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._fault.truncate is not None:
            _transport(scope).close()
            await _gone(receive)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
