"""Options of clients for the network: HTTP/2, proxies, certificates; and the HTTP library that sends."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import hypercorn
import pytest
from hypercorn.asyncio import serve
from tests.support import Package, Server, Workshop, document

CERTIFICATE = str(Path(__file__).parents[1] / "certificate.pem")  # of localhost, with its key
DOCUMENT = document("""
paths:
  /things: {get: {operationId: listThings, responses: {"204": {description: d}}}}
components:
  securitySchemes: {proxy: {type: apiKey, in: header, name: X-Key}}
""")


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(DOCUMENT)


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The only HTTP library that is installed."""
    other = {"httpx": "httpx2", "httpx2": "httpx"}[request.param]
    monkeypatch.setitem(sys.modules, other, None)
    return str(request.param)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


class _NoContent(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def secure_url() -> Iterator[str]:
    """An HTTPS server that wants the certificate of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.load_verify_locations(CERTIFICATE)
    context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), _NoContent)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def http2_url() -> Iterator[str]:
    """An HTTPS server that offers HTTP/2 and answers with the version of HTTP that was chosen."""

    async def respond(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(b"x-version", scope["http_version"].encode())]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body"})

    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = hypercorn.Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile = config.keyfile = CERTIFICATE
    config.accesslog = config.errorlog = None
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    serving = serve(respond, config, shutdown_trigger=stop.wait)
    thread = threading.Thread(target=loop.run_until_complete, args=[serving])
    thread.start()
    yield f"https://localhost:{port}"
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    loop.close()


def _send(package: Package, is_async: bool, url: str, **options: Any) -> Any:
    call = package.api().list_things()
    if not is_async:
        with package.client(url, **options) as client:
            return client.send(call)

    async def send() -> Any:
        async with package.part("client").AsyncClient(url, **options) as client:
            return await client.send(call)

    return asyncio.run(send())


def test_httpx2_is_preferred(package: Package) -> None:
    http = package.part("_runtime.http")
    assert http.load_library().__name__ == "httpx2"
    with httpx.Client() as client:
        assert http.load_library(client) is httpx


@pytest.mark.parametrize("is_async", [False, True])
def test_requests_go_through_the_proxy(
    package: Package, server: Server, library: str, is_async: bool
) -> None:
    server.answer(b"", status=204)
    _send(package, is_async, "http://api.example/v1", proxy=server.url)
    assert server.last.line == "GET http://api.example/v1/things"


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"verify": CERTIFICATE, "client_cert": CERTIFICATE},
        {"verify": False, "client_cert": (CERTIFICATE, CERTIFICATE)},
    ],
)
def test_a_client_has_certificates(
    package: Package, secure_url: str, library: str, options: dict[str, Any], is_async: bool
) -> None:
    _send(package, is_async, secure_url, **options)


@pytest.mark.parametrize("options", [{}, {"verify": CERTIFICATE}, {"client_cert": CERTIFICATE}])
def test_without_certificates_nothing_is_sent(
    package: Package, secure_url: str, library: str, options: dict[str, Any]
) -> None:
    with pytest.raises(package.errors.APIError):
        _send(package, False, secure_url, **options)


def test_an_ssl_context_of_the_caller_is_used(package: Package, secure_url: str) -> None:
    context = ssl.create_default_context(cafile=CERTIFICATE)
    context.load_cert_chain(CERTIFICATE)
    _send(package, False, secure_url, verify=context)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"proxy": "nowhere"}, "a client's option is wrong: check proxy"),
        ({"proxy": "ftp://user:secret@x"}, "a client's option is wrong: check proxy"),
        ({"verify": "missing.pem"}, "a client's option is wrong: check verify"),
        ({"client_cert": "missing.pem"}, "a client's option is wrong: check client_cert"),
        ({"http2": True}, "check http2; it needs LIBRARY[http2]"),
    ],
)
def test_what_cannot_be_used_is_an_error(
    package: Package,
    library: str,
    options: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(package.errors.ConfigurationError) as caught:
        package.client("http://api.example", **options)
    assert message.replace("LIBRARY", library) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_http2_is_an_option_of_the_library(
    package: Package, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {}
    make = sys.modules[library].Client

    def record(**options: Any) -> Any:
        given.update(options)
        return make(**{**options, "http2": False})

    monkeypatch.setattr(sys.modules[library], "Client", record)
    package.client("http://api.example", http2=True).close()
    assert given["http2"] is True


def test_an_http_client_has_these_options_itself(package: Package) -> None:
    with httpx.Client() as http, pytest.raises(package.errors.ConfigurationError) as caught:
        package.client("http://api.example", http_client=http, proxy="http://x", http2=True)
    assert "http2 and proxy cannot be set for an http_client" in str(caught.value)


def test_a_copy_has_the_connections_of_its_client(package: Package, server: Server) -> None:
    with package.client("http://api.example", proxy=server.url) as client:
        server.answer(b"", status=204)
        client.with_options(timeout=5).send(package.api().list_things())
        assert server.last.line == "GET http://api.example/things"
        with pytest.raises(package.errors.ConfigurationError, match="create a client with verify"):
            client.with_options(verify=False)


def test_a_credential_keeps_clear_of_these_options(package: Package) -> None:
    assert {"proxy", "proxy_"} < package.part("client").Client.OPTIONS


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(("http2", "version"), [(True, "2"), (False, "1.1")])
def test_http2_is_spoken_with_a_server_that_has_it(
    package: Package, library: str, http2_url: str, is_async: bool, http2: bool, version: str
) -> None:
    options = {"http2": http2, "verify": ssl.create_default_context(cafile=CERTIFICATE)}
    call = package.api().list_things()
    if not is_async:
        with package.client(http2_url, **options) as client:
            responses = [client.send_raw(call) for _ in range(2)]
    else:

        async def send() -> Any:
            async with package.part("client").AsyncClient(http2_url, **options) as client:
                return await asyncio.gather(*(client.send_raw(call) for _ in range(2)))

        responses = asyncio.run(send())
    assert [r.headers["x-version"] for r in responses] == [version, version]
