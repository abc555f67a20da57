"""Credentials and servers: what goes where, and where it never goes."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from tests.support import Driver, Package, Recorded, Server, Workshop, document

SCHEMES = """
bearer: {type: http, scheme: Bearer}
basic: {type: http, scheme: basic}
X-Key: {type: apiKey, in: header, name: X-API-Key}
queryKey: {type: apiKey, in: query, name: "api key"}
cookieKey: {type: apiKey, in: cookie, name: session}
openid: {type: openIdConnect, openIdConnectUrl: https://example.org/.well-known}
tls: {type: mutualTLS}
timeout: {type: apiKey, in: header, name: X-Timeout-Key}
"""
SECURITY = {
    "bearer": [{"bearer": []}],
    "basic": [{"basic": []}],
    "header": [{"X-Key": []}],
    "query": [{"queryKey": []}],
    "cookie": [{"cookieKey": []}],
    "openid": [{"openid": ["read"]}],
    "odd": [{"timeout": []}],
    "both": [{"X-Key": [], "queryKey": [], "cookieKey": []}],
    "either": [{"bearer": []}, {"basic": []}, {"X-Key": [], "queryKey": []}],
    "optional": [{}, {"bearer": []}],
    "open_": [],
    "tls_or_bearer": [{"tls": []}, {"bearer": []}],
    "unknown": [{"nowhere": []}, {"bearer": []}],
    "inherited": None,
}


def _document() -> dict[str, Any]:
    paths = {}
    for name, security in SECURITY.items():
        operation: dict[str, Any] = {
            "operationId": name,
            "parameters": [
                {"name": "q", "in": "query", "schema": {"type": "string"}},
                {"name": "taste", "in": "cookie", "schema": {"type": "string"}},
            ],
            "responses": {"200": {"description": "done"}},
        }
        if security is not None:
            operation["security"] = security
        paths[f"/{name}"] = {"get": operation}
    components = {"securitySchemes": yaml.safe_load(SCHEMES)}
    return document({"paths": paths, "components": components, "security": [{"bearer": []}]})


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(_document())


@pytest.fixture
def get(package: Package, recorder: Server, driver: Driver) -> Callable[..., Recorded]:
    def send(name: str, arguments: dict[str, str] | None = None, **options: Any) -> Recorded:
        call = getattr(package.api(), name)(**(arguments or {}))
        driver.send(package, recorder.url, call, **options)
        return recorder.last

    return send


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


# One scheme


def test_bearer(get: Any) -> None:
    assert get("bearer", token="t-1").header("Authorization") == "Bearer t-1"


def test_openid_takes_a_token(get: Any) -> None:
    assert get("openid", token="t-1").header("Authorization") == "Bearer t-1"


def test_basic(get: Any) -> None:
    request = get("basic", basic_auth=("Zoë", "p:ss wörd"))
    assert request.header("Authorization") == _basic("Zoë:p:ss wörd")


def test_key_in_a_header(get: Any) -> None:
    assert get("header", x_key="k 1").header("X-API-Key") == "k 1"


def test_key_in_the_query(get: Any) -> None:
    assert get("query", query_key="a&b=c").target == "/query?api%20key=a%26b%3Dc"
    assert get("query", {"q": "x"}, query_key="k").target == "/query?q=x&api%20key=k"


def test_key_in_a_cookie(get: Any) -> None:
    assert get("cookie", cookie_key="k1").header("Cookie") == "session=k1"
    request = get("cookie", {"taste": "sweet"}, cookie_key="k1")
    assert sorted((request.header("Cookie") or "").split("; ")) == ["session=k1", "taste=sweet"]


def test_a_scheme_named_like_an_option(get: Any) -> None:
    assert get("odd", timeout_="k", timeout=5).header("X-Timeout-Key") == "k"


def test_a_credential_may_be_a_function(get: Any) -> None:
    """It is asked for each request, so that it may change."""
    tokens = iter(["t-1", "t-2"])
    assert get("bearer", token=lambda: next(tokens)).header("Authorization") == "Bearer t-1"
    assert get("bearer", token=lambda: next(tokens)).header("Authorization") == "Bearer t-2"


# Several schemes

ALL = {
    "token": "t-1",
    "basic_auth": ("u", "p"),
    "x_key": "k1",
    "query_key": "k2",
    "cookie_key": "k3",
}


def test_and_takes_all(get: Any) -> None:
    request = get("both", **ALL)
    assert request.header("X-API-Key") == "k1"
    assert request.target == "/both?api%20key=k2"
    assert request.header("Cookie") == "session=k3"
    assert request.header("Authorization") is None


@pytest.mark.parametrize(
    ("options", "authorization", "key", "target"),
    [
        (("token", "basic_auth", "x_key", "query_key"), "Bearer t-1", None, "/either"),
        (("basic_auth", "x_key"), _basic("u:p"), None, "/either"),
        (("x_key", "query_key"), None, "k1", "/either?api%20key=k2"),
    ],
    ids=str,
)
def test_or_takes_the_first_that_is_whole(
    get: Any, options: tuple[str, ...], authorization: str | None, key: str | None, target: str
) -> None:
    request = get("either", **{k: ALL[k] for k in options})
    assert request.header("Authorization") == authorization
    assert request.header("X-API-Key") == key
    assert request.target == target


@pytest.mark.parametrize("options", [(), ("x_key",), ("cookie_key",)], ids=str)
def test_a_missing_credential_is_an_error_before_anything_is_sent(
    package: Package, recorder: Server, driver: Driver, options: tuple[str, ...]
) -> None:
    call = package.api().either()
    with pytest.raises(package.errors.ConfigurationError) as caught:
        driver.send(package, recorder.url, call, **{k: ALL[k] for k in options})
    assert recorder.requests == []
    words = "x_key and query_key" if not options or options[0] != "x_key" else "query_key"
    assert str(caught.value).endswith(f"option token, or basic_auth, or {words}")


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("bearer", {"authorization": "Bearer own"}),
        ("basic", {"Authorization": "Basic own"}),
        ("header", {"x-api-key": "own"}),
        ("cookie", {"Cookie": "session=own"}),
    ],
)
def test_a_credential_in_a_header_of_the_callers_is_enough(
    get: Any, name: str, headers: dict[str, str]
) -> None:
    ((header, value),) = headers.items()
    assert get(name, headers=headers).header(header) == value


def test_a_header_of_the_callers_replaces_a_credential(get: Any) -> None:
    request = get("bearer", token="t-1", headers={"AUTHORIZATION": "Digest x"})
    assert request.header("authorization") == "Digest x"


def test_security_of_the_document_is_the_default(get: Any) -> None:
    assert get("inherited", **ALL).header("Authorization") == "Bearer t-1"


def test_an_operation_without_security_gets_no_credential(get: Any) -> None:
    request = get("open_", **ALL)
    assert {"authorization", "x-api-key", "cookie"}.isdisjoint(n for n, _ in request.headers)
    assert request.target == "/open_"


def test_optional_security(get: Any) -> None:
    assert get("optional").header("Authorization") is None
    assert get("optional", token="t-1").header("Authorization") == "Bearer t-1"


@pytest.mark.parametrize("name", ["tls_or_bearer", "unknown"])
def test_schemes_that_are_not_understood_are_passed_over(get: Any, name: str) -> None:
    assert get(name, token="t-1").header("Authorization") == "Bearer t-1"


def test_a_header_of_the_caller_is_sent_too(get: Any) -> None:
    request = get("open_", headers={"Authorization": "Digest x", "X-Own": "1"})
    assert request.header("Authorization") == "Digest x"
    assert request.header("X-Own") == "1"


# OAuth 2 client credentials

OAUTH = """
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: /oauth/token, scopes: {read: "", write: ""}}}
security: [{oauth: [read]}]
paths:
  /thing: {get: {operationId: thing, responses: {"200": {description: done}}}}
"""


@pytest.fixture(scope="module")
def oauth(workshop: Workshop) -> Package:
    return workshop(document(OAUTH))


CREDENTIALS = ("id-1", "s&cret=")


def _token(server: Server, token: str, **more: Any) -> None:
    server.answer(json.dumps({"access_token": token, "token_type": "Bearer", **more}))


def test_client_credentials_are_traded_for_a_token(
    oauth: Package, recorder: Server, driver: Driver
) -> None:
    _token(recorder, "t-1", expires_in=3600)
    driver.send(oauth, recorder.url, oauth.api().thing(), client_credentials=CREDENTIALS)
    first, second = recorder.requests
    assert first.line == "POST /oauth/token"
    assert first.header("Content-Type") == "application/x-www-form-urlencoded"
    sent = parse_qs(first.body.decode())
    assert sent["grant_type"] == ["client_credentials"]
    assert (sent["client_id"], sent["client_secret"]) == ([CREDENTIALS[0]], [CREDENTIALS[1]])
    assert second.line == "GET /thing"
    assert second.header("Authorization") == "Bearer t-1"
    assert b"cret" not in second.raw


def _thrice(package: Package, server: Server) -> list[str]:
    with package.client(server.url, client_credentials=CREDENTIALS) as client:
        for _ in range(3):
            client.send(package.api().thing())
    return [r.header("Authorization") or r.line for r in server.requests]


@pytest.mark.parametrize("more", [{"expires_in": 3600}, {"expires_in": "3600"}, {}], ids=str)
def test_a_token_is_kept_while_it_is_good(
    oauth: Package, recorder: Server, more: dict[str, Any]
) -> None:
    _token(recorder, "t-1", **more)
    assert _thrice(oauth, recorder) == ["POST /oauth/token", *["Bearer t-1"] * 3]


def test_a_token_is_replaced_before_it_ends(oauth: Package, recorder: Server) -> None:
    for number in (1, 2, 3):
        _token(recorder, f"t-{number}", expires_in=1)
        recorder.answer()
    assert _thrice(oauth, recorder) == [
        "POST /oauth/token",
        "Bearer t-1",
        "POST /oauth/token",
        "Bearer t-2",
        "POST /oauth/token",
        "Bearer t-3",
    ]


def test_a_token_that_is_given_needs_no_other(
    oauth: Package, recorder: Server, driver: Driver
) -> None:
    options = {"token": "own", "client_credentials": CREDENTIALS}
    driver.send(oauth, recorder.url, oauth.api().thing(), **options)
    assert [r.header("Authorization") for r in recorder.requests] == ["Bearer own"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, '{"error": "invalid_client"}'),
        (400, "nope"),
        (500, ""),
        (200, '{"no": "token"}'),
        (200, "[]"),
        (200, "<html>"),
        (302, ""),
    ],
    ids=str,
)
def test_a_token_that_is_refused(
    oauth: Package, recorder: Server, driver: Driver, status: int, body: str
) -> None:
    """The call is not sent, and the error holds no secret."""
    recorder.answer(body, status=status, headers={"Location": "/elsewhere"})
    with pytest.raises(oauth.errors.APIError) as caught:
        driver.send(oauth, recorder.url, oauth.api().thing(), client_credentials=CREDENTIALS)
    assert len(recorder.requests) == 1
    assert "cret" not in str(caught.value)
    assert b"cret" not in pickle.dumps(caught.value)


@pytest.mark.parametrize("more", [{"expires_in": None}, {"expires_in": "soon"}], ids=str)
def test_an_odd_lifetime_of_a_token_breaks_nothing(
    oauth: Package, recorder: Server, driver: Driver, more: dict[str, Any]
) -> None:
    _token(recorder, "t-1", **more)
    driver.send(oauth, recorder.url, oauth.api().thing(), client_credentials=CREDENTIALS)
    assert recorder.last.header("Authorization") == "Bearer t-1"


def test_the_token_server_may_be_another(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    other = Server()
    try:
        text = OAUTH.replace("/oauth/token", f"{other.url}/token")
        package = workshop(document(text))
        _token(other, "t-1")
        driver.send(package, recorder.url, package.api().thing(), client_credentials=CREDENTIALS)
        assert [r.line for r in other.requests] == ["POST /token"]
        assert [r.header("Authorization") for r in recorder.requests] == ["Bearer t-1"]
    finally:
        other.close()


# Where credentials never are

SECRET = "s3cr3t-0123456789"
SECRETS: dict[str, Any] = {
    "token": SECRET,
    "basic_auth": (SECRET, SECRET),
    "x_key": SECRET,
    "query_key": SECRET,
    "cookie_key": SECRET,
}


def _shown(error: BaseException) -> str:
    """All that a traceback, a log or a pickle shows of an error and of what it came from."""
    trace = "".join(traceback.format_exception(error))
    return f"{trace} {error!r} {vars(error)!r} " + pickle.dumps(error).decode("latin-1")


ENCODED = base64.b64encode(f"{SECRET}:{SECRET}".encode()).decode()


@pytest.mark.parametrize("name", ["bearer", "basic", "header", "query", "cookie", "both"])
@pytest.mark.parametrize("fault", ["status", "silence", "hang up", "not JSON", "no server"])
def test_no_error_shows_a_credential(
    package: Package, recorder: Server, driver: Driver, name: str, fault: str
) -> None:
    url, call = recorder.url, getattr(package.api(), name)()
    options = {**SECRETS, "timeout": 0.05 if fault == "silence" else 30}
    if fault == "status":
        recorder.answer('{"error": {"message": "bad key"}}', status=401)
    elif fault == "silence":
        recorder.silence()
    elif fault == "hang up":
        recorder.raw(hang_up=True)
    elif fault == "not JSON":
        recorder.raw(b"oops\r\n\r\n", hang_up=True)
    else:
        url = "http://127.0.0.1:1"
    with pytest.raises(package.errors.APIError) as caught:
        driver.send(package, url, call, **options)
    assert SECRET not in _shown(caught.value)
    assert ENCODED not in _shown(caught.value)


@pytest.mark.parametrize(
    "broken", [SECRET + "\n", SECRET + "\r\nX-Evil: 1", SECRET + "\0", "é" + SECRET]
)
@pytest.mark.parametrize(("name", "option"), [("bearer", "token"), ("header", "x_key")])
def test_a_credential_that_no_header_can_hold_is_refused_without_being_shown(
    package: Package, recorder: Server, driver: Driver, name: str, option: str, broken: str
) -> None:
    """The usual one ends in the line break of the file that it was read from."""
    with pytest.raises((ValueError, package.errors.APIError)) as caught:
        driver.send(package, recorder.url, getattr(package.api(), name)(), **{option: broken})
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert recorder.requests == []


@pytest.mark.parametrize("name", ["bearer", "basic", "header", "query", "cookie"])
def test_no_log_shows_a_credential(
    package: Package, recorder: Server, sync: Driver, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        sync.send(package, recorder.url, getattr(package.api(), name)(), **SECRETS)
    assert SECRET not in caplog.text
    assert ENCODED not in caplog.text


def test_no_text_form_shows_a_credential(package: Package) -> None:
    call = package.api().both()
    with package.client("http://127.0.0.1:1", **SECRETS) as client:
        texts = [repr(client), str(client), repr(client.with_options(timeout=1))]
        texts += [repr(call), call.curl(client.base_url), pickle.dumps(call).decode("latin-1")]
    assert not any(SECRET in text for text in texts)


# Servers

THING = {"get": {"operationId": "thing", "responses": {"200": {"description": "done"}}}}


def _served(servers: list[dict[str, Any]], path: dict[str, Any] | None = None) -> dict[str, Any]:
    return document({"servers": servers, "paths": {"/thing": {**THING, **(path or {})}}})


@pytest.mark.parametrize("end", ["", "/"])
def test_the_first_server_of_the_document(
    workshop: Workshop, recorder: Server, driver: Driver, end: str
) -> None:
    servers = [{"url": f"{recorder.url}/v1{end}"}, {"url": "http://127.0.0.1:1/v2"}]
    package = workshop(_served(servers))
    driver.send(package, None, package.api().thing())
    assert recorder.last.target == "/v1/thing"
    assert recorder.last.header("Host") == recorder.url.removeprefix("http://")


def _variable_server(recorder: Server) -> list[dict[str, Any]]:
    variables = {
        "host": {"default": recorder.url.removeprefix("http://")},
        "version": {"default": "v1", "enum": ["v1", "v2"]},
    }
    return [{"url": "http://{host}/{version}", "variables": variables}]


@pytest.mark.parametrize(
    ("variables", "target"), [({}, "/v1/thing"), ({"version": "v2"}, "/v2/thing")]
)
def test_server_variables(
    workshop: Workshop, recorder: Server, driver: Driver, variables: dict[str, str], target: str
) -> None:
    package = workshop(_served(_variable_server(recorder)))
    driver.send(package, None, package.api().thing(), server_variables=variables)
    assert recorder.last.target == target


def test_server_variables_that_are_not_allowed(workshop: Workshop, recorder: Server) -> None:
    package = workshop(_served(_variable_server(recorder)))
    with pytest.raises(ValueError, match="v1, v2"):
        package.client(server_variables={"version": "v3"})


def test_a_url_of_the_callers_replaces_the_documents(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    package = workshop(_served([{"url": "http://127.0.0.1:1/v1"}]))
    driver.send(package, f"{recorder.url}/own/", package.api().thing())
    assert recorder.last.target == "/own/thing"


@pytest.mark.parametrize("servers", [[], [{"url": "/v1"}], [{"url": "v1"}]], ids=str)
def test_without_the_host_of_a_server_the_caller_must_give_one(
    workshop: Workshop, recorder: Server, driver: Driver, servers: list[dict[str, Any]]
) -> None:
    package = workshop(_served(servers))
    with pytest.raises(ValueError, match="base_url"):
        package.client()
    driver.send(package, recorder.url, package.api().thing())
    assert recorder.last.target == "/thing"


@pytest.mark.parametrize("url", ["localhost:80", "ftp://example.org", "file:///etc", "example.org"])
def test_urls_that_are_not_http(workshop: Workshop, url: str) -> None:
    package = workshop(_served([{"url": "https://example.org"}]))
    with pytest.raises(ValueError, match="http"):
        package.client(url)


@pytest.mark.parametrize("place", ["operation", "path"])
def test_an_operation_with_a_server_of_its_own(
    workshop: Workshop, recorder: Server, driver: Driver, place: str
) -> None:
    own = [{"url": f"{recorder.url}/{{kind}}", "variables": {"kind": {"default": "uploads"}}}]
    path: dict[str, Any] = (
        {"servers": own} if place == "path" else {"get": {**THING["get"], "servers": own}}
    )
    package = workshop(_served([{"url": "http://127.0.0.1:1/v1"}], path))
    driver.send(package, None, package.api().thing())
    assert recorder.last.target == "/uploads/thing"


def test_a_relative_server_of_an_operation(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    operation = {**THING["get"], "servers": [{"url": "/uploads"}]}
    package = workshop(_served([{"url": f"{recorder.url}/v1"}], {"get": operation}))
    driver.send(package, None, package.api().thing())
    assert recorder.last.target == "/uploads/thing"


SWAGGER = """
swagger: "2.0"
host: HOST
basePath: /v1/
schemes: [http]
securityDefinitions:
  basic: {type: basic}
  key: {type: apiKey, in: header, name: X-Key}
  app: {type: oauth2, flow: application, tokenUrl: TOKEN, scopes: {}}
paths:
  /basic: {get: {operationId: basic, security: [{basic: []}], responses: {"200": {description: d}}}}
  /key: {get: {operationId: key, security: [{key: []}], responses: {"200": {description: d}}}}
  /app: {get: {operationId: app, security: [{app: []}], responses: {"200": {description: d}}}}
"""


def test_servers_and_security_of_swagger(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    text = SWAGGER.replace("HOST", recorder.url.removeprefix("http://"))
    package = workshop(document(text.replace("TOKEN", f"{recorder.url}/token")))
    options = {"basic_auth": ("u", "p"), "key": "k1", "client_credentials": CREDENTIALS}
    api = package.api()
    driver.send(package, None, api.basic(), **options)
    assert recorder.last.line == "GET /v1/basic"
    assert recorder.last.header("Authorization") == _basic("u:p")
    driver.send(package, None, api.key(), **options)
    assert recorder.last.header("X-Key") == "k1"
    _token(recorder, "t-1")
    driver.send(package, None, api.app(), **options)
    assert recorder.last.header("Authorization") == "Bearer t-1"
