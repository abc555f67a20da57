"""Every program in examples/ runs as its docstring says, against the emulator or the server beside it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.docs.blocks import ROOT, make_environment, matches

from orcarouter.testing import Emulator

EXAMPLES = ROOT / "examples"
# The arguments of each program, and what it prints. FOLDER is an empty folder, URL that of the server beside it.
RUNS = {
    "make_video.py": (["FOLDER/out.mp4"], "FOLDER/out.mp4: ... bytes"),
    "many_videos.py": (["FOLDER/videos"], "\n".join(["FOLDER/videos/task_....mp4: ... bytes"] * 3)),
    "async_videos.py": (
        ["FOLDER/videos"],
        "A paper boat in the rain: ....mp4\nA kite over dunes: ....mp4",
    ),
    "watch_events.py": ([], "...\n...100%  SUCCESS\nstatuses: ...SUCCESS"),
    "check_before_paying.py": (
        [],
        (
            "error: metadata.mode: ...\nerror: metadata.duration: ...\n"
            "corrected: {'mode': 'pro', 'duration': '5', 'aspect_ratio': '16:9'}\nvalid"
        ),
    ),
    "typed_dict_body.py": ([], "curl -X POST https://...\ntask_..."),
    "list_capabilities.py": (["native_audio"], "...\nkling/kling-v3\n..."),
    "petstore/use_client.py": (
        ["URL"],
        (
            "Rex, born 2024-02-29; not in the document: {'legs': 4}\n"
            "Mia is number 8; status absent: True\n"
            "404 Not Found from GET /pets/404: no such pet / no such pet\n"
            "200, 2 pets\n"
            "curl -X GET 'URL/pets?limit=10'"
        ),
    ),
    "petstore/stream_items.py": (["URL"], "7: Rex\n..."),
    "petstore/fix_document.py": (
        [],
        (
            "As it is:\n...broken.yaml:10: ...\n...broken.yaml:16: ...\n...\nexit status 1\n\n"
            "With the overlay:\n...\nexit status 0"
        ),
    ),
    "petstore/own_template.py": (
        [],
        "('list_pets', 'create_pet', 'get_pet', 'export_pets')\n- `GET /pets`: List the pets\n...",
    ),
    "petstore/own_plugin.py": (
        [],
        "list_pets: GET /pets\nget_pet: GET /pets/{petId}\nexport_pets: GET /pets/export",
    ),
    "long_running/wait_for_tasks.py": (
        ["URL"],
        (
            "status in_progress\nstatus in_progress\nend completed\ncompleted\nDisk(size=4)\n"
            "Dataset(title='Cats')\nReport(rows=3)"
        ),
    ),
    "code_host/list_issues.py": (
        ["URL"],
        (
            "1 Issue 1\n2 Issue 2\n"
            "again after 503 Service Unavailable from GET /repos/boats/issues: ...\n"
            "again after 503 Service Unavailable from GET /repos/boats/issues: ...\n"
            "3 Issue 3\n4 Issue 4\n5 Issue 5\n6 Issue 6"
        ),
    ),
    "code_host/upload_asset.py": (
        ["URL", str(EXAMPLES / "code_host/code_host.yaml")],
        "...bytes sent\ncode_host.yaml: ... bytes stored",
    ),
    "code_host/verify_webhook.py": ([], "issue 7 was opened: Leaks\n204\nrefused: ...\n400"),
    "payments/charge_once.py": (["URL"], "...\n1200 charged; charges made: 1"),
    "payments/continue_list.py": (["URL"], "['ch_5', 'ch_4']\n['ch_3', 'ch_2', 'ch_1']"),
    "payments/read_strictly.py": (
        ["URL"],
        (
            "lenient: Charge(id=7, created='yesterday')\n"
            "  /id: expected a string, found 7\n"
            "  /amount: expected an integer (required), found nothing\n"
            '  /created: expected ..., found "yesterday"\n'
            "strict: 3 problems"
        ),
    ),
    "payments/check_before_sending.py": (
        ["URL"],
        (
            "/query/limit: expected maximum 100, found 1000\n"
            '/query/starting_after: expected pattern "^ch_", found "Ch 5"'
        ),
    ),
}
# The documents of clients, and the options of `orcagen generate`.
CLIENTS = {
    "code_host/code_host.yaml": [],
    "payments/payments.yaml": ["--config", str(EXAMPLES / "payments/payments.toml")],
    "petstore/petstore.yaml": [],
    "long_running/accepted.yaml": [],
    "long_running/azure_style.yaml": [],
    "long_running/google_style.yaml": [],
    "long_running/videos.yaml": [],
}
# Programs with a test of their own.
OTHERS = {
    "resume_in_another_process.py",
    "test_own_code.py",
    "code_host/server.py",
    "payments/server.py",
    "petstore/server.py",
    "long_running/server.py",
    "petstore/plugin/petstore_plugin.py",  # installed for own_plugin.py
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An emulator whose tasks take no time, and the clients of the documents."""
    build = tmp_path_factory.mktemp("build")
    generate = [sys.executable, "-m", "orcagen", "generate", "--output", str(build), "--strict"]
    for name, options in CLIENTS.items():
        document = EXAMPLES / name
        package = ["--package", document.stem]
        subprocess.run([*generate, str(document), *package, *options], check=True)
    install = ["install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    plugin = ["--target", str(build), str(EXAMPLES / "petstore/plugin")]
    subprocess.run([sys.executable, "-m", "pip", *install, *plugin], check=True)
    with Emulator(queued=0, running=0.05) as server:
        environment = make_environment(
            ORCAROUTER_API_KEY="sk-orca-test", ORCAROUTER_BASE_URL=server.base_url
        )
        environment["PYTHONPATH"] += os.pathsep + str(build)
        yield environment


@contextmanager
def serve(program: str) -> Iterator[str]:
    """The URL of a fresh server of examples/, that beside a program; empty where there is none."""
    file = EXAMPLES / Path(program).with_name("server.py")
    if not file.exists():
        yield ""
        return
    with subprocess.Popen(
        [sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


def run(environment: dict[str, str], *arguments: str, stdin: str = "") -> str:
    """What a program prints. Its last lines of standard error are shown if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return done.stdout


@pytest.mark.parametrize("name", RUNS)
def test_the_program_prints_what_it_says(
    name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    arguments, expected = RUNS[name]
    with serve(name) as url:

        def fill(text: str) -> str:
            return text.replace("FOLDER", str(tmp_path)).replace("URL", url)

        printed = run(environment, str(EXAMPLES / name), *map(fill, arguments))
        assert matches(fill(expected), printed), printed
    assert all(file.read_bytes()[4:8] == b"ftyp" for file in tmp_path.rglob("*.mp4"))


def test_a_task_is_resumed_in_another_process(environment: dict[str, str], tmp_path: Path) -> None:
    program, path = str(EXAMPLES / "resume_in_another_process.py"), tmp_path / "kite.mp4"
    token = run(environment, program)
    assert "sk-orca" not in token
    assert run(environment, program, str(path), stdin=token).strip() == str(path)
    assert path.read_bytes()[4:8] == b"ftyp"


def test_the_test_of_own_code_passes(environment: dict[str, str]) -> None:
    file = str(EXAMPLES / "test_own_code.py")
    printed = run(
        environment, "-m", "pytest", "-p", "no:cacheprovider", "--override-ini=addopts=", file
    )
    assert "2 passed" in printed


def list_programs() -> list[str]:
    return sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.py"))


def test_every_program_is_run() -> None:
    assert set(list_programs()) == {*RUNS, *OTHERS}


@pytest.mark.parametrize("name", list_programs())
def test_the_program_is_short_and_says_how_to_run_it(name: str) -> None:
    text = (EXAMPLES / name).read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert f"examples/{name}" in docstring
    assert 10 <= len(text.splitlines()) <= (60 if name.endswith("server.py") else 45)


def test_the_readme_lists_every_program() -> None:
    table = (EXAMPLES / "README.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| \[[^\]]*\]\(([^)]*)\)", table, re.MULTILINE)) == list_programs()


@pytest.mark.parametrize("name", ["make_video.py", "typed_dict_body.py"])
def test_type_checkers_accept_the_program(name: str, environment: dict[str, str]) -> None:
    roots = os.pathsep.join(str(ROOT / folder) for folder in ("generated", "client"))
    command = ["-m", "mypy", "--strict", "--no-incremental", "--config-file=", str(EXAMPLES / name)]
    assert "Success" in run({**environment, "MYPYPATH": roots}, *command)
