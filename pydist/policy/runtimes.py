"""Parts of the toolchain that its linker adds by itself: the rows of `builders/runtime.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from pydist.errors import FaultCollector, InputError
from pydist.policy import resources
from pydist.policy.licenses import expression_fault
from pydist.policy.table import Row, read_toml
from pydist.policy.toolchain import Toolchain

__all__ = ["RuntimePart", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimePart:
    """One part. `license` is an SPDX expression, `texts` and `version_file` are relative to the toolchain's folder;
    `libc` is empty for parts that every C library goes with; with those of `never` it is a fault that it is linked in,
    and `instead` is what to use."""

    name: str
    files: tuple[str, ...]
    libc: str
    license: str
    texts: tuple[str, ...]
    version_file: str
    never: tuple[str, ...]
    instead: str

    def holds(self, file: str, libc: str) -> bool:
        """Whether the archive or object `file` (a name without folder) of a link with `libc` belongs to this part."""
        return self.libc in ("", libc) and any(fnmatchcase(file, pattern) for pattern in self.files)

    def version(self, toolchain: Toolchain) -> str:
        """Its version in `toolchain`. Raises `InputError` when the file that should say it does not."""
        if not self.version_file:
            return toolchain.version
        path = toolchain.folder / self.version_file
        found = re.search(r'"([^"]+)"', path.read_text(encoding="utf-8")) if path.is_file() else None
        if found is None:
            raise InputError(f"{path}: expected the version of {self.name} in quotes")
        return found[1]


@cache
def load() -> tuple[RuntimePart, ...]:
    """All rows. Raises `InputError` with every fault of the table."""
    path = resources.builders() / "runtime.toml"
    return parse(read_toml(path), path)


def parse(values: Mapping[str, Any], path: Path) -> tuple[RuntimePart, ...]:
    """The rows of a table that was read from `path`."""
    faults = FaultCollector(str(path))
    parts = []
    whole = Row(values, faults)
    for position, part in enumerate(whole.tables("part")):
        with faults.at(f"part[{position}]"):
            row = Row(part, faults)
            parts.append(
                RuntimePart(
                    name=row.text("name"),
                    files=row.texts("files"),
                    libc=row.text("libc", ""),
                    license=row.text("license"),
                    texts=row.texts("texts"),
                    version_file=row.text("version_file", ""),
                    never=row.texts("never", []),
                    instead=row.text("instead", ""),
                )
            )
            row.done()
            if parts[-1].never and not parts[-1].instead:
                faults.add("instead", "expected what to use instead, for there are C libraries it may not go with")
            if fault := expression_fault(parts[-1].license):
                faults.add("license", fault)
    whole.done()
    faults.raise_if_any("the table of the toolchain's parts is not right")
    return tuple(parts)
