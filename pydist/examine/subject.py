"""The distribution that is examined: a private copy of it, with its manifest and record.

Invariant: nothing outside of the folder that the caller gave is written, and the programs of the distribution are
never started where they were unpacked, but in a folder that they were moved to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.extract import extract
from pydist.archive.paths import name_fault
from pydist.errors import EnvironmentLacking, InputError
from pydist.manifest.load import load
from pydist.manifest.model import Manifest
from pydist.manifest.record import BuildRecord, load_record
from pydist.policy import targets
from pydist.policy.options import Options
from pydist.target import Target
from pydist.trial.machine import emulator_for, starts_children
from pydist.trial.subject import Subject, checked_series

__all__ = ["Distribution", "open_distribution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Subject):
    """A full distribution. `root` is its `python` folder."""

    root: Path
    manifest: Manifest
    record: BuildRecord | None


def open_distribution(path: Path, work: Path, emulator: Sequence[str] | None = None) -> Distribution:
    """Unpack the archive (or copy the folder) `path` below `work`, and move it.

    Raises `InputError` when it is not a full distribution, `EnvironmentLacking` when this machine cannot start its
    programs; `emulator` replaces the one that the table of targets has.
    """
    root = _unpacked(path, work)
    manifest = load((root / "PYTHON.json").read_bytes(), "PYTHON.json")
    # The name is joined to a folder and run: it must not be able to mean a program of this machine.
    if name_fault(manifest.python_exe) or not manifest.python_exe.startswith("install/"):
        raise InputError(f"PYTHON.json: python_exe: expected a path below install/, found {manifest.python_exe[:80]!r}")
    if not (root / manifest.python_exe).is_file():
        raise InputError(f"PYTHON.json: python_exe: no such file in the archive: {manifest.python_exe[:80]}")
    file = root / "build" / "pydist.json"
    record = load_record(file.read_bytes(), "build/pydist.json") if file.is_file() else None
    target = Target.parse(manifest.target_triple)
    if emulator is None:
        _check_machine(target, manifest.build_options)
    static = "static" in manifest.crt_features
    root = root.resolve()
    return Distribution(
        root=root,
        work=work.resolve(),
        manifest=manifest,
        record=record,
        python=root / manifest.python_exe,
        prefix=root / "install",
        series=checked_series(manifest.python_major_minor_version),
        options=tuple(manifest.build_options.split("+")),
        linking="static" if static else "dynamic",
        target=target,
        emulator=emulator_for(target, static=static, given=emulator),
        registered=starts_children(target),
        extensions=tuple(sorted(manifest.build_info.extensions)),
        left_out={item.name: item.reason for item in record.extensions_left_out} if record else {},
    )


def _unpacked(path: Path, work: Path) -> Path:
    source = path.parent if path.is_dir() and (path / "PYTHON.json").is_file() else path
    if source != path and path.name != "python":
        raise InputError(f"{path} has a PYTHON.json; expected the folder to be named python, or the folder above it")
    if path.is_dir() and not (source / "python" / "PYTHON.json").is_file():
        raise InputError(f"{path} is no distribution; expected python/PYTHON.json below it")
    unpacked = work / "unpacked"
    extract(source, unpacked, select=lambda name: name == "python" or name.startswith("python/"))
    if not (unpacked / "python" / "PYTHON.json").is_file():
        raise InputError(
            f"{path} has no python/PYTHON.json; expected a full archive, not an install_only one, "
            "whose interpreter `pydist validate` tries"
        )
    moved = work / "moved"
    moved.mkdir()
    return (unpacked / "python").rename(moved / "python")


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
