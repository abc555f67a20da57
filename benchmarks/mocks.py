"""`orcagen mock` beside Prism: the same requests to both, one for each operation of a document.

`python -m benchmarks.mocks [--documents FOLDER] [--limit N] [--write]`

Values of the requests are made up from the schemas. A response counts if the document has it and its body, if it is JSON,
is valid by the schema of the response, as the library jsonschema has it. The table is written to `benchmarks/MOCKS.md`
with `--write`. Needs npm for Prism (`--only-own` leaves it out).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from attrs import define, field, frozen
from jsonschema import Draft202012Validator

from benchmarks.conformance import npm
from benchmarks.documents import FOLDER
from orcagen.config import Config
from orcagen.mock import MockServer
from orcagen.mock.media_types import find_syntax, get_essence
from orcagen.mock.responses import Responder
from orcagen.mock.routing import find_base_path
from orcagen.mock.sampling import Sampler
from orcagen.mock.schemas import Schemas
from orcagen.openapi import Document, Operation, References
from orcagen.pipeline import read_document

ROOT = Path(__file__).resolve().parents[1]
_RESULT = ROOT / "benchmarks/MOCKS.md"
_PACKAGES = ROOT / "benchmarks/prism/package.json"
DOCUMENTS = (
    "petstore museum spotify traccar adyen-checkout docker-engine qdrant opencode mistral box"
).split()
_BOUNDARY = "boundary"


@define
class Request:
    """A request that fits an operation."""

    operation: Operation
    path: str
    query: list[tuple[str, str]] = field(factory=list)
    headers: dict[str, str] = field(factory=dict)
    cookies: list[str] = field(factory=list)
    body: bytes = b""


@frozen
class Score:
    """How many of the operations a mock has answered as the document says; `problems` are those that it has not."""

    operations: int
    valid: int
    problems: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mocks", description=__doc__)
    parser.add_argument("--documents", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--limit", type=int, default=60, help="operations of each document")
    parser.add_argument("--only-own", action="store_true", help="without Prism")
    parser.add_argument("--write", action="store_true", help=f"write {_RESULT.name}")
    parser.add_argument("names", nargs="*", default=DOCUMENTS, help="documents of the folder")
    options = parser.parse_args()
    # The values of some documents do not fit their formats: that is what is counted.
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20_000)  # schemas that refer to themselves
    cache = ROOT / ".cache/prism"
    if not options.only_own:
        npm.install(_PACKAGES, cache)
    rows = []
    for name in options.names:
        path = next(p for p in options.documents.glob(f"{name}.*"))
        document, references, _ = read_document(str(path), Config())
        requests = choose(list(make_requests(document, references)), options.limit)
        with MockServer(path) as server:
            origin = server.url.removesuffix(find_base_path(document.servers))
            own = measure(requests, document, references, origin)
        prism = None
        if not options.only_own:
            with serve_prism(cache, path) as url:
                prism = measure(requests, document, references, url, is_at_root=True)
        rows.append((name, own, prism))
        print(_format_row(name, own, prism), flush=True)
        for score in (own, prism):
            for problem in score.problems[:10] if score else ():
                print(f"    {problem}")
    if options.write:
        _RESULT.write_text(_format(rows), encoding="utf-8")


def choose(requests: list[Request], limit: int) -> list[Request]:
    """At most so many, from all parts of the document; those that create something come last."""
    step = -(-len(requests) // limit)
    return sorted(requests[::step], key=lambda r: r.operation.method == "POST")


def make_requests(document: Document, references: References) -> Iterator[Request]:
    """A request for each operation, with what is required and the credentials of every scheme."""
    for operation in document.operations:
        schemas = Schemas(references, "request")
        sampler = Sampler(schemas.components, Random(operation.pointer))
        path, _, fixed = operation.path.partition("#")[0].partition("?")
        request = Request(operation, path)
        if fixed and "{" not in fixed:
            request.query += [(k, v) for k, _, v in (p.partition("=") for p in fixed.split("&"))]
        for parameter in operation.parameters:
            if parameter.required:
                value = sampler.sample(schemas.copy(parameter.schema))
                _add_parameter(
                    request, parameter, json.dumps(value) if parameter.media_type else value
                )
        if operation.body:
            content = operation.body.content
            media = next((m for m in content if find_syntax(m.media_type) == "json"), content[0])
            value = sampler.sample(schemas.copy(media.schema))
            request.headers["Content-Type"], request.body = _write(media.media_type, value)
        _add_credentials(request, document)
        yield request


def _add_parameter(request: Request, parameter: Any, value: Any) -> None:
    name = parameter.name
    match parameter.location:
        case "path":
            text = quote(_spell(value), safe=",") or "x"
            request.path = request.path.replace(f"{{{name}}}", text)
        case "header":
            request.headers[name] = _spell(value).encode("ascii", "replace").decode()
        case "cookie":
            request.cookies.append(f"{name}={_spell(value)}")
        case _ if isinstance(value, dict) and parameter.style == "deepObject":
            request.query += [(f"{name}[{key}]", _spell(item)) for key, item in value.items()]
        case _ if isinstance(value, dict):
            request.query += [(key, _spell(item)) for key, item in value.items()]
        case _ if isinstance(value, list) and parameter.explode:
            request.query += [(name, _spell(item)) for item in value]
        case _:
            request.query.append((name, _spell(value)))


def _add_credentials(request: Request, document: Document) -> None:
    schemes = document.security_schemes
    bearer = any(s.kind in ("bearer", "oauth2") for s in schemes)
    for scheme in schemes:
        if bearer and scheme.kind in ("bearer", "oauth2"):
            request.headers.setdefault("Authorization", "Bearer abc")
        elif scheme.kind == "basic" and not bearer:
            request.headers["Authorization"] = "Basic YTpi"
        elif scheme.kind == "apiKey" and scheme.location == "header":
            is_bearer = scheme.name.lower() == "authorization"
            request.headers.setdefault(scheme.name, "Bearer abc" if is_bearer else "abc")
        elif scheme.kind == "apiKey" and scheme.location == "query":
            request.query.append((scheme.name, "abc"))
        elif scheme.kind == "apiKey":
            request.cookies.append(f"{scheme.name}=abc")


def _write(media_type: str, value: Any) -> tuple[str, bytes]:
    """The Content-Type and the body of a value."""
    essence = get_essence(media_type)
    fields = value if isinstance(value, dict) else {}
    if find_syntax(media_type) == "json":
        return "application/json" if "*" in essence else essence, json.dumps(value).encode()
    if find_syntax(media_type) == "form":
        plain = {k: v if isinstance(v, list) else _spell(v) for k, v in fields.items()}
        return essence, urlencode(plain, doseq=True).encode()
    if essence.startswith("multipart"):
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; filename="f"; name='
        parts = [
            f'{head}"{k}"\r\n\r\n{v if isinstance(v, str) else json.dumps(v)}\r\n'
            for k, v in fields.items()
        ]
        body = "".join(parts) + f"--{_BOUNDARY}--\r\n"
        return f"multipart/form-data; boundary={_BOUNDARY}", body.encode()
    return essence.replace("*", "octet-stream"), b"x"


def _spell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_spell, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def measure(
    requests: list[Request],
    document: Document,
    references: References,
    origin: str,
    *,
    is_at_root: bool = False,
) -> Score:
    """Sends the requests to a mock. `is_at_root`: it serves the paths of the document without those of its servers."""
    problems = []
    with httpx.Client(timeout=30) as client:
        for request in requests:
            operation = request.operation
            base = "" if is_at_root else find_base_path(operation.servers or document.servers)
            cookies = {"Cookie": "; ".join(request.cookies)} if request.cookies else {}
            problem = "it ended the server"
            for _ in range(2):  # the second time for one that another request had ended
                try:
                    response = client.request(
                        operation.method,
                        origin + base + request.path,
                        params=tuple(request.query) or None,
                        headers={**request.headers, **cookies},
                        content=request.body or None,
                    )
                except httpx.HTTPError:
                    time.sleep(0.5)
                    _wait_for(origin)
                else:
                    problem = find_problem(response, operation, references)
                    break
            if problem:
                problems.append(f"{operation.method} {operation.path}: {problem}")
    return Score(len(requests), len(requests) - len(problems), problems)


def find_problem(response: httpx.Response, operation: Operation, references: References) -> str:
    """Why a response is not one of the document; "" if it is."""
    if response.status_code >= 400:
        return f"HTTP {response.status_code} {response.text[:200]}"
    documented = Responder(operation, references, 0).find(response.status_code)
    if documented is None:
        return f"HTTP {response.status_code} is not documented"
    if not documented.content or response.status_code in (204, 304):
        return ""
    essence = get_essence(response.headers.get("content-type", ""))
    if find_syntax(essence) != "json":
        return "" if response.content else "the body is empty"
    media = next(
        (m for m in documented.content if get_essence(m.media_type) == essence),
        documented.content[0],
    )
    schemas = Schemas(references, "response")
    schema = schemas.copy(media.schema)
    if isinstance(schema, dict):
        schema = {**schema, "components": {"schemas": schemas.components}}
    try:
        value = response.json()
    except ValueError as error:
        return f"the body is not JSON: {error}"
    misfit = next(Draft202012Validator(schema).iter_errors(value), None)
    return f"invalid: {misfit.message[:200]}" if misfit else ""


@contextmanager
def serve_prism(folder: Path, document: Path) -> Iterator[str]:
    """Runs Prism while the block runs. It is started again when it has ended: some requests end its process."""
    port = npm.find_free_port()
    url = f"http://127.0.0.1:{port}"
    command = f"while true; do {folder}/node_modules/.bin/prism mock -p {port} {document}; sleep 0.1; done"
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        shell = subprocess.Popen(
            ["sh", "-c", command],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(url)
            yield url
        finally:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()


def _wait_for(url: str) -> None:
    address = httpx.URL(url)
    for _ in range(480):
        try:
            socket.create_connection((address.host, address.port or 80), 1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    sys.exit(f"nothing listens at {url}")


def _format_row(name: str, own: Score, prism: Score | None) -> str:
    return f"| {name} | {own.operations} | {own.valid} | {prism.valid if prism else '–'} |"


def _format(rows: list[tuple[str, Score, Score | None]]) -> str:
    version = json.loads(_PACKAGES.read_text(encoding="utf-8"))["dependencies"]
    table = "\n".join(_format_row(*row) for row in rows)
    own = sum(row[1].valid for row in rows)
    prism = sum(row[2].valid for row in rows if row[2])
    return f"""# Mock servers

{dt.datetime.now(dt.UTC):%Y-%m-%d}, `python -m benchmarks.mocks --write`, Prism {version["@stoplight/prism-cli"]} with its default settings.

One request for each operation, at most 60 for each document, with values that fit the document. The table has the number of
operations whose response is documented and has a body that, if it is JSON, is valid by its schema.

| document | operations | `orcagen mock` | Prism |
|---|---|---|---|
{table}
| together | {sum(row[1].operations for row in rows)} | {own} | {prism} |
"""


if __name__ == "__main__":
    main()
