"""Operations tagged `video`.

Submit and poll video tasks.
"""

from __future__ import annotations

from .. import dicts, models
from .._runtime.call import Call, json_body


def submit_video_task(
    *, body: models.VideoRequest | dicts.VideoRequestDict
) -> Call[models.VideoSubmission]:
    """Submit a video task

    Starts a task and returns its id immediately. The prefix of `model` determines
    the schema of the body.

    A successful submission is charged. There is no idempotency key: if the response
    is lost, sending the request again may start, and charge, a second task.

    Args:
        body: The task. The prefix of `model` determines its schema.
    """
    return Call.of(
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
    )


def get_video_task(task_id: str) -> Call[models.VideoTask]:
    """Poll a task, wrapped form

    The state of a task inside a `{code, message, data}` wrapper, with upper-case
    status values.

    A failed task also gives HTTP 200: check `data.status`. The server responds from
    its own record, which it refreshes in the background.

    Args:
        task_id: The id that the submission returned. Opaque. (minLength=1)
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
    )


def create_video(
    *, body: models.VideoRequest | dicts.VideoRequestDict
) -> Call[models.VideoSubmission]:
    """Submit a video task (alias)

    The same operation as `POST /video/generations` under the path that OpenAI's
    video API uses: same body, same response, same charge.

    Args:
        body: The task. The prefix of `model` determines its schema.
    """
    return Call.of(
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
    )


def get_video(task_id: str) -> Call[models.Video]:
    """Poll a task, flat form

    The state of a task as a flat video object with lower-case status values. A
    failed task also gives HTTP 200: check `status`.

    Args:
        task_id: The id that the submission returned. Opaque. (minLength=1)
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
    )


def get_video_content(task_id: str, *, range_: str | None = None) -> Call[bytes]:
    """Stream a finished video through the API host

    Forwards the content of the result file. Prefer the result URL of the polled
    task, downloaded without the API key: OrcaRouter's pages do not mention this
    path, and its own client found it rejected for some tasks.

    Args:
        task_id: The id that the submission returned. Opaque. (minLength=1)
        range_: Byte range to download, forwarded to the file host.
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
