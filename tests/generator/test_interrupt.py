"""A run that is killed, and two at the same time, leave the old package or the new one, never a mixture.

ORCAGEN_TEST_RUNS sets how many kills and pairs are tried (`make fuzz`: 200).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support import save as save_document
from tests.support import schemas

KILLS = int(os.environ.get("ORCAGEN_TEST_RUNS", "50"))
PAIRS = int(os.environ.get("ORCAGEN_TEST_RUNS", "10"))
_PROBE = "import importlib, pkgutil, p\n" + "\n".join(
    [
        "names = sorted(m.name for m in pkgutil.walk_packages(p.__path__, 'p.'))",
        "for name in names: importlib.import_module(name)",
        "from p.models import Thing",
        "print(' '.join(sorted(a for a in Thing.__slots__ if a.startswith('v'))), len(names))",
    ]
)


def _document(version: int) -> dict[str, object]:
    """Versions differ in the attributes of every schema."""
    names = ["Thing", *(f"S{version}x{n}" for n in range(15))]
    shape = {"type": "object", "properties": {f"v{version}": {"type": "string"}}}
    return schemas(dict.fromkeys(names, shape))


def _generate(document: Path, folder: Path) -> list[str]:
    arguments = ["generate", str(document), "--output", str(folder), "--package", "p"]
    return [sys.executable, "-m", "orcagen", *arguments]


def _probe(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", _PROBE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_killing_the_run_at_any_moment_leaves_a_whole_package(tmp_path: Path) -> None:
    documents = [save_document(tmp_path, _document(v), f"{v}.yaml") for v in (1, 2)]
    out = tmp_path / "out"
    subprocess.run(_generate(documents[0], out), check=True, capture_output=True)
    whole = {_probe(out)}
    subprocess.run(_generate(documents[1], out), check=True, capture_output=True)
    whole.add(_probe(out))
    assert len(whole) == 2
    moments = random.Random(7)
    start = time.monotonic()
    subprocess.run(_generate(documents[0], out), check=True, capture_output=True)
    duration = time.monotonic() - start
    killed = 0
    for number in range(KILLS):
        run = subprocess.Popen(
            _generate(documents[(number + 1) % 2], out),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        # Files change in the last part of a run only; before that, a kill has no effect.
        time.sleep(duration * moments.uniform(0.3, 1.1))
        run.send_signal(signal.SIGKILL)
        run.communicate()
        killed += run.returncode == -signal.SIGKILL
        if number % 5 == 4:  # importing all of it costs more than a run
            assert _probe(out) in whole
    assert killed > 0
    subprocess.run(_generate(documents[0], out), check=True, capture_output=True)
    assert _probe(out) in whole
    assert [p.name for p in out.iterdir() if p.name.startswith(".")] == []


def test_two_runs_at_the_same_time_leave_one_whole_package(tmp_path: Path) -> None:
    documents = [save_document(tmp_path, _document(v), f"{v}.yaml") for v in (1, 2)]
    out = tmp_path / "out"
    whole = set()
    for document in documents:
        subprocess.run(_generate(document, out), check=True, capture_output=True)
        whole.add(_probe(out))
    for _ in range(PAIRS):
        runs = [
            subprocess.Popen(_generate(d, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for d in documents
        ]
        outputs = [run.communicate() for run in runs]
        assert [run.returncode for run in runs] == [0, 0], outputs
        assert _probe(out) in whole
        assert [p.name for p in out.iterdir()] == ["p"]
