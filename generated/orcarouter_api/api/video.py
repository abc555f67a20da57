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

    Starts a task and answers at once with its id. The shape of the body follows from
    the prefix of `model`.

    A successful submission is charged. There is no idempotency key: when the answer
    is lost, sending the request again may start, and charge, a second task.

    Args:
        body: The task. Its shape follows from the prefix of `model`.
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
    status words.

    A failed task is answered with HTTP 200 as well; `data.status` decides. The
    server answers from its own record, which it refreshes in the background.

    Args:
        task_id: The id that the submission answered with. Opaque. (minLength=1)
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
    video API uses: same bodies, same answer, same charge.

    Args:
        body: The task. Its shape follows from the prefix of `model`.
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

    The state of a task as a flat video object with lower-case status words. A failed
    task is answered with HTTP 200 as well; `status` decides.

    Args:
        task_id: The id that the submission answered with. Opaque. (minLength=1)
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

    Passes on the bytes of the result file. Prefer the result URL of the poll answer,
    fetched without the API key: OrcaRouter's pages do not mention this path, and its
    own client found it refused for some tasks.

    Args:
        task_id: The id that the submission answered with. Opaque. (minLength=1)
        range_: Byte range to fetch, passed on to the file's host.
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
