"""The state of a task, parsed from any response of the service.

The service has two paths to poll, each with a response shape of its own, and other versions of it
have had yet others (API reference, sections 4 to 6 and 14.1). One parser reads them all, whichever
path they come from. The references C1 to C16 are the rows of section 14.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import asdict, evolve, field, frozen

from orcarouter import notebook
from orcarouter._redaction import one_line, redact_json, redacted_repr
from orcarouter_api._runtime.lookups import to_number
from orcarouter_api._runtime.urls import parse_url

__all__ = [
    "TASK_STATES",
    "ForeignTaskError",
    "InvalidTaskError",
    "Snapshot",
    "State",
    "StatusChange",
    "parse_snapshot",
    "parse_state",
]

State = Literal["running", "succeeded", "failed"]

TASK_STATES: Mapping[str, State] = {
    "not_start": "running",
    "submitted": "running",
    "queued": "running",
    "in_progress": "running",
    "unknown": "running",
    "pending": "running",
    "processing": "running",
    "running": "running",
    "success": "succeeded",
    "succeed": "succeeded",
    "succeeded": "succeeded",
    "completed": "succeeded",
    "failure": "failed",
    "failed": "failed",
    "cancelled": "failed",
    "canceled": "failed",
    "expired": "failed",
}
"""Status values and the states they stand for: `x-task-states` of `spec/openapi.yaml` (a test
compares the two)."""

_MIN_MILLISECONDS = 10**12  # a larger Unix time is in milliseconds (C13)


class InvalidTaskError(ValueError):
    """A response body without the status of a task."""


class ForeignTaskError(InvalidTaskError):
    """A response body about another task than the one that was asked for."""


@frozen
class StatusChange:
    """An entry of a task's timeline: a new status, or a failed lookup."""

    at: float
    """Unix time in seconds, by this machine's clock."""
    status: str
    """The service's status, or the error of a failed lookup in short."""
    state: State | None = None
    """The state that the status stands for; None for a failed lookup."""


@frozen(kw_only=True)
class Snapshot:
    """The state of a task at one time. Times are Unix seconds; None if not reached or not given.

    `repr` shows URLs without their signed part; copies and pickles have it.
    """

    task_id: str
    state: State
    """`running`, `succeeded` or `failed`. An unknown status counts as running."""
    status: str = field(repr=redacted_repr)
    """The service's status, unchanged."""
    model: str = ""
    """The model of the request; empty if neither the response nor the caller has it."""
    progress: int | None = None
    """The service's percentage, 0 to 100. A rough marker: it does not tell whether a task has
    ended."""
    submitted_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    """Only set when the task has ended."""
    video_url: str | None = field(default=None, repr=redacted_repr)
    """URL of the video, usable for about a day; do not send the API key to it. None if the task has
    not succeeded, or if the service gave no usable URL: `download` then gets the file through the
    API."""
    last_frame_url: str | None = field(default=None, repr=redacted_repr)
    """Seedance, if requested by `return_last_frame` and if the service passes it on."""
    watermarked_url: str | None = field(default=None, repr=redacted_repr)
    """Kling, if requested by `watermark_info` and if the service passes it on."""
    failure: str | None = field(default=None, repr=redacted_repr)
    """Why the task failed, for humans; may be in Chinese."""
    failure_code: str | None = field(default=None, repr=redacted_repr)
    """The provider's error code, if there is one."""
    seconds: float | None = None
    """Length of the video in seconds."""
    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
    """The parsed response body, unchanged."""

    @property
    def ended(self) -> bool:
        """Whether the task has succeeded or failed."""
        return self.state != "running"

    def redact(self) -> Snapshot:
        """A copy in which API keys and the signed part of URLs are removed from all strings."""
        return evolve(self, **redact_json(asdict(self, recurse=False)))

    def _repr_html_(self) -> str:
        return notebook.snapshot_html(self, self.task_id)


def parse_state(status: str) -> State:
    """The state that a status stands for, regardless of case; unknown ones are running (C2)."""
    return TASK_STATES.get(status.strip().casefold(), "running")


def parse_snapshot(body: Any, task_id: str, *, model: str = "") -> Snapshot:
    """Parse the state of the task `task_id` from the JSON body of any response.

    `model` is used if the response does not name one. Raises InvalidTaskError if the body has no
    status, ForeignTaskError if it names another task.
    """
    data = _find_task(body, task_id)
    if data is None:
        raise InvalidTaskError("the response has no status")
    status = data["status"]
    status = status if isinstance(status, str) else str(status)
    state = parse_state(status)
    provider_blocks = list(_iterate_provider_blocks(data))
    code, failure = _parse_failure(data, provider_blocks) if state == "failed" else (None, None)
    urls = _find_urls(data, provider_blocks) if state == "succeeded" else {}
    finished = _parse_first_time(data, "finish_time", "completed_at", "updated_at")
    return Snapshot(
        task_id=task_id,
        state=state,
        status=status,
        model=_find_model(data) or model,
        progress=_parse_progress(data.get("progress")),
        submitted_at=_parse_first_time(data, "submit_time", "created_at"),
        started_at=_parse_time(data.get("start_time")),
        # A running task has a completed_at or updated_at as well, which is not its end (C14).
        finished_at=finished if state != "running" else None,
        failure=failure,
        failure_code=code,
        seconds=_find_video_seconds(data, provider_blocks),
        raw=body,
        **urls,
    )


def _find_task(body: Any, task_id: str) -> Mapping[str, Any] | None:
    """The object with the status: `data` in the wrapped form, else the body itself (C1)."""
    other_id = ""
    if isinstance(body, Mapping):
        for candidate in (body.get("data"), body):
            if isinstance(candidate, Mapping) and _has_status(candidate):
                named_id = _get_id(candidate) or _get_id(body)
                if named_id in ("", task_id):
                    return candidate
                other_id = named_id
    if other_id:
        raise ForeignTaskError(f"the response is about another task: {one_line(other_id, 60)}")
    return None


def _get_id(candidate: Mapping[str, Any]) -> str:
    """The id that an object of a response names: `task_id`, else `id`; empty if neither is text."""
    ids = (candidate.get(key) for key in ("task_id", "id"))
    return next((text for each in ids if isinstance(each, str) and (text := each.strip())), "")


def _has_status(candidate: Mapping[str, Any]) -> bool:
    status = candidate.get("status")
    return isinstance(status, str | int | float) and not isinstance(status, bool) and status != ""


def _iterate_provider_blocks(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The provider's own response, which is nested under `data` once or several times."""
    block = data.get("data")
    while isinstance(block, Mapping):
        yield block
        block = block.get("data")


def _find_model(data: Mapping[str, Any]) -> str:
    properties = data.get("properties")
    original = properties.get("origin_model_name") if isinstance(properties, Mapping) else None
    candidates = (data.get("model"), original)
    return next((name for name in candidates if isinstance(name, str) and name), "")


def _parse_progress(value: Any) -> int | None:
    """`30`, `30.0`, `"30"`, `"30%"`; None for anything else (C3)."""
    number = to_number(value)
    return None if number is None else round(min(100.0, max(0.0, number)))


def _parse_time(value: Any) -> float | None:
    number = to_number(value)
    if number is None or number <= 0:
        return None
    return number / 1000 if number > _MIN_MILLISECONDS else number


def _parse_first_time(data: Mapping[str, Any], *keys: str) -> float | None:
    return next((time for key in keys if (time := _parse_time(data.get(key))) is not None), None)


def _parse_failure(
    data: Mapping[str, Any], provider_blocks: list[Mapping[str, Any]]
) -> tuple[str | None, str | None]:
    """Code and text of a failure (API reference, section 8.3; C15)."""
    for block in (data, *provider_blocks):
        error = block.get("error")
        if isinstance(error, Mapping):
            code, message = _parse_text(error.get("code")), _parse_text(error.get("message"))
            if code or message:
                return code, message or code
        elif text := _parse_text(error):
            return None, text
        for key in ("fail_reason", "task_status_msg"):
            text = _parse_text(block.get(key))
            if text and not _parse_url(text):  # of a successful task this field is the URL (C4)
                return None, text
    text = _parse_text(data.get("result_url"))  # some versions repeat the reason here (C5)
    return None, text if text and not _parse_url(text) else None


def _parse_text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _find_urls(
    data: Mapping[str, Any], provider_blocks: list[Mapping[str, Any]]
) -> dict[str, str | None]:
    """URLs of the result's files, by precedence of section 5.3 of the API reference (C4)."""
    metadata = data.get("metadata")
    candidates = [data.get("result_url"), data.get("fail_reason")]
    candidates.append(metadata.get("url") if isinstance(metadata, Mapping) else None)
    watermarked = last_frame = None
    for block in provider_blocks:
        # Kling lists its videos in `task_result`; Ark (Seedance) has the URLs in `content`.
        kling, ark = _find_kling_video(block), block.get("content")
        candidates.append(kling.get("url"))
        watermarked = watermarked or _parse_url(kling.get("watermark_url"))
        if isinstance(ark, Mapping):
            candidates.append(ark.get("video_url"))
            last_frame = last_frame or _parse_url(ark.get("last_frame_url"))
        candidates.append(block.get("url"))
    candidates.append(data.get("url"))
    return {
        "video_url": next((url for each in candidates if (url := _parse_url(each))), None),
        "last_frame_url": last_frame,
        "watermarked_url": watermarked,
    }


def _find_kling_video(block: Mapping[str, Any]) -> Mapping[str, Any]:
    result = block.get("task_result")
    videos = result.get("videos") if isinstance(result, Mapping) else None
    first = videos[0] if isinstance(videos, list) and videos else None
    return first if isinstance(first, Mapping) else {}


def _parse_url(value: Any) -> str | None:
    """The value if it is a URL that can be downloaded: `https`, `http` or `data`."""
    if not isinstance(value, str):
        return None
    url = value.strip()
    if not url.isprintable() or " " in url:
        return None
    if url[:5].lower() == "data:":
        return url
    return url if parse_url(url) else None


def _find_video_seconds(
    data: Mapping[str, Any], provider_blocks: list[Mapping[str, Any]]
) -> float | None:
    metadata = data.get("metadata")
    duration = metadata.get("duration") if isinstance(metadata, Mapping) else None
    candidates = [data.get("seconds"), duration]
    for block in provider_blocks:
        candidates += [_find_kling_video(block).get("duration"), block.get("duration")]
    lengths = (to_number(each) for each in candidates)
    return next((length for length in lengths if length is not None and length > 0), None)
