"""The names under which clients have the operations of a tag: `client.pets`, of the class `PetsMethods`."""

from __future__ import annotations

from collections.abc import Iterable

from orcagen.plan import names
from orcagen.plan.clients import OPTION_NAMES

# What clients have, and the options of clients, those of later versions among them.
CLIENT_NAMES = OPTION_NAMES | frozenset(
    "send send_raw stream paginate start resume as_completed wait_all download download_all close aclose base_url with_options load_methods locate strict validate_requests".split()
)


def name_methods(modules: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The attribute of clients and the class of methods of each module of `api/`."""
    modules = list(modules)
    attributes = {module: names.escape_reserved(module, CLIENT_NAMES) for module in modules}
    classes = names.resolve_collisions(
        {module: (module, names.to_pascal_case(module) + "Methods") for module in modules}
    )
    return names.resolve_collisions({m: (m, a) for m, a in attributes.items()}), classes
