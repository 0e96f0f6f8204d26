"""Where in a distribution its parts stand: the prefix, the standard library, programs, packages.

Invariant: the answer comes from what is there; nothing is assumed that no file shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from pydist.validate.facts import Facts

__all__ = ["Places", "joined"]

_OS = re.compile(r"((?:install/)?)((?:lib(?:64)?/python3\.\d{1,2}t?)|Lib)/os\.py[c]?", re.ASCII)
_ZIP = re.compile(r"(?:install/)?(?:lib/)?python3\d{1,2}t?\.zip", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """`prefix` ends with a slash, or is empty; `library` is the folder of os.py below it, with the prefix; `packed` are
    zip archives that hold modules."""

    prefix: str
    library: str | None
    packed: tuple[str, ...]

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """The places of a distribution."""
        found = next((match for name in facts.files if (match := _OS.fullmatch(name))), None)
        stated = facts.manifest.python_paths.get("stdlib") if facts.manifest is not None else None
        prefix = "install/" if "install" in facts.folders else ""
        library = f"{found[1]}{found[2]}" if found else None
        if stated is not None and stated.rstrip("/") in facts.folders:
            library = stated.rstrip("/")
        packed = tuple(name for name in facts.files if _ZIP.fullmatch(name))
        return cls(prefix=prefix, library=library, packed=packed)

    def modules(self, facts: Facts) -> frozenset[str]:
        """Dotted names of all modules in Python of the standard library."""
        made = set[str]()
        if self.library is not None:
            start = len(self.library) + 1
            for name in facts.files:
                if name.startswith(f"{self.library}/") and name.endswith((".py", ".pyc")) and "-packages/" not in name:
                    stem = name[start:].rpartition(".")[0]
                    made.add(stem.removesuffix("/__init__").replace("/", "."))
        for name in self.packed:
            content = facts.files[name].content
            made |= content.modules if content is not None else frozenset()
        return frozenset(made)


def joined(folder: str, path: str) -> str | None:
    """`path`, which may climb, from `folder`; None where it leads out.

    >>> joined("lib/python3.14/site-packages", "../../../bin/pip")
    'bin/pip'
    """
    parts = folder.split("/") if folder else []
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
