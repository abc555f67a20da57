"""How a file gets to the disk: resumed, checked, whole or not at all, and never with the key."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.client.support import KLING, SEEDANCE, ClientClock, Orca, Task, orca

from orcarouter import errors
from orcarouter.partfile import PartFile
from orcarouter.testing import Emulator, Fault, VirtualClock

SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.mp4"


@pytest.fixture
def task(client: Orca) -> Task:
    made = client.create(KLING)
    made.wait()
    return made


def ranges(server: Emulator[VirtualClock]) -> list[tuple[str | None, bool]]:
    """Range, and whether If-Range came with it, of each request for the file."""
    return [
        (each.headers.get("range"), "if-range" in each.headers)
        for each in server.requests_to("content")
    ]


def test_a_broken_transfer_goes_on_where_it_broke(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", truncate=2000))
    task.download(target)
    assert ranges(server) == [(None, False), ("bytes=1000-", True), ("bytes=3000-", True)]
    assert target.read_bytes() == SAMPLE


def interrupted(server: Emulator[VirtualClock], task: Task, target: Path) -> None:
    """Leave the first thousand bytes."""
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", status=404, times=2))
    with pytest.raises(errors.DownloadFailed):
        task.download(target)
    assert target.with_name("out.mp4.part").read_bytes() == SAMPLE[:1000]
    assert not target.exists()


def test_another_process_goes_on_where_one_gave_up(
    server: Emulator[VirtualClock], client: Orca, task: Task, target: Path
) -> None:
    interrupted(server, task, target)
    done = client.task(task.id).download(target)
    assert ranges(server)[-1] == ("bytes=1000-", True)
    assert target.read_bytes() == SAMPLE
    assert done.size == len(SAMPLE)
    assert [each.name for each in target.parent.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize(
    ("there", "asked"), [(3000, "bytes=3000-"), (len(SAMPLE), f"bytes={len(SAMPLE)}-")]
)
def test_an_interruption_leaves_what_is_there(
    server: Emulator[VirtualClock], driver: str, target: Path, there: int, asked: str
) -> None:
    def interrupt(received: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with orca("sync", server) as client:
        task = client.create(KLING)
        task.wait()
        server.script.add(Fault("content", truncate=there))
        with pytest.raises(KeyboardInterrupt):
            task.download(target, progress=interrupt)
        task_id = task.id
    assert target.with_name("out.mp4.part").stat().st_size == there
    with orca(driver, server) as client:
        client.task(task_id).download(target)
    assert [wanted for wanted, _ in ranges(server)] == [None, asked]
    assert target.read_bytes() == SAMPLE


def test_what_is_left_of_another_file_is_not_gone_on_with(
    server: Emulator[VirtualClock], client: Orca, task: Task, target: Path
) -> None:
    interrupted(server, task, target)
    client.create(KLING).download(target)
    assert ranges(server)[-1] == (None, False)
    assert target.read_bytes() == SAMPLE


def test_a_file_that_has_changed_is_fetched_anew(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    interrupted(server, task, target)
    notes = target.with_name("out.mp4.part.json")
    notes.write_text(json.dumps({**json.loads(notes.read_text()), "validator": '"older"'}))
    target.with_name("out.mp4.part").write_bytes(b"x" * 1000)
    task.download(target)
    assert ranges(server)[-1] == ("bytes=1000-", True)  # answered with 200 and the whole file
    assert target.read_bytes() == SAMPLE


@pytest.mark.parametrize("notes", ["", "[]", '{"subject": 1}', None])
def test_notes_that_cannot_be_read_mean_a_fresh_start(
    server: Emulator[VirtualClock], task: Task, target: Path, notes: str | None
) -> None:
    interrupted(server, task, target)
    if notes is None:
        target.with_name("out.mp4.part.json").unlink()
    else:
        target.with_name("out.mp4.part.json").write_text(notes)
    task.download(target)
    assert ranges(server)[-1] == (None, False)
    assert target.read_bytes() == SAMPLE


def test_an_older_file_stays_until_the_new_one_is_whole(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    target.write_bytes(b"older")
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", status=404, times=2))
    with pytest.raises(errors.DownloadFailed):
        task.download(target)
    assert target.read_bytes() == b"older"
    task.download(target)
    assert target.read_bytes() == SAMPLE


@pytest.mark.orcarouter_emulator(fresh_urls=True)
def test_an_expired_url_is_asked_for_again(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("getFile", truncate=1000))
    server.script.add(Fault("getFile", expired_url=True))
    looked = len(server.requests_to("lookup"))
    task.download(target)
    assert target.read_bytes() == SAMPLE
    assert len(server.requests_to("lookup")) == looked + 1
    assert [each.operation for each in server.requests_to("content")] == ["getFile"] * 3
    assert ranges(server)[-1] == ("bytes=1000-", True)


def test_without_a_fresh_url_the_api_has_the_file(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    server.script.add(Fault("getFile", truncate=1000))
    server.script.add(Fault("getFile", expired_url=True))
    task.download(target)
    assert target.read_bytes() == SAMPLE
    last = server.requests_to("content")[-1]
    assert (last.operation, last.headers["range"]) == ("getVideoContent", "bytes=1000-")


def test_a_success_without_a_url_comes_through_the_api(
    server: Emulator[VirtualClock], client: Orca, target: Path
) -> None:
    server.script.add(
        Fault("lookup", times=None, change={"data.result_url": "not a URL", "data.data": None})
    )
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE


def test_other_files_of_a_task(client: Orca, tmp_path: Path) -> None:
    marked = {**KLING, "metadata": {**KLING["metadata"], "watermark_info": {"enabled": True}}}
    task = client.create(marked)
    task.download(tmp_path / "marked.mp4", kind="watermarked")
    assert (tmp_path / "marked.mp4").read_bytes() == SAMPLE
    frame = client.create(SEEDANCE).download(tmp_path / "last.png", kind="last_frame")
    assert frame.path.read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(errors.DownloadFailed, match="names no last frame"):
        task.download(tmp_path / "none.png", kind="last_frame")


def test_a_data_uri_is_a_file_too(
    server: Emulator[VirtualClock], client: Orca, target: Path
) -> None:
    uri = "data:video/mp4;base64,AAAAGGZ0eXA="
    server.script.add(Fault("lookup", times=None, change={"data.result_url": uri}))
    assert client.create(KLING).download(target).size == 8
    assert target.read_bytes()[4:8] == b"ftyp"
    assert server.requests_to("content") == []


def test_a_running_task_is_waited_for(client: Orca, target: Path) -> None:
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE


def test_a_failed_task_has_no_file(
    server: Emulator[VirtualClock], client: Orca, target: Path
) -> None:
    server.script.add(Fault("submit", fail_reason="no"))
    task = client.create(KLING)
    for _ in range(2):
        with pytest.raises(errors.TaskFailed):
            task.download(target)
    assert list(target.parent.iterdir()) == []


def test_a_folder_is_no_file(client: Orca, task: Task, tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        task.download(tmp_path)
    with pytest.raises(FileNotFoundError):
        task.download(tmp_path / "nowhere" / "out.mp4")


def test_two_at_once_do_not_write_one_file(task: Task, target: Path) -> None:
    other = PartFile(target, "another")
    with pytest.raises(errors.DownloadFailed, match="another process"):
        task.download(target)
    other.close()
    task.download(target)
    assert target.read_bytes() == SAMPLE


def test_a_folder_that_cannot_be_written_to(
    task: Task, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: PartFile, piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartFile, "take", full)
    with pytest.raises(errors.DownloadFailed, match="No space left"):
        task.download(target)


# Addresses


def test_private_addresses_are_refused_unless_allowed(
    server: Emulator[VirtualClock], driver: str, target: Path
) -> None:
    with orca(driver, server, allow_private=False) as client:
        task = client.create(KLING)
        task.download(target)
        # The API, which is where the user said, still has it.
        assert [each.operation for each in server.requests_to("content")] == ["getVideoContent"]
        server.script.add(Fault("getVideoContent", status=404))
        with pytest.raises(
            errors.DownloadFailed, match=r"127\.0\.0\.1, which is not a public address"
        ):
            task.download(target)


Handle = Callable[[BaseHTTPRequestHandler], None]


class Elsewhere:
    """Another host, on another port of this machine."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.handle: Handle = lambda request: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
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
def elsewhere() -> Iterator[Elsewhere]:
    host = Elsewhere()
    yield host
    host.close()


def answer(
    request: BaseHTTPRequestHandler, status: int, content: bytes = b"", **headers: str
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def at(server: Emulator[VirtualClock], url: str) -> None:
    """Let tasks name this URL."""
    server.script.add(Fault("lookup", times=None, change={"data.result_url": url}))


def test_redirections_are_followed_without_the_key(
    server: Emulator[VirtualClock], client: Orca, elsewhere: Elsewhere, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if request.path.startswith("/first"):
            answer(request, 302, Location="/second?Signature=b")
        else:
            answer(request, 200, SAMPLE, Content_Type="video/mp4")

    elsewhere.handle = handle
    at(server, f"{elsewhere.url}/first?Signature=a%2Fb")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert [path for path, _ in elsewhere.seen] == ["/first?Signature=a%2Fb", "/second?Signature=b"]
    assert all("authorization" not in headers for _, headers in elsewhere.seen)


def test_the_api_may_lead_elsewhere_too(
    server: Emulator[VirtualClock], client: Orca, elsewhere: Elsewhere, target: Path
) -> None:
    elsewhere.handle = lambda request: answer(request, 200, SAMPLE)
    server.script.add(Fault("getFile", status=404))
    away = {"Location": f"{elsewhere.url}/x?Signature=a"}
    server.script.add(Fault("getVideoContent", status=302, headers=away))
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert "authorization" not in elsewhere.seen[0][1]


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
def test_redirections_to_nowhere(
    server: Emulator[VirtualClock], client: Orca, elsewhere: Elsewhere, target: Path, location: str
) -> None:
    elsewhere.handle = lambda request: answer(request, 302, Location=location)
    at(server, f"{elsewhere.url}/x")
    server.script.add(Fault("getVideoContent", status=404))
    with pytest.raises(errors.DownloadFailed, match=r"without a usable address|Invalid URL"):
        client.create(KLING).download(target)


def test_redirections_in_a_circle_end(
    server: Emulator[VirtualClock], client: Orca, elsewhere: Elsewhere, target: Path
) -> None:
    elsewhere.handle = lambda request: answer(request, 302, Location="/x")
    at(server, f"{elsewhere.url}/x")
    server.script.add(Fault("getVideoContent", status=404))
    with pytest.raises(errors.DownloadFailed, match="too many redirections"):
        client.create(KLING).download(target)
    assert len(elsewhere.seen) == 6


def test_a_redirection_into_our_own_network_is_refused(
    server: Emulator[VirtualClock],
    driver: str,
    elsewhere: Elsewhere,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # `public.test` resolves to a public address for the check and leads to this machine.
    real = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("public.test", b"public.test"):
            return real(host, *arguments, **options)
        if arguments[0] is None:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 0))]
        return real("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = elsewhere.server.server_port
    elsewhere.handle = lambda request: answer(
        request, 302, Location="http://169.254.169.254/latest"
    )
    at(server, f"http://public.test:{port}/x")
    server.script.add(Fault("getVideoContent", status=404))
    with (
        orca(driver, server, allow_private=False) as client,
        pytest.raises(errors.DownloadFailed, match=r"169\.254\.169\.254, which is not a public"),
    ):
        client.create(KLING).download(target)
    assert len(elsewhere.seen) == 1


def test_a_host_without_ranges_is_asked_for_all_of_it(
    server: Emulator[VirtualClock], client: Orca, elsewhere: Elsewhere, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if len(elsewhere.seen) > 2:
            answer(request, 200, SAMPLE, ETag='"1"')
            return
        request.send_response(200)
        request.send_header("ETag", '"1"')
        request.send_header("Content-Length", str(len(SAMPLE)))
        request.end_headers()
        request.wfile.write(SAMPLE[:1000])
        request.close_connection = True

    elsewhere.handle = handle
    at(server, f"{elsewhere.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE
    assert [headers.get("range") for _, headers in elsewhere.seen] == [None, *["bytes=1000-"] * 2]


def test_a_range_of_another_place_is_not_taken(
    server: Emulator[VirtualClock], client: Orca, elsewhere: Elsewhere, target: Path
) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if "range" not in elsewhere.seen[-1][1]:
            content = SAMPLE if len(elsewhere.seen) > 1 else SAMPLE[:1000]
            request.send_response(200)
            request.send_header("ETag", '"1"')
            request.send_header("Content-Length", str(len(SAMPLE)))
            request.end_headers()
            request.wfile.write(content)
            request.close_connection = True
        else:
            place = f"bytes 0-{len(SAMPLE) - 1}/{len(SAMPLE)}"
            answer(request, 206, SAMPLE, Content_Range=place, ETag='"1"')

    elsewhere.handle = handle
    at(server, f"{elsewhere.url}/x")
    client.create(KLING).download(target)
    assert target.read_bytes() == SAMPLE


def test_a_range_that_cannot_be_met_starts_over(
    server: Emulator[VirtualClock], client: Orca, task: Task, target: Path
) -> None:
    interrupted(server, task, target)
    with target.with_name("out.mp4.part").open("ab") as part:
        part.write(b"x" * len(SAMPLE))
    task.download(target)
    assert target.read_bytes() == SAMPLE
    assert [bool(asked) for asked, _ in ranges(server)][-2:] == [True, False]


def test_a_download_waits_for_its_host_as_long_as_patience_lasts(
    server: Emulator[VirtualClock], client: Orca, task: Task, target: Path, clock: ClientClock
) -> None:
    server.script.add(Fault("content", status=503, times=None))
    started = clock.monotonic()
    with pytest.raises(errors.DownloadFailed, match="HTTP 503"):
        task.download(target)
    assert 900 < clock.monotonic() - started <= 2 * 900 + 60
    assert len(server.requests_to("content")) < 100
