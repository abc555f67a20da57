"""Runs everything and writes `benchmarks/CONFORMANCE.md`; with `--only`, a part, and prints what failed."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
from pathlib import Path

from benchmarks.conformance import frameworks, report, typespec

ROOT = Path(__file__).resolve().parents[2]


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
    applications, suites = [], {}
    if part in ("", "frameworks"):
        applications = frameworks.run_all(cache)
        for a in applications:
            print(f"{a.framework} {a.version}: {a.result}", flush=True)
    if part in ("", "typespec"):
        versions = arguments.versions.split(",")
        suites = typespec.drive(cache, versions, area, arguments.asynchronous)
        for version, results in suites.items():
            failed = [r for r in results if r.state == "failed"]
            print(*(f"{version} {r.scenario}: {r.why:.300}" for r in failed), sep="\n")
            print(report.summarize(version, results))
    if not arguments.only:
        revision = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()  # fmt: skip
        command = " ".join(["python -m benchmarks.conformance", *sys.argv[1:]])
        provenance = f"Revision {revision}, {dt.datetime.now(dt.UTC):%d %B %Y}, `{command}`."
        text = report.write(suites, applications, provenance)
        (ROOT / "benchmarks/CONFORMANCE.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
