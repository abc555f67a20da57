"""The emulated service: what it does beyond its OpenAPI document, as handlers and hooks of `orcagen.mock`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from orcagen.mock.files import GET_FILE, File
from orcagen.mock.handlers import Handler, Hooks, MockRequest, Problem
from orcagen.mock.recording import RecordedRequest
from orcagen.mock.responses import PNG, MockResponse
from orcagen.mock.task_store import MAX_TASKS, TaskStore
from orcarouter.testing.assets import AssetLibrary
from orcarouter.testing.faults import OPERATION_GROUPS, ErrorFormat, Fault
from orcarouter.testing.responses import (
    ServiceError,
    build_flat_task,
    build_submission,
    build_wrapped_task,
)
from orcarouter.testing.settings import Check, Settings
from orcarouter.testing.tasks import Task, TaskState

__all__ = ["Service"]

_KEY_PREFIX = "sk-orca-"


class Service:
    """The emulated service: `handlers` of all operations, `hooks`, and the files of its results."""

    def __init__(
        self, settings: Settings, models: tuple[str, ...], sign: Callable[[str, float], str]
    ) -> None:
        """`models` are used where the settings have none. `sign` gives the URL of a file by its name and a Unix time.

        Raises OSError if the video of the settings cannot be read.
        """
        self.tasks = TaskStore[Task]()
        self._settings = settings
        self._models = models if settings.models is None else tuple(settings.models)
        self._sign = sign
        self._urls: dict[str, dict[str, str]] = {}
        self._video = File(settings.read_video(), "video/mp4")
        self.handlers: dict[str, Handler] = {
            "submitVideoTask": self._submit,
            "createVideo": self._submit,
            "getVideoTask": partial(self._get_task, build_wrapped_task),
            "getVideo": partial(self._get_task, build_flat_task),
            "getVideoContent": self._get_video_content,
            "listModels": self._list_models,
            "getModel": self._get_model,
            **AssetLibrary().handlers,
        }
        self.hooks = Hooks(
            authenticate=self._check_key,
            check=self._check_model_and_prompt,
            describe_error=self._describe_error,
            make_headers=_make_headers,
        )

    def find_file(self, name: str) -> File:
        """The file of a result."""
        return File(PNG, "image/png") if name.endswith(".png") else self._video

    # What is refused

    def _check_key(self, request: MockRequest) -> None:
        _, _, key = request.headers.get("authorization", "").partition(" ")
        if "authorization" not in request.headers:
            return  # The document does not require a key for this operation.
        if self._settings.keys is None:
            is_valid = key.startswith(_KEY_PREFIX) and len(key) > len(_KEY_PREFIX)
        else:
            is_valid = key in self._settings.keys
        if not is_valid or not request.headers["authorization"].lower().startswith("bearer "):
            raise ServiceError(401)

    def _check_model_and_prompt(self, request: MockRequest) -> None:
        """Before the schema, because the service has errors of their own for these."""
        body = request.body
        if request.operation not in OPERATION_GROUPS["submit"] or not isinstance(body, dict):
            return
        model = body.get("model")
        if not model:
            raise ServiceError(400, "model is required", "invalid_request", param="model")
        if isinstance(model, str) and model not in self._models:
            status = 503 if "unknown_model_503" in self._settings.quirks else 404
            raise ServiceError(status, f"no such model: {model}", "model_not_found")
        if not str(body.get("prompt") or "").strip():
            raise ServiceError(400, "prompt is required", "invalid_request", auto_format="task")

    def _describe_error(self, problem: Problem) -> MockResponse:
        error = problem if isinstance(problem, ServiceError) else _translate(problem)
        fault = problem.fault
        error_format = fault.error_format if isinstance(fault, Fault) else None
        body = error.build_body(error_format or self._settings.error_format)
        return MockResponse(error.status, "application/json", body)

    # Tasks

    def _submit(self, request: MockRequest) -> dict[str, Any]:
        body, fault, settings = request.body, request.fault, self._settings
        violations = self._find_check()(body)
        errors = [str(violation) for violation in violations if violation.level == "error"]
        if errors:
            code = "task_failed" if body["model"].startswith("kling/") else "fail_to_fetch_task"
            raise ServiceError(400, "; ".join(errors), code, auto_format="task")
        if settings.credit is not None and self.tasks.accepted >= settings.credit:
            status = 403 if "no_credit_403" in settings.quirks else 402
            raise ServiceError(status, "not enough credit", "insufficient_user_quota")
        fault = fault or Fault()
        task = Task(
            body,
            request.time,
            settings.queued,
            settings.running if fault.duration is None else fault.duration,
            fault.failure,
            fault.never_ends or "never_ends" in settings.quirks,
        )
        self.tasks.add(task.id, task, len(request.recorded.body))
        return build_submission(task, settings.quirks)

    def _find_check(self) -> Check:
        if callable(self._settings.check):
            return self._settings.check
        if not self._settings.check:
            return lambda body: ()
        # Imported late: it loads the generated client, which only submissions need.
        from orcarouter.capabilities import check

        return check

    def _get_task(self, build: Callable[..., Any], request: MockRequest) -> Any:
        task, state = self._find_task(request)
        return build(task, state, self._sign_urls(task, state), self._settings.quirks)

    def _find_task(self, request: MockRequest) -> tuple[Task, TaskState]:
        task_id = request.path_parameters["task_id"]
        if request.fault is not None and request.fault.unknown_task:
            self.tasks.make_unknown(task_id)
        task = self.tasks.find(task_id)
        if task is None:
            status = 400 if "unknown_task_400" in self._settings.quirks else 404
            raise ServiceError(status, "task not found", "task_not_exist", auto_format="task")
        return task, task.state_at(request.time)

    def _sign_urls(self, task: Task, state: TaskState) -> dict[str, str]:
        is_fresh = self._settings.fresh_urls
        if state.stage != "succeeded":
            return {}
        if task.id not in self._urls or is_fresh:
            names = {"video": f"{task.id}.mp4"}
            if task.metadata.get("return_last_frame"):
                names["last_frame"] = f"{task.id}.png"
            watermark = task.metadata.get("watermark_info")
            if isinstance(watermark, Mapping) and watermark.get("enabled") is True:
                names["watermarked"] = f"{task.id}-watermark.mp4"
            if len(self._urls) >= MAX_TASKS:
                del self._urls[next(iter(self._urls))]
            time = state.observed_at if is_fresh else state.finished_at
            self._urls[task.id] = {key: self._sign(name, time) for key, name in names.items()}
        return self._urls[task.id]

    def _get_video_content(self, request: MockRequest) -> MockResponse:
        _, state = self._find_task(request)
        if state.stage != "succeeded":
            raise ServiceError(400, "the task has not completed", "")
        # The service forwards only the Range header, and treats every response without the file as an error.
        forwarded = {k: v for k, v in request.headers.items() if k == "range"}
        response = self._video.respond(request.method, forwarded)
        is_expired = request.fault is not None and request.fault.expired_url
        if is_expired or response.status >= 400:
            code = "upstream_error"
            raise ServiceError(502, "the file could not be fetched", code, type=code)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    # Models

    def _list_models(self, request: MockRequest) -> dict[str, Any]:
        provider = request.query.get("provider")
        names = (n for n in self._models if provider is None or n.startswith(provider + "/"))
        return {"object": "list", "data": [_model_to_dict(name) for name in names]}

    def _get_model(self, request: MockRequest) -> dict[str, Any]:
        name = request.path_parameters["model_id"]
        if name not in self._models:
            raise ServiceError(404, f"no such model: {name}", "model_not_found")
        return _model_to_dict(name)


def _model_to_dict(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1780000000,
        "owned_by": name.partition("/")[0],
        "supported_endpoint_types": ["openai-video"],
    }


def _make_headers(request: RecordedRequest) -> dict[str, str]:
    return {} if request.operation == GET_FILE else {"X-Orca-Request-Id": str(uuid.uuid4())}


def _translate(problem: Problem) -> ServiceError:
    """An error of the server itself as the service has it."""
    if not problem.is_known:
        # The service answers an unknown method with 404, as an unknown URL.
        return ServiceError(404, "no such URL", "", type="invalid_request_error")
    if problem.errors:
        location, message = (problem.errors[0][key] for key in ("location", "message"))
        # `body /metadata/mode` is `metadata.mode` here.
        if location.startswith("body"):
            location = location.removeprefix("body").strip(" /").replace("/", ".")
        text = f"{location}: {message}" if location else message
        return ServiceError(400, text, "invalid_request", auto_format="task")
    auto_format: ErrorFormat = "task" if problem.status == 413 else "openai"
    return ServiceError(problem.status, problem.message, problem.code, auto_format=auto_format)
