"""What changes in the functions of `api/`: their names, requests, credentials and documentation."""

from __future__ import annotations

from orcagen.diff.arguments import compare_arguments, compare_body
from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.documentation import describe_deprecation
from orcagen.diff.matching import drop_parameter_names
from orcagen.diff.package_index import ApiFunction
from orcagen.diff.responses import compare_responses, compare_result
from orcagen.plan.model import Function, Package


def compare_functions(
    collector: ChangeCollector, pairs: tuple[tuple[ApiFunction, ApiFunction], ...]
) -> None:
    """Adds the changes of all functions. `pairs` are the old and the new form of each one that still exists."""
    matched = {id(f) for pair in pairs for f in pair}
    for a in collector.old.functions:
        if id(a) not in matched:
            predicate = f"is removed ({_format_request(a.function)})"
            collector.add_to_function("breaking", "function-removed", a, None, predicate)
    for b in collector.new.functions:
        if id(b) not in matched:
            predicate = f"is new ({_format_request(b.function)})"
            collector.add_to_function("additive", "function-added", None, b, predicate)
    for a, b in pairs:
        _compare_names_and_requests(collector, a, b)
        compare_arguments(collector, a, b)
        compare_body(collector, a, b)
        compare_result(collector, a, b)
        compare_responses(collector, a, b)
        _compare_security(collector, a, b)
        _compare_descriptions(collector, a, b)


def _format_request(function: Function) -> str:
    return f"`{function.method} {function.path_template}`"


def _compare_names_and_requests(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    x, y = a.function, b.function
    if a.name != b.name:
        new = b.name if a.required_arguments == b.required_arguments else b.signature
        collector.add_to_function("breaking", "function-renamed", a, b, f"is renamed to `{new}`")
    paths = [drop_parameter_names(f.path_template) for f in (x, y)]
    if x.method != y.method or paths[0] != paths[1]:
        predicate = f"now sends {_format_request(y)}, formerly {_format_request(x)}"
        collector.add_to_function("documentation", "function-request", a, b, predicate)
    if x.server != y.server:
        old, new = (f"`{f.server}`" if f.server else "the client's server" for f in (x, y))
        predicate = f"is now sent to {new}, formerly to {old}"
        collector.add_to_function("documentation", "function-server", a, b, predicate)


def _compare_security(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    old = _read_alternatives(a.function, collector.old.package)
    new = _read_alternatives(b.function, collector.new.package)
    if old == new:
        return
    # Every old set of credentials must be enough for one of the new alternatives.
    level: Level = "additive" if all(any(n <= o for n in new) for o in old) else "breaking"
    predicate = f"now requires {_format_alternatives(new)}, formerly {_format_alternatives(old)}"
    collector.add_to_function(level, "function-security", a, b, predicate)


def _read_alternatives(function: Function, package: Package) -> set[frozenset[str]]:
    """The options of the client that must be given: all of one of these sets. An empty set for no credential."""
    options = {s.key: s.option for s in package.security_schemes}
    alternatives = {frozenset(options.get(k, k) for k in keys) for keys in function.security}
    return alternatives or {frozenset()}


def _format_alternatives(alternatives: set[frozenset[str]]) -> str:
    return " or ".join(
        sorted(
            " and ".join(f"`{o}`" for o in sorted(options)) or "no credential"
            for options in alternatives
        )
    )


def _compare_descriptions(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    x, y = a.function, b.function
    if x.deprecated != y.deprecated:
        predicate = describe_deprecation(y.deprecated)
        collector.add_to_function("documentation", "function-deprecated", a, b, predicate)
    if (x.summary, x.description) != (y.summary, y.description):
        predicate = "has a new description"
        collector.add_to_function("documentation", "function-description", a, b, predicate)
