"""The pytest plugin, as another project uses it."""

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import asyncio

import httpx
import pytest
from orcarouter import AsyncOrcaRouter, OrcaRouter

HEADERS = {"Authorization": "Bearer sk-orca-test"}
BODY = {"model": "kling/kling-v3", "prompt": "A kite"}


def test_running_on_a_virtual_clock(orcarouter_emulator):
    begin = orcarouter_emulator.clock.time()
    orcarouter_emulator.clock.advance(5)
    assert orcarouter_emulator.clock.time() == begin + 5
    assert httpx.get(orcarouter_emulator.base_url + "/models").status_code == 200


@pytest.mark.orcarouter_emulator([{"on": "submit", "status": 529}], check=False)
def test_mark(orcarouter_emulator):
    url = orcarouter_emulator.base_url + "/videos"
    assert [httpx.post(url, json=BODY, headers=HEADERS).status_code for _ in range(2)] == [529, 200]
    assert len(orcarouter_emulator.tasks) == 1


@pytest.mark.orcarouter_emulator([{"on": "lookup", "status": 503, "times": 20}], running=3600)
def test_with_a_client(orcarouter_emulator, monkeypatch, tmp_path):
    monkeypatch.setenv("ORCAROUTER_API_KEY", "sk-orca-test")
    monkeypatch.setenv("ORCAROUTER_BASE_URL", orcarouter_emulator.base_url)
    with OrcaRouter(clock=orcarouter_emulator.clock) as orca:
        task = orca.videos.create(model="kling/kling-v3", prompt="A kite")
        task.download(tmp_path / "out.mp4", timeout=7200)
    assert len(orcarouter_emulator.tasks) == 1


async def in_asyncio(server):
    async with AsyncOrcaRouter(base_url=server.base_url, clock=server.clock) as orca:
        tasks = [await orca.videos.create(model="kling/kling-v3", prompt="A kite") for _ in "abc"]
        return await orca.wait_all(tasks, 7200)


@pytest.mark.orcarouter_emulator(running=3600)
def test_with_a_client_in_asyncio(orcarouter_emulator, monkeypatch):
    monkeypatch.setenv("ORCAROUTER_API_KEY", "sk-orca-test")
    outcomes = asyncio.run(in_asyncio(orcarouter_emulator))
    assert all(outcome.ok for outcome in outcomes)


@pytest.mark.orcarouter_emulator(speed=2)
def test_invalid_setting(orcarouter_emulator):
    pass
"""


def test_fixture_and_mark(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    # In a process of its own: it imports HTTP libraries, which must not be imported twice in this one.
    result = pytester.runpytest_subprocess("--strict-markers", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines("E *ScriptError: no such setting: speed; there are *queued*")


def test_mark_has_a_description(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--markers")
    result.stdout.fnmatch_lines("@pytest.mark.orcarouter_emulator(script=(), [*][*]settings): *")


def test_plugin_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    program = "import sys, orcarouter.testing.plugin as _; print([m for m in ('attrs', 'httpx', 'starlette', 'yaml') if m in sys.modules])"
    result = pytester.runpython_c(program)
    result.stdout.fnmatch_lines("[[][]]")
