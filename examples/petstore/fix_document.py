"""Correct a document with an overlay instead of editing it, so that updates of it can be taken over.

python examples/petstore/fix_document.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def generate(*options: str) -> int:
    """Generate a client with --strict, which fails if there are diagnostics."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "orcagen",
            "generate",
            str(HERE / "broken.yaml"),
            "--strict",
        ]
        command += ["--output", folder, "--package", "petstore", *options]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        print(done.stderr.replace(f"{folder}/", "").replace(f"{HERE}/", ""), end="")
    return done.returncode


if __name__ == "__main__":
    print("As it is:")
    print(f"exit status {generate()}\n\nWith the overlay:")
    print(f"exit status {generate('--overlay', str(HERE / 'fixes.overlay.yaml'))}")
