"""Compiling the run time and linking it with objects and static libraries: the tools of `pydist.link.ways`.

Invariant: a stub names no folder of this machine, has a built-in table of exactly the extension modules that
`Distribution.extensions` says, and has the spare note that maps an image. For musl it is static; for glibc it needs
the C library only, and exports Python's API and the functions of `pydist/runtime/interpose.h` to what it loads.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydist.binary.elf import ElfFile
from pydist.binary.elf_edit import with_segment
from pydist.errors import Fault, InputError, StepFailed
from pydist.link.dist import Distribution
from pydist.link.native_build_modules import NativeModule, needs_cxx
from pydist.manifest.model import LinkInfo
from pydist.policy import resources
from pydist.policy.toolchain import Toolchain

__all__ = ["NOTE", "Linking", "inittab_source", "response_text", "wrapped"]

NOTE = b"pydist"
"""Owner of the note whose program header maps the image (`pydist/runtime/main.c`)."""

_COMPILE = ("-std=c11", "-O2", "-g0", "-fno-plt", "-ffunction-sections", "-fvisibility=hidden",
            "-Wall", "-Wextra", "-Werror")  # fmt: skip
_LINK = ("-no-pie", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wl,-z,relro")
_LINK_SHARED = ("-shared", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wl,-z,relro",
                "-Wl,-z,defs", "-Wl,--hash-style=gnu", "-Wl,-rpath,$ORIGIN", "-Wl,-soname,_pydist.so")  # fmt: skip
_DYNAMIC = ("-rdynamic", "-Wl,--hash-style=gnu")
_WRAPPED = "__wrap_"  # what the linker's option --wrap calls a function that stands in for another
_NAMED = """
/* What is built in is not told in which package it is (PyModule_Create). */
static PyObject *named(PyObject *module, const char *name)
{
    PyObject *text = module && PyModule_Check(module) ? PyUnicode_FromString(name) : NULL;
    if (text && PyObject_SetAttrString(module, "__name__", text))
        Py_CLEAR(module);
    Py_XDECREF(text);
    return module;
}
#define MADE(function) made_##function
#define NAMED(function, name) static PyObject *MADE(function)(void) { return named(function(), name); }"""
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def inittab_source(extensions: Sequence[tuple[str, str]]) -> str:
    """The C source of the table of built-in modules, from (name, function) pairs; the function may be `NULL`.

    Raises `InputError` that names every pair that is not made of identifiers: it would be pasted into the source.
    """
    wrong = [
        f"{name} ({function})"
        for name, function in extensions
        if not all(_IDENTIFIER.fullmatch(part) for part in (function, *name.split(".")))
    ]
    if wrong:
        raise InputError(f"the manifest names extension modules that C cannot: {', '.join(wrong)}")
    functions = sorted({function for _, function in extensions if function != "NULL"})
    below = [(name, function) for name, function in extensions if "." in name]
    return "\n".join([
        "#include <Python.h>",
        *(f"extern PyObject *{function}(void);" for function in functions),
        _NAMED if below else "",
        *(f'NAMED({function}, "{name}")' for name, function in below),
        "struct _inittab _PyImport_Inittab[] = {",
        *(f'    {{"{name}", {f"MADE({function})" if "." in name else function}}},' for name, function in extensions),
        "    {0, 0}};\n",
    ])  # fmt: skip


def response_text(arguments: Iterable[str]) -> str:
    r"""The text of a compiler's response file: one quoted argument per line (clang reads them as GNU programs do).

    >>> print(response_text(['a b', 'c"d']), end="")
    "a b"
    "c\"d"
    """
    escaped = (argument.replace("\\", "\\\\").replace('"', '\\"') for argument in arguments)
    return "".join(f'"{argument}"\n' for argument in escaped)


def wrapped(objects: Iterable[Path]) -> list[str]:
    """The functions of the C library that `objects` replace in a static program (`pydist/runtime/interpose.h`)."""
    return [name.removeprefix(_WRAPPED) for name in _defined(objects) if name.startswith(_WRAPPED)]


def exports_text(objects: Iterable[Path]) -> str:
    """The linker's script that names what shared objects find in the program: Python's API and what `objects` define
    for others. The symbols of static libraries stay inside: packages bring other versions of the same ones."""
    names = ("Py*", "_Py*", *_defined(objects))
    return "\n".join(["{ global:", *(f"    {name};" for name in names), "  local: *; };\n"])


def _defined(objects: Iterable[Path]) -> list[str]:
    names: set[str] = set()
    for path in objects:
        data = path.read_bytes()
        symbols = (symbol for symbol in ElfFile.parse(data).symbols(data) if symbol.defined)
        names |= {symbol.name for symbol in symbols if symbol.binding and not symbol.visibility}
    return sorted(names)


@dataclass(frozen=True, slots=True)
class Linking:
    """One linking of the run time with a distribution, in the folder `work`."""

    distribution: Distribution
    compiler: Toolchain
    environment: dict[str, str]
    work: Path
    native: tuple[NativeModule, ...] = ()

    def compile(self, sources: Iterable[Path], *more: str) -> list[Path]:
        """The objects of `sources`, compiled with `more` flags than usual."""
        return [self._compile(source, *more) for source in sources]

    def file(self, name: str, text: str) -> Path:
        """A text of that name in `work`."""
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return path

    def program(self, ours: Sequence[Path], objects: Sequence[Path], links: Sequence[LinkInfo], output: Path) -> None:
        """Link the executable. `ours` say what it exports and what it replaces; `links` are what `objects` use."""
        root = self.distribution.root
        libraries = [root / path for path in dict.fromkeys(link.path_static for link in links if link.path_static)]
        system = dict.fromkeys(f"-l{link.name}" for link in links if link.system and not link.path_static)
        missing = [path for path in (*objects, *libraries) if not path.is_file()]
        if missing:
            faults = [Fault(f"{root}/PYTHON.json", f"no such file: {_shown(path, root)}") for path in missing]
            raise InputError("the distribution lacks files that its manifest names", faults)
        arguments = [*map(str, ours), *map(str, objects)]
        arguments += ["-Wl,--start-group", *map(str, libraries), "-Wl,--end-group", *system]
        # Hundreds of paths are longer than a command line may be on some systems.
        response = self.file("link.txt", response_text(arguments))
        if self.distribution.dynamic:
            form = [*_DYNAMIC, f"-Wl,--version-script={self.file('exports.txt', exports_text(ours))}"]
        else:
            form = ["-static", *(f"-Wl,--wrap={name}" for name in wrapped(ours))]
        tool = "c++" if needs_cxx(self.native) else "cc"
        self._run("linking the stub", [*self._cc(tool), *_LINK, *form, f"@{response}", "-o", str(output)])
        with_segment(output.read_bytes(), 4096, NOTE)  # raises when an image could not be mapped

    def shared(self, ours: Sequence[Path], library: Path, function: str, output: Path) -> None:
        """Link a shared object that needs `library`, which stands beside it, and has `function` for others."""
        exports = self.file("shared.txt", f"{{ global: {function}; local: *; }};\n")
        arguments = [f"-Wl,--version-script={exports}", *map(str, ours), str(library), "-o", str(output)]
        self._run("linking the run time", [*self._cc(), *_LINK_SHARED, *arguments])

    def _compile(self, source: Path, *more: str) -> Path:
        output = self.work / f"{source.stem}.o"
        hidden = {resources.runtime(): "runtime", self.work: "work", self.distribution.root: "python"}
        flags = [f"-ffile-prefix-map={folder}={name}" for folder, name in hidden.items()]
        flags += [f"-I{resources.runtime()}", f"-I{self.distribution.include}"]
        command = [*self._cc(), *_COMPILE, *more, *flags, "-c", str(source), "-o", str(output)]
        self._run(f"compiling {source.name}", command)
        return output

    def _cc(self, tool: str = "cc") -> list[str]:
        return self.compiler.command(tool, self.distribution.target, self.distribution.floor)

    def _run(self, step: str, command: list[str]) -> None:
        log = self.work / "log.txt"
        variables = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(self.work), **self.environment}
        with log.open("ab") as file:
            done = subprocess.run(
                command, stdout=file, stderr=subprocess.STDOUT, cwd=self.work, env=variables, check=False
            )
        if done.returncode:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
            raise StepFailed(step, command, done.returncode, str(log), tail)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
