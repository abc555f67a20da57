"""What changes in the responses of a function: its result, its streams, its success and error statuses."""

from __future__ import annotations

from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.package_index import ApiFunction
from orcagen.diff.type_comparison import format_type
from orcagen.plan.model import Function, ResponsePlan, Type
from orcagen.plan.symbols import join_types
from orcagen.schema import ANY

# The plan adds it to operations that document no success, so that it has no place in the document.
_ADDED_DEFAULT = ResponsePlan("default", "", {"application/json": ANY})


def compare_result(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    """Adds the changes of the result and of the items of a stream."""

    def add(level: Level, rule: str, predicate: str, subject: str) -> None:
        collector.add_to_function(level, rule, a, b, predicate, subject=subject)

    types = collector.types
    result, item = "the result", "a streamed item"
    if change := types.compare_as_output(a.function.result, b.function.result):
        add(change.level, "result-type", change.predicate, result)
    x, y = a.function.stream, b.function.stream
    if x and y:
        if change := types.compare_as_output(x.item_type, y.item_type):
            add(change.level, "stream-type", change.predicate, item)
        if x.whole_event != y.whole_event:
            content = "the whole event" if y.whole_event else "only the data of the event"
            add("breaking", "stream-type", f"is now {content}", item)
        if x.stream_format != y.stream_format:
            predicate = f"now has the format `{y.stream_format}`, formerly `{x.stream_format}`"
            add("documentation", "stream-format", predicate, "the stream")
    elif y:
        predicate = f"can now be streamed as items of type {format_type(y.item_type)}"
        add("additive", "stream-added", predicate, result)
    elif x:
        add("breaking", "stream-removed", "can no longer be streamed", result)


def compare_responses(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    """Adds the changes of each status: whether it is a success, its media types, the type of an error's body."""
    old, new = ({r.status: r for r in f.function.responses} for f in (a, b))
    for status in sorted(old.keys() | new.keys()):
        x, y = old.get(status), new.get(status)
        pointer_ends = _pointer_end(x), _pointer_end(y)
        if change := _compare_status(collector, a.function, b.function, status):
            level, rule, subject, predicate = change
            collector.add_to_function(
                level, rule, a, b, predicate, subject=subject, pointer_ends=pointer_ends
            )
        if x and y and x.description != y.description and all(pointer_ends):
            predicate = f"has a new description of {_format_status(status)}"
            collector.add_to_function(
                "documentation", "status-description", a, b, predicate, pointer_ends=pointer_ends
            )


def _compare_status(
    collector: ChangeCollector, a: Function, b: Function, status: str
) -> tuple[Level, str, str, str] | None:
    """Level, rule, subject and predicate of what changes about one status."""
    response = _format_status(status)
    was_success, is_success = status in _success_statuses(a), status in _success_statuses(b)
    content, new_content = _read_content(a, status), _read_content(b, status)
    if was_success and is_success:
        if not content or not new_content or content.keys() == new_content.keys():
            return None
        media_types = ", ".join(f"`{m}`" for m in sorted(new_content))
        text = f"now has the media type{'s' * (len(new_content) > 1)} {media_types}"
        return "documentation", "status-media-type", response, text
    if is_success:
        return "additive", "status-added", response, "is now a success"
    if was_success:
        return "breaking", "status-removed", response, "is no longer a success"
    old, new = _find_error_type(a, status), _find_error_type(b, status)
    change = collector.types.compare_as_output(old, new)
    if content is None:
        if change is None:
            return "documentation", "status-added", response, "is now documented"
        text = f"is now documented as an error with a body of type {format_type(new)}"
        return "additive", "status-added", response, text
    if new_content is None:
        if change is None:
            return "documentation", "status-removed", response, "is no longer documented"
        text = f"its body is now of type {format_type(new)}, formerly {format_type(old)}"
        return "breaking", "status-removed", response, f"is no longer documented: {text}"
    if change is None:
        return None
    level = (
        change.level if content else "additive"
    )  # without content, the body was not read as any type
    return level, "status-type", f"the body of {response}", change.predicate


def _success_statuses(function: Function) -> set[str]:
    """The statuses for which the generated client raises nothing."""
    documented = {r.status for r in function.responses}
    return {s for s in documented if s[0] == "2"} or {s for s in documented if s[0] in "3d"}


def _read_content(function: Function, status: str) -> dict[str, Type] | None:
    return next((r.content for r in function.responses if r.status == status), None)


def _find_error_type(function: Function, status: str) -> Type:
    """The type of an error's body: that of the status, of its range or of `default`. Any where none is documented."""
    successes = _success_statuses(function)
    for key in (status, f"{status[0]}XX", "default"):
        content = _read_content(function, key)
        if content is not None and key not in successes:
            return join_types(content.values()) if content else ANY
    return ANY


def _format_status(status: str) -> str:
    return "the default response" if status == "default" else f"the response {status}"


def _pointer_end(response: ResponsePlan | None) -> str:
    """The pointer from the operation to a response, "" for none."""
    return f"/responses/{response.status}" if response not in (None, _ADDED_DEFAULT) else ""
