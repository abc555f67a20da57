"""One submission, wait and download under each fault, with both clients and both servers.

Each row has the faults, the expected outcome (`done` or an exception), and the number of requests.
One server is the emulator, the other one writes to raw sockets. Time is virtual, except where a row
waits for a real read timeout.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from tests.client.raw_service import SAMPLE, RawService
from tests.client.support import (
    CLIENT_KINDS,
    KLING,
    AnyClient,
    ClientClock,
    FlakyTransport,
    make_http_client,
    open_client,
)

from orcarouter import errors
from orcarouter.testing import Emulator, Fault, VirtualClock

DONE = "done"


@pytest.fixture(params=["emulator", "raw"])
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "emulator":
        yield request.getfixturevalue("orcarouter_emulator")
        return
    service = RawService(VirtualClock())
    yield service
    service.close()


ALWAYS = None


@frozen
class Row:
    """A case: faults of the emulator, and what they lead to."""

    name: str
    faults: tuple[Mapping[str, Any], ...]
    outcome: str
    requests: int | None = None
    """How many reach the server; None: not checked."""
    tasks: int = 1
    """How many tasks the service has afterwards."""
    text: str = ""
    """A part of the error message."""
    timeout: float = 3600.0

    def request_timeout(self, seconds: float) -> float:
        """`seconds` if the server never responds, else much more than a request needs."""
        return seconds if any("stall" in fault for fault in self.faults) else 20.0


def row(name: str, *faults: Mapping[str, Any], outcome: str, **options: Any) -> Row:
    return Row(name, faults, outcome, **options)


def ids(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


AFTER = {"when": "after"}
AMBIGUOUS = "AmbiguousSubmissionError"

ODD_STATUSES: list[Any] = [["queued"], True, {}, None, ""]

SUBMIT = [
    row("no fault", outcome=DONE, requests=1),
    row("disconnect before the request is read", {"disconnect": True}, outcome=AMBIGUOUS, requests=1, tasks=0),
    row("disconnect after acceptance", {"disconnect": True, **AFTER}, outcome=AMBIGUOUS, requests=1),
    row("read timeout, not accepted", {"stall": True}, outcome=AMBIGUOUS, requests=1, tasks=0),
    row("read timeout, accepted", {"stall": True, **AFTER}, outcome=AMBIGUOUS, requests=1),
    row("429 with seconds", {"status": 429, "retry_after": 5, "times": 2}, outcome=DONE, requests=3),
    row("429 with a date", {"status": 429, "retry_after_date": 20}, outcome=DONE, requests=2),
    row("429 without Retry-After", {"status": 429, "times": 3}, outcome=DONE, requests=4),
    row("429 for hours", {"status": 429, "retry_after": 7200}, outcome="RateLimitError", requests=1, tasks=0),
    row("429 with Retry-After 0", {"status": 429, "retry_after": 0, "times": ALWAYS},
        outcome="RateLimitError", tasks=0),
    row("429 with a date in the past", {"status": 429, "retry_after_date": -60, "times": ALWAYS},
        outcome="RateLimitError", tasks=0),
    row("429 always", {"status": 429, "times": ALWAYS}, outcome="RateLimitError", tasks=0),
    *(
        row(f"{status}, {when}", {"status": status, "code": "", "when": when}, outcome=AMBIGUOUS,
            requests=1, tasks=int(when == "after"))
        for status in (500, 502, 503, 504, 520, 529)
        for when in ("before", "after")
    ),
    row("408", {"status": 408}, outcome=AMBIGUOUS, requests=1, tasks=0),
    row("503 without a provider", {"status": 503}, outcome="RequestRejectedError", requests=1, tasks=0),
    row("503 model_not_found", {"status": 503, "code": "model_not_found"}, outcome="ModelNotFoundError",
        requests=1, tasks=0),
    row("401", {"status": 401}, outcome="AuthenticationError", requests=1, tasks=0),
    row("402", {"status": 402}, outcome="InsufficientCreditError", requests=1, tasks=0),
    row("413", {"status": 413}, outcome="RequestRejectedError", requests=1, tasks=0),
    row("redirect", {"status": 308, "headers": {"Location": "/elsewhere"}}, outcome="RequestRejectedError",
        requests=1, tasks=0, text="base URL"),
    row("invalid JSON", {"malformed_body": "json", **AFTER}, outcome=AMBIGUOUS, requests=1),
    row("HTML", {"malformed_body": "html", **AFTER}, outcome=AMBIGUOUS, requests=1),
    row("empty body", {"malformed_body": "empty", **AFTER}, outcome=AMBIGUOUS, requests=1),
    row("truncated", {"truncate": 20}, outcome=AMBIGUOUS, requests=1),
    # Whether the id has arrived by the deadline depends on how fast the client reads.
    row("trickle", {"trickle_interval": 60, "trickle_bytes": 10}, outcome=f"{DONE} or {AMBIGUOUS}", requests=1),
    row("unknown status", {"change": {"status": "PONDERING"}}, outcome=DONE, requests=1),
    row("wrong types except for the id", {"change": {"progress": [], "created_at": "x", "status": 7}},
        outcome=DONE, requests=1),
    row("no id", {"change": {"id": 7, "task_id": None}}, outcome=AMBIGUOUS, requests=1),
    row("unprintable id", {"change": {"id": "a\x1b", "task_id": ""}}, outcome=AMBIGUOUS, requests=1),
    row("error with 200", {"body": '{"code": "invalid_request", "message": "no"}'}, outcome="RequestRejectedError",
        requests=1, tasks=0),
    row("unknown error with 200", {"body": '{"code": "odd", "message": "no"}'}, outcome=AMBIGUOUS,
        requests=1, tasks=0),
    *(
        row(f"{status} with an id", {"status": status, "body": '{"id": "task_1"}'}, outcome=AMBIGUOUS,
            requests=1, tasks=0, text="task_1")
        for status in (400, 408, 429, 500, 502)
    ),
    row("cut after the id", {"body": '{"id": "task_1", "status": "queued"}', "truncate": 20}, outcome=DONE,
        requests=1, tasks=0),
    *(
        row(f"a status that is {value!r}", {"change": {"status": value}}, outcome=DONE, requests=1)
        for value in ODD_STATUSES
    ),
    *(
        row(f"429 with Retry-After {value[:30]}", {"status": 429, "retry_after": value}, outcome=DONE, requests=2)
        for value in ("-5", "soon", "nan", "\xff", "Fri, 31 Dec 9999 23:59:59 -999999999999")
    ),
    *(
        row(f"429 with Retry-After {value[:30]}", {"status": 429, "retry_after": value}, outcome="RateLimitError",
            requests=1, tasks=0)
        for value in ("9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT")
    ),
    row("201", {"status": 201, "body": '{"id": "task_1"}'}, outcome=DONE, requests=1, tasks=0),
]  # fmt: skip


@ids(SUBMIT)
@pytest.mark.parametrize("client_kind", CLIENT_KINDS)
def test_submit(server: Emulator[VirtualClock], client_kind: str, row: Row) -> None:
    for fault in row.faults:
        server.script.add(Fault("submit", **fault))
    with open_client(client_kind, server, timeout=row.request_timeout(1.0)) as client:
        try:
            task = client.create(KLING)
            outcome, error = DONE, None
        except errors.OrcaRouterError as raised:
            outcome, error = type(raised).__name__, raised
    assert outcome in row.outcome.split(" or "), error
    assert row.text in str(error or "")
    assert len(server.requests_to("submit")) <= 8
    assert row.requests in (None, len(server.requests_to("submit")))
    assert len(server.tasks) == row.tasks
    if outcome == DONE:
        assert task.id in (*server.tasks, "task_1")
    if isinstance(error, errors.AmbiguousSubmissionError):
        assert (error.model, len(error.digest)) == (KLING["model"], 64)
        assert error.submitted_at == pytest.approx(server.requests_to("submit")[0].at, abs=1)
        assert "before you submit it again" in str(error)
    if error is not None:
        check_pickling(error)


WAIT = [
    row("no fault", outcome=DONE),
    row("disconnects before", {"disconnect": True, "times": 20}, outcome=DONE),
    row("disconnects after", {"disconnect": True, **AFTER, "times": 20}, outcome=DONE),
    row("read timeouts", {"stall": True, "times": 2}, outcome=DONE),
    row("429 with seconds", {"status": 429, "retry_after": 45, "times": 2}, outcome=DONE, requests=3),
    row("429 with a date", {"status": 429, "retry_after_date": 45}, outcome=DONE, requests=2),
    row("429 without Retry-After", {"status": 429, "times": 3}, outcome=DONE, requests=4),
    row("429 for hours", {"status": 429, "retry_after": 7200}, outcome="done or WaitTimeoutError"),
    *(
        row(str(status), {"status": status, "times": 9}, outcome=DONE, requests=10)
        for status in (500, 502, 503, 504, 520, 529)
    ),
    row("503 always", {"status": 503, "times": ALWAYS}, outcome="WaitTimeoutError", text="HTTP 503"),
    row("invalid JSON", {"malformed_body": "json", "times": 3}, outcome=DONE, requests=4),
    row("HTML", {"malformed_body": "html", "times": 3}, outcome=DONE, requests=4),
    row("empty body", {"malformed_body": "empty", "times": 3}, outcome=DONE, requests=4),
    row("truncated", {"truncate": 30, "times": 3}, outcome=DONE),
    row("trickle", {"trickle_interval": 30, "trickle_bytes": 10}, outcome=DONE),
    row("trickling error", {"status": 503, "trickle_interval": 30, "trickle_bytes": 10}, outcome=DONE),
    row("unknown status", {"change": {"data.status": "PONDERING"}, "times": 3}, outcome=DONE, requests=4),
    row("unknown status always", {"change": {"data.status": "PONDERING"}, "times": ALWAYS},
        outcome="WaitTimeoutError", text="unknown status was PONDERING"),
    row("status of the wrong type", {"change": {"data.status": 7}}, outcome=DONE, requests=2),
    row("status null", {"change": {"data.status": None}}, outcome=DONE, requests=2),
    row("data is a list", {"change": {"data": []}}, outcome=DONE, requests=2),
    row("an error with 200", {"body": '{"code": "odd", "message": "later", "data": null}'}, outcome=DONE,
        requests=2),
    row("wrong types elsewhere", {"change": {"data.progress": [], "data.finish_time": {}}}, outcome=DONE),
    row("the task disappears", {"change": {"data.status": "QUEUED"}}, {"unknown_task": True},
        outcome="TaskNotFoundError"),
    row("another task", {"change": {"data.task_id": "task_OTHER"}, "times": 9}, outcome=DONE, requests=10),
    row("another task always", {"change": {"data.task_id": "task_OTHER"}, "times": ALWAYS},
        outcome="LookupFailedError", requests=10, text="task_OTHER"),
    row("unknown at first", {"status": 404, "code": "task_not_exist", "times": 3}, outcome=DONE, requests=4),
    row("unknown always", {"status": 404, "code": "task_not_exist", "times": ALWAYS}, outcome="TaskNotFoundError"),
    *(
        row(f"429 with Retry-After {value[:30]}", {"status": 429, "retry_after": value}, outcome="done or WaitTimeoutError")
        for value in ("-5", "nan", "\xff", "9" * 400, "Fri, 31 Dec 9999 23:59:59 -2359")
    ),
    row("401", {"status": 401}, outcome="LookupFailedError", requests=1, text="API key"),
    row("403", {"status": 403}, outcome="LookupFailedError", requests=1),
    row("403 of a proxy", {"status": 403, "malformed_body": "html", "times": 2}, outcome=DONE, requests=3),
    row("403 of a proxy always", {"status": 403, "malformed_body": "html", "times": ALWAYS},
        outcome="LookupFailedError", requests=3),
    row("redirect", {"status": 302, "headers": {"Location": "/login"}, "times": 2}, outcome=DONE, requests=3),
]  # fmt: skip


@ids(WAIT)
@pytest.mark.parametrize("client_kind", CLIENT_KINDS)
def test_wait(server: Emulator[VirtualClock], client_kind: str, row: Row) -> None:
    token = submit_task(client_kind, server)
    with open_client(client_kind, server, timeout=row.request_timeout(0.3)) as client:
        task = client.task(token)
        for fault in row.faults:
            server.script.add(Fault("lookup", **fault))
        started = server.clock.time()
        try:
            snapshot = task.wait(row.timeout)
            outcome, error = DONE, None
        except errors.OrcaRouterError as raised:
            outcome, error = type(raised).__name__, raised
        assert outcome in row.outcome, error
        assert server.clock.time() - started <= row.timeout + 1
        assert len(server.requests_to("submit")) == len(server.tasks) == 1
        assert row.requests in (None, len(server.requests_to("lookup")))
        if error is None:
            assert snapshot.video_url
        else:
            assert isinstance(error, errors.TaskError)
            assert error.task_id == task.id
            assert task.id in str(error)
            assert row.text in str(error)
            check_pickling(error)
        if isinstance(error, errors.WaitTimeoutError):
            assert error.timeline
            assert error.may_be_running


def closed_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


DOWNLOAD = [
    row("no fault", outcome=DONE, requests=1),
    row("disconnects before", {"disconnect": True, "times": 5}, outcome=DONE, requests=6),
    row("read timeout", {"stall": True}, outcome=DONE, requests=2),
    row("429 with seconds", {"status": 429, "retry_after": 45, "times": 2}, outcome=DONE, requests=3),
    row("429 with a date", {"status": 429, "retry_after_date": 45}, outcome=DONE, requests=2),
    row("429 without Retry-After", {"status": 429, "times": 3}, outcome=DONE, requests=4),
    *(
        row(str(status), {"status": status, "times": 5}, outcome=DONE, requests=6)
        for status in (500, 502, 503, 504, 520, 529)
    ),
    row("503 always", {"status": 503, "times": ALWAYS}, outcome="DownloadFailedError"),
    row("503 until the timeout", {"status": 503, "times": ALWAYS}, outcome="DownloadFailedError", timeout=300.0,
        text="longer than 300 s"),
    row("HTML instead of the file", {"malformed_body": "html"}, outcome=DONE, requests=2),
    row("JSON instead of the file", {"malformed_body": "json"}, outcome=DONE, requests=2),
    row("empty body", {"malformed_body": "empty"}, outcome=DONE, requests=2),
    row("truncated", {"truncate": 1000}, outcome=DONE, requests=2),
    row("truncated several times", {"truncate": 1500, "times": 5}, outcome=DONE, requests=6),
    row("truncated before the first byte", {"truncate": 0, "times": 3}, outcome=DONE, requests=4),
    row("trickle", {"trickle_interval": 10, "trickle_bytes": 1000}, outcome=DONE, requests=1),
    row("trickle until the timeout", {"trickle_interval": 10, "trickle_bytes": 1000}, outcome="DownloadFailedError", requests=1, timeout=30.0,
        text="longer than 30 s"),
    *(
        row(f"429 with Retry-After {value[:30]}", {"status": 429, "retry_after": value}, outcome=DONE)
        for value in ("-5", "nan", "\xff", "9" * 400, "Fri, 31 Dec 9999 23:59:59 -2359")
    ),
    row("206 at another offset", {"status": 206, "body": "x", "headers": {"Content-Range": "bytes 9-9/10"}}, outcome=DONE),
    row("416 before the first byte", {"status": 416, "headers": {"Content-Range": "bytes */5"}}, outcome=DONE),
    row("a file that is no MP4", {"body": "no video", "times": 2}, outcome=DONE),
    row("the URL expires", {"expired_url": True}, outcome=DONE),
    row("the URL is not found", {"status": 404}, outcome=DONE),
    row("the URL expires, and the API has no file", {"expired_url": True, "times": ALWAYS},
        outcome="DownloadFailedError"),
]  # fmt: skip


@ids(DOWNLOAD)
@pytest.mark.parametrize("client_kind", CLIENT_KINDS)
def test_download(
    server: Emulator[VirtualClock], client_kind: str, row: Row, tmp_path: Path
) -> None:
    target = tmp_path / "out.mp4"
    token = submit_task(client_kind, server)
    with open_client(client_kind, server, timeout=row.request_timeout(0.3)) as client:
        task = client.task(token)
        task.wait()
        for fault in row.faults:
            server.script.add(Fault("content", **fault))
        try:
            task.download(target, timeout=row.timeout)
            outcome, error = DONE, None
        except errors.OrcaRouterError as raised:
            outcome, error = type(raised).__name__, raised
        assert outcome == row.outcome, error
        assert len(server.requests_to("submit")) == 1
        assert row.requests in (None, len(server.requests_to("content")))
        if error is None:
            assert target.read_bytes() == SAMPLE
            assert [each.name for each in tmp_path.iterdir()] == ["out.mp4"]
        else:
            assert isinstance(error, errors.DownloadFailedError)
            assert (error.task_id, error.may_be_running) == (task.id, False)
            assert row.text in str(error)
            assert not target.exists()
            check_pickling(error)


@pytest.mark.parametrize("client_kind", CLIENT_KINDS)
@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectError("[Errno -2] Name or service not known"),
        httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
        httpx.ConnectTimeout("timed out"),
    ],
    ids=["refused", "DNS", "TLS", "connect timeout"],
)
class TestNoConnection:
    """Failures before anything is sent."""

    def test_submit_recovers(
        self, server: Emulator[VirtualClock], client_kind: str, error: httpx.TransportError
    ) -> None:
        transport = FlakyTransport(error, times=2)
        with open_client(
            client_kind, server, http_client=make_http_client(client_kind, transport)
        ) as client:
            client.create(KLING)
        assert (transport.attempts, len(server.tasks)) == (3, 1)

    def test_submit_gives_up(
        self, server: Emulator[VirtualClock], client_kind: str, error: httpx.TransportError
    ) -> None:
        transport = FlakyTransport(error, times=99)
        with (
            open_client(
                client_kind, server, http_client=make_http_client(client_kind, transport)
            ) as client,
            pytest.raises(errors.APIConnectionError, match="Nothing was submitted") as caught,
        ):
            client.create(KLING)
        assert (transport.attempts, len(server.tasks)) == (3, 0)
        check_pickling(caught.value)

    def test_a_wait_survives_ten_minutes(
        self, server: Emulator[VirtualClock], client_kind: str, error: httpx.TransportError
    ) -> None:
        end = server.clock.time() + 600
        is_outage = False

        def down() -> bool:
            return is_outage and server.clock.time() < end

        transport = FlakyTransport(error, down=down)
        with open_client(
            client_kind, server, http_client=make_http_client(client_kind, transport)
        ) as client:
            task = client.create(KLING)
            is_outage = True
            assert task.wait().video_url
        assert len(server.requests_to("submit")) == 1
        assert 10 < transport.attempts < 60
        assert server.clock.time() < end + 60

    def test_a_wait_ends_at_its_deadline(
        self, server: Emulator[VirtualClock], client_kind: str, error: httpx.TransportError
    ) -> None:
        transport = FlakyTransport(error)
        with open_client(
            client_kind, server, http_client=make_http_client(client_kind, transport)
        ) as client:
            task = client.create(KLING)
            transport.remaining = 10**6
            with pytest.raises(errors.WaitTimeoutError) as caught:
                task.wait(300)
            assert caught.value.task_id == task.id
            assert caught.value.may_be_running
            transport.remaining = 0
            assert task.wait().video_url


def test_real_connection_failures(
    server: Emulator[VirtualClock], client_kind: str, clock: ClientClock
) -> None:
    for url in (
        f"http://127.0.0.1:{closed_port()}/v1",
        "http://nowhere.invalid/v1",
        server.base_url.replace("http:", "https:"),
    ):
        client = AnyClient(client_kind, clock, base_url=url)
        with pytest.raises(errors.APIConnectionError, match="Nothing was submitted"):
            client.create(KLING)
        client.close()
    assert server.requests_to("submit") == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{closed}/x", "http://nowhere.invalid/x", "https://127.0.0.1:{plain}/x"],
    ids=["refused", "DNS", "TLS"],
)
def test_the_api_is_the_fallback_for_an_unreachable_host(
    server: Emulator[VirtualClock],
    client: AnyClient,
    tmp_path: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_getaddrinfo = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **options: Any) -> Any:
        # Not resolved for real, which may take seconds to fail.
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real_getaddrinfo(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    plain = server.files_url.rpartition(":")[2]
    url = url.format(closed=closed_port(), plain=plain) + "?Signature=s"
    server.script.add(Fault("lookup", times=None, change={"data.result_url": url}))
    client.create(KLING).download(tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == SAMPLE
    assert [each.operation for each in server.requests_to("content")] == ["getVideoContent"]


def submit_task(client_kind: str, server: Emulator[VirtualClock]) -> str:
    """The resume token of a new task."""
    with open_client(client_kind, server) as client:
        return str(client.create(KLING).handle.resume_token())


def check_pickling(error: errors.OrcaRouterError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))
    expected = {key: value for key, value in vars(error).items() if key != "reason"}
    assert {key: value for key, value in vars(copy).items() if key != "reason"} == expected
    assert str(getattr(copy, "reason", None)) == str(getattr(error, "reason", None))
