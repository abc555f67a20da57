"""Downloads: resumed, verified, complete or not at all, and never with the API key."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import socket
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.client.support import KLING, SEEDANCE, AnyClient, ClientClock, Task, open_client

from orcarouter import errors
from orcarouter._mp4 import find_mp4_problem
from orcarouter.testing import Emulator, Fault, VirtualClock
from orcarouter_api._runtime.part_files import PartFile

SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.mp4"


@pytest.fixture
def task(client: AnyClient) -> Task:
    task = client.create(KLING)
    task.wait()
    return task


def ranges(server: Emulator[VirtualClock]) -> list[tuple[str | None, bool]]:
    """The Range header of each request for the file, and whether it had an If-Range."""
    return [
        (each.headers.get("range"), "if-range" in each.headers)
        for each in server.requests_to("content")
    ]


def test_an_interrupted_transfer_is_resumed(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", truncate=2000))
    task.download(target)
    assert ranges(server) == [(None, False), ("bytes=1000-", True), ("bytes=3000-", True)]
    assert target.read_bytes() == SAMPLE


def interrupt_download(server: Emulator[VirtualClock], task: Task, target: Path) -> None:
    """Fail after the first thousand bytes, which stay in the part file."""
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", status=404, times=2))
    with pytest.raises(errors.DownloadFailedError):
        task.download(target)
    assert target.with_name("out.mp4.part").read_bytes() == SAMPLE[:1000]
    assert not target.exists()


def test_another_process_resumes_a_download(
    server: Emulator[VirtualClock], client: AnyClient, task: Task, target: Path
) -> None:
    interrupt_download(server, task, target)
    done = client.task(task.id).download(target)
    assert ranges(server)[-1] == ("bytes=1000-", True)
    assert target.read_bytes() == SAMPLE
    assert done.size == len(SAMPLE)
    assert [each.name for each in target.parent.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize(
    ("received", "range_header"), [(3000, "bytes=3000-"), (len(SAMPLE), f"bytes={len(SAMPLE)}-")]
)
def test_keyboard_interrupt_keeps_the_part_file(
    server: Emulator[VirtualClock], client_kind: str, target: Path, received: int, range_header: str
) -> None:
    def interrupt(_: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with open_client("sync", server) as client:
        task = client.create(KLING)
        task.wait()
        server.script.add(Fault("content", truncate=received))
        with pytest.raises(KeyboardInterrupt):
            task.download(target, on_progress=interrupt)
        task_id = task.id
    assert target.with_name("out.mp4.part").stat().st_size == received
    with open_client(client_kind, server) as client:
        client.task(task_id).download(target)
    assert [value for value, _ in ranges(server)] == [None, range_header]
    assert target.read_bytes() == SAMPLE


def test_the_part_file_of_another_task_is_discarded(
    server: Emulator[VirtualClock], client: AnyClient, task: Task, target: Path
) -> None:
    interrupt_download(server, task, target)
    client.create(KLING).download(target)
    assert ranges(server)[-1] == (None, False)
    assert target.read_bytes() == SAMPLE


def test_a_file_that_has_changed_is_downloaded_again(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    interrupt_download(server, task, target)
    metadata = target.with_name("out.mp4.part.json")
    content = {"etag": '"older"', "sha256": hashlib.sha256(b"x" * 1000).hexdigest()}
    metadata.write_text(json.dumps({**json.loads(metadata.read_text()), **content}))
    target.with_name("out.mp4.part").write_bytes(b"x" * 1000)
    task.download(target)
    assert ranges(server)[-1] == ("bytes=1000-", True)  # the response is 200 with the whole file
    assert target.read_bytes() == SAMPLE


@pytest.mark.parametrize("metadata", ["", "[]", '{"subject": 1}', None])
def test_unreadable_metadata_restarts_the_download(
    server: Emulator[VirtualClock], task: Task, target: Path, metadata: str | None
) -> None:
    interrupt_download(server, task, target)
    if metadata is None:
        target.with_name("out.mp4.part.json").unlink()
    else:
        target.with_name("out.mp4.part.json").write_text(metadata)
    task.download(target)
    assert ranges(server)[-1] == (None, False)
    assert target.read_bytes() == SAMPLE


def test_an_existing_file_is_replaced_only_when_complete(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    target.write_bytes(b"older")
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", status=404, times=2))
    with pytest.raises(errors.DownloadFailedError):
        task.download(target, overwrite=True)
    assert target.read_bytes() == b"older"
    task.download(target, overwrite=True)
    assert target.read_bytes() == SAMPLE


@pytest.mark.orcarouter_emulator(fresh_urls=True)
def test_an_expired_url_is_refreshed(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("getFile", truncate=1000))
    server.script.add(Fault("getFile", expired_url=True))
    lookups = len(server.requests_to("lookup"))
    task.download(target)
    assert target.read_bytes() == SAMPLE
    assert len(server.requests_to("lookup")) == lookups + 1
    assert [each.operation for each in server.requests_to("content")] == ["getFile"] * 3
    assert ranges(server)[-1] == ("bytes=1000-", True)


def test_the_api_is_the_fallback_for_an_expired_url(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("getFile", truncate=1000))
    server.script.add(Fault("getFile", expired_url=True))
    task.download(target)
    assert target.read_bytes() == SAMPLE
    last = server.requests_to("content")[-1]
    assert (last.operation, last.headers["range"]) == ("getVideoContent", "bytes=1000-")


def test_a_success_without_a_url_is_downloaded_through_the_api(
    server: Emulator[VirtualClock], client: AnyClient, target: Path
) -> None:
    server.script.add(
        Fault("lookup", times=None, change={"data.result_url": "not a URL", "data.data": None})
    )
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE


def test_last_frame_and_watermarked_video(client: AnyClient, tmp_path: Path) -> None:
    watermarked = {**KLING, "metadata": {**KLING["metadata"], "watermark_info": {"enabled": True}}}
    task = client.create(watermarked)
    task.download(tmp_path / "watermarked.mp4", file="watermarked")
    assert (tmp_path / "watermarked.mp4").read_bytes() == SAMPLE
    frame = client.create(SEEDANCE).download(tmp_path / "last.png", file="last_frame")
    assert frame.path.read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(errors.DownloadFailedError, match="has no URL of the last frame"):
        task.download(tmp_path / "none.png", file="last_frame")


def test_a_data_uri_is_decoded(
    server: Emulator[VirtualClock], client: AnyClient, target: Path
) -> None:
    uri = "data:video/mp4;base64,AAAAGGZ0eXA="
    server.script.add(Fault("lookup", times=None, change={"data.result_url": uri}))
    assert client.create(KLING).download(target).size == 8
    assert target.read_bytes()[4:8] == b"ftyp"
    assert server.requests_to("content") == []


def test_download_waits_for_a_running_task(client: AnyClient, target: Path) -> None:
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE


def test_a_failed_task_has_no_file(
    server: Emulator[VirtualClock], client: AnyClient, target: Path
) -> None:
    server.script.add(Fault("submit", fail_reason="no"))
    task = client.create(KLING)
    for _ in range(2):
        with pytest.raises(errors.TaskFailedError):
            task.download(target)
    assert list(target.parent.iterdir()) == []


def test_the_path_must_be_a_file_in_an_existing_folder(
    client: AnyClient, task: Task, tmp_path: Path
) -> None:
    for path, problem in ((tmp_path, "is a folder"), (tmp_path / "x" / "v.mp4", "does not exist")):
        with pytest.raises(OSError, match=problem) as caught:
            task.download(path)
        copy = pickle.loads(pickle.dumps(caught.value))
        assert isinstance(copy, errors.OutputFileError)
        assert copy.task_id == task.id
        assert task.id in str(copy)


def test_concurrent_downloads_to_one_file_are_refused(task: Task, target: Path) -> None:
    other = PartFile(target, "another")
    with pytest.raises(errors.DownloadFailedError, match="another process"):
        task.download(target)
    other.close()
    task.download(target)
    assert target.read_bytes() == SAMPLE


def test_a_full_disk_is_reported(task: Task, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(self: PartFile, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartFile, "write", write)
    with pytest.raises(errors.DownloadFailedError, match="No space left"):
        task.download(target)


# Addresses


def test_private_addresses_are_refused_unless_allowed(
    server: Emulator[VirtualClock], client_kind: str, target: Path
) -> None:
    with open_client(client_kind, server, allow_private=False) as client:
        task = client.create(KLING)
        task.download(target)
        # The base URL was set by the user, so a download through the API is allowed.
        assert [each.operation for each in server.requests_to("content")] == ["getVideoContent"]
        server.script.add(Fault("getVideoContent", status=404))
        with pytest.raises(
            errors.DownloadFailedError, match=r"127\.0\.0\.1, which is not a public address"
        ):
            task.download(target, overwrite=True)


Handle = Callable[[BaseHTTPRequestHandler], None]


class OtherHost:
    """Another host: a server on another port of this machine."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.handle: Handle = lambda request: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                outer.handle(self)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=partial(self.server.serve_forever, 0.01), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def other_host() -> Iterator[OtherHost]:
    host = OtherHost()
    yield host
    host.close()


def respond(
    request: BaseHTTPRequestHandler, status: int, content: bytes = b"", **headers: str
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def set_result_url(server: Emulator[VirtualClock], url: str) -> None:
    """Let all lookups return this URL."""
    server.script.add(Fault("lookup", times=None, change={"data.result_url": url}))


def test_redirects_are_followed_without_the_key(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if request.path.startswith("/first"):
            respond(request, 302, Location="/second?Signature=b")
        else:
            respond(request, 200, SAMPLE, Content_Type="video/mp4")

    other_host.handle = handle
    set_result_url(server, f"{other_host.url}/first?Signature=a%2Fb")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert [path for path, _ in other_host.requests] == [
        "/first?Signature=a%2Fb",
        "/second?Signature=b",
    ]
    assert all("authorization" not in headers for _, headers in other_host.requests)


def test_the_api_may_redirect_to_another_host(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    other_host.handle = lambda request: respond(request, 200, SAMPLE)
    server.script.add(Fault("getFile", status=404))
    headers = {"Location": f"{other_host.url}/x?Signature=a"}
    server.script.add(Fault("getVideoContent", status=302, headers=headers))
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert "authorization" not in other_host.requests[0][1]


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://host/x",
        "",
        "http://[::1",
        "http://host:99999/x",
        f"http://{'a' * 70}.test/x",
    ],
)
def test_invalid_redirects(
    server: Emulator[VirtualClock],
    client: AnyClient,
    other_host: OtherHost,
    target: Path,
    location: str,
) -> None:
    other_host.handle = lambda request: respond(request, 302, Location=location)
    set_result_url(server, f"{other_host.url}/x")
    server.script.add(Fault("getVideoContent", status=404))
    with pytest.raises(errors.DownloadFailedError, match=r"without a usable Location|Invalid URL"):
        client.create(KLING).download(target)


def test_redirect_loops_end(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    other_host.handle = lambda request: respond(request, 302, Location="/x")
    set_result_url(server, f"{other_host.url}/x")
    server.script.add(Fault("getVideoContent", status=404))
    with pytest.raises(errors.DownloadFailedError, match="too many redirects"):
        client.create(KLING).download(target)
    assert len(other_host.requests) == 6


def test_a_redirect_to_a_private_address_is_refused(
    server: Emulator[VirtualClock],
    client_kind: str,
    other_host: OtherHost,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # `public.test` has a public address when it is checked, and this machine's when it is connected to.
    real_getaddrinfo = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("public.test", b"public.test"):
            return real_getaddrinfo(host, *arguments, **options)
        if arguments[0] is None:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 0))]
        return real_getaddrinfo("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = other_host.server.server_port
    other_host.handle = lambda request: respond(
        request, 302, Location="http://169.254.169.254/latest"
    )
    set_result_url(server, f"http://public.test:{port}/x")
    server.script.add(Fault("getVideoContent", status=404))
    with (
        open_client(client_kind, server, allow_private=False) as client,
        pytest.raises(
            errors.DownloadFailedError, match=r"169\.254\.169\.254, which is not a public"
        ),
    ):
        client.create(KLING).download(target)
    assert len(other_host.requests) == 1


def test_a_host_without_range_support_sends_the_whole_file(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if len(other_host.requests) > 2:
            respond(request, 200, SAMPLE, ETag='"1"')
            return
        request.send_response(200)
        request.send_header("ETag", '"1"')
        request.send_header("Content-Length", str(len(SAMPLE)))
        request.end_headers()
        request.wfile.write(SAMPLE[:1000])
        request.close_connection = True

    other_host.handle = handle
    set_result_url(server, f"{other_host.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert [headers.get("range") for _, headers in other_host.requests] == [
        None,
        *["bytes=1000-"] * 2,
    ]


def test_a_content_range_at_another_offset_is_ignored(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if "range" not in other_host.requests[-1][1]:
            content = SAMPLE if len(other_host.requests) > 1 else SAMPLE[:1000]
            request.send_response(200)
            request.send_header("ETag", '"1"')
            request.send_header("Content-Length", str(len(SAMPLE)))
            request.end_headers()
            request.wfile.write(content)
            request.close_connection = True
        else:
            content_range = f"bytes 0-{len(SAMPLE) - 1}/{len(SAMPLE)}"
            respond(request, 206, SAMPLE, Content_Range=content_range, ETag='"1"')

    other_host.handle = handle
    set_result_url(server, f"{other_host.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE


def test_an_unsatisfiable_range_starts_over(
    server: Emulator[VirtualClock], client: AnyClient, task: Task, target: Path
) -> None:
    interrupt_download(server, task, target)
    longer = b"x" * 2 * len(SAMPLE)
    target.with_name("out.mp4.part").write_bytes(longer)
    metadata = target.with_name("out.mp4.part.json")
    content = {"size": len(longer), "sha256": hashlib.sha256(longer).hexdigest(), "total": None}
    metadata.write_text(json.dumps({**json.loads(metadata.read_text()), **content}))
    task.download(target)
    assert target.read_bytes() == SAMPLE
    assert [bool(value) for value, _ in ranges(server)][-2:] == [True, False]


def test_a_download_gives_up_after_the_stall_timeout(
    server: Emulator[VirtualClock], client: AnyClient, task: Task, target: Path, clock: ClientClock
) -> None:
    server.script.add(Fault("content", status=503, times=None))
    started = clock.monotonic()
    with pytest.raises(errors.DownloadFailedError, match="HTTP 503"):
        task.download(target)
    assert 900 < clock.monotonic() - started <= 2 * 900 + 60
    assert len(server.requests_to("content")) < 100


# Responses that contradict earlier ones. The first response of the host below ends after a thousand bytes.


Headers = dict[str, str]


class CutHost:
    """Makes a host cut its first response, answer the next with `second`, and then send the file."""

    def __init__(self, host: OtherHost, first: Headers, second: Callable[..., None]) -> None:
        self.host, self.first, self.second = host, first, second
        self.ranges: list[str | None] = []
        host.handle = self.handle

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        self.ranges.append(request.headers.get("Range"))
        if len(self.ranges) == 1:
            headers = {"Content-Length": str(len(SAMPLE)), **self.first}
            send_raw(request, 200, headers, SAMPLE[:1000])
        elif len(self.ranges) == 2:
            self.second(request)
        else:
            respond(request, 200, SAMPLE, ETag='"1"')


def send_raw(
    request: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], content: bytes
) -> None:
    """Send a response, and close the connection after `content` whatever the headers say."""
    request.send_response(status)
    for name, value in headers.items():
        if value:
            request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)
    request.close_connection = True


SIZE, REST = len(SAMPLE), SAMPLE[1000:]
DATE, LATER = "Sun, 01 Nov 2026 09:00:00 GMT", "Sun, 01 Nov 2026 09:00:01 GMT"
WEAK: Headers = {"ETag": 'W/"1"', "Last-Modified": DATE}
STRONG: Headers = {"ETag": '"1"'}
CONTRADICTIONS: dict[str, tuple[Headers, int, Headers, bytes]] = {
    "206 with another size": (
        STRONG,
        206,
        {"Content-Range": f"bytes 1000-1999/{2000}", "ETag": '"1"'},
        b"x" * 1000,
    ),
    "206 with another tag": (
        STRONG,
        206,
        {"Content-Range": f"bytes 1000-{SIZE - 1}/{SIZE}", "ETag": '"2"'},
        b"x" * len(REST),
    ),
    "206 with another weak tag": (
        WEAK,
        206,
        {"Content-Range": f"bytes 1000-{SIZE - 1}/{SIZE}", "ETag": 'W/"2"', "Last-Modified": DATE},
        b"x" * len(REST),
    ),
    "206 with a weak tag instead of a strong one": (
        STRONG,
        206,
        {"Content-Range": f"bytes 1000-{SIZE - 1}/{SIZE}", "ETag": 'W/"1"'},
        b"x" * len(REST),
    ),
    "206 with another date": (
        WEAK,
        206,
        {"Content-Range": f"bytes 1000-{SIZE - 1}/{SIZE}", "Last-Modified": LATER},
        b"x" * len(REST),
    ),
    "206 without any announced size": (
        {**STRONG, "Content-Length": ""},
        206,
        {"Content-Range": "bytes 1000-1999/*", "ETag": '"1"'},
        b"x" * 1000,
    ),
    "206 with an end beyond the size": (
        STRONG,
        206,
        {"Content-Range": f"bytes 1000-{SIZE}/{SIZE}", "ETag": '"1"'},
        b"x" * (len(REST) + 1),
    ),
    "206 with a body longer than its range": (
        STRONG,
        206,
        {"Content-Range": f"bytes 1000-1499/{SIZE}", "ETag": '"1"'},
        b"x" * len(REST),
    ),
    "416 with the received size, not the announced one": (
        STRONG,
        416,
        {"Content-Range": "bytes */1000", "Content-Length": "0"},
        b"",
    ),
    "416 with another tag": (
        {**STRONG, "Content-Length": ""},
        416,
        {"Content-Range": "bytes */1000", "Content-Length": "0", "ETag": '"2"'},
        b"",
    ),
}


@pytest.mark.parametrize("row", CONTRADICTIONS.values(), ids=list(CONTRADICTIONS))
def test_a_contradictory_response_does_not_complete_the_file(
    server: Emulator[VirtualClock],
    client: AnyClient,
    other_host: OtherHost,
    target: Path,
    row: tuple[Headers, int, Headers, bytes],
) -> None:
    first, status, headers, content = row
    host = CutHost(other_host, first, lambda request: send_raw(request, status, headers, content))
    set_result_url(server, f"{other_host.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert host.ranges == [None, "bytes=1000-", None]


@pytest.mark.parametrize("total", ["*", str(SIZE)])
@pytest.mark.parametrize("first", [STRONG, WEAK], ids=["strong tag", "weak tag and date"])
def test_a_matching_range_is_accepted(
    server: Emulator[VirtualClock],
    client: AnyClient,
    other_host: OtherHost,
    target: Path,
    first: Headers,
    total: str,
) -> None:
    headers = {"Content-Range": f"bytes 1000-{SIZE - 1}/{total}", **first}
    host = CutHost(other_host, first, lambda request: send_raw(request, 206, headers, REST))
    set_result_url(server, f"{other_host.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert host.ranges == [None, "bytes=1000-"]


def test_the_api_is_asked_for_the_rest_of_the_same_file_only(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("getFile", truncate=1000))
    server.script.add(Fault("getFile", expired_url=True))
    task.download(target)
    last = server.requests_to("content")[-1]
    assert (last.operation, "if-range" in last.headers) == ("getVideoContent", True)
    assert target.read_bytes() == SAMPLE


# What is saved as MP4 is MP4


def fail_api(server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("getVideoContent", status=404, times=None))


@pytest.mark.parametrize("content", [b"<html>Sign in</html>", b"short", SAMPLE[8:]])
def test_content_that_is_not_mp4_is_kept_aside(
    server: Emulator[VirtualClock],
    client: AnyClient,
    other_host: OtherHost,
    target: Path,
    content: bytes,
) -> None:
    other_host.handle = lambda request: respond(request, 200, content, Content_Type="video/mp4")
    set_result_url(server, f"{other_host.url}/x")
    fail_api(server)
    task = client.create(KLING)
    for _ in range(2):
        with pytest.raises(errors.DownloadFailedError, match="does not begin as an MP4") as caught:
            task.download(target)
        (kept,) = target.parent.iterdir()  # once, although it was downloaded twice
        assert kept.name.startswith("out.mp4.rejected-")
        assert str(kept) in str(caught.value)
        assert kept.read_bytes() == content


def test_the_api_is_the_fallback_for_content_that_is_not_mp4(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    other_host.handle = lambda request: respond(request, 200, b"not a video", ETag='"1"')
    set_result_url(server, f"{other_host.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert [each.name for each in target.parent.iterdir()] == ["out.mp4"]


def test_a_last_frame_need_not_be_mp4(client: AnyClient, tmp_path: Path) -> None:
    frame = client.create(SEEDANCE).download(tmp_path / "last.png", file="last_frame")
    assert frame.path.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("headers", [{}, STRONG], ids=["no tag", "strong tag"])
@pytest.mark.parametrize("size", [1000, 36], ids=["within a box", "between two boxes"])
def test_a_cut_body_of_unknown_size_is_not_complete(
    server: Emulator[VirtualClock],
    client: AnyClient,
    other_host: OtherHost,
    target: Path,
    size: int,
    headers: Headers,
) -> None:
    content = SAMPLE[: size if size > 100 else int.from_bytes(SAMPLE[:4], "big")]

    def handle(request: BaseHTTPRequestHandler) -> None:
        if "Range" in request.headers:
            range_ = {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}
            send_raw(request, 416, range_, b"")
        else:
            send_raw(request, 200, headers, content)

    other_host.handle = handle
    set_result_url(server, f"{other_host.url}/x")
    fail_api(server)
    with pytest.raises(errors.DownloadFailedError, match=r"ends within|no m... box") as caught:
        client.create(KLING).download(target)
    (kept,) = target.parent.iterdir()
    assert kept.read_bytes() == content
    assert str(kept) in str(caught.value)
    assert len(other_host.requests) == 2


def test_a_body_of_unknown_size_that_was_cut_once_is_completed(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        send_raw(request, 200, {}, SAMPLE[:1000] if len(other_host.requests) == 1 else SAMPLE)

    other_host.handle = handle
    set_result_url(server, f"{other_host.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert [each.name for each in target.parent.iterdir()] == ["out.mp4"]


def box(kind: bytes, content: bytes = b"", *, size: int | None = None) -> bytes:
    return (8 + len(content) if size is None else size).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (box(b"ftyp") + box(b"moov") + box(b"mdat"), None),
        (box(b"ftyp") + box(b"mdat", bytes(7) + b"\x10", size=1) + box(b"moov"), None),
        (box(b"ftyp") + box(b"mdat", bytes(7) + b"\x0f", size=1) + box(b"moov"), "ends within"),
        (box(b"ftyp") + box(b"moov") + box(b"mdat", size=0), "ends within"),
        (box(b"ftyp") + box(b"moov") + box(b"mdat", size=7), "ends within"),
        (box(b"ftyp") + box(b"mdat"), "no moov box"),
        (box(b"ftyp") + box(b"moov") + box(b"mdat") + b"\0", "ends within"),
        (box(b"ftyp") * 100_001, "more than 100000 boxes"),
    ],
)
def test_box_structure(content: bytes, problem: str | None) -> None:
    result = find_mp4_problem(io.BytesIO(content), len(content), to_end=True)
    assert result is None if problem is None else problem in (result or "")


# Cookies


def test_file_hosts_do_not_get_cookies_of_each_other(
    server: Emulator[VirtualClock], client: AnyClient, other_host: OtherHost, tmp_path: Path
) -> None:
    third_host = (
        OtherHost()
    )  # the same domain, on another port: a cookie jar does not tell them apart
    third_host.handle = lambda request: respond(request, 200, SAMPLE)

    def handle(request: BaseHTTPRequestHandler) -> None:
        respond(request, 302, Location=f"{third_host.url}/x", Set_Cookie="secret=1; Path=/")

    other_host.handle = handle
    set_result_url(server, f"{other_host.url}/x")
    try:
        for number in range(2):
            client.create(KLING).download(tmp_path / f"{number}.mp4")
    finally:
        third_host.close()
    assert len(third_host.requests) == 2
    assert all("cookie" not in headers for _, headers in other_host.requests + third_host.requests)
    content = server.requests_to("content")
    assert all("cookie" not in each.headers for each in content)
