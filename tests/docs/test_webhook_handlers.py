"""The handlers of webhooks in the documentation, each in its web framework."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.support import Workshop, schemas

SECRET = "whsec_c2VjcmV0"
BODY = b'{"type": "sold"}'
SOLD = {"$ref": "#/components/schemas/Sold"}
DOCUMENT = schemas(
    {"Sold": {"type": "object", "properties": {"type": {"const": "sold"}}}},
    webhooks={
        "sold": {"post": {"requestBody": {"content": {"application/json": {"schema": SOLD}}}}}
    },
)


def read_handlers() -> dict[str, Any]:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "webhooks.md"
    _, *blocks = page.read_text(encoding="utf-8").split("    ```python\n")
    texts = [block.partition("    ```\n")[0] for block in blocks]
    return {
        "starlette": "\n".join(line.removeprefix("    ") for line in texts[0].split("\n")),
        "flask": "\n".join(line.removeprefix("    ") for line in texts[1].split("\n")),
        "django": "\n".join(line.removeprefix("    ") for line in texts[2].split("\n")),
    }


def _answer_of_starlette(space: dict[str, Any], body: bytes, headers: dict[str, str]) -> int:
    import httpx

    async def post() -> int:
        transport = httpx.ASGITransport(space["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.post("/webhooks", content=body, headers=headers)).status_code

    return asyncio.run(post())


def _answer_of_flask(space: dict[str, Any], body: bytes, headers: dict[str, str]) -> int:
    client = space["flask_app"].test_client()
    return int(client.post("/webhooks", data=body, headers=headers).status_code)


def _answer_of_django(space: dict[str, Any], body: bytes, headers: dict[str, str]) -> int:
    from django.conf import settings  # type: ignore[import-untyped, unused-ignore]
    from django.test import RequestFactory  # type: ignore[import-untyped, unused-ignore]

    if not settings.configured:
        settings.configure()
    request = RequestFactory().post(
        "/webhooks", body, content_type="application/json", headers=headers
    )
    return int(space["receive_in_django"](request).status_code)


@pytest.mark.parametrize("framework", ["starlette", "flask", "django"])
def test_handlers_of_web_frameworks(
    workshop: Workshop, framework: str, capsys: pytest.CaptureFixture[str]
) -> None:
    webhooks = workshop(DOCUMENT).part("webhooks")
    space: dict[str, Any] = {"webhooks": webhooks, "SECRET": SECRET}
    exec(read_handlers()[framework], space)  # noqa: S102
    answer = globals()[f"_answer_of_{framework}"]
    headers = webhooks.sign(BODY, SECRET)
    assert answer(space, BODY, headers) == 204
    assert capsys.readouterr().out == "Sold\n"
    assert answer(space, BODY + b" ", headers) == 400
    assert answer(space, BODY, {}) == 400
