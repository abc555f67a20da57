"""What changes in the functions of `api/`: their names, requests, credentials and documentation."""

from __future__ import annotations

from orcagen.diff.arguments import compare_arguments, compare_body
from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector, Reporter
from orcagen.diff.documentation import describe_deprecation
from orcagen.diff.matching import Pairs, drop_parameter_names
from orcagen.diff.package_index import ApiFunction
from orcagen.diff.responses import compare_responses, compare_result
from orcagen.plan.model import Function, Package


def compare_functions(collector: ChangeCollector, pairs: Pairs[ApiFunction]) -> None:
    """Adds the changes of all functions. `pairs` are their old and new forms."""
    types = collector.types
    for a, b in pairs:
        report = collector.report_function(a, b)
        if a and b:
            x, y = a.function, b.function
            if a.name != b.name:
                name = b.name if a.required_arguments == b.required_arguments else b.signature
                report.add("breaking", "function-renamed", f"is renamed to `{name}`")
            _compare_requests(report, x, y)
            compare_arguments(report, types, x, y)
            compare_body(report, types, x.body, y.body)
            compare_result(report, types, x, y)
            compare_responses(report, types, x, y)
            old, new = collector.old.package, collector.new.package
            _compare_security(report, _read_alternatives(x, old), _read_alternatives(y, new))
            if x.deprecated != y.deprecated:
                predicate = describe_deprecation(y.deprecated)
                report.add("documentation", "function-deprecated", predicate)
            descriptions = (x.summary, x.description), (y.summary, y.description)
            report.add_description("function-description", *descriptions)
        elif a:
            predicate = f"is removed ({_format_request(a.function)})"
            report.add("breaking", "function-removed", predicate)
        elif b:
            report.add("additive", "function-added", f"is new ({_format_request(b.function)})")


def _compare_requests(report: Reporter, x: Function, y: Function) -> None:
    paths = [drop_parameter_names(f.path_template) for f in (x, y)]
    if x.method != y.method or paths[0] != paths[1]:
        predicate = f"now sends {_format_request(y)}, formerly {_format_request(x)}"
        report.add("documentation", "function-request", predicate)
    if x.server != y.server:
        old, new = (f"`{f.server.url}`" if f.server else "the client's server" for f in (x, y))
        predicate = f"is now sent to {new}, formerly to {old}"
        report.add("documentation", "function-server", predicate)


def _format_request(function: Function) -> str:
    return f"`{function.method} {function.path_template}`"


def _read_alternatives(function: Function, package: Package) -> set[frozenset[str]]:
    """The options of the client that must be given: all of one of these sets. An empty set for no credential."""
    options = {s.key: s.option for s in package.security_schemes}
    alternatives = {
        frozenset(options.get(r.scheme, r.scheme) for r in requirements)
        for requirements in function.security
    }
    return alternatives or {frozenset()}


def _compare_security(report: Reporter, old: set[frozenset[str]], new: set[frozenset[str]]) -> None:
    if old != new:
        # Every old set of credentials must be enough for one of the new alternatives.
        level: Level = "additive" if all(any(n <= o for n in new) for o in old) else "breaking"
        required, formerly = _format_alternatives(new), _format_alternatives(old)
        report.add(level, "function-security", f"now requires {required}, formerly {formerly}")


def _format_alternatives(alternatives: set[frozenset[str]]) -> str:
    texts = (" and ".join(f"`{o}`" for o in sorted(options)) for options in alternatives)
    return " or ".join(sorted(text or "no credential" for text in texts))
