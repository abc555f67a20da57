"""Parsing never raises undocumented exceptions; errors and snapshots survive pickling."""

from __future__ import annotations

import contextlib
import inspect
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.support import HTTPResponse

from orcarouter import Snapshot, StatusChange, errors
from orcarouter._responses import (
    definitely_not_accepted,
    make_rejection_error,
    parse_error,
    parse_retry_after,
)
from orcarouter._tokens import ResumeToken
from orcarouter.task import InvalidTaskError, parse_snapshot

KEYS = st.sampled_from(
    ["status", "data", "result_url", "fail_reason", "progress", "error", "code", "message", "url",
     "metadata", "task_result", "videos", "content", "properties", "seconds", "submit_time",
     "created_at", "finish_time", "task_id", "id", "model", "duration", "video_url"]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["SUCCESS", "FAILURE", "IN_PROGRESS", "https://h/x?s=1", "data:,", "30%"])
    | st.text(max_size=5)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_a_snapshot_or_invalid(body: Any) -> None:
    with contextlib.suppress(InvalidTaskError):
        snapshot = parse_snapshot(body, "t")
        assert snapshot.task_id == "t"
        assert snapshot.state in ("running", "succeeded", "failed")
        assert snapshot.video_url is None or snapshot.state == "succeeded"
        assert snapshot.finished_at is None or snapshot.ended
        assert snapshot.progress is None or 0 <= snapshot.progress <= 100
        assert pickle.loads(pickle.dumps(snapshot)) == snapshot.redact()
        assert "?s=1" not in repr(snapshot)


@given(st.integers(200, 599), JSON, st.text(max_size=20), st.text(max_size=20))
def test_any_response_can_be_interpreted(status: int, body: Any, after: str, date: str) -> None:
    response = HTTPResponse(status, {"retry-after": after, "date": date}, json.dumps(body).encode())
    parse_error(status, body)
    definitely_not_accepted(response)
    error = make_rejection_error(response, "the request")
    assert "\n" not in str(error)
    delay = parse_retry_after(response)
    assert delay is None or 0 <= delay <= 86400


@given(st.binary(max_size=200))
def test_any_bytes_can_be_interpreted(content: bytes) -> None:
    definitely_not_accepted(HTTPResponse(500, {}, content))
    make_rejection_error(HTTPResponse(500, {}, content), "the request")


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_a_configuration_error(text: str) -> None:
    for candidate in (text, "orca1." + text):
        with contextlib.suppress(errors.ConfigurationError):
            token = ResumeToken.parse(candidate)
            assert ResumeToken.parse(str(token)) == token


ERROR_CLASSES = [
    error_class
    for _, error_class in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error_class, errors.OrcaRouterError)
]


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
def test_errors_survive_pickling(error_class: type[errors.OrcaRouterError]) -> None:
    error = error_class("a message")
    if isinstance(error, errors.TaskError):
        snapshot = Snapshot(task_id="t", state="running", status="QUEUED")
        change = StatusChange(1.0, "QUEUED", "running")
        error = type(error)(
            "a message",
            task_id="t",
            snapshot=snapshot,
            timeline=[change],
            reason=errors.RateLimitError("too many requests", status_code=429, retry_after=3),
            advice="wait",
        )
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args) == (error_class, error.args)
    if isinstance(error, errors.TaskError):
        assert (copy.task_id, copy.snapshot, copy.timeline) == ("t", snapshot, (change,))
        assert (copy.reason.retry_after, copy.advice) == (3, "wait")


def test_the_documented_hierarchy_matches_the_classes() -> None:
    documented = [
        (line.index("── ") if "── " in line else 0, line.split("── ")[-1].split()[0])
        for line in str(errors.__doc__).splitlines()
        if "── " in line or line.strip() == "OrcaRouterError"
    ]
    parents: list[tuple[int, str]] = []
    for depth, name in documented:
        while parents and parents[-1][0] >= depth:
            parents.pop()
        if parents:
            assert parents[-1][1] in [base.__name__ for base in getattr(errors, name).__mro__[1:2]]
        parents.append((depth, name))
    assert {name for _, name in documented} == set(errors.__all__)
