"""Runs everything, or a part, and writes its section of `benchmarks/CONFORMANCE.md`; prints what failed."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
from pathlib import Path

from benchmarks.conformance import frameworks, report, typespec

ROOT = Path(__file__).resolve().parents[2]
_REPORT = ROOT / "benchmarks/CONFORMANCE.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="PART",
        help="frameworks, typespec, or a folder of it: typespec/payload/xml",
    )
    parser.add_argument(
        "--versions", default=",".join(typespec.VERSIONS), help="of OpenAPI (default: %(default)s)"
    )
    parser.add_argument(
        "--asynchronous", action="store_true", help="send TypeSpec's requests with AsyncClient"
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".cache/conformance", metavar="DIR", help="what is installed"
    )  # fmt: skip
    arguments = parser.parse_args()
    part, _, area = (arguments.only or "").partition("/")
    cache = arguments.cache.resolve()
    sections = []
    if part in ("", "frameworks"):
        applications = frameworks.run_all(cache)
        for a in applications:
            print(f"{a.framework} {a.version}: {a.result}", flush=True)
        sections.append(report.write_applications(applications, _describe_run()))
    if part in ("", "typespec"):
        versions = arguments.versions.split(",")
        provenance = _describe_run()
        suites = typespec.drive(cache, versions, area, arguments.asynchronous)
        for version, results in suites.items():
            for r in results:
                if r.state == "failed":
                    print(f"{version} {r.scenario}: {r.why:.300}")
            print(report.summarize(version, results))
        if not area and versions == list(typespec.VERSIONS):
            sections.append(report.write_suites(suites, provenance))
    if sections:
        text = _REPORT.read_text(encoding="utf-8") if _REPORT.exists() else ""
        _REPORT.write_text(report.replace_sections(text, sections), encoding="utf-8")


def _describe_run() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    arguments = " ".join(["python -m benchmarks.conformance", *sys.argv[1:]])
    return f"Revision {done.stdout.strip()}, {dt.datetime.now(dt.UTC):%d %B %Y}, `{arguments}`."


if __name__ == "__main__":
    main()
