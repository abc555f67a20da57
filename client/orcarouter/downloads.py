"""Bringing a finished video to the disk: a flow without network.

The file comes from wherever the service says that it is, which is mostly a store of someone else: it is asked without
the API key, its redirections are followed by hand, and addresses inside our own network are refused unless allowed.
When the URL no longer works the task is asked for a fresh one; when that does not help, the file is fetched through
the API (reference, section 7).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from attrs import field, frozen

from orcarouter.errors import DownloadFailed
from orcarouter.partfile import PartFile
from orcarouter.polling import Trouble, Watch, look
from orcarouter.redaction import brief, redacted
from orcarouter.refusals import retry_after
from orcarouter.schedule import Backoff
from orcarouter.steps import Blocking, Flow, Reply, Sleep, Transfer
from orcarouter.urls import origin, web_address
from orcarouter_api import Call
from orcarouter_api.api import video
from orcarouter_api.errors import ConnectionFailed, StatusError, TransportError

__all__ = ["Download", "Kind", "Rules", "download"]

log = logging.getLogger("orcarouter")

Kind = Literal["video", "last_frame", "watermarked"]

_REDIRECTIONS = 5
_PASSING = frozenset(
    {408, 425, 429}
)  # refusals that may pass; all other 4xx mean that the URL is no good


@frozen(kw_only=True)
class Download:
    """A file that is in its place."""

    task_id: str
    path: Path
    size: int
    """Bytes."""
    sha256: str
    """Of the whole file, in hexadecimal."""


@frozen(kw_only=True)
class Rules:
    """How a file is fetched. Times are seconds."""

    base_url: str
    """Where the API is."""
    allow_private: bool = False
    """Whether a file may come from an address that is not public, such as this machine's."""
    request_timeout: float = 60.0
    """For each of connecting and waiting for more of the file."""
    patience: float = 900.0
    """How long to go on trying without getting a single new byte."""
    timeout: float | None = None
    """For all of it; None for as long as there is progress."""
    backoff: Backoff = field(factory=Backoff)
    progress: Callable[[int, int | None], object] | None = None
    """Told the bytes that are there, and how many there will be, None where that is not known."""


class _Unusable(Exception):
    """This place will not give the file; the text says why."""


class _NotTheFile(Exception):
    """Something between us and the file answered in its place."""


class _Slow(Exception):
    """The time for all of it is over."""


def download(watch: Watch, target: Path, kind: Kind, rules: Rules) -> Flow[Download]:
    """Fetches a file of a task that has succeeded.

    Raises DownloadFailed.
    """
    fetch = _Fetch(watch, target, kind, rules)
    try:
        return (yield from fetch.run())
    except OSError as error:
        reason = error.strerror or str(error)
        fetch.fail(f"cannot write {target}: {reason}", error)
    except _Slow as error:
        fetch.fail(f"it took longer than {rules.timeout:.0f} s", error)


class _Fetch:
    """One download."""

    def __init__(self, watch: Watch, target: Path, kind: Kind, rules: Rules) -> None:
        self.watch, self.target, self.kind, self.rules = watch, target, kind, rules
        self.clock = watch.clock
        self.deadline = (
            float("inf") if rules.timeout is None else self.clock.monotonic() + rules.timeout
        )

    def run(self) -> Flow[Download]:
        subject = f"{self.watch.task_id} {self.kind}"
        part: PartFile = yield Blocking(partial(PartFile, self.target, subject))
        part.before_begin = _check_type
        part.before_take = self.check_time
        try:
            yield from self.fill(part)
            digest: str = yield Blocking(part.finish)
        finally:
            part.close()
        log.info("task %s: %d bytes in %s", self.watch.task_id, part.received, self.target)
        return Download(
            task_id=self.watch.task_id, path=self.target, size=part.received, sha256=digest
        )

    def fill(self, part: PartFile) -> Flow[None]:
        """Try the places where the file may be, one after the other."""
        url = self.url
        complaints: list[str] = []
        for attempt in ("the URL", "a fresh URL", "the API"):
            if attempt == "a fresh URL":
                fresh = yield from self.fresh_url()
                if fresh is None or fresh == url:
                    continue
                url = fresh
            if attempt != "the API" and url is None:
                continue
            if attempt == "the API" and self.kind != "video":
                continue
            place = None if attempt == "the API" else url
            try:
                yield from self.until_whole(part, place)
            except _Unusable as error:
                complaints.append(f"{attempt}: {error}")
                log.warning("task %s: %s: %s", self.watch.task_id, attempt, error)
            else:
                return
        self.fail("; ".join(complaints) or f"the service names no {self.kind.replace('_', ' ')}")

    @property
    def url(self) -> str | None:
        snapshot = self.watch.snapshot
        return None if snapshot is None else getattr(snapshot, f"{self.kind}_url")

    def fresh_url(self) -> Flow[str | None]:
        """What the task says now. An older URL may simply have expired."""
        seen = yield from look(self.watch)
        if isinstance(seen, Trouble):
            return None
        self.watch.saw(seen)
        return self.url

    def until_whole(self, part: PartFile, url: str | None) -> Flow[None]:
        """Ask one place until all of the file is there.

        Raises _Unusable when it will not come from there.
        """
        failures, best, since = 0, part.most, self.clock.monotonic()
        while True:
            self.check_time()
            pause = None
            try:
                yield from self.once(part, url)
            except (ConnectionFailed, TransportError, _NotTheFile) as error:
                complaint = brief(str(error))
            except StatusError as error:
                headers = {name.lower(): value for name, value in error.headers.items()}
                if error.status == 416 and part.received:
                    if part.is_all(headers):
                        return
                    part.start_over()
                elif 400 <= error.status < 500 and error.status not in _PASSING:
                    raise _Unusable(f"HTTP {error.status}") from error
                complaint = f"HTTP {error.status}"
                pause = retry_after(Reply(error.status, headers, error.content))
            else:
                if part.whole and part.received:
                    return
                complaint = f"{part.received} bytes of {part.total or 'some'}"
            if part.most > best:
                failures, best, since = 0, part.most, self.clock.monotonic()
            failures += 1
            delay = max(self.rules.backoff.delay(failures), pause or 0.0)
            if self.clock.monotonic() + delay - since > self.rules.patience:
                raise _Unusable(complaint)
            log.info("task %s: download: %s; again in %.0f s", self.watch.task_id, complaint, delay)
            yield Sleep(min(delay, max(0.0, self.deadline - self.clock.monotonic())))

    def once(self, part: PartFile, url: str | None) -> Flow[None]:
        """One request, redirections included."""
        headers = part.headers()
        timeout = min(self.rules.request_timeout, max(1.0, self.deadline - self.clock.monotonic()))
        transfer = partial(Transfer, sink=part, timeout=timeout, after=partial(self.tell, part))
        if url is None:
            call = video.get_video_content(self.watch.task_id, range_=headers.get("Range"))
            try:
                yield transfer(call)
                return
            except StatusError as error:
                if not 300 <= error.status < 400:
                    raise
                url = _redirected(self.rules.base_url + call.path, error)
        for _ in range(_REDIRECTIONS + 1):
            if url[:5].lower() == "data:":
                yield Blocking(partial(_inline, part, url))
                return
            yield Blocking(partial(self.permit, url))
            try:
                yield transfer(_get(url, headers), origin=origin(url))
                return
            except StatusError as error:
                if not 300 <= error.status < 400:
                    raise
                url = _redirected(url, error)
        raise _Unusable("too many redirections")

    def permit(self, url: str) -> None:
        """Refuse what is not to be fetched.

        Raises _Unusable.
        """
        if not self.rules.allow_private and (address := _private_address(url)):
            raise _Unusable(
                f"{redacted(origin(url))} is at {address}, which is not a public address"
            )

    def check_time(self) -> None:
        # A clock that is moved by the pauses alone gets to the deadline and no further.
        if self.clock.monotonic() >= self.deadline:
            raise _Slow

    def tell(self, part: PartFile) -> None:
        if self.rules.progress is not None:
            self.rules.progress(part.received, part.total)

    def fail(self, message: str, cause: BaseException | None = None) -> NoReturn:
        advice = "The video is finished: download it again by the task's id, which costs nothing"
        raise DownloadFailed(
            f"task {self.watch.task_id}: cannot download: {message}. {advice}",
            task_id=self.watch.task_id,
            snapshot=self.watch.snapshot,
            timeline=self.watch.timeline,
            advice=advice,
        ) from cause


def _get(url: str, headers: dict[str, str]) -> Call[Any]:
    """A request of a file: no credentials, and the bytes as they are."""
    parts = urlsplit(url)
    return Call(
        method="GET",
        path=parts.path or "/",
        query=parts.query,
        headers=(("Accept-Encoding", "identity"), *headers.items()),
        answers={"200": {"*/*": "bytes"}, "206": {"*/*": "bytes"}},
    )


def _check_type(headers: Mapping[str, str]) -> None:
    """No page or message is a video or an image.

    Raises _NotTheFile.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind.endswith(("/json", "/xml", "+json", "/xhtml+xml")):
        raise _NotTheFile(f"an answer of type {brief(kind, 60)}")


def _redirected(url: str, error: StatusError) -> str:
    location = next((v for k, v in error.headers.items() if k.lower() == "location"), "")
    try:
        to = urljoin(url, location)
    except ValueError:
        to = ""
    parts = web_address(to)
    if not location or parts is None:
        raise _Unusable(f"HTTP {error.status} without a usable address") from error
    if url.startswith("https:") and parts.scheme != "https":
        raise _Unusable("it leads from https to http") from error
    return to


def _private_address(url: str) -> str | None:
    """An address of the URL's host that is not public; None when there is none.

    A name that cannot be resolved here passes: the connection will fail, or a proxy knows better.
    """
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return None
    for *_, address in found:
        ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if not ip.is_global or ip.is_multicast:
            return str(ip)
    return None


def _inline(part: PartFile, url: str) -> None:
    """The content of a data URI (RFC 2397)."""
    head, comma, content = url.partition(",")
    raw = unquote_to_bytes(content)
    if head.endswith(";base64"):
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error as error:
            raise _Unusable("the data URI cannot be read") from error
    if not comma or not raw:
        raise _Unusable("the data URI is empty")
    part.begin(200, {"content-length": str(len(raw))})
    part.take(raw)
