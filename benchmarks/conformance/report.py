"""`benchmarks/CONFORMANCE.md`."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.conformance import frameworks, typespec

_INTRODUCTION = """\
# Conformance

Clients that orcagen generates, against servers that it did not. `make conformance` writes this file; `benchmarks/conformance/` says
what is done.
"""
_TYPESPEC = """\
## TypeSpec's suite

`@typespec/http-specs` describes scenarios of HTTP APIs, its emitter writes them as OpenAPI, and the mock server of
`@typespec/spector` judges each request. A scenario passes if its requests, with arguments made by the annotations alone, get the
status that it wants, and the responses are read as the annotations say and written as they came. "Text" is a body of XML that the
client takes or gives as text.
"""
_PEER = """\
openapi-python-client passed 639 scenarios in OpenAPI 3.0 and 625 in 3.1 when it was last tried, by a laxer check.
"""
_FRAMEWORKS = """\
## Web frameworks

One small application in five frameworks (`benchmarks/conformance/apps/`). The client is generated from the URL of the running server,
from the document that the framework makes without being told a name, and calls every function.
"""


def summarize(version: str, results: Sequence[typespec.Result]) -> str:
    count = collections.Counter(r.state for r in results)
    expressible = len(results) - count["not expressible"]
    return (
        f"{version}: {count['passed']} of {expressible} passed, {count['text']} with XML as text, "
        f"{count['failed']} failed, {count['not expressible']} not expressible"
    )


def write_suites(suites: Mapping[str, Sequence[typespec.Result]], provenance: str) -> str:
    lines = [_TYPESPEC, provenance, "", *_tabulate(suites), "", _PEER]
    for state, title in (
        ("failed", "What fails"),
        ("not expressible", "What OpenAPI cannot express"),
    ):
        lines += [f"### {title}", "", *_list_reasons(suites, state), ""]
    return "\n".join(lines)


def write_applications(applications: Sequence[frameworks.Result], provenance: str) -> str:
    lines = [_FRAMEWORKS, provenance, "", "| framework | result | functions |", "|---|---|---|"]
    for a in applications:
        functions = " ".join(f"`{f}`" for f in a.functions)
        lines.append(f"| {a.framework} {a.version} | {_escape(a.result)} | {functions} |")
    return "\n".join(lines) + "\n"


def replace_sections(text: str, sections: Sequence[str]) -> str:
    """The whole file, with these sections in the places of those with the same headings."""
    by_heading = {_heading(s): s for s in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]}
    by_heading |= {_heading(section): section for section in sections}
    order = [_heading(_TYPESPEC), _heading(_FRAMEWORKS)]
    return "\n".join(
        [_INTRODUCTION, *(by_heading[h].strip() + "\n" for h in order if h in by_heading)]
    )


def _heading(section: str) -> str:
    return section.partition("\n")[0]


def _tabulate(suites: Mapping[str, Sequence[typespec.Result]]) -> Iterator[str]:
    """Passed of expressible scenarios by area and version."""
    yield "| area | " + " | ".join(f"OpenAPI {version}" for version in suites) + " |"
    yield "|---" + "|---:" * len(suites) + "|"
    areas = sorted({_area(r) for results in suites.values() for r in results})
    for area in areas:
        cells = (_count(r for r in results if _area(r) == area) for results in suites.values())
        yield f"| {area} | " + " | ".join(cells) + " |"
    yield "| **all** | " + " | ".join(f"**{_count(r)}**" for r in suites.values()) + " |"


def _area(result: typespec.Result) -> str:
    return "/".join(result.folder.split("/")[:2])


def _count(results: Iterable[typespec.Result]) -> str:
    count = collections.Counter(r.state for r in results)
    text = f", {count['text']} as text" if count["text"] else ""
    return f"{count['passed']} of {count.total() - count['not expressible']}{text}"


def _list_reasons(suites: Mapping[str, Sequence[typespec.Result]], state: str) -> list[str]:
    """The scenarios of a state by reason, each with its versions."""
    versions: dict[tuple[str, str], list[str]] = {}
    for version, results in suites.items():
        for r in results:
            if r.state == state:
                versions.setdefault((r.scenario, r.why if state != "failed" else ""), []).append(
                    version
                )
    why = {r.scenario: r.why for results in suites.values() for r in results if r.state == state}
    return [
        f"- `{scenario}` ({', '.join(in_versions)}): {_escape(why[scenario])}"
        for (scenario, _), in_versions in sorted(versions.items())
    ] or ["Nothing."]


def _escape(text: str) -> str:
    return " ".join(text.split())[:300].replace("<", "&lt;").replace("|", "\\|")
