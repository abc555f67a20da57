"""Response bodies of the service: submissions, tasks in both forms, errors in both formats.

The wrapped form of a task is `{"code", "message", "data"}`, the flat form has the fields at the top level.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from orcagen.mock.handlers import Problem
from orcarouter.testing.faults import ErrorFormat
from orcarouter.testing.settings import ErrorFormatSetting
from orcarouter.testing.tasks import Task, TaskState

__all__ = ["ServiceError", "build_flat_task", "build_submission", "build_wrapped_task"]

_Urls = Mapping[str, str]
"""The signed URLs of the files of a succeeded task: `video`, `last_frame` and `watermarked`, where there is one."""
_Quirks = Collection[str]

# The words of each form for the stages of a task. One that expired at the provider is reported as running.
_WORDS: dict[str, Mapping[str, str]] = {
    stage: dict(zip(("wrapped", "flat", "legacy", "kling", "seedance"), texts.split(), strict=True))
    for stage, texts in {
        "submitted": "SUBMITTED queued queued submitted queued",
        "queued": "QUEUED queued queued submitted queued",
        "running": "IN_PROGRESS in_progress processing processing running",
        "succeeded": "SUCCESS completed succeeded succeed succeeded",
        "failed": "FAILURE failed failed failed failed",
        "expired": "IN_PROGRESS in_progress processing processing expired",
    }.items()
}

# The error code and message that the service uses with a status.
_DEFAULT_ERRORS: dict[int, tuple[str | None, str]] = {
    400: ("invalid_request", "the request was rejected"),
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


@attrs.define(eq=False)
class ServiceError(Problem):
    """An error response of the service. `code` and `message` are by default those that it uses with the status; "" is no code."""

    auto_format: ErrorFormat = attrs.field(default="openai", kw_only=True)
    """The format of the body if the settings say `auto`."""
    type: str = attrs.field(default="orcarouter_api_error", kw_only=True)
    """The `type` of the error, in the format `openai`."""
    param: str | None = attrs.field(default=None, kw_only=True)
    """The parameter that is wrong, in the format `openai`."""

    def build_body(self, error_format: ErrorFormatSetting) -> dict[str, Any]:
        """The JSON body in this format."""
        default_code, default_message = _DEFAULT_ERRORS.get(
            self.status, ("upstream_error", "the provider failed")
        )
        code = default_code if self.code is None else self.code
        message = self.message or default_message
        if (self.auto_format if error_format == "auto" else error_format) == "task":
            return {"code": code or "invalid_request", "message": message, "data": None}
        code = None if code == "" else code
        detail = {"message": message, "type": self.type, "code": code, "param": self.param}
        return {"error": detail}


def build_submission(task: Task, quirks: _Quirks) -> dict[str, Any]:
    """The body of the response to a submission."""
    if "task_id_only" in quirks:
        return {"task_id": task.id, "status": "submitted"}
    if "short_submission" in quirks:
        return {"id": task.id, "status": "queued", "model": task.model}
    body = {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": task.model,
        "status": "queued",
        "progress": 0,
        "created_at": int(task.submitted_at),
    }
    if "no_submission_status" in quirks:
        del body["object"], body["status"]
    return body


def build_wrapped_task(
    task: Task, state: TaskState, urls: _Urls, quirks: _Quirks
) -> dict[str, Any]:
    """The body of `GET /video/generations/{task_id}`; `urls` is empty unless the task has succeeded."""
    if "legacy_flat" in quirks:
        return _build_legacy_flat(task, state, urls)
    data = (
        _build_legacy_flat(task, state, urls)
        if "wrapped_flat" in quirks
        else _build_wrapped_data(task, state, urls, quirks)
    )
    if "no_wrapper_code" in quirks:
        return {"data": data}
    return {"code": "success", "message": "", "data": data}


def _build_wrapped_data(
    task: Task, state: TaskState, urls: _Urls, quirks: _Quirks
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "task_id": task.id,
        "status": _WORDS[state.stage]["wrapped"],
        "progress": "" if "empty_progress" in quirks else f"{state.progress}%",
        "fail_reason": _get_fail_reason(task, state),
        "action": _get_action(task),
        "submit_time": int(task.submitted_at),
        "start_time": int(state.started_at),
        "finish_time": int(state.finished_at),
        "created_at": int(task.submitted_at),
        "updated_at": int(state.observed_at),
        "properties": {"input": task.body["prompt"], "origin_model_name": task.model},
        "data": _build_provider_data(task, state, urls),
    }
    if urls and "url_in_fail_reason" in quirks:
        data["fail_reason"] = urls["video"]
    elif urls and "url_in_provider_data_only" not in quirks:
        data["result_url"] = urls["video"]
    if state.stage == "failed" and "reason_in_result_url" in quirks:
        data["result_url"] = data["fail_reason"]
    if "internal_fields" in quirks:
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


def build_flat_task(task: Task, state: TaskState, urls: _Urls, quirks: _Quirks) -> dict[str, Any]:
    """The body of `GET /videos/{task_id}`; `urls` is empty unless the task has succeeded."""
    is_kling = task.model.startswith("kling/")
    no_ids = is_kling and "empty_id_and_model" in quirks
    body: dict[str, Any] = {
        "id": task.id,
        "task_id": "" if no_ids else task.id,
        "object": "video",
        "model": "" if no_ids else task.model,
        "status": _WORDS[state.stage]["flat"],
        "progress": state.progress,
        "created_at": int(
            task.submitted_at * 1000
            if is_kling and "created_at_milliseconds" in quirks
            else task.submitted_at
        ),
        "seconds": task.seconds,
        "metadata": {"url": urls.get("video", "")},
    }
    if state.finished_at:
        body["completed_at"] = int(state.finished_at)
    elif "early_completed_at" in quirks:
        body["completed_at"] = int(state.observed_at)
    if state.stage == "failed" and not (is_kling and "failure_without_error" in quirks):
        body["error"] = {"code": "task_failed", "message": _get_fail_reason(task, state)}
    if state.stage == "succeeded" and task.model.startswith("byteplus/"):
        body["usage"] = {"completion_tokens": 108900, "total_tokens": 108900}
    return body


def _get_fail_reason(task: Task, state: TaskState) -> str:
    return task.fail_reason or "" if state.stage == "failed" else ""


def _build_legacy_flat(task: Task, state: TaskState, urls: _Urls) -> dict[str, Any]:
    failed = state.stage == "failed"
    return {
        "task_id": task.id,
        "status": _WORDS[state.stage]["legacy"],
        "url": urls.get("video", ""),
        "format": "mp4",
        "metadata": {"duration": 2, "fps": 12, "width": 320, "height": 180, "seed": 0},
        "error": {"code": 500, "message": _get_fail_reason(task, state)} if failed else None,
    }


def _get_action(task: Task) -> str:
    if task.model in ("kling/kling-video-o1", "kling/kling-v3-omni"):
        return "omniVideo"
    if "image_tail" in task.metadata:
        return "firstTailGenerate"
    return "generate" if "image" in task.body or "content" in task.metadata else "textGenerate"


def _build_provider_data(task: Task, state: TaskState, urls: _Urls) -> Mapping[str, Any] | None:
    """The provider's own response; it is known only for Kling and Seedance."""
    if state.stage == "submitted":
        return None
    if task.model.startswith("kling/"):
        return _build_kling_data(task, state, urls)
    if task.model.startswith("byteplus/"):
        return _build_seedance_data(task, state, urls)
    return None


def _build_kling_data(task: Task, state: TaskState, urls: _Urls) -> Mapping[str, Any]:
    videos = []
    if urls:
        video = {"id": "v-1", "url": urls["video"], "duration": task.seconds}
        if "watermarked" in urls:
            video["watermark_url"] = urls["watermarked"]
        videos.append(video)
    data = {
        "task_id": "790000000000000001",
        "task_status": _WORDS[state.stage]["kling"],
        "task_status_msg": _get_fail_reason(task, state),
        "created_at": int(task.submitted_at * 1000),
        "updated_at": int(state.observed_at * 1000),
        "task_result": {"videos": videos},
    }
    return {"code": 0, "message": "SUCCEED", "data": data}


def _build_seedance_data(task: Task, state: TaskState, urls: _Urls) -> Mapping[str, Any]:
    data: dict[str, Any] = {
        "id": "cgt-20261101090000-abcde",
        "model": task.model.removeprefix("byteplus/"),
        "status": _WORDS[state.stage]["seedance"],
        "error": None,
        "created_at": int(task.submitted_at),
        "updated_at": int(state.observed_at),
    }
    if urls:
        data["content"] = {"video_url": urls["video"]}
        if "last_frame" in urls:
            data["content"]["last_frame_url"] = urls["last_frame"]
    if state.stage == "failed":
        data["error"] = {"code": "InternalServiceError", "message": _get_fail_reason(task, state)}
    return data
