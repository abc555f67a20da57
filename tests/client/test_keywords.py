"""The typed keywords of `create`, `prepare` and `check`: what type checkers report, and what happens at run time."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.client.support import AnyClient

from orcarouter import OrcaRouter, check
from orcarouter.testing import Emulator, VirtualClock
from orcarouter_api.models import KlingMetadata

ROOT = Path(__file__).resolve().parents[2]
# Each line that ends in `# wrong` must be reported, and no other line.
PROGRAM = """
from pathlib import Path
from typing import Any

from orcarouter import AsyncOrcaRouter, OrcaRouter, check
from orcarouter.keywords import KlingMetadataDict
from orcarouter_api.models import KlingMetadata, KlingVideoRequest

KLING = "kling/kling-v3"
first = Path("first.png")


def right(orca: OrcaRouter, name: str, fields: dict[str, Any], images: list[str]) -> None:
    metadata: KlingMetadataDict = {"mode": "4k", "duration": "5", "image_tail": first}
    orca.videos.create(model="kling/kling-v3", prompt="A", image=first, metadata=metadata).wait()
    orca.videos.create(
        model="kling/kling-v3-omni",
        prompt="A",
        metadata={"image_list": [{"image_url": first, "type": "first_frame"}]},
        check="warn",
    ).wait()
    orca.videos.create(model=KLING, prompt="A", metadata=KlingMetadata(mode="pro")).wait()
    orca.videos.create(
        model="byteplus/dreamina-seedance-2-0-260128",
        prompt="A",
        metadata={
            "ratio": "21:9",
            "duration": 5,
            "content": [{"type": "image_url", "image_url": {"url": first}, "role": "last_frame"}],
        },
    ).wait()
    orca.videos.create(model="minimax/minimax-h3", prompt="A", size="1024x768", images=[first]).wait()
    orca.videos.create(model="minimax/minimax-h3", prompt="A", seconds="8", images=images).wait()
    orca.videos.create(model=name, prompt="A", metadata={"mode": "any"}).wait()
    orca.videos.create(model="kling/kling-v9", prompt="A", metadata=fields).wait()
    orca.videos.create({"model": "kling/kling-v3", "metadata": fields}, prompt="A").wait()
    orca.videos.create(**fields).wait()
    orca.videos.create(model=name, **fields).wait()
    orca.videos.create(KlingVideoRequest(model="kling/kling-v3", prompt="A")).wait()
    orca.videos.create(orca.videos.prepare(model="kling/kling-v3", prompt="A"), check="off").wait()
    orca.check(model="kling/kling-v3", prompt="A").ok
    check({"model": name}, prompt="A").ok
    check(model="kling/kling-v3", prompt="A", metadata={"sound": "on"}).ok


def wrong(orca: OrcaRouter) -> None:
    orca.videos.create(model="kling/kling-v3", promt="A").wait()  # wrong
    orca.videos.create(model="kling/kling-v3", prompt="A", duration=5).wait()  # wrong
    orca.videos.create(model="kling/kling-v3", prompt="A", metadata={"ratio": "1:1"}).wait()  # wrong
    orca.videos.create(model="kling/kling-v3", prompt="A", metadata={"mode": "8k"}).wait()  # wrong
    orca.videos.create(model="kling/kling-v3", prompt="A", metadata={"duration": 5}).wait()  # wrong
    orca.videos.create(model="minimax/minimax-h3", prompt="A", duration="5").wait()  # wrong
    orca.videos.create(model="minimax/minimax-h3").wait()  # wrong
    orca.videos.create(model="kling/kling-v3", prompt="A", check="yes").wait()  # wrong
    orca.videos.prepare(model="kling/kling-v3", prompt="A", check="off").digest  # wrong
    orca.check(model="kling/kling-v3", prompt="A", metadata={"mod": "pro"}).ok  # wrong
    check(model="kling/kling-v3", prompt="A", metadata={"sound": True}).ok  # wrong


async def asynchronous(orca: AsyncOrcaRouter) -> None:
    await (await orca.videos.create(model="kling/kling-v3", prompt="A")).wait()
    await (await orca.videos.create(model="kling/kling-v3", promt="A")).wait()  # wrong
"""
WRONG = [i for i, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# wrong")]


def run_mypy(path: Path) -> set[int]:
    options = [
        "--strict",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(path.parent / "cache"),
    ]
    output, _, _ = mypy.run([*options, str(path)])
    return {int(line) for line in re.findall(r"program\.py:(\d+): error", output)}


def run_basedpyright(path: Path) -> set[int]:
    settings = {
        "typeCheckingMode": "standard",
        "extraPaths": [str(ROOT / "generated"), str(ROOT / "client")],
        "include": [path.name],
    }
    (path.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(path.parent)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    diagnostics = json.loads(result.stdout)["generalDiagnostics"]
    return {
        item["range"]["start"]["line"] + 1 for item in diagnostics if item["severity"] == "error"
    }


@pytest.mark.parametrize("run", [run_mypy, run_basedpyright])
def test_type_checkers_report_keywords_that_do_not_fit_the_model(
    run: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    assert sorted(run(path)) == WRONG


def complete(folder: Path, lines: Mapping[str, str]) -> list[set[str]]:
    """What an editor offers at the end of each line, or at `|` in it: the labels, without quotes.

    `lines` has a label of each: until the server has read its settings and the package, it does not offer that.
    """
    tools = Path(sys.executable).parent
    server = subprocess.Popen(
        [tools / "basedpyright-langserver", "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # It asks the first Python on PATH where packages are.
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
    )
    to_server, from_server = server.stdin, server.stdout
    assert to_server is not None
    assert from_server is not None

    def send(**message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        to_server.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        to_server.flush()

    def request(method: str, params: Any) -> Any:
        send(id=1, method=method, params=params)
        while True:
            headers = b""
            while not headers.endswith(b"\r\n\r\n"):
                line = from_server.readline()
                assert line, "the server has ended"
                headers += line
            length = re.search(rb"Content-Length: (\d+)", headers)
            assert length is not None
            message = json.loads(from_server.read(int(length[1])))
            if "method" not in message:
                return message["result"]
            if "id" in message:  # the server asks for settings
                send(id=message["id"], result=None)

    offered = []
    try:
        request("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        send(method="initialized", params={})
        for number, (line, expected) in enumerate(lines.items()):
            text, _, rest = line.partition("|")
            uri = (folder / f"{number}.py").as_uri()
            code = f"from orcarouter import OrcaRouter\norca = OrcaRouter()\n{text}{rest}\n"
            document = {"uri": uri, "languageId": "python", "version": 1, "text": code}
            send(method="textDocument/didOpen", params={"textDocument": document})
            place = {"line": 2, "character": len(text)}
            for _ in range(100):
                result = request(
                    "textDocument/completion", {"textDocument": {"uri": uri}, "position": place}
                )
                labels = {item["label"].strip('"') for item in result["items"]}
                if expected in labels:
                    break
                time.sleep(0.1)
            offered.append(labels)
    finally:
        server.terminate()
        server.communicate()
    return offered


def test_editors_complete_keywords_and_values_of_the_model(tmp_path: Path) -> None:
    kling, seedance = 'model="kling/kling-v3"', 'model="byteplus/seedance-1-5-pro"'
    keywords, model, keys, values, other_keys = complete(
        tmp_path,
        {
            "orca.videos.create(m": "model=",
            'orca.check(model="': "kling/kling-v3",
            f'orca.videos.create({kling}, prompt="A", metadata={{"|": ""}})': "mode",
            f'orca.videos.prepare({kling}, prompt="A", metadata={{"mode": "|"}})': "std",
            f'orca.videos.create({seedance}, prompt="A", metadata={{"|": ""}})': "content",
        },
    )
    assert {"model=", "prompt=", "image=", "images=", "metadata="} <= keywords
    assert {"kling/kling-v3", "minimax/minimax-h3"} <= model
    assert {"mode", "aspect_ratio", "image_list"} <= keys
    assert "ratio" not in keys
    assert values == {"std", "pro", "4k"}
    assert {"content", "ratio", "resolution"} <= other_keys
    assert "aspect_ratio" not in other_keys


def test_the_typed_keywords_are_those_of_the_generated_package() -> None:
    subprocess.run([sys.executable, "spec/keywords.py", "--check"], cwd=ROOT, check=True)


def test_check_takes_what_create_takes(client: AnyClient, tmp_path: Path) -> None:
    image = tmp_path / "first.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    fields = {"model": "kling/kling-v3", "prompt": "A", "image": image}
    assert client.client.check(**fields, metadata=KlingMetadata(mode="pro")).ok
    assert client.client.check(fields, prompt=" ").errors[0].path == "prompt"
    assert check(**fields).ok


def test_signatures_have_the_keywords_of_all_families(client: AnyClient) -> None:
    for function in (client.client.videos.create, client.client.check, check):
        names = [*inspect.signature(function).parameters]
        assert names[0] == "request"
        assert {"model", "prompt", "image", "images", "duration", "metadata"} < {*names}
        assert names[-1] == "fields"


def test_a_misspelled_keyword_is_suggested(server: Emulator[VirtualClock]) -> None:
    with OrcaRouter("sk", base_url=server.base_url) as orca:
        (error,) = orca.check(
            {}, model="kling/kling-v3", prompt="A", imag="https://a.example/b.png"
        ).errors
        assert (error.path, error.suggestion) == ("imag", "image")
        prepared = orca.videos.prepare({}, model="minimax/minimax-h3", prompt="A", ratio="1:1")
        assert [e.suggestion for e in prepared.violations.errors] == ["metadata.ratio"]
