"""The host of the results: signed URLs and ranges."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.testing.support import client, emulated, submit, wrapped

from orcarouter.testing import Emulator, VirtualClock

pytestmark = emulated(queued=0, running=0)

Server = Emulator[VirtualClock]


@pytest.fixture
def url(api: httpx.Client) -> str:
    """The video of a finished task."""
    return str(wrapped(api, submit(api))["result_url"])


@pytest.fixture
def whole(url: str, web: httpx.Client) -> bytes:
    return web.get(url).content


def test_the_whole_file(server: Server, url: str, web: httpx.Client) -> None:
    answer = web.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert "x-orca-request-id" not in answer.headers
    assert server.requests[-1].operation == "getFile"


def test_results_lie_on_an_origin_of_their_own(server: Server, url: str) -> None:
    assert url.startswith(server.files_url + "/out/")
    assert urlsplit(url).netloc != urlsplit(server.base_url).netloc


def test_head(url: str, whole: bytes, web: httpx.Client) -> None:
    answer = web.head(url, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(whole))
    assert answer.headers["etag"] == web.get(url).headers["etag"]


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=7000-", slice(7000, None)),
        ("bytes=7000-999999", slice(7000, None)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=-999999", slice(0, None)),
    ],
)
def test_a_range(url: str, whole: bytes, wanted: str, part: slice, web: httpx.Client) -> None:
    answer = web.get(url, headers={"Range": wanted})
    start, stop, _ = part.indices(len(whole))
    assert answer.status_code == 206
    assert answer.content == whole[part]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("wanted", ["bytes=999999-", "bytes=7657-", "bytes=9-5", "bytes=-0"])
def test_a_range_that_cannot_be_satisfied(
    url: str, whole: bytes, wanted: str, web: httpx.Client
) -> None:
    answer = web.get(url, headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize(
    "wanted", ["bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", f"bytes={'9' * 5000}-"]
)
def test_a_range_that_is_not_understood_is_ignored(
    url: str, whole: bytes, wanted: str, web: httpx.Client
) -> None:
    answer = web.get(url, headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (200, whole)


def test_if_range(url: str, whole: bytes, web: httpx.Client) -> None:
    known = web.head(url).headers
    for same in (known["etag"], known["last-modified"]):
        answer = web.get(url, headers={"Range": "bytes=9-", "If-Range": same})
        assert (answer.status_code, answer.content) == (206, whole[9:])
    for other in ('"0123"', "Sun, 01 Nov 2026 09:00:01 GMT"):
        answer = web.get(url, headers={"Range": "bytes=9-", "If-Range": other})
        assert (answer.status_code, answer.content) == (200, whole)


def test_if_none_match(url: str, web: httpx.Client) -> None:
    answer = web.get(url, headers={"If-None-Match": web.head(url).headers["etag"]})
    assert (answer.status_code, answer.content) == (304, b"")


@emulated(queued=0, running=0, url_lifetime=60)
def test_a_url_expires(server: Server, url: str, web: httpx.Client) -> None:
    server.clock.advance(59)
    assert web.get(url).status_code == 200
    server.clock.advance(1)
    answer = web.get(url)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


@pytest.mark.parametrize("name", ["Expires", "Nonce", "Signature"])
def test_a_url_cannot_be_made_up(url: str, name: str, web: httpx.Client) -> None:
    (value,) = parse_qs(urlsplit(url).query)[name]
    for other in (value[:-1] + "é", value + "0"):
        answer = web.get(httpx.URL(url).copy_set_param(name, other))
        assert (answer.status_code, "SignatureDoesNotMatch" in answer.text) == (403, True)
    assert web.get(url.replace(".mp4?", ".png?")).status_code == 403
    assert web.get(url.partition("?")[0]).status_code == 403


def test_the_file_host_has_nothing_else(server: Server, web: httpx.Client) -> None:
    answer = web.get(server.files_url + "/v1/models")
    assert (answer.status_code, "NoSuchKey" in answer.text) == (404, True)


@pytest.mark.parametrize("given", ["bytes", "name"])
def test_the_video_is_a_setting(tmp_path: Path, given: str, web: httpx.Client) -> None:
    content = bytes(range(256)) * 40
    file = tmp_path / "video.mp4"
    file.write_bytes(content)
    video = content if given == "bytes" else str(file)
    emulator = Emulator(video=video, queued=0, running=0, check=False)
    with emulator as server, client(server) as api:
        assert web.get(wrapped(api, submit(api))["result_url"]).content == content


def test_a_video_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Emulator(video=tmp_path / "none.mp4")
