"""Downloads of generated clients: operations and URLs to files, against real servers, with faults."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support import Driver, Package, Server, Workshop, document

from orcagen.config import Config

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ETAG = {"ETag": '"v1"'}


@pytest.fixture
def made(workshop: Workshop) -> Package:
    return workshop(
        document(
            {
                "paths": {
                    "/files/{name}": {
                        "get": {
                            "operationId": "getFile",
                            "parameters": [
                                {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
                            ],
                            "responses": {
                                "200": {"description": "", "content": {"video/mp4": {}}},
                                "302": {"description": "elsewhere"},
                            },
                        }
                    }
                },
                "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
                "security": [{"key": []}],
            }
        ),
        config=Config(downloads=True),
    )  # fmt: skip


@pytest.fixture
def other() -> Iterator[Server]:
    """A host of files."""
    server = Server()
    yield server
    server.close()


def run(
    driver: Driver, made: Package, url: str, use: Callable[[Any], Any], **options: Any
) -> tuple[Any, list[float]]:
    """What `use` gives for a client, and the seconds that it slept: its time passes there alone."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    retries = made.module.Retries(
        sleep=slept.append if driver.kind == "sync" else sleep,
        clock=lambda: 1000 + sum(slept),
        random=lambda: 1.0,
    )
    options = {"token": "secret", "retries": retries, **options}
    if driver.kind == "async":

        async def await_(client: Any) -> Any:
            return await use(client)

        return driver._asynchronously(made, url, options, await_), slept
    with made.client(url, **{"http_client": driver.http, **options}) as client:
        return use(client), slept


def _download(call: Any, path: Path, options: dict[str, Any], client: Any) -> Any:
    return client.download(call, path, **options)


def serve(server: Server, content: bytes = CONTENT, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    server.answer(content, media_type="video/mp4", headers={**ETAG, **named})


def cut(server: Server, size: int, *, etag: str = '"v1"') -> None:
    """A response that ends too early."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: {etag}\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    server.raw(head.encode() + CONTENT[:size], hang_up=True)


def serve_rest(server: Server, start: int) -> None:
    headers = {**ETAG, "Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"}
    server.answer(CONTENT[start:], status=206, media_type="video/mp4", headers=headers)


def test_an_operation_to_a_file(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    progress: list[tuple[int, int | None]] = []
    serve(recorder)
    call = made.api().get_file("a b")
    done, _ = run(
        driver,
        made,
        recorder.url,
        lambda c: c.download(call, tmp_path / "a", on_progress=lambda *x: progress.append(x)),
    )
    assert (done.path, done.size, done.sha256) == (tmp_path / "a", len(CONTENT), SHA256)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert progress[-1] == (len(CONTENT), len(CONTENT))
    assert recorder.last.line == "GET /files/a%20b"
    assert recorder.last.header("authorization") == "Bearer secret"
    assert recorder.last.header("accept-encoding") == "identity"


@pytest.mark.parametrize("by", ["url", "redirect"])
def test_another_host_gets_no_credentials(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path, by: str
) -> None:
    url = f"{other.url}/bucket/a%20b?sig=x%2By"
    source: Any = url
    if by == "redirect":
        source = made.api().get_file("a")
        recorder.answer("", status=302, headers={"Location": url, "Set-Cookie": "a=b"})
    serve(other)
    use = lambda c: c.download(source, tmp_path / "a")  # noqa: E731
    done, _ = run(driver, made, recorder.url, use, headers={"X-Secret": "s"})
    assert done.sha256 == SHA256
    assert other.last.target == "/bucket/a%20b?sig=x%2By"
    sent = {name for name, _ in other.last.headers}
    assert sent.isdisjoint({"authorization", "x-secret", "cookie"})


def test_another_host_cannot_use_the_credentials(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    """It redirects back to the API."""
    other.answer("", status=302, headers={"Location": f"{recorder.url}/files/a"})
    serve(recorder)
    run(driver, made, recorder.url, partial(_download, f"{other.url}/x", tmp_path / "a", {}))
    assert recorder.last.target == "/files/a"
    assert recorder.last.header("authorization") is None


@pytest.mark.parametrize("url", ["files/a", "/files/a", "{base}/files/a"])
def test_a_url_of_the_api_gets_credentials(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path, url: str
) -> None:
    serve(recorder)
    source = url.format(base=recorder.url)
    run(driver, made, recorder.url, lambda c: c.download(source, tmp_path / "a"))
    assert recorder.last.header("authorization") == "Bearer secret"
    assert recorder.last.target == "/files/a"


def test_an_interrupted_download_is_continued(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    cut(recorder, 1000)
    serve_rest(recorder, 1000)
    call = made.api().get_file("a")
    done, slept = run(driver, made, recorder.url, lambda c: c.download(call, tmp_path / "a"))
    assert (done.sha256, len(slept)) == (SHA256, 1)
    assert recorder.last.header("range") == "bytes=1000-"
    assert recorder.last.header("if-range") == '"v1"'


def test_another_process_continues(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """What was received stays beside the file, if the server's file can be recognized."""

    def interrupt(received: int, total: int | None) -> None:
        raise KeyboardInterrupt

    call = made.api().get_file("a")
    serve(recorder)
    with pytest.raises(KeyboardInterrupt):
        run(
            driver,
            made,
            recorder.url,
            lambda c: c.download(call, tmp_path / "a", on_progress=interrupt),
        )
    kept = (tmp_path / "a.part").stat().st_size
    assert kept > 0
    assert not (tmp_path / "a").exists()
    serve_rest(recorder, kept) if kept < len(CONTENT) else recorder.answer(
        "", status=416, headers={**ETAG, "Content-Range": f"bytes */{kept}"}
    )
    done, _ = run(driver, made, recorder.url, lambda c: c.download(call, tmp_path / "a"))
    assert done.sha256 == SHA256
    assert recorder.last.header("range") == f"bytes={kept}-"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_file_that_has_changed_is_downloaded_again(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    cut(recorder, 1000, etag='"v0"')
    serve(recorder)
    call = made.api().get_file("a")
    done, _ = run(driver, made, recorder.url, lambda c: c.download(call, tmp_path / "a"))
    assert (done.sha256, recorder.last.header("if-range")) == (SHA256, '"v0"')


def test_an_existing_file_is_not_replaced_unasked(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """The error comes before anything is sent."""
    path = tmp_path / "a"
    path.write_text("mine")
    call = made.api().get_file("a")
    with pytest.raises(FileExistsError):
        run(driver, made, recorder.url, lambda c: c.download(call, path))
    assert (recorder.requests, path.read_text()) == ([], "mine")
    serve(recorder)
    run(driver, made, recorder.url, lambda c: c.download(call, path, overwrite=True))
    assert path.read_bytes() == CONTENT
    with pytest.raises(FileNotFoundError):
        run(driver, made, recorder.url, lambda c: c.download(call, tmp_path / "no" / "a"))


def test_the_content_is_verified(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """By what the caller says, what the server says (RFC 9530), and a function."""
    call, path = made.api().get_file("a"), tmp_path / "a"
    right = b64encode(hashlib.sha256(CONTENT).digest()).decode()
    wrong = b64encode(bytes(32)).decode()
    options: dict[str, Any]
    for digest, options, problem in (
        (right, {"sha256": "00"}, "its SHA-256 is"),
        (wrong, {}, "its SHA-256 is"),
        (right, {"check": lambda file: f"begins with {file.read(1)!r}"}, "begins with b'.x00'"),
    ):
        serve(recorder, Repr_Digest=f"md5=:x:, sha-256=:{digest}:")
        with pytest.raises(made.errors.DownloadError, match=problem):
            run(driver, made, recorder.url, partial(_download, call, path, options))
        assert list(tmp_path.iterdir()) == []
    serve(recorder, Repr_Digest=f"sha-256=:{right}:")
    options = {"sha256": SHA256.upper(), "check": lambda file: None}
    run(driver, made, recorder.url, lambda c: c.download(call, path, **options))
    assert path.exists()


def test_an_outage_is_outlived(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    recorder.answer("{}", status=503, headers={"Retry-After": "9"})
    recorder.answer("{}", status=429, headers={"Retry-After": "5"})
    recorder.raw(hang_up=True)
    recorder.answer("<html>", media_type="text/html")  # an error page with the status of a success
    serve(recorder)
    call = made.api().get_file("a")
    done, slept = run(driver, made, recorder.url, lambda c: c.download(call, tmp_path / "a"))
    assert done.sha256 == SHA256
    assert slept == [9.0, 5.0, 2.0, 4.0]


def test_an_end_without_the_file(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    call, path = made.api().get_file("a"), tmp_path / "a"
    recorder.answer("{}", status=404)
    with pytest.raises(made.errors.NotFoundError):
        run(driver, made, recorder.url, lambda c: c.download(call, path))
    recorder.respond = lambda line: (503, {}, {})
    try:
        with pytest.raises(made.errors.DownloadError, match="HTTP 503") as caught:
            run(driver, made, recorder.url, lambda c: c.download(call, path))
        with pytest.raises(made.errors.DownloadError, match="took longer than 7 s; HTTP 503"):
            run(driver, made, recorder.url, lambda c: c.download(call, path, timeout=7))
    finally:
        recorder.respond = None
    assert caught.value.path == path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://1.2.3.999/x", "ftp://a/x", "http://[", "http://a:99999/x"])
def test_a_url_that_cannot_be_requested_is_final(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path, url: str
) -> None:
    error = made.errors.APIError
    options = {"alternatives": [made.api().get_file("a")]}
    with pytest.raises(error, match=r"Invalid|no http or https URL"):
        run(driver, made, recorder.url, lambda c: c.download(url, tmp_path / "a"))
    serve(recorder)
    done, slept = run(driver, made, recorder.url, partial(_download, url, tmp_path / "a", options))
    assert (done.sha256, slept) == (SHA256, [])


@pytest.mark.parametrize(
    ("location", "problem"), [("", "no URL"), ("ftp://x/a", "no URL"), ("/files/a", "too many redirects")]
)  # fmt: skip
def test_redirects_that_lead_nowhere(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path, location: str, problem: str
) -> None:
    recorder.respond = lambda line: (302, {}, {"Location": location})
    call = made.api().get_file("a")
    try:
        with pytest.raises(made.errors.DownloadError, match=problem):
            run(driver, made, recorder.url, lambda c: c.download(call, tmp_path / "a"))
    finally:
        recorder.respond = None


def test_many_files_at_once(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """In their order, each with what became of it."""
    (tmp_path / "c").write_text("mine")

    def respond(line: str) -> tuple[int, Any, dict[str, str]]:
        return (404 if line.endswith("b") else 200), line, {"Content-Type": "video/mp4"}

    recorder.respond = respond
    files = [(made.api().get_file(name), tmp_path / name) for name in "abcd"]
    try:
        done, _ = run(driver, made, recorder.url, lambda c: c.download_all(files, max_concurrency=2))  # fmt: skip
    finally:
        recorder.respond = None
    kinds = [type(x).__name__ for x in done]
    assert kinds == ["Download", "NotFoundError", "FileExistsError", "Download"]
    assert json.loads((tmp_path / "d").read_text()) == "GET /files/d"


# Further sources


def not_found(server: Server) -> None:
    server.answer("{}", status=404)


def test_an_expired_url_is_replaced_by_further_sources(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    """One after the other: a function that gives a fresh URL when it is asked, the same URL never twice, a call."""
    old, fresh = f"{other.url}/old?sig=secret", f"{other.url}/fresh?sig=secret"
    asked: list[str] = []

    def find_fresh() -> Any:
        asked.append(other.last.target)
        return fresh

    async def find_fresh_later() -> Any:
        return find_fresh()

    find = find_fresh if driver.kind == "sync" else find_fresh_later
    sources = [lambda: None, lambda: old, find, made.api().get_file("a")]
    for last in ("fresh", "call"):
        other.forget()
        not_found(other)
        (serve if last == "fresh" else not_found)(other)
        serve(recorder)
        use = partial(_download, old, tmp_path / last, {"alternatives": sources})
        done, slept = run(driver, made, recorder.url, use)
        assert (done.sha256, slept) == (SHA256, [])
        assert [r.target for r in other.requests] == ["/old?sig=secret", "/fresh?sig=secret"]
        assert len(recorder.requests) == (last == "call")
    assert asked == ["/old?sig=secret"] * 2


def test_the_error_names_all_sources_without_their_signatures(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    not_found(other)
    recorder.answer("{}", status=403)
    options = {"alternatives": [made.api().get_file("a"), "data:,", lambda: None]}
    use = partial(_download, f"{other.url}/x?sig=secret", tmp_path / "a", options)
    with pytest.raises(made.errors.DownloadError) as caught:
        run(driver, made, recorder.url, use)
    assert caught.value.problems == (
        f"{other.url}/x: HTTP 404",
        "GET /files/a: HTTP 403",
        "a data URI: the data URI is empty",
    )
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    with pytest.raises(made.errors.DownloadError, match="no source"):
        run(driver, made, recorder.url, partial(_download, lambda: None, tmp_path / "a", {}))


def test_a_download_continues_at_another_url(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    """`key` says that both URLs are those of one file."""
    cut(other, 1000)
    not_found(other)
    for url in ("/a?sig=1", "/a?sig=2"):
        use = partial(_download, other.url + url, tmp_path / "a", {"key": "film 7"})
        try:
            done, _ = run(driver, made, recorder.url, use)
        except made.errors.NotFoundError:
            serve_rest(other, 1000)
    assert done.sha256 == SHA256
    assert (other.last.target, other.last.header("range")) == ("/a?sig=2", "bytes=1000-")


def test_no_signature_is_written_beside_the_part_file(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    cut(other, 1000)
    not_found(other)
    use = partial(_download, f"{other.url}/a?sig=secret", tmp_path / "a", {})
    with pytest.raises(made.errors.NotFoundError):
        run(driver, made, recorder.url, use)
    assert "secret" not in (tmp_path / "a.part.json").read_text()


@pytest.mark.parametrize(
    ("uri", "content"),
    [
        ("data:text/plain,a%20b", b"a b"),
        ("data:video/mp4;base64,AAEC", b"\0\1\2"),
        ("DATA:;base64,AAEC", b"\0\1\2"),
    ],
)
def test_data_uris(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path, uri: str, content: bytes
) -> None:
    done, _ = run(driver, made, recorder.url, partial(_download, uri, tmp_path / "a", {}))
    assert (done.path.read_bytes(), recorder.requests) == (content, [])
    with pytest.raises(made.errors.DownloadError, match="not valid base64"):
        run(driver, made, recorder.url, partial(_download, "data:;base64,%", tmp_path / "b", {}))


def test_a_wrong_file_is_kept_if_wanted_until_another_source_has_it(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    call = made.api().get_file("a")
    options = {"sha256": SHA256, "keep_rejected": True}
    serve(recorder, b"other")
    with pytest.raises(made.errors.DownloadError, match="the file received is kept as") as caught:
        run(driver, made, recorder.url, partial(_download, call, tmp_path / "a", options))
    (kept,) = tmp_path.iterdir()
    assert (kept.read_bytes(), str(kept) in str(caught.value)) == (b"other", True)
    serve(recorder, b"other")
    serve(other)
    options["alternatives"] = [f"{other.url}/a"]
    run(driver, made, recorder.url, partial(_download, call, tmp_path / "a", options))
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_body_of_unknown_size_is_requested_once_more_if_it_is_wrong(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """It may have been cut. `check_unsized` is for such bodies alone."""
    call, head = made.api().get_file("a"), b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n"

    def check(file: Any) -> str | None:
        return None if file.read() == CONTENT else "it is cut"

    options = {"check_unsized": check}
    recorder.raw(head + CONTENT[:1000], hang_up=True)
    recorder.raw(head + CONTENT, hang_up=True)
    use = partial(_download, call, tmp_path / "a", options)
    done, _ = run(driver, made, recorder.url, use)
    assert done.sha256 == SHA256
    for _ in range(2):
        recorder.raw(head + CONTENT[:1000], hang_up=True)
    with pytest.raises(made.errors.DownloadError, match="it is cut"):
        run(driver, made, recorder.url, partial(_download, call, tmp_path / "b", options))
    serve(recorder, b"with a size")
    done, _ = run(driver, made, recorder.url, partial(_download, call, tmp_path / "c", options))
    assert done.size == len(b"with a size")


def test_headers_can_be_refused(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    """Then the URL is requested again, as after an error page with status 200."""
    other.answer("<html>", media_type="text/html")
    serve(other)
    problems: list[tuple[str, float]] = []

    def check(headers: Any) -> str | None:
        return "a page" if headers["content-type"] == "text/html" else None

    options = {"check_headers": check, "on_retry": lambda *x: problems.append(x)}
    use = partial(_download, f"{other.url}/a", tmp_path / "a", options)
    done, slept = run(driver, made, recorder.url, use)
    assert done.sha256 == SHA256
    assert problems == [("a page", slept[0])]


def test_the_timeout_ends_a_transfer(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """Also while pieces arrive: here, time passes with each of them."""
    time_ = iter(range(1000))
    retries = made.module.Retries(clock=lambda: float(next(time_)))
    recorder.chunks([b"x" * 100] * 50, media_type="video/mp4")
    use = partial(_download, made.api().get_file("a"), tmp_path / "a", {"timeout": 20})
    with pytest.raises(made.errors.DownloadError, match="it took longer than 20 s"):
        run(driver, made, recorder.url, use, retries=retries)
    assert len(recorder.requests) == 1


def test_the_timeout_ends_a_transfer_that_stands_still(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    """Although the client would wait a minute for each piece."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 9\r\n\r\nabc"
    recorder.raw(head)
    use = partial(_download, made.api().get_file("a"), tmp_path / "a", {"timeout": 0.3})
    with pytest.raises(made.errors.DownloadError, match="it took longer than"):
        run(driver, made, recorder.url, use, retries=None, timeout=60)


def test_urls_of_the_api_without_credentials(
    driver: Driver, made: Package, recorder: Server, tmp_path: Path
) -> None:
    serve(recorder)
    options = {"send_credentials": False}
    run(driver, made, recorder.url, partial(_download, "/files/a", tmp_path / "a", options))
    assert recorder.last.header("authorization") is None
    # Nor when the API redirects to one; the call itself has them.
    recorder.answer("", status=302, headers={"Location": "/signed/a"})
    serve(recorder)
    call = made.api().get_file("a")
    run(driver, made, recorder.url, partial(_download, call, tmp_path / "b", options))
    sent = [(r.target, r.header("authorization")) for r in recorder.requests[1:]]
    assert sent == [("/files/a", "Bearer secret"), ("/signed/a", None)]


def test_an_unknown_option_is_an_error(made: Package, tmp_path: Path) -> None:
    with made.client("http://127.0.0.1:1") as client, pytest.raises(TypeError, match="overwrit"):
        client.download("data:,a", tmp_path / "a", overwrit=True)


def test_a_429_pauses_all_downloads_from_that_server(
    driver: Driver, made: Package, recorder: Server, other: Server, tmp_path: Path
) -> None:
    """The second sends nothing while the pause that the first was told goes on; another host is not concerned."""
    recorder.answer("{}", status=429, headers={"Retry-After": "30"})
    serve(recorder)
    serve(other)
    call = made.api().get_file("a")
    files = [(call, tmp_path / "a"), (call, tmp_path / "b"), (f"{other.url}/c", tmp_path / "c")]
    use = lambda c: c.download_all(files, max_concurrency=1, timeout=5)  # noqa: E731
    done, slept = run(driver, made, recorder.url, use)
    assert [type(each).__name__ for each in done] == ["DownloadError", "DownloadError", "Download"]
    assert (slept, len(recorder.requests)) == ([5.0, 5.0], 1)


def test_a_path_can_be_checked_before_anything_is_sent(made: Package, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    check = made.part("client").Client.check_target
    assert check(tmp_path / "b") is None
    assert check(str(tmp_path / "a"), overwrite=True) is None
    for path, error in (
        (tmp_path / "a", FileExistsError),
        (tmp_path / "no" / "a", FileNotFoundError),
    ):
        with pytest.raises(error):
            check(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_clients_have_downloads_if_the_settings_say_so(workshop: Workshop) -> None:
    made = workshop(
        document({"paths": {"/a": {"get": {"responses": {"204": {"description": ""}}}}}})
    )
    assert not hasattr(made.part("client").Client, "download")
    assert not (made.folder / "_runtime" / "downloads.py").exists()
