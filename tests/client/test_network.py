"""The network options, and the limits of each request: against sockets that are not the emulator."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import anyio
import httpx
import pytest
from tests.client.support import KEY, KLING, ClientClock
from tests.raw_server import drip, respond, serve

from orcarouter import AsyncOrcaRouter, Event, OrcaRouter, RetryPolicy, errors
from orcarouter._network import ALLOW_PRIVATE_OPTION
from orcarouter.testing import Emulator, VirtualClock
from orcarouter_api._runtime.addresses import PrivateAddressError, check_addresses
from orcarouter_api._runtime.proxies import Proxies

PAID = "task_PAID"
CREATED = respond({"id": PAID, "status": "queued"})
SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()
CERTIFICATE = Path(__file__).parents[1] / "certificate.pem"
"""A certificate for localhost, 127.0.0.1 and public.test, which it has signed itself, and its key."""
VARIABLES = [
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "ORCAROUTER_PROXY", "ORCAROUTER_CA_BUNDLE"),
    *("ORCAROUTER_CLIENT_CERT", "ORCAROUTER_ALLOW_PRIVATE"),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield monkeypatch
    while Caller.open:
        Caller.open.pop().close()


class Caller:
    """Either client behind blocking methods, with connections of its own."""

    open: ClassVar[list[Caller]] = []

    def __init__(self, kind: str, **options: Any) -> None:
        options.setdefault("clock", ClientClock())
        self.client: Any = (OrcaRouter if kind == "sync" else AsyncOrcaRouter)(KEY, **options)
        self.runner = asyncio.Runner() if kind == "async" else None
        Caller.open.append(self)

    def call(self, function: Callable[[Any], Any]) -> Any:
        if self.runner is None:
            return function(self.client)

        async def run() -> Any:
            return await function(self.client)

        return self.runner.run(run())

    def close(self) -> None:
        if self.runner is None:
            self.client.close()
        else:
            self.runner.run(self.client.aclose())
            self.runner.close()

    def create(self) -> Any:
        return self.call(lambda client: client.videos.create(KLING))

    def download(self, target: Path) -> Any:
        return self.call(lambda client: client.resume("task_1").download(target))

    def wait(self) -> Any:
        return self.call(lambda client: client.resume("task_1").wait(600))


# Time


DRIPS = {
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", b"\r\n"),
    "a header": drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"x", b"\r\n\r\n"),
    "1xx": drip(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", CREATED),
    "body": drip(CREATED.replace(b"Content-Length: ", b"Content-Length: 99")[:-44], b" ", b""),
}


@pytest.mark.parametrize("own_client", [True, False], ids=["own", "http_client"])
@pytest.mark.parametrize("drip_name", DRIPS)
def test_a_dripping_response_ends_at_the_deadline(
    client_kind: str, drip_name: str, own_client: bool
) -> None:
    policy = RetryPolicy(total_timeout=0.4)
    options: dict[str, Any] = {}
    if not own_client:
        options["http_client"] = httpx.Client() if client_kind == "sync" else httpx.AsyncClient()
    with serve(DRIPS[drip_name]) as server:
        caller = Caller(client_kind, base_url=server.base_url, retry_policy=policy, **options)
        with pytest.raises(
            errors.AmbiguousSubmissionError, match=r"took longer|time limit|timed out"
        ):
            caller.create()
        assert len(server.requests) == 1


@pytest.mark.parametrize("drip_name", DRIPS)
def test_a_dripping_lookup_ends_at_the_deadline(client_kind: str, drip_name: str) -> None:
    done = respond({"id": "task_1", "status": "completed", "url": "http://127.0.0.1:1/x"})
    with serve(DRIPS[drip_name], done) as server:
        caller = Caller(client_kind, base_url=server.base_url, timeout=0.4)
        assert caller.wait().state == "succeeded"
        assert len(server.requests) == 2


@pytest.mark.parametrize("drip_name", ["headers", "a header", "1xx"])
def test_a_dripping_download_ends_at_the_deadline(
    client_kind: str, drip_name: str, tmp_path: Path
) -> None:
    with serve(DRIPS[drip_name], file_response()) as files:
        done = respond({"id": "task_1", "status": "completed", "url": files.base_url})
        with serve(done) as server:
            Caller(client_kind, base_url=server.base_url, timeout=0.4).download(tmp_path / "a.mp4")
        assert len(files.requests) == 2
    assert (tmp_path / "a.mp4").read_bytes() == SAMPLE


def file_response() -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {len(SAMPLE)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + SAMPLE


# Certificates


def make_tls(*, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATE)
    return context


def test_an_untrusted_certificate_is_final(client_kind: str, tmp_path: Path) -> None:
    clock = ClientClock()
    with serve(CREATED, tls=make_tls()) as server:
        caller = Caller(client_kind, base_url=server.base_url, clock=clock)
        with pytest.raises(
            errors.APIConnectionError, match=r"127\.0\.0\.1 is not trusted.*Nothing"
        ):
            caller.create()
        with pytest.raises(errors.LookupFailedError, match="not trusted") as caught:
            caller.wait()
        assert caught.value.task_id == "task_1"
        done = respond({"id": "task_1", "status": "completed", "url": server.base_url})
        with serve(done, respond({}, "404 Not Found")) as api:
            caller = Caller(client_kind, base_url=api.base_url, clock=clock)
            with pytest.raises(errors.DownloadFailedError, match="not trusted"):
                caller.download(tmp_path / "a.mp4")
        assert server.requests == []
    assert sum(clock.sleeps) < 30


@pytest.mark.parametrize("variable", ["ORCAROUTER_CA_BUNDLE", "SSL_CERT_FILE", None])
def test_one_ca_bundle_and_client_certificate_for_api_and_files(
    client_kind: str, tmp_path: Path, variable: str | None, environment: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {}
    if variable is None:
        options = {"ca_bundle": CERTIFICATE, "client_cert": CERTIFICATE}
    else:
        environment.setenv(variable, str(CERTIFICATE))
        environment.setenv("ORCAROUTER_CLIENT_CERT", str(CERTIFICATE))
    tls = make_tls(wants_client=True)
    with serve(file_response(), tls=tls) as files:
        done = respond({"id": "task_1", "status": "completed", "url": files.base_url})
        with serve(done, tls=tls) as server:
            Caller(client_kind, base_url=server.base_url, **options).download(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == SAMPLE
    assert KEY.encode() in server.requests[0]
    assert KEY.encode() not in files.requests[0]


@pytest.mark.parametrize("variable", ["ORCAROUTER_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_missing_certificates_are_named(
    client_kind: str, variable: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv(variable, str(tmp_path / "missing"))
    with pytest.raises(errors.ConfigurationError, match=f"{variable}.*missing"):
        Caller(client_kind)


def test_other_unusable_options_are_named(
    client_kind: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for option in ("ca_bundle", "client_cert"):
        with pytest.raises(errors.ConfigurationError, match=f"{option}.*text.pem"):
            Caller(client_kind, **{option: text})
    with pytest.raises(errors.ConfigurationError, match=r"ca_bundle.*http_client"):
        Caller(client_kind, ca_bundle=CERTIFICATE, http_client=httpx.Client(verify=False))
    environment.setenv("ORCAROUTER_ALLOW_PRIVATE", "maybe")
    with pytest.raises(errors.ConfigurationError, match="ORCAROUTER_ALLOW_PRIVATE"):
        Caller(client_kind)


# Proxies


BAD_PROXIES = ["http://[", "ftp://h:1", "http://h:port", "http://user:word@", "h:1/path", "://"]


@pytest.mark.parametrize("variable", ["ORCAROUTER_PROXY", "HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("url", BAD_PROXIES)
def test_a_bad_proxy_is_named(
    client_kind: str, variable: str, url: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(variable, url)
    with pytest.raises(errors.ConfigurationError, match=f"{variable} is not the URL") as caught:
        Caller(client_kind)
    assert "word" not in str(caught.value)
    with pytest.raises(errors.ConfigurationError, match="the option proxy"):
        Caller(client_kind, proxy=url)
    Caller(client_kind, proxy="")


@pytest.mark.parametrize("entry", ["[", "http://[::1", "a b:c", "10.0.0.0/33", "u:p@h"])
def test_a_bad_exception_is_named(
    client_kind: str, entry: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    environment.setenv("NO_PROXY", f"localhost, {entry}")
    with pytest.raises(errors.ConfigurationError, match="NO_PROXY"):
        Caller(client_kind)


def test_socks_names_what_to_install(client_kind: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"pip install 'httpx\[socks\]'"):
        Caller(client_kind, proxy="socks5://127.0.0.1:1080")


@pytest.mark.parametrize(
    ("entries", "direct"),
    [
        ("", []),
        ("*", ["a.example", "10.1.2.3", "::1"]),
        ("example", ["a.example", "example"]),
        (".b.example,10.0.0.0/8", ["a.b.example", "10.1.2.3"]),
        ("*.b.example b.example:8080", ["a.b.example", "b.example"]),
        ("[::1]:443, http://a.example", ["::1", "a.example"]),
    ],
)
def test_exceptions_of_proxies(
    entries: str, direct: list[str], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("ALL_PROXY", "h:1")
    environment.setenv("NO_PROXY", entries)
    proxies = Proxies(None)
    hosts = ["a.example", "example", "b.example", "a.b.example", "xexample", "10.1.2.3", "::1"]
    without = [host for host in hosts if proxies.find("https", host, 443) is None]
    assert set(direct) <= set(without)
    assert "xexample" not in without or entries == "*"


@pytest.mark.parametrize(
    ("reply", "error", "attempts"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Auth", 1),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden", 1),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502 Bad Gateway", 3),
    ],
)
def test_a_refusing_proxy_is_named(
    client_kind: str, reply: bytes, error: str, attempts: int, environment: pytest.MonkeyPatch
) -> None:
    with serve(reply) as proxy:
        environment.setenv("HTTPS_PROXY", f"http://user:word@127.0.0.1:{proxy.port}")
        caller = Caller(client_kind, base_url="https://api.test/v1")
        expected = rf"127\.0\.0\.1:{proxy.port} \(HTTPS_PROXY\).*{error}.*Nothing was sent"
        with pytest.raises(errors.ConfigurationError, match=expected) as caught:
            caller.create()
        assert "word" not in str(caught.value)
        assert len(proxy.requests) == attempts
        assert all(request.startswith(b"CONNECT api.test:443 ") for request in proxy.requests)
        with pytest.raises(errors.TaskError, match="HTTPS_PROXY"):
            caller.wait()


def test_a_password_that_a_proxy_wants_for_plain_http(client_kind: str) -> None:
    with serve(respond({}, "407 Proxy Authentication Required")) as proxy:
        caller = Caller(client_kind, base_url="http://api.test/v1", proxy=f"127.0.0.1:{proxy.port}")
        with pytest.raises(errors.ConfigurationError, match=r"the option proxy.*407"):
            caller.create()
        assert len(proxy.requests) == 1


def test_a_proxy_that_is_not_there_is_named(
    client_kind: str, environment: pytest.MonkeyPatch
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        environment.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
        caller = Caller(client_kind, base_url="https://api.test/v1")
        with pytest.raises(errors.ConfigurationError, match=rf"127.0.0.1:{port} \(ALL_PROXY\)"):
            caller.create()


def test_files_go_through_the_proxy_of_the_api(client_kind: str, tmp_path: Path) -> None:
    done = respond({"id": "task_1", "status": "completed", "url": "http://files.test/a"})
    with serve(done, file_response()) as proxy:
        caller = Caller(client_kind, base_url="http://api.test/v1", proxy=f"127.0.0.1:{proxy.port}")
        caller.download(tmp_path / "a.mp4")
    assert [request.split()[1] for request in proxy.requests] == [
        b"http://api.test/v1/video/generations/task_1",
        b"http://files.test/a",
    ]


# Retries


def test_retries_are_shown_while_they_happen(
    server: Emulator[VirtualClock], client_kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        caller = Caller(client_kind, base_url=url, on_event=events.append)
        with pytest.raises(errors.APIConnectionError):
            caller.create()
    assert [event.kind for event in events] == ["retry"] * 2
    assert all(event.error and event.next_poll_in for event in events)
    lines = [record.getMessage() for record in caplog.records if record.name == "orcarouter"]
    assert sum("submitting again in" in line for line in lines) == 2


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("198.18.0.5", "::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::7f00:1"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:7f00:1::"),
    ],
)
def test_private_addresses(address: str) -> None:
    with pytest.raises(PrivateAddressError, match="ORCAROUTER_ALLOW_PRIVATE") as caught:
        check_addresses("host.test", ["93.184.215.14", address], ALLOW_PRIVATE_OPTION)
    is_explained = "198.18.0.0/15" in str(caught.value)
    assert is_explained == address.startswith("198.18.")


def test_public_addresses() -> None:
    addresses = ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"]
    check_addresses("host.test", addresses, ALLOW_PRIVATE_OPTION)
    assert ipaddress.ip_address("64:ff9b::5db8:d70e") == ipaddress.ip_address(
        "64:ff9b::93.184.215.14"
    )


@pytest.mark.parametrize("is_rebound", [False, True])
def test_the_connection_goes_to_the_checked_address(
    client_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_rebound: bool
) -> None:
    """`public.test` is public when it is resolved first, and this machine when resolved again."""
    lookups: list[str] = []
    connections: list[str] = []
    real_getaddrinfo, real_connect = socket.getaddrinfo, socket.create_connection
    real_async_connect = anyio.connect_tcp

    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name == "public.test":
            lookups.append(name)
            ip = "127.0.0.1" if is_rebound or len(lookups) > 1 else "93.184.215.14"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port or 0))]
        return real_getaddrinfo(host, port, *arguments, **options)

    def connect(address: Any, *arguments: Any, **options: Any) -> Any:
        connections.append(address[0])
        return real_connect(("127.0.0.1", address[1]), *arguments, **options)

    async def connect_async(remote_host: str, remote_port: int, **options: Any) -> Any:
        connections.append(remote_host)
        return await real_async_connect("127.0.0.1", remote_port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(anyio, "connect_tcp", connect_async)
    names: list[str | None] = []
    tls = make_tls()
    tls.sni_callback = lambda _, name, __: names.append(name)
    with serve(file_response(), tls=tls) as files:
        url = f"https://public.test:{files.port}/a"
        done = respond({"id": "task_1", "status": "completed", "url": url})
        with serve(done, respond({}, "404 Not Found")) as server:
            caller = Caller(
                client_kind, base_url=server.base_url, allow_private=False, ca_bundle=CERTIFICATE
            )
            if is_rebound:
                with pytest.raises(errors.DownloadFailedError, match="not a public address"):
                    caller.download(tmp_path / "a.mp4")
                assert files.requests == []
                return
            caller.download(tmp_path / "a.mp4")
    assert lookups == ["public.test"]
    assert "93.184.215.14" in connections
    assert names == ["public.test"]
    assert f"Host: public.test:{files.port}".encode() in files.requests[0]


# What is sent to other hosts


def test_an_http_client_serves_files_without_its_headers_and_cookies(
    client_kind: str, tmp_path: Path
) -> None:
    make: Any = httpx.Client if client_kind == "sync" else httpx.AsyncClient
    http = make(
        headers={"X-Secret": "1", "Authorization": "Bearer secret"},
        cookies={"session": "secret"},
        auth=("user", "secret"),
    )
    with serve(file_response()) as files:
        done = respond({"id": "task_1", "status": "completed", "url": files.base_url})
        with serve(done) as server:
            caller = Caller(client_kind, base_url=server.base_url, http_client=http)
            caller.download(tmp_path / "a.mp4")
    assert b"secret" not in files.requests[0].lower()
    assert KEY.encode() not in files.requests[0]


def test_no_cookie_crosses_between_hosts(client_kind: str, tmp_path: Path) -> None:
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Domain=127.0.0.1; Path=/\r\n"
    with serve(file_response().replace(b"HTTP/1.1 200 OK\r\n", cookie)) as files:
        done = respond({"id": "task_1", "status": "completed", "url": files.base_url})
        with serve(done.replace(b"HTTP/1.1 200 OK\r\n", cookie)) as server:
            caller = Caller(client_kind, base_url=server.base_url)
            for number in range(2):
                caller.download(tmp_path / f"{number}.mp4")
            assert len(server.requests) >= 2
    requests = server.requests + files.requests
    assert not any(b"\ncookie:" in request.lower() for request in requests)


# Event loops


def test_an_async_client_works_on_a_second_event_loop(server: Emulator[VirtualClock]) -> None:
    client = AsyncOrcaRouter(KEY, base_url=server.base_url, clock=ClientClock(server.clock))
    for _ in range(3):
        assert asyncio.run(client.videos.create(KLING)).id in server.tasks
    assert len(server.tasks) == 3


def test_an_http_client_on_a_second_event_loop_is_named(server: Emulator[VirtualClock]) -> None:
    http = httpx.AsyncClient()
    client = AsyncOrcaRouter(
        KEY, base_url=server.base_url, clock=ClientClock(server.clock), http_client=http
    )
    asyncio.run(client.videos.create(KLING))
    with pytest.raises(errors.ConfigurationError, match="another event loop"):
        asyncio.run(client.videos.create(KLING))
    assert len(server.tasks) == 1
