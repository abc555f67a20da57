"""One request through generated clients, and with the HTTP library alone.

`python -m benchmarks.request RESULT PATH...` runs the rounds; `measure` starts it. The request is GET of the task of
`small`, with a bearer token; a generated client returns a model, the HTTP library `response.json()`. The server is another
process on the loopback interface, or the library's MockTransport, which shows the client's own cost without sockets.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import asdict, evolve

from benchmarks import progress, small
from benchmarks.figures import DCG, OPC, OURS, Document, Ratio
from benchmarks.process import ROOT, run
from benchmarks.rounds import ratios
from benchmarks.tools import Tool

ROUNDS = 101
LOOPBACK, MOCK = "loopback", "MockTransport"
_TOKEN = "token"
_BATCH = 10  # requests of one run of the event loop

Candidate = Callable[[], object]


def measure(document: Document, tools: list[Tool], work: Path) -> tuple[list[Ratio], list[str]]:
    """`document` is that of `small`."""
    succeeded = {tool.name: tool.ensure_output(document, work / tool.name) for tool in tools}
    notes = [
        f"{name} has no package for the small document" for name, ok in succeeded.items() if not ok
    ]
    result = work / "request.json"
    paths = [work / name for name, ok in succeeded.items() if ok]
    done = run([sys.executable, "-m", "benchmarks.request", result, *paths], limit=600)
    if done.status:
        return [], [*notes, done.output.strip()[-300:]]
    data = json.loads(result.read_text(encoding="utf-8"))
    rows = [Ratio(**row) for row in data["rows"]]
    for row in rows:
        progress.step(f"  {row.what}, {row.subject}: {row.us:.0f} us, {row.ratio:.2f} x {row.base}")
    return rows, notes + data["notes"]


class Rounds:
    """The request with each generated client, and with each HTTP library that is installed."""

    def __init__(self, tools: set[str], base: str) -> None:
        self.tools, self.base = tools, base
        self.rows: list[Ratio] = []
        self.notes: list[str] = []

    def all(self) -> None:
        for name in ("httpx", "httpx2"):
            try:
                library = import_module(name)
            except ModuleNotFoundError:
                self.notes.append(f"{name} is not installed")
                continue
            for place in (LOOPBACK, MOCK):
                self._sync(library, place)
                self._async(library, place)

    def _sync(self, library: Any, place: str) -> None:
        candidates: dict[str, Candidate] = {library.__name__: self._library_only(library, place)}
        if OURS in self.tools:
            candidates[OURS] = self._ours(library, place)
        if OPC in self.tools and library.__name__ == "httpx":
            candidates[OPC] = self._opc(library, place)
        if DCG in self.tools and library.__name__ == "httpx2":
            candidates[DCG] = self._dcg(library, place)
        self.rows += ratios(f"sync, {library.__name__}, {place}", candidates, ROUNDS)

    def _async(self, library: Any, place: str) -> None:
        if OURS not in self.tools:
            return
        package = import_module("small_orcagen")
        api = import_module("small_orcagen.api.videos")
        with asyncio.Runner() as runner:
            bare, under = (library.AsyncClient(**_transport(library, place)) for _ in range(2))
            client = package.AsyncClient(self.base, token=_TOKEN, http_client=under)

            async def use_library() -> None:
                for _ in range(_BATCH):
                    response = await bare.get(self._url(), headers=_headers())
                    response.raise_for_status().json()

            async def use_client() -> None:
                for _ in range(_BATCH):
                    await client.send(api.get_video(small.TASK_ID))

            candidates: dict[str, Candidate] = {
                library.__name__: lambda: runner.run(use_library()),
                OURS: lambda: runner.run(use_client()),
            }
            rows = ratios(f"async, {library.__name__}, {place}", candidates, ROUNDS // 2)
            self.rows += [evolve(r, us=r.us / _BATCH, base_us=r.base_us / _BATCH) for r in rows]
            runner.run(bare.aclose())
            runner.run(under.aclose())

    def _url(self) -> str:
        return self.base + small.PATH.format(task_id=small.TASK_ID)

    def _library_only(self, library: Any, place: str) -> Candidate:
        client = library.Client(**_transport(library, place))
        return lambda: client.get(self._url(), headers=_headers()).raise_for_status().json()

    def _ours(self, library: Any, place: str) -> Candidate:
        package = import_module("small_orcagen")
        get_video = import_module("small_orcagen.api.videos").get_video
        under = library.Client(**_transport(library, place))
        client = package.Client(self.base, token=_TOKEN, http_client=under)
        return _check_result(lambda: client.send(get_video(small.TASK_ID)))

    def _opc(self, library: Any, place: str) -> Candidate:
        package = import_module("small_opc")
        get_video = import_module("small_opc.api.videos.get_video").sync
        more = {"httpx_args": _transport(library, place)}
        client = package.AuthenticatedClient(self.base, token=_TOKEN, **more)
        return _check_result(lambda: get_video(small.TASK_ID, client=client))

    def _dcg(self, library: Any, place: str) -> Candidate:
        package = import_module("small_dcg_client")
        under = library.Client(**_transport(library, place))
        client = package.Client(base_url=self.base, key=_TOKEN, http_client=under)
        return _check_result(lambda: client.videos.get_video(task_id=small.TASK_ID))


def _headers() -> dict[str, str]:
    return {"Accept": "application/json", "Authorization": f"Bearer {_TOKEN}"}


def _transport(library: Any, place: str) -> dict[str, Any]:
    """Arguments of the library's client, sync or async."""
    if place == LOOPBACK:
        return {"trust_env": False}
    text, head = small.task(), {"Content-Type": "application/json"}
    transport = library.MockTransport(lambda _: library.Response(200, headers=head, content=text))
    return {"transport": transport}


def _check_result(candidate: Callable[[], Any]) -> Candidate:
    """The same function. Exits if it does not return the task."""
    if (task_id := candidate().id) != small.TASK_ID:
        raise SystemExit(f"not the task: {task_id!r}")
    return candidate


def main(result: str, paths: list[str]) -> None:
    sys.path[:0] = paths
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout
        assert server.stdin
        port = int(server.stdout.readline())
        rounds = Rounds({Path(path).name for path in paths}, f"http://127.0.0.1:{port}")
        try:
            rounds.all()
        finally:
            server.stdin.close()
    data = {"rows": [asdict(row) for row in rounds.rows], "notes": rounds.notes}
    Path(result).write_text(json.dumps(data), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
