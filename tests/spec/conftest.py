"""The documents of spec/, read once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

SPEC = Path(__file__).resolve().parents[2] / "spec"


def read(name: str) -> Any:
    with (SPEC / name).open(encoding="utf-8") as file:
        return yaml.safe_load(file)


@pytest.fixture(scope="session")
def openapi() -> Any:
    return read("openapi.yaml")


@pytest.fixture(scope="session")
def table() -> Any:
    return read("capabilities.yaml")


@pytest.fixture(scope="session")
def table_schema() -> Any:
    return read("capabilities.schema.yaml")


@pytest.fixture(scope="session")
def readme() -> str:
    return (SPEC / "README.md").read_text(encoding="utf-8")
