"""Completion in bash of words with `=` and `:`, such as `metadata.aspect_ratio=16:9`.

Readline takes these characters for the ends of words: it passes three words or more, and replaces the last one only.
"""

from __future__ import annotations

import re

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

__all__ = ["register"]


class _Bash(BashComplete):
    _typed = ""  # what has been typed of the last word, up to the last of these characters
    # No space after `metadata.seed=`.
    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)",
        "COMPREPLY+=($value)\n            [[ $value == *= ]] && compopt -o nospace",
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        parts: list[str] = []
        is_continued = False
        for part in [*args, incomplete]:
            if part == "=" and parts and parts[-1].startswith("-"):  # --option=value
                parts.append("")
                is_continued = True
            elif parts and (is_continued or part in ("=", ":")):
                parts[-1] += part
                is_continued = part in ("=", ":")
            else:
                parts.append(part)
        self._typed = re.sub(r"[^=:]*$", "", parts[-1])
        return parts[:-1], parts[-1]

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{item.value.removeprefix(self._typed)}"


def register() -> None:
    """Use this class for bash."""
    add_completion_class(_Bash)
