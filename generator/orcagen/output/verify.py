"""The last check of generated text before it is written: it is Python, and calls and imports only what templates write.

Text of a document can do harm only where it is code. So strings and comments are taken out, and in the rest every call and
every import must be one that a template writes.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|' r"'(?:[^'\\\n]|\\.)*'|#[^\n]*", re.DOTALL
)
# Identifiers may hold characters that `\w` does not match: combining marks.
_CALL = re.compile(r"(?<![\w.\u0080-\U0010ffff])([\w.\u0080-\U0010ffff]++)\(")
_BEFORE_NAME = re.compile(r"\b(?:def|class) +$")
_IMPORT = re.compile(r"^ *(?:from (\S+) )?import\b.*$", re.MULTILINE)
_CALLED = frozenset(
    "define field Codec CustomReader Webhooks Signature Discriminator Server SecurityScheme Call.of StreamCall.of Styled json_body raw_body form_body multipart_body lines_body xml_body xml_part json_text"
    " ServerTemplate PagedCall.of Pagination redact_log frozenset super self._copy self._send self._stream Method StreamMethod load_methods load getattr globals sorted import_module _import_module AttributeError TypedDict"
    " header_field self._follow TaskCall.of LongRunning Target".split()
)
_METHODS = ("decode", "from_dict", "__init__")  # of any class
_MODULES = frozenset(
    "__future__ attrs collections.abc datetime decimal functools importlib ssl typing uuid".split()
)


class UnsafeOutputError(Exception):
    """Text of the document reached the output as code: a defect of the generator."""


def verify(files: dict[str, str], is_own: bool = False, own_modules: Collection[str] = ()) -> None:
    """Checks every generated file, but not the support code, which is copied. Raises UnsafeOutputError.

    Users' own templates and plugins may call and import what they like; `own_modules` are those of users' own types.
    """
    for path, text in files.items():
        parts = path.split("/")
        if ".." in parts or path.startswith("/") or "\\" in path:
            raise UnsafeOutputError(f"the file {path!r} would lie outside the package")
        if path.endswith(".py") and not path.startswith("_runtime/"):
            modules = {*_MODULES, *own_modules} if path == "custom_types.py" else _MODULES
            _verify(path, text, is_own, modules)


def _verify(path: str, text: str, is_own: bool, modules: Collection[str]) -> None:
    try:
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise UnsafeOutputError(f"{path} is not valid Python: {error}") from error
    if is_own:
        return
    code = _STRINGS.sub('""', text)
    for call in _CALL.finditer(code):
        if call[1] in _CALLED or call[1].rpartition(".")[2] in _METHODS:
            continue
        if not _BEFORE_NAME.search(code, max(0, call.start() - 8), call.start()):
            raise UnsafeOutputError(f"{path} calls {call[1]!r}")
    for line in _IMPORT.finditer(code):
        module = line[1] or line[0].split()[1]
        if not module.startswith(".") and module not in modules:
            raise UnsafeOutputError(f"{path} imports {module!r}")
