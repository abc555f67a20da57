"""The bodies of the service's answers: the submission, both forms of a task, refusals in both envelopes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import attrs
from starlette.responses import Response

from orcarouter.testing.faults import Envelope
from orcarouter.testing.settings import Form
from orcarouter.testing.tasks import Snapshot, Stage, Task

__all__ = ["JsonResponse", "Refusal", "Urls", "flat", "submission", "wrapped"]

# A task that expired at the provider shows as running.
_WRAPPED: dict[Stage, str] = {
    "submitted": "SUBMITTED",
    "queued": "QUEUED",
    "running": "IN_PROGRESS",
    "succeeded": "SUCCESS",
    "failed": "FAILURE",
    "expired": "IN_PROGRESS",
}
_FLAT: dict[Stage, str] = {
    "submitted": "queued",
    "queued": "queued",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "expired": "in_progress",
}
_LEGACY: dict[Stage, str] = _FLAT | {
    "running": "processing",
    "succeeded": "succeeded",
    "expired": "processing",
}
_KLING: dict[Stage, str] = {
    "submitted": "submitted",
    "queued": "submitted",
    "running": "processing",
    "succeeded": "succeed",
    "failed": "failed",
    "expired": "processing",
}
_ARK: dict[Stage, str] = {
    "submitted": "queued",
    "queued": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "expired": "expired",
}

# Code and message that the service uses with a status.
_USUAL: dict[int, tuple[str | None, str]] = {
    400: ("invalid_request", "the request was refused"),
    401: (None, "invalid api key"),
    402: ("insufficient_user_quota", "not enough credit"),
    403: ("model_access_denied", "this key may not use the model"),
    404: ("model_not_found", "no such model"),
    413: ("read_request_body_failed", "request body too large"),
    429: ("rate_limit_exceeded", "rate limit exceeded"),
    500: ("do_request_failed", "the request to the provider failed"),
    501: ("not_implemented", "not implemented"),
    502: ("fallback_exhausted", "all providers failed"),
    503: ("get_channel_failed", "nothing serves this model at the moment"),
}


class JsonResponse(Response):
    """An answer in JSON. Text that UTF-8 cannot hold, which JSON's escapes can, becomes question marks."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="replace")


@attrs.frozen
class Refusal(Exception):
    """An answer of status 400 or more.

    A `code` or `message` of None is the usual one for the status, a `code` of "" is none at all. `envelope` is the
    form where the settings leave the choice to the service.
    """

    status: int
    code: str | int | None = None
    message: str | None = None
    envelope: Envelope = "openai"
    type: str = "orcarouter_api_error"
    param: str | None = None

    def body(self, form: Form) -> dict[str, Any]:
        """The JSON body."""
        usual_code, usual_message = _USUAL.get(
            self.status, ("upstream_error", "the provider failed")
        )
        code = usual_code if self.code is None else self.code
        message = usual_message if self.message is None else self.message
        if (self.envelope if form == "auto" else form) == "task":
            return {"code": code or "invalid_request", "message": message, "data": None}
        code = None if code == "" else code
        detail = {"message": message, "type": self.type, "code": code, "param": self.param}
        return {"error": detail}


@attrs.frozen
class Urls:
    """Where the files of a finished task are; `last_frame` and `watermarked` when they were asked for."""

    video: str
    last_frame: str | None = None
    watermarked: str | None = None


def submission(task: Task, oddities: Collection[str]) -> dict[str, Any]:
    """The answer to a submission."""
    if "task_id_only" in oddities:
        return {"task_id": task.id, "status": "submitted"}
    if "short_submission" in oddities:
        return {"id": task.id, "status": "queued", "model": task.model}
    answer = {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": task.model,
        "status": "queued",
        "progress": 0,
        "created_at": int(task.submitted_at),
    }
    if "no_submission_status" in oddities:
        del answer["object"], answer["status"]
    return answer


def wrapped(
    task: Task, seen: Snapshot, urls: Urls | None, oddities: Collection[str]
) -> dict[str, Any]:
    """The answer of `GET /video/generations/{task_id}`; `urls` are there when the task has succeeded."""
    if "legacy_flat" in oddities:
        return _legacy(task, seen, urls)
    data = (
        _legacy(task, seen, urls)
        if "wrapped_flat" in oddities
        else _wrapped_data(task, seen, urls, oddities)
    )
    if "no_wrapper_code" in oddities:
        return {"data": data}
    return {"code": "success", "message": "", "data": data}


def _wrapped_data(
    task: Task, seen: Snapshot, urls: Urls | None, oddities: Collection[str]
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "task_id": task.id,
        "status": _WRAPPED[seen.stage],
        "progress": "" if "empty_progress" in oddities else f"{seen.progress}%",
        "fail_reason": _failure(task, seen),
        "action": _action(task),
        "submit_time": int(seen.submitted_at),
        "start_time": int(seen.started_at),
        "finish_time": int(seen.finished_at),
        "created_at": int(seen.submitted_at),
        "updated_at": int(seen.now),
        "properties": {"input": task.body["prompt"], "origin_model_name": task.model},
        "data": _raw(task, seen, urls),
    }
    if urls is not None and "url_in_fail_reason" in oddities:
        data["fail_reason"] = urls.video
    elif urls is not None and "url_in_raw_only" not in oddities:
        data["result_url"] = urls.video
    if seen.stage == "failed" and "text_in_result_url" in oddities:
        data["result_url"] = data["fail_reason"]
    if "internal_fields" in oddities:
        data |= {
            "id": 1001,
            "user_id": 7,
            "username": "someone",
            "group": "default",
            "channel_id": 3,
            "platform": "50",
            "quota": 250000,
        }
    return data


def flat(
    task: Task, seen: Snapshot, urls: Urls | None, oddities: Collection[str]
) -> dict[str, Any]:
    """The answer of `GET /videos/{task_id}`; `urls` are there when the task has succeeded."""
    kling = task.model.startswith("kling/")
    blank = kling and "blank_names" in oddities
    answer: dict[str, Any] = {
        "id": task.id,
        "task_id": "" if blank else task.id,
        "object": "video",
        "model": "" if blank else task.model,
        "status": _FLAT[seen.stage],
        "progress": seen.progress,
        "created_at": int(
            seen.submitted_at * 1000 if kling and "milliseconds" in oddities else seen.submitted_at
        ),
        "seconds": task.seconds,
        "metadata": {"url": urls.video if urls is not None else ""},
    }
    if seen.finished:
        answer["completed_at"] = int(seen.finished_at)
    elif "early_completed_at" in oddities:
        answer["completed_at"] = int(seen.now)
    if seen.stage == "failed" and not (kling and "failure_without_error" in oddities):
        answer["error"] = {"code": "task_failed", "message": _failure(task, seen)}
    if seen.stage == "succeeded" and task.model.startswith("byteplus/"):
        answer["usage"] = {"completion_tokens": 108900, "total_tokens": 108900}
    return answer


def _failure(task: Task, seen: Snapshot) -> str:
    return task.fate.failure or "" if seen.stage == "failed" else ""


def _legacy(task: Task, seen: Snapshot, urls: Urls | None) -> dict[str, Any]:
    failed = seen.stage == "failed"
    return {
        "task_id": task.id,
        "status": _LEGACY[seen.stage],
        "url": urls.video if urls is not None else "",
        "format": "mp4",
        "metadata": {"duration": 2, "fps": 12, "width": 320, "height": 180, "seed": 0},
        "error": {"code": 500, "message": _failure(task, seen)} if failed else None,
    }


def _action(task: Task) -> str:
    if task.model in ("kling/kling-video-o1", "kling/kling-v3-omni"):
        return "omniVideo"
    if "image_tail" in task.metadata:
        return "firstTailGenerate"
    return "generate" if "image" in task.body or "content" in task.metadata else "textGenerate"


def _raw(task: Task, seen: Snapshot, urls: Urls | None) -> Mapping[str, Any] | None:
    """The provider's own answer; only Kling's and Seedance's forms are known."""
    if seen.stage == "submitted":
        return None
    if task.model.startswith("kling/"):
        return _raw_kling(task, seen, urls)
    if task.model.startswith("byteplus/"):
        return _raw_ark(task, seen, urls)
    return None


def _raw_kling(task: Task, seen: Snapshot, urls: Urls | None) -> Mapping[str, Any]:
    videos = []
    if urls is not None:
        video = {"id": "v-1", "url": urls.video, "duration": task.seconds}
        if urls.watermarked is not None:
            video["watermark_url"] = urls.watermarked
        videos.append(video)
    data = {
        "task_id": "790000000000000001",
        "task_status": _KLING[seen.stage],
        "task_status_msg": _failure(task, seen),
        "created_at": int(seen.submitted_at * 1000),
        "updated_at": int(seen.now * 1000),
        "task_result": {"videos": videos},
    }
    return {"code": 0, "message": "SUCCEED", "data": data}


def _raw_ark(task: Task, seen: Snapshot, urls: Urls | None) -> Mapping[str, Any]:
    raw: dict[str, Any] = {
        "id": "cgt-20261101090000-abcde",
        "model": task.model.removeprefix("byteplus/"),
        "status": _ARK[seen.stage],
        "error": None,
        "created_at": int(seen.submitted_at),
        "updated_at": int(seen.now),
    }
    if urls is not None:
        raw["content"] = {"video_url": urls.video}
        if urls.last_frame is not None:
            raw["content"]["last_frame_url"] = urls.last_frame
    if seen.stage == "failed":
        raw["error"] = {"code": "InternalServiceError", "message": _failure(task, seen)}
    return raw
