"""`orcagen diff` as a command: audiences, revisions of Git, annotations of GitHub, JUnit's XML, exit statuses."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from orcagen.cli import main
from orcagen.diagnostics import InputError
from orcagen.source.loader import load

API = """openapi: 3.1.0
info: {title: 'T & <co>', version: "1"}
paths:
  /things:
    get:
      operationId: list_things
      parameters:
        - name: page
          in: query
          schema:
            type: integer
            maximum: 10
      responses:
        "200":
          description: All.
          content:
            application/json:
              schema: {$ref: "schemas/thing.yaml"}
"""
THING = "type: object\nproperties:\n  name: {type: string}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a document of two files in `api/`, which is the working directory's child."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "repository"
    (folder / "api" / "schemas").mkdir(parents=True)
    (folder / "api" / "api.yaml").write_text(API, encoding="utf-8")
    (folder / "api" / "schemas" / "thing.yaml").write_text(THING, encoding="utf-8")
    monkeypatch.chdir(folder)
    git("init", "--quiet", "--initial-branch=trunk")
    commit()
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], check=True)


def commit() -> None:
    git("add", ".")
    git("commit", "--quiet", "--message", "Change the document", "--no-gpg-sign")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["diff", *arguments])
    output = capsys.readouterr()
    assert output.err == "" or status == 2
    return status, output.out + output.err


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_revision_against_the_working_tree(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = "git:HEAD:api/api.yaml", "api/api.yaml"
    assert run(capsys, old, new)[0] == 0
    rewrite(repository / new, "maximum: 10", "maximum: 5")
    status, text = run(capsys, old, new)
    assert status == 1
    assert "has the limit `maximum=5`, formerly `10`" in text
    assert run(capsys, new, old)[0] == 0


def test_references_lead_to_files_of_the_same_revision(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(repository / "api/schemas/thing.yaml", "name: {type: string}", "name: {type: integer}")
    commit()
    (repository / "api/schemas/thing.yaml").unlink()
    status, text = run(capsys, "git:HEAD~1:api/api.yaml", "git:trunk:api/api.yaml", "--wire")
    assert status == 1
    assert "is now `integer`, formerly `string`" in text


@pytest.mark.parametrize("path", ["./api.yaml", "../api/api.yaml", "api/api.yaml"])
def test_paths_of_a_revision_start_at_the_root_or_at_a_dot(
    repository: Path, path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "api")
    assert run(capsys, f"git:HEAD:{path}", "api.yaml")[0] == 0
    assert run(capsys, f"git::{path}", "api.yaml")[0] == 0  # the index


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("git:nowhere:api/api.yaml", "unknown revision 'nowhere'"),
        ("git:HEAD:api.yaml", "no file 'api.yaml' in the revision 'HEAD'"),
        ("git::api.yaml", "no file 'api.yaml' in the index"),
        ("git:HEAD:api", "no file 'api' in the revision 'HEAD'"),
        ("git:HEAD", "is not git:REVISION:PATH"),
        ("git:HEAD:", "is not git:REVISION:PATH"),
        ("git:--output=x:api/api.yaml", "is not git:REVISION:PATH"),
        ("git:HEAD:../api.yaml", "outside the Git repository"),
    ],
)
def test_what_is_not_in_git_is_named(
    repository: Path, spec: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = run(capsys, spec, "api/api.yaml")
    assert status == 2
    assert message in text
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1


def test_references_out_of_the_folder_of_a_revision_are_refused(repository: Path) -> None:
    (repository / "other").mkdir()
    (repository / "other" / "thing.yaml").write_text(THING, encoding="utf-8")
    commit()
    spec, other = "git:HEAD:api/api.yaml", "git:HEAD:other/thing.yaml"
    source = load(spec)
    assert source.join(spec, "../other/thing.yaml") == other
    assert source.get("git:HEAD:api/schemas/thing.yaml").value["type"] == "object"
    with pytest.raises(InputError, match="outside the folder of the document"):
        source.get(other)
    assert load(spec, allow_outside=True).get(other).value["type"] == "object"
    for reference in ("../../thing.yaml", "/etc/passwd", "file:///etc/passwd"):
        with pytest.raises(InputError, match="outside the Git repository"):
            source.join(spec, reference)


def test_no_repository_and_no_git(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "is in no Git repository" in run(capsys, "git:HEAD:a.yaml", "a.yaml")[1]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git cannot be run; install it" in run(capsys, "git:HEAD:a.yaml", "a.yaml")[1]


def test_a_renamed_operation_breaks_callers_and_no_deployed_clients(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = "git:HEAD:api/api.yaml", "api/api.yaml"
    rewrite(repository / new, "list_things", "all_things")
    assert run(capsys, old, new)[0] == run(capsys, old, new, "--callers")[0] == 1
    status, text = run(capsys, old, new, "--wire")
    assert (status, text) == (0, "T & <co>, 1 to 1: no change for deployed clients.\n")
    rewrite(repository / new, "/things", "/items")
    status, text = run(capsys, old, new, "--wire", "--format", "json")
    changes = [(c["level"], c["rule"], c["message"]) for c in json.loads(text)["changes"]]
    assert status == 1
    assert changes == [
        ("breaking", "function-removed", "`GET /things` is removed."),
        ("additive", "function-added", "`GET /items` is new."),
    ]
    with pytest.raises(SystemExit):
        main(["diff", old, new, "--wire", "--callers"])


def test_annotations_of_github(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = "git:HEAD:api/api.yaml", "api/api.yaml"
    assert run(capsys, old, new, "--format", "github") == (0, "")
    rewrite(
        repository / new,
        "maximum: 10",
        "maximum: 5\n            default: 'a%,\n\n              b:'",
    )
    rewrite(repository / new, "description: All.", "description: Everything.")
    status, text = run(capsys, old, new, "--format", "github")
    assert status == 1
    page = "`page` of `default.list_things()` has the"
    described = "`default.list_things()` has a new description of the response 200."
    assert text.splitlines() == [
        f"::error file=api/api.yaml,line=10,title=argument-limit::{page} limit `maximum=5`, formerly `10`.",
        f'::warning file=api/api.yaml,line=10,title=argument-default::{page} default `"a%25,\\nb:"`.',
        f"::notice file=api/api.yaml,line=17,title=status-description::{described}",
    ]
    # The annotations are in the new document, also where something is gone from it.
    (repository / "api/b, c.yaml").write_text(
        API.replace("        - name: page", "        - name: p")
    )
    _, text = run(capsys, old, "api/b, c.yaml", "--wire", "--format", "github")
    assert "::warning file=api/b%2C c.yaml,line=5,title=argument-removed::" in text


def test_junit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = "git:HEAD:api/api.yaml", "api/api.yaml"
    status, text = run(capsys, old, new, "--format", "junit")
    (suite,) = ElementTree.fromstring(text)
    assert (status, suite.attrib["tests"], suite.attrib["failures"]) == (0, "1", "0")
    assert suite.attrib["name"] == "T & <co>, 1 to 1"
    rewrite(repository / new, "maximum: 10", "pattern: '<&]]>'")
    rewrite(repository / new, "type: integer", "type: string")
    status, text = run(capsys, old, new, "--format", "junit", "--wire")
    (suite,) = ElementTree.fromstring(text)
    assert (status, suite.attrib["tests"], suite.attrib["failures"]) == (1, "1", "1")
    (case,) = suite
    (failure,) = case
    assert case.attrib["classname"] == "argument-type"
    assert (
        failure.attrib["message"] == "`page` of `GET /things` is now `string`, formerly `integer`."
    )
    assert "/parameters/0/schema" in (failure.text or "")
