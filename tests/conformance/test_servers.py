"""Servers: which URL a call goes to, what variables can change, and what they cannot."""

from __future__ import annotations

import logging
import pickle
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from tests.support import Driver, Package, Server, Workshop, document, save

from orcagen.diagnostics import Diagnostics
from orcagen.openapi import read
from orcagen.source.loader import load

GET = {"operationId": "thing", "responses": {"200": {"description": "done"}}}


def _document(servers: Any, operation_servers: Any = None, **more: Any) -> dict[str, Any]:
    own = {"servers": operation_servers} if operation_servers else {}
    paths = {"/thing": {"get": {**GET, **own}}}
    return document({"paths": paths, **({"servers": servers} if servers else {}), **more})


# Variables


def _variable(default: str, *allowed: str) -> dict[str, Any]:
    return {"default": default, **({"enum": list(allowed)} if allowed else {})}


@pytest.fixture(scope="module")
def templated(workshop: Workshop) -> Package:
    variables = {
        "region": _variable("eu"),
        "port": _variable("443"),
        "version": _variable("v1", "v1", "v2"),
        "path": _variable("base"),
    }
    url = "https://{region}.example.com:{port}/{version}/{path}"
    upload = {"url": "https://{zone}.upload.example.com", "variables": {"zone": _variable("a")}}
    return workshop(_document([{"url": url, "variables": variables}], [upload]))


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, "https://eu.example.com:443/v1/base"),
        ({"region": "us.east"}, "https://us.east.example.com:443/v1/base"),
        ({"port": "8443", "version": "v2"}, "https://eu.example.com:8443/v2/base"),
        ({"path": "a/b"}, "https://eu.example.com:443/v1/a/b"),
        ({"zone": "b"}, "https://eu.example.com:443/v1/base"),
    ],
    ids=str,
)
def test_variables_of_the_document(templated: Package, variables: Any, url: str) -> None:
    assert templated.client(server_variables=variables).base_url == url


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"version": "v3"}, "version must be one of v1, v2"),
        ({"colour": "red"}, "no server variable 'colour'.*path, port, region, version, zone"),
        ({"region": "evil.org/"}, "region cannot be"),
        ({"region": "evil.org?"}, "region cannot be"),
        ({"region": "evil.org#"}, "region cannot be"),
        ({"region": "user@evil.org\\"}, "region cannot be"),
        ({"port": "80@evil.org/"}, "port cannot be"),
        ({"path": "../../admin"}, "path cannot be"),
        ({"path": "a?b=c"}, "path cannot be"),
        ({"path": "a#b"}, "path cannot be"),
        ({"path": "a b"}, "path cannot be"),
        ({"zone": "evil.org/"}, "zone cannot be"),
    ],
    ids=str,
)
def test_values_that_would_change_more_than_their_place(
    templated: Package, variables: Any, words: str
) -> None:
    with pytest.raises(templated.errors.ConfigurationError, match=words):
        templated.client(server_variables=variables)


@pytest.mark.parametrize(
    ("url", "variables", "value", "expected"),
    [
        ("https://example.com{base}", {"base": _variable("/v1")}, "/v2", "https://example.com/v2"),
        ("https://example.com{base}", {"base": _variable("/v1")}, ".evil.org", None),
        ("https://example.com{base}", {"base": _variable("/v1")}, "@evil.org/", None),
        ("https://example.com{base}", {"base": _variable("")}, ":80@evil.org", None),
        (
            "{base}/v1",
            {"base": _variable("https://a.org")},
            "http://b.org:1/x",
            "http://b.org:1/x/v1",
        ),
        ("https://{base}/v1", {}, "b.org:8443", "https://b.org:8443/v1"),
        ("{base}://a.org", {"base": _variable("https", "https", "http")}, "http", "http://a.org"),
        ("{base}://a.org", {"base": _variable("https")}, "http://evil.org/?", None),
    ],
    ids=str,
)
def test_only_what_is_declared_there_changes_the_host(
    workshop: Workshop, url: str, variables: Any, value: str, expected: str | None
) -> None:
    package = workshop(_document([{"url": url, "variables": variables}]))
    if expected is None:
        with pytest.raises(package.errors.ConfigurationError):
            package.client(server_variables={"base": value})
    else:
        assert package.client(server_variables={"base": value}).base_url == expected


def test_an_api_whose_servers_have_no_variables_takes_none(workshop: Workshop) -> None:
    package = workshop(_document([{"url": "https://example.com"}]))
    with pytest.raises(package.errors.ConfigurationError, match="no variables"):
        package.client(server_variables={"region": "eu"})


@pytest.mark.parametrize("place", ["operation", "path"])
def test_variables_of_the_server_of_an_operation(
    workshop: Workshop, recorder: Server, driver: Driver, place: str
) -> None:
    variables = {"kind": _variable("uploads", "uploads", "files")}
    own = [{"url": f"{recorder.url}/{{kind}}", "variables": variables}]
    path: dict[str, Any] = {"get": GET, "servers": own}
    if place == "operation":
        path = {"get": {**GET, "servers": own}}
    package = workshop(
        document({"servers": [{"url": "http://127.0.0.1:1/v1"}], "paths": {"/thing": path}})
    )
    call = package.api().thing()
    driver.send(package, None, call)
    driver.send(package, None, call, server_variables={"kind": "files"})
    assert [r.target for r in recorder.requests] == ["/uploads/thing", "/files/thing"]
    with pytest.raises(ValueError, match="uploads, files"):
        package.client(server_variables={"kind": "elsewhere"})
    assert hash(call) == hash(package.api().thing())
    assert pickle.loads(pickle.dumps(call)) == call


# Relative URLs


@pytest.mark.parametrize(
    ("url", "target"), [("../rel", "/rel/thing"), ("v2", "/v2/thing"), ("/x/y", "/x/y/thing")]
)
def test_relative_servers_of_operations_in_a_file(
    workshop: Workshop, recorder: Server, driver: Driver, url: str, target: str
) -> None:
    """They are relative to the server of the document, which is not known to come from anywhere."""
    package = workshop(_document([{"url": f"{recorder.url}/v1"}], [{"url": url}]))
    driver.send(package, None, package.api().thing())
    assert recorder.last.target == target


class _Files(BaseHTTPRequestHandler):
    """Serves one document under any path."""

    content = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *args: Any) -> None:
        pass


def _read_servers(content: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    """Where a document was read from, and the URLs of its servers and those of its first operation."""
    handler = type("Handler", (_Files,), {"content": yaml.safe_dump(content).encode()})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        source = load(f"{origin}/docs/openapi.yaml")
        parsed, _ = read(source, Diagnostics(source.find_lines))
        server.shutdown()
    operation = parsed.operations[0]
    return origin, [s.url for s in parsed.servers], [s.url for s in operation.servers]


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (None, "{origin}/"),
        ([], "{origin}/"),
        ([{"url": "/"}], "{origin}/"),
        ([{"url": "/v1"}], "{origin}/v1"),
        ([{"url": "v1"}], "{origin}/docs/v1"),
        ([{"url": "../v1"}], "{origin}/v1"),
        ([{"url": "//other.org/v1"}], "http://other.org/v1"),
        ([{"url": "https://other.org/v1"}], "https://other.org/v1"),
        ([{"url": "/{v}", "variables": {"v": _variable("a")}}], "{origin}/{{v}}"),
        ([{"url": "{base}://a", "variables": {"base": _variable("https")}}], "{{base}}://a"),
    ],
    ids=str,
)
def test_relative_servers_of_a_document_with_a_url(servers: Any, expected: str) -> None:
    origin, urls, _ = _read_servers(_document(servers))
    assert urls == [expected.format(origin=origin)]


def test_the_self_of_a_document_is_no_base_of_its_servers() -> None:
    """OpenAPI 3.2, section 4.6: the URL that the document was retrieved from."""
    content = _document([{"url": "v1"}], **{"$self": "https://elsewhere.org/api"})
    origin, urls, _ = _read_servers({**content, "openapi": "3.2.0"})
    assert urls == [f"{origin}/docs/v1"]


def test_relative_servers_of_operations_in_a_document_with_a_url() -> None:
    origin, _, urls = _read_servers(_document([{"url": "https://a.org/v1"}], [{"url": "v2"}]))
    assert urls == [f"{origin}/docs/v2"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({}, "http://{host}"),
        ({"basePath": "/v1"}, "http://{host}/v1"),
        ({"host": "a.org"}, "http://a.org"),
        ({"schemes": ["https"]}, "https://{host}"),
    ],
    ids=str,
)
def test_servers_of_swagger_in_a_document_with_a_url(part: dict[str, Any], expected: str) -> None:
    content = document({"swagger": "2.0", "paths": {"/thing": {"get": GET}}, **part})
    origin, urls, _ = _read_servers(content)
    assert urls == [expected.format(host=origin.removeprefix("http://"))]


@pytest.mark.parametrize("servers", [None, [{"url": "/"}], [{"url": "/v1"}]], ids=str)
def test_a_document_from_a_file_needs_a_base_url(workshop: Workshop, servers: Any) -> None:
    package = workshop(_document(servers))
    with pytest.raises(package.errors.ConfigurationError, match=r"base_url must be .* document"):
        package.client()


# User and password in the URL

USER = "us%40er"
PASSWORD = "pa%3Ass-s3cr3t"


def test_user_and_password_of_a_base_url_are_sent_and_shown_nowhere(
    workshop: Workshop, recorder: Server, driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    package = workshop(_document(None))
    caplog.set_level(logging.DEBUG)
    call = package.api().thing()
    url = recorder.url.replace("http://", f"http://{USER}:{PASSWORD}@")
    driver.send(package, url, call)
    assert recorder.last.header("Authorization") == "Basic dXNAZXI6cGE6c3MtczNjcjN0"
    client = package.client(url)
    copied = client.with_options(timeout=3)
    copied.send(call)
    assert recorder.last.header("Authorization") == "Basic dXNAZXI6cGE6c3MtczNjcjN0"
    dead = package.client(f"http://{USER}:{PASSWORD}@127.0.0.1:1")
    with pytest.raises(package.errors.ConnectError) as caught:
        dead.send(call)
    shown = [repr(client), client.base_url, copied.base_url, caplog.text, repr(caught.value)]
    shown += [call.curl(client.base_url), call.curl(url), repr(pickle.dumps(caught.value))]
    with pytest.raises(TypeError) as refused:
        pickle.dumps(client)
    for text in [*shown, str(refused.value)]:
        assert "s3cr3t" not in text
        assert USER not in text
    for wrong in (
        f"{USER}:{PASSWORD}@host",
        f"ftp://{USER}:{PASSWORD}@host",
        f"http://{USER}:{PASSWORD}@",
    ):
        with pytest.raises(package.errors.ConfigurationError) as unusable:
            package.client(wrong)
        assert "s3cr3t" not in str(unusable.value)


def test_a_token_replaces_user_and_password_of_the_url(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    scheme = {"bearer": {"type": "http", "scheme": "bearer"}}
    more = {"components": {"securitySchemes": scheme}, "security": [{"bearer": []}]}
    package = workshop(_document(None, **more))
    url = recorder.url.replace("http://", "http://u:p@")
    driver.send(package, url, package.api().thing(), token="t-1")
    assert recorder.last.header("Authorization") == "Bearer t-1"
    driver.send(package, url, package.api().thing())
    assert recorder.last.header("Authorization") == "Basic dTpw"


def test_servers_of_path_items_in_other_files(workshop: Workshop, tmp_path: Path) -> None:
    path = {
        "servers": [{"url": "https://{s}.b.org", "variables": {"s": _variable("x")}}],
        "get": GET,
    }
    save(tmp_path, path, "path.yaml")
    content = document({"paths": {"/thing": {"$ref": "path.yaml"}}})
    package = workshop("", file=save(tmp_path, content))
    assert package.api().thing().server.expand({"s": "y"}) == "https://y.b.org"
