"""Connections of clients with downloads: which addresses they reach, and what they say of proxies and certificates."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.raw_server import respond, serve
from tests.support import Package, Server, Workshop, document

from orcagen.config import Config

CERTIFICATE = Path(__file__).parents[1] / "certificate.pem"
"""For localhost, 127.0.0.1 and public.test; signed by itself, with its key."""
FILE = respond(b"content")


@pytest.fixture(scope="module")
def made(workshop: Workshop) -> Package:
    text = {"schema": {"type": "string"}, "name": "id", "in": "path", "required": True}
    responses = {"200": {"description": "", "content": {"application/json": {}}}}
    paths = {"/a/{id}": {"get": {"operationId": "a", "parameters": [text], "responses": responses}}}
    return workshop(document({"paths": paths}), config=Config(downloads=True))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def use(made: Package, kind: str, function: Callable[[Any], Any], url: str, **options: Any) -> Any:
    """What a function gives for a client with connections of its own."""
    if kind == "sync":
        with made.client(url, **options) as client:
            return function(client)

    async def run() -> Any:
        async with made.part("client").AsyncClient(url, **options) as client:
            return await function(client)

    return asyncio.run(run())


def download(source: Any, path: Path, **options: Any) -> Callable[[Any], Any]:
    return lambda client: client.download(source, path, **options)


# Addresses


@pytest.mark.parametrize("borrowed", [False, True], ids=["own", "http_client"])
def test_other_hosts_must_be_public_unless_the_api_is_not(
    made: Package, kind: str, recorder: Server, tmp_path: Path, borrowed: bool
) -> None:
    url, path = f"{recorder.url}/x", tmp_path / "a"
    options: dict[str, Any] = {}
    if borrowed:
        options["http_client"] = httpx.Client() if kind == "sync" else httpx.AsyncClient()
    error = made.errors.PrivateAddressError
    message = r"127\.0\.0\.1, which is not a public address. The option allow_private=True allows"
    with pytest.raises(error, match=message):
        use(made, kind, download(url, path), "https://api.example", **options)
    with pytest.raises(error):
        use(made, kind, download(url, path), "http://127.0.0.1:1", allow_private=False, **options)
    assert recorder.requests == []
    for base_url, allow_private in (("https://api.example", True), ("http://127.0.0.1:1", None)):
        if borrowed:
            options["http_client"] = httpx.Client() if kind == "sync" else httpx.AsyncClient()
        task = download(url, path, overwrite=True)
        use(made, kind, task, base_url, allow_private=allow_private, **options)
    assert len(recorder.requests) == 2


def test_the_api_itself_may_be_anywhere(
    made: Package, kind: str, recorder: Server, tmp_path: Path
) -> None:
    """Not so what it redirects to."""
    task = download(made.api().a("1"), tmp_path / "a")
    use(made, kind, task, recorder.url, allow_private=False)
    recorder.answer(status=302, headers={"Location": "http://169.254.169.254/latest"})
    task = download("/a/2", tmp_path / "b")
    with pytest.raises(made.errors.PrivateAddressError, match=r"169\.254\.169\.254"):
        use(made, kind, task, recorder.url, allow_private=False)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Addresses of names, which are removed as they are given; and what is connected to is on this machine."""
    real, connect, connect_async = socket.getaddrinfo, socket.create_connection, anyio.connect_tcp
    names: dict[str, list[str]] = {"connected": []}

    def resolve(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return real(host, port, *rest, **options)
        answer = names[name].pop(0).split()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port or 0)) for ip in answer]

    def redirect(host: str) -> str:
        names["connected"].append(host)
        return "127.0.0.1" if host.startswith("93.") else host

    def connect_here(address: Any, *rest: Any, **options: Any) -> Any:
        return connect((redirect(address[0]), address[1]), *rest, **options)

    async def connect_here_async(remote_host: str, remote_port: int, **options: Any) -> Any:
        return await connect_async(redirect(remote_host), remote_port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect_here)
    monkeypatch.setattr(anyio, "connect_tcp", connect_here_async)
    return names


def test_a_name_is_looked_up_once(
    made: Package, kind: str, recorder: Server, tmp_path: Path, names: dict[str, list[str]]
) -> None:
    """The connection goes to the address that was checked, whatever the name leads to a moment later."""
    url = f"http://public.test:{recorder.port}/x"
    names["public.test"] = ["93.184.215.14", "10.0.0.1"]
    use(made, kind, download(url, tmp_path / "a"), "https://api.example")
    assert names == {"public.test": ["10.0.0.1"], "connected": ["93.184.215.14"]}
    assert recorder.last.header("host") == f"public.test:{recorder.port}"
    with pytest.raises(made.errors.PrivateAddressError, match=r"10\.0\.0\.1"):
        use(made, kind, download(url, tmp_path / "b"), "https://api.example")
    names["public.test"] = ["93.184.215.14 10.0.0.1"]
    with pytest.raises(made.errors.PrivateAddressError, match=r"10\.0\.0\.1"):
        use(made, kind, download(url, tmp_path / "b"), "https://api.example")
    assert len(recorder.requests) == 1


def test_a_host_with_several_addresses(
    made: Package, kind: str, recorder: Server, names: dict[str, list[str]]
) -> None:
    """The next one is tried where nothing listens; none is tried that the first makes needless."""
    names["api.test"] = ["127.0.0.9 127.0.0.1 127.0.0.2"]
    url = f"http://api.test:{recorder.port}"
    assert use(made, kind, lambda c: c.send(made.api().a("1")), url) == {}
    assert names["connected"] == ["127.0.0.9", "127.0.0.1"]
    names["api.test"] = [""]
    with pytest.raises(made.errors.ConnectError, match="has no address"):
        use(made, kind, lambda c: c.send(made.api().a("1")), url)


# Certificates


def make_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_an_untrusted_certificate_is_said_and_final(
    made: Package, kind: str, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    retries = made.module.Retries(sleep=slept.append, attempts=5)
    call = made.api().a("1")
    with serve(FILE, tls=make_tls()) as server:
        for task in (lambda c: c.send(call), download(server.base_url, tmp_path / "a")):
            with pytest.raises(made.errors.ConnectError) as caught:
                use(made, kind, task, server.base_url, retries=retries)
            assert "the certificate of 127.0.0.1 is not trusted" in str(caught.value)
            assert "(others: the option verify). Nothing was sent" in str(caught.value)
        environment.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        use(made, kind, download(server.base_url, tmp_path / "a"), server.base_url)
    assert (slept, len(server.requests)) == ([], 1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"verify": "nowhere.pem"}, "the option verify: no certificates.*nowhere.pem"),
        ({"client_cert": ("x.pem", "y.pem")}, "the option client_cert.*x.pem, y.pem"),
        ({"proxy": "ftp://user:word@h:1"}, "the option proxy is not the URL of a proxy"),
        ({"proxy": "socks5://h:1"}, r"the option proxy.*pip install 'httpx\[socks\]'"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(
    made: Package, option: dict[str, Any], message: str
) -> None:
    with pytest.raises(made.errors.ConfigurationError, match=message) as caught:
        made.client("http://127.0.0.1:1", **option)
    assert "word" not in str(caught.value)


# Proxies


@pytest.mark.parametrize(
    ("reply", "reason", "attempts"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407", 1),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden", 1),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502 Bad Gateway", 2),
    ],
)
def test_a_refusing_proxy_is_named(
    made: Package,
    kind: str,
    environment: pytest.MonkeyPatch,
    reply: bytes,
    reason: str,
    attempts: int,
) -> None:
    """Only what may be temporary is tried again."""
    retries = made.module.Retries(sleep=lambda seconds: None, attempts=2)
    with serve(reply) as proxy:
        environment.setenv("HTTPS_PROXY", f"http://user:word@127.0.0.1:{proxy.port}")
        error = made.errors.ConnectError if attempts > 1 else made.errors.ConfigurationError
        message = (
            rf"the proxy 127\.0\.0\.1:{proxy.port} \(HTTPS_PROXY\).*{reason}.*Nothing was sent"
        )
        call = made.api().a("1")
        with pytest.raises(error, match=message) as caught:
            use(made, kind, lambda c: c.send(call), "https://api.test", retries=retries)
    assert (len(proxy.requests), "word" in str(caught.value)) == (attempts, False)
    assert caught.value.request == "GET /a/1"


def test_a_proxy_for_plain_http_that_wants_a_password(made: Package, kind: str) -> None:
    with serve(respond({}, "407 Proxy Authentication Required")) as proxy:
        option = {"proxy": f"127.0.0.1:{proxy.port}"}
        with pytest.raises(made.errors.ConfigurationError, match=r"\(the option proxy\).*407"):
            use(made, kind, lambda c: c.send(made.api().a("1")), "http://api.test", **option)


def test_a_proxy_that_is_not_there_is_named(made: Package, kind: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        option = {"proxy": f"http://127.0.0.1:{port}"}
        with pytest.raises(made.errors.ConnectError, match=rf"127.0.0.1:{port} .*cannot be reach"):
            use(made, kind, lambda c: c.send(made.api().a("1")), "https://api.test", **option)


def test_files_go_through_the_proxy_but_not_to_private_addresses(
    made: Package, kind: str, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    """The proxy resolves names; an address is checked before."""
    with serve(FILE) as proxy:
        environment.setenv("HTTP_PROXY", f"127.0.0.1:{proxy.port}")
        environment.setenv("NO_PROXY", "192.168.0.0/16, .direct.test")
        task = download("http://files.test/x", tmp_path / "a")
        use(made, kind, task, "https://api.example")
        task = download("http://10.1.2.3/x", tmp_path / "b")
        with pytest.raises(made.errors.PrivateAddressError):
            use(made, kind, task, "https://api.example")
        assert [request.split()[1] for request in proxy.requests] == [b"http://files.test/x"]


# Processes, event loops, copies


def test_connections_of_other_hosts_are_closed_with_the_client(
    made: Package, recorder: Server, tmp_path: Path
) -> None:
    before = len(recorder._open)
    with made.client("http://127.0.0.1:1") as client:
        copy = client.with_options(timeout=5)
        copy.download(f"{recorder.url}/x", tmp_path / "a")
        copy.close()
        client.download(f"{recorder.url}/x", tmp_path / "b")
        assert len(recorder._open) == before + 1  # a copy shares them, and closes none
        open_ = client._connections.find_open()
        assert [http.is_closed for http in open_] == [False, False]
    assert [http.is_closed for http in open_] == [True, True]


def test_an_async_client_downloads_on_a_second_event_loop(
    made: Package, recorder: Server, tmp_path: Path
) -> None:
    client = made.part("client").AsyncClient("http://127.0.0.1:1")

    async def run(path: Path) -> None:
        await client.download(f"{recorder.url}/x", path)
        await client.aclose()

    for name in "ab":
        asyncio.run(run(tmp_path / name))
    assert len(recorder.requests) == 2


def test_what_a_caller_s_client_has_stays_with_the_api(
    made: Package, kind: str, tmp_path: Path
) -> None:
    """Other hosts are reached through its transports, without its headers, cookies and credentials."""
    make: Any = httpx.Client if kind == "sync" else httpx.AsyncClient
    used: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        used.append(f"{request.url.host} {'secret' in str(request.headers.raw)}")
        return httpx.Response(200, json=1)

    http = make(
        headers={"X-Key": "secret"},
        cookies={"session": "secret"},
        auth=("user", "secret"),
        transport=httpx.MockTransport(answer),
    )

    async def run_async(client: Any) -> None:
        await client.send(made.api().a("1"))
        await client.download("http://files.example/x", tmp_path / "a")

    def run(client: Any) -> None:
        client.send(made.api().a("1"))
        client.download("http://files.example/x", tmp_path / "a")

    task = run if kind == "sync" else run_async
    use(made, kind, task, "http://api.example", http_client=http)
    assert used == ["api.example True", "files.example False"]
