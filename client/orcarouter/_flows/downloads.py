"""Downloading a file of a finished task: a flow without I/O.

The service names a URL, mostly in object storage of someone else. It is requested without the API
key, redirects are followed one by one, and private addresses are refused unless allowed. If the URL
has stopped working, the task is retrieved again for a fresh one; if that does not help, the file is
downloaded through the API (reference, section 7).
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from attrs import evolve, field, frozen

from orcarouter import notebook
from orcarouter._flows.polling import LookupFailure, TaskTracker, poll
from orcarouter._flows.schedule import Backoff
from orcarouter._http.api_errors import parse_retry_after
from orcarouter._http.redaction import one_line
from orcarouter._http.urls import get_origin, parse_http_url
from orcarouter._io.addresses import PrivateAddressError
from orcarouter._io.effects import Emit, Flow, HTTPResponse, RunInThread, Sleep, StreamTo
from orcarouter._io.partfile import PartFile, UnexpectedContentError
from orcarouter._io.transports import ProxyUnreachableError
from orcarouter.errors import DownloadFailedError, OrcaRouterError
from orcarouter_api import Call
from orcarouter_api._runtime.response import Responses
from orcarouter_api.api import video
from orcarouter_api.errors import ConnectError, HTTPStatusError, TransportError

__all__ = ["Download", "DownloadOptions", "VideoFile", "download"]

log = logging.getLogger("orcarouter")

VideoFile = Literal["video", "last_frame", "watermarked"]

_MAX_REDIRECTS = 5
# 4xx statuses that may be temporary. All others mean that the URL is invalid or has expired.
_TEMPORARY_STATUSES = frozenset({408, 425, 429})


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


@frozen(kw_only=True)
class DownloadOptions:
    """How a file is downloaded. Times are seconds."""

    base_url: str
    """The API's base URL."""
    request_timeout: float = 60.0
    """For each of connecting and waiting for more of the file."""
    stall_timeout: float = 900.0
    """How long to keep trying one URL without receiving a new byte."""
    timeout: float | None = None
    """For the whole download; None: as long as there is progress."""
    overwrite: bool = False
    """Whether the download may replace an existing file."""
    backoff: Backoff = field(factory=Backoff)
    on_progress: Callable[[int, int | None], object] | None = None
    """Called with (bytes received, total bytes or None)."""


class _SourceError(Exception):
    """The file cannot be downloaded from this URL; the message says why."""


class _DeadlineError(Exception):
    """The timeout of the whole download has passed."""


def download(
    tracker: TaskTracker, target: Path, file: VideoFile, options: DownloadOptions
) -> Flow[Download]:
    """Download a file of a task that has succeeded.

    Raises DownloadFailedError.
    """
    downloader = _Downloader(tracker, target, file, options)
    try:
        return (yield from downloader.run())
    except OSError as error:
        reason = error.strerror or str(error)
        if error.filename and str(error.filename) != str(target):
            reason = f"{error.filename}: {reason}"
        downloader.fail(f"cannot write {target}: {reason}", error)
    except _DeadlineError as error:
        downloader.fail(f"it took longer than {options.timeout:.0f} s", error)


class _Downloader:
    """One download; its generator methods are parts of the flow."""

    def __init__(
        self, tracker: TaskTracker, target: Path, file: VideoFile, options: DownloadOptions
    ) -> None:
        self.tracker, self.target, self.file, self.options = tracker, target, file, options
        self.clock = tracker.clock
        self.set_aside: list[Path] = []
        timeout = options.timeout
        self.deadline = float("inf") if timeout is None else self.clock.monotonic() + timeout

    def run(self) -> Flow[Download]:
        task_id = self.tracker.task_id
        subject = f"{task_id} {self.file}"
        part: PartFile = yield RunInThread(
            partial(PartFile, self.target, subject, overwrite=self.options.overwrite)
        )
        part.check_headers = _check_media_type
        part.before_write = self.check_deadline
        try:
            yield from self.try_sources(part)
            digest: str = yield RunInThread(part.finish)
        finally:
            part.close()
        for path in self.set_aside:  # another source had the video
            path.unlink(missing_ok=True)
        log.info("task %s: downloaded %d bytes to %s", task_id, part.received, self.target)
        return Download(task_id=task_id, path=self.target, size=part.received, sha256=digest)

    def try_sources(self, part: PartFile) -> Flow[None]:
        """Try the URL that is known, a fresh URL, and the API, until one gives the file.

        Raises DownloadFailedError.
        """
        url = self.url
        problems: list[str] = []
        for source in ("the URL", "a fresh URL", "the API"):
            if source == "a fresh URL":
                fresh_url = yield from self.retrieve_url()
                if fresh_url is None or fresh_url == url:
                    continue
                url = fresh_url
            if source != "the API" and url is None:
                continue
            # The API serves the video only, no last frame and no watermarked version.
            if source == "the API" and self.file != "video":
                continue
            try:
                yield from self.fetch(part, None if source == "the API" else url)
            except _SourceError as error:
                problems.append(f"{source}: {error}")
                log.warning("task %s: %s: %s", self.tracker.task_id, source, error)
            else:
                return
        missing = f"the service has no URL of the {self.file.replace('_', ' ')}"
        self.fail("; ".join(problems) or missing)

    @property
    def url(self) -> str | None:
        snapshot = self.tracker.snapshot
        return None if snapshot is None else getattr(snapshot, f"{self.file}_url")

    def retrieve_url(self) -> Flow[str | None]:
        """Retrieve the task again: the URL of an older snapshot may simply have expired."""
        result = yield from poll(self.tracker)
        if isinstance(result, LookupFailure):
            return None
        self.tracker.update(result)
        return self.url

    def fetch(self, part: PartFile, url: str | None) -> Flow[None]:
        """Request one source, repeatedly if necessary, until the file is complete.

        `url` None is the API. Raises _SourceError, _DeadlineError.
        """
        failures, best, since = 0, part.max_received, self.clock.monotonic()
        doubtful_size = 0
        while True:
            self.check_deadline()
            retry_after, is_complete = None, False
            try:
                yield from self.request(part, url)
            except (ConnectError, TransportError, UnexpectedContentError) as error:
                problem = one_line(str(error))
            except ProxyUnreachableError as error:
                problem = str(error)
            except OrcaRouterError as error:
                raise _SourceError(str(error)) from error
            except HTTPStatusError as error:
                response = _get_response(error)
                problem = f"HTTP {response.status_code}"
                if response.status_code == 416 and part.received:
                    is_complete = part.is_confirmed_complete(response.headers)
                    if not is_complete:
                        part.start_over()
                elif (
                    400 <= response.status_code < 500
                    and response.status_code not in _TEMPORARY_STATUSES
                ):
                    raise _SourceError(problem) from error
                retry_after = parse_retry_after(response)
            else:
                is_complete = part.is_complete and part.received > 0
                problem = f"incomplete: {part.received} of {part.total or 'unknown'} bytes"
            if is_complete:
                flaw = None
                if self.file != "last_frame":
                    flaw = yield RunInThread(part.find_mp4_problem)
                if flaw is None:
                    return
                # A body without an announced size may have been cut: it is requested once more.
                if part.total is not None or part.received == doubtful_size:
                    path: Path = yield RunInThread(part.set_aside)
                    self.set_aside.append(path)
                    raise _SourceError(f"{flaw}; the file received is kept as {path}")
                problem, doubtful_size = flaw, part.received
            # Only attempts without a new byte count as failures.
            if part.max_received > best:
                failures, best, since = 0, part.max_received, self.clock.monotonic()
            failures += 1
            delay = max(self.options.backoff.delay(failures), retry_after or 0.0)
            if self.clock.monotonic() + delay - since > self.options.stall_timeout:
                raise _SourceError(problem)
            delay = min(delay, max(0.0, self.deadline - self.clock.monotonic()))
            task_id = self.tracker.task_id
            log.warning("task %s: download: %s; trying again in %.1f s", task_id, problem, delay)
            yield Emit(self.tracker.make_event("retry", error=problem, next_poll_in=delay))
            yield Sleep(delay)

    def request(self, part: PartFile, url: str | None) -> Flow[None]:
        """Send one request for the rest of the file, and follow its redirects.

        Raises _SourceError, and what `StreamTo` throws.
        """
        headers = part.make_range_headers()
        remaining = self.deadline - self.clock.monotonic()
        timeout = min(self.options.request_timeout, max(1.0, remaining))
        stream_to = partial(
            StreamTo,
            sink=part,
            timeout=timeout,
            total_timeout=max(1.0, remaining),
            after_chunk=partial(self.report_progress, part),
        )
        if url is None:
            call = video.get_video_content(self.tracker.task_id, range_=headers.get("Range"))
            if "If-Range" in headers:
                call = evolve(call, headers=(*call.headers, ("If-Range", headers["If-Range"])))
            try:
                yield stream_to(call)
                return
            except HTTPStatusError as error:
                url = _get_redirect_url(self.options.base_url + call.path, error)
        # Followed here rather than by httpx: none gets the key.
        for _ in range(_MAX_REDIRECTS + 1):
            if url[:5].lower() == "data:":
                yield RunInThread(partial(_write_data_uri, part, url))
                return
            try:
                yield stream_to(_make_file_call(url, headers), origin=get_origin(url))
                return
            except PrivateAddressError as error:
                raise _SourceError(str(error)) from error
            except HTTPStatusError as error:
                url = _get_redirect_url(url, error)
        raise _SourceError("too many redirects")

    def check_deadline(self) -> None:
        # >=, because a clock that only sleeps advance reaches the deadline and never passes it.
        if self.clock.monotonic() >= self.deadline:
            raise _DeadlineError

    def report_progress(self, part: PartFile) -> None:
        if self.options.on_progress is not None:
            self.options.on_progress(part.received, part.total)

    def fail(self, message: str, cause: BaseException | None = None) -> NoReturn:
        advice = "The task has succeeded: downloading again by its id costs nothing"
        raise DownloadFailedError(
            f"task {self.tracker.task_id}: cannot download: {message}. {advice}",
            task_id=self.tracker.task_id,
            snapshot=self.tracker.snapshot,
            timeline=self.tracker.timeline,
            advice=advice,
        ) from cause


def _make_file_call(url: str, headers: dict[str, str]) -> Call[Any]:
    """A GET request without credentials and without content coding, which ranges do not fit."""
    parts = urlsplit(url)
    return Call(
        method="GET",
        path=parts.path or "/",
        query=parts.query,
        headers=(("Accept-Encoding", "identity"), *headers.items()),
        responses=Responses({200: {"*/*": bytes}, 206: {"*/*": bytes}}),
    )


def _get_response(error: HTTPStatusError) -> HTTPResponse:
    headers = {name.lower(): value for name, value in error.headers.items()}
    return HTTPResponse(error.status_code, headers, error.content)


def _check_media_type(headers: Mapping[str, str]) -> None:
    """Refuse HTML, JSON and XML: they are error pages, whatever the status.

    Raises UnexpectedContentError.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type.endswith(
        ("/json", "/xml", "+json", "/xhtml+xml")
    ):
        raise UnexpectedContentError(f"a response of type {one_line(media_type, 60)}")


def _get_redirect_url(url: str, error: HTTPStatusError) -> str:
    """The absolute URL that a redirect leads to; raises the error again if it is not a redirect.

    Raises _SourceError if there is no usable one.
    """
    response = _get_response(error)
    if not 300 <= response.status_code < 400:
        raise error
    location = response.header("location")
    try:
        target = urljoin(url, location)
    except ValueError:
        target = ""
    parts = parse_http_url(target)
    if not location or parts is None:
        raise _SourceError(f"HTTP {response.status_code} without a usable Location") from error
    if url.startswith("https:") and parts.scheme != "https":
        raise _SourceError("it redirects from https to http") from error
    return target


def _write_data_uri(part: PartFile, url: str) -> None:
    """Write the content of a data URI (RFC 2397).

    Raises _SourceError.
    """
    head, comma, encoded = url.partition(",")
    content = unquote_to_bytes(encoded)
    if head.endswith(";base64"):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise _SourceError("the data URI is not valid base64") from error
    if not comma or not content:
        raise _SourceError("the data URI is empty")
    part.begin(200, {"content-length": str(len(content))})
    part.write(content)
