"""The licence texts that an installation has: that of Python, those an archive brought, and those of libraries.

On Debian and its relatives a library's text is that of its package, which dpkg's lists of files name.

Invariant: texts only, of bounded size; a text that is not found is not made up.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.policy.licenses import missing_texts

__all__ = ["Licences", "find_licences"]

_CPYTHON = "LICENSE.cpython.txt"
_CPYTHON_IDS = ("Python-2.0", "CNRI-Python")
_LARGEST = 4 << 20
_LISTS = 20_000
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{0,100}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licences:
    """Paths are below `python/`. `python` is the text of CPython's licence with its identifiers; `libraries` the texts
    by the file in the tree whose they are."""

    python: str | None
    identifiers: tuple[str, ...] | None
    libraries: Mapping[str, str]


def find_licences(root: Path, bundled: Mapping[str, Path], system: Path) -> Licences:
    """Fill `root/licenses` with the texts that there are; `bundled` are libraries of the tree and where they were."""
    folder = root / "licenses"
    folder.mkdir(exist_ok=True)
    install = root / "install"
    for path in sorted(install.glob("share/licenses/LICENSE.*")):
        if _keep(path, folder / path.name):
            path.unlink()  # full archives have them in licenses/ alone
    if not (folder / _CPYTHON).exists():
        found = [*sorted(install.glob("lib/python3*/LICENSE.txt")), *sorted(install.glob("LICENSE*"))]
        for path in found[:1]:
            _keep(path, folder / _CPYTHON)
    libraries = {}
    for name, package in _packages(bundled, system).items():
        text = system / "usr/share/doc" / package / "copyright"
        if _keep(text, folder / f"LICENSE.{package}.txt"):
            libraries[name] = f"licenses/LICENSE.{package}.txt"
    python = folder / _CPYTHON
    if not python.exists():
        return Licences(python=None, identifiers=None, libraries=libraries)
    known = [name for name in _CPYTHON_IDS if not missing_texts(name, [python.read_text("utf-8", "replace")])]
    return Licences(python=f"licenses/{_CPYTHON}", identifiers=tuple(known) or None, libraries=libraries)


def _keep(source: Path, target: Path) -> bool:
    if not source.is_file() or source.stat().st_size > _LARGEST:
        return False
    shutil.copyfile(source, target)
    target.chmod(0o644)
    return True


def _packages(bundled: Mapping[str, Path], system: Path) -> dict[str, str]:
    """The Debian package of each library."""
    wanted: dict[str, str] = {}
    for name, path in bundled.items():
        if path.is_relative_to(system):
            place = f"/{path.relative_to(system).as_posix()}"
            # Packages from before /lib became a link to /usr/lib name the one, newer ones the other.
            wanted |= dict.fromkeys((place, place.removeprefix("/usr")), name)
    made: dict[str, str] = {}
    for path in _lists(system) if wanted else ():
        package = path.name.removesuffix(".list").partition(":")[0]
        if not _PACKAGE.fullmatch(package) or path.stat().st_size > _LARGEST:
            continue
        lines = set(path.read_text(encoding="utf-8", errors="replace").splitlines())
        made |= {wanted[place]: package for place in wanted.keys() & lines}
    return made


def _lists(system: Path) -> Iterable[Path]:
    return sorted((system / "var/lib/dpkg/info").glob("*.list"))[:_LISTS]
