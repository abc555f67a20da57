"""The emulated service: one handler per operation of the OpenAPI document.

Every request is recorded, validated against the document, handled, and changed by a fault if the script has one for it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import partial
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from orcarouter.testing.assets import AssetLibrary
from orcarouter.testing.clock import Clock
from orcarouter.testing.document import Document, OperationInfo
from orcarouter.testing.fault_injection import (
    end_without_response,
    make_replacement,
    modify_response,
)
from orcarouter.testing.faults import OPERATION_GROUPS, Fault, Script
from orcarouter.testing.file_host import File, FileHost, make_error_response, make_last_frame
from orcarouter.testing.recording import RecordedRequest, RequestLog
from orcarouter.testing.responses import (
    FileUrls,
    JSONResponse,
    ServiceError,
    build_flat_task,
    build_submission,
    build_wrapped_task,
)
from orcarouter.testing.settings import Check, Settings
from orcarouter.testing.tasks import MAX_TASKS, Lifecycle, Task, TaskState, TaskStore

__all__ = ["Service"]

_KEY_PREFIX = "sk-orca-"
# Requests that the document does not describe: downloads from the file host, and unknown URLs.
_GET_FILE = OperationInfo("getFile", "get", "/out/{name}")
_UNKNOWN_URL = OperationInfo("", "get", "/")


@attrs.frozen
class _ValidRequest:
    """A request that conforms to the document, as a handler reads it."""

    method: str
    path_params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    json: Any
    """The parsed body; None if there is none."""
    size: int
    """Of the body, in bytes."""
    fault: Fault | None
    """The fault that applies to it, if any."""


_Handler = Callable[[_ValidRequest], Response]


@attrs.frozen
class _Endpoint:
    """An ASGI application. It is a class because Starlette treats a function as a request handler instead."""

    serve: Callable[[Request, Send], Awaitable[None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.serve(Request(scope, receive), send)


class Service:
    """The emulated service as ASGI applications: `api`, and `files` for the host of the results."""

    def __init__(
        self,
        settings: Settings,
        script: Script,
        clock: Clock,
        document: Document,
        files_origin: str,
    ) -> None:
        """`files_origin` is the scheme, host and port at which `files` is served.

        Raises OSError if the video of the settings cannot be read.
        """
        self.settings = settings
        self.script = script
        self.tasks = TaskStore()
        self.requests = RequestLog()
        self._clock = clock
        self._document = document
        models = settings.models if settings.models is not None else document.model_names()
        self._models = tuple(models)
        self._video = File(settings.read_video(), "video/mp4")
        self._last_frame = File(make_last_frame(), "image/png")
        self._file_host = FileHost(files_origin, settings.url_lifetime)
        self._urls: dict[str, FileUrls] = {}
        self._assets = AssetLibrary()
        self.api = self._make_api()
        self.files = Router(
            [Route("/out/{name}", self._make_endpoint(_GET_FILE, self._get_file))],
            default=_handle_unknown_file,
        )

    # From request to response

    def _make_api(self) -> ASGIApp:
        handlers: dict[str, _Handler] = {
            "submitVideoTask": self._submit,
            "createVideo": self._submit,
            "getVideoTask": self._get_video_task,
            "getVideo": self._get_video,
            "getVideoContent": self._get_video_content,
            "listModels": self._list_models,
            "getModel": self._get_model,
            "createAssetGroup": self._create_asset_group,
            "listAssetGroups": self._list_asset_groups,
            "createAsset": self._create_asset,
            "listAssets": self._list_assets,
            "getAsset": self._get_asset,
        }
        routes = [
            Route(
                # The id of a model contains a slash, which the service accepts unescaped.
                self._document.base_path + operation.path.replace("{model_id}", "{model_id:path}"),
                self._make_endpoint(operation, handlers.get(operation.id, _handle_not_implemented)),
                methods=[operation.method],
            )
            for operation in self._document.operations()
        ]
        # A route without methods matches all of them, and so also known paths with a wrong method: like the service,
        # this answers them with 404, not 405.
        routes.append(Route("/{path:path}", self._make_endpoint(_UNKNOWN_URL, _handle_unknown_url)))
        return Router(routes)

    def _make_endpoint(self, operation: OperationInfo, handler: _Handler) -> ASGIApp:
        return _Endpoint(partial(self._serve, operation, handler))

    async def _serve(
        self, operation: OperationInfo, handler: _Handler, request: Request, send: Send
    ) -> None:
        scope = request.scope
        fault = self.script.next_fault(operation.id)
        recorded = RecordedRequest(
            operation=operation.id,
            method=scope["method"],
            path=scope["path"],
            query=request.query_params.multi_items(),
            headers=dict(request.headers),
            at=self._clock.time(),
            fault=fault,
        )
        self.requests.append(recorded)
        response = await self._respond(operation, handler, request, recorded)
        if fault is not None:
            if fault.delay:
                await self._clock.asleep(fault.delay)
            if fault.has_no_response:
                await end_without_response(request, fault)
                return
            if fault.replaces_response:
                response = make_replacement(fault, self.settings.error_format)
        recorded.status = response.status_code
        # From the emulator's clock, so that it agrees with a Retry-After that is a date.
        response.headers["Date"] = formatdate(self._clock.time(), usegmt=True)
        if operation is not _GET_FILE:
            recorded.request_id = str(uuid.uuid4())
            response.headers["X-Orca-Request-Id"] = recorded.request_id
        if fault is not None:
            response = modify_response(response, fault, self._clock)
        await response(scope, request.receive, send)

    async def _respond(
        self,
        operation: OperationInfo,
        handler: _Handler,
        request: Request,
        recorded: RecordedRequest,
    ) -> Response:
        fault = recorded.fault
        try:
            self.requests.add_body(recorded, await self._read_body(request))
            if (
                fault is not None
                and fault.when == "before"
                and (fault.has_no_response or fault.replaces_response)
            ):
                # The request must have no effect. This response is a placeholder that is never sent.
                return Response()
            content = None
            if operation not in (_GET_FILE, _UNKNOWN_URL):
                content = self._validate(operation, request, recorded)
            return handler(
                _ValidRequest(
                    recorded.method,
                    request.path_params,
                    request.query_params,
                    recorded.headers,
                    content,
                    len(recorded.body),
                    fault,
                )
            )
        except ServiceError as error:
            return JSONResponse(error.build_body(self.settings.error_format), error.status)

    async def _read_body(self, request: Request) -> bytes:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.settings.body_limit:
                raise ServiceError(413, auto_format="task")
        return bytes(body)

    def _validate(
        self, operation: OperationInfo, request: Request, recorded: RecordedRequest
    ) -> Any:
        """Validate a request against the document; returns its parsed body.

        Raises ServiceError if it does not conform.
        """
        content, is_malformed = None, False
        if recorded.body:
            try:
                content = json.loads(recorded.body)
            except (ValueError, RecursionError):
                is_malformed = True
        problem = self._document.find_problem(
            operation,
            path_parameters=request.path_params,
            query=recorded.query,
            headers=recorded.headers,
            body=b"" if is_malformed else recorded.body,
        )
        if problem is not None and problem.is_security:
            raise ServiceError(401, message=problem.message)
        self._validate_key(recorded.headers.get("authorization"))
        if is_malformed:
            raise ServiceError(400, "invalid_request", "the body is not JSON", "task")
        if operation.id in OPERATION_GROUPS["submit"] and isinstance(content, dict):
            # Before the schema, because the service has errors of their own for these.
            self._validate_model_and_prompt(content)
        if problem is not None:
            raise ServiceError(400, "invalid_request", problem.message, "task")
        return content

    def _validate_key(self, authorization: str | None) -> None:
        if authorization is None:
            return  # The document was validated before: it does not require a key for this operation.
        scheme, _, key = authorization.partition(" ")
        if self.settings.keys is None:
            is_valid = key.startswith(_KEY_PREFIX) and len(key) > len(_KEY_PREFIX)
        else:
            is_valid = key in self.settings.keys
        if scheme.lower() != "bearer" or not is_valid:
            raise ServiceError(401)

    def _validate_model_and_prompt(self, body: Mapping[str, Any]) -> None:
        model = body.get("model")
        if not model:
            raise ServiceError(400, "invalid_request", "model is required", param="model")
        if isinstance(model, str) and model not in self._models:
            status = 503 if "unknown_model_503" in self.settings.quirks else 404
            raise ServiceError(status, "model_not_found", f"no such model: {model}")
        if not str(body.get("prompt") or "").strip():
            raise ServiceError(400, "invalid_request", "prompt is required", "task")

    # Tasks

    def _submit(self, request: _ValidRequest) -> Response:
        body: dict[str, Any] = request.json
        violations = self._get_check()(body)
        errors = [str(violation) for violation in violations if violation.level == "error"]
        if errors:
            code = "task_failed" if body["model"].startswith("kling/") else "fail_to_fetch_task"
            raise ServiceError(400, code, "; ".join(errors), "task")
        credit = self.settings.credit
        if credit is not None and self.tasks.accepted >= credit:
            status = 403 if "no_credit_403" in self.settings.quirks else 402
            raise ServiceError(status, "insufficient_user_quota", "not enough credit")
        lifecycle = self._plan_lifecycle(request.fault)
        task = self.tasks.accept(body, self._clock.time(), lifecycle, request.size)
        return JSONResponse(build_submission(task, self.settings.quirks))

    def _get_check(self) -> Check:
        if callable(self.settings.check):
            return self.settings.check
        if not self.settings.check:
            return lambda body: ()
        # Imported late: it loads the generated client, which only submissions need.
        from orcarouter.capabilities import check

        return check

    def _plan_lifecycle(self, fault: Fault | None) -> Lifecycle:
        settings = self.settings
        never_ends = "never_ends" in settings.quirks
        if fault is None:
            return Lifecycle(settings.queued, settings.running, never_ends=never_ends)
        running = settings.running if fault.duration is None else fault.duration
        return Lifecycle(
            settings.queued, running, fault.fail_reason, never_ends or fault.never_ends
        )

    def _get_video_task(self, request: _ValidRequest) -> Response:
        task, state = self._find_task(request)
        urls = self._sign_urls(task, state)
        return JSONResponse(build_wrapped_task(task, state, urls, self.settings.quirks))

    def _get_video(self, request: _ValidRequest) -> Response:
        task, state = self._find_task(request)
        urls = self._sign_urls(task, state)
        return JSONResponse(build_flat_task(task, state, urls, self.settings.quirks))

    def _find_task(self, request: _ValidRequest) -> tuple[Task, TaskState]:
        task_id = request.path_params["task_id"]
        if request.fault is not None and request.fault.unknown_task:
            self.tasks.make_unknown(task_id)
        task = self.tasks.find(task_id)
        if task is None:
            status = 400 if "unknown_task_400" in self.settings.quirks else 404
            raise ServiceError(status, "task_not_exist", "task not found", "task")
        return task, task.state_at(self._clock.time())

    def _sign_urls(self, task: Task, state: TaskState) -> FileUrls | None:
        if state.stage != "succeeded":
            return None
        if task.id not in self._urls or self.settings.fresh_urls:
            signed_at = state.observed_at if self.settings.fresh_urls else state.finished_at
            sign = partial(self._file_host.sign, timestamp=signed_at)
            watermark = task.metadata.get("watermark_info")
            is_watermarked = isinstance(watermark, Mapping) and watermark.get("enabled") is True
            if len(self._urls) >= MAX_TASKS:
                del self._urls[next(iter(self._urls))]
            self._urls[task.id] = FileUrls(
                sign(f"{task.id}.mp4"),
                sign(f"{task.id}.png") if task.metadata.get("return_last_frame") else None,
                sign(f"{task.id}-watermark.mp4") if is_watermarked else None,
            )
        return self._urls[task.id]

    # Files

    def _get_video_content(self, request: _ValidRequest) -> Response:
        _, state = self._find_task(request)
        if state.stage != "succeeded":
            raise ServiceError(400, "", "the task has not completed")
        # The service forwards only the Range header, and treats every response without the file as an error.
        forwarded = {k: v for k, v in request.headers.items() if k == "range"}
        response = self._video.respond(request.method, forwarded)
        is_expired = request.fault is not None and request.fault.expired_url
        if is_expired or response.status_code >= 400:
            raise ServiceError(
                502, "upstream_error", "the file could not be fetched", type="upstream_error"
            )
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    def _get_file(self, request: _ValidRequest) -> Response:
        if "authorization" in request.headers:
            # Object stores reject a signed URL with a second credential, and here it shows that a client leaks its API key.
            return make_error_response(400, "InvalidArgument")
        if request.fault is not None and request.fault.expired_url:
            self._file_host.revoke(request.query)
        name = request.path_params["name"]
        error_code = self._file_host.find_error(name, request.query, self._clock.time())
        if error_code is not None:
            return make_error_response(403, error_code)
        file = self._last_frame if name.endswith(".png") else self._video
        return file.respond(request.method, request.headers)

    # Models

    def _list_models(self, request: _ValidRequest) -> Response:
        provider = request.query.get("provider")
        names = (n for n in self._models if provider is None or n.startswith(provider + "/"))
        return JSONResponse({"object": "list", "data": [_model_to_dict(name) for name in names]})

    def _get_model(self, request: _ValidRequest) -> Response:
        name = request.path_params["model_id"]
        if name not in self._models:
            raise ServiceError(404, "model_not_found", f"no such model: {name}")
        return JSONResponse(_model_to_dict(name))

    # Assets

    def _create_asset_group(self, request: _ValidRequest) -> Response:
        return JSONResponse(self._assets.create_group(request.json, self._clock.time()))

    def _list_asset_groups(self, request: _ValidRequest) -> Response:
        return JSONResponse(self._assets.list_groups(request.query))

    def _create_asset(self, request: _ValidRequest) -> Response:
        failure = request.fault.fail_reason if request.fault is not None else None
        return JSONResponse(self._assets.create_asset(request.json, self._clock.time(), failure))

    def _list_assets(self, request: _ValidRequest) -> Response:
        return JSONResponse(self._assets.list_assets(request.query, self._clock.time()))

    def _get_asset(self, request: _ValidRequest) -> Response:
        return JSONResponse(self._assets.get_asset(request.path_params["aid"], self._clock.time()))


def _model_to_dict(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1780000000,
        "owned_by": name.partition("/")[0],
        "supported_endpoint_types": ["openai-video"],
    }


def _handle_unknown_url(request: _ValidRequest) -> Response:
    raise ServiceError(404, "", "no such URL", type="invalid_request_error")


def _handle_not_implemented(request: _ValidRequest) -> Response:
    raise ServiceError(501, auto_format="task")


async def _handle_unknown_file(scope: Scope, receive: Receive, send: Send) -> None:
    await make_error_response(404, "NoSuchKey")(scope, receive, send)
