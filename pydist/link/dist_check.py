"""Whether a distribution has what its manifest says and linking needs.

Invariant: every fault of a distribution is reported at once, by the key of the manifest.
"""

from __future__ import annotations

from pathlib import Path

from pydist.archive.paths import name_fault, shown
from pydist.errors import FaultCollector
from pydist.link.forms import Form
from pydist.manifest.model import Manifest

__all__ = ["check_files", "check_names"]


def check_names(where: str, manifest: Manifest) -> None:
    """Raise `InputError` with every path of the manifest that leads out of the distribution."""
    faults = FaultCollector(where)
    for path in _named(manifest):
        if fault := name_fault(path):
            faults.add(f"PYTHON.json: {shown(path)}", fault)
    faults.raise_if_any("the distribution cannot be linked")


def check_files(root: Path, where: str, manifest: Manifest, form: Form) -> None:
    """Raise `InputError` with everything that linking needs and the distribution has not."""
    faults = FaultCollector(where)
    core = manifest.build_info.core
    own = {"python_exe": manifest.python_exe}
    own |= {"build_info.core.shared_lib": core.shared_lib or ""} if form.launched else {}
    own |= {"build_info.core.static_lib": core.static_lib or ""} if form.name == "archive" else {}
    if not (root / manifest.python_paths.get("stdlib", "?")).is_dir():
        faults.add("PYTHON.json: python_paths.stdlib", "no such folder")
    if include := manifest.python_paths.get("include"):
        own["python_paths.include"] = f"{include}/Python.h"
    else:
        faults.add("PYTHON.json: python_paths.include", "absent: the headers are not there")
    for key, path in own.items():
        if not (root / path).is_file():
            faults.add(f"PYTHON.json: {key}", f"no such file: {path}")
    faults.raise_if_any("the distribution cannot be linked")


def _named(manifest: Manifest) -> list[str]:
    """Every path of the manifest that linking opens."""
    info = manifest.build_info
    variants = [variant for variants in info.extensions.values() for variant in variants]
    links = [*info.core.links, *(link for variant in variants for link in variant.links)]
    objects = [path for variant in variants for path in variant.objs]
    libraries = [link.path_static for link in links if link.path_static]
    own = [manifest.python_exe, *manifest.python_paths.values()]
    if info.core.objs:
        own.append(info.inittab_object)
    core = (path for path in (info.core.static_lib, info.core.shared_lib) if path)
    return [*own, *info.core.objs, *core, *objects, *libraries]
