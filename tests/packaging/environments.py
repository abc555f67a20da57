"""Python environments that hold a distribution and what it declares as its dependencies, and what users do in them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

PETSTORE = """\
openapi: 3.1.0
info: {title: Petstore, version: "1"}
servers: [{url: https://petstore.example/v1}]
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      tags: [pets]
      parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: The pet.
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string}, tag: {type: string}}
"""


@frozen
class Environment:
    """An interpreter with its flags, and the variables that it needs."""

    command: tuple[str, ...]
    variables: Mapping[str, str] = field(factory=dict)

    def python(
        self, *arguments: str | Path, cwd: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs the interpreter in `cwd`. Of the caller's environment variables, those of Python are left out."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        return subprocess.run(
            [*self.command, *map(str, arguments)],
            env={**inherited, **self.variables, **variables},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def missing(self, modules: tuple[str, ...], cwd: Path) -> set[str]:
        """Those of the top-level modules that cannot be imported."""
        code = "import sys, importlib.util as u; print(*(m for m in sys.argv[1:] if not u.find_spec(m)))"
        done = self.python("-c", code, *modules, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split())


def generate_petstore(environment: Environment, folder: Path) -> None:
    """Generates a client with orcagen alone, and compares it with its document."""
    assert environment.missing(("orcagen", "orcarouter", "orcarouter_api"), folder) == {
        "orcarouter",
        "orcarouter_api",
    }
    (folder / "petstore.yaml").write_text(PETSTORE)
    command = (
        "-m",
        "orcagen",
        "generate",
        "petstore.yaml",
        "--output",
        "src",
        "--package",
        "petstore",
    )
    done = environment.python(*command, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "src/petstore/models/pet.py").exists()
    assert (folder / "src/petstore/api/pets.py").exists()
    done = environment.python(*command, "--check", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def make_video(environment: Environment, folder: Path, base_url: str) -> None:
    """Submits a task with the command line of orcarouter, waits for it, and downloads the video."""
    assert environment.missing(("orcagen", "orcarouter", "orcarouter_api"), folder) == {"orcagen"}
    done = environment.python(
        *("-m", "orcarouter", "video", "create", "--model", "kling/kling-v2-6"),
        *("--prompt", "A lighthouse in a storm", "--wait", "--interval", "0.1"),
        *("--output", "out.mp4"),
        cwd=folder,
        ORCAROUTER_BASE_URL=base_url,
        ORCAROUTER_API_KEY="sk-orca-test",
        NO_PROXY="127.0.0.1",
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "out.mp4").read_bytes()[4:8] == b"ftyp"
