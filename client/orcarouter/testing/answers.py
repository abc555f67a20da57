"""The service's answers about tasks: the submission, the wrapped form and the flat form."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs

from orcarouter.testing.tasks import Snapshot, Stage, Task

__all__ = ["Urls", "flat", "submission", "wrapped"]

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
    return {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": task.model,
        "status": "queued",
        "progress": 0,
        "created_at": int(task.submitted_at),
    }


def wrapped(
    task: Task, seen: Snapshot, urls: Urls | None, oddities: Collection[str]
) -> dict[str, Any]:
    """The answer of `GET /video/generations/{task_id}`; `urls` are there when the task has succeeded."""
    if "legacy_flat" in oddities:
        return _legacy(task, seen, urls)
    if "wrapped_flat" in oddities:
        return {"code": "success", "message": "", "data": _legacy(task, seen, urls)}
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
    return (
        {"data": data}
        if "no_wrapper_code" in oddities
        else {"code": "success", "message": "", "data": data}
    )


def flat(
    task: Task, seen: Snapshot, urls: Urls | None, oddities: Collection[str]
) -> dict[str, Any]:
    """The answer of `GET /videos/{task_id}`; `urls` are there when the task has succeeded."""
    kling = task.model.startswith("kling/")
    answer: dict[str, Any] = {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": task.model,
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


def _raw(task: Task, seen: Snapshot, urls: Urls | None) -> dict[str, Any] | None:
    """The provider's own answer; only Kling's and Seedance's forms are known."""
    if seen.stage == "submitted":
        return None
    if task.model.startswith("kling/"):
        video: dict[str, Any] = {}
        if urls is not None:
            video = {"id": "v-1", "url": urls.video, "duration": task.seconds}
            if urls.watermarked is not None:
                video["watermark_url"] = urls.watermarked
        data = {
            "task_id": "790000000000000001",
            "task_status": _KLING[seen.stage],
            "task_status_msg": _failure(task, seen),
            "created_at": int(seen.submitted_at * 1000),
            "updated_at": int(seen.now * 1000),
            "task_result": {"videos": [video] if video else []},
        }
        return {"code": 0, "message": "SUCCEED", "data": data}
    if task.model.startswith("byteplus/"):
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
    return None
