"""`python -m tests.packaging`: both distributions, built and installed by pip into virtual environments of their own.

Needs a package registry. In turn: builds wheels and sdists into `dist/`, checks their metadata with twine, installs each
wheel alone and does what its users do, runs the tests of each unpacked sdist, and runs the pre-commit hooks of this checkout.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.packaging.environments import (
    PETSTORE,
    Environment,
    generate_petstore,
    make_video,
)

from orcarouter.testing import Emulator

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints.txt"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.packaging", description=__doc__)
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", metavar="DIR")
    parser.add_argument(
        "--no-sdist-tests", action="store_true", help="leave out the tests of the sdists (minutes)"
    )
    arguments = parser.parse_args()
    dist: Path = arguments.dist.resolve()
    shutil.rmtree(dist, ignore_errors=True)
    for project in (ROOT / "generator", ROOT):
        step(f"build {project.name}")
        run(sys.executable, "-m", "build", "--outdir", dist, project)
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(dist.iterdir()))
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        orcagen = install(work / "orcagen", file_of(dist, "orcagen-*.whl"))
        step("generate a client with orcagen alone")
        generate_petstore(orcagen, work / "orcagen")
        wheel = file_of(dist, "orcarouter-*.whl")
        orcarouter = install(work / "orcarouter", f"{wheel}[cli]")
        step("make a video with orcarouter[cli] against the emulator")
        with Emulator(queued=0.2, running=0.5) as server:
            make_video(orcarouter, work / "orcarouter", server.base_url)
        if not arguments.no_sdist_tests:
            run_own_tests(file_of(dist, "orcagen-*.tar.gz"), work / "orcagen-sdist")
            # Its emulator needs orcagen.
            orcagen_wheel = file_of(dist, "orcagen-*.whl")
            sdist = file_of(dist, "orcarouter-*.tar.gz")
            run_own_tests(sdist, work / "orcarouter-sdist", orcagen_wheel)
        run_hooks(work / "hooks")
    step("done")


def step(text: str) -> None:
    print(f"== {text}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | variables
    subprocess.run([*map(str, command)], cwd=cwd, env=environment, check=True)


def file_of(dist: Path, pattern: str) -> Path:
    (path,) = dist.glob(pattern)
    return path


def install(folder: Path, *requirements: str | Path) -> Environment:
    """A new virtual environment in `folder`, with the requirements and nothing else."""
    step(f"install {' '.join(Path(r).name for r in requirements)}")
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, *requirements)
    return Environment((str(python),))


def run_own_tests(sdist: Path, folder: Path, *beside: Path) -> None:
    """Installs an unpacked sdist with its extra `dev`, and what it needs beside it, and runs its tests there."""
    folder.mkdir()
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (project,) = folder.iterdir()
    environment = install(folder, *beside, f"{project}[dev]")
    step(f"test {sdist.name}")
    run(environment.command[0], "-m", "pytest", "-n", "auto", cwd=project)


def run_hooks(folder: Path) -> None:
    """A repository with a document and a generated client: `orcagen-check` passes, and fails after an edit."""
    step("run the pre-commit hooks")
    folder.mkdir()
    (folder / "petstore.yaml").write_text(PETSTORE)
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", folder)
    run(*git, "init", "--quiet")
    run(*git, "add", ".")
    home = str(folder / ".git" / "pre-commit")

    def hook(name: str) -> int:
        # Without `args` a hook gets the document alone; the configuration gives the rest.
        configuration = (
            f"repos:\n- repo: {ROOT}\n  rev: HEAD\n  hooks:\n  - id: {name}\n"
            "    args: [petstore.yaml, --output, ., --package, petstore]\n"
        )
        (folder / ".git" / "config.yaml").write_text(configuration)
        command = (sys.executable, "-m", "pre_commit", "run", "--all-files", "--config")
        return subprocess.run(
            [*command, folder / ".git" / "config.yaml"],
            cwd=folder,
            env={**os.environ, "PRE_COMMIT_HOME": home},
            check=False,
        ).returncode

    assert hook("orcagen-check") != 0  # nothing is generated yet
    hook("orcagen")
    run(*git, "add", ".")
    assert (folder / "petstore" / "models" / "pet.py").exists()
    assert hook("orcagen-check") == 0
    (folder / "petstore" / "models" / "pet.py").write_text("")
    assert hook("orcagen-check") != 0


if __name__ == "__main__":
    main()
