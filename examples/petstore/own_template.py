"""Replace blocks of templates: every module of `api/` lists its functions, and the API reference has one line for each.

    python examples/petstore/own_template.py

The templates are in templates/ beside this file; orcagen.toml names the folder.
"""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def run(command: str, folder: Path) -> None:
    arguments = [sys.executable, "-m", "orcagen", command, str(HERE / "petstore.yaml")]
    arguments += ["--config", str(HERE / "orcagen.toml")]
    arguments += ["--output", str(folder), "--package", "templated_petstore"]
    subprocess.run(arguments, check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run("generate", Path(folder))
        sys.path.insert(0, folder)
        pets = importlib.import_module("templated_petstore.api.pets")
        print(pets.FUNCTIONS)

        run("docs", Path(folder, "docs"))
        page = Path(folder, "docs/api/pets.md").read_text(encoding="utf-8")
        print(*[line for line in page.splitlines() if line.startswith("- ")], sep="\n")


if __name__ == "__main__":
    main()
