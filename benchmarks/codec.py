"""JSON text to models and back: `python -m benchmarks.codec RESULT PATH...` runs the rounds; `measure` starts it.

The values are those of `small`, a response of 1.5 kB and 20 records of 5 kB, a response of OrcaRouter's, and those of `nested`:
unions inside unions, for which the ratio must not grow with the depth.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import asdict

from benchmarks import nested, progress, small
from benchmarks.figures import DCG, OPC, OURS, Document, Ratio
from benchmarks.process import run
from benchmarks.rounds import ratios
from benchmarks.tools import Tool

ROUNDS = 101
PLAIN, TIMES = "task", "task with three date-times"
DEPTHS = (10, 30, 90)
RECORDS, OWN = "20 records with UUIDs and date-times", "OrcaRouter's VideoTask"

_TASK = {
    "code": "success",
    "message": "",
    "data": {
        "task_id": small.TASK_ID,
        "status": "SUCCESS",
        "progress": "100%",
        "result_url": "https://files.video.example/results/2026/03/02/output.mp4?signature=5f2b1c9d7e8a4036",
        "fail_reason": "",
        "action": "textGenerate",
        "submit_time": 1772439330,
        "start_time": 1772439341,
        "finish_time": 1772439482,
        "created_at": 1772439330,
        "updated_at": 1772439482,
        "properties": {"input": "A lighthouse in a storm, slow push-in"},
        "quota": 700000,
        "platform": "50",
    },
}


def measure(
    documents: list[Document], unions: Document, tools: list[Tool], work: Path
) -> tuple[list[Ratio], list[str]]:
    """`documents` are those of `small`, without and with date-times; `unions` is that of `nested`, for orcagen alone."""
    notes, paths = [], []
    for tool in tools:
        folder = work / tool.name
        needed = [*documents, unions] if tool.name == OURS else documents
        if all(tool.ensure_output(document, folder) for document in needed):
            paths.append(folder)
        else:
            notes.append(f"{tool.name} has no package for the small document")
    result = work / "codec.json"
    done = run([sys.executable, "-m", "benchmarks.codec", result, *paths], limit=600)
    if done.status:
        return [], [*notes, done.output.strip()[-300:]]
    rows = [Ratio(**row) for row in json.loads(result.read_text(encoding="utf-8"))]
    for row in rows:
        progress.step(f"  {row.what}, {row.subject}: {row.us:.1f} us, {row.ratio:.2f} x {row.base}")
    return rows, notes


def _rows(tools: set[str]) -> list[Ratio]:
    rows = []
    for name, package, model, text in (
        (PLAIN, "small", "Task", small.task()),
        (TIMES, "small_times", "Task", small.task(times=True)),
        (RECORDS, "small_times", "Records", small.records()),
    ):
        decoders, encoders = _candidates(package, model, text, tools)
        rows += ratios(
            f"decode: {name}", {"json.loads": lambda t=text: json.loads(t)} | decoders, ROUNDS
        )
        value = json.loads(text)
        rows += ratios(
            f"encode: {name}", {"json.dumps": lambda v=value: _dumps(v)} | encoders, ROUNDS
        )
    for depth in DEPTHS:
        text = nested.query(depth)
        decode, _ = _ours("nested_orcagen", "Query", text)
        base = {"json.loads": lambda t=text: json.loads(t)}
        rows += ratios(f"decode: unions nested {depth} deep", base | {OURS: decode}, ROUNDS)
    text = _dumps(_TASK)
    decode, encode = _ours("orcarouter_api", "VideoTask", text)
    rows += ratios(f"decode: {OWN}", {"json.loads": lambda: json.loads(text), OURS: decode}, ROUNDS)
    return rows + ratios(
        f"encode: {OWN}", {"json.dumps": lambda: _dumps(_TASK), OURS: encode}, ROUNDS
    )


Candidate = Callable[[], object]


def _candidates(
    document: str, model: str, text: bytes, tools: set[str]
) -> tuple[dict[str, Candidate], dict[str, Candidate]]:
    """By the name of a generator: a function that decodes the text, and one that encodes the model."""
    pairs = {}
    if OURS in tools:
        pairs[OURS] = _ours(f"{document}_orcagen", model, text)
        pairs[f"{OURS} with msgspec"] = _ours_with_msgspec(f"{document}_orcagen", model, text)
    if OPC in tools:
        pairs[f"{OPC} (from_dict)"] = _from_dict(f"{document}_opc", model, text)
    if DCG in tools:
        pairs[f"{DCG} (pydantic)"] = _pydantic(f"{document}_dcg_models", model, text)
    return {k: v[0] for k, v in pairs.items()}, {k: v[1] for k, v in pairs.items()}


def _ours(package: str, name: str, text: bytes) -> tuple[Candidate, Candidate]:
    """As the client does it: the reader of a response's type, and a request body."""
    type_ = getattr(import_module(f"{package}.models"), name)
    get_reader = import_module(f"{package}._runtime.annotations").get_reader
    parse = import_module(f"{package}._runtime.encoder").parse_json
    json_body = import_module(f"{package}._runtime.call").json_body
    model = get_reader(type_).read(parse(text))
    _check_equal(json.loads(json_body(model).content), json.loads(text))
    return lambda: get_reader(type_).read(parse(text)), lambda: json_body(model).content


def _ours_with_msgspec(package: str, name: str, text: bytes) -> tuple[Candidate, Candidate]:
    """The same with msgspec, which `_ours` does not see: a copy of the package, because it looks for msgspec once."""
    del sys.modules["msgspec"]
    path = Path(str(import_module(package).__file__)).parent
    copy = path.with_name(f"{package}_fast")
    shutil.copytree(path, copy, dirs_exist_ok=True)
    try:
        return _ours(copy.name, name, text)
    finally:
        _hide_msgspec()


def _hide_msgspec() -> None:
    sys.modules["msgspec"] = None  # type: ignore[assignment]


def _from_dict(package: str, name: str, text: bytes) -> tuple[Candidate, Candidate]:
    cls: Any = getattr(import_module(f"{package}.models"), name)
    model = cls.from_dict(json.loads(text))
    return lambda: cls.from_dict(json.loads(text)), lambda: _dumps(model.to_dict())


def _pydantic(module: str, name: str, text: bytes) -> tuple[Candidate, Candidate]:
    cls: Any = getattr(import_module(module), name)
    model = cls.model_validate_json(text)
    return (
        lambda: cls.model_validate_json(text),
        lambda: model.model_dump_json(by_alias=True, exclude_unset=True).encode(),
    )


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _check_equal(after: object, before: object) -> None:
    """Exits if the round trip changed the value: a codec that loses something is not measured."""
    if after != before:
        raise SystemExit(f"the round trip changed the value: {before!r} became {after!r}")


def main(result: str, paths: list[str]) -> None:
    sys.path[:0] = paths
    _hide_msgspec()
    rows = _rows({Path(path).name for path in paths})
    Path(result).write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
