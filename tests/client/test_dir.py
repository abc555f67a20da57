"""`dir()` shows what modules and clients have before anything has been imported, as notebooks complete from it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from orcarouter import AsyncOrcaRouter, OrcaRouter

SCRIPT = """
import importlib, sys
module = importlib.import_module(sys.argv[1])
names = {name for name in dir(module) if not name.startswith("_")}
assert names >= {*getattr(module, "__all__", ())}, names
assert names >= {*sys.argv[2:]}, names
for name in names:
    getattr(module, name)
"""
MODULES = {
    "orcarouter": [
        "OrcaRouter",
        "VideoTask",
        "check",
        "batch",
        "capabilities",
        "errors",
        "keywords",
        "testing",
    ],
    "orcarouter.batch": ["Batch", "read_jobs"],
    "orcarouter.capabilities": ["check", "list_models"],
    "orcarouter.testing": ["Emulator", "Fault"],
    "orcarouter_api": ["Client", "Call", "api", "dicts", "errors", "models", "tables"],
    "orcarouter_api.api": ["assets", "models", "video"],
    "orcarouter_api.models": ["KlingVideoRequest"],
}


@pytest.mark.parametrize("module", MODULES)
def test_modules_show_what_they_have(module: str) -> None:
    subprocess.run([sys.executable, "-c", SCRIPT, module, *MODULES[module]], check=True)


def test_clients_show_their_methods() -> None:
    methods = {"as_completed", "base_url", "check", "models", "resume", "videos", "wait_all"}
    with OrcaRouter("sk", base_url="http://127.0.0.1:9") as orca:
        assert {*dir(orca)} >= {*methods, "batch", "close"}
        assert {*dir(orca.videos)} >= {"create", "prepare", "retrieve", "task"}
        assert {*dir(orca.resume("task_1"))} >= {"download", "events", "id", "refresh", "wait"}
    assert {*dir(AsyncOrcaRouter("sk", base_url="http://127.0.0.1:9"))} >= {*methods, "aclose"}
