"""What changes for those who make a client, and in what else a package holds."""

from __future__ import annotations

from orcagen.diff.findings import Level
from orcagen.diff.report import Report
from orcagen.plan.model import Option, Package, ServerPlan
from orcagen.pointers import escaped


def compare_clients(report: Report) -> None:
    """Findings for the options and the servers of the client, tables, typed dicts, and the package's own words."""
    _options(report)
    _servers(report)
    _tables(report)
    _typed_dicts(report)
    old, new = report.old.package, report.new.package
    if old.description != new.description:
        report.other("documentation", "package-description", "", new.name, "has a new description")
    modules = {m.name: m for m in old.apis}
    for module in new.apis:
        before = modules.get(module.name)
        if before is not None and before.description != module.description:
            where = f"api.{module.name}"
            change = "has a new description"
            report.other("documentation", "module-description", where, where, change)


# options


def _options(report: Report) -> None:
    packages = report.old.package, report.new.package
    old, new = ({o.name: o for o in p.options} for p in packages)
    for name in sorted(old.keys() | new.keys()):
        where = f"client.Options.{name}"
        a, b = (_scheme_pointer(p, name) for p in packages)
        if name not in new:
            change = f"no longer takes `{name}`"
            report.other("breaking", "option-removed", where, "Client", change, (a, None))
        elif name not in old:
            change = f"takes the new option `{name}`, `{new[name].annotation}`"
            report.other("additive", "option-added", where, "Client", change, (None, b))
        else:
            for level, rule, change in _option(report, old[name], new[name]):
                report.other(level, rule, where, "Client", change, (a, b), subject=f"`{name}`")


def _option(report: Report, x: Option, y: Option) -> list[tuple[Level, str, str]]:
    out: list[tuple[Level, str, str]] = []
    if change := report.types.given(x.annotation, y.annotation):
        out.append((change.level, "option-type", change.text))
    before, after = (_sent(p, x.name) for p in (report.old.package, report.new.package))
    if before != after:
        text = f"is sent {' or '.join(after)}, formerly {' or '.join(before)}"
        out.append(("documentation", "option-place", text))
    elif x.description != y.description:
        out.append(("documentation", "option-description", "has a new description"))
    return out


def _sent(package: Package, option: str) -> list[str]:
    """How the credential of an option goes into a request."""
    places = {
        "bearer": "as a bearer token",
        "oauth2": "as a bearer token",
        "basic": "as basic authentication",
    }
    return sorted(
        {
            places.get(s.place, f"in the {s.place} `{s.name}`")
            for s in package.schemes
            if s.option == option
        }
    )


def _scheme_pointer(package: Package, option: str) -> str:
    base = (
        "/securityDefinitions"
        if package.openapi_version == "2.0"
        else "/components/securitySchemes"
    )
    keys = [s.key for s in package.schemes if s.option == option]
    return f"{base}/{escaped(keys[0])}" if keys else ""


# servers


def _servers(report: Report) -> None:
    packages = report.old.package, report.new.package
    old, new = (p.servers for p in packages)
    urls = [s[0].url if s else None for s in (old, new)]
    first = _server_pointer(packages[0], 0), _server_pointer(packages[1], 0)

    def add(level: Level, rule: str, change: str, pointers: tuple[str | None, str | None]) -> None:
        report.other(level, rule, "client.SERVERS", "Client", change, pointers)

    if urls[0] != urls[1]:
        formerly = f", formerly to `{urls[0]}`" if urls[0] else ""
        if urls[1]:
            change = f"sends to `{urls[1]}` where no `base_url` is given{formerly}"
            add("documentation", "server-default", change, first)
        else:
            add("breaking", "server-default", "needs a `base_url`", first)
    if old and new:
        for level, change in _variables(old[0], new[0]):
            add(level, "server-variable", change, first)
    others = [{s.url: i for i, s in enumerate(p.servers) if i} for p in packages]
    for url in sorted(others[0].keys() - {s.url for s in new}):
        pointer = _server_pointer(packages[0], others[0][url])
        change = f"no longer lists the server `{url}`"
        add("documentation", "server-removed", change, (pointer, None))
    for url in sorted(others[1].keys() - {s.url for s in old}):
        pointer = _server_pointer(packages[1], others[1][url])
        add("documentation", "server-added", f"lists the server `{url}`", (None, pointer))


def _variables(a: ServerPlan, b: ServerPlan) -> list[tuple[Level, str]]:
    out: list[tuple[Level, str]] = []
    for name in sorted(a.variables.keys() | b.variables.keys()):
        if name not in b.variables:
            out.append(("breaking", f"no longer takes the server variable `{name}`"))
        elif name not in a.variables:
            out.append(("additive", f"takes the new server variable `{name}`"))
        else:
            (before, old), (after, new) = a.variables[name], b.variables[name]
            gone, came = sorted(set(old) - set(new)), sorted(set(new) - set(old))
            variable = f"the server variable `{name}`"
            if new and (gone or not old):
                takes = f"no longer takes {_codes(gone)}" if old else f"takes only {_codes(new)}"
                out.append(("breaking", f"{takes} for {variable}"))
            elif old and (came or not new):
                out.append(("additive", f"takes {_codes(came) or 'any value'} for {variable} too"))
            if before != after:
                text = f"sets {variable} to `{after}` by default, formerly to `{before}`"
                out.append(("documentation", text))
    return out


def _codes(values: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{v}`" for v in values)


def _server_pointer(package: Package, index: int) -> str | None:
    """The server's place. A document of OpenAPI 2 spreads it over its top, and some documents have none."""
    if not package.servers:
        return None
    return "" if package.openapi_version == "2.0" else f"/servers/{index}"


# the rest


def _tables(report: Report) -> None:
    old, new = ({t.name: t for t in p.tables} for p in (report.old.package, report.new.package))
    for name in sorted(old.keys() | new.keys()):
        where = f"tables.{name}"
        if name not in new:
            report.other("breaking", "table-removed", where, where, "is removed", ("", None))
        elif name not in old:
            report.other("additive", "table-added", where, where, "is new", (None, ""))
        else:
            if change := report.types.got(old[name].symbol, new[name].symbol):
                report.other(change.level, "table-type", where, where, change.text)
            if old[name].data != new[name].data:
                report.other("documentation", "table-data", where, where, "holds other data")


def _typed_dicts(report: Report) -> None:
    """Typed dicts come and go with their models; only those that do so alone are worth a word."""
    old, new = report.old, report.new
    for name in sorted(old.package.dicts.keys() - new.package.dicts.keys()):
        if name.removesuffix("Dict") in new.symbols:
            where = f"dicts.{name}"
            report.other("breaking", "dict-removed", where, where, "is removed", ("", None))
    for name in sorted(new.package.dicts.keys() - old.package.dicts.keys()):
        if name.removesuffix("Dict") in old.symbols:
            where = f"dicts.{name}"
            report.other("additive", "dict-added", where, where, "is new", (None, ""))
