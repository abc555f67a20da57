"""The file host: signed URLs and range requests."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.testing.support import client, emulator_settings, get_wrapped, submit

from orcarouter.testing import Emulator, VirtualClock

pytestmark = emulator_settings(queued=0, running=0)

Server = Emulator[VirtualClock]


@pytest.fixture
def url(api: httpx.Client) -> str:
    """The URL of the video of a finished task."""
    return str(get_wrapped(api, submit(api))["result_url"])


@pytest.fixture
def whole(url: str, web: httpx.Client) -> bytes:
    return web.get(url).content


def test_whole_file(server: Server, url: str, web: httpx.Client) -> None:
    response = web.get(url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-length"] == str(len(response.content))
    assert "x-orca-request-id" not in response.headers
    assert server.requests[-1].operation == "getFile"


def test_files_have_another_origin_than_the_api(server: Server, url: str) -> None:
    assert url.startswith(server.files_url + "/out/")
    assert urlsplit(url).netloc != urlsplit(server.base_url).netloc


def test_head(url: str, whole: bytes, web: httpx.Client) -> None:
    response = web.head(url, headers={"Range": "bytes=0-9"})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(whole))
    assert response.headers["etag"] == web.get(url).headers["etag"]


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
def test_range(url: str, whole: bytes, wanted: str, part: slice, web: httpx.Client) -> None:
    response = web.get(url, headers={"Range": wanted})
    start, stop, _ = part.indices(len(whole))
    assert response.status_code == 206
    assert response.content == whole[part]
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert response.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("wanted", ["bytes=999999-", "bytes=7657-", "bytes=9-5", "bytes=-0"])
def test_unsatisfiable_range(url: str, whole: bytes, wanted: str, web: httpx.Client) -> None:
    response = web.get(url, headers={"Range": wanted})
    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize(
    "wanted", ["bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", f"bytes={'9' * 5000}-"]
)
def test_malformed_range_is_ignored(url: str, whole: bytes, wanted: str, web: httpx.Client) -> None:
    response = web.get(url, headers={"Range": wanted})
    assert (response.status_code, response.content) == (200, whole)


def test_if_range(url: str, whole: bytes, web: httpx.Client) -> None:
    validators = web.head(url).headers
    for same in (validators["etag"], validators["last-modified"]):
        response = web.get(url, headers={"Range": "bytes=9-", "If-Range": same})
        assert (response.status_code, response.content) == (206, whole[9:])
    for other in ('"0123"', "Sun, 01 Nov 2026 09:00:01 GMT"):
        response = web.get(url, headers={"Range": "bytes=9-", "If-Range": other})
        assert (response.status_code, response.content) == (200, whole)


def test_if_none_match(url: str, web: httpx.Client) -> None:
    response = web.get(url, headers={"If-None-Match": web.head(url).headers["etag"]})
    assert (response.status_code, response.content) == (304, b"")


@emulator_settings(queued=0, running=0, url_lifetime=60)
def test_url_expires(server: Server, url: str, web: httpx.Client) -> None:
    server.clock.advance(59)
    assert web.get(url).status_code == 200
    server.clock.advance(1)
    response = web.get(url)
    assert response.status_code == 403
    assert "<Code>AccessDenied</Code>" in response.text


@pytest.mark.parametrize("name", ["Expires", "Nonce", "Signature"])
def test_forged_url_is_rejected(url: str, name: str, web: httpx.Client) -> None:
    (value,) = parse_qs(urlsplit(url).query)[name]
    for other in (value[:-1] + "é", value + "0"):
        response = web.get(httpx.URL(url).copy_set_param(name, other))
        assert (response.status_code, "SignatureDoesNotMatch" in response.text) == (403, True)
    assert web.get(url.replace(".mp4?", ".png?")).status_code == 403
    assert web.get(url.partition("?")[0]).status_code == 403


def test_file_host_has_no_other_paths(server: Server, web: httpx.Client) -> None:
    response = web.get(server.files_url + "/v1/models")
    assert (response.status_code, "NoSuchKey" in response.text) == (404, True)


@pytest.mark.parametrize("source", ["bytes", "name"])
def test_video_setting(tmp_path: Path, source: str, web: httpx.Client) -> None:
    content = bytes(range(256)) * 40
    file = tmp_path / "video.mp4"
    file.write_bytes(content)
    video = content if source == "bytes" else str(file)
    emulator = Emulator(video=video, queued=0, running=0, check=False)
    with emulator as server, client(server) as api:
        assert web.get(get_wrapped(api, submit(api))["result_url"]).content == content


def test_missing_video(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Emulator(video=tmp_path / "none.mp4")
