"""The module `webhooks` of generated packages: signatures, and the types of events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy import api as mypy
from tests.support import Package, Workshop, document

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes ...").decode()
OTHER = "whsec_" + base64.b64encode(b"another one of 24 bytes.").decode()
BODY = b'{"type": "sold", "price": 7}'
PARTS = """
webhooks:
  added:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Added"}}}}
  sold:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Sold"}}}}
  many:
    post:
      requestBody: {content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Sold"}}}}}
  text:
    post:
      requestBody: {content: {text/plain: {schema: {type: string}}}}
paths:
  /a:
    post:
      operationId: a
      responses: {}
      callbacks:
        done:
          "{$request.body#/url}":
            post:
              requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Done"}}}}
components:
  schemas:
    Added: {type: object, required: [type, name], properties: {type: {const: added}, name: {type: string}}}
    Sold: {type: object, required: [type, price], properties: {type: {const: sold}, price: {type: integer}}}
    Done: {type: object, required: [done], properties: {done: {type: boolean}}}
"""


def make(workshop: Workshop, signature: Any = None) -> Package:
    extension = {} if signature is None else {"x-orcagen-webhook-signature": signature}
    return workshop(document(PARTS, **extension))


@pytest.fixture
def shop(workshop: Workshop) -> Package:
    return make(workshop)


# Signatures


def sign_as_the_specification_says(body: bytes, secret: str, id_: str, at: int) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{id_}.{at}.".encode() + body
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "Webhook-Id": id_,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1a,ignored v1,{digest}",
    }


def test_a_signature_of_standard_webhooks(shop: Package) -> None:
    headers = sign_as_the_specification_says(BODY, SECRET, "msg_1", int(time.time()))
    assert shop.part("webhooks").unwrap(BODY, headers, SECRET) == shop.models.Sold(
        type="sold", price=7
    )


def test_the_headers_that_sign_makes(shop: Package) -> None:
    at = int(time.time())
    made = shop.part("webhooks").sign(BODY, SECRET, message_id="m", timestamp=at)
    expected = sign_as_the_specification_says(BODY, SECRET, "m", at)
    assert made == {k.lower(): v.replace("v1a,ignored ", "") for k, v in expected.items()}


CHANGES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "no headers": lambda _: {},
    "no signature": lambda h: {k: v for k, v in h.items() if k != "webhook-signature"},
    "no id": lambda h: {k: v for k, v in h.items() if k != "webhook-id"},
    "no timestamp": lambda h: {k: v for k, v in h.items() if k != "webhook-timestamp"},
    "another id": lambda h: {**h, "webhook-id": "msg_2"},
    "another time": lambda h: {**h, "webhook-timestamp": str(int(h["webhook-timestamp"]) + 1)},
    "a time that is no number": lambda h: {**h, "webhook-timestamp": "now"},
    "a time of 10,000 digits": lambda h: {**h, "webhook-timestamp": "9" * 10_000},
    "a time in other digits": lambda h: {**h, "webhook-timestamp": "١٢٣"},
    "a cut signature": lambda h: {**h, "webhook-signature": h["webhook-signature"][:-3]},
    "an empty signature": lambda h: {**h, "webhook-signature": "v1,"},
    "another version": lambda h: {**h, "webhook-signature": h["webhook-signature"].replace("v1,", "v2,")},
    "a signature that is not ASCII": lambda h: {**h, "webhook-signature": "v1,é\ud800"},
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_request_that_was_changed_is_refused(shop: Package, change: str) -> None:
    webhooks = shop.part("webhooks")
    headers = CHANGES[change](webhooks.sign(BODY, SECRET))
    with pytest.raises(webhooks.WebhookVerificationError):
        webhooks.unwrap(BODY, headers, SECRET)


@given(body=st.binary(), other=st.binary())
def test_another_body_is_refused(workshop: Workshop, body: bytes, other: bytes) -> None:
    webhooks = make(workshop).part("webhooks")
    if body != other:
        with pytest.raises(webhooks.WebhookVerificationError):
            webhooks.unwrap(other, webhooks.sign(body, SECRET), SECRET)


@pytest.mark.parametrize("offset", [-301, 302])
def test_an_old_request_and_one_of_the_future_are_refused(shop: Package, offset: int) -> None:
    webhooks = shop.part("webhooks")
    headers = webhooks.sign(BODY, SECRET, timestamp=time.time() + offset)
    with pytest.raises(webhooks.WebhookVerificationError, match="300 seconds"):
        webhooks.unwrap(BODY, headers, SECRET)
    assert webhooks.unwrap(BODY, headers, SECRET, tolerance=1000)


def test_one_of_several_secrets_is_enough(shop: Package) -> None:
    webhooks = shop.part("webhooks")
    headers = webhooks.sign(BODY, SECRET)
    assert webhooks.unwrap(BODY, headers, [OTHER, SECRET])
    assert webhooks.unwrap(BODY, headers, iter([SECRET]))
    with pytest.raises(webhooks.WebhookVerificationError):
        webhooks.unwrap(BODY, headers, OTHER)


@pytest.mark.parametrize("secret", ["", [], [""]])
def test_no_secret_is_an_error_of_the_program(shop: Package, secret: Any) -> None:
    webhooks = shop.part("webhooks")
    with pytest.raises(ValueError, match="secret"):
        webhooks.unwrap(BODY, webhooks.sign(BODY, SECRET), secret)


def test_a_secret_that_cannot_be_read_is_not_quoted(shop: Package) -> None:
    webhooks = shop.part("webhooks")
    with pytest.raises(ValueError, match="not base64") as caught:
        webhooks.unwrap(BODY, webhooks.sign(BODY, SECRET), "whsec_s3cret!")
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


def _hex(content: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(b"text", content, algorithm).hexdigest()


NOW = int(time.time())
DECLARED: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "of a body": (
        {"header": "X-Hub-Signature-256", "prefix": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + _hex(BODY)},
    ),
    "with a time in another header": (
        {
            "header": "X-Signature",
            "prefix": "v0=",
            "content": "v0:{timestamp}:{body}",
            "timestampHeader": "X-Time",
        },
        {"X-Time": str(NOW), "X-Signature": "v0=" + _hex(b"v0:%d:" % NOW + BODY)},
    ),
    "with a time in the same header": (
        {
            "header": "Signature",
            "prefix": "v1=",
            "content": "{timestamp}.{body}",
            "timestampHeader": "Signature",
            "timestampPrefix": "t=",
        },
        {"Signature": f"t={NOW},v1=00,v1={_hex(b'%d.' % NOW + BODY)}, v0=11"},
    ),
    "in Base64, with SHA-512": (
        {"header": "X-Hmac", "encoding": "base64", "algorithm": "sha512"},
        {"X-Hmac": base64.b64encode(bytes.fromhex(_hex(BODY, "sha512"))).decode()},
    ),
}


@pytest.mark.parametrize("kind", DECLARED)
def test_a_declared_signature(workshop: Workshop, kind: str) -> None:
    declaration, headers = DECLARED[kind]
    webhooks = make(workshop, declaration).part("webhooks")
    tolerance = time.time() - NOW + 300  # the tests may have waited
    assert webhooks.unwrap(BODY, headers, "text", tolerance=tolerance).price == 7
    assert webhooks.unwrap(BODY, webhooks.sign(BODY, "text"), "text").price == 7
    for name, value in headers.items():
        changed = {**headers, name: value.replace("a", "b").replace("1", "2")}
        with pytest.raises(webhooks.WebhookVerificationError):
            webhooks.unwrap(BODY, changed, "text", tolerance=tolerance)


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (7, "neither `standard` nor an object with a `header`"),
        ({"prefix": "x"}, "neither `standard` nor an object with a `header`"),
        ({"header": "H", "hash": "x"}, "unknown key 'hash'"),
        ({"header": "H", "algorithm": "md5"}, "`algorithm` of the signature of webhooks must be one of sha1"),
        ({"header": "H", "content": 7}, "`content` of the signature of webhooks must be a string"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_reported(
    workshop: Workshop, declaration: Any, message: str
) -> None:
    made = make(workshop, declaration)
    assert [m for m in made.messages if message in m]
    assert "Signature(" not in made.made.files["webhooks.py"]


# Events


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ({"type": "added", "name": "Rex"}, "Added"),
        ({"type": "sold", "price": 7}, "Sold"),
        ({"done": True}, "Done"),
    ],
)
def test_the_body_decides_which_event_it_is(shop: Package, value: Any, type_: str) -> None:
    event = shop.part("webhooks").parse(json.dumps(value))
    assert type(event).__name__ == type_
    assert event.to_dict() == value


def test_the_name_of_a_webhook_decides_if_it_is_given(shop: Package) -> None:
    webhooks = shop.part("webhooks")
    assert webhooks.parse(b'{"done": true}', event="sold").additional_properties == {"done": True}
    [sold] = webhooks.parse(b'[{"type": "sold", "price": 1}]', event="many")
    assert sold == shop.models.Sold(type="sold", price=1)
    with pytest.raises(ValueError, match=r"'bought'.*done, added, sold, many"):
        webhooks.parse(BODY, event="bought")


def test_an_unknown_event_is_kept_as_it_came(shop: Package) -> None:
    assert shop.part("webhooks").parse(b'"odd"') == "odd"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json(shop: Package, body: bytes) -> None:
    webhooks = shop.part("webhooks")
    with pytest.raises(webhooks.WebhookVerificationError, match="JSON"):
        webhooks.unwrap(body, webhooks.sign(body, SECRET), SECRET)


def test_packages_without_webhooks_have_no_such_module(workshop: Workshop) -> None:
    files = workshop(document({"paths": {}})).made.files
    assert "webhooks.py" not in files
    assert "_runtime/webhooks.py" not in files


def test_events_are_typed(shop: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(shop.folder.parent))
    program = tmp_path / "program.py"
    program.write_text(
        f"from {shop.name} import models, webhooks\n"
        "def f(body: bytes, headers: dict[str, str]) -> int:\n"
        "    event: webhooks.Event = webhooks.unwrap(body, headers, 'x')\n"
        "    reveal_type(event)\n"
        "    if isinstance(event, models.Sold):\n"
        "        return event.price\n"
        "    event.cost\n"
        "    return 0\n"
    )
    flags = ["--strict", "--no-incremental", "--cache-dir", str(tmp_path / "cache")]
    output = mypy.run([*flags, str(program)])[0]
    assert "Added | " in output
    assert output.count("error:") == output.count('no attribute "cost"') > 0
