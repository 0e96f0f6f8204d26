"""The wheel of a project again, after an edit of its modules, without its build backend: a second less for each link.

A build backend may do anything with a source file. For most projects it copies the modules, and that can be known: the
backend is one of a table and asked for alone, pyproject.toml computes nothing, no hook and no setup.py is there, and in
the wheel that it built a module of the same name holds the same bytes. Then the wheel after an edit is that wheel with
other bytes.

Invariant: a wheel that `edited` makes has the same bytes as what `settled` makes of the backend's.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tomllib
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from pydist.link.app import normalise
from pydist.link.project import project_rows, source_files
from pydist.policy.relocation import digest_and_size
from pydist.store import Key, digest_file

__all__ = ["edited", "frame_key", "keep", "settled"]

# Backends that copy modules and read none of them, unless pyproject.toml says otherwise.
_BACKENDS = {
    "setuptools.build_meta": "setuptools", "hatchling.build": "hatchling", "flit_core.buildapi": "flit-core",
    "poetry.core.masonry.api": "poetry-core", "pdm.backend": "pdm-backend", "uv_build": "uv-build",
}  # fmt: skip
_HELPERS = {"setuptools", "wheel"}  # asked for out of habit
_SETTINGS = ("setup.py", "setup.cfg", "hatch.toml")  # what else may say what a build does
_TRACES = "modules.json"
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def _copies(pyproject: Mapping[str, object]) -> bool:
    """Whether the project's build does nothing to modules but copy them, as far as pyproject.toml tells."""
    system, project, tool = (_table(pyproject, name) for name in ("build-system", "project", "tool"))
    backend = _BACKENDS.get(str(system.get("build-backend")))
    requires = system.get("requires")
    if backend is None or "backend-path" in system or not isinstance(requires, list) or "name" not in project:
        return False
    try:
        asked = {normalise(Requirement(str(row)).name) for row in requires}
    except InvalidRequirement:
        return False
    if asked - {backend, *_HELPERS} or project.get("dynamic"):
        return False
    setuptools, hatch, pdm, poetry = (_table(tool, name) for name in ("setuptools", "hatch", "pdm", "poetry"))
    return not (
        setuptools.keys() & {"cmdclass", "ext-modules", "dynamic"} or poetry.get("build")
        or _table(hatch, "build").get("hooks") or _table(hatch, "metadata").get("hooks")
        or any(_table(table, "hooks") for table in _tables(_table(_table(hatch, "build"), "targets")))
        or _table(pdm, "build").keys() & {"custom-hook", "run-setuptools"}
    )  # fmt: skip


def _table(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _tables(parent: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [value for value in parent.values() if isinstance(value, dict)]


def frame_key(folder: Path, rest: Mapping[str, object]) -> Key | None:
    """The key of what `keep` keeps: all of the project but the bytes of its modules, and `rest`. None: the build of
    this project may do more than copy them."""
    try:
        pyproject = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not _copies(pyproject) or any((folder / name).exists() for name in _SETTINGS):
        return None
    rows = [(name, "" if name.endswith(".py") else digest, mode) for name, digest, mode in project_rows(folder)]
    return Key.of("frame", {**rest, "files": rows})


def keep(wheel: Path, folder: Path, place: Path) -> None:
    """Keep `wheel`, just built of the project in `folder`, in `place`, with which members are copies of modules."""
    with zipfile.ZipFile(wheel) as archive:
        digests = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    modules = {name: digest_file(path) for name, path in source_files(folder).items() if name.endswith(".py")}
    members = {name: _member(name, sha256, digests) for name, sha256 in modules.items()}
    times = Counter(members.values())
    traces = {
        name: {"sha256": sha256, "member": members[name] if times[members[name]] == 1 else None}
        for name, sha256 in modules.items()
    }
    shutil.copyfile(wheel, place / wheel.name)
    (place / _TRACES).write_text(json.dumps(traces, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _member(name: str, sha256: str, digests: Mapping[str, str]) -> str | None:
    """The member of the wheel that a source file was copied to: `a/b.py` from `src/a/b.py`."""
    parts = name.split("/")
    endings = ("/".join(parts[start:]) for start in range(len(parts)))
    found = next((ending for ending in endings if ending in digests), None)
    return found if found is not None and digests[found] == sha256 else None


def edited(kept: Path, folder: Path, place: Path) -> bool:
    """Make the wheel of the project in `folder`, as it is now, in `place`, from what `keep` left in `kept`. False when
    a file changed that is not known to be a copy; then nothing is made."""
    traces = json.loads((kept / _TRACES).read_bytes())
    wheel = next(kept.glob("*.whl"))
    changed = {}
    for name, path in source_files(folder).items():
        if not name.endswith(".py") or digest_file(path) == traces[name]["sha256"]:
            continue
        if (member := traces[name]["member"]) is None:
            return False
        changed[member] = path.read_bytes()
    settled(wheel, place / wheel.name, changed)
    return True


def settled(wheel: Path, output: Path, changed: Mapping[str, bytes] | None = None) -> None:
    """Write `wheel` to `output` in the one form that all wheels of projects have here, with other bytes for some
    members: sorted, not compressed, no times, RECORD made anew. What is no wheel is copied: its reader says why."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            whole = len(infos) == len(archive.infolist())
            content = {name: archive.read(name) for name in infos} | dict(changed or {})
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        whole = False
    records = [name for name in content if name.endswith(".dist-info/RECORD")] if whole else []
    if len(records) != 1:
        shutil.copyfile(wheel, output)
        return
    content[records[0]] = _record(content, records[0])
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(content):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = _UNIX, infos[name].external_attr
            made.writestr(info, content[name])


def _record(content: Mapping[str, bytes], record: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name in sorted(content):
        writer.writerow((name, *(("", "") if name == record else digest_and_size(content[name]))))
    return text.getvalue().encode()
