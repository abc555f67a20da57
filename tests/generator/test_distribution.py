"""`--distribution` and `orcagen docs`: project files, and the API reference."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.support import document, orcagen, save

from orcagen.cli import main

INFO = {
    "title": "Zoo",
    "version": "2024-01-31",
    "license": {"name": "Apache License, Version 2.0"},
    "contact": {"name": 'The "keepers"', "email": "zoo@example.org", "url": "https://zoo.example"},
}
ZOO = """
servers: [{url: /v1}]
tags: [{name: animals, description: "All animals.\\n\\n# Not a heading"}, {name: night shift}]
security: [{key: [], user: []}]
paths:
  /animals/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    get:
      operationId: getAnimal
      tags: [animals]
      parameters:
      - {name: day, in: query, required: true, description: "On | off, <b>bold</b>.", schema: {type: string, format: date}}
      responses:
        "200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Animal"}}}}
        "404": {description: no such animal}
    delete: {operationId: removeAnimal, tags: [animals], deprecated: true, responses: {"204": {description: d}}}
  /shifts:
    post:
      operationId: addShift
      tags: [night shift]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Shift"}}}
      responses: {"201": {description: d}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    user: {type: http, scheme: basic}
  schemas:
    Animal: {type: object, required: [name], properties: {name: {type: string}, next: {$ref: "#/components/schemas/Animal"}}}
    Kind: {enum: [day, night]}
    Keeper:
      type: object
      required: [name, born, price, kind, size]
      properties:
        name: {type: string}
        born: {type: string, format: date}
        price: {type: number, format: decimal}
        kind: {$ref: "#/components/schemas/Kind"}
        size: {type: array, items: {type: number}}
        note: {type: string}
    Shift:
      type: object
      required: [keeper, start, cages, labels, spare]
      properties:
        keeper: {$ref: "#/components/schemas/Keeper"}
        start: {type: string, format: date-time}
        cages: {type: array, items: {type: integer}}
        labels: {type: object, additionalProperties: {type: boolean}}
        spare: {oneOf: [{type: "null"}, {$ref: "#/components/schemas/Keeper"}]}
"""


def _zoo(**info: Any) -> dict[str, Any]:
    return document(ZOO, info={**INFO, **info})


def _write(folder: Path, content: dict[str, Any], *more: str, settings: str = "") -> Path:
    """The folder of the distribution of a document."""
    save(folder, content, "zoo.yaml")
    save(folder, settings, "orcagen.toml")
    arguments = ["generate", str(folder / "zoo.yaml"), "--output", str(folder / "out")]
    arguments += [
        "--package",
        "zoo_api",
        "--config",
        str(folder / "orcagen.toml"),
        "--distribution",
    ]
    assert main([*arguments, *more]) == 0
    return folder / "out"


def _project(folder: Path) -> dict[str, Any]:
    content = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    project: dict[str, Any] = content["project"]
    return project


def test_the_project_says_what_the_document_says(tmp_path: Path) -> None:
    project = _project(_write(tmp_path, _zoo()))
    assert project["name"] == "zoo-api"
    assert project["version"] == "2024.1.31"
    assert project["license"] == "Apache-2.0"
    assert project["authors"] == [{"name": 'The "keepers"', "email": "zoo@example.org"}]
    assert project["urls"] == {"Contact": "https://zoo.example"}
    assert [d for d in project["dependencies"] if "httpx" in d] == ["httpx>=0.28,<1"]


def test_settings_win_over_the_document(tmp_path: Path) -> None:
    settings = """
        [distribution]
        name = "keepers"
        version = "3.0"
        license = "MIT"
        authors = [{name = "We"}, {email = "we@example.org"}]
        http = "httpx2"
    """
    project = _project(_write(tmp_path, _zoo(), settings=settings))
    assert (project["name"], project["version"], project["license"]) == ("keepers", "3.0", "MIT")
    assert project["authors"] == [{"name": "We"}, {"email": "we@example.org"}]
    assert [d for d in project["dependencies"] if "httpx" in d] == ["httpx2>=2.16"]


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        ({"name": "x", "identifier": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
        ({"name": "The MIT License"}, "MIT"),
        ({"name": "BSD 3-Clause"}, "BSD-3-Clause"),
        ({"name": "Ours, see \\ the\nsite"}, {"text": "Ours, see \\ the site"}),
        ({"name": "x", "identifier": "no expression"}, {"text": "no expression"}),
        ("MIT", None),
        (None, None),
    ],
)
def test_a_licence_is_an_expression_or_text(license_: Any, expected: Any, tmp_path: Path) -> None:
    assert _project(_write(tmp_path, _zoo(license=license_))).get("license") == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v1.2", "1.2"), ("2024-01-31-preview", "2024.1.31"), ("1.0-SNAPSHOT", "1.0"), ("x", "0.1.0")],
)
def test_a_version_is_one_of_python(version: str, expected: str, tmp_path: Path) -> None:
    assert _project(_write(tmp_path, _zoo(version=version)))["version"] == expected


def test_either_library_is_an_extra(tmp_path: Path) -> None:
    out = _write(tmp_path, _zoo(), "--http", "any")
    project = _project(out)
    assert not [d for d in project["dependencies"] if "httpx" in d]
    assert {"httpx", "httpx2"} < project["optional-dependencies"].keys()
    assert "pip install 'zoo-api[httpx]'" in (out / "README.md").read_text("utf-8")


def test_the_project_can_be_built(tmp_path: Path) -> None:
    out = _write(tmp_path, _zoo(license={"name": "Ours"}))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(command, cwd=out, check=True, capture_output=True)
    assert (out / "dist/zoo_api-2024.1.31-py3-none-any.whl").is_file()


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_the_skeleton_of_a_test_passes(library: str, tmp_path: Path) -> None:
    out = _write(tmp_path, _zoo(), "--http", library)
    assert f"import {library}\n" in (out / "tests/test_zoo_api.py").read_text("utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
        "tests",
    ]
    done = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout


def test_the_readme_has_an_example_for_each_tag_that_type_checks(tmp_path: Path) -> None:
    out = _write(tmp_path, _zoo())
    readme = (out / "README.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert re.findall(r"^## (.*)$", readme, re.MULTILINE) == ["animals", "night shift"]
    assert "client.animals.get_animal(UUID(" in examples[0]
    assert "client.night_shift.add_shift(body=Shift(keeper=Keeper(" in examples[1]
    for number, example in enumerate(examples):
        save(out, example.replace("result = ", ""), f"example_{number}.py")
    files = [str(path) for path in out.glob("example_*.py")]
    options = [
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(tmp_path),
        "--follow-imports=silent",
    ]
    printed, errors, status = mypy.run([*options, *files])
    assert status == 0, printed + errors


def test_files_that_exist_are_kept_and_the_reference_follows(tmp_path: Path) -> None:
    out = _write(tmp_path, _zoo())
    files = [out / name for name in ("pyproject.toml", "README.md", "tests/test_zoo_api.py")]
    for file in files:
        file.write_text("mine", encoding="utf-8")
    content = _zoo()
    del content["paths"]["/shifts"]
    _write(tmp_path, content)
    assert [file.read_text("utf-8") for file in files] == ["mine"] * 3
    assert [path.name for path in (out / "docs/api").iterdir()] == ["animals.md"]


def test_pages_of_the_user_are_kept(tmp_path: Path) -> None:
    save(tmp_path, "mine", "out/docs/index.md")
    out = _write(tmp_path, _zoo())
    assert [path.name for path in (out / "docs").iterdir()] == ["index.md"]
    assert (out / "docs/index.md").read_text("utf-8") == "mine"


# The reference


def _docs(folder: Path, content: dict[str, Any]) -> dict[str, str]:
    path = save(folder, content, "zoo.yaml")
    arguments = ["docs", str(path), "--output", str(folder / "pages"), "--package", "zoo"]
    assert main(arguments) == 0
    pages = (folder / "pages").rglob("*.md")
    return {p.relative_to(folder / "pages").as_posix(): p.read_text("utf-8") for p in pages}


def test_the_reference_has_all_operations_and_models(tmp_path: Path) -> None:
    pages = _docs(tmp_path, _zoo())
    assert sorted(pages) == [
        "api/animals.md",
        "api/night_shift.md",
        "index.md",
        *(f"models/{name}.md" for name in ("animal", "keeper", "kind", "shift")),
    ]
    animals = pages["api/animals.md"]
    assert re.findall(r"^## `(.*)`", animals, re.MULTILINE) == ["get_animal", "remove_animal"]
    assert "| `id_` | path, required | UUID |" in animals
    assert "| 404 | raises `NotFoundError` |  | no such animal |" in animals
    assert "`DELETE /animals/{id}` — deprecated" in animals
    assert "[Keeper](../models/keeper.md#keeper)" in pages["models/shift.md"]
    assert "| `note` | str, optional |" in pages["models/keeper.md"]


def test_every_link_leads_to_a_heading(tmp_path: Path) -> None:
    pages = _docs(tmp_path, _zoo())
    links = 0
    for page, text in pages.items():
        for target, anchor in re.findall(r"\]\(([^)#]+\.md)#?([^)]*)\)", text):
            path = (tmp_path / "pages" / page).parent / target
            headings = re.findall(r"^## `(.*)`$", path.read_text("utf-8"), re.MULTILINE)
            assert not anchor or anchor in [h.lower() for h in headings]
            links += 1
    assert links > 5


def test_text_of_the_document_changes_nothing_around_it(tmp_path: Path) -> None:
    content = _zoo(
        title="Zoo [x](y) <script>",
        description="<script>alert(1)</script>\n\n[a](javascript:b) <https://zoo.example>\n\n```\nopen",
    )
    pages = _docs(tmp_path, content)
    assert not [page for page, text in pages.items() if "<script" in text.replace("\\<", "")]
    assert "javascript:" not in pages["index.md"]
    assert "<https://zoo.example>" in pages["index.md"]
    assert pages["index.md"].count("```") == 2
    assert "\n## Clients\n" in pages["index.md"]
    assert "\n# Not a heading" not in pages["api/animals.md"]
    # A bar of the document is none of a table.
    assert "| On \\| off, " in pages["api/animals.md"]


def test_the_reference_replaces_no_page_of_the_user(tmp_path: Path) -> None:
    _docs(tmp_path, _zoo())
    page = tmp_path / "pages/guide.md"
    page.write_text("mine", encoding="utf-8")
    assert _docs(tmp_path, _zoo())["guide.md"] == "mine"
    save(tmp_path, "mine", "other/index.md")
    done = orcagen("docs", tmp_path / "zoo.yaml", "--output", tmp_path / "other")
    assert done.returncode == 2
    assert "other/index.md: exists and is not of a former run" in done.stderr
    assert [p.name for p in (tmp_path / "other").iterdir()] == ["index.md"]


def test_a_template_of_the_user_is_used_for_pages(tmp_path: Path) -> None:
    template = "{% extends 'orcagen/reference/tag.md.jinja' %}{% block operation %}\n- {{ f.name }}\n{% endblock %}"
    save(tmp_path, template, "templates/reference/tag.md.jinja")
    save(tmp_path, 'templates = "templates"', "orcagen.toml")
    path = save(tmp_path, _zoo(), "zoo.yaml")
    config = ["--config", str(tmp_path / "orcagen.toml")]
    assert orcagen("docs", path, "--output", tmp_path / "pages", *config).returncode == 0
    assert "- get_animal\n" in (tmp_path / "pages/api/animals.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("distribution = 1", "`distribution` must be a table of name, version"),
        ("distribution = {licence = 'MIT'}", "`distribution` must be a table of name, version"),
        ("distribution = {version = 1}", "`distribution.version` must be text"),
        (
            "distribution = {http = 'aiohttp'}",
            "`distribution.http` must be one of httpx, httpx2, any",
        ),
        ("distribution = {authors = ['We']}", "`distribution.authors` must be a list of tables"),
        ("distribution = {version = 'x y'}", "`distribution.version` is no version of Python"),
        ("distribution = {name = '-x'}", "`distribution.name` is no name that pip installs"),
    ],
)
def test_a_wrong_setting_is_an_error(settings: str, message: str, tmp_path: Path) -> None:
    save(tmp_path, settings, "orcagen.toml")
    path = save(tmp_path, _zoo(), "zoo.yaml")
    options = ["--package", "zoo", "--distribution", "--config", str(tmp_path / "orcagen.toml")]
    done = orcagen("generate", path, "--output", tmp_path / "out", *options)
    assert done.returncode == 2
    assert message in done.stderr
