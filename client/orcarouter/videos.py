"""Video tasks: submitting them, and the handles to poll, wait for and download them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Any

from orcarouter import notebook
from orcarouter._flows.downloads import Download, TaskFile, VideoFile
from orcarouter._flows.factory import CheckMode, FlowFactory, PreparedRequest
from orcarouter._flows.polling import TaskTracker, poll_or_raise
from orcarouter._flows.tokens import ResumeToken
from orcarouter._io.effects import Event, Flow
from orcarouter._io.runner import AsyncRunner, Runner
from orcarouter.request_methods import RequestLike, typed_check, typed_submit
from orcarouter.task import Snapshot, StatusChange
from orcarouter_api import Download as APIDownload

__all__ = ["DEFAULT_TIMEOUT", "AsyncVideoTask", "AsyncVideos", "VideoTask", "Videos"]

DEFAULT_TIMEOUT = 3600.0
"""Seconds to wait for a task."""

ProgressCallback = Callable[[int, int | None], object]


@contextmanager
def _naming_task(task_id: str) -> Iterator[None]:
    """Give any other exception the task's id as well: an interrupt, or that of a callback."""
    try:
        yield
    except BaseException as error:
        if not hasattr(error, "task_id"):
            with suppress(AttributeError):  # an exception may be immutable
                error.task_id = task_id  # type: ignore[attr-defined]
                error.add_note(f"the task {task_id} exists: resume it by this id")
        raise


class _BaseVideoTask:
    """What both kinds of handles share: everything that sends no request."""

    def __init__(self, flows: FlowFactory, tracker: TaskTracker) -> None:
        self._flows = flows
        self._tracker = tracker
        self._download: Download | None = None  # the last one of the video

    @property
    def id(self) -> str:
        """The task id, which is enough to resume the task in any process."""
        return self._tracker.task_id

    @property
    def model(self) -> str:
        """The model of the request; empty if unknown."""
        return self._tracker.model

    @property
    def snapshot(self) -> Snapshot | None:
        """The last known state, without asking the service; None if there is none yet."""
        return self._tracker.snapshot

    @property
    def timeline(self) -> tuple[StatusChange, ...]:
        """The status changes and failed lookups seen by this handle, oldest first."""
        return tuple(self._tracker.timeline)

    def resume_token(self) -> str:
        """A token with which any process can `resume` this task. Contains no credentials.

        Unlike the id alone it has the model and the time of the submission, so that polling
        continues on the same schedule.
        """
        return self._flows.make_resume_token(self._tracker)

    def __repr__(self) -> str:
        snapshot = self._tracker.snapshot
        return f"<{type(self).__name__} {self.id} {snapshot.status if snapshot else 'not polled'}>"

    def _repr_html_(self) -> str:
        return notebook.snapshot_html(self._tracker.snapshot, self.id, self._download)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a task is bound to its client: pass resume_token() to resume() instead")

    def _wait_flow(self, timeout: float | None, interval: float | None) -> Flow[Snapshot]:
        return self._flows.wait(self._tracker, timeout, interval)

    def _take_download(self, task_file: TaskFile, done: APIDownload) -> Download:
        result = task_file.make_result(done)
        self._download = result if task_file.kind == "video" else self._download
        return result


class VideoTask(_BaseVideoTask):
    """A handle of a submitted task. Made by `videos.create`, `videos.task` and `resume`."""

    def __init__(self, flows: FlowFactory, tracker: TaskTracker, runner: Runner) -> None:
        """Called by `Videos`."""
        super().__init__(flows, tracker)
        self._runner = runner

    def refresh(self) -> Snapshot:
        """Look the task up once and return its state.

        Raises TaskNotFoundError, LookupFailedError.
        """
        return self._runner.run(poll_or_raise(self._tracker))

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
        with _naming_task(self.id), notebook.follow(self.id, on_event) as (callback, _):
            return self._runner.run(self._wait_flow(timeout, interval), callback)

    def events(
        self, timeout: float | None = DEFAULT_TIMEOUT, *, interval: float | None = None
    ) -> Iterator[Event]:
        """Wait like `wait`, yielding an event for every lookup. Raises the same errors."""
        return self._run_events(self._wait_flow(timeout, interval))

    def _run_events(self, flow: Flow[Snapshot]) -> Iterator[Event]:
        with _naming_task(self.id):
            yield from self._runner.events(flow)

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
        show = notebook.follow(self.id, None, on_progress)
        with _naming_task(self.id), show as (callback, on_progress):
            task_file = TaskFile(self._tracker, file, Path(path))
            task_file.check_target(overwrite=overwrite)
            runner = self._runner
            runner.run(self._wait_flow(timeout, interval), callback)
            options = task_file.make_options(
                runner.run,
                (runner.on_event, callback),
                {"timeout": timeout, "overwrite": overwrite, "on_progress": on_progress},
            )
            with task_file.own_errors():
                done = runner.downloader.download(task_file.find_url, task_file.target, **options)
            return self._take_download(task_file, done)


class AsyncVideoTask(_BaseVideoTask):
    """A handle of a submitted task, for asyncio; otherwise like `VideoTask`."""

    def __init__(self, flows: FlowFactory, tracker: TaskTracker, runner: AsyncRunner) -> None:
        """Called by `AsyncVideos`."""
        super().__init__(flows, tracker)
        self._runner = runner

    async def refresh(self) -> Snapshot:
        """See `VideoTask.refresh`."""
        return await self._runner.run(poll_or_raise(self._tracker))

    async def wait(
        self,
        timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109  # the task continues after it
        *,
        interval: float | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Snapshot:
        """See `VideoTask.wait`."""
        with _naming_task(self.id), notebook.follow(self.id, on_event) as (callback, _):
            return await self._runner.run(self._wait_flow(timeout, interval), callback)

    def events(
        self, timeout: float | None = DEFAULT_TIMEOUT, *, interval: float | None = None
    ) -> AsyncIterator[Event]:
        """See `VideoTask.events`."""
        return self._run_events(self._wait_flow(timeout, interval))

    async def _run_events(self, flow: Flow[Snapshot]) -> AsyncIterator[Event]:
        with _naming_task(self.id):
            async with aclosing(self._runner.events(flow)) as events:
                async for event in events:
                    yield event

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
        show = notebook.follow(self.id, None, on_progress)
        with _naming_task(self.id), show as (callback, on_progress):
            task_file = TaskFile(self._tracker, file, Path(path))
            task_file.check_target(overwrite=overwrite)
            runner = self._runner
            await runner.run(self._wait_flow(timeout, interval), callback)
            options = task_file.make_options(
                runner.run,
                (runner.on_event, callback),
                {"timeout": timeout, "overwrite": overwrite, "on_progress": on_progress},
            )
            with task_file.own_errors():
                done = await runner.downloader.download(
                    task_file.find_url, task_file.target, **options
                )
            return self._take_download(task_file, done)


class Videos:
    """Submits and retrieves video tasks: `OrcaRouter.videos`."""

    def __init__(self, flows: FlowFactory, runner: Runner) -> None:
        """Called by `OrcaRouter`."""
        self._flows = flows
        self._runner = runner

    @typed_check
    def prepare(self, request: RequestLike | None = None, /, **fields: Any) -> PreparedRequest:
        """The request that `create` would send, with its violations and its digest; sends nothing.

        Record the digest before you pass the result to `create`: if that is interrupted, or raises
        AmbiguousSubmissionError, the digest says which request it was.

        Raises InvalidRequestError if a local file cannot be used, or a value is not JSON; TypeError
        as `create` does.
        """
        return self._flows.prepare(self._flows.build_body(request, fields))

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
        body = self._flows.build_body(request, fields)
        snapshot = self._runner.run(self._flows.submit(body, check))
        return VideoTask(self._flows, self._flows.track_submitted(snapshot), self._runner)

    def retrieve(self, task_id: str) -> Snapshot:
        """Look up a task by its id or resume token and return its state.

        Raises TaskNotFoundError, LookupFailedError, ConfigurationError.
        """
        return self.task(task_id).refresh()

    def task(self, task_id: str) -> VideoTask:
        """A handle of a task by its id or resume token; sends nothing.

        Raises ConfigurationError if it is neither, or belongs to another service.
        """
        tracker = self._flows.track(ResumeToken.parse(task_id))
        return VideoTask(self._flows, tracker, self._runner)


class AsyncVideos:
    """Submits and retrieves video tasks: `AsyncOrcaRouter.videos`."""

    def __init__(self, flows: FlowFactory, runner: AsyncRunner) -> None:
        """Called by `AsyncOrcaRouter`."""
        self._flows = flows
        self._runner = runner

    @typed_check
    def prepare(self, request: RequestLike | None = None, /, **fields: Any) -> PreparedRequest:
        """See `Videos.prepare`."""
        return self._flows.prepare(self._flows.build_body(request, fields))

    @typed_submit
    async def create(
        self, request: RequestLike | None = None, /, *, check: CheckMode = "strict", **fields: Any
    ) -> AsyncVideoTask:
        """See `Videos.create`."""
        body = self._flows.build_body(request, fields)
        snapshot = await self._runner.run(self._flows.submit(body, check))
        return AsyncVideoTask(self._flows, self._flows.track_submitted(snapshot), self._runner)

    async def retrieve(self, task_id: str) -> Snapshot:
        """See `Videos.retrieve`."""
        return await self.task(task_id).refresh()

    def task(self, task_id: str) -> AsyncVideoTask:
        """See `Videos.task`."""
        tracker = self._flows.track(ResumeToken.parse(task_id))
        return AsyncVideoTask(self._flows, tracker, self._runner)
