"""Downloads: what an operation or a URL gives, as a file that is complete or not there.

An interrupted download is continued, by the same call or by another process, if the server still has the same file (RFC 9110,
section 13.1.5). Redirects are followed one by one; credentials go to the origin of the client's base URL alone.

    APIError
    └── DownloadError
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from attrs import evolve, frozen

from .call import Call, Request
from .client import BaseAsyncClient, BaseSyncClient
from .errors import (
    APIError,
    ConnectError,
    HTTPStatusError,
    TransportError,
)
from .http import Connections
from .media_types import find_most_specific
from .once import OnceClient
from .part_files import PartFile, UnexpectedContentError
from .retries import Retries

T = TypeVar("T")
Source: TypeAlias = "Call[Any] | str"
Progress: TypeAlias = Callable[[int, "int | None"], object]

_MOST_REDIRECTS = 5
# 4XX that may be temporary. All others mean that the file is not to be had.
_TEMPORARY_STATUSES = (408, 425, 429)
_STALL_TIMEOUT = 300.0  # seconds of attempts without a new byte


class DownloadError(APIError):
    """The file could not be downloaded; `path` is where it was to be. What was received is kept for another attempt, if the
    server's file can be told from others."""

    path: Path = Path()


@frozen
class Download:
    """A file that was downloaded: its path, its size in bytes and its SHA-256 in hexadecimal."""

    path: Path
    size: int
    sha256: str


class _Redirect(Exception):
    """A response that refers to another URL."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class _Refused(Exception):
    """The file cannot be downloaded; the message says why."""


@frozen
class Fetch:
    """A request whose body goes into a part file, to a base URL ("" for that of the client)."""

    call: Request[Any]
    base_url: str
    is_own: bool  # whether the client's credentials are for it
    part: PartFile
    timeout: float


@frozen(kw_only=True)
class _Task:
    """One download. Nothing here does I/O but on the file; `run` yields Fetches, seconds to wait, and functions that may
    block."""

    source: Source
    path: Path
    base_url: str
    security: tuple[tuple[str | tuple[str, ...], ...], ...]
    request_timeout: float
    retries: Retries
    timeout: float | None
    overwrite: bool
    sha256: str | None
    check: Callable[[IO[bytes]], str | None] | None
    on_progress: Progress | None

    def run(self) -> Generator[Any, Any, Download]:
        """Raises DownloadError, FileExistsError and OSError for the path, and APIError."""
        source = self.source
        subject = source if isinstance(source, str) else f"{source.path}?{source.query}"
        open_part = partial(PartFile, self.path, subject, overwrite=self.overwrite)
        part: PartFile = yield open_part
        digests: list[str] = []

        def check_headers(headers: Mapping[str, str]) -> None:
            self._check_media_type(headers.get("content-type", ""))
            # RFC 9530, section 3: of the whole file, also in a response with a part of it.
            match = re.search(
                r"(?:^|[\s,])sha-256=:([A-Za-z0-9+/=]{44}):",
                headers.get("repr-digest", ""),
            )
            if match:
                digests[:] = [base64.b64decode(match[1]).hex()]

        part.check_headers = check_headers
        try:
            yield from self._fetch(part)
            problem = None
            if self.check is not None:
                problem = yield partial(part.find_problem, self.check)
            for expected in [*digests, *([self.sha256] if self.sha256 else [])]:
                if part.sha256 != expected.strip().lower():
                    problem = f"its SHA-256 is {part.sha256}, not {expected}"
            if problem:
                part.start_over()
                raise self._make_error(problem)
            digest: str = yield part.finish
        except _Refused as error:
            raise self._make_error(str(error)) from error.__cause__
        finally:
            part.close()
        return Download(self.path, part.received, digest)

    def _check_media_type(self, content_type: str) -> None:
        """Refuses what the operation does not document: an error page is no file, whatever its status."""
        if isinstance(self.source, str) or not content_type:
            return
        responses = self.source.responses
        documented: dict[str, Any] = {}
        for status in responses:
            if str(status)[0] == "2":
                documented |= responses.get_content(status)
        if documented and find_most_specific(documented, content_type) is None:
            media_type = content_type.partition(";")[0].strip()[:60]
            raise UnexpectedContentError(f"a response of type {media_type}")

    def _fetch(self, part: PartFile) -> Generator[Any, Any, None]:
        """Requests the rest of the file until it is complete. Raises _Refused."""
        clock = self.retries.clock
        deadline = clock() + (float("inf") if self.timeout is None else self.timeout)
        failures, best, since = 0, part.max_received, clock()
        while True:
            left = deadline - clock()
            if left <= 0:
                raise _Refused(f"it took longer than {self.timeout} s")
            retry_after = 0.0
            cause: Exception | None = None
            try:
                yield from self._request(part, min(self.request_timeout, left))
            except (ConnectError, TransportError, UnexpectedContentError) as error:
                problem, cause = str(error), error
            except HTTPStatusError as error:
                status_code = error.status_code
                problem, cause = f"HTTP {status_code}", error
                if status_code == 416 and part.received:
                    headers = {k.lower(): v for k, v in error.headers.items()}
                    if part.is_confirmed_complete(headers):
                        return
                    part.start_over()
                elif status_code < 500 and status_code not in _TEMPORARY_STATUSES:
                    raise
                retry_after = error.retry_after or 0.0
            else:
                if part.is_complete:
                    return
                size = part.total or "an unknown number of"
                problem = f"incomplete: {part.received} of {size} bytes"
            # Only attempts without a new byte count as failures.
            if part.max_received > best:
                failures, best, since = 0, part.max_received, clock()
            failures += 1
            longest = self.retries.initial_backoff * 2.0 ** min(failures - 1, 30)
            backoff = min(longest, self.retries.max_backoff)
            backoff *= 0.5 + 0.5 * self.retries.random()
            wait = max(backoff, retry_after)
            if clock() + wait - since > _STALL_TIMEOUT:
                raise _Refused(problem) from cause
            yield min(wait, max(0.0, deadline - clock()))

    def _request(self, part: PartFile, timeout: float) -> Generator[Any, Any, None]:
        """Requests the rest once, and follows redirects. Raises _Refused, APIError and UnexpectedContentError."""
        own = [*part.make_range_headers().items(), ("Accept-Encoding", "identity")]
        url = self.source if isinstance(self.source, str) else ""
        for _ in range(_MOST_REDIRECTS + 1):
            if url:
                call, origin = self._make_call(url)
                is_own = origin == self._origin
            else:
                assert not isinstance(self.source, str)
                call, origin, is_own = self.source, "", True
            names = {name.lower() for name, _ in own}
            kept = [(k, v) for k, v in call.headers if k.lower() not in names]
            call = evolve(call, headers=(*kept, *own))
            try:
                yield Fetch(call, origin, is_own, part, timeout)
                return
            except _Redirect as redirect:
                location = redirect.location
            before = url or self.base_url + call.path
            url = urljoin(before, location)
            if not location or urlsplit(url).scheme not in ("http", "https"):
                raise _Refused("it redirects to no URL")
            if before.startswith("https:") and url.startswith("http:"):
                raise _Refused("it redirects from https to http")
        raise _Refused("too many redirects")

    @property
    def _origin(self) -> str:
        return _find_origin(self.base_url)

    def _make_call(self, url: str) -> tuple[Call[Any], str]:
        parts = urlsplit(urljoin(self.base_url + "/", url))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _Refused("it is at no http or https URL")
        path = quote(parts.path or "/", "/%:@!$&'()*+,;=~-._")
        query = quote(parts.query, "/%:@!$&'()*+,;=~-._?[]")
        call = Call[Any]("GET", path, query, security=self.security)
        return call, _find_origin(parts.geturl())

    def _make_error(self, problem: str) -> DownloadError:
        request = self.source if isinstance(self.source, str) else self.source.request
        name = request.partition("?")[0]  # the query may be a signature
        return DownloadError.of(
            f"{name} cannot be downloaded to {self.path}: {problem}",
            path=self.path,
            request=name,
        )

    def report(self, part: PartFile) -> None:
        """Tells the caller what has been received."""
        if self.on_progress is not None:
            self.on_progress(part.received, part.total)


def _find_origin(url: str) -> str:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _begin(part: PartFile, status_code: int, headers: Mapping[str, str]) -> bool:
    """Whether the body of a response goes into the file. Raises _Redirect, and what the part file raises."""
    names = {name.lower(): value for name, value in headers.items()}
    if 300 <= status_code < 400:
        raise _Redirect(names.get("location", ""))
    return part.begin(status_code, names)


class _Downloader(OnceClient):
    """What both clients share."""

    _other_hosts: Connections | None = None

    def _make_task(
        self,
        source: Source,
        path: str | Path,
        timeout: float | None,
        overwrite: bool,
        sha256: str | None,
        check: Callable[[IO[bytes]], str | None] | None,
        on_progress: Progress | None,
    ) -> _Task:
        # Of a URL no document says what it needs: any credential that the client has.
        any_ = (*((name,) for name in self.SCHEMES), ())
        seconds = self._timeout
        return _Task(
            source=source,
            path=Path(path),
            base_url=self.base_url if isinstance(source, str) else self.locate(source),
            security=any_ if isinstance(source, str) else source.security,
            request_timeout=seconds if isinstance(seconds, (int, float)) else 60.0,
            retries=self._retries or Retries(),
            timeout=timeout,
            overwrite=overwrite,
            sha256=sha256,
            check=check,
            on_progress=on_progress,
        )

    def _connect_other_hosts(self) -> Connections:
        """Connections for hosts of files: none of the client's credentials, certificates and cookies are there."""
        if self._other_hosts is None:
            network: dict[str, Any] = {n: self._options[n] for n in ("proxy", "verify", "http2")
                       if n in self._options}  # fmt: skip
            self._other_hosts = Connections(self._is_async, None, network)
        return self._other_hosts


class _SyncFileClient(BaseSyncClient):
    OPTIONS = frozenset(("http_client", "max_response_size"))


class _AsyncFileClient(BaseAsyncClient):
    OPTIONS = _SyncFileClient.OPTIONS


class DownloadClient(_Downloader, BaseSyncClient):
    """A client of an API that has files."""

    def download(
        self,
        source: Source,
        path: str | Path,
        *,
        timeout: float | None = None,
        overwrite: bool = False,
        sha256: str | None = None,
        check: Callable[[IO[bytes]], str | None] | None = None,
        on_progress: Progress | None = None,
    ) -> Download:
        """Download what a call or a URL gives to a file, which appears at `path` when it is complete.

        Args:
            source: A call of an operation, or a URL. Only those at the origin of the base URL get credentials.
            path: The file to write; its folder must exist. What has been received is in `path` + ".part" meanwhile, and
                the next call continues from there.
            timeout: Seconds for the whole download; None for no limit, as long as there is progress.
            overwrite: Whether an existing file may be replaced.
            sha256: What the file must have, in hexadecimal; a header Repr-Digest (RFC 9530) is compared in any case.
            check: Says what is wrong with the content, None for nothing.
            on_progress: Called with the bytes received, and those of the whole file or None.

        Raises:
            FileExistsError: There is a file, and `overwrite` is false.
            OSError: The path cannot be written.
            DownloadError: The content is wrong, or there was no new byte for five minutes, whatever was tried.
            APIError: As `send` raises it, for a request that cannot succeed.
        """
        task = self._make_task(
            source, path, timeout, overwrite, sha256, check, on_progress
        )
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
                    self._transfer(step, task)
                elif callable(step):
                    result = step()
                else:
                    self._sleep(task.retries.sleep, step)
            except BaseException as error:
                errors.append(error)

    def download_all(
        self,
        files: Iterable[tuple[Source, str | Path]],
        *,
        max_concurrency: int = 4,
        timeout: float | None = None,
        overwrite: bool = False,
    ) -> list[Download | APIError | OSError]:
        """Download many files at once, each from a source to a path as `download` does. Returns, in their order, what was
        downloaded, or why it was not."""
        from concurrent.futures import ThreadPoolExecutor

        def run(file: tuple[Source, str | Path]) -> Download | APIError | OSError:
            try:
                return self.download(*file, timeout=timeout, overwrite=overwrite)
            except (APIError, OSError) as error:
                return error

        with ThreadPoolExecutor(max_concurrency) as executor:
            return list(executor.map(run, files))

    def _transfer(self, transfer: Fetch, task: _Task) -> None:
        client: BaseSyncClient
        if transfer.is_own:
            client = self._copy_for_once(transfer.base_url)
        else:
            options = {"http_client": self._connect_other_hosts()}
            client = _SyncFileClient(transfer.base_url, options)
        part = transfer.part
        try:
            with client.stream(
                _as_file(transfer.call), timeout=transfer.timeout
            ) as stream:
                if _begin(part, stream.status_code, stream.headers):
                    for piece in stream:
                        part.write(piece)
                        task.report(part)
        except HTTPStatusError as error:
            _raise_redirect(error)

    def close(self) -> None:
        """Close the connections, unless the `http_client` is the caller's."""
        super().close()
        if self._other_hosts and (http := self._other_hosts.find()):
            http.close()


class AsyncDownloadClient(_Downloader, BaseAsyncClient):
    """`DownloadClient` for asyncio."""

    async def download(
        self,
        source: Source,
        path: str | Path,
        *,
        timeout: float | None = None,
        overwrite: bool = False,
        sha256: str | None = None,
        check: Callable[[IO[bytes]], str | None] | None = None,
        on_progress: Progress | None = None,
    ) -> Download:
        """See `DownloadClient.download`."""
        import asyncio

        task = self._make_task(
            source, path, timeout, overwrite, sha256, check, on_progress
        )
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
                    await self._transfer(step, task)
                elif callable(step):
                    result = await asyncio.to_thread(step)
                else:
                    await self._sleep(task.retries.sleep, step)
            except BaseException as error:
                errors.append(error)

    async def download_all(
        self,
        files: Iterable[tuple[Source, str | Path]],
        *,
        max_concurrency: int = 4,
        timeout: float | None = None,
        overwrite: bool = False,
    ) -> list[Download | APIError | OSError]:
        """See `DownloadClient.download_all`."""
        import asyncio

        free = asyncio.Semaphore(max_concurrency)

        async def run(file: tuple[Source, str | Path]) -> Download | APIError | OSError:
            async with free:
                try:
                    return await self.download(
                        *file, timeout=timeout, overwrite=overwrite
                    )
                except (APIError, OSError) as error:
                    return error

        return await asyncio.gather(*map(run, files))

    async def _transfer(self, transfer: Fetch, task: _Task) -> None:
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
                if _begin(part, stream.status_code, stream.headers):
                    async for piece in stream:
                        await asyncio.to_thread(part.write, piece)
                        task.report(part)
        except HTTPStatusError as error:
            _raise_redirect(error)

    async def aclose(self) -> None:
        """See `DownloadClient.close`."""
        await super().aclose()
        if self._other_hosts and (http := self._other_hosts.find()):
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


def _raise_redirect(error: HTTPStatusError) -> None:
    """Raises _Redirect for an error that is one, else the error."""
    if 300 <= error.status_code < 400 and "location" in error.headers:
        raise _Redirect(error.headers["location"]) from None
    raise error
