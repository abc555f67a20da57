"""The service: one handler for each operation of the document, behind one pipeline."""

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

from orcarouter.testing import answers
from orcarouter.testing.answers import JsonResponse, Refusal
from orcarouter.testing.assets import AssetLibrary
from orcarouter.testing.clock import Clock
from orcarouter.testing.document import Document, Operation
from orcarouter.testing.faults import GROUPS, Fault, Script
from orcarouter.testing.files import File, FileHost, last_frame, refused
from orcarouter.testing.recording import Received
from orcarouter.testing.settings import Check, Settings
from orcarouter.testing.tasks import Fate, Snapshot, Task, TaskStore
from orcarouter.testing.wire import alter, hang_up, replacement

__all__ = ["Service"]

_KEY_PREFIX = "sk-orca-"
# Requests outside the document: of a result file, and of an unknown URL.
_GET_FILE = Operation("getFile", "get", "/out/{name}")
_UNKNOWN = Operation("", "get", "/")


@attrs.frozen
class _Exchange:
    """What a handler gets to see. `fault` is the step of the script that this request met, if any."""

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any
    fault: Fault | None


_Handler = Callable[[_Exchange], Response]


@attrs.frozen
class _Endpoint:
    """An ASGI application; a class, because Starlette takes a function for a request handler."""

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
        """`files_origin` is the scheme, host and port that `files` is served at.

        Raises OSError when the video of the settings cannot be read.
        """
        self.settings = settings
        self.script = script
        self.tasks = TaskStore()
        self.requests: list[Received] = []
        self._clock = clock
        self._document = document
        self._models = tuple(settings.models if settings.models is not None else document.models())
        self._video = File(settings.video_bytes(), "video/mp4")
        self._last_frame = File(last_frame(), "image/png")
        self._host = FileHost(files_origin, settings.url_lifetime)
        self._urls: dict[str, answers.Urls] = {}
        self._assets = AssetLibrary()
        self.api = self._api()
        self.files = Router(
            [Route("/out/{name}", self._endpoint(_GET_FILE, self._get_file))],
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
            "createAssetGroup": self._create_asset_group,
            "listAssetGroups": self._list_asset_groups,
            "createAsset": self._create_asset,
            "listAssets": self._list_assets,
            "getAsset": self._get_asset,
        }
        routes = [
            Route(
                # A model's id holds a slash, which the service takes as it is.
                self._document.base_path + operation.path.replace("{model_id}", "{model_id:path}"),
                self._endpoint(operation, handlers.get(operation.id, _not_implemented)),
                methods=[operation.method],
            )
            for operation in self._document.operations()
        ]
        # Without methods it takes all of them, and so also known paths with a method that they do not have: like the
        # service, this answers 404 to them, not 405.
        routes.append(Route("/{path:path}", self._endpoint(_UNKNOWN, _unknown_url)))
        return Router(routes)

    def _endpoint(self, operation: Operation, handler: _Handler) -> ASGIApp:
        return _Endpoint(partial(self._serve, operation, handler))

    async def _serve(
        self, operation: Operation, handler: _Handler, request: Request, send: Send
    ) -> None:
        scope = request.scope
        fault = self.script.take(operation.id)
        received = Received(
            operation=operation.id,
            method=scope["method"],
            path=scope["path"],
            query=request.query_params.multi_items(),
            headers=dict(request.headers),
            at=self._clock.now(),
            fault=fault,
        )
        self.requests.append(received)
        response = await self._answer(operation, handler, request, received)
        if fault is not None:
            if fault.delay:
                await self._clock.pause(fault.delay)
            if fault.silent:
                await hang_up(request, fault)
                return
            if fault.replaces:
                response = replacement(fault, self.settings.envelope)
        received.status = response.status_code
        # The server's date goes with the clock, as a Retry-After that is a date does.
        response.headers["Date"] = formatdate(self._clock.now(), usegmt=True)
        if operation is not _GET_FILE:
            received.request_id = str(uuid.uuid4())
            response.headers["X-Orca-Request-Id"] = received.request_id
        if fault is not None:
            response = alter(response, fault, self._clock)
        await response(scope, request.receive, send)

    async def _answer(
        self, operation: Operation, handler: _Handler, request: Request, received: Received
    ) -> Response:
        fault = received.fault
        try:
            received.body = await self._read_body(request)
            if fault is not None and fault.when == "before" and (fault.silent or fault.replaces):
                return Response()  # nobody will see it
            content = None
            if operation not in (_GET_FILE, _UNKNOWN):
                content = self._validated(operation, request, received)
            exchange = _Exchange(
                received.method,
                request.path_params,
                request.query_params,
                received.headers,
                content,
                fault,
            )
            return handler(exchange)
        except Refusal as refusal:
            return JsonResponse(refusal.body(self.settings.envelope), refusal.status)

    async def _read_body(self, request: Request) -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self.settings.body_limit:
                raise Refusal(413, envelope="task")
        return bytes(body)

    def _validated(self, operation: Operation, request: Request, received: Received) -> Any:
        """The parsed body of a request that conforms to the document.

        Raises Refusal for one that does not.
        """
        content, broken = None, False
        if received.body:
            try:
                content = json.loads(received.body)
            except (ValueError, RecursionError):
                broken = True
        problem = self._document.problem(
            operation,
            path_parameters=request.path_params,
            query=received.query,
            headers=received.headers,
            body=b"" if broken else received.body,
        )
        if problem is not None and problem.security:
            raise Refusal(401, message=problem.message)
        self._judge_key(received.headers.get("authorization"))
        if broken:
            raise Refusal(400, "invalid_request", "the body is not JSON", "task")
        if operation.id in GROUPS["submit"] and isinstance(content, dict):
            # These come before the schema: they have answers of their own.
            self._judge_model_and_prompt(content)
        if problem is not None:
            raise Refusal(400, "invalid_request", problem.message, "task")
        return content

    def _judge_key(self, authorization: str | None) -> None:
        if authorization is None:
            return  # The document said that this operation does without.
        scheme, _, key = authorization.partition(" ")
        if self.settings.keys is None:
            good = key.startswith(_KEY_PREFIX) and len(key) > len(_KEY_PREFIX)
        else:
            good = key in self.settings.keys
        if scheme.lower() != "bearer" or not good:
            raise Refusal(401)

    def _judge_model_and_prompt(self, body: Mapping[str, Any]) -> None:
        model = body.get("model")
        if not model:
            raise Refusal(400, "invalid_request", "model is required", param="model")
        if isinstance(model, str) and model not in self._models:
            status = 503 if "unknown_model_503" in self.settings.oddities else 404
            raise Refusal(status, "model_not_found", f"no such model: {model}")
        if not str(body.get("prompt") or "").strip():
            raise Refusal(400, "invalid_request", "prompt is required", "task")

    # Tasks

    def _submit(self, exchange: _Exchange) -> Response:
        body: dict[str, Any] = exchange.json
        errors = [str(found) for found in self._check(body) if found.level == "error"]
        if errors:
            code = "task_failed" if body["model"].startswith("kling/") else "fail_to_fetch_task"
            raise Refusal(400, code, "; ".join(errors), "task")
        credit = self.settings.credit
        if credit is not None and len(self.tasks) >= credit:
            status = 403 if "no_credit_403" in self.settings.oddities else 402
            raise Refusal(status, "insufficient_user_quota", "not enough credit")
        task = self.tasks.accept(body, self._clock.now(), self._fate(exchange.fault))
        return JsonResponse(answers.submission(task, self.settings.oddities))

    @property
    def _check(self) -> Check:
        if callable(self.settings.check):
            return self.settings.check
        if not self.settings.check:
            return lambda body: ()
        # Late: only submissions need the map, which is a part of the client.
        from orcarouter.capabilities import check

        return check

    def _fate(self, fault: Fault | None) -> Fate:
        settings = self.settings
        expires = "expired" in settings.oddities
        if fault is None:
            return Fate(settings.queued, settings.running, expires=expires)
        running = settings.running if fault.takes is None else fault.takes
        return Fate(settings.queued, running, fault.fail, expires or fault.expires)

    def _get_video_task(self, exchange: _Exchange) -> Response:
        task, seen = self._look(exchange)
        urls = self._urls_of(task, seen)
        return JsonResponse(answers.wrapped(task, seen, urls, self.settings.oddities))

    def _get_video(self, exchange: _Exchange) -> Response:
        task, seen = self._look(exchange)
        urls = self._urls_of(task, seen)
        return JsonResponse(answers.flat(task, seen, urls, self.settings.oddities))

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
            sign = partial(self._host.sign, now=signed_at)
            watermark = task.metadata.get("watermark_info")
            watermarked = isinstance(watermark, Mapping) and watermark.get("enabled") is True
            self._urls[task.id] = answers.Urls(
                sign(f"{task.id}.mp4"),
                sign(f"{task.id}.png") if task.metadata.get("return_last_frame") else None,
                sign(f"{task.id}-watermark.mp4") if watermarked else None,
            )
        return self._urls[task.id]

    # Files

    def _get_video_content(self, exchange: _Exchange) -> Response:
        _, seen = self._look(exchange)
        if seen.stage != "succeeded":
            raise Refusal(400, "", "the task has not completed")
        # The service passes on the range alone, and takes any answer but the file's bytes for a failure.
        passed_on = {k: v for k, v in exchange.headers.items() if k == "range"}
        response = self._video.answer(exchange.method, passed_on)
        expired = exchange.fault is not None and exchange.fault.expire
        if expired or response.status_code >= 400:
            raise Refusal(
                502, "upstream_error", "the file could not be fetched", type="upstream_error"
            )
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    def _get_file(self, exchange: _Exchange) -> Response:
        if "authorization" in exchange.headers:
            # Object stores refuse a signed URL with a second credential, and an API key is none of their business.
            return refused(400, "InvalidArgument")
        if exchange.fault is not None and exchange.fault.expire:
            self._host.revoke(exchange.query)
        name = exchange.path["name"]
        objection = self._host.objection(name, exchange.query, self._clock.now())
        if objection is not None:
            return refused(403, objection)
        file = self._last_frame if name.endswith(".png") else self._video
        return file.answer(exchange.method, exchange.headers)

    # Models

    def _list_models(self, exchange: _Exchange) -> Response:
        provider = exchange.query.get("provider")
        names = (n for n in self._models if provider is None or n.startswith(provider + "/"))
        return JsonResponse({"object": "list", "data": [_model(name) for name in names]})

    def _get_model(self, exchange: _Exchange) -> Response:
        name = exchange.path["model_id"]
        if name not in self._models:
            raise Refusal(404, "model_not_found", f"no such model: {name}")
        return JsonResponse(_model(name))

    # Assets

    def _create_asset_group(self, exchange: _Exchange) -> Response:
        return JsonResponse(self._assets.create_group(exchange.json, self._clock.now()))

    def _list_asset_groups(self, exchange: _Exchange) -> Response:
        return JsonResponse(self._assets.list_groups(exchange.query))

    def _create_asset(self, exchange: _Exchange) -> Response:
        failure = exchange.fault.fail if exchange.fault is not None else None
        return JsonResponse(self._assets.create_asset(exchange.json, self._clock.now(), failure))

    def _list_assets(self, exchange: _Exchange) -> Response:
        return JsonResponse(self._assets.list_assets(exchange.query, self._clock.now()))

    def _get_asset(self, exchange: _Exchange) -> Response:
        return JsonResponse(self._assets.get_asset(exchange.path["aid"], self._clock.now()))


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1780000000,
        "owned_by": name.partition("/")[0],
        "supported_endpoint_types": ["openai-video"],
    }


def _unknown_url(exchange: _Exchange) -> Response:
    raise Refusal(404, "", "no such URL", type="invalid_request_error")


def _not_implemented(exchange: _Exchange) -> Response:
    raise Refusal(501, envelope="task")


async def _no_such_file(scope: Scope, receive: Receive, send: Send) -> None:
    await refused(404, "NoSuchKey")(scope, receive, send)
