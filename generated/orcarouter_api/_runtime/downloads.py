"""Downloads: what an operation or a URL gives, as a file that is complete or not there.

An interrupted download is continued, by the same call or by another process, if the server still has the same file (RFC 9110,
section 13.1.5). Redirects are followed one by one; credentials go to the origin of the client's base URL alone, and other
hosts must have public addresses, unless the client's option `allow_private` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, Unpack, cast

from .addresses import is_private_url
from .call import Call, Request
from .client import BaseAsyncClient, BaseSyncClient
from .download_flow import Ask, Download, DownloadFlow, DownloadOptions, Fetch, Redirect
from .errors import APIError, HTTPStatusError
from .once import OnceClient
from .part_files import PartFile, check_target
from .retries import Retries
from .sources import AnySource
from .transports import CheckedConnections

_REDIRECTS = (300, 301, 302, 303, 307, 308)


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

    def _make_flow(
        self,
        source: AnySource,
        path: str | Path,
        options: DownloadOptions,
        pauses: dict[str, float] | None = None,
    ) -> DownloadFlow:
        if unknown := options.keys() - DownloadOptions.__annotations__.keys():
            raise TypeError(f"download has no option {sorted(unknown)[0]!r}")
        seconds, timeout = self._timeout, options.get("timeout")
        retries = self._retries or Retries()
        return DownloadFlow(
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
        from .notebook import follow_file

        with follow_file(path, options.get("on_progress")) as on_progress:
            options["on_progress"] = on_progress
            return self._download(self._make_flow(source, path, options))

    def _download(self, download: DownloadFlow) -> Download:
        flow = download.run()
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
                    result = self._fetch_file(step, download)
                elif isinstance(step, Ask):
                    result = step.function()
                elif callable(step):
                    result = step()
                else:
                    self._sleep(download.retries.sleep, step)
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
                return self._download(self._make_flow(*file, options, pauses))
            except (APIError, OSError) as error:
                return error

        with ThreadPoolExecutor(max_concurrency) as executor:
            return list(executor.map(run, files))

    def _fetch_file(self, fetch: Fetch, download: DownloadFlow) -> bool:
        client: BaseSyncClient
        if fetch.is_own:
            client = self._copy_for_once(fetch.base_url)
        else:
            options = {"http_client": self._connect_other_hosts()}
            client = _SyncFileClient(fetch.base_url, options)
        part, call = fetch.part, _as_file(fetch.call)
        try:
            with client.stream(call, timeout=fetch.timeout) as stream:
                is_used = _begin(part, stream.status_code, stream.headers)
                if is_used:
                    for piece in stream:
                        part.write(piece)
                        download.report(part)
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
        from .notebook import follow_file

        with follow_file(path, options.get("on_progress")) as on_progress:
            options["on_progress"] = on_progress
            return await self._download(self._make_flow(source, path, options))

    async def _download(self, download: DownloadFlow) -> Download:
        import asyncio

        flow = download.run()
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
                    result = await self._fetch_file(step, download)
                elif isinstance(step, Ask):
                    result = step.function()
                    if hasattr(result, "__await__"):
                        result = await result
                elif callable(step):
                    result = await asyncio.to_thread(step)
                else:
                    await self._sleep(download.retries.sleep, step)
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
                    return await self._download(self._make_flow(*file, options, pauses))
                except (APIError, OSError) as error:
                    return error

        return await asyncio.gather(*map(run, files))

    async def _fetch_file(self, fetch: Fetch, download: DownloadFlow) -> bool:
        import asyncio

        client: BaseAsyncClient
        if fetch.is_own:
            client = self._copy_for_once(fetch.base_url)
        else:
            options = {"http_client": self._connect_other_hosts()}
            client = _AsyncFileClient(fetch.base_url, options)
        part, call = fetch.part, _as_file(fetch.call)
        try:
            async with client.stream(call, timeout=fetch.timeout) as stream:
                begin = partial(_begin, part, stream.status_code, stream.headers)
                is_used = await asyncio.to_thread(begin)
                if is_used:
                    async for piece in stream:
                        await asyncio.to_thread(part.write, piece)
                        download.report(part)
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
    """Raises Redirect for an error that is one, else the error."""
    if error.status_code in _REDIRECTS:
        location = error.headers.get("location", "")
        raise Redirect(error.status_code, location) from None
    raise error
