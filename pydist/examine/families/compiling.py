"""compile.*: C against the headers, objects and libraries of the distribution."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydist.binary.ar import members
from pydist.errors import EnvironmentLacking, InputError
from pydist.examine.subject import Distribution
from pydist.policy import targets, toolchain
from pydist.policy.linkline import LinkLine
from pydist.store import Store
from pydist.target import Libc
from pydist.trial.outcome import Outcome, Problem, failed, lacking, not_applicable, passed
from pydist.trial.running import Ended, run

__all__ = ["embed_shared", "embed_static", "extension", "relink"]

_EXTENSION = r"""
#include <Python.h>
static PyObject *twice(PyObject *self, PyObject *number)
{
    long value = PyLong_AsLong(number);
    return value == -1 && PyErr_Occurred() ? NULL : PyLong_FromLong(2 * value);
}
static PyMethodDef methods[] = {{"twice", twice, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "pydist_twice", .m_size = 0, .m_methods = methods};
PyMODINIT_FUNC PyInit_pydist_twice(void) { return PyModuleDef_Init(&module); }
"""
_MAIN = r"""
#include <Python.h>
int main(int argc, char **argv)
{
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    PyStatus status = PyConfig_SetBytesString(&config, &config.home, argv[1]);
    if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) Py_ExitStatusException(status);
    int failed = argc != 2 || PyRun_SimpleString(
        "import json, ssl, sqlite3, sys; print(json.dumps(['embedded', sys.version.split()[0]]))");
    return Py_FinalizeEx() < 0 || failed;
}
"""


def extension(subject: Distribution) -> Outcome:
    folder = _folder(subject, "extension", {"twice.c": _EXTENSION})
    compiler = _machine_compiler(subject) or _zig(subject)
    if compiler is None:
        return _no_compiler()
    asked = subject.start("-c", "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
    name = f"pydist_twice{asked.out.strip()}"
    built = _compile(subject, folder, [*compiler, "-shared", "-fPIC", *_headers(subject), "twice.c", "-o", name])
    if not built.good:
        return failed(Problem(what="an extension module does not compile", found=built.how))
    ended = subject.start("-c", "import pydist_twice; print(pydist_twice.twice(21))", cwd=folder)
    if ended.out != "42\n":
        return failed(Problem(what="an extension module does not work", where=name, expected="42", found=ended.how))
    return passed(f"{Path(compiler[0]).name}, {name}")


def embed_static(subject: Distribution) -> Outcome:
    library = subject.prefix / "lib" / f"libpython{subject.manifest.python_major_minor_version}.a"
    found = [library, *subject.prefix.glob("lib/python3*/config-*/libpython3*.a")]
    archive = next((path for path in found if path.is_file()), None)
    if archive is None:
        return not_applicable("there is no static libpython in this distribution")
    line = _link_line(subject)
    if isinstance(line, Outcome):
        return line
    compiler = _zig(subject)
    if compiler is None:
        return _no_compiler()
    folder = _folder(subject, "embed-static", {"main.c": _MAIN})
    # What the library does not contain: libraries, and objects of libraries that upstream keeps apart.
    inside = {"python.o", *(name for name, _ in members(archive.read_bytes()))}
    line = replace(
        line,
        arguments=tuple(
            part for part in line.arguments if not (part.startswith("build/") and Path(part).name in inside)
        ),
    )
    start = [*compiler, *_headers(subject), str(folder / "main.c"), str(archive)]
    command = line.command(start, str(folder / "main"))
    return _embedded(subject, folder, command)


def embed_shared(subject: Distribution) -> Outcome:
    shared = subject.manifest.build_info.core.shared_lib
    if shared is None:
        return not_applicable("there is no shared libpython in this distribution")
    compiler = _machine_compiler(subject) or _zig(subject)
    if compiler is None:
        return _no_compiler()
    folder = _folder(subject, "embed-shared", {"main.c": _MAIN})
    place = (subject.root / shared).parent
    command = [
        *compiler, *_headers(subject), "main.c", str(subject.root / shared), f"-Wl,-rpath,{place}", "-o", "main",
    ]  # fmt: skip
    return _embedded(subject, folder, command)


def _embedded(subject: Distribution, folder: Path, command: Sequence[str]) -> Outcome:
    built = _compile(subject, subject.root if "static" in folder.name else folder, command)
    if not built.good:
        return failed(Problem(what="a program that embeds Python does not link", found=built.how))
    ended = subject.start(str(subject.prefix), program=folder / "main", env={}, cwd=Path("/"))
    expected = f'["embedded", "{subject.manifest.python_version}"]\n'
    if ended.out != expected:
        return failed(Problem(what="a program that embeds Python does not run", expected=expected, found=ended.how))
    return passed(f"{(folder / 'main').stat().st_size:,} bytes")


def relink(subject: Distribution) -> Outcome:
    line = _link_line(subject)
    if isinstance(line, Outcome):
        return line
    compiler = _zig(subject)
    if compiler is None:
        return _no_compiler()
    python = subject.copy(subject.work / "relinked")
    python.unlink()
    linked = _compile(subject, subject.root, line.command(compiler, str(python)))
    if not linked.good:
        return failed(Problem(what="the interpreter does not link", found=linked.how))
    code = "import ssl, sqlite3, ctypes, sys; print(sys.version, sorted(sys.builtin_module_names))"
    before = subject.start("-I", "-c", code)
    after = subject.start("-I", "-c", code, program=python)
    if not after.good or before.out != after.out:
        what = "the interpreter that was linked again is another one"
        return failed(
            Problem(what=what, expected=before.out.strip() or before.how, found=after.out.strip() or after.how)
        )
    return passed(f"{python.stat().st_size:,} bytes; {subject.python.stat().st_size:,} in the archive")


def _link_line(subject: Distribution) -> LinkLine | Outcome:
    """The recorded command, or why there is none to run. It is a stranger's, and is run as the user."""
    if subject.record is None or not subject.record.link_line:
        return not_applicable("there is no link line in build/pydist.json")
    try:
        line = LinkLine.parse(subject.record.link_line, "build/pydist.json")
    except InputError as error:
        return failed(*(Problem(what=fault.message, where=fault.where) for fault in error.faults))
    missing = [part for part in line.arguments if part.startswith("build/") and not (subject.root / part).exists()]
    what = "is on the link line and not in the archive"
    return failed(*(Problem(what=what, where=part) for part in missing)) if missing else line


def _headers(subject: Distribution) -> list[str]:
    return [f"-I{subject.root / subject.manifest.python_paths['include']}"]


def _machine_compiler(subject: Distribution) -> list[str] | None:
    """What `cc` is here, when it makes programs for the target."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    fits = not subject.emulator and subject.target.libc == platform.libc_ver()[0].replace("glibc", Libc.GNU)
    return [found] if found and fits else None


def _zig(subject: Distribution) -> list[str] | None:
    try:
        found = toolchain.locate()
    except EnvironmentLacking:
        return None
    row = targets.load().get(subject.target.triple)
    command = found.command("cc", subject.target)
    # Without it, zig links its sanitizer into unoptimised code, which asks for functions that older musls do not have.
    return [*command[:-1], row.zig if row else command[-1], "-fno-sanitize=undefined"]


def _no_compiler() -> Outcome:
    return lacking('a compiler for this target; run: pip install "pydist[toolchain]"')


def _folder(subject: Distribution, name: str, files: dict[str, str]) -> Path:
    folder = subject.work / name
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def _compile(subject: Distribution, folder: Path, command: Sequence[str]) -> Ended:
    variables = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(subject.work), "LC_ALL": "C"}
    with contextlib.suppress(EnvironmentLacking):  # the machine's own compiler has no caches
        variables |= toolchain.locate().environment(Store.default())
    return run(list(command), cwd=folder, env=variables, seconds=subject.seconds)
