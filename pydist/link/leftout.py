"""Files divided by the table of omissions: what goes into a part, and what stays out under which name.

Invariant: a file that stays out and could be of use comes back by its path, or by an import of one of `imports`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydist.link.omissions import Omission, PackageOmission

__all__ = ["Divided", "LeftOut", "divide_package", "divide_stdlib", "has_pattern"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Files that one row of the table leaves out of a part: paths below the virtual root with sizes in bytes. An import
    of one of `imports`, or of a module below it, brings them back; if `reached`, not when it is a package's that is
    run later or never. If `whole`, they are of no use without each other."""

    name: str
    reason: str
    imports: tuple[str, ...]
    files: tuple[tuple[str, int], ...]
    reached: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """The paths that stay out, and those of them that can come back."""

    out: frozenset[str] = frozenset()
    groups: tuple[LeftOut, ...] = ()


_Group = tuple[str, str, tuple[str, ...], bool, bool]


def has_pattern(path: str, patterns: Iterable[str]) -> bool:
    """Whether one of `patterns` matches: in fnmatch's syntax, where `*` crosses slashes; a folder stands for all in it.

    >>> [has_pattern("a/tests/b.py", [pattern]) for pattern in ("*.py", "a/tests", "tests")]
    [True, True, False]
    """
    return any(fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern.rstrip('/')}/*") for pattern in patterns)


def divide_stdlib(sizes: Mapping[str, int], row_of: Callable[[str], Omission | None]) -> Divided:
    """Divide the files of the standard library (path to size); `row_of` says which row leaves a path out."""
    out: set[str] = set()
    groups: dict[_Group, list[tuple[str, int]]] = {}
    for path, size in sizes.items():
        row = row_of(path)
        if row is None:
            continue
        out.add(path)
        if not row.final:
            key = (row.name or row.reason, row.reason, row.imports, row.reached, row.whole)
            groups.setdefault(key, []).append((path, size))
    return _divided(out, groups)


def divide_package(files: Mapping[str, bytes], table: Sequence[PackageOmission], site: str) -> Divided:
    """Divide the files of a wheel; only those below `site`, the folder of packages, can stay out."""
    below = {path[len(site) + 1 :]: data for path, data in files.items() if path.startswith(f"{site}/")}
    out: set[str] = set()
    groups: dict[_Group, list[tuple[str, int]]] = {}
    for row in table:
        rest = {name: data for name, data in below.items() if f"{site}/{name}" not in out}
        if _has_text(rest, row.texts):
            continue
        folders = _folders(rest, row.folders)
        for name, data in rest.items():
            folder = _outermost(name, folders)
            if (folder is None and not has_pattern(name, row.paths)) or has_pattern(name, row.but):
                continue
            imports = () if folder is None else (folder.replace("/", "."),)
            out.add(f"{site}/{name}")
            groups.setdefault((row.name, row.reason, imports, False, False), []).append((f"{site}/{name}", len(data)))
    return _divided(out, groups)


def _divided(out: set[str], groups: Mapping[_Group, list[tuple[str, int]]]) -> Divided:
    made = (
        LeftOut(name=name, reason=reason, imports=imports, files=tuple(sorted(files)), reached=reached, whole=whole)
        for (name, reason, imports, reached, whole), files in sorted(groups.items())
    )
    return Divided(out=frozenset(out), groups=tuple(made))


def _folders(paths: Iterable[str], names: frozenset[str]) -> frozenset[str]:
    """The folders with one of `names` that are packages or have files test_*.py in them."""
    found = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        tests = name == "__init__.py" or fnmatchcase(name, "test_*.py")
        if tests and folder.rpartition("/")[2] in names:
            found.add(folder)
    return frozenset(found)


def _outermost(path: str, folders: frozenset[str]) -> str | None:
    """The first of `folders` on the way down to `path`."""
    at = path.find("/")
    while folders and at >= 0:
        if path[:at] in folders:
            return path[:at]
        at = path.find("/", at + 1)
    return None


def _has_text(files: Mapping[str, bytes], texts: Iterable[str]) -> bool:
    wanted = [text.encode() for text in texts]
    return bool(wanted) and any(text in data for path, data in files.items() if path.endswith(".py") for text in wanted)
