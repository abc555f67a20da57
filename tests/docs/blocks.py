"""Code blocks of Markdown files, and what running one means.

The blocks of a page run from top to bottom in one working directory, like the steps of a reader:

- `python`: runs in a namespace that the page's Python blocks share. With a title it is a file, see below.
- `text title="Output"`: what the Python block before it prints.
- `sh`: runs with bash and must succeed. Exported variables and `cd` hold for the blocks that follow. With the title
  "In a second terminal" it runs in the background until the end of the page.
- `console`: commands after `$ `, and what they print. A command that fails is followed by `$ echo $?`.
- A block of any language whose title is a file name is written to that file.
- `yaml`, `toml`, `json` without a title are parsed.

In expected output, `...` stands for any text in a line, and a line `...` for any lines.

Commands that cannot run here (they need a network, or set up an environment) are in `sh` blocks whose first line is one of
NOT_RUN; their tools, subcommands, options, targets and extras must exist.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from attrs import define, field, frozen

ROOT = Path(__file__).resolve().parents[2]
NOT_RUN = ("# needs a network", "# in a clone of the repository")
SECOND_TERMINAL = "In a second terminal"
LANGUAGES = {"python", "sh", "console", "text", "yaml", "toml", "json", "jinja"}
# Its sitecustomize makes the clock of clients faster in the programs that shell blocks start.
SITE_PACKAGES = Path(__file__).parent / "site_packages"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")
_TITLE = re.compile(r'title="([^"]*)"')
_MARKER = "--end-of-output--"
_PARSERS: dict[str, Callable[[str], object]] = {
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "json": json.loads,
}


@frozen
class Block:
    """A fenced code block. `line` is that of its first line of code."""

    path: Path
    line: int
    language: str
    title: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"

    @property
    def is_file(self) -> bool:
        return bool(re.fullmatch(r"[\w./-]+\.[\w]+|[\w./-]*\w+\.jinja", self.title))


def read_blocks(path: Path) -> list[Block]:
    """The code blocks of a Markdown file. Indented fences, as in lists and tabs, are included."""
    blocks: list[Block] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    start = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, lines, start = fence, [], number + 1
            continue
        if fence and not fence["info"].strip() and len(fence["indent"]) <= len(opened["indent"]):
            info = opened["info"].strip()
            title = _TITLE.search(info)
            language = info.split()[0] if info else ""
            code = "\n".join(lines) + "\n"
            blocks.append(Block(path, start, language, title[1] if title else "", code))
            opened = None
        else:
            lines.append(line.removeprefix(opened["indent"]))
    assert opened is None, f"{path}: the fence before line {start} is never closed"
    return blocks


def matches(expected: str, actual: str) -> bool:
    """Whether output is as expected; see the top of this module for `...`."""
    lines = [line.rstrip() for line in expected.strip("\n").splitlines()]
    patterns = [
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in lines
    ]
    text = "".join(line.rstrip() + "\n" for line in actual.strip("\n").splitlines())
    return re.fullmatch("".join(patterns), text) is not None


@define
class Page:
    """The state of a page: its working directory, environment, namespace and background programs."""

    folder: Path
    environment: dict[str, str]
    namespace: dict[str, Any] = field(factory=lambda: {"__name__": "__main__"})
    replacements: dict[str, str] = field(factory=dict)
    printed: str = ""
    _background: list[subprocess.Popen[str]] = field(factory=list)

    def run(self, block: Block) -> None:
        """Run one block. Raises AssertionError or what the code raises."""
        assert block.language in LANGUAGES, f"{block.name}: unknown language {block.language!r}"
        code = block.code
        for old, new in self.replacements.items():
            code = code.replace(old, new)
        if block.is_file:
            file = self.folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(code, encoding="utf-8")
            if block.language == "python":
                compile(code, block.name, "exec")
        elif block.language == "python":
            self._run_python(block, code)
        elif block.language == "sh":
            self._run_shell(block, code)
        elif block.language == "console":
            self._run_console(block, code)
        elif block.title == "Output":
            assert matches(code, self.printed), f"{block.name}: printed was\n{self.printed}"
        elif block.language in _PARSERS:
            _PARSERS[block.language](code)

    def close(self) -> None:
        """Stop the background programs."""
        for process in self._background:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=10)
            if process.stdout:
                process.stdout.close()

    def _run_python(self, block: Block, code: str) -> None:
        importlib.invalidate_caches()  # a block before this one may have written a package
        # The line numbers in a traceback are those of the page.
        program = compile("\n" * (block.line - 1) + code, str(block.path), "exec")
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.chdir(self.folder), self._variables():
            exec(program, self.namespace)  # noqa: S102  # the block of a page in this repository
        self.printed = output.getvalue()

    @contextlib.contextmanager
    def _variables(self) -> Iterator[None]:
        before = dict(os.environ)
        os.environ.update({k: v for k, v in self.environment.items() if k != "PYTHONPATH"})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _run_shell(self, block: Block, code: str) -> None:
        if code.startswith(NOT_RUN):
            check_commands(block)
            return
        if block.title == SECOND_TERMINAL:
            self._start(block, code)
            return
        state = self.folder.parent / "state"
        script = f"set -euo pipefail\n{code}\n{{ pwd; env -0; }} > {shlex.quote(str(state))}\n"
        done = self._bash(script)
        assert done.returncode == 0, f"{block.name}: exit status {done.returncode}\n{done.stdout}"
        self.printed = done.stdout
        self._take_state(state)

    def _take_state(self, state: Path) -> None:
        folder, _, variables = state.read_text("utf-8").partition("\n")
        self.folder = Path(folder)
        pairs = (pair.partition("=") for pair in variables.split("\0") if pair)
        self.environment |= {name: value for name, _, value in pairs if name not in ("_", "PWD")}

    def _run_console(self, block: Block, code: str) -> None:
        steps: list[tuple[str, list[str]]] = []
        for line in code.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif steps and line.startswith("> "):
                steps[-1] = (steps[-1][0] + "\n" + line[2:], [])
            else:
                assert steps, f"{block.name}: output before the first command"
                steps[-1][1].append(line)
        script = "".join(
            f"{command}\nstatus=$?; printf '%s %s\\n' {_MARKER} $status; (exit $status)\n"
            for command, _ in steps
        )
        parts = re.split(rf"{_MARKER} (\d+)\n", self._bash(script).stdout)
        for number, (command, lines) in enumerate(steps):
            output, status = parts[2 * number], parts[2 * number + 1]
            expected = "\n".join(lines)
            assert matches(expected, output), f"{block.name}: `{command}` printed\n{output}"
            is_checked = number + 1 < len(steps) and "$?" in steps[number + 1][0]
            assert status == "0" or is_checked, f"{block.name}: `{command}`: exit status {status}"

    def _start(self, block: Block, code: str) -> None:
        """Start a program in the background and wait until it prints a line."""
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._background.append(process)
        assert process.stdout is not None
        line: list[str] = []
        reader = threading.Thread(target=lambda: line.append(process.stdout.readline()))  # type: ignore[union-attr]
        reader.start()
        reader.join(timeout=60)
        assert line, f"{block.name}: the program printed nothing"
        assert line[0], f"{block.name}: the program ended"

    def _bash(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )


def make_environment(**variables: str) -> dict[str, str]:
    """The environment of shell blocks: the tools of this Python first, and a faster clock."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    modules = [
        str(SITE_PACKAGES),
        *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)),
    ]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ORCAROUTER_")}
    return {
        **kept,
        "PATH": path,
        "PYTHONPATH": os.pathsep.join(modules),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "80",
        "NO_PROXY": "127.0.0.1",
        # The entry point of the generator in this checkout, even if an older one is installed.
        "PYTEST_PLUGINS": "orcagen.mock.plugin",
        **variables,
    }


def check_commands(block: Block) -> None:
    """Check commands that are not run. Raises AssertionError."""
    for line in block.code.replace("\\\n", " ").splitlines():
        tokens = shlex.split(line, comments=True)
        if tokens:
            _check_command(tokens, f"{block.name}: `{line}`")


def _check_command(tokens: list[str], where: str) -> None:
    tool, *arguments = tokens
    if tool == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        unknown = {word for word in arguments if "=" not in word} - set(targets)
        assert not unknown, f"{where}: no such target: {unknown}"
    elif tool == "pip":
        assert arguments[0] == "install", where
        options = _read_options([sys.executable, "-m", "pip", "install"])
        for word in arguments[1:]:
            if word.startswith("-"):
                assert word.partition("=")[0] in options, f"{where}: no such option: {word}"
            else:
                _check_requirement(word, where)
    elif tool in ("orcagen", "orcarouter"):
        check_options(tokens, where)
    else:
        assert tool in ("git", "cd", "pre-commit", "export"), f"{where}: unknown tool"


def check_options(tokens: list[str], where: str) -> None:
    """Check that a command of ours has the subcommand and the options."""
    tool, *arguments = tokens
    module = [sys.executable, "-m", tool]
    subcommand: list[str] = []
    for word in arguments:
        if word.startswith("-") or len(subcommand) == 2 or not re.fullmatch("[a-z]+", word):
            break
        subcommand.append(word)
    if tool == "orcagen" or subcommand[:1] not in (["video"], ["batch"]):
        subcommand = subcommand[:1]
    options = _read_options([*module, *subcommand])
    for word in arguments:
        if word.startswith("--"):
            name = word.partition("=")[0]
            assert name in options, f"{where}: no such option: {name}"


def _read_options(command: list[str]) -> set[str]:
    done = subprocess.run(
        [*command, "--help"], capture_output=True, text=True, check=False, env=make_environment()
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return {"--help", *re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", done.stdout)}


def _check_requirement(word: str, where: str) -> None:
    """A requirement that is one of the two distributions, by name or folder, has its extras."""
    match = re.fullmatch(r"([\w./-]+?)(?:\[([\w,-]+)\])?", word)
    assert match, f"{where}: not a requirement: {word}"
    name, extras = match[1], match[2].split(",") if match[2] else []
    folders = {".": "", "./generator": "generator", "orcarouter": "", "orcagen": "generator"}
    assert name in folders or "/" not in name, f"{where}: the folder does not exist: {name}"
    if name in folders:
        project = tomllib.loads((ROOT / folders[name] / "pyproject.toml").read_text("utf-8"))
        names = project["project"].get("optional-dependencies", {})
        assert set(extras) <= set(names), f"{where}: no such extra: {extras}"
