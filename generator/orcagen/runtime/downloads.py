"""Downloads: what an operation or a URL gives, as a file that is complete or not there.

An interrupted download is continued, by the same call or by another process, if the server still has the same file (RFC 9110,
section 13.1.5). Redirects are followed one by one; credentials go to the origin of the client's base URL alone, and other
hosts must have public addresses, unless the client's option `allow_private` says otherwise.

    APIError
    └── DownloadError
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn, TypeAlias, TypedDict, Unpack, cast
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

from attrs import evolve, field, frozen

from .addresses import is_private_url
from .call import Call, Request
from .client import BaseAsyncClient, BaseSyncClient
from .errors import APIError, ConnectError, HTTPStatusError, TransportError
from .media_types import find_most_specific
from .once import OnceClient
from .part_files import PartFile, UnexpectedContentError, check_target
from .retries import Retries
from .transports import CertificateError, CheckedConnections, WholeTimeout

Source: TypeAlias = "Request[Any] | str"
AnySource: TypeAlias = "Source | Callable[[], Source | Awaitable[Source | None] | None]"
Check: TypeAlias = Callable[[IO[bytes]], "str | None"]

_MOST_REDIRECTS = 5
_REDIRECTS = (300, 301, 302, 303, 307, 308)
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


class _Redirect(Exception):
    """A response that refers to another URL."""

    def __init__(self, status_code: int, location: str) -> None:
        super().__init__(location)
        self.status_code, self.location = status_code, location


class _Refused(Exception):
    """The file cannot be downloaded from a source; the message says why."""


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
class _Task:
    """One download. Nothing here does I/O but on the file; `run` yields Fetches, Asks, seconds to wait, and functions that
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
            seconds = self.options.get("timeout")
            self._fail([(self.source, f"it took longer than {seconds:g} s")])
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
            except (_Refused, APIError) as error:
                last = error
                problem = str(error)
                if isinstance(error, HTTPStatusError):
                    problem = f"HTTP {error.status_code}"
                failures.append((name, problem))
        if isinstance(last, APIError) and len(failures) == 1:
            raise last
        cause = last.__cause__ if isinstance(last, _Refused) else last
        self._fail(failures, cause)

    def _fetch(self, part: PartFile, source: Source) -> Generator[Any, Any, None]:
        """Requests the rest of the file until it is complete. Raises _Refused, _TooLate and APIError."""
        clock, options = self.retries.clock, self.options
        origin = _find_origin(source) if isinstance(source, str) else ""
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
            except CertificateError:
                raise
            except (ConnectError, TransportError, UnexpectedContentError) as error:
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
                raise _Refused(problem) from cause
            if isinstance(cause, HTTPStatusError) and cause.status_code == 429:
                self.pauses[origin] = max(clock() + wait, self.pauses.get(origin, 0.0))
            wait = min(wait, max(0.0, self.deadline - clock()))
            if on_retry := options.get("on_retry"):
                on_retry(problem, wait)
            yield wait

    def _request(
        self, part: PartFile, source: Source, timeout: WholeTimeout
    ) -> Generator[Any, Any, bool]:
        """Requests the rest once, and follows redirects. Returns whether a body went into the file. Raises _Refused, APIError and UnexpectedContentError."""
        own = [*part.make_range_headers().items(), ("Accept-Encoding", "identity")]
        base = self.base_url if isinstance(source, str) else self.locate(source)
        url = source if isinstance(source, str) else ""
        if url[:5].lower() == "data:":
            yield partial(_write_data_uri, part, url)
            return True
        if url:
            url = _join(base + "/", url)
            if _parse(url) is None:
                raise _Refused("it is at no http or https URL")
        for _ in range(_MOST_REDIRECTS + 1):
            origin, is_own = "", True
            if url:
                origin = _find_origin(url)
                is_own = origin == _find_origin(base) and self.options.get(
                    "send_credentials", True
                )
                call: Request[Any] = self._make_call(url)
            else:
                call = cast("Request[Any]", source)
            names = {name.lower() for name, _ in own}
            kept = [(k, v) for k, v in call.headers if k.lower() not in names]
            call = evolve(call, headers=(*kept, *own))
            try:
                is_used: bool = yield Fetch(call, origin, is_own, part, timeout)
                return is_used
            except _Redirect as error:
                redirect = error
            before = url or base + call.path
            url = _join(before, redirect.location)
            if not redirect.location or _parse(url) is None:
                raise _Refused(
                    f"HTTP {redirect.status_code} without a usable Location: no URL of http or https"
                )
            if before.startswith("https:") and url.startswith("http:"):
                raise _Refused("it redirects from https to http")
        raise _Refused("too many redirects")

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
        raise _Refused(flaw)

    def _fail(
        self, failures: list[tuple[AnySource, str]], cause: BaseException | None = None
    ) -> NoReturn:
        name = _describe(failures[0][0] if failures else self.source)
        problems = [f"{_describe(source)}: {text}" for source, text in failures]
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


def _describe(source: AnySource) -> str:
    """A source as messages name it: without a query, which may be a signature, and without user and password."""
    if isinstance(source, Request):
        return source.request
    if not isinstance(source, str):
        return "the file"
    if source[:5].lower() == "data:":
        return "a data URI"
    return re.sub(r"(?<=//)[^/?#]*@", "", re.split("[?#]", source)[0])


def _join(base: str, url: str) -> str:
    """The absolute URL; "" if there is none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _parse(url: str) -> SplitResult | None:
    """The parts of an http or https URL whose host can be looked up; None for any other text."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and parts.hostname
        (parts.hostname or "").encode("idna")  # raises on labels that are too long
        return parts if is_valid and parts.port != 0 else None
    except ValueError:
        return None


def _find_origin(url: str) -> str:
    if (parts := _parse(url)) is None:
        return ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _write_data_uri(part: PartFile, url: str) -> None:
    """Writes the content of a data URI (RFC 2397). Raises _Refused."""
    head, comma, encoded = url.partition(",")
    content = unquote_to_bytes(encoded)
    if head.endswith(";base64"):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise _Refused("the data URI is not valid base64") from error
    if not comma or not content:
        raise _Refused("the data URI is empty")
    media_type = head[5:].partition(";")[0]
    headers = {"content-length": str(len(content)), "content-type": media_type}
    part.begin(200, headers)
    part.write(content)


def _begin(part: PartFile, status_code: int, headers: Mapping[str, str]) -> bool:
    """Whether the body of a response goes into the file. Raises what the part file raises."""
    return part.begin(status_code, {k.lower(): v for k, v in headers.items()})


class _Downloader(OnceClient):
    """What both clients share."""

    _connect = CheckedConnections

    @staticmethod
    def check_target(path: str | Path, *, overwrite: bool = False) -> None:
        """Check that a file can be downloaded to a path, before anything is waited or paid for; nothing is written.

        Raises FileExistsError and OSError as `download` does.
        """
        check_target(Path(path), overwrite=overwrite)

    def _make_task(
        self,
        source: AnySource,
        path: str | Path,
        options: DownloadOptions,
        pauses: dict[str, float] | None = None,
    ) -> _Task:
        if unknown := options.keys() - DownloadOptions.__annotations__.keys():
            raise TypeError(f"download has no option {sorted(unknown)[0]!r}")
        seconds, timeout = self._timeout, options.get("timeout")
        retries = self._retries or Retries()
        return _Task(
            source=source,
            path=Path(path),
            base_url=self.base_url,
            locate=self.locate,
            # Of a URL no document says what it needs: any credential that the client has.
            security=(*((name,) for name in self.SCHEMES), ()),
            request_timeout=seconds if isinstance(seconds, (int, float)) else 60.0,
            retries=retries,
            options=options,
            pauses={} if pauses is None else pauses,
            deadline=retries.clock() + (float("inf") if timeout is None else timeout),
        )

    def _connect_other_hosts(self) -> CheckedConnections:
        """Connections for hosts of files: none of the client's credentials, headers and cookies are there."""
        allow_private: bool | None = self._options.get("allow_private")
        if allow_private is None:
            allow_private = is_private_url(self.base_url)
        return cast("CheckedConnections", self._connections).for_files(allow_private)

    def _find_open(self) -> list[Any]:
        """The library's clients that this one closes: not the caller's, nor that of which it is a copy."""
        own = cast("CheckedConnections", self._connections)
        return own.find_open() if self._owns_http else []


class _SyncFileClient(BaseSyncClient):
    OPTIONS = frozenset(("http_client", "max_response_size"))


class _AsyncFileClient(BaseAsyncClient):
    OPTIONS = _SyncFileClient.OPTIONS


class DownloadClient(_Downloader, BaseSyncClient):
    """A client of an API that has files."""

    def download(
        self, source: AnySource, path: str | Path, **options: Unpack[DownloadOptions]
    ) -> Download:
        """Download what a call or a URL gives to a file, which appears at `path` when it is complete.

        Args:
            source: A call of an operation, or a URL, which may be relative, or a data URI; or a function that returns
                one. Only those at the origin of the base URL get credentials.
            path: The file to write; its folder must exist. What has been received is in `path` + ".part" meanwhile, and
                the next call continues from there.
            options: See `DownloadOptions`.

        Raises:
            FileExistsError: There is a file, and `overwrite` is false.
            OSError: The path cannot be written.
            DownloadError: The content is wrong, or there was no new byte for the `stall_timeout`, whatever was tried; or no
                source had the file.
            PrivateAddressError: The host is at an address that is not public, and the client's `allow_private` is not set.
            APIError: As `send` raises it, for a request that cannot succeed.
        """
        return self._download(self._make_task(source, path, options))

    def _download(self, task: _Task) -> Download:
        flow = task.run()
        result: Any = None
        errors: list[BaseException] = []
        while True:
            try:
                step: Any = flow.throw(errors.pop()) if errors else flow.send(result)
            except StopIteration as end:
                done: Download = end.value
                return done
            result = None
            try:
                if isinstance(step, Fetch):
                    result = self._transfer(step, task)
                elif isinstance(step, Ask):
                    result = step.function()
                elif callable(step):
                    result = step()
                else:
                    self._sleep(task.retries.sleep, step)
            except BaseException as error:
                errors.append(error)

    def download_all(
        self,
        files: Iterable[tuple[AnySource, str | Path]],
        *,
        max_concurrency: int = 4,
        **options: Unpack[DownloadOptions],
    ) -> list[Download | APIError | OSError]:
        """Download many files at once, each from a source to a path as `download` does. Returns, in their order, what was
        downloaded, or why it was not. After 429, none of them sends a request to that server for a while.
        """
        from concurrent.futures import ThreadPoolExecutor

        pauses: dict[str, float] = {}

        def run(
            file: tuple[AnySource, str | Path],
        ) -> Download | APIError | OSError:
            try:
                return self._download(self._make_task(*file, options, pauses))
            except (APIError, OSError) as error:
                return error

        with ThreadPoolExecutor(max_concurrency) as executor:
            return list(executor.map(run, files))

    def _transfer(self, transfer: Fetch, task: _Task) -> bool:
        client: BaseSyncClient
        if transfer.is_own:
            client = self._copy_for_once(transfer.base_url)
        else:
            options = {"http_client": self._connect_other_hosts()}
            client = _SyncFileClient(transfer.base_url, options)
        part, call = transfer.part, _as_file(transfer.call)
        try:
            with client.stream(call, timeout=transfer.timeout) as stream:
                is_used = _begin(part, stream.status_code, stream.headers)
                if is_used:
                    for piece in stream:
                        part.write(piece)
                        task.report(part)
                return is_used
        except HTTPStatusError as error:
            _raise_redirect(error)

    def close(self) -> None:
        """Close the connections, unless the `http_client` is the caller's."""
        for http in self._find_open():
            http.close()


class AsyncDownloadClient(_Downloader, BaseAsyncClient):
    """`DownloadClient` for asyncio."""

    async def download(
        self, source: AnySource, path: str | Path, **options: Unpack[DownloadOptions]
    ) -> Download:
        """See `DownloadClient.download`."""
        return await self._download(self._make_task(source, path, options))

    async def _download(self, task: _Task) -> Download:
        import asyncio

        flow = task.run()
        result: Any = None
        errors: list[BaseException] = []
        while True:
            try:
                step: Any = flow.throw(errors.pop()) if errors else flow.send(result)
            except StopIteration as end:
                done: Download = end.value
                return done
            result = None
            try:
                if isinstance(step, Fetch):
                    result = await self._transfer(step, task)
                elif isinstance(step, Ask):
                    result = step.function()
                    if hasattr(result, "__await__"):
                        result = await result
                elif callable(step):
                    result = await asyncio.to_thread(step)
                else:
                    await self._sleep(task.retries.sleep, step)
            except BaseException as error:
                errors.append(error)

    async def download_all(
        self,
        files: Iterable[tuple[AnySource, str | Path]],
        *,
        max_concurrency: int = 4,
        **options: Unpack[DownloadOptions],
    ) -> list[Download | APIError | OSError]:
        """See `DownloadClient.download_all`."""
        import asyncio

        free = asyncio.Semaphore(max_concurrency)
        pauses: dict[str, float] = {}

        async def run(
            file: tuple[AnySource, str | Path],
        ) -> Download | APIError | OSError:
            async with free:
                try:
                    return await self._download(self._make_task(*file, options, pauses))
                except (APIError, OSError) as error:
                    return error

        return await asyncio.gather(*map(run, files))

    async def _transfer(self, transfer: Fetch, task: _Task) -> bool:
        import asyncio

        client: BaseAsyncClient
        if transfer.is_own:
            client = self._copy_for_once(transfer.base_url)
        else:
            options = {"http_client": self._connect_other_hosts()}
            client = _AsyncFileClient(transfer.base_url, options)
        part, call = transfer.part, _as_file(transfer.call)
        try:
            async with client.stream(call, timeout=transfer.timeout) as stream:
                begin = partial(_begin, part, stream.status_code, stream.headers)
                is_used = await asyncio.to_thread(begin)
                if is_used:
                    async for piece in stream:
                        await asyncio.to_thread(part.write, piece)
                        task.report(part)
                return is_used
        except HTTPStatusError as error:
            _raise_redirect(error)

    async def aclose(self) -> None:
        """See `DownloadClient.close`."""
        for http in self._find_open():
            await http.aclose()


def _as_file(call: Request[Any]) -> Call[bytes]:
    """The call as one whose body is streamed as bytes, whatever type it has."""
    return Call(
        call.method,
        call.path,
        call.query,
        call.headers,
        call.body,
        responses=call.responses,
        security=call.security,
        server=call.server,
        accept=call.accept,
    )


def _raise_redirect(error: HTTPStatusError) -> NoReturn:
    """Raises _Redirect for an error that is one, else the error."""
    if error.status_code in _REDIRECTS:
        location = error.headers.get("location", "")
        raise _Redirect(error.status_code, location) from None
    raise error
