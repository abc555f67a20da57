"""The flow of a download: from the sources of a file to a file that is complete or not there. Nothing here does I/O but on the file.

APIError
└── DownloadError
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn, TypeAlias, TypedDict, cast
from urllib.parse import quote, urlsplit

from attrs import evolve, field, frozen

from .call import Call, Request
from .errors import APIError, ConnectError, HTTPStatusError, TransportError
from .media_types import find_most_specific
from .part_files import PartFile, UnexpectedContentError
from .retries import PERMANENT_CAUSES, Retries
from .sources import (
    AnySource,
    RefusedError,
    Source,
    describe_source,
    read_data_uri,
)
from .transports import WholeTimeout
from .urls import find_origin, join_url, parse_url

Check: TypeAlias = Callable[[IO[bytes]], "str | None"]

_MOST_REDIRECTS = 5
# 4XX that may be temporary. All others mean that the file is not to be had.
_TEMPORARY_STATUSES = (408, 425, 429)


class DownloadError(APIError):
    """The file could not be downloaded; `path` is where it was to be. What was received is kept for another attempt, if the
    server's file can be told from others. `problems` has a text for each source that was tried.
    """

    path: Path = Path()
    problems: tuple[str, ...] = ()


@frozen
class Download:
    """A file that was downloaded: its path, its size in bytes and its SHA-256 in hexadecimal."""

    path: Path
    size: int
    sha256: str


class DownloadOptions(TypedDict, total=False):
    """Keyword arguments of `download`. Times are seconds.

    Attributes:
        timeout: For the whole download; None, the default, for no limit, as long as there is progress.
        stall_timeout: How long one source is tried without a new byte. Default: 300.
        overwrite: Whether an existing file may be replaced; nothing but a regular file is.
        sha256: What the file must have, in hexadecimal; a header Repr-Digest (RFC 9530) is compared in any case.
        check: Reads the file, and says what is wrong with it; None for nothing.
        check_unsized: The same, in addition, for a file whose size the server did not tell: it may have been cut.
        check_headers: Says what is wrong with the headers of a response, whose names are in lower case, so that it is
            requested again. Default: the media type must be one that the operation documents.
        keep_rejected: Whether a file that is wrong is kept beside `path`, with `.rejected-` and its digest in its name.
        alternatives: Further sources, tried one after the other when one has stopped working, such as a URL that has
            expired. A function returns the source, or None if there is none, when it is needed.
        key: Names the file where its URL changes, so that another process can continue. Default: the first source.
        send_credentials: Whether a URL at the origin of the base URL gets the client's credentials. Default: True.
        on_progress: Called with the bytes received, and those of the whole file or None.
        on_retry: Called with what went wrong and the seconds until the next request.
    """

    timeout: float | None
    stall_timeout: float
    overwrite: bool
    sha256: str | None
    check: Check | None
    check_unsized: Check | None
    check_headers: Callable[[Mapping[str, str]], str | None] | None
    keep_rejected: bool
    alternatives: Iterable[AnySource]
    key: str | None
    send_credentials: bool
    on_progress: Callable[[int, int | None], object] | None
    on_retry: Callable[[str, float], object] | None


class Redirect(Exception):
    """A response that refers to another URL."""

    def __init__(self, status_code: int, location: str) -> None:
        super().__init__(location)
        self.status_code, self.location = status_code, location


class _TooLate(Exception):
    """The timeout of the whole download has passed."""


@frozen
class Fetch:
    """A request whose body goes into a part file, to a base URL ("" for that of the client)."""

    call: Request[Any]
    base_url: str
    is_own: bool  # whether the client's credentials are for it
    part: PartFile
    timeout: WholeTimeout


@frozen
class Ask:
    """A function of the caller's that gives a source; with AsyncClient, it may have to be awaited."""

    function: Callable[[], Any]


@frozen(kw_only=True)
class DownloadFlow:
    """One download. `run` yields Fetches, Asks, seconds to wait, and functions that
    may block."""

    source: AnySource
    path: Path
    base_url: str
    locate: Callable[[Request[Any]], str]
    security: tuple[tuple[str | tuple[str, ...], ...], ...]
    request_timeout: float
    retries: Retries
    options: DownloadOptions
    # When requests may be sent again, by the origin that asked for a pause; "" is the API.
    pauses: dict[str, float]
    deadline: float
    digests: list[str] = field(factory=list)  # of the header Repr-Digest
    rejected: list[Path] = field(factory=list)
    last_problem: list[str] = field(
        factory=list
    )  # why the last request was not the last

    def run(self) -> Generator[Any, Any, Download]:
        """Raises DownloadError, FileExistsError and OSError for the path, and APIError."""
        overwrite = self.options.get("overwrite", False)
        open_part = partial(PartFile, self.path, self._key, overwrite=overwrite)
        part: PartFile = yield open_part
        part.before_write = self._check_deadline
        try:
            yield from self._try_sources(part)
            digest: str = yield part.finish
        except _TooLate:
            late = f"it took longer than {self.options.get('timeout'):g} s"
            self._fail([(self.source, "; ".join([late, *self.last_problem]))])
        finally:
            part.close()
        for path in self.rejected:  # another source had the file
            path.unlink(missing_ok=True)
        return Download(self.path, part.received, digest)

    @property
    def _key(self) -> str:
        if key := self.options.get("key"):
            return key
        source = self.source
        if isinstance(source, Request):
            return f"{source.path}?{source.query}"
        # The query of a URL may be a signature, which is not for the disk.
        return hashlib.sha256(str(source).encode()).hexdigest()

    def _try_sources(self, part: PartFile) -> Generator[Any, Any, None]:
        """Fetches the file from the first source that has it. Raises DownloadError, or the APIError of the only source."""
        failures: list[tuple[AnySource, str]] = []
        tried: list[Source] = []
        last: Exception | None = None
        for candidate in (self.source, *self.options.get("alternatives", ())):
            name: AnySource = candidate
            try:
                source: Source | None = cast("Source", candidate)
                if not isinstance(candidate, (str, Request)):
                    source = yield Ask(candidate)
                if source is None or source in tried:
                    continue
                name = source
                tried.append(source)
                yield from self._fetch(part, source)
                return
            except (RefusedError, APIError) as error:
                last = error
                problem = str(error)
                if isinstance(error, HTTPStatusError):
                    problem = f"HTTP {error.status_code}"
                failures.append((name, problem))
        if isinstance(last, APIError) and len(failures) == 1:
            raise last
        cause = last.__cause__ if isinstance(last, RefusedError) else last
        self._fail(failures, cause)

    def _fetch(self, part: PartFile, source: Source) -> Generator[Any, Any, None]:
        """Requests the rest of the file until it is complete. Raises RefusedError, _TooLate and APIError."""
        clock, options = self.retries.clock, self.options
        origin = find_origin(source) if isinstance(source, str) else ""
        part.check_headers = partial(self._check_headers, source)
        self.digests.clear()
        failures, best, since = 0, part.max_received, clock()
        doubtful_size = 0
        while True:
            self._check_deadline()
            if (pause := self.pauses.get(origin, 0.0) - clock()) > 0:
                yield min(pause, self.deadline - clock())
                self._check_deadline()
            retry_after, is_complete = 0.0, False
            cause: Exception | None = None
            try:
                left = self.deadline - clock()
                timeout = WholeTimeout(self.request_timeout, left)
                is_used = yield from self._request(part, source, timeout)
            except (ConnectError, TransportError, UnexpectedContentError) as error:
                is_unsent = isinstance(error, ConnectError)
                if is_unsent and type(error.__cause__).__name__ in PERMANENT_CAUSES:
                    raise
                problem, cause = str(error), error
            except HTTPStatusError as error:
                status_code = error.status_code
                problem, cause = f"HTTP {status_code}", error
                if status_code == 416 and part.received:
                    headers = {k.lower(): v for k, v in error.headers.items()}
                    is_complete = part.is_confirmed_complete(headers)
                    if not is_complete:
                        part.start_over()
                elif status_code < 500 and status_code not in _TEMPORARY_STATUSES:
                    raise
                retry_after = error.retry_after or 0.0
            else:
                is_complete = is_used and part.is_complete
                size = part.total or "an unknown number of"
                problem = f"incomplete: {part.received} of {size} bytes"
            if is_complete:
                flaw: str | None = yield partial(self._find_flaw, part)
                if flaw is None:
                    return
                # A body without an announced size may have been cut: it is requested once more.
                if part.total is not None or part.received == doubtful_size:
                    yield from self._reject(part, flaw)
                problem, doubtful_size = flaw, part.received
            # Only attempts without a new byte count as failures.
            if part.max_received > best:
                failures, best, since = 0, part.max_received, clock()
            failures += 1
            longest = self.retries.initial_backoff * 2.0 ** min(failures - 1, 30)
            backoff = min(longest, self.retries.max_backoff)
            backoff *= 0.5 + 0.5 * self.retries.random()
            wait = max(backoff, retry_after)
            if clock() + wait - since > options.get("stall_timeout", 300.0):
                raise RefusedError(problem) from cause
            if isinstance(cause, HTTPStatusError) and cause.status_code == 429:
                self.pauses[origin] = max(clock() + wait, self.pauses.get(origin, 0.0))
            wait = min(wait, max(0.0, self.deadline - clock()))
            self.last_problem[:] = [problem]
            if on_retry := options.get("on_retry"):
                on_retry(problem, wait)
            yield wait

    def _request(
        self, part: PartFile, source: Source, timeout: WholeTimeout
    ) -> Generator[Any, Any, bool]:
        """Requests the rest once, and follows redirects. Returns whether a body went into the file.

        Raises RefusedError, APIError and UnexpectedContentError.
        """
        own = [*part.make_range_headers().items(), ("Accept-Encoding", "identity")]
        base = self.base_url if isinstance(source, str) else self.locate(source)
        url = source if isinstance(source, str) else ""
        if url[:5].lower() == "data:":
            yield partial(_write_data_uri, part, url)
            return True
        if url:
            url = join_url(base + "/", url)
            if parse_url(url) is None:
                raise RefusedError("it is at no http or https URL")
        own_origins = [""]
        if self.options.get("send_credentials", True):
            own_origins.append(find_origin(base))
        is_own = True
        for _ in range(_MOST_REDIRECTS + 1):
            origin = find_origin(url)
            # Whoever sends the client back to the API must not use its credentials there.
            is_own = is_own and origin in own_origins
            call = self._make_call(url) if url else cast("Request[Any]", source)
            names = {name.lower() for name, _ in own}
            kept = [(k, v) for k, v in call.headers if k.lower() not in names]
            call = evolve(call, headers=(*kept, *own))
            try:
                is_used: bool = yield Fetch(call, origin, is_own, part, timeout)
                return is_used
            except Redirect as error:
                redirect = error
            before = url or base + call.path
            url = join_url(before, redirect.location)
            if not redirect.location or parse_url(url) is None:
                raise RefusedError(
                    f"HTTP {redirect.status_code} without a usable Location: no URL of http or https"
                )
            if find_origin(before)[:6] == "https:" != find_origin(url)[:6]:
                raise RefusedError("it redirects from https to http")
        raise RefusedError("too many redirects")

    def _make_call(self, url: str) -> Call[Any]:
        parts = urlsplit(url)
        path = quote(parts.path or "/", "/%:@!$&'()*+,;=~-._")
        query = quote(parts.query, "/%:@!$&'()*+,;=~-._?[]")
        return Call[Any]("GET", path, query, security=self.security)

    def _check_deadline(self) -> None:
        # >=, because a clock that only sleeps advance reaches the deadline and never passes it.
        if self.retries.clock() >= self.deadline:
            raise _TooLate

    def _check_headers(self, source: Source, headers: Mapping[str, str]) -> None:
        """Raises UnexpectedContentError: an error page is no file, whatever its status."""
        content_type = headers.get("content-type", "")
        if check := self.options.get("check_headers"):
            if problem := check(headers):
                raise UnexpectedContentError(problem)
        elif isinstance(source, Request) and content_type:
            responses = source.responses
            documented: dict[str, Any] = {}
            for status in responses:
                if str(status)[0] == "2":
                    documented |= responses.get_content(status)
            if documented and find_most_specific(documented, content_type) is None:
                media_type = content_type.partition(";")[0].strip()[:60]
                raise UnexpectedContentError(f"a response of type {media_type}")
        # RFC 9530, section 3: of the whole file, also in a response with a part of it.
        match = re.search(
            r"(?:^|[\s,])sha-256=:([A-Za-z0-9+/=]{44}):", headers.get("repr-digest", "")
        )
        if match:
            self.digests[:] = [base64.b64decode(match[1]).hex()]

    def _find_flaw(self, part: PartFile) -> str | None:
        """What is wrong with a file that is complete."""
        names = ["check"] + (["check_unsized"] if part.total is None else [])
        for name in names:
            check = cast("Check | None", self.options.get(name))
            if check is not None and (problem := part.find_problem(check)):
                return problem
        for expected in (*self.digests, self.options.get("sha256") or ""):
            if expected and part.sha256 != expected.strip().lower():
                return f"its SHA-256 is {part.sha256}, not {expected}"
        return None

    def _reject(self, part: PartFile, flaw: str) -> Generator[Any, Any, NoReturn]:
        if self.options.get("keep_rejected"):
            path: Path = yield part.set_aside
            self.rejected.append(path)
            flaw = f"{flaw}; the file received is kept as {path}"
        else:
            part.start_over()
        raise RefusedError(flaw)

    def _fail(
        self, failures: list[tuple[AnySource, str]], cause: BaseException | None = None
    ) -> NoReturn:
        name = describe_source(failures[0][0] if failures else self.source)
        problems = [f"{describe_source(source)}: {text}" for source, text in failures]
        text = "; ".join(problems) or "there is no source"
        if len(failures) == 1:
            text = failures[0][1]
        raise DownloadError.of(
            f"{name} cannot be downloaded to {self.path}: {text}",
            path=self.path,
            request=name,
            problems=tuple(problems),
        ) from cause

    def report(self, part: PartFile) -> None:
        """Tells the caller what has been received."""
        if on_progress := self.options.get("on_progress"):
            on_progress(part.received, part.total)


def _write_data_uri(part: PartFile, url: str) -> None:
    media_type, content = read_data_uri(url)
    headers = {"content-length": str(len(content)), "content-type": media_type}
    part.begin(200, headers)
    part.write(content)
