"""`orcagen diff`: a pair of documents for each rule (`diff_pairs/`), and what holds for any pair."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orcagen.config import Config
from orcagen.diff import Comparison, as_json, as_markdown, as_text, compare
from orcagen.diff.about import About
from orcagen.diff.annotations import parse, show, words
from orcagen.generate import plan_of
from orcagen.plan.model import Package

PAIRS = Path(__file__).parent / "diff_pairs"
ROOT = Path(__file__).parents[2]
PLACES = {"get": "/paths/~1tasks~1{task_id}/get", "post": "/paths/~1tasks/post"}

BASE: dict[str, Any] = yaml.safe_load((PAIRS / "base.yaml").read_text(encoding="utf-8"))


@frozen
class Case:
    """Two documents, each the base with values set at JSON pointers (null removes), and what `compare` finds."""

    rule: str
    old: dict[str, Any]
    new: dict[str, Any]
    findings: list[dict[str, str]]
    typed_dicts: bool = False

    @property
    def expected(self) -> list[tuple[str, str, str | None, str | None]]:
        """Level, sentence and pointers."""
        out = []
        for f in self.findings:
            level = next(k for k in ("breaking", "additive", "documentation") if k in f)
            sides = [whole(f[k]) if k in f else None for k in ("old", "new")]
            out.append((level, f[level], *([whole(f["at"])] * 2 if "at" in f else sides)))
        return out  # type: ignore[return-value]


def cases() -> Iterator[Any]:
    for file in sorted(PAIRS.glob("*.yaml")):
        if file.stem != "base":
            for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
                entry = {"old": {}, "new": {}, "findings": [], **entry}
                yield pytest.param(Case(**entry), id=f"{file.stem}: {entry['rule']}")


def whole(place: str) -> str:
    """A pointer from its short form: `get/...`, `post/...` or the name of a schema first."""
    if not place or place.startswith("/"):
        return place
    first, slash, rest = place.partition("/")
    return PLACES.get(first, f"/components/schemas/{first}") + slash + rest


def changed(document: Any, values: dict[str, Any]) -> Any:
    """A copy of a document with values set at pointers."""
    out = copy.deepcopy(document)
    for place, value in values.items():
        *path, last = (
            t.replace("~1", "/").replace("~0", "~") for t in whole(place).split("/")[1:]
        )
        at = out
        for token in path:
            at = at[int(token)] if isinstance(at, list) else at.setdefault(token, {})
        if isinstance(at, list):
            at[int(last) : int(last) + 1] = [] if value is None else [value]
        elif value is None:
            del at[last]
        else:
            at[last] = value
    return out


def planned(document: Any, folder: Path, config: Config | None = None) -> Package:
    file = folder / "api.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return plan_of(str(file), "client", config).package


def compared(case: Case, folder: Path) -> Comparison:
    config = Config(typed_dicts=case.typed_dicts)
    old, new = (planned(changed(BASE, v), folder, config) for v in (case.old, case.new))
    return compare(old, new)


def found(comparison: Comparison) -> list[tuple[str, str, str | None, str | None]]:
    return [(f.level, f.what, f.old, f.new) for f in comparison.findings]


@pytest.mark.parametrize("case", [*cases()])
def test_rule(case: Case, tmp_path: Path) -> None:
    assert sorted(found(compared(case, tmp_path)), key=str) == sorted(case.expected, key=str)
