"""Handles of tasks: what can be done with one, blocking and in asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from orcarouter.core import CheckMode, Core, Request
from orcarouter.downloads import Download, Kind, Rules, download
from orcarouter.drivers import AsyncDriver, Driver
from orcarouter.polling import Watch, look_or_raise
from orcarouter.steps import Event, Flow
from orcarouter.tasks import Moment, Snapshot
from orcarouter.tokens import ResumeToken

__all__ = ["AsyncVideoTask", "AsyncVideos", "VideoTask", "Videos"]

HOUR = 3600.0
Progress = Callable[[int, int | None], object]


class _Task:
    """What needs no network."""

    def __init__(self, core: Core, watch: Watch) -> None:
        self._core = core
        self._watch = watch

    @property
    def id(self) -> str:
        return self._watch.task_id

    @property
    def model(self) -> str:
        """As it was submitted; empty when it is not known."""
        return self._watch.model

    @property
    def snapshot(self) -> Snapshot | None:
        """The last known state, without asking; None when nothing is known yet."""
        return self._watch.snapshot

    @property
    def timeline(self) -> tuple[Moment, ...]:
        """What was seen of the task and when, changes only."""
        return tuple(self._watch.timeline)

    def resume_token(self) -> str:
        """A word with which any process goes on with this task (`resume`). It holds no secret."""
        return self._core.token(self._watch)

    def __repr__(self) -> str:
        snapshot = self._watch.snapshot
        return (
            f"<{type(self).__name__} {self.id} {snapshot.status if snapshot else 'not looked at'}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a task is bound to its client: pass on resume_token(), and resume() there")

    def waiting(self, timeout: float | None, interval: float | None) -> Flow[Snapshot]:
        """The wait as a flow, for a driver."""
        return self._core.waiting(self._watch, timeout, interval)

    def _downloading(
        self,
        path: str | Path,
        kind: Kind,
        timeout: float | None,
        interval: float | None,
        progress: Progress | None,
    ) -> Flow[Download]:
        rules = Rules(
            base_url=self._core.base_url,
            allow_private=self._core.private_files,
            request_timeout=self._core.request_timeout,
            timeout=timeout,
            progress=progress,
        )
        target = Path(path)
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder; a file name is needed")
        if not target.parent.is_dir():
            raise FileNotFoundError(f"the folder {target.parent} does not exist")
        return self._waited(target, kind, rules, interval)

    def _waited(
        self, target: Path, kind: Kind, rules: Rules, interval: float | None
    ) -> Flow[Download]:
        yield from self.waiting(rules.timeout, interval)
        return (yield from download(self._watch, target, kind, rules))


class VideoTask(_Task):
    """A task that was accepted. Its id is all that another process needs."""

    def __init__(self, core: Core, watch: Watch, driver: Driver) -> None:
        """Made by `videos.create` and `resume`."""
        super().__init__(core, watch)
        self._driver = driver

    def look(self) -> Snapshot:
        """Ask the service for the state, once.

        Raises TaskNotFound, LookupFailed.
        """
        return self._driver.run(look_or_raise(self._watch))

    def wait(
        self,
        timeout: float | None = HOUR,
        *,
        interval: float | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Snapshot:
        """Wait until the video is there; gives the last state, with the video's URL.

        `timeout` is in seconds, None for ever; an outage of the service costs time and nothing else. `interval` in
        seconds, at most a day, replaces the schedule, which follows from the model. Raises TaskFailed, TaskNotFound, LookupFailed when
        the key is refused, and WaitTimeout, after which the task goes on and can be waited for again.
        """
        return self._driver.run(self.waiting(timeout, interval), on_event)

    def events(
        self, timeout: float | None = HOUR, *, interval: float | None = None
    ) -> Iterator[Event]:
        """Wait, and give every lookup as it happens. Raises as `wait` does."""
        return self._driver.events(self.waiting(timeout, interval))

    def download(
        self,
        path: str | Path,
        *,
        kind: Kind = "video",
        timeout: float | None = HOUR,
        interval: float | None = None,
        progress: Progress | None = None,
    ) -> Download:
        """Wait until the video is there if need be, and bring it to the file `path`, which is replaced as a whole.

        `kind` is `video`, `last_frame` or `watermarked`, the latter two where they were asked for. Interrupted, it goes
        on from `path.part` the next time. `timeout` is in seconds for the wait, and again for the transfer. `progress`
        is told the bytes that are there and that there will be. Raises as `wait` does, DownloadFailed, and OSError when
        the folder does not exist.
        """
        return self._driver.run(self._downloading(path, kind, timeout, interval, progress))


class AsyncVideoTask(_Task):
    """A task that was accepted, for asyncio; otherwise like `VideoTask`."""

    def __init__(self, core: Core, watch: Watch, driver: AsyncDriver) -> None:
        """Made by `videos.create` and `resume`."""
        super().__init__(core, watch)
        self._driver = driver

    async def look(self) -> Snapshot:
        """As `VideoTask.look`."""
        return await self._driver.run(look_or_raise(self._watch))

    async def wait(
        self,
        timeout: float | None = HOUR,  # noqa: ASYNC109  # a deadline of the flow, not a cancellation
        *,
        interval: float | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Snapshot:
        """As `VideoTask.wait`."""
        return await self._driver.run(self.waiting(timeout, interval), on_event)

    def events(
        self, timeout: float | None = HOUR, *, interval: float | None = None
    ) -> AsyncIterator[Event]:
        """As `VideoTask.events`."""
        return self._driver.events(self.waiting(timeout, interval))

    async def download(
        self,
        path: str | Path,
        *,
        kind: Kind = "video",
        timeout: float | None = HOUR,  # noqa: ASYNC109  # a deadline of the flow, not a cancellation
        interval: float | None = None,
        progress: Progress | None = None,
    ) -> Download:
        """As `VideoTask.download`."""
        return await self._driver.run(self._downloading(path, kind, timeout, interval, progress))


class Videos:
    """Submitting and finding tasks."""

    def __init__(self, core: Core, driver: Driver) -> None:
        """Made by `OrcaRouter`."""
        self._core = core
        self._driver = driver

    def create(
        self, request: Request | None = None, /, *, check: CheckMode = "strict", **fields: Any
    ) -> VideoTask:
        """Submit a task, which costs; gives its handle at once.

        The request is a model of `orcarouter_api.models`, a mapping, or keyword arguments, which also replace single
        fields of the other two. A `pathlib.Path` in it stands for the file's content. With `check="strict"` a request
        that the capability map refuses is not sent, with `"warn"` it is sent and logged, with `"off"` it is not looked
        at.

        Sent again only if it surely made no task, and a bounded number of times. Raises RequestInvalid, Unreachable and
        Refused when no task was made, SubmissionUnknown when that is not known.
        """
        body = self._core.body(request, fields)
        snapshot = self._driver.run(self._core.submission(body, check))
        return VideoTask(self._core, _submitted(self._core, snapshot), self._driver)

    def look(self, task_id: str) -> Snapshot:
        """The state of a task, by its id.

        Raises TaskNotFound, LookupFailed.
        """
        return self.task(task_id).look()

    def task(self, task_id: str) -> VideoTask:
        """The handle of a task by its id or resume token, without asking the service.

        Raises ConfigurationError.
        """
        watch = self._core.watch(ResumeToken.read(task_id))
        return VideoTask(self._core, watch, self._driver)


class AsyncVideos:
    """Submitting and finding tasks, for asyncio."""

    def __init__(self, core: Core, driver: AsyncDriver) -> None:
        """Made by `AsyncOrcaRouter`."""
        self._core = core
        self._driver = driver

    async def create(
        self, request: Request | None = None, /, *, check: CheckMode = "strict", **fields: Any
    ) -> AsyncVideoTask:
        """As `Videos.create`."""
        body = self._core.body(request, fields)
        snapshot = await self._driver.run(self._core.submission(body, check))
        return AsyncVideoTask(self._core, _submitted(self._core, snapshot), self._driver)

    async def look(self, task_id: str) -> Snapshot:
        """As `Videos.look`."""
        return await self.task(task_id).look()

    def task(self, task_id: str) -> AsyncVideoTask:
        """As `Videos.task`."""
        watch = self._core.watch(ResumeToken.read(task_id))
        return AsyncVideoTask(self._core, watch, self._driver)


def _submitted(core: Core, snapshot: Snapshot) -> Watch:
    token = ResumeToken(
        task_id=snapshot.task_id, model=snapshot.model, submitted_at=snapshot.submitted_at
    )
    return core.watch(token, snapshot)
