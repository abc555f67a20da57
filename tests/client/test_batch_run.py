"""Running a batch against the emulator, on its virtual clock: every job is submitted at most once."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from tests.client.batch_support import check_files, get_states, make_jobs, open_batch
from tests.client.support import KEY, KLING, SEEDANCE

from orcarouter import OrcaRouter
from orcarouter.batch import Progress, Work, work, worker
from orcarouter.batch.worker import share_client
from orcarouter.errors import ConfigurationError
from orcarouter.testing import Emulator, Fault, VirtualClock

Server = Emulator[VirtualClock]


def test_every_job_has_one_task_and_a_verified_file(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path / "out", make_jobs(12), in_flight=5) as batch:
        ended = [job.name for job in batch.as_completed(workers=3)]
        assert sorted(ended) == sorted(f"job-{number}" for number in range(12))
        assert set(get_states(batch).values()) == {"done"}
        assert check_files(batch) == 12
        assert {job.task_id for job in batch.jobs()} == set(server.tasks)
    assert len(server.tasks) == 12
    assert sorted(task.body["prompt"] for task in server.tasks.values()) == sorted(
        f"Kite {number}" for number in range(12)
    )


def test_a_batch_that_has_ended_sends_nothing_more(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        with open_batch(server, tmp_path, make_jobs(3)) as batch:
            progress = batch.run()
        assert progress.counts == {"done": 3}
        requests = len(server.requests)
    with open_batch(server, tmp_path, make_jobs(4)) as batch:
        assert batch.added == 1
        batch.run()
    assert len(server.tasks) == 4
    assert requests < len(server.requests)


def test_the_intent_with_its_digest_is_committed_before_the_request(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, str | None]] = []
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        from orcarouter.videos import Videos

        create = Videos.create

        def inspect(self: Videos, *args: Any, **options: Any) -> Any:
            # Through another connection: only what is committed is there.
            job = batch.ledger.list_jobs()[0]
            seen.append((job.state, job.digest or "", job.task_id))
            return create(self, *args, **options)

        monkeypatch.setattr(Videos, "create", inspect)
        batch.run()
        digest = batch.jobs()[0].digest
    assert seen == [("submitting", digest, None)]


def test_the_digest_is_that_of_the_body_that_is_sent(server: Server, tmp_path: Path) -> None:
    import hashlib

    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        batch.run()
        assert (
            batch.jobs()[0].digest
            == hashlib.sha256(server.requests_to("submit")[0].body).hexdigest()
        )


@pytest.mark.parametrize(
    "fault",
    [
        Fault("submit", disconnect=True, when="after"),
        Fault("submit", status=502, when="after"),
        Fault("submit", malformed_body="html", when="after"),
    ],
    ids=["disconnect", "502", "html"],
)
def test_a_lost_answer_is_unknown_and_never_sent_again(
    server: Server, tmp_path: Path, fault: Fault
) -> None:
    server.script.add(fault)
    for _ in range(3):
        with open_batch(server, tmp_path, make_jobs(4)) as batch:
            batch.run(workers=1)
            assert sorted(get_states(batch).values()) == ["done", "done", "done", "unknown"]
            (job,) = batch.jobs("unknown")
            assert job.error_type == "AmbiguousSubmissionError"
            assert job.task_id is None
            assert batch.ledger.list_submissions(job.id)[0]["outcome"] == "unknown"
    assert len(server.requests_to("submit")) == 4
    assert len(server.tasks) == 4


def test_a_person_resolves_what_is_unknown(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", disconnect=True, when="after", times=3))
    with open_batch(server, tmp_path, make_jobs(3)) as batch:
        batch.run(workers=1)
        assert set(get_states(batch).values()) == {"unknown"}
        first, second, third = batch.jobs()
        task_id = next(id_ for id_, task in server.tasks.items() if task.body["prompt"] == "Kite 0")
        batch.ledger.resolve(first, "task", task_id)
        batch.ledger.resolve(second, "no_task")
        batch.ledger.resolve(third, "abandon")
        with pytest.raises(ConfigurationError, match="only unknown and missing"):
            batch.ledger.resolve(batch.jobs()[0], "no_task")
        batch.run(workers=1)
        assert get_states(batch) == {"job-0": "done", "job-1": "done", "job-2": "abandoned"}
        assert batch.jobs()[0].task_id == task_id
        outcomes = [each["outcome"] for each in batch.ledger.list_submissions(second.id)]
        assert outcomes == ["resolved: no task", "accepted"]
    assert len(server.requests_to("submit")) == 4


def test_a_429_pauses_all_requests_and_the_job_is_submitted_later(
    server: Server, tmp_path: Path
) -> None:
    server.script.add(Fault("submit", skip=2, status=429, retry_after=50))
    with open_batch(server, tmp_path, make_jobs(5)) as batch:
        batch.run(workers=1)
        assert set(get_states(batch).values()) == {"done"}
    rejected = next(r for r in server.requests if r.status == 429)
    after = server.requests[server.requests.index(rejected) + 1 :]
    assert after[0].at - rejected.at >= 50
    assert len(server.tasks) == 5


def test_the_pause_of_one_process_holds_for_another(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", status=429, retry_after=500))
    with (
        open_batch(server, tmp_path, make_jobs(2), name="b") as first,
        open_batch(server, tmp_path, make_jobs(2), name="b") as second,
    ):
        share_client(first._work.client, first._orca)
        share_client(second._work.client, second._orca)
        assert work(first._work).kind == "released"
        step = work(second._work)
        assert step.kind == "idle"
        assert step.idle is not None
        assert step.idle.seconds == pytest.approx(500, abs=1)
        assert "too many requests" in step.idle.pause_reason
    assert len(server.requests) == 1


def test_limits_hold(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, make_jobs(30), in_flight=4, per_minute=6) as batch:
        batch.run(workers=3)
        assert set(get_states(batch).values()) == {"done"}
    times = sorted(task.submitted_at for task in server.tasks.values())
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[6:], strict=False))
    # A task counts as in flight until a lookup has found its end.
    lifetime = 4.0
    for time in times:
        assert sum(time - lifetime < each <= time for each in times) <= 4


def test_a_limit_of_tasks_ends_the_run_and_a_higher_one_continues_it(
    server: Server, tmp_path: Path
) -> None:
    with open_batch(server, tmp_path, make_jobs(5), max_tasks=2) as batch:
        progress = batch.run()
        assert progress.counts == {"done": 2, "pending": 3}
        assert batch.limit == "tasks"
    with open_batch(server, tmp_path, max_tasks=4) as batch:
        assert batch.run().counts == {"done": 4, "pending": 1}
    assert len(server.tasks) == 4


def test_a_limit_of_credits_counts_what_is_expected_until_the_charge_is_known(
    server: Server, tmp_path: Path
) -> None:
    with (
        pytest.raises(ConfigurationError, match="credits-per-task"),
        open_batch(server, tmp_path / "a", make_jobs(2), max_credits=10),
    ):
        pass
    with open_batch(
        server, tmp_path / "b", make_jobs(5), max_credits=10, credits_per_task=4
    ) as batch:
        assert batch.run(workers=1).counts == {"done": 2, "pending": 3}
        assert batch.limit == "credits"
    assert len(server.tasks) == 2
    # A failed task costs nothing, so there is room for another one.
    server.script.add(Fault("submit", fail_reason="no"))
    with open_batch(
        server, tmp_path / "c", make_jobs(5), max_credits=4, credits_per_task=4
    ) as batch:
        assert batch.run(workers=1).counts == {"done": 1, "failed": 1, "pending": 3}


@pytest.mark.orcarouter_emulator(quirks=["internal_fields"])
def test_the_charge_of_the_service_is_recorded(server: Server, tmp_path: Path) -> None:
    with open_batch(
        server, tmp_path, make_jobs(3), max_credits=400_000, credits_per_task=1
    ) as batch:
        assert batch.run(workers=1).cost == 250_000 * len(server.tasks)
        assert {job.cost for job in batch.jobs("done")} == {250_000}


def test_failed_and_rejected_jobs_are_made_again_only_when_asked(
    server: Server, tmp_path: Path
) -> None:
    server.script.add(Fault("submit", fail_reason="prompt not allowed"))
    server.script.add(Fault("submit", status=400, code="invalid_request", message="odd"))
    with open_batch(server, tmp_path, make_jobs(3)) as batch:
        batch.run(workers=1)
        assert get_states(batch) == {"job-0": "failed", "job-1": "rejected", "job-2": "done"}
        assert "prompt not allowed" in batch.jobs("failed")[0].error
        assert "odd" in batch.jobs("rejected")[0].error
        batch.run(workers=1)
        assert len(server.requests_to("submit")) == 3
        submit, download = batch.ledger.retry(batch.jobs())
        assert [job.name for job in submit] == ["job-0", "job-1"]
        assert download == []
        batch.run(workers=1)
        assert set(get_states(batch).values()) == {"done"}
        assert [s["outcome"] for s in batch.ledger.list_submissions(1)] == ["accepted", "accepted"]
    assert len(server.requests_to("submit")) == 5


def test_a_file_that_cannot_be_downloaded_is_retried_without_a_new_task(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MAX_DOWNLOADS", 1)
    server.script.add(Fault("content", status=404, times=2))  # by its URL, and through the API
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        batch.run()
        (job,) = batch.jobs()
        assert job.state == "download_failed"
        assert "HTTP 404" in job.error
        batch.run()
        assert batch.jobs()[0].state == "download_failed"
        assert batch.ledger.retry([job]) == ([], [job])
        batch.run()
        assert batch.jobs()[0].state == "done"
    assert len(server.requests_to("submit")) == 1


def test_a_download_continues_after_an_outage_of_the_file_host(
    server: Server, tmp_path: Path
) -> None:
    server.script.add(Fault("content", status=503, times=40))
    with open_batch(server, tmp_path, make_jobs(2)) as batch:
        batch.run(workers=1)
        assert set(get_states(batch).values()) == {"done"}
        assert check_files(batch) == 2


def test_an_outage_while_tasks_run_loses_none(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("lookup", status=503, times=60))
    with open_batch(server, tmp_path, make_jobs(4)) as batch:
        batch.run(workers=2)
        assert set(get_states(batch).values()) == {"done"}


def test_an_outage_of_submissions_makes_few_jobs_unknown(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", status=502, times=None))
    with open_batch(server, tmp_path, make_jobs(30)) as batch:
        counts = batch.run(workers=1).counts
        assert counts == {"unknown": 5, "pending": 25}
        assert batch.stop_error is not None
    assert len(server.requests_to("submit")) == 5


def test_a_refusal_for_now_is_submitted_again(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", status=503, times=8))  # with a code: not forwarded
    with open_batch(server, tmp_path, make_jobs(4)) as batch:
        assert batch.run(workers=1).counts == {"done": 4}
        assert batch.progress().tasks == 4
    assert len(server.tasks) == 4


def test_a_refusal_that_stays_ends_the_job(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", status=503, code="get_channel_failed", times=None))
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        assert batch.run(workers=1).counts == {"rejected": 1}
        assert batch.progress().tasks == 0


def test_a_free_request_goes_before_the_next_submission_after_a_lost_answer(
    server: Server, tmp_path: Path
) -> None:
    server.script.add(Fault("submit", status=502, times=1))
    server.script.add(Fault("models", status=503, times=4))
    with open_batch(server, tmp_path, make_jobs(3)) as batch:
        assert batch.run(workers=1).counts == {"done": 2, "unknown": 1}
    assert len(server.requests_to("models")) == 5


def test_a_key_that_is_not_accepted_ends_submissions(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", skip=1, status=401, times=None))
    with open_batch(server, tmp_path, make_jobs(20)) as batch:
        assert batch.run(workers=1).counts == {"done": 1, "pending": 19}
        assert type(batch.stop_error).__name__ == "AuthenticationError"
    assert len(server.requests_to("submit")) == 2


def test_a_task_that_disappears_is_missing_and_not_submitted_again(
    server: Server, tmp_path: Path
) -> None:
    server.script.add(Fault("lookup", unknown_task=True, times=None))
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        batch.run()
        assert get_states(batch) == {"job-0": "missing"}
        assert batch.ledger.retry(batch.jobs()) == ([], [])
    assert len(server.requests_to("submit")) == 1


def test_a_task_that_never_ends_is_left_to_the_next_run(server: Server, tmp_path: Path) -> None:
    server.script.add(Fault("submit", duration=5000))
    with open_batch(server, tmp_path, make_jobs(2), task_timeout=600) as batch:
        assert batch.run(workers=1).counts == {"done": 1, "stalled": 1}
        server.clock.advance(5000)
        assert batch.run(workers=1).counts == {"done": 2}
    assert len(server.tasks) == 2


def test_all_files_of_a_task_are_downloaded(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, [{"id": "tram", **SEEDANCE}]) as batch:
        batch.run()
        assert [file.path for file in batch.jobs()[0].files] == ["tram.mp4", "tram-last_frame.png"]
        assert check_files(batch) == 2


def test_files_of_others_are_never_overwritten(server: Server, tmp_path: Path) -> None:
    (tmp_path / "job-0.mp4").write_text("mine")
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        batch.run()
        assert [file.path for file in batch.jobs()[0].files] == ["job-0-2.mp4"]
    assert (tmp_path / "job-0.mp4").read_text() == "mine"


def test_local_files_are_read_when_the_job_is_submitted(server: Server, tmp_path: Path) -> None:
    image = tmp_path / "first.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    job = {**KLING, "id": "lamp", "image": image, "metadata": {"mode": "pro", "duration": "5"}}
    with open_batch(server, tmp_path / "out", [job], check=False) as batch:
        assert "base64" not in batch.jobs()[0].request
        image.unlink()
        batch.run()
        assert batch.jobs()[0].state == "rejected"
        assert "first.png" in batch.jobs()[0].error
        image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
        batch.ledger.retry(batch.jobs())
        batch.run()
        assert batch.jobs()[0].state == "done"
    body = next(iter(server.tasks.values())).body
    assert body["image"].startswith("data:image/png;base64,")


def test_another_request_under_a_known_id_is_refused(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        batch.run()
    with (
        pytest.raises(ConfigurationError, match=r"job-0.*another request"),
        open_batch(server, tmp_path, make_jobs(1, prompt="Other")),
    ):
        pass
    assert len(server.tasks) == 1


class _InProcess(Executor):
    """Runs everything at once; every argument and result goes through pickle, as between machines."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, function: Any, /, *args: Any, **options: Any) -> Future[Any]:
        self.count += 1
        future: Future[Any] = Future()
        function, args = pickle.loads(pickle.dumps((function, args)))
        try:
            future.set_result(pickle.loads(pickle.dumps(function(*args, **options))))
        except BaseException as error:
            future.set_exception(pickle.loads(pickle.dumps(error)))
        return future


def test_work_runs_in_any_executor(server: Server, tmp_path: Path) -> None:
    executor = _InProcess()
    with open_batch(server, tmp_path, make_jobs(3)) as batch:
        assert batch.run(executor).counts == {"done": 3}
    assert executor.count > 6


def test_what_is_pickled_has_no_key(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, make_jobs(1), ledger=None) as batch:
        assert KEY.encode() not in pickle.dumps(batch._work)
    settings = Work(
        ledger="postgresql://me:secret@host/db",
        batch="b",
        folder=".",
        base_url="https://api",
        client="",
        task_timeout=1.0,
    )
    assert "secret" not in repr(settings)


def test_closing_the_iterator_finishes_what_was_begun(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, make_jobs(6)) as batch:
        completed = batch.as_completed(workers=2)
        next(completed)
        completed.close()  # type: ignore[attr-defined]  # a generator
        assert "submitting" not in get_states(batch).values()
        submitted = [job for job in batch.jobs() if job.task_id]
        assert len(submitted) == len(server.tasks)
        batch.run()
        assert set(get_states(batch).values()) == {"done"}
    assert len(server.tasks) == 6


def test_two_runs_of_one_batch_share_the_jobs(server: Server, tmp_path: Path) -> None:
    with (
        open_batch(server, tmp_path, make_jobs(12), name="b") as first,
        open_batch(server, tmp_path, make_jobs(12), name="b") as second,
    ):
        threads = [threading.Thread(target=batch.run) for batch in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(get_states(first).values()) == {"done"}
        assert check_files(first) == 12
    assert len(server.tasks) == 12


def test_progress_has_an_estimate_once_there_is_something_to_estimate_from(
    server: Server, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    with open_batch(server, tmp_path, make_jobs(20), in_flight=4) as batch:
        batch.run(workers=1, on_progress=seen.append)
    assert seen[0].remaining is None
    assert "left" not in str(seen[0])
    estimates = [each for each in seen if each.remaining is not None and each.open]
    assert estimates
    low, high = estimates[0].remaining or (0, 0)
    assert 0 <= low <= high
    assert "a minute" in str(estimates[0])
    assert str(seen[-1]) == "20 of 20 ended, 20 done"


def test_importing_the_package_does_not_import_sqlalchemy() -> None:
    code = (
        "import sys, orcarouter, orcarouter.batch, orcarouter.client, orcarouter.cli.commands\n"
        "print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_missing_extra_is_named(server: Server, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from orcarouter import OrcaRouter\n"
        "try:\n    OrcaRouter('sk-orca-x').batch([], 'out')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "ConfigurationError batches need: pip install 'orcarouter[batch]'\n"
    assert OrcaRouter is not None
