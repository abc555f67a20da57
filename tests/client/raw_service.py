"""The service and its file host on raw sockets: a second server beside the emulator, without any of its code.

It reads the same faults (data), and writes all bytes itself. Time is that of a virtual clock.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

from attrs import define, field

from orcarouter.testing import Fault, Script, VirtualClock
from orcarouter.testing.faults import matches_operation

SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()
SIGNATURE = "Signature=the-signature"

_CODES = {
    400: "invalid_request",
    402: "insufficient_user_quota",
    404: "task_not_exist",
    413: "read_request_body_failed",
    429: "rate_limit_exceeded",
    503: "get_channel_failed",
}
_MALFORMED = {"json": b'{"data": {"status": ', "html": b"<html>Bad Gateway</html>", "empty": b""}
_MEDIA_TYPES = {"html": "text/html"}


@define
class Received:
    """A request as it arrived."""

    operation: str
    head: bytes
    body: bytes
    at: float

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()


@define
class Response:
    """A response before it is written."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(factory=dict)


Mangle = Callable[[bytes], bytes | None]


class RawService:
    """Submissions, lookups and files, with faults. `mangle` changes the bytes of each response."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.script = Script()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.requests: list[Received] = []
        self.mangle: Mangle | None = None
        self.sent: list[bytes] = []
        """What was written in response to submissions."""
        self._unknown: set[str] = set()
        self._expired: set[str] = set()
        self._done = threading.Event()
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        api, self.files_url = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in self._sockets)
        self.base_url = f"{api}/v1"
        for listener in self._sockets:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def requests_to(self, selector: str) -> list[Received]:
        """The requests of an operation or a group of them."""
        return [each for each in self.requests if matches_operation(selector, each.operation)]

    def close(self) -> None:
        self._done.set()
        for listener in self._sockets:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            is_files = listener is self._sockets[1]
            threading.Thread(target=self._serve, args=(connection, is_files), daemon=True).start()

    def _serve(self, connection: socket.socket, is_files: bool) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as reader:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = reader.readline(65537)
                    if not line or not (head or b" HTTP/1." in line):
                        return  # the end, or no request line: a TLS handshake
                    head += line
                size = _find_header(head, b"content-length")
                body = reader.read(int(size)) if size else b""
                if not self._respond(connection, head, body, is_files):
                    return

    def _respond(self, connection: socket.socket, head: bytes, body: bytes, is_files: bool) -> bool:
        """Respond to a request; return whether the connection stays open."""
        operation = _find_operation(head, is_files)
        self.requests.append(Received(operation, head, body, self.clock.time()))
        fault = self.script.next_fault(operation)
        has_effect = (
            fault is None
            or fault.when == "after"
            or not (fault.has_no_response or fault.replaces_response)
        )
        reply = self._handle(operation, head, body, fault) if has_effect else Response(200)
        if fault is not None:
            if fault.delay:
                self.clock.advance(fault.delay)
            if fault.disconnect:
                if fault.when == "before":  # with a reset
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
            if fault.stall:
                self._done.wait(20)
                return False
            reply = self._apply(fault, reply)
        return self._write(connection, reply, fault, operation)

    def _handle(self, operation: str, head: bytes, body: bytes, fault: Fault | None) -> Response:
        path = head.split(b" ", 2)[1].decode()
        task_id = path.partition("?")[0].rstrip("/").removesuffix("/content").rpartition("/")[2]
        if operation in ("submitVideoTask", "createVideo"):
            task_id = f"task_{len(self.tasks):04}xyz"
            duration = 3.0 if fault is None or fault.duration is None else fault.duration
            reason = None if fault is None else fault.fail_reason
            request = json.loads(body)
            self.tasks[task_id] = {
                "at": self.clock.time(),
                "body": request,
                "duration": duration,
                "reason": reason,
            }
            content = {
                "id": task_id,
                "task_id": task_id,
                "object": "video",
                "status": "queued",
                "model": request["model"],
                "progress": 0,
                "created_at": int(self.clock.time()),
            }
            return _json(content)
        if operation == "getFile":
            name = task_id.removesuffix(".mp4")
            if fault is not None and fault.expired_url:
                self._expired.add(name)
            if name in self._expired:
                return Response(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
            return _serve_file(head)
        if fault is not None and fault.unknown_task:
            self._unknown.add(task_id)
        task = self.tasks.get(task_id)
        if task is None or task_id in self._unknown:
            return _error(404, "task_not_exist", "task not found")
        if operation == "getVideoContent":
            if fault is not None and fault.expired_url:
                return _error(502, "", "the file has expired")
            return _serve_file(head)
        return _json(self._describe(task_id, task))

    def _describe(self, task_id: str, task: Mapping[str, Any]) -> dict[str, Any]:
        elapsed = self.clock.time() - task["at"]
        data: dict[str, Any] = {
            "task_id": task_id,
            "status": "QUEUED",
            "progress": "20%",
            "fail_reason": "",
            "submit_time": int(task["at"]),
        }
        if elapsed >= 1 + task["duration"]:
            data |= {"status": "SUCCESS", "progress": "100%", "finish_time": int(self.clock.time())}
            data["result_url"] = f"{self.files_url}/out/{task_id}.mp4?{SIGNATURE}"
            if task["reason"]:
                data |= {"status": "FAILURE", "fail_reason": task["reason"], "result_url": ""}
        elif elapsed >= 1:
            data |= {"status": "IN_PROGRESS", "progress": "40%"}
        return {"code": "success", "message": "", "data": data}

    def _apply(self, fault: Fault, reply: Response) -> Response:
        if fault.replaces_response:
            status = fault.status or 200
            if fault.malformed_body is not None:
                media_type = _MEDIA_TYPES.get(fault.malformed_body, "application/json")
                reply = Response(status, _MALFORMED[fault.malformed_body], media_type)
            elif fault.body is not None:
                reply = Response(status, fault.body.encode())
            elif status >= 400:
                code = _CODES.get(status, "") if fault.code is None else str(fault.code)
                reply = _error(status, code, fault.message or "a fault of the script")
            else:
                reply = Response(status)
        if fault.change or fault.remove:
            content = json.loads(reply.body)
            for path, value in fault.change.items():
                _set(content, path.split("."), value)
            reply.body = json.dumps(content).encode()
        reply.headers |= fault.headers
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = f"{fault.retry_after}"
        if fault.retry_after_date is not None:
            time = self.clock.time() + fault.retry_after_date
            reply.headers["Retry-After"] = formatdate(time, usegmt=True)
        return reply

    def _write(
        self, connection: socket.socket, reply: Response, fault: Fault | None, operation: str
    ) -> bool:
        headers = {
            "Content-Type": reply.media_type,
            "Content-Length": str(len(reply.body)),
            "Date": formatdate(self.clock.time(), usegmt=True),
            "X-Orca-Request-Id": f"req-{len(self.requests)}",
            **reply.headers,
        }
        head = f"HTTP/1.1 {reply.status} Whatever\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        body = reply.body
        if fault is not None and fault.truncate is not None:
            body = body[: fault.truncate]
        content: bytes | None = head.encode("latin-1") + body
        if self.mangle is not None and content is not None:
            content = self.mangle(content)
        if content is None:
            return False
        if operation in ("submitVideoTask", "createVideo"):
            self.sent.append(content)
        if fault is not None and fault.trickle_interval is not None:
            start = content.rindex(b"\r\n\r\n") + 4 if body else len(content)
            connection.sendall(content[:start])
            while start < len(content):
                self.clock.advance(fault.trickle_interval)
                connection.sendall(content[start : start + fault.trickle_bytes])
                start += fault.trickle_bytes
                threading.Event().wait(0.002)  # so that the pieces arrive as pieces
        else:
            connection.sendall(content)
        return self.mangle is None and len(body) == len(reply.body)


def _find_operation(head: bytes, is_files: bool) -> str:
    method, path = head.split(b" ", 2)[:2]
    if is_files:
        return "getFile"
    if method == b"POST":
        return "submitVideoTask"
    return "getVideoContent" if path.endswith(b"/content") else "getVideoTask"


def _find_header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return None


def _serve_file(head: bytes) -> Response:
    headers = {"ETag": '"the-file"', "Accept-Ranges": "bytes"}
    requested = _find_header(head, b"range")
    if requested is None:
        return Response(200, SAMPLE, "video/mp4", headers)
    start = int(requested.removeprefix(b"bytes=").partition(b"-")[0])
    if start >= len(SAMPLE):
        return Response(416, b"", "video/mp4", {"Content-Range": f"bytes */{len(SAMPLE)}"})
    headers["Content-Range"] = f"bytes {start}-{len(SAMPLE) - 1}/{len(SAMPLE)}"
    return Response(206, SAMPLE[start:], "video/mp4", headers)


def _json(content: Any) -> Response:
    return Response(200, json.dumps(content).encode())


def _error(status: int, code: str, message: str) -> Response:
    error = {"message": message, "type": "orca_error", "code": code}
    return Response(status, json.dumps({"error": error}).encode())


def _set(content: Any, path: list[str], value: Any) -> None:
    for key in path[:-1]:
        content = content[key]
    content[path[-1]] = value
