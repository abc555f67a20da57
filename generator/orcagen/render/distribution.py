"""The plan to the project files of a distribution."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orcagen.plan.distribution import DistributionPlan
from orcagen.plan.model import ApiModule, Package
from orcagen.render import make_environment, translate_errors
from orcagen.render.examples import Examples, choose_function, is_complete
from orcagen.render.fold import format_module
from orcagen.render.literals import Code, call
from orcagen.render.markdown import clean_page, code, escape, markdown_text
from orcagen.schema import TupleType


def render_distribution(
    package: Package, plan: DistributionPlan, templates: Path | None = None
) -> dict[str, str]:
    """The text of each file, by its path beside the package.

    `templates` is a folder of the user's. Raises InputError for a template that cannot be used.
    """
    env = make_environment(templates).overlay()
    env.filters = env.filters | {
        "code": code,
        "escape": escape,
        "markdown_text": markdown_text,
        "toml": _format_toml,
    }
    options = {
        o.name: ("user", "password") if isinstance(o.type, TupleType) else "secret"
        for o in package.options
    }
    has_host = bool(package.servers) and package.servers[0].url.startswith("http")
    base_url = () if has_host else ("https://api.example",)
    examples = [_make_example(package, a) for a in package.apis]
    complete = [x for x in examples if x["is_complete"] and not x["function"].is_stream]

    def text(name: str, **variables: Any) -> str:
        template = env.get_template(f"distribution/{name}.jinja")
        return template.render(p=package, d=plan, **variables)

    with translate_errors(templates):
        client = call("Client", *base_url, **options, http_client=Code("http_client"))
        test = text("test.py", client=client, example=next(iter(complete), None))
        client = call("Client", *base_url, **dict([*options.items()][:1]))
        readme = text("README.md", client=client, examples=examples)
        return {
            "pyproject.toml": text("pyproject.toml"),
            "README.md": clean_page(readme),
            f"tests/test_{package.name}.py": format_module(test),
        }


def _make_example(package: Package, api: ApiModule) -> dict[str, Any]:
    examples = Examples(package)
    function = choose_function(api, examples)
    text = examples.call(api, function)
    return {
        "api": api,
        "function": function,
        "imports": examples.imports,
        "call": text,
        "is_complete": is_complete(text),
    }


def _format_toml(value: str) -> str:
    """A string of JSON is one of TOML, where no control characters are in it."""
    return json.dumps(value, ensure_ascii=False)
