"""TypeSpec's conformance suite: its documents and scenarios, the packages, and the run against its mock server."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.conformance import npm
from benchmarks.conformance.expectations import NOT_EXPRESSIBLE, XML_NOT_EXPRESSIBLE
from benchmarks.conformance.package import Package
from benchmarks.conformance.scenarios import Service, judge
from orcagen import cli

HERE = Path(__file__).parent
VERSIONS = ("3.0", "3.1", "3.2")
SPECS = "@typespec/http-specs/specs"
# What keeps the suite of this version from being compiled or served as it is. No scenario is judged more kindly by it:
# the operations whose text is changed are among those that OpenAPI cannot express.
SUBSTITUTIONS = [
    (  # A parameter called "constructor" seems to have examples (JavaScript's), and the emitter fails.
        "@typespec/openapi3/dist/src/examples.js",
        "if (examples.length === 0)",
        "if (!Array.isArray(examples) || examples.length === 0)",
    ),
    (  # OpenAPI has no status ranges but 1XX to 5XX: the whole document is refused for one of 494 to 499.
        f"{SPECS}/response/status-code-range/main.tsp",
        "@minValue(494)",
        "@minValue(400)",
    ),
    (  # OpenAPI has no query string in paths: the whole document is refused for those.
        f"{SPECS}/routes/main.tsp",
        "?fixed=true{&",
        "{?",
    ),
    (  # The server reads the commit of the suite from git; the work folder is no repository.
        "@typespec/spector/dist/src/utils/misc-utils.js",
        'execSync("git rev-parse HEAD", { cwd: path }).toString().trim()',
        '"0"',
    ),
]


@frozen
class Result:
    """What became of a scenario: "passed", "text" (with a body of XML as text), "failed" or "not expressible"; and why."""

    scenario: str
    folder: str
    state: str
    why: str = ""


def drive(
    work: Path, versions: list[str], area: str, asynchronous: bool
) -> dict[str, list[Result]]:
    """The results by version. `area` is the beginning of the scenarios' folders: `payload/multipart`."""
    npm.install(HERE / "package.json", work)
    npm.substitute(work, SUBSTITUTIONS)
    documents, port = _compile(work), npm.find_free_port()
    scenarios = json.loads((documents / "scenarios.json").read_text(encoding="utf-8"))["scenarios"]
    spector = work / "node_modules/@typespec/spector/cmd/cli.mjs"
    command: list[str | Path] = [npm.find_node(work), spector, "serve"]
    command += [work / "node_modules" / SPECS]
    command += ["--port", str(port), "--coverageFile", work / "coverage.json"]
    url, results = f"http://127.0.0.1:{port}", {}
    with npm.serve(command, f"{url}/.admin/health", work / "server.log", work):
        for version in versions:
            services: dict[str, list[Service | str]] = {}
            for folder, service in _services(documents, version, area, work, url, asynchronous):
                services.setdefault(folder, []).append(service)
            results[version] = [
                _judge(name, scenario, services[scenario["folder"]])
                for name, scenario in scenarios.items()
                if scenario["folder"] in services
            ]
    return results


def _judge(name: str, scenario: Any, services: list[Service | str]) -> Result:
    if name in NOT_EXPRESSIBLE:
        return Result(name, scenario["folder"], "not expressible", NOT_EXPRESSIBLE[name])
    usable = [s for s in services if isinstance(s, Service)]
    if not usable:
        return Result(name, scenario["folder"], "failed", str(services[0]))
    state, why = judge(scenario["requests"], usable)
    if state == "failed" and (reason := XML_NOT_EXPRESSIBLE.get(name.rpartition("_")[0])):
        state, why = "not expressible", reason
    return Result(name, scenario["folder"], state, why)


def _compile(work: Path) -> Path:
    """The folder of the documents in all versions, and of the requests that the mock server takes."""
    script, stamp, documents = HERE / "compile.mjs", work / "compiled.txt", work / "documents"
    inputs = (work / "package.json").read_text() + script.read_text() + repr(SUBSTITUTIONS)
    if not stamp.exists() or stamp.read_text() != inputs:
        shutil.rmtree(documents, ignore_errors=True)
        shutil.copyfile(script, work / script.name)
        versions = ",".join(f"{v}.0" for v in VERSIONS)
        specs = work / "node_modules" / SPECS
        npm.run([npm.find_node(work), script.name, specs, documents, versions], work)
        errors = json.loads((documents / "scenarios.json").read_text(encoding="utf-8"))["errors"]
        if errors:
            sys.exit("not compiled: " + json.dumps(errors, indent=1))
        stamp.write_text(inputs)
    return documents


def _services(
    documents: Path, version: str, area: str, work: Path, url: str, asynchronous: bool
) -> Iterator[tuple[str, Service | str]]:
    """Each document of a version with its package, or with the reason why there is none; by folder of the suite."""
    output = work / "generated" / version
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    sys.path.insert(0, str(output))
    importlib.invalidate_caches()
    for path in sorted(documents.glob(f"**/{version}.0/*.json")):
        folder = path.parent.parent.relative_to(documents).as_posix()
        if not f"{folder}/".startswith(area):
            continue
        label = path.stem.removeprefix(
            "openapi"
        )  # of openapi.v1.json, where a service has versions
        text = f"typespec {version} {folder} {label}".lower()
        name = "_".join(re.findall("[a-z0-9]+", text))
        report = output / f"{name}.json"
        generate = ["generate", path, "--output", output, "--package", name, "--report", report]
        try:
            with contextlib.redirect_stderr(io.StringIO()) as printed:
                status = cli.main([str(argument) for argument in generate])
            gc.unfreeze()  # what the command line keeps, because its process ends then
            if status:
                raise RuntimeError(printed.getvalue())
            yield folder, Service.of(path, Package(name, report), url, asynchronous)
        except Exception as problem:
            yield folder, f"no package: {problem}"[-300:]
