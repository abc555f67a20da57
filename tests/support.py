"""What tests of generated packages share: a document in, an imported package out, and a server that records bytes."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import yaml
from attrs import define, field, frozen

from orcagen.config import Config
from orcagen.diagnostics import Diagnostic
from orcagen.output.write import write
from orcagen.pipeline import Generated, generate

HEAD = {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}}


def document(text: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A whole OpenAPI document from its interesting part."""
    part = yaml.safe_load(text) if isinstance(text, str) else dict(text)
    out = {**HEAD, "paths": {}, **part, **more}
    if "swagger" in out:
        del out["openapi"]
    return out


def schemas(text: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A document that holds schemas only."""
    part = yaml.safe_load(text) if isinstance(text, str) else text
    return document({"components": {"schemas": part}}, **more)


def save(folder: Path, content: Mapping[str, Any] | str | bytes, name: str = "api.yaml") -> Path:
    """A document as a file. Values are dumped, text is written as it is."""
    path = folder / name
    if isinstance(content, Mapping):
        content = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@frozen
class Package:
    """A generated package, written to disk and importable."""

    name: str
    folder: Path
    made: Generated = field(repr=False)

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(self.name)

    @property
    def models(self) -> Any:
        return self.part("models")

    @property
    def errors(self) -> Any:
        return self.part("errors")

    def part(self, name: str) -> Any:
        """A module of the package."""
        return importlib.import_module(f"{self.name}.{name}")

    def api(self, tag: str = "default") -> Any:
        return self.part(f"api.{tag}")

    def client(self, url: str | None = None, /, **options: Any) -> Any:
        return self.part("client").Client(url, **options)

    def codec(self, type_: str) -> Any:
        """Reads and writes values of a type, an expression over the models' names."""
        return self.part("_runtime.model").Codec(type_)

    @property
    def messages(self) -> list[str]:
        return [f"{d.message}; {d.action}" for d in self.made.diagnostics]


@define
class Workshop:
    """Makes packages in one folder that is on the path."""

    root: Path
    _numbers: Iterator[int] = field(factory=itertools.count, repr=False)
    _packages: dict[str, Package] = field(factory=dict, repr=False)

    def __call__(
        self,
        content: Mapping[str, Any] | str,
        *,
        config: Config | None = None,
        file: Path | None = None,
    ) -> Package:
        """The package of a document, given as values or as text, or as a file."""
        key = f"{content!r} {config!r} {file}"
        if key not in self._packages:
            name = f"made_{next(self._numbers)}"
            path = file or save(self.root, content, f"{name}.yaml")
            made = generate(str(path), name, config)
            write(made.files, self.root / name)
            importlib.invalidate_caches()
            self._packages[key] = Package(name, self.root / name, made)
        return self._packages[key]


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


# The server


@frozen
class Recorded:
    """One request as it came over the wire."""

    raw: bytes
    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        """Method and target."""
        return self.head.split(b"\r\n")[0].removesuffix(b" HTTP/1.1").decode()

    @property
    def target(self) -> str:
        return self.line.partition(" ")[2]

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names in lower case, in order, repeated ones repeated."""
        lines = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        return [(n.decode().lower(), v.strip().decode("latin-1")) for n, _, v in lines]

    def all(self, name: str) -> list[str]:
        return [v for n, v in self.headers if n == name.lower()]

    def header(self, name: str) -> str | None:
        """The one value of a header; None where it is not there. More than one is a failure."""
        values = self.all(name)
        assert len(values) < 2, f"{name} was sent {len(values)} times"
        return values[0] if values else None


@define
class Script:
    """What the server does with one request: bytes to send piece by piece, and whether it hangs up then."""

    pieces: list[bytes]
    hang_up: bool = False
    silent: bool = False


@define(eq=False)
class Server:
    """An HTTP server on loopback. It keeps every request and plays one scripted answer for each, else `200 {}`; with
    `respond`, what that returns for method and target: status, JSON and headers."""

    requests: list[Recorded] = field(factory=list)
    respond: Callable[[str], tuple[int, Any, dict[str, str]]] | None = None
    _scripts: list[Script] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)
    _socket: socket.socket = field(init=False)
    _open: list[socket.socket] = field(factory=list)
    _closing: threading.Event = field(factory=threading.Event)

    def __attrs_post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Recorded:
        return self.requests[-1]

    def answer(
        self,
        body: bytes | str = b"{}",
        *,
        status: int = 200,
        media_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Plans an answer with a Content-Length."""
        data = body.encode() if isinstance(body, str) else body
        fields = {**({"Content-Type": media_type} if media_type else {}), **(headers or {})}
        if status != 204:
            fields["Content-Length"] = str(len(data))
        lines = "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        self.raw(f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + data)

    def chunks(
        self, chunks: Iterable[bytes], *, media_type: str, status: int = 200, whole: bool = True
    ) -> None:
        """Plans an answer in chunks, each of which the client gets as a piece of its own."""
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        pieces = [b"%x\r\n%s\r\n" % (len(c), c) for c in chunks if c]
        self.raw(head.encode(), *pieces, *([b"0\r\n\r\n"] if whole else []), hang_up=not whole)

    def raw(self, *pieces: bytes, hang_up: bool = False) -> None:
        """Plans bytes; without any, and with `hang_up`, a connection that breaks."""
        self._scripts.append(Script(list(pieces), hang_up))

    def silence(self) -> None:
        """Plans no answer at all, until the server is closed."""
        self._scripts.append(Script([], silent=True))

    def forget(self) -> None:
        self.requests.clear()
        self._scripts.clear()

    def close(self) -> None:
        self._closing.set()
        for connection in [self._socket, *self._open]:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while (request := _request(stream)) is not None:
                self.requests.append(request)
                with self._lock:
                    if self.respond:
                        status, value, headers = self.respond(request.line)
                        self.answer(json.dumps(value), status=status, headers=headers)
                    script = self._scripts.pop(0) if self._scripts else _PLAIN
                if script.silent:
                    self._closing.wait(60)
                    return
                try:
                    for piece in script.pieces:
                        connection.sendall(piece)
                except OSError:
                    return
                if script.hang_up:
                    return


_PLAIN = Script(
    [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"]
)


def _request(stream: Any) -> Recorded | None:
    try:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return None
            head += line
        raw, body = head, b""
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            while True:
                size = stream.readline()
                chunk = stream.read(int(size, 16))
                end = stream.readline()
                raw += size + chunk + end
                body += chunk
                if not chunk:
                    break
        elif b"content-length: " in lower:
            length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = stream.read(length)
            raw += body
    except (OSError, ValueError):
        return None
    return Recorded(raw, head[:-4], body)


# Both clients under one face


@define
class Driver:
    """Sends calls of a package with its sync or its async client, so that a test holds for both."""

    kind: str
    http: Any = None  # an HTTP client of the sync kind, to share its connections

    def _asynchronously(
        self, package: Package, url: str | None, options: dict[str, Any], use: Callable[[Any], Any]
    ) -> Any:
        async def run() -> Any:
            async with (
                httpx.AsyncClient(verify=False) as http,
                package.part("client").AsyncClient(url, **{"http_client": http, **options}) as c,
            ):
                return await use(c)

        return asyncio.run(run())

    def _client(self, package: Package, url: str | None, options: dict[str, Any]) -> Any:
        if self.http is not None:
            options = {"http_client": self.http, **options}
        return package.client(url, **options)

    def send(self, package: Package, url: str | None, call: Any, **options: Any) -> Any:
        if self.kind == "async":
            return self._asynchronously(package, url, options, lambda c: c.send(call))
        with self._client(package, url, options) as client:
            return client.send(call)

    def send_raw(self, package: Package, url: str | None, call: Any, **options: Any) -> Any:
        if self.kind == "async":
            return self._asynchronously(package, url, options, lambda c: c.send_raw(call))
        with self._client(package, url, options) as client:
            return client.send_raw(call)

    def stream(self, package: Package, url: str | None, call: Any, **options: Any) -> list[Any]:
        """All items of a streamed response. Items that were read before an error are in its attribute `items`."""
        items: list[Any] = []

        async def collect(client: Any) -> None:
            async with client.stream(call) as stream:
                async for item in stream:
                    items.append(item)

        try:
            if self.kind == "async":
                self._asynchronously(package, url, options, collect)
            else:
                with (
                    self._client(package, url, options) as client,
                    client.stream(call) as stream,
                ):
                    items.extend(stream)
        except Exception as error:
            error.items = items  # type: ignore[attr-defined]
            raise
        return items


def orcagen(
    *arguments: str | Path, stdin: bytes | None = None, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command line, as a user calls it."""
    command = [sys.executable, "-m", "orcagen", *map(str, arguments)]
    variables = {**os.environ, **environment}
    done = subprocess.run(
        command, input=stdin, capture_output=True, cwd=cwd, env=variables, timeout=60, check=False
    )
    return subprocess.CompletedProcess(
        command, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def found(diagnostics: Iterable[Diagnostic], part: str) -> Diagnostic:
    """The one finding whose message holds these words."""
    fitting = [d for d in diagnostics if part in d.message]
    assert len(fitting) == 1, [str(d) for d in diagnostics]
    return fitting[0]
