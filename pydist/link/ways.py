"""How a stub is made in each of the forms that the interpreter of a distribution can have (`pydist.link.forms`).

Invariant: every form of the table has its way here, and each makes an executable that finds the same image in itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.binary.elf import ElfFile
from pydist.errors import InputError, StepFailed
from pydist.link import omissions
from pydist.link.native_build_modules import objects_of, refusal
from pydist.link.relink import Linking, inittab_source
from pydist.link.static_library import check_objects, unpack
from pydist.manifest.model import ExtensionInfo, LinkInfo

__all__ = ["WAYS", "Halves", "Made"]

_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_PYTHON = "#include <Python.h>"
_LAUNCHER = "launcher.c"
_BOTH = ("image.c", "trace_record.c", "trace_write.c")
"""They have no state: both halves read the image, and add to the trace of the process."""
_ENTRY = "application_run"
_FOR_SHARED = ("-fPIC", "-fvisibility=default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """The C files of the run time. `python` are those that are compiled against Python's headers, `launcher` stands for
    them where they are a shared object."""

    native: tuple[Path, ...]
    python: tuple[Path, ...]
    launcher: tuple[Path, ...]

    @classmethod
    def of(cls, sources: Iterable[Path]) -> Halves:
        """Sort `sources`, headers among them, by what they include."""
        texts = {path.name: path.read_text(encoding="utf-8") for path in sources}
        files = [path for path in sources if path.suffix == ".c"]
        python = tuple(path for path in files if _needs_python(path.name, texts))
        launcher = tuple(path for path in files if path.name == _LAUNCHER)
        return cls(
            native=tuple(path for path in files if path not in (*python, *launcher)), python=python, launcher=launcher
        )

    @property
    def shared(self) -> tuple[Path, ...]:
        """What the shared object is made of."""
        return (*self.python, *(path for path in self.native if path.name in _BOTH))


Left = tuple[str, ...]
"""Built-in modules of the distribution that had to be left out."""


@dataclass(frozen=True, slots=True)
class Made:
    """Where the files of a stub are to be: the executable, and the shared object of forms that are launched."""

    program: Path
    library: Path


def _needs_python(name: str, texts: Mapping[str, str]) -> bool:
    text = texts.get(name, "")
    return _PYTHON in text or any(_needs_python(other, texts) for other in _INCLUDE.findall(text) if other != name)


def _objects(linking: Linking, halves: Halves, made: Made) -> Left:
    """The objects that the manifest names, but its table of built-in modules."""
    info = linking.distribution.manifest.build_info
    chosen = _chosen(linking)
    paths = [path for path in info.core.objs if path != info.inittab_object]
    paths += [path for variant in chosen.values() for path in variant.objs]
    _interpreter(linking, halves, chosen, _below(linking, paths), made)
    return ()


def _archive(linking: Linking, halves: Halves, made: Made) -> Left:
    """All members of the static libpython but its table of built-in modules: packages may use any of its functions."""
    path = linking.distribution.manifest.build_info.core.static_lib or ""
    chosen = _chosen(linking)
    functions = {row.init_fn for row in chosen.values()}
    members = unpack(linking.distribution.root / path, linking.work / "libpython", functions)
    broken = [name for name, row in chosen.items() if row.init_fn in members.broken and not row.objs]
    chosen = {name: row for name, row in chosen.items() if name not in broken}
    others = {name: row for name, row in chosen.items() if row.init_fn not in {*members.defined, "NULL"}}
    lost = [f"{name} ({row.init_fn})" for name, row in others.items() if not row.objs]
    if lost:
        raise InputError(f"{path} does not define the functions of these built-in modules: {', '.join(lost)}")
    paths = [path for row in others.values() for path in row.objs]
    _interpreter(linking, halves, chosen, [*members.objects, *_below(linking, paths)], made)
    return tuple(broken)


def _library(linking: Linking, halves: Halves, made: Made) -> Left:
    """A launcher, and what needs Python as a shared object that stands beside libpython."""
    linking.program(linking.compile((*halves.native, *halves.launcher)), [], [], made.program)
    shared = linking.distribution.root / (linking.distribution.manifest.build_info.core.shared_lib or "")
    if not ElfFile.parse(shared.read_bytes()).soname:
        raise InputError(f"{shared} has no SONAME, by which what needs it could be told to")
    linking.shared(linking.compile(halves.shared, *_FOR_SHARED), shared, _ENTRY, made.library)
    return ()


WAYS: Mapping[str, Callable[[Linking, Halves, Made], Left]] = {
    "objects": _objects,
    "archive": _archive,
    "library": _library,
}
"""By the name of the form."""


def _interpreter(
    linking: Linking, halves: Halves, chosen: Mapping[str, ExtensionInfo], objects: list[Path], made: Made
) -> None:
    pairs = [(name, row.init_fn) for name, row in chosen.items()]
    pairs += [(module.name, module.init_function) for module in linking.native]
    table = linking.file("inittab.c", inittab_source(pairs))
    check_objects(path for path in objects if path.is_file())
    links: list[LinkInfo] = [*linking.distribution.manifest.build_info.core.links]
    links += [link for row in chosen.values() for link in row.links]
    ours = linking.compile((*halves.native, *halves.python, table))
    try:
        linking.program(ours, [*objects_of(linking.native, linking.work), *objects], links, made.program)
    except StepFailed as failure:
        raise (refusal(linking.native, failure) or failure) from None


def _chosen(linking: Linking) -> dict[str, ExtensionInfo]:
    """The variant of each extension module that goes in."""
    table = omissions.load()
    rows = sorted(linking.distribution.extensions.items())
    return {name: row for name, row in rows if not table.of_extension(name)}


def _below(linking: Linking, paths: Iterable[str]) -> list[Path]:
    return [linking.distribution.root / path for path in dict.fromkeys(paths)]
