"""A plugin of orcagen: clients that only read.

    pip install examples/petstore/plugin

After examples/petstore/plugin/petstore_plugin.py is installed, settings can name it: see own_plugin.py.
"""

from attrs import evolve

from orcagen.plan import Package
from orcagen.plan.model import ApiModule


def change_plan(package: Package) -> Package:
    """Leaves out the operations that change something."""
    return evolve(package, apis=tuple(map(_keep_readers, package.apis)))


def change_files(package: Package, files: dict[str, str]) -> dict[str, str]:
    """Adds a module that lists the operations that are left."""
    operations = {
        f.name: f"{f.method} {f.path_template}" for a in package.apis for f in a.functions
    }
    return files | {"operations.py": f"OPERATIONS = {operations!r}\n"}


def _keep_readers(api: ApiModule) -> ApiModule:
    return evolve(api, functions=tuple(f for f in api.functions if f.method in ("GET", "HEAD")))
