"""Every code block of the documentation runs; `tests/docs/blocks.py` says how."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from attrs import evolve
from tests.docs.blocks import ROOT, Page, check_commands, make_environment, matches, read_blocks

from orcarouter._clock import SystemClock
from orcarouter.testing import Emulator, RealClock

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


class FastClock(SystemClock):
    """As in tests/docs/site_packages: a hundred times faster."""

    def monotonic(self) -> float:
        return super().monotonic() * 100

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 100)

    async def asleep(self, seconds: float) -> None:
        await super().asleep(seconds / 100)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator[RealClock]]:
    """An emulator whose tasks take no time."""
    with Emulator(queued=0, running=0.05) as server:
        yield server


@pytest.fixture
def page(
    tmp_path: Path, emulator: Emulator[RealClock], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """A working directory that looks like a clone of the repository, and an emulator with a key."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("examples", "spec"):
        (folder / name).symlink_to(ROOT / name)
    # Where the pages write packages. Python remembers that a folder of its path does not exist.
    for root in (folder, folder / "src", folder / "build"):
        root.mkdir(exist_ok=True)
        monkeypatch.syspath_prepend(str(root))
    monkeypatch.setattr("orcarouter.client.SystemClock", FastClock)
    before = set(sys.modules)
    environment = make_environment(
        ORCAROUTER_API_KEY="sk-orca-test", ORCAROUTER_BASE_URL=emulator.base_url
    )
    page = Page(folder, environment, replacements={"8765": _find_free_port()})
    try:
        yield page
    finally:
        page.close()
        for name in set(sys.modules) - before:
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
                del sys.modules[name]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_code_blocks_of_a_page_run(path: Path, page: Page) -> None:
    for block in read_blocks(path):
        try:
            page.run(block)
        except AssertionError as error:
            if str(error):
                raise
            raise AssertionError(f"{block.name}: an assertion of the block failed") from error
        except BaseException as error:
            raise AssertionError(f"{block.name}: {type(error).__name__}: {error}") from error


def test_the_documentation_has_code_blocks_of_all_kinds() -> None:
    blocks = [block for path in PAGES for block in read_blocks(path)]
    languages = {block.language for block in blocks}
    assert {"python", "sh", "console", "yaml", "toml"} <= languages
    assert len(blocks) > 80


@pytest.mark.parametrize(
    ("language", "title", "code"),
    [
        ("python", "", "1 / 0"),
        ("python", "", "assert 1 == 2"),
        ("sh", "", "false; true"),
        ("console", "", "$ echo one\ntwo"),
        ("console", "", "$ false"),
        ("yaml", "", "a: [1"),
        ("ruby", "", "puts 1"),
    ],
)
def test_a_block_that_is_wrong_fails(
    tmp_path: Path, page: Page, language: str, title: str, code: str
) -> None:
    path = ROOT / "docs" / "index.md"
    file = tmp_path / "page.md"
    file.write_text(f'```{language} title="{title}"\n{code}\n```\n', encoding="utf-8")
    (block,) = read_blocks(file)
    with pytest.raises((AssertionError, ArithmeticError, yaml.YAMLError)):
        page.run(evolve(block, path=path))


@pytest.mark.parametrize(
    "command",
    [
        "make no-such-target",
        "pip install 'orcarouter[no-such-extra]'",
        "pip install --no-such-option orcagen",
        "orcagen generate openapi.yaml --no-such-option",
        "orcarouter video create --no-such-option",
        "no-such-tool",
    ],
)
def test_a_command_that_is_not_run_is_checked(tmp_path: Path, command: str) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"```sh\n# needs a network\n{command}\n```\n", encoding="utf-8")
    (block,) = read_blocks(file)
    with pytest.raises(AssertionError, match=r"no such|unknown tool"):
        check_commands(evolve(block, path=ROOT / "README.md"))


def test_expected_output_may_have_gaps() -> None:
    assert matches("a ... d\n...\nz", "a b c d\ne\nf\nz\n")
    assert matches("a\n...\nz", "a\nz\n")
    assert not matches("a\nz", "a\nb\nz\n")


def _find_free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])
