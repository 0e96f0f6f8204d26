"""Makes an unpacked tree of others find its own place, as our builds do from the start.

What `make install` and other builders write into sysconfig, pkg-config files, scripts and build-details.json names the
folder it was made for, the tools it was made with, and folders that no other machine has. The Makefile and
`_sysconfig_vars_*.json` keep the prefix, as with `pydist.build.relocate`.

Invariant: nothing but regular files below the tree is changed; a file that does not look as expected stays as it is.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.policy.relocation import (
    MARK,
    PREFIX,
    beside,
    details_beside,
    prefix_path,
    record_of,
    sysconfig_source,
)

__all__ = ["fix", "generic"]

_LARGEST = 8 << 20
_PACKAGE = 2 << 30  # bytes of all files of one package; a record may name one file a million times
_PREFIX = re.compile(r"^(?:prefix=[ \t]*|[ {]*'prefix': ')(/[^\s$']*)(?:'[,}].*)?$", re.MULTILINE)
_LONGEST = 4096  # characters of a command; its first word is looked at in many ways
_PKGCONFIG = ("lib/pkgconfig/*.pc", "lib64/pkgconfig/*.pc", "share/pkgconfig/*.pc", "lib/*-linux-*/pkgconfig/*.pc")
_SYSTEM = ("/usr", "/usr/local", "/")
_TOOL_KEYS = ("AR", "BLDSHARED", "CC", "CXX", "LDCXXSHARED", "LDSHARED", "LINKCC", "MAINCC", "RANLIB")
_TOOL = re.compile(
    r"^(?:\S*/)?(?:[\w.]+-)*?(?:(?P<cxx>clang\+\+|g\+\+|c\+\+)|(?P<cc>clang|gcc|cc)|(?:llvm-|gcc-)?(?P<ar>ar|ranlib))"
    r"(?:-[\d.]+)?(?=$|\s)"
)
_LINE = re.compile(rf"^(?P<key>{'|'.join(_TOOL_KEYS)})(?P<is>[ \t]*=[ \t]*)(?P<value>\S.*)$", re.MULTILINE)
_KNOWS = re.compile(r"^prefix_real=", re.MULTILINE)
_LIBS = re.compile(r'^LIBS(?:_EMBED)?="[^"\n]*"$', re.MULTILINE)
_BELOW = re.compile(r"[\w.+/-]{0,4096}")
_FOLDER = re.compile(r"(?<![\w/-])-[IL](?P<path>/[^\s'\"]*)[ \t]?")
_MAP = re.compile(r"(?<![\w/-])-f(?:debug|file|macro|profile)-prefix-map=[^\s'\"]*[ \t]?")
_SHEBANG = re.compile(rb"#![ \t]*/(?:[^\n ]*/)?(?P<python>python[0-9.]*[a-z]{0,2})[ \t]*\n")
_EXEC = re.compile(
    rb"#!/bin/sh\n'''exec' \"?/(?:[^\n\"]*/)?(?P<python>python[0-9.]*[a-z]{0,2})\"? \"\$0\" \"\$@\"\n' '''\n"
)


def fix(root: Path) -> tuple[str, ...]:
    """Set the tree `root` right (a folder with `bin/`, or with `install/bin/`); which files changed, sorted."""
    base = root / "install" if (root / "install" / "bin").is_dir() else root
    work = _Fixing(base, _prefix_of(base), [])
    for path in _files(base, "lib/python3*/_sysconfigdata_*.py"):
        work.change(path, work.sysconfigdata)
    for path in _files(base, "lib/python3*/_sysconfig_vars_*.json"):
        work.change(path, work.variables)
    for path in _files(base, "lib/python3*/build-details.json"):
        work.change(path, work.details)
    for path in _files(base, "lib/python3*/config-*/Makefile"):
        work.change(path, work.neutral)
    for path in _files(base, "bin/python*-config"):
        work.change(path, work.config)
    for pattern in _PKGCONFIG:
        # Each folder between the file and the prefix is a step up.
        place = f"${{pcfiledir}}{'/..' * pattern.count('/')}"
        for path in _files(base, pattern):
            work.change(path, functools.partial(work.pkgconfig, place=place))
    # As records name them; one for each record and script would be too many to make.
    scripts = frozenset(f"../../../bin/{path.name}" for path in _files(base, "bin/*") if work.script(path))
    for path in _files(base, "lib/python3*/site-packages/*.dist-info/RECORD"):
        work.record(path, scripts)
    return tuple(sorted(path.relative_to(root).as_posix() for path in work.changed))


def generic(command: str) -> str:
    """A compiler, linker or archiver by the name that every system has for it.

    >>> generic("/tools/bin/x86_64-linux-gnu-gcc-12 -shared"), generic("clang++ -pthread"), generic("$(CC) -shared")
    ('cc -shared', 'c++ -pthread', '$(CC) -shared')
    """

    def name(match: re.Match[str]) -> str:
        return "c++" if match["cxx"] else "cc" if match["cc"] else match["ar"]

    return _TOOL.sub(name, command, count=1) if len(command) <= _LONGEST else command


@dataclass(frozen=True, slots=True)
class _Fixing:
    base: Path
    prefix: str
    changed: list[Path]

    def change(self, path: Path, how: Callable[[str], str | None]) -> None:
        """Replace the text of `path` by what `how` makes of it, unless that is None or the same."""
        try:
            before = path.read_bytes().decode("utf-8")
            after = how(before)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # not what its name says
        if after is not None and after != before:
            path.write_bytes(after.encode("utf-8"))
            self.changed.append(path)

    def neutral(self, text: str) -> str:
        """Without folders of the machine it was built on, tools by common names."""
        text = _LINE.sub(lambda match: f"{match['key']}{match['is']}{generic(match['value'])}", text)
        return self._flags(text)

    def config(self, text: str) -> str:
        """CPython's shell script, which knows where it is, and does not say so of the libraries' folder."""
        text = self.neutral(text)
        if not _KNOWS.search(text):
            return text
        return _LIBS.sub(lambda match: self._relative(match[0], "$prefix_real"), text)

    def sysconfigdata(self, text: str) -> str | None:
        """Only a plain table is rewritten: one with code behind it may find its place already."""
        body = ast.parse(text).body
        match body:
            case [ast.Assign(targets=[ast.Name(id="build_time_vars")], value=ast.Dict() as table)]:
                values = ast.literal_eval(table)
            case _:
                return None
        return sysconfig_source({key: self._moving(value) for key, value in self._values(values).items()})

    def variables(self, text: str) -> str:
        return json.dumps(self._values(json.loads(text)), indent=2, sort_keys=True) + "\n"

    def details(self, text: str) -> str | None:
        value = json.loads(text)
        if not isinstance(value, dict) or value.get("base_prefix") != self.prefix:
            return None
        return json.dumps(details_beside(value, self.prefix), indent=2) + "\n"

    def pkgconfig(self, text: str, place: str) -> str:
        return self._relative(self._flags(text), place)

    def script(self, path: Path) -> bool:
        """Whether it is a script of Python's; it then starts the interpreter beside it."""
        data = path.read_bytes()
        first = _SHEBANG.match(data) or _EXEC.match(data)
        python = first["python"].decode() if first else ""
        if first is None or not (path.parent / python).is_file():
            return False
        path.write_bytes(beside(b"\n" + data[first.end() :], python))
        self.changed.append(path)
        return True

    def record(self, path: Path, scripts: Collection[str]) -> None:
        """Tell the record of a package of those of the `scripts` that changed."""
        site, base, left = path.parent.parent, self.base.resolve(), _PACKAGE

        def read(name: str) -> bytes | None:
            nonlocal left
            there = (site / name).resolve()
            if not there.is_relative_to(base) or not there.is_file():
                return None
            left -= there.stat().st_size
            if left < 0:
                raise ValueError("a record that names more than any package has")
            return there.read_bytes()

        def told(text: str) -> str | None:
            return record_of(text, read) if any(line.split(",")[0] in scripts for line in text.splitlines()) else None

        self.change(path, told)

    def _values(self, values: Any) -> dict[str, Any]:
        if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
            raise ValueError("not a table of variables")
        return {key: self._value(key, value) if isinstance(value, str) else value for key, value in values.items()}

    def _value(self, key: str, value: str) -> str:
        if key.startswith("WASM_"):
            # `.$(prefix)`: a folder below that of the build, which says where it was to be installed and is no path.
            value = re.sub(rf"^\.{re.escape(self.prefix)}(?=/|$)", f".{PREFIX}", value)
        return self._flags(generic(value) if key in _TOOL_KEYS else value)

    def _moving(self, value: object) -> object:
        return self._relative(value, MARK) if isinstance(value, str) else value

    def _flags(self, text: str) -> str:
        def folder(match: re.Match[str]) -> str:
            path = match["path"]
            return match[0] if path.startswith((f"{self.prefix}/", "/usr/")) or path == self.prefix else ""

        return _MAP.sub("", _FOLDER.sub(folder, text))

    def _relative(self, text: str, place: str) -> str:
        """Paths below the prefix from `place` on. A prefix that a system has, too, holds more than this tree."""
        if self.prefix == "/":
            return text

        def moved(match: re.Match[str]) -> str:
            below = _BELOW.match(text, match.end())
            rest = "" if below is None else below[0].lstrip("/")
            mine = self.prefix not in _SYSTEM or (self.base / rest).exists()
            return place if mine else match[0]

        return prefix_path(self.prefix).sub(moved, text)


def _prefix_of(base: Path) -> str:
    """What the tree was made for."""
    for pattern in ("lib/python3*/config-*/Makefile", "lib/pkgconfig/*.pc", "lib/python3*/_sysconfigdata_*.py"):
        for path in _files(base, pattern):
            if found := _PREFIX.search(path.read_text(encoding="utf-8", errors="replace")):
                return found[1].rstrip("/") or "/"
    return "/install"


def _files(base: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(base.glob(pattern)):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
            yield path
