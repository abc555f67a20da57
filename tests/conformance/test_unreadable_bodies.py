"""Bodies that Python does not read: nested too deeply, numbers of thousands of digits, odd charsets. Sync and async alike."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import pytest
from tests.support import Driver, Package, Server, Workshop, document

ODD = """
openapi: 3.2.0
paths:
  /tree: {get: {operationId: tree, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Tree"}}}}}}}
  /any: {get: {operationId: any_, responses: {"200": {description: ok, content: {application/json: {schema: {}}}}}}}
  /text: {get: {operationId: text, responses: {"200": {description: ok, content: {text/plain: {schema: {type: string}}}}}}}
  /lines: {get: {operationId: lines, responses: {"200": {description: ok, content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Tree"}}}}}}}
  /events: {get: {operationId: events, responses: {"200": {description: ok, content: {text/event-stream: {schema: {$ref: "#/components/schemas/Tree"}}}}}}}
components: {schemas: {Tree: {type: array, items: {$ref: "#/components/schemas/Tree"}}}}
"""
DEEP, DEEPER, LONG = "[" * 900 + "]" * 900, "[" * 100_000 + "]" * 100_000, "9" * 4500


@pytest.fixture(autouse=True)
def recursion_limit() -> Iterator[None]:
    """Python's own, which libraries of other tests raise."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(scope="module")
def odd(workshop: Workshop) -> Package:
    return workshop(document(ODD))


@pytest.mark.parametrize(
    "text", [DEEPER, LONG, "[\ud800", "\ufeff["], ids=["deep", "long", "lone", "bom"]
)
@pytest.mark.parametrize("name", ["tree", "any_"])
def test_json_that_python_does_not_read_is_a_decoding_error(
    odd: Package, recorder: Server, driver: Driver, name: str, text: str
) -> None:
    recorder.answer(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(odd.errors.DecodingError, match="the request succeeded with 200"):
        driver.send(odd, recorder.url, getattr(odd.api(), name)())


def test_json_that_is_as_deep_as_the_stack_is_read_or_a_decoding_error(
    odd: Package, recorder: Server, driver: Driver
) -> None:
    recorder.answer(DEEP)
    with contextlib.suppress(odd.errors.DecodingError):
        assert isinstance(driver.send(odd, recorder.url, odd.api().tree()), list)


@pytest.mark.parametrize("text", [DEEPER, LONG], ids=["deep", "long"])
def test_a_line_that_python_does_not_read_is_a_decoding_error(
    odd: Package, recorder: Server, driver: Driver, text: str
) -> None:
    recorder.answer(f"[]\n{text}\n", media_type="application/jsonl")
    with pytest.raises(odd.errors.DecodingError, match="a line of the response") as caught:
        driver.stream(odd, recorder.url, odd.api().lines())
    assert caught.value.items == [[]]


@pytest.mark.parametrize("text", [DEEPER, LONG], ids=["deep", "long"])
def test_an_event_that_python_does_not_read_stays_text(
    odd: Package, recorder: Server, driver: Driver, text: str
) -> None:
    recorder.answer(f"retry: {LONG}\ndata: {text}\n\n", media_type="text/event-stream")
    assert driver.stream(odd, recorder.url, odd.api().events()) == [text]


@pytest.mark.parametrize(
    "charset", ["idna", "hex", "undefined", "utf-7", "nothing", "punycode", "'"]
)
def test_text_of_any_charset_is_text(
    odd: Package, recorder: Server, driver: Driver, charset: str
) -> None:
    recorder.answer(b"a\xff.b", media_type=f"text/plain; charset={charset}")
    assert isinstance(driver.send(odd, recorder.url, odd.api().text()), str)
