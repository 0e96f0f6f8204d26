"""The compiler that the build script of a package calls: `zig cc`, so that native code becomes what an application can
take in. It runs by its path, as a program of its own, with nothing but the standard library.

For a static application, what would be linked as a shared object becomes a relocatable object, to be linked with the
stub. Invariant: what is made names no folder of this machine, and is the same in every folder.

    python native_build_cc.py SETTINGS cc|c++ ARGUMENT…         SETTINGS: JSON of `native_build_tools.settings`
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_NOT_LINKED = {"-c", "-E", "-S", "-M", "-MM", "-fsyntax-only", "--version", "-v", "-dumpversion", "-dumpmachine"}
_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".s", ".S")
_OBJECTS = (".o", ".a", ".lo", ".obj")
# Options whose value is the next argument: not to be taken for files.
_VALUED = {
    *("-o", "-I", "-D", "-U", "-L", "-l", "-T", "-u", "-x", "-z", "-include", "-isystem", "-Xlinker"),
    *("-MF", "-MT", "-MQ", "-arch", "-framework"),
}
_SEARCHED = re.compile("-(?:I|L|B|isystem|idirafter|iquote)")
_MACHINE = ("/usr/include", "/usr/lib", "/usr/local/include", "/usr/local/lib", "/lib/", "/lib64/")
_PROCESSOR = ("-march=native", "-mtune=native", "-mcpu=native")
_OF_SYSTEM = {
    *("c", "m", "dl", "pthread", "rt", "util", "crypt", "resolv", "xnet"),
    *("stdc++", "c++", "c++abi", "gcc", "gcc_s"),
}
"""Libraries that are part of every C library or run time that the toolchain brings."""


def main(arguments: Sequence[str]) -> int:
    settings = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    role, words = arguments[1], list(_without_machine(_expanded(arguments[2:])))
    if foreign := [word for word in words if word.startswith(_MACHINE) and not word.endswith(_SOURCES)]:
        sys.stderr.write(f"error: a library of this machine, which is for another C library: {foreign[0]}\n")
        return 1
    if _NOT_LINKED & set(words) or not words:
        return _run([*settings[role], *words, *settings["compile"]])
    if "-shared" not in words:
        return _run([*settings[role], *words, *settings["compile"], *settings["program"]])
    if not settings["static"]:
        return _run([*settings[role], *words, *settings["compile"], *settings["shared"]])
    return _relocatable(settings, role, words)


def _expanded(words: Iterable[str]) -> Iterator[str]:
    """`words` with response files as their content."""
    for word in words:
        file = Path(word[1:])
        if word.startswith("@") and file.is_file():
            yield from shlex.split(file.read_text(encoding="utf-8"))
        else:
            yield word


def _without_machine(words: Iterable[str]) -> Iterator[str]:
    """`words` without the folders of this machine's headers and libraries, which are for another C library, and without
    its processor."""
    option = ""
    for word in words:
        if option:
            if not word.startswith(_MACHINE):
                yield from (option, word)
            option = ""
        elif _SEARCHED.fullmatch(word):
            option = word
        elif word not in _PROCESSOR and not (_SEARCHED.match(word) and _SEARCHED.sub("", word, 1).startswith(_MACHINE)):
            yield word


def _relocatable(settings: dict[str, Any], role: str, words: Sequence[str]) -> int:
    """The link of a shared object, made into one relocatable object."""
    output, folders, libraries, inputs = "a.out", [], [], []
    at = 0
    while at < len(words):
        word, valued = words[at], words[at] in _VALUED
        value = words[at + 1] if valued and at + 1 < len(words) else word[2:]
        if word.startswith("-o"):
            output = value
        elif word.startswith("-L"):
            folders.append(value)
        elif word.startswith("-l"):
            libraries.append(value)
        elif word.endswith((*_SOURCES, *_OBJECTS)) and not word.startswith("-"):
            inputs.append(word)
        at += 2 if valued else 1
    archives = {name: _archive(name, folders) for name in libraries if name not in _OF_SYSTEM}
    if missing := [name for name, path in archives.items() if path is None]:
        sys.stderr.write(f"error: unable to find library: {', '.join(f'-l{name}' for name in missing)}\n")
        return 1
    with tempfile.TemporaryDirectory(dir=Path(output).parent) as scratch:
        objects = []
        for number, path in enumerate(inputs):
            if path.endswith(_OBJECTS):
                objects.append(path)
                continue
            options = [word for word in words if word.startswith(("-I", "-D", "-U", "-std", "-O", "-f", "-m"))]
            objects.append(str(Path(scratch, f"{number}.o")))
            command = [*settings[role], "-c", path, *options, *settings["compile"], "-o", objects[-1]]
            if status := _run(command):
                return status
        return _run([*settings["relocatable"], "-o", output, *objects, *filter(None, archives.values())])


def _archive(name: str, folders: Sequence[str]) -> str | None:
    paths = (Path(folder, f"lib{name}.a") for folder in folders)
    return next((str(path) for path in paths if path.is_file()), None)


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
