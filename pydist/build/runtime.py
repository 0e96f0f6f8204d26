"""Which parts of the toolchain a distribution carries, and the texts of their licences.

Invariant: measured: the interpreter is linked once more by its own link line, and the linker's map names every file
that it took something from. A file that is neither the distribution's nor a known part of the toolchain is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydist.errors import FaultCollector, StepFailed
from pydist.manifest.record import RuntimeRecord
from pydist.policy import runtimes
from pydist.policy.linkline import LinkLine
from pydist.policy.runtimes import RuntimePart
from pydist.policy.toolchain import Toolchain

__all__ = ["files_of_map", "keep_texts", "linked_files", "parts_of"]

# A section of an input in lld's map: three numbers in hex, an alignment, the file (with its member) and the section.
_INPUT = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +[0-9a-f]+ +\d+ {9}(/?[^<\s][^:]*?)(?:\([^()]*\))?:\(", re.MULTILINE)


def linked_files(tree: Path, link_line: Sequence[str], toolchain: Toolchain, cache: Path) -> frozenset[str]:
    """Paths of the archives and objects that the interpreter in `tree` is linked from; relative ones are the tree's.

    `cache` is the compiler's own folder. Raises `InputError` when `link_line` says more than how to link, `StepFailed`
    when it does not link.
    """
    line = LinkLine.parse(link_line, "the trace of the build")
    with tempfile.TemporaryDirectory(prefix="pydist-map-") as folder:
        compiler = [str(toolchain.path), "cc", "-target", line.target]
        command = [*line.command(compiler, f"{folder}/python"), "-Wl,--print-map"]
        done = subprocess.run(
            command,
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={"PATH": os.defpath, "HOME": folder, "LC_ALL": "C", "ZIG_GLOBAL_CACHE_DIR": str(cache),
                 "ZIG_LOCAL_CACHE_DIR": f"{folder}/local"},
        )  # fmt: skip
    if done.returncode != 0:
        tail = (done.stderr or done.stdout).splitlines()[-20:]
        raise StepFailed("linking by the recorded link line", command, done.returncode, "(none)", tail)
    return files_of_map(done.stdout, tree)


def files_of_map(text: str, tree: Path) -> frozenset[str]:
    """The files that a linker's map names; those below `tree` relative to it."""
    prefix = f"{tree.resolve()}/"
    return frozenset(name.removeprefix(prefix) for name in set(_INPUT.findall(text)))


def parts_of(files: Iterable[str], libc: str) -> dict[RuntimePart, tuple[str, ...]]:
    """The toolchain's parts among the files of a link, each with the names it was taken from.

    Raises `InputError` that lists what the table does not know, and what it does not want with this C library.
    """
    found: dict[RuntimePart, set[str]] = defaultdict(set)
    faults = FaultCollector("builders/runtime.toml")
    for path in sorted(file for file in files if file.startswith("/")):
        name = path.rpartition("/")[2]
        part = next((row for row in runtimes.load() if row.holds(name, libc)), None)
        if part is None:
            faults.add(name, f"is linked in from the toolchain, but no row says what it is: {path}")
        elif libc in part.never:
            message = f"is linked in from the toolchain, and may not be with the C library {libc}"
            faults.add(name, f"{message}; its functions are to come from {part.instead}")
        else:
            found[part].add(name)
    faults.raise_if_any("something of the toolchain is linked in that may not be")
    return {part: tuple(sorted(names)) for part, names in sorted(found.items(), key=lambda item: item[0].name)}


def keep_texts(parts: Mapping[RuntimePart, tuple[str, ...]], toolchain: Toolchain, licenses: Path,
               floor: str) -> list[RuntimeRecord]:  # fmt: skip
    """Put the licence texts of `parts` into the folder `licenses`; their entries of the build record.

    `floor` is the version of glibc whose start-up code is linked in, empty for other C libraries.
    """
    records = []
    for part, names in parts.items():
        paths = []
        for text in part.texts:
            # Not "LICENSE.musl.txt": a component of that name may be built in as well.
            suffix = "" if text == part.texts[0] else f".{Path(text).parent.name}"
            target = licenses / f"LICENSE.toolchain-{part.name}{suffix}.txt"
            shutil.copyfile(toolchain.folder / text, target)
            paths.append(f"licenses/{target.name}")
        version = floor if part.libc == "gnu" else part.version(toolchain)
        records.append(
            RuntimeRecord(
                name=part.name, version=version, license=part.license, license_paths=tuple(paths), files=names
            )
        )
    return records
