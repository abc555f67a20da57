"""`orcarouter batch ...` and `orcarouter video list`: output, exit codes, JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Outcome, Run

from orcarouter import Backoff
from orcarouter.testing import Emulator, Fault, RealClock

REQUEST = {
    "model": "kling/kling-v2-6",
    "prompt": "A kite",
    "metadata": {"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
}
Server = Emulator[RealClock]
FAST = ("--interval", "0.1")


@pytest.fixture(autouse=True)
def _pause_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    from orcarouter.batch import worker

    monkeypatch.setattr(worker, "_PAUSE", Backoff(initial=0.1, max=0.2))


def write_jobs(count: int = 2, **fields: Any) -> None:
    jobs = [{"id": f"job-{n}", **REQUEST, "prompt": f"Kite {n}", **fields} for n in range(count)]
    Path("jobs.jsonl").write_text("".join(json.dumps(job) + "\n" for job in jobs))


def run_batch(run: Run, server: Server, *options: str) -> Outcome:
    return run("batch", "run", "jobs.jsonl", "--out", "out", *FAST, *options, server=server)


def test_run_prints_jobs_as_they_end_and_where_the_report_is(run: Run, server: Server) -> None:
    write_jobs()
    done = run_batch(run, server)
    assert done.code == 0
    rows = sorted(line.split("\t") for line in done.out.splitlines())
    assert [(row[0], row[1], row[4], row[5]) for row in rows] == [
        ("job-0", "done", "Kite 0", "job-0.mp4"),
        ("job-1", "done", "Kite 1", "job-1.mp4"),
    ]
    assert "batch out: 2 new jobs" in done.err
    assert "batch out: 2 of 2 ended, 2 done" in done.err
    assert Path("out/index.html").resolve().as_uri() in done.err
    assert Path("out/job-0.mp4").stat().st_size > 0

    again = run("batch", "run", "--out", "out", *FAST)
    assert again.code == 0
    assert again.out == ""
    assert len(server.tasks) == 2


def test_run_as_json(run: Run, server: Server) -> None:
    write_jobs()
    result = json.loads(run_batch(run, server, "--json").out)
    assert result["states"] == {"done": 2}
    assert result["exit_code"] == 0
    assert result["report"] == str(Path("out/index.html").resolve())
    job = next(job for job in result["jobs"] if job["name"] == "job-1")
    assert job["state"] == "done"
    assert job["files"][0]["path"] == "job-1.mp4"
    assert job["task_id"] in server.tasks
    assert result["jobs"][0]["digest"]


def test_errors_of_jobs_have_their_lines_and_nothing_is_sent(run: Run, server: Server) -> None:
    write_jobs(1)
    with Path("jobs.jsonl").open("a") as file:
        file.write('{"prompt": "no model"}\nnot json\n')
    rejected = run_batch(run, server)
    assert rejected.code == 2
    assert "orcarouter: jobs.jsonl: line 2: a job needs a model" in rejected.err
    assert "orcarouter: jobs.jsonl: line 3: not JSON" in rejected.err
    assert server.requests == []
    assert not Path("out").exists()

    result = json.loads(run_batch(run, server, "--json").out)
    assert result["error"]["exit_code"] == 2
    assert len(result["error"]["errors"]) == 2


def test_a_violation_has_exit_code_1_and_no_check_sends_it(run: Run, server: Server) -> None:
    write_jobs(1, metadata={"mode": "4k"})
    rejected = run_batch(run, server)
    assert rejected.code == 1
    assert 'line 1: metadata.mode: "4k"' in rejected.err
    sent = run_batch(run, server, "--no-check")
    assert sent.code == 6
    assert "rejected" in sent.out
    assert len(server.requests_to("submit")) == 1


def test_a_dry_run_sends_and_writes_nothing(run: Run, server: Server) -> None:
    write_jobs(3)
    done = run_batch(run, server, "--dry-run")
    assert done.code == 0
    assert "3 jobs" in done.err
    assert not Path("out").exists()
    assert server.requests == []


def test_a_lost_answer_has_exit_code_9_until_it_is_resolved(run: Run, server: Server) -> None:
    write_jobs(2)
    server.script.add(Fault("submit", disconnect=True, when="after"))
    lost = run_batch(run, server, "--workers", "1")
    assert lost.code == 9
    assert "orcarouter batch resolve out JOB" in lost.err
    listing = run("batch", "list", "out", "--state", "unknown", "--json")
    (job,) = json.loads(listing.out)
    assert job["state"] == "unknown"

    assert run("batch", "resolve", "out", job["name"]).code == 2
    assert run("batch", "resolve", "out", "nothing", "--no-task").code == 2
    resolved = run("batch", "resolve", "out", job["name"], "--task-id", next(iter(server.tasks)))
    assert resolved.code == 0
    assert f"{job['name']}: running" in resolved.err
    assert run("batch", "run", "--out", "out", *FAST).code == 0
    assert len(server.requests_to("submit")) == 2


def test_failed_jobs_are_made_again_by_retry_and_run(run: Run, server: Server) -> None:
    write_jobs(2)
    server.script.add(Fault("submit", fail_reason="prompt not allowed"))
    failed = run_batch(run, server, "--workers", "1")
    assert failed.code == 10
    assert "prompt not allowed" in failed.out
    assert "orcarouter batch retry out" in failed.err
    retried = run("batch", "retry", "out", "--json")
    assert json.loads(retried.out) == {"submit": ["job-0"], "download": []}
    assert "1 to be submitted (billable), 0 to be downloaded (free)" in retried.err
    assert len(server.tasks) == 2
    assert run("batch", "run", "--out", "out", *FAST).code == 0
    assert len(server.tasks) == 3


def test_a_limit_has_exit_code_14(run: Run, server: Server) -> None:
    write_jobs(3)
    limited = run_batch(run, server, "--max-tasks", "2")
    assert limited.code == 14
    assert "limit of tasks" in limited.err
    assert run_batch(run, server, "--max-tasks", "0").code == 2
    assert run_batch(run, server, "--max-tasks", "3").code == 0


def test_no_credit_ends_the_run_with_its_exit_code(run: Run) -> None:
    write_jobs(3)
    with Emulator(queued=0.05, running=0.1, credit=1) as server:
        stopped = run_batch(run, server, "--workers", "1")
        assert stopped.code == 7
        assert "submissions stopped" in stopped.err
        assert len(server.tasks) == 1
    states = json.loads(run("batch", "status", "out", "--json").out)["states"]
    assert states == {"pending": 2, "done": 1}


def test_status_list_and_video_list(run: Run, server: Server) -> None:
    write_jobs(2)
    run_batch(run, server)
    status = run("batch", "status", "out")
    assert status.code == 0
    assert "done\t2\tits files are here, and verified" in status.out
    assert json.loads(run("batch", "status", "out", "--json").out)["states"] == {"done": 2}

    listing = run("batch", "list", "out").out.splitlines()
    assert listing[0] == "job\tstate\ttask\tmodel\tprompt\tresult"
    assert len(listing) == 3
    assert run("batch", "list", "out", "--state", "odd").code == 2

    tasks = run("video", "list", "out", "--json")
    assert {task["task_id"] for task in json.loads(tasks.out)} == set(server.tasks)
    assert run("video", "list", "out").out.startswith("task\tstate\tsubmitted\t")
    assert run("video", "list", ".").code == 2


def test_export_as_json_lines_and_csv(run: Run, server: Server) -> None:
    write_jobs(2)
    run_batch(run, server)
    exported = [json.loads(line) for line in run("batch", "export", "out").out.splitlines()]
    assert [job["request"]["prompt"] for job in exported] == ["Kite 0", "Kite 1"]
    rows = list(csv.DictReader(io.StringIO(run("batch", "export", "out", "--format", "csv").out)))
    assert [row["file"] for row in rows] == ["job-0.mp4", "job-1.mp4"]
    assert {row["task_id"] for row in rows} == set(server.tasks)
    assert run("batch", "export", "out", "--output", "all.jsonl").out == ""
    assert len(Path("all.jsonl").read_text().splitlines()) == 2


def test_cells_that_a_spreadsheet_would_run_are_quoted(run: Run, server: Server) -> None:
    write_jobs(1, prompt="=HYPERLINK(1)")
    run_batch(run, server)
    (row,) = csv.DictReader(io.StringIO(run("batch", "export", "out", "--format", "csv").out))
    assert row["prompt"] == "'=HYPERLINK(1)"


def test_report_prints_where_the_page_is(run: Run, server: Server) -> None:
    write_jobs(1)
    run_batch(run, server, "--no-report")
    assert not Path("out/index.html").exists()
    page = run("batch", "report", "out")
    assert page.out == Path("out/index.html").resolve().as_uri() + "\n"
    assert "Kite 0" in Path("out/index.html").read_text("utf-8")


def test_a_folder_without_a_ledger_is_one_line(run: Run) -> None:
    for command in ("status", "list", "report", "export"):
        outcome = run("batch", command, "nowhere")
        assert outcome.code == 2
        assert "there is no ledger" in outcome.error_line


def test_a_ledger_that_cannot_be_written_sends_nothing(run: Run, server: Server) -> None:
    write_jobs(2)
    Path("out/ledger.sqlite").mkdir(parents=True)
    outcome = run_batch(run, server)
    assert outcome.code == 4
    assert "ledger" in outcome.error_line
    assert server.requests == []


def test_a_url_of_another_database_is_refused(run: Run, server: Server) -> None:
    write_jobs(1)
    outcome = run_batch(run, server, "--ledger", "mysql://me@host/db")
    assert outcome.code == 2
    assert server.requests == []
