"""Project files beside a package, for clients that are published as a distribution of their own."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from orcagen.diagnostics import InputError

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = {description}
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["httpx>=0.28,<1", "attrs>=24.2"]

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""

_README = """\
# {name}

{text}

```python
from {package} import Client

with Client() as client:
    ...
```
"""


def write_distribution(folder: Path, package: str) -> None:
    """Writes pyproject.toml and README.md beside the package, unless they exist.

    Raises InputError where the folder cannot be written.
    """
    module = (folder / package / "__init__.py").read_text(encoding="utf-8")
    text = ast.get_docstring(ast.parse(module)) or package
    name = package.replace("_", "-")
    # A string of JSON is one of TOML.
    description = json.dumps(f"Client of {text.splitlines()[0]}", ensure_ascii=False)
    project = _PROJECT.format(name=name, description=description, package=package)
    for path, content in (
        ("pyproject.toml", project),
        ("README.md", _README.format(name=name, text=text, package=package)),
    ):
        if (folder / path).exists():
            continue
        try:
            (folder / path).write_text(content, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", str(folder / path)) from error
