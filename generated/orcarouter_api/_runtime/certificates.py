"""TLS settings from the options of a client and the environment. Raises ConfigurationError, naming the one that is wrong."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import ConfigurationError


def make_ssl_context(
    library: Any, network: Mapping[str, Any], sources: Mapping[str, str]
) -> tuple[ssl.SSLContext, str]:
    """The TLS settings, and what names the trusted certificates."""
    verify, source = network.get("verify", True), sources["verify"]
    others = f"those of {library.__name__} (others: {source})"
    context: ssl.SSLContext
    if verify is True:
        names = filter(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))
        source = next(names, "")
        verify = os.environ[source] if source else True
    if isinstance(verify, ssl.SSLContext):
        context = verify
    elif isinstance(verify, bool):
        context = library.create_ssl_context(verify=verify, trust_env=False)
    else:
        context, others = _load_ca_bundle(verify, source), f"those of {verify}"
    ca_source = others if isinstance(verify, bool) else f"{others} ({source})"
    if certificate := network.get("client_cert"):
        _load_client_cert(context, certificate, sources["client_cert"])
    return context, ca_source


def _load_ca_bundle(verify: Any, source: str) -> ssl.SSLContext:
    path = Path(verify)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        if source == "SSL_CERT_DIR":
            raise NotADirectoryError(20, "it is not a folder")
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{source}: no certificates can be read from {path}: {_find_reason(error)}"
        ) from error


def _load_client_cert(context: ssl.SSLContext, certificate: Any, source: str) -> None:
    is_file = isinstance(certificate, (str, Path))
    parts: tuple[Any, ...] = (certificate,) if is_file else tuple(certificate)
    files, password = [str(p) for p in parts[:2]], "".join(map(str, parts[2:]))
    try:
        # With no password at all, that of an encrypted key would be asked for on the terminal.
        context.load_cert_chain(files[0], files[1] if files[1:] else None, password)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{source}: no certificate with its key can be read from {', '.join(files)}: {_find_reason(error)}"
        ) from error


def _find_reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
