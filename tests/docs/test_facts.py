"""Tables in the documentation agree with the code."""

from __future__ import annotations

import re
import tomllib

from attrs import fields
from tests.docs.blocks import ROOT

from orcagen.config import Config
from orcagen.diagnostics import Diagnostic
from orcarouter.cli.exit_codes import ExitCode


def read_first_column(page: str, heading: str = "") -> list[str]:
    """The first cells of the first table after a heading, without backticks."""
    text = (ROOT / page).read_text("utf-8")
    if heading:
        _, separator, text = text.partition(f"\n{heading}\n")
        assert separator, f"{page} has no heading {heading}"
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert table
    rows = table[0].splitlines()[2:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def test_the_settings() -> None:
    assert set(read_first_column("docs/reference/settings.md")) == {
        field.name for field in fields(Config)
    }


def test_the_exit_codes_of_orcarouter() -> None:
    codes = read_first_column("docs/reference/orcarouter.md", "## Exit codes")
    assert codes == [str(code.value) for code in ExitCode]


def test_the_fields_of_a_diagnostic() -> None:
    names = read_first_column("docs/reference/report.md", "## Fields of a diagnostic")
    assert [*names, "repairs"] == [field.name for field in fields(Diagnostic)]


def test_the_readme_names_folders_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8").partition("## Where things are")[2]
    stages = re.findall(r"^\| stage \d.*\| `(\w+)/`", text, re.MULTILINE)
    assert len(stages) == 6
    for name in [*stages, "diff", "cli", "runtime", "render/templates"]:
        assert (ROOT / "generator/orcagen" / name).is_dir(), name
    for path in re.findall(r"`([\w./]+)`", text):
        candidates = [
            ROOT / path,
            ROOT / "generator/orcagen" / path,
            ROOT / "client/orcarouter" / path,
        ]
        assert any(candidate.exists() for candidate in [*candidates, ROOT / "tests" / path]), path


def test_the_features_have_tests() -> None:
    text = (ROOT / "docs/explanation/features.md").read_text("utf-8")
    rows = re.findall(r"^\| .* \| (.*) \|$", text, re.MULTILINE)
    files = [name for cell in rows for name in re.findall(r"`(tests/.+?)`", cell)]
    assert len(files) > 20
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_the_glossary_is_sorted_and_long_enough() -> None:
    terms = read_first_column("CONTRIBUTING.md", "## Glossary")
    assert len(terms) >= 40
    assert terms == sorted(terms, key=str.lower)


def test_the_changelog_has_the_versions_of_both_distributions() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]" in changelog
    for file in ("pyproject.toml", "generator/pyproject.toml"):
        version = tomllib.loads((ROOT / file).read_text("utf-8"))["project"]["version"]
        assert f"## [{version}]" in changelog
