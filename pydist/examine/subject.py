"""The distribution that is examined: a private copy of it, and how its programs are started here.

Invariant: nothing outside of the folder that the caller gave is written, and the programs of the distribution are
never started where they were unpacked, but in a folder that they were moved to.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydist.archive.extract import extract
from pydist.archive.paths import name_fault
from pydist.errors import EnvironmentLacking, InputError
from pydist.examine.running import Ended, run
from pydist.manifest.load import load
from pydist.manifest.model import Manifest
from pydist.manifest.record import BuildRecord, load_record
from pydist.policy import targets
from pydist.policy.options import Options
from pydist.target import Arch, Target

__all__ = ["Subject", "open_subject"]

_SLOWER = 8  # an emulator against the machine itself, measured with the standard library's import
# The part of x86-64 levels that a kernel names: psABI for x86-64, table of micro-architecture levels.
_LEVELS = {
    2: {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"},
    3: {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"},
    4: {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One distribution. `root` is its `python` folder, `work` a private folder, `emulator` what starts its programs.

    `registered` says that the kernel starts programs of the target by itself, also those that they start.
    """

    root: Path
    work: Path
    manifest: Manifest
    record: BuildRecord | None
    target: Target
    emulator: tuple[str, ...]
    registered: bool

    @property
    def python(self) -> Path:
        return self.root / self.manifest.python_exe

    @property
    def prefix(self) -> Path:
        """What the interpreter calls `sys.prefix`."""
        return self.root / "install"

    @property
    def series(self) -> str:
        return self.manifest.python_major_minor_version

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(self.manifest.build_options.split("+"))

    @property
    def linking(self) -> str:
        """`static`: programs that can load nothing; else `dynamic`."""
        return "static" if "static" in self.manifest.crt_features else "dynamic"

    def environment(self, **more: str) -> dict[str, str]:
        """Variables for a program of the distribution: nothing of the caller's."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(self.work), "LC_ALL": "C.UTF-8", **more}

    def start(
        self,
        *arguments: str | os.PathLike[str],
        program: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 120,
        given: str = "",
        user: int | None = None,
    ) -> Ended:
        """Run the interpreter (or `program`, for the same target) with `arguments`."""
        return run(
            [*self.emulator, program or self.python, *arguments],
            cwd=cwd or self.work,
            env=self.environment() if env is None else env,
            seconds=self.patience(seconds),
            given=given,
            user=user,
        )

    def patience(self, seconds: float) -> float:
        """A deadline for this machine: an emulator needs longer."""
        return seconds * (_SLOWER if self.emulator else 1)

    def within(self, work: Path) -> Subject:
        """The same distribution with another folder to write into."""
        return replace(self, work=work)

    def copy(self, place: Path) -> Path:
        """The installed tree once more, below `place`, as links to the same files; the interpreter in it."""
        shutil.copytree(self.prefix, place, symlinks=True, copy_function=os.link)
        return place / self.python.relative_to(self.prefix)


def open_subject(path: Path, work: Path, emulator: Sequence[str] | None = None) -> Subject:
    """Unpack the archive (or copy the folder) `path` below `work`, and move it.

    Raises `InputError` when it is not a full distribution, `EnvironmentLacking` when this machine cannot start its
    programs; `emulator` replaces the one that the table of targets has.
    """
    source = path.parent if path.is_dir() and (path / "PYTHON.json").is_file() else path
    if source != path and path.name != "python":
        raise InputError(f"{path} has a PYTHON.json; expected the folder to be named python, or the folder above it")
    if path.is_dir() and not (source / "python" / "PYTHON.json").is_file():
        raise InputError(f"{path} is no distribution; expected python/PYTHON.json below it")
    unpacked = work / "unpacked"
    extract(source, unpacked, select=lambda name: name == "python" or name.startswith("python/"))
    if not (unpacked / "python" / "PYTHON.json").is_file():
        raise InputError(f"{path} has no python/PYTHON.json; expected a full archive, not an install_only one")
    moved = work / "moved"
    moved.mkdir()
    root = (unpacked / "python").rename(moved / "python")
    manifest = load((root / "PYTHON.json").read_bytes(), "PYTHON.json")
    # The name is joined to a folder and run: it must not be able to mean a program of this machine.
    if name_fault(manifest.python_exe) or not manifest.python_exe.startswith("install/"):
        raise InputError(f"PYTHON.json: python_exe: expected a path below install/, found {manifest.python_exe[:80]!r}")
    if not (root / manifest.python_exe).is_file():
        raise InputError(f"PYTHON.json: python_exe: no such file in the archive: {manifest.python_exe[:80]}")
    file = root / "build" / "pydist.json"
    target = Target.parse(manifest.target_triple)
    native = _native(target)
    if emulator is None:
        _check_machine(target, manifest.build_options)
    return Subject(
        root=root.resolve(),
        work=work.resolve(),
        manifest=manifest,
        record=load_record(file.read_bytes(), "build/pydist.json") if file.is_file() else None,
        target=target,
        emulator=() if native and emulator is None else _emulator(target, emulator),
        registered=native or _registered(target),
    )


def _native(target: Target) -> bool:
    """Whether this machine's processor and kernel run the target's programs."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if target.os != sys.platform or target.arch != machine:
        return False
    if target.level == 1:
        return True
    flags = {word for line in _lines(Path("/proc/cpuinfo")) if line.startswith("flags") for word in line.split()}
    return all(_LEVELS[level] <= flags for level in range(2, target.level + 1))


def _check_machine(target: Target, options: str) -> None:
    """Raise `EnvironmentLacking` with everything that the table of targets wants on this machine and is not there."""
    row = targets.load().get(target.triple)
    try:
        wanted = row.to_run(Options.parse(options)) if row else {}
    except InputError:
        return  # made by others, in a way that the table does not know
    missing = {path: package for path, package in wanted.items() if not Path(path).exists()}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        raise EnvironmentLacking(
            f"programs for {target} need {', '.join(sorted(missing))}; run: apt install {packages}"
        )


def _emulator(target: Target, given: Sequence[str] | None) -> tuple[str, ...]:
    row = targets.load().get(target.triple)
    command = tuple(given) if given is not None else (row.emulator if row else ())
    if not command:
        raise EnvironmentLacking(
            f"programs for {target} do not run on this machine; name one that runs them: --emulator"
        )
    found = shutil.which(command[0])
    if found is None:
        raise EnvironmentLacking(f"{command[0]} is not installed; run: apt install qemu-user-static")
    return (found, *command[1:])


def _registered(target: Target) -> bool:
    """Whether binfmt_misc hands programs of the target to an emulator (Documentation/admin-guide/binfmt-misc.rst)."""
    if target.arch is Arch.X86_64:
        return False
    return "enabled" in _lines(Path(f"/proc/sys/fs/binfmt_misc/qemu-{target.arch}"))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def facts_of(subject: Subject) -> dict[str, object]:
    """What probes are told about the distribution."""
    left_out = {item.name: item.reason for item in subject.record.extensions_left_out} if subject.record else {}
    return {
        "prefix": str(subject.prefix),
        "series": subject.series,
        "options": list(subject.options),
        "linking": subject.linking,
        "libc": str(subject.target.libc),
        "emulated": bool(subject.emulator),
        "extensions": sorted(subject.manifest.build_info.extensions),
        "left_out": json.loads(json.dumps(left_out)),
    }
