"""Generate a client with a plugin that changes its plan and adds a file.

    pip install examples/petstore/plugin
    python examples/petstore/own_plugin.py

The plugin is plugin/petstore_plugin.py beside this file; plugin.toml names it.
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
        command += ["--config", str(HERE / "plugin.toml")]
        command += ["--output", folder, "--package", "petstore_reader"]
        subprocess.run(command, check=True)
        sys.path.insert(0, folder)
        operations = importlib.import_module("petstore_reader.operations")
        for name, operation in operations.OPERATIONS.items():
            print(f"{name}: {operation}")


if __name__ == "__main__":
    main()
