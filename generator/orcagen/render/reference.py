"""The plan to an API reference: a page of Markdown for each tag and for each module of models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orcagen.plan.model import Package
from orcagen.render import make_environment, translate_errors
from orcagen.render.docstrings import describe, name_error
from orcagen.render.examples import Examples
from orcagen.render.markdown import cell, clean_page, code, escape, link_types, markdown_text


def render_reference(package: Package, templates: Path | None = None) -> dict[str, str]:
    """The text of each page, by its path: `index.md`, `api/TAG.md`, `models/MODULE.md`.

    `templates` is a folder of the user's. Raises InputError for a template that cannot be used.
    """
    modules = {x.symbol: m.name for m in package.models for x in m.classes}
    modules |= {x.symbol: m.name for m in package.models for x in m.aliases}
    # From a page in a folder; an anchor is made of a heading's letters, digits, - and _, in lower case.
    links = {symbol: f"../models/{name}.md#{symbol.lower()}" for symbol, name in modules.items()}
    env = make_environment(templates).overlay()
    env.filters = env.filters | {
        "cell": cell,
        "code": code,
        "describe": lambda x: cell(describe(x.name, x.documentation)),
        "escape": escape,
        "outcome": _describe_outcome,
        "markdown_text": markdown_text,
        "type": lambda type_: link_types(type_, links),
    }

    def text(page: str, **variables: Any) -> str:
        template = env.get_template(f"reference/{page}.md.jinja")
        return clean_page(template.render(p=package, **variables))

    with translate_errors(templates):
        pages = {"index.md": text("index")}
        for a in package.apis:
            calls = {f.name: Examples(package).call(a, f) for f in a.functions}
            pages[f"api/{a.name}.md"] = text("tag", a=a, calls=calls)
        for m in package.models:
            pages[f"models/{m.name}.md"] = text("models", m=m)
    return pages


def _describe_outcome(response: Any) -> str:
    """What a response becomes."""
    return "returned" if response.is_success else f"raises {code(name_error(response.status))}"
