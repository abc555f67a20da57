"""Many submissions, waits and downloads under random faults, against raw sockets.

    python -m tests.client.fuzz --runs 1200 --seed 1 [--write benchmarks/FAULTS.md]

Each run has a client of its own, sync or async in turn, and random faults: those of the emulator's
scripts, and damage to the bytes of responses. Counted is what must never happen; exit 1 if it does.
"""

from __future__ import annotations

import argparse
import platform
import random
import re
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from tests.client.raw_service import SAMPLE, RawService
from tests.client.support import KEY, KLING, AnyClient, ClientClock

import orcarouter_api.errors
from orcarouter import RetryPolicy, errors
from orcarouter.testing import Fault, VirtualClock

NEVER = (
    "submissions doubled",
    "ids lost",
    "keys elsewhere",
    "files wrong",
    "exceptions outside the two trees",
)
_ID = re.compile(rb'"(task_[^"]*xyz)"')  # as the response spells it, damaged or not
_UNPARSEABLE = (204, 205, 304)  # a body is not part of these responses


class Damage:
    """Changes the bytes of the first few responses of a run."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.remaining = rng.choice([0, 0, 1, 1, 2, 3])
        self.readable = True
        """Whether the last response had a head that can be parsed, and a body that can be decoded."""

    def __call__(self, content: bytes) -> bytes | None:
        self.readable = True
        if not self.remaining or self.rng.random() < 0.3:
            return content
        self.remaining -= 1
        is_file = b"video/mp4" in content
        kinds: list[Callable[[bytes, bytes], bytes | None]] = [
            self.cut,
            self.cut,
            self.close,
            self.hint,
            self.garbage,
            self.status,
            self.retry_after,
            self.cookie,
            self.redirect,
            self.chunked,
            self.two_lengths,
            self.huge_header,
        ]
        if b'"task_' not in content and not is_file:
            # A refusal without an id proves that nothing was accepted: only a false one would.
            kinds = [each for each in kinds if each not in (self.status, self.retry_after)]
        if not is_file:  # no client can notice another byte in a file
            kinds += [self.insert, self.follow, self.gzip]
        head, _, body = content.partition(b"\r\n\r\n")
        return self.rng.choice(kinds)(head, body)

    def cut(self, head: bytes, body: bytes) -> bytes | None:
        return head + b"\r\n\r\n" + body[: self.rng.randrange(len(body) + 1)]

    def close(self, head: bytes, body: bytes) -> bytes | None:
        self.readable = False
        return None

    def hint(self, head: bytes, body: bytes) -> bytes | None:
        return b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 5 + head + b"\r\n\r\n" + body

    def garbage(self, head: bytes, body: bytes) -> bytes | None:
        self.readable = False
        return self.rng.randbytes(20) + head + b"\r\n\r\n" + body

    def status(self, head: bytes, body: bytes) -> bytes | None:
        code = self.rng.choice(
            [200, 201, 204, 206, 304, 400, 401, 404, 408, 416, 429, 500, 502, 503]
        )
        self.readable = code not in _UNPARSEABLE
        return b"HTTP/1.1 %d Odd\r\n" % code + head.partition(b"\r\n")[2] + b"\r\n\r\n" + body

    def retry_after(self, head: bytes, body: bytes) -> bytes | None:
        values = (b"-1", b"9" * 400, b"\xff\xfe", b"Fri, 31 Dec 9999 23:59:59 -2359", b"nan")
        line = b"HTTP/1.1 429 Later\r\nRetry-After: " + self.rng.choice(values) + b"\r\n"
        return line + head.partition(b"\r\n")[2] + b"\r\n\r\n" + body

    def cookie(self, head: bytes, body: bytes) -> bytes | None:
        return head + b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n" + body

    def redirect(self, head: bytes, body: bytes) -> bytes | None:
        line = b"HTTP/1.1 307 Elsewhere\r\nLocation: " + self.files_url.encode() + b"/out/x.mp4\r\n"
        return line + head.partition(b"\r\n")[2] + b"\r\n\r\n" + body

    def chunked(self, head: bytes, body: bytes) -> bytes | None:
        head = re.sub(rb"Content-Length: \d+", b"Transfer-Encoding: chunked", head)
        whole = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        return head + b"\r\n\r\n" + whole + self.rng.choice([b"0\r\n\r\n", b"", b"zz\r\n"])

    def two_lengths(self, head: bytes, body: bytes) -> bytes | None:
        self.readable = False
        return head + b"\r\nContent-Length: 7\r\n\r\n" + body

    def huge_header(self, head: bytes, body: bytes) -> bytes | None:
        self.readable = False
        return head + b"\r\nX-Huge: " + b"x" * 200_000 + b"\r\n\r\n" + body

    def insert(self, head: bytes, body: bytes) -> bytes | None:
        position = self.rng.randrange(len(body) + 1)
        body = body[:position] + self.rng.choice([b"\xff", b"\x00", b"{"]) + body[position:]
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
        return head + b"\r\n\r\n" + body

    def follow(self, head: bytes, body: bytes) -> bytes | None:
        return self.insert_length(head, body + b" and more")

    def insert_length(self, head: bytes, body: bytes) -> bytes:
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
        return head + b"\r\n\r\n" + body

    def gzip(self, head: bytes, body: bytes) -> bytes | None:
        self.readable = False
        return head + b"\r\nContent-Encoding: gzip\r\n\r\n" + body

    files_url = ""


def make_fault(rng: random.Random, operation: str) -> Fault:
    """A random fault of the kinds that scripts have."""
    when = rng.choice(["before", "after"])
    choices: list[dict[str, Any]] = [
        {"disconnect": True, "when": when},
        {"status": rng.choice([408, 500, 502, 504, 529]), "code": "", "when": when},
        {"status": rng.choice([400, 401, 404, 503])},
        {"status": 429, "retry_after": rng.choice([0, 5, 7200, "soon", "-3"])},
        {"malformed_body": rng.choice(["json", "html", "empty"]), "when": when},
        {"truncate": rng.randrange(200)},
        {"trickle_interval": rng.choice([1, 200]), "trickle_bytes": 50},
        {"delay": 30},
    ]
    if rng.random() < 0.05:
        choices = [{"stall": True, "when": when}]
    special: dict[str, dict[str, Any]] = {
        "submit": {"fail_reason": "not allowed"},
        "lookup": {"unknown_task": True},
        "content": {"expired_url": True},
    }
    kind = rng.choice([*choices, special[operation]])
    return Fault(operation, times=rng.choice([1, 1, 2, 3]), **kind)


class Run:
    """One submission, wait and download."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.kind = ("sync", "async")[seed % 2]
        self.target = folder / f"{seed}.mp4"
        self.problems: list[str] = []
        self.outcome = "done"

    def __call__(self) -> None:
        service = RawService(VirtualClock())
        damage = Damage(self.rng)
        damage.files_url = service.files_url
        unreadable: set[bytes | None] = set()

        def mangle(content: bytes) -> bytes | None:
            damaged = damage(content)
            if not damage.readable:
                unreadable.add(damaged)
            return damaged

        service.mangle = mangle
        for operation in ("submit", "lookup", "content"):
            for _ in range(self.rng.choice([0, 0, 1, 2])):
                service.script.add(make_fault(self.rng, operation))
        http: Any = httpx.Client if self.kind == "sync" else httpx.AsyncClient
        client = AnyClient(
            self.kind,
            ClientClock(service.clock),
            base_url=service.base_url,
            timeout=0.25,
            retry_policy=RetryPolicy(timeout=0.25, total_timeout=0.6),
            http_client=http(verify=False) if self.rng.random() < 0.5 else None,
        )
        try:
            self.use(client, service, unreadable)
        finally:
            client.close()
            service.close()
        self.check(service)

    def use(self, client: AnyClient, service: RawService, unreadable: set[bytes | None]) -> None:
        error: BaseException | None = None
        task = None
        try:
            task = client.create(KLING)
            task.wait(600)
            task.download(self.target, timeout=600)
        except (errors.OrcaRouterError, orcarouter_api.errors.APIError) as caught:
            error = caught
        except BaseException as caught:
            error = caught
            self.problems.append("exceptions outside the two trees")
            traceback.print_exc()
        if error is not None:
            self.outcome = type(error).__name__
        last = service.sent[-1:]  # the response to the last submission
        ids = {text for sent in last if sent not in unreadable for text in _ID.findall(sent)}
        carried = getattr(error, "task_id", None) if error is not None else task and task.id
        if ids and str(carried).encode() not in ids:
            self.problems.append("ids lost")
            print(f"{error!r} after {last}", file=sys.stderr)
        if error is None and not self.target.exists():
            self.problems.append("files wrong")
        if self.target.exists() and self.target.read_bytes() != SAMPLE:
            self.problems.append("files wrong")

    def check(self, service: RawService) -> None:
        if len(service.tasks) > 1:
            self.problems.append("submissions doubled")
        for request in service.requests_to("getFile"):
            if KEY.encode() in request.head:
                self.problems.append("keys elsewhere")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="a file for the result")
    options = parser.parse_args()
    problems: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.runs):
            run = Run(seed, Path(folder))
            run()
            outcomes[run.outcome] += 1
            problems.update(set(run.problems))
            if run.problems:
                print(f"seed {seed}: {', '.join(run.problems)}", file=sys.stderr)
    lines = [f"{options.runs} runs: " + ", ".join(f"{problems[name]} {name}" for name in NEVER)]
    lines.append("Outcomes: " + ", ".join(f"{n} {name}" for name, n in outcomes.most_common()))
    print("\n".join(lines))
    if options.write:
        options.write.write_text(_format(options, problems, outcomes), encoding="utf-8")
    return 1 if problems else 0


def _format(options: argparse.Namespace, problems: Counter[str], outcomes: Counter[str]) -> str:
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    rows = [f"| {name} | {problems[name]} |" for name in NEVER]
    ends = [f"| {name} | {count} |" for name, count in outcomes.most_common()]
    command = f"python -m tests.client.fuzz --runs {options.runs} --seed {options.seed}"
    return "\n".join(
        [
            "# Faults",
            "",
            "Submissions, waits and downloads under random faults, by both clients, against a server that",
            "writes to raw sockets. `tests/client/fuzz.py` says how; `--write benchmarks/FAULTS.md` writes",
            "this file.",
            "",
            f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, revision {revision}, Python {platform.python_version()}.",
            "",
            f"| in {options.runs} runs | |",
            "|---|---:|",
            *rows,
            "",
            "| how the runs ended | |",
            "|---|---:|",
            *ends,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
