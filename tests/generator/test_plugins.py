"""Plugins: entry points that change the plan or the files of a package."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.support import document, orcagen, save

DOCUMENT = document("""
paths:
  /things:
    get: {operationId: listThings, responses: {"204": {description: d}}}
    delete: {operationId: dropThings, deprecated: true, responses: {"204": {description: d}}}
""")
# One plugin is a module, the other an object in one.
MODULE = '''
from attrs import evolve


def change_plan(package):
    """Without deprecated operations."""
    apis = (evolve(a, functions=tuple(f for f in a.functions if not f.deprecated)) for a in package.apis)
    return evolve(package, apis=tuple(apis))


def change_files(package, files):
    """With a list of all operations."""
    names = [f.name for a in package.apis for f in a.functions]
    return files | {"operations.py": f"NAMES={names!r}\\n", "notes/NOTES.md": "Notes."}


class Title:
    def change_plan(self, package):
        return evolve(package, title="Changed")

title = Title()
'''


class Project:
    """A folder with a document, settings, and an installed distribution with plugins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        save(folder, DOCUMENT)
        self.install(MODULE)

    def install(
        self, module: str, names: str = "title = tidy:title\ntidy = tidy", version: str = "1"
    ) -> None:
        save(self.folder, module, "site/tidy.py")
        metadata = f"Metadata-Version: 2.1\nName: tidy\nVersion: {version}\n"
        save(self.folder, metadata, "site/tidy.dist-info/METADATA")
        save(self.folder, f"[orcagen.plugins]\n{names}\n", "site/tidy.dist-info/entry_points.txt")

    def run(self, *plugins: str, command: str = "generate") -> subprocess.CompletedProcess[str]:
        save(self.folder, f"plugins = {[*plugins]}", "orcagen.toml")
        path = os.pathsep.join([str(self.folder / "site"), os.environ.get("PYTHONPATH", "")])
        options = ["--package", "things", "--config", "orcagen.toml"]
        if command == "generate":
            options += ["--output", "out"]
        return orcagen(command, "api.yaml", *options, cwd=self.folder, PYTHONPATH=path)

    def read(self, file: str) -> str:
        return (self.folder / "out/things" / file).read_text("utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_plugin_changes_the_plan_and_the_files(project: Project) -> None:
    done = project.run("tidy")
    assert done.returncode == 0, done.stderr
    assert project.read("operations.py") == 'NAMES = ["list_things"]\n'  # formatted as all files
    assert project.read("notes/NOTES.md") == "Notes."
    assert "drop_things" not in project.read("api/default.py")


def test_only_plugins_that_are_named_run(project: Project) -> None:
    assert project.run("title").returncode == 0
    assert "Changed" in project.read("__init__.py")
    assert "drop_things" in project.read("api/default.py")
    assert not (project.folder / "out/things/operations.py").exists()


def test_other_commands_show_the_changed_plan(project: Project) -> None:
    assert '"title": "Changed"' in project.run("title", command="plan").stdout


def test_a_plugin_that_has_changed_ends_no_run_early(project: Project) -> None:
    assert "written" in project.run("title").stderr
    assert "up to date" in project.run("title").stderr
    project.install(MODULE.replace('"Changed"', '"Changed again"'))
    assert "files written" in project.run("title").stderr
    assert "Changed again" in project.read("__init__.py")
    project.install(MODULE.replace('"Changed"', '"Changed again"'), version="2")
    assert "up to date" not in project.run("title").stderr
    assert "files written" in project.run().stderr


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            "def change_plan(p):\n    p.nothing",
            "tidy.py:2: the plugin 'tidy' failed: AttributeError",
        ),
        ("def change_plan(p): ...", "'tidy' failed: TypeError: change_plan returned NoneType"),
        ("def change_files(p, f): return [f]", "'tidy' failed: TypeError: change_files did not"),
        ("def change_files(p, f): return {'a.py': 'x = ('}", "'tidy' failed: SyntaxError"),
        (
            "def change_files(p, f): return {'../a.py': ''}",
            "'tidy' failed: ValueError: the path '../a.py'",
        ),
        (
            "def change_files(p, f): return {'/a.py': ''}",
            "'tidy' failed: ValueError: the path '/a.py'",
        ),
        ("import nowhere", "tidy.py:1: the plugin 'tidy' failed: ModuleNotFoundError"),
        ("x = 1", "the plugin 'tidy' has neither change_plan nor change_files"),
        (
            "from attrs import evolve\ndef change_plan(p): return evolve(p, apis=p.apis * 2)",
            "the plugin 'tidy' failed: NameCollisionError",
        ),
    ],
)
def test_a_plugin_that_fails_is_named(project: Project, module: str, message: str) -> None:
    project.install(module, "tidy = tidy")
    done = project.run("tidy")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (project.folder / "out").exists()


def test_a_plugin_that_is_not_installed_is_an_error(project: Project) -> None:
    done = project.run("tidier")
    assert done.returncode == 2
    assert "there is no plugin 'tidier'" in done.stderr
    assert "installed are tidy, title" in done.stderr


def test_plugins_are_a_list_of_names(project: Project) -> None:
    save(project.folder, "plugins = 'tidy'", "settings.toml")
    done = orcagen(
        "plan", project.folder / "api.yaml", "--config", project.folder / "settings.toml"
    )
    assert done.returncode == 2
    assert "`plugins` must be a list of names" in done.stderr
