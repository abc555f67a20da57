"""Classes of the user's own (`[tool.orcagen.types]`) for the values of schemas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.support import Package, Server, Workshop, document, on_path, save

from orcagen import config
from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.output.write import write
from orcagen.pipeline import generate, make_plan

ROOT = Path(__file__).parents[2]
MODULE = """
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from attrs import frozen


@frozen
class Money:
    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, value: Any) -> Money:
        amount, currency = value.split(" ")
        return cls(Decimal(amount), currency)


def format_money(value: Money) -> str:
    return f"{value.amount} {value.currency}"


class Instant(dt.datetime):
    pass


def parse_instant(value: Any) -> Instant:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return Instant.fromtimestamp(value, dt.timezone.utc)


def format_instant(value: Instant) -> int:
    return int(value.timestamp())


class Point(tuple[float, float]):
    pass


def parse_point(value: Any) -> Point:
    return Point((value["x"], value["y"]))


def format_point(value: Point) -> dict[str, float]:
    return {"x": value[0], "y": value[1]}
"""
MONEY = {
    "type": "own_values.types.Money",
    "decode": "own_values.types.Money.parse",
    "encode": "own_values.types.format_money",
}
INSTANT = {
    "type": "own_values.types.Instant",
    "decode": "own_values.types.parse_instant",
    "encode": "own_values.types.format_instant",
}
POINT = {
    "type": "own_values.types.Point",
    "decode": "own_values.types.parse_point",
    "encode": "own_values.types.format_point",
}
SETTINGS = {
    "format:money": MONEY,
    "Instant": INSTANT,
    "#/components/schemas/Item/properties/place": POINT,
}
DOCUMENT = document(
    """
servers: [{url: 'https://example.com'}]
paths:
  /items/{price}:
    post:
      operationId: addItem
      parameters:
        - {name: price, in: path, required: true, schema: {type: string, format: money}}
        - {name: since, in: query, schema: {$ref: '#/components/schemas/Instant'}}
        - {name: at, in: query, style: form, explode: false, schema: {type: array, items: {$ref: '#/components/schemas/Instant'}}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}}
      responses:
        '200': {description: Done., content: {application/json: {schema: {type: array, items: {type: string, format: money}}}}}
components:
  schemas:
    Instant: {type: integer, format: int64, description: Seconds since 1970.}
    Later: {$ref: '#/components/schemas/Instant'}
    Item:
      type: object
      required: [price, sold]
      properties:
        price: {type: string, format: money}
        old_price: {type: [string, 'null'], format: money}
        sold: {$ref: '#/components/schemas/Instant'}
        seen: {type: array, items: {$ref: '#/components/schemas/Later'}}
        place: {type: object, properties: {x: {type: number}, y: {type: number}}}
        amount: {oneOf: [{type: string, format: money}, {type: integer}]}
        prices: {type: object, additionalProperties: {type: string, format: money}}
"""
)


def read_settings(folder: Path, types: Any) -> Config:
    def inline(value: Any) -> str:
        if isinstance(value, str):
            return repr(value)
        return f"{{{', '.join(f'{k} = {v!r}' for k, v in value.items())}}}"

    lines = [f'"{key}" = {inline(value)}' for key, value in types.items()]
    file = folder / "orcagen.toml"
    file.write_text("\n".join(["[types]", *lines]))
    return config.read(file, "made")


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Iterator[Package]:
    folder = workshop.root / "own"
    save(folder, MODULE, "own_values/types.py")
    save(folder, "", "own_values/__init__.py")
    with on_path(folder):
        yield workshop(DOCUMENT, config=read_settings(folder, SETTINGS))


def test_values_are_of_the_own_classes_both_ways(package: Package) -> None:
    item = package.models.Item
    data = {
        "price": "7.50 EUR",
        "old_price": None,
        "sold": 86400,
        "seen": [0, 1],
        "place": {"x": 1.5, "y": 2.0},
        "amount": "1 EUR",
        "prices": {"a": "2 EUR"},
    }
    own = package.part("custom_types")
    value = item.from_dict(data)
    assert type(value.price) is own.Money
    assert value.old_price is None
    assert [type(v) for v in (value.sold, *value.seen)] == [own.Instant] * 3
    assert type(value.place) is own.Point
    assert type(value.amount) is own.Money
    assert type(value.prices["a"]) is own.Money
    assert value.to_dict() == data
    assert item.from_dict({"price": "x", "sold": "y", "amount": 3, "place": {}}).to_dict() == {
        "price": "x", "sold": "y", "amount": 3, "place": {},
    }  # fmt: skip


def test_they_are_on_the_wire(package: Package, recorder: Server) -> None:
    own = package.part("custom_types")
    price, instant = own.Money.parse("7.50 EUR"), own.Instant(1970, 1, 1, tzinfo=dt.UTC)
    body = package.models.Item(price=price, sold=instant)
    call = package.api().add_item(price, since=instant, at=[instant], body=body)
    recorder.answer('["1 EUR"]')
    with package.client(recorder.url) as client:
        assert client.send(call) == [own.Money.parse("1 EUR")]
    assert recorder.last.target == "/items/7.50%20EUR?since=0&at=0"
    assert recorder.last.body == b'{"price":"7.50 EUR","sold":0}'


def test_the_own_module_is_imported_when_it_is_needed(workshop: Workshop, tmp_path: Path) -> None:
    """And only where a schema has one of its classes: a package without these has no module `custom_types`."""
    without = document({"components": {"schemas": {"A": {"type": "string", "format": "other"}}}})
    files = workshop(without, config=read_settings(tmp_path, {"format:money": MONEY})).made.files
    assert "custom_types.py" not in files
    assert "own_values" not in "".join(files.values())
    missing = {k: v.replace("own_values.", "missing.") for k, v in MONEY.items()}
    settings = read_settings(tmp_path, {"format:money": missing})
    package = workshop(DOCUMENT, config=settings)
    assert package.models.Item(price=1, sold=2).price == 1
    with pytest.raises(ModuleNotFoundError, match="missing"):
        package.models.Item.from_dict({})


PROGRAM = """
from made.api import default
from made.models import Instant, Item
from own_values.types import Money, parse_instant

item = Item(price=Money.parse("1 EUR"), sold=Instant(2020, 1, 1), seen=[parse_instant(0)])
amount: Money = item.price
default.add_item(amount, since=item.sold, body=item)
Item(price="1 EUR", sold=item.sold)  # type: ignore[arg-type]
default.add_item(amount, since=7, body=item)  # type: ignore[arg-type]
"""


def test_mypy_knows_the_own_classes(tmp_path: Path) -> None:
    made = generate(str(save(tmp_path, DOCUMENT)), "made", read_settings(tmp_path, SETTINGS))
    write(made.files, tmp_path / "made")
    save(tmp_path, MODULE, "own_values/types.py")
    save(tmp_path, "", "own_values/__init__.py")
    save(tmp_path, PROGRAM, "program.py")
    settings = save(tmp_path, f"[mypy]\nstrict = True\nmypy_path = {tmp_path}\n", "mypy.ini")
    cache = ROOT / ".mypy_cache" / "custom_types"
    flags = [f"--config-file={settings}", f"--cache-dir={cache}", "--no-error-summary"]
    assert mypy.run([*flags, "-p", "made", "-m", "program"]) == ("", "", 0)


def test_names_in_two_modules_are_kept_apart(workshop: Workshop, tmp_path: Path) -> None:
    module = "class Money(str):\n    pass\n\n\ndef read(v):\n    return Money({0!r} + v)\n\n\ndef write(v):\n    return v[1:]\n"
    folder = workshop.root / "two"
    for name in ("first_money", "second_money"):
        save(folder, module.format(name[0]), f"{name}.py")
    types = {
        f"format:{name}": {
            "type": f"{name}.Money", "decode": f"{name}.read", "encode": f"{name}.write",
        }
        for name in ("first_money", "second_money")
    }  # fmt: skip
    properties = {n: {"type": "string", "format": f"{n}_money"} for n in ("first", "second")}
    part = {"components": {"schemas": {"A": {"type": "object", "properties": properties}}}}
    with on_path(folder):
        package = workshop(document(part), config=read_settings(tmp_path, types))
        data = {"first": "x", "second": "x"}
        value = package.models.A.from_dict(data)
    assert (value.first, value.second) == ("fx", "sx")
    assert value.to_dict() == data


@pytest.mark.parametrize(
    ("key", "changes", "message"),
    [
        ("format:money", {"type": "Money"}, "must be a dotted name"),
        ("format:money", {"type": "own_values..Money"}, "must be a dotted name"),
        ("format:money", {"decode": "own_values.parse()"}, "must be a dotted name"),
        ("format:money", {"encode": "own_values.class"}, "must be a dotted name"),
        ("format:money", {"encode": "a b.c"}, "must be a dotted name"),
        ("format:money", {"type": "datetime.datetime"}, "a class of your own"),
        ("format:money", {"other": "a.b"}, "needs `type`, `decode` and `encode`"),
        ("/components/schemas/Nothing", {}, "which is neither a schema of the document"),
        ("Nothing", {}, "which is neither a schema of the document"),
    ],
)
def test_wrong_settings_are_refused(
    tmp_path: Path, key: str, changes: dict[str, str], message: str
) -> None:
    file = save(tmp_path, DOCUMENT)
    with pytest.raises(InputError, match=message):
        make_plan(str(file), "made", read_settings(tmp_path, {key: MONEY | changes}))


def test_a_class_has_one_codec(tmp_path: Path) -> None:
    other = MONEY | {"decode": "own_values.types.other"}
    with pytest.raises(InputError, match="two codecs"):
        read_settings(tmp_path, {"format:money": MONEY, "format:cash": other})


def test_packages_share_a_model(workshop: Workshop, tmp_path: Path) -> None:
    tag = "{type: object, required: [name], properties: {name: {type: string}}}"
    common = workshop(document(f"paths: {{}}\ncomponents: {{schemas: {{Tag: {tag}}}}}"))
    tags = "{type: array, items: {$ref: '#/components/schemas/Tag'}}"
    post = f"{{schemas: {{Tag: {tag}, Post: {{type: object, properties: {{tags: {tags}}}}}}}}}"
    settings = read_settings(tmp_path, {"Tag": f"{common.name}.models.Tag"})
    package = workshop(document(f"paths: {{}}\ncomponents: {post}"), config=settings)
    data = {"tags": [{"name": "new", "weight": 1}, "odd"]}
    value = package.models.Post.from_dict(data)
    assert package.models.Tag is common.models.Tag
    assert [type(item) for item in value.tags] == [common.models.Tag, str]
    assert value.to_dict() == data
