"""Operations tagged `video`.

Submit and poll video tasks.
"""

from __future__ import annotations

from typing import Any

from .. import dicts, models
from .._runtime.call import Call, json_body
from .._runtime.links import ResponseLinks
from .._runtime.long_running import LongRunning, Target, TaskCall
from .._runtime.methods import ClientT, Method, Methods
from .._runtime.response_headers import TypedHeaders, header_field

LONG_RUNNING: dict[str, LongRunning] = {
    "submit_video_task": LongRunning(
        operation="video.submit_video_task",
        poll=(
            Target(
                operation="video.get_video_task",
                arguments={"task_id": "$response.body#/id"},
            ),
        ),
        id=("$response.body#/id", "$response.body#/data/task_id"),
        status=("$response.body#/data/status", "$response.body#/status"),
        pending=(
            "not_start",
            "submitted",
            "queued",
            "in_progress",
            "unknown",
            "pending",
            "processing",
            "running",
        ),
        succeeded=("success", "succeed", "succeeded", "completed"),
        failed=("failure", "failed", "expired"),
        cancelled=("cancelled", "canceled"),
        progress=("$response.body#/data/progress",),
        error=("$response.body#/data/fail_reason",),
        result=("$response.body#/data",),
        billable=True,
        first_delay=5.0,
        result_type=models.VideoTaskData,
    ),
    "create_video": LongRunning(
        operation="video.create_video",
        poll=(
            Target(
                operation="video.get_video", arguments={"task_id": "$response.body#/id"}
            ),
        ),
        id=("$response.body#/id",),
        status=("$response.body#/status",),
        pending=(
            "not_start",
            "submitted",
            "queued",
            "in_progress",
            "unknown",
            "pending",
            "processing",
            "running",
        ),
        succeeded=("success", "succeed", "succeeded", "completed"),
        failed=("failure", "failed", "expired"),
        cancelled=("cancelled", "canceled"),
        progress=("$response.body#/progress",),
        error=("$response.body#/error",),
        billable=True,
        first_delay=5.0,
    ),
}


def submit_video_task(
    *, body: models.VideoRequest | dicts.VideoRequestDict
) -> TaskCall[models.VideoSubmission, models.VideoTaskData]:
    """Submit a video task

    Starts a task and returns its id immediately. The prefix of `model` determines
    the schema of the body.

    A successful submission is charged. There is no idempotency key: if the response
    is lost, sending the request again may start, and charge, a second task.

    Args:
        body: The task. The prefix of `model` determines its schema.

    Returns:
        The task was accepted and is queued.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PaymentRequiredError: 402: The account is out of credit.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        HTTPStatusError: 413: The request body is larger than the server reads. The
            limit is not published.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 501: The provider behind the model has no such operation.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `SubmitVideoTaskHeaders`.

    Response links: `SubmitVideoTaskLinks`.
    """
    return TaskCall.of(
        "POST",
        "/video/generations",
        body=json_body(body),
        responses={
            200: models.VideoSubmission,
            400: models.ErrorBody,
            401: models.ErrorBody,
            402: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            413: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            501: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
        long_running=LONG_RUNNING["submit_video_task"],
        links=SubmitVideoTaskLinks,
    )


def get_video_task(task_id: str) -> Call[models.VideoTask]:
    """Poll a task, wrapped form

    The state of a task inside a `{code, message, data}` wrapper, with upper-case
    status values.

    A failed task also gives HTTP 200: check `data.status`. The server responds from
    its own record, which it refreshes in the background.

    Args:
        task_id: The id that the submission returned. Opaque. (minLength=1)

    Returns:
        The state of the task in the server's record.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `GetVideoTaskHeaders`.

    Response links: `GetVideoTaskLinks`.
    """
    return Call.of(
        "GET",
        "/video/generations/{task_id}",
        path_params={"task_id": task_id},
        responses={
            200: models.VideoTask,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
        links=GetVideoTaskLinks,
    )


def create_video(
    *, body: models.VideoRequest | dicts.VideoRequestDict
) -> TaskCall[models.VideoSubmission, models.Video]:
    """Submit a video task (alias)

    The same operation as `POST /video/generations` under the path that OpenAI's
    video API uses: same body, same response, same charge.

    Args:
        body: The task. The prefix of `model` determines its schema.

    Returns:
        The task was accepted and is queued.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PaymentRequiredError: 402: The account is out of credit.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        HTTPStatusError: 413: The request body is larger than the server reads. The
            limit is not published.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 501: The provider behind the model has no such operation.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `CreateVideoHeaders`.

    Response links: `CreateVideoLinks`.
    """
    return TaskCall.of(
        "POST",
        "/videos",
        body=json_body(body),
        responses={
            200: models.VideoSubmission,
            400: models.ErrorBody,
            401: models.ErrorBody,
            402: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            413: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            501: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
        long_running=LONG_RUNNING["create_video"],
        links=CreateVideoLinks,
    )


def get_video(task_id: str) -> Call[models.Video]:
    """Poll a task, flat form

    The state of a task as a flat video object with lower-case status values. A
    failed task also gives HTTP 200: check `status`.

    Args:
        task_id: The id that the submission returned. Opaque. (minLength=1)

    Returns:
        The state of the task in the server's record.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `GetVideoHeaders`.

    Response links: `GetVideoLinks`.
    """
    return Call.of(
        "GET",
        "/videos/{task_id}",
        path_params={"task_id": task_id},
        responses={
            200: models.Video,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
        links=GetVideoLinks,
    )


def get_video_content(task_id: str, *, range_: str | None = None) -> Call[bytes]:
    """Stream a finished video through the API host

    Forwards the content of the result file. Prefer the result URL of the polled
    task, downloaded without the API key: OrcaRouter's pages do not mention this
    path, and its own client found it rejected for some tasks.

    Args:
        task_id: The id that the submission returned. Opaque. (minLength=1)
        range_: Byte range to download, forwarded to the file host.

    Returns:
        The whole file. The media type is that of the file host.
        The range that `Range` requests.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `GetVideoContentHeaders`.
    """
    return Call.of(
        "GET",
        "/videos/{task_id}/content",
        path_params={"task_id": task_id},
        header_params={"Range": range_},
        responses={
            200: {"video/mp4": bytes},
            206: {"video/mp4": bytes},
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )


class SubmitVideoTaskHeaders(TypedHeaders):
    """Headers of the responses of `submit_video_task`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class GetVideoTaskHeaders(TypedHeaders):
    """Headers of the responses of `get_video_task`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class CreateVideoHeaders(TypedHeaders):
    """Headers of the responses of `create_video`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class GetVideoHeaders(TypedHeaders):
    """Headers of the responses of `get_video`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class GetVideoContentHeaders(TypedHeaders):
    """Headers of the responses of `get_video_content`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    cache_control: str | None = header_field("Cache-Control")
    """The file may be cached for a day."""

    content_range: str | None = header_field("Content-Range")
    """The range, and the size of the whole file."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class SubmitVideoTaskLinks(ResponseLinks):
    """Links of the responses of `submit_video_task`."""

    def task(self, **arguments: Any) -> Call[models.VideoTask]:
        """Poll the task, wrapped form."""
        call: Call[models.VideoTask] = self._follow(
            "video", "get_video_task", {"task_id": "$response.body#/id"}, arguments
        )
        return call

    def video(self, **arguments: Any) -> Call[models.Video]:
        """Poll the task, flat form."""
        call: Call[models.Video] = self._follow(
            "video", "get_video", {"task_id": "$response.body#/id"}, arguments
        )
        return call


class GetVideoTaskLinks(ResponseLinks):
    """Links of the responses of `get_video_task`."""

    def content(self, **arguments: Any) -> Call[bytes]:
        """A call of `get_video_content`."""
        call: Call[bytes] = self._follow(
            "video",
            "get_video_content",
            {"task_id": "$response.body#/data/task_id"},
            arguments,
        )
        return call


class CreateVideoLinks(ResponseLinks):
    """Links of the responses of `create_video`."""

    def task(self, **arguments: Any) -> Call[models.VideoTask]:
        """Poll the task, wrapped form."""
        call: Call[models.VideoTask] = self._follow(
            "video", "get_video_task", {"task_id": "$response.body#/id"}, arguments
        )
        return call

    def video(self, **arguments: Any) -> Call[models.Video]:
        """Poll the task, flat form."""
        call: Call[models.Video] = self._follow(
            "video", "get_video", {"task_id": "$response.body#/id"}, arguments
        )
        return call


class GetVideoLinks(ResponseLinks):
    """Links of the responses of `get_video`."""

    def content(self, **arguments: Any) -> Call[bytes]:
        """A call of `get_video_content`."""
        call: Call[bytes] = self._follow(
            "video", "get_video_content", {"task_id": "$response.body#/id"}, arguments
        )
        return call


class VideoMethods(Methods[ClientT]):
    """The operations of this module, sent by a client."""

    submit_video_task = Method(submit_video_task)
    get_video_task = Method(get_video_task)
    create_video = Method(create_video)
    get_video = Method(get_video)
    get_video_content = Method(get_video_content)
