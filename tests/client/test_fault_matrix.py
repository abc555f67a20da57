"""What becomes of one submission, one wait and one download under each fault, with both drivers.

The rows say what goes wrong, what the caller gets, and how many requests that takes. The server is the emulator, time
is virtual except where a row waits for a real read timeout.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from tests.client.support import DRIVERS, KLING, ClientClock, Flaky, Orca, orca, through

from orcarouter import errors
from orcarouter.testing import Emulator, Fault, VirtualClock

DONE = "done"
ALWAYS = None
DOWN = "down"  # no connection can be made


@frozen
class Row:
    """One fault: steps of the script for the operation, or DOWN for how many attempts."""

    name: str
    steps: tuple[Mapping[str, Any], ...]
    outcome: str
    requests: int | None = None
    """How many reach the server; None where the number does not matter."""
    tasks: int = 1
    """How many tasks the service has in the end."""
    text: str = ""
    """What the error must say."""
    timeout: float = 3600.0

    def patience(self, seconds: float) -> float:
        """What a request is given: little where the server never answers, else much more than it needs."""
        return seconds if any("stall" in step for step in self.steps) else 20.0


def row(name: str, *steps: Mapping[str, Any], to: str, **more: Any) -> Row:
    return Row(name, steps, to, **more)


def ids(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


AFTER = {"when": "after"}
UNKNOWN = "SubmissionUnknown"

SUBMIT = [
    row("no fault", to=DONE, requests=1),
    row("disconnect before it is read", {"disconnect": True}, to=UNKNOWN, requests=1, tasks=0),
    row("disconnect after it is accepted", {"disconnect": True, **AFTER}, to=UNKNOWN, requests=1),
    row("read timeout, not accepted", {"stall": True}, to=UNKNOWN, requests=1, tasks=0),
    row("read timeout, accepted", {"stall": True, **AFTER}, to=UNKNOWN, requests=1),
    row("429 with seconds", {"status": 429, "retry_after": 5, "times": 2}, to=DONE, requests=3),
    row("429 with a date", {"status": 429, "retry_after_date": 20}, to=DONE, requests=2),
    row("429 without a hint", {"status": 429, "times": 3}, to=DONE, requests=4),
    row("429 for hours", {"status": 429, "retry_after": 7200}, to="RateLimited", requests=1, tasks=0),
    row("429 that asks for no pause", {"status": 429, "retry_after": 0, "times": ALWAYS},
        to="RateLimited", tasks=0),
    row("429 with a date that is over", {"status": 429, "retry_after_date": -60, "times": ALWAYS},
        to="RateLimited", tasks=0),
    row("429 for ever", {"status": 429, "times": ALWAYS}, to="RateLimited", tasks=0),
    *(
        row(f"{status}, {when}", {"status": status, "code": "", "when": when}, to=UNKNOWN,
            requests=1, tasks=int(when == "after"))
        for status in (500, 502, 503, 504, 520, 529)
        for when in ("before", "after")
    ),
    row("408", {"status": 408}, to=UNKNOWN, requests=1, tasks=0),
    row("503 without a provider", {"status": 503}, to="Refused", requests=1, tasks=0),
    row("503 model_not_found", {"status": 503, "code": "model_not_found"}, to="ModelNotFound",
        requests=1, tasks=0),
    row("401", {"status": 401}, to="KeyRefused", requests=1, tasks=0),
    row("402", {"status": 402}, to="NoCredit", requests=1, tasks=0),
    row("413", {"status": 413}, to="Refused", requests=1, tasks=0),
    row("redirected", {"status": 308, "headers": {"Location": "/elsewhere"}}, to="Refused",
        requests=1, tasks=0, text="base URL"),
    row("invalid JSON", {"malformed_body": "json", **AFTER}, to=UNKNOWN, requests=1),
    row("HTML", {"malformed_body": "html", **AFTER}, to=UNKNOWN, requests=1),
    row("nothing", {"malformed_body": "empty", **AFTER}, to=UNKNOWN, requests=1),
    row("truncated", {"truncate": 20}, to=UNKNOWN, requests=1),
    row("slow drip", {"trickle_interval": 60, "trickle_bytes": 10}, to=UNKNOWN, requests=1),
    row("unknown status", {"change": {"status": "PONDERING"}}, to=DONE, requests=1),
    row("wrong types beside the id", {"change": {"progress": [], "created_at": "x", "status": 7}},
        to=DONE, requests=1),
    row("no id", {"change": {"id": 7, "task_id": None}}, to=UNKNOWN, requests=1),
    row("an id that is no text", {"change": {"id": "a\x1b", "task_id": ""}}, to=UNKNOWN, requests=1),
    row("error with 200", {"body": '{"code": "invalid_request", "message": "no"}'}, to="Refused",
        requests=1, tasks=0),
    row("strange error with 200", {"body": '{"code": "odd", "message": "no"}'}, to=UNKNOWN,
        requests=1, tasks=0),
    row("201", {"status": 201, "body": '{"id": "task_1"}'}, to=DONE, requests=1, tasks=0),
]  # fmt: skip


@ids(SUBMIT)
@pytest.mark.parametrize("driver", DRIVERS)
def test_submit(server: Emulator[VirtualClock], driver: str, row: Row) -> None:
    for step in row.steps:
        server.script.add(Fault("submit", **step))
    with orca(driver, server, timeout=row.patience(1.0)) as client:
        try:
            task = client.create(KLING)
            outcome, error = DONE, None
        except errors.OrcaRouterError as raised:
            outcome, error = type(raised).__name__, raised
    assert outcome == row.outcome, error
    assert row.text in str(error or "")
    assert len(server.requests_to("submit")) <= 8
    assert row.requests in (None, len(server.requests_to("submit")))
    assert len(server.tasks) == row.tasks
    if outcome == DONE:
        assert task.id in (*server.tasks, "task_1")
    if isinstance(error, errors.SubmissionUnknown):
        assert (error.model, len(error.digest)) == (KLING["model"], 64)
        assert error.submitted_at == pytest.approx(server.requests_to("submit")[0].at, abs=1)
        assert "before you submit it again" in str(error)
    if error is not None:
        same_after_pickling(error)


WAIT = [
    row("no fault", to=DONE),
    row("disconnects before", {"disconnect": True, "times": 20}, to=DONE),
    row("disconnects after", {"disconnect": True, **AFTER, "times": 20}, to=DONE),
    row("read timeouts", {"stall": True, "times": 2}, to=DONE),
    row("429 with seconds", {"status": 429, "retry_after": 45, "times": 2}, to=DONE, requests=3),
    row("429 with a date", {"status": 429, "retry_after_date": 45}, to=DONE, requests=2),
    row("429 without a hint", {"status": 429, "times": 3}, to=DONE, requests=4),
    row("429 for hours", {"status": 429, "retry_after": 7200}, to="done or WaitTimeout"),
    *(
        row(str(status), {"status": status, "times": 9}, to=DONE, requests=10)
        for status in (500, 502, 503, 504, 520, 529)
    ),
    row("503 for ever", {"status": 503, "times": ALWAYS}, to="WaitTimeout", text="HTTP 503"),
    row("invalid JSON", {"malformed_body": "json", "times": 3}, to=DONE, requests=4),
    row("HTML", {"malformed_body": "html", "times": 3}, to=DONE, requests=4),
    row("nothing", {"malformed_body": "empty", "times": 3}, to=DONE, requests=4),
    row("truncated", {"truncate": 30, "times": 3}, to=DONE),
    row("slow drip", {"trickle_interval": 30, "trickle_bytes": 10}, to=DONE),
    row("an error that drips", {"status": 503, "trickle_interval": 30, "trickle_bytes": 10}, to=DONE),
    row("unknown status", {"change": {"data.status": "PONDERING"}, "times": 3}, to=DONE, requests=4),
    row("unknown status for ever", {"change": {"data.status": "PONDERING"}, "times": ALWAYS},
        to="WaitTimeout", text="the unknown state PONDERING"),
    row("status of a wrong type", {"change": {"data.status": 7}}, to=DONE, requests=2),
    row("status null", {"change": {"data.status": None}}, to=DONE, requests=2),
    row("data a list", {"change": {"data": []}}, to=DONE, requests=2),
    row("an error with 200", {"body": '{"code": "odd", "message": "later", "data": null}'}, to=DONE,
        requests=2),
    row("wrong types elsewhere", {"change": {"data.progress": [], "data.finish_time": {}}}, to=DONE),
    row("the task disappears", {"change": {"data.status": "QUEUED"}}, {"unknown_task": True},
        to="TaskNotFound", requests=2),
    row("401", {"status": 401}, to="LookupFailed", requests=1, text="API key"),
    row("403", {"status": 403}, to="LookupFailed", requests=1),
    row("403 of something between", {"status": 403, "malformed_body": "html", "times": 2}, to=DONE, requests=3),
    row("403 of something between for ever", {"status": 403, "malformed_body": "html", "times": ALWAYS},
        to="LookupFailed", requests=3),
    row("redirected", {"status": 302, "headers": {"Location": "/login"}, "times": 2}, to=DONE, requests=3),
]  # fmt: skip


@ids(WAIT)
@pytest.mark.parametrize("driver", DRIVERS)
def test_wait(server: Emulator[VirtualClock], driver: str, row: Row) -> None:
    token = submitted(driver, server)
    with orca(driver, server, timeout=row.patience(0.3)) as client:
        task = client.task(token)
        for step in row.steps:
            server.script.add(Fault("lookup", **step))
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
            same_after_pickling(error)
        if isinstance(error, errors.WaitTimeout):
            assert error.timeline
            assert error.may_be_running


def closed_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


DOWNLOAD = [
    row("no fault", to=DONE, requests=1),
    row("disconnects before", {"disconnect": True, "times": 5}, to=DONE, requests=6),
    row("read timeout", {"stall": True}, to=DONE, requests=2),
    row("429 with seconds", {"status": 429, "retry_after": 45, "times": 2}, to=DONE, requests=3),
    row("429 with a date", {"status": 429, "retry_after_date": 45}, to=DONE, requests=2),
    row("429 without a hint", {"status": 429, "times": 3}, to=DONE, requests=4),
    *(
        row(str(status), {"status": status, "times": 5}, to=DONE, requests=6)
        for status in (500, 502, 503, 504, 520, 529)
    ),
    row("503 for ever", {"status": 503, "times": ALWAYS}, to="DownloadFailed"),
    row("503 until the time is over", {"status": 503, "times": ALWAYS}, to="DownloadFailed", timeout=300.0,
        text="longer than 300 s"),
    row("HTML in its place", {"malformed_body": "html"}, to=DONE, requests=2),
    row("JSON in its place", {"malformed_body": "json"}, to=DONE, requests=2),
    row("nothing in its place", {"malformed_body": "empty"}, to=DONE, requests=2),
    row("truncated", {"truncate": 1000}, to=DONE, requests=2),
    row("truncated again and again", {"truncate": 1500, "times": 5}, to=DONE, requests=6),
    row("truncated before the first byte", {"truncate": 0, "times": 3}, to=DONE, requests=4),
    row("slow drip", {"trickle_interval": 10, "trickle_bytes": 1000}, to=DONE, requests=1),
    row("a drip too slow", {"trickle_interval": 10, "trickle_bytes": 1000}, to="DownloadFailed", requests=1, timeout=30.0,
        text="longer than 30 s"),
    row("the URL expires", {"expired_url": True}, to=DONE),
    row("the URL is gone", {"status": 404}, to=DONE),
    row("the URL expires, and the API has no file", {"expired_url": True, "times": ALWAYS},
        to="DownloadFailed"),
]  # fmt: skip


@ids(DOWNLOAD)
@pytest.mark.parametrize("driver", DRIVERS)
def test_download(server: Emulator[VirtualClock], driver: str, row: Row, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    token = submitted(driver, server)
    with orca(driver, server, timeout=row.patience(0.3)) as client:
        task = client.task(token)
        task.wait()
        for step in row.steps:
            server.script.add(Fault("content", **step))
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
            assert isinstance(error, errors.DownloadFailed)
            assert (error.task_id, error.may_be_running) == (task.id, False)
            assert row.text in str(error)
            assert not target.exists()
            same_after_pickling(error)


@pytest.mark.parametrize("driver", DRIVERS)
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
        self, server: Emulator[VirtualClock], driver: str, error: httpx.TransportError
    ) -> None:
        transport = Flaky(error, times=2)
        with orca(driver, server, http_client=through(driver, transport)) as client:
            client.create(KLING)
        assert (transport.attempts, len(server.tasks)) == (3, 1)

    def test_submit_gives_up(
        self, server: Emulator[VirtualClock], driver: str, error: httpx.TransportError
    ) -> None:
        transport = Flaky(error, times=99)
        with (
            orca(driver, server, http_client=through(driver, transport)) as client,
            pytest.raises(errors.Unreachable, match="Nothing was submitted") as caught,
        ):
            client.create(KLING)
        assert (transport.attempts, len(server.tasks)) == (3, 0)
        same_after_pickling(caught.value)

    def test_a_wait_outlives_ten_minutes(
        self, server: Emulator[VirtualClock], driver: str, error: httpx.TransportError
    ) -> None:
        back = server.clock.time() + 600
        up = True

        def down() -> bool:
            return not up and server.clock.time() < back

        transport = Flaky(error, down=down)
        with orca(driver, server, http_client=through(driver, transport)) as client:
            task = client.create(KLING)
            up = False
            assert task.wait().video_url
        assert len(server.requests_to("submit")) == 1
        assert 10 < transport.attempts < 60
        assert server.clock.time() < back + 60

    def test_a_wait_ends_at_its_deadline(
        self, server: Emulator[VirtualClock], driver: str, error: httpx.TransportError
    ) -> None:
        transport = Flaky(error)
        with orca(driver, server, http_client=through(driver, transport)) as client:
            task = client.create(KLING)
            transport.left = 10**6
            with pytest.raises(errors.WaitTimeout) as caught:
                task.wait(300)
            assert caught.value.task_id == task.id
            assert caught.value.may_be_running
            transport.left = 0
            assert task.wait().video_url


def test_real_names_and_certificates(
    server: Emulator[VirtualClock], driver: str, clock: ClientClock
) -> None:
    for url in (
        f"http://127.0.0.1:{closed_port()}/v1",
        "http://nowhere.invalid/v1",
        server.base_url.replace("http:", "https:"),
    ):
        client = Orca(driver, clock, base_url=url)
        with pytest.raises(errors.Unreachable, match="Nothing was submitted"):
            client.create(KLING)
        client.close()
    assert server.requests_to("submit") == []


@pytest.mark.parametrize(
    "where",
    ["http://127.0.0.1:{closed}/x", "http://nowhere.invalid/x", "https://127.0.0.1:{plain}/x"],
    ids=["refused", "DNS", "TLS"],
)
def test_a_file_host_without_connection_leaves_the_api(
    server: Emulator[VirtualClock],
    client: Orca,
    tmp_path: Path,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolved = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **options: Any) -> Any:
        # A real resolver takes its time to find nothing.
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolved(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    plain = server.files_url.rpartition(":")[2]
    gone = where.format(closed=closed_port(), plain=plain) + "?Signature=s"
    server.script.add(Fault("lookup", times=None, change={"data.result_url": gone}))
    client.create(KLING).download(tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == SAMPLE
    assert [each.operation for each in server.requests_to("content")] == ["getVideoContent"]


def submitted(driver: str, server: Emulator[VirtualClock]) -> str:
    """The resume token of a new task."""
    with orca(driver, server) as client:
        return str(client.create(KLING).handle.resume_token())


def same_after_pickling(error: errors.OrcaRouterError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))
    ours = {key: value for key, value in vars(error).items() if key != "reason"}
    assert {key: value for key, value in vars(copy).items() if key != "reason"} == ours
    assert str(getattr(copy, "reason", None)) == str(getattr(error, "reason", None))


SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()
