"""The reader of answers never fails in a way of its own, and errors and states survive pickling."""

from __future__ import annotations

import contextlib
import inspect
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orcarouter import Snapshot, StatusChange, errors
from orcarouter.api_errors import (
    definitely_not_accepted,
    make_rejection_error,
    parse_error,
    parse_retry_after,
)
from orcarouter.effects import HTTPResponse
from orcarouter.task import InvalidTaskError, parse_snapshot
from orcarouter.tokens import ResumeToken

WORDS = st.sampled_from(
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
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_a_state_or_unreadable(body: Any) -> None:
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
def test_any_answer_is_judged(status: int, body: Any, after: str, date: str) -> None:
    reply = HTTPResponse(status, {"retry-after": after, "date": date}, json.dumps(body).encode())
    parse_error(status, body)
    definitely_not_accepted(reply)
    error = make_rejection_error(reply, "it")
    assert "\n" not in str(error)
    pause = parse_retry_after(reply)
    assert pause is None or 0 <= pause <= 86400


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(content: bytes) -> None:
    definitely_not_accepted(HTTPResponse(500, {}, content))
    make_rejection_error(HTTPResponse(500, {}, content), "it")


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_none(text: str) -> None:
    for candidate in (text, "orca1." + text):
        with contextlib.suppress(errors.ConfigurationError):
            token = ResumeToken.parse(candidate)
            assert ResumeToken.parse(str(token)) == token


KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.OrcaRouterError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_pickling(kind: type[errors.OrcaRouterError]) -> None:
    error = kind("what happened")
    if isinstance(error, errors.TaskError):
        snapshot = Snapshot(task_id="t", state="running", status="QUEUED")
        moment = StatusChange(1.0, "QUEUED", "running")
        error = type(error)(
            "what happened",
            task_id="t",
            snapshot=snapshot,
            timeline=[moment],
            reason=errors.RateLimitError("slowly", status_code=429, retry_after=3),
            advice="wait",
        )
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args) == (kind, error.args)
    if isinstance(error, errors.TaskError):
        assert (copy.task_id, copy.snapshot, copy.timeline) == ("t", snapshot, (moment,))
        assert (copy.reason.retry_after, copy.advice) == (3, "wait")


def test_the_tree_at_the_top_is_the_tree() -> None:
    drawn = [
        (line.index("── ") if "── " in line else 0, line.split("── ")[-1].split()[0])
        for line in str(errors.__doc__).splitlines()
        if "── " in line or line.strip() == "OrcaRouterError"
    ]
    parents: list[tuple[int, str]] = []
    for depth, name in drawn:
        while parents and parents[-1][0] >= depth:
            parents.pop()
        if parents:
            assert parents[-1][1] in [base.__name__ for base in getattr(errors, name).__mro__[1:2]]
        parents.append((depth, name))
    assert {name for _, name in drawn} == set(errors.__all__)
