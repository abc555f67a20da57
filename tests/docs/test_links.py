"""Links in Markdown files of the repository lead to files, and to headings, that exist."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.docs.blocks import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    ROOT / "examples" / "README.md",
    ROOT / "generator" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def read_text(path: Path) -> str:
    """A Markdown file without its code blocks."""
    return _FENCED.sub("", path.read_text("utf-8"))


def list_anchors(path: Path) -> set[str]:
    """The anchors of a file's headings, as GitHub and the site make them."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(read_text(path)))
    return {title.strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for link in _LINK.findall(read_text(path)):
        url = urlsplit(link)
        if url.scheme:
            # Not requested: tests need no network.
            assert url.scheme == "https", link
            assert re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", url.netloc), link
            continue
        target = (path.parent / url.path).resolve() if url.path else path
        assert target.exists(), f"{link}: no such file"
        if url.fragment:
            assert url.fragment in list_anchors(target), f"{link}: no such heading"


def test_the_readmes_links_are_found() -> None:
    links = _LINK.findall(read_text(ROOT / "README.md"))
    assert len(links) > 15
    assert "exit-codes" in list_anchors(ROOT / "docs/reference/orcarouter.md")
