"""How a fault takes effect: responses that are replaced, changed, cut off or slow, and connections that are closed."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from copy import deepcopy
from email.utils import formatdate
from typing import Any

from attrs import evolve
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from orcagen.mock.clock import Clock
from orcagen.mock.faults import Fault
from orcagen.mock.handlers import Problem
from orcagen.mock.media_types import find_syntax
from orcagen.mock.responses import MockResponse

_WITHOUT_BODY = (204, 205, 304)
_MALFORMED = {
    "json": ("application/json", b'{"id": "task_'),
    "html": ("text/html", b"<html><body><h1>Gateway</h1></body></html>"),
    "empty": ("", b""),
}


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


async def end_without_response(scope: Scope, receive: Receive, fault: Fault) -> None:
    """Closes the connection (`disconnect`), or waits until the client closes it (`stall`)."""
    if fault.disconnect:
        transport = _get_transport(scope)
        if fault.when == "before":
            # A linger time of 0 makes the kernel send a reset instead of an orderly end: the client's next read fails.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()
        else:
            transport.close()
    await _wait_for_disconnect(receive)


def make_replacement(
    fault: Fault, describe_error: Callable[[Problem], MockResponse]
) -> MockResponse:
    """The response that a fault sends instead of the real one."""
    status = fault.status or 200
    if isinstance(fault.body, str):
        is_json = fault.body.lstrip()[:1] in ("{", "[")
        return MockResponse(
            status, "application/json" if is_json else "text/plain", fault.body.encode()
        )
    if isinstance(fault.body, bytes):
        return MockResponse(status, "application/octet-stream", fault.body)
    if fault.body is not None:
        return MockResponse(status, "application/json", fault.body)
    if fault.malformed_body is not None:
        return MockResponse(status, *_MALFORMED[fault.malformed_body])
    if status < 400:
        return MockResponse(status)
    message = fault.message or ""
    return describe_error(Problem(status, message, fault.code, fault=fault))


def change_response(reply: MockResponse, fault: Fault, clock: Clock) -> MockResponse:
    """The response with the headers and values that a fault prescribes."""
    headers = dict(reply.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.retry_after_date is not None:
        headers["Retry-After"] = formatdate(clock.time() + fault.retry_after_date, usegmt=True)
    headers |= fault.headers
    value = reply.value
    if (
        (fault.change or fault.remove)
        and find_syntax(reply.media_type) == "json"
        and not isinstance(value, bytes)
    ):
        value = deepcopy(value)
        for path, item in fault.change.items():
            *parents, key = path.split(".")
            _set_item(_descend(value, parents, create=True), key, item)
        for path in fault.remove:
            *parents, key = path.split(".")
            parent = _descend(value, parents, create=False)
            if isinstance(parent, dict):
                parent.pop(key, None)
    return evolve(reply, headers=headers, value=value)


def _descend(value: Any, keys: list[str], *, create: bool) -> Any:
    """The value below these keys. Missing objects on the way are created, or (without `create`) it is None."""
    for key in keys:
        child = _get_item(value, key)
        if create and not isinstance(child, dict | list):
            child = {}
            _set_item(value, key, child)
        value = child
    return value


def _get_item(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    if isinstance(container, list) and key.isdecimal() and int(key) < len(container):
        return container[int(key)]
    return None


def _set_item(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    elif isinstance(container, list) and key.isdecimal() and int(key) < len(container):
        container[int(key)] = value
    elif isinstance(container, list):
        container.append(value)


async def send_response(
    reply: MockResponse, fault: Fault | None, clock: Clock, scope: Scope, receive: Receive, send: Send
) -> None:  # fmt: skip
    """Sends a response: the body in chunks with pauses (`trickle_interval`), or only its start (`truncate`)."""
    body = b"" if reply.status in _WITHOUT_BODY else reply.content
    headers = {name.lower(): value for name, value in reply.headers.items()}
    if body and reply.media_type:
        headers.setdefault("content-type", reply.media_type)
    if reply.status not in (204, 304):
        headers["content-length"] = str(len(body))
    raw = [(k.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for k, v in headers.items()]  # fmt: skip
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    truncate = fault.truncate if fault else None
    interval = fault.trickle_interval if fault else None
    end = len(body) if truncate is None else min(truncate, len(body))
    size = fault.trickle_bytes if fault and interval is not None else max(end, 1)
    for start in range(0, end, size):
        if start and interval is not None:
            await clock.asleep(interval)
        chunk = body[start : min(start + size, end)]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    if truncate is not None:
        _get_transport(scope).close()
        await _wait_for_disconnect(receive)
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
