"""Each command, successful."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import Run

from orcarouter.testing import Emulator, RealClock

FLAGS = (
    "--model",
    "kling/kling-v2-6",
    "--prompt",
    "A kite",
    "--mode",
    "pro",
    "--aspect-ratio",
    "16:9",
)
REQUEST = {
    "model": "kling/kling-v2-6",
    "prompt": "A kite",
    "metadata": {"mode": "pro", "aspect_ratio": "16:9"},
}
FAST = ("--interval", "0.05")


def test_create_waits_and_downloads(run: Run, server: Emulator[RealClock], tmp_path: Path) -> None:
    done = run("video", "create", *FLAGS, "--wait", *FAST, "--output", "out.mp4", server=server)
    assert done.code == 0, done.err
    assert (tmp_path / "out.mp4").read_bytes()[4:8] == b"ftyp"
    (task_id,) = server.tasks
    assert f"task_id: {task_id}" in done.out
    assert f"submitted: {task_id}" in done.err
    assert server.requests_to("submit")[0].json() == REQUEST


def test_create_without_waiting_prints_only_the_id(run: Run, server: Emulator[RealClock]) -> None:
    done = run("video", "create", *FLAGS, server=server)
    assert (done.code, done.out.split()) == (0, list(server.tasks))


def test_create_as_json_has_what_scripts_need(run: Run, server: Emulator[RealClock]) -> None:
    made = json.loads(run("video", "create", *FLAGS, "--json", server=server).out)
    assert made["task_id"] in server.tasks
    assert made["state"] == "running"
    waited = json.loads(run("video", "wait", made["resume_token"], "--json", *FAST).out)
    assert (waited["task_id"], waited["state"]) == (made["task_id"], "succeeded")
    arguments = ("video", "download", made["task_id"], "--output", "v.mp4", "--json", *FAST)
    file = json.loads(run(*arguments).out)["file"]
    assert file["path"] == "v.mp4"
    assert file["size"] == Path("v.mp4").stat().st_size


def test_status_shows_the_state(run: Run, server: Emulator[RealClock]) -> None:
    task_id = run("video", "create", *FLAGS, server=server).out.strip()
    done = run("video", "status", task_id)
    assert done.code == 0
    assert f"task_id: {task_id}" in done.out
    assert json.loads(run("video", "status", task_id, "--json").out)["model"] == FLAGS[1]


def test_several_tasks_are_downloaded_to_a_folder(run: Run, server: Emulator[RealClock]) -> None:
    ids = [run("video", "create", *FLAGS, server=server).out.strip() for _ in range(2)]
    done = run("video", "download", *ids, "--json", *FAST)
    assert done.code == 0, done.err
    assert [entry["file"]["path"] for entry in json.loads(done.out)] == [
        f"{each}.mp4" for each in ids
    ]
    assert all(Path(f"{each}.mp4").exists() for each in ids)


@pytest.mark.parametrize("name", ["request.json", "request.yaml"])
def test_request_from_a_file(run: Run, server: Emulator[RealClock], name: str) -> None:
    text = json.dumps(REQUEST) if name.endswith("json") else yaml.safe_dump(REQUEST)
    Path(name).write_text(text)
    assert run("video", "create", "--request", name, server=server).code == 0
    done = run(
        "video",
        "create",
        "--request",
        name,
        "--prompt",
        "Another",
        "--set",
        'metadata.duration="10"',
    )
    assert done.code == 0, done.err
    first, second = (each.json() for each in server.requests_to("submit"))
    assert first == REQUEST
    metadata = {**REQUEST["metadata"], "duration": "10"}  # type: ignore[dict-item]
    assert second == {**REQUEST, "prompt": "Another", "metadata": metadata}


def test_request_from_standard_input(
    run: Run, server: Emulator[RealClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(REQUEST)))
    assert run("video", "create", "--request", "-", server=server).code == 0
    assert server.requests_to("submit")[0].json() == REQUEST


def test_dry_run_prints_and_sends_nothing(run: Run, server: Emulator[RealClock]) -> None:
    done = run("video", "create", *FLAGS, "--dry-run", server=server, key=None)
    assert (done.code, json.loads(done.out)) == (0, REQUEST)
    invalid = run("video", "create", *FLAGS, "--duration", "7", "--dry-run", "--json", key=None)
    assert invalid.code == 1
    assert [each["path"] for each in json.loads(invalid.out)["violations"]] == ["metadata.duration"]
    assert server.requests == []


def test_check_prints_violations(run: Run, tmp_path: Path) -> None:
    Path("good.json").write_text(json.dumps(REQUEST))
    Path("bad.yaml").write_text(
        yaml.safe_dump({**REQUEST, "metadata": {"mode": "4k", "duration": "7"}})
    )
    assert run("check", "good.json", key=None).code == 0
    bad = run("check", "bad.yaml", key=None)
    assert bad.code == 1
    errors = [line for line in bad.out.splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in errors] == ["metadata.mode", "metadata.duration"]
    assert 'nearest allowed: "pro"' in errors[0]
    assert 'nearest allowed: "5"' in errors[1]
    assert json.loads(run("check", "bad.yaml", "--json", key=None).out)["ok"] is False


def test_models_lists_what_the_service_offers(run: Run, server: Emulator[RealClock]) -> None:
    assert "kling/kling-v3-omni\tkling\tyes" in run("models", server=server).out
    assert {each["id"] for each in json.loads(run("models", "--json").out)} >= {"kling/kling-v3"}


def test_capabilities_need_neither_key_nor_service(run: Run) -> None:
    table = run("capabilities", key=None)
    assert table.code == 0
    assert "byteplus/dreamina-seedance-2-0-260128" in table.out
    parameters = run("capabilities", "kling/kling-v2-6", key=None)
    assert "metadata.duration" in parameters.out
    assert (
        json.loads(run("capabilities", "kling/kling-v2-6", "--json", key=None).out)["family"]
        == "kling"
    )
    unknown = run("capabilities", "kling/kling-v26", key=None)
    assert unknown.code == 2
    assert "did you mean kling/kling-v2-6?" in unknown.error_line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(run: Run, shell: str) -> None:
    assert "_ORCAROUTER_COMPLETE" in run("completion", shell, key=None).out


def test_notes_are_shown(run: Run, server: Emulator[RealClock]) -> None:
    arguments = ["video", "create", "--model", "kling/kling-v3", "--prompt", "A kite"]
    done = run(*arguments, "--set", "metadata.fps=30", server=server)
    assert done.code == 0
    assert "note: metadata.fps: not a known key" in done.err
