"""The state of a task, read from any of the answers that the service gives.

The service has two poll paths with two shapes, and versions of it have had others (API reference, sections 4 to 6 and
14.1). One reader takes them all, on whichever path they come.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from attrs import asdict, evolve, field, frozen

from orcarouter.redaction import scrubbed, shown
from orcarouter.urls import web_address

__all__ = ["STATES", "Moment", "Snapshot", "State", "Unreadable", "read_snapshot", "state_of"]

State = Literal["running", "succeeded", "failed"]

STATES: Mapping[str, State] = {
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
"""What each status word means: the `x-task-states` of `spec/openapi.yaml`, which a test holds them to."""

_MILLISECONDS = 10**12  # a Unix time above this is in milliseconds (C13)


class Unreadable(ValueError):
    """An answer that says nothing about a task."""


@frozen
class Moment:
    """Something seen of a task: a status word, or that a lookup failed."""

    at: float
    """Unix seconds, by this machine's clock."""
    status: str
    """The service's word, or a short text where a lookup failed."""
    state: State | None = None
    """What the word means; None where a lookup failed."""


@frozen(kw_only=True)
class Snapshot:
    """A task as it was at one moment. Times are Unix seconds, None when not reached or not told.

    Its repr shows URLs without their signed part, and so does a pickled copy: ask the service again for a fresh one.
    """

    task_id: str
    state: State
    """`running` until the service says otherwise: unknown words mean that the task goes on."""
    status: str = field(repr=shown)
    """The service's own word, as it came."""
    model: str = ""
    """As it was submitted; empty when neither the answer nor the caller says."""
    progress: int | None = None
    """The service's percentage, 0 to 100. A rough marker: it never decides whether a task is done."""
    submitted_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    """Only of a task that has ended."""
    video_url: str | None = field(default=None, repr=shown)
    """Where the video is, for a day or so. None unless succeeded, and then too if the service names no usable URL: the
    file may still come through the API (`download` knows how). It must not be fetched with the API key."""
    last_frame_url: str | None = field(default=None, repr=shown)
    """Seedance, when asked for with `return_last_frame`, if the service passes it on."""
    watermarked_url: str | None = field(default=None, repr=shown)
    """Kling, when asked for with `watermark_info`, if the service passes it on."""
    failure: str | None = field(default=None, repr=shown)
    """Why it failed, for people; may be in Chinese."""
    failure_code: str | None = field(default=None, repr=shown)
    """The provider's short word for it, where there is one."""
    seconds: float | None = None
    """Length of the video."""
    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
    """The answer as it came."""

    @property
    def ended(self) -> bool:
        return self.state != "running"

    def redacted(self) -> Snapshot:
        """A copy without the signed part of its URLs, and without keys that the service may have repeated."""
        return evolve(self, **scrubbed(asdict(self, recurse=False)))

    @classmethod
    def _again(cls, fields: dict[str, Any]) -> Self:
        return cls(**fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return Snapshot._again, (asdict(self.redacted(), recurse=False),)


def state_of(word: str) -> State:
    """What a status word means (C2). One that is not listed means that the task is still running."""
    return STATES.get(word.strip().casefold(), "running")


def read_snapshot(body: Any, task_id: str, *, model: str = "") -> Snapshot:
    """The state of the task `task_id` from the parsed body of any answer of the service.

    `model` is what the caller knows, for answers that do not say. Raises Unreadable for a body that has no status.
    """
    data = _task(body)
    if data is None:
        raise Unreadable("the answer has no status")
    status = data["status"]
    word = status if isinstance(status, str) else str(status)
    state = state_of(word)
    raw = list(_raw_blocks(data))
    code, failure = _failure(data, raw) if state == "failed" else (None, None)
    found = _files(data, raw) if state == "succeeded" else {}
    started = _time(data.get("start_time"))
    finished = _first_time(data, "finish_time", "completed_at", "updated_at")
    return Snapshot(
        task_id=task_id,
        state=state,
        status=word,
        model=_model(data) or model,
        progress=_progress(data.get("progress")),
        submitted_at=_first_time(data, "submit_time", "created_at"),
        started_at=started,
        finished_at=finished if state != "running" else None,
        failure=failure,
        failure_code=code,
        seconds=_seconds(data, raw),
        raw=body,
        **found,
    )


def _task(body: Any) -> Mapping[str, Any] | None:
    """The object that holds the status: `data` of the wrapped form, else the body itself (C1)."""
    if isinstance(body, Mapping):
        for candidate in (body.get("data"), body):
            if isinstance(candidate, Mapping) and _has_status(candidate):
                return candidate
    return None


def _has_status(candidate: Mapping[str, Any]) -> bool:
    status = candidate.get("status")
    return isinstance(status, str | int | float) and not isinstance(status, bool) and status != ""


def _raw_blocks(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The provider's own answer, and what is nested in it under `data`."""
    block = data.get("data")
    while isinstance(block, Mapping):
        yield block
        block = block.get("data")


def _model(data: Mapping[str, Any]) -> str:
    properties = data.get("properties")
    inner = properties.get("origin_model_name") if isinstance(properties, Mapping) else None
    return next((name for name in (data.get("model"), inner) if isinstance(name, str) and name), "")


def _progress(value: Any) -> int | None:
    """`30`, `30.0`, `"30"`, `"30%"`; None for anything else (C3)."""
    number = _number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return None if number is None else round(min(100.0, max(0.0, number)))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _time(value: Any) -> float | None:
    number = _number(value)
    if number is None or number <= 0:
        return None
    return number / 1000 if number > _MILLISECONDS else number


def _first_time(data: Mapping[str, Any], *keys: str) -> float | None:
    return next((time for key in keys if (time := _time(data.get(key))) is not None), None)


def _failure(
    data: Mapping[str, Any], raw: list[Mapping[str, Any]]
) -> tuple[str | None, str | None]:
    """Code and text of a failure (API reference, section 8.3; C15)."""
    for place in (data, *raw):
        error = place.get("error")
        if isinstance(error, Mapping):
            code, message = _text(error.get("code")), _text(error.get("message"))
            if code or message:
                return code, message or code
        elif text := _text(error):
            return None, text
        for key in ("fail_reason", "task_status_msg"):
            text = _text(place.get(key))
            if text and not _url(text):
                return None, text
    text = _text(data.get("result_url"))  # some versions repeat the reason there (C5)
    return None, text if text and not _url(text) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _files(data: Mapping[str, Any], raw: list[Mapping[str, Any]]) -> dict[str, str | None]:
    """The result's URLs in the order of section 5.3 (C4)."""
    metadata = data.get("metadata")
    places = [data.get("result_url"), data.get("fail_reason")]
    places.append(metadata.get("url") if isinstance(metadata, Mapping) else None)
    watermarked = last_frame = None
    for block in raw:
        kling, ark = _first_video(block), block.get("content")
        places.append(kling.get("url"))
        watermarked = watermarked or _url(kling.get("watermark_url"))
        if isinstance(ark, Mapping):
            places.append(ark.get("video_url"))
            last_frame = last_frame or _url(ark.get("last_frame_url"))
        places.append(block.get("url"))
    places.append(data.get("url"))
    return {
        "video_url": next((url for place in places if (url := _url(place))), None),
        "last_frame_url": last_frame,
        "watermarked_url": watermarked,
    }


def _first_video(block: Mapping[str, Any]) -> Mapping[str, Any]:
    result = block.get("task_result")
    videos = result.get("videos") if isinstance(result, Mapping) else None
    first = videos[0] if isinstance(videos, list) and videos else None
    return first if isinstance(first, Mapping) else {}


def _url(value: Any) -> str | None:
    """The value if it is a URL that can be fetched: `https`, `http` or `data`."""
    if not isinstance(value, str):
        return None
    url = value.strip()
    if not url.isprintable() or " " in url:
        return None
    if url[:5].lower() == "data:":
        return url
    return url if web_address(url) else None


def _seconds(data: Mapping[str, Any], raw: list[Mapping[str, Any]]) -> float | None:
    metadata = data.get("metadata")
    inner = metadata.get("duration") if isinstance(metadata, Mapping) else None
    places = [data.get("seconds"), inner]
    for block in raw:
        places += [_first_video(block).get("duration"), block.get("duration")]
    lengths = (_number(place) for place in places)
    return next((length for length in lengths if length is not None and length > 0), None)
