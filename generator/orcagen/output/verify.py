"""The last look at the text before it is written: it is Python, and nothing in it is called but what templates call.

Text of a document can only be harmful where it is code. So the strings and comments are taken out, and in the rest every
call and every import has to be one that a template writes.
"""

from __future__ import annotations

import re

_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|' r"'(?:[^'\\\n]|\\.)*'|#[^\n]*", re.DOTALL
)
_CALL = re.compile(r"(?<![\w.])([\w.]+)\(")
_BEFORE_NAME = re.compile(r"\b(?:def|class) +$")
_IMPORT = re.compile(r"^ *(?:from (\S+) )?import\b.*$", re.MULTILINE)
_CALLED = frozenset(
    "define field Codec Discriminator Server SecurityScheme Call.of StreamCall.of Styled json_body raw_body form_body multipart_body json_text"
    " frozenset super self._copy load getattr globals sorted import_module _import_module AttributeError TypedDict".split()
)
_MODULES = frozenset(
    "__future__ attrs collections.abc datetime decimal functools importlib typing uuid".split()
)


class UnsafeText(Exception):
    """A defect of the generator: text of the document reached the output as code. Nothing is written."""


def verify(files: dict[str, str], own_templates: bool = False) -> None:
    """Looks at every generated file. Raises UnsafeText. The support code is ours and is left out.

    With templates of the user's own, what is called and imported is theirs to decide.
    """
    for path, text in files.items():
        parts = path.split("/")
        if ".." in parts or path.startswith("/") or "\\" in path:
            raise UnsafeText(f"the file {path!r} would lie outside the package")
        if path.endswith(".py") and not path.startswith("_runtime/"):
            _verify(path, text, own_templates)


def _verify(path: str, text: str, own_templates: bool) -> None:
    try:
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise UnsafeText(f"{path} is not valid Python: {error}") from error
    if own_templates:
        return
    bare = _STRINGS.sub('""', text)
    for call in _CALL.finditer(bare):
        if call[1] not in _CALLED and not _BEFORE_NAME.search(
            bare, max(0, call.start() - 8), call.start()
        ):
            if call[1] in ("from_dict", "__init__") or call[1].endswith(
                (".from_dict", ".__init__")
            ):
                continue
            raise UnsafeText(f"{path} calls {call[1]!r}")
    for line in _IMPORT.finditer(bare):
        module = line[1] or line[0].split()[1]
        if not module.startswith(".") and module not in _MODULES:
            raise UnsafeText(f"{path} imports {module!r}")
