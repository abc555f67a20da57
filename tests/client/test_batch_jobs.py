"""Files with jobs: JSON Lines, YAML, JSON and CSV, and what is said about their errors."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from tests.client.support import KLING, SEEDANCE

from orcarouter.batch import JobsError, read_jobs
from orcarouter.batch.jobs import decode_request

KLING_LINE = json.dumps(KLING)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(job.request) for job in read_jobs(path, **options)]


def find_errors(source: Any, **options: Any) -> list[str]:
    with pytest.raises(JobsError) as caught:
        read_jobs(source, **options)
    return caught.value.errors


def test_json_lines_are_requests_and_empty_lines_are_skipped(tmp_path: Path) -> None:
    second = {**SEEDANCE, "id": "tram", "credits": 12}
    path = write(tmp_path, "jobs.jsonl", f"{KLING_LINE}\n\n{json.dumps(second)}\n")
    first, tram = read_jobs(path)
    assert json.loads(first.request) == KLING
    assert json.loads(tram.request) == SEEDANCE
    assert (tram.name, tram.credits, tram.line, tram.stem) == ("tram", 12.0, 3, "tram")
    assert first.line == 1
    assert first.stem == "0001-a-kite-over-a-beach"


def test_a_separator_of_lines_inside_a_string_is_no_end_of_a_line(tmp_path: Path) -> None:
    job = {**KLING, "prompt": "one\u2028two\x85three"}
    path = write(tmp_path, "jobs.jsonl", json.dumps(job, ensure_ascii=False) + "\n")
    assert read(path) == [job]


def test_a_file_with_a_byte_order_mark_and_crlf_is_read(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{KLING_LINE}\r\n{KLING_LINE}\r\n".encode())
    assert read(path) == [KLING, KLING]


def test_yaml_has_defaults_and_keeps_strings_that_look_like_numbers(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "jobs.yaml",
        "defaults:\n"
        "  model: kling/kling-v2-6\n"
        "  metadata: {mode: pro, aspect_ratio: 16:9}\n"
        "jobs:\n"
        "- prompt: A kite\n"
        "  metadata: {duration: '5'}\n"
        "- id: two\n"
        "  prompt: Two kites\n",
    )
    assert read(path) == [
        {
            "model": "kling/kling-v2-6",
            "metadata": {"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
            "prompt": "A kite",
        },
        {
            "model": "kling/kling-v2-6",
            "metadata": {"mode": "pro", "aspect_ratio": "16:9"},
            "prompt": "Two kites",
        },
    ]
    assert [job.line for job in read_jobs(path)] == [5, 7]


def test_json_is_read_as_a_list_with_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "jobs.json", json.dumps([KLING, {**KLING, "model": ""}], indent=1))
    (error,) = find_errors(path)
    assert error.startswith("line 11: ")
    assert "needs a model" in error


def test_csv_has_options_and_paths_with_the_types_of_the_model(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "jobs.csv",
        "id,model,prompt,aspect_ratio,duration,metadata.mode,metadata.resolution,credits\n"
        'one,kling/kling-v2-6,"A kite, red",16:9,5,pro,,3.5\n'
        f"two,{SEEDANCE['model']},A tram,16:9,6,,720p,\n",
    )
    assert read(path) == [
        {
            "model": "kling/kling-v2-6",
            "prompt": "A kite, red",
            "metadata": {"aspect_ratio": "16:9", "duration": "5", "mode": "pro"},
        },
        {
            "model": SEEDANCE["model"],
            "prompt": "A tram",
            "metadata": {"ratio": "16:9", "duration": 6, "resolution": "720p"},
        },
    ]
    assert [job.credits for job in read_jobs(path)] == [3.5, None]


def test_lines_of_csv_count_line_breaks_in_cells(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "jobs.csv",
        'model,prompt,mode\nkling/kling-v2-6,"two\nlines",pro\nkling/kling-v2-6,x,9k\n',
    )
    (error,) = find_errors(path)
    assert error.startswith("line 4: ")
    assert '"9k"' in error


def test_all_errors_are_reported_with_their_lines(tmp_path: Path) -> None:
    bad = {**KLING, "metadata": {"mode": "4k", "duration": "7"}}
    path = write(
        tmp_path,
        "jobs.jsonl",
        f"{KLING_LINE}\n{{oops\n[1]\n{json.dumps(bad)}\n"
        f'{{"prompt": "x"}}\n{json.dumps({**KLING, "id": "a"})}\n'
        f"{json.dumps({**KLING, 'id': 'a', 'prompt': 'y'})}\n"
        f"{json.dumps({**KLING, 'credits': 'many'})}\n",
    )
    errors = find_errors(path)
    assert [error.partition(":")[0] for error in errors] == [
        "line 2",
        "line 3",
        "line 4",
        "line 5",
        "line 7",
        "line 8",
    ]
    assert "not JSON" in errors[0]
    assert "a job is an object, not list" in errors[1]
    assert 'metadata.mode: "4k"' in errors[2]
    assert "metadata.duration" in errors[2]
    assert "needs a model" in errors[3]
    assert "'a' occurs twice" in errors[4]
    assert "credits" in errors[5]


def test_the_message_names_file_and_line_and_not_more_than_twenty(tmp_path: Path) -> None:
    path = write(tmp_path, "jobs.jsonl", "{}\n" * 30)
    with pytest.raises(JobsError) as caught:
        read_jobs(path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{path}: line 1: a job needs a model"
    assert lines[-1] == "10 more"
    assert len(lines) == 21
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "jobs: {}\n", "`jobs` is a list"),
        ("a.yaml", "tasks: []\n", "unknown key 'tasks'"),
        ("a.yaml", "- [\n", "line"),
        ("a.yaml", "", "`jobs` is a list"),
        ("a.jsonl", "", "there are no jobs"),
        ("a.csv", "prompt\nx\n", "line 1: header: no column `model`"),
        ("a.csv", "model,model\nx,y\n", "line 1: header: the column model occurs twice"),
        ("a.csv", "model\nx,y\n", "line 2: 2 cells, but the header has 1"),
        ("a.csv", 'model\n"x\n', "not CSV"),
        ("a.csv", "model,shape\nkling/kling-v2-6,round\n", "line 2: column shape: "),
    ],
)
def test_a_file_that_cannot_be_read_is_explained(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(JobsError) as caught:
        read_jobs(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


def test_jobs_without_ids_are_named_by_their_content(tmp_path: Path) -> None:
    other = {**KLING, "prompt": "Other"}
    before = [job.name for job in read_jobs([KLING, KLING, other])]
    after = [job.name for job in read_jobs([{**KLING, "prompt": "New"}, KLING, other, KLING])]
    assert len(set(before)) == 3
    assert set(before) < set(after)


def test_names_of_files_are_safe_on_every_system() -> None:
    names = ["../../etc/passwd", "CON", "a/b:c*?", "Ünï", "x" * 300 + "y"]
    jobs = read_jobs([{**KLING, "id": name[:200]} for name in names])
    for job in jobs:
        assert job.stem
        assert len(job.stem) <= 60
        assert set(job.stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert jobs[1].stem == "job-con"


def test_local_files_are_relative_to_the_file_with_the_jobs(tmp_path: Path) -> None:
    image = tmp_path / "pictures" / "first.png"
    image.parent.mkdir()
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (tmp_path / "lists").mkdir()
    jobs = {**KLING, "image": "file:../pictures/first.png"}
    path = write(tmp_path / "lists", "jobs.jsonl", json.dumps(jobs))
    (job,) = read_jobs(path, check=False)
    named = decode_request(job.request)["image"]
    assert isinstance(named, Path)
    assert named.samefile(image)
    csv = write(
        tmp_path / "lists",
        "jobs.csv",
        "model,prompt,image\nkling/kling-v2-6,x,../pictures/first.png\n",
    )
    (job,) = read_jobs(csv, check=False)
    assert decode_request(job.request)["image"].samefile(image)


def test_a_missing_local_file_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    path = write(tmp_path, "jobs.jsonl", json.dumps({**KLING, "image": "file:no.png"}))
    (error,) = find_errors(path)
    assert "no.png" in error
    assert "No such file" in error


def test_standard_input_is_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KLING_LINE}\n"))
    assert [json.loads(job.request) for job in read_jobs("-")] == [KLING]


def test_unchecked_jobs_are_taken_as_they_are() -> None:
    odd = {**KLING, "metadata": {"mode": "9k"}}
    assert [json.loads(job.request) for job in read_jobs([odd], check=False)] == [odd]
    (error,) = find_errors([odd])
    assert error.startswith("job 1: ")


def test_models_of_the_generated_package_are_requests() -> None:
    from orcarouter_api.models import KlingVideoRequest

    request = KlingVideoRequest.from_dict(KLING)
    (job,) = read_jobs([request])
    assert json.loads(job.request) == KLING
    (job,) = read_jobs([{**KLING, "metadata": request.metadata}])
    assert json.loads(job.request) == KLING
