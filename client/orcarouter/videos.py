"""Video tasks: submitting them, and the handles to poll, wait for and download them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import Any, cast

from orcarouter import notebook
from orcarouter._downloads import Download, TaskFile, VideoFile
from orcarouter._events import Event
from orcarouter._session import Session
from orcarouter._submission import (
    CheckMode,
    PreparedRequest,
    build_body,
    make_call,
    prepare,
    submission_errors,
    validate,
)
from orcarouter._tasks import AsyncServiceTask, BaseServiceTask, ServiceTask
from orcarouter.errors import TaskError
from orcarouter.request_methods import RequestLike, typed_check, typed_submit
from orcarouter.task import Snapshot, StatusChange
from orcarouter_api import AsyncClient, Client, DownloadOptions
from orcarouter_api._runtime.notebook import follow_task
from orcarouter_api._runtime.task_errors import Naming
from orcarouter_api.api import video

__all__ = ["DEFAULT_TIMEOUT", "AsyncVideoTask", "AsyncVideos", "VideoTask", "Videos"]

DEFAULT_TIMEOUT = 3600.0
"""Seconds to wait for a task."""

ProgressCallback = Callable[[int, int | None], object]


class _BaseVideoTask:
    """What both kinds of handles share: everything that sends no request."""

    _task: BaseServiceTask
    _download: Download | None = None  # the last one of the video

    @property
    def id(self) -> str:
        """The task id, which is enough to resume the task in any process."""
        return self._task.id

    @property
    def model(self) -> str:
        """The model of the request; empty if unknown."""
        return self._task.model

    @property
    def snapshot(self) -> Snapshot | None:
        """The last known state, without asking the service; None if there is none yet."""
        return self._task.snapshot

    @property
    def timeline(self) -> tuple[StatusChange, ...]:
        """The status changes and failed lookups seen by this handle, oldest first."""
        return self._task.changes

    def resume_token(self) -> str:
        """A token with which any process can `resume` this task. Contains no credentials.

        Unlike the id alone it has the model and the time of the submission, so that polling
        continues on the same schedule.
        """
        return self._task.resume_token

    def __repr__(self) -> str:
        snapshot = self.snapshot
        return f"<{type(self).__name__} {self.id} {snapshot.status if snapshot else 'not polled'}>"

    def _repr_html_(self) -> str:
        return notebook.snapshot_html(self.snapshot, self.id, self._download)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a task is bound to its client: pass resume_token() to resume() instead")

    def _keep(self, file: VideoFile, done: Download) -> Download:
        if file == "video":
            self._download = done
        return done


class VideoTask(_BaseVideoTask):
    """A handle of a submitted task. Made by `videos.create`, `videos.task` and `resume`."""

    def __init__(self, task: ServiceTask, session: Session[Client]) -> None:
        """Called by `Videos`."""
        self._task: ServiceTask = task
        self._session = session

    def refresh(self) -> Snapshot:
        """Look the task up once and return its state.

        Raises TaskNotFoundError, LookupFailedError.
        """
        return self._task.refresh().last_snapshot

    def wait(
        self,
        timeout: float | None = DEFAULT_TIMEOUT,
        *,
        interval: float | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Snapshot:
        """Poll until the task has succeeded, and return its last state with the video's URL.

        An outage of the service does not end the wait.

        Args:
            timeout: Seconds; None for no limit.
            interval: Seconds between two polls, at most a day (86400). By default they follow from
                the usual duration of the model.
            on_event: Called with every event.

        Raises:
            TaskFailedError: The task ended without a video.
            TaskNotFoundError: The service does not know the task.
            LookupFailedError: The service rejects the lookup, for example because of the API key.
            WaitTimeoutError: Stopped waiting; the task continues and can be waited for again.
            ValueError: `timeout` or `interval` is out of range.
        """
        notify = self._session.notify(on_event)
        return self._task.wait(timeout, interval=interval, on_event=notify)

    def events(
        self, timeout: float | None = DEFAULT_TIMEOUT, *, interval: float | None = None
    ) -> Iterator[Event]:
        """Wait like `wait`, yielding an event for every lookup. Raises the same errors."""
        notify = self._session.notify()
        with Naming(self._task), closing(self._task.events(timeout, interval=interval)) as events:
            for event in events:
                notify(event)
                yield cast("Event", event)

    def download(
        self,
        path: str | Path,
        *,
        file: VideoFile = "video",
        timeout: float | None = DEFAULT_TIMEOUT,
        interval: float | None = None,
        on_progress: ProgressCallback | None = None,
        overwrite: bool = False,
    ) -> Download:
        """Wait for the task if necessary, then download the video to `path` (atomically).

        An interrupted download is kept in `path` + `.part` and continued by the next call.

        Args:
            path: The file to write. Its folder must exist.
            file: `video`, `last_frame` or `watermarked`; the last two if the request asked for them.
            timeout: Seconds for the wait, and again for the download; None for no limit.
            interval: As in `wait`.
            on_progress: Called with (bytes received, total bytes or None).
            overwrite: Whether an existing file may be replaced; nothing but a regular file is.

        Raises:
            DownloadFailedError: The task succeeded but the file could not be downloaded. A response
                that is no MP4 file is kept under the name that the message has.
            FileExistsError: There is a file at `path`, and `overwrite` is false.
            OutputFileError: The folder or the name cannot be used, or `path` is not a regular file.
            TaskError: As in `wait`.
        """
        task, session = self._task, self._session
        target = TaskFile(task, file, Path(path))

        def find_fresh_url() -> str | None:
            # The URL of an older snapshot may simply have expired.
            with suppress(TaskError):
                task.refresh()
                return target.find_url()
            return None

        with Naming(task), follow_task(task):
            target.check_target(overwrite=overwrite)
            on_event = session.notify()
            task.wait(timeout, interval=interval, on_event=on_event)
            options: DownloadOptions = {
                "timeout": timeout,
                "overwrite": overwrite,
                "on_progress": on_progress,
            }
            options |= target.make_options(find_fresh_url, on_event)
            with target.own_errors():
                done = session.downloader.download(target.find_url, target.path, **options)
        return self._keep(file, target.make_result(done))


class AsyncVideoTask(_BaseVideoTask):
    """A handle of a submitted task, for asyncio; otherwise like `VideoTask`."""

    def __init__(self, task: AsyncServiceTask, session: Session[AsyncClient]) -> None:
        """Called by `AsyncVideos`."""
        self._task: AsyncServiceTask = task
        self._session = session

    async def refresh(self) -> Snapshot:
        """See `VideoTask.refresh`."""
        return (await self._task.refresh()).last_snapshot

    async def wait(
        self,
        timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109  # the task continues after it
        *,
        interval: float | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Snapshot:
        """See `VideoTask.wait`."""
        notify = self._session.notify(on_event)
        return await self._task.wait(timeout, interval=interval, on_event=notify)

    async def events(
        self,
        timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109  # the task continues after it
        *,
        interval: float | None = None,
    ) -> AsyncIterator[Event]:
        """See `VideoTask.events`."""
        notify = self._session.notify()
        with Naming(self._task):
            async with aclosing(self._task.events(timeout, interval=interval)) as events:
                async for event in events:
                    notify(event)
                    yield cast("Event", event)

    async def download(
        self,
        path: str | Path,
        *,
        file: VideoFile = "video",
        timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109  # the task continues after it
        interval: float | None = None,
        on_progress: ProgressCallback | None = None,
        overwrite: bool = False,
    ) -> Download:
        """See `VideoTask.download`."""
        task, session = self._task, self._session
        target = TaskFile(task, file, Path(path))

        async def find_fresh_url() -> str | None:
            with suppress(TaskError):
                await task.refresh()
                return target.find_url()
            return None

        with Naming(task), follow_task(task):
            target.check_target(overwrite=overwrite)
            on_event = session.notify()
            await task.wait(timeout, interval=interval, on_event=on_event)
            options: DownloadOptions = {
                "timeout": timeout,
                "overwrite": overwrite,
                "on_progress": on_progress,
            }
            options |= target.make_options(find_fresh_url, on_event)
            with target.own_errors():
                done = await session.downloader.download(target.find_url, target.path, **options)
        return self._keep(file, target.make_result(done))


class Videos:
    """Submits and retrieves video tasks: `OrcaRouter.videos`."""

    def __init__(self, session: Session[Client]) -> None:
        """Called by `OrcaRouter`."""
        self._session = session

    @typed_check
    def prepare(self, request: RequestLike | None = None, /, **fields: Any) -> PreparedRequest:
        """The request that `create` would send, with its violations and its digest; sends nothing.

        Record the digest before you pass the result to `create`: if that is interrupted, or raises
        AmbiguousSubmissionError, the digest says which request it was.

        Raises InvalidRequestError if a local file cannot be used, or a value is not JSON; TypeError
        as `create` does.
        """
        return prepare(build_body(request, fields))

    @typed_submit
    def create(
        self, request: RequestLike | None = None, /, *, check: CheckMode = "strict", **fields: Any
    ) -> VideoTask:
        """Submit a (billable) generation task and return its handle without waiting for it.

        A submission is repeated only if it definitely created no task, and a limited number of
        times (`RetryPolicy`).

        Args:
            request: A request model of `orcarouter_api.models`, a mapping, or the result of
                `prepare`. A `pathlib.Path` anywhere in it is replaced by a data URI of that file.
            check: `strict`: a request that violates the capability map is not sent; `warn`: it is
                sent and the violations are logged; `off`: it is not validated.
            fields: Fields of the request body, which replace those of `request`. For a model that is
                known, type checkers check them (`orcarouter.keywords`).

        Raises:
            InvalidRequestError: Nothing was sent.
            APIConnectionError, RequestRejectedError: No task was created.
            AmbiguousSubmissionError: A task may or may not have been created.
            TypeError: A field is an option of the client or of a wait, such as `timeout`.
        """
        body = build_body(request, fields)
        validate(body, check)
        call, session = make_call(body), self._session
        with submission_errors(call):
            task = session.make_submitter().start(
                call,
                task_class=ServiceTask,
                timeout=session.submission_timeout,
                interrupt_timeout=session.retry_policy.interrupt_timeout,
            )
        return VideoTask(task, session)

    def retrieve(self, task_id: str) -> Snapshot:
        """Look up a task by its id or resume token and return its state.

        Raises TaskNotFoundError, LookupFailedError, ConfigurationError.
        """
        return self.task(task_id).refresh()

    def task(self, task_id: str) -> VideoTask:
        """A handle of a task by its id or resume token; sends nothing.

        Raises ConfigurationError if it is neither, or belongs to another service.
        """
        token = self._session.parse_token(task_id)
        task = self._session.client.resume(
            token.task_id,
            video.submit_video_task,
            started_at=token.submitted_at,
            task_class=ServiceTask,
        )
        task.model = token.model
        return VideoTask(task, self._session)


class AsyncVideos:
    """Submits and retrieves video tasks: `AsyncOrcaRouter.videos`."""

    def __init__(self, session: Session[AsyncClient]) -> None:
        """Called by `AsyncOrcaRouter`."""
        self._session = session

    @typed_check
    def prepare(self, request: RequestLike | None = None, /, **fields: Any) -> PreparedRequest:
        """See `Videos.prepare`."""
        return prepare(build_body(request, fields))

    @typed_submit
    async def create(
        self, request: RequestLike | None = None, /, *, check: CheckMode = "strict", **fields: Any
    ) -> AsyncVideoTask:
        """See `Videos.create`."""
        body = build_body(request, fields)
        validate(body, check)
        call, session = make_call(body), self._session
        with submission_errors(call):
            task = await session.make_submitter().start(
                call,
                task_class=AsyncServiceTask,
                timeout=session.submission_timeout,
                interrupt_timeout=session.retry_policy.interrupt_timeout,
            )
        return AsyncVideoTask(task, session)

    async def retrieve(self, task_id: str) -> Snapshot:
        """See `Videos.retrieve`."""
        return await self.task(task_id).refresh()

    def task(self, task_id: str) -> AsyncVideoTask:
        """See `Videos.task`."""
        token = self._session.parse_token(task_id)
        task = self._session.client.resume(
            token.task_id,
            video.submit_video_task,
            started_at=token.submitted_at,
            task_class=AsyncServiceTask,
        )
        task.model = token.model
        return AsyncVideoTask(task, self._session)
