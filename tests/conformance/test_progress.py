"""The progress of uploads and downloads, and conditional requests."""

from __future__ import annotations

import gzip
import inspect
import io
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.support import Driver, Package, Server, Workshop, document

FILES = """
paths:
  /file:
    put:
      operationId: put
      requestBody: {content: {application/octet-stream: {}}}
      responses: {"200": {description: "", content: {application/json: {schema: {}}}}}
    post:
      operationId: send
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, properties: {file: {type: string, format: binary}}}
      responses: {"200": {description: "", content: {application/json: {schema: {}}}}}
    get:
      operationId: fetch
      parameters: [{name: If-None-Match, in: header, schema: {type: string}}]
      responses:
        "200":
          description: ""
          headers: {ETag: {schema: {type: string}}}
          content: {application/octet-stream: {schema: {type: string, format: binary}}}
        "304": {description: The same., headers: {ETag: {schema: {type: string}}}}
"""
PIECE = 65536


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(FILES))


class Steps(list[Any]):
    def __call__(self, done: int, total: int | None) -> None:
        self.append((done, total))


def test_bytes_and_files_are_shown(
    package: Package, driver: Driver, recorder: Server, tmp_path: Path
) -> None:
    data = bytes(3 * PIECE + 5)
    path = tmp_path / "data"
    path.write_bytes(data)
    for body in (data, io.BytesIO(data), path):
        steps = Steps()
        driver.send(package, recorder.url, package.api().put(body=body), on_upload=steps)
        # The HTTP library's AsyncClient takes no files: what is made of one has no length.
        is_known = driver.kind == "sync" or not isinstance(body, io.BytesIO)
        assert steps[-1] == (len(data), len(data) if is_known else None)
        assert [done for done, _ in steps] == sorted({done for done, _ in steps})
        assert len(steps) >= 4
        assert recorder.last.body == data
        assert recorder.last.header("content-length") == (str(len(data)) if is_known else None)


def test_a_body_of_unknown_length(package: Package, driver: Driver, recorder: Server) -> None:
    steps = Steps()
    call = package.api().put(body=iter([b"abc", b"", b"de"]))
    driver.send(package, recorder.url, call, on_upload=steps)
    assert steps == [(3, None), (5, None)]
    assert recorder.last.body == b"abcde"


def test_a_multipart_body(package: Package, driver: Driver, recorder: Server) -> None:
    steps = Steps()
    call = package.api().send(body={"file": bytes(PIECE)})
    driver.send(package, recorder.url, call, on_upload=steps)
    length = int(recorder.last.header("content-length") or 0)
    assert steps[-1] == (length, length)
    assert len(recorder.last.body) == length


def test_downloads(package: Package, driver: Driver, recorder: Server) -> None:
    data, call = bytes(2 * PIECE + 1), package.api().fetch()
    recorder.answer(data, media_type="application/octet-stream")
    steps = Steps()
    assert driver.send(package, recorder.url, call, on_download=steps) == data
    assert steps[-1] == (len(data), len(data))
    assert len(steps) >= 3
    recorder.chunks([b"ab", b"cde"], media_type="application/octet-stream")
    steps = Steps()
    assert b"".join(driver.stream(package, recorder.url, call, on_download=steps)) == b"abcde"
    assert steps[-1] == (5, None)


def test_compressed_downloads_are_counted_as_they_come(
    package: Package, driver: Driver, recorder: Server
) -> None:
    data = gzip.compress(bytes(PIECE))
    headers = {"Content-Encoding": "gzip"}
    recorder.answer(data, media_type="application/octet-stream", headers=headers)
    steps = Steps()
    result = driver.send(package, recorder.url, package.api().fetch(), on_download=steps)
    assert result == bytes(PIECE)
    assert steps[-1] == (len(data), len(data))


def test_an_upload_that_is_sent_again_begins_at_0(
    package: Package, driver: Driver, recorder: Server
) -> None:
    recorder.answer(status=503)
    retries = package.module.Retries(attempts=2, sleep=lambda _: None)
    steps = Steps()
    call = package.api().put(body=b"abc")
    driver.send(package, recorder.url, call, on_upload=steps, retries=retries)
    assert steps == [(3, 3), (3, 3)]
    assert [r.body for r in recorder.requests] == [b"abc", b"abc"]


def test_what_the_function_raises_ends_the_call(
    package: Package, driver: Driver, recorder: Server
) -> None:
    def stop(done: int, total: int | None) -> None:
        raise RuntimeError(f"stopped at {done} of {total}")

    with pytest.raises(RuntimeError, match="stopped at 3 of 3"):
        driver.send(package, recorder.url, package.api().put(body=b"abc"), on_upload=stop)
    with pytest.raises(RuntimeError, match="stopped at 2 of 2"):
        driver.send(package, recorder.url, package.api().fetch(), on_download=stop)


def test_clients_without_files_have_no_such_options(workshop: Workshop) -> None:
    get = {"operationId": "a", "responses": {"204": {"description": ""}}}
    package = workshop(document({"paths": {"/a": {"get": get}}}))
    assert "_runtime/progress.py" not in package.made.files
    with pytest.raises(TypeError, match="on_upload"):
        package.client("http://127.0.0.1", on_upload=print)


def test_conditional_requests(package: Package, driver: Driver, recorder: Server) -> None:
    api, tag = package.api(), '"v1"'
    recorder.answer(b"data", media_type="application/octet-stream", headers={"ETag": tag})
    response = driver.send_raw(package, recorder.url, api.fetch())
    assert api.FetchHeaders(response).e_tag == tag
    not_modified = f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
    recorder.raw(not_modified)
    with pytest.raises(package.errors.NotModifiedError) as caught:
        driver.send(package, recorder.url, api.fetch(if_none_match=tag))
    assert recorder.last.header("if-none-match") == tag
    assert api.FetchHeaders(caught.value).e_tag == tag
    assert isinstance(caught.value, package.errors.HTTPStatusError)
    recorder.raw(not_modified)
    raw = driver.send_raw(package, recorder.url, api.fetch(if_none_match=tag))
    assert (raw.status_code, raw.content) == (304, b"")
    recorder.raw(not_modified)
    with pytest.raises(package.errors.HTTPStatusError) as other:  # not documented
        driver.send(package, recorder.url, api.put(body=b""))
    assert type(other.value) is package.errors.HTTPStatusError
    assert "NotModifiedError: 304: The same." in (api.fetch.__doc__ or "")


PROGRAM = """
from NAME import AsyncClient, Client

def show(done: int, total: int | None) -> None: ...
def wrong(done: int) -> None: ...

Client("http://a", on_upload=show).with_options(on_download=show, on_upload=None)
AsyncClient("http://a", on_upload=show)
Client("http://a", on_upload=wrong)  # type: ignore[arg-type]
"""


def test_types(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(package.folder.parent))
    program = tmp_path / "program.py"
    program.write_text(inspect.cleandoc(PROGRAM).replace("NAME", package.name))
    flags = ["--strict", "--no-incremental", "--no-error-summary"]
    assert mypy.run([*flags, str(program)]) == ("", "", 0)
