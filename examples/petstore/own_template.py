"""Replace one block of a template, so that every module of `api/` lists its functions.

    python examples/petstore/own_template.py

The template is templates/api_module.py.jinja beside this file; orcagen.toml names its folder.
"""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "orcagen", "generate", str(HERE / "petstore.yaml")]
        command += ["--config", str(HERE / "orcagen.toml")]
        command += ["--output", folder, "--package", "templated_petstore"]
        subprocess.run(command, check=True)
        sys.path.insert(0, folder)
        pets = importlib.import_module("templated_petstore.api.pets")
        print(pets.FUNCTIONS)


if __name__ == "__main__":
    main()
