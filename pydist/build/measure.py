"""Facts about a CPython that was just built, taken from what its build left: Setup files, make's variables, the trace
of commands, the table of built-in modules, and the interpreter's own word.

Invariant: nothing here is a constant that happens to be true today; a fact that cannot be found is an error.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydist.build.request import BuildRequest
from pydist.build.trace import members_of, only, read_trace, relinked
from pydist.errors import FaultCollector, InputError
from pydist.policy.extensions import ExtensionRow

__all__ = ["BITCODE", "BuiltExtension", "Facts", "check_drift", "measure"]

BITCODE = "bitcode"
"""The folder, in that of the objects, that holds the bitcode of each at the same place."""

_INITTAB_ROW = re.compile(r'\{\s*"(\w+)",\s*(\w+)\s*\}')
_SETUP_NAME = re.compile(r"@MODULE_\w+_TRUE@(\w+)|^(\w+)\s+\S+\.c", re.MULTILINE)
_VARIABLE = re.compile(r"\$[({](\w+)[)}]")
_SOURCE_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".S")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltExtension:
    """A row of the interpreter's table of built-in modules, or a module in a file of its own (`shared_lib`, relative
    to the tree). `objs` relative to `build/`, `libraries` as after `-l`."""

    name: str
    init_fn: str
    in_core: bool
    objs: tuple[str, ...]
    libraries: tuple[str, ...]
    shared_lib: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was measured. `core_objs` relative to `build/`, `link_line` as it would be typed in the distribution.

    `bitcode` are the objects that there is bitcode of, relative to `build/`, and `llvm` the version that wrote it.
    """

    extensions: tuple[BuiltExtension, ...]
    core_objs: tuple[str, ...]
    core_libraries: tuple[str, ...]
    link_line: tuple[str, ...]
    inittab_cflags: tuple[str, ...]
    probe: Mapping[str, Any]
    bitcode: tuple[str, ...] = ()
    llvm: str = ""


def measure(node: Path, tree: Path, request: BuildRequest, probe: Mapping[str, Any]) -> Facts:
    """Gather the facts of the CPython that was built in `node` and installed in `tree`; `probe` is its own word."""
    build, library_name = node / "build", f"libpython{request.series}{request.options.abi_flags}.a"
    variables = _variables(node / "facts" / "variables")
    setup = {line.name: line for line in _setup_lines(build / "Modules", variables)}
    in_core = {name for name, _ in _inittab(build / "Modules" / "config.c.in")}
    extensions = []
    for name, init_fn in _inittab(build / "Modules" / "config.c"):
        if name not in in_core and name not in setup:
            raise InputError(f"{name} is built in, but no Setup file says from what")
        line = setup.get(name, _SetupLine(name, shared=False, words=()))
        extensions.append(_extension(line, build, init_fn=init_fn, in_core=name in in_core))
    extensions += [
        replace(_extension(line, build, init_fn=f"PyInit_{name}", in_core=False), shared_lib=path)
        for name, line in setup.items()
        if line.shared and (path := _shared_lib(tree, name))
    ]
    commands = read_trace(node / "facts" / "trace")
    claimed = {obj for extension in extensions for obj in extension.objs}
    library = only(commands, "libpython", lambda words: words[0] == "ar" and library_name in words)
    core_objs = tuple(word for word in library if word.endswith(".o") and word not in claimed)
    compiled = only(commands, "the table of modules", lambda words: "Modules/config.o" in words and "-c" in words)
    linked = only(commands, "the interpreter", lambda words: ("-o", "python") in pairwise(words))
    return Facts(
        extensions=tuple(extensions),
        core_objs=core_objs,
        core_libraries=tuple(dict.fromkeys(re.findall(r"-l(\S+)", f"{variables['LIBS']} {variables['SYSLIBS']}"))),
        link_line=relinked(linked, node / "facts", request.python),
        inittab_cflags=tuple(word for word in compiled if word.startswith(("-std=", "-D"))),
        probe=probe,
        bitcode=tuple(sorted(path.relative_to(build / BITCODE).as_posix() for path in (build / BITCODE).rglob("*.o"))),
        llvm=_llvm(node / "facts" / "compiler"),
    )


def check_drift(node: Path, table: Mapping[str, ExtensionRow], built: Iterable[BuiltExtension]) -> None:
    """Compare upstream's modules, our table and what was built. Raises `InputError` with every difference."""
    facts, modules = node / "facts", node / "build" / "Modules"
    upstream = {name for name, _ in _inittab(modules / "config.c.in")}
    for path in (facts / "Setup.stdlib.in", facts / "Setup.bootstrap.in"):
        text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        upstream |= {match[1] or match[2] for match in _SETUP_NAME.finditer(text)}
    faults = FaultCollector("builders/cpython/extensions.toml")
    for name in sorted(upstream - table.keys()):
        faults.add(name, "upstream has this module, the table does not")
    for name in sorted(table.keys() - upstream):
        faults.add(name, "the table has this module, upstream does not; give it an `until`")
    there = {extension.name: extension for extension in built}
    for name, row in sorted(table.items()):
        if row.off and name in there:
            faults.add(name, "is off, but was built")
        elif name in there and bool(row.shared) != (there[name].shared_lib is not None):
            found = "is a file of its own" if there[name].shared_lib else "is built in"
            faults.add(name, f"{found}; not so in the table")
        elif not row.off and name not in there and name in upstream:
            faults.add(name, "was not built; say why under `off`, or see configure's output in build.log")
    faults.raise_if_any("the extension modules are not those of the table")


def _llvm(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if found := re.search(r"\bclang version (\S+)", text):
        return found[1]
    raise InputError(f"{path}: expected the compiler to say its version, found {text[:100]!r}")


def _inittab(path: Path) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in _INITTAB_ROW.finditer(path.read_text(encoding="utf-8"))]


def _variables(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


@dataclass(frozen=True, slots=True)
class _SetupLine:
    """A rule of a Setup file, variables expanded, as Modules/makesetup reads it."""

    name: str
    shared: bool
    words: tuple[str, ...]


def _setup_lines(modules: Path, variables: Mapping[str, str]) -> Iterable[_SetupLine]:
    for name in ("Setup.stdlib", "Setup.bootstrap", "Setup", "Setup.local"):
        section = "*static*"
        for line in (modules / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            words = line.split("#", 1)[0].split()
            if words and words[0] in ("*static*", "*shared*", "*disabled*"):
                section = words[0]
            elif len(words) > 1 and "=" not in words[0] and section != "*disabled*":
                # makesetup adds these to rules that name no flags of their own.
                words.append(f"$(MODULE_{words[0].upper()}_LDFLAGS)")
                text = _VARIABLE.sub(lambda match: variables.get(match[1], ""), " ".join(words[1:]))
                yield _SetupLine(words[0], section == "*shared*", tuple(shlex.split(text)))


def _extension(line: _SetupLine, build: Path, *, init_fn: str, in_core: bool) -> BuiltExtension:
    return BuiltExtension(
        name=line.name,
        init_fn=init_fn,
        in_core=in_core,
        objs=tuple(_objects(line.words, build)),
        libraries=tuple(dict.fromkeys(word[2:] for word in line.words if word.startswith("-l"))),
    )


def _shared_lib(tree: Path, name: str) -> str | None:
    found = sorted(tree.glob(f"install/lib/python*/lib-dynload/{name}.*so"))
    return found[0].relative_to(tree).as_posix() if found else None


def _objects(words: Iterable[str], build: Path) -> Iterable[str]:
    for word in words:
        if word.endswith(_SOURCE_SUFFIXES):
            path = f"Modules/{word.rpartition('.')[0]}.o"
        elif word.endswith(".a") and not word.startswith("-"):
            yield from members_of(word, build.parent / "facts")
            continue
        else:
            continue
        if not (build / path).is_file():
            raise InputError(f"{path}: named by a Setup file, but not there after the build")
        yield path
