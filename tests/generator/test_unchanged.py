"""A run ends early only if nothing has changed: inputs, settings, templates, the generator, and the package itself.

The manifest of the package tells. It is the same on every machine, and a false one does no harm.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import orcagen, save

from orcagen.cli import main
from orcagen.output import manifest
from orcagen.source import loader
from orcagen.source.loader import digest

DOCUMENT = """
openapi: 3.1.0
info: {title: Zoo, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, tags: [pets], responses: {"200": {description: d}}}
components:
  schemas:
    Pet: {type: object, properties: {name: {type: string}}}
    Keeper: {$ref: "schemas/keeper.yaml#/Keeper"}
"""
KEEPER = "Keeper: {type: object, properties: {name: {type: string}}}\n"
OVERLAY = """
overlay: 1.0.0
info: {title: o, version: "1"}
actions: [{target: "$.components.schemas.Pet.properties", update: {size: {type: integer}}}]
"""
TABLE = "[{word: first}]\n"
SETTINGS = """
overlays = ["overlay.yaml"]
templates = "templates"
[tables.words]
data = "words.yaml"
schema = "words.schema.yaml"
"""
TEMPLATE = '{% extends "orcagen/errors.py.jinja" %}\n'
INPUTS = {
    "api.yaml": DOCUMENT,
    "schemas/keeper.yaml": KEEPER,
    "overlay.yaml": OVERLAY,
    "words.yaml": TABLE,
    "words.schema.yaml": "type: array\nitems: {type: object, properties: {word: {type: string}}}\n",
    "orcagen.toml": SETTINGS,
    "templates/errors.py.jinja": TEMPLATE,
    "templates/parts/more.jinja": "",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with inputs of every kind, and the package that was generated from them."""
    folder = tmp_path / "project"
    for name, content in INPUTS.items():
        save(folder, content, name)
    assert _run(folder) == "written"
    assert _run(folder) == "up to date"
    return folder


def _arguments(folder: Path, *more: str) -> list[str]:
    settings = ["--config", str(folder / "orcagen.toml")]
    output = ["--output", str(folder / "out"), "--package", "zoo"]
    return ["generate", str(folder / "api.yaml"), *output, *settings, *more]


def _run(folder: Path, *more: str) -> str:
    """Whether a run ended early ("up to date"), ran to the end ("written"), or what it printed else."""
    done = orcagen(*_arguments(folder, *more))
    assert done.returncode == 0, done.stderr
    last = done.stderr.splitlines()[-1]
    return "up to date" if "up to date" in last else "written" if "written" in last else last


def _tree(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def _edit_unseen(path: Path, old: str, new: str) -> None:
    """Edits a file so that its size and its times stay as they are."""
    assert len(old) == len(new)
    text, before = path.read_text(encoding="utf-8"), path.stat()
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_a_second_run_touches_no_file(project: Path) -> None:
    times = {p: p.stat().st_mtime_ns for p in project.rglob("*")}
    assert _run(project) == "up to date"
    assert {p: p.stat().st_mtime_ns for p in project.rglob("*")} == times


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("api.yaml", "listPets", "findPets"),
        ("schemas/keeper.yaml", "name:", "city:"),
        ("overlay.yaml", "size:", "legs:"),
        ("words.yaml", "first", "third"),
        ("words.schema.yaml", "word:", "term:"),
        ("orcagen.toml", "tables.words", "tables.terms"),
        ("templates/errors.py.jinja", " %}\n", "-%}\n"),
        ("templates/parts/more.jinja", "", ""),
    ],
)
def test_an_input_that_is_edited_is_noticed(project: Path, name: str, old: str, new: str) -> None:
    """Even with the size and times that it had."""
    if old:
        _edit_unseen(project / name, old, new)
    else:
        (project / name).write_text("new")
    assert _run(project) == "written"
    assert _run(project) == "up to date"


def _add_template(project: Path) -> None:
    save(project, '{% extends "orcagen/client.py.jinja" %}\n', "templates/client.py.jinja")


def _add_template_in_subfolder(project: Path) -> None:
    save(project, "", "templates/deep/er/x.jinja")


def _remove_template(project: Path) -> None:
    (project / "templates" / "errors.py.jinja").unlink()


def _rename_template(project: Path) -> None:
    (project / "templates" / "parts").rename(project / "templates" / "other")


def _add_setting(project: Path) -> None:
    save(project, 'names = {"/components/schemas/Pet" = "Beast"}\n' + SETTINGS, "orcagen.toml")


@pytest.mark.parametrize(
    "change",
    [_add_template, _add_template_in_subfolder, _remove_template, _rename_template, _add_setting],
)
def test_a_file_that_appears_or_goes_is_noticed(
    project: Path, change: Callable[[Path], None]
) -> None:
    change(project)
    assert _run(project) == "written"
    assert _run(project) == "up to date"


@pytest.mark.parametrize(
    "more", [["--overlay", "overlay.yaml"], ["--package", "zoo2"]], ids=["overlay", "package"]
)
def test_an_argument_that_changes_is_noticed(
    project: Path, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    if "--package" in more:
        shutil.copytree(project / "out" / "zoo", project / "out" / "zoo2")
    assert _run(project, *more) == "written"


def test_another_document_with_the_same_files_is_noticed(project: Path) -> None:
    """Both documents are inputs of the package, but only one is what it was generated from."""
    (project / "copy.yaml").write_text(DOCUMENT)
    arguments = _arguments(project)
    arguments[1] = str(project / "copy.yaml")
    assert "written" in orcagen(*arguments).stderr


@pytest.mark.parametrize("change", ["edited", "removed", "folder"])
@pytest.mark.parametrize("name", ["client.py", "models/pet.py", "_runtime/call.py", "py.typed"])
def test_a_package_that_is_changed_is_restored(project: Path, name: str, change: str) -> None:
    before = _tree(project / "out")
    file = project / "out" / "zoo" / name
    if change == "edited" and file.stat().st_size:
        first = file.read_text()[:9]
        _edit_unseen(file, first, first.swapcase())
    else:
        file.unlink()
        if change == "folder":
            file.mkdir()
    assert _run(project) == "written"
    assert _tree(project / "out") == before
    assert _run(project) == "up to date"


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"files": {}}', "[" * 100_000])
def test_a_package_without_its_manifest_is_generated(project: Path, content: str | None) -> None:
    before = _tree(project / "out")
    file = project / "out" / "zoo" / manifest.FILE_NAME
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    assert _run(project) == "written"
    assert _tree(project / "out") == before


def test_another_generator_is_noticed(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its code is compared, not its version; the folder that it is installed in does not count."""
    copy = tmp_path / "generator"
    shutil.copytree(Path(manifest.__file__).parent.parent, copy)
    monkeypatch.setattr(manifest, "_GENERATOR", copy)
    assert main(_arguments(project)) == 0
    assert "up to date" in capsys.readouterr().err
    template = next(copy.rglob("*.jinja"))
    template.write_text(template.read_text() + " ")
    assert main(_arguments(project)) == 0
    assert "0 files written" in capsys.readouterr().err


def test_leftovers_of_an_interrupted_run_are_removed(project: Path) -> None:
    leftover = project / "out" / ".zoo.orcagen-1"
    leftover.mkdir()
    assert _run(project) == "up to date"
    assert [p.name for p in (project / "out").iterdir()] == ["zoo"]


def test_a_distribution_is_written_for_a_package_that_is_up_to_date(project: Path) -> None:
    assert _run(project, "--distribution") == "up to date"
    assert (project / "out" / "pyproject.toml").is_file()


def test_a_package_that_is_up_to_date_imports_neither_stages_nor_libraries(project: Path) -> None:
    code = (
        "import sys, orcagen.cli\nassert orcagen.cli.main(sys.argv[1:]) == 0\n"
        "print(sorted(sys.modules))"
    )
    command = [sys.executable, "-c", code, *_arguments(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "up to date" in done.stderr
    loaded = set(ast.literal_eval(done.stdout))
    assert not loaded & {"yaml", "black", "jinja2", "jsonpath_rfc9535", "datamodel_code_generator"}
    assert not loaded & {"orcagen.pipeline", "orcagen.openapi", "orcagen.render", "orcagen.plan"}


# Diagnostics

BROKEN = DOCUMENT.replace('version: "1"', "version: 1")


@pytest.fixture
def broken(project: Path) -> Path:
    save(project, BROKEN, "api.yaml")
    assert "warning" in orcagen(*_arguments(project)).stderr
    return project


def test_diagnostics_of_an_unchanged_document_are_counted(broken: Path) -> None:
    done = orcagen(*_arguments(broken))
    assert (
        done.stderr
        == f"{broken / 'out' / 'zoo'}: up to date; 1 diagnostic (--verbose prints them)\n"
    )
    assert (
        "warning: info.version is not a string" in orcagen(*_arguments(broken, "--verbose")).stderr
    )


def test_strict_fails_for_an_unchanged_document(broken: Path) -> None:
    done = orcagen(*_arguments(broken, "--strict"))
    assert done.returncode == 1
    assert "warning: info.version is not a string" in done.stderr


def test_strict_and_verbose_end_early_without_diagnostics(project: Path) -> None:
    assert _run(project, "--strict", "--verbose") == "up to date"


def test_a_report_is_complete_for_an_unchanged_document(broken: Path) -> None:
    report = broken / "report.json"
    reports = []
    for _ in range(2):
        orcagen(*_arguments(broken, "--report", str(report)))
        reports.append(json.loads(report.read_text()))
        report.unlink()
    assert reports[0] == reports[1]
    assert len(reports[0]["diagnostics"]) == len(reports[0]["repairs"]) == 1
    assert reports[0]["operations"]


def test_check_does_not_trust_the_manifest(project: Path) -> None:
    """Or somebody could change a package, and its manifest with it, unseen."""
    file = project / "out" / "zoo" / "client.py"
    file.write_text(file.read_text() + "# changed\n")
    path = project / "out" / "zoo" / manifest.FILE_NAME
    content = json.loads(path.read_text())
    content["files"]["client.py"] = digest(file.read_bytes())
    path.write_text(json.dumps(content))
    done = orcagen(*_arguments(project, "--check"))
    assert done.returncode == 1
    assert "-# changed" in done.stdout


# The manifest


def test_the_manifest_is_the_same_on_every_machine(project: Path, tmp_path: Path) -> None:
    """Whatever the folder, the working directory, the way to the document, times, and the hash seed."""
    other = tmp_path / "elsewhere" / "a copy"
    shutil.copytree(project, other, ignore=lambda *_: ["out"])
    arguments = ["generate", "../api.yaml", "--output", "../out", "--package", "zoo"]
    (other / "work").mkdir()
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    done = orcagen(
        *arguments, "--config", "../orcagen.toml", cwd=other / "work", PYTHONHASHSEED="7"
    )
    assert done.returncode == 0, done.stderr
    assert _tree(other / "out") == _tree(project / "out")
    text = (other / "out" / "zoo" / manifest.FILE_NAME).read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)["inputs"].keys() == {
        "api.yaml",
        "schemas/keeper.yaml",
        "words.schema.yaml",
    }


def test_a_package_that_was_copied_with_its_document_is_up_to_date(
    project: Path, tmp_path: Path
) -> None:
    shutil.copytree(project, tmp_path / "copy")
    assert _run(tmp_path / "copy") == "up to date"


@pytest.mark.parametrize(
    "name", ["../outside.yaml", "/etc/hostname", "https://example.org/a.yaml", "link.yaml"]
)
def test_a_false_manifest_makes_no_run_read_other_files(
    project: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = save(project.parent, "x", "outside.yaml")
    (project / "link.yaml").symlink_to(outside)
    path = project / "out" / "zoo" / manifest.FILE_NAME
    content = json.loads(path.read_text())
    content["inputs"][name] = digest(b"x")
    path.write_text(json.dumps(content))
    read: list[str] = []

    def read_bytes(uri: str, *limits: int, **options: bool) -> bytes:
        read.append(uri)
        return loader.read_bytes(uri, *limits, **options)

    monkeypatch.setattr("orcagen.output.manifest.read_bytes", read_bytes)
    assert main(_arguments(project)) == 0
    assert "files written" in capsys.readouterr().err
    assert all(Path(uri).resolve().is_relative_to(project) for uri in read), read


def test_files_outside_the_folder_are_inputs_if_they_are_allowed(project: Path) -> None:
    save(project.parent, KEEPER, "keeper.yaml")
    save(project, DOCUMENT.replace("schemas/keeper.yaml", "../keeper.yaml"), "api.yaml")
    assert _run(project, "--allow-outside") == "written"
    assert _run(project, "--allow-outside") == "up to date"
    assert orcagen(*_arguments(project)).returncode == 2
    _edit_unseen(project.parent / "keeper.yaml", "name:", "city:")
    assert _run(project, "--allow-outside") == "written"


def test_standard_input_is_read_by_every_run(project: Path) -> None:
    arguments: list[Any] = [*_arguments(project)]
    arguments[1] = "-"
    for _ in range(2):
        done = orcagen(*arguments, stdin=DOCUMENT.encode(), cwd=project)
        assert "files written" in done.stderr
