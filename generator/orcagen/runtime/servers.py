"""Servers whose URLs have variables (OpenAPI, Server Object)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from .client import BaseClient, Server
from .errors import ConfigurationError

_VARIABLE = re.compile(r"\{([^{}]+)\}")


@frozen
class ServerTemplate(Server):
    """A URL with variables. `variables` maps each to its default and its allowed values (none: any)."""

    variables: Mapping[str, tuple[str, tuple[str, ...]]] = field(hash=False)

    def expand(self, values: Mapping[str, str]) -> str:
        """The URL with values for its variables.

        Raises ConfigurationError for a value that is not allowed. A value stays in its place: that of a variable behind
        the host cannot change the host, and none can begin a query or a fragment.
        """
        defaults = {name: default for name, (default, _) in self.variables.items()}
        default_url = self._fill(defaults)
        scheme, separator, _ = default_url.partition("://")
        start = len(scheme + separator) if separator else 0
        end = start + len(re.split("[/?#]", default_url[start:])[0])
        in_origin = dict(defaults)  # with the values of scheme and host alone
        position = 0  # in the URL with the defaults
        for i, part in enumerate(_VARIABLE.split(self.url)):
            if i % 2 == 0:  # every second part is the name of a variable
                position += len(part)
                continue
            default, allowed = self.variables.get(part, ("", ()))
            value = str(values.get(part, default))
            if allowed and value not in allowed:
                raise ConfigurationError(
                    f"server variable {part} must be one of {', '.join(allowed)}, not {value!r}"
                )
            forbidden = r"[?#\\\s]|(^|/)\.\.?(/|$)"
            if position < end or position == start:
                in_origin[part] = value
                is_url = self.url.startswith("{" + part + "}") and "://" not in self.url
                forbidden = r"\s" if is_url else r"[/?#@\\\s]"
            if value != default and re.search(forbidden, value):
                raise ConfigurationError(
                    f"server variable {part} cannot be {value!r}: it would change more of {self.url}"
                )
            position += len(default)
        url = self._fill({**defaults, **values})
        if urlsplit(url)[:2] != urlsplit(self._fill(in_origin))[:2]:
            raise ConfigurationError(
                f"the server variables would change the host of {self.url}"
            )
        return url

    def _fill(self, values: Mapping[str, str]) -> str:
        return _VARIABLE.sub(lambda m: str(values.get(m[1], m[0])), self.url)


class ServerClient(BaseClient):
    """A client of servers with variables. `OPERATION_SERVERS` are those of operations."""

    OPERATION_SERVERS: tuple[Server, ...] = ()

    def _expand_servers(self, variables: Mapping[str, str]) -> str:
        servers = [*self.SERVERS[:1], *self.OPERATION_SERVERS]
        templates = [s for s in servers if isinstance(s, ServerTemplate)]
        names = {name for template in templates for name in template.variables}
        if unknown := sorted(variables.keys() - names):
            raise ConfigurationError(
                f"there is no server variable {unknown[0]!r}, but {', '.join(sorted(names))}"
            )
        for template in templates:  # so that a wrong value is an error in any case
            template.expand(variables)
        first = servers[0] if self.SERVERS else Server("")
        return (
            first.expand(variables) if isinstance(first, ServerTemplate) else first.url
        )

    def _locate(self, server: Any) -> tuple[str, str]:
        if isinstance(server, ServerTemplate):
            server = server.expand(self._options.get("server_variables", {}))
        return super()._locate(server)
