"""Downloading a file of a finished task: where it is, and what counts as a video.

The generated client does it. The service names a URL, mostly in object storage of someone else, which never gets the API key.
If that has stopped working, the task is retrieved again for a fresh one; if that does not help, the file is downloaded through
the API (reference, section 7).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, NoReturn

from attrs import frozen

from orcarouter import notebook
from orcarouter._events import Event
from orcarouter._mp4 import find_mp4_problem
from orcarouter._network import raise_alone
from orcarouter._redaction import escape, one_line, redact
from orcarouter._tasks import BaseServiceTask
from orcarouter.errors import DownloadFailedError, OutputFileError
from orcarouter_api import Client, DownloadOptions
from orcarouter_api import Download as APIDownload
from orcarouter_api._runtime.sources import AnySource
from orcarouter_api.api import video
from orcarouter_api.errors import APIError, DownloadError, HTTPStatusError

__all__ = ["Download", "TaskFile", "VideoFile"]

log = logging.getLogger("orcarouter")

VideoFile = Literal["video", "last_frame", "watermarked"]

_STALL_TIMEOUT = 900.0  # seconds


@frozen(kw_only=True)
class Download:
    """A completely downloaded file."""

    task_id: str
    path: Path
    size: int
    """Bytes."""
    sha256: str
    """Of the whole file, in hexadecimal."""

    def _repr_html_(self) -> str:
        return notebook.download_html(self)


@frozen
class TaskFile:
    """A file of a task, which has succeeded before its URL is asked for, and where it is downloaded to."""

    task: BaseServiceTask
    kind: VideoFile
    path: Path

    def check_target(self, *, overwrite: bool) -> None:
        """Check the path before the wait: one of an hour must not end in a wrong path.

        Raises FileExistsError, OutputFileError.
        """
        try:
            Client.check_target(self.path, overwrite=overwrite)
        except FileExistsError:
            raise
        except OSError as error:
            problem = f"{error.filename}: {error.strerror}"
            raise self.task.make_error(OutputFileError, problem) from error

    def find_url(self) -> str | None:
        """The URL that was last known."""
        snapshot = self.task.snapshot
        return None if snapshot is None else getattr(snapshot, f"{self.kind}_url")

    def make_options(
        self,
        find_fresh_url: Callable[[], Any],
        on_event: Callable[[Event], object],
    ) -> DownloadOptions:
        """The options that are the same for all downloads."""
        alternatives: list[AnySource] = [find_fresh_url]
        # The API serves the video only, no last frame and no watermarked version.
        if self.kind == "video":
            alternatives.append(video.get_video_content(self.task.id))
        options = DownloadOptions(
            key=f"{self.task.id} {self.kind}",
            alternatives=alternatives,
            send_credentials=False,
            stall_timeout=_STALL_TIMEOUT,
            check_headers=_check_headers,
            keep_rejected=True,
            on_retry=partial(self._report_retry, on_event),
        )
        if self.kind == "last_frame":
            options["check"] = _check_not_empty
        else:
            options["check"] = partial(_check_mp4, to_end=False)
            options["check_unsized"] = partial(_check_mp4, to_end=True)
        return options

    def _report_retry(
        self, on_event: Callable[[Event], object], problem: str, delay: float
    ) -> None:
        problem, task_id = one_line(problem), self.task.id
        log.warning("task %s: download: %s; trying again in %.1f s", task_id, problem, delay)
        on_event(self.task.make_event("retry", error=problem, next_poll=delay))

    def make_result(self, done: APIDownload) -> Download:
        """What the caller gets."""
        task_id = self.task.id
        log.info("task %s: downloaded %d bytes to %s", task_id, done.size, self.path)
        return Download(task_id=task_id, path=self.path, size=done.size, sha256=done.sha256)

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Raise the errors of a download as DownloadFailedError."""
        try:
            yield
        except DownloadError as error:
            missing = f"the service has no URL of the {self.kind.replace('_', ' ')}"
            self._fail("; ".join(error.problems) or missing, error)
        except HTTPStatusError as error:
            self._fail(f"HTTP {error.status_code}", error)
        except APIError as error:
            self._fail(str(error), error)
        except OSError as error:
            reason = error.strerror or str(error)
            if error.filename and str(error.filename) != str(self.path):
                reason = f"{error.filename}: {reason}"
            self._fail(f"cannot write {self.path}: {reason}", error)

    def _fail(self, problem: str, cause: Exception) -> NoReturn:
        advice = "The task has succeeded: downloading again by its id costs nothing"
        error = DownloadFailedError(
            f"task {self.task.id}: cannot download: {redact(escape(problem))}. {advice}",
            task_id=self.task.id,
            snapshot=self.task.snapshot,
            timeline=self.task.changes,
            advice=advice,
        )
        if isinstance(cause, APIError):
            raise_alone(error)
        raise error from cause


def _check_headers(headers: Mapping[str, str]) -> str | None:
    """Refuse HTML, JSON and XML, which are error pages, whatever the status; and what is empty."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type.endswith(
        ("/json", "/xml", "+json", "/xhtml+xml")
    ):
        return f"a response of type {one_line(media_type, 60)}"
    return "an empty response" if headers.get("content-length") == "0" else None


def _check_not_empty(file: IO[bytes]) -> str | None:
    return None if file.read(1) else "it is empty"


def _check_mp4(file: IO[bytes], *, to_end: bool) -> str | None:
    size = file.seek(0, 2)
    return find_mp4_problem(file, size, to_end=to_end)
