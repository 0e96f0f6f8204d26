"""start.*: the interpreter as a program."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from pydist.errors import InputError
from pydist.examine.subject import Distribution
from pydist.manifest.convert import loads
from pydist.trial.outcome import Outcome, Problem, failed, lacking, not_applicable, passed
from pydist.trial.places import WHERE, found_library

__all__ = ["alone", "argv0", "programs", "unload", "version", "ways"]

_FACTS = """
import json, sys, sysconfig
print(json.dumps({
    "python_version": sys.version.split()[0],
    "python_platform_tag": sysconfig.get_platform(),
    "python_implementation_cache_tag": sys.implementation.cache_tag,
    "debug": hasattr(sys, "gettotalrefcount"),
    "freethreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "prefix": sys.prefix,
}))
"""

# What a library registered with atexit() has to run when the library goes, not when its code is no longer there.
_UNLOAD = """
import _ctypes, sys
_ctypes.dlclose(_ctypes.dlopen(sys.argv[1], 0))
print("unloaded")
"""


def version(subject: Distribution) -> Outcome:
    ended = subject.start("-I", "-c", _FACTS, env={})
    if not ended.good:
        return failed(Problem(what="does not start in an empty environment", found=ended.how))
    try:
        said = loads(ended.out.encode(), "answer")
    except InputError:
        said = None
    if not isinstance(said, dict):
        return failed(Problem(what="does not answer", expected="an object in JSON", found=ended.out[:300]))
    manifest = subject.manifest
    stated = {
        "python_version": manifest.python_version,
        "python_platform_tag": manifest.python_platform_tag,
        "python_implementation_cache_tag": manifest.python_implementation_cache_tag,
        "debug": "debug" in subject.options,
        "freethreaded": "freethreaded" in subject.options,
        "prefix": str(subject.prefix),
    }
    problems = [
        Problem(what="the interpreter says something else than the manifest", where=key, expected=str(value),
                found=str(said.get(key)))
        for key, value in stated.items() if said.get(key) != value
    ]  # fmt: skip
    return failed(*problems) if problems else passed(f"{manifest.python_version}, {manifest.build_options}")


def ways(subject: Distribution) -> Outcome:
    folder = subject.work / "ways"
    (folder / "package").mkdir(parents=True)
    text = "import sys\nprint(__name__, sys.argv[1:], sys.stdin.read())\nsys.exit(5)\n"
    script, main = folder / "skript ü.py", folder / "package" / "__main__.py"
    for path in (script, main):
        path.write_text(text, encoding="utf-8")
    with zipfile.ZipFile(folder / "app.pyz", "w") as archive:
        archive.write(main, "__main__.py")
    spoken = "__main__ ['a b', 'ü'] given\n"
    starts: dict[str, tuple[list[str | Path], str, str]] = {
        "a command": (["-c", text], "given", spoken),
        "a script": ([script], "given", spoken),
        "a folder": ([folder / "package"], "given", spoken),
        "a zip archive": ([folder / "app.pyz"], "given", spoken),
        "a module": (["-m", "package"], "given", spoken),
        "standard input": (["-"], text, "__main__ ['a b', 'ü'] \n"),
    }
    problems = []
    for what, (arguments, given, expected) in starts.items():
        ended = subject.start(*arguments, "a b", "ü", cwd=folder, given=given)
        if ended.code != 5 or ended.out != expected:
            found = f"{ended.out!r}, {ended.how}"
            problems.append(Problem(what=f"{what} is not run", expected=f"{expected!r} and exit code 5", found=found))
    name = f"python{subject.series}"
    for link in ("python3", name):
        ended = subject.start("--version", program=subject.prefix / "bin" / link)
        if ended.out != f"Python {subject.manifest.python_version}\n":
            problems.append(Problem(what="is not the interpreter", where=f"install/bin/{link}", found=ended.how))
    return failed(*problems) if problems else passed(", ".join(starts))


def argv0(subject: Distribution) -> Outcome:
    problems = []
    for name in ("nonsense", "", "/no/such/python", "./python", "-python"):
        front = [*subject.emulator, *(["-0", name] if subject.emulator else [])]
        ended = subject.run(
            [*front, subject.python, "-I", "-c", WHERE] if front else [name, "-I", "-c", WHERE],
            cwd=Path("/"),
            env={},
            executable=None if front else subject.python,
        )
        problems += found_library(ended.out, ended.how, subject.prefix, f"argv[0] is {name!r}")
    return failed(*problems) if problems else passed()


def programs(subject: Distribution) -> Outcome:
    """Scripts of the tree: what begins with `#!` in bin."""
    problems, tried = [], []
    for path in sorted((subject.prefix / "bin").iterdir()):
        with path.open("rb") as file:
            if path.is_symlink() or file.read(2) != b"#!":
                continue
        arguments = {"pydoc": ["abs"], "idle": ["-h"]}.get(path.name.rstrip("0123456789."), ["--help"])
        ended = subject.run([path, *arguments])
        tried.append(path.name)
        # IDLE says that there is no tkinter, which is an answer too.
        without_tk = path.name.startswith("idle") and ended.code == 1 and "tkinter" in ended.err.lower()
        helped = path.name.endswith("-config") and "Usage" in ended.out + ended.err
        if not (ended.good or without_tk or helped):
            problems.append(Problem(what="does not run", where=f"install/bin/{path.name}", found=ended.how))
    return failed(*problems) if problems else passed(", ".join(tried))


def unload(subject: Distribution) -> Outcome:
    shared = subject.manifest.build_info.core.shared_lib
    if shared is None:
        return not_applicable("there is no shared libpython in this distribution")
    ended = subject.start("-I", "-c", _UNLOAD, str(subject.root / shared))
    if not ended.good or ended.out != "unloaded\n":
        return failed(Problem(what="ends badly after libpython was unloaded", where=shared, found=ended.how))
    return passed(Path(shared).name)


def alone(subject: Distribution) -> Outcome:
    if os.geteuid() != 0:
        return lacking("the right to change the root folder; run as root")
    if subject.emulator and not Path(subject.emulator[0]).is_file():
        return lacking("an emulator that is one file")
    root = subject.work / "alone"
    root.mkdir()
    python = subject.copy(root / "python")
    command = ["/" + str(python.relative_to(root))]
    if subject.emulator:
        shutil.copy(subject.emulator[0], root / "emulator")
        command = ["/emulator", *subject.emulator[1:], *command]
    chroot = shutil.which("chroot", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if chroot is None:
        return lacking("the command chroot; run: apt install coreutils")
    code = f"import json, ssl, sqlite3, decimal; {WHERE.partition('; ')[2]}"
    ended = subject.run([chroot, root, *command, "-I", "-c", f"import sys; {code}"], env={})
    problems = found_library(ended.out, ended.how, Path("/python"), "as the only thing on a system")
    return failed(*problems) if problems else passed()
