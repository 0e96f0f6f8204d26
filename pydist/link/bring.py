"""Shared libraries of this machine that go into an application, for systems that have none.

Wheels may leave some libraries to the system (the policies of manylinux list them), first of all the run time of C++.
What the system has is loaded before what an application brings: its other libraries may need that one.

Invariant: nothing is taken that was not asked for, but what the libraries asked for need themselves.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pydist.errors import Fault, FaultCollector, InputError
from pydist.link.dist import Distribution
from pydist.link.native import BROUGHT, NativeFile, read_native
from pydist.link.needs import is_of_glibc
from pydist.link.part import Part, PartFile
from pydist.link.report import LibraryFacts
from pydist.manifest.convert import encode

__all__ = ["brought_part"]

_FOLDERS = ("/usr/lib/{arch}-linux-gnu", "/lib/{arch}-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib")
_GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
_LICENCES = {
    "libstdc++.so.6": _GCC, "libgcc_s.so.1": _GCC, "libatomic.so.1": _GCC, "libgomp.so.1": _GCC,
    "libgfortran.so.5": _GCC, "libquadmath.so.0": "LGPL-2.1-or-later", "libz.so.1": "Zlib", "libexpat.so.1": "MIT",
}  # fmt: skip
"""Of the libraries on the lists of manylinux; of any other the licence is not known."""
_TEXTS = "share/licenses/brought"


_Library = tuple[Path, bytes, NativeFile]


def brought_part(names: Sequence[str], parts: Iterable[Part], distribution: Distribution) -> Part | None:
    """The libraries `names`, file names or paths, with those that they need. Raises `InputError` that names every one
    that is not there, cannot be used, or is needed by nothing in `parts`."""
    if not names:
        return None
    if not distribution.dynamic:
        fault = Fault(", ".join(names), f"an application for {distribution.target} loads no shared libraries")
        raise InputError("libraries cannot be brought along", [fault])
    native = [file.native for part in parts for file in part.files if file.native and not file.linked]
    has = {name for file in native for name in (file.soname, file.path.rpartition("/")[2])}
    faults = FaultCollector("--bring")
    search = partial(_library, arch=distribution.target.arch, machines={file.machine for file in native}, faults=faults)
    found = {library[2].soname: library for name in names if (library := search(name)) is not None}
    waiting = list(found.values())
    while waiting:
        path, _, file = waiting.pop()
        for name in file.needed:
            further = None if name in {*has, *found} or is_of_glibc(name) else search(name, beside=path)
            if further is not None:
                found[further[2].soname] = further
                waiting.append(further)
    needed = {name for file in (*native, *(library[2] for library in found.values())) for name in file.needed}
    for soname in sorted(found.keys() - needed):
        faults.add(str(found[soname][0]), f"nothing in the application needs {soname}")
    faults.raise_if_any("these libraries cannot be brought along")
    return _part(found)


def _library(
    name: str, *, arch: str, machines: set[int], faults: FaultCollector, beside: Path | None = None
) -> _Library | None:  # fmt: skip
    """The file of a library with its bytes, and what they say. It is looked for `beside` what needs it, too."""
    if is_of_glibc(Path(name).name):
        faults.add(name, "is a part of the C library, which has to be the system's own")
        return None
    folders = [Path(folder.format(arch=arch)) for folder in _FOLDERS]
    if beside is not None:
        folders.insert(0, beside.parent)
    places = [Path(name)] if "/" in name else [folder / name for folder in folders]
    for place in places:
        data = place.read_bytes() if place.is_file() else b""
        native = read_native(place.name, data)
        if native is not None and native.machine in machines:
            return place.resolve(), data, _at(native.soname or place.name, native)
    where = "here" if "/" in name else f"in {', '.join(map(str, folders))}"
    faults.add(name, f"there is no shared library of this name for {arch} {where}")
    return None


def _at(soname: str, native: NativeFile) -> NativeFile:
    """At its place in the tree, where it finds what is brought along with it and nothing else."""
    return NativeFile(
        path=f"{BROUGHT}/{soname}", machine=native.machine, soname=soname, needed=native.needed, search=(),
        glibc=native.glibc,
    )  # fmt: skip


def _part(found: Mapping[str, _Library]) -> Part:
    files, facts = [], []
    for soname in sorted(found):
        path, data, native = found[soname]
        files.append(PartFile(path=native.path, data=memoryview(data), code=memoryview(b""), native=native))
        package, version = _package(path)
        text = Path("/usr/share/doc", package, "copyright") if package else Path()
        texts: tuple[str, ...] = ()
        if text.is_file():
            texts = (f"{_TEXTS}/{soname}",)
            files.append(PartFile(path=texts[0], data=memoryview(text.read_bytes()), code=memoryview(b"")))
        facts.append(LibraryFacts(name=soname, version=version, license=_LICENCES.get(soname, ""), license_texts=texts))
    taken = {soname: f"{found[soname][0]}, needs glibc 2.{found[soname][2].glibc}" for soname in sorted(found)}
    files.sort(key=lambda file: file.path)
    return Part(name="brought", files=tuple(files), facts={"ingredients": encode(tuple(facts)), "taken": taken})


def _package(path: Path) -> tuple[str, str]:
    """The system's package that `path` is of, and its version, where dpkg knows."""
    # Where /lib is a link to /usr/lib, dpkg knows files by the path that their package has.
    places = [str(path), str(path).removeprefix("/usr")]
    command = ["dpkg-query", "--search", *places]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        package = said.stdout.partition(":")[0].strip()
        command = ["dpkg-query", "--show", "--showformat=${Version}\n", package]
        said = subprocess.run(command, capture_output=True, text=True, check=False) if package else said
    except OSError:
        return "", ""
    return package, said.stdout.partition("\n")[0] if package else ""
