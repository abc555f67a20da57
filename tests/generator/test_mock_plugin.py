"""The pytest fixture `orcagen_mock`, as another project uses it."""

import pytest

pytest_plugins = ["pytester"]

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: d, content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}}
"""
SUITE = """
import httpx
import pytest
from orcagen.mock import Fault, RealClock

pytestmark = pytest.mark.orcagen_mock("shop.yaml", seed=3)


def get(server):
    return httpx.get(server.url + "/orders/1").status_code


def test_running_on_a_virtual_clock(orcagen_mock):
    begin = orcagen_mock.clock.time()
    orcagen_mock.clock.advance(5)
    assert orcagen_mock.clock.time() == begin + 5
    assert get(orcagen_mock) == 200


@pytest.mark.orcagen_mock(faults=[Fault("getOrder", status=503)])
class TestFaults:
    def test_of_the_class(self, orcagen_mock):
        assert [get(orcagen_mock) for _ in range(2)] == [503, 200]
        assert len(orcagen_mock.requests_to("getOrder")) == 2

    @pytest.mark.orcagen_mock(faults="faults.yaml", clock=RealClock())
    def test_of_the_test(self, orcagen_mock):
        assert get(orcagen_mock) == 429
        assert isinstance(orcagen_mock.clock, RealClock)


@pytest.mark.orcagen_mock("other/shop.yaml")
def test_another_document(orcagen_mock):
    assert get(orcagen_mock) == 404


@pytest.mark.orcagen_mock(faults=[Fault("getOrders")])
def test_an_unknown_operation(orcagen_mock):
    pass
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # The plugin is named, so that the test needs no entry point. A process of its own imports everything itself.
    plugins = ("-p", "orcagen.mock.plugin", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*plugins, "--strict-markers", *arguments)


def test_fixture_and_mark(pytester: pytest.Pytester) -> None:
    tests = pytester.mkdir("tests")
    (tests / "test_shop.py").write_text(SUITE)
    (tests / "shop.yaml").write_text(SHOP)
    pytester.path.joinpath("faults.yaml").write_text("- {on: getOrder, status: 429}")
    other = pytester.mkdir("other")
    (other / "shop.yaml").write_text(SHOP.replace("/orders/", "/things/"))
    result = run(pytester)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines("E *ScriptError: step 1: on: 'getOrders' is no operation *")


def test_the_document_in_the_settings(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\norcagen_mock_spec = api/shop.yaml\n")
    (pytester.mkdir("api") / "shop.yaml").write_text(SHOP)
    pytester.makepyfile("def test_a(orcagen_mock): assert orcagen_mock.url")
    run(pytester).assert_outcomes(passed=1)


def test_without_a_document(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(orcagen_mock): pass")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("the fixture orcagen_mock needs a document: @pytest.mark.*")


def test_mark_and_option_have_descriptions(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--markers")
    result.stdout.fnmatch_lines("@pytest.mark.orcagen_mock(spec=None, [*][*]options): *")
    assert "orcagen_mock_spec" in run(pytester, "--help").stdout.str()


def test_plugin_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    program = "import sys, orcagen.mock.plugin as _; print([m for m in ('attrs', 'jsonschema', 'starlette', 'uvicorn', 'yaml') if m in sys.modules])"
    result = pytester.runpython_c(program)
    result.stdout.fnmatch_lines("[[][]]")
