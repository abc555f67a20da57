"""Clients from the URL of a running server: the same shop in five frameworks (`apps/`), each with its own document.

The document is that which the framework makes without being told any names. The functions must be called as the table below
says, and buy, change, photograph and delete an item at the server that the document came from.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import sys
import traceback
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from uuid import UUID

from attrs import frozen

from benchmarks.conformance import npm

HERE = Path(__file__).parent
PHOTO = bytes(range(256)) * 40
ROLES = "list create read update delete upload download".split()


@frozen
class Shop:
    """A framework: its distribution, the path of its document, the functions for an item in the order of ROLES, and others."""

    distribution: str
    document: str
    items: str
    health: str
    me: str
    login: str


_NAMED = "list_items create_item read_item update_item delete_item upload_photo download_photo"
SHOPS = {
    "fastapi": Shop("fastapi", "/openapi.json", _NAMED, "default.health", "default.me", "default.login"),
    "litestar": Shop("litestar", "/schema/openapi.json", _NAMED, "default.health", "default.me", "default.login"),
    "connexion": Shop("connexion", "/openapi.json", _NAMED, "default.health", "default.me", "default.login"),
    "django": Shop(
        "drf-spectacular",
        "/schema/?format=json",
        "items_list create retrieve update destroy photo_update photo_retrieve",
        "health.retrieve",
        "me.retrieve",
        "login.create",
    ),
    "apiflask": Shop(  # its operations have no operationIds
        "apiflask",
        "/openapi.json",
        "get_items post_items get_items_item_id put_items_item_id delete_items_item_id "
        "put_items_item_id_photo get_items_item_id_photo",
        "default.get_health",
        "default.get_me",
        "default.post_login",
    ),
}  # fmt: skip


@frozen
class Result:
    """What became of an application: "passed" or the failure, and the functions of its client."""

    framework: str
    version: str
    result: str
    functions: list[str]


def run_all(work: Path) -> list[Result]:
    """Installs the frameworks into an environment in the work folder, and runs each application."""
    python = work / "frameworks/bin/python"
    requirements = HERE / "frameworks.txt"
    stamp = work / "frameworks.txt"
    work.mkdir(parents=True, exist_ok=True)
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        npm.run([sys.executable, "-m", "venv", "--clear", work / "frameworks"], work)
        npm.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], work)
        stamp.write_text(requirements.read_text())
    (site,) = (work / "frameworks/lib").glob("*/site-packages")
    versions = {d.name.lower(): d.version for d in distributions(path=[str(site)])}
    generated = work / "generated" / "frameworks"
    generated.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(generated))
    return [_run(name, shop, versions, python, generated, work) for name, shop in SHOPS.items()]


def _run(
    name: str, shop: Shop, versions: dict[str, str], python: Path, generated: Path, work: Path
) -> Result:
    port = npm.find_free_port()
    url, package = f"http://127.0.0.1:{port}{shop.document}", f"{name}_shop"
    report = generated / f"{package}.json"
    server: list[str | Path] = [python, HERE / f"apps/{package}.py", str(port)]
    generate = [sys.executable, "-m", "orcagen", "generate", url, "--output", str(generated)]
    generate += ["--package", package, "--report", str(report)]
    functions: list[str] = []
    with npm.serve(server, url, work / f"{name}.log", work):
        try:
            npm.run(generate, work)
            operations = json.loads(report.read_text(encoding="utf-8"))["operations"]
            functions = [o["function"].removeprefix(f"{package}.api.") for o in operations]
            importlib.invalidate_caches()
            _call_all(package, shop)
            result = "passed"
        except (SystemExit, Exception) as problem:
            line = traceback.extract_tb(problem.__traceback__)[-1].line
            result = f"{type(problem).__name__}: {problem} at {line}"
    return Result(shop.distribution, versions[shop.distribution], result, functions)


def _call_all(package: str, shop: Shop) -> None:
    """Calls every function. Raises AssertionError where a response is not what was sent."""
    root = importlib.import_module(package)

    def call(function: str, *arguments: Any, **options: Any) -> Any:
        module, _, name = function.rpartition(".")
        return getattr(importlib.import_module(f"{package}.api.{module}"), name)(
            *arguments, **options
        )

    roles = {role: f"items.{name}" for role, name in zip(ROLES, shop.items.split(), strict=True)}
    (scheme,) = root.Client.SCHEMES.values()
    sold = {"name": "tea", "price": 2.5, "tags": ["green"], "comment": None}
    with root.Client(**{scheme.option: "anna"}) as client:
        assert client.send(call(shop.health)) is not None
        assert client.send(call(shop.me)).name == "anna"
        login = {"username": "anna", "password": "a&b"}
        assert client.send(call(shop.login, body=login)).name == "anna:a&b"
        item = client.send(call(roles["create"], body=sold))
        assert (type(item.id), item.price, item.comment) == (UUID, 2.5, None)
        assert isinstance(item.created, dt.datetime)
        assert set(item.tags) == {"green"}
        assert client.send(call(roles["read"], item.id)).to_dict() == item.to_dict()
        assert [i.id for i in client.send(call(roles["list"]))] == [item.id]
        changed = client.send(call(roles["update"], item.id, body={**sold, "price": 3.25}))
        assert (changed.id, changed.price) == (item.id, 3.25)
        photo = {"photo": ("tea.png", PHOTO, "image/png")}
        client.send(call(roles["upload"], item.id, body=photo))
        assert client.send(call(roles["download"], item.id)) == PHOTO
        client.send(call(roles["delete"], item.id))
        assert client.send_raw(call(roles["read"], item.id)).status_code == 404
