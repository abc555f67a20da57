"""How a fault takes effect: responses that are replaced, changed, truncated or slow, and connections that are closed."""

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

from orcarouter.testing.clock import Clock
from orcarouter.testing.faults import Fault
from orcarouter.testing.responses import JSONResponse, ServiceError
from orcarouter.testing.settings import ErrorFormatSetting

__all__ = ["Connection", "end_without_response", "make_replacement", "modify_response"]


class Connection(H11Protocol):
    """The server's protocol class; it puts the transport into the ASGI state.

    Through it a response can close the connection, for which ASGI itself has no message.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio for a new connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _get_transport(scope: Scope) -> asyncio.Transport:
    transport = scope["state"]["transport"]
    assert isinstance(transport, asyncio.Transport)
    return transport


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def end_without_response(request: Request, fault: Fault) -> None:
    """Close the connection (`disconnect`), or wait until the client closes it (`stall`)."""
    if fault.disconnect:
        transport = _get_transport(request.scope)
        if fault.when == "before":
            # A linger time of 0 makes the kernel send a reset instead of an orderly end: the client's next read fails.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()
        else:
            transport.close()
    await _wait_for_disconnect(request.receive)


def make_replacement(fault: Fault, error_format: ErrorFormatSetting) -> Response:
    """The response that a fault sends instead of the real one; `error_format` is that of the settings."""
    status = fault.status or 200
    if fault.body is not None:
        is_json = fault.body.lstrip()[:1] in ("{", "[")
        media_type = "application/json" if is_json else "text/plain"
        return Response(fault.body, status, media_type=media_type)
    if fault.malformed_body == "json":
        return Response(b'{"id": "task_', status, media_type="application/json")
    if fault.malformed_body == "html":
        page = "<html><body><h1>Gateway</h1></body></html>"
        return Response(page, status, media_type="text/html")
    if fault.malformed_body == "empty" or status < 400:
        return Response(status_code=status)
    error = ServiceError(status, fault.code, fault.message)
    return JSONResponse(error.build_body(fault.error_format or error_format), status)


def modify_response(response: Response, fault: Fault, clock: Clock) -> Response:
    """The response with the headers, values and transmission that a fault prescribes."""
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    if fault.retry_after_date is not None:
        date = formatdate(clock.time() + fault.retry_after_date, usegmt=True)
        response.headers["Retry-After"] = date
    for name, value in fault.headers.items():
        response.headers[name] = value
    if (fault.change or fault.remove) and isinstance(response, JSONResponse):
        content = json.loads(bytes(response.body))
        for path, value in fault.change.items():
            *parents, key = path.split(".")
            _set_item(_descend(content, parents, create=True), key, value)
        for path in fault.remove:
            *parents, key = path.split(".")
            parent = _descend(content, parents, create=False)
            if isinstance(parent, dict):
                parent.pop(key, None)
        response.body = response.render(content)
        response.headers["Content-Length"] = str(len(response.body))
    if fault.truncate is not None or fault.trickle_interval is not None:
        return _PartialResponse(response, fault, clock)
    return response


def _descend(content: Any, keys: list[str], *, create: bool) -> Any:
    """The value below these keys. Missing objects on the way are created, or (without `create`) it is None."""
    for key in keys:
        child = _get_item(content, key)
        if create and not isinstance(child, dict | list):
            child = {}
            _set_item(content, key, child)
        content = child
    return content


def _get_item(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    if isinstance(container, list) and key.isdecimal() and int(key) < len(container):
        return container[int(key)]
    return None


def _set_item(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    elif key.isdecimal() and int(key) < len(container):
        container[int(key)] = value
    else:
        container.append(value)


class _PartialResponse(Response):
    """Sends the body of a response in chunks with pauses (`trickle_interval`), or only its start (`truncate`)."""

    def __init__(self, response: Response, fault: Fault, clock: Clock) -> None:
        super().__init__(bytes(response.body), response.status_code)
        self.raw_headers = response.raw_headers  # with the Content-Length of the whole body
        self._fault = fault
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self.status_code
        await send({"type": "http.response.start", "status": status, "headers": self.raw_headers})
        body = bytes(self.body)
        truncate, interval = self._fault.truncate, self._fault.trickle_interval
        end = len(body) if truncate is None else min(truncate, len(body))
        chunk_size = self._fault.trickle_bytes if interval is not None else max(end, 1)
        for start in range(0, end, chunk_size):
            if start and interval is not None:
                await self._clock.asleep(interval)
            chunk = body[start : min(start + chunk_size, end)]
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if truncate is not None:
            _get_transport(scope).close()
            await _wait_for_disconnect(receive)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
