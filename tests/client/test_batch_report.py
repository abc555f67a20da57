"""The report of a batch: one page without a server, in which nothing of others becomes markup."""

from __future__ import annotations

import os
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from attrs import define, field
from tests.client.batch_support import make_jobs, open_batch
from tests.client.support import KLING, SEEDANCE

from orcarouter.testing import Emulator, Fault, VirtualClock

Server = Emulator[VirtualClock]
HOSTILE = "</p><script>alert(1)</script>\" onload='x' & <img src=x onerror=y>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
_VOID = {"meta", "input", "img", "br", "link"}


@define
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(factory=list)
    text: str = ""

    def find_all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements below with this tag and these attributes, in their order."""
        elements = []
        for child in self.children:
            if child.tag == tag and attributes.items() <= child.attributes.items():
                elements.append(child)
            elements += child.find_all(tag, **attributes)
        return elements

    @property
    def all_text(self) -> str:
        return self.text + "".join(child.all_text for child in self.children)


class Parser(HTMLParser):
    """Builds a tree; fails for end tags that do not fit."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.stack = [self.root]
        self.feed(text)
        self.close()
        assert self.stack == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].children.append(element)
        if tag not in _VOID:
            self.stack.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.stack[-1].text += data


def make_page(server: Server, out: Path) -> tuple[Path, Element]:
    """The report of a batch with a video, two files, a failure, a lost answer and a pending job."""
    server.script.add(Fault("submit", skip=2, fail_reason=HOSTILE))
    server.script.add(Fault("submit", disconnect=True, when="after"))
    jobs = [
        {**KLING, "id": "kite #1", "prompt": HOSTILE},
        {"id": "tram", **SEEDANCE},
        {**KLING, "id": "failed"},
        {**KLING, "id": "lost"},
        {**KLING, "id": "later"},
    ]
    with open_batch(server, out, jobs, max_tasks=4, credits_per_task=1500) as batch:
        batch.run(workers=1)
        path = batch.write_report()
    return path, Parser(path.read_text("utf-8")).root


@pytest.fixture
def page(server: Server, tmp_path: Path) -> tuple[Path, Element]:
    return make_page(server, tmp_path / "spring & co")


def test_the_page_has_every_job_with_its_state(page: tuple[Path, Element]) -> None:
    articles = page[1].find_all("article")
    assert [each.attributes["data-state"] for each in articles] == [
        "done",
        "done",
        "failed",
        "unknown",
        "pending",
    ]
    assert HOSTILE in articles[0].all_text
    assert HOSTILE in articles[2].all_text  # the reason of the failure
    assert "Look for the task in the console" in articles[3].all_text
    assert "1,500" in articles[4].all_text
    assert page[1].find_all("h1")[0].all_text == "spring & co"


def test_nothing_of_others_becomes_markup(page: tuple[Path, Element]) -> None:
    root = page[1]
    assert len(root.find_all("script")) == 1
    assert "alert" not in root.find_all("script")[0].all_text
    assert root.find_all("img") == []
    for tag in ("article", "video", "a", "div", "p", "span"):
        for element in root.find_all(tag):
            assert not [name for name in element.attributes if name.startswith("on")]


def test_the_page_works_from_the_disk_alone(page: tuple[Path, Element]) -> None:
    path, root = page
    links = [each.attributes["src"] for each in root.find_all("video")]
    links += [each.attributes["href"] for each in root.find_all("a")]
    assert len(links) == 5  # two videos, twice each, and a last frame
    for link in links:
        assert "://" not in link
        assert (path.parent / unquote(link)).is_file()
    text = path.read_text("utf-8")
    assert "http://" not in text.replace("http://127.0.0.1", "")
    assert "https://" not in text


def test_the_filters_offer_the_states_and_models_that_occur(page: tuple[Path, Element]) -> None:
    root = page[1]
    states = [each.attributes["data-state"] for each in root.find_all("button")]
    assert states == ["", "pending", "done", "failed", "unknown"]
    options = [each.all_text for each in root.find_all("option")]
    assert options == ["all models", SEEDANCE["model"], KLING["model"]]
    assert "alert(1)" in root.find_all("article")[0].attributes["data-search"]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in of ffmpeg is a shell script")
def test_thumbnails_are_made_once_where_ffmpeg_is_installed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    ffmpeg = tools / "ffmpeg"
    ffmpeg.write_text(
        '#!/bin/sh\nfor last; do :; done\necho "$last" >> "$0.log"\n'
        'case "$last" in *job-1*) exit 1;; esac\nprintf jpeg > "$last"\n'
    )
    ffmpeg.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    with open_batch(server, tmp_path / "out", make_jobs(2)) as batch:
        batch.run()
        path = batch.write_report()
        first = (tools / "ffmpeg.log").read_text().splitlines()
        batch.write_report()
    assert len(first) == 2
    # What failed is tried again, what is there is not made again.
    assert len((tools / "ffmpeg.log").read_text().splitlines()) == 3
    with_image, without = Parser(path.read_text("utf-8")).root.find_all("video")
    poster = path.parent / unquote(with_image.attributes["poster"])
    assert poster.read_bytes() == b"jpeg"
    assert with_image.attributes["preload"] == "none"
    assert "poster" not in without.attributes
    assert without.attributes["preload"] == "metadata"


def test_the_page_is_replaced_as_a_whole(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        before = batch.write_report().read_text("utf-8")
        assert "pending" in before
        batch.run()
        after = batch.write_report().read_text("utf-8")
    assert "job-0.mp4" in after
    assert [path.name for path in tmp_path.iterdir() if "index.html" in path.name] == ["index.html"]


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_filters_work_in_chromium(page: tuple[Path, Element], tmp_path: Path) -> None:
    """The page, with a script that uses it and writes what is visible into its title."""
    path = page[0]
    script = """<script>
const seen = [];
const look = () => seen.push(jobs.filter(job => job.offsetParent).map(job => job.dataset.state).join("+"));
look();
buttons.find(button => button.dataset.state === "failed").click(); look();
buttons[0].click(); search.value = "TRAM"; search.dispatchEvent(new Event("input")); look();
search.value = ""; search.dispatchEvent(new Event("input"));
model.value = model.options[1].value; model.dispatchEvent(new Event("change")); look();
search.value = "no such words"; search.dispatchEvent(new Event("input"));
seen.push(document.getElementById("nothing").offsetParent ? "nothing" : "");
document.documentElement.innerHTML = "<pre>" + seen.join(" ") + "</pre>";
</script></body>"""
    copy = path.with_name("copy.html")
    copy.write_text(path.read_text("utf-8").replace("</body>", script), encoding="utf-8")
    done = subprocess.run(
        [
            CHROMIUM or "",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    text = Parser(done.stdout).root.find_all("pre")[0].all_text
    assert text == "done+done+failed+unknown+pending failed done done nothing"
