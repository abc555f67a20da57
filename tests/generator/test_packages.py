"""Several documents in one configuration: `orcagen generate` without SPEC."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.support import document, orcagen, save

SETTINGS = """
[tool.orcagen]
output = "out"

[tool.orcagen.packages.shop]
spec = "apis/shop.yaml"
typed_dicts = true

[tool.orcagen.packages.bank]
spec = "apis/bank.json"
output = "elsewhere"
names = {"/paths/~1things/get" = "find_things"}

[tool.orcagen.packages.by_hand]
typed_dicts = true
"""
LIST_THINGS = """
paths: {/things: {get: {operationId: listThings, responses: {"204": {description: d}}}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    save(tmp_path, SETTINGS, "project/pyproject.toml")
    save(tmp_path, document(LIST_THINGS), "project/apis/shop.yaml")
    save(tmp_path, json.dumps(document(LIST_THINGS)), "project/apis/bank.json")
    return tmp_path / "project"


def _functions(folder: Path) -> str:
    return (folder / "api/default.py").read_text("utf-8")


def test_all_packages_with_a_document_are_generated(project: Path, tmp_path: Path) -> None:
    # Relative paths are relative to the settings, wherever the command runs.
    done = orcagen("generate", "--config", project / "pyproject.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "def list_things(" in _functions(project / "out/shop")
    assert "def find_things(" in _functions(project / "elsewhere/bank")
    assert [path.name for path in (project / "out").iterdir()] == ["shop"]


def test_check_compares_all_packages(project: Path) -> None:
    orcagen("generate", cwd=project)
    assert orcagen("generate", "--check", cwd=project).returncode == 0
    # The shop, which comes first, is as it was; an edited file of the bank is found all the same.
    edited = project / "elsewhere/bank/api/default.py"
    edited.write_text("", encoding="utf-8")
    done = orcagen("generate", "--check", cwd=project)
    assert done.returncode == 1
    assert "elsewhere/bank differs" in done.stderr
    assert "shop" not in done.stderr
    assert edited.read_text("utf-8") == ""


def test_a_second_run_ends_early_for_each_package(project: Path) -> None:
    orcagen("generate", cwd=project)
    assert orcagen("generate", cwd=project).stderr.count("up to date") == 2


def test_an_error_names_the_package_and_the_others_are_generated(project: Path) -> None:
    (project / "apis/shop.yaml").write_text("openapi: [", encoding="utf-8")
    done = orcagen("generate", cwd=project)
    assert done.returncode == 2
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("orcagen:")]
    assert line.startswith("orcagen: package shop: ")
    assert "apis/shop.yaml:2: is not valid YAML" in line
    assert (project / "elsewhere/bank").is_dir()
    assert not (project / "out/shop").exists()


def test_the_option_package_selects_one(project: Path) -> None:
    report = project / "report.json"
    done = orcagen("generate", "--package", "bank", "--report", report, cwd=project)
    assert done.returncode == 0, done.stderr
    assert not (project / "out").exists()
    (operation,) = json.loads(report.read_text("utf-8"))["operations"]
    assert operation["function"] == "bank.api.default.find_things"


def test_the_command_line_wins_over_the_settings(project: Path) -> None:
    done = orcagen(
        "generate", "apis/shop.yaml", "--package", "bank", "--output", "new", cwd=project
    )
    assert done.returncode == 0, done.stderr
    assert "Generated from shop.yaml" in (project / "new/bank/__init__.py").read_text("utf-8")
    assert not (project / "elsewhere").exists()


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (["--report", "r.json"], SETTINGS, "for one package: add --package"),
        (
            ["--package", "cafe"],
            SETTINGS,
            "pyproject.toml: there is no [tool.orcagen.packages.cafe]",
        ),
        (["--package", "by_hand"], SETTINGS, "[tool.orcagen.packages.by_hand] needs `spec`"),
        ([], "", "pyproject.toml: there is no [tool.orcagen.packages.NAME]"),
        (
            [],
            '[tool.orcagen.packages.a]\nspec = "a.yaml"',
            "the package a needs --output, or `output` in the settings",
        ),
        ([], "[tool.orcagen.packages.a]\nspec = 1", "`spec` must be a path or a URL"),
        (["apis/shop.yaml", "--output", "new"], SETTINGS, "SPEC needs --package"),
        (["apis/shop.yaml", "--package", "x"], "", "the package x needs --output"),
        # Before anything is written, whatever package it is in.
        ([], SETTINGS + "\ntyped_dict = 1", "unknown setting 'typed_dict'"),
    ],
)
def test_what_does_not_fit_together_is_an_error(
    project: Path, arguments: list[str], settings: str, message: str
) -> None:
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    done = orcagen("generate", *arguments, cwd=project)
    assert done.returncode == 2
    assert message in done.stderr
    assert sorted(path.name for path in project.iterdir()) == ["apis", "pyproject.toml"]


def test_watching_generates_the_package_whose_document_changes(project: Path) -> None:
    command = [sys.executable, "-m", "orcagen", "generate", "--watch"]
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert run.stderr is not None
        for line in run.stderr:
            lines.put(line)

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=project) as run:
        threading.Thread(target=read, daemon=True).start()
        try:
            assert [lines.get(timeout=60).split(":")[0] for _ in "12"] == [
                "out/shop",
                "elsewhere/bank",
            ]
            changed = LIST_THINGS.replace("listThings", "allThings")
            save(project, json.dumps(document(changed)), "apis/bank.json")
            assert "up to date" in lines.get(timeout=60)
            assert "files written" in lines.get(timeout=60)
        finally:
            run.kill()
