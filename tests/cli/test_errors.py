"""Errors: one line on standard error, and the documented exit code."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from tests.cli.conftest import KEY, Run

from orcarouter._tokens import ResumeToken
from orcarouter.testing import Emulator, Fault, RealClock

MODEL = ("--model", "kling/kling-v2-6", "--mode", "pro", "--aspect-ratio", "16:9")
GOOD = (*MODEL, "--prompt", "A kite")
FAST = ("--interval", "0.05")


def test_a_violation_is_reported_before_anything_is_sent(
    run: Run, server: Emulator[RealClock]
) -> None:
    invalid = (*GOOD, "--mode", "4k", "--duration", "7")
    rejected = run("video", "create", *invalid, server=server)
    assert rejected.code == 1
    assert 'metadata.mode: "4k"' in rejected.err
    assert 'nearest allowed: "pro"' in rejected.err
    assert 'metadata.duration: "7"' in rejected.err
    assert 'nearest allowed: "5"' in rejected.err
    assert "--no-check" in rejected.err
    assert server.requests == []

    sent = run("video", "create", *invalid, "--no-check")
    assert sent.code == 6
    assert "HTTP 400" in sent.error_line
    assert "4k" in sent.error_line
    assert len(server.requests_to("submit")) == 1
    assert len(server.tasks) == 0


def test_a_blank_prompt(run: Run, server: Emulator[RealClock]) -> None:
    checked = run("video", "create", *MODEL, "--prompt", "  ", server=server)
    assert (checked.code, server.requests) == (1, [])
    assert "prompt" in checked.err
    sent = run("video", "create", *MODEL, "--prompt", "  ", "--no-check")
    assert sent.code == 6
    assert "prompt is required" in sent.error_line


def test_missing_key(run: Run, server: Emulator[RealClock]) -> None:
    done = run("video", "create", *GOOD, server=server, key=None)
    assert done.code == 3
    assert "ORCAROUTER_API_KEY" in done.error_line


def test_rejected_key(run: Run, server: Emulator[RealClock]) -> None:
    done = run("video", "create", *GOOD, server=server, key="not-a-key-of-the-service")
    assert done.code == 3
    assert "the API key is not accepted" in done.error_line
    assert "not-a-key-of-the-service" not in done.err


def test_the_key_file_must_be_private(run: Run, server: Emulator[RealClock]) -> None:
    file = Path("config/orcarouter/key")
    file.parent.mkdir(parents=True)
    file.write_text(KEY + "\n")
    file.chmod(0o640)
    rejected = run("models", server=server, key=None)
    assert rejected.code == 3
    assert "chmod 600" in rejected.error_line
    file.chmod(0o600)
    assert run("models", key=None).code == 0


@pytest.mark.parametrize("path", ["nowhere/out.mp4", "."])
def test_an_invalid_output_path_is_reported_before_submitting(
    run: Run, server: Emulator[RealClock], path: str
) -> None:
    done = run("video", "create", *GOOD, "--output", path, server=server)
    assert (done.code, server.requests) == (4, [])
    assert "folder" in done.error_line


def test_missing_files(run: Run, server: Emulator[RealClock]) -> None:
    assert (
        "none.png: No such file"
        in run("video", "create", *GOOD, "--image", "none.png", server=server).error_line
    )
    request = run("video", "create", "--request", "none.json")
    assert request.code == 4
    assert "none.json: No such file" in request.error_line
    assert server.requests == []


def test_files_without_a_request(run: Run) -> None:
    Path("list.json").write_text("[]")
    Path("truncated.json").write_text('{"model": ')
    Path("truncated.yaml").write_text("{a: [")
    for name in ("list.json", "truncated.json", "truncated.yaml"):
        done = run("check", name, key=None)
        assert (done.code, name in done.error_line) == (2, True)


def test_connection_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    monkeypatch.setenv("ORCAROUTER_BASE_URL", f"http://127.0.0.1:{port}/v1")
    created = run("video", "create", *GOOD)
    assert created.code == 5
    assert "cannot connect" in created.error_line
    assert "Nothing was submitted" in created.error_line
    shown_status = run("video", "status", "task_1")
    assert shown_status.code == 5
    assert "task_1" in shown_status.error_line
    assert run("models").code == 5


@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "nonsense", "https://user:pw@host/v1", f"http://{'a' * 70}.test/v1"]
)
def test_invalid_base_url(run: Run, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ORCAROUTER_BASE_URL", url)
    done = run("models")
    assert done.code == 2
    assert "base URL" in done.error_line
    assert "pw" not in done.error_line


@pytest.mark.parametrize("task", ["", "a\x01b", "orca1.garbage", "x" * 600])
@pytest.mark.parametrize("command", ["status", "wait", "download"])
def test_invalid_task_id(run: Run, server: Emulator[RealClock], command: str, task: str) -> None:
    done = run("video", command, task, server=server)
    assert (done.code, server.requests) == (2, [])
    assert done.error_line


def test_a_task_of_another_service(run: Run, server: Emulator[RealClock]) -> None:
    token = str(ResumeToken(task_id="task_1", base_url="https://api.orcarouter.ai/v1"))
    done = run("video", "wait", token, server=server)
    assert (done.code, server.requests) == (2, [])
    assert "https://api.orcarouter.ai" in done.error_line


def test_task_not_found(run: Run, server: Emulator[RealClock]) -> None:
    done = run("video", "wait", "task_unknown", server=server)
    assert done.code == 12
    assert "task_unknown" in done.error_line


def test_a_failed_task_has_its_reason(run: Run, server: Emulator[RealClock]) -> None:
    server.script.add(Fault("submit", fail_reason="content risk control triggered"))
    done = run("video", "create", *GOOD, "--wait", *FAST, "--json", server=server)
    assert done.code == 10
    result = json.loads(done.out)
    assert result["task_id"] in server.tasks
    assert "content risk control triggered" in result["error"]["message"]


def test_wait_timeout(run: Run, server: Emulator[RealClock]) -> None:
    server.script.add(Fault("submit", duration=3600))
    done = run("video", "create", *GOOD, "--wait", "--timeout", "0.2", *FAST, server=server)
    assert done.code == 11
    (task_id,) = server.tasks
    assert task_id in done.err
    assert "do not submit it again" in done.err


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("submit", status=402), 7),
        (Fault("submit", status=403, code="insufficient_user_quota"), 7),
        (Fault("submit", status=403), 6),
        (Fault("submit", status=429, retry_after=3600), 8),
        (Fault("submit", status=500, when="after"), 9),
        (Fault("submit", disconnect=True, when="after"), 9),
        (Fault("submit", malformed_body="html", when="after"), 9),
        (Fault("submit", status=503, code="model_not_found"), 6),
    ],
)
def test_failed_submissions(run: Run, server: Emulator[RealClock], fault: Fault, code: int) -> None:
    server.script.add(fault)
    done = run("video", "create", *GOOD, server=server)
    assert (done.code, len(server.requests_to("submit"))) == (code, 1), done.err
    if code == 9:
        assert "before you submit it again" in done.error_line


def test_errors_as_json(run: Run, server: Emulator[RealClock]) -> None:
    server.script.add(Fault("submit", status=502, when="after"))
    done = run("video", "create", *GOOD, "--json", server=server)
    error = json.loads(done.out)["error"]
    assert (error["type"], error["exit_code"], error["status_code"]) == (
        "AmbiguousSubmissionError",
        9,
        502,
    )
    assert error["digest"]
    assert error["submitted_at"]
    assert error["message"] in done.err
    lookup_error = json.loads(run("video", "status", "task_unknown", "--json").out)["error"]
    assert (lookup_error["type"], lookup_error["exit_code"], lookup_error["task_id"]) == (
        "TaskNotFoundError",
        12,
        "task_unknown",
    )


def test_invalid_requests_as_json(run: Run, server: Emulator[RealClock]) -> None:
    rejected = run("video", "create", *GOOD, "--mode", "4k", "--json", server=server)
    error = json.loads(rejected.out)["error"]
    assert (error["type"], error["exit_code"], rejected.code) == ("InvalidRequestError", 1, 1)
    assert [violation["path"] for violation in error["violations"]] == ["metadata.mode"]
    missing = run("video", "create", *GOOD, "--image", "none.png", "--json")
    error = json.loads(missing.out)["error"]
    assert (error["type"], error["exit_code"], missing.code) == ("InvalidRequestError", 4, 4)
    assert server.requests == []


def test_failed_download(run: Run, server: Emulator[RealClock]) -> None:
    server.script.add(Fault("content", status=404, times=None))
    done = run("video", "create", *GOOD, "--output", "out.mp4", *FAST, server=server)
    assert done.code == 13
    (task_id,) = server.tasks
    assert task_id in done.err
    assert not Path("out.mp4").exists()


def test_emulator_with_an_invalid_script(run: Run) -> None:
    Path("script.yaml").write_text("- {on: nothing}")
    done = run("emulator", "--script", "script.yaml", key=None)
    assert (done.code, "step 1" in done.error_line) == (2, True)
    assert run("emulator", "--script", "none.yaml", key=None).code == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["video", "create", "--prompt", "x"],
        ["video", "create", *GOOD, "--set", "mode"],
        ["video", "create", *GOOD, "--set", "metadata.mode.x=1"],
        ["video", "wait", "a", "b", "--output", "x.mp4"],
        ["video", "wait", "a", "--timeout", "-1"],
        ["video", "wait", "a", "--timeout", "nan"],
        ["video", "wait", "a", "--timeout", "soon"],
        ["video", "wait", "a", "--interval", "0"],
        ["video", "wait", "a", "--interval", "inf"],
        ["video", "wait", "a", "--interval", "1e200"],
        ["video", "download", "a", "b", "--output", "x.mp4"],
        ["video", "download", "a", "--kind", "sound"],
        ["video", "wait"],
        ["models", "extra"],
        ["completion", "tcsh"],
        ["emulator", "--port", "99999"],
        ["nonsense"],
        ["--nonsense"],
    ],
)
def test_usage_errors(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.error_line.startswith("orcarouter")


@pytest.mark.parametrize("arguments", [[], ["video"]])
def test_without_a_command_help_is_printed(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "Commands:" in done.err


def test_text_of_the_service_cannot_control_the_terminal(
    run: Run, server: Emulator[RealClock]
) -> None:
    task = run("video", "create", *GOOD, server=server).out.strip()
    body = r'{"data": {"status": "\u001b[2Jodd\nline \ud800"}}'
    server.script.add(Fault("lookup", times=2, body=body))
    done = run("video", "status", task)
    assert r"status: \x1b[2Jodd\nline \ud800" in done.out.splitlines()
    assert json.loads(run("video", "status", task, "--json").out)["status"].endswith("\ud800")


def test_every_complaint_is_one_line_and_with_json_an_object(
    run: Run, server: Emulator[RealClock]
) -> None:
    Path("taken.mp4").touch()
    for code, arguments, key in [
        (3, ["video", "status", "task_1"], None),
        (3, ["video", "wait", "task_1"], None),
        (3, ["models"], None),
        (2, ["video", "wait", "orca1.bad"], KEY),
        (2, ["video", "download", "orca1.bad"], KEY),
        (2, ["video", "create", *MODEL, "--prompt", "x", "--set", "mode"], KEY),
        (2, ["video", "wait", "a", "--timeout", "soon"], KEY),
        (2, ["video", "download", "a", "--kind", "sound"], KEY),
        (2, ["check", "none.json", "--wrong"], KEY),
        (4, ["check", "none.json"], KEY),
        (4, ["video", "create", *GOOD, "--output", "taken.mp4"], KEY),
        (4, ["video", "create", *GOOD, "--image", "none.png"], KEY),
        (2, ["capabilities", "kling/none"], KEY),
        (12, ["video", "status", "task_1"], KEY),
        (12, ["video", "wait", "task_1"], KEY),
    ]:
        if key is None:
            os.environ.pop("ORCAROUTER_API_KEY", None)
        done = run(*arguments, "--json", server=server, key=key)
        content = json.loads(done.out)
        error = content["error"]
        assert (done.code, error["exit_code"]) == (code, code), arguments
        assert error["message"] in done.error_line
        assert error["type"]
    assert server.requests_to("submit") == []


def test_others_go_on_after_a_bad_token_and_a_file_that_exists(
    run: Run, server: Emulator[RealClock]
) -> None:
    tasks = [run("video", "create", *GOOD, server=server).out.strip() for _ in range(3)]
    Path(f"{tasks[1]}.mp4").touch()
    done = run("video", "download", "orca1.bad", *tasks, "task_none", *FAST, "--json")
    results = json.loads(done.out)
    assert [result["task_id"] for result in results] == ["orca1.bad", *tasks, "task_none"]
    codes = [result.get("error", {"exit_code": 0})["exit_code"] for result in results]
    assert (codes, done.code) == ([2, 0, 4, 0, 12], 2)
    complaints = [line for line in done.err.splitlines() if line.startswith("orcarouter: ")]
    assert len(complaints) == 3
    assert "orca1.bad" in complaints[0]
    assert Path(f"{tasks[0]}.mp4").stat().st_size == Path(f"{tasks[2]}.mp4").stat().st_size > 0
    assert Path(f"{tasks[1]}.mp4").stat().st_size == 0
    waited = run("video", "wait", tasks[0], "orca1.bad", *FAST)
    assert waited.code == 2
    assert tasks[0] in waited.out


def test_names_of_models_cannot_control_the_terminal(run: Run, server: Emulator[RealClock]) -> None:
    body = '{"object": "list", "data": [{"id": "a\\u001b[2J\\u009b", "object": "model"}]}'
    server.script.add(Fault("models", times=2, body=body))
    assert r"a\x1b[2J\x9b" in run("models", server=server).out
    printed = run("models", "--json").out
    assert printed.replace("\n", "").isprintable()
    assert json.loads(printed)[0]["id"] == "a\x1b[2J\x9b"
