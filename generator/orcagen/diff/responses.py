"""What changes in the responses of a function: its result, its streams, its success and error statuses."""

from __future__ import annotations

from typing import TypeAlias

from attrs import evolve

from orcagen.diff.changes import Level
from orcagen.diff.collector import Reporter
from orcagen.diff.matching import pair
from orcagen.diff.type_comparison import TypeComparer, format_type
from orcagen.plan.model import Function, ResponsePlan, Type
from orcagen.plan.symbols import join_types
from orcagen.schema import ANY

Contents: TypeAlias = dict[str, dict[str, Type]]  # the types by media type, by status

# The plan adds it to operations that document no success, so that it has no place in the document.
_ADDED_DEFAULT = ResponsePlan("default", "", {"application/json": ANY}, is_success=True)


def compare_result(report: Reporter, types: TypeComparer, a: Function, b: Function) -> None:
    """Adds the changes of the result and of the items of a stream."""
    result, item = "the result", "a streamed item"
    report.add_type("result-type", types.compare_as_output(a.result, b.result), subject=result)
    x, y = a.stream, b.stream
    if x and y:
        change = types.compare_as_output(x.item_type, y.item_type)
        report.add_type("stream-type", change, subject=item)
        if x.whole_event != y.whole_event:
            content = "the whole event" if y.whole_event else "only the data of the event"
            report.add("breaking", "stream-type", f"is now {content}", subject=item)
        if x.stream_format != y.stream_format:
            predicate = f"now has the format `{y.stream_format}`, formerly `{x.stream_format}`"
            report.add("documentation", "stream-format", predicate, subject="the stream")
    elif y:
        predicate = f"can now be streamed as items of type {format_type(y.item_type)}"
        report.add("additive", "stream-added", predicate, subject=result)
    elif x:
        report.add("breaking", "stream-removed", "can no longer be streamed", subject=result)


def compare_responses(report: Reporter, types: TypeComparer, a: Function, b: Function) -> None:
    """Adds the changes of each status: whether it is a success, its media types, the type of an error's body."""
    old, new = ({r.status: r.content for r in f.responses} for f in (a, b))
    for x, y in pair(a.responses, b.responses, lambda r: r.status):
        response = x or y
        assert response is not None
        status = response.status
        text = "the default response" if status == "default" else f"the response {status}"
        pointers = _find_pointer(a, x), _find_pointer(b, y)
        at_response = evolve(report, pointers=pointers)
        _compare_status(at_response, types, status, old, new, text)
        if x and y and x.description != y.description and _ADDED_DEFAULT not in (x, y):
            predicate = f"has a new description of {text}"
            at_response.add("documentation", "status-description", predicate)


def _find_pointer(function: Function, response: ResponsePlan | None) -> str:
    """The pointer of a response, that of the operation where it has none."""
    if response is None or response == _ADDED_DEFAULT:
        return function.pointer
    return f"{function.pointer}/responses/{response.status}"


def _compare_status(
    report: Reporter, types: TypeComparer, status: str, old: Contents, new: Contents, response: str
) -> None:
    was_success, is_success = (_is_success(status, contents) for contents in (old, new))
    old_content, new_content = old.get(status), new.get(status)
    if was_success and is_success:
        if old_content and new_content and old_content.keys() != new_content.keys():
            media_types = ", ".join(f"`{m}`" for m in sorted(new_content))
            text = f"now has the media type{'s' * (len(new_content) > 1)} {media_types}"
            report.add("documentation", "status-media-type", text, subject=response)
        return
    if is_success:
        report.add("additive", "status-added", "is now a success", subject=response)
        return
    if was_success:
        report.add("breaking", "status-removed", "is no longer a success", subject=response)
        return
    old_type, new_type = _find_error_type(old, status), _find_error_type(new, status)
    change = types.compare_as_output(old_type, new_type)
    if old_content is None:
        text = "is now documented"
        if change:
            text += f" as an error with a body of type {format_type(new_type)}"
        level: Level = "additive" if change else "documentation"
        report.add(level, "status-added", text, subject=response)
    elif new_content is None:
        text = "is no longer documented"
        if change:
            formerly = format_type(old_type)
            text += f": its body is now of type {format_type(new_type)}, formerly {formerly}"
        level = "breaking" if change else "documentation"
        report.add(level, "status-removed", text, subject=response)
    elif change:
        # Without content, the body was not read as any type.
        level = change.level if old_content else "additive"
        report.add(level, "status-type", change.predicate, subject=f"the body of {response}")


def _is_success(status: str, contents: Contents) -> bool:
    """Whether a status is documented as a success, by itself or by its range."""
    return not _find_successes(contents).isdisjoint((status, f"{status[0]}XX"))


def _find_successes(contents: Contents) -> set[str]:
    """The statuses for which the generated client raises nothing."""
    return {s for s in contents if s[0] == "2"} or {s for s in contents if s[0] in "3d"}


def _find_error_type(contents: Contents, status: str) -> Type:
    """The type of an error's body: that of the status, of its range or of `default`. Any where none is documented."""
    errors = contents.keys() - _find_successes(contents)
    for key in (status, f"{status[0]}XX", "default"):
        if key in errors:
            return join_types(contents[key].values()) if contents[key] else ANY
    return ANY
