"""The objects of the interpreter, where a static libpython was installed with it: what an application is linked from.

Invariant: what is described are ELF objects that are written out, each once; a library of bitcode, or of anything else
that a linker of another make refuses, gives none, with the reason.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydist.binary import ar
from pydist.binary.elf import ElfFile, ElfInvalid, Symbol
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of

__all__ = ["Objects", "take_libraries", "take_objects"]

FOLDER, LIBRARIES = "build/libpython", "build/lib"
_INITTAB, _INITTAB_SYMBOL, _INIT = "config.o", "_PyImport_Inittab", "PyInit_"
_OF_LIBC = frozenset({"c", "crypt", "dl", "m", "pthread", "resolv", "rt", "util"})  # every linker has its own
_LARGEST = 512 << 20
_MEMBERS = 20_000
_NAME = re.compile(r"[\w.+-]{1,200}\.o", re.ASCII)
_LTO = ".gnu.lto_"
_GLOBAL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """Paths are below `python/`. `modules` are the objects by the extension module that they initialise; `core` all
    others, the table of built-in modules (`inittab`) among them; `reason` says why there are none."""

    library: str | None = None
    core: tuple[str, ...] = ()
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inittab: str = ""
    reason: str = ""


def take_objects(root: Path, library: Path | None) -> Objects:
    """Write the members of the static `library` below `root`, and say what they are."""
    if library is None or not library.is_file():
        return Objects(reason="no static libpython was installed")
    where = library.relative_to(root).as_posix()
    if library.stat().st_size > _LARGEST:
        return Objects(library=where, reason=f"{where} has more than {_LARGEST:,} bytes")
    data = library.read_bytes()
    try:
        members = [(name, bytes(view)) for (name, view), _ in zip(ar.members(data), range(_MEMBERS), strict=False)]
        return _written(root, where, members)
    except (ar.ArInvalid, ElfInvalid) as error:
        return Objects(library=where, reason=f"{where} is damaged: {error.message}")


def _written(root: Path, where: str, members: list[tuple[str, bytes]]) -> Objects:
    made: dict[str, bytes] = {}
    owners: dict[str, str] = {}
    inittab = ""
    counts = Counter[str]()
    for name, data in members:
        kind = kind_of(data[:HEAD_SIZE])
        if kind is not Kind.ELF or not _NAME.fullmatch(name):
            return Objects(library=where, reason=f"{where} has a member that is no ELF object: {ascii(name)[:80]}")
        file = ElfFile.parse(data)
        sections = [item.name for item in file.sections]
        if any(item.startswith(_LTO) for item in sections) and not any(item.startswith(".text") for item in sections):
            return Objects(library=where, reason=f"{where} has code for GCC's link-time optimiser only")
        counts[name] += 1
        path = f"{FOLDER}/{name}" if counts[name] == 1 else f"{FOLDER}/{counts[name]}/{name}"
        defined = {symbol.name for symbol in file.symbols(data) if symbol.defined and symbol.binding}
        if _INITTAB_SYMBOL in defined:
            inittab = path
        owners |= {symbol.removeprefix(_INIT): path for symbol in defined if symbol.startswith(_INIT)}
        made[path] = data
    whole = _whole(owners, made)
    for name in owners.keys() - whole.keys():
        made.pop(owners[name], None)
    if not inittab:
        return Objects(library=where, reason=f"{where} has no table of built-in modules")
    for path, data in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return Objects(library=where, core=tuple(made), modules={name: (path,) for name, path in whole.items()},
                   inittab=inittab)  # fmt: skip


def _whole(owners: Mapping[str, str], made: Mapping[str, bytes]) -> dict[str, str]:
    """Those of the modules `owners` that can be linked: `make install` leaves libraries of CPython's own out, which
    other objects than those of the library were linked with."""
    names = {path: list(ElfFile.parse(data).symbols(data)) for path, data in made.items()}
    whole = dict(owners)
    while True:
        gone = set(owners.values()) - set(whole.values())
        defined = {item.name for path, symbols in names.items() if path not in gone for item in symbols if item.defined}
        broken = {name for name, path in whole.items()
                  if any(_is_lost(item, defined) for item in names[path])}  # fmt: skip
        if not broken:
            return whole
        whole = {name: path for name, path in whole.items() if name not in broken}


def _is_lost(symbol: Symbol, defined: Collection[str]) -> bool:
    own = symbol.name.startswith(("Py", "_Py", "python_hashlib_"))  # the last: those of HACL in 3.12 and 3.13
    return own and not symbol.defined and symbol.binding == _GLOBAL and symbol.name not in defined


def take_libraries(root: Path, folders: Sequence[Path], names: Iterable[str]) -> None:
    """Copy the static libraries `names` that stand in `folders` of the prefix beside the objects that need them."""
    for name in names:
        places = (folder / f"lib{name}.a" for folder in folders)
        source = next((path for path in places if path.is_file() and not path.is_symlink()), None)
        if name not in _OF_LIBC and source is not None and source.stat().st_size <= _LARGEST:
            with source.open("rb") as file:
                kind = kind_of(file.read(HEAD_SIZE))
            if kind is Kind.AR:
                (root / LIBRARIES).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, root / LIBRARIES / source.name)
