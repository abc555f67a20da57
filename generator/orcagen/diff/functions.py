"""What changes for those who call a function of `api/`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orcagen.diff.about import description_changes
from orcagen.diff.findings import Level
from orcagen.diff.index import Operation, contents
from orcagen.diff.matching import arguments, shape
from orcagen.diff.report import Report
from orcagen.diff.types import shown
from orcagen.plan.model import Argument, BodyArgument, Function, Package


def compare_functions(report: Report, pairs: tuple[tuple[Operation, Operation], ...]) -> None:
    """Findings for all functions. `pairs` are those that go together."""
    kept = {id(o) for pair in pairs for o in pair}
    for a in report.old.operations:
        if id(a) not in kept:
            change = f"is removed ({_request(a)})"
            report.function("breaking", "function-removed", a, None, change)
    for b in report.new.operations:
        if id(b) not in kept:
            report.function("additive", "function-added", None, b, f"is new ({_request(b)})")
    for a, b in pairs:
        _names(report, a, b)
        _arguments(report, a, b)
        _body(report, a, b)
        _result(report, a, b)
        _statuses(report, a, b)
        _security(report, a, b)
        _words(report, a, b)


def _request(operation: Operation) -> str:
    return f"`{operation.function.method} {operation.function.path_key}`"


def _names(report: Report, a: Operation, b: Operation) -> None:
    if a.name != b.name:
        new = b.name if a.arguments == b.arguments else b.signature
        report.function("breaking", "function-renamed", a, b, f"is now `{new}`")
    moved = shape(a.function.path_key) != shape(b.function.path_key)
    if moved or a.function.method != b.function.method:
        change = f"sends {_request(b)}, formerly {_request(a)}"
        report.function("documentation", "function-request", a, b, change)
    if a.function.server != b.function.server:
        old, new = (
            f"`{f.server}`" if f.server else "the client's server" for f in (a.function, b.function)
        )
        change = f"is sent to {new}, formerly to {old}"
        report.function("documentation", "function-server", a, b, change)


# arguments


def _arguments(report: Report, a: Operation, b: Operation) -> None:
    pairs = arguments(a, b)
    for x, y in pairs:
        if y is None:
            assert x is not None
            _removed_argument(report, a, b, x.name)
        elif x is None:
            _new_argument(report, a, b, y.name, y.annotation, y.required)
        else:
            _argument(report, a, b, x, y)
    new_names = {x.name: y.name for x, y in pairs if x and y and x.required and y.required}
    old_order = [new_names[x.name] for x in a.function.arguments if x.name in new_names]
    new_order = [y.name for y in b.function.arguments if y.name in old_order]
    if old_order != new_order:
        change = f"takes its positional arguments in another order: `{', '.join(new_order)}`"
        report.function("breaking", "argument-order", a, b, change)


def _new_argument(
    report: Report, a: Operation, b: Operation, name: str, annotation: str, required: bool
) -> None:
    level: Level = "breaking" if required else "additive"
    rule = "body-added" if name == "body" else "argument-added"
    change = f"is a new {'required ' if required else ''}argument, {shown(annotation)}"
    report.function(level, rule, a, b, change, subject=f"`{name}`", argument=name)


def _removed_argument(report: Report, a: Operation, b: Operation, name: str) -> None:
    rule = "body-removed" if name == "body" else "argument-removed"
    subject = f"`{name}`"
    report.function("breaking", rule, a, b, "is removed", subject=subject, argument=name)


def _argument(report: Report, a: Operation, b: Operation, x: Argument, y: Argument) -> None:
    def add(level: Level, rule: str, change: str) -> None:
        report.function(level, rule, a, b, change, subject=f"`{x.name}`", argument=x.name)

    if x.name != y.name:
        add("breaking", "argument-renamed", f"is now called `{y.name}`")
    if y.required and not x.required:
        add("breaking", "argument-required", "is now required")
    elif x.required and not y.required:
        # Required arguments are positional, optional ones are not.
        add("breaking", "argument-optional", "is now optional and can only be given by name")
    types = [v.annotation if v.required else _without_none(v.annotation) for v in (x, y)]
    if change := report.types.given(types[0], types[1]):
        add(change.level, "argument-type", change.text)
    old_place, new_place = _place(x), _place(y)
    if old_place != new_place:
        add("documentation", "argument-place", f"is sent {new_place}, formerly {old_place}")
    elif _style(x) != _style(y):
        add("documentation", "argument-style", f"is sent {_style(y)}, formerly {_style(x)}")
    if x.description != y.description:
        for level, rule, text in description_changes(x.description, y.description, given=True):
            add(level, f"argument-{rule}", text)


def _without_none(annotation: str) -> str:
    return annotation.removesuffix(" | None")


def _place(argument: Argument) -> str:
    if argument.location == "path":
        return "in the path"
    if argument.location == "querystring":
        return "as the whole query"
    article = "a" if argument.location != "query" else "the"
    name = argument.wire.title() if argument.location == "header" else argument.wire
    return f"in {article} {argument.location} as `{name}`"


def _style(argument: Argument) -> str:
    """How the value is written, in words, from the text of the call."""
    found = re.fullmatch(r"Styled\((.*), [\"'](\w+)[\"']((?:, \w+=True)*)\)", argument.value)
    inner = found[1] if found else argument.value
    words = [f"in the style `{found[2]}`"] if found else ["in the default style"]
    if inner.startswith("json_text("):
        words.append("as JSON")
    if found and "explode=True" in found[3]:
        words.append("exploded")
    if found and "reserved=True" in found[3]:
        words.append("with reserved characters as they are")
    return ", ".join(words)


# bodies


def _body(report: Report, a: Operation, b: Operation) -> None:
    x, y = a.function.body, b.function.body
    if x is None or y is None:
        if y is not None:
            _new_argument(report, a, b, "body", y.annotation, y.required)
        elif x is not None:
            _removed_argument(report, a, b, "body")
        return

    def add(level: Level, rule: str, change: str) -> None:
        report.function(level, rule, a, b, change, subject="`body`", argument="body")

    if y.required and not x.required:
        add("breaking", "body-required", "is now required")
    elif x.required and not y.required:
        add("additive", "body-optional", "is now optional")
    types = [v.annotation if v.required else _without_none(v.annotation) for v in (x, y)]
    if found := report.types.given(types[0], types[1]):
        add(found.level, "body-type", found.text)
    for level, text in _media_types(x, y):
        add(level, "body-media-type", text)
    ways = {w.media_type: w.value for w in x.ways}, {w.media_type: w.value for w in y.ways}
    if any(ways[0][m] != ways[1][m] for m in ways[0].keys() & ways[1].keys()):
        add("documentation", "body-style", "is written to the request in another way")
    if x.description != y.description:
        add("documentation", "body-description", "has a new description")


def _media_types(x: BodyArgument, y: BodyArgument) -> Iterator[tuple[Level, str]]:
    old, new = (v.media_types or tuple(w.media_type for w in v.ways) for v in (x, y))
    if x.media_types:
        for gone in sorted(set(old) - set(new)):
            yield "breaking", f"can no longer be sent as `{gone}`"
        if not y.media_types:
            yield "breaking", "no longer goes with the argument `media_type`"
    if y.media_types:
        for came in sorted(set(new) - set(old)):
            yield "additive", f"can also be sent as `{came}`, by the argument `media_type`"
    if old[0] != new[0]:
        rest = " unless `media_type` says otherwise" if y.media_types else ""
        yield "documentation", f"is sent as `{new[0]}`{rest}, formerly as `{old[0]}`"


# answers


def _result(report: Report, a: Operation, b: Operation) -> None:
    def add(level: Level, rule: str, change: str, subject: str = "the result") -> None:
        report.function(level, rule, a, b, change, subject=subject)

    if change := report.types.got(a.function.result, b.function.result):
        add(change.level, "result-type", change.text)
    x, y = a.function.stream, b.function.stream
    if x is None and y is not None:
        add("additive", "stream-added", f"can be streamed, as values of {shown(y.item)}")
    elif y is None and x is not None:
        add("breaking", "stream-removed", "can no longer be streamed")
    elif x is not None and y is not None:
        subject = "a streamed value"
        if change := report.types.got(x.item, y.item):
            add(change.level, "stream-type", change.text, subject)
        if x.events != y.events:
            kind = "the whole event" if y.events else "only the data of the event"
            add("breaking", "stream-type", f"is {kind}", subject)
        if x.framing != y.framing:
            change_text = f"is framed as {y.framing}, formerly as {x.framing}"
            add("documentation", "stream-framing", change_text, subject)


def _statuses(report: Report, a: Operation, b: Operation) -> None:
    x, y = a.function, b.function
    for status in sorted(x.answers.keys() | y.answers.keys()):
        if found := _status(report, x, y, status):
            level, rule, change = found
            part = "/responses/" + status
            parts = (part if status in x.statuses else "", part if status in y.statuses else "")
            report.function(level, rule, a, b, change, parts=parts)


def _status(report: Report, x: Function, y: Function, status: str) -> tuple[Level, str, str] | None:
    """Level, rule and text of what changes about one status."""
    before, after = _successes(x), _successes(y)
    named = "any other status" if status == "default" else f"the status {status}"
    if status in before and status in after:
        old, new = contents(x, status).keys(), contents(y, status).keys()
        if not old or not new or old == new:
            return None
        media_types = ", ".join(f"`{m}`" for m in sorted(new))
        return "documentation", "status-media-type", f"answers {named} as {media_types}"
    if status in after:
        return "additive", "status-added", f"succeeds with {named} too"
    if status in before:
        return "breaking", "status-removed", f"no longer succeeds with {named}"
    old_type, new_type = _error(x, status), _error(y, status)
    if status not in x.answers:
        if report.types.got(old_type, new_type) is None:
            return "documentation", "status-added", f"documents {named}"
        return "additive", "status-added", f"documents {named}, an error with {shown(new_type)}"
    if status not in y.answers:
        if report.types.got(old_type, new_type) is None:
            return "documentation", "status-removed", f"no longer documents {named}"
        text = f"no longer documents {named}: the error's body is {shown(new_type)}"
        return "breaking", "status-removed", f"{text}, formerly {shown(old_type)}"
    if change := report.types.got(old_type, new_type):
        level: Level = change.level if contents(x, status) else "additive"  # untyped before
        return level, "status-type", f"fails with {named}, whose body {change.text}"
    return None


def _successes(function: Function) -> set[str]:
    """The statuses that raise nothing, as the generated client decides it."""
    documented = {s for s in function.answers if s[0] == "2"}
    return documented or {s for s in function.answers if s[0] in "3d"}


def _error(function: Function, status: str) -> str:
    """The type of an error's body: as documented for the status, its range or by default, else as JSON."""
    successes = _successes(function)
    for key in (status, f"{status[0]}XX", "default"):
        if key in function.answers and key not in successes:
            types = dict.fromkeys(contents(function, key).values())
            return " | ".join(types) or "Any"
    return "Any"


# security


def _security(report: Report, a: Operation, b: Operation) -> None:
    old = _alternatives(a.function, report.old.package)
    new = _alternatives(b.function, report.new.package)
    if old == new:
        return
    level: Level = "breaking"
    if all(any(n <= o for n in new) for o in old):
        level = "additive"
    change = f"needs {_credentials(new)}, formerly {_credentials(old)}"
    report.function(level, "function-security", a, b, change)


def _alternatives(function: Function, package: Package) -> set[frozenset[str]]:
    options = {s.key: s.option for s in package.schemes}
    return {frozenset(options.get(key, key) for key in keys) for keys in function.security} or {
        frozenset()
    }


def _credentials(alternatives: set[frozenset[str]]) -> str:
    texts = sorted(
        " and ".join(f"`{o}`" for o in sorted(options)) or "no credential"
        for options in alternatives
    )
    return " or ".join(texts)


# documentation


def _words(report: Report, a: Operation, b: Operation) -> None:
    x, y = a.function, b.function
    if x.deprecated != y.deprecated:
        change = f"is {'' if y.deprecated else 'no longer '}deprecated"
        report.function("documentation", "function-deprecated", a, b, change)
    if (x.summary, x.description) != (y.summary, y.description):
        change = "has a new description"
        report.function("documentation", "function-description", a, b, change)
    for status in sorted(x.statuses.keys() & y.statuses.keys()):
        if x.statuses[status] != y.statuses[status]:
            part = "/responses/" + status
            change = f"has a new description of the status {status}"
            report.function("documentation", "status-description", a, b, change, parts=(part, part))
