"""The service: one handler for each operation of the document, behind one pipeline."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from orcarouter.testing import answers
from orcarouter.testing.assets import AssetLibrary
from orcarouter.testing.clock import Clock
from orcarouter.testing.document import Document, Operation
from orcarouter.testing.errors import Refusal
from orcarouter.testing.faults import Fault, Script
from orcarouter.testing.files import FileHost, png, ranged, refused
from orcarouter.testing.recording import Received
from orcarouter.testing.settings import Check, Settings
from orcarouter.testing.tasks import Fate, Snapshot, Task, TaskStore
from orcarouter.testing.wire import alter, hang_up, replacement

__all__ = ["Service"]

_KEY_PREFIX = "sk-orca-"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@attrs.frozen
class _Exchange:
    """What a handler gets to see. `fault` is the step of the script that this request met, if any."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any
    fault: Fault | None


_Handler = Callable[[_Exchange], Response]


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
        """`files_origin` is the scheme, host and port that `files` is served at.

        Raises OSError when the video of the settings cannot be read.
        """
        self.settings = settings
        self.script = script
        self.tasks = TaskStore()
        self.requests: list[Received] = []
        self._clock = clock
        self._document = document
        self._check = _checker(settings)
        self._models = tuple(settings.models if settings.models is not None else document.models())
        self._video = settings.video_bytes()
        self._host = FileHost(files_origin, settings.url_lifetime)
        self._urls: dict[str, answers.Urls] = {}
        self._assets = AssetLibrary()
        self.api = self._api()
        self.files = Router(
            [
                Route(
                    "/out/{name}",
                    self._endpoint(Operation("getFile", "get", "/out/{name}"), self._get_file),
                )
            ],
            default=_no_such_file,
        )

    # Pipeline

    def _api(self) -> ASGIApp:
        handlers: dict[str, _Handler] = {
            "submitVideoTask": self._submit,
            "createVideo": self._submit,
            "getVideoTask": self._get_video_task,
            "getVideo": self._get_video,
            "getVideoContent": self._get_video_content,
            "listModels": self._list_models,
            "getModel": self._get_model,
            "createAssetGroup": lambda x: JSONResponse(
                self._assets.create_group(x.json, self._clock.now())
            ),
            "listAssetGroups": lambda x: JSONResponse(self._assets.list_groups(x.query)),
            "createAsset": lambda x: JSONResponse(
                self._assets.create_asset(x.json, self._clock.now())
            ),
            "listAssets": lambda x: JSONResponse(
                self._assets.list_assets(x.query, self._clock.now())
            ),
            "getAsset": lambda x: JSONResponse(
                self._assets.get_asset(x.path["aid"], self._clock.now())
            ),
        }
        routes = [
            Route(
                # A model's id holds a slash, which the service takes as it is.
                self._document.base_path + operation.path.replace("{model_id}", "{model_id:path}"),
                self._endpoint(operation, handlers.get(operation.id, _not_implemented)),
                methods=[operation.method.upper()],
            )
            for operation in self._document.operations()
        ]
        # Last, but a full match: so it also takes the known paths with a method that they do not have.
        unknown = self._endpoint(Operation("", "get", "/"), _unknown_url)
        routes.append(Route("/{path:path}", unknown, methods=_METHODS))
        return Router(routes)

    def _endpoint(
        self, operation: Operation, handler: _Handler
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            fault = self.script.take(operation.id)
            received = Received(
                operation.id,
                request.method,
                request.url.path,
                request.query_params.multi_items(),
                dict(request.headers),
                b"",
                self._clock.now(),
                fault,
            )
            self.requests.append(received)
            if fault is not None and fault.silent and fault.when == "before":
                await hang_up(request, fault)
                return _Nothing()
            response = await self._answer(operation, handler, request, received)
            if fault is not None:
                if fault.delay:
                    await self._clock.pause(fault.delay)
                if fault.silent:
                    await hang_up(request, fault)
                    return _Nothing()
                if fault.replaces:
                    response = replacement(fault, self.settings.envelope)
            received.status = response.status_code
            # The server's date goes with the clock, as a Retry-After that is a date does.
            response.headers["Date"] = formatdate(self._clock.now(), usegmt=True)
            if operation.id != "getFile":
                received.request_id = str(uuid.uuid4())
                response.headers["X-Orca-Request-Id"] = received.request_id
            return response if fault is None else alter(response, fault, self._clock)

        return endpoint

    async def _answer(
        self, operation: Operation, handler: _Handler, request: Request, received: Received
    ) -> Response:
        fault = received.fault
        try:
            received.body = await self._read_body(request)
            if fault is not None and fault.replaces and fault.when == "before":
                return Response()
            if operation.id in ("", "getFile"):
                content = None
            else:
                content = self._validated(operation, request, received)
            exchange = _Exchange(
                request.path_params, request.query_params, request.headers, content, fault
            )
            return handler(exchange)
        except Refusal as refusal:
            return JSONResponse(refusal.body(self.settings.envelope), refusal.status)

    async def _read_body(self, request: Request) -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self.settings.body_limit:
                raise Refusal(413, envelope="task")
        return bytes(body)

    def _validated(self, operation: Operation, request: Request, received: Received) -> Any:
        problem = self._document.problem(
            operation,
            path_parameters=request.path_params,
            query=received.query,
            headers=received.headers,
            body=received.body,
        )
        if problem is not None and problem.security:
            raise Refusal(401, message=problem.message)
        self._judge_key(received.headers.get("authorization"))
        content = None
        if received.body:
            try:
                content = json.loads(received.body)
            except ValueError:
                raise Refusal(400, "invalid_request", "the body is not JSON", "task") from None
        if operation.id in ("submitVideoTask", "createVideo") and isinstance(content, dict):
            # These come before the schema: they have answers of their own.
            self._judge_model_and_prompt(content)
        if problem is not None:
            raise Refusal(400, "invalid_request", problem.message, "task")
        return content

    def _judge_key(self, authorization: str | None) -> None:
        if authorization is None:
            return  # The document said that this operation does without.
        scheme, _, key = authorization.partition(" ")
        keys = self.settings.keys
        good = (
            key.startswith(_KEY_PREFIX) and len(key) > len(_KEY_PREFIX)
            if keys is None
            else key in keys
        )
        if scheme.lower() != "bearer" or not good:
            raise Refusal(401)

    def _judge_model_and_prompt(self, body: Mapping[str, Any]) -> None:
        model = body.get("model")
        if not model:
            raise Refusal(400, "invalid_request", "model is required")
        if isinstance(model, str) and model not in self._models:
            status = 503 if "unknown_model_503" in self.settings.oddities else 404
            raise Refusal(status, "model_not_found", f"no such model: {model}")
        if not str(body.get("prompt") or "").strip():
            raise Refusal(400, "invalid_request", "prompt is required", "task")

    # Tasks

    def _submit(self, exchange: _Exchange) -> Response:
        body: dict[str, Any] = exchange.json
        findings = [str(finding) for finding in self._check(body)]
        if findings:
            kling = body["model"].startswith("kling/")
            raise Refusal(
                400, "task_failed" if kling else "fail_to_fetch_task", "; ".join(findings), "task"
            )
        credit = self.settings.credit
        if credit is not None and len(self.tasks) >= credit:
            raise Refusal(
                403 if "no_credit_403" in self.settings.oddities else 402,
                "insufficient_user_quota",
                "not enough credit",
            )
        task = self.tasks.accept(body, self._clock.now(), self._fate(exchange.fault))
        return JSONResponse(answers.submission(task, self.settings.oddities))

    def _fate(self, fault: Fault | None) -> Fate:
        settings = self.settings
        expires = "expired" in settings.oddities
        if fault is None:
            return Fate(settings.queued, settings.running, expires=expires)
        running = settings.running if fault.takes is None else fault.takes
        return Fate(settings.queued, running, fault.fail, expires or fault.expires)

    def _get_video_task(self, exchange: _Exchange) -> Response:
        task, seen = self._look(exchange)
        return JSONResponse(
            answers.wrapped(task, seen, self._urls_of(task, seen), self.settings.oddities)
        )

    def _get_video(self, exchange: _Exchange) -> Response:
        task, seen = self._look(exchange)
        return JSONResponse(
            answers.flat(task, seen, self._urls_of(task, seen), self.settings.oddities)
        )

    def _look(self, exchange: _Exchange) -> tuple[Task, Snapshot]:
        task_id = exchange.path["task_id"]
        if exchange.fault is not None and exchange.fault.forget:
            self.tasks.forget(task_id)
        task = self.tasks.find(task_id)
        if task is None:
            status = 400 if "unknown_task_400" in self.settings.oddities else 404
            raise Refusal(status, "task_not_exist", "task not found", "task")
        return task, task.at(self._clock.now())

    def _urls_of(self, task: Task, seen: Snapshot) -> answers.Urls | None:
        if seen.stage != "succeeded":
            return None
        if task.id not in self._urls or self.settings.fresh_urls:
            signed_at = seen.now if self.settings.fresh_urls else seen.finished_at
            watermark = task.metadata.get("watermark_info")
            watermarked = isinstance(watermark, Mapping) and watermark.get("enabled") is True
            self._urls[task.id] = answers.Urls(
                self._host.sign(f"{task.id}.mp4", signed_at),
                self._host.sign(f"{task.id}.png", signed_at)
                if task.metadata.get("return_last_frame")
                else None,
                self._host.sign(f"{task.id}-watermark.mp4", signed_at) if watermarked else None,
            )
        return self._urls[task.id]

    # Files

    def _get_video_content(self, exchange: _Exchange) -> Response:
        _, seen = self._look(exchange)
        if seen.stage != "succeeded":
            raise Refusal(400, "", "the task has not completed")
        if exchange.fault is not None and exchange.fault.expire:
            raise Refusal(
                502, "upstream_error", "the file could not be fetched", type="upstream_error"
            )
        response = ranged(self._video, "video/mp4", exchange.headers)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    def _get_file(self, exchange: _Exchange) -> Response:
        if "authorization" in exchange.headers:
            # Object stores refuse a signed URL with a second credential, and an API key is none of their business.
            return Response(
                "<Error><Code>InvalidArgument</Code></Error>", 400, media_type="application/xml"
            )
        if exchange.fault is not None and exchange.fault.expire:
            self._host.revoke(exchange.query)
        name = exchange.path["name"]
        code = self._host.fault(name, exchange.query, self._clock.now())
        if code is not None:
            return refused(code)
        if name.endswith(".png"):
            return ranged(png(), "image/png", exchange.headers)
        return ranged(self._video, "video/mp4", exchange.headers)

    # Models

    def _list_models(self, exchange: _Exchange) -> Response:
        provider = exchange.query.get("provider")
        shown = [
            name for name in self._models if provider is None or name.startswith(provider + "/")
        ]
        return JSONResponse({"object": "list", "data": [_model(name) for name in shown]})

    def _get_model(self, exchange: _Exchange) -> Response:
        name = exchange.path["model_id"]
        if name not in self._models:
            raise Refusal(404, "model_not_found", f"no such model: {name}")
        return JSONResponse(_model(name))


class _Nothing(Response):
    """The answer of a connection that is already closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pass


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1780000000,
        "owned_by": name.partition("/")[0],
        "supported_endpoint_types": ["openai-video"],
    }


def _checker(settings: Settings) -> Check:
    if settings.check is False:
        return lambda body: ()
    if settings.check is not True:
        return settings.check
    # Late: the map is a part of the client, which an emulator without it does not need.
    from orcarouter.capabilities import check

    return check


def _unknown_url(exchange: _Exchange) -> Response:
    raise Refusal(404, "", "no such URL", type="invalid_request_error")


def _not_implemented(exchange: _Exchange) -> Response:
    raise Refusal(501, envelope="task")


async def _no_such_file(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=404)(scope, receive, send)
