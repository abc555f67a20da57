"""Task ids: none that has arrived is lost, whatever else the response is, and whatever fails later."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from tests.client.support import KLING, AnyClient, ClientClock, open_client
from tests.raw_server import respond, serve

from orcarouter import Event, errors
from orcarouter.testing import Emulator, VirtualClock

PAID = "task_PAID"
ID = b'{"id": "task_PAID", '

ODD_SUCCESSES: dict[str, bytes] = {
    **{
        f"status {text}": respond(b'{"id": "task_PAID", "status": %s}' % text.encode())
        for text in ('["queued"]', "true", "{}", "7", "null", '""', "1e999", "NaN", '{"a": []}')
    },
    "data instead of an object": respond(ID + b'"data": ["x"], "status": []}'),
    "wrapped": respond({"data": {"task_id": PAID, "status": [1]}}),
    "wrapped, both odd": respond({"status": {}, "data": {"task_id": PAID, "status": True}}),
    "odd everywhere": respond(
        {"id": PAID, "progress": {}, "created_at": [], "model": 7, "metadata": 1, "error": [2]}
    ),
    "number of 4,500 digits": respond(ID + b'"created_at": ' + b"9" * 4500 + b"}"),
    "5,000 nested lists": respond(ID + b'"x": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "900 nested lists": respond(ID + b'"x": ' + b"[" * 900 + b"]" * 900 + b"}"),
    "5,000 nested lists before the id": respond(
        b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b', "id": "task_PAID"}'
    ),
    "byte that is not UTF-8": respond(ID + b'"message": "\xff"}'),
    "text behind the object": respond(ID + b'"status": "queued"} and more'),
    "another object behind it": respond(ID + b'"status": "queued"}{"id": "task_OTHER"}'),
    "cut": respond(ID + b'"status": "que', length=500),
    "cut behind the id": respond(b'{"id": "task_PAID"', length=500),
    "cut in the data": respond(b'{"data": {"x": [1], "task_id": "task_PAID", "y', length=500),
    "not terminated": respond(ID + b'"status": "que'),
    "201": respond({"id": PAID, "status": []}, "201 Created"),
}

NO_IDS: dict[str, bytes] = {
    "cut within the id": respond(b'{"id": "task_PA', length=500),
    "id of something nested": respond(b'{"x": {"id": "task_PAID"}, "y', length=500),
    "id in a list": respond(b'[{"id": "task_PAID"}, ', length=500),
    "id with a byte that is not UTF-8": respond(b'{"id": "task_\xff"}'),
    "id of the request": respond({"id": "req-1"}).replace(
        b"Connection:", b"X-Orca-Request-Id: req-1\r\nConnection:"
    ),
}

REJECTIONS: dict[str, bytes] = {
    **{
        f"{status} {name}": respond(body, f"{status} Odd")
        for status in (308, 400, 404, 408, 429, 500, 503)
        for name, body in {
            "id": {"id": PAID},
            "task_id": {"error": {"message": "no"}, "task_id": PAID},
            "in the error": {
                "error": {"code": "model_not_found", "message": "no", "task_id": PAID}
            },
            "in the data": {"code": "x", "message": "no", "data": {"task_id": PAID}},
            "not JSON": ID + b"oops",
        }.items()
    },
    "503 cut": respond(ID + b'"error": ', "503 Odd", length=500),
    "429 cut": respond(ID + b'"error": ', "429 Odd", length=500),
}


def named(cases: dict[str, bytes]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("response", cases.values(), ids=list(cases))


@named(ODD_SUCCESSES)
def test_a_success_that_names_a_task_gives_the_task(client_kind: str, response: bytes) -> None:
    with serve(response) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        task = client.create(KLING)
        assert task.id == PAID
        assert task.handle.snapshot.state == "running"
        assert PAID in repr(task.handle)
        assert pickle.loads(pickle.dumps(task.handle.snapshot)).task_id == PAID
        assert len(server.requests) == 1
        client.close()


@named(NO_IDS)
def test_what_is_no_task_id_is_not_taken_for_one(client_kind: str, response: bytes) -> None:
    with serve(response) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        with pytest.raises(errors.AmbiguousSubmissionError) as caught:
            client.create(KLING)
        assert caught.value.task_id is None
        client.close()


@named(REJECTIONS)
def test_a_rejection_that_names_a_task_is_an_error_with_its_id(
    client_kind: str, response: bytes
) -> None:
    with serve(response) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        with pytest.raises(errors.AmbiguousSubmissionError) as caught:
            client.create(KLING)
        client.close()
        assert len(server.requests) == 1  # never sent again, not even after a 429
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.task_id == PAID
    assert PAID in str(copy)


@pytest.mark.parametrize("status", ["200 OK", "502 Bad Gateway"])
def test_a_response_that_stalls_after_the_id_has_arrived(client_kind: str, status: str) -> None:
    with serve(respond(ID, status, length=500), stall=True) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url, timeout=0.3)
        if status == "200 OK":
            assert client.create(KLING).id == PAID
        else:
            with pytest.raises(errors.AmbiguousSubmissionError) as caught:
                client.create(KLING)
            assert caught.value.task_id == PAID
        client.close()


def test_a_response_that_is_too_large(client_kind: str) -> None:
    body = gzip.compress(ID + b'"x": "' + b"a" * (17 << 20))
    raw = respond(body).replace(b"Connection:", b"Content-Encoding: gzip\r\nConnection:")
    with serve(raw) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        assert client.create(KLING).id == PAID
        client.close()


def test_the_time_to_find_an_id_is_linear() -> None:
    from orcarouter_api._runtime.damaged_json import read_beginning

    for unit in (b'"\\', b'\\"', b'{"a":', b'"', b"[", b'"id":', b"a "):
        started = time.process_time()
        read_beginning(b'{"x": "' + unit * 300_000)
        assert time.process_time() - started < 10  # quadratic: more than an hour


# Lookups


def lookups(*bodies: Any) -> list[bytes]:
    return [respond({"id": PAID}), *(respond(body) for body in bodies)]


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"task_id": "task_OTHER", "status": "SUCCESS", "result_url": "https://h/x"}},
        {"data": {"id": "task_OTHER", "status": "FAILURE"}},
        {"id": "task_OTHER", "data": {"status": "FAILURE"}},
        {"id": "task_OTHER", "status": "completed", "url": "https://h/x"},
        {"id": PAID, "task_id": "task_OTHER", "status": "failed"},
    ],
)
def test_a_response_about_another_task_is_no_state(client_kind: str, body: Any) -> None:
    own = {"data": {"task_id": PAID, "status": "SUCCESS", "result_url": "https://h/mine"}}
    for bodies in ((body, body, own), (body,)):
        with serve(*lookups(*bodies)) as server:
            client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
            task = client.create(KLING)
            if own in bodies:
                assert task.refresh().video_url == "https://h/mine"
            else:
                with pytest.raises(errors.LookupFailedError, match="task_OTHER") as caught:
                    task.refresh()
                assert caught.value.task_id == PAID
                assert len(server.requests) == 4
                with pytest.raises(errors.LookupFailedError, match="task_OTHER"):
                    task.wait(None)
            client.close()


def test_the_id_of_the_provider_is_not_another_task(client_kind: str) -> None:
    body = {"id": PAID, "status": "completed", "data": {"id": "cgt-1", "status": "succeeded"}}
    with serve(*lookups(body)) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        assert client.create(KLING).wait().state == "succeeded"
        client.close()


def test_a_fresh_task_that_is_unknown_at_once(client_kind: str) -> None:
    unknown = respond({"error": {"code": "task_not_exist", "message": "no"}}, "404 Not Found")
    with serve(respond({"id": PAID}), unknown) as server:
        clock = ClientClock()
        client = AnyClient(client_kind, clock, base_url=server.base_url)
        task = client.create(KLING)
        with pytest.raises(errors.LookupFailedError, match="does not know the task yet"):
            task.refresh()
        clock.sleeps.clear()
        with pytest.raises(errors.TaskNotFoundError):
            task.wait()
        assert 5 <= len(server.requests) <= 12
        assert 30 <= sum(clock.sleeps[1:]) <= 120  # the first is that before the first lookup
        with pytest.raises(errors.TaskNotFoundError):  # of unknown age: believed at once
            client.task(PAID).refresh()
        client.close()


@pytest.mark.parametrize(
    "body", [{"error": {"code": "task_not_exist", "message": "no"}}, b"<html>"]
)
def test_a_fresh_task_that_is_unknown_for_a_moment(client_kind: str, body: Any) -> None:
    unknown = respond(body, "404 Not Found")
    done = respond({"data": {"task_id": PAID, "status": "SUCCESS"}})
    with serve(respond({"id": PAID}), unknown, unknown, unknown, done) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        assert client.create(KLING).wait().state == "succeeded"
        client.close()


# What fails later


def test_other_exceptions_after_a_submission_have_the_id(client_kind: str, tmp_path: Path) -> None:
    with serve(*lookups({"data": {"task_id": PAID, "status": "QUEUED"}})) as server:
        client = AnyClient(client_kind, ClientClock(), base_url=server.base_url)
        task = client.create(KLING)

        def fail(_: object) -> None:
            raise KeyError("mine")

        for step in (
            lambda: task.wait(on_event=fail),
            lambda: task.wait(-1),
            lambda: task.download(tmp_path / "v.mp4", interval=-1),
        ):
            with pytest.raises((KeyError, ValueError)) as caught:
                step()
            assert getattr(caught.value, "task_id", "") == PAID
            assert PAID in caught.value.__notes__[0]
        client.close()


def test_a_foreign_exception_within_events_names_the_task(
    server: Emulator[VirtualClock], client_kind: str
) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("a bug of the caller's")

    with open_client(client_kind, server) as client:
        token = client.create(KLING).handle.resume_token()
    with open_client(client_kind, server, on_event=fail) as client:
        task = client.task(token)
        with pytest.raises(RuntimeError) as caught:
            task.events()
    assert caught.value.task_id == task.id  # type: ignore[attr-defined]
    assert task.id in " ".join(caught.value.__notes__)


@pytest.mark.parametrize("url", ["http://h:port/v1", "file:///etc", "http://[", 7, ["x"]])
def test_a_token_with_an_odd_url_is_damaged(client: AnyClient, url: object) -> None:
    content = json.dumps({"task_id": PAID, "base_url": url})
    with pytest.raises(errors.ConfigurationError, match="damaged"):
        client.task("orca1." + base64.urlsafe_b64encode(content.encode()).decode())
