"""Credentials: an option for each security scheme, tokens and their lives, schemes that are named by a URI."""

from __future__ import annotations

import asyncio
import inspect
import json
import pickle
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from tests.support import Driver, Package, Server, Workshop, document, save


def _document(schemes: str, security: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An operation for each entry of `security`, which is named after it."""
    paths = {
        f"/{name}": {
            "post": {
                "operationId": name,
                "security": requirements,
                "requestBody": {"content": {"application/octet-stream": {}}},
                "responses": {"200": {"description": "done"}},
            }
        }
        for name, requirements in security.items()
    }
    components = {"securitySchemes": yaml.safe_load(schemes)}
    return document({"paths": paths, "components": components, **more})


def _options(package: Package) -> set[str]:
    general = {
        "timeout",
        "headers",
        "server_variables",
        "http_client",
        "max_response_size",
        "retries",
        "http2",
        "proxy",
        "verify",
        "client_cert",
        "strict",
        "event_hooks",
        "on_upload",
        "on_download",
    }
    return set(package.part("client").Client.OPTIONS) - general


# An option for each scheme


@pytest.mark.parametrize(
    ("schemes", "options"),
    [
        ("a: {type: http, scheme: bearer}", ["token"]),
        ("{a: {type: http, scheme: bearer}, b: {type: http, scheme: BEARER}}", ["a", "b"]),
        ("{a: {type: http, scheme: basic}, b: {type: http, scheme: basic}}", ["a", "b"]),
        (
            "{a: {type: http, scheme: bearer}, b: {type: http, scheme: basic}}",
            ["basic_auth", "token"],
        ),
        ("{token: {type: http, scheme: bearer}, b: {type: http, scheme: bearer}}", ["b", "token_"]),
        (
            "{a: {type: oauth2, flows: {}}, b: {type: openIdConnect, openIdConnectUrl: x}}",
            ["a", "b"],
        ),
        (
            "{userAuth: {type: http, scheme: bearer}, user_auth: {type: apiKey, in: header, name: k}}",
            ["token", "user_auth"],
        ),
        (
            "{a: {type: oauth2, flows: &f {clientCredentials: {tokenUrl: /t}}}, b: {type: oauth2, flows: *f}}",
            ["a", "a_client_credentials", "b", "b_client_credentials"],
        ),
    ],
    ids=str,
)
def test_schemes_of_one_kind_have_an_option_each(
    workshop: Workshop, schemes: str, options: list[str]
) -> None:
    assert sorted(_options(workshop(_document(schemes, {})))) == options


def test_each_of_two_schemes_of_a_kind_is_sent_where_it_belongs(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    schemes = "{user: {type: http, scheme: bearer}, admin: {type: http, scheme: bearer}}"
    security: dict[str, Any] = {
        "one": [{"user": []}],
        "two": [{"admin": []}],
        "any_": [{"admin": []}, {"user": []}],
    }
    package = workshop(_document(schemes, security))
    api = package.api()
    for call in (api.one(), api.two(), api.any_()):
        driver.send(package, recorder.url, call, user="u", admin="a")
    driver.send(package, recorder.url, api.any_(), user="u")
    sent = [r.header("Authorization") for r in recorder.requests]
    assert sent == ["Bearer u", "Bearer a", "Bearer a", "Bearer u"]
    with pytest.raises(package.errors.ConfigurationError, match=r"option admin$"):
        driver.send(package, recorder.url, api.two(), user="u")


# What keys may hold


@pytest.mark.parametrize("key", ["a/b=c%2F+x==", "{}", '"quoted"', "a b", "~!$&'()*,"])
def test_a_key_in_a_cookie_goes_as_it_is(
    workshop: Workshop, recorder: Server, driver: Driver, key: str
) -> None:
    package = workshop(_document("s: {type: apiKey, in: cookie, name: sid}", {"me": [{"s": []}]}))
    driver.send(package, recorder.url, package.api().me(), s=key)
    assert recorder.last.header("Cookie") == f"sid={key}"


@pytest.mark.parametrize("key", ["a;b", "a\r\nb", "é", "\x7f", 7, b"x", None])
def test_what_no_cookie_can_hold(
    workshop: Workshop, recorder: Server, driver: Driver, key: Any
) -> None:
    package = workshop(_document("s: {type: apiKey, in: cookie, name: sid}", {"me": [{"s": []}]}))
    with pytest.raises(package.errors.ConfigurationError, match=r"s must be text|option s"):
        driver.send(package, recorder.url, package.api().me(), s=key)
    assert recorder.requests == []


# Functions that give tokens


def test_asynchronous_token_functions(workshop: Workshop, recorder: Server) -> None:
    package = workshop(_document("b: {type: http, scheme: bearer}", {"me": [{"b": []}]}))

    async def token() -> str:
        await asyncio.sleep(0)
        return "t-1"

    async def run() -> None:
        async with package.part("client").AsyncClient(recorder.url, token=token) as client:
            await client.send(package.api().me())

    asyncio.run(run())
    assert recorder.last.header("Authorization") == "Bearer t-1"
    with (
        package.client(recorder.url, token=token) as client,
        pytest.raises(package.errors.ConfigurationError, match="AsyncClient"),
    ):
        client.send(package.api().me())
    assert len(recorder.requests) == 1


# OAuth 2 client credentials

OAUTH = "o: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {r: '', w: ''}}}}"
CREDENTIALS = ("id-1", "s&cret=")


@pytest.fixture(scope="module")
def oauth(workshop: Workshop) -> Package:
    security: dict[str, Any] = {
        "plain": [{"o": []}],
        "read": [{"o": ["r"]}],
        "both": [{"o": ["r", "w"]}],
        "either": [{}, {"o": ["r"]}],
    }
    return workshop(_document(OAUTH, security))


def _token(server: Server, token: Any, **more: Any) -> None:
    server.answer(json.dumps({"access_token": token, "token_type": "Bearer", **more}))


@pytest.mark.parametrize(
    ("name", "scope"), [("plain", None), ("read", ["r"]), ("both", ["r w"]), ("either", ["r"])]
)
def test_the_scopes_of_the_operation_are_asked_for(
    oauth: Package, recorder: Server, driver: Driver, name: str, scope: list[str] | None
) -> None:
    _token(recorder, "t-1")
    call = getattr(oauth.api(), name)()
    driver.send(oauth, recorder.url, call, client_credentials=CREDENTIALS)
    assert parse_qs(recorder.requests[0].body.decode()).get("scope") == scope
    assert recorder.last.header("Authorization") == "Bearer t-1"


def test_a_token_is_used_for_calls_with_its_scopes(oauth: Package, recorder: Server) -> None:
    for token in ("t-r", "t-rw"):
        _token(recorder, token, expires_in=3600)
        recorder.answer()
    with oauth.client(recorder.url, client_credentials=CREDENTIALS) as client:
        for name in ("read", "both", "read", "both"):
            client.send(getattr(oauth.api(), name)())
        with pytest.raises(oauth.errors.HTTPStatusError):
            client.with_options(timeout=3).send(oauth.api().read())
    lines = [r.header("Authorization") or r.target for r in recorder.requests]
    own = ["/token", "Bearer t-r", "/token", "Bearer t-rw", "Bearer t-r", "Bearer t-rw"]
    # A copy shares connections and no tokens: the last answer is `{}`, which has none.
    assert lines[:6] == own
    assert lines[6:] == ["/token"]


@pytest.fixture
def refusing(recorder: Server) -> Server:
    """Answers: a token, 401, another token, 200."""
    _token(recorder, "t-1", expires_in=3600)
    recorder.answer("{}", status=401)
    _token(recorder, "t-2", expires_in=3600)
    return recorder


def test_a_token_is_replaced_once_after_401(
    oauth: Package, refusing: Server, driver: Driver
) -> None:
    call = oauth.api().read(body=b"data")
    response = driver.send_raw(oauth, refusing.url, call, client_credentials=CREDENTIALS)
    assert response.status_code == 200
    lines = [(r.header("Authorization") or r.target, r.body) for r in refusing.requests]
    assert lines[1] == ("Bearer t-1", b"data")
    assert lines[3] == ("Bearer t-2", b"data")
    assert [line for line, _ in lines] == ["/token", "Bearer t-1", "/token", "Bearer t-2"]


def test_a_second_401_is_the_result(oauth: Package, refusing: Server, driver: Driver) -> None:
    refusing.answer("{}", status=401)
    call = oauth.api().read()
    with pytest.raises(oauth.errors.AuthenticationError):
        driver.send(oauth, refusing.url, call, client_credentials=CREDENTIALS)
    assert len(refusing.requests) == 4


def test_a_stream_is_sent_again_too(oauth: Package, refusing: Server, driver: Driver) -> None:
    pieces = driver.stream(oauth, refusing.url, oauth.api().read(), client_credentials=CREDENTIALS)
    assert b"".join(pieces) == b"{}"
    assert len(refusing.requests) == 4


def test_a_body_that_is_read_once_is_not_sent_again(
    oauth: Package, refusing: Server, driver: Driver
) -> None:
    call = oauth.api().read(body=iter([b"data"]))
    with pytest.raises(oauth.errors.AuthenticationError):
        driver.send(oauth, refusing.url, call, client_credentials=CREDENTIALS)
    assert len(refusing.requests) == 2


def test_a_token_of_the_callers_is_not_replaced(
    oauth: Package, recorder: Server, driver: Driver
) -> None:
    recorder.answer("{}", status=401)
    options = {"token": "own", "client_credentials": CREDENTIALS}
    with pytest.raises(oauth.errors.AuthenticationError):
        driver.send(oauth, recorder.url, oauth.api().read(), **options)
    assert len(recorder.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"access_token": null}',
        '{"access_token": 7}',
        '{"access_token": ""}',
        '{"access_token": ["t"]}',
        '{"access_token": "a\\nb"}',
        '{"access_token": "\\u00e9"}',
        '{"access_token": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"access_token": "t", "expires_in": ' + "9" * 4500 + "}",
        "\udcff",
    ],
    ids=lambda body: body[:40],
)
def test_a_response_without_a_usable_token(
    oauth: Package, recorder: Server, driver: Driver, body: str
) -> None:
    recorder.answer(body.encode("utf-8", "surrogateescape"))
    with pytest.raises(oauth.errors.HTTPStatusError):
        driver.send(oauth, recorder.url, oauth.api().read(), client_credentials=CREDENTIALS)
    assert len(recorder.requests) == 1


@pytest.mark.parametrize(
    "lifetime", ["9" * 400, "-5", "1e999", "NaN", '"soon"', "null", "[]", "true", '"1e400"']
)
def test_odd_lifetimes_of_tokens(
    oauth: Package, recorder: Server, driver: Driver, lifetime: str
) -> None:
    recorder.answer(f'{{"access_token": "t-1", "expires_in": {lifetime}}}')
    driver.send(oauth, recorder.url, oauth.api().read(), client_credentials=CREDENTIALS)
    assert recorder.last.header("Authorization") == "Bearer t-1"


def test_options_are_annotated(oauth: Package) -> None:
    annotations = oauth.part("client").Options.__annotations__
    text = str(annotations["token"]).replace("ForwardRef", "")
    assert "Callable[[], str | Awaitable[str]]" in text
    assert "client_credentials" in annotations
    assert "options" in inspect.signature(oauth.part("client").Client).parameters


# Schemes named by a URI (OpenAPI 3.2, Security Requirement Object)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("#/components/securitySchemes/own", None),
        ("./own.yaml", "own.yaml"),
        ("other.yaml#/components/securitySchemes/own", "other.yaml"),
        ("other.yaml#/x/own", "other.yaml"),
    ],
)
def test_a_scheme_that_is_named_by_a_uri(
    workshop: Workshop,
    recorder: Server,
    driver: Driver,
    tmp_path: Path,
    name: str,
    file: str | None,
) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Own"}
    content = _document("{}", {"me": [{name: []}]}, openapi="3.2.0")
    if file is None:
        content["components"]["securitySchemes"]["own"] = scheme
    elif file == "own.yaml":
        save(tmp_path, scheme, file)
    else:
        other = {"components": {"securitySchemes": {"own": scheme}}, "x": {"own": scheme}}
        save(tmp_path, other, file)
    package = workshop("", file=save(tmp_path, content))
    assert package.messages == []
    assert _options(package) == {"own"}
    driver.send(package, recorder.url, package.api().me(), own="k-1")
    assert recorder.last.header("X-Own") == "k-1"


def test_a_component_is_meant_where_both_could_be(workshop: Workshop, tmp_path: Path) -> None:
    save(tmp_path, {"type": "http", "scheme": "basic"}, "own")
    content = _document(
        "own: {type: http, scheme: bearer}",
        {"one": [{"own": []}], "two": [{"./own": []}]},
        openapi="3.2.0",
    )
    package = workshop("", file=save(tmp_path, content))
    assert _options(package) == {"token", "basic_auth"}
    assert package.api().one().security == (("own",),)
    assert package.api().two().security == (("./own",),)


@pytest.mark.parametrize("name", ["nowhere", "#/components/securitySchemes/x", "no.yaml#/a"])
def test_a_scheme_that_is_nowhere(
    workshop: Workshop, recorder: Server, driver: Driver, name: str
) -> None:
    package = workshop(_document("{}", {"me": [{name: []}]}, openapi="3.2.0"))
    assert [m for m in package.messages if "names no security scheme" in m]
    driver.send(package, recorder.url, package.api().me())
    assert recorder.last.header("Authorization") is None


# Errors


@pytest.mark.parametrize("problem", ["closed", "refused"])
def test_what_led_to_an_error_has_no_credentials(
    workshop: Workshop, driver: Driver, problem: str
) -> None:
    """Programs on several machines pickle the causes of an exception with it."""
    package = workshop(_document("key: {type: http, scheme: bearer}", {"run": [{"key": []}]}))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        if problem == "closed":
            threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        else:
            listening.close()
        with pytest.raises(package.errors.APIError) as caught:
            driver.send(package, url, package.api().run(), token="very-secret")
    error: BaseException | None = caught.value
    seen = []
    while error is not None:
        seen.append(type(error).__name__)
        assert b"very-secret" not in pickle.dumps(vars(error))
        error = error.__cause__ or error.__context__
    assert len(seen) > 1
