"""The documentation site builds in strict mode, needs no other host, and has every page."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.docs.blocks import ROOT

DOCS = ROOT / "docs"


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder in strict mode."""
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages and the sources of the reference, in which the site is built."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(DOCS, folder / "docs")
    for name in ("client", "generated", "generator"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def site(project: Path) -> Path:
    """The built site."""
    done = build(project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "site"


class _Loader(HTMLParser):
    """Collects the URLs that a browser loads with a page, without links that a reader may follow."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("link", "script", "img", "iframe", "source"):
            self.urls += [value or "" for name, value in attrs if name in ("href", "src")]


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        loader = _Loader()
        loader.feed(page.read_text("utf-8"))
        assert [url for url in loader.urls if re.match(r"(https?:)?//", url)] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", sheet.read_text("utf-8")), sheet


def test_every_page_is_in_the_navigation(site: Path) -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    pages = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    assert sorted(re.findall(r"[\w/-]+\.md", navigation)) == pages
    for page in pages:
        assert (site / page).with_suffix(".html").is_file()


def test_the_reference_has_what_the_packages_export(site: Path) -> None:
    pages = "".join(page.read_text("utf-8") for page in (site / "reference").glob("*.html"))
    anchors = set(re.findall(r'id="([\w.]+)"', pages))
    import orcarouter
    import orcarouter.errors
    import orcarouter.testing

    names = {f"orcarouter.{name}" for name in orcarouter.__all__}
    names |= {f"orcarouter.errors.{name}" for name in orcarouter.errors.__all__}
    names |= {f"orcarouter.testing.{name}" for name in ("Emulator", "VirtualClock", "Settings")}
    exported = {name.rpartition(".")[2] for name in names}
    assert exported - {anchor.rpartition(".")[2] for anchor in anchors} == set()


@pytest.mark.parametrize(
    "text", ["[a](no-such-page.md)", "[a](index.md#no-such-heading)", "::: orcarouter.NoSuchName"]
)
def test_a_broken_reference_fails_the_build(project: Path, site: Path, text: str) -> None:
    assert site.is_dir()
    page = project / "docs" / "reference" / "report.md"
    before = page.read_text("utf-8")
    page.write_text(f"{before}\n{text}\n", encoding="utf-8")
    try:
        assert build(project).returncode != 0
    finally:
        page.write_text(before, encoding="utf-8")
